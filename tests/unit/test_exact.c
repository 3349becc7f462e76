/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/caps/capability.h"
#include "user/caps/securebits.h"
#include "user/host/exact.h"
#include "user/host/fits.h"
#include "user/host/self.h"
#include "user/host/trusted.h"

#define RAW (1ULL << CAP_NET_RAW)

static void refuses(const struct exact_wish *wish, int error, const char *words)
{
	struct buf why = BUF_INIT;
	struct exact x;

	assert_int_equal(exact_plan(wish, &x, &why), error);
	if (!strstr(buf_str(&why), words))
		fail_msg("'%s' is not in '%s'", words, buf_str(&why));
	buf_done(&why);
}

static void a_plan_that_cannot_work_is_refused(void **state)
{
	(void)state;
	refuses(&(struct exact_wish){ .permitted = 1ULL << 63, .bounding = CAPABILITY_ALL }, -EINVAL,
		"this kernel does not have CAP_63; its last one is CAP_");
	refuses(&(struct exact_wish){ .user = "no-such-user", .bounding = CAPABILITY_ALL }, -EINVAL,
		"no user 'no-such-user'");
	refuses(&(struct exact_wish){ .groups = "no-such\ngroup", .bounding = CAPABILITY_ALL }, -EINVAL,
		"no group 'no-such\\x0agroup'");
	if (self_missing(RAW))
		return;
	refuses(&(struct exact_wish){ .ambient = RAW, .bounding = CAPABILITY_ALL }, -EPERM,
		"ambient takes permitted and inheritable, which are not asked for: CAP_NET_RAW");
}

static void a_plan_has_everything(void **state)
{
	struct exact_wish wish = { .permitted = RAW, .inheritable = RAW, .ambient = RAW, .bounding = RAW,
				   .securebits_given = true, .securebits = SECUREBIT_NOROOT,
				   .user = "0:0", .groups = "none" };
	struct buf why = BUF_INIT;
	struct exact x;

	(void)state;
	if (self_missing(RAW | 1ULL << CAP_SETPCAP | 1ULL << CAP_SETGID) || getuid() != 0)
		skip();
	if (exact_plan(&wish, &x, &why))
		fail_msg("%s", buf_str(&why));
	assert_int_equal(x.to.permitted, RAW);
	assert_int_equal(x.to.effective, RAW);
	assert_int_equal(x.to.bounding, RAW);
	assert_int_equal(x.to.securebits, SECUREBIT_NOROOT);
	assert_int_equal(x.who.group_count, 0);
	assert_int_equal(exact_verify(&x, &why), -EPERM);
	assert_non_null(strstr(buf_str(&why), "nothing was started"));
	buf_done(&why);
	exact_done(&x);
}

static void misfits(const struct exact *x, const char *path, const char *words)
{
	struct buf why = BUF_INIT;
	int r = fits(x, path, &why);

	assert_int_equal(r, words ? -EACCES : 0);
	if (words && !strstr(buf_str(&why), words))
		fail_msg("'%s' is not in '%s'", words, buf_str(&why));
	buf_done(&why);
}

static void make(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void files_that_do_not_fit(void **state)
{
	const struct exact user = { .to = { .uid = 5, .euid = 5, .suid = 5, .gid = getegid(), .egid = getegid(),
					    .permitted = RAW, .effective = RAW, .inheritable = RAW,
					    .ambient = RAW, .bounding = RAW } };
	struct exact root = { .to = { .bounding = RAW | 1 } }, profiled = user;
	char dir[] = "/tmp/capsieve-fits.XXXXXX", path[64];

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/file", dir);
	misfits(&user, path, NULL);
	make(path, "echo hello\n", 0755);
	misfits(&user, path, "a text without a #! line");
	make(path, "#! /bin/sh -e\n", 0755);
	misfits(&user, path, NULL);
	make(path, "#!/bin/sh\n", 04755);
	misfits(&user, path, "is a script: the kernel ignores the setuid");
	make(path, "#!/no/such\n", 0755);
	misfits(&user, path, NULL);
	misfits(&user, "/bin/true", NULL);
	misfits(&root, "/bin/true", "root gets at an exec all that the bounding set allows, here also CAP_CHOWN,CAP_NET_RAW");
	root.root_as_bounding = true;
	misfits(&root, "/bin/true", NULL);
	root.root_as_bounding = false;
	/* What a profile knows of is as it was when that was made. */
	make(path, "\177ELF", 0755);
	assert_int_equal(truncate(path, 16), 0);
	assert_int_equal(chmod(path, 04755), 0);
	misfits(&user, path, "is setuid: it would run as user");
	profiled.setid = true;
	misfits(&profiled, path, NULL);
	root.to.securebits = SECUREBIT_NOROOT;
	misfits(&root, "/bin/true", NULL);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

static void only_what_root_made_is_trusted(void **state)
{
	struct buf why = BUF_INIT, text = BUF_INIT;
	char path[] = "/tmp/capsieve-trust.XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	close(fd);
	assert_int_equal(trusted_check(path, &why), -EPERM);
	assert_non_null(strstr(buf_str(&why), "others than root can write a directory on the way: /tmp"));
	unlink(path);
	assert_int_equal(trusted_check("/no/such", &why), -ENOENT);
	assert_int_equal(trusted_check("etc/passwd", &why), -EINVAL);
	assert_int_equal(trusted_check("/etc", &why), -EPERM);
	assert_int_equal(trusted_check("/dev/null", &why), -EPERM);
	buf_clear(&why);
	if (trusted_check("/bin/sh", &why))
		fail_msg("%s", buf_str(&why));
	assert_int_equal(trusted_read("/etc/passwd", 1 << 20, &text, &why), 0);
	assert_true(text.len > 10);
	buf_clear(&text);
	assert_int_equal(trusted_read("/etc/passwd", 10, &text, &why), -EFBIG);
	buf_done(&text);
	buf_done(&why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plan_that_cannot_work_is_refused),
		cmocka_unit_test(a_plan_has_everything),
		cmocka_unit_test(files_that_do_not_fit),
		cmocka_unit_test(only_what_root_made_is_trusted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
