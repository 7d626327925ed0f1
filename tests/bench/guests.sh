# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # variables of lib.sh and of those that use this
#
# Other traffic: many flows, QUIC, and neighbours on the same links.

guests_eight() {
	local i sum=0

	for i in {1..8}; do
		tcp_flow "$way_from" "$way_to" "$way_address" "$seconds" "$skip" \
			>"$work/flow$i.json" &
		eight[i]=$!
	done
	for i in {1..8}; do
		wait "${eight[i]}" || fail "flow $i failed"
		sum=$(calc "$sum + $(jq .mbit "$work/flow$i.json")")
	done
	metric mbit "$sum"
	metric efficiency "$(calc "100 * $sum / $(ceiling)")"
}

# The client writes what it gets in order to a file; how that grows is the
# goodput. The server's certificate is made on the fly.
guests_quic() {
	local server client a b at_a at_b mbit file=$work/got/data

	mkdir -p "$work/www" "$work/got"
	truncate -s 1G "$work/www/data"
	openssl req -x509 -newkey ed25519 -nodes -days 1 -subj /CN=hb \
		-keyout "$work/key" -out "$work/cert" 2>/dev/null
	in_ns "$HA" gtlsserver -q --no-quic-dump --no-http-dump -d "$work/www" \
		--ciphers "$quic_ciphers" '*' 4433 "$work/key" "$work/cert" \
		>"$work/server.log" 2>&1 &
	server=$!
	until_true 10 listening "$HA" 4433 udp
	in_ns "$HB" gtlsclient -q --no-quic-dump --no-http-dump \
		--ciphers "$quic_ciphers" --download "$work/got" \
		10.1.0.2 4433 https://ha/data >"$work/client.log" 2>&1 &
	client=$!
	until_true 10 test -s "$file"
	flow_start_ms=$(monotonic_ms)
	at "$skip"
	a=$(stat -c %s "$file") at_a=$(monotonic_ms)
	at "$seconds"
	b=$(stat -c %s "$file") at_b=$(monotonic_ms)
	kill $client $server
	mbit=$(calc "($b - $a) * 8 / ($at_b - $at_a) / 1000")
	metric mbit "$mbit"
	metric efficiency "$(calc "100 * $mbit / $(ceiling)")"
}

# What an emulated machine without AES instructions is quick at.
quic_ciphers=NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+CHACHA20-POLY1305

# beside ADDRESS NAME: one more flow, gateway to gateway, for as long
beside() {
	tcp_flow "$GWA" "$GWB" "$1" "$seconds" "$skip" >"$work/beside.json" &
	beside=$!
}

# pings_begin: through each link's queue, 20 times a second
pings_begin() {
	local i

	ping_pids=()
	for ((i = 1; i <= $(topo_links); i++)); do
		in_ns "$GWA" ping -n -i 0.05 -w $((seconds - 1)) "10.0.$i.2" \
			>"$work/ping$i" &
		ping_pids+=($!)
	done
}

# The longest round trip over what the link takes when idle, of all links. Some
# pings find the queue full and are lost, as anything is.
pings_end() {
	local i delay most=0

	for ((i = 1; i <= $(topo_links); i++)); do
		wait "${ping_pids[i - 1]}" || true
		delay=$(topo_spec "$i" | cut -d / -f 2)
		most=$(sed -n 's/.*time=\([0-9.]*\) ms.*/\1/p' "$work/ping$i" |
			awk -v d="$delay" -v most="$most" '
			$1 - 2 * d > most { most = $1 - 2 * d }
			END { print most }')
	done
	metric queue_ms "$most"
}

# A CUBIC flow outside of the tunnel on the third link. braid's share of that
# link is what arrives there less the neighbour's.
guests_neighbour() {
	local rate=${links[2]%%[:/]*} all other

	seconds=33
	beside 10.0.3.2
	flow_begin "$seconds" "$skip"
	in_ns "$GWB" "$tools/rxsample" device wan3 "$seconds" "$skip" \
		>"$work/link.json" &
	sampler=$!
	pings_begin
	flow_end
	wait $beside && wait $sampler
	pings_end
	rates "$result"
	all=$(jq .mbit "$work/link.json") other=$(jq .mbit "$work/beside.json")
	metric neighbour_share "$(calc "100 * $other * 1514 / 1448 / $rate")"
	metric own_share "$(calc "100 * ($all - $other * 1514 / 1448) / $rate")"
}

# The same gateways once more, by the same links: other ports, other addresses.
second_tunnel_up() {
	local me ns dir

	dir=$(mktemp -d)
	braidctl genkey static "$dir/1.key" "$dir/2.key"
	for me in 1 2; do
		[ $me = 1 ] && ns=$GWA || ns=$GWB
		tunnel_config $me "$dir" "$dir/$me.key" \
			${policy:+"Policy = $policy"}
		sed -i 's/braid0/braid1/; s/10\.99\./10.98./g; s/fd00:99/fd00:98/g
			s/:700/:710/; /^Route/d' "$dir/gw$me.conf"
		in_ns "$ns" braidctl up "$dir/gw$me.conf"
	done
	until_true 15 in_ns "$GWA" ping -q -c 1 -W 1 10.98.0.2
}

guests_second() {
	local sum

	seconds=33
	second_tunnel_up
	beside 10.98.0.2
	flow_begin "$seconds" "$skip"
	pings_begin
	flow_end
	wait $beside
	pings_end
	rates "$result"
	sum=$(ceiling)
	metric neighbour_share "$(calc "100 * $(jq .mbit "$work/beside.json") / $sum")"
	metric own_share "$(calc "100 * $(jq .mbit "$result") / $sum")"
	for ns in "$GWA" "$GWB"; do
		in_ns "$ns" braidctl dev del braid1
	done
}
