// SPDX-License-Identifier: GPL-2.0
/* Any bytes as a configuration file: taken or refused with a sentence. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct br_error err = { .text = "" };
	struct br_config config;
	FILE *file;

	if (!size)
		return 0;
	file = fmemopen((void *)data, size, "r");
	if (!file)
		return 0;
	if (!br_config_parse(file, "fuzz.conf", &config, &err))
		br_config_free(&config);
	else if (!err.text[0])
		abort();
	fclose(file);
	return 0;
}
