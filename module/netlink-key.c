// SPDX-License-Identifier: GPL-2.0
#include "netlink.h"

#include "device.h"
#include "netlink-gen.h"
#include "peer.h"

static u64 braid_nl_u64(struct genl_info *info, int attr)
{
	return info->attrs[attr] ? nla_get_u64(info->attrs[attr]) : 0;
}

static int braid_nl_key_needs(struct genl_info *info)
{
	if (!GENL_REQ_ATTR_CHECK(info, BRAID_A_KEY_TX_KEY) &&
	    !GENL_REQ_ATTR_CHECK(info, BRAID_A_KEY_RX_KEY) &&
	    !GENL_REQ_ATTR_CHECK(info, BRAID_A_KEY_SESSION_LOCAL) &&
	    !GENL_REQ_ATTR_CHECK(info, BRAID_A_KEY_SESSION_REMOTE))
		return 0;
	NL_SET_ERR_MSG(info->extack,
		       "a key needs both directions and both session ids");
	return -EINVAL;
}

static int braid_nl_key_config(struct genl_info *info,
			       struct braid_session_config *cfg)
{
	struct braid_epoch_config *key = &cfg->key;
	int err = braid_nl_key_needs(info);

	if (err)
		return err;
	key->cipher = braid_nl_u32(info, BRAID_A_KEY_CIPHER,
				   BRAID_CIPHER_CHACHA20_POLY1305);
	key->tx_key = nla_data(info->attrs[BRAID_A_KEY_TX_KEY]);
	key->rx_key = nla_data(info->attrs[BRAID_A_KEY_RX_KEY]);
	if (!memcmp(key->tx_key, key->rx_key, BRAID_KEY_LEN)) {
		NL_SET_ERR_MSG(info->extack,
			       "both directions have the same key");
		return -EINVAL;
	}
	key->number = braid_nl_u8(info, BRAID_A_KEY_EPOCH, 0);
	key->limit_packets = braid_nl_u64(info, BRAID_A_KEY_LIMIT_PACKETS);
	key->limit_failures = braid_nl_u64(info, BRAID_A_KEY_LIMIT_FAILURES);
	cfg->local = nla_get_u32(info->attrs[BRAID_A_KEY_SESSION_LOCAL]);
	cfg->remote = nla_get_u32(info->attrs[BRAID_A_KEY_SESSION_REMOTE]);
	return 0;
}

/* The message holds key bytes, and its memory is reused. */
static void braid_nl_key_forget(struct genl_info *info)
{
	struct nlattr *tx = info->attrs[BRAID_A_KEY_TX_KEY];
	struct nlattr *rx = info->attrs[BRAID_A_KEY_RX_KEY];

	if (tx)
		memzero_explicit(nla_data(tx), nla_len(tx));
	if (rx)
		memzero_explicit(nla_data(rx), nla_len(rx));
}

/* Locks the device and finds the peer of a key; unlocked on failure. */
static struct braid_peer *braid_nl_key_peer(struct genl_info *info)
{
	const char *name = braid_nl_name(info, BRAID_A_KEY_PEER, "peer");
	struct braid_device *braid = braid_nl_device(info);
	struct braid_peer *peer;
	int err;

	err = name ? braid_nl_lock(braid, info) : -EINVAL;
	if (err)
		return ERR_PTR(err);
	peer = braid_nl_find_peer(braid, info, name);
	if (peer)
		return peer;
	braid_nl_unlock(braid);
	return ERR_PTR(-ENOENT);
}

int braid_nl_key_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct braid_session_config cfg;
	struct braid_peer *peer;
	int err;

	err = braid_nl_key_config(info, &cfg);
	if (err)
		goto out_forget;
	peer = braid_nl_key_peer(info);
	if (IS_ERR(peer)) {
		err = PTR_ERR(peer);
		goto out_forget;
	}
	err = braid_session_key_new(peer, &cfg, info->extack);
	braid_nl_unlock(peer->braid);
out_forget:
	braid_nl_key_forget(info);
	return err;
}

int braid_nl_key_swap_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct braid_peer *peer;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, BRAID_A_KEY_EPOCH)) {
		NL_SET_ERR_MSG(info->extack, "the epoch is missing");
		return -EINVAL;
	}
	peer = braid_nl_key_peer(info);
	if (IS_ERR(peer))
		return PTR_ERR(peer);
	err = braid_session_key_swap(peer,
			nla_get_u8(info->attrs[BRAID_A_KEY_EPOCH]),
			info->extack);
	braid_nl_unlock(peer->braid);
	return err;
}

int braid_nl_key_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *epoch = info->attrs[BRAID_A_KEY_EPOCH];
	struct braid_peer *peer = braid_nl_key_peer(info);
	int err = 0;

	if (IS_ERR(peer))
		return PTR_ERR(peer);
	if (epoch) {
		err = braid_session_key_del(peer, nla_get_u8(epoch),
					    info->extack);
	} else if (!rcu_access_pointer(peer->session)) {
		NL_SET_ERR_MSG(info->extack, "the peer has no key");
		err = -ENOKEY;
	} else {
		braid_session_del(peer);
	}
	braid_nl_unlock(peer->braid);
	return err;
}
