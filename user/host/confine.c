/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/confine.h"

#include <errno.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>

static const int refused[] = {
	SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev),
	SCMP_SYS(io_uring_setup), SCMP_SYS(io_uring_enter), SCMP_SYS(io_uring_register), SCMP_SYS(mount), SCMP_SYS(umount2),
	SCMP_SYS(pivot_root), SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(delete_module), SCMP_SYS(kexec_load),
	SCMP_SYS(reboot), SCMP_SYS(swapon), SCMP_SYS(swapoff), SCMP_SYS(unshare), SCMP_SYS(setns), SCMP_SYS(userfaultfd),
	SCMP_SYS(socketcall),
};

static int fill(scmp_filter_ctx filter)
{
	/* The families of the network, and every other one that is or will be: all but local sockets. */
	int err = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1,
				   SCMP_A0(SCMP_CMP_NE, AF_UNIX));

	for (size_t i = 0; !err && i < sizeof(refused) / sizeof(refused[0]); i++) {
		err = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), refused[i], 0);
		/* Not every machine has each of them. */
		if (err == -EDOM || err == -EINVAL)
			err = 0;
	}
	return err;
}

int confine_self(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int err = filter ? fill(filter) : -ENOMEM;

	/* Not by every release of the library is the kernel's own errno told. */
	if (!err && seccomp_load(filter))
		err = prctl(PR_GET_SECCOMP) < 0 ? -ENOSYS : -EPERM;
	if (filter)
		seccomp_release(filter);
	return err;
}

int confine_memory(void)
{
	return prctl(PR_SET_DUMPABLE, 0) ? -errno : 0;
}
