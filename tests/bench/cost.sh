# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # variables of lib.sh and of those that use this
#
# What braid costs when nothing is shaped, and when nothing is sent.

bed_bare() {
	tc -n "$GWA" qdisc del dev wan1 root
	tc -n "$GWB" qdisc del dev wan1 root
}

# braid and then WireGuard, both with ChaCha20-Poly1305, over the same wire.
cost_cpu() {
	local mine

	flow_begin 10 2
	flow_end
	mine=$(jq .mbit "$result")
	way_down braid
	way_up wireguard "${links[@]}"
	flow_begin 10 2
	flow_end
	metric mbit "$mine"
	metric wireguard_mbit "$(jq .mbit "$result")"
	metric wireguard_ratio "$(calc "$mine / $(jq .mbit "$result")")"
	way_down wireguard
	way_up braid "${links[@]}"
}

# sent LINK: by both ends, "A B"
sent() { echo "$(packets "$GWA" "wan$1" tx) $(packets "$GWB" "wan$1" tx)"; }

# The third path is made cold at both ends. Of the others: packets in 25 s by the
# end and path that sends most of them, over four times as long.
cost_idle() {
	local i a b most=0 cold=0
	local -a before=()

	in_ns "$GWA" braidctl path set dev braid0 peer gw2 path wan3 cold yes
	in_ns "$GWB" braidctl path set dev braid0 peer gw1 path wan3 cold yes
	# what the start and its ping have begun comes to an end, and intervals
	# have grown to their longest
	sleep 95
	for i in 1 2 3; do
		before[i]=$(sent $i)
	done
	sleep 100
	for i in 1 2 3; do
		read -r a b < <(echo "$(sent $i) ${before[i]}" |
			awk '{ print $1 - $3, $2 - $4 }')
		[ "$a" -gt "$b" ] || a=$b
		if [ $i = 3 ]; then
			cold=$a
		elif [ "$a" -gt "$most" ]; then
			most=$a
		fi
	done
	metric idle_packets "$(calc "$most / 4")"
	metric cold_packets "$cold"
}
