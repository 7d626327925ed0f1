# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR source=lib.sh
#
# braidctl report: what it has, and that no secret is in it.

# shellcheck disable=SC2154 # tunnel_dir is of tunnel.sh
# shellcheck source=tests/vm/tunnel.sh
. "${lib_dir:?}/tunnel.sh"

top=$(cd "$lib_dir/../.." && pwd)

plain_only=yes
all_only=yes

ctl() { in_ns "$GWA" braidctl "$@"; }

file_setup() { topo_up 100/5 100/5; }
file_teardown() { topo_down; }

setup() {
	dir=$(mktemp -d)
	# on the VM's own root, which nobody keeps
	mkdir -p /etc/braid
}

teardown() {
	local ns

	modprobe braid
	for ns in "$GWA" "$GWB"; do
		ip -n "$ns" link del braid0 2>/dev/null || :
		ip -n "$ns" link del braid1 2>/dev/null || :
	done
	braidctl policy del adaptive 2>/dev/null || :
	rm -rf "$dir" /etc/braid
}

# part TITLE FILE: the text of a report's part
part() {
	awk -v title="==== $1" '/^==== / { here = $0 == title; next } here' "$2"
}

# says PATTERN TITLE FILE
says() {
	local text

	text=$(part "$2" "$3")
	grep -qE -- "$1" <<<"$text" || fail "no '$1' in '$2': $text"
}

# Every secret of the files that were made, in each way it can be written down.
secrets() {
	{
		sed -n 's/^[tr]x-key = //p' "$dir"/*.copy
		base64 -d "$dir/private.key" | od -An -v -tx1 | tr -d ' \n'
		echo
	} >"$dir/hex"
	cat "$dir/hex"
	while read -r line; do
		basenc --base16 -d <<<"${line^^}" | base64
	done <"$dir/hex"
	echo hunter2
}

# without_secrets FILE
without_secrets() {
	local secret n=0

	while read -r secret; do
		n=$((n + 1))
		must_fail grep -qiF -- "$secret" "$1"
		# nor a part of it
		must_fail grep -qiF -- "${secret:0:12}" "$1"
	done < <(secrets)
	expect "secrets" "$n" -eq 11
}

# A tunnel whose keys are in the kernel, and configuration files with secrets in
# all the places where somebody may have put them.
test_no_secret() {
	local public private key

	public=$(braidctl genkey "$dir/private.key")
	private=$(<"$dir/private.key")
	cp "$dir/private.key" /etc/braid/
	braidctl genkey static "$dir/1.key" "$dir/2.key"
	cp "$dir/1.key" "$dir/1.copy"
	cp "$dir/2.key" "$dir/2.copy"
	key=$(sed -n 's/^tx-key = //p' "$dir/1.copy")
	tunnel_config 1 "$dir" "$dir/1.key" "PostUp = : password hunter2" "# $key"
	tunnel_config 2 "$dir" "$dir/2.key"
	cp "$dir/gw1.conf" /etc/braid/braid0.conf
	ctl up /etc/braid/braid0.conf
	in_ns "$GWB" braidctl up "$dir/gw2.conf"
	until_true 10 usable 2
	# a spare file beside it that is not used yet
	cp "$dir/2.copy" /etc/braid/spare.key
	printf '%s\n' '[Device]' 'Name = braid1' 'PrivateKeyFile = private.key' \
		'[Peer]' 'Name = far' "PublicKey = $public" \
		>/etc/braid/braid1.conf
	{
		printf '%s\n' '[Device]' 'Name = braid2' \
			"PrivateKeyFile = $private" '[Peer]' 'Name = far' \
			"PublicKey = $private$private" "PrivateKey = $private" \
			"$private" "; $private"
	} >/etc/braid/wrong.conf
	ctl report "$dir/report"
	without_secrets "$dir/report"
	ctl -j report >"$dir/report.json"
	jq -e 'length > 20 and all(.title and .text)' "$dir/report.json"
	without_secrets "$dir/report.json"
	# it is in there, and the rest of the files, too
	says "^PublicKey = ${public//+/\\+}" /etc/braid/braid1.conf "$dir/report"
	says '^PrivateKeyFile = private.key' /etc/braid/braid1.conf "$dir/report"
	says '^Remote = 10.0.1.2:7001' /etc/braid/braid0.conf "$dir/report"
	says '^PostUp = \(taken out\)' /etc/braid/braid0.conf "$dir/report"
	says 'in order, 1 peers, 2 paths' /etc/braid/braid0.conf "$dir/report"
	says 'line [0-9]+ is refused' /etc/braid/wrong.conf "$dir/report"
	must_fail grep -q spare.key "$dir/report"
	# and so is what is up
	says '"remote": "10.0.1.2:7001"' 'braidctl -j path show' "$dir/report"
	says 'chacha20-poly1305' 'braidctl key show' "$dir/report"
	tunnel_dir=$dir
	ctl down "$dir/gw1.conf"
	in_ns "$GWB" braidctl down "$dir/gw2.conf"
}

test_two_devices() {
	local i

	braidctl policy load "$top/build/bpf/adaptive.bpf.o"
	for i in 0 1; do
		ctl dev add "braid$i" address "10.99.$i.1/24" policy adaptive up
		ctl peer add "braid$i" peer "there$i" address "10.99.$i.2"
		ctl path add "braid$i" peer "there$i" path "w$i" \
			local "10.0.1.1:700$i" remote "10.0.1.2:700$i"
	done
	ctl class set braid1 class rest cost 0
	ctl rule add braid1 dport 53 class rest
	ctl report "$dir/report" config "$dir"
	expect "mode" "$(stat -c %a "$dir/report")" = 600
	for i in 0 1; do
		says "^braid$i: policy adaptive" 'braidctl show' "$dir/report"
		says "\"dev\": \"braid$i\"" 'braidctl -j dev show' "$dir/report"
		says "\"peer\": \"there$i\"" 'braidctl -j peer show' "$dir/report"
		says "\"path\": \"w$i\"" 'braidctl -j path show' "$dir/report"
		says "\"local\": \"10.0.1.1:700$i\"" 'braidctl -j socket show' \
			"$dir/report"
		says "braid$i:" 'ip -s -d address show' "$dir/report"
		says "there$i +w$i" 'braidctl health show' "$dir/report"
	done
	says '^braid1 .*rest' 'braidctl class list' "$dir/report"
	says ' 53 ' 'braidctl rule list' "$dir/report"
	says '^adaptive +2 ' 'braidctl policy list' "$dir/report"
	says '^program ' 'BPF programs and maps of braid' "$dir/report"
	says '^map .* braid_flows ' 'BPF programs and maps of braid' "$dir/report"
	says 'netem' 'tc -s qdisc show' "$dir/report"
	says "^no file $dir/" configuration "$dir/report"
	grep -q '^==== braidctl counters, [0-9]* ms later$' "$dir/report"
	says '/rp_filter = ' 'settings of the kernel' "$dir/report"
}

test_no_device() {
	ctl report >"$dir/report"
	says "^braidctl: $(braidctl -V | awk '{ print $2 }')\$" versions "$dir/report"
	says '^module: ' versions "$dir/report"
	says '^\(nothing\)' 'braidctl show' "$dir/report"
	says 'braid|\(nothing\)' 'kernel log' "$dir/report"
	# a file that is there is not written over, and none is left behind
	must_say 'File exists' ctl report "$dir/report"
	must_fail ctl report "$dir/no/where"
	must_fail test -e "$dir/no"
}

# What it cannot see without rights it says.
test_without_rights() {
	ctl dev add braid0
	mkdir -m 700 "$dir/closed"
	in_ns "$GWA" setpriv --reuid 65534 --regid 65534 --clear-groups \
		"$(command -v braidctl)" report config "$dir/closed" >"$dir/report"
	says '"dev": "braid0"' 'braidctl -j dev show' "$dir/report"
	says 'needs CAP_SYS_ADMIN' 'BPF programs and maps of braid' "$dir/report"
	says '^no file' configuration "$dir/report"
}

test_without_the_module() {
	modprobe -r braid
	must_fail test -e /sys/module/braid
	ctl report >"$dir/report"
	says 'braid is not loaded in this kernel' versions "$dir/report"
	says 'netem' 'tc -s qdisc show' "$dir/report"
	# and it was not loaded to find that out
	must_fail test -e /sys/module/braid
	modprobe braid
}
