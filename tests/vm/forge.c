// SPDX-License-Identifier: GPL-2.0
/*
 * forge send KEYFILE ADDRESS PORT [NAME=VALUE...]
 *	seals packets as the end would to which KEYFILE belongs, and sends them
 * forge batch KEYFILE ADDRESS PORT
 *	as often as standard input has lines NAME=VALUE...
 * forge replay PCAP ADDRESS PORT
 *	sends again what tcpdump recorded (Ethernet, IPv4, UDP)
 *
 * Made from the description of the wire format, with another library than the
 * module's. Standard output gets the number of packets sent, and for "send" and
 * "batch", a line each, the length of one.
 *
 *	type= epoch= path= session= pn=	fields of the clear header
 *	gseq= lane= back=		fields of the data header
 *	from=ADDR to=ADDR size=N	the inner packet: UDP, N bytes of data
 *	ds=N to-port=N			its DSCP and ECN, its destination port
 *	inner=HEX			another inner packet
 *	sealed=HEX			all that is sealed: no data header
 *	key=random			a key that nobody has
 *	tos=N				DSCP and ECN of the outer packet
 *	count=N				so many; pn and gseq rise
 *	each=flip			one for every bit, with that bit flipped
 *	each=cut			one for every shorter length
 *	each=same			count times the very same packet
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEY_LEN		32
#define TAG_LEN		16
#define NONCE_LEN	12
#define HDR_LEN		12
#define DATA_LEN	8
#define PACKET_MAX	65000
#define SPACING_US	1000	/* so that no queue on the way overflows */

/**
 * struct forge - what to send
 * @key: traffic key of the direction
 * @gcm: the cipher is AES-256-GCM, not ChaCha20-Poly1305
 * @session: the receiver's session id
 * @type: of the packet
 * @epoch: of the key
 * @path: path id
 * @pn: packet number, all 64 bits
 * @gseq: of the inner packet
 * @lane: of the inner packet
 * @back: of the inner packet
 * @count: how many
 * @each: NULL, or what is varied
 * @plain: what is sealed
 * @len: its length
 */
struct forge {
	uint8_t key[KEY_LEN];
	bool gcm;
	uint32_t session;
	uint8_t type;
	uint8_t epoch;
	uint16_t path;
	uint64_t pn;
	uint32_t gseq;
	uint16_t lane;
	uint16_t back;
	unsigned long count;
	const char *each;
	uint8_t plain[PACKET_MAX];
	size_t len;
};

static int out;
static unsigned long sent;

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

static void emit(const uint8_t *packet, size_t len)
{
	if (send(out, packet, len, 0) != (ssize_t)len)
		err(1, "send of %zu bytes", len);
	sent++;
	usleep(SPACING_US);
}

/* --- sealing --- */

/* @size bytes of keyed BLAKE2s of a label. */
static void derive(const struct forge *f, const void *label, size_t label_len,
		   uint8_t *to, size_t size)
{
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "BLAKE2SMAC", NULL);
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size),
		OSSL_PARAM_END,
	};
	size_t len;

	if (!ctx || EVP_MAC_init(ctx, f->key, KEY_LEN, params) != 1 ||
	    EVP_MAC_update(ctx, label, label_len) != 1 ||
	    EVP_MAC_final(ctx, to, &len, size) != 1 || len != size)
		errx(1, "BLAKE2s failed");
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(mac);
}

static void chacha_key(const struct forge *f, uint8_t *key, uint8_t *nonce)
{
	uint8_t label[14] = "braid path ";
	int i;

	put16(label + 12, f->path);
	derive(f, label, sizeof(label), key, KEY_LEN);
	for (i = 0; i < 8; i++)
		nonce[4 + i] = f->pn >> (8 * i);
}

static void gcm_key(const struct forge *f, uint8_t *key, uint8_t *nonce)
{
	static const char key_label[] = "braid aes-256-gcm key";
	static const char iv_label[] = "braid aes-256-gcm iv";
	int i;

	derive(f, key_label, sizeof(key_label) - 1, key, KEY_LEN);
	derive(f, iv_label, sizeof(iv_label) - 1, nonce, NONCE_LEN);
	nonce[2] ^= f->path >> 8;
	nonce[3] ^= f->path;
	for (i = 0; i < 8; i++)
		nonce[4 + i] ^= f->pn >> (56 - 8 * i);
}

static size_t seal(const struct forge *f, uint8_t *packet)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t nonce[NONCE_LEN] = { 0 }, key[KEY_LEN];
	int n;

	packet[0] = f->type;
	packet[1] = f->epoch;
	put16(packet + 2, f->path);
	put32(packet + 4, f->session);
	put32(packet + 8, f->pn);
	(f->gcm ? gcm_key : chacha_key)(f, key, nonce);
	if (!ctx ||
	    EVP_EncryptInit_ex(ctx, f->gcm ? EVP_aes_256_gcm() :
			       EVP_chacha20_poly1305(), NULL, key,
			       nonce) != 1 ||
	    EVP_EncryptUpdate(ctx, NULL, &n, packet, HDR_LEN) != 1 ||
	    EVP_EncryptUpdate(ctx, packet + HDR_LEN, &n, f->plain,
			      f->len) != 1 ||
	    EVP_EncryptFinal_ex(ctx, packet + HDR_LEN + f->len, &n) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_LEN,
				packet + HDR_LEN + f->len) != 1)
		errx(1, "sealing failed");
	EVP_CIPHER_CTX_free(ctx);
	return HDR_LEN + f->len + TAG_LEN;
}

/* --- the arguments --- */

/* Value of NAME= among the arguments, or what it is otherwise. */
static const char *text(char **argv, const char *name, const char *otherwise)
{
	size_t len = strlen(name);

	for (; *argv; argv++)
		if (!strncmp(*argv, name, len) && (*argv)[len] == '=')
			return *argv + len + 1;
	return otherwise;
}

static uint64_t number(char **argv, const char *name, uint64_t otherwise)
{
	const char *value = text(argv, name, NULL);
	char *end;
	uint64_t n;

	if (!value)
		return otherwise;
	n = strtoull(value, &end, 0);
	if (!*value || *end)
		errx(2, "%s=%s: digits are expected", name, value);
	return n;
}

/* --- the inner packet --- */

static uint16_t checksum(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i < len; i += 2)
		sum += p[i] << 8 | p[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

static size_t ip4_header(uint8_t *p, const char *from, const char *to,
			 size_t size, uint8_t ds)
{
	struct iphdr ip = {
		.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_UDP,
		.tos = ds,
		.tot_len = htons(sizeof(ip) + sizeof(struct udphdr) + size),
	};

	if (inet_pton(AF_INET, from, &ip.saddr) != 1 ||
	    inet_pton(AF_INET, to, &ip.daddr) != 1)
		errx(2, "from=%s to=%s: not IPv4 addresses", from, to);
	ip.check = checksum(&ip, sizeof(ip));
	memcpy(p, &ip, sizeof(ip));
	return sizeof(ip);
}

static size_t ip6_header(uint8_t *p, const char *from, const char *to,
			 size_t size, uint8_t ds)
{
	struct ip6_hdr ip = { .ip6_flow = htonl(6 << 28 | ds << 20), };

	ip.ip6_plen = htons(sizeof(struct udphdr) + size);
	ip.ip6_nxt = IPPROTO_UDP;
	ip.ip6_hlim = 64;
	if (inet_pton(AF_INET6, from, &ip.ip6_src) != 1 ||
	    inet_pton(AF_INET6, to, &ip.ip6_dst) != 1)
		errx(2, "from=%s to=%s: not IPv6 addresses", from, to);
	memcpy(p, &ip, sizeof(ip));
	return sizeof(ip);
}

/* Nobody behind the tunnel needs to take it: without a checksum. */
static size_t udp_packet(uint8_t *p, char **argv)
{
	const char *from = text(argv, "from", "10.1.0.2");
	const char *to = text(argv, "to", "10.2.0.2");
	size_t size = number(argv, "size", 8), n;
	uint8_t ds = number(argv, "ds", 0);
	struct udphdr udp = {
		.source = htons(9), .dest = htons(number(argv, "to-port", 9)),
		.len = htons(sizeof(udp) + size),
	};

	if (size > PACKET_MAX - 200)
		errx(2, "size=%zu: too much", size);
	n = strchr(from, ':') ? ip6_header(p, from, to, size, ds) :
				ip4_header(p, from, to, size, ds);
	memcpy(p + n, &udp, sizeof(udp));
	memset(p + n + sizeof(udp), 'f', size);
	return n + sizeof(udp) + size;
}

static size_t hex(uint8_t *to, const char *text)
{
	size_t n = 0;
	int used = 0;

	for (; *text; text += used, n++)
		if (n == PACKET_MAX / 2 ||
		    sscanf(text, "%2hhx%n", to + n, &used) != 1 || used != 2)
			errx(2, "not hexadecimal bytes: %s", text);
	return n;
}

static void data_header(struct forge *f)
{
	put32(f->plain, f->gseq);
	put16(f->plain + 4, f->lane);
	put16(f->plain + 6, f->back);
}

/* --- what was asked for --- */

static void key_read(struct forge *f, const char *path)
{
	FILE *file = fopen(path, "r");
	char line[256], key[65] = "", cipher[32] = "";
	int found = 0;

	if (!file)
		err(1, "%s", path);
	while (fgets(line, sizeof(line), file))
		found += sscanf(line, "session-remote = %x", &f->session) == 1 ||
			 sscanf(line, "tx-key = %64s", key) == 1 ||
			 sscanf(line, "cipher = %31s", cipher) == 1;
	fclose(file);
	if (found != 3 || hex(f->key, key) != KEY_LEN)
		errx(1, "%s: not a key file", path);
	f->gcm = !strcmp(cipher, "aes256-gcm");
}

static void fields_read(struct forge *f, char **argv)
{
	int tos = number(argv, "tos", 0);

	f->type = number(argv, "type", 1);
	f->epoch = number(argv, "epoch", 0);
	f->path = number(argv, "path", 0);
	f->session = number(argv, "session", f->session);
	f->pn = number(argv, "pn", 0);
	f->gseq = number(argv, "gseq", 1);
	f->lane = number(argv, "lane", 0xffff);
	f->back = number(argv, "back", 0xffff);
	f->count = number(argv, "count", 1);
	f->each = text(argv, "each", NULL);
	if (!strcmp(text(argv, "key", ""), "random") &&
	    RAND_bytes(f->key, KEY_LEN) != 1)
		errx(1, "no randomness");
	if (setsockopt(out, IPPROTO_IP, IP_TOS, &tos, sizeof(tos)))
		err(1, "tos=%d", tos);
}

static void plain_read(struct forge *f, char **argv)
{
	const char *inner = text(argv, "inner", NULL);
	const char *sealed = text(argv, "sealed", NULL);

	if (sealed) {
		f->len = hex(f->plain, sealed);
		return;
	}
	data_header(f);
	f->len = DATA_LEN;
	if (inner)
		f->len += hex(f->plain + DATA_LEN, inner);
	else
		f->len += udp_packet(f->plain + DATA_LEN, argv);
}

/* --- sending --- */

static void send_flipped(uint8_t *packet, size_t len)
{
	size_t bit;

	for (bit = 0; bit < 8 * len; bit++) {
		packet[bit / 8] ^= 1 << bit % 8;
		emit(packet, len);
		packet[bit / 8] ^= 1 << bit % 8;
	}
}

static void send_all(struct forge *f, bool numbered)
{
	static uint8_t packet[PACKET_MAX + 100];
	const char *each = f->each ? f->each : "";
	size_t len = seal(f, packet), n;

	if (!strcmp(each, "flip")) {
		send_flipped(packet, len);
	} else if (!strcmp(each, "cut")) {
		for (n = 0; n < len; n++)
			emit(packet, n);
	} else if (!strcmp(each, "same")) {
		for (n = 0; n < f->count; n++)
			emit(packet, len);
	} else if (*each) {
		errx(2, "each=%s: not flip, cut or same", each);
	} else {
		for (n = 0; n < f->count; n++) {
			emit(packet, len);
			f->pn++;
			f->gseq++;
			if (numbered)
				data_header(f);
			seal(f, packet);
		}
	}
	printf("%lu %zu\n", sent, len);
	sent = 0;
}

static void send_one(const char *keyfile, char **argv)
{
	static struct forge f;

	key_read(&f, keyfile);
	fields_read(&f, argv);
	plain_read(&f, argv);
	send_all(&f, !text(argv, "sealed", NULL));
}

static void send_batch(const char *keyfile)
{
	char line[4096], *argv[32];
	int n;

	while (fgets(line, sizeof(line), stdin)) {
		argv[0] = strtok(line, " \t\n");
		for (n = 0; argv[n] && n < 31; n++)
			argv[n + 1] = strtok(NULL, " \t\n");
		argv[n] = NULL;
		if (n)
			send_one(keyfile, argv);
	}
}

/* A classic pcap file of this machine's byte order. */
static void replay(const char *path)
{
	FILE *file = fopen(path, "r");
	uint32_t head[6], record[4];
	uint8_t p[PACKET_MAX];
	size_t ip;

	if (!file)
		err(1, "%s", path);
	if (fread(head, sizeof(head), 1, file) != 1 ||
	    (head[0] != 0xa1b2c3d4 && head[0] != 0xa1b23c4d) || head[5] != 1)
		errx(1, "%s: not a recording of an Ethernet", path);
	while (fread(record, sizeof(record), 1, file) == 1) {
		if (record[2] > sizeof(p) || record[2] < 42 ||
		    fread(p, record[2], 1, file) != 1)
			errx(1, "%s: bad record", path);
		ip = (p[14] & 15) * 4;
		if (p[14] >> 4 != 4 || p[23] != IPPROTO_UDP)
			errx(1, "%s: not only UDP over IPv4", path);
		emit(p + 14 + ip + 8,
		     (p[14 + ip + 4] << 8 | p[14 + ip + 5]) - 8);
	}
	fclose(file);
	printf("%lu\n", sent);
}

static void connect_to(const char *address, const char *port)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(atoi(port)),
	};

	if (inet_pton(AF_INET, address, &to.sin_addr) != 1)
		errx(2, "%s: not an IPv4 address", address);
	out = socket(AF_INET, SOCK_DGRAM, 0);
	if (out < 0 || connect(out, (struct sockaddr *)&to, sizeof(to)))
		err(1, "%s:%s", address, port);
}

int main(int argc, char **argv)
{
	if (argc < 5)
		errx(2, "usage: forge send|batch|replay FILE ADDRESS PORT [NAME=VALUE...]");
	connect_to(argv[3], argv[4]);
	if (!strcmp(argv[1], "replay"))
		replay(argv[2]);
	else if (!strcmp(argv[1], "batch"))
		send_batch(argv[2]);
	else if (!strcmp(argv[1], "send"))
		send_one(argv[2], argv + 5);
	else
		errx(2, "%s: not send, batch or replay", argv[1]);
	return 0;
}
