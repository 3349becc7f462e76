/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <ftw.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/caps/unitfile.h"
#include "user/host/units.h"

static char root[] = "/tmp/test_units.XXXXXX";

static void make_parents(char *path)
{
	for (char *at = path + 1; (at = strchr(at, '/')); at++) {
		*at = '\0';
		mkdir(path, 0755);
		*at = '/';
	}
}

static void put(const char *path, const char *text)
{
	char whole[512];
	FILE *f;

	snprintf(whole, sizeof(whole), "%s%s", root, path);
	make_parents(whole);
	f = fopen(whole, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void put_link(const char *path, const char *target)
{
	char whole[512];

	snprintf(whole, sizeof(whole), "%s%s", root, path);
	make_parents(whole);
	assert_int_equal(symlink(target, whole), 0);
}

static int unit(void *ctx, const struct units_unit *u)
{
	struct unitfile_grant g = unitfile_granted(u->says, (1ULL << 41) - 1, !u->of_users);

	buf_printf(ctx, "%s %s%s%s %u %llx\n", u->name, u->of_users ? "user " : "", u->owner ? u->owner : "", u->path,
		   u->drop_ins, (unsigned long long)g.bounding);
	return 0;
}

static void trouble(void *ctx, const char *path, int error)
{
	buf_printf(ctx, "! %s %d\n", path, error);
}

static void expect_of(const char *only, const char *text)
{
	struct buf b = BUF_INIT;
	const struct units_config config = { .root = root, .ctx = &b, .unit = unit, .trouble = trouble, .only = only };

	assert_int_equal(units_each(&config), 0);
	assert_string_equal(buf_str(&b), text);
	buf_done(&b);
}

static void expect(const char *text)
{
	expect_of(NULL, text);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static int setup(void **state)
{
	(void)state;
	strcpy(root, "/tmp/test_units.XXXXXX");
	return !mkdtemp(root);
}

static int teardown(void **state)
{
	(void)state;
	return nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

#define ONE "[Service]\nCapabilityBoundingSet=CAP_CHOWN\n"

static void the_first_on_the_path_counts(void **state)
{
	(void)state;
	put("/lib/systemd/system/a.service", "[Service]\n");
	put("/etc/systemd/system/a.service", ONE);
	put("/run/systemd/generator/b.service", ONE);
	put("/lib/systemd/system/b.service", "[Service]\n");
	put("/lib/systemd/system/c.timer", ONE);
	put("/lib/systemd/system/quiet.socket", "[Socket]\nListenStream=1\n");
	put("/lib/systemd/system/loud.socket", "[Socket]\nExecStartPre=/bin/x\nCapabilityBoundingSet=\n");
	expect("a.service /etc/systemd/system/a.service 0 1\n"
	       "b.service /run/systemd/generator/b.service 0 1\n"
	       "loud.socket /lib/systemd/system/loud.socket 0 0\n");
}

static void drop_ins(void **state)
{
	(void)state;
	put("/lib/systemd/system/foo-bar.service", ONE);
	put("/lib/systemd/system/foo-bar.service.d/50-more.conf", "[Service]\nCapabilityBoundingSet=CAP_KILL\n");
	/* in the place of that */
	put("/etc/systemd/system/foo-bar.service.d/50-more.conf", "[Service]\nCapabilityBoundingSet=CAP_DAC_OVERRIDE\n");
	put("/run/systemd/system/foo-.service.d/10-a.conf", "[Service]\nCapabilityBoundingSet=CAP_SETUID\n");
	put("/etc/systemd/system/service.d/60-z.conf", "[Service]\nCapabilityBoundingSet=~CAP_SETUID\n");
	put("/etc/systemd/system/foo-bar.service.d/not-read", "[Service]\nCapabilityBoundingSet=\n");
	put_link("/etc/systemd/system/foo-bar.service.d/70-masked.conf", "/dev/null");
	expect("foo-bar.service /lib/systemd/system/foo-bar.service 3 3\n");
}

static void templates_and_instances(void **state)
{
	(void)state;
	put("/lib/systemd/system/t@.service", ONE);
	put("/etc/systemd/system/t@x.service.d/a.conf", "[Service]\nCapabilityBoundingSet=CAP_KILL\n");
	put("/etc/systemd/system/t@.service.d/b.conf", "[Service]\nCapabilityBoundingSet=CAP_DAC_OVERRIDE\n");
	put_link("/etc/systemd/system/t@y.service", "/lib/systemd/system/t@.service");
	put("/etc/systemd/system/gone@z.service.d/a.conf", "[Service]\n");
	expect("t@.service /lib/systemd/system/t@.service 1 3\n"
	       "t@x.service /lib/systemd/system/t@.service 2 23\n"
	       "t@y.service /etc/systemd/system/t@y.service 1 3\n");
}

static void links_and_masks(void **state)
{
	(void)state;
	put("/lib/systemd/system/ssh.service", ONE);
	put_link("/etc/systemd/system/sshd.service", "/lib/systemd/system/ssh.service");
	put_link("/etc/systemd/system/masked.service", "/dev/null");
	put("/lib/systemd/system/masked.service", ONE);
	put("/lib/systemd/system/empty.service", "");
	put("/opt/x/linked.service", ONE);
	put_link("/etc/systemd/system/linked.service", "/opt/x/linked.service");
	put_link("/etc/systemd/system/out.service", "../../../../../../../../../../../etc/passwd");
	put_link("/etc/systemd/system/dangling.service", "/nowhere/dangling.service");
	put("/etc/passwd", "not a unit\n");
	expect("! /etc/systemd/system/dangling.service -2\n"
	       "linked.service /etc/systemd/system/linked.service 0 1\n"
	       "ssh.service /lib/systemd/system/ssh.service 0 1\n");
}

static void what_cannot_be_read_is_said_once(void **state)
{
	char path[512];

	(void)state;
	put("/etc/systemd/system/a.service", ONE);
	snprintf(path, sizeof(path), "%s/etc/systemd/system/pipe.service", root);
	assert_int_equal(mkfifo(path, 0600), 0);
	snprintf(path, sizeof(path), "%s/etc/systemd/system/dir.service", root);
	assert_int_equal(mkdir(path, 0700), 0);
	put("/etc/systemd/system/huge.service", "x");
	snprintf(path, sizeof(path), "%s/etc/systemd/system/huge.service", root);
	assert_int_equal(truncate(path, 1L << 40), 0);
	expect("a.service /etc/systemd/system/a.service 0 1\n"
	       "! /etc/systemd/system/dir.service -22\n"
	       "! /etc/systemd/system/huge.service -27\n"
	       "! /etc/systemd/system/pipe.service -22\n");
}

static void units_of_users(void **state)
{
	(void)state;
	put("/usr/lib/systemd/user/u.service", ONE);
	put("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nbroken\nal:x:7:7::/home/al:/bin/sh\nno:x:8:8:::/bin/sh\n");
	put("/home/al/.config/systemd/user/own.service", ONE);
	put("/home/al/.local/share/systemd/user/own.service", "[Service]\n");
	expect("u.service user /usr/lib/systemd/user/u.service 0 1\n"
	       "own.service user al/home/al/.config/systemd/user/own.service 0 1\n");
}

static void one_alone(void **state)
{
	(void)state;
	put("/lib/systemd/system/a.service", ONE);
	put("/lib/systemd/system/b.service", "[Service]\n");
	put("/etc/systemd/system/a.service.d/x.conf", "[Service]\nCapabilityBoundingSet=CAP_KILL\n");
	put("/lib/systemd/system/t@.service", ONE);
	put("/etc/systemd/system/t@x.service.d/a.conf", "[Service]\nCapabilityBoundingSet=CAP_KILL\n");
	put("/usr/lib/systemd/user/u.service", ONE);
	put("/run/systemd/transient/run-1.service", ONE);
	expect_of("a.service", "a.service /lib/systemd/system/a.service 1 21\n");
	expect_of("t@x.service", "t@x.service /lib/systemd/system/t@.service 1 21\n");
	expect_of("t@y.service", "t@y.service /lib/systemd/system/t@.service 0 1\n");
	expect_of("run-1.service", "run-1.service /run/systemd/transient/run-1.service 0 1\n");
	expect_of("u.service", "");
	expect_of("../a.service", "");
	expect_of("a.scope", "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_on_the_path_counts), TEST(drop_ins),
		TEST(templates_and_instances),	    TEST(links_and_masks),
		TEST(units_of_users),		    TEST(what_cannot_be_read_is_said_once),
		TEST(one_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
