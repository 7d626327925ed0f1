/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For policies: the contract, and what the module offers them. All that a
 * policy must include; first, or after vmlinux.h.
 */
#ifndef BRAID_BPF_STEER_H
#define BRAID_BPF_STEER_H

#ifndef __VMLINUX_H__
#if defined(__LINUX_BPF_H__) || defined(_UAPI__LINUX_BPF_H__)
#error "include braid_steer.h before <linux/bpf.h>"
#endif
/* bpf_for() needs this struct; headers before Linux 6.4 do not have it. */
#define bpf_iter_num bpf_iter_num_of_linux_bpf_h
#include <linux/bpf.h>
#undef bpf_iter_num
struct bpf_iter_num {
	__u64 opaque;
};
#endif

#include <bpf/bpf_helpers.h>
#include <linux/braid_steer.h>

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
 * What is set before loading, read where it is: a copy takes of a program's 512 bytes
 * of stack. The compiler must not know what it was set to when it was compiled.
 */
static __always_inline const void *braid_tunables(const volatile void *cfg)
{
	const void *at = (const void *)cfg;

	asm volatile("" : "+r"(at));
	return at;
}

/* The context, from the arguments that a program gets. */
static __always_inline void *braid_ctx(unsigned long long *args)
{
	return (void *)args[0];
}

#endif
