/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as a profile: what is read can be started with, and what is not has its place told. */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/text.h"
#include "user/caps/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf why = BUF_INIT;
	struct profile p;
	int err = profile_parse("f", (const char *)data, size, &why, &p);

	assert(err == 0 || err == -EINVAL);
	if (err) {
		assert(!strncmp(buf_str(&why), "f:", 2) && why.len < 4096);
		assert(text_utf8_ok(why.data, why.len) && !memchr(why.data, '\n', why.len));
	} else {
		assert(!why.len && !(p.caps & ~p.bounding));
		assert(p.status < PROFILE_STATUS_COUNT && profile_status_name(p.status));
		assert(!p.user || (*p.user && *p.user != ':' && !strpbrk(p.user, ", /\n")));
		profile_done(&p);
	}
	buf_done(&why);
	return 0;
}
