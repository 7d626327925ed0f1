# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR source=lib.sh
#
# AES-256-GCM of the crypto API: at once, and by a driver that completes each
# packet later and elsewhere. Either way nothing is lost, nothing is overtaken,
# and whatever is deleted meanwhile goes without a trace.

# shellcheck source=tests/vm/gateways.sh
. "${lib_dir:?}/gateways.sh"
: "${keys:?}"
# shellcheck source=tests/vm/load.sh
. "$lib_dir/load.sh"

test_limit=600
by_name=yes

tools=$lib_dir/../../build/tests
parameter=/sys/module/braid/parameters/gcm
# the generic code; and wrapped so that it always runs in a worker, which by its
# algorithm's name would be preferred as soon as it is there
at_once='gcm_base(ctr(aes-generic),ghash-generic)'
later="cryptd($at_once)"

file_setup() { topo_up 20/10 30/25 50/50; }
file_teardown() { topo_down; }

# the key file, not the device, says which cipher it is
setup() {
	export key_cipher=aes256-gcm
	echo "$later" >$parameter
	gateways_up
}

teardown() {
	local end

	load_stop
	jobs -p | xargs -r kill 2>/dev/null || true
	for end in 1 2; do
		ip -n "$(namespace $end)" link del braid0 2>/dev/null || :
	done
	echo 'gcm(aes)' >$parameter
}

# anew DRIVER: both ends with keys for that driver
anew() {
	local end

	echo "$1" >$parameter
	for end in 1 2; do
		braid $end key del braid0 peer there
	done
	new_keys
	for end in 1 2; do
		braid $end key set braid0 peer there file "$keys/$end"
	done
	until_true 20 all_usable
}

# sent END FIELD: of the key that sends
sent() { braid "$1" -j key show braid0 | jq -r ".[] | select(.sending) | $2"; }

# crypto_users DRIVER: how many have it
crypto_users() {
	awk -v driver="$1" '$1 == "driver" { ours = $3 == driver }
		ours && $1 == "refcnt" { print $3; exit }' /proc/crypto
}

nobody_later() { [ "$(crypto_users "$later")" = 1 ]; }

# what must stay 0; packets of a session that is no more were under way when it went
sealing_drops() {
	braid "$1" -j dev show braid0 | jq -c '.[0].counters | with_entries(select(.value != 0 and
		(.key | test("drop-rx-(epoch|auth|replay|key|path|memory|queue)|drop-tx-(key|gone|memory)"))))'
}

# Few packets enough a second for a slow machine, since CoDel judges what waits. The
# debug kernel takes some 30 ms for one from host to host, all of it on the CPU that has
# the worker.
interval=0.03
[ "$BRAID_DEBUG" = 0 ] || interval=0.4

# both_ways COUNT: pings from both hosts at once, each answered
both_ways() {
	local pid

	in_ns "$HA" ping -q -W 20 -c "$1" -i $interval -s 1200 10.2.0.2 \
		>"$TEST_TMP/a" &
	pid=$!
	in_ns "$HB" ping -q -W 20 -c "$1" -i $interval -s 1200 fd00:1::2 \
		>"$TEST_TMP/b"
	wait $pid
	cat "$TEST_TMP/a" "$TEST_TMP/b"
	expect "answers to ha" "$(awk '/received/ { print $4 }' "$TEST_TMP/a")" \
		= "$1"
	expect "answers to hb" "$(awk '/received/ { print $4 }' "$TEST_TMP/b")" \
		= "$1"
	expect "drops of gwa" "$(sealing_drops 1)" = "{}"
	expect "drops of gwb" "$(sealing_drops 2)" = "{}"
}

# in_order FROM TO ADDRESS PORT [END]: more than a slow machine can seal, so that packets
# wait at the cipher all the time; none arrives behind a later one. With END, what waits
# for the debug kernel's only worker may do so for seconds, far beyond the longest hold of
# a packet whose predecessor has not come: that one then counts as late there.
in_order() {
	local sink mbit=24 seconds=6 least=300 late=0 before=0

	[ "$BRAID_DEBUG" = 0 ] || { mbit=1 seconds=20 least=100; }
	if [ "$BRAID_DEBUG" != 0 ] && [ "${5:-}" ]; then
		mbit=0.2 seconds=30
		before=$(counter "$5" rx-late)
	fi
	in_ns "$2" "$tools/udpstream" sink "$4" $seconds 1 \
		>"$TEST_TMP/datagrams" &
	sink=$!
	until_true 10 listening "$2" "$4" udp
	in_ns "$1" "$tools/udpstream" source "$3" "$4" $seconds $mbit 1000
	wait $sink
	cat "$TEST_TMP/datagrams"
	if [ "$BRAID_DEBUG" != 0 ] && [ "${5:-}" ]; then
		late=$(($(counter "$5" rx-late) - before))
		note "late: $late"
	fi
	expect "arrived" "$(jq .arrived "$TEST_TMP/datagrams")" -ge $least
	expect "overtaken" "$(jq .overtaken "$TEST_TMP/datagrams")" -le $late
}

test_at_once() {
	anew "$at_once"
	until_true 5 nobody_later
	expect "cipher" "$(sent 1 .cipher)" = aes256-gcm
	expect "limit" "$(sent 1 .limit_packets)" = $((1 << 28))
	expect "limit" "$(sent 1 .limit_failures)" = $((1 << 52))
	both_ways 100
	in_order "$HA" "$HB" 10.2.0.2 4000
	expect "sealed" "$(sent 1 .packets)" -ge 400
}

test_later() {
	expect "who has the driver" "$(crypto_users "$later")" -ge 4
	both_ways 100
	in_order "$HA" "$HB" 10.2.0.2 4001 2
	in_order "$HB" "$HA" 10.1.0.2 4002 1
	expect "drops of gwa" "$(sealing_drops 1)" = "{}"
	expect "drops of gwb" "$(sealing_drops 2)" = "{}"
}

# A path has packets of both ciphers under way when the epochs change.
test_from_one_cipher_to_the_other() {
	local i end cipher ping

	in_ns "$HA" ping -q -i $interval -s 1000 10.2.0.2 >"$TEST_TMP/a" &
	ping=$!
	for i in 1 2 3 4; do
		cipher=aes256-gcm
		[ $((i % 2)) = 0 ] || cipher=chacha20-poly1305
		braidctl genkey static "$keys/n1" "$keys/n2" after "$keys/1" \
			cipher $cipher
		for end in 1 2; do
			mv "$keys/n$end" "$keys/$end"
			braid $end key set braid0 peer there file "$keys/$end"
		done
		braid $((1 + i % 2)) key swap braid0 peer there epoch $i
		for end in 1 2; do
			until_true 10 sends $end $i
		done
		expect "cipher" "$(sent 1 .cipher)" = $cipher
		while_true 1 true
		for end in 1 2; do
			braid $end key del braid0 peer there epoch $((i - 1))
		done
	done
	pkill -INT -P $ping
	wait $ping || true
	cat "$TEST_TMP/a"
	# those under way when it was stopped
	expect "lost" "$(awk '/packets transmitted/ { print $1 - $4 }' \
		"$TEST_TMP/a")" -le 25
	expect "drops of gwa" "$(sealing_drops 1)" = "{}"
	expect "drops of gwb" "$(sealing_drops 2)" = "{}"
}

sends() { [ "$(sent "$1" .epoch)" = "$2" ]; }

# forge LINES...: to gwb, as gwa would
forge() {
	in_ns "$GWA" "$tools/forge" batch "$keys/1.copy" 10.0.1.2 5000
}

# The other library agrees on what the wire format says; what it did not seal
# under the key, or what was changed or cut after that, is dropped and counted.
test_what_others_seal() {
	local before

	# what gets there gets through, and causes no answer
	ip -n "$GWB" route add blackhole 10.2.0.66
	# its path ids are new to gwb, and so is its first packet's path
	before=$(counters 2)
	forge <<-END
		path=20 pn=0 count=20 from=10.1.0.2 to=10.2.0.66 gseq=100000 lane=65535
	END
	expect_moved 2 "$before" rx-data=20
	before=$(counters 2)
	forge <<-END
		path=20 pn=100 each=flip from=10.1.0.2 to=10.2.0.66 size=8 gseq=100100 lane=65535 key=random count=1
		key=random count=30 path=21
	END
	[ "$(counter 2 drop-rx-auth)" -ge 30 ] || fail "not counted"
	expect "failures" "$(sent 2 .failures)" -ge 30
	ip -n "$GWB" route del blackhole 10.2.0.66
	# the forged have taken numbers that the tunnel itself would use
	gateways_down
	gateways_up
	pings 3
}

test_limits_refused() {
	braidctl genkey static "$keys/n1" "$keys/n2" after "$keys/1" \
		cipher aes256-gcm
	must_say 'limit is 268435456' braid 1 key set braid0 peer there \
		file "$keys/n1" limit-packets 268435457
	braidctl genkey static "$keys/m1" "$keys/m2" after "$keys/1" \
		cipher aes256-gcm
	echo 'no-such-cipher' >$parameter
	must_say 'no AES-GCM' braid 1 key set braid0 peer there file "$keys/m1"
	pings 3
}

# Keys, paths, sockets and devices go while the cipher has packets of theirs.
test_away_under_load() {
	local end

	load_start
	for _ in 1 2; do
		for end in 1 2; do
			braid $end path del braid0 peer there path w1
			goes_on
		done
		for end in 1 2; do
			gateway_path $end 1
		done
		anew "$later"
		goes_on
		for end in 1 2; do
			ip -n "$(namespace $end)" link del braid0
		done
		new_keys
		for end in 1 2; do
			gateway_up $end
		done
		until_true 30 all_usable
		goes_on
	done
	expect "drops of gwa" "$(counter 1 drop-rx-auth)" = 0
	for end in 1 2; do
		ip -n "$(namespace $end)" link del braid0
	done
	rmmod braid || fail "something still holds the module"
	load_stop
	modprobe braid
	nobody_later || fail "somebody still has the driver"
}
