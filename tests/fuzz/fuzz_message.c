/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as a message: what is read has its limits, and what is written of it reads back the same. */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/model/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The length of a number may be longer than it must be: the second writing is held against the first. */
static void check_again(const struct message *m, struct message *back)
{
	struct buf first = BUF_INIT, second = BUF_INIT;
	int err = message_put(&first, m);

	assert(!err || err == -EMSGSIZE);
	if (!err) {
		assert(!message_get(first.data, first.len, back));
		assert(!message_put(&second, back));
		assert(first.len == second.len && !memcmp(first.data, second.data, first.len));
	}
	buf_done(&first);
	buf_done(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct message *m = calloc(2, sizeof(*m));
	int err;

	if (!m)
		return 0;
	err = message_get(data, size, &m[0]);
	assert(!err || err == -EBADMSG);
	if (!err)
		check_again(&m[0], &m[1]);
	free(m);
	return 0;
}
