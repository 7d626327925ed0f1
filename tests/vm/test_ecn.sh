# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR source=lib.sh
#
# DSCP and ECN: what the outer header says of the inner one, what a mark on the
# way does to the inner one (RFC 6040), and marks of the tunnel's own queue.

# shellcheck source=tests/vm/gateways.sh
. "$lib_dir/gateways.sh"
: "${keys:?}"

plain_only=yes
all_only=yes

file_setup() {
	topo_up 10/5
	gateways_up
	# what gets there gets through, and causes no answer
	ip -n "$GWB" route add blackhole 10.2.0.66
	ip -n "$GWB" route add blackhole fd00:2::66
}

file_teardown() {
	gateways_down
	topo_down
}

teardown() {
	local ns

	for ns in "$HA" "$GWA" "$GWB" "$HB"; do
		in_ns "$ns" nft flush ruleset
	done
}

codepoint=(not-ect ect1 ect0 ce)

# count_where NAMESPACE HOOK: rules on stdin, each gets a counter.
count_where() {
	{
		echo "table inet t { chain c { type filter hook $2 priority -200;"
		sed 's/$/ counter/'
		printf '%s\n' "}" "}"
	} | in_ns "$1" nft -f -
}

# counted NAMESPACE: the counters, in the order of the rules
counted() {
	in_ns "$1" nft -j list chain inet t c | jq -c '[.nftables[].rule?.expr
		| select(.) | .[].counter?.packets | select(. != null)]'
}

# The outer header has the inner one's ECN, and never a DSCP.
test_outer_header() {
	local ecn to got want

	for to in 10.2.0.2 fd00:2::2; do
		for ecn in 0 1 2 3; do
			count_where "$GWB" prerouting <<-END
				iifname "wan1" ip ecn ect1
				iifname "wan1" ip ecn ect0
				iifname "wan1" ip ecn ce
				iifname "wan1" ip dscp != 0
			END
			# EF, and the inner one keeps it
			in_ns "$HA" ping -q -c 3 -i 0.1 -Q $((46 * 4 + ecn)) $to
			got=$(counted "$GWB")
			in_ns "$GWB" nft flush ruleset
			want=(0 0 0 0)
			[ $ecn = 0 ] || want[ecn - 1]=3
			expect "outer ECN for ${codepoint[ecn]} to $to" "$got" = \
				"[$(IFS=,; echo "${want[*]}")]"
		done
	done
}

# What arrives for each pair of inner and outer codepoint, 0 to 3; x: dropped.
decapsulated=(
	"0 0 0 x"	# Not-ECT
	"1 1 1 3"	# ECT(1)
	"2 1 2 3"	# ECT(0)
	"3 3 3 3"	# CE
)

# inner_lines FAMILY FROM TO PATH: a packet for each pair, its port tells which
inner_lines() {
	local inner outer n=0

	for inner in 0 1 2 3; do
		for outer in 0 1 2 3; do
			echo "path=$4 pn=$n gseq=$((2000 + $4 * 50 + n))" \
				"from=$2 to=$3 ds=$((40 + inner)) tos=$outer" \
				"to-port=$((1000 + inner * 10 + outer))"
			n=$((n + 1))
		done
	done
}

test_every_pair() {
	local inner outer wanted=() rules=() row arrives before family

	for family in ip ip6; do
		for inner in 0 1 2 3; do
			for outer in 0 1 2 3; do
				read -ra row <<<"${decapsulated[inner]}"
				arrives=${row[outer]}
				[ "$arrives" = x ] && wanted+=(0) || wanted+=(1)
				[ "$arrives" != x ] || arrives=0
				rules+=("iifname \"braid0\" udp dport $((1000 +
					inner * 10 + outer)) $family dscp 10 \
					$family ecn ${codepoint[arrives]}")
			done
		done
	done
	printf '%s\n' "${rules[@]}" | count_where "$GWB" prerouting
	before=$(counters 2)
	{
		inner_lines ip 10.1.0.2 10.2.0.66 40
		inner_lines ip6 fd00:1::2 fd00:2::66 41
	} | in_ns "$GWA" "$lib_dir/../../build/tests/forge" batch \
		"$keys/1.copy" 10.0.1.2 5000
	expect_moved 2 "$before" "drop-rx-ecn=2 rx-data=32"
	expect "arrived" "$(counted "$GWB")" = "[$(IFS=,; echo "${wanted[*]}")]"
	# numbers were taken that the tunnel would use
	gateways_down
	gateways_up
}

# A router on the way marks the outer packet: the host inside sees it.
test_mark_on_the_way() {
	local to marks

	for to in 10.2.0.2 fd00:2::2; do
		in_ns "$GWA" nft -f - <<-END
			table inet t { chain c {
				type filter hook postrouting priority 0
				oifname "wan1" ip ecn ect0 ip ecn set ce
			}
			}
		END
		count_where "$HB" prerouting <<-END
			ip ecn ce
			ip6 ecn ce
			ip ecn ect1
			ip6 ecn ect1
		END
		in_ns "$HA" ping -q -c 3 -i 0.1 -Q 2 $to
		in_ns "$HA" ping -q -c 2 -i 0.1 -Q 1 $to
		case $to in
		10.*) marks='[3,0,2,0]' ;;
		*) marks='[0,3,0,2]' ;;
		esac
		expect "marked, not marked, in $to" "$(counted "$HB")" = "$marks"
		teardown
	done
}

# ecn_flow: 4 s of TCP into a link of 10 Mbit/s; "CE-IN-HB DROPPED-BY-CODEL"
ecn_flow() {
	local before

	before=$(counter 1 drop-tx-codel)
	in_ns "$HB" nstat -n
	tcp_flow "$HA" "$HB" 10.2.0.2 4 1 >/dev/null
	in_ns "$HB" nstat -z IpExtInCEPkts | awk '/CEPkts/ { printf "%d ", $2 }'
	echo $(($(counter 1 drop-tx-codel) - before))
}

# The queue of the tunnel marks a flow that understands it, and drops nothing of
# it but what TCP itself sends unmarked: what it sends again.
test_own_marks() {
	local ns marks drops

	for ns in "$HA" "$HB"; do
		in_ns "$ns" sysctl -qw net.ipv4.tcp_ecn=1
	done
	read -r marks drops < <(ecn_flow)
	note "with ECN: $marks marks, $drops drops"
	expect "packets marked" "$marks" -gt 0
	expect "packets dropped by CoDel" "$drops" -le $((marks / 20))
	for ns in "$HA" "$HB"; do
		in_ns "$ns" sysctl -qw net.ipv4.tcp_ecn=0
	done
	read -r marks drops < <(ecn_flow)
	note "without: $marks marks, $drops drops"
	expect "packets marked without ECN" "$marks" = 0
	expect "packets dropped by CoDel without ECN" "$drops" -gt 0
}
