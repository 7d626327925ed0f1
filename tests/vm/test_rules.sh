# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR source=lib.sh
#
# Rules and classes: flows go where they say, seen by each path's own counters;
# running flows follow a change; what cannot be is refused; many rules.

# shellcheck source=tests/vm/tunnel.sh
. "${lib_dir:?}/tunnel.sh"

test_limit=180
plain_only=yes
long_tests="test_many test_cheapest test_by_cost"

top=$(cd "$lib_dir/../.." && pwd)

file_setup() {
	topo_up 20/5 20/30 20/55
	tunnel_up "Policy = adaptive"
	echo "$tunnel_dir" >"$TEST_TMP/dir"
	until_true 10 usable 3
	in_ns "$HA" ping -q -c 10 -i 0.2 10.2.0.2
}

file_teardown() {
	tunnel_dir=$(cat "$TEST_TMP/dir")
	tunnel_down
	topo_down
	braidctl policy del adaptive
}

ctl() { in_ns "$GWA" braidctl "$@"; }

# Each test begins without rules.
setup() {
	local class

	ctl dev set braid0 policy adaptive
	ctl rule flush braid0
	for class in $(ctl -j class list braid0 | jq -r '.[].class'); do
		ctl class del braid0 class "$class"
	done
}

# took COMMAND...: bytes that each path was given meanwhile, in took[0] to [2].
took() {
	local -a before after
	local i

	read -ra before < <(ctl -j path show braid0 | jq -r 'map(.tx_bytes) | @tsv')
	"$@" >/dev/null
	read -ra after < <(ctl -j path show braid0 | jq -r 'map(.tx_bytes) | @tsv')
	for i in 0 1 2; do
		took[i]=$((after[i] - before[i]))
	done
	note "$* took ${took[*]}"
}

# only PATH COMMAND...: its packets of 1,000 bytes, 40 or more, go over that path;
# over the others goes what the tunnel itself has to say, which is less.
only() {
	local path=$1 i most
	shift

	took "$@"
	most=${took[${path#wan} - 1]}
	expect "bytes on $path" "$most" -ge 40000
	for i in 1 2 3; do
		[ "wan$i" = "$path" ] ||
			expect "bytes on wan$i" "${took[i - 1]}" -lt $((most / 2))
	done
}

pings() { in_ns "$HA" ping -q -c 40 -i 0.02 -s 1000 "$@"; }

# datagrams FIRST LAST N: N of 1,000 bytes from ha to hb to each of these ports.
datagrams() {
	in_ns "$HA" python3 -c '
import socket, sys, time
first, last, n = map(int, sys.argv[1:])
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", 30000))
for i in range(n):
    for port in range(first, last + 1):
        s.sendto(bytes(972), ("10.2.0.2", port))
        if i % 4 == 3 or port % 16 == 15:
            time.sleep(0.01)' "$@"
}

test_by_what_they_are() {
	ctl class set braid0 class slow paths wan3
	ctl class set braid0 class middle paths wan2
	ctl rule add braid0 proto udp dport 5060-5070 class slow
	ctl rule add braid0 proto icmp dscp 10 class slow
	ctl rule add braid0 to fd00:2::/64 class slow
	ctl rule add braid0 from 10.1.0.0/24 to 10.2.0.2 proto icmp class middle

	only wan3 datagrams 5060 5060 40
	only wan3 datagrams 5070 5070 40
	only wan1 datagrams 5071 5071 40
	only wan3 pings -Q 40 10.2.0.2
	only wan2 pings 10.2.0.2
	only wan3 pings -6 fd00:2::2
	ctl rule list braid0
	ctl -j rule list braid0 | jq -e 'map(.hits > 0) | all'
	ctl -j flow show braid0 | jq -e 'map(select(.proto == "icmp" and
		.class == "middle" and .rule == 40)) | length > 0'
}

test_changed_live() {
	ctl class set braid0 class office paths wan3
	ctl rule add braid0 to 10.2.0.0/24 proto icmp class office
	in_ns "$HA" ping -q -c 600 -i 0.02 -s 1000 10.2.0.2 >"$TEST_TMP/pings" &
	only wan3 sleep 2
	# the class moves, under the same flow
	ctl class set braid0 class office paths wan2
	only wan2 sleep 2
	# the rule goes
	ctl rule del braid0 pref 10
	only wan1 sleep 2
	wait
	cat "$TEST_TMP/pings"
	grep -q '600 packets transmitted, 600 received' "$TEST_TMP/pings"
}

test_verdicts() {
	local dropped

	ctl class set braid0 class none verdict drop
	ctl class set braid0 class gone paths nowhere
	ctl class set braid0 class strict paths nowhere fallback drop
	ctl class set braid0 class two paths wan2,wan3 verdict stripe
	ctl rule add braid0 dscp 1 class none
	ctl rule add braid0 dscp 2 class gone
	ctl rule add braid0 dscp 3 class strict
	ctl rule add braid0 dscp 4 class two

	dropped=$(counter drop-tx-policy)
	must_fail in_ns "$HA" ping -q -c 5 -i 0.1 -W 1 -Q 4 10.2.0.2
	expect dropped $(($(counter drop-tx-policy) - dropped)) = 5
	# paths that are not there: others serve, or none
	in_ns "$HA" ping -q -c 5 -i 0.1 -Q 8 10.2.0.2
	must_fail in_ns "$HA" ping -q -c 5 -i 0.1 -W 1 -Q 12 10.2.0.2
	expect dropped $(($(counter drop-tx-policy) - dropped)) = 10
	took pings -Q 16 10.2.0.2
	expect "bytes in the class" $((took[1] + took[2])) -ge 40000
	expect "bytes beside it" "${took[0]}" -lt $(((took[1] + took[2]) / 2))
}

# Costs of the paths; standby or not of the third.
costs() {
	local i

	for i in 1 2 3; do
		ctl path set braid0 peer gw2 path "wan$i" cost "${!i}" \
			standby "$([ "$i" != 3 ] && echo no || echo "$4")"
	done
}

# By cost, standby paths among them.
test_by_cost() {
	costs 0 5 7 yes
	ctl class set braid0 class dear cost 6-9
	ctl class set braid0 class fair cost 1-9
	ctl rule add braid0 dscp 1 class dear
	ctl rule add braid0 dscp 2 class fair
	only wan3 pings -Q 4 10.2.0.2
	only wan2 pings -Q 8 10.2.0.2
	costs 0 0 0 no
}

# What a flow has sent decides, too.
test_by_size() {
	ctl class set braid0 class large paths wan3
	ctl rule add braid0 proto udp size 32k- class large
	took datagrams 6000 6000 24
	expect "bytes on wan3 of a small flow" "${took[2]}" -lt 15000
	only wan3 datagrams 6000 6000 60
}

# repaired: packets that each path was given again so far, in again[0] to [2]
repaired() {
	read -ra again < <(ctl -j path show braid0 |
		jq -r 'map(.repaired_packets) | @tsv')
}

test_cheapest() {
	local -a before again

	braidctl policy load "$top/build/bpf/cheapest.bpf.o"
	ctl dev set braid0 policy cheapest
	costs 5 0 9 no
	only wan2 pings 10.2.0.2
	ctl path set braid0 peer gw2 path wan2 cold yes
	until_true 5 usable 2
	only wan1 pings 10.2.0.2
	ctl path set braid0 peer gw2 path wan2 cold no
	until_true 10 usable 3
	only wan2 pings 10.2.0.2
	# what is lost there goes again there
	topo_change 2 20/30/20
	repaired
	before=("${again[@]}")
	datagrams 6000 6000 200
	topo_restore 2
	repaired
	note "sent again: ${before[*]} before, ${again[*]} after"
	expect "sent again on wan2" "${again[1]}" -gt "${before[1]}"
	expect "sent again on wan1" "${again[0]}" = "${before[0]}"
	expect "sent again on wan3" "${again[2]}" = "${before[2]}"
	# rules go first
	ctl class set braid0 class dear paths wan3
	ctl rule add braid0 proto icmp class dear
	only wan3 pings 10.2.0.2
	costs 0 0 0 no
	ctl dev set braid0 policy adaptive
	braidctl policy del cheapest
}

test_refused() {
	ctl class set braid0 class voice paths wan1
	ctl rule add braid0 pref 7 class voice
	must_say "no class video" ctl rule add braid0 class video
	must_say "pref 7" ctl rule add braid0 pref 7 class voice
	must_say "two families" ctl rule add braid0 from 10.0.0.0/8 \
		to fd00::/8 class voice
	must_say "have ports" ctl rule add braid0 proto icmp dport 5 class voice
	must_say "is not a port" ctl rule add braid0 dport 70000 class voice
	must_say "is not a DSCP" ctl rule add braid0 dscp 64 class voice
	must_say "is not a protocol" ctl rule add braid0 proto tpc class voice
	must_say "no rule with pref 8" ctl rule del braid0 pref 8
	must_say "1 rule is of class voice" ctl class del braid0 class voice
	must_say "no such device" ctl rule list braid9
	must_say "is not one of auto" ctl class set braid0 class voice verdict often
	expect "rules that are left" "$(ctl -j rule list braid0 | jq length)" = 1
}

# config RULES: gw1's file with as many.
config() {
	cat "$(cat "$TEST_TMP/dir")/gw1.conf"
	printf '[Class]\nName = bulk\nPaths = wan2, wan3\nVerdict = stripe\n'
	printf '[Class]\nName = odd\nPaths = wan3\n'
	awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++)
		printf "[Rule]\nTo = 10.%d.%d.0/24\nProto = udp\nDPort = %d\nClass = bulk\n",
			50 + int(i / 256), i % 256, 1000 + i }'
	printf '[Rule]\nProto = icmp\nTo = 10.2.0.0/24\nClass = odd\n'
}

# cost: nanoseconds of a call of steer since the last time.
cost() {
	local time count

	read -r time count < <(bpftool -j prog show name adaptive_steer |
		jq -r '(if type == "array" then .[-1] else . end) |
			"\(.run_time_ns) \(.run_cnt)"')
	[ ! "${1:-}" ] || note "$1: $(((time - cost_time) / (count - cost_count))) ns a call, $((count - cost_count)) calls"
	cost_time=$time cost_count=$count
}

test_many() {
	sysctl -q kernel.bpf_stats_enabled=1
	ctl class set braid0 class odd paths wan3
	ctl rule add braid0 proto icmp to 10.2.0.0/24 class odd
	cost
	in_ns "$HA" ping -q -c 500 -i 0.002 10.2.0.2 >/dev/null
	cost "one flow, 1 rule"
	datagrams 7000 7499 1
	cost "500 new flows, 1 rule"
	config 2000 >"$TEST_TMP/gw1.conf"
	cp "$(cat "$TEST_TMP/dir")"/*.key "$TEST_TMP/" 2>/dev/null || :
	time ctl up "$TEST_TMP/gw1.conf"
	expect rules "$(ctl -j rule list braid0 | jq length)" = 2001
	ctl up "$TEST_TMP/gw1.conf" >"$TEST_TMP/up"
	grep -q "already up" "$TEST_TMP/up" || fail "a second up changes rules"
	cost
	in_ns "$HA" ping -q -c 500 -i 0.002 10.2.0.2 >/dev/null
	cost "one flow, 2,001 rules"
	datagrams 8000 8499 1
	cost "500 new flows, 2,001 rules"
	only wan3 pings 10.2.0.2
	bpftool map dump name braid_rulesets
	sysctl -q kernel.bpf_stats_enabled=0
}

# calls PATH: how many of the class's flows the policy has put there
calls() {
	ctl -j flow show class calls | jq --arg v "pin $1" \
		'[.[] | select(.verdict == $v)] | length'
}

calls_are_on() { [ "$(calls "$1")" = 50 ]; }

left() { ctl -j class list braid0 | jq -r '.[] | select(.class == "calls") | .left // ""'; }

# Fifty calls; their path begins to lose more than the class allows, but not so much
# that the policy itself would find the longer one quicker. When it loses nothing any
# more it is tried again.
test_limits() {
	local load began

	ctl class set braid0 class calls paths wan1,wan3 verdict pin max-loss 2%
	ctl rule add braid0 proto udp dport 5000-5049 class calls
	datagrams 5000 5049 3000 >/dev/null &
	load=$!
	until_true 20 calls_are_on wan1
	while_true 3 calls_are_on wan1
	began=$(monotonic_ms)
	topo_change 1 20/5/5
	until_true 20 calls_are_on wan3
	note "all moved after $(($(monotonic_ms) - began)) ms"
	left >"$TEST_TMP/left"
	grep -x 'gw2 wan1 (loss, [0-9.]* s)' "$TEST_TMP/left" ||
		fail "why: $(<"$TEST_TMP/left")"
	expect "none is lost now" "$(ctl -j path show braid0 path wan3 | jq '.[0].loss_ppm')" -lt 5000
	topo_change 1 20/5
	until_true 30 calls_are_on wan1
	expect "why" "$(left)" = ""
	pkill -P $load || :
	wait $load || :
	must_say "is not a share" ctl class set braid0 class calls max-loss 2
}

# Rules go with their device.
test_gone_with_the_device() {
	in_ns "$GWA" braidctl dev add braid1
	ctl class set braid1 class c
	ctl rule add braid1 class c
	ctl dev del braid1
	expect "sets that are left" "$(bpftool -j map dump name braid_rulesets |
		jq '[.[] | .formatted // . | select(.value.rules == 1)] | length')" = 0
}
