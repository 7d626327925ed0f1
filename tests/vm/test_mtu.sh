# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR source=lib.sh
#
# Packet sizes: what each path carries is found out, the device's MTU follows,
# senders are told what fits, and a path that silently takes less than before
# stops nothing.

# shellcheck source=tests/vm/gateways.sh
. "$lib_dir/gateways.sh"

plain_only=yes
all_only=yes

tools=$lib_dir/../../build/tests
MID=${TOPO_PREFIX}mid

file_setup() {
	TOPO_WAN6=yes topo_up 20/5 20/5
	middle_up
}

file_teardown() {
	ip netns del "$MID"
	topo_down
}

# middle_up: one more way between the gateways, the quickest, through a router:
# from 10.0.8.1 to 10.0.9.1.
middle_up() {
	local ns i other

	ip netns add "$MID"
	topo_pair "$GWA" far "$MID" far1 8
	topo_pair "$GWB" far "$MID" far2 9
	topo_quiet "$MID" far1 far2
	for i in 1 2; do
		ns=$(namespace $i)
		other=$((10 - i))
		topo_ip "$MID" <<-IP
			addr add 10.0.$((7 + i)).254/24 dev far$i
			neigh add 10.0.$((7 + i)).1 lladdr $(topo_mac $((7 + i)) 1) dev far$i nud permanent
		IP
		topo_ip "$ns" <<-IP
			addr add 10.0.$((7 + i)).1/24 dev far
			neigh add 10.0.$((7 + i)).254 lladdr $(topo_mac $((7 + i)) 2) dev far nud permanent
			route add 10.0.$other.0/24 via 10.0.$((7 + i)).254 dev far
		IP
		tc -n "$ns" qdisc add dev far root netem rate 20mbit delay 2ms limit 100
		in_ns "$ns" ethtool -K far tso off gso off gro off >/dev/null
		in_ns "$ns" sysctl -qw net.ipv6.conf.far.disable_ipv6=1
	done
}

# far_up: a path over it, found
far_up() {
	braid 1 path add braid0 peer there path far link far \
		local 10.0.8.1:5009 remote 10.0.9.1:5009
	braid 2 path add braid0 peer there path far link far \
		local 10.0.9.1:5009 remote 10.0.8.1:5009
	until_true 30 found far 1500
	until_true 30 found far 1500 2
}

# middle_mtu BYTES: of the router's link to gwb. What comes from there and is more
# than 4 bytes larger, it does not even receive.
middle_mtu() { ip -n "$MID" link set far2 mtu "$1"; }

# middle_tells yes|no: whether it says so
middle_tells() {
	in_ns "$MID" nft flush ruleset
	[ "$1" = yes ] || in_ns "$MID" nft -f - <<-END
		table inet mute {
			chain c {
				type filter hook output priority 0
				icmp type destination-unreachable drop
			}
		}
	END
}

# begin [LINK BYTES]...: a new tunnel, links that are narrow from the first
# moment; what each path carries is found.
begin() {
	local -a carries=(0 1500 1500)

	while [ $# -gt 0 ]; do
		narrow "$1" "$2"
		carries[$1]=$(($2 / 4 * 4))
		shift 2
	done
	gateways_up
	until_true 30 found w1 "${carries[1]}"
	until_true 30 found w2 "${carries[2]}"
	until_true 30 found w1 "${carries[1]}" 2
	until_true 30 found w2 "${carries[2]}" 2
}

# links_take MTU: both links, at both ends. The far one is first, so that it takes
# already what gwa asks for: what did not pass is tried again after ten minutes.
links_take() {
	local ns

	for ns in "$GWB" "$GWA"; do
		ip -n "$ns" link set wan1 mtu "$1"
		ip -n "$ns" link set wan2 mtu "$1"
	done
}

teardown() {
	local ns

	links_take 1500
	for ns in "$GWA" "$GWB"; do
		in_ns "$ns" nft flush ruleset
		ip -n "$ns" route flush cache
	done
	middle_mtu 1500
	hears
	for ns in "$HA" "$HB"; do
		ip -n "$ns" route flush cache
		ip -n "$ns" -6 route flush cache
	done
	gateways_down
}

# pmtu END PATH: "SIZE PHASE"
pmtu() {
	paths "$1" | jq -r ".[] | select(.path == \"$2\") |
		\"\(.pmtu) \(.pmtu_phase)\""
}

# found PATH SIZE [END]
found() { [ "$(pmtu "${3:-1}" "$1")" = "$2 found" ]; }

# mtu END: of the device
mtu() {
	ip -n "$(namespace "$1")" -j link show braid0 | jq '.[0].mtu'
}

# sent_since BEFORE PACKETS: gwa has sent so many more
sent_since() { [ $(($(counter 1 tx-data) - $1)) -gt "$2" ]; }

mtu_is() { [ "$(mtu "$1")" = "$2" ]; }

# narrow LINK BYTES: larger packets vanish there from now on, both ways, and
# nobody is told.
narrow() {
	local ns

	for ns in "$GWA" "$GWB"; do
		# before fragments are put together again
		in_ns "$ns" nft -f - <<-END
			table inet narrow {
				chain wan$1 {
					type filter hook prerouting priority -450
					iifname "wan$1" meta length > $2 drop
				}
			}
		END
	done
}

wide() {
	local ns

	for ns in "$GWA" "$GWB"; do
		in_ns "$ns" nft flush ruleset
	done
}

# deaf, hears: whether ha takes what it is told of sizes
deaf() {
	in_ns "$HA" nft -f - <<-END
		table inet deaf {
			chain c {
				type filter hook input priority 0
				icmp type destination-unreachable drop
			}
		}
	END
}

hears() { in_ns "$HA" nft flush ruleset; }

# learned NAMESPACE ADDRESS SIZE: what the host's stack knows of the way there
learned() {
	ip -n "$1" -j route get "$2" |
		jq -e ".[0].metrics[]?.mtu == $3" >/dev/null
}

# ping_of SIZE ADDRESS [OPTION...]: a packet of that size
ping_of() {
	local size=$1 to=$2 headers=28
	shift 2

	[ "${to/:/}" = "$to" ] || headers=48
	in_ns "$HA" ping -q -c 1 -W 2 -s $((size - headers)) "$@" "$to"
}

# The usual case: one probe for each path and end, and silence afterwards.
test_whole_links() {
	begin
	expect "MTU" "$(mtu 1)" = 1436
	expect "probes of sizes" "$(paths 1 |
		jq -c '[.[].pmtu_probes]')" = "[1,1]"
	ping_of 1436 10.2.0.2 -M "do"
	ping_of 1436 fd00:2::2 -M "do"
	expect "fragments" "$(counter 1 tx-pieces)" = 0
	braidctl_shows
}

braidctl_shows() {
	braid 1 show braid0 | tee "$TEST_TMP/show"
	grep -q PMTU "$TEST_TMP/show"
	braid 1 -j dev show braid0 | jq -e '.[0].mtu_auto == true'
}

# One path of 1,400 bytes beside one of 1,500: found without anybody's help. The
# device keeps the larger MTU; a flow that is spread over both is told the
# smaller size, and both paths carry it.
test_unequal_paths() {
	local sent1 sent2

	begin 2 1400
	expect "MTU" "$(mtu 1)" = 1436
	tcp_flow "$HA" "$HB" 10.2.0.2 5 2 | tee "$TEST_TMP/flow"
	jq -e '.mbit > 12' "$TEST_TMP/flow"
	until_true 2 learned "$HA" 10.2.0.2 1336
	read -r sent1 sent2 < <(paths 1 | jq -r '[.[].tx_bytes] | @tsv')
	note "by path: $sent1 $sent2"
	expect "bytes over the small path" "$sent2" -gt $((sent1 / 3))
	expect "packets dropped" "$(counter 1 drop-tx-too-big)" = 0
	expect "senders told" "$(counter 1 tx-mtu-told)" -gt 0
}

# A host that hears no ICMP keeps its large packets: they go over the path that
# takes them.
test_deaf_sender() {
	begin 2 1400
	deaf
	for _ in 1 2 3 4 5; do
		ping_of 1436 10.2.0.2 -M "do"
	done
	hears
	expect "packets dropped" "$(counter 1 drop-tx-too-big)" = 0
	expect "fragments" "$(counter 1 tx-pieces)" = 0
}

# Both paths are smaller than the link says: the device's MTU follows, the stack
# tells senders, and cuts up what may be cut.
test_device_follows() {
	begin 1 1400 2 1360
	until_true 30 mtu_is 1 1336
	until_true 30 mtu_is 2 1336
	must_fail ping_of 1337 10.2.0.2 -M "do"
	until_true 2 learned "$HA" 10.2.0.2 1336
	must_fail ping_of 1337 fd00:2::2 -M "do"
	until_true 2 learned "$HA" fd00:2::2 1336
	# what one of them takes is carried, and its sender told what both take
	in_ns "$HA" ping -q -c 1 -W 2 -s 1308 -M "do" 10.2.0.2 || true
	until_true 2 learned "$HA" 10.2.0.2 1296
	expect "packets dropped" "$(counter 1 drop-tx-too-big)" = 0
	ping_of 1296 10.2.0.2 -M "do"
	ping_of 1500 10.2.0.2 -M dont
	# a user's size stays, whatever the paths do
	braid 1 dev set braid0 mtu 1300
	wide
	ip -n "$GWA" link set wan1 mtu 1450
	until_true 10 found w1 1450
	while_true 1 mtu_is 1 1300
	braid 1 -j dev show braid0 | jq -e '.[0].mtu_auto == false'
	braid 1 dev set braid0 mtu-auto yes
	until_true 5 mtu_is 1 1386
}

# The local link's own MTU changes: known at once, also where nothing is sent.
test_link_changes() {
	begin
	links_take 1420
	until_true 10 found w1 1420
	until_true 10 found w2 1420
	until_true 5 mtu_is 1 1356
	ping_of 1356 10.2.0.2 -M "do"
	links_take 1500
	until_true 10 found w1 1500
	until_true 10 found w2 1500
	until_true 10 mtu_is 1 1436
}

# follows TELLS: the router between the gateways takes smaller packets, with
# traffic of small packets and of large ones, whose sender does not listen: the
# path's size follows, and nothing is lost but the probes. What was lost for its
# size went over again, in time.
follows() {
	local stream pings

	begin
	middle_tells "$1"
	far_up
	deaf
	in_ns "$HB" "$tools/udpstream" sink 4000 8 1 >"$TEST_TMP/stream" &
	stream=$!
	until_true 10 listening "$HB" 4000 udp
	in_ns "$HA" "$tools/udpstream" source 10.2.0.2 4000 8 6 1408 &
	in_ns "$HA" ping -q -c 30 -i 0.2 10.2.0.2 >"$TEST_TMP/pings" &
	pings=$!
	sleep 2
	middle_mtu 1400
	until_true 10 found far 1400
	wait $pings $stream
	cat "$TEST_TMP/pings" "$TEST_TMP/stream"
	grep -q "30 packets transmitted, 30 received" "$TEST_TMP/pings"
	jq -e '.sent == .arrived and .sent > 2500' "$TEST_TMP/stream"
	# a user who knows that it was mended need not wait
	middle_mtu 1500
	braid 1 path probe braid0 peer there path far
	until_true 10 found far 1500
}

test_follows_router() {
	follows yes
}

test_follows_mute_router() {
	follows no
}

# In the middle of a transfer the only link silently takes less: noticed by what
# is lost, and the transfer goes on.
test_black_hole() {
	local flow before

	begin
	before=$(counter 1 tx-data)
	braid 1 path del braid0 peer there path w2
	braid 2 path del braid0 peer there path w2
	tcp_flow "$HA" "$HB" 10.2.0.2 8 1 "$TEST_TMP/table" >"$TEST_TMP/flow" &
	flow=$!
	until_true 10 sent_since "$before" 1000
	narrow 1 1400
	until_true 10 found w1 1400
	wait $flow
	cat "$TEST_TMP/flow"
	jq -e '.mbit > 2' "$TEST_TMP/flow"
	expect "longest stall in ms" "$(jq '.stall_ms | floor' "$TEST_TMP/flow")" \
		-lt $((2000 * ${BRAID_SLOW:-1}))
}

# IPv6 promises 1,280 bytes, and a path that takes less than that with what is
# around it carries them in fragments, made here.
test_below_ipv6() {
	local before

	begin 1 1300 2 1250
	until_true 30 mtu_is 1 1280
	before=$(counter 1 tx-pieces)
	ping_of 1280 fd00:2::2 -M "do"
	ping_of 1280 10.2.0.2 -M "do"
	expect "packets in fragments" "$(($(counter 1 tx-pieces) - before))" = 2
	must_fail ping_of 1281 fd00:2::2 -M "do"
}

# IPv6 outside: the same, and fragments are made by the sender alone.
test_ipv6_outside() {
	local i before

	begin 1 1300
	for i in 1 2; do
		braid $i path add braid0 peer there path v6 link wan1 \
			local "[fd00:0:1::$i]:5006" \
			remote "[fd00:0:1::$((3 - i))]:5006"
	done
	until_true 30 found v6 1300
	until_true 30 found v6 1300 2
	for i in 1 2; do
		braid $i path del braid0 peer there path w1
		braid $i path del braid0 peer there path w2
	done
	until_true 5 mtu_is 1 1280
	before=$(counter 1 tx-pieces)
	ping_of 1216 10.2.0.2 -M "do"
	expect "packets in fragments" "$(($(counter 1 tx-pieces) - before))" = 0
	ping_of 1280 fd00:2::2 -M "do"
	expect "packets in fragments" "$(($(counter 1 tx-pieces) - before))" = 1
}

# icmp_for SIZE: an ICMP message that claims that a packet of path w1 was
# too large, from anybody: it takes no key.
icmp_for() {
	in_ns "$GWB" python3 -c '
import socket, struct, sys
def ip(proto, length, src, dst):
	h = struct.pack("!BBHHHBBH4s4s", 69, 0, length, 0, 0, 64, proto, 0,
		socket.inet_aton(src), socket.inet_aton(dst))
	return h
def summed(b):
	s = sum(struct.unpack("!%dH" % (len(b) // 2), b))
	while s >> 16:
		s = (s & 65535) + (s >> 16)
	return 65535 - s
us, them = "10.0.1.1", "10.0.1.2"
lost = ip(17, 1500, us, them) + struct.pack("!HHHH", 5000, 5000, 1480, 0)
body = struct.pack("!BBHHH", 3, 4, 0, 0, int(sys.argv[1])) + lost
body = body[:2] + struct.pack("!H", summed(body)) + body[4:]
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
s.sendto(body, (us, 0))' "$1"
}

probes_of_w1() { paths 1 | jq '.[] | select(.path == "w1").pmtu_probes'; }

asked() { [ "$(probes_of_w1)" -gt "$1" ]; }

# fragments: that gwa has made
fragments() {
	in_ns "$GWA" nstat -asz IpFragCreates | awk '/Frag/ { print $2 }'
}

# A forged message makes the gateway ask, once, and changes nothing.
test_forged_icmp() {
	local before fragments

	begin
	before=$(probes_of_w1)
	fragments=$(fragments)
	icmp_for 1200
	until_true 5 asked "$before"
	until_true 5 found w1 1500
	expect "probes" "$(probes_of_w1)" = $((before + 1))
	icmp_for 68
	icmp_for 1500
	icmp_for 65535
	while_true 1 found w1 1500
	expect "probes" "$(probes_of_w1)" = $((before + 1))
	expect "MTU" "$(mtu 1)" = 1436
	# the stack believed it, but not for our packets
	learned "$GWA" 10.0.1.2 552
	ping_of 1436 10.2.0.2 -M "do"
	expect "fragments of gwa" "$(fragments)" = "$fragments"
}

# Told at most so often; what no path takes is dropped all the same, batches too.
test_told_in_moderation() {
	local told dropped

	begin 1 1400 2 1400
	# as if by a user who knows better
	braid 1 dev set braid0 mtu 1436
	deaf
	in_ns "$HA" ping -q -c 300 -l 300 -s 1400 -M "do" 10.2.0.2 || true
	hears
	told=$(counter 1 tx-mtu-told)
	dropped=$(counter 1 drop-tx-too-big)
	note "$dropped dropped, $told told"
	expect "packets dropped" "$dropped" -ge 300
	expect "senders told" "$told" -lt "$dropped"
	# a batch of which every packet is too large: TCP learns, and goes on
	tcp_flow "$HA" "$HB" 10.2.0.2 2 1 | tee "$TEST_TMP/flow"
	jq -e '.mbit > 1' "$TEST_TMP/flow"
}
