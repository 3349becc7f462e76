// SPDX-License-Identifier: BSD-2-Clause
#include "user/caps/operation.h"

#include <linux/capability.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/*
 * Only pairs that can mean one thing: where a call asks for the capability in several places, or an argument decides
 * what for, it is not here. Calls are separated by blanks.
 */
static const struct {
	int cap;
	const char *calls, *words;
} operations[] = {
	{ CAP_CHOWN, "chown lchown fchown fchownat", "change a file's owner" },
	{ CAP_FOWNER, "chmod fchmod fchmodat fchmodat2", "change the mode of somebody else's file" },
	{ CAP_FOWNER, "utime utimes utimensat futimesat", "set the times of somebody else's file" },
	{ CAP_FOWNER, "open openat openat2", "open somebody else's file without touching its access time" },
	{ CAP_FOWNER, "unlink unlinkat rmdir", "delete somebody else's file in a sticky directory" },
	{ CAP_FOWNER, "link linkat", "link to somebody else's file" },
	{ CAP_FSETID, "chmod fchmod fchmodat fchmodat2", "keep the setgid bit" },
	{ CAP_FSETID, "write writev pwrite64 pwritev pwritev2", "keep the setuid and setgid bits of a file that is written" },
	{ CAP_DAC_OVERRIDE, "open openat openat2 creat", "open what the mode of a file or directory forbids" },
	{ CAP_DAC_READ_SEARCH, "open openat openat2", "read or search what the mode of a file or directory forbids" },
	{ CAP_DAC_READ_SEARCH, "open_by_handle_at", "open a file by its handle" },
	{ CAP_DAC_OVERRIDE, "execve execveat", "execute what the mode of a file or directory forbids" },
	{ CAP_DAC_OVERRIDE, "mkdir mkdirat mknod mknodat symlink symlinkat unlink unlinkat rmdir rename renameat renameat2 "
			    "link linkat", "change or pass a directory whose mode forbids it" },
	{ CAP_DAC_READ_SEARCH, "stat lstat newfstatat statx chdir readlink readlinkat",
	  "pass a directory whose mode forbids it" },
	{ CAP_DAC_OVERRIDE, "stat lstat newfstatat statx chdir readlink readlinkat",
	  "pass a directory whose mode forbids it" },
	{ CAP_KILL, "kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_send_signal",
	  "send a signal to somebody else's process" },
	{ CAP_SETUID, "setuid setreuid setresuid", "change the user" },
	{ CAP_SETGID, "setgid setregid setresgid", "change the group" },
	{ CAP_SETGID, "setgroups", "set the supplementary groups" },
	{ CAP_NET_BIND_SERVICE, "bind", "bind a port below 1024" },
	{ CAP_NET_RAW, "socket", "open a raw or packet socket" },
	{ CAP_IPC_LOCK, "mlock mlock2 mlockall", "lock more memory than the limit allows" },
	{ CAP_SYS_MODULE, "init_module finit_module", "load a kernel module" },
	{ CAP_SYS_MODULE, "delete_module", "unload a kernel module" },
	{ CAP_SYS_CHROOT, "chroot", "change the root directory" },
	{ CAP_SYS_PTRACE, "ptrace", "trace a process" },
	{ CAP_SYS_PTRACE, "process_vm_readv process_vm_writev", "reach into another process's memory" },
	{ CAP_SYS_PACCT, "acct", "switch process accounting" },
	{ CAP_SYS_ADMIN, "sethostname", "set the host name" },
	{ CAP_SYS_ADMIN, "setdomainname", "set the domain name" },
	{ CAP_SYS_ADMIN, "mount", "mount a file system" },
	{ CAP_SYS_ADMIN, "umount umount2", "unmount a file system" },
	{ CAP_SYS_ADMIN, "pivot_root", "change the root mount" },
	{ CAP_SYS_ADMIN, "swapon swapoff", "switch swap space" },
	{ CAP_SYS_ADMIN, "unshare", "make a namespace" },
	{ CAP_SYS_ADMIN, "setns", "enter a namespace" },
	{ CAP_SYS_ADMIN, "landlock_restrict_self", "restrict itself without no_new_privs" },
	{ CAP_SYS_BOOT, "reboot", "restart the machine" },
	{ CAP_SYS_BOOT, "kexec_load kexec_file_load", "load another kernel" },
	{ CAP_SYS_NICE, "nice setpriority", "raise a priority, or change somebody else's" },
	{ CAP_SYS_NICE, "sched_setscheduler sched_setparam sched_setattr", "set how a process is scheduled" },
	{ CAP_SYS_NICE, "sched_setaffinity", "set the processors of somebody else's process" },
	{ CAP_SYS_RESOURCE, "setrlimit", "raise a hard limit" },
	{ CAP_SYS_RESOURCE, "prlimit64", "raise a hard limit, or set somebody else's limits" },
	{ CAP_SYS_TIME, "settimeofday stime clock_settime", "set the clock" },
	{ CAP_SYS_TIME, "adjtimex clock_adjtime", "adjust the clock" },
	{ CAP_SYS_TTY_CONFIG, "vhangup", "hang up the terminal" },
	{ CAP_MKNOD, "mknod mknodat", "make a device" },
	{ CAP_SYS_RAWIO, "iopl ioperm", "reach I/O ports" },
	{ CAP_AUDIT_WRITE, "sendto", "write to the audit log" },
	{ CAP_LEASE, "fcntl", "take a lease on somebody else's file" },
	{ CAP_SETPCAP, "capset", "set its own capabilities" },
	{ CAP_IPC_OWNER, "msgget msgsnd msgrcv semget semop semtimedop shmget shmat",
	  "use a System V IPC object against its mode" },
	{ CAP_SYSLOG, "syslog", "read or control the kernel's log" },
	{ CAP_BLOCK_SUSPEND, "epoll_ctl", "keep the machine awake (EPOLLWAKEUP)" },
};

/* Is the word one of those in the list? */
static bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	if (strchr(word, ' '))
		return false;
	for (const char *at = list; (at = strstr(at, word)); at += len)
		if ((at == list || at[-1] == ' ') && (at[len] == ' ' || !at[len]))
			return true;
	return false;
}

const char *operation_words(int cap, const char *call)
{
	for (size_t i = 0; *call && i < sizeof(operations) / sizeof(operations[0]); i++)
		if (operations[i].cap == cap && has_word(operations[i].calls, call))
			return operations[i].words;
	return NULL;
}
