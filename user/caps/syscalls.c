/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/caps/syscalls.h"

#include <errno.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"

#define NUMBERS 576	/* past the end of every table, x32's second range (512 to 547) included */

static const struct syscalls_machine machines[] = {
#if defined(__aarch64__)
	{ "aarch64", SYSCALL_ABI_ARM64, SYSCALL_ABI_ARM32, "arm" },
	{ "x86_64", SYSCALL_ABI_X86_64, SYSCALL_ABI_I386, "i386" },
#else
	{ "x86_64", SYSCALL_ABI_X86_64, SYSCALL_ABI_I386, "i386" },
	{ "aarch64", SYSCALL_ABI_ARM64, SYSCALL_ABI_ARM32, "arm" },
#endif
};

struct syscalls {
	const struct syscalls_machine *machine;
	char *names[SYSCALL_ABI_COUNT][NUMBERS];	/* NULL: not asked yet; else from malloc, or .none */
	char none[1];	/* its address stands for: libseccomp has no name */
};

static const uint32_t arches[] = {
	[SYSCALL_ABI_X86_64] = SCMP_ARCH_X86_64,
	[SYSCALL_ABI_I386] = SCMP_ARCH_X86,
	[SYSCALL_ABI_X32] = SCMP_ARCH_X32,
	[SYSCALL_ABI_ARM64] = SCMP_ARCH_AARCH64,
	[SYSCALL_ABI_ARM32] = SCMP_ARCH_ARM,
};

_Static_assert(sizeof(arches) / sizeof(arches[0]) == SYSCALL_ABI_COUNT, "one architecture per ABI");

/* From 424 on new calls get one number on every architecture. libseccomp 2.5.0 ends at 439. */
#define COMMON_FIRST 440

static const char *const common[] = {
	[440 - COMMON_FIRST] = "process_madvise",
	[441 - COMMON_FIRST] = "epoll_pwait2",
	[442 - COMMON_FIRST] = "mount_setattr",
	[443 - COMMON_FIRST] = "quotactl_fd",
	[444 - COMMON_FIRST] = "landlock_create_ruleset",
	[445 - COMMON_FIRST] = "landlock_add_rule",
	[446 - COMMON_FIRST] = "landlock_restrict_self",
	[447 - COMMON_FIRST] = "memfd_secret",
	[448 - COMMON_FIRST] = "process_mrelease",
	[449 - COMMON_FIRST] = "futex_waitv",
	[450 - COMMON_FIRST] = "set_mempolicy_home_node",
	[451 - COMMON_FIRST] = "cachestat",
	[452 - COMMON_FIRST] = "fchmodat2",
	[453 - COMMON_FIRST] = "map_shadow_stack",
	[454 - COMMON_FIRST] = "futex_wake",
	[455 - COMMON_FIRST] = "futex_wait",
	[456 - COMMON_FIRST] = "futex_requeue",
	[457 - COMMON_FIRST] = "statmount",
	[458 - COMMON_FIRST] = "listmount",
	[459 - COMMON_FIRST] = "lsm_get_self_attr",
	[460 - COMMON_FIRST] = "lsm_set_self_attr",
	[461 - COMMON_FIRST] = "lsm_list_modules",
	[462 - COMMON_FIRST] = "mseal",
	[463 - COMMON_FIRST] = "setxattrat",
	[464 - COMMON_FIRST] = "getxattrat",
	[465 - COMMON_FIRST] = "listxattrat",
	[466 - COMMON_FIRST] = "removexattrat",
	[467 - COMMON_FIRST] = "open_tree_attr",
	[468 - COMMON_FIRST] = "file_getattr",
	[469 - COMMON_FIRST] = "file_setattr",
	[470 - COMMON_FIRST] = "listns",
	[471 - COMMON_FIRST] = "rseq_slice_yield",
};

struct syscalls *syscalls_new(void)
{
	struct syscalls *t = calloc(1, sizeof(*t));

	if (t)
		t->machine = &machines[0];
	return t;
}

int syscalls_set_machine(struct syscalls *t, const char *name)
{
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		if (strcmp(machines[i].name, name))
			continue;
		t->machine = &machines[i];
		return 0;
	}
	return -ENOENT;
}

const struct syscalls_machine *syscalls_machine(const struct syscalls *t)
{
	return t->machine;
}

void syscalls_free(struct syscalls *t)
{
	if (!t)
		return;
	for (unsigned abi = 0; abi < SYSCALL_ABI_COUNT; abi++) {
		for (unsigned nr = 0; nr < NUMBERS; nr++) {
			if (t->names[abi][nr] != t->none)
				free(t->names[abi][nr]);
		}
	}
	free(t);
}

static char *resolve(enum syscall_abi abi, unsigned nr)
{
	char *name;

	if (abi == SYSCALL_ABI_X32)
		nr |= SYSCALL_X32_BIT;
	errno = 0;
	name = seccomp_syscall_resolve_num_arch(arches[abi], (int)nr);
	if (!name && errno == ENOMEM)
		buf_note_ran_out();
	return name;
}

static const char *common_name(unsigned nr)
{
	if (nr < COMMON_FIRST || nr - COMMON_FIRST >= sizeof(common) / sizeof(common[0]))
		return NULL;
	return common[nr - COMMON_FIRST];
}

enum syscall_abi syscalls_abi(const struct syscalls *t, bool of_32, bool x32)
{
	const struct syscalls_machine *machine = syscalls_machine(t);

	if (of_32)
		return machine->of_32;
	return x32 ? SYSCALL_ABI_X32 : machine->own;
}

const char *syscalls_name(struct syscalls *t, enum syscall_abi abi, unsigned nr)
{
	char **slot;

	if (abi == SYSCALL_ABI_X32)
		nr &= ~SYSCALL_X32_BIT;
	if ((unsigned)abi >= SYSCALL_ABI_COUNT || nr >= NUMBERS)
		return NULL;
	slot = &t->names[abi][nr];
	if (!*slot)
		*slot = resolve(abi, nr);
	if (!*slot)
		*slot = t->none;
	return *slot == t->none ? common_name(nr) : *slot;
}

int syscalls_number(enum syscall_abi abi, const char *name)
{
	if ((unsigned)abi >= SYSCALL_ABI_COUNT)
		return -1;
	return seccomp_syscall_resolve_name_arch(arches[abi], name);
}
