# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the benchmark measures and judges with: a yardstick that is wrong makes
# every figure wrong.

# shellcheck disable=SC2154 # lib.sh's
bench=$lib_dir/../bench
tools=$lib_dir/../../build/tests
# shellcheck source=tests/bench/samples.sh
. "$bench/samples.sh"
# shellcheck source=tests/bench/wire.sh
. "$bench/wire.sh"
all_only=yes
rate_tests="test_udpstream_tells_delay"

plain_only=yes

setup() { topo_up 20/10 30/25; }
teardown() { topo_down; }

# 1 s at 8 Mbit/s, 100 ms of nothing, a lump, and 1 s at 4 Mbit/s
table_of_a_gap() {
	awk 'BEGIN {
		for (t = 1000; t < 2000; t += 10) print t, 10000
		for (; t < 2100; t += 10) print t, 0
		print t, 500000
		for (t += 10; t < 3110; t += 10) print t, 5000 }'
}

test_samples_tell_what_they_hold() {
	table_of_a_gap >"$TEST_TMP/table"
	expect rate "$(samples_mbit "$TEST_TMP/table" 1000 2000)" = 8.000
	expect gap "$(samples_gap "$TEST_TMP/table" 1000 3000)" = "100 2100"
	expect "no gap" "$(samples_gap "$TEST_TMP/table" 1000 2000)" = "0 1000"
	# the lump passes for a rate only where it is looked at
	expect lump "$(samples_reach "$TEST_TMP/table" 2000 8 200)" = 200
	expect "after the lump" "$(samples_reach "$TEST_TMP/table" 2110 4 500)" = 500
	expect never "$(samples_reach "$TEST_TMP/table" 2110 4.1 500)" = null
}

# judged SCENARIO METRIC VALUE...: "MEDIAN WORST PASS CLOSE" of braid's runs
judged() {
	local name=$1 metric=$2 value
	shift 2

	for value; do
		if [ "$value" = failed ]; then
			jq -nc --arg s "$name" '{scenario: $s, way: "braid", failed: true}'
		else
			jq -nc --arg s "$name" --arg m "$metric" --argjson v "$value" \
				'{scenario: $s, way: "braid", metrics: {($m): $v}}'
		fi
	done | command jq -s --slurpfile plan "$bench/scenarios.json" -f "$bench/judge.jq" |
		jq -r --arg m "$metric" '.scenarios[].rows[] | select(.metric == $m)
			| "\(.median) \(.worst) \(.pass) \(.close)"'
}

test_judge_goes_by_the_median() {
	expect reached "$(judged lossy efficiency 99 98 10)" = "98 10 true false"
	expect "near it" "$(judged lossy efficiency 94 92 96)" = "94 92 true true"
	expect missed "$(judged lossy efficiency 99 50 60)" = "60 50 false false"
	expect "two failed" "$(judged lossy efficiency 99 failed failed)" = \
		"null null false false"
	expect "less is better" "$(judged cut1 stall_ms 90 110 500)" = \
		"110 500 true false"
	expect never "$(judged cut1 recovery_ms 400 null null)" = \
		"null null false false"
	expect "below is not at" "$(judged call call_loss 0.1 0.1 0.1)" = \
		"0.1 0.1 false true"
}

# Every bar is of a figure that is described, every scenario's function exists.
test_plan_is_whole() {
	local name run bed functions

	functions=$(sed -n 's/^\([a-z_]*\)() .*/\1/p' "$bench"/*.sh)
	while IFS=$'\t' read -r name run bed; do
		grep -qx "${run%% *}" <<<"$functions" || fail "$name: no ${run%% *}"
		[ -z "$bed" ] || grep -qx "$bed" <<<"$functions" ||
			fail "$name: no $bed"
	done < <(jq -r '.scenarios[] | [.name, .run, .bed // ""] | @tsv' \
		"$bench/scenarios.json")
	jq -e '. as $plan | [.scenarios[].bars | arrays | .[].metric]
		+ [.bars[][].metric] | all(. as $m | $plan.metrics | has($m))' \
		"$bench/scenarios.json" >/dev/null || fail "a bar of an unknown figure"
}

# datagrams SECONDS MBIT: what udpstream says of them over the first link
datagrams() {
	in_ns "$GWB" "$tools/udpstream" sink 4000 "$1" 0 >"$TEST_TMP/datagrams" &
	until_true 10 listening "$GWB" 4000 udp
	in_ns "$GWA" "$tools/udpstream" source 10.0.1.2 4000 "$1" "$2" 1000
	wait $!
}

test_udpstream_tells_loss() {
	topo_change 1 20/10/20
	datagrams 4 4
	expect_between "loss of 20 %" "$(jq .loss_percent "$TEST_TMP/datagrams")" 15 25
	topo_restore 1
}

test_udpstream_tells_delay() {
	topo_change 1 20/40
	datagrams 3 2
	expect_between "40 ms" "$(jq .p50_ms "$TEST_TMP/datagrams")" 40 50
	expect lost "$(jq .loss_percent "$TEST_TMP/datagrams")" = 0
}

# 10 % each way in bursts of 5 are some 40 gaps in 1000, not 190.
test_losses_come_in_bursts() {
	topo_change 1 20/1/10x5
	in_ns "$GWA" ping -n -i 0.005 -c 1000 10.0.1.2 >"$TEST_TMP/ping" || true
	awk -F 'icmp_seq=' 'NF > 1 { n = $2 + 0; got++
		if (n > last + 1) gaps++
		last = n }
		END { print 1000 - got, gaps + 0 }' "$TEST_TMP/ping" >"$TEST_TMP/gaps"
	read -r lost gaps <"$TEST_TMP/gaps"
	# both directions lose
	expect_between "lost of 1000" "$lost" 80 330
	expect_between "bursts" "$gaps" 10 $((lost / 2))
}

test_links_are_asymmetric() {
	topo_change 1 20:2/10
	expect ab "$(tc -n "$GWA" qdisc show dev wan1 | grep -o 'rate [^ ]*')" = \
		"rate 20Mbit"
	expect ba "$(tc -n "$GWB" qdisc show dev wan1 | grep -o 'rate [^ ]*')" = \
		"rate 2Mbit"
}

loses_all() { tc -n "$1" qdisc show dev wan1 | grep "loss 100%"; }

wrong_line() (
	wire_open
	echo "qdisc change dev nothing" >&"$wire_a"
	wire_close
)

# A waiting tc cuts one direction, and gives it back; what it does not
# understand is not passed over.
test_wire_changes_links() {
	wire_open
	wire_cut 1 ab
	until_true 5 loses_all "$GWA"
	must_fail loses_all "$GWB"
	wire_restore 1
	wire_close
	must_fail loses_all "$GWA"
	in_ns "$GWA" ping -q -c 1 -W 2 10.0.1.2
	must_say "tc refused" wrong_line
}

test_multipath_tcp_uses_both_links() {
	local before

	ip -n "$GWA" mptcp limits set subflows 8 add_addr_accepted 8
	ip -n "$GWA" mptcp endpoint add 10.0.2.1 dev wan2 subflow
	ip -n "$GWB" mptcp limits set subflows 8 add_addr_accepted 8
	ip -n "$GWB" mptcp endpoint add 10.0.2.2 dev wan2 signal
	before=$(packets "$GWB" wan2 rx bytes)
	tcp_options=--mptcp tcp_flow "$GWA" "$GWB" 10.0.1.2 3 0 >"$TEST_TMP/flow"
	expect "bytes over the second" \
		$(($(packets "$GWB" wan2 rx bytes) - before)) -gt 100000
}
