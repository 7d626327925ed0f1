# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # variables of lib.sh and of those that use this
#
# One TCP flow over links that stay as they are.

steady_flow() {
	flow_begin "$seconds" "$skip"
	flow_end
	rates "$result"
	keep "$table" samples
}
