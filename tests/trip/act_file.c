// SPDX-License-Identifier: BSD-2-Clause
/* Acts on files: who owns them, who may open them, what they may become. */
#include "tests/trip/caps.h"
#include "tests/trip/trip.h"
#include "tests/trip/world.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

static int keep_fd(struct trip *t, int fd)
{
	t->fd = fd;
	return fd < 0 ? fd : 0;
}

static int own_file(struct trip *t)
{
	return keep_fd(t, world_file(t, "file", t->uid, t->uid, 0600));
}

static int own_file_of_foreign_group(struct trip *t)
{
	return keep_fd(t, world_file(t, "file", t->uid, t->stranger, 0600));
}

static int foreign_file(struct trip *t)
{
	return keep_fd(t, world_file(t, "file", t->stranger, t->stranger, 0600));
}

/* Of our group, else S_ISGID would be asked about too. */
static int foreign_file_of_own_group(struct trip *t)
{
	return keep_fd(t, world_file(t, "file", t->stranger, t->uid, 0600));
}

static long do_fchown(struct trip *t)
{
	return trip_ret(fchown(t->fd, t->stranger, (gid_t)-1));
}

static long do_open_write(struct trip *t)
{
	return trip_ret(open("file", O_WRONLY | O_CLOEXEC));
}

static long do_open_handle(struct trip *t)
{
	struct {
		struct file_handle head;
		uint32_t body[3];
	} handle = {.head = {.handle_bytes = sizeof(handle.body), .handle_type = 1}};

	return trip_ret(open_by_handle_at(AT_FDCWD, &handle.head, O_RDONLY));
}

static long do_fchmod(struct trip *t)
{
	return trip_ret(fchmod(t->fd, 0600));
}

static long do_fchmod_setgid(struct trip *t)
{
	return trip_ret(fchmod(t->fd, S_ISGID | 0700));
}

static bool lost_setgid(struct trip *t, long ret)
{
	struct stat st;
	return ret < 0 || fstat(t->fd, &st) || !(st.st_mode & S_ISGID);
}

static int own_file_with_flags(struct trip *t)
{
	int flags, err = own_file(t);

	if (!err && ioctl(t->fd, FS_IOC_GETFLAGS, &flags))
		return trip_cannot(t, "this kernel's tmpfs has no inode flags");
	return err;
}

static long do_append_only(struct trip *t)
{
	int flags = FS_APPEND_FL;
	return trip_ret(ioctl(t->fd, FS_IOC_SETFLAGS, &flags));
}

static long do_mknod(struct trip *t)
{
	return trip_ret(mknod("null", S_IFCHR | 0600, makedev(1, 3)));
}

static long do_setlease(struct trip *t)
{
	return trip_ret(fcntl(t->fd, F_SETLEASE, F_RDLCK));
}

static long do_set_file_caps(struct trip *t)
{
	struct vfs_cap_data none = {.magic_etc = VFS_CAP_REVISION_2};
	return trip_ret(fsetxattr(t->fd, "security.capability", &none, XATTR_CAPS_SZ_2, 0));
}

const struct act acts_file[] = {
	{
		.name = "fchown",
		.cap = CAP_CHOWN,
		.syscall = "fchown",
		.prepare = own_file,
		.perform = do_fchown,
	},
	{
		.name = "open-write",
		.cap = CAP_DAC_OVERRIDE,
		.syscall = "openat",
		.prepare = foreign_file,
		.perform = do_open_write,
	},
	{
		.name = "open-handle",
		.cap = CAP_DAC_READ_SEARCH,
		.syscall = "open_by_handle_at",
		.perform = do_open_handle,
	},
	{
		.name = "fchmod",
		.cap = CAP_FOWNER,
		.syscall = "fchmod",
		.prepare = foreign_file_of_own_group,
		.perform = do_fchmod,
	},
	{
		.name = "setgid-bit",
		.cap = CAP_FSETID,
		.syscall = "fchmod",
		.answer = ANSWER_EFFECT,
		.note = "the refused call succeeds without S_ISGID",
		.prepare = own_file_of_foreign_group,
		.perform = do_fchmod_setgid,
		.refused = lost_setgid,
	},
	{
		.name = "append-flag",
		.cap = CAP_LINUX_IMMUTABLE,
		.syscall = "ioctl",
		.note = "needs tmpfs with inode flags",
		.prepare = own_file_with_flags,
		.perform = do_append_only,
	},
	{
		.name = "mknod",
		.cap = CAP_MKNOD,
		.syscall = "mknodat",
		.prepare = world_enter,
		.perform = do_mknod,
	},
	{
		.name = "lease",
		.cap = CAP_LEASE,
		.syscall = "fcntl",
		.prepare = foreign_file,
		.perform = do_setlease,
	},
	{
		.name = "setfcap",
		.cap = CAP_SETFCAP,
		.syscall = "fsetxattr",
		.prepare = own_file,
		.perform = do_set_file_caps,
	},
	{0},
};
