# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # variables of lib.sh and of those that use this
#
# The usual site, tests/vm/hub.sh: lines with DHCP, NAT and a default route each,
# towards one address and port. One TCP connection, and the largest line gets
# another address in its middle.

# shellcheck source=tests/vm/hub.sh
. "$bench_dir/../vm/hub.sh"

change_at=20 settle=4 hub_end_at=44

# hub_share FROM-MS TO-MS: efficiency in that time
hub_share() {
	calc "100 * $(samples_mbit "$table" "$1" "$2") / $(ceiling)"
}

hub_change() {
	local line from to
	line=$(best_link)

	flow_begin "$hub_end_at" "$skip"
	at $change_at
	from=$(monotonic_ms)
	hub_renumber "$line" "192.168.10$line"
	until_true 15 hub_moved "$line" "192.168.10$line"
	to=$(monotonic_ms)
	flow_end
	rates "$result"
	metric efficiency "$(hub_share $((flow_start_ms + skip * 1000)) "$from")"
	metric changed_efficiency "$(hub_share $((to + settle * 1000)) \
		$((flow_start_ms + hub_end_at * 1000)))"
	metric change_gap_ms "$(samples_gap "$table" "$from" $((to + 1000)) |
		cut -d " " -f 1)"
	keep "$table" samples
	echo "$from $to" >"$work/events"
	keep "$work/events" events
}
