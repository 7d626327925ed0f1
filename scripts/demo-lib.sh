# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the demos have in common, in the VM. Needed of who sources it: links (an
# array of RATE/DELAY), run (a folder), port, the times as in demo-vm, and the
# namespaces of topo.sh without a prefix.

# shellcheck source=tests/vm/lib.sh
. "${top:?}/tests/vm/lib.sh"
# shellcheck source=tests/bench/samples.sh
. "$top/tests/bench/samples.sh"
: "${run:?}" "${port:?}" "${here:?}" "${links[0]:?}" "${skip_s:?}" "${before_s:?}"
: "${cut_s:?}" "${after_s:?}" "${settle_s:?}" "${spare_s:?}"

trap 'echo "demo: failed at line $LINENO: $BASH_COMMAND" >&2' ERR

bold() { printf '\n\e[1m%s\e[0m\n\n' "$*"; }
[ "$DEMO_LIVE" = 1 ] || bold() { printf '\n%s\n%s\n\n' "$*" "${*//?/-}"; }

# shown NAMESPACE COMMAND...: as the person at that machine would type it.
shown() {
	local ns=$1
	shift
	printf '%s# %s\n' "$ns" "$*"
	in_ns "$ns" "$@"
}

rate_of() { echo "${links[$1 - 1]%%/*}"; }
delay_of() { echo "${links[$1 - 1]##*/}"; }

sum_of_links() {
	local i sum=0

	for ((i = 1; i <= ${#links[@]}; i++)); do
		sum=$((sum + $(rate_of $i)))
	done
	echo $sum
}

largest_link() {
	local i best=1

	for ((i = 2; i <= ${#links[@]}; i++)); do
		[ "$(rate_of $i)" -le "$(rate_of $best)" ] || best=$i
	done
	echo $best
}

# What the transfer's ends have counted, RESETS or RETRANSMITTED segments. A
# program's start takes a while in a busy VM: all is read by one.
tcp_counter() {
	# shellcheck disable=SC2016 # awk's own
	awk -v what="$1" '
		$1 != "Tcp:" { next }
		!head { for (i = 2; i <= NF; i++) at[$i] = i; head = 1; next }
		{ resets += $at["EstabResets"] + $at["OutRsts"]
		  again += $at["RetransSegs"]; head = 0 }
		END { print what == "resets" ? resets : again }' \
		"/proc/$source/net/snmp" "/proc/$sink/net/snmp"
}

# Both ends of the transfer's connection, while it lives.
connection() {
	awk -v port="$(printf ':%04X' "$port")" '
		$4 == "01" && $3 ~ port "$" { print $2, $3 }' \
		"/proc/$source/net/tcp"
}

# transfer SECONDS NAME: one TCP connection from ha to hb; sets sink and source.
transfer() {
	nsenter --net=/run/netns/hb "$top/build/tests/rxsample" sink "$port" "$1" \
		"$skip_s" "$run/$2.samples" >"$run/$2.json" &
	sink=$!
	until_true 10 listening hb "$port"
	nsenter --net=/run/netns/ha "$top/build/tests/rxsample" source 10.2.0.2 \
		"$port" "$1" &
	source=$!
}

# Octets that hb has received so far. Its sink's view of /proc/net is hb's.
hb_received() {
	local name rest

	while read -r name rest; do
		[ "$name" != eth0: ] || { echo "${rest%% *}"; return; }
	done <"/proc/$sink/net/dev"
	echo 0
}

# Once a second what the paths and hb have counted; demo.jq makes a table of it.
watch() {
	local at

	# it is ended by a signal, in the middle of something
	trap - ERR
	while :; do
		at=$(monotonic_ms)
		printf '{"at":%d,"in":%d,"event":"%s","show":%s}\n' "$at" \
			"$(hb_received)" "$(<"$run/event")" \
			"$(in_ns gwa braidctl -j show dev braid0)"
		until_ms $((at + 1000))
	done
}

until_ms() {
	local left=$(($1 - $(monotonic_ms)))

	[ $left -le 0 ] || sleep "$(printf '%d.%03d' $((left / 1000)) $((left % 1000)))"
}

# transfer_through WHAT BEGIN THEN END...: one transfer over braid. In its middle
# BEGIN is run, then END with its words; WHAT and THEN say so in the table. Sets
# when what happened, and how the connection fared.
transfer_through() {
	local watcher start length=$((before_s + cut_s + after_s))
	local what=$1 begin=$2 back=$3
	shift 3

	echo "before" >"$run/event"
	transfer $((length + spare_s)) braid
	start=$(monotonic_ms)
	reset=$(tcp_counter resets)
	retransmitted=$(tcp_counter retransmitted)
	watch > >(exec jq --unbuffered -rn --argjson live "$DEMO_LIVE" \
		--arg links "${links[*]}" -f "$here/demo.jq") &
	watcher=$!
	until_ms $((start + before_s * 1000))
	first=$(connection)
	echo "$what" >"$run/event"
	cut_ms=$(monotonic_ms)
	"$begin"
	restore_ms=$(monotonic_ms)
	"$@"
	restored_ms=$(monotonic_ms)
	echo "$back" >"$run/event"
	until_ms $((start + length * 1000))
	end_ms=$(monotonic_ms)
	# While it lives: closing a connection with data in it resets it.
	reset=$(($(tcp_counter resets) - reset))
	last=$(connection)
	retransmitted=$(($(tcp_counter retransmitted) - retransmitted))
	kill "$watcher"
	wait "$watcher" 2>/dev/null || true
	bpftool map dump name braid_flows >"$run/flow.dump"
	alive=1
	wait "$source" || alive=0
	wait "$sink" || alive=0
}

# busiest FILE: of the entries in a dump of bpftool's, the one with most bytes
# out, as it stands there but for the lines that arrays are spread over.
busiest() {
	awk '
		/^ *},{$/ || /^ *}\]$/ { best(); entry = ""; bytes = 0; next }
		/^\[{$/ { next }
		/\[[^]]*$/ { open = $0; next }
		open { sub(/^ */, ""); $0 = open $0; open = "" }
		{ entry = entry $0 "\n" }
		$1 == "\"out_bytes\":" { bytes = $2 + 0 }
		function best() { if (bytes > most) { most = bytes; chosen = entry } }
		END { printf "%s", chosen }' "$1"
}

# figures EVENT: everything measured, nothing else, as JSON; EVENT is part of a
# name there.
figures() {
	local sum rest before during after back start stall stall_all
	local samples=$run/braid.samples

	sum=$(sum_of_links)
	rest=$((sum - $(rate_of "$best")))
	start=$(jq .start_ms "$run/braid.json")
	before=$(samples_mbit "$samples" $((start + skip_s * 1000)) "$cut_ms")
	during=$(samples_mbit "$samples" "$cut_ms" "$restore_ms")
	after=$(samples_mbit "$samples" $((restored_ms + settle_s * 1000)) "$end_ms")
	back=$(samples_reach "$samples" "$restored_ms" "$(awk -v b="$before" \
		'BEGIN { print b * .9 }')" 500)
	read -r stall _ < <(samples_gap "$samples" "$cut_ms" $((restored_ms + 1000)))
	read -r stall_all _ < <(samples_gap "$samples" \
		$((start + skip_s * 1000)) "$end_ms")
	jq -n --arg event "$1" --arg links "${links[*]}" --argjson best "$best" \
		--argjson sum "$sum" --argjson rest "$rest" \
		--argjson single "${single:?}" --argjson before "$before" \
		--argjson during "$during" --argjson after "$after" \
		--argjson stall "$stall" \
		--argjson stall_all "$stall_all" \
		--argjson back "$back" --argjson reset "$reset" \
		--argjson again "$retransmitted" --argjson skip "$skip_s" \
		--argjson settle "$settle_s" \
		--argjson alive "$alive" --arg first "$first" --arg last "$last" \
		--slurpfile sink "$run/braid.json" --arg kernel "$(uname -r)" '
		def row($goodput; $links; $sum): {links: $links,
			links_mbit: $sum, goodput_mbit: $goodput,
			efficiency: ($goodput / ($sum * 1384 / 1514))};
		[range($links | split(" ") | length) + 1] as $all
		| {links: ($links | split(" ")), kernel: $kernel,
		left_out_s: {start: $skip, return: $settle},
		single: (row($single; [$best]; ($links | split(" ")
			| .[$best - 1] | split("/")[0] | tonumber))
			| .efficiency = null),
		braid_before: row($before; $all; $sum),
		braid_during: row($during; $all - [$best]; $rest),
		braid_after: row($after; $all; $sum),
		"stall_at_\($event)_ms": $stall, longest_stall_ms: $stall_all,
		back_to_90_percent_ms: $back,
		tcp_resets: $reset, tcp_retransmitted_segments: $again,
		same_connection: ($first != "" and $first == $last),
		transfer_went_on: ($alive == 1 and $reset == 0
			and $first != "" and $first == $last
			and ($sink[0].closed_early | not) and $during > 0),
		above_best_single: ($before > $single)}'
}

# summary JSON DURING AFTER EVENT: as a table, the last three in its words. The
# status tells whether braid did what it is for.
summary() {
	bold "5. What hb received"
	jq -r --arg during "$2" --arg after "$3" --arg event "$4" '
		def r($w): tostring | " " * ($w - length) + .;
		def l($w): . + " " * ($w - length);
		def fixed: . * 10 | round / 10 | tostring
			| if test("\\.") then . else . + ".0" end;
		def line($name; $row): "  " + ($name | l(30))
			+ ($row.links | map("wan\(.)") | join("+") | l(16))
			+ ($row.links_mbit | r(7)) + " Mbit/s"
			+ ($row.goodput_mbit | fixed | r(8)) + " Mbit/s"
			+ (if $row.efficiency then $row.efficiency * 100
				| fixed | r(8) + " %" else "       -" end);
		"  " + ("" | l(30)) + ("links" | l(16)) + ("their sum" | r(14))
			+ ("goodput" | r(15)) + ("efficiency" | r(12)),
		line("best link alone, no tunnel"; .single),
		line("braid, before \($event)"; .braid_before),
		line("braid, \($during)"; .braid_during),
		line("braid, \(.left_out_s.return) s \($after)"; .braid_after),
		"",
		"  longest stall around \("\($event)" | l(13))\(to_entries[]
			| select(.key | startswith("stall_at_")).value) ms",
		"  back at 90 % of the rate before   " +
			(if .back_to_90_percent_ms then
			"\(.back_to_90_percent_ms) ms \($after)"
			else "not before the end" end),
		"  the TCP connection                " +
			(if .same_connection then "the same to the end"
			else "did not live" end)
			+ ", \(.tcp_resets) resets, \(.tcp_retransmitted_segments) segments sent again by ha",
		"",
		"  efficiency = goodput / (sum of the links x 1384 / 1514), the share of payload",
		"  in a full packet; the first \(.left_out_s.start) s of a transfer are left out.",
		"",
		(if .transfer_went_on | not then "FAILED: the transfer broke."
		elif .above_best_single | not then
			"FAILED: braid was not above the best link alone."
		else "The transfer went on, \(.braid_before.goodput_mbit / .single.goodput_mbit
			* 10 | round / 10) times as quick as over the best link alone." end)
		' "$1"
	jq -e '.transfer_went_on and .above_best_single' "$1" >/dev/null
}
