/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/caps/manifest.h"

#define H "capsieve-files 1\n"

static void mistakes(const char *text, const char *want)
{
	struct manifest_mistakes m = { .count = 0 };
	struct manifest manifest;
	struct buf got = BUF_INIT;

	assert_int_equal(manifest_parse(text, strlen(text), &manifest, &m), -EINVAL);
	for (size_t i = 0; i < m.count; i++)
		buf_printf(&got, "%zu:%zu: %s\n", m.at[i].line, m.at[i].column, m.at[i].what);
	assert_string_equal(buf_str(&got), want);
	manifest_mistakes_done(&m);
	buf_done(&got);
}

/* What is read and written again is the same text. */
static void same(const char *text, const char *want)
{
	struct manifest_mistakes m = { .count = 0 };
	struct manifest manifest;
	struct buf got = BUF_INIT;

	if (manifest_parse(text, strlen(text), &manifest, &m))
		fail_msg("%zu:%zu: %s", m.at[0].line, m.at[0].column, m.at[0].what);
	manifest_print(&got, &manifest);
	assert_string_equal(buf_str(&got), want);
	manifest_done(&manifest);
	buf_done(&got);
}

static void every_form_comes_back(void **state)
{
	static const char text[] =
		H "tree /\ntree /a\\x20b\nall-filesystems\n"
		  "/a mode=0755 uid=0 gid=0 caps=cap_net_raw=ep\n"
		  "/b mode=4755 uid=4294967295 gid=0\n"
		  "/c\\x0a\\x1b[31m mode=0644 uid=1 gid=2 rootid=1000 caps=cap_chown=p cap_kill=i\n"
		  "/d\\\\e caps==\n"
		  "/\\xff\\xfe caps=?\n"
		  "/\xc3\xa9 caps=cap_bpf=eip\n";

	(void)state;
	same(text, H "tree /\ntree /a\\x20b\nall-filesystems\n"
		     "/a mode=0755 uid=0 gid=0 caps=cap_net_raw=ep\n"
		     "/b mode=4755 uid=4294967295 gid=0\n"
		     "/c\\x0a\\x1b[31m mode=0644 uid=1 gid=2 rootid=1000 caps=cap_kill=i cap_chown+p\n"
		     "/d\\\\e caps==\n"
		     "/\xc3\xa9 caps=cap_bpf=eip\n"
		     "/\\xff\\xfe caps=?\n");
	same(H, H);
	same("capsieve-files 1", H);
	same(H "\n# a remark\n   \n  /z   caps=cap_chown+ep   \n/a caps=0=p\n",
	     H "/a caps=cap_chown=p\n/z caps=cap_chown=ep\n");
}

static void places_are_told(void **state)
{
	(void)state;
	mistakes("", "1:1: no manifest: the first line is 'capsieve-files 1'\n");
	mistakes("capsieve-files 2\n/a caps=\n",
		 "1:16: version '2' of manifests is not known here, only 1\n");
	mistakes("capsieve-files 1 x\n", "1:18: unexpected word 'x'\n");
	mistakes(H "tre /a\n", "2:1: unknown word 'tre'; did you mean 'tree'?\n");
	mistakes(H "what\n", "2:1: unknown word 'what'; a line is a path, 'tree' or 'all-filesystems'\n");
	mistakes(H "tree\n", "2:5: not an absolute path: ''\n");
	mistakes(H "tree /a b\n", "2:9: unexpected word 'b'\n");
	mistakes(H "/a\n", "2:3: nothing is said of the file: mode=, uid= and gid=, or caps=\n");
	mistakes(H "/a mode=0755\n", "2:13: mode=, uid= and gid= go together\n");
	mistakes(H "/a rootid=4\n", "2:12: rootid= goes before caps=\n");
	mistakes(H "/a mode=0855 uid=0 gid=0\n", "2:9: not an octal mode: '0855'\n");
	mistakes(H "/a mode=17777 uid=0 gid=0\n", "2:9: not an octal mode: '17777'\n");
	mistakes(H "/a mode=0755 uid=4294967296 gid=0\n",
		 "2:18: not a number from 0 to 4294967295: '4294967296'\n");
	mistakes(H "/a mode=0755 uid= gid=0\n", "2:18: not a number from 0 to 4294967295: ''\n");
	mistakes(H "/a modes=1\n", "2:4: unknown key 'modes'; did you mean 'mode'?\n");
	mistakes(H "/a caps\n", "2:4: no '=' and value behind 'caps'\n");
	mistakes(H "/a uid=1 uid=1\n", "2:10: a second time: 'uid=1'\n");
	mistakes(H "/a\\ caps==\n", "2:3: a path has \\xNN, and not 00, in the place of this\n");
	mistakes(H "/a\\x00 caps==\n", "2:7: a path has \\xNN, and not 00, in the place of this\n");
	mistakes(H "/a\tb caps==\n", "2:4: a path has \\xNN, and not 00, in the place of this\n");
	mistakes(H "/a/../b caps==\n", "2:1: a path with '//', '.' or '..' in it: '/a/../b'\n");
	mistakes(H "/a caps==\n/b caps==\n/a caps==\n", "4:1: the same file as on line 2\n");
}

static void capabilities_are_told_in_their_place(void **state)
{
	struct manifest_mistakes m = { .count = 0 };
	struct manifest manifest;
	static const char text[] = H "/a mode=0755 uid=0 gid=0 caps=cap_chown,cap_net_rwa=ep\n";

	(void)state;
	assert_int_equal(manifest_parse(text, strlen(text), &manifest, &m), -EINVAL);
	assert_int_equal(m.count, 1);
	assert_int_equal(m.at[0].line, 2);
	assert_int_equal(m.at[0].column, strlen("/a mode=0755 uid=0 gid=0 caps=cap_chown,") + 1);
	assert_non_null(strstr(m.at[0].what, "cap_net_rwa"));
	manifest_mistakes_done(&m);
}

static void all_mistakes_are_told_up_to_a_number(void **state)
{
	struct manifest_mistakes m = { .count = 0 };
	struct manifest manifest;
	struct buf b = BUF_INIT;

	(void)state;
	buf_puts(&b, H);
	for (int i = 0; i < 50; i++)
		buf_puts(&b, "nonsense\n");
	assert_int_equal(manifest_parse(buf_str(&b), b.len, &manifest, &m), -EINVAL);
	assert_int_equal(m.count, MANIFEST_MISTAKES_MAX);
	assert_int_equal(m.at[19].line, 21);
	manifest_mistakes_done(&m);
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_comes_back),
		cmocka_unit_test(places_are_told),
		cmocka_unit_test(capabilities_are_told_in_their_place),
		cmocka_unit_test(all_mistakes_are_told_up_to_a_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
