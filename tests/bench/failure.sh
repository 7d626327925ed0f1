# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # variables of lib.sh and of those that use this
#
# A link that swallows everything, silently, and comes back; a link that neither
# works nor fails.

cut_at=6 back_at=10

# left_mbit LINK: what the others carry
left_mbit() {
	local i
	local -a others=()

	for i in "${!links[@]}"; do
		[ $((i + 1)) = "$1" ] || others+=("$i")
	done
	ceiling "${others[@]}"
}

# failure_cut LINK DIRECTION. The stall is over all of the flow; what is left
# counts from a second after the cut on; the link's return is read at its end in
# gwb.
failure_cut() {
	local link=$1 rate left cut_ms back_ms sampler

	rate=${links[link - 1]%%[:/]*}
	left=$(left_mbit "$link")
	wire_open
	flow_begin "$seconds" "$skip"
	in_ns "$GWB" "$tools/rxsample" device "wan$link" \
		"$seconds" 0 "$work/link.samples" >/dev/null &
	sampler=$!
	at $cut_at
	cut_ms=$(monotonic_ms)
	wire_cut "$link" "$2"
	at $back_at
	back_ms=$(monotonic_ms)
	wire_restore "$link"
	flow_end
	wait $sampler
	wire_close
	rates "$result"
	metric cut_gap_ms "$(samples_gap "$table" "$cut_ms" "$back_ms" | cut -d " " -f 1)"
	metric recovery_ms "$(recovery "$cut_ms" "$back_ms" "$left")"
	metric kept "$(calc "100 * $(samples_mbit "$table" $((cut_ms + 1000)) \
		"$back_ms") / $left")"
	metric tenth_ms "$(samples_reach "$work/link.samples" "$back_ms" \
		"$(calc "$rate * .1")" 100)"
	metric most_ms "$(samples_reach "$work/link.samples" "$back_ms" \
		"$(calc "$rate * .8")" 200)"
	metric sum_ms "$(samples_reach "$table" "$back_ms" \
		"$(calc ".9 * $(ceiling)")" 500)"
	keep "$table" samples
	keep "$work/link.samples" link
	echo "$cut_ms $back_ms" >"$work/events"
	keep "$work/events" events
}

# recovery CUT BACK MBIT: from the cut until the end of the first half second,
# none of it before the longest gap's end, with 90 % of that. What was held back
# in the gap comes at its end in one lump and would pass for a rate.
recovery() {
	local end after

	end=$(samples_gap "$table" "$1" "$2" | cut -d " " -f 2)
	after=$(samples_reach "$table" $((end + 20)) "$(calc ".9 * $3")" 500)
	[ "$after" = null ] && echo null || echo $((end + 20 + after - $1))
}

grey_at=5 grey_for=30

# One way in which the third link turns grey, from now on.
grey_one_way() { wire_cut 3 ab; }
grey_lossy() { wire_set 3 "50/50/30"; }
grey_slow() { wire_set 3 "50/800"; }

grey_flapping() {
	local i

	for ((i = 0; i < grey_for; i += 2)); do
		at $((grey_at + i))
		wire_cut 3
		at $((grey_at + i + 1))
		wire_restore 3
	done
}

# grey_reference: the same without that link, once in a VM
grey_reference() {
	way_down "$way"
	way_up "$way" "${links[@]:0:2}"
	flow_begin "$seconds" "$skip"
	flow_end
	jq .mbit "$result" >"$work/without"
	way_down "$way"
	way_up "$way" "${links[@]}"
}

# failure_grey WHAT
failure_grey() {
	local without from end

	[ -s "$work/without" ] || grey_reference
	without=$(<"$work/without")
	wire_open
	flow_begin $((grey_at + grey_for)) "$skip"
	at $grey_at
	from=$(monotonic_ms)
	"grey_$1"
	flow_end
	wire_close
	end=$((flow_start_ms + (grey_at + grey_for) * 1000))
	metric stall_ms "$(jq .stall_ms "$result")"
	metric mbit "$(samples_mbit "$table" $((from + 3000)) $end)"
	metric without_mbit "$without"
	metric grey_share "$(calc "100 * ${metrics[mbit]} / $without")"
	keep "$table" samples
}
