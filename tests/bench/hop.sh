# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # variables of lib.sh and of those that use this
#
# Jitter, on a hop of its own: in one netem with a rate it would not reorder.

# hop_insert LINK OPTION...: the link's end at gwb becomes a bridge in a namespace
# of its own, and from there one more wire leads to gwb, with that netem on it in
# both directions. Addresses are as before.
hop_insert() {
	local i=$1 hop=${TOPO_PREFIX}hop dev ns
	shift

	ip netns add "$hop"
	ip -n "$GWB" link set "wan$i" netns "$hop"
	ip -n "$hop" link add br0 type bridge mcast_snooping 0
	ip -n "$hop" link add far address "$(topo_mac 203 1)" type veth \
		peer name "wan$i" address "$(topo_mac "$i" 2)" netns "$GWB"
	in_ns "$hop" sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	for dev in "wan$i" far; do
		in_ns "$hop" ethtool -K "$dev" tso off gso off gro off >/dev/null
		ip -n "$hop" link set "$dev" master br0 up
	done
	# Another's address must not be the bridge's own.
	ip -n "$hop" link set "wan$i" address "$(topo_mac 203 2)"
	ip -n "$hop" link set br0 up
	in_ns "$GWB" ethtool -K "wan$i" tso off gso off gro off >/dev/null
	in_ns "$GWB" sysctl -qw "net.ipv6.conf.wan$i.disable_ipv6=1"
	topo_ip "$GWB" <<-IP
		link set wan$i up
		addr add 10.0.$i.2/24 dev wan$i
		neigh add 10.0.$i.1 lladdr $(topo_mac "$i" 1) dev wan$i nud permanent
	IP
	# the end that was shaped has moved, this one is not yet
	rm -f "$topo_state/$GWB.wan$i.plain"
	topo_change "$i" "$(topo_spec "$i")"
	# ab leaves the hop towards gwb; ba is shaped by gwb and then waits here
	tc -n "$hop" qdisc replace dev far root netem limit 10000 "$@"
	tc -n "$hop" qdisc replace dev "wan$i" root netem limit 10000 "$@"
}

bed_slots() { hop_insert 2 slot 1ms 20ms; }
bed_reorder() { hop_insert 2 delay 10ms 10ms; }
