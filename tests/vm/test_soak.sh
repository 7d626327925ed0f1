# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR source=lib.sh
#
# Two gateways in service, for as long as SOAK says (600 s unless told otherwise),
# while what can go wrong does, drawn from SEED: links, controllers, policies, rules,
# ports, keys, paths, the module itself. The hosts' connections are never made anew,
# what arrives is what was sent, and memory does not grow. make soak runs it.

# shellcheck source=tests/vm/gateways.sh
. "${lib_dir:?}/gateways.sh"
# shellcheck source=tests/vm/load.sh
. "$lib_dir/load.sh"

test_limit=$((${SOAK:-600} + 900))
by_name=yes
shown=yes

specs=("" 10/10 15/25 20/50)
policies=(adaptive sticky redundant standby cheapest built-in)
faults=(cut carrier loss slow all_cut murder restart reload policy rule hop migrate
	path checkpoint module)
pid=()

# also to the console, which is there when the machine no longer is
tell() {
	note "$*"
	printf '<5>soak: %s\n' "$*" >/dev/kmsg
}

# below N: sets $drawn
below() { drawn=$((RANDOM % $1)); }

file_setup() {
	local end

	topo_up "${specs[@]:1}"
	for end in 1 2; do
		braidctl genkey "$TEST_TMP/$end.key" >"$TEST_TMP/$end.pub"
	done
}

file_teardown() { topo_down; }

# config END: the first end's ports are drawn, and hop
config() {
	local me=$1 other=$((3 - $1)) i

	{
		printf '%s\n' "[Device]" "Name = braid0" \
			"Address = 10.99.0.$me/24, fd00:99::$me/64" \
			"PrivateKeyFile = $TEST_TMP/$me.key" \
			"RekeyInterval = 15s" "Policy = adaptive" \
			"Metrics = 9480"
		[ "$me" = 2 ] || printf '%s\n' "Ports = 40000-49999" "PortHop = 25s"
		printf '%s\n' "[Peer]" "Name = there" \
			"Address = 10.99.0.$other, fd00:99::$other" \
			"Route = 10.$other.0.0/24, fd00:$other::/64" \
			"PublicKey = $(cat "$TEST_TMP/$other.pub")"
		# the hub makes its paths of what comes in
		if [ "$me" = 2 ]; then
			printf '%s\n' "[Socket]" "Name = in" "Listen = yes" \
				"Local = 0.0.0.0:5000"
		fi
		[ "$me" = 2 ] || for ((i = 1; i < ${#specs[@]}; i++)); do
			printf '%s\n' "[Path]" "Name = w$i" "Link = wan$i" \
				"Local = 10.0.$i.$me" "Remote = 10.0.$i.$other:5000"
		done
	} >"$TEST_TMP/$me.conf"
}

# daemon END
daemon() {
	local log=$TEST_TMP/log$1

	: >"$log"
	nsenter "--net=/run/netns/$(namespace "$1")" -- braidd \
		-s "$TEST_TMP/$1.state" -q "$TEST_TMP/$1.quota" \
		-p "$TEST_TMP/$1.habits" \
		"$TEST_TMP/$1.conf" 2>>"$log" &
	pid[$1]=$!
	until_true 20 grep -q "cares for" "$log"
}

# end_daemon END SIGNAL
end_daemon() {
	kill "-$2" "${pid[$1]}"
	wait "${pid[$1]}" 2>/dev/null || :
}

usable_some() { [ "$(braid 1 -j peer show braid0 | jq '.[0].paths_usable')" -ge 1 ]; }

# --- what goes wrong; each is over when it returns

some_link() { below $((${#specs[@]} - 1)); link=$((drawn + 1)); }
some_end() { below 2; end=$((drawn + 1)); }
for_a_while() { below "${1:-5}"; sleep $((drawn + 1)); }

fault_cut() {
	local ways=(both ab ba) link

	some_link
	below 3
	topo_cut "$link" "${ways[drawn]}"
	for_a_while
	topo_restore "$link"
}

fault_carrier() {
	local link end ns mac

	some_link
	some_end
	ns=$(namespace "$end")
	ip -n "$ns" link set "wan$link" down
	for_a_while
	ip -n "$ns" link set "wan$link" up
	# what goes with a link
	mac=$(ip -n "$(namespace $((3 - end)))" -j link show dev "wan$link" |
		jq -r '.[0].address')
	ip -n "$ns" neigh replace "10.0.$link.$((3 - end))" dev "wan$link" \
		lladdr "$mac" nud permanent
}

fault_loss() {
	local link

	some_link
	topo_change "$link" "${specs[link]}/2"
	for_a_while
	topo_change "$link" "${specs[link]}"
}

fault_slow() {
	local link rate delay

	some_link
	IFS=/ read -r rate delay <<<"${specs[link]}"
	topo_change "$link" "$((rate / 3))/$((delay * 2))"
	for_a_while 8
	topo_change "$link" "${specs[link]}"
}

fault_all_cut() {
	local i

	for ((i = 1; i < ${#specs[@]}; i++)); do
		topo_cut $i
	done
	for_a_while 8
	for ((i = 1; i < ${#specs[@]}; i++)); do
		topo_restore $i
	done
}

fault_murder() {
	local end

	some_end
	end_daemon "$end" KILL
	for_a_while
	daemon "$end"
}

# An end that has lost its memory
fault_restart() {
	end_daemon 1 TERM
	end_daemon 2 TERM
	rm -f "$TEST_TMP"/[12].state
	daemon 1
	daemon 2
}

fault_reload() {
	local end

	some_end
	kill -HUP "${pid[$end]}"
}

fault_policy() {
	local end

	some_end
	below ${#policies[@]}
	braid "$end" dev set braid0 policy "${policies[drawn]}"
	for_a_while 3
}

fault_rule() {
	braid 1 class set braid0 class few paths w1,w2
	braid 1 rule add braid0 pref 10 to 10.2.0.0/24 class few
	for_a_while 3
	braid 1 rule del braid0 pref 10
	braid 1 class del braid0 class few
}

fault_hop() {
	local link

	some_link
	braid 1 path hop braid0 peer there path "w$link" || :
}

fault_migrate() {
	local link

	some_link
	braid 1 path migrate braid0 peer there from "w$link" \
		to "w$((link % 3 + 1))" old standby || :
	braid 1 path set braid0 peer there path "w$link" standby no
}

# The file has it: a reload brings it back.
fault_path() {
	local link

	some_link
	braid 1 path del braid0 peer there path "w$link"
	for_a_while 3
	kill -HUP "${pid[1]}"
}

fault_checkpoint() {
	braid 1 checkpoint save "$TEST_TMP/cp" || fail "no checkpoint"
	braid 1 checkpoint restore "$TEST_TMP/cp" || fail "not restored"
}

# Nothing of braid is left for a moment; what the hosts send is lost.
fault_module() {
	local end

	for end in 1 2; do
		end_daemon $end TERM
		braid $end dev del braid0
	done
	for end in "${policies[@]}"; do
		[ "$end" = built-in ] || braidctl policy del "$end"
	done
	# the kernel frees what a policy held a little later
	until_true 20 rmmod braid
	modprobe braid
	policies_load
	daemon 1
	daemon 2
}

policies_load() {
	local p

	for p in "${policies[@]}"; do
		[ "$p" = built-in ] || braidctl policy load "$BRAID_BPF_DIR/$p.bpf.o" >/dev/null
	done
}

# --- what holds all the time

# content: a file both ways, by connections of their own
content() {
	head -c 300000 /dev/urandom >"$TEST_TMP/sent"
	in_ns "$HB" busybox nc -l -p 5300 >"$TEST_TMP/got" \
		< <(exec sleep 600) &
	local sink=$!
	until_true 10 listening "$HB" 5300
	in_ns "$HA" busybox nc -w 60 10.2.0.2 5300 <"$TEST_TMP/sent"
	wait $sink
	cmp "$TEST_TMP/sent" "$TEST_TMP/got" || fail "not what was sent"
}

# memory: unreclaimable slabs and the controllers', in KiB
memory() {
	awk '/^SUnreclaim:/ { print $2 }' /proc/meminfo
	awk '/^VmRSS:/ { n += $2 } END { print n }' \
		"/proc/${pid[1]}/status" "/proc/${pid[2]}/status"
}

# grew NUMBER...: the least of the last quarter less the most of the first: what is on its
# way at a moment, megabytes of it, does not count
grew() {
	printf '%s\n' "$@" | awk '{ v[NR] = $1 }
		END {
			n = int(NR / 4)
			for (i = 1; i <= n; i++) {
				if (v[i] > most)
					most = v[i]
				if (i == 1 || v[NR + 1 - i] < least)
					least = v[NR + 1 - i]
			}
			print least - most
		}'
}

invariants() {
	until_true 60 usable_some
	goes_on
	tcp_goes_on
	content
}

setup() {
	local end

	RANDOM=$((${SEED:-1}))
	tell "seed ${SEED:-1}, ${SOAK:-600} s"
	modprobe braid
	policies_load
	for end in 1 2; do
		rm -f "$TEST_TMP/$end.state"
		config $end
		daemon $end
	done
	until_true 20 usable_some
	load_start
}

teardown() {
	local end

	load_stop
	for end in 1 2; do
		[ -z "${pid[end]:-}" ] || kill "${pid[end]}" 2>/dev/null || :
		echo "# log of end $end"
		tail -n 30 "$TEST_TMP/log$end" || :
	done
	wait
	for end in 1 2; do
		braid $end dev del braid0 2>/dev/null || :
	done
	for end in "${policies[@]}"; do
		braidctl policy del "$end" 2>/dev/null || :
	done
}

test_faults_at_random() {
	local end=$(($(monotonic_ms) + ${SOAK:-600} * 1000)) n=0 fault begun
	local slab rss
	local -a slabs=() rsss=()
	local -A count=()

	while [ "$(monotonic_ms)" -lt $end ]; do
		below ${#faults[@]}
		fault=${faults[drawn]}
		begun=$(monotonic_ms)
		tell "$((n += 1)): $fault"
		"fault_$fault"
		invariants
		count[$fault]=$((${count[$fault]:-0} + 1))
		tell "$n: $fault, over after $(($(monotonic_ms) - begun)) ms"
		{ read -r slab; read -r rss; } < <(memory)
		slabs+=("$slab")
		rsss+=("$rss")
	done
	tell "$n faults:$(for fault in "${faults[@]}"; do
		printf ' %s %s' "$fault" "${count[$fault]:-0}"
	done)"
	tell "slabs after each, KiB: ${slabs[*]}"
	tell "controllers after each, KiB: ${rsss[*]}"
	[ $n -ge 12 ] || fail "too few faults to tell whether memory grows"
	expect "growth of slabs in KiB" "$(grew "${slabs[@]}")" -lt 4096
	expect "growth of the controllers in KiB" "$(grew "${rsss[@]}")" -lt 2048
}
