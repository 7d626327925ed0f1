# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR source=lib.sh
#
# Memory that fails: each allocation of each request in its turn, which is then
# refused and has changed nothing, or done; and some of those under traffic, which
# goes on; and nothing leaks.

# shellcheck source=tests/vm/flood.sh
. "${lib_dir:?}/flood.sh"

test_limit=200
by_name=yes

# Only that kernel can be told which allocation fails.
debug_tests="test_every_verb test_module test_traffic"

failslab=/sys/kernel/debug/failslab

setup() { :; }

teardown() {
	echo 0 >$failslab/probability
	flood_end 1
	flood_end 2
	world_down
}

test_every_verb() {
	ip netns add "$GWA"
	in_ns "$GWA" ip link set lo up
	in_ns "$GWA" "$lib_dir/nlfault" braid0 >"$TEST_TMP/faults" ||
		fail "$(cat "$TEST_TMP/faults")"
	cat "$TEST_TMP/faults"
	ip netns del "$GWA"
	expect "leaks" "$(leaks)" = ""
}

test_module() {
	"$lib_dir/modfault" >"$TEST_TMP/module" || fail "$(cat "$TEST_TMP/module")"
	cat "$TEST_TMP/module"
	expect "leaks" "$(leaks)" = ""
}

# Of what may not sleep, as on the way of a packet, one of fifty; the tunnel goes
# on, and what is made anew meanwhile, too.
test_traffic() {
	local end

	world_up
	flood 1 "$GWA"
	flood 2 "$GWB"
	tunnel_up
	goes_on
	echo Y >$failslab/ignore-gfp-wait
	echo -1 >$failslab/times
	echo 0 >$failslab/verbose
	echo 2 >$failslab/probability
	for ((end = 0; end < 3; end++)); do
		goes_on
	done
	tunnel_down
	tunnel_up
	goes_on
	echo 0 >$failslab/probability
	goes_on
	tunnel_down
	expect "leaks" "$(leaks)" = ""
}
