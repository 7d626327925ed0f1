/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For policies: the contract, and the module's function that they may call.
 * Include <linux/bpf.h> and <bpf/bpf_helpers.h> before it, or vmlinux.h.
 */
#ifndef BRAID_BPF_STEER_H
#define BRAID_BPF_STEER_H

#include <linux/braid_steer.h>

#ifndef __VMLINUX_H__
#include <linux/version.h>
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
/* What bpf_for() needs; the C library's kernel headers have it since 6.4. */
struct bpf_iter_num {
	__u64 __opaque[1];
} __attribute__((aligned(8)));
#endif
#endif

/*
 * The path in a slot of the peer, NULL where there is none. @ctx is the address
 * of a context's member peer: bpf_braid_path(&ctx->peer, slot).
 */
struct braid_path_view *bpf_braid_path(struct braid_peer_ctx *ctx,
				       __u32 slot) __ksym;

/*
 * Goes through all slots; @slot is an int. A plain loop over them is fine as
 * long as it decides little: the verifier walks it 32 times over, with every
 * branch in it, and gives up on much. This one it walks until nothing new turns
 * up.
 */
#define braid_for_each_slot(slot)	bpf_for(slot, 0, BRAID_MAX_SLOTS)

/*
 * Defines a program of a policy:
 *	BRAID_PROG(__u64, steer, my_steer, struct braid_steer_ctx *pkt) { ... }
 * @ret and @arg are those of the member of struct braid_policy.
 */
#define BRAID_PROG(ret, member, name, arg)				\
static __always_inline ret name##_body(arg);				\
SEC("struct_ops/" #member)						\
ret name(unsigned long long *args)					\
{									\
	return name##_body((void *)args[0]);				\
}									\
static __always_inline ret name##_body(arg)

#endif
