# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR source=lib.sh
#
# Packets on several paths at once: what arrives of them, what is dropped of
# them, what is not sent again for their sake; and that policies which copy can
# be swapped for others under load.

# shellcheck source=tests/vm/tunnel.sh
. "${lib_dir:?}/tunnel.sh"

test_limit=180
plain_only=yes
rate_tests="test_copies_hide_loss test_calls_are_copied test_paths_by_policy test_sticky_shares_out_flows"
long_tests="test_swaps_under_load"

tools=$lib_dir/../../build/tests
top=$(cd "$lib_dir/../.." && pwd)

file_setup() {
	topo_up 20/10/5 20/20/5
	tunnel_up "Policy = redundant"
	# for the file's other processes
	echo "$tunnel_dir" >"$TEST_TMP/dir"
	until_true 10 usable 2
}

file_teardown() {
	tunnel_dir=$(cat "$TEST_TMP/dir")
	tunnel_down
	topo_down
	policies_del
}

# policy NAME: in both gateways, loaded if need be
policy() {
	local ns

	if ! policies | grep -qx "$1"; then
		braidctl policy load "$top/build/bpf/$1.bpf.o"
	fi
	for ns in "$GWA" "$GWB"; do
		in_ns "$ns" braidctl dev set braid0 policy "$1"
	done
}

# sent PATH: packets that left on it
sent() {
	in_ns "$GWA" braidctl -j path show braid0 |
		jq ".[] | select(.path == \"$1\").tx_packets"
}

# carried PROTOCOL: bytes that our flows of it sent over each path
carried() {
	local netns

	netns=$(in_ns "$GWA" braidctl -j dev show braid0 | jq '.[0].netns_cookie')
	bpftool -j map dump name braid_flows |
		jq -c --argjson n "$netns" --argjson p "$1" '[.[].formatted |
			select(.key.netns == $n and .key.proto == $p).value] |
			[(map(.slot_bytes[0]) | add // 0),
			(map(.slot_bytes[1]) | add // 0)]'
}

# pinged N: pings, and the bytes that each path had of them meanwhile, as two
# words; ICMP keeps no order and loses a packet now and then.
pinged() {
	local before after

	before=$(carried 1)
	in_ns "$HA" ping -q -c "$1" -i 0.02 10.2.0.2 >/dev/null || :
	after=$(carried 1)
	jq -nr "[${after}[0] - ${before}[0], ${after}[1] - ${before}[1]] | join(\" \")"
}

# datagrams SECONDS MBIT SIZE: what came of them, as JSON
datagrams() {
	local sink

	in_ns "$HB" "$tools/udpstream" sink 4000 "$1" 0 >"$TEST_TMP/datagrams" &
	sink=$!
	until_true 5 listening "$HB" 4000 udp
	in_ns "$HA" "$tools/udpstream" source 10.2.0.2 4000 "$1" "$2" "$3" >/dev/null
	wait $sink
	cat "$TEST_TMP/datagrams"
}

# Two paths that lose 5 % each lose 0.25 % together; what both lose is sent
# again. Every second copy is one too many, except where the first was lost.
test_copies_hide_loss() {
	local got copies doubles wan1 wan2 skipped

	policy redundant
	copies=$(counter tx-copy)
	skipped=$(counter tx-copy-skipped)
	doubles=$(counter drop-rx-duplicate "$GWB")
	wan1=$(sent wan1) wan2=$(sent wan2)
	got=$(datagrams 10 1 500)
	note "$got"
	copies=$(($(counter tx-copy) - copies))
	skipped=$(($(counter tx-copy-skipped) - skipped))
	doubles=$(($(counter drop-rx-duplicate "$GWB") - doubles))
	note "copies $copies, left out $skipped, duplicates dropped $doubles"
	in_ns "$GWA" braidctl counters braid0
	in_ns "$GWB" braidctl counters braid0
	expect_between "loss in %" "$(jq .loss_percent <<<"$got")" 0 0.5
	expect "seen twice" "$(jq .doubles <<<"$got")" = 0
	expect "copies" "$copies" -ge $((9 * $(jq .sent <<<"$got") / 10))
	expect "packets on wan1" $(($(sent wan1) - wan1)) -ge \
		"$(jq .sent <<<"$got")"
	expect "packets on wan2" $(($(sent wan2) - wan2)) -ge \
		"$((9 * $(jq .sent <<<"$got") / 10))"
}

# What its sender has marked as a call (EF) goes by both paths under adaptive, and
# nothing else does.
test_calls_are_copied() {
	local copies sink

	policy adaptive
	copies=$(counter tx-copy)
	datagrams 2 1 500
	expect "copies of what is not marked" "$(counter tx-copy)" = "$copies"
	in_ns "$HB" iperf3 -s -1 -p 5300 >/dev/null &
	sink=$!
	until_true 10 listening "$HB" 5300
	in_ns "$HA" iperf3 -c 10.2.0.2 -p 5300 -u -S 184 -l 200 -b 80k -t 20 -J \
		--udp-counters-64bit >"$TEST_TMP/call" || fail "$(<"$TEST_TMP/call")"
	wait $sink
	copies=$(($(counter tx-copy) - copies))
	in_ns "$GWA" braidctl -j path show braid0 |
		jq -c '.[] | {path, rate, srtt_us, owd_us, loss_ppm}'
	note "$copies copies; $(jq -c '.end.sum | {packets, lost_packets, jitter_ms}' \
		"$TEST_TMP/call")"
	expect "copies" "$copies" -ge $((9 * $(jq .end.sum.packets "$TEST_TMP/call") / 10))
	expect_between "loss in %" "$(jq .end.sum.lost_percent "$TEST_TMP/call")" 0 0.5
}

# Each policy by what the paths get of 50 pings of 84 bytes.
test_paths_by_policy() {
	policy redundant
	expect "redundant" "$(pinged 50)" = "4200 4200"
	policy standby
	expect "standby" "$(pinged 50)" = "4200 0"
	in_ns "$GWA" braidctl path set braid0 peer gw2 path wan1 cost 10
	expect "standby, the second is cheaper" "$(pinged 50)" = "0 4200"
	in_ns "$GWA" braidctl path set braid0 peer gw2 path wan1 cost 0
	expect "standby, both cost the same" "$(pinged 50)" = "4200 0"
	policy sticky
	expect "sticky" "$(pinged 50 | tr ' ' '\n' | sort -n | paste -sd ' ')" = \
		"0 4200"
}

test_standby_goes_and_comes_back() {
	local ping

	policy standby
	topo_cut 1
	# an idle path is not missed
	in_ns "$HA" ping -q -i 0.05 10.2.0.2 >/dev/null &
	ping=$!
	until_true 20 usable 1
	pkill -P $ping
	expect "while the first is gone" "$(pinged 50)" = "0 4200"
	topo_restore 1
	until_true 30 usable 2
	expect "when it is back" "$(pinged 50)" = "4200 0"
}

# Many flows are shared out, and each is on one path only. By rates, of which the
# one is perhaps known and the other not: 1 in 20.
test_sticky_shares_out_flows() {
	local netns

	policy sticky
	netns=$(in_ns "$GWA" braidctl -j dev show braid0 | jq '.[0].netns_cookie')
	# shellcheck disable=SC2016 # for the shell in there
	in_ns "$HA" bash -c '
		for ((i = 0; i < 200; i++)); do
			for k in 1 2 3; do
				echo > "/dev/udp/10.2.0.2/$((6000 + i))"
			done
		done' 2>/dev/null || :
	bpftool -j map dump name braid_flows | jq -c --argjson n "$netns" '
		[.[].formatted | select(.key.netns == $n and .key.proto == 17 and
			.key.far_port >= 6000 and .key.far_port < 6200).value]' \
		>"$TEST_TMP/flows"
	expect "flows" "$(jq length "$TEST_TMP/flows")" -ge 200
	expect "flows on both paths" "$(jq 'map(select(.slot_bytes[0] > 0 and
		.slot_bytes[1] > 0)) | length' "$TEST_TMP/flows")" = 0
	expect "flows on the first" "$(jq 'map(select(.slot_bytes[0] > 0)) |
		length' "$TEST_TMP/flows")" -ge 2
	expect "flows on the second" "$(jq 'map(select(.slot_bytes[1] > 0)) |
		length' "$TEST_TMP/flows")" -ge 2
}

# Any policy for any other while a flow runs: nothing is missing, none comes twice,
# however often the verdict changes.
test_swaps_under_load() {
	local got round name stream

	topo_change 1 20/10
	topo_change 2 20/20
	policy redundant
	datagrams 8 2 1000 >"$TEST_TMP/stream" &
	stream=$!
	for round in 1 2 3; do
		for name in redundant sticky standby adaptive; do
			policy "$name"
			sleep 0.1
		done
		in_ns "$GWA" braidctl dev set braid0 policy built-in
	done
	wait $stream
	got=$(cat "$TEST_TMP/stream")
	topo_change 1 20/10/5
	topo_change 2 20/20/5
	note "$round rounds: $got"
	in_ns "$GWA" braidctl counters braid0
	expect "missing" "$(jq '.sent - .arrived' <<<"$got")" = 0
	expect "seen twice" "$(jq .doubles <<<"$got")" = 0
	expect "dropped by a policy" "$(counter drop-tx-policy)" = 0
	expect "verdicts replaced" "$(counter verdict-invalid)" = 0
}

# The bonding driver's names.
test_aliases() {
	policy standby
	in_ns "$GWA" braidctl dev set braid0 policy active-backup
	expect policy "$(in_ns "$GWA" braidctl -j dev show braid0 |
		jq -r '.[0].policy_active')" = standby
	in_ns "$GWA" braidctl policy del active-backup
	expect "policies of that name" "$(policies | grep -cx standby || :)" = 0
	must_say "no policy standby" braidctl policy del active-backup
}
