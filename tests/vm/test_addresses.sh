# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR source=lib.sh
#
# Addresses: IPv4 and IPv6 outside and inside in every mix, link-local ones,
# several of a peer, groups; and addresses, routes and links that go and come.
#
# Three paths between the gateways: four over wan1, six and local over wan2.

# shellcheck source=tests/vm/gateways.sh
. "$lib_dir/gateways.sh"
: "${keys:?}"

# shellcheck disable=SC2034 # tests/vm/run reads it
test_limit=120

# end_path END NAME LOCAL REMOTE [WORD...]: ME and OTHER in an address stand for
# the ends' numbers
end_path() {
	local me=$1 name=$2 local=$3 remote=$4 other=$((3 - $1))
	shift 4

	local=${local//ME/$me}
	remote=${remote//OTHER/$other}
	braid "$me" path add braid0 peer there path "$name" local "$local" \
		remote "$remote" "$@"
}

end_up() {
	local me=$1 other=$((3 - $1)) ns

	ns=$(namespace "$me")
	topo_ip "$ns" <<-IP
		addr add fe80::$me/64 dev wan2 nodad
		neigh add fe80::$other lladdr $(topo_mac 2 $other) dev wan2 nud permanent
	IP
	gateway_device "$me"
	ip -n "$ns" addr add "fe80::$me/64" dev braid0
	braid "$me" peer add braid0 peer there \
		address "10.99.0.$other,fd00:99::$other,fe80::$other"
	braid "$me" key set braid0 peer there file "$keys/$me"
	end_path "$me" four 10.0.1.ME:5000 10.0.1.OTHER:5000 link wan1
	end_path "$me" six '[fd00:0:2::ME]:5000' '[fd00:0:2::OTHER]:5000' \
		link wan2
	end_path "$me" local '[fe80::ME]:5001' '[fe80::OTHER]:5001' link wan2
}

all_up() { usable 1 3 && usable 2 3; }

plain_only=yes
all_only=yes

file_setup() {
	TOPO_WAN6=1 topo_up 50/5 50/5
	new_keys
	end_up 1
	end_up 2
	until_true 10 all_up
}

file_teardown() {
	gateways_down
	topo_down
}

# is END PATH KEY VALUE
is() {
	[ "$(paths "$1" | jq -r ".[] | select(.path == \"$2\").$3")" = "$4" ]
}

# only PATH: the others are cold, at both ends
only() {
	local end path cold

	for end in 1 2; do
		for path in four six local; do
			[ $path = "$1" ] && cold=no || cold=yes
			[ "$1" != all ] || cold=no
			braid $end path set braid0 peer there path $path cold $cold
		done
	done
}

test_every_mix() {
	local path before

	for path in four six local; do
		only $path
		until_true 5 is 1 $path state up
		until_true 5 is 2 $path state up
		before=$(counters 2)
		pings 3
		in_ns "$HA" ping -q -c 3 -i 0.1 -W 2 fd00:2::2
		expect_moved 2 "$before" "rx-data=6 tx-data=6"
	done
	only all
	until_true 10 all_up
}

# The device's own link-local address, and a group's, are of this link only.
test_link_local_inside() {
	in_ns "$GWA" ping -q -c 2 -i 0.1 -W 2 fe80::2%braid0
	in_ns "$GWB" ping -q -c 2 -i 0.1 -W 2 fe80::1%braid0
}

test_refused() {
	must_say 'a link-local remote needs a socket that is bound to a link' \
		end_path 1 x auto '[fe80::OTHER]:6000'
	must_say 'a link-local address needs a link' \
		braid 1 socket add braid0 socket x local '[fe80::1]:6000'
	must_say 'different address families' \
		end_path 1 x 10.0.1.ME:6000 '[fd00:0:2::OTHER]:6000'
	must_say 'not on this machine' \
		braid 1 socket add braid0 socket x local 10.0.1.77:6000
	must_say 'another peer has that tunnel address' \
		braid 1 peer add braid0 peer more address 10.99.0.3,fe80::2
	expect "sockets" "$(braid 1 -j socket show braid0 | jq length)" = 3
	expect "peers" "$(braid 1 -j peer show braid0 | jq length)" = 1
}

# down_at_once PATH REASON
down_at_once() {
	until_true 1 is 1 "$1" state down
	expect "why $1 is down" "$(paths 1 | jq -r ".[] |
		select(.path == \"$1\").reason")" = "$2"
	pings 3
}

# An address that goes takes its path down, without a probe; when it comes back
# the path is probed at once, not when its next probe is due.
test_address_goes_and_comes() {
	ip -n "$GWA" addr del 10.0.1.1/24 dev wan1
	down_at_once four 'its local address is gone'
	ip -n "$GWA" addr add 10.0.1.1/24 dev wan1
	until_true 2 is 1 four state up
	ip -n "$GWA" addr del fd00:0:2::1/64 dev wan2
	down_at_once six 'its local address is gone'
	expect "another path over that link" "$(state 1 local)" = up
	ip -n "$GWA" addr add fd00:0:2::1/64 dev wan2 nodad
	until_true 2 is 1 six state up
	until_true 10 all_up
}

test_events_say_why() {
	local monitor events=$TEST_TMP/events

	nsenter "--net=/run/netns/$GWA" braidctl -j monitor >"$events" &
	monitor=$!
	# it says nothing of what was before it listened
	while_true 1 true
	ip -n "$GWA" addr del 10.0.1.1/24 dev wan1
	until_true 2 grep -q 'its local address is gone' "$events"
	ip -n "$GWA" addr add 10.0.1.1/24 dev wan1
	until_true 2 grep -q '"path-up"' "$events"
	kill $monitor
	wait $monitor || true
	until_true 10 all_up
}

# A remote that is not on the link: its route goes and comes.
test_route_goes_and_comes() {
	# without a route gwa asks for its neighbour: nobody is to answer
	in_ns "$GWB" sysctl -qw net.ipv4.conf.all.arp_ignore=1
	ip -n "$GWB" addr add 10.9.9.2/32 dev lo
	ip -n "$GWA" route add 10.9.9.2 via 10.0.1.2
	end_path 1 far auto:5009 10.9.9.2:5009 link wan1
	end_path 2 far 10.9.9.2:5009 10.0.1.1:5009
	until_true 5 is 1 far state up
	expect "it sends from" "$(paths 1 | jq -r '.[] |
		select(.path == "far").local')" = 10.0.1.1:5009
	ip -n "$GWA" route del 10.9.9.2
	down_at_once far 'there is no route to its remote'
	ip -n "$GWA" route add 10.9.9.2 via 10.0.1.2
	until_true 2 is 1 far state up
	# a rule is as good as a route
	ip -n "$GWA" rule add to 10.9.9.2 unreachable
	down_at_once far 'there is no route to its remote'
	ip -n "$GWA" rule del to 10.9.9.2 unreachable
	until_true 2 is 1 far state up
	braid 1 path del braid0 peer there path far
	braid 2 path del braid0 peer there path far
	ip -n "$GWA" route del 10.9.9.2
	ip -n "$GWB" addr del 10.9.9.2/32 dev lo
}

plug_in() {
	topo_pair "$GWA" usb0 "$GWB" usb0 90
	ip -n "$GWA" addr add 10.0.9.1/24 dev usb0
	ip -n "$GWB" addr add 10.0.9.2/24 dev usb0
}

index_of() { ip -n "$GWA" -j link show "$1" | jq '.[0].ifindex'; }

# A modem that is plugged out and in again has another index under its name.
test_link_is_another_one() {
	local before

	plug_in
	before=$(index_of usb0)
	end_path 1 usb auto:5010 10.0.9.2:5010 link usb0
	end_path 2 usb 10.0.9.2:5010 10.0.9.1:5010
	until_true 5 is 1 usb state up
	ip -n "$GWA" link del usb0
	until_true 1 is 1 usb state down
	until_true 1 is 1 usb reason 'its link is gone'
	# something else takes the index that comes next
	ip -n "$GWA" link add other0 type dummy
	plug_in
	expect "its index" "$(index_of usb0)" -ne "$before"
	until_true 5 is 1 usb state up
	ip -n "$GWA" link del other0
	braid 1 path del braid0 peer there path usb
	braid 2 path del braid0 peer there path usb
	ip -n "$GWA" link del usb0
}

# A second peer, so that routes and not numbers decide which one it is.
second_peer() {
	local end

	for end in 1 2; do
		braid $end peer "$1" braid0 peer absent "${@:2}"
	done
}

# RFC 5549: an IPv4 network by way of an IPv6 next hop, link-local or not.
test_next_hop_of_the_other_family() {
	local via

	second_peer add address 10.99.0.9,fd00:99::9
	for via in fd00:99:: fe80::; do
		ip -n "$GWA" route replace 10.2.0.0/24 via inet6 ${via}2 dev braid0
		ip -n "$GWB" route replace 10.1.0.0/24 via inet6 ${via}1 dev braid0
		pings 3
	done
	ip -n "$GWA" route replace 10.2.0.0/24 via inet6 fd00:99::9 dev braid0
	before=$(counters 1)
	must_fail pings 1
	expect_moved 1 "$before" drop-tx-no-session=1
	gateway_routes 1
	gateway_routes 2
	second_peer del
	pings 1
}

# A packet without a route, here a packet socket's, is looked up.
test_packet_socket() {
	local before

	second_peer add address 10.99.0.9
	# nobody answers it, later and in another test
	ip -n "$GWB" route add blackhole 10.2.0.66
	before=$(counters 1)
	in_ns "$GWA" python3 - <<-'PY'
		import socket, struct
		def ip(source, to):
		    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20, 0, 0, 9, 253, 0,
		                       socket.inet_aton(source), socket.inet_aton(to))
		    words = struct.unpack("!10H", head)
		    total = sum(words)
		    total = (total & 0xffff) + (total >> 16)
		    return head[:10] + struct.pack("!H", ~total & 0xffff) + head[12:]
		s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM)
		s.sendto(ip("10.1.0.2", "10.2.0.66"), ("braid0", 0x0800))
		s.sendto(ip("10.1.0.2", "10.3.0.66"), ("braid0", 0x0800))
	PY
	expect_moved 1 "$before" "drop-tx-no-peer=1 tx-data=1"
	second_peer del
	ip -n "$GWB" route del blackhole 10.2.0.66
}

group_ping() { in_ns "$GWA" ping -q -c 1 -W 2 -I 10.99.0.1 224.0.0.1; }

# To groups only for peers that are marked, and only from those.
test_multicast() {
	local before

	ip -n "$GWA" route add 224.0.0.0/4 dev braid0
	in_ns "$GWB" sysctl -qw net.ipv4.icmp_echo_ignore_broadcasts=0
	before=$(counters 1)
	must_fail group_ping
	expect_moved 1 "$before" drop-tx-multicast=1
	braid 1 peer set braid0 peer there multicast yes
	before=$(counters 2)
	must_fail group_ping
	expect_moved 2 "$before" "drop-rx-multicast=1 rx-data=1"
	braid 2 peer set braid0 peer there multicast yes
	before=$(counters 2)
	group_ping
	expect_moved 2 "$before" "rx-data=1 tx-data=1"
	# a copy for each that is marked, and no more
	second_peer add address 10.99.0.9 multicast
	before=$(counters 1)
	group_ping
	expect_moved 1 "$before" "drop-tx-no-session=1 rx-data=1 tx-data=1"
	second_peer set multicast no
	before=$(counters 1)
	group_ping
	expect_moved 1 "$before" "rx-data=1 tx-data=1"
	second_peer del
	ip -n "$GWA" route del 224.0.0.0/4
	ip -n "$GWA" -6 route add multicast ff02::/16 dev braid0 table local
	before=$(counters 1)
	in_ns "$GWA" ping -q -c 1 -W 2 ff02::1%braid0
	expect_moved 1 "$before" "rx-data=1 tx-data=1"
}
