/* SPDX-License-Identifier: BSD-2-Clause */
/* Any text as each of the files that engines keep of their containers. */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "user/host/container.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int take(void *ctx, struct container *c)
{
	(void)ctx;
	assert(c->id && *c->id);
	container_done(c);
	return 0;
}

static void expect(int err)
{
	assert(!err || err == -EINVAL || err == -ENOMEM || err == -EFBIG);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint64_t all = (1ULL << 41) - 1;
	const char *text = (const char *)data;
	struct container c = { 0 };

	expect(container_read_podman(text, size, take, NULL));
	expect(container_read_docker(text, size, &c));
	expect(container_read_docker_host(text, size, all, &c));
	expect(container_read_oci(text, size, all, &c));
	expect(container_read_runc(text, size, &c));
	expect(container_read_inspect(text, size, all, &c));
	assert(c.pid >= 0);
	container_done(&c);
	return 0;
}
