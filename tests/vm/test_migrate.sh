# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR source=lib.sh
#
# path migrate: what is sent moves from one path to another under traffic, with
# nothing lost; what fails on the way is put back; what was killed is taken up.

# shellcheck source=tests/vm/gateways.sh
. "${lib_dir:?}/gateways.sh"

plain_only=yes
rate_tests="test_calls test_tcp"
alone_tests="test_killed"
test_limit=120
long_tests="test_killed test_leftover"

file_setup() {
	topo_up 20/10 20/20 20/15
	gateways_up
}

file_teardown() {
	gateways_down
	topo_down
}

# All in the bond but w2 and w3.
setup() {
	local end

	for end in 1 2; do
		gateway_set "$end" w1 standby no cold no
		gateway_set "$end" w2 cold no standby yes
		gateway_set "$end" w3 cold no standby yes
	done
	until_true 20 all_usable
}

# gateway_set END PATH WORD...
gateway_set() {
	local end=$1 path=$2
	shift 2
	braid "$end" path set braid0 peer there path "$path" "$@"
}

# is PATH STANDBY COLD: what gwa has it set to
is() {
	paths 1 | jq -e --arg path "$1" --argjson standby "$2" --argjson cold "$3" \
		'.[] | select(.path == $path) | .standby == $standby and .cold == $cold'
}

migrate() {
	local end=$1
	shift
	braid "$end" -j path migrate braid0 peer there "$@"
}

figure() { paths 1 | jq ".[] | select(.path == \"$1\").$2"; }

# carried PATH BYTES
carried() { [ "$(figure "$1" tx_bytes)" -gt "$2" ]; }

# call SECONDS: 1,000 datagrams a second from ha to hb
call() {
	in_ns "$HB" "$lib_dir/../../build/tests/udpstream" sink 7000 "$1" 0 \
		>"$TEST_TMP/call" &
	local sink=$!
	until_true 10 listening "$HB" 7000 udp
	in_ns "$HA" "$lib_dir/../../build/tests/udpstream" source 10.2.0.2 \
		7000 "$1" 1.6 200
	wait $sink
}

# Both ends move, one after the other, and back, under a call; none of its
# datagrams is lost, and no move is made without them.
test_calls() {
	local end before
	before=$(counters 1)

	call 20 &
	local calling=$!
	until_true 10 in_ns "$HB" ss -Hlnu 'sport = :7000'
	for end in 1 2; do
		migrate $end from w1 to w2 >>"$TEST_TMP/moves"
	done
	for end in 1 2; do
		migrate $end from w2 to w1 >>"$TEST_TMP/moves"
	done
	kill -0 $calling || fail "the call was over before the last move"
	wait $calling
	cat "$TEST_TMP/moves" "$TEST_TMP/call"
	moved 1 "$before"
	jq -e '.loss_percent == 0 and .doubles == 0 and .arrived > 19000' \
		"$TEST_TMP/call"
	jq -es 'length == 4 and all(.[]; .step == "done" and .lost_packets == 0)' \
		"$TEST_TMP/moves"
}

test_tcp() {
	local before flow

	before=$(figure w1 tx_bytes)
	tcp_flow "$HA" "$HB" 10.2.0.2 15 1 >"$TEST_TMP/tcp" &
	flow=$!
	until_true 20 carried w1 $((before + 1000000))
	migrate 1 from w1 to w2 | tee "$TEST_TMP/move"
	jq -e '.step == "done" and .left_bytes > 0 and .lost_packets == 0 and
		.delivered_packets > 500' "$TEST_TMP/move"
	is w1 true false
	is w2 false false
	before=$(figure w1 tx_bytes)
	sleep 1
	# reports and what keeps the order go there too; data would be 2.5 MB
	expect "sent over w1 afterwards" "$(($(figure w1 tx_bytes) - before))" -lt 600000
	kill -0 $flow || fail "the flow was over before it had moved"
	wait $flow
	cat "$TEST_TMP/tcp"
	jq -e '.closed_early | not' "$TEST_TMP/tcp"
}

# A link that swallows everything: nothing has moved, w2 sleeps as before.
test_no_answer() {
	gateway_set 1 w2 cold yes
	topo_cut 2
	must_say 'rolled back: path w2 does not answer within 3 s' \
		braid 1 path migrate braid0 peer there from w1 to w2
	topo_restore 2
	is w1 false false
	is w2 true true
}

not_good() {
	must_say "$1" braid 1 path migrate braid0 peer there "${@:2}"
	is w1 false false
	is w2 true false
}

test_refused() {
	not_good 'round trip is [0-9]+ us, more than 1000' from w1 to w2 max-rtt 1ms
	not_good 'from and to are the same path' from w1 to w1
	not_good 'path w3 is standby: it carries nothing' from w3 to w1
	not_good 'path absent: no path has that name' from w1 to absent
	not_good "max-rtt: 'soon' is not a time" from w1 to w2 max-rtt soon
	not_good "max-loss: '101' is not a percentage" from w1 to w2 max-loss 101
}

# in_step STEP: where what was killed was, by its journal
in_step() {
	[ "$(braid 1 -j migration show braid0 peer there | jq -r .step)" = "$1" ]
}

# journaled STEP: the file says so; only one peer of that name migrates here.
journaled() { grep -q "\"step\": \"$1\"" /run/braid/migrate/*-there; }

# kill_in STEP: a move that is killed in that step
kill_in() {
	local mover

	braid 1 path migrate braid0 peer there from w1 to w2 &
	mover=$!
	until_true 20 journaled "$1"
	# the function is a shell, its child does the work
	pkill -KILL -P $mover
	wait $mover || true
	in_step "$1"
}

test_killed() {
	kill_in validate
	must_say 'rolled back: interrupted before the switch' \
		braid 1 migration resume braid0 peer there
	is w1 false false
	is w2 true false
	kill_in verify
	is w2 false false
	braid 1 migration resume braid0 peer there | grep 'w1 to w2: done'
	is w1 true false
	is w2 false false
	must_say 'no unfinished migration' braid 1 migration resume braid0 peer there
	gateway_set 1 w1 standby no
	gateway_set 1 w2 standby yes
	kill_in verify
	braid 1 migration abort braid0 peer there | grep 'rolled-back.*aborted'
	is w1 false false
	is w2 true false
}

# What the next one finds it finishes first; two at once there are not.
test_leftover() {
	local mover

	kill_in validate
	braid 1 path migrate braid0 peer there from w1 to w2 2>"$TEST_TMP/said" &
	mover=$!
	until_true 20 grep -q 'an unfinished migration came first: w1 to w2: rolled-back' \
		"$TEST_TMP/said"
	must_say 'another process migrates this peer right now' \
		braid 1 path migrate braid0 peer there from w1 to w3
	wait $mover
	is w2 false false
}

test_deleted() {
	braid 2 path migrate braid0 peer there from w1 to w3 old cold |
		grep 'w1 to w3: done'
	braid 1 path migrate braid0 peer there from w1 to w3 old delete |
		grep 'w1 to w3: done'
	expect "paths left" "$(paths 1 | jq 'length')" = 2
	pings 3
	gateway_path 1 1
}

test_checkpoint() {
	local file=$TEST_TMP/checkpoint

	gateway_set 1 w2 cost 7 cap 5mbit
	braid 1 checkpoint save "$file"
	braid 1 checkpoint show "$file" | grep -E 'path w2: 10.0.2.1:5000 to 10.0.2.2:5000, standby'
	braid 1 -j checkpoint show "$file" | jq -e '.devices[0].peers[0].paths | length == 3'
	# as key set reads it: 64 digits a line
	grep -oE '[0-9a-f]{64}' "${keys:?}/1.copy" >"$TEST_TMP/secret"
	grep -qFf "$TEST_TMP/secret" "$file" && fail "a key in the file"
	gateway_set 1 w2 cost 1 cap 0
	braid 1 path del braid0 peer there path w3
	braid 1 checkpoint restore "$file"
	paths 1 | jq -e 'map({path, cost, standby, cap, remote}) | sort_by(.path) == [
		{path: "w1", cost: 0, standby: false, cap: 0, remote: "10.0.1.2:5000"},
		{path: "w2", cost: 7, standby: true, cap: 625000, remote: "10.0.2.2:5000"},
		{path: "w3", cost: 0, standby: true, cap: 0, remote: "10.0.3.2:5000"}]'
	gateway_set 1 w2 cost 0 cap 0
	until_true 10 all_usable
	sed 's/"cost": 7/"cost": 8/' "$file" >"$file.2"
	must_say 'damaged: what it says does not match its checksum' \
		braid 1 checkpoint restore "$file.2"
	sed 's/braid-checkpoint 1/braid-checkpoint 9/' "$file" >"$file.2"
	must_say 'written by a newer braid: its version is 9' \
		braid 1 checkpoint show "$file.2"
	must_say 'the checkpoint has no device other' \
		braid 1 checkpoint restore "$file" dev other
}

# Restored in mid-migration: as it was before. What cannot be made undoes all.
test_restore_whole() {
	local file=$TEST_TMP/middle

	kill_in verify
	braid 1 checkpoint save "$file"
	braid 1 checkpoint show "$file" | grep 'migration of there from w1 to w2: verify'
	braid 1 checkpoint restore "$file"
	is w1 false false
	is w2 true false
	braid 1 migration abort braid0 peer there
	braid 1 path del braid0 peer there path w3
	gateway_set 1 w1 cost 5
	ip -n "$GWA" addr del 10.0.3.1/24 dev wan3
	must_say 'braid0: socket w3: .*not on this machine' \
		braid 1 checkpoint restore "$file"
	topo_ip "$GWA" <<-IP
		addr add 10.0.3.1/24 dev wan3
		neigh replace 10.0.3.2 lladdr $(topo_mac 3 2) dev wan3 nud permanent
	IP
	expect "paths" "$(paths 1 | jq length)" = 2
	expect "cost" "$(figure w1 cost)" = 5
	gateway_set 1 w1 cost 0
	gateway_path 1 3 standby
}
