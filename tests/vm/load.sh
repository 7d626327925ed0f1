# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Traffic between the LAN hosts, both ways, while something happens to the tunnel
# between them: TCP over IPv4, and packets over IPv6 that wait for nothing.

load_pids=()
load_ha='' load_hb=''

# load_run NAMESPACE COMMAND...: behind whatever else runs: softirqs keep the CPUs
# full, and what deletes and looks gets its turn. Sets load_pid.
load_run() {
	local ns=$1
	shift

	nice -n 19 nsenter "--net=/run/netns/$ns" "$@" &
	load_pid=$!
	load_pids+=("$load_pid")
}

# load_start: until load_stop, or the end of the test. The connections are never
# made anew: goes_on fails when one broke. On the debug kernel it is less: what
# fills the CPUs there takes them from the programs that delete and look, and a
# test lasts three times as long with no more deletions in it.
load_start() {
	local -a tcp=() ping=(-f)

	[ "$BRAID_DEBUG" = 0 ] || tcp=(-b 1M) ping=(-i 0.01)
	load_pids=()
	load_run "$HB" iperf3 -s -p 5400 >/dev/null 2>&1
	load_hb=$load_pid
	until_true 10 listening "$HB" 5400
	load_run "$HA" iperf3 -c 10.2.0.2 -p 5400 -t 3600 --bidir -P 2 \
		"${tcp[@]}" >"$TEST_TMP/load-tcp" 2>&1
	load_ha=$load_pid
	# -f: as quickly as they are answered, 100 a second if they are not
	load_run "$HA" ping "${ping[@]}" -q -s 1200 fd00:2::2 >/dev/null 2>&1
	load_run "$HB" ping "${ping[@]}" -q -s 1200 fd00:1::2 >/dev/null 2>&1
	until_true 10 grep -q eth0: "/proc/$load_ha/net/dev"
	goes_on
	tcp_goes_on
}

load_broken() {
	local pid

	for pid in "${load_pids[@]}"; do
		[ -d "/proc/$pid" ] || return 0
	done
	return 1
}

load_stop() {
	[ ${#load_pids[@]} != 0 ] || return 0
	kill "${load_pids[@]}" 2>/dev/null || :
	wait "${load_pids[@]}" 2>/dev/null || :
	load_pids=()
}

# arrived: bytes that both hosts have received, as their load's programs see it.
# No program is started for that: it would wait for the load.
arrived() {
	local pid name bytes rest got=()

	for pid in "$load_ha" "$load_hb"; do
		while read -r name bytes rest; do
			[ "$name" != eth0: ] || got+=("$bytes")
		done <"/proc/$pid/net/dev"
	done
	echo "${got[*]}"
}

# tcp_arrived: the same of TCP
tcp_arrived() {
	local ns

	for ns in "$HA" "$HB"; do
		in_ns "$ns" ss -HtniO "( sport = :5400 or dport = :5400 )" |
			awk '{ for (i = 1; i <= NF; i++)
				if (sub("^bytes_received:", "", $i)) n += $i }
				END { printf "%d ", n }'
	done
}

# more_than WHAT "HA HB" BYTES: each host has received so much since
more_than() {
	local a b ha hb

	read -r a b <<<"$2"
	read -r ha hb < <("$1")
	[ $((ha - a)) -gt "$3" ] && [ $((hb - b)) -gt "$3" ]
}

unbroken() {
	! load_broken || fail "it broke: $(tail -n 3 "$TEST_TMP/load-tcp")"
}

# goes_on: both hosts receive, by the connections that were there before.
goes_on() {
	until_true 30 more_than arrived "$(arrived)" 100000
	unbroken
}

# tcp_goes_on: after a long outage TCP waits about as long before it tries again.
tcp_goes_on() {
	until_true 60 more_than tcp_arrived "$(tcp_arrived)" 50000
	unbroken
}
