/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/base/inherited.h"

#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * The kernel's own signals and its own call: the C library keeps the first two real-time signals to itself. Its
 * structure begins with the handler on every architecture; what follows is no longer than this.
 */
enum { SIGNALS = 64, SET_SIZE = SIGNALS / 8 };

struct action {
	void (*handler)(int);
	unsigned long rest[8];
};

static uint64_t ignored, blocked;

void inherited_remember(void)
{
	struct action now;

	ignored = 0;
	for (int sig = 1; sig <= SIGNALS; sig++)
		if (!syscall(SYS_rt_sigaction, sig, NULL, &now, SET_SIZE) && now.handler == SIG_IGN)
			ignored |= UINT64_C(1) << (sig - 1);
	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &blocked, SET_SIZE);
}

void inherited_forget(void)
{
	ignored = blocked = 0;
	inherited_restore();
}

void inherited_restore(void)
{
	for (int sig = 1; sig <= SIGNALS; sig++) {
		struct action was = { .handler = ignored >> (sig - 1) & 1 ? SIG_IGN : SIG_DFL };

		syscall(SYS_rt_sigaction, sig, &was, NULL, SET_SIZE);
	}
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &blocked, NULL, SET_SIZE);
}
