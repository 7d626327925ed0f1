# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR source=lib.sh
#
# Remotes that are names: found, followed when the peer's address changes, and what
# becomes of one that cannot be found. /etc/hosts and resolv.conf are the test's own.

# shellcheck source=tests/vm/gateways.sh
. "$lib_dir/gateways.sh"

test_limit=240

plain_only=yes
long_tests="test_reload test_a_name_that_cannot_be_found test_braidctl_up"

file_setup() {
	local end

	topo_up 100/5 100/5
	for end in 1 2; do
		braidctl genkey "$TEST_TMP/$end.key" >"$TEST_TMP/$end.pub"
	done
}

file_teardown() { topo_down; }

# The same files, not others of the same name: they are mounted.
hosts() { printf '%s\n' "127.0.0.1 localhost" "$@" >"$TEST_TMP/hosts"; }
servers() { printf '%s\n' "options timeout:1 attempts:2" "$@" >"$TEST_TMP/resolv.conf"; }

# private END COMMAND...: with these files
private() {
	local ns
	ns=$(namespace "$1")
	shift
	# shellcheck disable=SC2016 # for the shell in there
	exec nsenter "--net=/run/netns/$ns" -- unshare -m bash -c '
		mount --bind "$1/hosts" /etc/hosts
		mount --bind "$1/resolv.conf" /etc/resolv.conf
		shift
		exec "$@"' - "$TEST_TMP" "$@"
}

# daemon END: starts it and waits until it cares
daemon() {
	local log=$TEST_TMP/log$1

	: >"$log"
	private "$1" braidd -l debug -s "$TEST_TMP/$1.state" \
		"$TEST_TMP/$1.conf" 2>>"$log" &
	pid[$1]=$!
	until_true 10 grep -q "cares for" "$log"
}

# head_of END [LINE...]: device and peer; lines go to the device
head_of() {
	local me=$1 other=$((3 - $1))
	shift

	printf '%s\n' "[Device]" "Name = braid0" "Address = 10.99.0.$me/24" \
		"PrivateKeyFile = $TEST_TMP/$me.key" "$@" \
		"[Peer]" "Name = there" "Address = 10.99.0.$other" \
		"Route = 10.$other.0.0/24" \
		"PublicKey = $(cat "$TEST_TMP/$other.pub")"
}

# The site looks for its hub by a name for each line; the hub knows no address.
configs() {
	local i

	head_of 2 | sed 's/^\[Peer\]/[Socket]\nName = main\nLocal = auto:5000\nListen = yes\n&/' \
		>"$TEST_TMP/2.conf"
	{
		head_of 1 "ResolveInterval = 2s"
		for i in 1 2; do
			printf '%s\n' "[Path]" "Name = w$i" "Link = wan$i" \
				"Local = 10.0.$i.1" "Remote = hub$i.test:5000"
		done
	} >"$TEST_TMP/1.conf"
}

setup() {
	declare -ga pid=()
	rm -f "$TEST_TMP"/*.state
	configs
	hosts
	servers
}

teardown() {
	local end

	for end in 1 2; do
		[ -z "${pid[$end]:-}" ] || kill "${pid[$end]}" 2>/dev/null || :
		echo "# log of end $end"
		tail -n 30 "$TEST_TMP/log$end" || :
	done
	jobs -p | xargs -r kill 2>/dev/null || :
	wait
	for end in 1 2; do
		braid "$end" dev del braid0 2>/dev/null || :
	done
	hub_at 2
}

# hub_at N: the hub's only address on the first link is 10.0.1.N
hub_at() {
	ip -n "$GWB" -4 addr flush dev wan1
	ip -n "$GWB" addr add "10.0.1.$1/24" dev wan1
	topo_ip "$GWA" <<-IP
		neigh replace 10.0.1.$1 lladdr $(topo_mac 1 2) dev wan1 nud permanent
	IP
	topo_ip "$GWB" <<-IP
		neigh replace 10.0.1.1 lladdr $(topo_mac 1 1) dev wan1 nud permanent
	IP
}

# leads PATH ADDRESS
leads() {
	[ "$(paths 1 | jq -r ".[] | select(.path == \"$1\").remote")" = "$2:5000" ]
}

state_is() { [ "$(state 1 "$1")" = "$2" ]; }

show() { braid 1 "$@" show braid0 state "$TEST_TMP/1.state"; }

# name PATH FIELD: what the daemon knows of its remote
name() {
	show -j | jq -c ".[0].peers[0].names[] | select(.path == \"$1\").$2"
}

found() { [ "$(name "$1" address)" = "[\"$2\"]" ]; }
lost() { [ "$(name "$1" failures)" -ge 1 ]; }

# A name server whose answer changes, as dynamic DNS has it.
test_follows_a_dynamic_name() {
	servers "nameserver 127.0.0.1"
	printf '%s\n' "hub1.test 10.0.1.2" "hub2.test 10.0.2.2" >"$TEST_TMP/zone"
	in_ns "$GWA" python3 "$lib_dir/dnsd.py" "$TEST_TMP/zone" &
	until_true 10 listening "$GWA" 53 udp
	daemon 2
	daemon 1
	until_true 20 all_usable
	pings 3
	until_true 5 found w1 10.0.1.2
	# what works stays where it is, whatever the name says
	printf '%s\n' "hub1.test 10.0.1.22" "hub2.test 10.0.2.2" >"$TEST_TMP/zone"
	until_true 10 found w1 10.0.1.22
	while_true 4 leads w1 10.0.1.2
	state_is w1 up || fail "w1 went down"
	# the hub moves, and is found; the other line carries meanwhile
	in_ns "$HA" ping -q -i 0.2 10.2.0.2 >/dev/null &
	hub_at 22
	until_true 60 leads w1 10.0.1.22
	until_true 20 state_is w1 up
	leads w2 10.0.2.2 || fail "w2 was moved"
	until_true 10 all_usable
	pings 3
}

# One name is in no file, and the name server swallows all questions.
test_a_name_that_cannot_be_found() {
	topo_ip "$GWA" <<-IP
		neigh replace 10.0.1.99 lladdr 02:00:00:00:77:77 dev wan1 nud permanent
	IP
	servers "nameserver 10.0.1.99"
	hosts "10.0.1.2 hub1.test"
	daemon 2
	daemon 1
	until_true 20 usable 1 1
	pings 3
	until_true 60 lost w2
	show | tee "$TEST_TMP/shown"
	grep -q 'path w2: hub2.test:5000: .*; looked up again in' "$TEST_TMP/shown"
	expect "paths" "$(paths 1 | jq length)" = 1
	expect "of the other" "$(name w1 failures)" = 0
	hosts "10.0.1.2 hub1.test" "10.0.2.2 hub2.test"
	until_true 60 all_usable
	until_true 5 found w2 10.0.2.2
	expect "why" "$(name w2 lookup_why)" = null
	# whoever comes next takes over what is there
	kill -KILL "${pid[1]}"
	daemon 1
	pings 3
	expect "handshakes" "$(grep -c "begins" "$TEST_TMP/log1" || :)" = 0
}

# named LIST: names that are looked up, as JSON
named() { [ "$(show -j | jq -c '.[0].peers[0].names | map(.name)')" = "$1" ]; }

# A file that says another name, then an address.
test_reload() {
	hosts "10.0.1.2 hub1.test other.test" "10.0.2.2 hub2.test"
	daemon 2
	daemon 1
	until_true 20 all_usable
	sed -i 's/hub1.test/other.test/; s/hub2.test/10.0.2.2/' "$TEST_TMP/1.conf"
	kill -HUP "${pid[1]}"
	until_true 10 grep -q reloaded "$TEST_TMP/log1"
	until_true 20 all_usable
	# the file that tells is written a little later
	until_true 10 named '["other.test:5000"]'
	pings 3
}

# braidctl looks a name up once, for keys in files; the rest is the daemon's.
test_braidctl_up() {
	new_keys
	hosts "10.0.1.2 hub1.test"
	head_of 1 | sed "/^PrivateKeyFile/d; s#^PublicKey.*#KeyFile = $TEST_TMP/keys/1#" \
		>"$TEST_TMP/static.conf"
	printf '%s\n' "[Path]" "Name = w1" "Local = 10.0.1.1" \
		"Remote = hub1.test:5000" >>"$TEST_TMP/static.conf"
	(private 1 braidctl up "$TEST_TMP/static.conf")
	leads w1 10.0.1.2 || fail "w1 leads elsewhere"
	(private 1 braidctl up "$TEST_TMP/static.conf") | grep -q 'already up'
	braid 1 dev del braid0
	sed -i 's/hub1.test/nowhere.test/' "$TEST_TMP/static.conf"
	must_say 'path w1: nowhere.test: ' private 1 braidctl up \
		"$TEST_TMP/static.conf"
	must_fail ip -n "$GWA" link show braid0
	(private 1 braidctl up "$TEST_TMP/1.conf")
	expect "paths" "$(paths 1 | jq length)" = 0
}
