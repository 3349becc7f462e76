// SPDX-License-Identifier: BSD-2-Clause
#include "tests/unit/made.h"

#include <errno.h>

#include "user/base/buf.h"
#include "user/model/program.h"

static int decode(const void *data, size_t len, struct program *ret)
{
	void *copy = made_copy(data, len);
	int err = program_decode(copy, len, ret);

	free(copy);
	return err;
}

static void a_program_is_read(void **state)
{
	struct event_program e = made_program();
	struct program p;

	(void)state;
	assert_int_equal(decode(&e, sizeof(e), &p), 0);
	assert_int_equal(p.id, 99);
	assert_int_equal(p.flags, e.head.flags);
	assert_int_equal(p.tgid, 4242);
	assert_int_equal(p.ppid, 4001);
	assert_int_equal(p.ns_pid, 17);
	assert_int_equal(p.uid, 1000);
	assert_int_equal(p.euid, 1001);
	assert_int_equal(p.gid, 100);
	assert_int_equal(p.egid, 101);
	assert_int_equal(p.login_uid, 1000);
	assert_true(p.userns == 4026531837 && p.pidns == 4026531836);
	assert_true(p.mntns == 4026531841 && p.netns == 4026531840);
	assert_int_equal(p.cgroup_id, 9001);
	assert_int_equal(p.inheritable, 1);
	assert_int_equal(p.permitted, 2);
	assert_int_equal(p.effective, 4);
	assert_int_equal(p.bounding, 8);
	assert_int_equal(p.ambient, 16);
	assert_string_equal(p.comm, "nginx");
	assert_string_equal(p.exe, "/usr/sbin/nginx");
	assert_string_equal(p.cgroup, "/system.slice/nginx.service");
	assert_null(p.unit);
	assert_null(p.args);
	program_done(&p);
	assert_null(p.exe);
}

static void assert_workload(const struct program *p, const char *want, const char *key)
{
	struct buf b = BUF_INIT;

	program_put_workload(&b, p);
	assert_string_equal(buf_str(&b), want);
	buf_clear(&b);
	program_put_key(&b, p);
	assert_string_equal(buf_str(&b), key);
	buf_done(&b);
}

static void the_smallest_named_thing(void **state)
{
	struct program p = { 0 };

	(void)state;
	assert_workload(&p, "", "");
	p.cgroup = strdup("/a/b");
	assert_workload(&p, "/a/b", "cgroup:/a/b");
	p.unit = strdup("b.service");
	assert_workload(&p, "b.service", "unit:b.service");
	program_done(&p);
}

static void a_command_line(void **state)
{
	struct event_program_args e = { .program = made_program(), .size = 5, .len = 5, .args = "sh\0-c" };
	const size_t at = offsetof(struct event_program_args, args);
	struct program p;
	bool cut = true;
	size_t n = 0;

	(void)state;
	e.program.head.size = sizeof(e);
	assert_int_equal(decode(&e, sizeof(e), &p), 0);
	program_done(&p);
	assert_ptr_equal(program_args(&e, sizeof(e), &n, &cut), e.args);
	assert_true(n == 5 && !cut);
	assert_null(program_args(&e, at + 4, &n, &cut));
	assert_null(program_args(&e, sizeof(e.program), &n, &cut));
	e.size = 6;
	assert_non_null(program_args(&e, at + 5, &n, &cut));
	assert_true(n == 5 && cut);
	e.len = EVENT_ARGS + 1;
	assert_null(program_args(&e, sizeof(e), &n, &cut));
	e.len = 0;
	assert_null(program_args(&e, sizeof(e), &n, &cut));
}

static void a_comm_without_nul(void **state)
{
	struct event_program e = made_program();
	struct program p;

	(void)state;
	memcpy(e.comm, "sixteen bytes!!!", 16);
	assert_int_equal(decode(&e, sizeof(e), &p), 0);
	assert_string_equal(p.comm, "sixteen bytes!!!");
	program_done(&p);
}

/* An event may end inside its paths as long as the bytes that are spoken of are there. */
static void every_length(void **state)
{
	struct event_program e = made_program();
	uint8_t data[sizeof(e) + 16] = { 0 };
	const size_t needs = offsetof(struct event_program, cgroup) + e.cgroup_len;

	(void)state;
	for (size_t n = 0; n <= sizeof(data); n++) {
		struct program p;

		e.head.size = n;
		memcpy(data, &e, sizeof(e));
		if (n < needs) {
			assert_int_equal(decode(data, n, &p), -EBADMSG);
			continue;
		}
		assert_int_equal(decode(data, n, &p), 0);
		assert_string_equal(p.exe, "/usr/sbin/nginx");
		assert_string_equal(p.cgroup, "/system.slice/nginx.service");
		program_done(&p);
	}
}

static void lengths_of_paths_that_lie(void **state)
{
	static const uint32_t wrong[] = { 1, 5, 13, 17, EVENT_PATH + 1, 1 << 16, INT32_MAX, UINT32_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct event_program e = made_program();
		struct program p = { .id = 5 };

		e.exe_len = wrong[i];
		assert_int_equal(decode(&e, sizeof(e), &p), -EBADMSG);
		e = made_program();
		e.cgroup_len = wrong[i];
		assert_int_equal(decode(&e, sizeof(e), &p), -EBADMSG);
		assert_int_equal(p.id, 5);
		assert_null(p.exe);
	}
}

static void other_kinds_and_sizes_are_refused(void **state)
{
	struct event_program e = made_program();
	struct program p;

	(void)state;
	e.head.kind = EVENT_CHECK;
	assert_int_equal(decode(&e, sizeof(e), &p), -EBADMSG);
	e = made_program();
	e.head.size--;
	assert_int_equal(decode(&e, sizeof(e), &p), -EBADMSG);
	e.head.size += 2;
	assert_int_equal(decode(&e, sizeof(e), &p), -EBADMSG);
}

/*
 * Returns the exe that these names make, "bad" where they are refused, NULL where it is unknown; to be freed.
 */
static char *exe_of(uint32_t flags, const char *names, size_t n)
{
	struct event_program e = made_program();
	struct program p;
	char *exe;
	int err;

	e.head.flags = flags;
	memset(e.exe, 'x', sizeof(e.exe));
	made_path(e.exe, &e.exe_len, names, n);
	err = decode(&e, sizeof(e), &p);
	if (err) {
		assert_int_equal(err, -EBADMSG);
		return strdup("bad");
	}
	exe = p.exe ? strdup(p.exe) : NULL;
	program_done(&p);
	return exe;
}

#define KNOWN	  PROGRAM_EXE_KNOWN
#define TRUNCATED (PROGRAM_EXE_KNOWN | PROGRAM_EXE_TRUNCATED)
#define NAMES(s)  s, sizeof(s)

static void names_become_a_path(void **state)
{
	static const struct {
		uint32_t flags;
		const char *names;
		size_t len;
		const char *path;
	} rows[] = {
		{ KNOWN, NAMES("nginx\0sbin\0usr"), "/usr/sbin/nginx" },
		{ KNOWN, NAMES("init"), "/init" },
		{ KNOWN, NAMES("a\0b\0c\0d"), "/d/c/b/a" },
		{ TRUNCATED, NAMES("nginx\0sbin"), ".../sbin/nginx" },
		{ KNOWN, "", 0, "/" },
		{ TRUNCATED, "", 0, ".../" },
		{ KNOWN, NAMES("a\033[31m\n\xff\\"), "/a\033[31m\n\xff\\" },
		{ KNOWN, NAMES(""), "bad" },
		{ KNOWN, NAMES("a\0\0b"), "bad" },
		{ KNOWN, NAMES("a\0b\0"), "bad" },
		{ KNOWN, NAMES("\0a"), "bad" },
		{ KNOWN, NAMES("memfd:a/b"), "/memfd:a/b" },
		{ KNOWN, NAMES("a/b\0c"), "bad" },
		{ KNOWN, NAMES("a\0/"), "bad" },
		{ KNOWN, "abc", 3, "bad" },
		{ 0, NAMES("a/b"), NULL },
		{ PROGRAM_EXE_TRUNCATED, NAMES("a"), NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *path = exe_of(rows[i].flags, rows[i].names, rows[i].len);

		if (rows[i].path)
			assert_string_equal(path, rows[i].path);
		else
			assert_null(path);
		free(path);
	}
}

static void names_fill_the_field(void **state)
{
	char names[EVENT_PATH], *path;

	(void)state;
	for (size_t i = 0; i < sizeof(names); i++)
		names[i] = i % 2 ? '\0' : 'a';
	path = exe_of(KNOWN, names, sizeof(names));
	assert_int_equal(strlen(path), EVENT_PATH);
	assert_memory_equal(path, "/a/a", 4);
	free(path);
	memset(names, 'a', sizeof(names));
	path = exe_of(KNOWN, names, sizeof(names));
	assert_string_equal(path, "bad");
	free(path);
}

static void a_bad_cgroup_frees_the_exe(void **state)
{
	struct event_program e = made_program();
	struct program p;

	(void)state;
	MADE_CGROUP(&e, "a/b\0c");
	assert_int_equal(decode(&e, sizeof(e), &p), -EBADMSG);
}

static void a_truncated_cgroup(void **state)
{
	struct event_program e = made_program();
	struct program p;

	(void)state;
	e.head.flags = PROGRAM_CGROUP_KNOWN | PROGRAM_CGROUP_TRUNCATED;
	assert_int_equal(decode(&e, sizeof(e), &p), 0);
	assert_null(p.exe);
	assert_string_equal(p.cgroup, ".../system.slice/nginx.service");
	program_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_program_is_read),
		cmocka_unit_test(the_smallest_named_thing),
		cmocka_unit_test(a_command_line),
		cmocka_unit_test(a_comm_without_nul),
		cmocka_unit_test(every_length),
		cmocka_unit_test(lengths_of_paths_that_lie),
		cmocka_unit_test(other_kinds_and_sizes_are_refused),
		cmocka_unit_test(names_become_a_path),
		cmocka_unit_test(names_fill_the_field),
		cmocka_unit_test(a_bad_cgroup_frees_the_exe),
		cmocka_unit_test(a_truncated_cgroup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
