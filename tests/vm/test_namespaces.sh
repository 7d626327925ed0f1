# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR source=lib.sh
#
# Network namespaces: sockets stay where the device was made, wherever the device
# goes; who may do what from where; and either of the two places goes away.

# shellcheck source=tests/vm/gateways.sh
. "$lib_dir/gateways.sh"
: "${keys:?}"

# shellcheck disable=SC2034 # tests/vm/run reads it
test_limit=120

away=${TOPO_PREFIX}away
needed='CAP_NET_ADMIN is needed in the namespace where the device was made'

plain_only=yes
long_tests="test_birthplace_goes test_device_goes_with_its_namespace
	test_device_of_a_user test_what_waits_holds_no_namespace"

file_setup() { topo_up 50/5 50/5; }
file_teardown() { topo_down; }

setup() { gateways_up; }

# What a test has left, and has not.
teardown() {
	local end

	for end in 1 2; do
		ip -n "$(namespace $end)" link del braid0 2>/dev/null || true
	done
	ip netns del "$away" 2>/dev/null || true
	[ -z "${holder:-}" ] || kill "$holder" 2>/dev/null || true
}

# sockets NAMESPACE: its UDP sockets of the tunnel
sockets() { in_ns "$1" ss -Huln "sport = :5000" | wc -l; }

# settle COMMAND...: gives the device in another namespace what it had; the words
# go before ip and braidctl
settle() {
	"$@" ip addr add 10.99.0.1/24 dev braid0
	"$@" ip link set braid0 up
}

away_pings() { in_ns "$away" ping -q -c 2 -i 0.1 -W 2 10.99.0.2; }

test_device_moves() {
	ip netns add "$away"
	ip -n "$GWA" link set braid0 netns "$away"
	settle in_ns "$away"
	until_true 5 away_pings
	expect "sockets where it was made" "$(sockets "$GWA")" = 2
	expect "sockets where it is" "$(sockets "$away")" = 0
	# told from there, its paths still are of the other place
	in_ns "$away" braidctl path add braid0 peer there path more \
		local 10.0.1.1:5007 remote 10.0.1.2:5000
	expect "a socket more there" "$(in_ns "$GWA" ss -Huln 'sport = :5007' |
		wc -l)" = 1
	in_ns "$away" braidctl path del braid0 peer there path more
	must_fail in_ns "$GWA" braidctl show dev braid0
	# what happens to links there is seen
	ip -n "$GWA" link set wan1 down
	until_true 2 reason_is 'its link is down'
	ip -n "$GWA" link set wan1 up
	ip -n "$GWA" neigh replace 10.0.1.2 lladdr "$(topo_mac 1 2)" dev wan1 \
		nud permanent
	until_true 5 state_is up
	# and back home
	ip -n "$away" link set braid0 netns "$GWA"
	settle in_ns "$GWA"
	until_true 5 in_ns "$GWA" ping -q -c 1 -W 1 10.99.0.2
}

# first ATTRIBUTE: of the path w1
first() {
	in_ns "$away" braidctl -j path show braid0 |
		jq -r ".[] | select(.path == \"w1\").$1"
}
reason_is() { [ "$(first reason)" = "$1" ]; }
state_is() { [ "$(first state)" = "$1" ]; }

# A user's own namespaces, held open by a process; inside runs a command there.
user_namespaces() {
	setsid unshare --user --map-root-user --net sleep 1000 &
	holder=$!
	until_true 5 inside true
}

inside() {
	nsenter --preserve-credentials --user --net -t "$holder" -- "$@"
}

# Root there, nobody where the device was made.
test_capability_in_both() {
	user_namespaces
	ip -n "$GWA" link set braid0 netns "$holder"
	settle inside
	until_true 5 inside ping -q -c 1 -W 1 10.99.0.2
	must_say "$needed" inside braidctl socket add braid0 socket x local auto
	must_say "$needed" inside braidctl path add braid0 peer there path x \
		local 10.0.1.1:5007 remote 10.0.1.2:5000
	must_say "$needed" inside braidctl path del braid0 peer there path w1
	expect "sockets" "$(sockets "$GWA")" = 2
	# what is of the device alone is his
	inside braidctl path set braid0 peer there path w1 standby yes
	inside braidctl path set braid0 peer there path w1 standby no
	inside braidctl peer set braid0 peer there source any
	inside braidctl peer add braid0 peer more address 10.99.0.3
	inside braidctl peer del braid0 peer more
	expect "paths he sees" "$(inside braidctl -j path show braid0 |
		jq length)" = 2
	# somebody without the capability there may do none of it
	must_fail inside setpriv --bounding-set -net_admin --inh-caps -net_admin \
		--ambient-caps -all braidctl peer set braid0 peer there source any
	inside ip link del braid0
	expect "sockets" "$(sockets "$GWA")" = 0
}

# A device of a user's own making is his altogether.
test_device_of_a_user() {
	user_namespaces
	inside ip link set lo up
	inside braidctl dev add braid7 address 10.97.0.1/24 up
	inside braidctl peer add braid7 peer x address 10.97.0.2
	inside braidctl path add braid7 peer x path p local 127.0.0.1:5000 \
		remote 127.0.0.1:5001
	expect "sockets there" "$(inside ss -Huln 'sport = :5000' | wc -l)" = 1
	inside braidctl path del braid7 peer x path p
	kill "$holder"
	wait "$holder" || true
	pings 1
}

no_sockets_left() {
	[ "$(in_ns "$away" braidctl -j socket show dev braid9 | jq length)" = 0 ]
}

# The place where it was made goes: the device stays, without sockets.
test_birthplace_goes() {
	local birth=${TOPO_PREFIX}birth

	ip netns add "$birth"
	ip netns add "$away"
	ip -n "$birth" link set lo up
	in_ns "$birth" braidctl dev add braid9 address 10.96.0.1/24 up
	in_ns "$birth" braidctl peer add braid9 peer x address 10.96.0.2
	in_ns "$birth" braidctl path add braid9 peer x path p \
		local 127.0.0.1:5000 remote 127.0.0.1:5001
	ip -n "$birth" link set braid9 netns "$away"
	expect "sockets" "$(in_ns "$away" braidctl -j socket show dev braid9 |
		jq length)" = 1
	ip netns del "$birth"
	until_true 10 no_sockets_left
	expect "paths" "$(in_ns "$away" braidctl -j path show dev braid9 |
		jq length)" = 0
	expect "peers" "$(in_ns "$away" braidctl -j peer show dev braid9 |
		jq length)" = 1
	must_say 'the namespace where the device was made is gone' \
		in_ns "$away" braidctl socket add braid9 socket s local auto
	must_say 'the namespace where the device was made is gone' \
		in_ns "$away" braidctl path add braid9 peer x path p \
		local 127.0.0.1:5000 remote 127.0.0.1:5001
	in_ns "$away" braidctl peer set braid9 peer x source any
	in_ns "$away" braidctl dev del braid9
}

gone() { [ "$(sockets "$GWA")" = 0 ]; }

# The place where it is goes: so does the device, and its sockets at the other.
test_device_goes_with_its_namespace() {
	ip netns add "$away"
	ip -n "$GWA" link set braid0 netns "$away"
	settle in_ns "$away"
	until_true 5 away_pings
	nsenter "--net=/run/netns/$away" ping -q -i 0.05 10.99.0.2 \
		>"$TEST_TMP/ping" &
	while_true 1 true
	kill $!
	wait $! || true
	ip netns del "$away"
	until_true 10 gone
	# the other end goes on without it
	braid 2 -j path show braid0 | jq -e 'length == 2'
}

# What waits for a path holds the sockets that it came from, and these their
# namespace, and that the device: it must not wait for good.
test_what_waits_holds_no_namespace() {
	ip netns add "$away"
	ip -n "$GWA" link set braid0 netns "$away"
	settle in_ns "$away"
	until_true 5 away_pings
	topo_change 1 4/5
	topo_change 2 4/5
	flood "$GWB" 10.99.0.1
	flood "$away" 10.99.0.2
	until_true 10 some_wait
	ip -n "$GWA" link set wan1 down
	ip -n "$GWA" link set wan2 down
	kill "${floods[@]}"
	wait "${floods[@]}" || true
	ip netns del "$away"
	until_true 10 gone
	ip -n "$GWA" link set wan1 up
	ip -n "$GWA" link set wan2 up
	topo_change 1 50/5
	topo_change 2 50/5
}

# flood NAMESPACE ADDRESS: TCP and UDP to there
floods=()
flood() {
	nsenter "--net=/run/netns/$1" "$lib_dir/../../build/tests/flood" \
		5400 "$2" "$TEST_TMP/flood.$1" &
	floods+=($!)
}

some_wait() {
	in_ns "$away" braidctl -j peer show braid0 |
		jq -e '.[0].queue_packets > 0'
}
