/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* What is given up is given up for good: in a process of its own. Its exit status is the first claim that fails, or 77. */
static int in_child(int (*claims)(void *ctx), void *ctx)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid)
		_exit(claims(ctx));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static bool is_refused(int fd, int error)
{
	bool is = fd < 0 && errno == error;

	if (fd >= 0)
		close(fd);
	return is;
}

static int no_network(void *ctx)
{
	char *const argv[] = { "true", NULL };
	int fd;

	(void)ctx;
	if (confine_self())
		return 77;
	if (!is_refused(socket(AF_INET, SOCK_STREAM, 0), EAFNOSUPPORT) || !is_refused(socket(AF_INET6, SOCK_DGRAM, 0), EAFNOSUPPORT))
		return 1;
	if (!is_refused(socket(AF_NETLINK, SOCK_RAW, 0), EAFNOSUPPORT) || !is_refused(socket(AF_PACKET, SOCK_RAW, 0), EAFNOSUPPORT))
		return 2;
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd < 0)
		return 3;
	close(fd);
	if (!is_refused((int)syscall(SYS_io_uring_setup, 1, NULL), EPERM))
		return 4;
	execv("/bin/true", argv);
	return errno == EPERM ? 0 : 5;
}

static void who_only_listens_has_no_network_and_becomes_no_other_program(void **state)
{
	int code = in_child(no_network, NULL);

	(void)state;
	if (code == 77)
		skip();
	assert_int_equal(code, 0);
}

/* ---- directories ------------------------------------------------------------------------------------------------ */

struct place {
	char top[64], state[96], spool[128], file[128], beside[96], inside[160];
};

static void write_to(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	close(fd);
}

static void make_place(struct place *p)
{
	snprintf(p->top, sizeof(p->top), "/tmp/test_confine.%d", (int)getpid());
	assert_int_equal(mkdir(p->top, 0700), 0);
	snprintf(p->state, sizeof(p->state), "%s/state", p->top);
	snprintf(p->spool, sizeof(p->spool), "%s/spool", p->state);
	snprintf(p->file, sizeof(p->file), "%s/history", p->state);
	snprintf(p->beside, sizeof(p->beside), "%s/beside", p->top);
	snprintf(p->inside, sizeof(p->inside), "%s/kept", p->spool);
	assert_int_equal(mkdir(p->state, 0700), 0);
	assert_int_equal(mkdir(p->spool, 0700), 0);
	assert_int_equal(mkdir(p->beside, 0700), 0);
	write_to(p->file);
}

static void remove_place(const struct place *p)
{
	char made[128];

	snprintf(made, sizeof(made), "%s/made", p->beside);
	unlink(made);
	unlink(p->inside);
	unlink(p->file);
	rmdir(p->spool);
	rmdir(p->state);
	rmdir(p->beside);
	rmdir(p->top);
}

static int no_writes(void *ctx)
{
	const struct place *p = ctx;
	const char *off[] = { p->state, "/nowhere/at/all" };
	int but = open(p->spool, O_PATH | O_DIRECTORY), err = confine_writes(off, 2, but), fd;
	char made[128], moved[128];

	if (err == -EOPNOTSUPP)
		return 77;
	if (err)
		return 1;
	snprintf(made, sizeof(made), "%s/made", p->beside);
	snprintf(moved, sizeof(moved), "%s/moved", p->beside);
	if (!is_refused(open(p->file, O_WRONLY), EACCES) || !is_refused(open(p->file, O_RDWR | O_CREAT, 0600), EACCES))
		return 2;
	fd = open(p->file, O_RDONLY);
	if (fd < 0)
		return 3;
	close(fd);
	if (!unlink(p->file) || !rename(p->file, moved) || !link(p->file, moved) || !rename(p->state, moved) || !rmdir(p->state))
		return 4;
	/* In the spool, and beside the directory, but not in the one that both stand in. */
	fd = open(p->inside, O_WRONLY | O_CREAT, 0600);
	if (fd < 0)
		return 5;
	close(fd);
	fd = open(made, O_WRONLY | O_CREAT, 0600);
	if (fd < 0)
		return 6;
	close(fd);
	snprintf(moved, sizeof(moved), "%s/here", p->top);
	return is_refused(open(moved, O_WRONLY | O_CREAT, 0600), EACCES) ? 0 : 7;
}

static void who_talks_changes_nothing_but_its_spool(void **state)
{
	struct place p;
	int code;

	(void)state;
	make_place(&p);
	code = in_child(no_writes, &p);
	remove_place(&p);
	if (code == 77)
		skip();
	assert_int_equal(code, 0);
}

static void too_many_directories_are_refused(void **state)
{
	const char *many[9] = { "/", "/", "/", "/", "/", "/", "/", "/", "/" };

	(void)state;
	assert_int_equal(confine_writes(many, 9, -1), -E2BIG);
	assert_int_equal(confine_writes(NULL, 0, -1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_only_listens_has_no_network_and_becomes_no_other_program),
		cmocka_unit_test(who_talks_changes_nothing_but_its_spool),
		cmocka_unit_test(too_many_directories_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
