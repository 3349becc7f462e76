// SPDX-License-Identifier: BSD-2-Clause
#include "user/sink/call.h"

#include <stdint.h>
#include <stdio.h>

#include "user/caps/syscalls.h"
#include "user/model/record.h"

static const struct abis {
	enum syscall_abi own, of_32;
	const char *word_32;
} abis =
#if defined(__aarch64__)
	{ SYSCALL_ABI_ARM64, SYSCALL_ABI_ARM32, "arm" };
#else
	{ SYSCALL_ABI_X86_64, SYSCALL_ABI_I386, "i386" };
#endif

static enum syscall_abi abi_of(uint32_t flags)
{
	if (flags & CHECK_ABI_32)
		return abis.of_32;
	return flags & CHECK_ABI_X32 ? SYSCALL_ABI_X32 : abis.own;
}

const char *call_name(struct syscalls *t, const struct record *r, char buf[static CALL_NAME_MAX])
{
	uint32_t flags = r->check.head.flags;
	const char *name;

	if (!(flags & CHECK_SYSCALL_KNOWN))
		return NULL;
	name = syscalls_name(t, abi_of(flags), (unsigned int)r->check.syscall);
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

const char *call_foreign_abi(const struct record *r)
{
	uint32_t flags = r->check.head.flags;

	if (!(flags & CHECK_SYSCALL_KNOWN))
		return NULL;
	if (flags & CHECK_ABI_32)
		return abis.word_32;
	return flags & CHECK_ABI_X32 ? "x32" : NULL;
}
