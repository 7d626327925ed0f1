// SPDX-License-Identifier: GPL-2.0
#include "hello.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "cipher.h"

#define FLAG_AES	1
#define FLAG_RENEW	2
#define WANTS_SHIFT	2
#define WANTS_MASK	(BD_AES_ABLE | BD_AES_LIKED | BD_AES_ONLY)

void bd_hello_write(const struct bd_hello *hello, uint8_t to[BD_HELLO_LEN])
{
	uint32_t client = htonl(hello->client), server = htonl(hello->server);

	to[0] = BD_HELLO_VERSION;
	to[1] = (hello->aes ? FLAG_AES : 0) |
		(hello->renew ? FLAG_RENEW : 0) | hello->wants << WANTS_SHIFT;
	to[2] = hello->epoch;
	to[3] = 0;
	memcpy(to + 4, &client, sizeof(client));
	memcpy(to + 8, &server, sizeof(server));
}

/* Flags and bytes behind these may come with a later one of the same version. */
int bd_hello_read(struct bd_hello *hello, const uint8_t *from, size_t len)
{
	uint32_t client, server;

	if (len < BD_HELLO_LEN || from[0] != BD_HELLO_VERSION)
		return -EINVAL;
	memcpy(&client, from + 4, sizeof(client));
	memcpy(&server, from + 8, sizeof(server));
	*hello = (struct bd_hello){
		.wants = from[1] >> WANTS_SHIFT & WANTS_MASK,
		.aes = from[1] & FLAG_AES,
		.renew = from[1] & FLAG_RENEW,
		.epoch = from[2],
		.client = ntohl(client),
		.server = ntohl(server),
	};
	if (hello->renew && (!client || !server))
		return -EINVAL;
	return 0;
}
