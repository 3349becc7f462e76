/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/confine.h"

#include <errno.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>

static int fill(scmp_filter_ctx filter, bool network, const char *const *refused, size_t count)
{
	/* The families of the network, and every other one that is or will be: all but local sockets. */
	int err = network ? 0 : seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1,
						 SCMP_A0(SCMP_CMP_NE, AF_UNIX));

	for (size_t i = 0; !err && i < count; i++) {
		int nr = seccomp_syscall_resolve_name(refused[i]);

		if (nr != __NR_SCMP_ERROR)
			err = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), nr, 0);
		/* Not every machine has each of them. */
		if (err == -EDOM || err == -EINVAL)
			err = 0;
	}
	return err;
}

int confine_calls(bool network, const char *const *refused, size_t count)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int err = filter ? fill(filter, network, refused, count) : -ENOMEM;

	/* Not by every release of the library is the kernel's own errno told. */
	if (!err && seccomp_load(filter))
		err = prctl(PR_GET_SECCOMP) < 0 ? -ENOSYS : -EPERM;
	if (filter)
		seccomp_release(filter);
	return err;
}

int confine_self(void)
{
	static const char *const refused[] = {
		"execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev", "io_uring_setup", "io_uring_enter",
		"io_uring_register", "mount", "umount2", "pivot_root", "init_module", "finit_module", "delete_module", "kexec_load",
		"reboot", "swapon", "swapoff", "unshare", "setns", "userfaultfd", "socketcall",
	};

	return confine_calls(false, refused, sizeof(refused) / sizeof(refused[0]));
}

int confine_memory(void)
{
	return prctl(PR_SET_DUMPABLE, 0) ? -errno : 0;
}
