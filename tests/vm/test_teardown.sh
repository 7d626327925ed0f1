# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR source=lib.sh
#
# Whatever is taken away under load, in whatever order: the traffic goes on over
# what is left, or comes back with what is made anew, over the same connections;
# nothing is left behind.

# shellcheck source=tests/vm/gateways.sh
. "${lib_dir:?}/gateways.sh"
: "${keys:?}"
# shellcheck source=tests/vm/load.sh
. "$lib_dir/load.sh"

test_limit=600

plain_only=yes
long_tests="test_every_path test_peers test_keys test_device_down_and_up
	test_namespace_of_sockets_goes test_namespace_of_device_goes
	test_gateway_goes"

file_setup() { topo_up 20/10 30/25 50/50; }
file_teardown() { topo_down; }

setup() {
	gateways_up
	load_start
}

# Nothing in the kernel is left of what a test made: the module has no user but
# what is there for the next one.
teardown() {
	local end

	load_stop
	for end in 1 2; do
		ip -n "$(namespace $end)" link del braid0 2>/dev/null || :
	done
	rmmod braid || fail "something still holds the module"
	modprobe braid
}

# path_away END LINK, path_back END LINK
path_away() { braid "$1" path del braid0 peer there path "w$2"; }
path_back() { gateway_path "$1" "$2"; }

test_paths() {
	local i

	for i in 1 2; do
		path_away 1 $i
		goes_on
		path_away 2 $i
		goes_on
	done
	usable 1 1 || fail "not one path is left"
	for i in 1 2; do
		path_back 2 $i
		path_back 1 $i
	done
	until_true 20 all_usable
	# the one that carried everything goes at both ends
	path_away 1 3
	path_away 2 3
	goes_on
	path_back 1 3
	path_back 2 3
	until_true 20 all_usable
	tcp_goes_on
}

# The last path, too: then there is none for a while.
test_every_path() {
	local i

	for i in 1 2 3; do
		path_away 1 $i
	done
	usable 1 0 || fail "a path is left"
	expect "sockets of paths" \
		"$(braid 1 -j socket show braid0 | jq length)" = 0
	for i in 1 2 3; do
		path_back 1 $i
	done
	until_true 20 all_usable
	tcp_goes_on
}

peer_away() { braid "$1" peer del braid0 peer there; }

# Each end's peer goes, the other end's first or last; with new keys all is well.
test_peers() {
	local order end

	for order in "1 2" "2 1"; do
		for end in $order; do
			peer_away "$end"
		done
		new_keys
		for end in $order; do
			gateway_peer "$end"
		done
		until_true 20 all_usable
		goes_on
	done
	tcp_goes_on
}

# One end starts anew, the other changes only the key, before or after.
test_keys() {
	local order end

	for order in "1 2" "2 1"; do
		for end in $order; do
			braid "$end" key del braid0 peer there
		done
		new_keys
		for end in $order; do
			braid "$end" key set braid0 peer there file "$keys/$end"
		done
		until_true 20 all_usable
		goes_on
	done
	peer_away 1
	braid 2 key del braid0 peer there
	new_keys
	braid 2 key set braid0 peer there file "$keys/2"
	gateway_peer 1
	until_true 20 all_usable
	tcp_goes_on
}

test_devices() {
	local order end

	for order in "1 2" "2 1"; do
		for end in $order; do
			ip -n "$(namespace "$end")" link del braid0
		done
		new_keys
		for end in $order; do
			gateway_up "$end"
		done
		until_true 20 all_usable
		goes_on
	done
	tcp_goes_on
}

# Down is not deleted: packets are refused meanwhile, the paths stay.
test_device_down_and_up() {
	local end

	for end in 1 2; do
		ip -n "$(namespace $end)" link set braid0 down
		while_true 1 true
		ip -n "$(namespace $end)" link set braid0 up
		# IPv6 addresses went with the interface
		ip -n "$(namespace $end)" addr replace "fd00:99::$end/64" \
			dev braid0 nodad
		gateway_routes $end
		goes_on
	done
	tcp_goes_on
}

# A policy holds the module; devices do not, they go with it.
test_module() {
	local end

	braidctl policy load "$BRAID_BPF_DIR/adaptive.bpf.o"
	for end in 1 2; do
		braid $end dev set braid0 policy adaptive
	done
	goes_on
	must_say 'in use' rmmod braid
	goes_on
	braidctl policy del adaptive
	goes_on
	until_true 10 rmmod braid
	must_fail ip -n "$GWA" link show braid0
	expect "sockets that are left" "$(in_ns "$GWA" ss -Huan | wc -l)" = 0
	modprobe braid
	new_keys
	gateway_up 2
	gateway_up 1
	until_true 20 all_usable
	tcp_goes_on
}

udp_sockets() { in_ns "$1" ss -Huan "sport = :5000" | wc -l; }

# moved_out: gwa's device to a namespace of its own, with a LAN of its own; its
# sockets stay. Traffic comes from in there.
moved_out() {
	ip netns add "${TOPO_PREFIX}away"
	ip -n "$GWA" link set braid0 netns "${TOPO_PREFIX}away"
	topo_ip "${TOPO_PREFIX}away" <<-IP
		link set lo up
		addr add 10.99.0.1/24 dev braid0
		link set braid0 up
		route add 10.2.0.0/24 via 10.99.0.2 dev braid0
	IP
	until_true 20 in_ns "${TOPO_PREFIX}away" ping -q -c 1 -W 1 10.2.0.2
	in_ns "${TOPO_PREFIX}away" ping -f -q -s 1000 10.2.0.2 >/dev/null 2>&1 &
}

test_namespace_of_sockets_goes() {
	moved_out
	ip netns del "$GWA"
	until_true 20 no_path_left
	must_say 'namespace where the device was made is gone' in_ns \
		"${TOPO_PREFIX}away" braidctl socket add braid0 socket new \
		local auto
	ip -n "${TOPO_PREFIX}away" link del braid0
	ip netns del "${TOPO_PREFIX}away"
	another_topology
}

no_path_left() {
	[ "$(in_ns "${TOPO_PREFIX}away" braidctl -j path show braid0 |
		jq length)" = 0 ]
}

test_namespace_of_device_goes() {
	moved_out
	expect "sockets" "$(udp_sockets "$GWA")" = 3
	ip netns del "${TOPO_PREFIX}away"
	# a program in there keeps it alive
	pkill -f 'ping -f -q -s 1000'
	until_true 20 sockets_gone
	another_topology
}

sockets_gone() { [ "$(udp_sockets "$GWA")" = 0 ]; }

# Both at once, the one before the other.
test_both_namespaces_go() {
	moved_out
	ip netns del "$GWA"
	ip netns del "${TOPO_PREFIX}away"
	another_topology
}

test_gateway_goes() {
	ip netns del "$GWA"
	while_true 1 true
	ip netns del "$GWB"
	another_topology
}

# Hosts and gateways anew, for the tests that follow.
another_topology() {
	load_stop
	jobs -p | xargs -r kill 2>/dev/null || true
	topo_down
	topo_up 20/10 30/25 50/50
}
