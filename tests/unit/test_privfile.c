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
#include "user/caps/drift.h"
#include "user/caps/filespec.h"
#include "user/caps/interpreter.h"
#include "user/caps/mistake.h"
#include "user/caps/privfile.h"
#include "user/view/file.h"

static struct privfile made(const char *path, uint32_t mode, uint32_t uid, const char *caps)
{
	struct privfile f = {
		.path = strdup(path), .mode = mode, .uid = uid, .owner_known = true, .links = 1,
	};
	struct mistake m;

	if (caps) {
		f.has_caps = PRIVFILE_CAPS_KNOWN;
		assert_int_equal(filespec_parse(caps, &f.caps, &m), 0);
	}
	return f;
}

static void one(const char *text, const char *want)
{
	struct buf b = BUF_INIT;
	struct filecaps caps;
	struct mistake m;

	assert_int_equal(filespec_parse(text, &caps, &m), 0);
	filespec_print(&b, &caps);
	assert_string_equal(buf_str(&b), want);
	buf_done(&b);
}

static void specs_become_canonical(void **state)
{
	(void)state;
	one("cap_net_raw=ep", "cap_net_raw=ep");
	one("CAP_NET_RAW+pe", "cap_net_raw=ep");
	one("cap_chown,cap_kill=p", "cap_chown,cap_kill=p");
	one("=", "=");
	one("40=ep", "cap_checkpoint_restore=ep");
}

static void specs_that_no_file_can_carry(void **state)
{
	struct filecaps caps = { .version = 77 };
	struct mistake m;

	(void)state;
	assert_int_equal(filespec_parse("cap_chown=p cap_kill=ep", &caps, &m), -EINVAL);
	assert_non_null(strstr(m.what, "one effective bit"));
	assert_int_equal(filespec_parse(" ", &caps, &m), -EINVAL);
	assert_int_equal(filespec_parse("cap_chown=ep cap_kil=ep", &caps, &m), -EINVAL);
	assert_int_equal(m.column, 14);
	assert_int_equal(caps.version, 77);
}

static void names_of_interpreters(void **state)
{
	static const char *const are[] = { "sh",         "bash",       "python", "python3",
					   "python3.11", "perl5.36.0", "lua5.4" };
	static const char *const not [] = { "shutdown", "python-web",    "perldoc", "findmnt",
					    "",         "node-exporter", "less" };

	(void)state;
	for (size_t i = 0; i < sizeof(are) / sizeof(are[0]); i++)
		assert_non_null(interpreter_runs(are[i]));
	for (size_t i = 0; i < sizeof(not) / sizeof(not[0]); i++)
		assert_null(interpreter_runs(not[i]));
}

static void risk_of(uint32_t mode, uint32_t uid, const char *caps, uint32_t rootid, enum privfile_risk want)
{
	struct privfile f = made("/x", mode, uid, caps);

	f.caps.rootid = rootid;
	f.gid = 5;
	assert_int_equal(privfile_risk(&f), want);
	privfile_done(&f);
}

static void risks(void **state)
{
	(void)state;
	risk_of(0755, 0, NULL, 0, PRIVFILE_RISK_NONE);
	risk_of(04755, 0, NULL, 0, PRIVFILE_RISK_ROOT);
	risk_of(04755, 9, NULL, 0, PRIVFILE_RISK_MEDIUM);
	risk_of(02755, 0, NULL, 0, PRIVFILE_RISK_MEDIUM);
	risk_of(02745, 0, NULL, 0, PRIVFILE_RISK_NONE);
	risk_of(0755, 0, "cap_sys_admin=p", 0, PRIVFILE_RISK_ROOT);
	risk_of(0755, 0, "cap_sys_admin=ei", 0, PRIVFILE_RISK_LOW);
	risk_of(0755, 0, "cap_sys_admin=ep", 1000, PRIVFILE_RISK_LOW);
	risk_of(0755, 0, "=", 0, PRIVFILE_RISK_NONE);
}

static void who_can_write(void **state)
{
	struct privfile root = made("/x", 0755, 0, "cap_chown=ep"), own = made("/y", 04755, 9, NULL);

	(void)state;
	assert_int_equal(privfile_file_writer(&root), PRIVFILE_NOBODY);
	assert_int_equal(privfile_file_writer(&own), PRIVFILE_NOBODY);
	root.mode = 0775;
	assert_int_equal(privfile_file_writer(&root), PRIVFILE_NOBODY);
	root.gid = 4;
	assert_int_equal(privfile_file_writer(&root), PRIVFILE_GROUP);
	root.mode = 0777;
	assert_int_equal(privfile_file_writer(&root), PRIVFILE_EVERYONE);
	root.mode = 0755;
	root.uid = 9;
	assert_int_equal(privfile_file_writer(&root), PRIVFILE_OWNER);
	assert_int_equal(privfile_dir_writer(&own, 0755, 9, 9), PRIVFILE_NOBODY);
	assert_int_equal(privfile_dir_writer(&own, 0755, 8, 9), PRIVFILE_OWNER);
	assert_int_equal(privfile_dir_writer(&own, 01777, 0, 0), PRIVFILE_NOBODY);
	assert_int_equal(privfile_dir_writer(&own, 0777, 0, 0), PRIVFILE_EVERYONE);
	assert_int_equal(privfile_dir_writer(&own, 0775, 0, 50), PRIVFILE_GROUP);
	privfile_done(&root);
	privfile_done(&own);
}

static void put(struct privfiles *list, const char *path, uint64_t dev, uint64_t ino, uint64_t real_dev)
{
	struct privfile f = made(path, 04755, 0, NULL);

	f.dev = dev;
	f.ino = f.real_ino = ino;
	f.real_dev = real_dev;
	assert_int_equal(privfiles_put(list, &f), 0);
}

static void what_is_one_file_is_shown_once(void **state)
{
	for (int links = 0; links < 2; links++) {
		struct privfiles list = { 0 };

		(void)state;
		put(&list, "/merged/ping", 99, 7, 1);	/* an overlay's view of layer's */
		put(&list, "/layer/ping", 1, 7, 1);
		put(&list, "/z/ping", 1, 7, 1);		/* a hard link */
		put(&list, "/other", 1, 8, 1);
		put(&list, "/only/seen/there", 98, 9, 1);
		assert_int_equal(privfiles_merge(&list, links), 0);
		assert_int_equal(list.count, links ? 3 : 4);
		assert_string_equal(list.at[0].path, "/layer/ping");
		assert_string_equal(list.at[1].path, "/only/seen/there");
		assert_string_equal(list.at[2].path, "/other");
		assert_int_equal(list.at[0].also_count, links ? 1 : 0);
		if (links)
			assert_string_equal(list.at[0].also[0], "/z/ping");
		privfiles_done(&list);
	}
}

static void add(struct privfiles *list, const char *path, uint32_t mode, const char *caps)
{
	struct privfile f = made(path, mode, 0, caps);

	assert_int_equal(privfiles_put(list, &f), 0);
}

static void drift_is_a_line_each(void **state)
{
	struct privfiles before = { 0 }, after = { 0 };
	struct buf b = BUF_INIT;
	struct drift d;

	(void)state;
	add(&before, "/bin/gone", 04755, NULL);
	add(&before, "/bin/open", 0755, "cap_bpf=p");
	add(&before, "/bin/ping", 0755, "cap_net_raw=ep");
	add(&before, "/bin/same", 0755, "cap_chown=ep");
	add(&after, "/bin/new\n", 0755, "=");
	add(&after, "/bin/open", 0777, "cap_bpf=p");
	add(&after, "/bin/ping", 0755, NULL);
	add(&after, "/bin/same", 0755, "cap_chown=ep");
	assert_int_equal(drift_find(&before, &after, &d), 0);
	file_drift(&b, &d);
	assert_string_equal(buf_str(&b),
			    "vanished /bin/gone: setuid 0\n"
			    "appeared /bin/new\\x0a: =\n"
			    "changed  /bin/open: cap_bpf=p (mode 0755, uid 0, gid 0) -> "
			    "cap_bpf=p (mode 0777, uid 0, gid 0)\n"
			    "changed  /bin/ping: cap_net_raw=ep -> nothing\n");
	drift_done(&d);
	buf_clear(&b);
	assert_int_equal(drift_find(&before, &before, &d), 0);
	assert_int_equal(d.count, 0);
	file_drift_json(&b, &d, NULL);
	assert_string_equal(buf_str(&b), "{\"v\":1,\"type\":\"file_drift\",\"changes\":[]}\n");
	drift_done(&d);
	buf_done(&b);
	privfiles_done(&before);
	privfiles_done(&after);
}

static void tables_and_json(void **state)
{
	struct privfiles list = { 0 };
	struct buf b = BUF_INIT;

	(void)state;
	file_table(&b, &list, true);
	assert_int_equal(b.len, 0);
	add(&list, "/a\033[2J", 0755, "cap_chown=ep");
	add(&list, "/b", 04755, NULL);
	list.at[1].flaws[PRIVFILE_WRITABLE] = strdup("everyone can write to it");
	privfiles_sort_by_risk(&list);
	file_table(&b, &list, true);
	assert_string_equal(buf_str(&b), "RISK    FLAWS PRIVILEGES   PATH\n"
					 "root        1 setuid 0     /b\n"
					 "root        0 cap_chown=ep /a\\x1b[2J\n");
	buf_clear(&b);
	file_flaws(&b, &list.at[0]);
	assert_string_equal(buf_str(&b), "/b: setuid 0: everyone can write to it\n");
	buf_clear(&b);
	file_list_json(&b, "t", &list, &(struct file_extent){ 5, 4, 3, 2 });
	assert_non_null(strstr(buf_str(&b),
			       "\"caps\":{\"text\":\"cap_chown=ep\",\"permitted\":[\"CAP_CHOWN\"],"
			       "\"permitted_mask\":\"0000000000000001\""));
	assert_non_null(
		strstr(buf_str(&b), "\"flaws\":[{\"flaw\":\"writable\",\"text\":\"everyone can write"));
	assert_non_null(
		strstr(buf_str(&b), "\"looked_at\":{\"files\":5,\"directories\":4,\"unreadable\":3,"));
	buf_done(&b);
	privfiles_done(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(specs_become_canonical),
		cmocka_unit_test(specs_that_no_file_can_carry),
		cmocka_unit_test(names_of_interpreters),
		cmocka_unit_test(risks),
		cmocka_unit_test(who_can_write),
		cmocka_unit_test(what_is_one_file_is_shown_once),
		cmocka_unit_test(drift_is_a_line_each),
		cmocka_unit_test(tables_and_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
