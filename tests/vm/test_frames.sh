# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR source=lib.sh
#
# What the controllers say to each other: handshakes before there is a session,
# opaque messages inside one, and floods of either.

# shellcheck source=tests/vm/gateways.sh
. "$lib_dir/gateways.sh"
: "${keys:?}"

test_limit=200

plain_only=yes
all_only=yes

file_setup() {
	topo_up 20/10 30/25
	gateways_up
	braid 2 socket add dev braid0 socket any local auto:6000 listen
	braid 1 socket add dev braid0 socket out local 10.0.1.1:6000
	index 1 >"$TEST_TMP/ifindex"
}

file_teardown() {
	gateways_down
	topo_down
}

index() {
	ip -n "$(namespace "$1")" -j link show dev braid0 | jq ".[0].ifindex"
}

# nl END [OPTION...]: requests from stdin, answers as JSON lines
nl() {
	local ns
	ns=$(namespace "$1")
	shift
	in_ns "$ns" "$lib_dir/nlcall" "$@"
}

# controller END [OPTION...]: a process that is the controller and prints what
# comes, to $TEST_TMP/END; commands go to descriptor 5 (END 1) or 6.
controller() {
	local end=$1
	shift

	start=$(counter 2 rx-handshake)
	rm -f "$TEST_TMP/in$end"
	mkfifo "$TEST_TMP/in$end"
	nl "$end" "$@" <"$TEST_TMP/in$end" >"$TEST_TMP/$end" &
	case $end in
	1) exec 5>"$TEST_TMP/in1" ;;
	2) exec 6>"$TEST_TMP/in2" ;;
	esac
	tell "$end" "controller-set ifindex=$(index "$end")"
	until_true 20 test -s "$TEST_TMP/$end"
	expect "the answer" "$(cat "$TEST_TMP/$end")" = "[]"
}

tell() {
	case $1 in
	1) echo "$2" >&5 ;;
	2) echo "$2" >&6 ;;
	esac
}

# heard END JQ-FILTER: all that the controller got
heard() { jq -sc ".[1:] | $2" "$TEST_TMP/$1"; }

# since the device was made; the file's tests share it
counter_now() { echo $(($(counter "$1" "$2") - start)); }

heard_count() { [ "$(heard "$1" length)" = "$2" ]; }

handshake() {
	echo "frame-send ifindex=$(index 1) kind=handshake socket=out" \
		"remote-ipv4=10.0.1.2 remote-port=6000 $*"
}

test_handshake_there_and_back() {
	local got

	controller 1
	controller 2
	tell 1 "$(handshake receiver-id=0 sender-id=77 attempt=3 payload=c0ffee)"
	tell 2 "await 10 1"
	until_true 10 heard_count 2 1
	got=$(heard 2 '.[0]')
	note "$got"
	expect "socket" "$(jq -r .socket <<<"$got")" = any
	expect "local" "$(jq -r '."local-ipv4"' <<<"$got")" = 10.0.1.2
	expect "local port" "$(jq '."local-port"' <<<"$got")" = 6000
	expect "remote" "$(jq -r '."remote-ipv4"' <<<"$got")" = 10.0.1.1
	expect "remote port" "$(jq '."remote-port"' <<<"$got")" = 6000
	expect "ids" "$(jq -c '[."receiver-id", ."sender-id", .attempt]' \
		<<<"$got")" = "[0,77,3]"
	expect "payload" "$(jq -r .payload <<<"$got")" = c0ffee
	# the answer, from the address that the question was sent to
	tell 2 "frame-send ifindex=$(index 2) kind=handshake socket=any \
local-ipv4=10.0.1.2 remote-ipv4=10.0.1.1 remote-port=6000 receiver-id=77 \
sender-id=88 attempt=3 payload=$(printf 'ab%.0s' {1..1200})"
	tell 1 "await 10 1"
	until_true 10 heard_count 1 2
	got=$(heard 1 '.[1]')
	expect "from" "$(jq -r '."remote-ipv4"' <<<"$got")" = 10.0.1.2
	expect "bytes" "$(jq '.payload | length' <<<"$got")" = 2400
}

test_handshake_by_the_way_of_a_path() {
	controller 2
	nl 1 <<-END
		frame-send ifindex=$(index 1) kind=handshake peer=there path=w2 payload=01
	END
	tell 2 "await 10 1"
	until_true 10 heard_count 2 1
	expect "came by" "$(heard 2 '.[0]."remote-ipv4"')" = '"10.0.2.1"'
}

test_opaque_message() {
	local path

	controller 2
	tell 2 "await 10 3"
	nl 1 <<-END
		frame-send ifindex=$(index 1) kind=opaque peer=there path=w1 payload=0a
		frame-send ifindex=$(index 1) kind=opaque peer=there path=w2 payload=0b
		frame-send ifindex=$(index 1) kind=opaque peer=there payload=$(printf 'cd%.0s' {1..1200})
	END
	until_true 10 heard_count 2 3
	for path in w1 w2; do
		expect "peer of the one by $path" "$(heard 2 \
			".[] | select(.path == \"$path\" and .payload < \"0f\").peer")" \
			= '"there"'
	done
	expect "largest" "$(heard 2 'map(.payload | length) | max')" = 2400
	expect "counted" "$(counter 2 rx-opaque)" = 3
}

test_only_one_controller() {
	local before

	controller 2
	echo "device-get ifindex=$(index 2)" | nl 2 >"$TEST_TMP/device"
	expect "port" "$(jq '.[0].controller > 0' "$TEST_TMP/device")" = true
	nl 2 >"$TEST_TMP/second" <<-END
		controller-set ifindex=$(index 2)
		controller-del ifindex=$(index 2)
	END
	expect "the second one" "$(jq -sc 'map(.errno)' "$TEST_TMP/second")" = \
		'["EBUSY","EPERM"]'
	# again is nothing new; it is over when the socket closes
	tell 2 "controller-set ifindex=$(index 2)"
	exec 6>&-
	wait
	nl 2 >"$TEST_TMP/second" <<-END
		controller-set ifindex=$(index 2)
		controller-del ifindex=$(index 2)
		controller-del ifindex=$(index 2)
	END
	expect "the next one" "$(jq -sc 'map(.errno? // "ok")' \
		"$TEST_TMP/second")" = '["ok","ok","ENOENT"]'
	before=$(counters 2)
	forge type=3 count=3
	expect_moved 2 "$before" drop-rx-handshake=3
}

# forge WORD...: handshakes and others from gwa to gwb's socket
forge() {
	in_ns "$GWA" "$lib_dir/../../build/tests/forge" send "$keys/1.copy" \
		10.0.1.2 6000 "$@" >/dev/null
}

# as_stranger COMMAND...: from an address of gwa's that no path has
as_stranger() {
	topo_ip "$GWA" <<-END
		address replace 10.0.1.77/24 dev wan1
		route replace 10.0.1.2/32 dev wan1 src 10.0.1.77
	END
	"$@"
	topo_ip "$GWA" <<-END
		route del 10.0.1.2/32 dev wan1
		address del 10.0.1.77/24 dev wan1
	END
}

# since END BEFORE NAME: by how much a counter has risen
since() { echo $(($(counter "$1" "$3") - $(jq ".[\"$3\"]" <<<"$2"))); }

test_no_controller_no_message() {
	local before

	before=$(counters 2)
	nl 1 <<-END
		frame-send ifindex=$(index 1) kind=opaque peer=there payload=0a
	END
	expect_moved 2 "$before" rx-opaque-lost=1
}

test_long_and_empty_handshakes() {
	local before

	controller 2
	before=$(counters 2)
	# 16 bytes of tag and 28 of header go with what forge calls sealed
	forge type=3 sealed="$(printf 'ab%.0s' {1..1185})"
	expect_moved 2 "$before" drop-rx-long=1
	forge type=3 sealed="$(printf 'ab%.0s' {1..1184})"
	expect_moved 2 "$before" "drop-rx-long=1 rx-handshake=1"
	forge type=3 sealed= each=cut
	expect_moved 2 "$before" "drop-rx-long=1 drop-rx-short=13 rx-handshake=16"
}

# A second's flood of one source; what comes is bounded by its bucket.
test_flood_of_one_source() {
	local before got

	controller 2 --rcvbuf 1000000
	before=$(counters 2)
	as_stranger forge type=3 count=500
	got=$(since 2 "$before" rx-handshake)
	note "$got given to the controller"
	expect "given" "$got" -ge 64
	expect "given" "$got" -lt 300
	expect_moved 2 "$before" \
		"drop-rx-handshake-rate=$((500 - got)) rx-handshake=$got"
	# it is a matter of that source only
	before=$(counters 2)
	forge type=3 count=20
	expect_moved 2 "$before" rx-handshake=20
}

# The controller does not read: strangers fill half of its buffer, and known
# sources still get through.
test_room_for_proven_sources() {
	local before got

	controller 2 --rcvbuf 16384
	# a path's source is noted at most every 10 s; w1 is the quickest
	pings 110
	before=$(counters 2)
	as_stranger forge type=3 size=1100 count=40
	got=$(since 2 "$before" rx-handshake)
	note "$got of strangers"
	expect "of strangers" "$got" -ge 2
	expect_moved 2 "$before" \
		"drop-rx-handshake-queue=$((40 - got)) rx-handshake=$got"
	before=$(counters 2)
	forge type=3 size=1100 count=40
	got=$(since 2 "$before" rx-handshake)
	note "$got of a known source"
	expect "of a known source" "$got" -ge 2
	expect_moved 2 "$before" \
		"drop-rx-handshake-queue=$((40 - got)) rx-handshake=$got"
	# nothing was lost of what it was given, and there is room again
	tell 2 "await 3 1000"
	until_true 10 heard_count 2 "$(counter_now 2 rx-handshake)"
	before=$(counters 2)
	as_stranger forge type=3 size=1100
	expect_moved 2 "$before" rx-handshake=1
}

# Whoever shows an id that was told to his address is known by that, however
# many others there have used up the address's share.
test_known_by_the_id() {
	local before

	controller 2 --rcvbuf 1000000
	tell 2 "frame-send ifindex=$(index 2) kind=handshake socket=any \
remote-ipv4=10.0.1.77 remote-port=9 sender-id=4711 payload=01"
	as_stranger true
	before=$(counters 2)
	as_stranger flood_and_answer
	expect "given" "$(since 2 "$before" rx-handshake)" -ge $((64 + 30))
	expect "of the last 30, dropped" "$(since 2 "$(cat "$TEST_TMP/before")" \
		drop-rx-handshake-rate)" = 0
}

flood_and_answer() {
	forge type=3 session=0 count=300
	counters 2 >"$TEST_TMP/before"
	forge type=3 session=4711 count=30
}

test_opaque_flood() {
	local before got lost

	controller 2 --rcvbuf 1000000
	before=$(counters 2)
	for ((i = 0; i < 300; i++)); do
		echo "frame-send ifindex=$(<"$TEST_TMP/ifindex") kind=opaque" \
			"peer=there payload=0a"
	done | nl 1 >"$TEST_TMP/sent"
	expect "sent" "$(grep -c '^\[\]$' "$TEST_TMP/sent")" = 300
	until_true 10 arrived "$before" 300
	got=$(since 2 "$before" rx-opaque)
	lost=$(since 2 "$before" rx-opaque-lost)
	note "$got given, $lost lost"
	expect "given" "$got" -ge 64
	expect "lost" "$lost" -gt 0
}

arrived() {
	[ $(($(since 2 "$1" rx-opaque) + $(since 2 "$1" rx-opaque-lost))) = "$2" ]
}
