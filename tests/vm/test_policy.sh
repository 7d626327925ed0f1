# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR source=lib.sh
#
# Policies: loaded, chosen, swapped and taken away under traffic; what adaptive
# does with flows; the maps; objects that must be refused.

# shellcheck source=tests/vm/tunnel.sh
. "${lib_dir:?}/tunnel.sh"

rate_tests="test_bulk_is_striped test_interactive_beside_bulk"
test_limit=180
plain_only=yes
long_tests="test_swap_under_load test_maps_outlive_policies
	test_interactive_takes_the_quickest test_verdicts"

top=$(cd "$lib_dir/../.." && pwd)
maps=/sys/fs/bpf/braid/maps

file_setup() {
	topo_up 20/10 30/25 50/50
	tunnel_up "Policy = adaptive"
	# for the file's other processes
	echo "$tunnel_dir" >"$TEST_TMP/dir"
	until_true 10 usable 3
	# so that the paths have been measured
	in_ns "$HA" ping -q -c 10 -i 0.2 10.2.0.2
}

file_teardown() {
	tunnel_dir=$(cat "$TEST_TMP/dir")
	tunnel_down
	topo_down
	policies_del
}

load_adaptive() { braidctl policy load "$top/build/bpf/adaptive.bpf.o"; }

# Each test begins with the policies that the one before left; so none.
setup() {
	local ns

	policies_del
	for ns in "$GWA" "$GWB"; do
		in_ns "$ns" braidctl dev set braid0 policy adaptive
	done
}

active() {
	in_ns "$GWA" braidctl -j dev show braid0 | jq -r '.[0].policy_active'
}

cookie() {
	in_ns "${1:-$GWA}" braidctl -j dev show braid0 | jq '.[0].netns_cookie'
}

# map NAME: entries as bpftool prints them, with field names.
map() { bpftool -j map dump pinned "$maps/$1" | jq -c '.[].formatted'; }

# flow PROTOCOL: our entry with the most packets.
flow() {
	map braid_flows | jq -cs --argjson n "$(cookie)" --argjson p "$1" '
		map(select(.key.netns == $n and .key.proto == $p)) |
		max_by(.value.out_packets)'
}

# compile NAME: a policy on stdin to $TEST_TMP/NAME.bpf.o
compile() {
	cat >"$TEST_TMP/$1.bpf.c"
	clang -target bpf -mcpu=v3 -g -O2 -Wall -Werror -I "$top/bpf" \
		-I "$top/module/uapi" \
		-idirafter "/usr/include/$(gcc -print-multiarch)" \
		-c -o "$TEST_TMP/$1.bpf.o" "$TEST_TMP/$1.bpf.c"
}

# policy NAME: the frame of one around the programs on stdin.
policy() {
	compile "$1" < <(
		cat <<-END
			#include "braid_steer.h"
			char _license[] SEC("license") = "GPL";
		END
		cat
	)
}

test_named_before_loaded() {
	expect "policy before it is loaded" "$(active)" = built-in
	load_adaptive
	expect "policy once it is loaded" "$(active)" = adaptive
	expect "asked for" "$(in_ns "$GWA" braidctl -j dev show braid0 |
		jq -r '.[0].policy')" = adaptive
	expect "devices it serves" "$(braidctl -j policy list |
		jq '.[] | select(.policy == "adaptive").devices')" = 2
	in_ns "$GWA" braidctl dev set braid0 policy built-in
	expect "policy after a change" "$(active)" = built-in
	in_ns "$HA" ping -q -c 3 -i 0.1 10.2.0.2
}

test_interactive_takes_the_quickest() {
	local before after

	load_adaptive
	in_ns "$HA" ping -q -c 1 10.2.0.2
	before=$(flow 1)
	in_ns "$HA" ping -q -c 20 -i 0.05 -s 100 10.2.0.2
	after=$(flow 1)
	# what: after minus before
	delta() { jq -n "$after$1 - $before$1"; }
	expect packets "$(delta .value.out_packets)" = 20
	expect segments "$(delta .value.out_segments)" = 20
	expect bytes "$(delta .value.out_bytes)" = $((20 * 128))
	expect "packets back" "$(delta .value.in_packets)" = 20
	expect "bytes back" "$(delta .value.in_bytes)" = $((20 * 128))
	expect "bytes on the quickest path" "$(delta '.value.slot_bytes[0]')" = \
		$((20 * 128))
	expect "our address" "$(jq -c '.key.near[:4]' <<<"$after")" = "[10,1,0,2]"
	expect "their address" "$(jq -c '.key.far[:4]' <<<"$after")" = "[10,2,0,2]"
	expect class "$(jq .value.class <<<"$after")" = 2
}

# bulk: the largest flow; bulk_sent BYTES: has it sent so many?
bulk() {
	map braid_flows | jq -cs --argjson n "$(cookie)" '
		map(select(.key.netns == $n and .key.proto == 6)) |
		max_by(.value.out_bytes) | .value'
}
bulk_sent() { [ "$(bulk | jq .out_bytes)" -ge "$1" ]; }

test_bulk_is_striped() {
	local bulk

	load_adaptive
	in_ns "$HB" iperf3 -s -1 -D
	until_true 5 listening "$HB" 5201
	in_ns "$HA" iperf3 -c 10.2.0.2 -n 12M
	# iperf3 ends when its socket has taken all; half of it has left by then
	until_true 10 bulk_sent $((6 << 20))
	bulk=$(bulk)
	note "$bulk"
	expect class "$(jq .class <<<"$bulk")" = 3
	jq -e '.out_segments >= .out_packets' <<<"$bulk"
	jq -e '[.slot_bytes[:3][] | select(. > 250000)] | length >= 2' <<<"$bulk" ||
		fail "one path carried it all"
	# all that was sent, less what CoDel dropped, is on some path
	jq -e '([.slot_bytes[], .other_bytes] | add) as $sum |
		$sum <= .out_bytes and $sum >= .out_bytes * 0.9' <<<"$bulk"
}

# The quickest path is as full as the others, and whoever may use no other still
# gets through at once.
test_interactive_beside_bulk() {
	load_adaptive
	in_ns "$HB" iperf3 -s -1 -D
	until_true 5 listening "$HB" 5201
	in_ns "$HA" iperf3 -c 10.2.0.2 -t 8 >/dev/null &
	until_true 10 bulk_sent $((6 << 20))
	in_ns "$HA" ping -c 60 -i 0.05 10.2.0.2 >"$TEST_TMP/ping"
	wait $!
	tail -n 2 "$TEST_TMP/ping"
	grep -q ' 60 received' "$TEST_TMP/ping" || fail "pings were lost"
	# alone they take 21 ms; behind what waits for the longest path, 100
	expect "ms on average" "$(sed -n 's|^rtt.*= [^/]*/\([0-9]*\).*|\1|p' \
		"$TEST_TMP/ping")" -lt 60
}

# flows_of COOKIE: entries of the namespace.
flows_of() {
	map braid_flows | jq -s --argjson n "$1" 'map(select(.key.netns == $n)) | length'
}

test_maps_can_be_read() {
	local ns

	load_adaptive
	in_ns "$HA" ping -q -c 5 -i 0.1 10.2.0.2
	map braid_flowstat | jq -e '.value | .entries > 0 and .limit == 65536 and
		.refused == 0 and .evicted == 0'
	expect "flows in the map" "$(map braid_flows | wc -l)" = \
		"$(map braid_flowstat | jq .value.entries)"
	# both ends of the tunnel share the map, with tunnels of earlier files, and
	# are told apart
	for ns in "$GWA" "$GWB"; do
		expect "flows of $ns" "$(flows_of "$(cookie "$ns")")" -gt 0
	done
	map braid_paths | jq -se --argjson n "$(cookie)" 'map(select(.key.netns == $n))
		| map(.key.slot) | sort == [0, 1, 2]'
	map braid_paths | jq -se --argjson n "$(cookie)" 'map(select(.key.netns == $n))
		| all(.value.srtt_us > 0 and .value.state == 2)'
	bpftool map dump name braid_flows >"$TEST_TMP/flows"
	grep -q '"near_port"' "$TEST_TMP/flows"
}

test_maps_outlive_policies() {
	local before

	load_adaptive
	in_ns "$HA" ping -q -c 5 -i 0.1 10.2.0.2
	before=$(flow 1 | jq .value.out_packets)
	braidctl policy del adaptive
	in_ns "$HA" ping -q -c 5 -i 0.1 10.2.0.2
	expect "packets counted without a policy" \
		"$(flow 1 | jq .value.out_packets)" = "$before"
	load_adaptive
	in_ns "$HA" ping -q -c 5 -i 0.1 10.2.0.2
	expect "packets counted in all" "$(flow 1 | jq .value.out_packets)" = \
		$((before + 5))
}

# swaps N: the policy goes and comes, by itself and for the device.
swaps() {
	local i

	for ((i = 1; i <= $1; i++)); do
		braidctl policy del adaptive
		expect "policy after round $i" "$(active)" = built-in
		load_adaptive
		expect "policy in round $i" "$(active)" = adaptive
		in_ns "$GWA" braidctl dev set braid0 policy built-in
		in_ns "$GWA" braidctl dev set braid0 policy adaptive
	done
}

# No packet is lost by a swap: pings alone, which no queue drops.
test_swap_loses_nothing() {
	load_adaptive
	in_ns "$HA" ping -q -c 400 -i 0.02 10.2.0.2 >"$TEST_TMP/pings" &
	swaps 4
	wait
	cat "$TEST_TMP/pings"
	in_ns "$GWA" braidctl counters braid0
	grep -q '400 packets transmitted, 400 received' "$TEST_TMP/pings"
}

test_swap_under_load() {
	load_adaptive
	in_ns "$HB" iperf3 -s -1 -D
	until_true 5 listening "$HB" 5201
	in_ns "$HA" iperf3 -t 8 -c 10.2.0.2 >"$TEST_TMP/tcp" &
	swaps 3
	wait
	cat "$TEST_TMP/tcp"
	grep -q 'receiver$' "$TEST_TMP/tcp" || fail "the transfer was broken off"
	expect "dropped by a policy" "$(counter drop-tx-policy)" = 0
	expect "verdicts replaced" "$(counter verdict-invalid)" = 0
}

test_module_stays_while_attached() {
	load_adaptive
	must_say "in use" rmmod braid
	in_ns "$HA" ping -q -c 1 10.2.0.2
}

test_verdicts() {
	local dropped replaced

	policy odd <<-'END'
		SEC("struct_ops/steer")
		__u64 odd_steer(unsigned long long *args)
		{
			struct braid_steer_ctx *pkt = braid_ctx(args);

			switch (pkt->dscp) {
			case 1:
				return BRAID_DROP;
			case 2:
				return BRAID_PIN(31);
			case 3:
				return BRAID_VERDICT(77, 0, 1);
			case 4:
				return BRAID_PIN(2);
			}
			return BRAID_AUTO;
		}
		SEC(".struct_ops.link")
		struct braid_policy odd = {
			.steer = (void *)odd_steer,
			.name = "odd",
		};
	END
	braidctl policy load "$TEST_TMP/odd.bpf.o"
	in_ns "$GWA" braidctl dev set braid0 policy odd
	dropped=$(counter drop-tx-policy)
	replaced=$(counter verdict-invalid)
	# DSCP 1, 2, 3 and 4
	must_fail in_ns "$HA" ping -q -c 5 -i 0.1 -W 1 -Q 4 10.2.0.2
	expect "dropped by the policy" $(($(counter drop-tx-policy) - dropped)) = 5
	in_ns "$HA" ping -q -c 5 -i 0.1 -Q 8 10.2.0.2
	in_ns "$HA" ping -q -c 5 -i 0.1 -Q 12 10.2.0.2
	expect "verdicts replaced" $(($(counter verdict-invalid) - replaced)) = 10
	expect "counted for the policy" "$(braidctl -j policy list |
		jq '.[] | select(.policy == "odd").invalid')" = 10
	# out by the third link, back by the first: 50 + 10 ms
	expect_between "RTT of pinned pings" "$(in_ns "$HA" ping -q -c 5 -i 0.1 \
		-Q 16 10.2.0.2 | sed -n 's|^rtt min.*= \([0-9.]*\)/.*|\1|p')" \
		60 $((100 + 100 * BRAID_SLOW))
}

test_example_of_the_guide() {
	local before

	awk '/^```c$/ { on = 1; next } /^```$/ { on = 0 } on' \
		"$top/Documentation/writing-a-policy.md" | compile thrifty
	braidctl policy load "$TEST_TMP/thrifty.bpf.o"
	in_ns "$GWA" braidctl path set braid0 peer gw2 path wan1 cost 10
	in_ns "$GWA" braidctl path set braid0 peer gw2 path wan2 cost 5
	in_ns "$GWA" braidctl path set braid0 peer gw2 path wan3 cost 10
	in_ns "$GWA" braidctl dev set braid0 policy thrifty
	expect policy "$(active)" = thrifty
	sent() {
		in_ns "$GWA" braidctl -j path show braid0 |
			jq ".[] | select(.path == \"$1\").tx_packets"
	}
	before=$(sent wan2)
	in_ns "$HA" ping -q -c 50 -i 0.02 10.2.0.2
	expect "packets on the cheapest path" $(($(sent wan2) - before)) -ge 50
	for path in wan1 wan2 wan3; do
		in_ns "$GWA" braidctl path set braid0 peer gw2 path "$path" cost 0
	done
}

test_refused() {
	load_adaptive
	must_say "adaptive" load_adaptive

	policy nosteer <<-'END'
		SEC("struct_ops/report")
		void nosteer_report(unsigned long long *args) { }
		SEC(".struct_ops.link")
		struct braid_policy nosteer = {
			.report = (void *)nosteer_report,
			.name = "nosteer",
		};
	END
	must_say "steer" braidctl policy load "$TEST_TMP/nosteer.bpf.o"

	policy sleepy <<-'END'
		SEC("struct_ops.s/steer")
		__u64 sleepy_steer(unsigned long long *args) { return 0; }
		SEC(".struct_ops.link")
		struct braid_policy sleepy = {
			.steer = (void *)sleepy_steer,
			.name = "sleepy",
		};
	END
	must_say "sleep" braidctl policy load "$TEST_TMP/sleepy.bpf.o"

	policy nonsense <<-'END'
		struct braid_nonsense { __u64 (*steer)(struct braid_steer_ctx *ctx); };
		SEC("struct_ops/steer")
		__u64 nonsense_steer(unsigned long long *args)
		{
			return 0;
		}
		SEC(".struct_ops.link")
		struct braid_nonsense nonsense = { .steer = (void *)nonsense_steer };
	END
	must_say "nonsense" braidctl policy load "$TEST_TMP/nonsense.bpf.o"

	policy writes <<-'END'
		SEC("struct_ops/steer")
		__u64 writes_steer(unsigned long long *args)
		{
			struct braid_steer_ctx *pkt = braid_ctx(args);

			pkt->mark = 1;
			return 0;
		}
		SEC(".struct_ops.link")
		struct braid_policy writes = {
			.steer = (void *)writes_steer,
			.name = "writes",
		};
	END
	must_say "only read" braidctl -v policy load "$TEST_TMP/writes.bpf.o"

	must_fail braidctl policy load "$TEST_TMP/writes.bpf.c"
	must_fail braidctl policy load "$TEST_TMP/absent.bpf.o"
	must_fail in_ns "$GWA" braidctl dev set braid0 policy 'no such/name'

	expect "policies" "$(policies)" = adaptive
	expect "policy" "$(active)" = adaptive
	in_ns "$HA" ping -q -c 3 -i 0.1 10.2.0.2
}
