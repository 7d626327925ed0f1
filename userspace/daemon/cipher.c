// SPDX-License-Identifier: GPL-2.0
#include "cipher.h"

#include <errno.h>
#if defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

#include "config.h"

static bool quick(void)
{
#if defined(__x86_64__) || defined(__i386__)
	return __builtin_cpu_supports("aes") &&
	       __builtin_cpu_supports("pclmul");
#elif defined(__aarch64__)
	unsigned long has = getauxval(AT_HWCAP);

	return has & HWCAP_AES && has & HWCAP_PMULL;
#else
	return false;
#endif
}

unsigned int bd_cipher_auto(void)
{
	return BD_AES_ABLE | (quick() ? BD_AES_LIKED : 0);
}

unsigned int bd_cipher_wanted(int cipher)
{
	switch (cipher) {
	case BR_CIPHER_CHACHA20_POLY1305:
		return 0;
	case BR_CIPHER_AES256_GCM:
		return BD_AES_ABLE | BD_AES_LIKED | BD_AES_ONLY;
	default:
		return bd_cipher_auto();
	}
}

int bd_cipher_choose(unsigned int a, unsigned int b, bool *aes)
{
	bool only = (a | b) & BD_AES_ONLY;

	*aes = (a & b & BD_AES_LIKED) || (only && (a & b & BD_AES_ABLE));
	return only && !*aes ? -EOPNOTSUPP : 0;
}
