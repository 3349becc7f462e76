/* SPDX-License-Identifier: BSD-2-Clause */
/* Any text as a unit file, twice: as a fragment, and as a drop-in over it. What is granted is never more than there is. */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "user/caps/unitfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint64_t all = (1ULL << 41) - 1;
	struct unitfile u;
	struct unitfile_grant g;

	unitfile_init(&u);
	for (int i = 0; i < 2; i++) {
		int err = unitfile_read(&u, (const char *)data, size);

		assert(!err || err == -EBADMSG || err == -ENOMEM);
	}
	for (int system = 0; system < 2; system++) {
		g = unitfile_granted(&u, all, system);
		assert(!(g.bounding & ~all) && !(g.effective & ~g.bounding) && !(g.ambient & ~g.bounding));
	}
	unitfile_done(&u);
	return 0;
}
