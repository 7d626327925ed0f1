# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the scenarios of the benchmark have at hand, inside the VM. A file of a
# family defines functions; scenarios.json says which of them a scenario calls:
#
#	FAMILY_WHAT [WORD...]	measures once, on the bed that stands, with $links
#				and $way, and tells its figures with metric
#	bed_WHAT		changes the bed before the way is brought up
#
# Figures are judged on the host (judge.jq).

bench_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck disable=SC2034 # for the families
tools=$bench_dir/../../build/tests
# shellcheck source=tests/vm/lib.sh
. "$bench_dir/../vm/lib.sh"
# shellcheck source=tests/vm/tunnel.sh
. "$bench_dir/../vm/tunnel.sh"
# shellcheck source=tests/bench/samples.sh
. "$bench_dir/samples.sh"
# shellcheck source=tests/bench/wire.sh
. "$bench_dir/wire.sh"
# shellcheck source=tests/bench/ways.sh
. "$bench_dir/ways.sh"

seconds=20 skip=3 policy='' out=''
# What is measured now; a folder for it.
scenario='' way='' run='' work=''
links=()
# What the bed is, and what changes it, or nothing.
ground=topo bed=''
declare -A metrics=()

# metric NAME VALUE: a number or null
metric() { metrics[$1]=$2; }

calc() { awk "BEGIN { printf \"%.3f\\n\", ($1) }"; }

# What full packets of the links together can carry through braid: 1384 bytes of
# payload in a frame of 1514. ceiling [LINK...]: of these alone
ceiling() {
	local i sum=0 rate

	[ $# -gt 0 ] || set -- "${!links[@]}"
	for i; do
		rate=${links[i]%%[:/]*}
		sum=$((sum + rate))
	done
	calc "$sum * 1384 / 1514"
}

# rates RESULT: of a flow's JSON; 1428 bytes of 1514 are MPTCP's own ceiling
rates() {
	local mbit

	mbit=$(jq .mbit "$1")
	metric mbit "$mbit"
	metric efficiency "$(calc "100 * $mbit / $(ceiling)")"
	metric stall_ms "$(jq .stall_ms "$1")"
	[ "$way" != mptcp ] || metric own_ceiling \
		"$(calc "100 * $mbit / $(ceiling) * 1384 / 1428")"
	[ "$(jq .closed_early "$1")" = false ] || fail "the flow ended early"
}

# flow_begin SECONDS SKIP: one TCP flow, in the background; its 10 ms samples are
# in $table, its summary in $result after flow_end. Returns with the first byte's
# arrival, at $flow_start_ms.
flow_begin() {
	table=$work/flow.samples result=$work/flow.json
	rm -f "$table"
	tcp_flow "$way_from" "$way_to" "$way_address" "$1" "$2" "$table" >"$result" &
	flow_pid=$!
	until_true 30 flow_began
	[ -s "$table" ] || fail "the flow failed: $(<"$result")"
	read -r flow_start_ms _ <"$table"
}

flow_began() { [ -s "$table" ] || ! kill -0 "$flow_pid"; }

flow_end() { wait "$flow_pid" || fail "the flow failed: $(<"$result")"; }

# at SECONDS: waits until so long after the flow began
at() {
	local left=$((flow_start_ms + $1 * 1000 - $(monotonic_ms)))

	[ $left -le 0 ] || sleep "$((left / 1000)).$(printf %03d $((left % 1000)))"
}

# emit: one line of JSON with this run's figures
emit() {
	local name

	for name in "${!metrics[@]}"; do
		printf '%s %s\n' "$name" "${metrics[$name]}"
	done | jq -Rnc --arg scenario "$scenario" --arg way "$way" \
		--argjson run "$run" '
		{$scenario, $way, $run, metrics: [inputs | split(" ")
			| {key: .[0], value: (.[1] | fromjson)}] | from_entries}'
}

# keep FILE NAME: for plots and for those who look closer
keep() { [ -z "$out" ] || cp "$1" "$out/$scenario.$way.$run.$2"; }
