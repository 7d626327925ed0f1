# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # variables of lib.sh and of those that use this
#
# Changes of links at a moment: one tc for each gateway waits for lines, so that
# no program has to start first (40 ms each in an emulated machine, in which one
# direction would be cut and the other not yet). The links are topo.sh's.

wire_a='' wire_b='' wire_pids=()

wire_open() {
	exec {wire_a}> >(exec tc -n "$GWA" -batch -)
	wire_pids=($!)
	exec {wire_b}> >(exec tc -n "$GWB" -batch -)
	wire_pids+=($!)
}

# A tc that did not like a line has ended with a status.
wire_close() {
	exec {wire_a}>&- {wire_b}>&-
	if ! wait "${wire_pids[0]}" || ! wait "${wire_pids[1]}"; then
		fail "tc refused a change of a link"
	fi
}

# wire_set LINK SPEC [both|ab|ba] [CUT]: as topo_netem does, now; ab is from gwa
# to gwb. The link's own spec stays what it was.
wire_set() {
	local dir=${3:-both} change="qdisc change dev wan$1 root netem" ab ba

	ab=$(topo_shape "$2" "${4:-0}" ab)
	ba=$(topo_shape "$2" "${4:-0}" ba)
	[ "$dir" = ba ] || echo "$change $ab" >&"$wire_a"
	[ "$dir" = ab ] || echo "$change $ba" >&"$wire_b"
}

# wire_cut LINK [both|ab|ba] swallows everything; wire_restore LINK
wire_cut() { wire_set "$1" "$(topo_spec "$1")" "${2:-both}" 1; }
wire_restore() { wire_set "$1" "$(topo_spec "$1")"; }
