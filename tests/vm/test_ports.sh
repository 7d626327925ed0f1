# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR source=lib.sh
#
# Paths that move to other local ports while they carry traffic, by hand.

# shellcheck source=tests/vm/gateways.sh
. "$lib_dir/gateways.sh"

test_limit=200
plain_only=yes
rate_tests=test_no_packet_lost
long_tests="test_idle_and_both_at_once test_blocked_port_is_given_up"

file_setup() { topo_up 20/10 30/25; }
file_teardown() { topo_down; }

setup() { gateways_up; }
teardown() {
	jobs -p | xargs -r kill 2>/dev/null || true
	gateways_down
}

# port END PATH FIELD: of the path's local or remote end
port() { paths "$1" | jq -r ".[] | select(.path == \"$2\").$3 | split(\":\")[-1]"; }

moves() { paths "$1" | jq ".[] | select(.path == \"$2\").moves"; }

# sockets END: names and ports of all
sockets() { braid "$1" -j socket show braid0 | jq -c 'map(.local) | sort'; }

# hop END PATH [WORD...]
hop() {
	local end=$1 path=$2
	shift 2

	braid "$end" path hop braid0 peer there path "$path" "$@"
}

# hops END PATH COUNT: so many, two seconds from one to the next
hops() {
	local i

	for ((i = 0; i < $3; i++)); do
		hop "$1" "$2" ports 40000-49999
		sleep 0.7
	done
}

# agreed PATH: each end sends to where the other one is
agreed() {
	[ "$(port 1 "$1" local)" = "$(port 2 "$1" remote)" ] &&
		[ "$(port 2 "$1" local)" = "$(port 1 "$1" remote)" ]
}

# strays END: what must stay 0. Not so duplicates: a report that took the way of a
# hop may come so late that something was sent again without need.
strays() {
	braid "$1" -j dev show braid0 | jq -c '.[0].counters | with_entries(select(
		.value != 0 and .key != "drop-rx-duplicate" and
		(.key | test("^drop-|stray|invalid|unknown"))))'
}

test_moves_and_is_followed() {
	local before

	before=$(port 1 w1 local)
	hop 1 w1 ports 41000-41999
	expect_between "port" "$(port 1 w1 local)" 41000 41999
	agreed w1
	expect "the old port" "$before" = 5000
	expect "moves" "$(moves 1 w1) $(moves 2 w1)" = "1 1"
	expect "the other path" "$(moves 1 w2) $(port 1 w2 local)" = "0 5000"
	# the socket with the old port was made for the path and went with it
	expect "sockets" "$(braid 1 -j socket show braid0 | jq length)" = 2
	pings 3
	expect "strays" "$(strays 1) $(strays 2)" = "{} {}"
}

# Each end alone, then both at the same moment, over and over, under traffic.
test_no_packet_lost() {
	local a b end

	iperf3_udp "$HA" "$HB" 10.2.0.2 18 "$TEST_TMP/udp.json" &
	udp=$!
	hops 1 w1 2
	hops 2 w1 2
	hops 1 w1 2 &
	a=$!
	hops 2 w1 2 &
	b=$!
	hops 1 w2 2
	wait $a || fail "hops of end 1 failed"
	wait $b || fail "hops of end 2 failed"
	wait "$udp"
	expect "packets" "$(jq '.end.sum.packets' "$TEST_TMP/udp.json")" -gt 1000
	for end in 1 2; do
		braid $end counters braid0
	done
	expect "lost" "$(jq '.end.sum.lost_packets' "$TEST_TMP/udp.json")" = 0
	until_true 5 agreed w1
	until_true 5 agreed w2
	note "moves: $(moves 1 w1) $(moves 2 w1) $(moves 1 w2) $(moves 2 w2)"
	expect "moves of w2" "$(moves 1 w2) $(moves 2 w2)" = "2 2"
	# four of its own and four of its peer's; two at the same moment may be one
	expect_between "moves of w1 at end 1" "$(moves 1 w1)" 6 8
	expect_between "moves of w1 at end 2" "$(moves 2 w1)" 6 8
	expect "sockets" "$(braid 1 -j socket show braid0 | jq length)" = 2
	expect "sockets" "$(braid 2 -j socket show braid0 | jq length)" = 2
	expect "strays" "$(strays 1) $(strays 2)" = "{} {}"
}

# An idle tunnel: nothing but what the hop itself sends tells the peer.
test_idle_and_both_at_once() {
	local a

	hop 1 w1 &
	a=$!
	hop 2 w1
	wait $a || fail "end 1 could not hop"
	until_true 5 agreed w1
	usable 1 2
	usable 2 2
	expect "strays" "$(strays 1) $(strays 2)" = "{} {}"
}

# When the new port is not answered, nothing changes.
test_blocked_port_is_given_up() {
	local before

	in_ns "$GWB" nft -f - <<-NFT
		table ip t {
			chain in {
				type filter hook input priority 0
				udp sport 42000-42999 drop
			}
		}
	NFT
	before=$(sockets 1)
	must_say 'nobody answered on the new port' hop 1 w1 ports 42000-42999
	in_ns "$GWB" nft delete table ip t
	expect "sockets" "$(sockets 1)" = "$before"
	expect "moves" "$(moves 1 w1) $(moves 2 w1)" = "0 0"
	pings 3
}

# What is refused changes nothing.
test_refused() {
	local before

	before=$(sockets 1)
	must_say 'is not a list of ports' hop 1 w1 ports 5-
	must_say 'no path has that name' hop 1 w9
	braid 1 path set braid0 peer there path w1 cold yes
	must_say 'a cold path is not probed' hop 1 w1
	braid 1 path set braid0 peer there path w1 cold no
	# all ports of the list are somebody else's
	in_ns "$GWA" python3 -c '
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("10.0.1.1", 43000))
time.sleep(60)' &
	until_true 10 listening "$GWA" 43000 udp
	must_say 'no free port among 1' hop 1 w1 ports 43000
	expect "sockets" "$(sockets 1)" = "$before"
}
