/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which cipher the two ends of a session take: what each is able to do and would
 * rather do goes with its hello, and the handshake authenticates both.
 */
#ifndef BD_CIPHER_H
#define BD_CIPHER_H

#include <stdbool.h>

/* What an end wants: sets of these */
#define BD_AES_ABLE	1	/* it can do AES-256-GCM */
#define BD_AES_LIKED	2	/* it would rather do that: it is quick here */
#define BD_AES_ONLY	4	/* it does nothing else */

/*
 * What this machine wants without being told: AES-256-GCM if the processor has
 * instructions for both AES and the multiplication that GCM needs.
 */
unsigned int bd_cipher_auto(void);
/* Of Cipher= in a configuration, BR_CIPHER_* */
unsigned int bd_cipher_wanted(int cipher);

/*
 * The choice when both have said what they want: AES when both like it, or when
 * one insists and the other can; else ChaCha20, with whom everybody can.
 * Return: 0, or -EOPNOTSUPP when one insists and the other cannot
 */
int bd_cipher_choose(unsigned int a, unsigned int b, bool *aes);

#endif
