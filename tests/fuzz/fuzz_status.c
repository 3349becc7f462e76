/* SPDX-License-Identifier: BSD-2-Clause */
/* Any text as /proc/PID/status: nothing is read beyond it, and what is taken for groups stands in it. */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "user/host/status.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct status *s, const char *text, size_t size)
{
	assert(strlen(s->name) < STATUS_NAME);
	assert(!s->is.groups && !s->is.group_count && !s->is.securebits);
	if (!s->groups)
		return;
	assert(s->groups >= text && s->groups + s->groups_len <= text + size);
	assert(!memchr(s->groups, '\n', s->groups_len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct status s;
	int err;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	err = status_parse(text, size, &s);
	assert(!err || err == -EBADMSG);
	if (!err)
		check(&s, text, size);
	free(text);
	return 0;
}
