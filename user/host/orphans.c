/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/orphans.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/host/proc.h"

int orphans_adopt(void)
{
	return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) ? -errno : 0;
}

static int signal_child(void *ctx, const struct proc_stat *p)
{
	const int *sig = ctx;

	if (p->ppid == getpid())
		kill(p->pid, *sig);
	return 0;
}

/* A child's number is nobody else's as long as we do not wait for it. */
void orphans_signal(int sig)
{
	proc_each("/proc", signal_child, &sig);
}

bool orphans_reap(void)
{
	pid_t pid;

	do
		pid = waitpid(-1, NULL, WNOHANG);
	while (pid > 0);
	return pid == 0;
}
