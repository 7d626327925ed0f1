// SPDX-License-Identifier: GPL-2.0
#include "hostname.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "field.h"

#define LABEL_MAX	63
#define LABEL \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

bool br_hostname_meant(const char *text)
{
	size_t len = strcspn(text, ":"), i;

	/* a second colon, or a bracket: an IPv6 address, right or wrong */
	if (text[0] == '[' || (text[len] && strchr(text + len + 1, ':')))
		return false;
	if (len == strlen("auto") && !strncmp(text, "auto", len))
		return false;
	for (i = 0; i < len; i++)
		if (isalpha((unsigned char)text[i]))
			return true;
	return false;
}

/* The last label is not a number: resolvers would take that for an address. */
static bool name_valid(const char *name)
{
	bool digits = true;
	size_t n;

	do {
		n = strspn(name, LABEL);
		if (!n || n > LABEL_MAX || name[0] == '-' || name[n - 1] == '-')
			return false;
		digits = strspn(name, "0123456789") == n;
		name += n;
		name += *name == '.';
	} while (*name && (name[-1] == '.'));
	return !*name && !digits;
}

int br_hostname_parse(const char *text, char name[BR_HOSTNAME], uint16_t *port,
		      const char **why)
{
	size_t len = strcspn(text, ":");
	uint64_t value;

	*why = "is not the name of a host: labels of letters, digits and '-', with dots between them";
	if (len >= BR_HOSTNAME)
		return -EINVAL;
	memcpy(name, text, len);
	name[len] = 0;
	if (!name_valid(name))
		return -EINVAL;
	*why = "needs a port behind the name, from 1 to 65535";
	if (!text[len] || br_number_parse(text + len + 1, UINT16_MAX, &value) ||
	    !value)
		return -EINVAL;
	*port = value;
	return 0;
}
