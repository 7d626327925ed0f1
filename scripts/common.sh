# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Paths and small helpers that the scripts share; sourced, never run.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck disable=SC2034 # used by those who source this file
cache=${BRAID_CACHE:-$HOME/.cache/braid}

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { say "$*"; exit 1; }

# The 6.12 kernel that the headers on this machine belong to, for example
# 6.12.117+deb12-amd64. The image that the VM boots is of the same release, so
# that a module built here loads there.
headers_release() {
	local deps

	deps=$(dpkg-query -W -f '${Depends}' linux-headers-6.12-amd64 2>/dev/null) ||
		return 1
	deps=${deps#linux-headers-}
	printf '%s\n' "${deps%% *}"
}

# Where the unpacked image of a release lies (boot/vmlinuz-*, lib/modules/*).
image_dir() { printf '%s/image/%s\n' "$cache" "$1"; }

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
