/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/source/freecalls.h"

#include <stddef.h>
#include <sys/syscall.h>

#include "bpf/config.h"

/*
 * Not here: what maps, unmaps or protects memory, forks or executes, writes (which a tmpfs charges), ends swapping, or goes
 * to a driver, which may do any of these (ioctl).
 */
static const unsigned short calls[] = {
	SYS_acct,
	SYS_add_key,
	SYS_adjtimex,
	SYS_bpf,
	SYS_chroot,
	SYS_clock_settime,
	SYS_delete_module,
	SYS_fanotify_init,
	SYS_fanotify_mark,
	SYS_fgetxattr,
	SYS_flistxattr,
	SYS_fsconfig,
	SYS_fsmount,
	SYS_fsopen,
	SYS_fspick,
	SYS_getxattr,
	SYS_ioprio_get,
	SYS_ioprio_set,
	SYS_kcmp,
	SYS_keyctl,
	SYS_lgetxattr,
	SYS_listxattr,
	SYS_llistxattr,
	SYS_mount,
	SYS_move_mount,
	SYS_msgctl,
	SYS_open_tree,
	SYS_perf_event_open,
	SYS_pivot_root,
	SYS_prctl,
	SYS_quotactl,
	SYS_reboot,
	SYS_sched_setaffinity,
	SYS_sched_setattr,
	SYS_sched_setparam,
	SYS_sched_setscheduler,
	SYS_seccomp,
	SYS_semctl,
	SYS_setdomainname,
	SYS_sethostname,
	SYS_setns,
	SYS_setpriority,
	SYS_settimeofday,
	SYS_swapon,
	SYS_syslog,
	SYS_umount2,
	SYS_unshare,
};

void freecalls_mark(struct free_calls *ret)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (calls[i] < FREE_CALLS)
			ret->at[calls[i]] = 1;
}
