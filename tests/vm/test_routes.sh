# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR source=lib.sh
#
# Routes: which sources a peer may send from, by one route or several, by rules
# and in VRFs; and tunnels whose own packets are routed into tunnels.

# shellcheck source=tests/vm/gateways.sh
. "$lib_dir/gateways.sh"
: "${keys:?}"

# shellcheck disable=SC2034 # tests/vm/run reads it
test_limit=120

plain_only=yes
all_only=yes

file_setup() {
	topo_up 50/5 50/5
	gateways_up
	# whoever is told of something there does not answer
	ip -n "$GWB" route add blackhole 10.2.0.66
	ip -n "$GWB" route add blackhole fd00:2::66
}

file_teardown() {
	gateways_down
	topo_down
}

# from_site WANTED: three packets of each family from ha, one way; gwb's counters
# move by WANTED
from_site() {
	local before

	before=$(counters 2)
	in_ns "$HA" ping -q -c 3 -i 0.1 -W 0.2 10.2.0.66 || true
	[ "${2:-}" = four ] ||
		in_ns "$HA" ping -q -c 3 -i 0.1 -W 0.2 fd00:2::66 || true
	expect_moved 2 "$before" "$1"
}

test_source() {
	from_site rx-data=6
	ip -n "$GWB" route del 10.1.0.0/24
	ip -n "$GWB" -6 route del fd00:1::/64
	from_site "drop-rx-source=6 rx-data=6"
	braid 2 peer set braid0 peer there source any
	from_site rx-data=6
	braid 2 peer set braid0 peer there source strict
	from_site "drop-rx-source=6 rx-data=6"
	# a route to another peer's address is none to this one
	braid 2 peer add braid0 peer other address 10.99.0.9,fd00:99::9
	ip -n "$GWB" route add 10.1.0.0/24 via 10.99.0.9 dev braid0
	ip -n "$GWB" -6 route add fd00:1::/64 via fd00:99::9 dev braid0
	from_site "drop-rx-source=6 rx-data=6"
	braid 2 peer del braid0 peer other
	gateway_routes 2
	from_site rx-data=6
}

# One of several next hops is enough, wherever it stands among them.
test_source_with_several_next_hops() {
	local order

	ip -n "$GWB" route replace 10.1.0.0/24 \
		nexthop via 10.2.0.2 dev lan0 \
		nexthop via 10.99.0.1 dev braid0
	ip -n "$GWB" -6 route replace fd00:1::/64 \
		nexthop via fd00:2::2 dev lan0 \
		nexthop via fd00:99::1 dev braid0
	from_site rx-data=6
	gateway_routes 2
	topo_ip "$GWB" <<-IP
		nexthop add id 1 via 10.99.0.1 dev braid0
		nexthop add id 2 via 10.2.0.2 dev lan0
		nexthop add id 3 via fd00:99::1 dev braid0
		nexthop add id 4 via fd00:2::2 dev lan0
	IP
	for order in "1/2 3/4" "2/1 4/3"; do
		topo_ip "$GWB" <<-IP
			nexthop replace id 10 group ${order% *}
			nexthop replace id 11 group ${order#* }
			route replace 10.1.0.0/24 nhid 10
			route replace fd00:1::/64 nhid 11
		IP
		from_site rx-data=6
	done
	topo_ip "$GWB" <<-IP
		nexthop replace id 10 group 2
		nexthop replace id 11 group 4
	IP
	from_site "drop-rx-source=6 rx-data=6"
	gateway_routes 2
	for order in 11 10 4 3 2 1; do
		ip -n "$GWB" nexthop del id $order
	done
	from_site rx-data=6
}

# The route back may be of any table that a rule leads such a packet to.
test_source_by_rule() {
	ip -n "$GWB" route del 10.1.0.0/24
	ip -n "$GWB" route add 10.1.0.0/24 via 10.99.0.1 dev braid0 table 77
	from_site "drop-rx-source=3 rx-data=3" four
	ip -n "$GWB" rule add from 10.2.0.0/24 lookup 77
	from_site rx-data=3 four
	pings 2
	ip -n "$GWB" rule del from 10.2.0.0/24 lookup 77
	ip -n "$GWB" route del 10.1.0.0/24 table 77
	gateway_routes 2
}

# The device and the LAN of gwb in a VRF: routes of that VRF count, others not.
test_vrf_inside() {
	topo_ip "$GWB" <<-IP
		link add red type vrf table 10
		link set red up
		link set lan0 master red
		link set braid0 master red
		route add 10.1.0.0/24 via 10.99.0.1 dev wan1 onlink
	IP
	from_site "drop-rx-source=3 rx-data=3" four
	ip -n "$GWB" route add 10.1.0.0/24 via 10.99.0.1 dev braid0 table 10
	pings 3
	in_ns "$HB" ping -q -c 3 -i 0.1 -W 2 10.1.0.2
	# the gateway itself, in the VRF
	in_ns "$GWB" ping -q -c 2 -i 0.1 -W 2 -I red 10.99.0.1
	topo_ip "$GWB" <<-IP
		route del 10.1.0.0/24 dev wan1
		link set braid0 nomaster
		link set lan0 nomaster
		link del red
	IP
	gateway_lan_again
	pings 1
}

# Enslaving has taken routes and IPv6 addresses away.
gateway_lan_again() {
	topo_ip "$GWB" <<-IP
		addr replace fd00:2::1/64 dev lan0 nodad
		addr replace fd00:99::2/64 dev braid0 nodad
		neigh replace 10.2.0.2 lladdr $(topo_mac 202 2) dev lan0 nud permanent
		neigh replace fd00:2::2 lladdr $(topo_mac 202 2) dev lan0 nud permanent
	IP
	gateway_routes 2
}

# A link of the outside in a VRF: what is bound to it lives there.
test_vrf_outside() {
	topo_ip "$GWA" <<-IP
		link add blue type vrf table 11
		link set blue up
		link set wan2 master blue
	IP
	ip -n "$GWA" neigh replace 10.0.2.2 lladdr "$(topo_mac 2 2)" dev wan2 \
		nud permanent
	until_true 10 all_usable
	braid 1 path set braid0 peer there path w1 cold yes
	braid 2 path set braid0 peer there path w1 cold yes
	pings 3
	braid 1 path set braid0 peer there path w1 cold no
	braid 2 path set braid0 peer there path w1 cold no
	ip -n "$GWA" link set wan2 nomaster
	ip -n "$GWA" link del blue
	ip -n "$GWA" neigh replace 10.0.2.2 lladdr "$(topo_mac 2 2)" dev wan2 \
		nud permanent
	until_true 10 all_usable
}

# path_value DEVICE PATH KEY: at gwa
path_value() {
	braid 1 -j path show "$1" | jq -r ".[] | select(.path == \"$2\").$3"
}

probed_twice() { [ "$(path_value braid0 loop probes_sent)" -ge 2 ]; }

# A path whose remote is routed into its own device.
test_loop() {
	local before

	ip -n "$GWA" route add 10.77.0.2/32 dev braid0
	before=$(counters 1)
	braid 1 path add braid0 peer there path loop local auto:5055 \
		remote 10.77.0.2:5055
	until_true 5 probed_twice
	# each of its probes, and nothing else
	braid 1 path del braid0 peer there path loop
	expect "probes that were dropped" "$(counter 1 drop-tx-loop)" -ge \
		$(($(jq '."drop-tx-loop"' <<<"$before") + 2))
	expect "data" "$(counter 1 tx-data)" = "$(jq '."tx-data"' <<<"$before")"
	ip -n "$GWA" route del 10.77.0.2/32
	pings 2
}

inner_device() {
	local me=$1 other=$((3 - $1))

	braid "$me" dev add braid1 address "10.98.0.$me/24" up
	braid "$me" peer add braid1 peer there address "10.98.0.$other"
	braid "$me" path add braid1 peer there path in \
		local "10.99.0.$me:6000" remote "10.99.0.$other:6000"
	braid "$me" key set braid1 peer there file "$TEST_TMP/inner.$me"
}

inner_pings() { in_ns "$GWA" ping -q -c 2 -i 0.1 -W 2 -s 1200 10.98.0.2; }

all_loops() { braid 1 -j dev show | jq '[.[].counters["drop-tx-loop"]] | add'; }

# One tunnel inside another is a use, in a circle it is a mistake.
test_tunnel_in_tunnel() {
	local loops end

	rm -f "$TEST_TMP"/inner.*
	braidctl genkey static "$TEST_TMP/inner.1" "$TEST_TMP/inner.2"
	inner_device 1
	inner_device 2
	until_true 10 inner_pings
	# now the outer one in the inner one as well
	loops=$(all_loops)
	for end in 1 2; do
		braid $end path add braid0 peer there path circle \
			local "10.98.0.$end:6001" \
			remote "10.98.0.$((3 - end)):6001"
	done
	while_true 3 true
	expect "packets dropped for it" "$(all_loops)" -gt "$loops"
	pings 3
	for end in 1 2; do
		braid $end path del braid0 peer there path circle
	done
	until_true 10 inner_pings
	braid 1 dev del braid1
	braid 2 dev del braid1
}
