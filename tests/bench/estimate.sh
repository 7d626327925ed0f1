# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # variables of lib.sh and of those that use this
#
# How well the rates are known that links have, and how soon when they change.

estimate_link=3 slow_at=8 quick_at=18 end_at=32

# A path's estimate counts IP packets, a link's rate frames: of full packets 1500
# bytes and 1514. Hence the factor, 8 x 1514 / 1500 / 10^6.
frames_mbit=8.07467e-6

sampler_begin() {
	in_ns "$GWA" "$tools/pathrate" braid0 "$1" 100 >"$work/rates" &
	sampler=$!
}

# estimate_p90 LINK FROM-MS: per cent off, at most, in 9 of 10 samples
estimate_p90() {
	awk -v path="wan$1" -v from="$2" -v rate="${links[$1 - 1]%%[:/]*}" \
		-v f=$frames_mbit '$2 == path && $1 >= from {
			off = 100 * ($3 * f / rate - 1)
			print off < 0 ? -off : off }' "$work/rates" | sort -n |
		awk '{ v[NR] = $1 } END { i = int(NR * .9 + .999)
			if (NR < 50) print "null"; else printf "%.2f\n", v[i] }'
}

estimate_steady() {
	local i off worst=0

	flow_begin "$seconds" "$skip"
	sampler_begin $((seconds - 1))
	flow_end
	wait $sampler
	rates "$result"
	for ((i = 1; i <= ${#links[@]}; i++)); do
		off=$(estimate_p90 $i $((flow_start_ms + 10000)))
		metric "estimate_off_$i" "$off"
		[ "$off" != null ] || { worst=null; break; }
		worst=$(calc "$off > $worst ? $off : $worst")
	done
	metric estimate_off "$worst"
	keep "$work/rates" rates
}

# estimate_settles FROM-MS MBIT: ms from then until the first of five samples in a
# row within 10 %
estimate_settles() {
	awk -v path="wan$estimate_link" -v from="$1" -v rate="$2" -v f=$frames_mbit '
		$2 != path || $1 < from { next }
		{ off = $3 * f / rate - 1; near = off < .1 && off > -.1 }
		near && !n++ { first = $1 }
		!near { n = 0 }
		n == 5 { print first - from; found = 1; exit }
		END { if (!found) print "null" }' "$work/rates"
}

# Both changes of the link, while something goes on: sets slow_ms and quick_ms.
estimate_changes() {
	local spec=${links[estimate_link - 1]}

	at $slow_at
	slow_ms=$(monotonic_ms)
	wire_set $estimate_link "15/${spec#*/}"
	at $quick_at
	quick_ms=$(monotonic_ms)
	wire_set $estimate_link "$spec"
}

# What arrives in the first second after the fall left before it: that second is
# left out, and all of the next two must hold.
estimate_change() {
	local low

	wire_open
	flow_begin "$end_at" "$skip"
	sampler_begin $((end_at - 1))
	estimate_changes
	flow_end
	wait $sampler
	wire_close
	rates "$result"
	low=$(calc "$(ceiling) - (${links[estimate_link - 1]%%[:/]*} - 15) * 1384 / 1514")
	metric slow_kept "$(calc "100 * $(samples_mbit "$table" \
		$((slow_ms + 1000)) $((slow_ms + 3000))) / $low")"
	metric slow_settles_ms "$(estimate_settles "$slow_ms" 15)"
	metric sum_again_ms "$(samples_reach "$table" "$quick_ms" \
		"$(calc ".9 * $(ceiling)")" 500)"
	keep "$table" samples
	keep "$work/rates" rates
}

# The same with datagrams at a rate that is more than the links carry.
estimate_constant() {
	wire_open
	flow_start_ms=$(monotonic_ms)
	call_begin "$end_at" "$skip" 100 1400
	sampler_begin $((end_at - 1))
	estimate_changes
	call_end
	wait $sampler
	wire_close
	metric slow_settles_ms "$(estimate_settles "$slow_ms" 15)"
	metric settles_ms "$(estimate_settles "$quick_ms" \
		"${links[estimate_link - 1]%%[:/]*}")"
	keep "$work/rates" rates
}
