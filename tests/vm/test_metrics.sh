# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR source=lib.sh
#
# Metrics of a live tunnel, by braidctl and from braidd: that promtool finds
# nothing wrong with them, that they say what braidctl says, that the server
# answers rubbish as it should, and that Prometheus itself reads them and raises
# the alarm over a dead path.

# shellcheck source=tests/vm/gateways.sh
. "${lib_dir:?}/gateways.sh"
# shellcheck source=scripts/common.sh
. "$lib_dir/../../scripts/common.sh"
prometheus=${cache:?}/prometheus
alerts=$top/userspace/monitoring/braid-alerts.yml
url=http://127.0.0.1:9480/metrics

plain_only=yes
long_tests="test_prometheus"

# config END [LINE...]: lines go to the device's section
config() {
	local me=$1 other=$((3 - $1)) i
	shift

	{
		printf '%s\n' "[Device]" "Name = braid0" \
			"Address = 10.99.0.$me/24" \
			"PrivateKeyFile = $TEST_TMP/$me.key" "$@" \
			"[Peer]" "Name = there" "Address = 10.99.0.$other" \
			"Route = 10.$other.0.0/24" \
			"PublicKey = $(cat "$TEST_TMP/$other.pub")"
		for ((i = 1; i <= $(topo_links); i++)); do
			printf '%s\n' "[Path]" "Name = w$i" "Link = wan$i" \
				"Local = 10.0.$i.$me:5000" \
				"Remote = 10.0.$i.$other:5000"
		done
	} >"$TEST_TMP/$me.conf"
}

# daemon END: in a session of its own, so that it outlives this function's
daemon() {
	# shellcheck disable=SC2016 # for the shell in there
	setsid nsenter "--net=/run/netns/$(namespace "$1")" -- bash -c '
		echo $$ >"$1.pid"
		exec braidd -l debug -s "$1.state" "$1.conf" 2>"$1.log"' - \
		"$TEST_TMP/$1" </dev/null >/dev/null &
	until_true 10 grep -q "cares for" "$TEST_TMP/$1.log"
}

file_setup() {
	local end

	topo_up 20/10 30/25
	ip -n "$GWA" link set lo up
	for end in 1 2; do
		braidctl genkey "$TEST_TMP/$end.key" >"$TEST_TMP/$end.pub"
	done
	config 1 "Metrics = 9480"
	config 2
	daemon 1
	daemon 2
	until_true 20 all_usable
	pings 5
}

file_teardown() {
	local end

	for end in 1 2; do
		kill "$(cat "$TEST_TMP/$end.pid")" || :
		until_true 5 grep -q 'the tunnel stays' "$TEST_TMP/$end.log"
	done
	gateways_down
	topo_down
}

# scrape [OPTION...]: into the page
scrape() { in_ns "$GWA" curl -sS -m 20 "$@" -o "$TEST_TMP/page" "$url"; }

# metric NAME [LABEL=VALUE...]: the one sample of the page that has all of them
metric() {
	local name=$1 label
	local -a found
	shift

	mapfile -t found < <(grep "^${name}[{ ]" "$TEST_TMP/page")
	for label; do
		mapfile -t found < <(printf '%s\n' "${found[@]}" |
			grep -E "[{,]${label%%=*}=\"${label#*=}\"[,}]")
	done
	[ ${#found[@]} = 1 ] || fail "$name $*: ${#found[@]} samples"
	printf '%s\n' "${found[0]##* }"
}

test_promtool() {
	local said

	scrape
	said=$("$prometheus/promtool" check metrics <"$TEST_TMP/page" 2>&1) ||
		fail "promtool: $said"
	expect "what promtool says" "$said" = ""
}

# Counters that only pings move.
test_figures() {
	braid 1 metrics >"$TEST_TMP/page"
	expect "data packets" "$(metric braid_device_packets_total device=braid0 \
		direction=tx kind=data)" = "$(counter 1 tx-data)"
	expect "numbered packets" \
		"$(metric braid_peer_sent_packets_total peer=there)" \
		= "$(peer_counter 1 tx-numbered)"
	expect "usable" "$(metric braid_peer_paths_usable)" = 2
	expect "session" "$(metric braid_peer_session_up)" = 1
	expect "key" "$(metric braid_key_info 'cipher=[a-z0-9-]+')" = 1
	expect_between "RTT" "$(metric braid_path_rtt_seconds path=w1)" 0.020 0.5
	expect "link" "$(metric braid_path_info path=w2 link=wan2 remote=10.0.2.2)" = 1
	expect "MTU" "$(metric braid_device_mtu_bytes)" = \
		"$(braid 1 -j dev show braid0 | jq '.[0].mtu')"
	must_say 'lo: not a braid device' braid 1 metrics lo
}

# The samples of braidd are those of braidctl and its own.
test_served() {
	local -A names

	scrape
	names[braidd]=$(sed -n 's/^# TYPE \([^ ]*\) .*/\1/p' "$TEST_TMP/page" |
		grep -v -e '^braid_session_' -e '^braid_gate_' -e '^braid_pool_' \
			-e '^braid_scrape_')
	expect "sessions" "$(metric braid_session_established_total peer=there)" -ge 0
	expect_between "scrape" "$(metric braid_scrape_duration_seconds)" 0.000001 20
	expect_between "key's age" "$(metric braid_session_key_age_seconds)" 0 600
	note "a scrape took $(metric braid_scrape_duration_seconds) s"
	braid 1 metrics >"$TEST_TMP/page"
	names[braidctl]=$(sed -n 's/^# TYPE \([^ ]*\) .*/\1/p' "$TEST_TMP/page")
	expect "families" "${names[braidd]}" = "${names[braidctl]}"
}

test_openmetrics() {
	scrape -D "$TEST_TMP/head"
	grep -qi '^content-type: text/plain; version=0.0.4' "$TEST_TMP/head"
	scrape -D "$TEST_TMP/head" \
		-H 'Accept: application/openmetrics-text;version=1.0.0,*/*;q=0.1'
	grep -qi '^content-type: application/openmetrics-text; version=1.0.0' \
		"$TEST_TMP/head"
	expect "the last line" "$(tail -n 1 "$TEST_TMP/page")" = "# EOF"
	grep -qx '# UNIT braid_path_rtt_seconds seconds' "$TEST_TMP/page"
}

# status WANTED OPTION...: of a request
status() {
	local wanted=$1
	shift

	expect "status of $*" "$(in_ns "$GWA" curl -s -m 20 -o /dev/null \
		-w '%{http_code}' "$@")" = "$wanted"
}

test_bad_requests() {
	local huge
	huge=$(head -c 20000 /dev/zero | tr '\0' x)

	status 404 http://127.0.0.1:9480/
	status 404 http://127.0.0.1:9480/metrics/../../etc/passwd --path-as-is
	status 501 -X POST -d x=y "$url"
	status 501 -X DELETE "$url"
	status 200 -I "$url"
	status 200 "$url?name=x"
	# too large, and no HTTP at all
	must_fail in_ns "$GWA" curl -sf -m 20 -o /dev/null -H "X: $huge" "$url"
	printf 'rubbish\r\n\r\n' | in_ns "$GWA" curl -s -m 5 -o /dev/null \
		telnet://127.0.0.1:9480 || :
	status 200 "$url"
}

# refused PORT: nobody listens there
refused() { ! in_ns "$GWA" curl -s -m 5 -o /dev/null "http://127.0.0.1:$1/metrics"; }

# reload LOG-LINE: of gwa's
reload() {
	kill -HUP "$(cat "$TEST_TMP/1.pid")"
	until_true 10 grep -q "$1" "$TEST_TMP/1.log"
}

test_reload() {
	config 1 "Metrics = 10.0.1.77:9481"
	reload 'metrics at 10.0.1.77:9481: .*; trying on'
	refused 9480
	# the address comes, and it is tried again
	ip -n "$GWA" address add 10.0.1.77/32 dev wan1
	until_true 15 grep -q 'metrics at http://10.0.1.77:9481/metrics' "$TEST_TMP/1.log"
	status 200 http://10.0.1.77:9481/metrics
	ip -n "$GWA" address del 10.0.1.77/32 dev wan1
	config 1 "Metrics = nowhere"
	reload "not reloaded: .*/1.conf:5: Metrics: 'nowhere' is not"
	config 1 "Metrics = 9480"
	: >"$TEST_TMP/1.log"
	reload 'metrics at http://127.0.0.1:9480/metrics'
	status 200 "$url"
	pings 2
}

# asked FILTER EXPRESSION: what Prometheus answers to a query
asked() {
	in_ns "$GWA" curl -sS -m 20 --data-urlencode "query=$2" \
		http://127.0.0.1:9090/api/v1/query | jq -e ".data.result | $1"
}

alarmed() {
	in_ns "$GWA" curl -sS -m 20 http://127.0.0.1:9090/api/v1/alerts |
		jq -e --arg name "$1" '.data.alerts[] | select(.labels.alertname == $name
			and .state == "firing" and .labels.path == "w2")'
}

# Every query of the dashboard is one that Prometheus takes.
dashboard_asks() {
	local query n=0

	# shellcheck disable=SC2016 # Grafana expands these
	while read -r query; do
		n=$((n + 1))
		in_ns "$GWA" curl -sS -m 20 --data-urlencode "query=$query" \
			http://127.0.0.1:9090/api/v1/query |
			jq -e '.status == "success"' || fail "not taken: $query"
	done < <(jq -r '.panels[].targets[].expr' "${alerts%alerts.yml}dashboard.json" |
		sed -E 's/\$__rate_interval/1m/g; s/\$[a-z]+/.*/g')
	expect "queries" $n -gt 10
}

# Prometheus as it is packaged, the shipped alerts with shorter times.
test_prometheus() {
	local dir=$TEST_TMP/prometheus

	mkdir -p "$dir"
	sed 's/for: .*/for: 1s/' "$alerts" >"$dir/alerts.yml"
	printf '%s\n' 'global: {scrape_interval: 2s, evaluation_interval: 2s}' \
		'rule_files: [alerts.yml]' 'scrape_configs:' \
		'- job_name: braid' '  static_configs:' \
		'  - targets: ["127.0.0.1:9480"]' >"$dir/prometheus.yml"
	nsenter "--net=/run/netns/$GWA" -- "$prometheus/prometheus" \
		--config.file="$dir/prometheus.yml" --storage.tsdb.path="$dir/data" \
		--web.listen-address=127.0.0.1:9090 >"$dir/log" 2>&1 &
	server=$!
	trap 'kill $server; tail -n 5 "$TEST_TMP/prometheus/log"' EXIT
	until_true 60 asked '.[0].value[1] == "1"' 'up{job="braid"}'
	until_true 20 asked 'length == 2' 'braid_path_up == 1'
	# it knows the types, so it read OpenMetrics
	in_ns "$GWA" curl -sS http://127.0.0.1:9090/api/v1/metadata |
		jq -e '.data.braid_path[0].type == "info"'
	dashboard_asks
	must_fail alarmed BraidPathDown
	ip -n "$GWA" link set wan2 down
	until_true 60 alarmed BraidPathDown
	asked 'length == 1' 'braid_path_status_info{path="w2",reason="its link is down"}'
}
