# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR source=lib.sh
#
# The netlink family against its spec: every verb, taken and refused
# (verbs.table), and events that a listener loses and notices.

: "${lib_dir:?}"

test_limit=200

setup() {
	ns=${TOPO_PREFIX:-t-}nl
	ip netns add "$ns"
	in_ns "$ns" ip link set lo up
	in_ns "$ns" ip link add braid0 type braid
}

teardown() { ip netns del "$ns"; }

index() { ip -n "$ns" -j link show dev braid0 | jq ".[0].ifindex"; }

nl() { in_ns "$ns" "$lib_dir/nlcall" "$@"; }

test_every_verb() {
	in_ns "$ns" "$lib_dir/nltable" braid0 >"$TEST_TMP/table" ||
		fail "$(cat "$TEST_TMP/table")"
	tail -n 1 "$TEST_TMP/table"
}

# The list of accepted requests, which the fault injection uses, works.
test_list_of_verbs() {
	in_ns "$ns" "$lib_dir/nltable" braid0 --list >"$TEST_TMP/list"
	expect "lines" "$(wc -l <"$TEST_TMP/list")" -gt 40
	nl <"$TEST_TMP/list" >"$TEST_TMP/answers"
	! grep errno "$TEST_TMP/answers" || fail "refused: see above"
}

# A listener with a small buffer that does not read in time loses events, and
# knows it twice: by the overrun, and by the gap in their numbers. A dump tells
# it what there is, and event-seq up to which event that is so.
test_events_lost_and_noticed() {
	local i listener last next dev

	mkfifo "$TEST_TMP/in"
	nl --rcvbuf 4096 --listen <"$TEST_TMP/in" >"$TEST_TMP/events" &
	listener=$!
	exec 5>"$TEST_TMP/in"
	echo "mark listening" >&5
	until_true 20 grep -q listening "$TEST_TMP/events"
	dev=$(index)
	for ((i = 0; i < 200; i++)); do
		echo "peer-new ifindex=$dev name=p$i"
	done >"$TEST_TMP/lines"
	nl <"$TEST_TMP/lines" >"$TEST_TMP/answers"
	echo "await 1 1000" >&5
	echo "mark read" >&5
	until_true 20 grep -q read "$TEST_TMP/events"
	grep -q overrun "$TEST_TMP/events" || fail "no overrun"
	last=$(sed -n '/"event-ntf"/p' "$TEST_TMP/events" | jq -s 'last.seq')
	note "events up to $last of 200"
	expect "the last one read" "$last" -lt 200
	nl <<-END >"$TEST_TMP/answers"
		peer-del ifindex=$dev name=p7
		device-get ifindex=$dev
		peer-get dump ifindex=$dev
	END
	echo "await 2 1" >&5
	exec 5>&-
	wait $listener
	next=$(tail -n 1 "$TEST_TMP/events" | jq .seq)
	expect "the next one read" "$next" = 201
	expect "event-seq" "$(jq '.[0]."event-seq"? // empty' \
		"$TEST_TMP/answers" | head -n 1)" = 201
	expect "peers" "$(tail -n 1 "$TEST_TMP/answers" | jq length)" = 199
}
