# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What a scenario file has at hand. A file tests/vm/test_NAME.sh defines
#
#	test_ANYTHING()		one test each, run in its own process
#	setup(), teardown()	around each test, in the test's process
#	file_setup()		once before, file_teardown() once after all of them
#	rate_tests="..."	tests that judge rates: run in a VM alone on the machine,
#				not on the debug kernel
#	alone_tests="..."	tests that judge what is lost under load: alone, too
#	debug_tests="..."	tests that need it: run there only
#	plain_only=yes		all of them: run on the debug kernel only when
#				named, since they take long there
#	by_name=yes		all of them: run on either kernel only when named
#	all_only=yes		all of them: run by make test-all, or when named
#	long_tests="..."	tests that make test leaves out on the plain kernel: run
#				by make test-all, or when they or their file are named
#	shown=yes		what they print is shown when they passed, too
#	test_limit=SECONDS	for each test, 300 unless told otherwise; it is
#				there for what hangs, not for what is slow
#
# A test passes when it comes to its end: any command that fails ends it, and
# so does fail. What it prints is shown only if it failed. A test that cannot
# run has failed; there is no skipping. TEST_TMP is a folder that the tests of
# a file share; nothing else survives from one to the next.

lib_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/vm/topo.sh
. "$lib_dir/topo.sh"

# It starts in a tenth of jq's time, which in the VM is a third of a second: polls
# would take the processor away from what is under test. Keys come sorted.
jq() { gojq "$@"; }
export -f jq

note() { printf '%s\n' "$*"; }

fail() {
	local i

	printf 'FAILED: %s\n' "$*"
	for ((i = 1; i < ${#FUNCNAME[@]} - 1; i++)); do
		printf '  at %s:%s (%s)\n' "${BASH_SOURCE[i]##*/}" \
			"${BASH_LINENO[i - 1]}" "${FUNCNAME[i]}"
	done
	exit 1
}

# expect WHAT GOT OPERATOR WANT: as [ ] compares, with both values shown.
expect() {
	# shellcheck disable=SC1073,SC1072 # an operator in a variable
	test "$2" "$3" "$4" || fail "$1: $2, not $3 $4"
}

# expect_between WHAT GOT LEAST MOST; fractions are allowed.
expect_between() {
	awk -v v="$2" -v a="$3" -v b="$4" 'BEGIN { exit !(v + 0 >= a && v + 0 <= b) }' ||
		fail "$1: $2, not between $3 and $4"
}

# must_fail COMMAND...: it must fail, and not by a signal. Its output is in
# $output afterwards.
must_fail() {
	local status=0

	output=$("$@" 2>&1) || status=$?
	[ $status != 0 ] || fail "succeeded: $*"
	[ $status -lt 126 ] || fail "died with status $status: $*: $output"
}

# must_say PATTERN COMMAND...: it must fail and say so in words.
must_say() {
	local pattern=$1
	shift

	must_fail "$@"
	grep -qE -- "$pattern" <<<"$output" ||
		fail "'$*' says '$output', not '$pattern'"
}

# until_true SECONDS COMMAND...: waits for it to succeed. Seconds are stretched
# on the debug kernel.
until_true() {
	local end=$(($(monotonic_ms) + $1 * 1000 * ${BRAID_SLOW:-1}))
	shift

	until "$@" >/dev/null 2>&1; do
		[ "$(monotonic_ms)" -lt $end ] || fail "not within the time: $*"
		sleep 0.05
	done
}

# while_true SECONDS COMMAND...: it must hold all the time; for what must not
# happen there is nothing to poll for.
while_true() {
	local end=$(($(monotonic_ms) + $1 * 1000))
	shift

	while [ "$(monotonic_ms)" -lt $end ]; do
		"$@" >/dev/null 2>&1 || fail "no longer true: $*"
		sleep 0.1
	done
}

# The uptime in ms: the same clock as rxsample's.
monotonic_ms() {
	local up

	read -r up _ </proc/uptime
	printf '%d\n' "$((10#${up/./} * 10))"
}

# listening NAMESPACE PORT [tcp|udp]: for until_true.
listening() {
	in_ns "$1" ss -Hln "--${3:-tcp}" "sport = :$2" | grep -q .
}

# packets NAMESPACE DEVICE rx|tx [packets|bytes|dropped]: the kernel's counter.
packets() {
	in_ns "$1" ip -j -s link show dev "$2" |
		jq -r ".[0].stats64.$3.${4:-packets}"
}

# mbit BYTES SECONDS
mbit() { awk -v b="$1" -v s="$2" 'BEGIN { printf "%.2f\n", b * 8 / s / 1e6 }'; }

# iperf3_udp FROM TO ADDRESS SECONDS FILE: 1,000 datagrams a second; the report goes to
# FILE. The receiver has room for more than a second of them, so that it loses none
# while somebody else has the processor.
iperf3_udp() {
	local server

	sysctl -qw net.core.rmem_max=4194304 net.core.wmem_max=4194304
	in_ns "$2" iperf3 -s -1 -p 5300 >/dev/null &
	server=$!
	until_true 10 listening "$2" 5300 tcp
	in_ns "$1" iperf3 -c "$3" -p 5300 -u -b 4M -l 500 -t "$4" -w 2M -J \
		--udp-counters-64bit >"$5" || fail "iperf3 failed: $(cat "$5")"
	wait $server
}

# The C helpers that the tests and benchmarks share (make test-tools).
rxsample() { "$lib_dir/../../build/tests/rxsample" "$@"; }

# tcp_flow FROM TO ADDRESS SECONDS SKIP [TABLE]: one TCP connection; prints what
# arrived, as JSON (see rxsample.c). The receiver measures. tcp_options goes to
# both ends, for example --mptcp.
tcp_flow() {
	local from=$1 to=$2 address=$3 seconds=$4 skip=$5 table=${6:-/dev/null} sink
	local port=$((20000 + RANDOM % 20000)) result
	local -a options

	read -ra options <<<"${tcp_options:-}"
	result=$(mktemp)
	in_ns "$to" "$lib_dir/../../build/tests/rxsample" "${options[@]}" \
		sink "$port" "$seconds" "$skip" "$table" >"$result" &
	sink=$!
	until_true 10 listening "$to" "$port"
	in_ns "$from" "$lib_dir/../../build/tests/rxsample" "${options[@]}" \
		source "$address" "$port" "$seconds" || fail "the source of a TCP flow failed"
	wait $sink || fail "the sink of a TCP flow failed"
	cat "$result"
	rm "$result"
}

# Run as a program: lib.sh FILE FUNCTION, by tests/vm/run.
if [ "${BASH_SOURCE[0]}" = "$0" ]; then
	set -eE -o pipefail
	trap 'printf "FAILED: status %d at %s:%s: %s\n" $? "${BASH_SOURCE[0]##*/}" \
		"$LINENO" "$BASH_COMMAND"' ERR
	# shellcheck source=/dev/null
	. "$1"
	case $2 in
	file_setup | file_teardown)
		if declare -F "$2" >/dev/null; then
			"$2"
		fi
		;;
	*)
		if declare -F setup >/dev/null; then
			setup
		fi
		if declare -F teardown >/dev/null; then
			trap teardown EXIT
		fi
		"$2"
		;;
	esac
	exit 0
fi
