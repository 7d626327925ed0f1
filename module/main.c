// SPDX-License-Identifier: GPL-2.0
#include <linux/braid_version.h>
#include <linux/init.h>
#include <linux/module.h>
#include <net/genetlink.h>
#include <net/rtnetlink.h>

#include "controller.h"
#include "device.h"
#include "event.h"
#include "link.h"
#include "netlink-gen.h"
#include "steer.h"

static int __init braid_init(void)
{
	int err;

	err = braid_event_init();
	if (err)
		return err;
	braid_steer_init();
	err = braid_controller_init();
	if (err)
		goto err_steer;
	err = genl_register_family(&braid_nl_family);
	if (err)
		goto err_controller;
	err = braid_link_init();
	if (err)
		goto err_family;
	/* Last: from here on devices can be made. */
	err = braid_device_init();
	if (err)
		goto err_link;
	return 0;

err_link:
	braid_link_exit();
err_family:
	genl_unregister_family(&braid_nl_family);
err_controller:
	braid_controller_exit();
err_steer:
	braid_steer_exit();
	braid_event_exit();
	return err;
}

static void __exit braid_exit(void)
{
	braid_device_exit();
	braid_link_exit();
	genl_unregister_family(&braid_nl_family);
	braid_controller_exit();
	braid_steer_exit();
	braid_event_exit();
	/* What was freed by call_rcu() used code of this module. */
	rcu_barrier();
}

module_init(braid_init);
module_exit(braid_exit);
MODULE_LICENSE("GPL");
MODULE_VERSION(BRAID_VERSION);
MODULE_AUTHOR("the braid authors");
MODULE_DESCRIPTION("several network links as one encrypted tunnel");
MODULE_ALIAS_RTNL_LINK(KBUILD_MODNAME);
MODULE_ALIAS_GENL_FAMILY("braid");
