#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# tests/bench/unequal.sh [OPTION...], inside the VM: one TCP download over three
# unequal links by the best of them alone, by bonding in round robin over vxlan,
# and by braid, in one run. Prints JSON; progress goes to standard error.
#
#   --links "R/D R/D..."	default "20/10 30/25 50/50"
#   --seconds S --skip S	length of a flow, what is left out (20, 3)
#   --only LIST			of plain,bonding,braid
#   --policy NAME		braid's policy; by default its built-in one
#   --tables DIR		keeps what arrived in every 10 ms
#
# Efficiency is goodput over what full packets could carry through braid: the
# links' rates x 1384 / 1514 (the payload of a full packet in a full frame).

set -eE -o pipefail
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/../vm/lib.sh"
# shellcheck source=tests/vm/tunnel.sh
. "$(dirname "$0")/../vm/tunnel.sh"

links="20/10 30/25 50/50" seconds=20 skip=3 only=plain,bonding,braid policy=
tables=
while [ $# -gt 0 ]; do
	case $1 in
	--links) links=$2 ;;
	--seconds) seconds=$2 ;;
	--skip) skip=$2 ;;
	--only) only=$2 ;;
	--policy) policy=$2 ;;
	--tables) tables=$2 ;;
	*) echo "unknown option $1" >&2; exit 2 ;;
	esac
	shift 2
done
results=$(mktemp)

# measure NAME: one flow over what stands now.
measure() {
	local table=/dev/null

	[ -z "$tables" ] || table=$tables/$1.txt
	echo "$1: $seconds s" >&2
	# The tunnel, or the first packet, may want a moment.
	until_true 15 in_ns "$HA" ping -q -c 1 -W 1 10.2.0.2
	tcp_flow "$HA" "$HB" 10.2.0.2 "$seconds" "$skip" "$table" |
		jq -c --arg name "$1" --arg links "$links" '
		($links | split(" ") | map(split("/")[0] | tonumber) | add) as $sum
		| {key: $name, value: {
			goodput_mbit: .mbit,
			efficiency: (.mbit / ($sum * 1384 / 1514)),
			stall_ms, closed_early}}' >>"$results"
	tail -n 1 "$results" >&2
}

fastest() {
	local i=0 best=0 at=1 spec rate

	for spec in $links; do
		i=$((i + 1))
		rate=${spec%%/*}
		[ "$rate" -le "$best" ] || { best=$rate at=$i; }
	done
	echo $at
}

wanted() { [[ ,$only, == *,$1,* ]]; }

# Each gets a bed of its own, so that none finds what another left.
if wanted plain; then
	# shellcheck disable=SC2086 # a list
	topo_up $links
	topo_lan_batches off
	topo_plain "$(fastest)"
	measure plain
	topo_down
fi
if wanted bonding; then
	# shellcheck disable=SC2086
	topo_up $links
	topo_lan_batches off
	topo_bonding
	measure bonding
	topo_down
fi
if wanted braid; then
	# shellcheck disable=SC2086
	topo_up $links
	tunnel_up ${policy:+"Policy = $policy"}
	measure braid
	in_ns "$GWA" braidctl show >&2
	tunnel_down
	topo_down
fi
jq -s --arg links "$links" --argjson seconds "$seconds" --argjson skip "$skip" '
	{scenario: "unequal", links: ($links | split(" ")), seconds: $seconds,
	 skip: $skip, results: from_entries}' "$results"
rm -f "$results"
