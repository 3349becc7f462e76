/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as a file's security.capability: what is taken for capabilities says all of it when it is written again. */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "user/caps/filecaps.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *bytes = malloc(size ? size : 1);
	uint8_t again[FILECAPS_SIZE_MAX];
	struct filecaps f, back;
	size_t n;
	int err;

	if (!bytes)
		return 0;
	memcpy(bytes, data, size);
	err = filecaps_decode(bytes, size, &f);
	assert(!err || err == -EINVAL);
	if (!err) {
		assert(f.version >= 1 && f.version <= 3 && (f.version == 3 || !f.rootid));
		assert(!filecaps_encode(&f, again, &n) && n == size);
		assert(!filecaps_decode(again, n, &back));
		assert(back.version == f.version && back.effective == f.effective && back.permitted == f.permitted &&
		       back.inheritable == f.inheritable && back.rootid == f.rootid);
	}
	free(bytes);
	return 0;
}
