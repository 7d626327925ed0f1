/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For policies: the contract, and the module's function that they may call.
 * Include <linux/bpf.h> and <bpf/bpf_helpers.h> before it, or vmlinux.h.
 */
#ifndef BRAID_BPF_STEER_H
#define BRAID_BPF_STEER_H

#include <linux/braid_steer.h>

/*
 * The path in a slot of the peer, NULL where there is none. @ctx is the address
 * of a context's member peer: bpf_braid_path(&ctx->peer, slot).
 */
struct braid_path_view *bpf_braid_path(struct braid_peer_ctx *ctx,
				       __u32 slot) __ksym;

#endif
