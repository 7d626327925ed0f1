# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR source=lib.sh
#
# What braidctl show tells: of each path why it is or is not used, of each peer
# what is sent and received, and how old the estimates are.

# shellcheck source=tests/vm/gateways.sh
. "${lib_dir:?}/gateways.sh"

plain_only=yes

file_setup() {
	topo_up 100/5 100/20 100/400
	gateways_up
}

file_teardown() {
	gateways_down
	topo_down
}

# why PATH WORDS: gwa says so of the path
why() {
	paths 1 | jq -e --arg path "$1" --arg why "$2" '.[] |
		select(.path == $path) | .reason | startswith($why)'
}

peer() { braid 1 -j peer show braid0 | jq ".[0].$1"; }
more() { [ "$(peer "$1")" -gt "$2" ]; }
less() { [ "$(peer "$1")" -lt "$2" ]; }

pinging() { pings 3 && why "$@"; }

test_why_usable() {
	until_true 10 why w1 'usable; there is nothing to send'
	until_true 10 why w3 'its delay is too long'
	braid 1 path set braid0 peer there path w2 standby yes
	until_true 5 why w2 'standby: used when no other path is usable'
	braid 1 path set braid0 peer there path w2 standby no
	until_true 10 pinging w1 'in use'
	braid 1 show | grep -qE 'w1 +up .* in use$'
}

# carried END: bytes that it has sent on w1
carried() { paths "$1" | jq '.[] | select(.path == "w1") | .tx_bytes'; }

# A path that was set up at both ends is what each end says of its own direction: the
# other one knows the peer's word, and keeps its own.
test_standby_of_one_end() {
	local one other

	braid 1 path set braid0 peer there path w1 standby yes
	until_true 5 told w1 true
	pings 3
	one=$(carried 1)
	other=$(carried 2)
	in_ns "$HA" ping -q -c 30 -i 0.1 -s 1000 -W 2 10.2.0.2
	# probes and reports, some 30 a second
	expect "sent by the end that said standby" "$(carried 1)" -lt $((one + 20000))
	expect "sent by the other" "$(carried 2)" -ge $((other + 30000))
	braid 1 path set braid0 peer there path w1 standby no
	until_true 5 told w1 false
}

# told PATH true|false: gwb, whether gwa keeps the path for emergencies
told() {
	paths 2 | jq -e --arg path "$1" --argjson told "$2" '.[] |
		select(.path == $path) | .peer_standby == $told'
}

test_why_not() {
	braid 1 path set braid0 peer there path w2 cold yes
	until_true 5 why w2 'cold: probed before its first use'
	braid 1 path set braid0 peer there path w2 cold no
	ip -n "$GWA" link set wan2 down
	until_true 5 why w2 'its link is down'
	ip -n "$GWA" link set wan2 up
	topo_ip "$GWA" <<-IP
		neigh replace 10.0.2.2 lladdr $(topo_mac 2 2) dev wan2 nud permanent
	IP
	until_true 20 state_is w2 up
	braid 1 peer add braid0 peer other address 10.99.0.9
	braid 1 path add braid0 peer other path w2 local auto remote 10.0.2.9:1
	expect "reason without a key" "$(braid 1 -j path show braid0 peer other |
		jq -r '.[0].reason')" = "the peer has no key"
	braid 1 peer del braid0 peer other
}

state_is() { [ "$(state 1 "$1")" = "$2" ]; }

# 100 bytes every 10 ms and their answers, with headers: 17 kB/s and more.
test_rates_and_ages() {
	in_ns "$HA" ping -q -c 300 -i 0.01 -s 100 10.2.0.2 &
	until_true 10 more rate_in_use 1500
	until_true 10 more rate_received 1500
	wait $!
	braid 1 show | grep -qE 'sends [0-9.]+ .bit/s of [0-9.]+ .bit/s, receives [0-9.]+ .bit/s'
	until_true 20 less rate_in_use 1500
	until_true 20 less rate_received 1500
	paths 1 | jq -e '.[] | select(.path == "w1") |
		.rtt_age_us < 60e6 and .loss_age_us < 60e6'
	# a path that carried nothing has no reports to learn losses from
	paths 1 | jq -e '.[] | select(.path == "w3") |
		.rtt_age_us and (.loss_age_us | not)'
}

# tested FILTER: holds of what path test printed
tested() { jq -e ".[0] | $1" "$TEST_TMP/tested"; }

test_path_test() {
	must_say 'w2: it is in the bond' braid 1 path test braid0 peer there path w2
	braid 1 path set braid0 peer there path w2 cold yes
	braid 1 -j path test braid0 peer there path w2 count 10 >"$TEST_TMP/tested"
	tested '.probes_sent >= 10 and .probes_answered > 0' ||
		fail "the test tells $(cat "$TEST_TMP/tested")"
	expect "largest packet" "$(jq '.[0].pmtu' "$TEST_TMP/tested")" = 1500
	# it sleeps again, as it was
	paths 1 | jq -e '.[] | select(.path == "w2") | .cold and (.standby | not)'
	expect "state after a test" "$(state 1 w2)" = cold
	# what a train of packets tells, far from the other links' rates
	topo_change 2 10/20
	braid 1 -j path test braid0 peer there path w2 count 3 >"$TEST_TMP/tested"
	topo_restore 2
	tested '.capacity > 1e6 and .capacity < 1.5e6' ||
		fail "the test tells $(cat "$TEST_TMP/tested")"
	topo_cut 2
	braid 1 -j path test braid0 peer there path w2 count 3 >"$TEST_TMP/tested"
	topo_restore 2
	tested '.probes_answered == 0 and .loss_ppm == 1000000'
	tested '.capacity | not'
	braid 1 path set braid0 peer there path w2 cold no
	until_true 20 state_is w2 up
}
