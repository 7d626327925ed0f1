# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR source=lib.sh
#
# The guide's commands, run as they are printed there. What cannot be in a test
# bed is stood in for by a command of the same name: scp has nowhere to copy to,
# and ping and monitor have to come to an end.

top=$(cd "${lib_dir:?}/../.." && pwd)

plain_only=yes
long_tests="test_by_hand"

file_setup() { topo_up 20/10 30/25 50/50; }
file_teardown() { topo_down; }

setup() {
	dir=$(mktemp -d)
	cp "$top"/Documentation/examples/two-sites-[ab].conf "$dir/"
	mkdir "$dir/bin"
	printf '#!/bin/sh\nexec /bin/ping -q -c 2 -W 5 "$@"\n' >"$dir/bin/ping"
	printf '#!/bin/sh\n' >"$dir/bin/scp"
	chmod +x "$dir/bin"/*
}

teardown() {
	local ns

	for ns in "$GWA" "$GWB"; do
		ip -n "$ns" link del braid0 2>/dev/null || :
	done
	# up has loaded what the file names, and down leaves it
	braidctl policy del adaptive 2>/dev/null || :
	rm -rf "$dir"
}

# printed TITLE N: the Nth block of commands under a title of the guide
printed() {
	local text

	text=$(awk -v title="## $1" -v n="$2" '
		/^## / { here = $0 == title; block = 0 }
		here && /^```/ { open = !open; block += open; next }
		here && open && block == n' "$top/Documentation/guide.md")
	[ -n "$text" ] || fail "the guide has no commands ($2) under '$1'"
	printf '%s\n' "$text"
}

# typed GATEWAY LINE: as root there would
typed() {
	note "$1# $2"
	# shellcheck disable=SC2016 # for the shell in there
	in_ns "$1" bash -c 'cd "$1" && PATH=$1/bin:$PATH && eval "$2"' - "$dir" "$2"
}

usable() {
	[ "$(in_ns "$1" braidctl -j peer show braid0 | jq '.[0].paths_usable')" = "$2" ]
}

test_by_file() {
	local line ns

	while IFS= read -r line; do
		ns=$GWA
		case $line in
		*'# at B') ns=$GWB ;;
		ping*) until_true 20 usable "$GWA" 3 ;;
		esac
		typed "$ns" "$line"
	done < <(printed 'By file' 1)
	in_ns "$HA" ping -q -c 2 10.2.0.2
	until_true 10 in_ns "$HA" ping -q -c 1 -W 5 fd00:2::2
	typed "$GWA" "braidctl down two-sites-a.conf"
	typed "$GWB" "braidctl down two-sites-b.conf"
}

# What is at A with the ends exchanged.
exchanged() {
	sed -E 's/\ba(2?)\.key/B\1.key/; s/\b10\.99\.0\.1\b/10.99.0.X/
		s/\b10\.99\.0\.2\b/10.99.0.1/; s/10\.99\.0\.X/10.99.0.2/
		s/local 10\.0\.(.)\.1/local 10.0.\1.2/
		s/remote 10\.0\.(.)\.2/remote 10.0.\1.1/
		s/10\.2\.0\.0/10.1.0.0/; s/B(2?)\.key/b\1.key/' <<<"$1"
}

test_by_hand() {
	local line

	while IFS= read -r line; do
		typed "$GWA" "$line"
		[[ $line == *genkey* ]] || typed "$GWB" "$(exchanged "$line")"
	done < <(printed 'By hand' 1)
	until_true 20 usable "$GWA" 2
	in_ns "$HA" ping -q -c 2 10.2.0.2
	# the keys' change: told at one end, the other follows
	while IFS= read -r line; do
		typed "$GWA" "$line"
		[[ $line == *genkey* || $line == *swap* ]] ||
			typed "$GWB" "$(exchanged "$line")"
		[[ $line != *swap* ]] || in_ns "$HA" ping -q -c 20 -i 0.1 10.2.0.2
	done < <(printed 'By hand' 2)
	in_ns "$HA" ping -q -c 2 10.2.0.2
	while IFS= read -r line; do
		typed "$GWA" "$line"
	done < <(printed 'By hand' 3)
	in_ns "$HA" ping -q -c 2 10.2.0.2
	while IFS= read -r line; do
		case $line in
		'braidctl monitor'*) typed "$GWA" "timeout 1 ${line%%#*} || :" ;;
		*) typed "$GWA" "$line" ;;
		esac
	done < <(printed 'By hand' 4)
	must_fail ip -n "$GWA" link show braid0
}

test_policies() {
	local line

	in_ns "$GWA" braidctl dev add braid0
	while IFS= read -r line; do
		typed "$GWA" "${line//\/usr\/local\/lib\/braid/$top\/build}"
	done < <(printed Policies 1)
}
