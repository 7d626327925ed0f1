# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# braid between the gateways of topo.sh, made verb by verb, for tests of the
# module: one path over every link, w1 to wN; braid0 has 10.99.0.1 and fd00:99::1
# in gwa, .2 and ::2 in gwb; the LANs are routed through it.

# key_cipher, if a test sets it, is theirs. Both ends' keys as they were before their files were spent: for forge.
keys=$TEST_TMP/keys

new_keys() {
	mkdir -p "$keys"
	rm -f "$keys"/*
	braidctl genkey static "$keys/1" "$keys/2" \
		cipher "${key_cipher:-chacha20-poly1305}"
	cp "$keys/1" "$keys/1.copy"
	cp "$keys/2" "$keys/2.copy"
}

# namespace END: 1 is gwa
namespace() { [ "$1" = 1 ] && echo "$GWA" || echo "$GWB"; }

# braid END ARGUMENT...: braidctl in a gateway
braid() {
	local ns
	ns=$(namespace "$1")
	shift
	in_ns "$ns" braidctl "$@"
}

# gateway_path END LINK [WORD...]
gateway_path() {
	local me=$1 i=$2 other=$((3 - $1))
	shift 2

	braid "$me" path add braid0 peer there path "w$i" link "wan$i" \
		local "10.0.$i.$me:5000" remote "10.0.$i.$other:5000" "$@"
}

# gateway_peer END: peer, key and paths
gateway_peer() {
	local me=$1 other=$((3 - $1)) i

	braid "$me" peer add braid0 peer there \
		address "10.99.0.$other,fd00:99::$other"
	braid "$me" key set braid0 peer there file "$keys/$me"
	for ((i = 1; i <= $(topo_links); i++)); do
		gateway_path "$me" "$i"
	done
}

gateway_routes() {
	local me=$1 other=$((3 - $1))

	topo_ip "$(namespace "$me")" <<-IP
		route replace 10.$other.0.0/24 via 10.99.0.$other dev braid0
		route replace fd00:$other::/64 via fd00:99::$other dev braid0
	IP
}

gateway_device() {
	braid "$1" dev add braid0 address "10.99.0.$1/24,fd00:99::$1/64" up
	gateway_routes "$1"
}

# gateway_up END
gateway_up() {
	gateway_device "$1"
	gateway_peer "$1"
}

gateways_up() {
	new_keys
	gateway_up 1
	gateway_up 2
	until_true 30 all_usable
}

gateways_down() {
	local end

	for end in 1 2; do
		braid "$end" dev del braid0
	done
}

# paths END: as JSON
paths() { braid "$1" -j path show braid0; }

# state END PATH
state() { paths "$1" | jq -r ".[] | select(.path == \"$2\").state"; }

# usable END COUNT
usable() {
	[ "$(braid "$1" -j peer show braid0 | jq '.[0].paths_usable')" = "$2" ]
}

all_usable() {
	local n
	n=$(topo_links)
	usable 1 "$n" && usable 2 "$n"
}

pings() { in_ns "$HA" ping -q -c "${1:-1}" -i 0.1 -W 2 10.2.0.2; }

# counter END NAME
counter() {
	braid "$1" -j dev show braid0 | jq ".[0].counters[\"$2\"]"
}

# peer_counter END NAME
peer_counter() {
	braid "$1" -j peer show braid0 | jq ".[0].counters[\"$2\"]"
}

# counters END: all of a device, as a JSON object
counters() { braid "$1" -j dev show braid0 | jq -c '.[0].counters'; }

# moved END BEFORE: what has changed since, "NAME=BY ..." sorted; control packets
# come and go by themselves.
moved() {
	braid "$1" -j dev show braid0 | jq -r --argjson before "$2" '
		.[0].counters | to_entries | map(.value -= $before[.key]
			| select(.value != 0 and .key != "tx-control" and
				.key != "rx-control")
			| "\(.key)=\(.value)") | sort | join(" ")'
}

# expect_moved END BEFORE WANTED: exactly those counters, by exactly so much, and
# when that is reached, it stays.
expect_moved() {
	local end=$1 before=$2 wanted=$3 got i

	for ((i = 0; i < 10; i++)); do
		got=$(moved "$end" "$before")
		[ "$got" != "$wanted" ] || break
	done
	[ $i = 10 ] || got=$(moved "$end" "$before")
	[ "$got" = "$wanted" ] ||
		fail "counters of end $end moved by '$got', not '$wanted'"
}
