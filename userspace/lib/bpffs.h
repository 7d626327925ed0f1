/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The BPF filesystem of the initial mount namespace.
 */
#ifndef BR_BPFFS_H
#define BR_BPFFS_H

#include "failure.h"

#define BR_BPFFS		"/sys/fs/bpf"
#define BR_BPFFS_POLICIES	BR_BPFFS "/braid/policy"
#define BR_BPFFS_MAPS		BR_BPFFS "/braid/maps"

/**
 * struct br_bpffs - where the caller was before
 * @home: mount namespace to return to, -1 for none
 * @cwd: its working folder
 */
struct br_bpffs {
	int home;
	int cwd;
};

/*
 * Enters the initial mount namespace, mounts its BPF filesystem when it has
 * none and makes braid's folders. Between enter and leave paths of the caller
 * mean something else; a process with threads cannot do this.
 */
int br_bpffs_enter(struct br_bpffs *b, struct br_error *err);
void br_bpffs_leave(struct br_bpffs *b);

#endif
