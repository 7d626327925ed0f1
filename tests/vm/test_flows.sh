# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR source=lib.sh
#
# What policies know of flows, against what others count of them; totals; flows that
# leave a path for what becomes of their own packets.

# shellcheck source=tests/vm/tunnel.sh
. "${lib_dir:?}/tunnel.sh"

plain_only=yes
test_limit=240
# beside another VM packets are late, and TCP sends them again
alone_tests="test_tcp_is_watched test_flow_leaves_its_path test_totals"

maps=/sys/fs/bpf/braid/maps

file_setup() {
	policies_del
	topo_up 20/10 30/25 50/50
	tunnel_up "Policy = adaptive"
	# for the file's other processes
	echo "$tunnel_dir" >"$TEST_TMP/dir"
	until_true 10 usable 3
	# so that the paths have been measured
	in_ns "$HA" ping -q -c 10 -i 0.2 10.2.0.2
	# so that hosts know what the tunnel carries in one piece: TCP would send again
	# what did not get into it
	in_ns "$HA" ping -q -c 2 -i 0.2 -W 1 -M "do" -s 1472 10.2.0.2 || :
	in_ns "$HB" ping -q -c 2 -i 0.2 -W 1 -M "do" -s 1472 10.1.0.2 || :
}

file_teardown() {
	tunnel_dir=$(cat "$TEST_TMP/dir")
	tunnel_down
	topo_down
	policies_del
}

teardown() {
	local ns

	jobs -p | xargs -r kill 2>/dev/null || true
	for ns in "$HA" "$HB"; do
		in_ns "$ns" nft flush ruleset
	done
	for ns in "$GWA" "$GWB"; do
		in_ns "$ns" braidctl dev set braid0 policy adaptive
	done
	batches on
}

# batches on|off: whether hosts and gateways hand each other several segments in one. TCP
# makes such packets whatever its device can do, so hosts are told how large they may be.
batches() {
	local ns most=65535

	[ "$1" = on ] || most=1
	topo_lan_batches "$1"
	for ns in "$HA" "$HB"; do
		ip -n "$ns" link set eth0 gso_max_segs $most
	done
	for ns in "$GWA" "$GWB"; do
		in_ns "$ns" ethtool -K lan0 tso "$1" gso "$1" gro off >/dev/null
	done
}

# cookie NAMESPACE
cookie() { in_ns "$1" braidctl -j dev show braid0 | jq '.[0].netns_cookie'; }

# entries MAP NAMESPACE: those of its device, one a line, as bpftool prints them
entries() {
	bpftool -j map dump pinned "$maps/$1" | jq -c --argjson n "$(cookie "$2")" \
		'.[].formatted | select(.key.netns == $n)'
}

# count_truth HOST: what nftables sees of each flow where it enters and leaves the host
count_truth() {
	in_ns "$1" nft -f - <<-END
		table inet truth {
			set out {
				type inet_proto . ipv4_addr . inet_service . ipv4_addr . inet_service
				flags dynamic
				counter
				size 65536
			}
			set in {
				type inet_proto . ipv4_addr . inet_service . ipv4_addr . inet_service
				flags dynamic
				counter
				size 65536
			}
			chain leave {
				type filter hook postrouting priority 300
				meta l4proto { tcp, udp } update @out { meta l4proto . ip saddr . th sport . ip daddr . th dport }
			}
			chain enter {
				type filter hook prerouting priority -400
				meta l4proto { tcp, udp } update @in { meta l4proto . ip daddr . th dport . ip saddr . th sport }
			}
		}
	END
}

# judged HOST GATEWAY ADDRESS
judged() {
	entries braid_flows "$2" | jq -s . >"$TEST_TMP/flows"
	in_ns "$1" nft -j list table inet truth >"$TEST_TMP/truth"
	python3 "$lib_dir/flowmix.py" judge "$TEST_TMP/flows" "$TEST_TMP/truth" "$3"
}

# 1,000 flows (and some more, since ports are drawn twice), half from each side, by two
# processes on CPUs of their own: each entry has what nftables counted in the host, to the
# byte.
test_metrics_are_true() {
	local end from ns host judgement side clients=()

	batches off
	for end in 1 2; do
		[ $end = 1 ] && host=$HA || host=$HB
		in_ns "$host" python3 "$lib_dir/flowmix.py" serve 10.$end.0.2 7100 &
		until_true 60 listening "$host" 7100
	done
	for ns in "$HA" "$HB"; do
		count_truth "$ns"
	done
	for end in 1 2; do
		[ $end = 1 ] && from=$HA || from=$HB
		in_ns "$from" taskset -c $((end - 1)) python3 "$lib_dir/flowmix.py" \
			run 10.$end.0.2 10.$((3 - end)).0.2 7100 510 $end &
		clients+=($!)
	done
	wait "${clients[@]}"
	# what closes the last connections
	while_true 2 true
	for end in 1 2; do
		[ $end = 1 ] && host=$HA ns=$GWA || host=$HB ns=$GWB
		side=10.$end.0.2
		judgement=$(judged "$host" "$ns" "$side")
		note "end $end: $judgement"
		expect "wrong at end $end" "$(jq .wrong <<<"$judgement")" = 0
		expect "right at end $end" "$(jq .right <<<"$judgement")" -ge 1000
	done
}

# sums FILTER: of braidctl's totals of gwa
sums() { in_ns "$GWA" braidctl -j flow totals braid0 | jq -c "$1"; }

# of NAMESPACE WAY: packets and bytes that the device's own counters have of it
device_has() { echo "[$(packets "$1" braid0 "$2"),$(packets "$1" braid0 "$2" bytes)]"; }

# Totals of a device, its peers, classes and policies are the same sum, and that of the
# device's own counters, with the acknowledgments that its queue left out (52 bytes each),
# as long as it drops nothing; another program reads them, too.
test_totals() {
	local tx rx dropped sent came thinned repaired before after kind policy

	batches off
	before=$(sums '[.[] | select(.what == "device")][0]')
	tx=$(device_has "$GWA" tx) rx=$(device_has "$GWA" rx)
	dropped=$(packets "$GWA" braid0 tx dropped)
	sent=$(counter tx-data) came=$(counter rx-data)
	thinned=$(counter tx-ack-thinned)
	repaired=$(counter tx-repair)
	in_ns "$HB" iperf3 -s -D -I "$TEST_TMP/pid"
	until_true 5 listening "$HB" 5201
	in_ns "$HA" iperf3 -b 3M -c 10.2.0.2 -n 1M >/dev/null
	in_ns "$GWA" braidctl policy load "$(top_bpf sticky)"
	in_ns "$GWA" braidctl dev set braid0 policy sticky
	in_ns "$HA" iperf3 -b 3M -R -c 10.2.0.2 -n 500K >/dev/null
	in_ns "$HA" ping -q -c 20 -i 0.05 10.2.0.2
	kill "$(tr -d '\0' <"$TEST_TMP/pid")"
	while_true 2 true
	after=$(sums '[.[] | select(.what == "device")][0]')
	thinned=$(($(counter tx-ack-thinned) - thinned))
	note "left out: $thinned"
	expect "out" "$(jq -c "[.out_segments - $before.out_segments - $thinned,
		.out_bytes - $before.out_bytes - 52 * $thinned]" <<<"$after")" = \
		"$(jq -nc "[$(device_has "$GWA" tx), $tx] | transpose | map(.[0] - .[1])")"
	expect "in" "$(jq -c "[.in_segments - $before.in_segments,
		.in_bytes - $before.in_bytes]" <<<"$after")" = \
		"$(jq -nc "[$(device_has "$GWA" rx), $rx] | transpose | map(.[0] - .[1])")"
	repaired=$(($(counter tx-repair) - repaired))
	note "sent again by the tunnel: $repaired"
	expect "packets of data" "$(jq -c "[.out_segments - $before.out_segments - $thinned,
		.in_segments - $before.in_segments]" <<<"$after")" = \
		"[$(($(counter tx-data) - sent - repaired)),$(($(counter rx-data) - came))]"
	for kind in peer class policy; do
		expect "all of a $kind" "$(sums "[.[] | select(.what == \"$kind\")] |
			[map(.out_bytes), map(.in_bytes), map(.out_packets)] | map(add)")" = \
			"$(jq -c '[.out_bytes, .in_bytes, .out_packets]' <<<"$after")"
	done
	expect "classes" "$(sums '[.[] | select(.what == "class").name] |
		contains(["bulk", "interactive", "other"])')" = true
	for policy in adaptive sticky; do
		expect "sent by $policy" "$(sums ".[] | select(.what == \"policy\" and
			.name == \"$policy\").out_bytes")" -gt 1000
	done
	expect "dropped" "$(packets "$GWA" braid0 tx dropped)" = "$dropped"
	expect "by bpftool" "$(entries braid_sum_dev "$GWA" |
		jq -c '.value | [.out_bytes, .in_bytes]')" = \
		"$(jq -c '[.out_bytes, .in_bytes]' <<<"$after")"
	entries braid_sum_pol "$GWA" | jq -e '.key.name' >/dev/null
	expect "not summed" "$(bpftool -j map dump pinned "$maps/braid_flowstat" |
		jq '.[0].formatted.value.unsummed')" = 0
}

top_bpf() { echo "$lib_dir/../../build/bpf/$1.bpf.o"; }

# the_flow FILTER: of the TCP flow to port 7200
the_flow() {
	in_ns "$GWA" braidctl -j flow show braid0 proto tcp port 7200 |
		jq -r ".[0] | $1"
}

# send BYTES: over one connection to port 7200
send() {
	in_ns "$HB" busybox nc -l -p 7200 >"$TEST_TMP/got" < <(exec sleep 600) &
	until_true 10 listening "$HB" 7200
	head -c "$1" /dev/zero | in_ns "$HA" timeout 60 busybox nc -w 20 10.2.0.2 7200
}

# retransmitted: segments that TCP in ha has sent again so far, by its own word
retransmitted() {
	# shellcheck disable=SC2016 # for awk
	in_ns "$HA" awk '/^Tcp:/ && !at { for (i = 1; i <= NF; i++)
			if ($i == "RetransSegs") at = i; next }
		/^Tcp:/ { print $at }' /proc/net/snmp
}

# The handshake tells both round trips; what is sent again is what TCP says.
test_tcp_is_watched() {
	local again

	again=$(retransmitted)
	send 60000
	the_flow '[.far_rtt_us, .near_rtt_us, .out_again, .out_peak]'
	# 20 ms on the quickest path
	expect_between "far" "$(the_flow .far_rtt_us)" 20000 $((40000 + 40000 * BRAID_SLOW))
	expect "near" "$(the_flow .near_rtt_us)" -lt $((20000 * BRAID_SLOW))
	expect "again" "$(the_flow .out_again)" = $(($(retransmitted) - again))
	expect "peak" "$(the_flow .out_peak)" -ge "$(the_flow .out_rate)"
	expect "peak" "$(the_flow .out_peak)" -gt 100000
}

# Behind the other gateway each fourth segment is lost. The flow leaves its path, which
# cannot be told from the culprit, and says so; and what was sent again is counted.
test_flow_leaves_its_path() {
	local dropped again told before

	before=$(retransmitted)
	in_ns "$GWA" braidctl policy load "$(top_bpf sticky)" || :
	in_ns "$GWA" braidctl dev set braid0 policy sticky
	in_ns "$HB" nft -f - <<-END
		table inet t {
			chain c {
				type filter hook input priority 0
				tcp dport 7200 meta length > 100 numgen inc mod 4 0 counter drop
			}
		}
	END
	in_ns "$GWA" braidctl flow monitor braid0 proto tcp port 7200 \
		>"$TEST_TMP/monitor" &
	told=$!
	send 400000
	kill $told
	cat "$TEST_TMP/monitor"
	dropped=$(in_ns "$HB" nft -j list chain inet t c |
		jq '[.nftables[].rule?.expr | select(.) | .[].counter?.packets |
			select(.)][0]')
	again=$(the_flow .out_again)
	note "dropped $dropped, sent again $again, moves $(the_flow .moves)"
	expect "dropped" "$dropped" -ge 50
	expect "sent again" "$again" = $(($(retransmitted) - before))
	expect "moves" "$(the_flow .moves)" -ge 1
	expect "moves" "$(the_flow .moves)" -le 6
	grep -q '(too much of it had to be sent again)$' "$TEST_TMP/monitor" ||
		fail "not told"
}

# A connection that turns into a transfer is told so.
test_monitor_tells_classes() {
	local told

	in_ns "$GWA" braidctl -j flow monitor braid0 port 7200 >"$TEST_TMP/monitor" &
	told=$!
	in_ns "$HB" busybox nc -l -p 7200 >"$TEST_TMP/got" < <(exec sleep 600) &
	until_true 10 listening "$HB" 7200
	# small for a second, then as much as there is room for
	(echo begin && sleep 1 && head -c 3000000 /dev/zero) |
		in_ns "$HA" timeout 60 busybox nc -w 20 10.2.0.2 7200
	while_true 1 true
	kill $told
	cat "$TEST_TMP/monitor"
	jq -se 'map(.change) | index("new") != null' "$TEST_TMP/monitor"
	jq -se 'map(select(.change == "its class changed").class) |
		index("bulk") != null' "$TEST_TMP/monitor" || fail "not told"
}

# sum_entries MAP COOKIE: how many it has of the device there
sum_entries() {
	bpftool -j map dump pinned "$maps/$1" | jq --argjson n "$2" \
		'[.[].formatted | select(.key.netns == $n)] | length'
}

# What was summed up of a peer and a device goes with them.
test_totals_go() {
	local netns map

	in_ns "$HA" ping -q -c 2 -i 0.1 10.2.0.2
	netns=$(cookie "$GWA")
	for map in dev peer class pol; do
		expect "in $map" "$(sum_entries "braid_sum_$map" "$netns")" -ge 1
	done
	in_ns "$GWA" braidctl peer del braid0 peer gw2
	expect "of the peer" "$(sum_entries braid_sum_peer "$netns")" = 0
	expect "of the device" "$(sum_entries braid_sum_dev "$netns")" = 1
	tunnel_dir=$(cat "$TEST_TMP/dir")
	tunnel_down
	for map in dev peer class pol; do
		expect "left in $map" "$(sum_entries "braid_sum_$map" "$netns")" = 0
	done
	tunnel_up "Policy = adaptive"
	echo "$tunnel_dir" >"$TEST_TMP/dir"
	until_true 10 usable 3
}

# stale: a map as an earlier version had it, where braid_flowstat is pinned
stale() {
	rm -f "$maps/braid_flowstat"
	bpftool map create "$maps/braid_flowstat" type array key 4 value 40 \
		entries 1 name braid_flowstat
}

value_size() { bpftool -j map show pinned "$maps/braid_flowstat" | jq .bytes_value; }

# An earlier version's map is not taken over, nor taken away from a policy.
test_maps_of_another_version() {
	local size

	size=$(value_size)
	stale
	must_say "has another layout" braidctl policy load "$(top_bpf redundant)"
	expect "kept" "$(value_size)" = 40
	policies_del
	braidctl policy load "$(top_bpf adaptive)"
	expect "bytes of a value" "$(value_size)" = "$size"
	in_ns "$HA" ping -q -c 2 -i 0.1 10.2.0.2
	expect "flows" "$(in_ns "$GWA" braidctl -j flow show braid0 | jq length)" -ge 1
}
