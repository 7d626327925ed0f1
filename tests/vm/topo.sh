# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The test bed: two LAN hosts that know nothing, two gateways, and links between
# these that are shaped at both ends.
#
#	ha ---------- gwa == wan1 ... wanN == gwb ---------- hb
#	   10.1.0.0/24       10.0.i.0/24          10.2.0.0/24
#	   fd00:1::/64       .1        .2         fd00:2::/64
#	   .2       .1                            .1       .2
#
# A link is written RATE[:BACK]/DELAY[/LOSS]: Mbit/s, from gwb to gwa if that
# differs, ms one way, per cent. LOSS may be 1x5: 1 % in bursts of 5 packets on
# average. The devices are wan1 to wanN and lan0 in the gateways, eth0 in the
# hosts. Nothing sends a packet by itself: neighbours are static, IPv6 does not
# look for routers nor make addresses. TOPO_PREFIX goes before the namespaces'
# names.
#
# Commands are run with in_ns: unlike "ip netns exec" it leaves /sys alone, with
# what is pinned in /sys/fs/bpf.

: "${TOPO_PREFIX=}"
HA=${TOPO_PREFIX}ha
GWA=${TOPO_PREFIX}gwa
GWB=${TOPO_PREFIX}gwb
HB=${TOPO_PREFIX}hb
topo_state=/run/braid-topo/${TOPO_PREFIX:-plain}

# in_ns NAMESPACE COMMAND...
in_ns() {
	local ns=$1
	shift
	nsenter "--net=/run/netns/$ns" -- "$@"
}

# A program's start costs some 40 ms in an emulated machine: what can be told to
# one ip in a batch is.
topo_ip() { ip -n "$1" -batch -; }

# topo_mac NUMBER END: of a veth pair, so that neighbours can be static.
topo_mac() { printf '02:00:00:00:%02x:%02x' "$1" "$2"; }

# topo_pair NS-A DEV-A NS-B DEV-B NUMBER: one more veth pair, up.
topo_pair() {
	ip -n "$1" link add "$2" address "$(topo_mac "$5" 1)" type veth \
		peer name "$4" address "$(topo_mac "$5" 2)" netns "$3"
	ip -n "$1" link set "$2" up
	ip -n "$3" link set "$4" up
}

# topo_quiet NS DEV...: nothing is sent unasked for, what one run learned no
# other inherits; netem on DEVs sees packets, not batches of them.
topo_quiet() {
	local ns=$1
	shift

	# shellcheck disable=SC2016 # for the shell in there
	in_ns "$ns" bash -c '
		cd /proc/sys/net
		for dev in all default; do
			echo 0 >ipv6/conf/$dev/accept_ra
			echo 0 >ipv6/conf/$dev/autoconf
			echo 0 >ipv6/conf/$dev/router_solicitations
			echo 0 >ipv6/conf/$dev/accept_dad
			echo 1 >ipv6/conf/$dev/addr_gen_mode
			echo 0 >ipv4/conf/$dev/rp_filter
			echo 0 >ipv4/conf/$dev/send_redirects
		done
		echo 1 >ipv4/tcp_no_metrics_save
		[ $# = 0 ] || {
			echo 1 >ipv4/ip_forward
			echo 1 >ipv6/conf/all/forwarding
		}
		for dev; do
			ethtool -K $dev tso off gso off gro off >/dev/null
			# its packets are counted: no group reports
			[ "$TOPO_WAN6" ] || echo 1 >ipv6/conf/$dev/disable_ipv6
		done' - "$@"
}

# topo_ends GW HOST NUMBER: the addresses of a LAN.
topo_ends() {
	local n=$3 gw=$1 host=$2 a b

	a=$(topo_mac $((200 + n)) 1)
	b=$(topo_mac $((200 + n)) 2)
	topo_ip "$gw" <<-IP
		link set lo up
		link set lan0 up
		addr add 10.$n.0.1/24 dev lan0
		addr add fd00:$n::1/64 dev lan0 nodad
		neigh add 10.$n.0.2 lladdr $b dev lan0 nud permanent
		neigh add fd00:$n::2 lladdr $b dev lan0 nud permanent
	IP
	topo_ip "$host" <<-IP
		link set lo up
		link set eth0 up
		addr add 10.$n.0.2/24 dev eth0
		addr add fd00:$n::2/64 dev eth0 nodad
		neigh add 10.$n.0.1 lladdr $a dev eth0 nud permanent
		neigh add fd00:$n::1 lladdr $a dev eth0 nud permanent
		route add default via 10.$n.0.1
		route add ::/0 via fd00:$n::1
	IP
}

# topo_wan NS END LINKS: one gateway's ends of the links.
topo_wan() {
	local ns=$1 me=$2 other=$((3 - $2)) i mac

	for ((i = 1; i <= $3; i++)); do
		mac=$(topo_mac "$i" "$other")
		echo "link set wan$i up"
		echo "addr add 10.0.$i.$me/24 dev wan$i"
		echo "neigh add 10.0.$i.$other lladdr $mac dev wan$i nud permanent"
		[ "${TOPO_WAN6:-}" ] || continue
		echo "addr add fd00:0:$i::$me/64 dev wan$i nodad"
		echo "neigh add fd00:0:$i::$other lladdr $mac dev wan$i nud permanent"
	done | topo_ip "$ns"
}

# topo_shape SPEC CUT [ab|ba]: what netem is told for one direction of a link. It
# has room for what the link holds in flight both ways and a queue of 60 packets.
topo_shape() {
	local rate delay loss cut=$2 limit

	IFS=/ read -r rate delay loss <<<"$1"
	[ "${3:-ab}" = ba ] && rate=${rate#*:} || rate=${rate%:*}
	limit=$((${rate%.*} * 125 * 2 * ${delay%.*} / 1500 + 60))
	loss=${loss:-0}
	[ "$cut" = 0 ] || loss=100
	case $loss in
	# the share lost, in bursts of this mean length: Gilbert's two states
	*x*)
		loss="gemodel $(awk -v p="${loss%x*}" -v n="${loss#*x}" 'BEGIN {
			printf "%.4f%% %.4f%%", 100 * p / (100 - p) / n, 100 / n }')"
		;;
	*) loss=${loss%\%}% ;;
	esac
	printf 'rate %smbit limit %d loss %s delay %sms\n' "$rate" "$limit" \
		"$loss" "$delay"
}

# topo_netem NS DEV SPEC CUT [OPTION...]: shapes one direction. netem's "change"
# keeps options that are not given, so all are given; packets inside go on, as
# on a real wire. Extra options (jitter, slot) need a fresh qdisc: a new handle
# makes one without a moment in which the link is unshaped.
topo_netem() {
	local ns=$1 dev=$2 way=ab
	local -a shape

	[ "$ns" = "$GWA" ] || way=ba
	read -ra shape < <(topo_shape "$3" "$4" $way)
	shift 4

	if [ $# -eq 0 ] && [ -e "$topo_state/$ns.$dev.plain" ]; then
		tc -n "$ns" qdisc change dev "$dev" root netem "${shape[@]}"
		return
	fi
	rm -f "$topo_state/$ns.$dev.plain"
	[ $# -ne 0 ] || : >"$topo_state/$ns.$dev.plain"
	topo_handle=$(($(cat "$topo_state/handle" 2>/dev/null || echo 16) + 1))
	echo "$topo_handle" >"$topo_state/handle"
	tc -n "$ns" qdisc replace dev "$dev" root \
		handle "$(printf %x: "$topo_handle")" netem "${shape[@]}" "$@"
}

# topo_up LINK...
topo_up() {
	local ns i n=$# spec pair='link add %s address %s type veth peer name %s'
	local -a wans=()

	export TOPO_WAN6=${TOPO_WAN6:-}
	rm -rf "$topo_state"
	mkdir -p "$topo_state"
	for ns in "$HA" "$GWA" "$GWB" "$HB"; do
		ip netns add "$ns"
	done
	pair+=' address %s netns %s\n'
	for ((i = 1; i <= n; i++)); do
		wans+=("wan$i")
	done
	{
		# shellcheck disable=SC2059 # the format stands above
		printf "$pair" lan0 "$(topo_mac 201 1)" eth0 "$(topo_mac 201 2)" "$HA"
		for ((i = 1; i <= n; i++)); do
			# shellcheck disable=SC2059
			printf "$pair" "wan$i" "$(topo_mac $i 1)" "wan$i" \
				"$(topo_mac $i 2)" "$GWB"
		done
	} | topo_ip "$GWA"
	# shellcheck disable=SC2059
	printf "$pair" lan0 "$(topo_mac 202 1)" eth0 "$(topo_mac 202 2)" "$HB" |
		topo_ip "$GWB"
	topo_quiet "$HA"
	topo_quiet "$HB"
	topo_quiet "$GWA" "${wans[@]}"
	topo_quiet "$GWB" "${wans[@]}"
	topo_ends "$GWA" "$HA" 1
	topo_ends "$GWB" "$HB" 2
	topo_wan "$GWA" 1 $n
	topo_wan "$GWB" 2 $n
	i=0
	for spec; do
		i=$((i + 1))
		topo_change "$i" "$spec"
	done
	echo "$n" >"$topo_state/links"
	topo_ready
}

# The kernel tells its routes of a link that came up a little later.
topo_ready() {
	local ns tries

	for ns in "$GWA" "$GWB"; do
		for ((tries = 0; ; tries++)); do
			[ -n "$(ip -n "$ns" -br link show up |
				awk '$2 != "UP" && $1 != "lo"')" ] || break
			[ $tries -lt 200 ] || return 1
			sleep 0.05
		done
	done
}

topo_down() {
	local ns

	for ns in "$HA" "$GWA" "$GWB" "$HB"; do
		[ ! -e "/run/netns/$ns" ] || ip netns del "$ns"
	done
	rm -rf "$topo_state"
}

topo_links() { cat "$topo_state/links"; }

# topo_spec LINK: its RATE[:BACK]/DELAY[/LOSS]
topo_spec() { cat "$topo_state/wan$1"; }

# topo_change LINK SPEC [OPTION...]: both ends; further options go to netem.
topo_change() {
	local i=$1 spec=$2
	shift 2

	echo "$spec" >"$topo_state/wan$i"
	topo_netem "$GWA" "wan$i" "$spec" 0 "$@"
	topo_netem "$GWB" "wan$i" "$spec" 0 "$@"
}

# topo_cut LINK [both|ab|ba]: swallows everything from now on, silently: carrier
# and routes stay. ab is from gwa to gwb.
topo_cut() {
	local spec

	spec=$(topo_spec "$1")
	[ "${2:-both}" = ba ] || topo_netem "$GWA" "wan$1" "$spec" 1
	[ "${2:-both}" = ab ] || topo_netem "$GWB" "wan$1" "$spec" 1
}

topo_restore() { topo_change "$1" "$(topo_spec "$1")"; }

# topo_plain LINK: ha and hb talk over one link, with no tunnel.
topo_plain() {
	topo_route "10.0.$1.2" "wan$1" "10.0.$1.1" "wan$1"
}

# topo_route VIA-A DEV-A VIA-B DEV-B: how the gateways reach each other's LAN.
topo_route() {
	ip -n "$GWA" route replace 10.2.0.0/24 via "$1" dev "$2"
	ip -n "$GWB" route replace 10.1.0.0/24 via "$3" dev "$4"
}

# topo_lan_batches on|off: whether hosts hand batches of packets to their
# gateway. A gateway that forwards a batch to a link or a tunnel without taking
# it apart would show it to netem as one packet.
topo_lan_batches() {
	local ns

	for ns in "$HA" "$HB"; do
		in_ns "$ns" ethtool -K eth0 tso "$1" gso "$1" >/dev/null
	done
}

# topo_bonding: the usual way without braid: a bond in round robin over one
# vxlan a link, whose headers take 50 bytes. 10.3.0.1 and 10.3.0.2.
topo_bonding() {
	local i ns mine other me

	for me in 1 2; do
		mine=$me other=$((3 - me))
		[ $me = 1 ] && ns=$GWA || ns=$GWB
		ip -n "$ns" link add bond0 address "02:00:00:00:fe:0$me" \
			mtu 1450 type bond mode balance-rr miimon 100
		in_ns "$ns" sysctl -qw net.ipv6.conf.bond0.disable_ipv6=1
		for ((i = 1; i <= $(topo_links); i++)); do
			ip -n "$ns" link add "vx$i" type vxlan id "$((100 + i))" \
				local "10.0.$i.$mine" remote "10.0.$i.$other" \
				dev "wan$i" dstport 4789
			in_ns "$ns" sysctl -qw "net.ipv6.conf.vx$i.disable_ipv6=1"
			ip -n "$ns" link set "vx$i" master bond0
			ip -n "$ns" link set "vx$i" up
		done
		ip -n "$ns" link set bond0 up
		ip -n "$ns" addr add "10.3.0.$mine/24" dev bond0
		ip -n "$ns" neigh add "10.3.0.$other" dev bond0 \
			lladdr "02:00:00:00:fe:0$other" nud permanent
	done
	topo_route 10.3.0.2 bond0 10.3.0.1 bond0
}

topo_bonding_down() {
	local i ns

	for ns in "$GWA" "$GWB"; do
		ip -n "$ns" link del bond0
		for ((i = 1; i <= $(topo_links); i++)); do
			ip -n "$ns" link del "vx$i"
		done
	done
}
