# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # variables of lib.sh and of those that use this
#
# What others wait for while the links are full.

# bed_deep: queues of 1000 packets beside what is in flight
bed_deep() {
	local i rate delay

	for i in "${!links[@]}"; do
		IFS=/ read -r rate delay <<<"${links[i]}"
		topo_change $((i + 1)) "${links[i]}" \
			limit $((rate * 125 * 2 * delay / 1500 + 1000))
	done
}

# ping_share FILE SHARE: that share of ping's round trips in FILE took at most so
# long, in ms; one without an answer took for ever.
ping_share() {
	local sent

	sent=$(sed -n 's/^\([0-9]*\) packets transmitted.*/\1/p' "$1")
	sed -n 's/.*time=\([0-9.]*\) ms.*/\1/p' "$1" | sort -n |
		awk -v at="$(awk -v n="$sent" -v s="$2" 'BEGIN {
			at = n * s; printf "%d", at == int(at) ? at : at + 1 }')" '
			NR == at { print; found = 1 }
			END { if (!found) print "null" }'
}

# The quickest link's round trip when nobody uses it.
idle_rtt() {
	local i best=1

	for ((i = 2; i <= $(topo_links); i++)); do
		[ "$(topo_spec $i | cut -d / -f 2)" -ge \
			"$(topo_spec $best | cut -d / -f 2)" ] || best=$i
	done
	in_ns "$GWA" ping -n -c 20 -i 0.1 "10.0.$best.2" >"$work/idle"
	ping_share "$work/idle" .5
}

latency_deep() {
	local idle p99

	idle=$(idle_rtt)
	flow_begin "$seconds" "$skip"
	at "$skip"
	in_ns "$way_from" ping -n -i 0.02 -W 3 -c $(((seconds - skip - 2) * 50)) \
		"$way_address" >"$work/ping" || true
	flow_end
	rates "$result"
	p99=$(ping_share "$work/ping" .99)
	metric ping_p99_ms "$p99"
	metric over_idle_ms "$(jq -n "$p99 | if . then . - $idle else null end")"
}

# call_begin SECONDS SKIP MBIT SIZE: datagrams from ha to hb, in the background
call_begin() {
	in_ns "$HB" "$tools/udpstream" sink 4000 "$1" "$2" >"$work/call.json" &
	call_pids=($!)
	until_true 10 listening "$HB" 4000 udp
	in_ns "$HA" "$tools/udpstream" source 10.2.0.2 4000 "$1" "$3" "$4" &
	call_pids+=($!)
}

call_end() { wait "${call_pids[0]}" && wait "${call_pids[1]}"; }

# The quickest link's delay is that of its spec.
latency_call() {
	local delay

	flow_begin "$seconds" "$skip"
	call_begin "$seconds" "$skip" 2 1000
	flow_end
	call_end
	rates "$result"
	delay=$(printf '%s\n' "${links[@]}" | cut -d / -f 2 | sort -n | head -n 1)
	metric call_loss "$(jq .loss_percent "$work/call.json")"
	metric call_p99_ms "$(jq .p99_ms "$work/call.json")"
	metric call_over_ms "$(jq ".p99_ms - $delay" "$work/call.json")"
}
