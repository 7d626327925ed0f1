# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Two gateways as bare as it goes, for tests that make many of them: links between
# them, a tunnel by tunnel.sh, and at each end one program that fills it. A
# program's start is what takes time.

# shellcheck source=tests/vm/tunnel.sh
. "${lib_dir:?}/tunnel.sh"

flood_port=5400
# Full on the plain kernel. On the debug kernel the CPUs are, which take some 30 ms for a
# packet from end to end.
links=("rate 4mbit delay 5ms limit 60" "rate 2mbit delay 15ms limit 60")
ends=()

topo_links() { echo ${#links[@]}; }

wans() {
	local me=$1 i

	echo "link set lo up"
	for ((i = 1; i <= ${#links[@]}; i++)); do
		echo "link set wan$i up"
		echo "addr add 10.0.$i.$me/24 dev wan$i"
	done
}

world_up() {
	local i ns

	for ns in "$GWA" "$GWB"; do
		ip netns add "$ns"
	done
	{
		for ((i = 1; i <= ${#links[@]}; i++)); do
			echo "link add wan$i type veth peer name wan$i netns $GWB"
		done
		wans 1
	} | topo_ip "$GWA"
	wans 2 | topo_ip "$GWB"
	for ns in "$GWA" "$GWB"; do
		for ((i = 1; i <= ${#links[@]}; i++)); do
			echo "qdisc add dev wan$i root netem ${links[i - 1]}"
		done | tc -n "$ns" -batch -
	done
}

world_down() {
	local ns

	for ns in "$GWA" "$GWB" "${TOPO_PREFIX}away"; do
		[ ! -e "/run/netns/$ns" ] || ip netns del "$ns"
	done
}

# flood END NAMESPACE
flood() {
	echo "0 0" >"$TEST_TMP/flood$1"
	nice -n 19 nsenter "--net=/run/netns/$2" "$lib_dir/../../build/tests/flood" \
		$flood_port "10.99.0.$((3 - $1))" "$TEST_TMP/flood$1" &
	ends[$1]=$!
}

# flood_end END: it resets its connections
flood_end() {
	[ -n "${ends[$1]:-}" ] || return 0
	kill "${ends[$1]}" 2>/dev/null || :
	wait "${ends[$1]}" 2>/dev/null || :
	ends[$1]=
}

# arrived: TCP's bytes and the datagrams at both ends
arrived() {
	local end tcp udp all=()

	for end in 1 2; do
		read -r tcp udp <"$TEST_TMP/flood$end"
		all+=("$tcp" "$udp")
	done
	echo "${all[*]}"
}

# more_than FIGURES: each has grown, TCP by some packets
more_than() {
	local -a old now
	local i

	read -ra old <<<"$1"
	read -ra now < <(arrived)
	for i in 0 2; do
		[ $((now[i] - old[i])) -gt 10000 ] &&
			[ $((now[i + 1] - old[i + 1])) -gt 4 ] || return 1
	done
}

goes_on() {
	local old

	old=$(arrived)
	(until_true 20 more_than "$old") || stands "$old"
}

# stands FIGURES: fails, and says what there is at each end
stands() {
	local end net

	for end in 1 2; do
		net=/proc/${ends[end]}/ns/net
		nsenter "--net=$net" -- ip -br address || :
		nsenter "--net=$net" -- ip route || :
		nsenter "--net=$net" -- ss -Hntu || :
		nsenter "--net=$net" -- braidctl show || :
		nsenter "--net=$net" -- braidctl dev show || :
		nsenter "--net=$net" -- braidctl key show || :
	done
	fail "the load does not go on: it was at $1, now at $(arrived)"
}

# leaks: what nobody points to any more. Objects younger than five seconds are
# not judged, and one is told only when two scans in a row found it.
leaks() {
	local file=/sys/kernel/debug/kmemleak

	[ -e $file ] || return 0
	sleep 5.5
	echo scan >$file
	echo scan >$file
	cat $file
}
