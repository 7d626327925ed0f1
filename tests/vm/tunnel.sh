# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# braid between the gateways of topo.sh, one path over every link, from
# configuration files. braid0 has 10.99.0.1 and fd00:99::1 in gwa, .2 and ::2 in
# gwb; the LANs are routed through it.

# tunnel_config END DIR KEY [LINE...]: END is 1 in gwa, 2 in gwb; lines go to the
# device's section.
tunnel_config() {
	local me=$1 other=$((3 - $1)) dir=$2 key=$3 i
	shift 3

	{
		printf '%s\n' "[Device]" "Name = braid0" \
			"Address = 10.99.0.$me/24" "Address = fd00:99::$me/64" "$@"
		printf '\n%s\n' "[Peer]"
		printf '%s\n' "Name = gw$other" \
			"Address = 10.99.0.$other,fd00:99::$other" \
			"Route = 10.$other.0.0/24" "Route = fd00:$other::/64" \
			"KeyFile = $key"
		for ((i = 1; i <= $(topo_links); i++)); do
			printf '\n%s\n' "[Path]"
			printf '%s\n' "Name = wan$i" "Peer = gw$other" \
				"Link = wan$i" "Local = 10.0.$i.$me:$((7000 + i))" \
				"Remote = 10.0.$i.$other:$((7000 + i))"
		done
	} >"$dir/gw$me.conf"
}

# tunnel_up [LINE...]: makes keys and files and brings both ends up; lines as
# above, for example "Policy = adaptive". Static keys serve once: every tunnel
# gets new ones.
tunnel_up() {
	tunnel_dir=$(mktemp -d)
	braidctl genkey static "$tunnel_dir/1.key" "$tunnel_dir/2.key"
	tunnel_config 1 "$tunnel_dir" "$tunnel_dir/1.key" "$@"
	tunnel_config 2 "$tunnel_dir" "$tunnel_dir/2.key" "$@"
	in_ns "$GWA" braidctl up "$tunnel_dir/gw1.conf"
	in_ns "$GWB" braidctl up "$tunnel_dir/gw2.conf"
}

tunnel_down() {
	in_ns "$GWA" braidctl down "$tunnel_dir/gw1.conf"
	in_ns "$GWB" braidctl down "$tunnel_dir/gw2.conf"
	rm -rf "$tunnel_dir"
}

# usable N: as many of gwa's paths are; for until_true.
usable() {
	[ "$(in_ns "$GWA" braidctl -j peer show braid0 | jq '.[0].paths_usable')" = "$1" ]
}

# counter NAME [NAMESPACE]: of the device, gwa's unless told otherwise
counter() {
	in_ns "${2:-$GWA}" braidctl -j dev show braid0 |
		jq ".[0].counters[\"$1\"]"
}

# Names of all policies but the built-in one.
policies() {
	braidctl -j policy list | jq -r '.[].policy | select(. != "built-in")'
}

# Takes all of them away.
policies_del() {
	local name

	for name in $(policies); do
		braidctl policy del "$name"
	done
}
