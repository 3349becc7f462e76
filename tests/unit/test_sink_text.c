// SPDX-License-Identifier: BSD-2-Clause
#include "tests/unit/made.h"

#include <errno.h>

#include "user/base/out.h"
#include "user/caps/syscalls.h"
#include "user/host/users.h"
#include "user/model/loss.h"
#include "user/model/program.h"
#include "user/model/record.h"
#include "user/sink/sink.h"
#include "user/sink/text.h"

/* 2026-11-22T01:36:23.123456789Z */
#define WALL 1795311383123456789

static struct syscalls *calls;

static int set_up(void **state)
{
	(void)state;
	calls = syscalls_new();
	return calls ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	syscalls_free(calls);
	return 0;
}

static struct program nginx(void)
{
	return (struct program){
		.id = 99,
		.flags = PROGRAM_EXE_KNOWN | PROGRAM_CGROUP_KNOWN | PROGRAM_LOGIN_KNOWN | PROGRAM_NSPID_KNOWN,
		.tgid = 4242,
		.ppid = 4001,
		.ns_pid = 17,
		.login_uid = 1000,
		.exe = (char *)"/usr/sbin/nginx",
		.cgroup = (char *)"/system.slice/nginx.service",
		.unit = (char *)"nginx.service",
	};
}

static struct record made_record(void)
{
	return (struct record){
		.parts = RECORD_CHECK | RECORD_WALL,
		.kind = EVENT_CHECK,
		.mono_ns = 7000,
		.wall_ns = WALL,
		.seq = 1,
		.check = made_check(),
	};
}

/* Nothing is known but that a capability was asked for. */
static struct record bare_record(void)
{
	struct record r = { .parts = RECORD_CHECK, .kind = EVENT_CHECK };

	r.check.head.flags = CHECK_IDS_UNKNOWN;
	r.check.cap = 41;
	return r;
}

/* Everything that a sink with these options says to one record (or none); to be freed. */
static char *said(const struct text_options *options, const struct record *r)
{
	static const struct sink_start start = { .host = "web", .wall_ns = WALL };
	static const struct loss lost = { { 1 } };
	static const struct account account = { .asked = 1 };
	struct text_options o = *options;
	struct text_error error;
	struct sink *s;
	struct out out;
	char *text;

	o.utc = true;
	o.syscalls = calls;
	out_init(&out, -1, false);
	assert_int_equal(text_new(&out, &o, &s, &error), 0);
	assert_int_equal(s->ops->start(s, &start), 0);
	if (r)
		assert_int_equal(s->ops->check(s, r), 0);
	assert_int_equal(s->ops->lost(s, WALL, &lost), 0);
	assert_int_equal(s->ops->stop(s, WALL, &account), 0);
	s->ops->free(s);
	text = strdup(buf_str(&out.buf));
	buf_done(&out.buf);
	return text;
}

static void assert_said(const struct text_options *options, const struct record *r, const char *want)
{
	char *text = said(options, r);

	assert_string_equal(text, want);
	free(text);
}

static void the_usual_columns(void **state)
{
	struct text_options o = { .header = true };
	struct program p = nginx();
	struct record r = made_record();

	(void)state;
	r.program = &p;
	assert_said(&o, &r,
		    "TIME                PID    UID COMM            CAPABILITY             VERDICT "
		    "SYSCALL          WORKLOAD\n"
		    "01:36:23.123456    4242   1000 nginx           CAP_SYS_ADMIN          denied  "
		    "mount            nginx.service\n");
	o.header = false;
	assert_said(&o, NULL, "");
	o.header = true;
	o.columns = "comm,pid";
	assert_said(&o, &r, "COMM                PID\nnginx              4242\n");
}

static void every_column(void **state)
{
	struct text_options o = { .header = true, .all = true, .lsm = true };
	struct program p = nginx();
	struct record r = made_record();

	(void)state;
	r.program = &p;
	assert_said(&o, &r,
		    "TIME                PID     TID    PPID   NSPID    UID   EUID    GID  LOGIN "
		    "COMM            CAPABILITY             VERDICT VIA   LSM     CRED       AUDIT INSETID PROBE  DERIVED "
		    "SYSCALL              USERNS     TARGET EFFECTIVE        PERMITTED        "
		    "EXE                      CGROUP                           WORKLOAD         GRANTED\n"
		    "01:36:23.123456    4242    4243    4001      17   1000   1001    100   1000 "
		    "nginx           CAP_SYS_ADMIN          denied  -     denied  own        yes   no      fexit  no      "
		    "mount            4026531837 4026532000 0000000000000400 0000000000200400 "
		    "/usr/sbin/nginx          /system.slice/nginx.service      nginx.service    ?\n");
}

static void what_only_some_runs_ask_for(void **state)
{
	struct text_options o = { .header = true, .all = true };
	struct program p = nginx();
	struct record r = made_record();
	char *text;

	(void)state;
	text = said(&o, NULL);
	assert_null(strstr(text, "LSM"));
	assert_null(strstr(text, "ARGS"));
	assert_null(strstr(text, "USER "));
	free(text);
	o.args = true;
	o.users = users_new();
	text = said(&o, NULL);
	assert_non_null(strstr(text, " ARGS "));
	assert_non_null(strstr(text, " USER "));
	free(text);

	r.program = &p;
	r.check.uid = 0;
	p.args = (char *)"nginx -g \\x1b";
	o.header = false;
	o.columns = "user,args";
	assert_said(&o, &r, "root         nginx -g \\x1b\n");
	users_free(o.users);
}

static void unknown_and_none(void **state)
{
	static const struct {
		const char *column, *unknown, *none;
	} rows[] = {
		{ "time", "?", NULL },	    { "ppid", "?", NULL },	{ "nspid", "?", NULL },
		{ "uid", "?", NULL },	    { "user", "?", NULL },	{ "euid", "?", NULL },
		{ "gid", "?", NULL },	    { "login", "?", "-" },	{ "via", "?", "-" },
		{ "lsm", "?", NULL },	    { "cred", "?", NULL },	{ "audit", "?", NULL },
		{ "insetid", "?", NULL },   { "probe", "?", NULL },	{ "syscall", "?", "-" },
		{ "userns", "?", NULL },    { "target", "?", NULL },	{ "effective", "?", NULL },
		{ "permitted", "?", NULL }, { "exe", "?", "-" },	{ "cgroup", "?", NULL },
		{ "args", "?", NULL },	    { "workload", "?", NULL },	{ "pid", "0", NULL },
		{ "comm", "", NULL },	    { "capability", "CAP_41", NULL },
	};
	struct program kthread = { .flags = PROGRAM_KTHREAD | PROGRAM_LOGIN_KNOWN, .login_uid = -1 };
	struct record unknown = bare_record(), none = made_record();

	(void)state;
	none.check.head.flags = CHECK_DENIED | CHECK_KTHREAD;
	none.program = &kthread;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct text_options o = { .columns = rows[i].column };
		char *text = said(&o, &unknown), *at = text + strspn(text, " ");

		at[strcspn(at, "\n")] = '\0';
		assert_string_equal(at, rows[i].unknown);
		free(text);
		if (!rows[i].none)
			continue;
		text = said(&o, &none);
		assert_string_equal(text + strspn(text, " "), "-\n");
		free(text);
	}
}

static void system_calls(void **state)
{
	static const struct {
		uint32_t flags;
		int32_t nr;
		const char *name;
	} rows[] = {
		{ 0, 165, "?\n" },
		{ CHECK_SYSCALL_NONE, -1, "-\n" },
		{ CHECK_SYSCALL_KNOWN, 99999, "syscall_99999\n" },
		{ CHECK_SYSCALL_KNOWN, -7, "syscall_-7\n" },
#if defined(__x86_64__)
		{ CHECK_SYSCALL_KNOWN, 165, "mount\n" },
		{ CHECK_SYSCALL_KNOWN | CHECK_ABI_32, 21, "mount\n" },
		{ CHECK_SYSCALL_KNOWN | CHECK_ABI_X32, 0x40000000 | 165, "mount\n" },
#endif
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct text_options o = { .columns = "syscall" };
		struct record r = made_record();

		r.check.head.flags = rows[i].flags;
		r.check.syscall = rows[i].nr;
		assert_said(&o, &r, rows[i].name);
	}
}

static void what_a_process_chose_is_escaped(void **state)
{
	struct text_options o = { .columns = "comm,exe,workload" };
	struct program p = { .exe = (char *)"/tmp/\033]0;x\a", .cgroup = (char *)"/a\nb\\c" };
	struct record r = made_record();

	(void)state;
	r.program = &p;
	memcpy(r.check.comm, "\033[2J\xff\xe2\x80\xae", 9);
	assert_said(&o, &r, "\\x1b[2J\\xff\\xe2\\x80\\xae /tmp/\\x1b]0;x\\x07        /a\\x0ab\\\\c\n");
	memcpy(r.check.comm, "sixteen bytes!!!", 16);
	assert_said(&o, &r, "sixteen bytes!!! /tmp/\\x1b]0;x\\x07        /a\\x0ab\\\\c\n");
	memcpy(r.check.comm, "w\xc3\xb6rm\0", 7);	/* four columns of five bytes */
	assert_said(&o, &r, "w\xc3\xb6rm            /tmp/\\x1b]0;x\\x07        /a\\x0ab\\\\c\n");
}

static void colors_only_where_asked(void **state)
{
	struct text_options o = { .columns = "verdict,comm", .color = true, .header = true };
	struct record r = made_record();

	(void)state;
	assert_said(&o, &r, "\033[1mVERDICT COMM\033[0m\n\033[31mdenied \033[0m nginx\n");
	o.header = false;
	r.check.head.flags = 0;
	assert_said(&o, &r, "allowed nginx\n");
	o.color = false;
	r.check.head.flags = CHECK_DENIED;
	assert_said(&o, &r, "denied  nginx\n");
}

static void names_of_columns(void **state)
{
	struct text_options o = { .columns = "CAP,ns_pid,loginuid,Capability" };
	struct program p = nginx();
	struct record r = made_record();

	(void)state;
	r.program = &p;
	assert_said(&o, &r, "CAP_SYS_ADMIN               17   1000 CAP_SYS_ADMIN\n");
}

static void columns_that_are_none(void **state)
{
	static const struct {
		const char *list;
		size_t at, len;
		const char *nearest;
	} rows[] = {
		{ "pid,capabilty", 4, 9, "capability" },
		{ "zzzzzz", 0, 6, NULL },
		{ "pid,,uid", 4, 0, NULL },
		{ "", 0, 0, NULL },
		{ "pid,", 4, 0, NULL },
		{ "pids,uid", 0, 4, "pid" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct text_options o = { .columns = rows[i].list };
		struct text_error e;
		struct sink *s = NULL;

		assert_int_equal(text_new(NULL, &o, &s, &e), -ENOENT);
		assert_null(s);
		assert_ptr_equal(e.word, rows[i].list + rows[i].at);
		assert_int_equal(e.len, rows[i].len);
		if (rows[i].nearest)
			assert_string_equal(e.nearest, rows[i].nearest);
		else
			assert_null(e.nearest);
	}
}

static void other_records_are_passed_over(void **state)
{
	struct text_options o = { .all = true };
	struct record r = { .kind = EVENT_PROGRAM };

	(void)state;
	assert_said(&o, &r, "");
}

/* Whatever bits arrive: one line, and nothing on it that a terminal would obey. */
static void any_bits(void **state)
{
	struct text_options o = { .all = true, .lsm = true, .args = true };
	uint64_t seed = 88172645463325252;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		struct record r = { .parts = RECORD_CHECK | RECORD_WALL };
		uint8_t *bytes = (uint8_t *)&r.check;
		char *text;

		for (size_t k = 0; k < sizeof(r.check); k++) {
			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			bytes[k] = seed >> 32;
		}
		r.wall_ns = seed >> 2;
		text = said(&o, &r);
		assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
		for (const char *c = text; *c != '\n'; c++)
			assert_true((unsigned char)*c >= ' ' && *c != 0x7f);
		free(text);
	}
}

/* What was made before must not show through: each line as a fresh sink writes it. */
static void pieces_made_before_never_mix(void **state)
{
	struct text_options o = { .all = true, .lsm = true, .args = true, .color = true, .syscalls = calls,
				  .utc = true };
	struct program programs[] = { nginx(), nginx(), nginx(), { .exe = (char *)"/unkept" } };
	struct text_error e;
	struct sink *kept;
	struct out out;
	uint32_t seed = 12345;

	(void)state;
	programs[0].serial = 1;
	programs[1].serial = 2;
	programs[1].ppid = 1;
	out_init(&out, -1, false);
	assert_int_equal(text_new(&out, &o, &kept, &e), 0);
	for (int i = 0; i < 3000; i++) {
		struct record r = made_record();
		char *fresh;

		seed = seed * 1664525 + 1013904223;
		r.check.cap = seed >> 8 & 3;
		r.check.head.flags = seed >> 10 & 0xffff;
		r.check.syscall = seed >> 26 & 3;
		r.check.uid = seed >> 28 & 1;
		r.check.effective = 1ULL << (seed >> 29 & 3) << 40;
		r.check.userns_target = seed >> 31;
		r.check.lsm_ret = seed >> 30 & 1;
		r.check.probe = seed >> 12 & 7;
		r.check.tid = seed & 0xff;
		r.program = seed >> 16 & 7 ? &programs[seed >> 18 & 3] : NULL;
		programs[2].ppid = seed >> 20 & 15;	/* no serial tells of it */
		fresh = said(&o, &r);
		assert_int_equal(kept->ops->check(kept, &r), 0);
		assert_string_equal(buf_str(&out.buf), fresh);
		buf_clear(&out.buf);
		free(fresh);
	}
	kept->ops->free(kept);
	buf_done(&out.buf);
}

static void a_write_error_comes_back(void **state)
{
	struct text_options o = { .header = true, .syscalls = calls };
	struct record r = made_record();
	struct text_error e;
	struct sink *s;
	struct out out;
	int err = 0;

	(void)state;
	out_init(&out, -1, false);
	assert_int_equal(text_new(&out, &o, &s, &e), 0);
	for (int i = 0; i < 5000 && !err; i++)
		err = s->ops->check(s, &r);
	assert_int_equal(err, -EBADF);
	assert_int_equal(s->ops->check(s, &r), -EBADF);
	s->ops->free(s);
	buf_done(&out.buf);
}

static void help_names_each_column(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	text_describe(&b);
	assert_non_null(strstr(buf_str(&b), "  capability  what was asked for\n"));
	assert_non_null(strstr(buf_str(&b), "  workload    unit, else cgroup\n"));
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_usual_columns),
		cmocka_unit_test(every_column),
		cmocka_unit_test(what_only_some_runs_ask_for),
		cmocka_unit_test(unknown_and_none),
		cmocka_unit_test(system_calls),
		cmocka_unit_test(what_a_process_chose_is_escaped),
		cmocka_unit_test(colors_only_where_asked),
		cmocka_unit_test(names_of_columns),
		cmocka_unit_test(columns_that_are_none),
		cmocka_unit_test(other_records_are_passed_over),
		cmocka_unit_test(any_bits),
		cmocka_unit_test(pieces_made_before_never_mix),
		cmocka_unit_test(a_write_error_comes_back),
		cmocka_unit_test(help_names_each_column),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
