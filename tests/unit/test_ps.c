/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/caps/capset.h"
#include "user/caps/holder.h"
#include "user/view/ps.h"

#define NET_RAW (1ULL << 13)

static struct holder some(void)
{
	return (struct holder){
		.pid = 42,
		.tid = 42,
		.ppid = 7,
		.state = 'S',
		.threads = 1,
		.comm = "web",
		.is = {.uid = 33, .effective = NET_RAW, .permitted = NET_RAW, .bounding = capset_all()},
		.looked_closer = true,
		.userns = HOLDER_USERNS_INITIAL,
		.user = (char *)"www-data",
		.cgroup = (char *)"/system.slice/web.service",
		.unit = (char *)"web.service",
	};
}

static void expect_line(const char *columns, const struct holder *h, unsigned depth, const char *text)
{
	struct ps_memo memo[2] = {0};
	struct ps_mistake mistake;
	struct ps_layout layout;
	struct buf b = BUF_INIT;

	assert_int_equal(ps_layout_parse(columns, &layout, &mistake), 0);
	ps_line(&b, &layout, memo, h, depth);
	assert_string_equal(buf_str(&b), text);
	buf_done(&b);
	ps_memo_done(&memo[0]);
	ps_memo_done(&memo[1]);
}

static void lines(void **state)
{
	struct holder h = some();

	(void)state;
	expect_line("pid,user,comm,caps", &h, 0, "     42 www-data   web             cap_net_raw=ep\n");
	expect_line("userns,bnd,nnp,workload", &h, 0, "      host all -   web.service\n");
	expect_line("comm,caps", &h, 2, "    web         cap_net_raw=ep\n");
	h.is.inheritable = h.is.ambient = NET_RAW;
	h.is.bounding = NET_RAW | 1;
	h.is.no_new_privs = true;
	h.userns = 5;
	expect_line("caps", &h, 0, "cap_net_raw=eip [^cap_net_raw]\n");
	expect_line("userns,bnd,nnp,ambient", &h, 0, "         5   2 yes CAP_NET_RAW\n");
	h.is.bounding = capset_all() & ~1ULL;
	expect_line("iab", &h, 0, "!cap_chown,^cap_net_raw\n");
}

static void what_is_unknown_and_what_is_none(void **state)
{
	struct holder h = {.pid = 1, .tid = 1, .state = 'S', .comm = "x"};

	(void)state;
	expect_line("userns,workload,exe", &h, 0, "         ? ?                    ?\n");
	expect_line("file,securebits,mode", &h, 0, "?                ?          ?\n");
	expect_line("user,tid,effective", &h, 0, "0                 - -\n");
	expect_line("caps", &h, 0, "=\n");
	h.kernel = true;
	expect_line("exe,file", &h, 0, "-                        -\n");
}

static void threads_are_marked(void **state)
{
	struct holder h = some();

	(void)state;
	h.tid = 50;
	expect_line("pid,tid,comm", &h, 0, "     42       50 web\n");
	h.differs = HOLDER_EFFECTIVE;
	expect_line("pid,tid,comm", &h, 0, "     42      *50 web\n");
}

static void names_are_escaped(void **state)
{
	struct holder h = some();

	(void)state;
	strcpy(h.comm, "a\033[31m\nb");
	expect_line("comm,pid", &h, 0, "a\\x1b[31m\\x0ab       42\n");
}

static void columns_fit_what_is_in_them(void **state)
{
	struct ps_memo memo[2] = {0};
	struct ps_mistake mistake;
	struct holder h = some();
	struct ps_layout layout;
	struct buf b = BUF_INIT;

	(void)state;
	assert_int_equal(ps_layout_parse("comm,pid", &layout, &mistake), 0);
	ps_fit(&layout, &h, 8);
	ps_header(&b, &layout);
	ps_line(&b, &layout, memo, &h, 0);
	assert_string_equal(buf_str(&b), "COMM                    PID\nweb                      42\n");
	buf_clear(&b);
	ps_fit(&layout, &h, 1000000);
	ps_header(&b, &layout);
	assert_true(b.len < 80);
	buf_done(&b);
	ps_memo_done(&memo[0]);
}

static void columns_that_are_none(void **state)
{
	struct ps_mistake mistake;
	struct ps_layout layout;
	char many[512] = "pid";

	(void)state;
	assert_int_equal(ps_layout_parse("pid,usre", &layout, &mistake), -ENOENT);
	assert_string_equal(mistake.nearest, "user");
	assert_true(mistake.len == 4 && !strncmp(mistake.word, "usre", 4));
	assert_int_equal(ps_layout_parse("pid,,user", &layout, &mistake), -ENOENT);
	assert_int_equal(mistake.len, 0);
	for (size_t i = 0; i < PS_COLUMNS_MAX; i++)
		strcat(many, ",pid");
	assert_int_equal(ps_layout_parse(many, &layout, &mistake), -ENOENT);
	assert_int_equal(ps_layout_parse("PID,Comm", &layout, &mistake), 0);
	ps_layout_usual(&layout, true);
	assert_in_range(layout.count, 15, PS_COLUMNS_MAX);
}

static void expect_json(const struct holder *h, const char *part)
{
	struct ps_memo memo = {0};
	struct buf b = BUF_INIT;

	ps_json(&b, &memo, h);
	if (!strstr(buf_str(&b), part))
		fail_msg("%s\nlacks %s", buf_str(&b), part);
	buf_done(&b);
	ps_memo_done(&memo);
}

static void json(void **state)
{
	struct holder h = some();

	(void)state;
	expect_json(&h, "{\"v\":1,\"type\":\"process\",\"pid\":42,\"tid\":42,\"ppid\":7,\"state\":\"S\","
			"\"comm\":\"web\",");
	expect_json(&h,
		    "\"effective\":[\"CAP_NET_RAW\"],\"permitted\":[\"CAP_NET_RAW\"],\"inheritable\":[],");
	expect_json(&h, "\"text\":\"cap_net_raw=ep\",\"iab\":\"\",\"no_new_privs\":false,\"seccomp\":0,");
	expect_json(&h, "\"userns\":{\"own\":4026531837,\"initial\":true},\"workload\":\"unit:web.service\",");
	expect_json(&h, "\"unit\":\"web.service\",\"slice\":null,\"session\":null}\n");
	h.tid = 43;
	h.differs = HOLDER_EFFECTIVE | HOLDER_IDS;
	expect_json(&h, "\"type\":\"thread\"");
	expect_json(&h, "\"differs\":[\"effective\",\"ids\"]");
	h.file_known = true;
	h.file_mode = 04755;
	expect_json(&h, "\"file\":{\"setuid\":true,\"setgid\":false,\"uid\":0,\"capabilities\":null}");
	h.securebits_known = true;
	expect_json(&h, "\"securebits\":0,\"mode\":\"HYBRID\"");
}

static void expect_summary(const struct ps_summary *s, const char *text, const char *missing)
{
	struct buf b = BUF_INIT;

	ps_summary_text(&b, s);
	assert_string_equal(buf_str(&b), text);
	buf_clear(&b);
	ps_missing_text(&b, s);
	assert_string_equal(buf_str(&b), missing);
	assert_int_equal(ps_is_incomplete(s), *missing != '\0');
	buf_done(&b);
}

static void summaries(void **state)
{
	struct ps_summary s = {.processes = 100, .shown = 7, .holding = 7, .root = 3};

	(void)state;
	expect_summary(&s, "7 of 100 processes hold capabilities, 3 as good as root's", "");
	s.differing = 1;
	s.kernel = 80;
	s.dead = 1;
	expect_summary(
		&s,
		"7 of 100 processes hold capabilities, 3 as good as root's; 1 thread differs (*) from the "
		"process; not shown without --all: 80 of the kernel's own, 1 zombie",
		"");
	s = (struct ps_summary){.processes = 9,
				.shown = 2,
				.holding = 1,
				.filtered = true,
				.unreadable = 1,
				.others_hidden = true,
				.undecided = 2};
	expect_summary(
		&s, "2 of 9 processes shown, 1 holds capabilities, 0 as good as root's",
		"this procfs shows only our own processes (hidepid): there are more; 1 process cannot be "
		"looked at; 2 processes or threads left out because what is asked for cannot be told of "
		"them");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(what_is_unknown_and_what_is_none),
		cmocka_unit_test(threads_are_marked),
		cmocka_unit_test(names_are_escaped),
		cmocka_unit_test(columns_fit_what_is_in_them),
		cmocka_unit_test(columns_that_are_none),
		cmocka_unit_test(json),
		cmocka_unit_test(summaries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
