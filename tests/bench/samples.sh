# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What a table of rxsample's says: a line for every 10 ms, its time and the
# bytes that arrived in it. Times are CLOCK_MONOTONIC in ms (monotonic_ms).

# samples_mbit TABLE FROM TO: the mean rate between two moments
samples_mbit() {
	awk -v from="$2" -v to="$3" '
		$1 >= from && $1 + 10 <= to { n++; bytes += $2 }
		END { printf "%.3f\n", n ? bytes * 8 / n / 1e4 : 0 }' "$1"
}

# samples_reach TABLE FROM MBIT WINDOW: ms from FROM until the end of the first
# WINDOW ms, all of them later than FROM, whose mean reaches MBIT; null: never.
samples_reach() {
	awk -v from="$2" -v want="$3" -v n="$(($4 / 10))" '
		$1 < from { next }
		{ v[i] = $2; sum += $2; if (i >= n) sum -= v[i - n]; i++ }
		i >= n && sum * 8 / n / 1e4 >= want {
			printf "%d\n", $1 + 10 - from; found = 1; exit }
		END { if (!found) print "null" }' "$1"
}

# samples_gap TABLE FROM TO: the longest time without an arrival between the two
# moments and its end: "LENGTH END" in ms
samples_gap() {
	awk -v from="$2" -v to="$3" '
		BEGIN { end = from }
		$1 < from || $1 >= to { next }
		$2 { now = 0; next }
		(now += 10) > most { most = now; end = $1 + 10 }
		END { printf "%d %d\n", most, end }' "$1"
}
