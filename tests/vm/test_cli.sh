# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR source=lib.sh
#
# braidctl against the kernel: by hand, by file, what it leaves behind when it
# fails, exit statuses, keys, events, and where pins are hidden.

# shellcheck disable=SC2154 # tunnel_dir is of tunnel.sh
# shellcheck source=tests/vm/tunnel.sh
. "${lib_dir:?}/tunnel.sh"

top=$(cd "$lib_dir/../.." && pwd)

plain_only=yes
long_tests="test_hidden_pins test_down_of_what_is_left
	test_monitor_tells_of_loss test_other_family test_sockets_come_and_go
	test_default_route"

ctl() { in_ns "$GWA" braidctl "$@"; }
far() { in_ns "$GWB" braidctl "$@"; }

# state NS: all that rtnetlink and braid know there, without counters and times.
state() {
	ip -n "$1" -br link show | sort
	ip -n "$1" -br addr show
	ip -n "$1" route show table all | sort
	ip -n "$1" -6 route show table all | sort
	ip -n "$1" rule show
	ip -n "$1" -6 rule show
	in_ns "$1" braidctl -j show | jq '[.. | objects |
		{dev, peer, path, socket, local, remote, cost, standby}]'
}

# status WANTED COMMAND...
status() {
	local wanted=$1 got=0
	shift

	output=$("$@" 2>&1) || got=$?
	expect "status of $*: $output" "$got" -eq "$wanted"
}

file_setup() { topo_up 100/5 100/5; }
file_teardown() { topo_down; }

setup() {
	local ns

	for ns in "$GWA" "$GWB"; do
		ip -n "$ns" link del braid0 2>/dev/null || :
	done
	dir=$(mktemp -d)
}

teardown() {
	jobs -p | xargs -r kill
	rm -rf "$dir"
}

# One end by hand: by_hand NS ME [nokey]
by_hand() {
	local ns=$1 me=$2 other=$((3 - $2)) i

	in_ns "$ns" braidctl dev add braid0 address "10.99.0.$me/24,fd00:99::$me/64" up
	in_ns "$ns" braidctl peer add braid0 peer "gw$other" \
		address "10.99.0.$other,fd00:99::$other"
	for i in 1 2; do
		in_ns "$ns" braidctl path add braid0 peer "gw$other" path "wan$i" \
			local "10.0.$i.$me:7000" remote "10.0.$i.$other:7000" \
			link "wan$i" cost "$i"
	done
	[ "${3:-}" = nokey ] || in_ns "$ns" braidctl key set braid0 \
		peer "gw$other" file "$dir/$me.key"
}

test_by_hand() {
	braidctl genkey static "$dir/1.key" "$dir/2.key"
	by_hand "$GWA" 1
	by_hand "$GWB" 2
	until_true 10 usable 2
	in_ns "$GWA" ping -q -c 3 -i 0.2 10.99.0.2
	in_ns "$GWA" ping -q -c 3 -i 0.2 fd00:99::2
	expect "peers" "$(ctl -j dev show braid0 | jq '.[0].peer_count')" -eq 1
	expect "cost" "$(ctl -j path show braid0 path wan2 | jq '.[0].cost')" -eq 2
	expect "local" "$(ctl -j path show braid0 path wan2 |
		jq -r '.[0].local')" = "10.0.2.1:7000"
	ctl show braid0 peer gw2 path wan1 | grep -qE 'wan1 +up'
	ctl path set braid0 peer gw2 path wan1 cost 9 standby yes cap 20mbit
	expect "what was set" "$(ctl -j path show braid0 path wan1 |
		jq -c '.[0] | [.cost, .standby, .cap]')" = "[9,true,2500000]"
	ctl path probe braid0 peer gw2 path wan1
	ctl key show braid0 | grep -q chacha20-poly1305
	ctl key del braid0 peer gw2
	expect "keys" "$(ctl -j key show braid0 | jq length)" -eq 0
}

# A socket made for a path goes with the last path that shares it.
test_sockets_come_and_go() {
	ctl dev add braid0
	ctl peer add braid0 peer a address 10.99.0.2
	ctl peer add braid0 peer b address 10.99.0.3
	ctl path add braid0 peer a path p local auto remote 10.0.1.2:1
	ctl path add braid0 peer b path p local auto remote 10.0.1.2:2
	ctl path add braid0 peer b path six local auto remote '[fd00:1::2]:2'
	ctl socket add braid0 socket own local auto
	expect "sockets" "$(ctl -j socket show braid0 | jq length)" -eq 3
	expect "users" "$(ctl -j socket show braid0 socket p | jq '.[0].users')" -eq 2
	ctl path del braid0 peer a path p
	expect "users" "$(ctl -j socket show braid0 socket p | jq '.[0].users')" -eq 1
	ctl path del braid0 peer b path p
	must_say 'no such socket' ctl socket show braid0 socket p
	ctl path add braid0 peer b path q socket own remote 10.0.1.2:2
	ctl path del braid0 peer b path q
	expect "own socket" "$(ctl -j socket show braid0 socket own | jq length)" -eq 1
	ctl socket del braid0 socket own
}

test_exit_status() {
	status 1 ctl
	status 1 ctl nonsense
	status 1 ctl peer add braid0
	status 1 ctl path add braid0 peer p path p remote 1.2.3.4:5
	status 2 ctl dev del braid0
	status 2 ctl dev del lo
	status 2 ctl peer show braid0
	status 3 ctl check /nowhere
	status 3 ctl policy load /nowhere
	status 2 ctl policy del nowhere
	status 0 ctl help
	ctl dev add braid0
	status 2 ctl dev add braid0
	status 2 ctl peer del braid0 peer nobody
	status 2 ctl show braid0 peer nobody
	status 0 ctl -j show
	# a device that could not be made as wanted is not made
	status 2 ctl dev add braid1 mtu 1000000000
	must_fail ip -n "$GWA" link show braid1
}

# What a file wants to load goes with what it fails to bring up.
test_failing_up_unloads() {
	export BRAID_BPF_DIR=$top/build/bpf
	tunnel_config 1 "$dir" "$dir/1.key" "Policy = adaptive"
	sed -i 's/^Link = wan2/Link = wan9/;s/^KeyFile/# &/' "$dir/gw1.conf"
	must_say 'no link wan9' ctl up "$dir/gw1.conf"
	must_fail grep -q adaptive <(braidctl policy list)
	must_fail test -e /sys/fs/bpf/braid/policy/adaptive
}

test_keys_serve_once() {
	braidctl genkey static "$dir/1.key" "$dir/2.key"
	must_say 'File exists' braidctl genkey static "$dir/3.key" "$dir/1.key"
	must_fail test -e "$dir/3.key"
	ctl dev add braid0
	# refused before the file is touched
	must_say 'no peer has that name' ctl key set braid0 peer gw2 file "$dir/1.key"
	ctl peer add braid0 peer gw2 address 10.99.0.2
	chmod 644 "$dir/1.key"
	status 3 ctl key set braid0 peer gw2 file "$dir/1.key"
	chmod 600 "$dir/1.key"
	ctl key set braid0 peer gw2 file "$dir/1.key"
	must_say 'used already' ctl key set braid0 peer gw2 file "$dir/1.key"
	expect "wiped keys" "$(grep -c ' = 0\{64\}$' "$dir/1.key")" -eq 2
}

# A file's tunnel comes up whole, or nothing of it is left.
test_up_or_nothing() {
	local before broken

	before=$(state "$GWA")
	braidctl genkey static "$dir/1.key" "$dir/2.key"
	tunnel_config 1 "$dir" "$dir/1.key"
	# a link that is missing, an address that is not ours, a network that is
	# reached otherwise, a key that is not there, a command that fails ...
	broken=(
		's/^Link = wan2/Link = wan9/'
		's/^Local = 10.0.2.1/Local = 10.77.0.1/'
		's/^Route = 10.2.0.0.24/Route = 10.0.1.0\/24/'
		's/^# KeyFile.*/KeyFile = missing.key/'
		's/^Name = braid0/&\nPostUp = false/'
		's/^Name = braid0/&\nPolicy = nowhere/'
	)
	for sed in "${broken[@]}"; do
		# the key is spent only by what fails after it
		sed "s/^KeyFile = \//# &/;$sed" "$dir/gw1.conf" >"$dir/broken.conf"
		note "broken by $sed"
		must_say '^braidctl: braid0: ' ctl up "$dir/broken.conf"
		expect "state after $sed" "$(state "$GWA")" = "$before"
	done
	ctl up "$dir/gw1.conf"
	ctl down "$dir/gw1.conf"
	expect "state after down" "$(state "$GWA")" = "$before"
	must_say 'used already' ctl up "$dir/gw1.conf"
	expect "state after a spent key" "$(state "$GWA")" = "$before"
}

settings() {
	ctl -j show braid0 | jq -c '.[0] | [.mtu, .policy, .peers[].reorder_cap_us,
		.peers[].paths[].cost]'
}

test_up_again() {
	local before line

	tunnel_up "PostUp = echo once >>$dir/ran"
	until_true 10 usable 2
	before=$(state "$GWA")
	expect "a second up" "$(ctl up "$tunnel_dir/gw1.conf")" = "braid0: already up"
	expect "state" "$(state "$GWA")" = "$before"
	expect "runs of PostUp" "$(wc -l <"$dir/ran")" -eq 2
	usable 2 || fail "the second up broke it"
	# a changed file changes what can be, and takes back what it made
	sed 's/^Name = wan1/&\nCost = 7/;s/^Name = gw2/&\nReorderCap = 99ms/
		s/^Name = braid0/&\nMTU = 1300\nAddress = 10.97.0.1/' \
		"$tunnel_dir/gw1.conf" >"$dir/c.conf"
	ctl up "$dir/c.conf" | tee "$dir/told"
	for line in 'mtu is now 1300, was 14' 'address 10.97.0.1/32 is new' \
		'peer gw2: reorder-cap is now 99.0 ms, was 250.0 ms' \
		'path wan1: cost is now 7, was 0'; do
		grep -q "^braid0: $line" "$dir/told" || fail "not told: $line"
	done
	expect "lines told" "$(wc -l <"$dir/told")" -eq 4
	expect "cost" "$(ctl -j path show braid0 path wan1 | jq '.[0].cost')" -eq 7
	expect "a third up" "$(ctl up "$dir/c.conf")" = "braid0: already up"
	before=$(settings)
	printf '\n%s\n' "[Path]" "Name = third" "Local = 10.0.1.1:7009" \
		"Remote = 10.0.1.2:7009" "[Path]" "Name = fourth" \
		"Link = wan9" "Remote = 10.0.1.2:7010" >>"$dir/c.conf"
	sed -i 's/^Cost = 7/Cost = 8/;s/^MTU = .*/MTU = 1290/;s/= 99ms/= 98ms/' \
		"$dir/c.conf"
	must_say 'no link wan9' ctl up "$dir/c.conf"
	# what it had changed by then it has taken back
	expect "settings after a failure" "$(settings)" = "$before"
	expect "paths" "$(ctl -j path show braid0 | jq length)" -eq 2
	expect "sockets" "$(ctl -j socket show braid0 | jq length)" -eq 2
	sed -i 's/10.0.1.2:7001/10.0.1.2:7999/' "$dir/c.conf"
	must_say 'another remote' ctl up "$dir/c.conf"
	tunnel_down
}

# Whatever of it somebody has taken away by hand: the rest goes, too.
test_down_of_what_is_left() {
	local before

	before=$(state "$GWA")
	tunnel_up "FwMark = 0x77" "Table = 119"
	ctl dev del braid0
	ip -n "$GWA" rule show | grep -q 'lookup 119'
	ctl down "$tunnel_dir/gw1.conf"
	expect "state after the device went" "$(state "$GWA")" = "$before"
	status 2 ctl down "$tunnel_dir/gw1.conf"
	far peer del braid0 peer gw1
	far down "$tunnel_dir/gw2.conf"
	rm -r "$tunnel_dir"
}

# A default route over the tunnel keeps the tunnel's own packets out of it.
test_default_route() {
	local before sed

	before=$(state "$GWA")
	tunnel_up "FwMark = 0x77" "Table = 119"
	sed='s/^Route = 10.*/Route = 0.0.0.0\/0/;s/^Route = fd.*/Route = ::\/0/'
	ctl down "$tunnel_dir/gw1.conf"
	far down "$tunnel_dir/gw2.conf"
	rm "$tunnel_dir"/*.key
	braidctl genkey static "$tunnel_dir/1.key" "$tunnel_dir/2.key"
	sed -i "$sed" "$tunnel_dir/gw1.conf"
	ctl up "$tunnel_dir/gw1.conf"
	far up "$tunnel_dir/gw2.conf"
	until_true 10 usable 2
	ip -n "$GWB" addr add 192.0.2.1/32 dev lo
	in_ns "$GWA" ping -q -c 2 -i 0.2 192.0.2.1
	in_ns "$GWA" ip route get 192.0.2.1 | grep -q 'dev braid0'
	in_ns "$GWA" ip route get 10.0.1.2 mark 0x77 | grep -q 'dev wan1'
	ip -n "$GWB" addr del 192.0.2.1/32 dev lo
	tunnel_down
	expect "state" "$(state "$GWA")" = "$before"
}

# IPv4 networks by way of a peer that has IPv6 addresses only.
test_other_family() {
	tunnel_up
	ctl down "$tunnel_dir/gw1.conf"
	far down "$tunnel_dir/gw2.conf"
	rm "$tunnel_dir"/*.key
	braidctl genkey static "$tunnel_dir/1.key" "$tunnel_dir/2.key"
	sed -i 's/^Address = 10.99.0.[12],/Address = /' "$tunnel_dir"/gw?.conf
	ctl up "$tunnel_dir/gw1.conf"
	far up "$tunnel_dir/gw2.conf"
	ip -n "$GWA" route show 10.2.0.0/24 | grep -q 'via inet6 fd00:99::2'
	until_true 10 usable 2
	in_ns "$HA" ping -q -c 3 -i 0.2 10.2.0.2
	tunnel_down
}

seen() { grep -q "$1" "$dir/events"; }

test_monitor() {
	local first

	ctl -j monitor >"$dir/events" &
	tunnel_up
	until_true 10 seen '"what":"path-up".*"path":"wan2"'
	ctl peer del braid0 peer gw2
	until_true 10 seen '"what":"peer-del"'
	# numbers without gaps, and none was lost
	first=$(jq -s '.[0].seq' "$dir/events")
	jq -se "[.[].seq] == [range($first; $first + length)]" "$dir/events"
	must_fail seen lost
	ctl dev show | grep -q braid0
	tunnel_down
}

# An event, seen by a listener that has got so far.
poke() {
	ctl peer add braid0 peer poke address 10.99.1.1
	ctl peer del braid0 peer poke
	seen peer-del
}

# A listener that is too slow is told how much it missed.
test_monitor_tells_of_loss() {
	local i pid old

	old=$(cat /proc/sys/net/core/rmem_default)
	ctl dev add braid0
	# room for very few events
	echo 2304 >/proc/sys/net/core/rmem_default
	nsenter "--net=/run/netns/$GWA" -- braidctl -j monitor >"$dir/events" &
	pid=$!
	until_true 20 poke
	echo "$old" >/proc/sys/net/core/rmem_default
	kill -STOP $pid
	for ((i = 0; i < 8; i++)); do
		ctl peer add braid0 peer "p$i" address "10.99.2.$i"
	done
	kill -CONT $pid
	until_true 20 seen '"peer":"p0"'
	ctl peer add braid0 peer last address 10.99.1.2
	until_true 20 seen '"peer":"last"'
	expect "events lost" "$(jq -s '[.[] | .count // 0] | add' "$dir/events")" -gt 0
	# what was not seen was told of; the first may have had a gap before it
	jq -se '(map(.count // 0) | add) + (map(select(.seq)) | length) ==
		(map(select(.seq)) | last.seq - first.seq + 1) +
		(first.count // 0)' "$dir/events" ||
		fail "gaps and told losses differ: $(cat "$dir/events")"
	# and after each loss comes all that there is
	jq -se 'map(select(.what == "now")) | (map(.object) | unique) ==
		["device", "peer"] and any(.peer == "p7")' "$dir/events" ||
		fail "no state after a loss: $(cat "$dir/events")"
}

# completions LINE: what bash would offer where LINE ends, sorted, in one line.
completions() {
	# shellcheck disable=SC2016 # for the shell in there
	in_ns "$GWA" bash -c '. "$1"
		complete -p braidctl >/dev/null
		COMP_LINE=$2 COMP_POINT=${#2}
		_braidctl
		printf "%s\n" "${COMPREPLY[@]}"' - \
		"$top/userspace/cli/completion.bash" "$1" | sort | xargs
}

completes() { expect "after '$1'" "$(completions "$1")" = "$2"; }

test_completion() {
	by_hand "$GWA" 1 nokey
	ctl peer add braid0 peer gw3 address 10.99.0.3
	ctl path add braid0 peer gw3 path other local auto remote 10.0.1.2:9
	completes 'braidctl p' 'path peer policy pool port pubkey'
	completes 'braidctl -j -v so' socket
	completes 'braidctl path ' 'add del hop migrate probe set show test'
	completes 'braidctl path add braid0 standby cost 3 ' \
		'cap cold fwmark keepalive link local path peer quota remote socket'
	# names that there are, and none for what is yet to be named
	completes 'braidctl peer set ' 'address braid0 dev multicast peer reorder-cap source'
	completes 'braidctl dev add dev ' ''
	completes 'braidctl peer del braid0 peer ' 'gw2 gw3'
	completes 'braidctl peer add braid0 peer ' ''
	completes 'braidctl show braid0 path ' 'other wan1 wan2'
	completes 'braidctl show braid0 ' 'path peer state'
	completes 'braidctl path show peer gw2 path w' 'wan1 wan2'
	completes 'braidctl port ' show
	completes 'braidctl port show ' 'braid0 dev path peer state'
	completes 'braidctl pool show ' 'braid0 dev peer state'
	completes 'braidctl port show braid0 path w' 'wan1 wan2'
	completes 'braidctl path add braid0 socket ' 'other wan1 wan2'
	completes 'braidctl socket add link wan' 'wan1 wan2'
	completes 'braidctl peer set source ' 'any strict'
	# an address with a port is one word
	completes 'braidctl path add remote 10.0.0.1:7000 sta' standby
	# a name is never run by the shell that completes it
	cd "$dir"
	ctl peer add braid0 peer "\$(touch\${IFS}ran)" address 10.99.0.4
	completions 'braidctl peer del braid0 peer ' >/dev/null
	must_fail test -e ran
	mkdir "$dir/files"
	touch "$dir/files/one.conf" "$dir/files/two.conf"
	completes "braidctl up $dir/files/o" "$dir/files/one.conf"
	completes 'braidctl rep' report
	completes 'braidctl report conf' config
	completes "braidctl report $dir/files/t" "$dir/files/two.conf"
	completes "braidctl report $dir/one config $dir/fil" "$dir/files"
}

# ip netns exec has a /sys of its own, where no pin of ours can be seen.
test_hidden_pins() {
	ip netns exec "$GWA" braidctl dev add braid0 policy adaptive
	must_fail ip netns exec "$GWA" ls /sys/fs/bpf/braid
	ip netns exec "$GWA" braidctl policy load "$top/build/bpf/adaptive.bpf.o"
	test -e /sys/fs/bpf/braid/policy/adaptive
	test -e /sys/fs/bpf/braid/maps/braid_flows
	expect "active" "$(ctl -j dev show braid0 | jq -r '.[0].policy_active')" = adaptive
	ip netns exec "$GWA" braidctl flow show
	must_say 'loaded already' ip netns exec "$GWA" braidctl \
		policy load "$top/build/bpf/adaptive.bpf.o"
	ip netns exec "$GWA" braidctl policy del adaptive
	must_fail test -e /sys/fs/bpf/braid/policy/adaptive
	expect "active" "$(ctl -j dev show braid0 | jq -r '.[0].policy_active')" = built-in
	# a pin whose link is dead is in nobody's way
	braidctl policy load "$top/build/bpf/adaptive.bpf.o"
	rm /sys/fs/bpf/braid/policy/adaptive
	until_true 5 bash -c '! braidctl policy list | grep -q adaptive'
	braidctl policy load "$top/build/bpf/adaptive.bpf.o"
	braidctl policy del adaptive
}

# up loads the policy it wants, from where it is told.
test_up_loads_the_policy() {
	export BRAID_BPF_DIR=$dir
	must_say 'there is no adaptive.bpf.o in '"$dir" tunnel_up "Policy = adaptive"
	cp "$top/build/bpf/adaptive.bpf.o" "$dir/"
	tunnel_up "Policy = adaptive"
	braidctl policy list | grep -q '^adaptive '
	expect "devices" "$(braidctl -j policy list |
		jq '.[] | select(.policy == "adaptive").devices')" -eq 2
	tunnel_down
	braidctl policy del adaptive
}

# A user who may do nothing is told so, and sees what anybody may.
test_permissions() {
	ctl dev add braid0
	must_say 'not permitted|Operation not permitted' \
		ctl_as_nobody dev add braid1
	must_say 'not permitted|Operation not permitted' \
		ctl_as_nobody peer add braid0 peer p address 10.99.0.2
	ctl_as_nobody dev show | grep -q braid0
}

ctl_as_nobody() {
	in_ns "$GWA" setpriv --reuid 65534 --regid 65534 --clear-groups \
		"$(command -v braidctl)" "$@"
}

# All of it, and not one at a time.
test_many_peers() {
	local i

	{
		printf '%s\n' "[Device]" "Name = braid0"
		for ((i = 1; i <= 30; i++)); do
			printf '%s\n' "[Peer]" "Name = p$i" "Address = 10.98.0.$i" \
				"[Path]" "Name = wan1" "Peer = p$i" \
				"Local = 10.0.1.1:7000" \
				"Remote = 10.0.1.2:$((10000 + i))"
		done
	} >"$dir/many.conf"
	ctl up "$dir/many.conf"
	expect "peers" "$(ctl -j peer show braid0 | jq length)" -eq 30
	expect "paths" "$(ctl -j path show braid0 | jq length)" -eq 30
	expect "sockets" "$(ctl -j socket show braid0 | jq length)" -eq 1
	expect "paths in the tree" "$(ctl -j show braid0 |
		jq '[.[0].peers[].paths[]] | length')" -eq 30
}
