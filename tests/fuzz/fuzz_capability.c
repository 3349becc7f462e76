/* SPDX-License-Identifier: BSD-2-Clause */
/* Any text as a list of capabilities: what is read reads back, and an error points into the text. */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/caps/capability.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_mask(uint64_t mask)
{
	struct capability_error error;
	struct buf b = BUF_INIT;
	uint64_t back = 0;

	capability_mask_names(&b, mask);
	assert(capability_parse_list(buf_str(&b), &back, &error) == 0);
	assert(back == mask);
	buf_done(&b);
}

static void check_error(const char *list, int err, const struct capability_error *error)
{
	unsigned nr;

	assert(err == (error->len ? -ENOENT : -EINVAL));
	assert(error->word == list + error->column - 1);
	assert(error->column + error->len <= strlen(list) + 1);
	if (error->nearest && strcmp(error->nearest, "all") != 0)
		assert(!capability_parse(error->nearest, strlen(error->nearest), &nr));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct capability_error error;
	uint64_t mask = 0;
	char *list = malloc(size + 1);
	int err;

	if (!list)
		return 0;
	memcpy(list, data, size);
	list[size] = '\0';
	err = capability_parse_list(list, &mask, &error);
	if (err)
		check_error(list, err, &error);
	else
		check_mask(mask);
	free(list);
	return 0;
}
