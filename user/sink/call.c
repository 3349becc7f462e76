// SPDX-License-Identifier: BSD-2-Clause
#include "user/sink/call.h"

#include <stdint.h>
#include <stdio.h>

#include "user/caps/syscalls.h"
#include "user/model/record.h"

const char *call_name(struct syscalls *t, const struct record *r, char buf[static CALL_NAME_MAX])
{
	uint32_t flags = r->check.head.flags;
	const char *name;

	if (!(flags & CHECK_SYSCALL_KNOWN))
		return NULL;
	name = syscalls_name(t, syscalls_abi(t, flags & CHECK_ABI_32, flags & CHECK_ABI_X32),
			     (unsigned int)r->check.syscall);
	if (name)
		return name;
	snprintf(buf, CALL_NAME_MAX, "syscall_%d", r->check.syscall);
	return buf;
}

bool call_is_none(const struct record *r)
{
	uint32_t flags = r->check.head.flags;

	return !(flags & CHECK_SYSCALL_KNOWN) && flags & (CHECK_SYSCALL_NONE | CHECK_KTHREAD);
}

const char *call_foreign_abi(const struct syscalls *t, const struct record *r)
{
	uint32_t flags = r->check.head.flags;

	if (!(flags & CHECK_SYSCALL_KNOWN))
		return NULL;
	if (flags & CHECK_ABI_32)
		return syscalls_machine(t)->word_32;
	return flags & CHECK_ABI_X32 ? "x32" : NULL;
}
