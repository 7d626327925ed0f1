# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR source=lib.sh
#
# Batches of packets: hosts hand them to the device in one piece, and the stack
# behind the other end gets them in one piece. Checksums on the way.

# shellcheck source=tests/vm/gateways.sh
. "$lib_dir/gateways.sh"

plain_only=yes

file_setup() {
	topo_up 50/2
	gateways_up
}

file_teardown() {
	gateways_down
	topo_down
}

teardown() {
	in_ns "$GWA" nft flush ruleset
	in_ns "$GWB" nft flush ruleset
	in_ns "$HA" ethtool -K eth0 tx on tso on gso on >/dev/null
}

# count_forwarded END PROTOCOL: what the stack of a gateway sees pass of it
count_forwarded() {
	in_ns "$(namespace "$1")" nft -f - <<-END
		table inet t {
			chain c {
				type filter hook forward priority 0
				meta l4proto $2 meta length > 500 counter
			}
		}
	END
}

forwarded() {
	in_ns "$(namespace "$1")" nft -j list chain inet t c |
		jq '[.nftables[].rule?.expr | select(.) | .[].counter?.packets
			| select(. != null)] | add'
}

test_tcp() {
	local before data a b

	count_forwarded 1 tcp
	count_forwarded 2 tcp
	before=$(counter 1 tx-data)
	tcp_flow "$HA" "$HB" 10.2.0.2 4 1 >/dev/null
	data=$(($(counter 1 tx-data) - before))
	a=$(forwarded 1)
	b=$(forwarded 2)
	note "$data packets on the link, $a given to the device, $b by it"
	expect "packets on the link" "$data" -gt 1000
	expect "batches given to the device" "$a" -lt $((data * 2 / 3))
	# how many packets one holds depends on how far apart they come
	expect "batches given by the device" "$b" -lt "$data"
}

# send_batches NUMBER: UDP batches of 10 datagrams each, by one call each
send_batches() {
	in_ns "$HA" python3 -c '
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_UDP, 103, 1200)	# UDP_SEGMENT
s.connect(("10.2.0.2", 9))
for i in range(int(sys.argv[1])):
	try:
		s.send(bytes(12000))
	except ConnectionRefusedError:
		s.send(bytes(12000))
	time.sleep(0.05)' "$1"
}

test_udp() {
	local before

	count_forwarded 1 udp
	before=$(counter 1 tx-data)
	in_ns "$HB" nstat -n
	send_batches 5
	expect "batches given to the device" "$(forwarded 1)" = 5
	until_true 5 test "$(counter 1 tx-data)" -ge $((before + 50))
	# nobody listens: counted behind the check of the checksum
	in_ns "$HB" nstat -z UdpNoPorts UdpInCsumErrors >"$TEST_TMP/udp"
	cat "$TEST_TMP/udp"
	expect "datagrams" "$(awk '/NoPorts/ { print $2 }' "$TEST_TMP/udp")" = 50
	expect "wrong checksums" \
		"$(awk '/CsumErrors/ { print $2 }' "$TEST_TMP/udp")" = 0
}

# What was damaged before it came to the tunnel arrives damaged, so that the
# receiver throws it away: no checksum is made anew, whatever batches it went
# through.
test_damage_is_not_repaired() {
	local sum sink

	# no batches: the checksum is in the packet when it is damaged
	in_ns "$HA" ethtool -K eth0 tx off >/dev/null
	in_ns "$GWA" nft -f - <<-END
		table inet t {
			chain c {
				type filter hook prerouting priority -300
				iifname "lan0" tcp dport 3000 meta length > 1000 \
					numgen inc mod 20 == 0 @th,800,8 set 0x21
			}
		}
	END
	head -c 2000000 /dev/zero | tr '\0' 'x' >"$TEST_TMP/sent"
	sum=$(sha256sum <"$TEST_TMP/sent")
	in_ns "$HB" nstat -n
	in_ns "$HB" timeout 60 python3 -c '
import socket, sys
s = socket.create_server(("10.2.0.2", 3000))
c, _ = s.accept()
while data := c.recv(65536):
	sys.stdout.buffer.write(data)' >"$TEST_TMP/came" &
	sink=$!
	until_true 20 listening "$HB" 3000
	in_ns "$HA" timeout 60 python3 -c '
import socket, sys
s = socket.create_connection(("10.2.0.2", 3000))
s.sendall(open(sys.argv[1], "rb").read())' "$TEST_TMP/sent"
	wait $sink
	in_ns "$HB" nstat -z TcpInCsumErrors | tee "$TEST_TMP/tcp"
	expect "packets found damaged" \
		"$(awk '/CsumErrors/ { print $2 }' "$TEST_TMP/tcp")" -gt 20
	expect "what arrived" "$(sha256sum <"$TEST_TMP/came")" = "$sum"
}
