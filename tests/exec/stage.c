/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/exec/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define PLAIN  "/tmp/probe"
#define NOSUID "/tmp/nosuid/probe"

static int failed(const char *what)
{
	int err = errno ? -errno : -EIO;

	fprintf(stderr, "transitions: %s: %s\n", what, strerror(-err));
	return err;
}

static int capset(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		data[i].effective = (uint32_t)(effective >> 32 * i);
		data[i].permitted = (uint32_t)(permitted >> 32 * i);
		data[i].inheritable = (uint32_t)(inheritable >> 32 * i);
	}
	return (int)syscall(SYS_capset, &header, data);
}

static uint64_t permitted_now(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	syscall(SYS_capget, &header, data);
	return data[0].permitted | (uint64_t)data[1].permitted << 32;
}

static uint64_t bounding_now(uint64_t *ret_known)
{
	uint64_t set = 0;
	int there;

	*ret_known = 0;
	for (int cap = 0; cap < 64 && (there = prctl(PR_CAPBSET_READ, cap, 0, 0, 0)) >= 0; cap++) {
		*ret_known |= 1ULL << cap;
		set |= (uint64_t)there << cap;
	}
	return set;
}

static int copy_probe(const void *image, size_t size, const char *to)
{
	int fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);

	if (fd < 0 || write(fd, image, size) != (ssize_t)size || close(fd))
		return failed(to);
	return 0;
}

static int make_tmp(const void *image, size_t size)
{
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("transitions", "/tmp", "tmpfs", 0, "mode=755,size=16m") || mkdir("/tmp/nosuid", 0755) ||
	    mount("transitions", "/tmp/nosuid", "tmpfs", MS_NOSUID, "mode=755,size=16m"))
		return failed("an empty /tmp");
	return copy_probe(image, size, PLAIN) ?: copy_probe(image, size, NOSUID);
}

static int make_files(const char *probe)
{
	int fd = open(probe, O_RDONLY | O_CLOEXEC), err;
	struct stat st;
	char *image;

	if (fd < 0 || fstat(fd, &st))
		return failed(probe);
	image = malloc((size_t)st.st_size);
	err = image && read(fd, image, (size_t)st.st_size) == st.st_size ? 0 : failed(probe);
	close(fd);
	if (!err)
		err = make_tmp(image, (size_t)st.st_size);
	free(image);
	return err;
}

static int write_map(pid_t pid, const char *name)
{
	char path[64], line[64];
	int fd, n = snprintf(line, sizeof(line), "0 %u %u\n", STAGE_NS_FIRST, STAGE_NS_COUNT);
	ssize_t done;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	done = write(fd, line, (size_t)n);
	close(fd);
	return done == n ? 0 : -1;
}

static _Noreturn void hold(int ready, int until)
{
	char byte = (char)(unshare(CLONE_NEWUSER) != 0);

	if (write(ready, &byte, 1) == 1)
		while (read(until, &byte, 1) < 0 && errno == EINTR)
			;
	_exit(0);
}

/* A user namespace; no error where there is none to be had. */
static int make_userns(struct stage *s)
{
	int ready[2], until[2];
	char path[64], byte = 1;

	if (pipe2(ready, O_CLOEXEC) || pipe2(until, O_CLOEXEC))
		return failed("pipe");
	s->holder = fork();
	if (s->holder < 0)
		return failed("fork");
	if (!s->holder) {
		close(until[1]);
		hold(ready[1], until[0]);
	}
	close(ready[1]);
	close(until[0]);
	if (read(ready[0], &byte, 1) != 1 || byte || write_map(s->holder, "uid_map") ||
	    write_map(s->holder, "gid_map"))
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)s->holder);
	s->userns = open(path, O_RDONLY | O_CLOEXEC);
	return 0;
}

int stage_open(struct stage *s, const char *probe)
{
	uint64_t known, bounding = bounding_now(&known);
	int err;

	*s = (struct stage){ .userns = -1, .held = permitted_now() & bounding, .known = known };
	err = make_userns(s);
	return err ? err : make_files(probe);
}

void stage_close(struct stage *s)
{
	if (s->userns >= 0)
		close(s->userns);
	if (s->holder > 0) {
		kill(s->holder, SIGKILL);
		waitpid(s->holder, NULL, 0);
	}
}

static const char *path_of(const struct scene *scene)
{
	return scene->nosuid ? NOSUID : PLAIN;
}

/* In this order: a new owner clears the setuid bit and the capabilities. */
static int dress_file(const struct scene *scene)
{
	const char *path = path_of(scene);
	uint8_t data[FILECAPS_SIZE_MAX];
	size_t n;

	if (chown(path, scene->owner, scene->group) || chmod(path, scene->mode))
		return failed("owner and mode of the probe");
	if (!scene->has_caps) {
		removexattr(path, FILECAPS_XATTR);
		return 0;
	}
	if (filecaps_encode(&scene->caps, data, &n) || setxattr(path, FILECAPS_XATTR, data, n, 0))
		return failed("capabilities of the probe");
	return 0;
}

/* So that changing the user takes nothing away, and then what was asked for. */
static const char *become_user(const struct credentials *c)
{
	if (prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP))
		return "no_setuid_fixup";
	if (syscall(SYS_setgroups, c->group_count, c->groups))
		return "groups";
	if (syscall(SYS_setresgid, c->gid, c->egid, c->sgid))
		return "group";
	return syscall(SYS_setresuid, c->uid, c->euid, c->suid) ? "user" : NULL;
}

static const char *become_sets(const struct credentials *c, uint64_t all)
{
	if (capset(all, all, c->inheritable))
		return "inheritable";
	for (int cap = 0; cap < 64; cap++) {
		bool keep = c->bounding & 1ULL << cap;

		if (!keep && prctl(PR_CAPBSET_READ, cap) == 1 && prctl(PR_CAPBSET_DROP, cap))
			return "bounding";
		if (c->ambient & 1ULL << cap && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0))
			return "ambient";
	}
	if (prctl(PR_SET_SECUREBITS, c->securebits))
		return "securebits";
	if (capset(c->effective, c->permitted, c->inheritable))
		return "sets";
	return c->no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? "no_new_privs" : NULL;
}

/* The kernel remembers who traces with the credentials that the traced one had when it asked for it. */
static const char *be_traced(uint64_t all)
{
	if (capset(all & ~(1ULL << CAP_SYS_PTRACE), all, 0) || ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		return "traced";
	return capset(all, all, 0) ? "traced" : NULL;
}

static _Noreturn void play_child(const struct stage *s, const struct scene *scene)
{
	char *const argv[] = { "probe", NULL }, *const envp[] = { NULL };
	uint64_t all = scene->inner ? s->known : s->held;
	struct report r = { 0 };
	const char *trouble = NULL;

	if (scene->inner && setns(s->userns, CLONE_NEWUSER))
		trouble = "user namespace";
	if (!trouble && scene->around.traced)
		trouble = be_traced(all);
	trouble = trouble ?: become_user(&scene->creds) ?: become_sets(&scene->creds, all);
	if (!trouble)
		execve(path_of(scene), argv, envp);
	else
		failed(trouble);
	r.error = trouble ? -errno : errno;
	_exit(write(REPORT_FD, &r, sizeof(r)) != sizeof(r));
}

/* As fork(), and with one root and current directory for both where that is asked for. */
static pid_t start(bool shares_fs)
{
	return (pid_t)syscall(SYS_clone, (shares_fs ? CLONE_FS : 0) | SIGCHLD, NULL, NULL, NULL, 0);
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) == pid || errno == EINTR) {
		if (!WIFSTOPPED(status))
			return 0;
		ptrace(PTRACE_CONT, pid, NULL, NULL);
	}
	return failed("waitpid");
}

int stage_play(const struct stage *s, const struct scene *scene, struct report *ret)
{
	int pipes[2], err = dress_file(scene);
	ssize_t n = 0;
	pid_t pid;

	if (err)
		return err;
	if (pipe2(pipes, O_CLOEXEC) || dup2(pipes[1], REPORT_FD) < 0)
		return failed("pipe");
	pid = start(scene->around.shares_fs);
	if (pid < 0)
		return failed("clone");
	if (!pid)
		play_child(s, scene);
	close(pipes[1]);
	close(REPORT_FD);
	err = wait_for(pid);
	if (!err)
		n = read(pipes[0], ret, sizeof(*ret));
	close(pipes[0]);
	if (err || n != sizeof(*ret))
		return err ? err : failed("nothing came from the probe");
	return ret->error < 0 ? ret->error : 0;
}
