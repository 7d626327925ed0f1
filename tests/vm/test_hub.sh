# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR source=lib.sh
#
# A branch behind three NATed lines with addresses by DHCP, and a hub that knows
# none of them: see hub.sh. From the configuration files of the examples.

# shellcheck source=tests/vm/hub.sh
. "$lib_dir/hub.sh"

: "${hub_state:?}"
# shellcheck disable=SC2034 # tests/vm/run reads them
rate_tests="test_every_line_carries" test_limit=120
plain_only=yes
long_tests="test_provider_renumbers test_migrates_both_ways"

file_setup() {
	hub_up 20/10 30/25 50/50
	hub_tunnel_up -e '/^Policy/d'
}

file_teardown() {
	hub_tunnel_down
	hub_down
}

# counter NAMESPACE NAME
counter() {
	in_ns "$1" braidctl -j dev show braid0 | jq ".[0].counters[\"$2\"]"
}

hub_knows() {
	in_ns "$GWB" braidctl -j path show dev braid0 |
		jq -e --arg a "$1" 'any(.[].remote; startswith($a + ":"))'
}

# What comes from the hub's side goes through NAT, on paths the module made.
test_both_ways() {
	in_ns "$HA" ping -q -c 3 -i 0.2 10.2.0.2
	in_ns "$HB" ping -q -c 3 -i 0.2 10.1.0.2
	tcp_flow "$HA" "$HB" 10.2.0.2 4 1 >"$TEST_TMP/up.json"
	tcp_flow "$HB" "$HA" 10.1.0.2 4 1 >"$TEST_TMP/down.json"
	expect "paths the hub uses" "$(hub_usable "$GWB")" = 3
	expect "the branch's probes that found no path" \
		"$(counter "$GWB" rx-probe-stray)" = 0
	# what a path bound to a link sends from is that link's
	hub_moved 2 192.168.2
}

moved() {
	in_ns "$GWA" braidctl -j path show dev braid0 | jq -c "[.[].$1]"
}

# shares KEY BEFORE: what each of the branch's paths has moved since, per cent of all
shares() {
	jq -nc --argjson now "$(moved "$1")" --argjson before "$2" '
		[$now, $before] | transpose | map(.[0] - .[1])
		| add as $sum | map(100 * . / $sum | floor)'
}

# load FROM TO ADDRESS: three connections, so that no single one's slow start decides
# how much there is to carry
load() {
	local flow
	local -a flows=()

	for flow in 1 2 3; do
		tcp_flow "$1" "$2" "$3" 8 1 >"$TEST_TMP/load$flow.json" &
		flows+=($!)
	done
	for flow in "${flows[@]}"; do
		wait "$flow" || fail "a connection failed"
	done
}

# least_share KEY FROM TO ADDRESS: of the paths, under load
least_share() {
	local before carried

	before=$(moved "$1")
	load "${@:2}"
	carried=$(shares "$1" "$before")
	note "shares of $1: $carried"
	least=$(jq min <<<"$carried")
}

# In each direction, by what each path counts: the smallest line is a fifth of
# the sum. (How much they carry together is the benchmark's: hub.)
test_every_line_carries() {
	local least

	least_share tx_bytes "$HA" "$HB" 10.2.0.2
	expect "least share, up" "$least" -ge 5
	least_share rx_bytes "$HB" "$HA" 10.1.0.2
	expect "least share, down" "$least" -ge 5
}

# the_hubs N FIELD: of the hub's path over the branch's line N
the_hubs() {
	in_ns "$GWB" braidctl -j path show dev braid0 | jq -r \
		".[] | select(.remote | startswith(\"100.64.$1.\")) | .$2"
}

hub_told() { [ "$(the_hubs "$1" peer_standby)" = "$2" ]; }

# line_is N yes|no: standby or not, as the branch says and the hub then knows
line_is() {
	local told=true

	[ "$2" = yes ] || told=false
	in_ns "$GWA" braidctl path set braid0 peer hub path "wan$1" standby "$2"
	until_true 5 hub_told "$1" $told
}

# down_share N: of what comes from the hub, over line N, per cent
down_share() {
	local before

	before=$(moved rx_bytes)
	load "$HB" "$HA" 10.1.0.2
	shares rx_bytes "$before" | jq ".[$1 - 1]"
}

# A line that the branch keeps for emergencies carries nothing from the hub either,
# which was told nothing of lines; and serves, both ways, when no other is left.
test_standby_both_ways() {
	local i

	line_is 3 yes
	expect "the hub's own word" "$(the_hubs 3 standby)" = false
	expect "why" "$(the_hubs 3 reason)" = \
		"standby: the peer uses it when no other path is usable"
	expect "share of what comes, standby" "$(down_share 3)" -lt 3
	# told again to a path that the hub has made anew
	in_ns "$GWB" braidctl path del braid0 peer branch \
		path "$(the_hubs 3 path)"
	in_ns "$GWA" braidctl path probe braid0 peer hub path wan3
	until_true 15 hub_told 3 true
	for i in 1 2; do
		ip -n "$GWA" link set "wan$i" down
	done
	in_ns "$HB" ping -q -c 5 -i 0.2 -W 5 10.1.0.2
	for i in 1 2; do
		ip -n "$GWA" link set "wan$i" up
		hub_ask $i
	done
	until_true 30 hub_all_usable
	line_is 3 no
	expect "share of what comes, in use" "$(down_share 3)" -ge 15
}

hub_forgot() { [ -z "$(the_hubs "$1" path)" ]; }

# A line that the branch has put to sleep: the hub does not even probe it, until the
# branch does.
test_cold_both_ways() {
	local before

	in_ns "$GWA" braidctl path set braid0 peer hub path wan3 cold yes
	until_true 5 hub_forgot 3
	# what was said three times is over
	while_true 4 true
	before=$(packets "$GWA" wan3 rx)
	load "$HB" "$HA" 10.1.0.2
	in_ns "$HB" ping -q -c 3 -i 0.2 10.1.0.2
	hub_forgot 3 || fail "the hub has the path again"
	expect "packets over it" $(($(packets "$GWA" wan3 rx) - before)) -le 2
	in_ns "$GWA" braidctl path set braid0 peer hub path wan3 cold no
	until_true 15 hub_all_usable
	until_true 15 hub_told 3 false
}

# What carries a download moves by one command, run at the branch.
test_migrates_both_ways() {
	local flow i

	line_is 2 yes
	line_is 3 yes
	tcp_flow "$HB" "$HA" 10.1.0.2 12 1 >"$TEST_TMP/move.json" &
	flow=$!
	sleep 2
	in_ns "$GWA" braidctl path migrate braid0 peer hub from wan1 to wan3
	until_true 5 hub_told 1 true
	until_true 5 hub_told 3 false
	wait $flow || fail "the transfer broke"
	expect "share of what comes over the new line" "$(down_share 3)" -ge 90
	for i in 1 2; do
		line_is $i no
	done
}

# A line gets another address from its provider, in mid-transfer: the hub
# learns it from the next packet, and nothing breaks.
test_provider_renumbers() {
	local flow n3

	n3=$(hub_nat 3)
	tcp_flow "$HA" "$HB" 10.2.0.2 8 1 >"$TEST_TMP/change.json" &
	flow=$!
	sleep 2
	ip -n "$n3" addr del 100.64.3.2/24 dev out0
	ip -n "$n3" addr add 100.64.3.77/24 dev out0
	ip -n "$n3" route replace default via 100.64.3.1
	until_true 30 hub_knows 100.64.3.77
	wait $flow || fail "the transfer broke"
	until_true 10 hub_all_usable
}

hub_says() { [ "$(hub_path "$1" .reason)" = "$2" ]; }

# The branch's own address on a line goes and another one comes, by DHCP: the
# path is down in between and says why, whatever reports still come of what it
# sent before; then it goes on from the new address.
test_dhcp_renumbers() {
	local flow

	tcp_flow "$HA" "$HB" 10.2.0.2 8 1 >"$TEST_TMP/dhcp.json" &
	flow=$!
	sleep 2
	hub_release 3
	until_true 2 hub_says 3 "its link has no address"
	while_true 1 hub_says 3 "its link has no address"
	expect "its state" "$(hub_path 3 .state)" = down
	hub_lease 3 192.168.103
	until_true 15 hub_moved 3 192.168.103
	wait $flow || fail "the transfer broke"
	until_true 10 hub_all_usable
}

# stranger KEY: of the hub's path to where nobody answers
stranger() {
	in_ns "$GWB" braidctl -j path show dev braid0 | jq -r ".[] |
		select(.remote | startswith(\"203.0.113.2:\")).$1"
}

limited() { [ "$(counter "$GWB" drop-tx-unvalidated)" -gt "$1" ]; }
forgotten() { [ -z "$(stranger path)" ]; }

# An authentic probe from an address where nobody is, as if it was led there: the
# hub answers and asks, with three times its bytes and no more, and forgets.
test_three_fold_limit() {
	local before

	before=$(counter "$GWB" drop-tx-unvalidated)
	in_ns "$CORE" "$lib_dir/../../build/tests/forge" batch \
		"$hub_state/conf/branch.copy" 203.0.113.1 7000 <<-END
		type=2 path=40 sealed=0003001a00000000000000010028$(printf %032d 1)
	END
	until_true 5 limited "$before"
	expect "its state" "$(stranger state)" = unvalidated
	# 20 of IPv4, 8 of UDP, 12 clear, 30 of a probe, 16 of the tag
	expect_between "bytes sent there" "$(stranger tx_bytes)" 86 $((3 * 86))
	until_true 25 forgotten
	hub_all_usable
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
	until_true 3 without_carrier
	for i in 1 2 3; do
		expect "wan$i" "$(hub_path $i .reason)" = "its link is down"
		ip -n "$GWA" link set "wan$i" up
		hub_ask $i
	done
	until_true 30 hub_all_usable
	in_ns "$HA" ping -q -c 2 -W 2 10.2.0.2
}

# The way of ha to the internet: braid0 or a line, as gwa has it now.
way_out() {
	ip -n "$GWA" -j route get 198.51.100.1 from 10.1.0.2 iif lan0 |
		jq -r '.[0].dev'
}

leaves_by() { [ "$(way_out)" = "$1" ]; }

# longest_gap: between two answers in a log of ping -D, in ms
longest_gap() {
	sed -n 's/^\[\([0-9.]*\)\].* bytes from .*/\1/p' "$1" | awk '
		last && $1 - last > most { most = $1 - last } { last = $1 }
		END { printf "%d", most * 1000 }'
}

# A path of the branch's that no link holds: only the mark keeps it out of the
# tunnel.
loose_path='/^# Bound to its link/i [Path]\nName = loose\nLocal = auto'
loose_path+='\nRemote = 203.0.113.1:7000\n'

# way_to_hub [MARK]: the link that the branch's packets to the hub leave by
way_to_hub() {
	ip -n "$GWA" -j route get 203.0.113.1 mark "${1:-0}" | jq -r '.[0].dev'
}

# Everything goes through the tunnel but its own packets. When nobody answers
# them, a default route of another metric takes over, until somebody does.
test_default_route() {
	local ping gap loops

	hub_tunnel_down
	hub_tunnel_up -e '/^Policy/d' \
		-e 's,^Route = 10.2.0.0/24,Route = 0.0.0.0/0,' \
		-e '/10.99.0.1.24/a FwMark = 51' -e '/10.99.0.1.24/a Table = 51' \
		-e "$loose_path"
	# the hub's side knows the branch, and so do the lines' routers
	ip -n "$CORE" route add 10.1.0.0/24 via 203.0.113.1
	for i in 1 2 3; do
		ip -n "$(hub_nat $i)" route replace 10.1.0.0/24 dev in0 via \
			"$(ip -n "$GWA" -j addr show "wan$i" |
				jq -r '.[0].addr_info[0].local')"
	done
	leaves_by braid0
	in_ns "$HA" ping -q -c 3 -i 0.2 198.51.100.1
	expect "the way of what is not marked" "$(way_to_hub)" = braid0
	expect "the way of what is marked" "$(way_to_hub 51)" = wan1
	nsenter "--net=/run/netns/$HA" ping -D -n -i 0.1 -W 1 198.51.100.1 \
		>"$TEST_TMP/pings" &
	ping=$!
	while_true 1 true
	# no line says anything, and the hub neither
	in_ns "$GWB" nft -f - <<-NFT
		table ip cut {
			chain in {
				type filter hook prerouting priority -300
				udp dport 7000 drop
			}
		}
	NFT
	until_true 15 leaves_by wan1
	while_true 1 true
	in_ns "$GWB" nft delete table ip cut
	until_true 15 leaves_by braid0
	while_true 1 true
	kill -INT $ping
	wait $ping || true
	gap=$(longest_gap "$TEST_TMP/pings")
	note "longest time without an answer: $gap ms"
	[ "$BRAID_DEBUG" != 0 ] || expect "ms without an answer" "$gap" -lt 8000
	loops=$(counter "$GWA" drop-tx-loop)
	expect "packets that would have come back" "$loops" = 0
}
