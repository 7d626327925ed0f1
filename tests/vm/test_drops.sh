# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR source=lib.sh
#
# What must not come through: each packet that forge makes counts in one counter,
# and nothing else happens. The tunnel stands and works all the time.

# shellcheck source=tests/vm/gateways.sh
. "$lib_dir/gateways.sh"

plain_only=yes
: "${keys:?}"

# shellcheck disable=SC2034 # tests/vm/run reads it
test_limit=300
long_tests="test_outer_ecn"

file_setup() {
	topo_up 20/10 30/25 50/50
	gateways_up
	# what gets there gets through, and causes no answer
	ip -n "$GWB" route add blackhole 10.2.0.66
	# replay windows and numbers are in use
	pings 5
}

file_teardown() {
	gateways_down
	topo_down
}

# After each test: the tunnel is as before. What was authentic has taken numbers
# that the tunnel itself would use, so after such a test there is a new one.
numbers_taken=
teardown() {
	if [ "$numbers_taken" ]; then
		gateways_down
		gateways_up
	fi
	pings 2
	all_usable || fail "a path is no longer usable"
	expect "what gwa could not read of it all" \
		"$(counter 1 rx-tlv-invalid)" = 0
}

forge() { in_ns "$GWA" "$lib_dir/../../build/tests/forge" "$@"; }

# forged WANTED: packets as the lines on stdin say, from gwa's place to gwb, whose
# counters move by WANTED and nothing else.
forged() {
	local before

	before=$(counters 2)
	forge batch "$keys/1.copy" 10.0.1.2 5000
	expect_moved 2 "$before" "$1"
}

delivered() { packets "$GWB" braid0 rx; }

# Path ids that the gateways do not use: 20 and up.

test_without_the_key() {
	forged drop-rx-auth=46 <<-END
		key=random count=20 path=20
		key=random count=20 path=0 pn=100000
		key=random count=5 type=2 path=21
		key=random path=84
	END
	expect "failures of the key" "$(braid 2 -j key show braid0 |
		jq '.[0].failures')" = 46
}

test_wrong_session_epoch_type() {
	forged "drop-rx-epoch=11 drop-rx-handshake=10 drop-rx-session=20 \
drop-rx-type=12" <<-END
		session=1 count=10
		session=0 count=10
		epoch=1 count=10
		epoch=255
		type=0 count=10
		type=4
		type=255
		type=3 count=10
	END
}

# Every bit of a whole packet, one at a time.
test_each_bit_flipped() {
	local before

	before=$(counters 2)
	read -r number length < <(forge send "$keys/1.copy" 10.0.1.2 5000 \
		path=22 pn=5 each=flip size=4)
	expect "packets" "$number" = $((8 * length))
	# of a type's bits one makes a handshake of it
	expect_moved 2 "$before" "drop-rx-auth=$((number - 48)) drop-rx-epoch=8 \
drop-rx-handshake=1 drop-rx-session=32 drop-rx-type=7"
}

test_each_length_cut() {
	local before

	before=$(counters 2)
	read -r number length < <(forge send "$keys/1.copy" 10.0.1.2 5000 \
		path=22 pn=5 each=cut size=4)
	expect "packets" "$number" = "$length"
	# 29: the clear header, one sealed byte, the tag
	expect_moved 2 "$before" "drop-rx-auth=$((length - 29)) drop-rx-short=29"
}

test_oversized() {
	# 36 bytes around the largest inner packet that a device may be set to;
	# the last one is of that size and only lacks the key
	forged "drop-rx-auth=1 drop-rx-long=4" <<-END
		size=$((16384 - 28 + 1)) count=3 path=22
		size=40000 path=22
		size=$((16384 - 28)) path=22 key=random
	END
}

# Recorded on the link, sent once more: data and control.
test_replayed() {
	local recorder number before

	nsenter "--net=/run/netns/$GWB" -- tcpdump -q -U -i wan1 -w "$TEST_TMP/pcap" \
		"udp dst port 5000 and dst 10.0.1.2" 2>"$TEST_TMP/tcpdump" &
	recorder=$!
	until_true 10 grep -q listening "$TEST_TMP/tcpdump"
	pings 20
	# what still follows the last ping
	while_true 3 true
	kill $recorder
	wait $recorder || true
	before=$(counters 2)
	number=$(forge replay "$TEST_TMP/pcap" 10.0.1.2 5000)
	note "$number packets"
	expect "packets recorded" "$number" -ge 20
	expect_moved 2 "$before" "drop-rx-replay=$number"
	# from another place
	number=$(in_ns "$GWA" "$lib_dir/../../build/tests/forge" replay \
		"$TEST_TMP/pcap" 10.0.2.2 5000)
	expect_moved 2 "$before" "drop-rx-replay=$((2 * number))"
}

# numbered PATH FORMAT WORD...: FORMAT with each word, behind path and number
numbered() {
	local path=$1 format=$2 pn=0 word
	shift 2

	for word; do
		# shellcheck disable=SC2059
		printf "path=$path pn=$pn gseq=$((path * 50 + pn)) $format\n" \
			"$word"
		pn=$((pn + 1))
	done
}

# Authentic, but of nobody who should have sent it: LAN hosts' addresses are
# routed to the peer, others' are not.
test_spoofed_source() {
	local before

	numbers_taken=1
	before=$(delivered)
	numbered 23 "from=%s" 10.3.0.1 10.2.0.77 10.2.0.2 10.0.1.1 127.0.0.1 \
		0.0.0.0 224.0.0.1 255.255.255.255 10.99.0.2 >"$TEST_TMP/lines"
	numbered 33 "from=%s to=fd00:2::2" fd00:3::1 fd00:2::2 ::1 :: ff02::1 \
		fe80::1 fd00:99::2 ::ffff:10.1.0.2 >>"$TEST_TMP/lines"
	forged "drop-rx-source=17 rx-data=17" <"$TEST_TMP/lines"
	expect "delivered" "$(delivered)" = "$before"
}

test_inner_garbage() {
	local v4=00000000401100000a0100020a020002
	local v6=fd000001000000000000000000000002fd000002000000000000000000000002

	numbers_taken=1
	# nothing; versions 0, 5 and 15; short headers; lengths that lie
	forged "drop-rx-inner=16 rx-data=16" < <(numbered 24 "inner=%s" "" 00 45 60 \
		00000000$v4 55000014$v4 f5000014$v4 45000014000000004011 \
		44000014$v4 46000014$v4 45000013$v4 45000015$v4 4500ffff$v4 \
		600000000000114000000000000000000000 \
		6000000000011140$v6 60000000ffff1140$v6)
	# too short for a data header, yet authentic
	forged drop-rx-short=3 < <(numbered 34 "sealed=%s" 00 00000001ffffff \
		ffffffffffffff)
}

test_control_garbage() {
	# unknown messages are skipped, and the pad between them
	forged rx-tlv-unknown=2 <<-END
		type=2 path=25 sealed=7fff00000000000200007fff0001aa
	END
	# runs past the end; half a header; too short values; a schedule with
	# more entries than it has; reports of 33 ranges, and of packets below 0
	forged rx-tlv-invalid=10 < <(numbered 26 "type=2 sealed=%s" \
		0003ffff00 000300 00010001aa 00020001aa 00030001aa 00040001aa \
		7fff00 0002000a00ffffff00000000ffff \
		0001002600000021"$(printf %068d 0)" \
		0001002600000001"$(printf %064d 0)ffff")
	# a probe from where no path of ours ends
	forged rx-probe-stray=1 <<-END
		type=2 path=27 sealed=0003001a00000000000000010019$(printf %032d 1)
	END
}

test_outer_ecn() {
	numbers_taken=1
	# marked CE outside, while the inner packet cannot carry marks
	forged "drop-rx-ecn=2 rx-data=2" <<-END
		path=28 tos=3 gseq=500 count=2
	END
}

# The key opens what the other library sealed; a number or an inner packet that
# was there before does not come through again.
test_delivered_once() {
	local before

	numbers_taken=1
	before=$(delivered)
	forged rx-data=5 <<-END
		path=30 pn=7 gseq=901 count=3 to=10.2.0.66
		path=30 pn=20000 gseq=904 count=2 to=10.2.0.66 from=10.1.0.77
	END
	expect "delivered" "$(delivered)" = $((before + 5))
	# the same packets, and others with numbers below the window
	forged drop-rx-replay=7 <<-END
		path=30 pn=20000 gseq=904 each=same count=5
		path=30 pn=11800 gseq=909
		path=30 pn=0 gseq=909
	END
	# a new number, a known gseq: copies and needless repairs
	forged drop-rx-duplicate=3 <<-END
		path=31 gseq=901 count=3
	END
	# a path id below the one that took its place is retired
	forged "drop-rx-path=2 rx-data=1" <<-END
		path=104 gseq=920 to=10.2.0.66
		path=40 gseq=921 count=2
	END
	expect "delivered" "$(delivered)" = $((before + 6))
}
