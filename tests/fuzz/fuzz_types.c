/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as a kernel's types: nothing is read beyond them, and what is copied of them are types again. */
#include <assert.h>
#include <bpf/btf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "user/source/types.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void copy_part(const struct types *t)
{
	int fd = memfd_create("part", MFD_CLOEXEC);
	struct btf *ours = btf__new_empty();
	struct types *again;
	char part[1 << 16] __attribute__((aligned(8)));
	ssize_t n;

	btf__add_struct(ours, "task_struct", 1);
	btf__add_enum(ours, "state", 4);
	assert(!types_subset(t, ours, fd));
	n = pread(fd, part, sizeof(part), 0);
	if (n > 0 && (size_t)n < sizeof(part)) {
		assert(!types_new(part, (size_t)n, &again));
		types_free(again);
	}
	btf__free(ours);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct types_wish wishes[] = {
		{ .name = "cap_capable", .kind = BTF_KIND_FUNC },
		{ .name = "task_struct", .kind = BTF_KIND_STRUCT },
	};
	void *copy = malloc(size + 1);
	struct types *t;

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	if (!types_new(copy, size, &t)) {
		types_find(t, wishes, 2);
		types_parameter(t, wishes[0].id, 3);
		copy_part(t);
		types_free(t);
	}
	free(copy);
	return 0;
}
