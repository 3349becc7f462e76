// SPDX-License-Identifier: BSD-2-Clause
#include "tests/trip/world.h"
#include "tests/trip/trip.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int world_enter(struct trip *t)
{
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("trip", "/tmp", "tmpfs", MS_NOSUID, "mode=1777,size=64k") || chdir("/tmp"))
		return -errno;
	return 0;
}

int world_file(struct trip *t, const char *name, uid_t owner, gid_t group, mode_t mode)
{
	int err = world_enter(t);
	if (err)
		return err;

	int fd = open(name, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (fchown(fd, owner, group) || fchmod(fd, mode)) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

int world_become(uid_t id)
{
	/* Raw: libc would do it for every thread, and signals them. */
	if (syscall(SYS_setgroups, 0, NULL) || syscall(SYS_setresgid, id, id, id) ||
	    syscall(SYS_setresuid, id, id, id))
		return -errno;
	/* Without it /proc/self is root's and the process no longer its own. */
	return prctl(PR_SET_DUMPABLE, 1) ? -errno : 0;
}

/* `report` says that setup is done, `hold` ends when the parent does. */
static _Noreturn void child_main(struct trip *t, int (*setup)(struct trip *t), int report, int hold)
{
	char byte;
	int err = setup ? setup(t) : 0;

	if (write(report, &err, sizeof(err)) == sizeof(err))
		while (read(hold, &byte, 1) < 0 && errno == EINTR)
			;
	_exit(0);
}

pid_t world_child(struct trip *t, int (*setup)(struct trip *t))
{
	int report[2], hold[2], err;

	if (pipe2(report, O_CLOEXEC) || pipe2(hold, O_CLOEXEC))
		return -errno;
	pid_t pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid) {
		close(hold[1]);
		child_main(t, setup, report[1], hold[0]);
	}
	close(report[1]);
	close(hold[0]);
	if (read(report[0], &err, sizeof(err)) != sizeof(err))
		err = -EPIPE;
	close(report[0]);
	return err ? err : pid;
}

static int setup_stranger(struct trip *t)
{
	return world_become(t->stranger);
}

pid_t world_stranger(struct trip *t)
{
	return world_child(t, setup_stranger);
}

int world_read_number(const char *path, long *ret_number)
{
	char text[32], *end;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;

	ssize_t length = read(fd, text, sizeof(text) - 1);
	int err = length < 0 ? -errno : 0;
	close(fd);
	if (err)
		return err;
	text[length] = '\0';
	long number = strtol(text, &end, 10);
	if (end == text)
		return -EINVAL;
	*ret_number = number;
	return 0;
}
