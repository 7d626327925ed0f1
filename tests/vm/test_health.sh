# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR source=lib.sh
#
# How closely paths are watched: what each state costs in probes, and how soon
# data that wakes a dead path goes over another one.

# shellcheck source=tests/vm/gateways.sh
. "${lib_dir:?}/gateways.sh"

plain_only=yes
alone_tests="test_suspect_down_and_back test_keepalive"
rate_tests="test_busy_active_idle_dormant test_a_minute_of_silence
	test_first_data_on_a_dead_path"
long_tests="test_a_minute_of_silence"

file_setup() {
	topo_up 100/50 100/60 100/300
	gateways_up
	for end in 1 2; do
		braid $end path set braid0 peer there path w3 cold yes
	done
}

file_teardown() {
	gateways_down
	topo_down
}

# of END PATH FIELD: as health show tells
of() { braid "$1" -j health show braid0 path "$2" | jq -r ".[0].$3"; }

is() { [ "$(of 1 "$1" health)" = "$2" ]; }
both_are() { [ "$(of 1 "$1" health) $(of 2 "$1" health)" = "$2 $2" ]; }
until_idle() { until_true 20 both_are w1 idle && until_true 20 both_are w2 idle; }

test_busy_active_idle_dormant() {
	local w1 w2 w3 reason started seconds

	until_idle
	expect "interval of an idle path" "$(of 1 w1 probe_interval_us)" -ge 40000
	until_true 10 is w3 dormant
	expect "interval of a cold path" "$(of 1 w3 probe_interval_us)" = null
	w3=$(of 1 w3 probes_sent)
	nsenter "--net=/run/netns/$HA" -- ping -q -i 0.02 10.2.0.2 >/dev/null &
	until_true 10 is w1 busy
	until_true 10 is w2 active
	expect "interval of a busy path" "$(of 1 w1 probe_interval_us)" = null
	w1=$(of 1 w1 probes_sent) w2=$(of 1 w2 probes_sent)
	started=$(monotonic_ms)
	sleep 4
	is w1 busy || fail "no longer busy under load: $(of 1 w1 health_reason)"
	w1=$(($(of 1 w1 probes_sent) - w1))
	w2=$(($(of 1 w2 probes_sent) - w2))
	seconds=$((($(monotonic_ms) - started) / 1000))
	kill $!
	note "in $seconds s: $w1 probes on the busy path, $w2 on the unused one"
	# none by the clock; where the machine held the load up for a moment, one
	# asks for the report of what was last sent
	expect "probes on a busy path" "$w1" -le 2
	expect_between "probes on an unused one" "$w2" $((seconds / 2)) \
		$((seconds * 2 + 4))
	until_idle
	expect "probes on a cold path" "$(of 1 w3 probes_sent)" -eq "$w3"
	reason=$(of 1 w1 health_reason)
	[[ $reason = "no data to the peer: "* ]] || fail "idle: $reason"
}

# Of an idle path that dies in silence: its own probe tells, quick ones decide.
test_suspect_down_and_back() {
	local sent listener

	braid 1 path set braid0 peer there path w3 cold no
	until_true 20 is w3 idle
	# suspicion is over in 1.5 s: perhaps sooner than somebody looks
	nsenter "--net=/run/netns/$GWA" braidctl -j monitor >"$TEST_TMP/events" &
	listener=$!
	# it says nothing of what was before it listened
	while_true "${BRAID_SLOW:-1}" true
	sent=$(of 1 w3 probes_sent)
	topo_cut 3
	braid 1 path probe braid0 peer there path w3
	until_true 20 is w3 down
	kill $listener
	grep -q 'a probe stays unanswered' "$TEST_TMP/events" ||
		fail "never suspect: $(cat "$TEST_TMP/events")"
	expect "probes until it was down" "$(($(of 1 w3 probes_sent) - sent))" -ge 3
	topo_restore 3
	until_true 30 is w3 idle
	braid 1 path set braid0 peer there path w3 cold yes
	until_true 5 is w3 dormant
}

# Of both ends the intervals have grown to half a minute, less the chance that
# spreads them: until then they take no turns
is_lazy() { [ "$(of "$1" "$2" probe_interval_us)" -ge 25000000 ]; }
are_lazy() { is_lazy 1 w1 && is_lazy 2 w1 && is_lazy 1 w2 && is_lazy 2 w2; }

# The links' own questions are not braid's: who has the gateways' addresses is known
# for good.
no_arp() {
	local i

	for i in 1 2 3; do
		ip -n "$GWA" neigh change "10.0.$i.2" dev "wan$i" nud permanent
		ip -n "$GWB" neigh change "10.0.$i.1" dev "wan$i" nud permanent
	done
}

# On its way the interval is at most half as long again each time. Once it has grown a
# packet in 25 s and end: three in a minute at most, since it begins anywhere.
test_a_minute_of_silence() {
	local -a sent
	local i wakeups

	pings 2
	no_arp
	until_idle
	for i in 1 2; do
		sent[i]=$(packets "$GWA" "wan$i" tx)
	done
	until_true 90 are_lazy
	for i in 1 2; do
		sent[i]=$(($(packets "$GWA" "wan$i" tx) - sent[i]))
	done
	note "until then: ${sent[1]} and ${sent[2]} packets"
	# Intervals of 1, 1.45, 2.1 ... 20 s, so nine or ten. While they are short beside
	# the round trip of 100 ms both ends probe at once, which is two packets.
	expect "packets of a path that grows idle" "${sent[1]}" -le 20
	expect "packets of a path that grows idle" "${sent[2]}" -le 20
	wakeups=$(braid 1 -j peer show braid0 | jq '.[0].wakeups')
	for i in 1 2 3; do
		sent[i]=$(packets "$GWA" "wan$i" tx)
	done
	sleep 60
	for i in 1 2 3; do
		sent[i]=$(($(packets "$GWA" "wan$i" tx) - sent[i]))
	done
	wakeups=$(($(braid 1 -j peer show braid0 | jq '.[0].wakeups') - wakeups))
	note "in 60 s: ${sent[1]}, ${sent[2]} and ${sent[3]} packets, $wakeups wakeups"
	expect_between "packets on an idle path" "${sent[1]}" 1 3
	expect_between "packets on an idle path" "${sent[2]}" 1 3
	expect "packets on a cold path" "${sent[3]}" -eq 0
	expect "wakeups" "$wakeups" -le 60
}

# A path's longest silence is what was set.
test_keepalive() {
	local a b started seconds

	for end in 1 2; do
		braid $end path set braid0 peer there path w1 keepalive 1s
	done
	until_idle
	sleep 1
	started=$(monotonic_ms)
	a=$(of 1 w1 probes_sent) b=$(of 2 w1 probes_sent)
	sleep 8
	a=$(($(of 1 w1 probes_sent) - a)) b=$(($(of 2 w1 probes_sent) - b))
	seconds=$((($(monotonic_ms) - started) / 1000))
	note "in up to $seconds s with a keepalive of 1 s: $a and $b probes"
	# At least one in a second; not by turns, since the round trip is longer
	# than what intervals are shortened by, so up to two.
	expect_between "probes of both ends" "$((a + b))" 7 $((2 * seconds + 4))
	must_say 'not between 1.00 s and 3600.00 s' \
		braid 1 path set braid0 peer there path w1 keepalive 10ms
	expect "keepalive" "$(of 1 w1 keepalive_us)" = 1000000
	for end in 1 2; do
		braid $end path set braid0 peer there path w1 keepalive 29s
	done
}

# arrivals NAMESPACE FILE: when echo requests pass
arrivals() {
	nsenter "--net=/run/netns/$1" -- tcpdump -l -n -tt -i any \
		'icmp[icmptype] = icmp-echo' 2>"$2.err" >"$2" &
	until_true 10 grep -q listening "$2.err"
}

first_ms() {
	awk 'FNR == 1 { at[++n] = $1 } END { printf "%d\n", (at[2] - at[1]) * 1000 }' \
		"$TEST_TMP/ha" "$TEST_TMP/hb"
}

# seldom PATH: both ends probe it each four seconds at most
seldom() {
	[ "$(of 1 "$1" probe_interval_us)" -ge 4000000 ] &&
		[ "$(of 2 "$1" probe_interval_us)" -ge 4000000 ]
}

# The quickest path, idle, dies in silence; then there is data. Its round trip is
# 100 ms; the other path's 120.
test_first_data_on_a_dead_path() {
	local i ms=()

	for i in 1 2 3; do
		topo_restore 1
		until_idle
		arrivals "$HA" "$TEST_TMP/ha"
		arrivals "$HB" "$TEST_TMP/hb"
		# so long that hardly a probe of its own tells
		until_true 30 seldom w1
		topo_cut 1
		in_ns "$HA" ping -q -c 1 -W 5 10.2.0.2 >/dev/null ||
			fail "the first packet after a silence is lost"
		until_true 5 test -s "$TEST_TMP/hb"
		# shellcheck disable=SC2046 # several
		kill $(jobs -p)
		ms+=("$(first_ms)")
	done
	topo_restore 1
	note "first data on a dead path: delivered after ${ms[*]} ms"
	mapfile -t ms < <(printf '%s\n' "${ms[@]}" | sort -n)
	# what crossed while the path was alive is no test
	expect_between "the median" "${ms[1]}" 100 \
		$((300 * ${BRAID_SLOW:-1}))
	until_true 40 both_are w1 idle
}
