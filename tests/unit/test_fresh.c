// SPDX-License-Identifier: BSD-2-Clause
/* A file that takes its name late. */
#include "tests/unit/made.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/base/fresh.h"

static char folder[] = "/tmp/test-fresh-XXXXXX";

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(folder) && !chdir(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	unlink("file");
	unlink("link");
	unlink("pipe");
	return rmdir(folder);
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void assert_holds(const char *path, const char *text)
{
	char buf[64] = "";
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	assert_true(fread(buf, 1, sizeof(buf) - 1, f) < sizeof(buf));
	fclose(f);
	assert_string_equal(buf, text);
}

static void the_old_one_stays_until_then(void **state)
{
	struct fresh f;
	struct stat st;

	(void)state;
	put("file", "old");
	assert_int_equal(fresh_open("file", &f), 0);
	assert_int_equal(write(f.fd, "new", 3), 3);
	assert_holds("file", "old");
	assert_int_equal(fresh_put(&f), 0);
	assert_holds("file", "new");
	assert_int_equal(stat("file", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	fresh_done(&f);
	assert_holds("file", "new");
	assert_int_equal(unlink("file"), 0);
}

static void what_was_not_put_goes(void **state)
{
	struct fresh f;

	(void)state;
	assert_int_equal(fresh_open("file", &f), 0);
	assert_int_equal(access(f.temporary, F_OK), 0);
	fresh_done(&f);
	assert_int_not_equal(access("file", F_OK), 0);
	assert_int_equal(f.fd, -1);
}

static void pipes_and_devices_are_left(void **state)
{
	struct fresh f;
	struct stat st;
	int reader;

	(void)state;
	assert_int_equal(mkfifo("pipe", 0600), 0);
	reader = open("pipe", O_RDONLY | O_NONBLOCK);
	assert_int_equal(fresh_open("pipe", &f), 0);
	assert_null(f.temporary);
	assert_int_equal(fresh_put(&f), 0);
	fresh_done(&f);
	close(reader);
	assert_int_equal(stat("pipe", &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
}

static void a_link_stays_and_its_file_is_replaced(void **state)
{
	struct fresh f;
	struct stat st;

	(void)state;
	put("file", "old");
	assert_int_equal(symlink("file", "link"), 0);
	assert_int_equal(fresh_check("link", false), 0);
	assert_int_equal(fresh_open("link", &f), 0);
	assert_int_equal(write(f.fd, "new", 3), 3);
	assert_holds("file", "old");
	assert_int_equal(fresh_put(&f), 0);
	fresh_done(&f);
	assert_holds("file", "new");
	assert_int_equal(lstat("link", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(unlink("file"), 0);
	/* It points to nothing now. */
	assert_int_equal(fresh_check("link", false), -ENOENT);
	assert_int_equal(unlink("link"), 0);
}

/* Who may write here could point it anywhere. */
static void a_link_of_another_is_not_followed(void **state)
{
	struct fresh f;
	struct stat st;

	(void)state;
	if (geteuid())
		skip();
	put("file", "old");
	assert_int_equal(symlink("file", "link") | lchown("link", 1234, 1234), 0);
	assert_int_equal(fresh_open("link", &f), 0);
	assert_int_equal(write(f.fd, "new", 3), 3);
	assert_int_equal(fresh_put(&f), 0);
	fresh_done(&f);
	assert_holds("file", "old");
	assert_int_equal(lstat("link", &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(unlink("link") | unlink("file"), 0);
}

static void where_none_can_be(void **state)
{
	struct fresh f = FRESH_INIT;

	(void)state;
	assert_int_equal(fresh_open("nowhere/file", &f), -ENOENT);
	assert_int_equal(fresh_open("/tmp", &f), -EISDIR);
	assert_int_equal(f.fd, -1);
}

static void the_trial_tells_what_is_to_come(void **state)
{
	struct stat st;

	(void)state;
	unlink("file");
	assert_int_equal(fresh_check("file", false), 0);
	assert_int_equal(stat("file", &st), -1);
	put("file", "old");
	assert_int_equal(fresh_check("file", false), 0);
	assert_holds("file", "old");
	assert_int_equal(fresh_check(".", false), -EISDIR);
	assert_int_equal(fresh_check("nowhere/file", false), -ENOENT);
	assert_int_equal(fresh_check("file/below", false), -ENOTDIR);
	/* Nobody reads it, and it does not wait for who would. */
	unlink("pipe");
	assert_int_equal(mkfifo("pipe", 0600), 0);
	assert_int_equal(fresh_check("pipe", false), 0);
}

/* In a sticky directory a name is its owner's, also for root as the kernel may have it: unless any will do. */
static void the_file_of_another_is_left(void **state)
{
	(void)state;
	if (geteuid())
		skip();
	put("file", "old");
	assert_int_equal(chown("file", 1234, 1234) | chown(".", 2345, 2345) | chmod(".", 01777), 0);
	assert_int_equal(fresh_check("file", false), -EPERM);
	assert_int_equal(fresh_check("file", true), 0);
	assert_int_equal(chmod(".", 0755), 0);
	assert_int_equal(fresh_check("file", false), 0);
	assert_holds("file", "old");
	assert_int_equal(chown(".", geteuid(), getegid()) | chown("file", geteuid(), getegid()), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_old_one_stays_until_then),
		cmocka_unit_test(what_was_not_put_goes),
		cmocka_unit_test(pipes_and_devices_are_left),
		cmocka_unit_test(a_link_stays_and_its_file_is_replaced),
		cmocka_unit_test(a_link_of_another_is_not_followed),
		cmocka_unit_test(where_none_can_be),
		cmocka_unit_test(the_trial_tells_what_is_to_come),
		cmocka_unit_test(the_file_of_another_is_left),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
