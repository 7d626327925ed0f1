# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR source=lib.sh
#
# Byte budgets of metered paths: that a path stops where its budget ends, counted
# as the link itself counts, both ways; that its peer stops, too; what happens
# when all are used up; and that braidd renews them, and forgets nothing when it
# dies or the machine starts anew.

# shellcheck source=tests/vm/gateways.sh
. "${lib_dir:?}/gateways.sh"

plain_only=yes
rate_tests="test_stops_sending test_stops_receiving"
test_limit=400
long_tests="test_stops_receiving"

# w2 is the quicker way and the slower line: a round trip of what it carries is
# far less than a hundredth of a budget
file_setup() { topo_up 20/10 10/2; }

file_teardown() { topo_down; }

setup() {
	declare -ga pid=() load=()
	rm -f "$TEST_TMP"/*.state "$TEST_TMP"/*.quota
}

teardown() {
	local end

	load_off
	for end in 1 2; do
		[ -z "${pid[$end]:-}" ] || kill "${pid[$end]}" 2>/dev/null || :
		[ ! -e "$TEST_TMP/log$end" ] || {
			echo "# log of end $end"
			tail -n 30 "$TEST_TMP/log$end"
			rm "$TEST_TMP/log$end"
		}
	done
	wait
	for end in 1 2; do
		braid "$end" dev del braid0 2>/dev/null || :
	done
}

# field END PATH NAME: of path show
field() { paths "$1" | jq -r ".[] | select(.path == \"$2\").$3"; }
is() { [ "$(state "$1" "$2")" = "$3" ]; }
budget() { braid "$1" path set braid0 peer there path "$2" "${@:3}"; }

# carried LINK: IP bytes of a link both ways, by the interface's own counters,
# which have 14 bytes of Ethernet for each packet
carried() {
	in_ns "$GWA" ip -j -s link show dev "$1" | jq '.[0].stats64 |
		.rx.bytes + .tx.bytes - 14 * (.rx.packets + .tx.packets)'
}

# load_on FROM TO ADDRESS: one TCP connection until load_off
load_on() {
	local program=$lib_dir/../../build/tests/rxsample
	local port=$((20000 + RANDOM % 20000))

	nsenter "--net=/run/netns/$2" -- "$program" sink $port 200 0 /dev/null \
		>/dev/null 2>&1 &
	load=($!)
	until_true 30 listening "$2" $port
	nsenter "--net=/run/netns/$1" -- "$program" source "$3" $port 200 \
		>/dev/null 2>&1 &
	load+=($!)
}

load_off() {
	kill "${load[@]}" 2>/dev/null || :
	wait "${load[@]}" 2>/dev/null || :
}

# carries LINK BYTES SINCE: so many more than then
carries() { [ $(($(carried "$1") - $3)) -gt "$2" ]; }

# stops FROM TO ADDRESS: a budget for w2, under a transfer that would put more
# there, and what the link says of it
stops() {
	local before after other limit=2000000

	gateways_up
	before=$(carried wan2)
	budget 1 w2 quota $limit
	load_on "$@"
	until_true 100 is 1 w2 spent
	until_true 10 is 2 w2 spent
	after=$(carried wan2)
	note "budget $limit, counted $(field 1 w2 quota_used), link $((after - before))"
	expect_between "bytes on the link" $((after - before)) \
		$((limit * 99 / 100)) $((limit * 101 / 100))
	expect_between "bytes counted" "$(field 1 w2 quota_used)" $limit \
		$((limit * 101 / 100))
	expect "reason" "$(field 1 w2 reason)" = "its byte budget is used up"
	expect "reason at the peer" "$(field 2 w2 reason)" = \
		"the peer's byte budget for it is used up"
	# the other path carries the load, and the spent one is silent
	other=$(carried wan1)
	until_true 60 carries wan1 500000 "$other"
	expect "bytes on the spent link" $(($(carried wan2) - after)) = 0
	# and free again, for so much that it does not stop at once
	budget 1 w2 quota 1G quota-used 0
	until_true 20 all_usable
	until_true 60 carries wan2 200000 "$after"
	load_off
}

test_stops_sending() { stops "$HA" "$HB" 10.2.0.2; }

# What comes counts as what goes: here nearly all of it comes.
test_stops_receiving() { stops "$HB" "$HA" 10.1.0.2; }

# A peer that has forgotten what it was told asks, and is told again.
test_peer_asks() {
	gateways_up
	budget 1 w2 quota 1000 quota-used 1000
	until_true 5 is 1 w2 spent
	until_true 5 is 2 w2 spent
	braid 2 path del braid0 peer there path w2
	gateway_path 2 2
	until_true 10 is 2 w2 spent
	must_say 'byte budget of the path is used up' \
		braid 1 path probe braid0 peer there path w2
	budget 1 w2 quota 0
	until_true 10 all_usable
	expect "budget" "$(field 1 w2 quota)" = null
}

# Who starts spent never begins.
test_spent_before_the_key() {
	new_keys
	gateway_device 1
	braid 1 peer add braid0 peer there address 10.99.0.2,fd00:99::2
	gateway_path 1 1
	gateway_path 1 2 quota 1M
	budget 1 w2 quota-used 1M
	braid 1 key set braid0 peer there file "${keys:?}/1"
	gateway_up 2
	until_true 10 usable 1 1
	until_true 10 is 1 w2 spent
	until_true 10 is 2 w2 spent
	expect "probes sent" "$(field 1 w2 probes_sent)" = 0
	pings 3
}

unreachable() {
	in_ns "$HA" ping -c 1 -W 2 10.2.0.2 >"$TEST_TMP/ping" || :
	grep -q 'Unreachable' "$TEST_TMP/ping"
}

carrier() {
	in_ns "$GWA" ip -j link show braid0 |
		jq -e '.[0].flags | index("NO-CARRIER") | not'
}

no_carrier() { ! carrier; }

# Metered means that nothing leaves: the device loses its carrier, its routes are
# no more, and who sends is told.
test_all_used_up() {
	local path before

	gateways_up
	pings 3
	for path in w1 w2; do
		budget 1 $path quota 1M quota-used 1M
	done
	until_true 5 usable 1 0
	until_true 5 usable 2 0
	until_true 3 no_carrier
	sleep 1
	before=$(($(carried wan1) + $(carried wan2)))
	until_true 10 unreachable
	must_fail pings 2
	expect "bytes on the links" \
		$(($(carried wan1) + $(carried wan2) - before)) = 0
	budget 1 w1 quota-used 0
	until_true 5 usable 1 1
	until_true 5 carrier
	pings 3
}

# --- braidd

# config END [LINE...]: lines go to the section of w2
config() {
	local me=$1 other=$((3 - $1)) i
	shift

	{
		printf '%s\n' "[Device]" "Name = braid0" \
			"Address = 10.99.0.$me/24" \
			"PrivateKeyFile = $TEST_TMP/$me.key" \
			"[Peer]" "Name = there" "Address = 10.99.0.$other" \
			"Route = 10.$other.0.0/24" \
			"PublicKey = $(cat "$TEST_TMP/$other.pub")"
		for i in 1 2; do
			printf '%s\n' "[Path]" "Name = w$i" "Link = wan$i" \
				"Local = 10.0.$i.$me:5000" \
				"Remote = 10.0.$i.$other:5000"
		done
		printf '%s\n' "$@"
	} >"$TEST_TMP/$me.conf"
}

# daemon END: starts it and waits until it cares
daemon() {
	local log=$TEST_TMP/log$1

	: >"$log"
	# not by in_ns: the process to be killed is braidd, not a shell around it
	nsenter "--net=/run/netns/$(namespace "$1")" -- braidd -l debug \
		-s "$TEST_TMP/$1.state" -q "$TEST_TMP/$1.quota" \
		"$TEST_TMP/$1.conf" 2>>"$log" &
	pid[$1]=$!
	until_true 60 grep -q "cares for" "$log"
}

# murder END: it has no time to say goodbye
murder() {
	kill -KILL "${pid[$1]}"
	wait "${pid[$1]}" 2>/dev/null || :
}

# seconds until the reset of w2
left() { echo $(($(field 1 w2 quota_reset_ns) / 1000000000 - $(date +%s))); }

# at_least SECONDS: of the period are left
at_least() { [ "$(left)" -ge "$1" ]; }

# fresh_period SECONDS: so long to twice as long, and has just begun: periods count
# from 1970
fresh_period() {
	local now p best=$1

	now=$(date +%s)
	for ((p = $1; p <= 2 * $1; p++)); do
		[ $((now % p)) -ge $((now % best)) ] || best=$p
	done
	echo "$best"
}

test_renewed_and_kept() {
	local end used period reset limit=1000000

	for end in 1 2; do
		braidctl genkey "$TEST_TMP/$end.key" >"$TEST_TMP/$end.pub"
	done
	period=$(fresh_period $((45 * BRAID_SLOW)))
	config 1 "Quota = 1M" "QuotaPeriod = ${period}s"
	config 2
	daemon 1
	daemon 2
	until_true 60 all_usable
	until_true $((period + 10)) at_least $((period * 2 / 3))
	reset=$(field 1 w2 quota_reset_ns)
	load_on "$HA" "$HB" 10.2.0.2
	until_true 60 is 1 w2 spent
	load_off
	used=$(field 1 w2 quota_used)
	expect_between "used" "$used" $limit $((limit * 101 / 100))
	until_true 10 grep -q 'path w2: its byte budget is used up' "$TEST_TMP/log1"
	# the daemon dies: the kernel knows
	murder 1
	daemon 1
	expect "state" "$(state 1 w2)" = spent
	expect "used" "$(field 1 w2 quota_used)" = "$used"
	expect "reset" "$(field 1 w2 quota_reset_ns)" = "$reset"
	# a reboot: the file knows, and the path is spent before it is used
	murder 1
	braid 1 dev del braid0
	rm -f "$TEST_TMP/1.state"
	daemon 1
	until_true 60 usable 1 1
	until_true 10 is 1 w2 spent
	# handshakes of the peer's that came meanwhile count, too
	expect_between "used" "$(field 1 w2 quota_used)" "$used" $((used + 20000))
	expect "reset" "$(field 1 w2 quota_reset_ns)" = "$reset"
	note "left of the period: $(left) s"
	expect "left of the period" "$(left)" -gt 0
	# and at the reset it is free
	until_true $((period + 5)) grep -q 'its byte budget is renewed' "$TEST_TMP/log1"
	expect_between "seconds after the reset" \
		$(($(date +%s) - reset / 1000000000)) 0 5
	until_true 20 all_usable
	expect "used" "$(field 1 w2 quota_used)" -lt 100000
	load_on "$HA" "$HB" 10.2.0.2
	until_true 60 is 1 w2 spent
	load_off
}
