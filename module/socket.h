/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRAID_SOCKET_H
#define BRAID_SOCKET_H

#include <linux/list.h>
#include <linux/netdevice.h>
#include <linux/netlink.h>
#include <linux/types.h>
#include <net/ipv6.h>

#include <linux/braid.h>

struct braid_device;

/**
 * union braid_addr - an address and port of the outside
 * @sa: for its family; AF_UNSPEC when unset
 * @in4: IPv4
 * @in6: IPv6
 */
union braid_addr {
	struct sockaddr sa;
	struct sockaddr_in in4;
	struct sockaddr_in6 in6;
};

/* The same address, port and link? */
bool braid_addr_same(const union braid_addr *a, const union braid_addr *b);
/* The same address and link, whatever the port? */
bool braid_addr_same_host(const union braid_addr *a, const union braid_addr *b);
/* Is there an address, that is not "any"? */
bool braid_addr_set(const union braid_addr *addr);

static inline __be16 braid_addr_port(const union braid_addr *addr)
{
	return addr->sa.sa_family == AF_INET6 ?
	       READ_ONCE(addr->in6.sin6_port) : READ_ONCE(addr->in4.sin_port);
}

/* Readers without a lock see the old one or the new one. */
static inline void braid_addr_port_set(union braid_addr *addr, __be16 port)
{
	if (addr->sa.sa_family == AF_INET6)
		WRITE_ONCE(addr->in6.sin6_port, port);
	else
		WRITE_ONCE(addr->in4.sin_port, port);
}

static inline bool braid_addr_linklocal(const union braid_addr *addr)
{
	return addr->sa.sa_family == AF_INET6 &&
	       ipv6_addr_type(&addr->in6.sin6_addr) & IPV6_ADDR_LINKLOCAL;
}

/**
 * struct braid_socket - a UDP socket of a device, shared by paths
 * @braid: its device
 * @node: in the device's list; the device's lock
 * @name: unique in the device; never changes
 * @owner: opaque cookie; never changes
 * @local: where it is bound, the port it really got included; never changes
 * @link: interface index it is bound to, or 0; device's lock, read anywhere
 * @link_name: that interface's name when it was bound; never changes
 * @fwmark: mark of what it sends; never changes
 * @listen: unknown remotes may open paths through it; never changes
 * @sock: the socket itself; never changes
 * @users: paths that use it; the device's lock
 */
struct braid_socket {
	struct braid_device *braid;
	struct list_head node;
	char name[BRAID_NAME_MAX + 1];
	char owner[BRAID_NAME_MAX + 1];
	union braid_addr local;
	int link;
	char link_name[IFNAMSIZ];
	u32 fwmark;
	bool listen;
	struct socket *sock;
	u32 users;
};

/* What a new socket shall be; see struct braid_socket. */
struct braid_socket_config {
	const char *name;
	const char *owner;
	union braid_addr local;
	int link;
	u32 fwmark;
	bool listen;
};

/**
 * braid_socket_new - open a socket in the namespace where the device was made
 * @braid: its device, with its lock held
 * @cfg: what it shall be
 * @extack: gets a sentence on failure
 *
 * May sleep. Return: 0, -EEXIST, -ENONET (that namespace is gone), or what
 * creating or binding says.
 */
int braid_socket_new(struct braid_device *braid,
		     const struct braid_socket_config *cfg,
		     struct netlink_ext_ack *extack);
/* With the device's lock held; NULL when there is none of that name. */
struct braid_socket *braid_socket_find(struct braid_device *braid,
				       const char *name);
/* Closes it and frees it; no path may use it. Sleeps. Device's lock. */
void braid_socket_del(struct braid_socket *sock);

#endif
