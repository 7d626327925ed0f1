# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR source=lib.sh
#
# Every tracepoint, through tracefs: it fires when it should, and its fields say
# what happened.

# shellcheck source=tests/vm/gateways.sh
. "$lib_dir/gateways.sh"
: "${keys:?}"

test_limit=240
trace=/sys/kernel/tracing

plain_only=yes
all_only=yes

file_setup() {
	topo_up 20/10 30/25
	gateways_up
}

file_teardown() {
	gateways_down
	topo_down
}

setup() {
	echo 0 >$trace/events/enable
	echo 20000 >$trace/buffer_size_kb
	echo >$trace/trace
}

teardown() { echo 0 >$trace/events/enable; }

# watch EVENT...: from now on
watch() {
	local event

	for event; do
		echo 1 >"$trace/events/braid/$event/enable"
	done
}

# traced EVENT [PATTERN]: its lines, without what ftrace puts in front
traced() {
	sed -n "s/.*: $1: //p" $trace/trace | grep -E -- "${2:-}"
}

# well_formed EVENT PATTERN: there are some, and all of them look like that
well_formed() {
	traced "$1" >"$TEST_TMP/lines" || fail "no $1"
	! grep -vxE -- "$2" "$TEST_TMP/lines" ||
		fail "$1 does not look like '$2'"
	note "$(wc -l <"$TEST_TMP/lines") of $1, such as"
	head -n 1 "$TEST_TMP/lines"
}

# Each one that the module has, and no other, is tried here.
test_all_are_tried() {
	local event

	for event in "$trace"/events/braid/*/; do
		event=${event%/}
		grep -q "^	watch.* ${event##*/}\\b" "$lib_dir/test_trace.sh" ||
			fail "${event##*/} has no test"
	done
}

test_packets() {
	local lost

	watch braid_packet_out braid_packet_in
	pings 10
	well_formed braid_packet_out "dev=braid0 peer=there path=w[12] slot=[01] \
pn=[0-9]+ gseq=[0-9]+ lane=[0-9]+ len=84 kind=auto repairs=[0-9]+ \
waited_us=[0-9]+"
	expect "packets out" "$(traced braid_packet_out | wc -l)" -ge 20
	well_formed braid_packet_in "dev=braid0 peer=there path_id=[0-9]+ \
pn=[0-9]+ gseq=[0-9]+ lane=[0-9]+ back=[0-9]+ len=84 \
fate=(delivered|held|duplicate)"
	# what left arrived under the same number
	traced braid_packet_out | grep -o 'gseq=[0-9]*' | sort >"$TEST_TMP/out"
	traced braid_packet_in | grep -o 'gseq=[0-9]*' | sort >"$TEST_TMP/in"
	lost=$(comm -23 "$TEST_TMP/out" "$TEST_TMP/in")
	expect "not come in" "$lost" = ""
}

test_path_state() {
	watch braid_path_state
	in_ns "$GWA" ip link set wan2 down
	until_true 5 traced braid_path_state "state=down"
	in_ns "$GWA" ip link set wan2 up
	topo_ip "$GWA" <<-END
		neigh replace 10.0.2.2 lladdr $(topo_mac 2 2) dev wan2 nud permanent
	END
	until_true 20 all_usable
	well_formed braid_path_state "dev=braid0 peer=there path=w2 slot=1 \
old=[a-z]+ state=[a-z]+ reason=\".+\""
	traced braid_path_state 'state=down reason="its link is down"'
	traced braid_path_state 'state=up'
}

test_probe() {
	local rtt

	watch braid_probe
	braid 1 path probe braid0 peer there path w1
	until_true 5 traced braid_probe "path=w1 .*step=answered"
	well_formed braid_probe "dev=braid0 peer=there path=w[12] slot=[01] \
step=(sent|came|answered) id=0x[0-9a-f]{16} rtt_us=[0-9]+ unanswered=[0-9]+"
	traced braid_probe "path=w1 .*step=sent"
	traced braid_probe "path=w1 .*step=came"
	rtt=$(traced braid_probe "path=w1 .*step=answered" | sed -n 1p |
		sed 's/.*rtt_us=\([0-9]*\).*/\1/')
	expect "round trip" "$rtt" -ge 20000
}

# One link loses, the other does not: holes come and end, and what is lost goes
# again.
test_holes_and_repairs() {
	watch braid_hole braid_repair
	topo_change 2 30/25/5%
	tcp_flow "$HA" "$HB" 10.2.0.2 4 0
	topo_change 2 30/25
	well_formed braid_hole "dev=braid0 peer=there \
end=(filled|proven|timer|overflow) holes=[0-9]+ released=[0-9]+ \
first_gseq=[0-9]+ held=[0-9]+"
	traced braid_hole end=filled | sed -n 1p
	well_formed braid_repair "dev=braid0 peer=there path=w[12] slot=[01] \
gseq=[0-9]+ lane=[0-9]+ len=[0-9]+ repairs=[12] age_us=[0-9]+"
	traced braid_repair path=w2 | sed -n 1p
}

test_keys() {
	watch braid_key
	gateways_down
	gateways_up
	well_formed braid_key "dev=braid0 peer=there what=(new|installed|swapped|retired|del) \
session=0x[0-9a-f]{8} epoch=[0-9]+"
	expect "new" "$(traced braid_key what=new | wc -l)" = 2
	expect "del" "$(traced braid_key what=del | wc -l)" = 2
}

# script NAME COMMAND...: it watches while that is done, which gives it something to
# tell; what it says is in $TEST_TMP/told
script() {
	local tracer name=$1 headers=$BRAID_CACHE/kernel/current/usr/src
	shift

	# it looks for them in /lib/modules, where the unpacked kernel has half of them
	BPFTRACE_KERNEL_SOURCE=$(echo "$headers"/linux-headers-*-common) \
		BPFTRACE_KERNEL_BUILD=/lib/modules/$(uname -r)/build \
		bpftrace "$lib_dir/../../userspace/monitoring/trace/$name.bt" \
		>"$TEST_TMP/told" 2>&1 &
	tracer=$!
	until_true 60 tracing
	"$@"
	kill -INT $tracer
	wait $tracer || fail "bpftrace: $(<"$TEST_TMP/told")"
	! grep -i error "$TEST_TMP/told" || fail "$name.bt"
}

# traffic, and losses on the second link
lossy_flow() {
	topo_change 2 30/25/5%
	tcp_flow "$HA" "$HB" 10.2.0.2 4 0 >/dev/null
	topo_change 2 30/25
}

# a path moves away and comes back, and both ends begin anew
moves_and_keys() {
	braid 1 path migrate braid0 peer there from w2 to w1 old standby >/dev/null
	pings 10
	braid 1 path set braid0 peer there path w2 standby no
	while_true 1 true
	gateways_down
	gateways_up
}

# somebody listens to the module's tracepoints
tracing() {
	bpftool -j perf list | jq -e 'any(.[]; (.tracepoint // "") | startswith("braid_"))'
}

# tells PATTERN...: each is in what the script said
tells() {
	local pattern

	for pattern; do
		grep -E -m 1 -- "$pattern" "$TEST_TMP/told" ||
			fail "no '$pattern' in $(<"$TEST_TMP/told")"
	done
}

test_scripts() {
	script flows lossy_flow
	tells '^@packets\[there, [0-9]+, w1\]: [0-9]+' '^@bytes\[there, [0-9]+, w2\]: [0-9]+' \
		'^@waited_us\[w1\]:'
	script holes lossy_flow
	tells '^@held\[there\]: [0-9]+' '^@ended\[there, 0\]: [0-9]+' \
		'^@until_none_waits_us\[there\]:'
	script repairs lossy_flow
	tells '^@lost_on\[there, w2\]: [0-9]+' '^@age_us\[w2\]:' '^@sent\[there, w1\]:'
	script paths moves_and_keys
	tells '^@bytes\[there, w1\]: [0-9]+' \
		'^[0-9]+ +there +w2 +state [0-9]+, was [0-9]+: .' \
		'^[0-9]+ +there +- +key new, epoch 0$'
}
