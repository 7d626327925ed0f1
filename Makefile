# SPDX-License-Identifier: GPL-2.0
#
#   make setup         installs what is needed (make test and make demo do it, too)
#   make               everything
#   make test          unit tests, then scenarios in a VM; test-unit, test-vm
#   make test-all      the same with the scenarios that make test leaves out
#   make test-debug    the VM part on a kernel with KASAN, lockdep and kmemleak
#   make soak          ten minutes in service while things go wrong; SOAK= SEED=
#   make test-applications  Syncthing, rsync, nginx, QUIC, DNS, a call, while links die
#   make test-rounds   100 rounds of build-up and teardown under load there; ROUNDS=
#   make demo          shows it; make demo-hub a branch behind NAT and its hub
#   make bench         the comparisons; SCENARIO=lossy,cut RUNS=1 POLICY=built-in
#   make bench-full    those that make bench leaves out
#   make sim           the simulator of the transport, build/sim
#   make style         checkpatch, sparse, shellcheck
#   make cross         builds for arm64
#   make fuzz          fuzzers, each for FUZZ_SECONDS=30
#   make netlink-gen   generates code from Documentation/netlink/specs
#   make reference     its manual page for programmers, build/netlink.rst
#   make deb           Debian packages in build/deb
#   make test-deb      installs, upgrades and removes them in a clean system
#   make install       into DESTDIR and PREFIX
#
# V=1 shows commands; KDIR=... builds the module for another kernel.

MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.SUFFIXES:

V ?= 0
ifeq ($(V),1)
Q :=
note = @:
else
Q := @
note = @printf '  %-7s %s\n'
endif

PREFIX ?= /usr/local
DESTDIR ?=
BUILD := build
BRAID_CACHE ?= $(HOME)/.cache/braid
export BRAID_CACHE

# A target that only gathers others says nothing when they are up to date.
all bpf userspace unit-programs test-tools sim:
	@:

all: module bpf userspace

setup:
	$(Q)scripts/setup

# --- module
KDIR ?= $(wildcard $(BRAID_CACHE)/kernel/current/lib/modules/*/build)
release = $(shell cat $(KDIR)/include/config/kernel.release)
moddir = $(BUILD)/module/$(release)

# The farm is laid anew, so that a file that has gone is gone there as well;
# objects stay. Kbuild sees through the links what has changed.
module:
	$(Q)[ -e '$(KDIR)/include/config/kernel.release' ] || \
		{ echo "no kernel headers at '$(KDIR)': run scripts/setup" >&2; exit 1; }
	$(Q)mkdir -p $(moddir)
	$(Q)find $(moddir) -type l -delete
	$(Q)cp -rs $(CURDIR)/Kbuild $(CURDIR)/module $(moddir)/
	$(Q)$(MAKE) --no-print-directory -C $(KDIR) M=$(CURDIR)/$(moddir) \
		V=$(V) $(KFLAGS) modules

# --- policies
CLANG ?= clang
BPFFLAGS = -target bpf -mcpu=v3 -g -O2 -Wall -Wextra -Werror -Imodule/uapi \
	-idirafter /usr/include/$(shell $(CC) -print-multiarch)
bpf_objects = $(patsubst bpf/%.bpf.c,$(BUILD)/bpf/%.bpf.o,$(wildcard bpf/*.bpf.c))

bpf: $(bpf_objects)

# DWARF only doubles the size; BTF stays.
$(BUILD)/bpf/%.bpf.o: bpf/%.bpf.c
	@mkdir -p $(@D)
	$(note) BPF $@
	$(Q)$(CLANG) $(BPFFLAGS) -MMD -MP -c -o $@ $<
	$(Q)llvm-strip -g $@

# --- userspace
CC := gcc
CFLAGS ?= -O2 -g
WARN := -std=gnu11 -Wall -Wextra -Werror
SYSROOT ?=
INCLUDES := -Imodule/uapi -Iuserspace/lib -Iuserspace/daemon \
	-I$(SYSROOT)/usr/include/libnl3
LIBBPF ?= -lbpf
LIBS := -lgnutls $(LIBBPF) -lnl-route-3 -lnl-genl-3 -lnl-3 -lmnl -linih -ljansson -lsmartcols
CLI_LIBS := -lncursesw -ltinfo
lib_sources := $(wildcard userspace/lib/*.c)
cli_sources := $(wildcard userspace/cli/*.c)
daemon_sources := $(wildcard userspace/daemon/*.c)
object = $(patsubst %.c,$(BUILD)/%.o,$(1))

userspace: $(BUILD)/userspace/braidctl $(BUILD)/userspace/braidd

$(BUILD)/userspace/braidctl: $(call object,$(cli_sources) $(lib_sources))
	$(note) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) $(CLI_LIBS)

$(BUILD)/userspace/braidd: $(call object,$(daemon_sources) $(lib_sources))
	$(note) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) -levent_core -levent_extra

$(BUILD)/userspace/%.o: userspace/%.c
	@mkdir -p $(@D)
	$(note) CC $@
	$(Q)$(CC) $(WARN) $(CFLAGS) $(CPPFLAGS) $(INCLUDES) -MMD -MP -c -o $@ $<

# --- unit tests: one program for each tests/unit/test_*.c, with the transport's
# arithmetic, the library and braidctl's commands in it; other files there are
# linked into each.
SANITIZE := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
unit := $(BUILD)/unit
unit_sources := $(wildcard tests/unit/*.c)
unit_mains := $(wildcard tests/unit/test_*.c)
# what the daemon decides; not what it asks the kernel and the clock
daemon_decides := $(addprefix userspace/daemon/,dtls.c gate.c habits.c handshake.c \
	cipher.c hello.c log.c movers.c pattern.c pool.c ports.c quota.c remote.c session.c \
	session-metrics.c state.c timer.c)
unit_shared := $(filter-out $(unit_mains),$(unit_sources)) \
	$(wildcard module/core/*.c) $(lib_sources) \
	$(filter-out %/main.c,$(cli_sources)) $(daemon_decides)
unit_object = $(patsubst %.c,$(unit)/%.o,$(1))
unit_programs := $(patsubst tests/unit/%.c,$(unit)/%,$(unit_mains))

unit-programs: $(unit_programs)

$(unit_programs): $(unit)/%: $(unit)/tests/unit/%.o $(call unit_object,$(unit_shared))
	$(note) LD $@
	$(Q)$(CC) $(SANITIZE) -o $@ $^ $(LIBS) $(CLI_LIBS) \
		$(shell pkg-config --libs check) -lm

$(unit)/%.o: %.c
	@mkdir -p $(@D)
	$(note) CC $@
	$(Q)$(CC) $(WARN) $(SANITIZE) $(CPPFLAGS) $(INCLUDES) -Imodule \
		-Iuserspace/cli -Itests/unit -DTOP='"$(CURDIR)"' -MMD -MP -c -o $@ $<

# --- programs that the scenarios and benchmarks run
test-tools: $(addprefix $(BUILD)/tests/,rxsample udpstream pathrate forge flood)

$(BUILD)/tests/%: tests/bench/%.c tests/bench/clock.h
	@mkdir -p $(@D)
	$(note) CC $@
	$(Q)$(CC) $(WARN) $(CFLAGS) -o $@ $<

$(BUILD)/tests/pathrate: tests/bench/pathrate.c tests/bench/clock.h $(call object,$(lib_sources))
	@mkdir -p $(@D)
	$(note) CC $@
	$(Q)$(CC) $(WARN) $(CFLAGS) $(INCLUDES) -o $@ $(filter-out %.h,$^) $(LIBS)

$(BUILD)/tests/%: tests/vm/%.c
	@mkdir -p $(@D)
	$(note) CC $@
	$(Q)$(CC) $(WARN) $(CFLAGS) -o $@ $< -lcrypto

# --- the transport's arithmetic under virtual time; then: build/sim all
include $(wildcard tests/sim/Makefile.inc)

sim: $(BUILD)/sim

# --- running it; scripts/tests builds what a part needs, and its last line tells
test: setup
	$(Q)scripts/tests unit vm

test-all: export ALL = 1
test-all: test

test-unit: setup
	$(Q)scripts/tests unit

test-vm: setup
	$(Q)scripts/tests vm

test-debug: setup
	$(Q)scripts/tests debug

test-rounds: export ROUNDS ?= 100
test-rounds: export SELECT = rounds
test-rounds: setup
	$(Q)scripts/tests debug

test-applications: export SELECT = applications
test-applications:
	$(Q)scripts/setup applications
	$(Q)scripts/tests vm

# A seed that failed is worth keeping: SEED=
soak: export SOAK ?= 600
soak: export SEED ?= $(shell date +%s)
soak: export SELECT = soak
soak: setup
	$(Q)scripts/tests vm

demo: setup
	$(Q)$(MAKE) --no-print-directory all test-tools
	$(Q)scripts/demo

demo-hub: setup
	$(Q)$(MAKE) --no-print-directory all test-tools
	$(Q)scripts/demo hub

# What RUNS and POLICY say tests/bench/run reads by itself.
comma := ,
export RUNS POLICY

bench: setup
	$(Q)$(MAKE) --no-print-directory all test-tools
	$(Q)tests/bench/run $(subst $(comma), ,$(SCENARIO))

bench-full: setup
	$(Q)$(MAKE) --no-print-directory all test-tools
	$(Q)tests/bench/run --full $(subst $(comma), ,$(SCENARIO))

style: setup
	$(Q)scripts/style

fuzz: setup
	$(Q)tests/fuzz/run

cross: setup
	$(Q)scripts/cross

deb: setup
	$(Q)scripts/setup deb
	$(Q)scripts/deb/build

test-deb: setup
	$(Q)scripts/deb/test

netlink-gen:
	$(Q)scripts/netlink-gen

reference: $(BUILD)/netlink.rst

$(BUILD)/netlink.rst: Documentation/netlink/specs/braid.yaml scripts/netlink-gen
	$(note) RST $@
	$(Q)scripts/netlink-gen --reference $@

# --- installing
sbindir := $(DESTDIR)$(PREFIX)/sbin
UNITDIR ?= $(PREFIX)/lib/systemd/system
unitdir := $(DESTDIR)$(UNITDIR)
bpfdir := $(DESTDIR)$(PREFIX)/lib/braid/bpf
mandir := $(DESTDIR)$(PREFIX)/share/man
compdir := $(DESTDIR)$(PREFIX)/share/bash-completion/completions
sharedir := $(DESTDIR)$(PREFIX)/share/braid
moduledir = $(DESTDIR)/lib/modules/$(release)/updates
man5 := $(wildcard Documentation/man/*.5)
man8 := $(wildcard Documentation/man/*.8)

install: install-userspace install-module

# All but the module.
install-userspace: bpf userspace
	$(Q)install -d $(sbindir) $(bpfdir)
	$(note) INSTALL $(sbindir)
	$(Q)install $(BUILD)/userspace/braidctl $(BUILD)/userspace/braidd \
		$(sbindir)/
	$(note) INSTALL $(unitdir)
	$(Q)install -d $(unitdir)
	$(Q)sed 's#@SBIN@#$(PREFIX)/sbin#' 'userspace/daemon/braidd@.service' \
		>'$(unitdir)/braidd@.service'
	$(note) INSTALL $(bpfdir)
	$(Q)install -m 644 $(bpf_objects) $(bpfdir)/
	$(note) INSTALL $(mandir)
	$(Q)install -D -m 644 -t $(mandir)/man5 $(man5)
	$(Q)install -D -m 644 -t $(mandir)/man8 $(man8)
	$(note) INSTALL $(compdir)/braidctl
	$(Q)install -D -m 644 userspace/cli/completion.bash $(compdir)/braidctl
	$(note) INSTALL $(sharedir)
	$(Q)install -D -m 644 -t $(sharedir) userspace/monitoring/braid-alerts.yml \
		userspace/monitoring/braid-dashboard.json
	$(Q)install -D -m 644 -t $(sharedir)/trace $(wildcard userspace/monitoring/trace/*.bt)

install-module: module
	$(note) INSTALL $(moduledir)/braid.ko
	$(Q)install -D -m 644 -t $(moduledir) $(moddir)/braid.ko
	$(Q)[ -n '$(DESTDIR)' ] || depmod $(release)

uninstall:
	$(Q)rm -f $(sbindir)/braidctl $(sbindir)/braidd $(moduledir)/braid.ko
	$(Q)rm -f '$(unitdir)/braidd@.service'
	$(Q)rm -f $(patsubst Documentation/man/%,$(mandir)/man5/%,$(man5)) \
		$(patsubst Documentation/man/%,$(mandir)/man8/%,$(man8)) \
		$(compdir)/braidctl
	$(Q)rm -rf $(DESTDIR)$(PREFIX)/lib/braid $(sharedir)
	$(Q)[ -n '$(DESTDIR)' ] || depmod $(release)

clean:
	$(Q)rm -rf $(BUILD)

-include $(shell find $(BUILD) \( -path $(BUILD)/module -o -path $(BUILD)/deb \) -prune \
	-o -name '*.d' -print 2>/dev/null)

.PHONY: all setup module bpf userspace unit-programs test-tools sim test test-unit test-vm \
	test-all test-debug test-rounds test-applications soak demo demo-hub bench bench-full style cross fuzz netlink-gen reference \
	deb test-deb install install-userspace install-module uninstall clean
