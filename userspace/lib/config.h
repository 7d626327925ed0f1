/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A tunnel in a file: braid.conf(5).
 */
#ifndef BR_CONFIG_H
#define BR_CONFIG_H

#include <stdio.h>

#include "failure.h"
#include "identity.h"
#include "model.h"
#include "period.h"
#include "place.h"
#include "port.h"
#include "ruleset.h"

/* A list of strings or of prefixes that a section may have several of */
struct br_config_texts {
	unsigned int n;
	char **text;
};

struct br_config_prefixes {
	unsigned int n;
	struct br_prefix *p;
};

/**
 * struct br_config_socket - a [Socket], or what a [Path] wants of its own
 * @socket: its fields; the link is known by name only until it is brought up
 * @link: name of the link, empty for none
 */
struct br_config_socket {
	struct br_socket socket;
	char link[BR_IFNAME];
};

/**
 * struct br_config_peer - a [Peer]
 * @peer: its fields
 * @route: networks behind it
 * @key_file: path of its static key, NULL for none
 * @has_public: its sessions are braidd's business
 * @public: its public key then
 * @habit: how it comes and goes, BR_HABIT_AUTO when that is to be learned
 */
struct br_config_peer {
	struct br_peer peer;
	struct br_config_prefixes route;
	char *key_file;
	bool has_public;
	uint8_t public[BR_PUBLIC_LEN];
	enum br_habit habit;
};

/**
 * struct br_config_path - a [Path]
 * @path: its fields, the name of a declared socket among them; of a remote that is
 *	a name only the port
 * @host: that name, NULL when the remote is an address
 * @wanted: what it wants of a socket, when it names none
 * @ports: out of which it wants a port, NULL for those of the device
 * @period: after which its byte budget is renewed
 * @reset: QuotaReset, until the section is read
 * @max_rtt: beyond which it is given up for a standby path, us; 0 for never
 * @max_loss: likewise, lost per million
 */
struct br_config_path {
	struct br_path path;
	char *host;
	struct br_config_socket wanted;
	struct br_ports *ports;
	struct br_period period;
	struct br_period reset;
	uint32_t max_rtt;
	uint32_t max_loss;
};

/* Cipher: auto is what is quick at both ends */
enum br_config_cipher {
	BR_CIPHER_AUTO,
	BR_CIPHER_CHACHA20_POLY1305,
	BR_CIPHER_AES256_GCM,
};

/**
 * struct br_config - a whole file
 * @name: of the device
 * @policy: its policy, empty for the built-in one
 * @mtu: 0 leaves it to the module
 * @fwmark: of the tunnel's own packets, 0 for none
 * @table: for routes
 * @routes: Table is not off
 * @private_key_file: path of our private key, NULL for none
 * @rekey_us: how long an epoch of a session serves
 * @port_hop_us: how long a path keeps a port that the file does not tell; 0 for
 *	ever
 * @port_hop_jitter_us: that may be so much longer or shorter
 * @port_hop_bytes: how many bytes a path carries by such a port, both ways; 0 for
 *	any number
 * @port_hop_bytes_jitter: that may be so many more or fewer
 * @resolve_us: how often names of remotes are looked up while all is well
 * @pool_size: so many peers that are away keep their keys, 0 for none
 * @hold_us: for so long at most
 * @cipher: which sessions use, BR_CIPHER_*; ChaCha20-Poly1305 by default
 * @ports: out of which paths get theirs, NULL for the kernel's choice
 * @metrics: where braidd tells metrics, port 0 for nowhere
 * @address: addresses of the device
 * @post_up: commands to run when all is up
 * @pre_down: commands to run before anything goes down
 * @sockets: declared sockets
 * @peers: peers
 * @paths: paths
 * @rules: which flows go which way
 * @class: the [Class] being read
 * @rule: the [Rule] being read
 */
struct br_config {
	char name[BR_IFNAME];
	char policy[BR_NAME];
	uint32_t mtu;
	uint32_t fwmark;
	uint32_t table;
	bool routes;
	char *private_key_file;
	uint64_t rekey_us;
	uint64_t port_hop_us;
	uint64_t port_hop_jitter_us;
	uint64_t port_hop_bytes;
	uint64_t port_hop_bytes_jitter;
	uint64_t resolve_us;
	uint32_t pool_size;
	uint64_t hold_us;
	enum br_config_cipher cipher;
	struct br_ports *ports;
	struct br_endpoint metrics;
	struct br_config_prefixes address;
	struct br_config_texts post_up;
	struct br_config_texts pre_down;
	unsigned int n_sockets;
	struct br_config_socket *sockets;
	unsigned int n_peers;
	struct br_config_peer *peers;
	unsigned int n_paths;
	struct br_config_path *paths;
	struct br_ruleset rules;
	struct br_steer_class class;
	struct br_steer_rule rule;
};

/* RekeyInterval, in microseconds: unless told otherwise, and within */
#define BR_REKEY_US		120000000ULL
#define BR_REKEY_MIN_US		1000000ULL
#define BR_REKEY_MAX_US		86400000000ULL

/* PortHop, likewise; its jitter is a tenth unless it is given */
#define BR_PORT_HOP_MIN_US	1000000ULL
#define BR_PORT_HOP_MAX_US	86400000000ULL
#define BR_PORT_HOP_MIN_BYTES	(1ULL << 20)
#define BR_PORT_HOP_MAX_BYTES	(1ULL << 50)

/* MaxRTT of a path */
#define BR_MAX_RTT_MIN_US	1000ULL
#define BR_MAX_RTT_MAX_US	10000000ULL

/* ResolveInterval, likewise */
#define BR_RESOLVE_US		300000000ULL
#define BR_RESOLVE_MIN_US	1000000ULL
#define BR_RESOLVE_MAX_US	86400000000ULL

/*
 * Reads a file; key files are looked for in its folder. The sentence of a
 * refusal begins with file and line.
 * Return: 0, then br_config_free() is due; or a negative errno
 */
int br_config_read(const char *path, struct br_config *config,
		   struct br_error *err);

/* The same from an open file; @path only stands in sentences. */
int br_config_parse(FILE *file, const char *path, struct br_config *config,
		    struct br_error *err);

void br_config_free(struct br_config *config);
/* The [Peer] of that name, or NULL. */
const struct br_config_peer *br_config_peer_find(const struct br_config *c,
						 const char *name);
/* Of its remote's addresses, as Local allows: AF_UNSPEC for either family. */
sa_family_t br_config_path_family(const struct br_config *c,
				  const struct br_config_path *path);

#endif
