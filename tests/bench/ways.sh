# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # variables of lib.sh and of those that use this
#
# The ways to use several links that are compared, each on a bed of its own, so
# that none finds what another left: braid, the kernel's MPTCP from gateway to
# gateway, WireGuard over the best link, bonding in round robin over one vxlan a
# link, and the best link with plain routing.
#
# After way_up a TCP flow goes from $way_from to $way_to at $way_address. The bed
# is $ground: topo (tests/vm/topo.sh), or hub (tests/vm/hub.sh, for braid only).

way_from=$HA way_to=$HB way_address=10.2.0.2

# Of equal links the first.
best_link() {
	local i best=0 at=1 rate

	for ((i = 1; i <= ${#links[@]}; i++)); do
		rate=${links[i - 1]%%[:/]*}
		[ "$rate" -le "$best" ] || { best=$rate at=$i; }
	done
	echo "$at"
}

braid_up() {
	if [ "$ground" = hub ]; then
		hub_tunnel_up -e "s/^Policy =.*/${policy:+Policy = $policy}/"
	else
		tunnel_up ${policy:+"Policy = $policy"}
	fi
}

braid_down() {
	if [ "$ground" = hub ]; then
		hub_tunnel_down
	else
		tunnel_down
	fi
}

# A gateway that only forwards hands a host's batches on as they are, and netem
# would see one packet.
plain_up() {
	topo_lan_batches off
	topo_plain "$(best_link)"
}

bonding_up() {
	topo_lan_batches off
	topo_bonding
}

# Subflows from every address of gwa to every address that gwb announces would
# share links; from gwa's to that on the same link is what serves.
mptcp_up() {
	local ns i

	way_from=$GWA way_to=$GWB way_address=10.0.1.2
	for ns in "$GWA" "$GWB"; do
		ip -n "$ns" mptcp limits set subflows 8 add_addr_accepted 8
	done
	for ((i = 2; i <= $(topo_links); i++)); do
		ip -n "$GWA" mptcp endpoint add "10.0.$i.1" dev "wan$i" subflow
		ip -n "$GWB" mptcp endpoint add "10.0.$i.2" dev "wan$i" signal
	done
	tcp_options=--mptcp
}

# Both ends' keys, a tunnel over the best link; its default MTU of 1420.
wireguard_up() {
	local dir me other link i

	dir=$(mktemp -d)
	link=$(best_link)
	for i in 1 2; do
		(umask 077 && wg genkey >"$dir/$i")
		wg pubkey <"$dir/$i" >"$dir/$i.pub"
	done
	for me in 1 2; do
		other=$((3 - me))
		[ $me = 1 ] && ns=$GWA || ns=$GWB
		ip -n "$ns" link add wg0 type wireguard
		in_ns "$ns" wg set wg0 listen-port 7000 private-key "$dir/$me" \
			peer "$(<"$dir/$other.pub")" allowed-ips 0.0.0.0/0 \
			endpoint "10.0.$link.$other:7000"
		ip -n "$ns" addr add "10.99.0.$me/24" dev wg0
		ip -n "$ns" link set wg0 up
	done
	rm -rf "$dir"
	topo_route 10.99.0.2 wg0 10.99.0.1 wg0
}

# way_up WAY LINK...: the bed and the way on it, and it carries packets
way_up() {
	local way=$1
	shift

	"${ground}_up" "$@"
	[ -z "$bed" ] || "$bed"
	"${way}_up"
	until_true 15 in_ns "$way_from" ping -q -c 1 -W 1 "$way_address"
}

bed_clear() {
	"${ground}_down"
	[ ! -e "/run/netns/${TOPO_PREFIX}hop" ] || ip netns del "${TOPO_PREFIX}hop"
}

# way_down WAY: namespaces take with them what is in them.
way_down() {
	! declare -F "$1_down" >/dev/null || "$1_down"
	bed_clear
	way_from=$HA way_to=$HB way_address=10.2.0.2 tcp_options=
}
