# SPDX-License-Identifier: GPL-2.0
#
# jq -s --slurpfile plan scenarios.json -f judge.jq RESULTS: what tests/bench/scenario
# printed, judged. A bar is judged on the median of braid's runs; a run that
# failed has missed every bar. A row whose median is within two points (of per
# cent; a tenth of the bar in other units) is close.

def median: sort | if length == 0 then null
	elif length % 2 == 1 then .[length / 2 | floor]
	else (.[length / 2 - 1] + .[length / 2]) / 2 end;

# null stands for "never" or "failed": worse than anything
def score($more): if . == null then (if $more then -1e9 else 1e9 end) else . end;
def unscore: if . == null or . >= 1e9 or . <= -1e9 then null else . end;

($plan[0]) as $plan
| def bars: if (.bars | type) == "string" then $plan.bars[.bars] else .bars // [] end;

def summary($runs; $metric):
	($plan.metrics[$metric].more // false) as $more
	| ($runs | map(.metrics[$metric] | score($more)) | sort) as $v
	| {median: ($v | median | unscore), worst: ((if $more then $v[0] else $v[-1] end) | unscore),
	   all: ($runs | map(.metrics[$metric]))};

def ways($runs): $runs | group_by(.way) | map({key: .[0].way, value:
	(. as $mine | {runs: length, failed: map(select(.failed)) | length,
	  metrics: (map(.metrics // {} | keys[]) | unique | map({key: ., value: summary($mine; .)})
		| from_entries)})}) | from_entries;

def judge($braid): . as $bar
	| ($braid.metrics[.metric] // {median: null, worst: null}) as $got
	| $plan.metrics[.metric] as $about
	| ($bar.least // $bar.most // $bar.below) as $limit
	| (if $about.unit == "%" then 2 else $limit / 10 end) as $near
	| $bar + {unit: $about.unit, what: $about.what, median: $got.median, worst: $got.worst,
		pass: (if $got.median == null then false
			elif $bar.least then $got.median >= $limit
			elif $bar.below then $got.median < $limit
			else $got.median <= $limit end),
		close: ($got.median != null and ($got.median - $limit | fabs) <= $near)};

. as $runs
| [$plan.scenarios[] | . as $s
	| [$runs[] | select(.scenario == $s.name)] as $mine | select($mine | length > 0)
	| ways($mine) as $ways
	| {name, links: (.links | split(" ")), $ways,
	   rows: (if $ways.braid then [bars[] | judge($ways.braid)] else [] end)}]
| {scenarios: ., passed: (map(.rows[] | select(.pass)) | length),
   missed: (map(.rows[] | select(.pass | not)) | length)}
