# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR source=lib.sh
#
# Flows as their users pick them: by words on the command line, and on a terminal
# by keys.

# shellcheck source=tests/vm/tunnel.sh
. "${lib_dir:?}/tunnel.sh"

plain_only=yes

file_setup() {
	topo_up 20/5 20/30
	tunnel_up "Policy = adaptive"
	echo "$tunnel_dir" >"$TEST_TMP/dir"
	until_true 10 usable 2
	in_ns "$HA" ping -q -c 5 -i 0.2 10.2.0.2
	in_ns "$HA" ping -q -c 5 -i 0.2 fd00:2::2
}

file_teardown() {
	tunnel_dir=$(cat "$TEST_TMP/dir")
	tunnel_down
	topo_down
	braidctl policy del adaptive
}

ctl() { in_ns "$GWA" braidctl "$@"; }

# flows WORD...: protocols of the flows that are shown
flows() { ctl -j flow show "$@" | jq -r '[.[].proto] | sort | join(" ")'; }

test_filters() {
	expect "all" "$(flows | grep -o 'icmp[v6]*' | sort -u | xargs)" = "icmp icmpv6"
	expect "IPv4" "$(flows host 10.2.0.2)" = icmp
	expect "a network" "$(flows host fd00:1::/64)" = icmpv6
	expect "protocol" "$(flows proto icmp)" = icmp
	expect "both" "$(flows braid0 proto icmp host fd00::/8)" = ""
	expect "peer" "$(flows peer gw2 proto icmp)" = icmp
	expect "no peer" "$(flows peer gw9)" = ""
	expect "class" "$(flows class interactive proto icmp)" = icmp
	expect "path" "$(flows path wan1 proto icmp)" = icmp
	expect "age" "$(ctl -j flow show sort age | jq '[.[].age_us] | . == sort')" = true
	must_say 'is not a port' ctl flow show port x
	must_say 'is not an address or a network' ctl flow show host 10.0.0.0/99
}

# It goes on until somebody ends it.
test_watch() {
	local pid

	in_ns "$GWA" braidctl -j flow show watch 1 proto icmp >"$TEST_TMP/watched" &
	pid=$!
	until_true 20 thrice
	pkill -TERM -P $pid || kill $pid
	wait $pid || :
	jq -e '.[0].proto == "icmp"' "$TEST_TMP/watched"
}

thrice() { [ "$(grep -c '^\[' "$TEST_TMP/watched")" -ge 3 ]; }

# on_terminal COMMAND...: steps of terminal.py come in
on_terminal() { in_ns "$GWA" "$lib_dir/terminal.py" "$@"; }

test_keys() {
	on_terminal braidctl top braid0 <<-END
		wait braid0: policy adaptive
		wait wan2
		wait icmpv6
		wait q quit
		type s
		wait bytes
		type /proto icmp x\\n
		wait the value is missing
		type \\x7f\\x7f\\n
		wait , only proto icmp
		size 40 140
		wait wan1
		wait icmp
		type p
		wait paused
		size 3 10
		type p
		size 24 100
		wait wan1
		type q
		end 0
	END
}

# However it ends, the terminal is its user's again.
test_ends() {
	on_terminal braidctl top <<-END
		wait wan1
		signal SIGTERM
		end 0
	END
	on_terminal braidctl top pace 2 <<-END
		wait wan1
		type \\x03
		end 0
	END
	must_say 'top needs a terminal' ctl top
	must_say 'top needs a terminal' ctl -j top
	on_terminal env TERM=nonsense braidctl top <<-END
		wait which is not known here
		end 1
	END
}
