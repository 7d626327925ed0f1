# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Paths and small helpers that the scripts share; sourced, never run.

# shellcheck disable=SC2034 # used by those who source this file
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck disable=SC2034 # used by those who source this file
cache=${BRAID_CACHE:-$HOME/.cache/braid}

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { say "$*"; exit 1; }

# The distribution's kernel as scripts/setup unpacked it: boot/vmlinuz-RELEASE,
# lib/modules/RELEASE with its build link to the headers.
kernel_dir() {
	local dir

	dir=$(readlink -e "$cache/kernel/${1:-current}") ||
		die "no kernel ${1:-} in $cache/kernel: run scripts/setup"
	printf '%s\n' "$dir"
}

# The folder of the unpacked kernel source; unpacks it on first use. A second
# caller waits for the first.
kernel_source() {
	local tar=/usr/src/linux-source-6.12.tar.xz version dir

	[ -r "$tar" ] || die "$tar is missing: run scripts/setup"
	version=$(dpkg-query -W -f '${Version}' linux-source-6.12)
	dir=$cache/source/$version
	if [ ! -e "$dir/.complete" ]; then
		mkdir -p "$cache/source"
		(
			flock 9
			[ ! -e "$dir/.complete" ] || exit 0
			rm -rf "$dir"
			mkdir "$dir"
			say "unpacking $tar"
			tar -C "$dir" --strip-components=1 -xf "$tar"
			touch "$dir/.complete"
		) 9>"$cache/source/lock" || die "could not unpack $tar"
	fi
	printf '%s\n' "$dir"
}

# What must not stand in the kernel's log. Call traces as such are not in the
# list: fault injection prints them for the faults it makes.
# shellcheck disable=SC2034 # used by those who source this file
findings='WARNING: |BUG: |BUG at|Oops|general protection fault|Kernel panic'
findings+='|INFO: possible|possible (circular|recursive) locking|suspicious RCU'
findings+='|inconsistent lock state|lock held when returning|sleeping function'
findings+='|scheduling while atomic|bad unlock balance|KASAN|UBSAN'
findings+='|ODEBUG|refcount_t: |ref_tracker: .*(leaked|has [0-9]+/)|kmemleak '
findings+='found|list_(add|del) corruption|INFO: task .* blocked'
findings+='|detected (expedited )?stalls|self-detected stall|soft lockup'
findings+='|unregister_netdevice: waiting|Disabling lock debugging'
findings+='|lockdep went off|still in use at the end|stack-protector'
# ... apart from these, which say that a detector is there.
# shellcheck disable=SC2034
harmless='KernelAddressSanitizer initialized|Mem abort|oops=panic'
