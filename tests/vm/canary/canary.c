// SPDX-License-Identifier: GPL-2.0
/*
 * Makes the mistakes that the debug kernel is there to find. scripts/vm --debug
 * loads it at the end of every run and fails unless all of them were reported:
 * a detector that is off, or that something turned off during the run, would
 * otherwise look like a clean result.
 *
 * The order matters. Lockdep turns itself off after its first report, and a
 * KASAN report turns it off as well, so the lock inversion comes first.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>

static DEFINE_MUTEX(canary_a);
static DEFINE_MUTEX(canary_b);

static noinline void canary_inversion(void)
{
	mutex_lock(&canary_a);
	mutex_lock(&canary_b);
	mutex_unlock(&canary_b);
	mutex_unlock(&canary_a);

	mutex_lock(&canary_b);
	mutex_lock(&canary_a);
	mutex_unlock(&canary_a);
	mutex_unlock(&canary_b);
}

static noinline void canary_leak(void)
{
	u8 *lost = kmalloc(1000, GFP_KERNEL);

	/* The compiler must neither drop the allocation nor keep the pointer. */
	if (lost)
		WRITE_ONCE(lost[0], 1);
	OPTIMIZER_HIDE_VAR(lost);
}

static noinline void canary_use_after_free(void)
{
	u8 *gone = kmalloc(100, GFP_KERNEL);

	if (!gone)
		return;
	kfree(gone);
	OPTIMIZER_HIDE_VAR(gone);
	pr_info("canary: read %u from freed memory\n", READ_ONCE(gone[10]));
}

static int __init canary_init(void)
{
	canary_inversion();
	canary_leak();
	canary_use_after_free();
	return 0;
}

static void __exit canary_exit(void)
{
}

module_init(canary_init);
module_exit(canary_exit);

MODULE_DESCRIPTION("Mistakes that a debug kernel must report");
MODULE_LICENSE("GPL");
