# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR source=lib.sh
#
# Programs that know nothing of braid, from host to host, while links swallow
# everything, paths give way to others, and ports change: nothing is made anew that
# was connected, and what arrives is what was sent. make test-applications runs it.

# shellcheck source=tests/vm/gateways.sh
. "${lib_dir:?}/gateways.sh"

test_limit=600
by_name=yes
shown=yes

# beyond that the emulated machine's ciphers are the limit
specs=(4/10 6/25 10/50)
data=$TEST_TMP/data
work=$TEST_TMP/work
openssh=$BRAID_CACHE/openssh-server
nginx=$BRAID_CACHE/nginx

file_setup() {
	local i

	topo_up "${specs[@]}"
	gateways_up
	braidctl policy load "$BRAID_BPF_DIR/adaptive.bpf.o"
	for i in 1 2; do
		braid $i dev set braid0 policy adaptive
	done
	mkdir -p "$data/small"
	head -c 40M /dev/urandom >"$data/large"
	for ((i = 0; i < 300; i++)); do
		head -c $((RANDOM % 30000 + 1)) /dev/urandom >"$data/small/$i"
	done
}

file_teardown() {
	gateways_down
	braidctl policy del adaptive
	topo_down
}

setup() {
	rm -rf "$work"
	mkdir -p "$work"
	until_true 20 all_usable
}

teardown() {
	trouble_end
	jobs -p | xargs -r kill 2>/dev/null || :
	wait
	for i in 1 2 3; do
		topo_change $i "${specs[i - 1]}"
	done
}

# --- trouble: a round of it strikes one link or path, the next the next one

trouble_begin() {
	rm -f "$work/enough"
	: >"$work/troubles"
	trouble &
	trouble_pid=$!
}

# trouble_end: after the round that is under way
trouble_end() {
	local pid=${trouble_pid:-}

	[ -n "$pid" ] || return 0
	trouble_pid=
	: >"$work/enough"
	wait "$pid" || fail "the trouble failed by itself"
	sort "$work/troubles" | uniq -c
}

trouble() {
	local n=0

	until [ -e "$work/enough" ]; do
		trouble_round $((n % 3 + 1)) $(((n + 1) % 3 + 1))
		n=$((n + 1))
	done
}

# trouble_round LINK OTHER
trouble_round() {
	topo_cut "$1"
	sleep 3
	topo_restore "$1"
	echo cut >>"$work/troubles"
	until_true 30 all_usable
	braid 1 -j path migrate braid0 peer there from "w$1" to "w$2" \
		old standby >"$work/moved"
	jq -e '.step == "done"' "$work/moved" >/dev/null || fail "$(cat "$work/moved")"
	echo migrate >>"$work/troubles"
	sleep 1
	braid 1 path set braid0 peer there path "w$1" standby no
	braid 1 path hop braid0 peer there path "w$2"
	echo hop >>"$work/troubles"
	until_true 30 all_usable
	sleep 1
}

# rounds N: there were so many of them already; for until_true
rounds() { [ "$(grep -c hop "$work/troubles")" -ge "$1" ]; }

# troubled SECONDS COMMAND...: in ha it goes well, and trouble of each kind came meanwhile
troubled() {
	local limit=$1 begun took
	shift

	trouble_begin
	begun=$(monotonic_ms)
	timeout "$limit" nsenter "--net=/run/netns/$HA" -- "$@" || fail "status $? of $1"
	took=$(($(monotonic_ms) - begun))
	rounds 1 || fail "$1 was over after $took ms, before all had gone wrong"
	note "$1: $took ms"
	trouble_end
}

same() { diff -r "$data" "$1" || fail "not what was sent"; }

certificate() {
	openssl req -x509 -newkey ed25519 -nodes -days 1 -subj /CN=hb \
		-keyout "$work/key" -out "$work/cert" 2>/dev/null
}

# --- the applications

test_rsync_over_ssh() {
	local ssh

	getent passwd sshd >/dev/null || useradd -r -d /run/sshd sshd
	mkdir -p /run/sshd "$work/got"
	ssh-keygen -q -t ed25519 -N '' -f "$work/host"
	ssh-keygen -q -t ed25519 -N '' -f "$work/user"
	printf '%s\n' "HostKey $work/host" "ListenAddress 10.2.0.2:22" \
		"AuthorizedKeysFile $work/user.pub" "StrictModes no" \
		"PidFile none" "PermitRootLogin prohibit-password" >"$work/config"
	in_ns "$HB" "$openssh/sshd" -D -e -f "$work/config" 2>"$work/log" &
	until_true 20 listening "$HB" 22
	ssh="ssh -F none -i $work/user -o UserKnownHostsFile=$work/known"
	ssh+=" -o StrictHostKeyChecking=accept-new"
	troubled 300 rsync -a -e "$ssh" "$data/" "root@10.2.0.2:$work/got/"
	same "$work/got"
}

# curl's streams share one connection; what it gets is told for each of them.
test_http2() {
	local i

	certificate
	cat >"$work/nginx.conf" <<-END
		daemon off; user root; pid $work/pid; error_log $work/log;
		events {}
		http {
			access_log off;
			server {
				listen 10.2.0.2:443 ssl http2;
				ssl_certificate $work/cert;
				ssl_certificate_key $work/key;
				root $data;
			}
		}
	END
	mkdir -p /var/lib/nginx "$work/got/small"
	in_ns "$HB" "$nginx/nginx" -c "$work/nginx.conf" 2>"$work/nginx.log" &
	until_true 20 listening "$HB" 443
	{
		printf 'url = https://10.2.0.2/large\noutput = %s\n' "$work/got/large"
		for ((i = 0; i < 300; i++)); do
			printf 'url = https://10.2.0.2/small/%d\noutput = %s\n' \
				$i "$work/got/small/$i"
		done
	} >"$work/urls"
	troubled 300 curl -sS -k --http2 --fail -Z --parallel-max 20 \
		--no-progress-meter -K "$work/urls" \
		-w 'http %{http_version}, connections %{num_connects}\n' >"$work/told"
	grep -v ^http "$work/told" || :
	grep ^http "$work/told" | sort | uniq -c
	expect "connections" "$(awk '/^http/ { n += $4 } END { print n }' "$work/told")" = 1
	expect "answers by HTTP/2" "$(grep -c '^http 2,' "$work/told")" = 301
	same "$work/got"
}

test_quic() {
	certificate
	mkdir "$work/got"
	in_ns "$HB" gtlsserver -q --no-quic-dump --no-http-dump -d "$data" \
		'*' 4433 "$work/key" "$work/cert" >"$work/server" 2>&1 &
	until_true 20 listening "$HB" 4433 udp
	troubled 300 gtlsclient -q --no-quic-dump --no-http-dump \
		--exit-on-all-streams-close --download "$work/got" 10.2.0.2 4433 \
		https://hb/large
	cmp "$data/large" "$work/got/large" || fail "not what was sent"
}

# Each name is another answer; a question that is lost is asked again by dig.
test_dns() {
	local n=0 i how

	for ((i = 0; i < 50; i++)); do
		echo "--host-record=h$i.example,192.0.2.$i"
	done >"$work/hosts"
	in_ns "$HB" xargs -a "$work/hosts" dnsmasq -k -C /dev/null --no-resolv \
		--no-hosts --user=root --pid-file= --listen-address=10.2.0.2 \
		--bind-interfaces 2>"$work/log" &
	until_true 20 listening "$HB" 53 udp
	for ((i = 0; i < 50; i++)); do
		echo "h$i.example"
		echo "192.0.2.$i" >>"$work/wanted"
	done >"$work/names"
	trouble_begin
	until rounds 3; do
		how=+notcp
		[ $((n % 4)) != 3 ] || how=+tcp
		in_ns "$HA" dig @10.2.0.2 $how +tries=3 +timeout=2 +short \
			-f "$work/names" >"$work/told"
		grep -o 'timed out' "$work/told" >>"$work/repeated" || :
		grep -v '^;' "$work/told" | diff - "$work/wanted" || fail "other answers"
		n=$((n + 1))
	done
	trouble_end
	note "$((n * 50)) questions, $(wc -l <"$work/repeated") asked again"
	expect "asked again" "$(wc -l <"$work/repeated")" -lt $((n / 2 + 1))
}

# As RTP: fifty packets of 200 bytes a second each way. RFC 3550's jitter.
test_call() {
	in_ns "$HB" iperf3 -s -1 -p 5300 >/dev/null &
	until_true 20 listening "$HB" 5300
	trouble_begin
	in_ns "$HA" iperf3 -c 10.2.0.2 -p 5300 -u -l 200 -b 80k --bidir -t 80 -J \
		--udp-counters-64bit >"$work/call" || fail "$(cat "$work/call")"
	rounds 3 || fail "over before all links had been struck"
	trouble_end
	jq -c '.end | [.sum, .sum_bidir_reverse][] |
		{packets, lost_packets, lost_percent, jitter_ms}' "$work/call"
	jq -e '.end | all(.sum, .sum_bidir_reverse;
		.packets > 2500 and .lost_percent <= 1)' "$work/call" >/dev/null ||
		fail "more than one of a hundred was lost"
}

# --- Syncthing: two devices, one folder; the same program at both ends

syncthing_id() { syncthing --device-id --home="$work/st$1"; }

# syncthing_config END: nothing of the outside world
syncthing_config() {
	local end=$1 other=$((3 - $1))

	cat >"$work/st$end/config.xml" <<-END
		<configuration version="36">
		<folder id="f" path="$work/folder$end" rescanIntervalS="3600" fsWatcherEnabled="false">
		<device id="${id[1]}"/><device id="${id[2]}"/></folder>
		<device id="${id[end]}"><address>dynamic</address></device>
		<device id="${id[other]}"><address>tcp://10.$other.0.2:22000</address></device>
		<gui enabled="true"><address>127.0.0.1:8384</address><apikey>k</apikey></gui>
		<options>
		<listenAddress>tcp://10.$end.0.2:22000</listenAddress>
		<globalAnnounceEnabled>false</globalAnnounceEnabled>
		<localAnnounceEnabled>false</localAnnounceEnabled>
		<relaysEnabled>false</relaysEnabled><natEnabled>false</natEnabled>
		<crashReportingEnabled>false</crashReportingEnabled>
		<urAccepted>-1</urAccepted><autoUpgradeIntervalH>0</autoUpgradeIntervalH>
		<reconnectionIntervalS>5</reconnectionIntervalS>
		</options>
		</configuration>
	END
}

syncthing_begin() {
	in_ns "$(host "$1")" syncthing serve --home="$work/st$1" --no-browser \
		--no-restart >"$work/log$1" 2>&1 &
}

host() { [ "$1" = 1 ] && echo "$HA" || echo "$HB"; }

# rest END METHOD QUERY
rest() {
	in_ns "$(host "$1")" curl -sS --fail -X "$2" -H 'X-API-Key: k' \
		"http://127.0.0.1:8384/rest/$3"
}

# in_sync FILES: the second has them all
in_sync() {
	rest 2 GET 'db/status?folder=f' | jq -e --argjson n "$1" \
		'.globalFiles == $n and .needTotalItems == 0 and .state == "idle"'
}

connected() {
	rest 1 GET system/connections | jq -e --arg id "${id[2]}" \
		'.connections[$id].connected'
}

# received: bytes that TCP gave to the second in order
received() {
	in_ns "$HB" ss -HtniO 'sport = :22000 or dport = :22000' |
		awk '{ for (i = 1; i <= NF; i++)
			if (sub("^bytes_received:", "", $i)) n += $i }
			END { print n + 0 }'
}

begun() { [ "$(received)" -gt $(($1 + 1000000)) ]; }

# One large file while all links are up, whose rate counts; then another one, and many
# small ones, in trouble.
test_syncthing() {
	local end start before mbit
	local -a id=()

	for end in 1 2; do
		mkdir -p "$work/st$end" "$work/folder$end/.stfolder"
		syncthing generate --home="$work/st$end" --no-default-folder \
			--skip-port-probing
		id[end]=$(syncthing_id $end)
	done
	for end in 1 2; do
		syncthing_config $end
		syncthing_begin $end
	done
	until_true 60 connected
	cp "$data/large" "$work/folder1/first"
	before=$(received)
	rest 1 POST 'db/scan?folder=f'
	until_true 60 begun "$before"
	sleep 2
	start=$(monotonic_ms) before=$(received)
	sleep 10
	mbit=$(mbit $(($(received) - before)) \
		"$(awk -v ms=$(($(monotonic_ms) - start)) 'BEGIN { print ms / 1000 }')")
	note "a large file: $mbit Mbit/s"
	until_true 60 in_sync 1
	# 85 % of 20 x 1384/1514
	expect_between "Mbit/s" "$mbit" 15.54 20
	cp -r "$data/small" "$data/large" "$work/folder1/"
	# another content: what is there already would be copied
	tac -s x "$data/large" >"$work/folder1/large"
	trouble_begin
	rest 1 POST 'db/scan?folder=f'
	until_true 300 in_sync 302
	rounds 1 || fail "over before all had gone wrong"
	trouble_end
	diff -r -x .stfolder "$work/folder1" "$work/folder2" || fail "not the same"
	grep -hE "Established|closed|lost" "$work"/log[12] || :
	expect "connections" "$(grep -c "Established secure connection" \
		"$work/log1")" = 1
}
