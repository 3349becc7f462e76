/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as a kernel's types: nothing is read beyond them, also where our programs are fitted to them. */
#include <assert.h>
#include <bpf/btf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/event.h"
#include "tasks.skel.h"
#include "user/source/fit.h"
#include "user/source/types.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever the types are, our programs are fitted to them or not. */
static void fit_programs(const struct types *t)
{
	size_t size;
	const void *elf = tasks_bpf__elf_bytes(&size);
	struct fit fit;

	assert(!fit_copy(&fit, elf, size));
	fit_object(&fit, t);
	fit_done(&fit);
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
		fit_programs(t);
		types_free(t);
	}
	free(copy);
	return 0;
}
