# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR source=lib.sh
#
# braidd: keys from a handshake, changed under traffic, kept over the daemon's own
# death and made anew when an end forgets them.

# shellcheck source=tests/vm/gateways.sh
. "$lib_dir/gateways.sh"

test_limit=240
alone_tests="test_rekey_under_load test_kill_under_load test_ports_move
	test_ports_move_after_bytes"

plain_only=yes
long_tests="test_ports_move test_given_up_and_taken_back"

file_setup() {
	local end

	topo_up 20/10 30/25
	for end in 1 2; do
		braidctl genkey "$TEST_TMP/$end.key" >"$TEST_TMP/$end.pub"
	done
}

file_teardown() { topo_down; }

# config END INTERVAL [LINE...]: lines go to the peer's section
config() {
	local me=$1 other=$((3 - $1)) interval=$2 i
	shift 2

	{
		printf '%s\n' "[Device]" "Name = braid0" \
			"Address = 10.99.0.$me/24" \
			"PrivateKeyFile = $TEST_TMP/$me.key" \
			"RekeyInterval = $interval" \
			"[Peer]" "Name = there" "Address = 10.99.0.$other" \
			"Route = 10.$other.0.0/24" \
			"PublicKey = $(cat "$TEST_TMP/$other.pub")" "$@"
		for ((i = 1; i <= $(topo_links); i++)); do
			printf '%s\n' "[Path]" "Name = w$i" "Link = wan$i" \
				"Local = 10.0.$i.$me:5000" \
				"Remote = 10.0.$i.$other:5000"
		done
	} >"$TEST_TMP/$me.conf"
}

# daemon END: starts it and waits until it cares
daemon() {
	local log=$TEST_TMP/log$1

	: >"$log"
	# not by in_ns: the process to be killed is braidd, not a shell around it
	nsenter "--net=/run/netns/$(namespace "$1")" -- braidd -l debug \
		-s "$TEST_TMP/$1.state" -p "$TEST_TMP/$1.habits" \
		"$TEST_TMP/$1.conf" 2>>"$log" &
	pid[$1]=$!
	until_true 10 grep -q "cares for" "$log"
}

# murder END: it has no time to say goodbye
murder() {
	kill -KILL "${pid[$1]}"
	wait "${pid[$1]}" 2>/dev/null || :
}

setup() {
	declare -ga pid=()
	sender=
	rm -f "$TEST_TMP"/*.state "$TEST_TMP"/*.habits
}

teardown() {
	local end

	[ -z "$sender" ] || pkill -INT -P "$sender" || :
	for end in 1 2; do
		[ -z "${pid[$end]:-}" ] || kill "${pid[$end]}" 2>/dev/null || :
		echo "# log of end $end"
		tail -n 30 "$TEST_TMP/log$end" || :
	done
	wait
	for end in 1 2; do
		braid "$end" dev del braid0 2>/dev/null || :
	done
}

# both INTERVAL: both ends up, by braidd
both() {
	config 1 "$1"
	config 2 "$1"
	daemon 1
	daemon 2
	until_true 10 all_usable
}

# session END: ids of the session
session() {
	braid "$1" -j peer show braid0 |
		jq -r '.[0] | "\(.session_local // 0) \(.session_remote // 0)"'
}

epoch() { braid "$1" -j key show braid0 | jq '[.[] | select(.sending)][0].epoch'; }

epoch_past() { [ "$(epoch "$1")" -gt "$2" ]; }

# udp SECONDS: 1,000 packets a second in the background, to be judged by expect_no_loss
udp() {
	counted=("" "$(counters 1)" "$(counters 2)")
	iperf3_udp "$HA" "$HB" 10.2.0.2 "$1" "$TEST_TMP/udp.json" &
	udp=$!
}

# queue_drops: of both ends; what CoDel or a full queue dropped nothing else lost
queue_drops() {
	local end

	for end in 1 2; do
		counters $end
	done | jq -s 'map(."drop-tx-codel" + ."drop-tx-queue") | add'
}

# udp_lost: how many of them were, once all are sent
udp_lost() {
	local end

	wait "$udp"
	expect "packets" "$(jq '.end.sum.packets' "$TEST_TMP/udp.json")" -gt 1000
	lost=$(jq '.end.sum.lost_packets' "$TEST_TMP/udp.json")
	[ "$lost" = 0 ] || for end in 1 2; do
		note "moved at end $end: $(moved $end "${counted[end]}")"
	done
}

expect_no_loss() {
	local lost

	udp_lost
	expect "lost" "$lost" = 0
}

test_comes_up() {
	both 120s
	pings 3
	expect "ids of one end" "$(session 1)" = \
		"$(session 2 | awk '{ print $2, $1 }')"
	grep -q "session .*begun" "$TEST_TMP/log1"
}

# A machine that pauses makes queues, from which CoDel drops: if that is all that was
# lost, once more.
test_rekey_under_load() {
	local lost dropped first try

	both 1s
	for try in 1 2 3; do
		dropped=$(queue_drops)
		first=$(epoch 1)
		udp 15
		until_true 60 epoch_past 1 $((first + 8))
		udp_lost
		dropped=$(($(queue_drops) - dropped))
		note "try $try: $lost lost, $dropped dropped by queues"
		expect "lost otherwise" "$lost" -le "$dropped"
		[ "$lost" != 0 ] || break
	done
	expect "lost each time" "$lost" = 0
	expect "ids" "$(session 1)" = "$(session 2 | awk '{ print $2, $1 }')"
	note "epochs: $(epoch 1) $(epoch 2)"
	expect "not opened" "$(counter 1 drop-rx-auth) $(counter 2 drop-rx-auth)" \
		= "0 0"
	expect "unknown epoch" \
		"$(counter 1 drop-rx-epoch) $(counter 2 drop-rx-epoch)" = "0 0"
}

# The kernel goes on by itself, and who comes next takes its sessions over.
test_kill_under_load() {
	local i before

	both 3600s
	before="$(session 1) $(epoch 1)"
	udp 20
	for i in 1 2 3 4 5; do
		murder 1
		daemon 1
		murder 2
		daemon 2
	done
	expect_no_loss
	expect "session and epoch" "$(session 1) $(epoch 1)" = "$before"
	expect "handshakes" "$(grep -c "begins" "$TEST_TMP/log1" || :)" = 0
	expect "handshakes" "$(grep -c "begins" "$TEST_TMP/log2" || :)" = 0
}

# forget END: a reboot, as the other end sees it
forget() {
	murder "$1"
	braid "$1" dev del braid0
	rm -f "$TEST_TMP/$1.state"
	daemon "$1"
}

test_either_end_starts_anew() {
	local before

	both 120s
	before=$(session 1)
	forget 1
	until_true 20 all_usable
	pings 2
	expect "new session" "$(session 1)" != "$before"
	before=$(session 1)
	forget 2
	until_true 20 all_usable
	pings 2
	expect "new session" "$(session 1)" != "$before"
}

test_another_key_is_refused() {
	braidctl genkey "$TEST_TMP/evil.key"
	config 1 120s
	config 2 120s
	sed -i "s#$TEST_TMP/1.key#$TEST_TMP/evil.key#" "$TEST_TMP/1.conf"
	daemon 2
	daemon 1
	sleep 3
	expect "key of end 1" "$(session 1)" = "0 0"
	expect "key of end 2" "$(session 2)" = "0 0"
	rm "$TEST_TMP/evil.key"
}

# A peer that is taken out of the file loses its keys and gets no others; what
# stays in it does not notice.
test_reload() {
	both 120s
	cp "$TEST_TMP/2.conf" "$TEST_TMP/whole"
	kill -HUP "${pid[2]}"
	until_true 10 grep -q reloaded "$TEST_TMP/log2"
	until_true 10 all_usable
	sed -i '/^\[Peer\]/,$d' "$TEST_TMP/2.conf"
	kill -HUP "${pid[2]}"
	until_true 10 grep -q "no longer cared for" "$TEST_TMP/log2"
	expect "peers" "$(braid 2 -j peer show braid0 | jq length)" = 0
	# an idle path is looked at now and then only; one with traffic at once
	in_ns "$HA" ping -q -i 0.5 -c 60 10.2.0.2 >/dev/null &
	until_true 90 grep -q "handshake .* failed" "$TEST_TMP/log1"
	cp "$TEST_TMP/whole" "$TEST_TMP/2.conf"
	kill -HUP "${pid[2]}"
	until_true 40 all_usable
	pings 2
}

# place END FIELD
place() { braid "$1" -j pool show braid0 state "$TEST_TMP/$1.state" | jq -r ".[0].$2"; }

placed() { [ "$(place "$1" place)" = "$2" ]; }

# away_and_back: end 2 goes and comes back, in silence; how long it took until a host
# of the other side had an answer from it goes to $back_ms
away_and_back() {
	local i begun

	# whoever has something to send notices soon
	in_ns "$HA" ping -q -i 0.2 10.2.0.2 >/dev/null &
	i=$!
	topo_cut 1
	topo_cut 2
	until_true 20 placed 1 "$1"
	until_true 20 placed 2 "$1"
	kill $i
	sleep 3
	begun=$(date +%s%3N)
	topo_restore 1
	topo_restore 2
	until_true 60 in_ns "$HA" ping -q -c 1 -W 1 10.2.0.2
	back_ms=$(($(date +%s%3N) - begun))
	until_true 10 placed 1 here
}

# Keys of a peer that is away wait for it, and it is looked for.
test_comes_back_to_its_keys() {
	local before back_ms

	both 120s
	before=$(session 1)
	away_and_back held
	note "back after $back_ms ms"
	expect "pattern" "$(place 1 pattern)" = new
	expect "hits" "$(place 1 hits)" = 1
	expect "misses" "$(place 1 misses)" = 0
	expect "asks" "$(place 1 asks)" -ge 1
	expect "session" "$(session 1)" = "$before"
	# what was learned outlives the daemon
	murder 1
	daemon 1
	until_true 5 placed 1 here
	expect "rounds" "$(place 1 rounds)" = 1
	# and a reboot, which it ends before as it should
	kill "${pid[1]}"
	wait "${pid[1]}" || :
	rm "$TEST_TMP/1.state"
	braid 1 key del braid0 peer there
	daemon 1
	until_true 10 placed 1 here
	expect "rounds after a reboot" "$(place 1 rounds)" = 1
}

# Without a pool its keys are forgotten at once, and new ones are made.
test_pool_off() {
	local before back_ms

	config 1 120s
	config 2 120s
	sed -i '/^Name = braid0/a PoolSize = 0' "$TEST_TMP"/[12].conf
	daemon 1
	daemon 2
	until_true 10 all_usable
	before=$(session 1)
	away_and_back let-go
	note "back after $back_ms ms"
	expect "misses" "$(place 1 misses)" = 1
	expect "why" "$(grep -c "ends: the pool is off" "$TEST_TMP/log1")" = 1
	expect "session" "$(session 1)" != "$before"
}

# mover END FIELD
mover() {
	braid "$1" -j migration list braid0 state "$TEST_TMP/$1.state" |
		jq -r ".[0].$2"
}

moved_to() { [ "$(mover 1 mover)" = "$1" ]; }

# A path whose round trip is too long hands over to the standby one under traffic, and
# is taken back a minute after it has recovered. What the other end sends stays.
test_given_up_and_taken_back() {
	config 1 120s
	config 2 120s
	sed -i '/^Name = w1/a MaxRTT = 150ms' "$TEST_TMP/1.conf"
	sed -i '/^Name = w2/a Standby = yes' "$TEST_TMP/1.conf"
	daemon 1
	daemon 2
	until_true 10 all_usable
	until_true 10 moved_to stays
	in_ns "$HA" ping -q -i 0.1 10.2.0.2 >"$TEST_TMP/ping" &
	sender=$!
	topo_change 1 20/250
	until_true 40 moved_to away
	expect "to" "$(mover 1 to)" = w2
	mover 1 mover_why | grep -q "longer than MaxRTT"
	expect "standby" "$(paths 1 | jq -c 'map(.standby)')" = "[true,false]"
	topo_change 1 20/10
	while_true 20 moved_to away
	until_true 120 moved_to stays
	expect "standby" "$(paths 1 | jq -c 'map(.standby)')" = "[false,true]"
	expect "moves" "$(mover 1 moves)" = 1
	expect "failed" "$(mover 1 moves_failed)" = 0
	pkill -INT -P "$sender"
	wait "$sender" || :
	grep -q " 0% packet loss" "$TEST_TMP/ping" || fail "$(cat "$TEST_TMP/ping")"
}

# The hub knows no address of the site, whose ports are drawn: a cookie proves it,
# and the paths back are made from its probes.
test_hub_and_drawn_ports() {
	local port

	config 1 2s
	config 2 2s
	sed -i '/^\[Path\]/,$d' "$TEST_TMP/2.conf"
	sed -i '/^\[Peer\]/i [Socket]\nName = main\nLocal = auto:5000\nListen = yes' \
		"$TEST_TMP/2.conf"
	sed -i 's/^\(Local = .*\):5000/\1/; /^\[Peer\]/i Ports = 40000-40063, !40010' \
		"$TEST_TMP/1.conf"
	daemon 2
	daemon 1
	until_true 20 all_usable
	pings 2
	# an epoch more, begun by either
	until_true 20 epoch_past 1 0
	for port in $(paths 1 | jq -r '.[].local | split(":")[1]'); do
		expect_between "port" "$port" 40000 40063
	done
}

# carried FILTER: of what each of the site's paths has carried, both ways, in bytes
carried() { paths 1 | jq "map(.tx_bytes + .rx_bytes) | $1"; }

# The site's paths move after a megabyte each, here by nothing else.
test_ports_move_after_bytes() {
	config 1 120s
	config 2 120s
	sed -i '/^\[Path\]/,$d' "$TEST_TMP/2.conf"
	sed -i '/^\[Peer\]/i [Socket]\nName = main\nLocal = auto:5000\nListen = yes' \
		"$TEST_TMP/2.conf"
	sed -i 's/^\(Local = .*\):5000/\1/; /^\[Peer\]/i PortHop = 3600s\nPortHopBytes = 1m 100k' \
		"$TEST_TMP/1.conf"
	daemon 2
	daemon 1
	until_true 20 all_usable
	sleep 3
	expect "moves of an idle tunnel" "$(paths 1 | jq 'map(.moves) | max')" = 0
	udp 14
	expect_no_loss
	note "moves: $(paths 1 | jq -c 'map(.moves)'), $(ports 1 | jq -c)"
	# 8 MB and their headers; the debug kernel does not get so many through
	[ "$BRAID_DEBUG" != 0 ] || expect "bytes" "$(carried add)" -ge 8000000
	# one path after 1.0 to 1.1 MB each, and what it carries until it may move again
	expect "moves" "$(paths 1 | jq 'map(.moves) | add')" -ge "$(carried \
		'map(. / 2100000 | floor) | add')"
	expect "moves" "$(paths 1 | jq 'map(.moves) | add')" -le "$(carried \
		'map(. / 1000000 | floor) | add')"
	expect "left" "$(ports 1 | jq 'map(.hop_left // 0) | max')" -le 1150976
	expect "range" "$(ports 1 | jq -r 'map(.range) | unique[]')" = any
}

# ports END: what braidctl tells of them, with what the daemon knows
ports() { braid "$1" -j port show braid0 state "$TEST_TMP/$1.state"; }

hopped() { [ "$(ports 1 | jq 'map(.hops) | min')" -ge "$1" ]; }

# Ports that move by themselves, at both ends: the site's that were drawn, and the
# hub's, whose path is made for a probe, by hand. Nothing is lost.
test_ports_move() {
	config 1 120s
	config 2 120s
	sed -i '/^\[Path\]/,$d' "$TEST_TMP/2.conf"
	sed -i '/^\[Peer\]/i [Socket]\nName = main\nLocal = auto:5000\nListen = yes' \
		"$TEST_TMP/2.conf"
	sed -i 's/^\(Local = .*\):5000/\1/; /^\[Peer\]/i Ports = 40000-49999\nPortHop = 2s 1s' \
		"$TEST_TMP/1.conf"
	daemon 2
	daemon 1
	until_true 20 all_usable
	udp 14
	sleep 3
	braid 2 path hop braid0 peer there path auto-1
	expect_no_loss
	note "moves: $(paths 1 | jq -c 'map(.moves)') $(paths 2 | jq -c 'map(.moves)')"
	expect "moves" "$(paths 1 | jq 'map(.moves) | min')" -ge 2
	expect "paths of the hub" "$(paths 2 | jq length)" = 2
	until_true 5 hopped 2
	expect "ranges" "$(ports 1 | jq -r 'map(.range) | unique[]')" = 40000-49999
	expect "due within" "$(ports 1 | jq 'map(.hop_next_us // 0) | max')" -le 3000000
	braid 1 port show braid0 state "$TEST_TMP/1.state" path w1 | grep -q 40000-49999
	# the hub's paths are the peer's: there is nothing to be due
	expect "of the hub" "$(ports 2 | jq -c 'map([.moves > 0, has("range")]) |
		unique')" = '[[true,false]]'
	expect "without the file" "$(braid 1 -j port show braid0 |
		jq 'map(has("range")) | any')" = false
	# whoever comes next takes over what has moved
	murder 1
	daemon 1
	pings 3
	expect "handshakes" "$(grep -c "begins" "$TEST_TMP/log1" || :)" = 0
}
