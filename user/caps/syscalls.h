/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of system calls. libseccomp knows them; a table adds those that are newer than the one here. */
#pragma once

enum syscall_abi {
	SYSCALL_ABI_X86_64,
	SYSCALL_ABI_I386,
	SYSCALL_ABI_X32,
	SYSCALL_ABI_ARM64,
	SYSCALL_ABI_ARM32,
	SYSCALL_ABI_COUNT
};

#define SYSCALL_X32_BIT 0x40000000u	/* in the number of an x32 call; given or not, both are understood */

struct syscalls;

/* NULL: out of memory. */
struct syscalls *syscalls_new(void);
void syscalls_free(struct syscalls *t);

/* NULL for a number without a name; else t's own, good until syscalls_free. */
const char *syscalls_name(struct syscalls *t, enum syscall_abi abi, unsigned nr);
