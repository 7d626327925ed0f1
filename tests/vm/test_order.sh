# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR source=lib.sh
#
# What a flow notices of paths that differ, and that come and go: its packets keep
# their order, its slow start goes on, and a link that falls silent is none of
# its business.

# shellcheck source=tests/vm/gateways.sh
. "$lib_dir/gateways.sh"

plain_only=yes
alone_tests="test_a_path_goes test_a_young_connection_gets_fewer_acknowledgments
	test_paths_alike_get_all test_a_link_falls_silent"
tools=$lib_dir/../../build/tests

setup() {
	# small enough for an emulated machine to fill them
	topo_up 4/10 6/25 10/50
	gateways_up
	braidctl policy load "$BRAID_BPF_DIR/adaptive.bpf.o"
	braid 1 dev set braid0 policy adaptive
	braid 2 dev set braid0 policy adaptive
}

teardown() {
	jobs -p | xargs -r kill 2>/dev/null || true
	gateways_down
	braidctl policy del adaptive
	topo_down
}

# More is sent than the links carry, so packets wait; then a path goes, and the
# verdict on the flow is another one.
test_a_path_goes() {
	local sink

	in_ns "$HB" "$tools/udpstream" sink 4000 6 1 >"$TEST_TMP/datagrams" &
	sink=$!
	until_true 10 listening "$HB" 4000 udp
	in_ns "$HA" "$tools/udpstream" source 10.2.0.2 4000 6 24 1000 &
	while_true 3 true
	braid 1 path del braid0 peer there path w3
	wait $sink
	cat "$TEST_TMP/datagrams"
	expect "arrived" "$(jq .arrived "$TEST_TMP/datagrams")" -ge 1000
	expect "overtaken" "$(jq .overtaken "$TEST_TMP/datagrams")" = 0
}

# thinned: acknowledgments that gwb did not send, after a download to hb
thinned() {
	tcp_flow "$HA" "$HB" 10.2.0.2 4 0 >/dev/null
	counter 2 tx-ack-thinned
}

test_a_young_connection_gets_fewer_acknowledgments() {
	expect "thinned" "$(thinned)" -ge 1
}

test_paths_alike_get_all() {
	gateways_down
	topo_down
	topo_up 10/20 10/20
	gateways_up
	expect "thinned" "$(thinned)" = 0
}

# is_down: gwa has given up the third path
is_down() { [ "$(state 1 w3)" = down ]; }
is_up() { [ "$(state 1 w3)" = up ]; }

# holes_of_a_silence: what hb's end gave up while a link was silent under one flow
holes_of_a_silence() {
	local flow before

	before=$(peer_counter 2 holes-timed-out)
	tcp_flow "$HA" "$HB" 10.2.0.2 14 0 >"$TEST_TMP/flow" &
	flow=$!
	while_true 3 true
	topo_cut 3
	until_true 3 is_down
	while_true 2 true
	topo_restore 3
	until_true 3 is_up
	wait $flow
	expect "ended early" "$(jq .closed_early "$TEST_TMP/flow")" = false
	holes=$(($(peer_counter 2 holes-timed-out) - before))
	note "holes given up: $holes; $(<"$TEST_TMP/flow")"
}

# durations END: of its peer, and of its first path, as counts and sums of microseconds
durations() {
	{
		braid "$1" -j peer show braid0
		paths "$1"
	} | jq -s '[.[][0] | to_entries[] | select(.key | endswith("_histogram")) |
		{key, value: {n: ([.value.counts[]] | add), us: .value.sum_us}}] |
		from_entries'
}

# A machine that pauses for longer than the other end waits makes holes, too: then
# once more. What the module does wrong it does each time.
test_a_link_falls_silent() {
	local holes

	for _ in 1 2 3; do
		holes_of_a_silence
		[ "$holes" != 0 ] || break
	done
	[ "$holes" = 0 ] || fail "holes given up, three times"
	# it was noticed once or more, and that took some round trips
	durations 1 | tee "$TEST_TMP/sent"
	jq -e '.failover_histogram | .n >= 1 and .us / .n < 1000000' "$TEST_TMP/sent"
	jq -e '.rtt_histogram | .n >= 100 and .us / .n > 20000' "$TEST_TMP/sent"
	# what came too early waited, less than a second on average
	durations 2 | tee "$TEST_TMP/came"
	jq -e '.hold_histogram | .n >= 100 and .us / .n < 1000000' "$TEST_TMP/came"
}
