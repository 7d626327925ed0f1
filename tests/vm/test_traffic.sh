# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR source=lib.sh
#
# What hosts send to each other through the tunnel arrives, whole, and nothing
# else is sent: IPv4 and IPv6, TCP and UDP, both ways, counted packet by packet.

# shellcheck source=tests/vm/gateways.sh
. "${lib_dir:?}/gateways.sh"

rate_tests="test_many_flows"
alone_tests="test_silence test_ping_v4 test_ping_v6"

file_setup() {
	local end

	topo_up 20/10 30/25 50/50
	gateways_up
	# at first paths are probed often, and that comes between two looks
	for end in 1 2; do
		until_true 40 ledger_settles $end
	done
}

file_teardown() {
	gateways_down
	topo_down
}

# Since the links were made: packets that they carried and braid did not, sent
# and received. Control packets that come between the two looks count for a
# moment.
ledger() {
	local ns

	ns=$(namespace "$1")
	{
		braid "$1" -j dev show braid0
		in_ns "$ns" ip -j -s link show
	} | jq -rs '.[0][0].counters as $c |
		[.[1][] | select(.ifname | startswith("wan")).stats64] |
		"\(map(.tx.packets) | add - $c["tx-data"] - $c["tx-control"]) " +
		"\(map(.rx.packets) | add - $c["rx-data"] - $c["rx-control"])"'
}

# The first end to come up was told that nobody was there yet: so not from 0.
ledger_settles() {
	ledger "$1" >"$TEST_TMP/ledger.$1"
	while_true 1 true
	ledger_balances "$1" || return 1
	while_true 1 true
	ledger_balances "$1"
}

ledger_balances() { [ "$(ledger "$1")" = "$(cat "$TEST_TMP/ledger.$1")" ]; }

# Nobody has asked for anything yet: no inner packet was sent and none refused.
# IPv6 would announce itself, look for routers and join groups.
test_silence() {
	local end

	while_true 2 true
	for end in 1 2; do
		expect_moved $end "$(counters $end | jq -c 'map_values(0)')" ""
		expect "packets sent by braid0" \
			"$(packets "$(namespace $end)" braid0 tx)" = 0
		expect "addresses it gave itself" "$(ip -n "$(namespace $end)" \
			-6 -o addr show dev braid0 scope link | wc -l)" = 0
		until_true 40 ledger_balances $end
	done
}

# ten WHAT BEFORE NOW
ten() { expect "$1" $(($3 - $2)) = 10; }

# ping_exactly ADDRESS BYTES: ten of them, from host to host, and every counter
# on the way moves by ten.
ping_exactly() {
	local end bytes rx tx lan
	local -a before

	for end in 1 2; do
		before[end]=$(counters $end)
	done
	rx=$(packets "$GWB" braid0 rx)
	tx=$(packets "$GWB" braid0 tx)
	lan=$(packets "$HB" eth0 rx)
	bytes=$(packets "$GWB" braid0 rx bytes)
	in_ns "$HA" ping -q -c 10 -i 0.1 -s 56 "$1" >"$TEST_TMP/ping"
	grep -q '10 packets transmitted, 10 received, 0% packet loss' \
		"$TEST_TMP/ping" || fail "$(cat "$TEST_TMP/ping")"
	for end in 1 2; do
		expect_moved $end "${before[end]}" "rx-data=10 tx-data=10"
	done
	ten "packets received by braid0" "$rx" "$(packets "$GWB" braid0 rx)"
	ten "packets sent by braid0" "$tx" "$(packets "$GWB" braid0 tx)"
	ten "packets received by hb" "$lan" "$(packets "$HB" eth0 rx)"
	expect "bytes of the inner packets" \
		$(($(packets "$GWB" braid0 rx bytes) - bytes)) = "$2"
	# the links carried what braid sealed, and nothing else
	for end in 1 2; do
		until_true 40 ledger_balances $end
	done
}

test_ping_v4() { ping_exactly 10.2.0.2 840; }
test_ping_v6() { ping_exactly fd00:2::2 1040; }

# iperf ADDRESS WORD...: iperf3 from ha to hb, which serves one run; its report
# is left in TEST_TMP.
iperf() {
	local address=$1 server
	shift

	in_ns "$HB" iperf3 -s -1 -p 5201 >/dev/null &
	server=$!
	until_true 10 listening "$HB" 5201
	in_ns "$HA" iperf3 -J -c "$address" -p 5201 "$@" >"$TEST_TMP/iperf" ||
		fail "$(jq -r .error "$TEST_TMP/iperf")"
	wait $server || fail "iperf3's server failed"
}

report() { jq -r "$1" "$TEST_TMP/iperf"; }

test_tcp_both_ways() {
	local address way size=$((2000000 / BRAID_SLOW))

	for address in 10.2.0.2 fd00:2::2; do
		for way in "" -R; do
			iperf $address -n $size ${way:+"$way"}
			expect "bytes received over $address $way" \
				"$(report .end.sum_received.bytes)" \
				-ge $((size / 10))
		done
	done
}

# None of these is lost: the links have room for them, in whatever order.
test_udp_both_ways() {
	local address way

	for address in 10.2.0.2 fd00:2::2; do
		iperf $address -t 2 -u -b 1M -l 1000 --bidir
		for way in sum sum_bidir_reverse; do
			expect "packets sent over $address, $way" \
				"$(report ".end.$way.packets")" -gt 100
			expect "packets lost over $address, $way" \
				"$(report ".end.$way.lost_packets")" = 0
		done
	done
}

# Packets larger than the tunnel takes go in pieces, once the hosts know it.
test_fragments() {
	local address end
	local -a before

	for address in 10.2.0.2 fd00:2::2; do
		until_true 10 in_ns "$HA" ping -q -c 1 -W 1 -s 4000 $address
		for end in 1 2; do
			before[end]=$(counters $end)
		done
		in_ns "$HA" ping -q -c 10 -i 0.1 -s 4000 $address >"$TEST_TMP/ping"
		for end in 1 2; do
			note "moved at end $end: $(moved $end "${before[end]}")"
		done
		grep -q '10 packets transmitted, 10 received' "$TEST_TMP/ping" ||
			fail "$(cat "$TEST_TMP/ping")"
	done
}

# Forty connections at once, both families: every one gets on.
test_many_flows() {
	local other

	in_ns "$HB" iperf3 -s -1 -p 5202 >/dev/null &
	until_true 10 listening "$HB" 5202
	in_ns "$HA" iperf3 -J -c fd00:2::2 -p 5202 -t 5 -P 20 -l 16K \
		>"$TEST_TMP/other" &
	other=$!
	iperf 10.2.0.2 -t 5 -P 20 -l 16K
	wait $other || fail "the flows over IPv6 failed"
	jq -se 'map([.end.streams[].receiver.bytes] | length == 20 and min > 0) |
		all' "$TEST_TMP/iperf" "$TEST_TMP/other" >/dev/null ||
		fail "a flow starved: $(jq -c '[.end.streams[].receiver.bytes]' \
			"$TEST_TMP/iperf" "$TEST_TMP/other")"
}

# What arrives is what was sent, over paths that reorder, through the stack's
# batches and splits.
test_content() {
	local end from to address size=$((2000000 / BRAID_SLOW)) sink

	for end in 1 2; do
		[ $end = 1 ] && from=$HA to=$HB || from=$HB to=$HA
		[ $end = 1 ] && address=fd00:2::2 || address=10.1.0.2
		head -c $size /dev/urandom >"$TEST_TMP/sent"
		# it would close its end with the end of its input
		in_ns "$to" busybox nc -l -p 5300 >"$TEST_TMP/got" \
			< <(exec sleep 600) &
		sink=$!
		until_true 10 listening "$to" 5300
		in_ns "$from" busybox nc -w 10 "$address" 5300 <"$TEST_TMP/sent"
		wait $sink
		cmp "$TEST_TMP/sent" "$TEST_TMP/got" || fail "not what was sent"
	done
}
