# SPDX-License-Identifier: GPL-2.0
#
# jq -r --arg style text|markdown -f table.jq bench.json: a row for every bar, the
# rivals' medians of the same figure beside it.

def fixed: if . == null then "never" else . * 10 | round
	| "\(if . < 0 then "-" else "" end)\(fabs / 10 | floor).\(fabs % 10)" end;
def bar: if .least then ">= \(.least)" elif .below then "< \(.below)" else "<= \(.most)" end;
def verdict: if .pass then "pass" else "MISS" end;
def rival($ways; $way; $metric): $ways[$way] // null
	| if . == null then "" elif .metrics[$metric] then .metrics[$metric].median | fixed
	elif .failed > 0 then "failed" else "" end;

["mptcp", "wireguard", "bonding", "plain"] as $rivals
| [["scenario", "figure", "unit", "bar", "braid", "worst", "runs", "", $rivals[]],
  (.scenarios[] | . as $s | .ways as $ways
	| if (.rows | length) > 0 then .rows[] else
		(["mbit", "stall_ms"][] | {metric: ., what: ., unit: "", pass: null}) end
	| . as $row | [$s.name, .what, .unit, (if .pass == null then "" else bar end),
		(if .pass == null then "" else .median | fixed end),
		(if .pass == null then "" else .worst | fixed end),
		"\($ways.braid.runs // "")", (if .pass == null then "" else verdict end),
		($rivals[] as $r | rival($ways; $r; $row.metric))])]
| if $style == "markdown" then
	.[0], (.[0] | map("---")), .[1:][] | "| \(join(" | ")) |"
else
	(transpose | map(map(length) | max)) as $width
	| .[] | [., $width] | transpose
	| map(.[0] + " " * (.[1] - (.[0] | length))) | join("  ")
end
