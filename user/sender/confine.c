/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/sender/confine.h"

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/host/confine.h"
#include "user/host/self.h"

/*
 * A list of what is refused and not of what is allowed: a hook is any program, and inherits it. A call that the library
 * does not know of this machine is passed over.
 */
static const char *const refused[] = {
	"bpf", "perf_event_open", "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp",
	"pidfd_getfd", "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "mount", "umount2",
	"umount", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen", "fsconfig", "fsmount", "fspick",
	"mount_setattr", "setns", "unshare", "reboot", "swapon", "swapoff", "settimeofday", "clock_settime", "adjtimex",
	"clock_adjtime", "sethostname", "setdomainname", "acct", "quotactl", "quotactl_fd", "nfsservctl", "syslog",
	"lookup_dcookie", "name_to_handle_at", "open_by_handle_at", "userfaultfd", "io_uring_setup", "io_uring_enter",
	"io_uring_register", "keyctl", "add_key", "request_key", "iopl", "ioperm", "modify_ldt", "vm86", "vm86old",
	"personality", "fanotify_init", "landlock_restrict_self", "mknod", "mknodat",
};

static int become(uid_t uid, gid_t gid, struct buf *why)
{
	if (uid == (uid_t)-1)
		return 0;
	if (setgroups(0, NULL) || setresgid(gid, gid, gid) || setresuid(uid, uid, uid)) {
		int err = -errno;

		buf_printf(why, "the sender cannot become user %u: %s", uid, strerror(-err));
		return err;
	}
	return 0;
}

static int filter(struct buf *why)
{
	int err = confine_calls(true, refused, sizeof(refused) / sizeof(refused[0]));

	if (err)
		buf_printf(why, "the sender cannot give up system calls: %s", strerror(-err));
	return err;
}

static int keep_off(const struct confine_off *off, struct buf *why)
{
	int err = off->count ? confine_writes(off->dirs, off->count, off->but) : 0;

	if (err == -EOPNOTSUPP) {
		buf_printf(why, "this kernel has no Landlock, so that the sender, who has the collector's user, could write to %s: give it a "
			   "user of its own (--sender-user)", off->dirs[0]);
		return 0;
	}
	if (err)
		buf_printf(why, "the sender cannot be kept off %s: %s", off->dirs[0], strerror(-err));
	return err;
}

int confine(uid_t uid, gid_t gid, const struct confine_off *off, struct buf *why)
{
	int err = become(uid, gid, why);

	if (err)
		return err;
	err = self_drop_except(0, true, NULL);
	if (err) {
		buf_printf(why, "the sender cannot give up its capabilities: %s", strerror(-err));
		return err;
	}
	return keep_off(off, why) ?: filter(why);
}
