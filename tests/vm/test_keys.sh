# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR source=lib.sh
#
# Keys that change under traffic, and what becomes of a key that is used up.

# shellcheck source=tests/vm/gateways.sh
. "$lib_dir/gateways.sh"

: "${keys:?}"

long_tests="test_refused test_packets_used_up test_failures_used_up"

file_setup() { topo_up 20/10 30/25 50/50; }
file_teardown() { topo_down; }

setup() { gateways_up; }
teardown() {
	jobs -p | xargs -r kill 2>/dev/null || true
	gateways_down
}

# Files of the epoch after that of the files before.
cipher=chacha20-poly1305
next_keys() {
	braidctl genkey static "$keys/next1" "$keys/next2" after "$keys/1" \
		cipher $cipher
	mv "$keys/next1" "$keys/1"
	mv "$keys/next2" "$keys/2"
	cp "$keys/1" "$keys/1.copy"
}

# install END [WORD...]
install() {
	local end=$1
	shift

	braid "$end" key set braid0 peer there file "$keys/$end" "$@"
}

# key END JQ: of the epoch that sends; epochs END: all, the one that sends marked
key() { braid "$1" -j key show braid0 | jq -r ".[] | select(.sending) | $2"; }
epochs() {
	braid "$1" -j key show braid0 | jq -r 'sort_by(.epoch) | map(
		"\(.epoch)\(if .sending then "*" else "" end)") | join(" ")'
}
sends() { [ "$(key "$1" .epoch)" = "$2" ]; }

# what must stay 0 when keys change
key_drops() {
	braid "$1" -j dev show braid0 | jq -c '.[0].counters | with_entries(select(.value != 0 and
		(.key | test("drop-rx-(epoch|auth|replay|key|session|crypto|path)|drop-tx-(key|gone|crypto|memory)"))))'
}

# watch END: collects events, for events END: names and epochs of those so far
watch() {
	braid "$1" -j monitor >"$TEST_TMP/events$1" &
	# it listens once it has seen one
	until_true 10 watched "$1"
}

watched() {
	braid "$1" path probe braid0 peer there path w1
	braid "$1" peer add braid0 peer nobody address 10.98.0.9
	braid "$1" peer del braid0 peer nobody
	[ -s "$TEST_TMP/events$1" ]
}

events() {
	jq -r 'select(.event // .what | startswith("key-")) | "\(.event // .what) \(.epoch)"' \
		"$TEST_TMP/events$1"
}

# Six rotations while packets travel both ways: not one is lost, and neither
# end drops any for its key.
# missing FILE: pings without an answer; those under way at the end are some
missing() { awk '/packets transmitted/ { print $1 - $4 }' "$1"; }

test_rotation_under_traffic() {
	local i old sender other times=6

	# each takes a minute there
	[ "$BRAID_DEBUG" = 0 ] || times=3

	watch 2
	in_ns "$HA" ping -q -i 0.01 -s 1000 10.2.0.2 >"$TEST_TMP/a" &
	sender=$!
	in_ns "$HB" ping -q -i 0.01 -s 1000 10.1.0.2 >"$TEST_TMP/b" &
	other=$!
	for ((i = 1; i <= times; i++)); do
		old=$((i - 1))
		next_keys
		install 1
		install 2
		expect "epochs before" "$(epochs 2)" = "$old* $i"
		# each end takes the lead in turn; the other follows by itself
		braid $((1 + i % 2)) key swap braid0 peer there epoch $i
		until_true 5 sends 1 $i
		until_true 5 sends 2 $i
		# what was on its way under the old one has come
		while_true 1 true
		braid 1 key del braid0 peer there epoch $old
		braid 2 key del braid0 peer there epoch $old
		expect "epochs after" "$(epochs 1)" = "$i*"
	done
	# a program in a namespace is the child of its shell
	pkill -INT -P $sender
	pkill -INT -P $other
	wait $sender $other || true
	cat "$TEST_TMP/a" "$TEST_TMP/b"
	expect "lost of ha's" "$(missing "$TEST_TMP/a")" -le 4
	expect "lost of hb's" "$(missing "$TEST_TMP/b")" -le 4
	expect "drops of gwa" "$(key_drops 1)" = "{}"
	expect "drops of gwb" "$(key_drops 2)" = "{}"
	expect "events of the last epoch" "$(events 2 | grep " $times$" | xargs)" = \
		"key-installed $times key-swapped $times"
	expect "events of the first" "$(events 2 | grep ' 0$' | xargs)" = \
		"key-retired 0"
}

test_refused() {
	next_keys
	cp "$keys/1" "$keys/again"
	install 1
	must_say 'has a key of that epoch' \
		braid 1 key set braid0 peer there file "$keys/again"
	next_keys
	must_say 'keys of two epochs' install 1
	must_say 'no key of epoch 7' braid 1 key swap braid0 peer there epoch 7
	must_say 'no key of epoch 7' braid 1 key del braid0 peer there epoch 7
	must_say 'that epoch sends' braid 1 key del braid0 peer there epoch 0
	must_say 'epoch N is missing' braid 1 key swap braid0 peer there
	expect "nothing changed" "$(epochs 1)" = "0* 1"
	# a newer one that never sent may go
	braid 1 key del braid0 peer there epoch 1
	must_say 'no key of epoch 1' braid 1 key swap braid0 peer there epoch 1
	next_keys
	install 1
	install 2
	braid 1 key swap braid0 peer there epoch 3
	braid 1 key swap braid0 peer there epoch 3
	must_say 'does not go back' braid 1 key swap braid0 peer there epoch 0
	braidctl genkey static "$keys/x1" "$keys/x2"
	must_say 'another session' \
		braid 1 key set braid0 peer there file "$keys/x1"
	pings 3
	braid 1 key del braid0 peer there
	must_say 'the peer has no key' braid 1 key swap braid0 peer there epoch 3
	must_say 'the peer has no key' braid 1 key show braid0 peer there
	next_keys
	must_say 'limit is 68719476736' install 1 limit-packets 68719476737
}

# used COUNT: some more packets, until the key has sealed so many
used() {
	in_ns "$HA" ping -q -c 20 -i 0.01 10.2.0.2 || true
	[ "$(key 1 .packets)" -ge "$1" ]
}

# A key with little left: half of it is told, at its end nothing is sent under
# it any more, and the next one goes on.
test_packets_used_up() {
	local before

	watch 1
	next_keys
	install 1 limit-packets 800
	install 2
	expect "limit" "$(braid 1 -j key show braid0 |
		jq '.[] | select(.epoch == 1).limit_packets')" = 800
	braid 1 key swap braid0 peer there epoch 1
	until_true 60 used 400
	expect "events" "$(events 1 | grep limit | xargs)" = "key-soft-limit 1"
	until_true 60 used 800
	expect "events" "$(events 1 | grep limit | xargs)" = \
		"key-soft-limit 1 key-hard-limit 1"
	before=$(counter 1 drop-tx-key-limit)
	expect "dropped" "$before" -gt 0
	expect "what the other end could not open" "$(key_drops 2)" = "{}"
	# the way out
	braid 1 key del braid0 peer there epoch 0
	braid 2 key del braid0 peer there epoch 0
	next_keys
	install 1
	install 2
	braid 1 key swap braid0 peer there epoch 2
	until_true 20 all_usable
	until_true 10 pings 3
}

test_failures_used_up() {
	local before

	watch 2
	next_keys
	install 1
	install 2 limit-failures 40
	braid 1 key swap braid0 peer there epoch 1
	pings 3
	expect "sending" "$(key 2 .epoch)" = 1
	before=$(counters 2)
	in_ns "$GWA" "$lib_dir/../../build/tests/forge" batch "$keys/1.copy" \
		10.0.1.2 5000 <<-END
		key=random epoch=1 count=25 path=20
	END
	expect_moved 2 "$before" drop-rx-auth=25
	expect "events" "$(events 2 | grep limit | xargs)" = "key-soft-limit 1"
	pings 3
	before=$(counters 2)
	in_ns "$GWA" "$lib_dir/../../build/tests/forge" batch "$keys/1.copy" \
		10.0.1.2 5000 <<-END
		key=random epoch=1 count=40 path=20
	END
	expect "failures" "$(key 2 .failures)" = 40
	expect "opened no more" "$(counter 2 drop-rx-key-limit)" -ge 25
	expect "events" "$(events 2 | grep limit | xargs)" = \
		"key-soft-limit 1 key-hard-limit 1"
	must_fail pings 2
}
