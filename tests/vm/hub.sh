# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The topology that most have: a branch whose uplinks are access lines, each with
# its own NAT router, an address by DHCP and a default route of its own metric;
# and a hub with one address and port behind a router. The hub knows no address
# of the branch.
#
#	ha --- gwa == wan1 ... wanN == n1 ... nN (NAT) --- core --- gwb --- hb
#	10.1.0.2   192.168.i.50   .1   100.64.i.2   .1   203.0.113.1   10.2.0.2
#
# Lines are written as topo.sh's links, RATE[:BACK]/DELAY, with RATE towards the
# hub. On core there is also 198.51.100.1, a host of the internet.

: "${GWA:?}" "${GWB:?}" "${HA:?}" "${HB:?}" "${lib_dir:?}" "${topo_state:?}"
CORE=${TOPO_PREFIX}core
hub_state=/run/braid-hub/${TOPO_PREFIX:-plain}

# hub_nat I: the namespace of a line's router
hub_nat() { echo "${TOPO_PREFIX}n$1"; }

hub_lines() { cat "$hub_state/lines"; }

hub_namespaces() {
	local i n=$1
	local -a all=("$HA" "$GWA" "$GWB" "$HB" "$CORE")

	for ((i = 1; i <= n; i++)); do
		all+=("$(hub_nat $i)")
	done
	printf '%s\n' "${all[@]}" >"$hub_state/namespaces"
	for ns in "${all[@]}"; do
		ip netns add "$ns"
		ip -n "$ns" link set lo up
		in_ns "$ns" sysctl -qw net.ipv4.ip_forward=1 \
			net.ipv4.conf.all.rp_filter=0 \
			net.ipv4.conf.default.rp_filter=0 \
			net.ipv4.tcp_no_metrics_save=1 \
			net.ipv6.conf.default.disable_ipv6=1
	done
}

hub_sites() {
	topo_pair "$HA" eth0 "$GWA" lan0 1
	topo_pair "$HB" eth0 "$GWB" lan0 2
	topo_pair "$GWB" wan0 "$CORE" hub0 3
	ip -n "$HA" addr add 10.1.0.2/24 dev eth0
	ip -n "$HA" route add default via 10.1.0.1
	ip -n "$GWA" addr add 10.1.0.1/24 dev lan0
	ip -n "$HB" addr add 10.2.0.2/24 dev eth0
	ip -n "$HB" route add default via 10.2.0.1
	topo_ip "$GWB" <<-IP
		addr add 10.2.0.1/24 dev lan0
		addr add 203.0.113.1/30 dev wan0
		route add default via 203.0.113.2
	IP
	topo_ip "$CORE" <<-IP
		addr add 203.0.113.2/30 dev hub0
		addr add 198.51.100.1/32 dev lo
	IP
}

# hub_dhcp I NETWORK: the line's router gives out NETWORK.50
hub_dhcp() {
	local ns dir=$hub_state net=$2 pid

	ns=$(hub_nat "$1")
	pid=$(cat "$dir/server.$1" 2>/dev/null) && kill "$pid"
	ip -n "$ns" addr flush dev in0
	ip -n "$ns" addr add "$net.1/24" dev in0
	: >"$dir/leases.$1"
	cat >"$dir/udhcpd.$1" <<-CONF
		start $net.50
		end $net.50
		max_leases 1
		interface in0
		lease_file $dir/leases.$1
		pidfile $dir/udhcpd.pid.$1
		opt subnet 255.255.255.0
		opt router $net.1
		opt lease 3600
	CONF
	setsid nsenter "--net=/run/netns/$ns" busybox udhcpd -f "$dir/udhcpd.$1" \
		>"$dir/log.$1" 2>&1 &
	echo $! >"$dir/server.$1"
}

# hub_line I LINE: with its router
hub_line() {
	local i=$1 ns

	ns=$(hub_nat "$i")
	topo_pair "$GWA" "wan$i" "$ns" in0 $((10 + i))
	topo_pair "$ns" out0 "$CORE" "line$i" $((20 + i))
	ip -n "$ns" addr add "100.64.$i.2/24" dev out0
	ip -n "$CORE" addr add "100.64.$i.1/24" dev "line$i"
	ip -n "$ns" route add default via "100.64.$i.1"
	in_ns "$ns" nft -f - <<-NFT
		table ip nat {
			chain post {
				type nat hook postrouting priority 100
				oifname out0 masquerade random
			}
		}
	NFT
	in_ns "$GWA" ethtool -K "wan$i" tso off gso off gro off >/dev/null
	in_ns "$ns" ethtool -K in0 tso off gso off gro off >/dev/null
	topo_netem "$GWA" "wan$i" "$2" 0
	topo_netem "$ns" in0 "$2" 0
	hub_dhcp "$i" "192.168.$i"
	setsid nsenter "--net=/run/netns/$GWA" busybox udhcpc -f -i "wan$i" \
		-t 20 -T 1 -A 1 -s "$lib_dir/dhcp-event" >>"$hub_state/log.$i" 2>&1 &
	echo $! >"$hub_state/client.$i"
}

hub_has_address() { ip -n "$GWA" -4 -br addr show dev "wan$1" | grep -qF "$2."; }

hub_without_address() { [ -z "$(ip -n "$GWA" -4 -o addr show dev "wan$1")" ]; }

# hub_up LINE...
hub_up() {
	local line i=0

	rm -rf "$hub_state" "$topo_state"
	mkdir -p "$hub_state" "$topo_state"
	echo $# >"$hub_state/lines"
	hub_namespaces $#
	hub_sites
	for line; do
		i=$((i + 1))
		hub_line $i "$line"
	done
	for ((i = 1; i <= $#; i++)); do
		until_true 20 hub_has_address $i "192.168.$i"
	done
}

# Also of what is there in part only.
hub_down() {
	local pid ns

	for pid in "$hub_state"/client.* "$hub_state"/server.*; do
		[ ! -e "$pid" ] || kill "$(cat "$pid")" 2>/dev/null || true
	done
	while read -r ns; do
		[ ! -e "/run/netns/$ns" ] || ip netns del "$ns"
	done <"$hub_state/namespaces"
	rm -rf "$hub_state" "$topo_state"
}

# hub_renumber I NETWORK: the branch lets go of its address on a line, and gets one
# of another network.
hub_renumber() {
	hub_release "$1"
	hub_lease "$1" "$2"
}

hub_release() {
	kill -USR2 "$(cat "$hub_state/client.$1")"
	# it remembers one signal, and that only when it is not at one
	until_true 10 hub_without_address "$1"
}

# hub_lease I NETWORK: the line's router takes it, and the branch asks
hub_lease() {
	hub_dhcp "$1" "$2"
	until_true 10 listening "$(hub_nat "$1")" 67 udp
	hub_ask "$1"
}

# The line's client of DHCP asks anew, as it does when its carrier is back.
hub_ask() { kill -USR1 "$(cat "$hub_state/client.$1")"; }

# hub_tunnel_up [WORD...]: braid on both ends, from copies of the examples with
# new keys beside them; words go to sed, for both. branch.copy is the branch's key
# before it was used: for forge.
hub_tunnel_up() {
	local file dir=$hub_state/conf

	rm -rf "$dir"
	mkdir "$dir"
	for file in branch hub; do
		sed "$@" "$lib_dir/../../Documentation/examples/$file.conf" \
			>"$dir/$file.conf"
	done
	braidctl genkey static "$dir/branch.key" "$dir/hub.key"
	cp "$dir/branch.key" "$dir/branch.copy"
	in_ns "$GWB" braidctl up "$dir/hub.conf"
	in_ns "$GWA" braidctl up "$dir/branch.conf"
	until_true 10 hub_all_usable
}

hub_tunnel_down() {
	in_ns "$GWA" braidctl down "$hub_state/conf/branch.conf"
	in_ns "$GWB" braidctl down "$hub_state/conf/hub.conf"
}

# hub_usable NAMESPACE: paths that carry data
hub_usable() {
	in_ns "$1" braidctl -j peer show dev braid0 | jq '.[0].paths_usable'
}

# All paths of the branch's file; the hub may still have some to addresses that
# are no more.
hub_all_usable() {
	local n
	n=$(grep -c '^\[Path\]' "$hub_state/conf/branch.conf")

	[ "$(hub_usable "$GWA")" = "$n" ] && [ "$(hub_usable "$GWB")" -ge "$n" ]
}

# hub_path I FILTER: of the branch's path over a line
hub_path() {
	in_ns "$GWA" braidctl -j path show dev braid0 |
		jq -r ".[] | select(.path == \"wan$1\") | $2"
}

# hub_moved I NETWORK: the branch's path sends from there, and is answered
hub_moved() {
	[[ $(hub_path "$1" '"\(.state) \(.local)"') == "up $2.50:"* ]]
}
