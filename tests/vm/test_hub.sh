# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR source=lib.sh
#
# The normal case: a site whose uplinks are three access lines with NAT, each
# with a default route of its own metric, and a hub with one address and port
# that knows no address of the site.
#
#	ha - gwa == wan1..3 == n1..n3 (NAT) -- core -- gwb - hb
#	     192.168.i.2     .1   100.64.i.2  .1   203.0.113.1

N="n1 n2 n3"

# shellcheck disable=SC2034 # tests/vm/run reads it
test_limit=120

hub_namespaces() {
	local ns

	for ns in "$HA" "$GWA" "$GWB" "$HB" core $N; do
		ip netns add "$ns"
		ip -n "$ns" link set lo up
		in_ns "$ns" sysctl -qw net.ipv4.ip_forward=1 \
			net.ipv4.conf.all.rp_filter=0 \
			net.ipv4.conf.default.rp_filter=0 \
			net.ipv6.conf.default.disable_ipv6=1
	done
}

hub_lan() {
	topo_pair "$HA" eth0 "$GWA" lan0 1
	topo_pair "$HB" eth0 "$GWB" lan0 2
	ip -n "$HA" addr add 10.1.0.2/24 dev eth0
	ip -n "$GWA" addr add 10.1.0.1/24 dev lan0
	ip -n "$HB" addr add 10.2.0.2/24 dev eth0
	ip -n "$GWB" addr add 10.2.0.1/24 dev lan0
	ip -n "$HA" route add default via 10.1.0.1
	ip -n "$HB" route add default via 10.2.0.1
	topo_pair "$GWB" wan0 core hub0 3
	ip -n "$GWB" addr add 203.0.113.1/30 dev wan0
	ip -n core addr add 203.0.113.2/30 dev hub0
	ip -n "$GWB" route add default via 203.0.113.2
}

# hub_line I RATE DELAY: an access line with its NAT router
hub_line() {
	local i=$1 rate=$2 delay=$3
	local limit=$((rate * 2 * delay * 1000 / 8 / 1500 + 60))

	topo_pair "$GWA" "wan$i" "n$i" in0 $((10 + i))
	topo_pair "n$i" out0 core "line$i" $((20 + i))
	ip -n "$GWA" addr add "192.168.$i.2/24" dev "wan$i"
	ip -n "n$i" addr add "192.168.$i.1/24" dev in0
	ip -n "n$i" addr add "100.64.$i.2/24" dev out0
	ip -n core addr add "100.64.$i.1/24" dev "line$i"
	ip -n "n$i" route add default via "100.64.$i.1"
	ip -n "$GWA" route add default via "192.168.$i.1" dev "wan$i" \
		metric $((100 * i))
	in_ns "n$i" nft add table ip nat
	in_ns "n$i" nft add chain ip nat post \
		'{ type nat hook postrouting priority 100; }'
	in_ns "n$i" nft add rule ip nat post oifname out0 masquerade random
	for end in "$GWA wan$i" "n$i in0"; do
		# shellcheck disable=SC2086 # two words each
		set -- $end
		in_ns "$1" ethtool -K "$2" tso off gso off gro off >/dev/null
		tc -n "$1" qdisc add dev "$2" root netem rate "${rate}mbit" \
			delay "${delay}ms" limit $limit
	done
}

hub_configs() {
	local i

	braidctl genkey static "$TEST_TMP/a.key" "$TEST_TMP/b.key"
	{
		printf '%s\n' "[Device]" "Name = braid0" \
			"Address = 10.99.0.1/24" "[Peer]" "Name = hub" \
			"Address = 10.99.0.2" "Route = 10.2.0.0/24" \
			"KeyFile = $TEST_TMP/a.key"
		for i in 1 2 3; do
			printf '%s\n' "[Path]" "Name = line$i" "Link = wan$i" \
				"Local = auto" "Remote = 203.0.113.1:7000"
		done
	} >"$TEST_TMP/site.conf"
	printf '%s\n' "[Device]" "Name = braid0" "Address = 10.99.0.2/24" \
		"[Socket]" "Name = main" "Local = 203.0.113.1:7000" \
		"Listen = yes" "[Peer]" "Name = site" "Address = 10.99.0.1" \
		"Route = 10.1.0.0/24" "KeyFile = $TEST_TMP/b.key" \
		>"$TEST_TMP/hub.conf"
}

# usable END: paths that carry data
usable() {
	in_ns "$1" braidctl -j peer show dev braid0 |
		jq -r '[.. | .paths_usable? // empty] | first // 0'
}

all_usable() { [ "$(usable "$GWA")" = 3 ] && [ "$(usable "$GWB")" -ge 3 ]; }

file_setup() {
	hub_namespaces
	hub_lan
	hub_line 1 20 10
	hub_line 2 30 25
	hub_line 3 50 50
	hub_configs
	in_ns "$GWB" braidctl up "$TEST_TMP/hub.conf"
	in_ns "$GWA" braidctl up "$TEST_TMP/site.conf"
	until_true 10 all_usable
}

file_teardown() {
	in_ns "$GWA" braidctl down "$TEST_TMP/site.conf"
	in_ns "$GWB" braidctl down "$TEST_TMP/hub.conf"
	for ns in "$HA" "$GWA" "$GWB" "$HB" core $N; do
		ip netns del "$ns"
	done
}

# What comes from the hub's side goes through NAT, on paths the module made.
test_both_ways() {
	in_ns "$HA" ping -q -c 3 -i 0.2 10.2.0.2
	in_ns "$HB" ping -q -c 3 -i 0.2 10.1.0.2
	tcp_flow "$HA" "$HB" 10.2.0.2 4 1 >"$TEST_TMP/up.json"
	tcp_flow "$HB" "$HA" 10.1.0.2 4 1 >"$TEST_TMP/down.json"
	expect "paths the hub uses" "$(usable "$GWB")" -ge 3
}

hub_knows() {
	in_ns "$GWB" braidctl -j path show dev braid0 |
		jq -r '.. | .remote? // empty' | grep -F "$1" >/dev/null
}

# An uplink gets another address from its provider, in mid-transfer: the hub
# learns it from the next probe, and nothing breaks.
test_address_change() {
	tcp_flow "$HA" "$HB" 10.2.0.2 8 1 >"$TEST_TMP/change.json" &
	local flow=$!

	sleep 2
	ip -n n3 addr del 100.64.3.2/24 dev out0
	ip -n n3 addr add 100.64.3.77/24 dev out0
	ip -n n3 route replace default via 100.64.3.1
	until_true 30 hub_knows 100.64.3.77
	wait $flow || fail "the transfer broke"
	until_true 10 all_usable
}

without_carrier() {
	ip -n "$GWA" -j link show braid0 |
		jq -e '.[0].flags | index("NO-CARRIER")'
}

# The site does not answer the hub: the device says that nobody is reachable.
test_carrier() {
	local i

	for i in 1 2 3; do
		ip -n "$GWA" link set "wan$i" down
	done
	until_true 60 without_carrier
	for i in 1 2 3; do
		ip -n "$GWA" link set "wan$i" up
		ip -n "$GWA" route replace default via "192.168.$i.1" \
			dev "wan$i" metric $((100 * i))
	done
	until_true 30 all_usable
	in_ns "$HA" ping -q -c 2 -W 2 10.2.0.2
}
