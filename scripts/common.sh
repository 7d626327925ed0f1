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
