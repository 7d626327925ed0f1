# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR source=lib.sh
#
# Every example file brought up as it is, in a machine that has the links and
# addresses it names, and taken down again; and the branches of one hub together
# with it, with keys of their own.

top=$(cd "${lib_dir:?}/../.." && pwd)
examples=$top/Documentation/examples

plain_only=yes
all_only=yes

setup() { dir=$(mktemp -d); }

teardown() {
	local ns

	jobs -p | xargs -r kill 2>/dev/null || :
	for ns in ex hub b1 b2; do
		ip netns del "$ns" 2>/dev/null || :
	done
	for policy in adaptive cheapest; do
		braidctl policy del $policy 2>/dev/null || :
	done
	rm -rf "$dir"
}

# values KEY FILE
values() { sed -n "s/^$1 = //p" "$2"; }

# sections NAME FILE: how many
sections() { awk -v s="[$1]" '$0 == s { n++ } END { print n + 0 }' "$2"; }

# A namespace with the file's links, and its local addresses on the first of them.
machine() {
	local ns=$1 file=$2 link address

	ip netns add "$ns"
	ip -n "$ns" link set lo up
	for link in $(values Link "$file" | sort -u); do
		ip -n "$ns" link add "$link" type dummy
		ip -n "$ns" link set "$link" up
	done
	while read -r address; do
		ip -n "$ns" addr add "$address/24" dev "${link:-lo}"
	done < <(sed -n 's/^Local = \([0-9][0-9.]*\).*/\1/p' "$file" | sort -u)
}

# Its key files beside it
keys_for() {
	local file=$1 name

	for name in $(values KeyFile "$file"); do
		braidctl genkey static "$dir/$name" "$dir/$name.other"
	done
	for name in $(values PrivateKeyFile "$file"); do
		braidctl genkey "$dir/$name"
	done
}

test_each_comes_up() {
	local file name

	for file in "$examples"/*.conf; do
		name=${file##*/}
		note "$name"
		cp "$file" "$dir/"
		machine ex "$dir/$name"
		keys_for "$dir/$name"
		in_ns ex braidctl check "$dir/$name"
		in_ns ex braidctl up "$dir/$name"
		expect "paths of $name" "$(in_ns ex braidctl -j path show braid0 | jq length)" \
			-eq "$(sections Path "$file")"
		expect "peers of $name" "$(in_ns ex braidctl -j peer show braid0 | jq length)" \
			-eq "$(sections Peer "$file")"
		expect "policy of $name" "$(in_ns ex braidctl -j dev show braid0 |
			jq -r '.[0].policy_active')" = "$(values Policy "$file")"
		expect "rules of $name" "$(in_ns ex braidctl -j rule list braid0 | jq length)" \
			-eq "$(sections Rule "$file")"
		in_ns ex braidctl up "$dir/$name" >"$dir/again"
		grep -q 'already up' "$dir/again"
		in_ns ex braidctl down "$dir/$name"
		ip netns del ex
		rm "$dir"/*
	done
}

# branch N: its file as the example's comment says, with two lines to the hub
branch() {
	local n=$1 i

	ip netns add "b$n"
	ip -n "b$n" link set lo up
	for i in 1 2; do
		ip link add "wan$i" netns "b$n" type veth peer name "line$n$i" netns hub
		ip -n hub link set "line$n$i" up
		ip -n hub addr add "192.168.$n$i.1/24" dev "line$n$i"
		ip -n "b$n" link set "wan$i" up
		ip -n "b$n" addr add "192.168.$n$i.2/24" dev "wan$i"
		ip -n "b$n" route add default via "192.168.$n$i.1" dev "wan$i" metric "$i"
	done
	mkdir "$dir/$n"
	braidctl genkey "$dir/$n/private.key" >"$dir/$n/public"
	sed "s/10\.99\.1\.1/10.99.1.$n/; s#^PublicKey.*#PublicKey = $(<"$dir/hub/public")#" \
		"$examples/branch-of-many.conf" >"$dir/$n/branch-$n.conf"
}

# daemon NS FILE
daemon() {
	in_ns "$1" braidd "$2" >"$dir/log.$1" 2>&1 &
}

reaches() { in_ns "$1" ping -q -c 1 -W 1 "$2"; }

test_hub_and_branches() {
	local n key

	ip netns add hub
	ip -n hub link set lo up
	ip -n hub addr add 203.0.113.1/32 dev lo
	in_ns hub sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 \
		net.ipv4.conf.default.rp_filter=0
	mkdir "$dir/hub"
	braidctl genkey "$dir/hub/private.key" >"$dir/hub/public"
	cp "$examples/hub-of-many.conf" "$dir/hub/hub.conf"
	for n in 1 2; do
		branch $n
		key=$(<"$dir/$n/public")
		sed -i "/^Name = branch-$n/,/^PublicKey/s#^PublicKey.*#PublicKey = $key#" \
			"$dir/hub/hub.conf"
	done
	daemon hub "$dir/hub/hub.conf"
	daemon b1 "$dir/1/branch-1.conf"
	daemon b2 "$dir/2/branch-2.conf"
	until_true 30 reaches b1 10.99.0.1
	until_true 30 reaches b2 10.99.0.1
	# and by way of it from branch to branch
	until_true 10 reaches b1 10.99.1.2
	expect "usable at the hub" "$(in_ns hub braidctl -j peer show braid0 |
		jq -r 'map(.paths_usable) | sort | map(tostring) | join(" ")')" = "0 2 2"
}
