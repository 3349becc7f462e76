/* SPDX-License-Identifier: BSD-2-Clause */
/* Names and numbers of system calls. libseccomp knows them; a table adds names that are newer than the one here. */
#pragma once

#include <stdbool.h>

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

/* What the calls of a machine are: its own, and those of its 32-bit programs. */
struct syscalls_machine {
	const char *name;		/* as uname has it */
	enum syscall_abi own, of_32;
	const char *word_32;		/* what the latter are called */
};

/* NULL: out of memory. */
struct syscalls *syscalls_new(void);
void syscalls_free(struct syscalls *t);

/* Calls are those of this machine, unless another is named: "x86_64", "aarch64". -ENOENT: not known here. */
int syscalls_set_machine(struct syscalls *t, const char *name);
const struct syscalls_machine *syscalls_machine(const struct syscalls *t);

/* The convention that a program's calls have on this machine. */
enum syscall_abi syscalls_abi(const struct syscalls *t, bool of_32, bool x32);

/* NULL for a number without a name; else t's own, good until syscalls_free. */
const char *syscalls_name(struct syscalls *t, enum syscall_abi abi, unsigned nr);

/* The number of a call, with SYSCALL_X32_BIT where that is its ABI; negative: there is none of that name. */
int syscalls_number(enum syscall_abi abi, const char *name);
