/* SPDX-License-Identifier: BSD-2-Clause */
/* Any line as a question to the daemon: refused with a sentence, or what it asks for can be asked again. */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/text.h"
#include "user/guard/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask_again(const struct request *r)
{
	struct buf line = BUF_INIT, why = BUF_INIT;
	struct request back;

	request_put(&line, r);
	assert(line.len && line.data[line.len - 1] == '\n' && !memchr(line.data, '\n', line.len - 1));
	assert(!request_read(line.data, line.len - 1, &back, &why));
	assert(back.what == r->what && !strcmp(back.output, r->output) && !strcmp(back.workload, r->workload));
	buf_done(&line);
	buf_done(&why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf why = BUF_INIT;
	struct request r;
	int err;

	if (size > REQUEST_BYTES_MAX)
		return 0;
	err = request_read((const char *)data, size, &r, &why);
	assert(!err || err == -EINVAL || err == -ENOMEM);
	assert(err != -EINVAL || (why.len && text_utf8_ok(why.data, why.len)));
	if (!err) {
		assert(r.what < REQUESTS && strlen(r.output) < sizeof(r.output) && strlen(r.workload) < sizeof(r.workload));
		ask_again(&r);
	}
	buf_done(&why);
	return 0;
}
