# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR source=lib.sh
#
# The test bed itself, without braid: what the other scenarios take for granted.

rate_tests="test_rates"
plain_only=yes

file_setup() { topo_up 20/10 30/25 50/50; }
file_teardown() { topo_down; }

test_nothing_is_sent_by_itself() {
	local before after

	before=$(packets "$GWB" wan1 rx)
	in_ns "$HA" ping -q -c 1 10.1.0.1
	while_true 2 true
	after=$(packets "$GWB" wan1 rx)
	expect "packets on an idle link" "$((after - before))" -eq 0
}

test_delays() {
	local i rtt want

	for i in 1 2 3; do
		IFS=/ read -r _ want <<<"$(topo_spec $i)"
		rtt=$(in_ns "$GWA" ping -q -c 3 -i 0.2 "10.0.$i.2" |
			sed -n 's|^rtt.*= \([0-9.]*\)/.*|\1|p')
		expect_between "RTT of link $i" "$rtt" $((2 * want)) \
			$((2 * want + 10 * BRAID_SLOW))
	done
}

test_cut_swallows_silently() {
	local before

	ping_link() { in_ns "$GWA" ping -q -c 1 -W 1 10.0.2.2; }
	ping_link
	topo_cut 2 ba
	before=$(packets "$GWB" wan2 rx)
	must_fail ping_link
	expect "requests that still arrive" \
		"$(($(packets "$GWB" wan2 rx) - before))" -eq 1
	topo_cut 2
	before=$(packets "$GWB" wan2 rx)
	must_fail ping_link
	expect "requests through a cut" \
		"$(($(packets "$GWB" wan2 rx) - before))" -eq 0
	ip -n "$GWA" -j link show wan2 | jq -e '.[0].operstate == "UP"'
	topo_restore 2
	ping_link
}

# A router without a link-local address cannot ask for a neighbour on behalf of
# others, hence the static ones.
test_ipv6_between_the_lans() {
	topo_pair "$GWA" v6link "$GWB" v6link 100
	ip -n "$GWA" addr add fd00:9::1/64 dev v6link nodad
	ip -n "$GWB" addr add fd00:9::2/64 dev v6link nodad
	ip -n "$GWA" neigh add fd00:9::2 lladdr "$(topo_mac 100 2)" dev v6link
	ip -n "$GWB" neigh add fd00:9::1 lladdr "$(topo_mac 100 1)" dev v6link
	ip -n "$GWA" -6 route add fd00:2::/64 via fd00:9::2
	ip -n "$GWB" -6 route add fd00:1::/64 via fd00:9::1
	until_true 5 in_ns "$HA" ping -q -c 1 -W 1 fd00:2::2
	in_ns "$HB" ping -q -c 1 fd00:1::2
	ip -n "$GWA" link del v6link
}

# flow_between LEAST MOST: one flow; leaves its figures in TEST_TMP
flow_between() {
	tcp_flow "$HA" "$HB" 10.2.0.2 6 2 | tee "$TEST_TMP/flow"
	jq -e --argjson least "$1" --argjson most "$2" \
		'.mbit >= $least and .mbit <= $most' "$TEST_TMP/flow"
}

test_rates() {
	local i rate least most

	topo_lan_batches off
	for i in 1 2 3; do
		IFS=/ read -r rate _ <<<"$(topo_spec $i)"
		# 1448 of the 1514 bytes that netem counts are the flow's; what
		# arrives at once at the edge of the time makes the 2 %
		least=$(jq -n "$rate * .85")
		most=$(jq -n "$rate * 1.02 * 1448 / 1514")
		topo_plain $i
		# a busy host takes time away from the VM: three attempts
		flow_between "$least" "$most" || flow_between "$least" "$most" ||
			flow_between "$least" "$most" ||
			fail "link $i of $rate Mbit/s: $(cat "$TEST_TMP/flow")"
	done
	topo_lan_batches on
}
