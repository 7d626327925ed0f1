# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR source=lib.sh
#
# Two gateways built up and taken down under full load, round after round, each
# time by another way; afterwards nothing is left of any of it. ROUNDS says how
# many, one of each way unless told otherwise: make test-rounds has a hundred.

# shellcheck source=tests/vm/flood.sh
. "${lib_dir:?}/flood.sh"
: "${links[0]:?}" "${ends[*]-}"

ways=(paths peers device module sockets_namespace device_namespace
	both_namespaces sessions)
test_limit=$((300 + ${ROUNDS:-8} * 60))

by_name=yes
policies=(adaptive built-in)
away=${TOPO_PREFIX}away
daemons=()

tell() { printf 'rounds: %s\n' "$*" >/dev/kmsg; }

# --- what is there and what must not be

# slab CACHE: objects that exist, exactly: a shrunken cache keeps none in reserve.
# One that is shared with other kinds of objects says nothing.
slab() {
	local dir=/sys/kernel/slab/$1 n

	read -r n <"$dir/aliases"
	[ "$n" = 0 ] || return 0
	echo 1 >"$dir/shrink"
	read -r n _ <"$dir/objects"
	printf '%s=%s ' "$1" "$n"
}

# All that can be left, in a line. The kernel frees a namespace when the next one has
# gone, so one that nobody used is always left, and it alone: once it has gone itself,
# which takes a moment after it was deleted.
remains() {
	local cache

	ip netns add "${TOPO_PREFIX}last"
	ip netns del "${TOPO_PREFIX}last"
	sleep 1
	for cache in net_namespace UDP UDPv6 TCP TCPv6; do
		slab $cache
	done
	"$lib_dir/bpfcount"
	printf 'users=%s\n' "$(cat /sys/module/braid/refcnt)"
}

# within SECONDS COMMAND...: as until_true, but it says whether
within() { (until_true "$@"); }

nothing_left() { [ "$(remains)" = "$before" ]; }

# --- building up

# build WAY POLICY: devices, peers, keys and paths, by braidctl; sessions by the
# daemons, with a key that they agree on
build() {
	daemons=()
	if [ "$1" = sessions ]; then
		sessions_up "Policy = $2"
	else
		tunnel_up "Policy = $2"
	fi
}

sessions_up() {
	local end ns

	tunnel_dir=$(mktemp -d)
	for end in 1 2; do
		[ $end = 1 ] && ns=$GWA || ns=$GWB
		tunnel_config $end "$tunnel_dir" - "$@" \
			"PrivateKeyFile = $TEST_TMP/$end.key"
		sed -i "s#^KeyFile = .*#PublicKey = $(<"$TEST_TMP/$((3 - end)).pub")#" \
			"$tunnel_dir/gw$end.conf"
		nsenter "--net=/run/netns/$ns" -- braidd \
			-s "$tunnel_dir/$end.state" "$tunnel_dir/gw$end.conf" \
			2>"$tunnel_dir/log$end" &
		daemons[end]=$!
	done
}

# moved_out: gwa's device to a namespace of its own, and the load with it; its
# sockets stay
moved_out() {
	flood_end 1
	ip netns add "$away"
	ip -n "$GWA" link set braid0 netns "$away"
	topo_ip "$away" <<-IP
		link set lo up
		addr add 10.99.0.1/24 dev braid0
		link set braid0 up
	IP
	flood 1 "$away"
}

# --- taking down, under load: each leaves no device behind

device_away() { ip -n "$1" link del braid0; }

devices_away() {
	device_away "$GWA"
	device_away "$GWB"
}

take_paths() {
	local i ns

	for ((i = 1; i <= ${#links[@]}; i++)); do
		in_ns "$GWA" braidctl path del braid0 peer gw2 path "wan$i"
		in_ns "$GWB" braidctl path del braid0 peer gw1 path "wan$i"
	done
	devices_away
}

take_peers() {
	in_ns "$GWA" braidctl peer del braid0 peer gw2
	in_ns "$GWB" braidctl peer del braid0 peer gw1
	devices_away
}

take_device() { devices_away; }

# A policy holds the module, devices do not: they go with it.
take_module() {
	braidctl policy del adaptive
	# what a policy held is let go of a little later
	until_true 20 rmmod braid
	modprobe braid
	braidctl policy load "$BRAID_BPF_DIR/adaptive.bpf.o"
}

take_sockets_namespace() {
	moved_out
	goes_on
	ip netns del "$GWA"
	while_true 1 true
	device_away "$away"
	anew
}

take_device_namespace() {
	moved_out
	goes_on
	flood_end 1
	ip netns del "$away"
	until_true 20 no_sockets
	anew
}

take_both_namespaces() {
	moved_out
	goes_on
	flood_end 1
	ip netns del "$GWA"
	ip netns del "$away"
	anew
}

# One daemon has no time to say goodbye.
take_sessions() {
	kill -KILL "${daemons[1]}"
	kill "${daemons[2]}"
	wait "${daemons[@]}" 2>/dev/null || :
	devices_away
}

no_sockets() { [ -z "$(in_ns "$GWA" ss -Huan "sport = :7001")" ]; }

# anew: the other end goes, too, while its load runs, and all of it is made again
anew() {
	[ ! -e "/run/netns/$GWA" ] || ip netns del "$GWA"
	[ ! -e "/run/netns/$away" ] || ip netns del "$away"
	flood_end 1
	flood_end 2
	ip netns del "$GWB"
	world_up
	flood 1 "$GWA"
	flood 2 "$GWB"
}

# bare END: no device and no socket of the tunnel; read without a program
bare() {
	local net=/proc/${ends[$1]}/net

	! grep -q braid0: "$net/dev" && ! grep -qE ":1B5[9A] " "$net/udp"
}

round() {
	local way=$1 policy=$2 end

	tell "$way, $policy"
	build "$way" "$policy"
	goes_on
	"take_$way"
	rm -rf "$tunnel_dir"
	for end in 1 2; do
		bare $end || fail "something is left at end $end after: $way"
	done
}

setup() {
	local end

	modprobe braid
	# what the first use leaves, on purpose: the shared maps
	braidctl policy load "$BRAID_BPF_DIR/adaptive.bpf.o"
	before=$(remains)
	tell "before: $before"
	for end in 1 2; do
		braidctl genkey "$TEST_TMP/$end.key" >"$TEST_TMP/$end.pub"
	done
	world_up
	flood 1 "$GWA"
	flood 2 "$GWB"
}

teardown() {
	[ ${#daemons[@]} = 0 ] || kill "${daemons[@]}" 2>/dev/null || :
	flood_end 1
	flood_end 2
	world_down
	braidctl policy del adaptive 2>/dev/null || :
}

test_rounds() {
	local rounds=${ROUNDS:-${#ways[@]}} n way start

	for ((n = 0; n < rounds; n++)); do
		way=${ways[n % ${#ways[@]}]}
		start=$(monotonic_ms)
		round "$way" "${policies[(n + n / ${#ways[@]}) % 2]}"
		note "$((n + 1)) $way $(($(monotonic_ms) - start)) ms"
		tell "$((n + 1)) $way $(($(monotonic_ms) - start)) ms"
	done
	flood_end 1
	flood_end 2
	world_down
	within 60 nothing_left || fail "left: $(remains), not $before"
	note "nothing left: $before"
	expect "leaks" "$(leaks)" = ""
}
