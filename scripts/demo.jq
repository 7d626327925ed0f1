# SPDX-License-Identifier: GPL-2.0
#
# jq -n -f demo.jq: what scripts/demo-vm samples once a second, as a table of
# the paths. $live: drawn over the last one; otherwise a line a second.

def r($w): tostring | " " * ($w - length) + .;
def l($w): tostring | . + " " * ($w - length);
def fixed: . * 10 | round | "\(. / 10 | floor).\(. % 10)";
def bar: . / 4 | round | if . > 0 then "#" * . else "" end;

def spec: split("/") | "\(.[0]) Mbit/s \(.[1]) ms";

# Mbit/s of a counter of bytes between two samples
def rate($now; $old; $ms): ($now - $old) * 8 / $ms / 1000 | if . < 0 then 0 else . end;

def rows($now; $old; $ms): [$now.show[0].peers[0].paths, $old.show[0].peers[0].paths]
	| transpose | map(select(.[1]) | {path: .[0].path, state: .[0].state,
		srtt: .[0].srtt_us, loss: .[0].loss_ppm,
		estimate: (.[0].rate * 8 / 1e6),
		sends: rate(.[0].tx_bytes; .[1].tx_bytes; $ms)});

def table($t; $now; $rows; $goodput; $again):
	($links | split(" ")) as $spec
	| (if $again then "\u001b[\($rows | length + 3)A\u001b[J" else "" end)
	+ ([ "  \($t | fixed | r(5)) s  \($now.event)",
	"  path  link             state      sends           RTT      loss   estimate",
	($rows | to_entries[] | .key as $i | .value
		| "  \(.path | l(6))\($spec[$i] | spec | l(17))\(.state | l(9))"
		+ "\(.sends | fixed | r(7)) Mbit/s \(.srtt / 1000 | fixed | r(7)) ms "
		+ "\(.loss / 10000 | fixed | r(5)) % \(.estimate | fixed | r(6)) Mbit/s  \(.sends | bar)"),
	"  hb receives                    \($goodput | fixed | r(9)) Mbit/s\(" " * 37)\($goodput | bar)"
	] | join("\n"));

def line($t; $now; $rows; $goodput):
	"\($t | fixed | r(5)) s " + ($rows | map(" \(.path) "
		+ (if .state == "up" then .sends | fixed else .state end | r(7))
		+ "\(.srtt / 1000 | round | r(4)) ms") | join(" "))
	+ "   hb \($goodput | fixed | r(5)) Mbit/s   \($now.event)";

foreach inputs as $now ({};
	{old: .now, $now, start: (.start // $now.at), shown: (.shown // 0)}
	| if .old then .shown += 1 else . end;
	select(.old) | . as $s | ($now.at - $s.old.at) as $ms | select($ms > 0)
	| (($now.at - $s.start) / 1000) as $t
	| rows($now; $s.old; $ms) as $rows
	| rate($now.in; $s.old.in; $ms) as $goodput
	| if $live == 1 then table($t; $now; $rows; $goodput; $s.shown > 1)
	else line($t; $now; $rows; $goodput) end)
