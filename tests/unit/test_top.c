// SPDX-License-Identifier: BSD-2-Clause
#include "tests/unit/made.h"

#include <errno.h>

#include "user/base/buf.h"
#include "user/caps/site.h"
#include "user/model/board.h"
#include "user/model/program.h"
#include "user/view/chart.h"
#include "user/view/frame.h"
#include "user/view/top.h"

enum { SECOND = 1000000000, ROWS = 12, COLS = 100 };

static const struct board_note advisory = {
	.site_known = true, .class = SITE_ADVISORY, .operation = "memory overcommit", .site = "f", .site_len = 1,
};
static const struct board_note needed = {
	.site_known = true, .class = SITE_NEEDED, .operation = "change a file's owner", .site = "g", .site_len = 1,
};

struct asked {
	uint32_t tgid, uid;
	int cap;
	bool denied;
	const char *comm, *exe, *unit, *user;
	const struct board_note *site;
	uint64_t count;
};

static const struct asked crowd[] = {
	{ 10, 0, 0, false, "cp", "/bin/cp", "backup.service", "root", &needed, 5 },
	{ 10, 0, 21, false, "cp", "/bin/cp", "backup.service", "root", &advisory, 100 },
	{ 11, 33, 10, true, "nginx", "/usr/sbin/nginx", "nginx.service", "www-data", &needed, 7 },
	{ 12, 33, 21, false, "nginx", "/usr/sbin/nginx", "nginx.service", "www-data", NULL, 2 },
};

static void ask(struct board *b, const struct asked *a)
{
	struct program p = { .id = a->tgid, .tgid = a->tgid, .uid = a->uid, .exe = (char *)a->exe, .unit = (char *)a->unit,
			     .cgroup = (char *)"/system.slice/x", .flags = PROGRAM_CGROUP_KNOWN };
	struct record r = { .parts = RECORD_CHECK | RECORD_WALL | RECORD_COUNT | RECORD_PROGRAM, .kind = EVENT_CHECK,
			    .check = made_check(), .program = &p, .count = a->count };

	struct board_note note = { 0 };

	r.check.program = a->tgid;
	r.check.tgid = a->tgid;
	r.check.uid = a->uid;
	r.check.cap = a->cap;
	r.check.head.flags = CHECK_SYSCALL_KNOWN | (a->denied ? CHECK_DENIED : 0);
	memset(r.check.comm, 0, sizeof(r.check.comm));
	memcpy(r.check.comm, a->comm, strlen(a->comm));
	if (a->site)
		note = *a->site;
	note.user = a->user;
	assert_int_equal(board_add(b, &r, &note), 0);
}

static struct board *made_board(void)
{
	struct board *b = board_new(100);

	for (size_t i = 0; i < sizeof(crowd) / sizeof(*crowd); i++)
		ask(b, &crowd[i]);
	board_turn(b, SECOND);
	return b;
}

static void refresh(struct top *t, const struct board *b)
{
	assert_int_equal(top_refresh(t, b), 0);
}

/* The names of the rows, in their order. */
static void expect(struct top *t, const struct board *b, const char *names)
{
	struct buf all = BUF_INIT;

	refresh(t, b);
	for (size_t i = 0; i < t->rows.count; i++)
		buf_printf(&all, "%s%s", i ? "|" : "", t->rows.at[i].name);
	assert_string_equal(buf_str(&all), names);
	buf_done(&all);
}

static void press(struct top *t, const char *keys)
{
	for (; *keys; keys++)
		top_key(t, (unsigned char)*keys);
}

static void test_groups(void **state)
{
	struct board *b = made_board();
	struct top t;

	(void)state;
	top_init(&t, TOP_PROGRAM);
	expect(&t, b, "/usr/sbin/nginx|/bin/cp");
	press(&t, "3");
	expect(&t, b, "11 nginx|10 cp|12 nginx");
	press(&t, "4");
	expect(&t, b, "www-data|root");
	press(&t, "5");
	expect(&t, b, "nginx.service|backup.service");
	press(&t, "8");
	expect(&t, b, "CAP_NET_BIND_SERVICE|CAP_CHOWN|CAP_SYS_ADMIN");
	press(&t, "9");
	expect(&t, b, "net_bind_service denied: change a file's owner at g (needed)|"
		      "chown: change a file's owner at g (needed)|sys_admin: where is unknown");
	press(&t, "g");
	assert_int_equal(t.by, TOP_WORKLOAD);
	top_done(&t);
	board_free(b);
}

static void test_what_a_row_says(void **state)
{
	struct board *b = made_board();
	const struct top_row *r;
	struct top t;

	(void)state;
	top_init(&t, TOP_PROGRAM);
	refresh(&t, b);
	r = &t.rows.at[0];
	assert_int_equal(r->total, 9);
	assert_int_equal(r->now, 9);
	assert_int_equal(r->allowed, 2);
	assert_int_equal(r->denied, 7);
	assert_int_equal(r->caps, 1ULL << 10 | 1ULL << 21);
	assert_int_equal(r->refused, 1ULL << 10);
	assert_false(r->classes_known);
	r = &t.rows.at[1];
	assert_int_equal(r->needed, 5);
	assert_true(r->classes_known);
	assert_int_equal(t.rows.advisory, 100);
	press(&t, "a");
	expect(&t, b, "/bin/cp|/usr/sbin/nginx");
	assert_int_equal(t.rows.at[0].total, 105);
	assert_int_equal(t.rows.advisory, 0);
	top_done(&t);
	board_free(b);
}

static void test_order(void **state)
{
	struct board *b = made_board();
	struct top t;

	(void)state;
	top_init(&t, TOP_PROCESS);
	press(&t, "r");
	expect(&t, b, "12 nginx|10 cp|11 nginx");
	press(&t, "r>>");
	assert_int_equal(t.sort, SORT_ALLOWED);
	expect(&t, b, "10 cp|12 nginx|11 nginx");
	press(&t, "<<<");
	assert_int_equal(t.sort, SORT_NAME);
	expect(&t, b, "10 cp|11 nginx|12 nginx");
	top_done(&t);
	board_free(b);
}

static void test_the_way_down_and_back(void **state)
{
	struct board *b = made_board();
	struct top t;

	(void)state;
	top_init(&t, TOP_UNIT);
	expect(&t, b, "nginx.service|backup.service");
	top_key(&t, TOP_KEY_DOWN);
	top_key(&t, TOP_KEY_ENTER);
	expect(&t, b, "/bin/cp");
	top_key(&t, TOP_KEY_ENTER);
	expect(&t, b, "chown: change a file's owner at g (needed)");
	assert_int_equal(top_key(&t, TOP_KEY_ENTER), TOP_NOTHING);
	top_key(&t, TOP_KEY_ESCAPE);
	expect(&t, b, "/bin/cp");
	top_key(&t, TOP_KEY_BACKSPACE);
	expect(&t, b, "nginx.service|backup.service");
	assert_int_equal(t.cursor, 1);
	assert_int_equal(top_key(&t, TOP_KEY_ESCAPE), TOP_NOTHING);
	top_done(&t);
	board_free(b);
}

static void test_a_filter_while_typing(void **state)
{
	struct board *b = made_board();
	struct top t;

	(void)state;
	top_init(&t, TOP_PROGRAM);
	press(&t, "/NGI");
	expect(&t, b, "/usr/sbin/nginx");
	top_key(&t, TOP_KEY_ESCAPE);
	expect(&t, b, "/usr/sbin/nginx|/bin/cp");
	press(&t, "/user=root");
	assert_string_equal(t.mistake, "");
	expect(&t, b, "/bin/cp");
	press(&t, " ext");
	assert_string_not_equal(t.mistake, "");
	expect(&t, b, "/bin/cp");
	for (int i = 0; i < 4; i++)
		top_key(&t, TOP_KEY_BACKSPACE);
	assert_string_equal(t.mistake, "");
	top_key(&t, TOP_KEY_ENTER);
	assert_false(t.typing);
	press(&t, "3");
	expect(&t, b, "10 cp");
	top_key(&t, TOP_KEY_ESCAPE);
	assert_string_equal(t.filter, "");
	expect(&t, b, "11 nginx|10 cp|12 nginx");
	top_done(&t);
	board_free(b);
}

static void test_a_filter_has_an_end(void **state)
{
	struct top t;

	(void)state;
	top_init(&t, TOP_PROGRAM);
	press(&t, "/");
	for (int i = 0; i < 2 * TOP_FILTER_MAX; i++)
		top_key(&t, i % 2 ? 'x' : 0x202e);
	assert_int_equal(strlen(t.filter), TOP_FILTER_MAX - 1);
	top_done(&t);
}

static void test_the_cursor_stays_with_its_row(void **state)
{
	struct asked loud = { 12, 33, 21, false, "nginx", "/usr/sbin/nginx", "nginx.service", "www-data", NULL, 1000 };
	struct board *b = made_board();
	struct top t;

	(void)state;
	top_init(&t, TOP_PROCESS);
	refresh(&t, b);
	top_key(&t, TOP_KEY_DOWN);
	assert_string_equal(t.rows.at[t.cursor].name, "10 cp");
	ask(b, &loud);
	board_turn(b, SECOND);
	expect(&t, b, "12 nginx|11 nginx|10 cp");
	assert_string_equal(t.rows.at[t.cursor].name, "10 cp");
	top_key(&t, TOP_KEY_HOME);
	top_key(&t, TOP_KEY_END);
	assert_int_equal(t.cursor, 2);
	top_key(&t, TOP_KEY_PAGE_UP);
	top_key(&t, TOP_KEY_PAGE_DOWN);
	top_key(&t, TOP_KEY_DOWN);
	assert_int_equal(t.cursor, 2);
	top_done(&t);
	board_free(b);
}

static void test_other_keys(void **state)
{
	struct top t;

	(void)state;
	top_init(&t, TOP_PROGRAM);
	assert_int_equal(top_key(&t, 'p'), TOP_CHANGED);
	assert_true(t.paused);
	top_key(&t, ' ');
	assert_false(t.paused);
	top_key(&t, TOP_KEY_HELP);
	assert_true(t.help);
	assert_int_equal(top_key(&t, 'z'), TOP_CHANGED);
	assert_false(t.help);
	assert_int_equal(top_key(&t, 'z'), TOP_NOTHING);
	assert_int_equal(top_key(&t, 'x'), TOP_CHANGED);
	assert_true(t.more);
	assert_int_equal(top_key(&t, 0x20ac), TOP_NOTHING);
	assert_int_equal(top_key(&t, 'q'), TOP_QUIT);
	top_done(&t);
}

static void draw(struct top *t, const struct board *b, int rows, int cols, struct buf *ret)
{
	struct top_facts facts = { .source = "web1, Linux 6.12, tp_btf", .time = "02:50:01", .lost = 3, .cpu = 0.012,
				   .hidden = 9, .hidden_known = true, .ascii = true };
	struct frame f;

	refresh(t, b);
	board_sums(b, &facts.sums);
	buf_clear(ret);
	assert_int_equal(top_frame(t, &facts, rows, cols, &f), 0);
	frame_text(ret, &f);
	frame_done(&f);
}

static void test_a_frame(void **state)
{
	struct board *b = made_board();
	struct buf text = BUF_INIT;
	struct top t;

	(void)state;
	top_init(&t, TOP_PROGRAM);
	draw(&t, b, ROWS, COLS, &text);
	assert_string_equal(buf_str(&text),
"capsieve top  web1, Linux 6.12, tp_btf                                                      02:50:01\n"
"114/s  lost 3  own process 1.2 %  checks 114          60 s, up to 114                              #\n"
"by program: 2  advisory hidden: 100 (a)  overcommit hidden: 9\n"
"RATE/S  TOTAL ALLOWED DENIED NEEDED CAPABILITIES       program\n"
"   9.0      9       2      7      ? sys_admin +1       /usr/sbin/nginx\n"
"   5.0      5       5      0      5 chown              /bin/cp\n"
"\n\n\n\n"
"/usr/sbin/nginx  sys_admin net_bind_service\n"
"q quit  ? help  1-9 group  enter into  esc back  / filter  s sort  p pause  a advisory  r reverse\n");
	draw(&t, b, 8, 200, &text);
	assert_non_null(strstr(buf_str(&text), " ######## sys_admin net_bind_service ") ?:
			strstr(buf_str(&text), " ########## sys_admin net_bind_service "));
	assert_non_null(strstr(buf_str(&text), " #####      chown "));
	top_done(&t);
	buf_done(&text);
	board_free(b);
}

/* In ten lines there is room for five of the help: arrows show the others, and any other key leads back. */
static void test_help_in_few_lines(void **state)
{
	struct board *b = made_board();
	struct buf text = BUF_INIT;
	struct top t;

	(void)state;
	top_init(&t, TOP_PROGRAM);
	top_key(&t, '?');
	draw(&t, b, 10, COLS, &text);
	assert_non_null(strstr(buf_str(&text), "help, lines 1-5 of "));
	assert_non_null(strstr(buf_str(&text), "group by workload"));
	top_key(&t, TOP_KEY_DOWN);
	draw(&t, b, 10, COLS, &text);
	assert_null(strstr(buf_str(&text), "group by workload"));
	assert_true(t.help);
	top_key(&t, TOP_KEY_END);
	draw(&t, b, 10, COLS, &text);
	assert_non_null(strstr(buf_str(&text), "own process CPU"));
	top_key(&t, TOP_KEY_DOWN);
	top_key(&t, TOP_KEY_PAGE_UP);
	top_key(&t, TOP_KEY_HOME);
	top_key(&t, TOP_KEY_UP);
	draw(&t, b, 10, COLS, &text);
	assert_non_null(strstr(buf_str(&text), "help, lines 1-5 of "));
	/* A larger screen shows all of it, and then any key leads back. */
	draw(&t, b, 40, COLS, &text);
	assert_null(strstr(buf_str(&text), "help, lines"));
	assert_int_equal(top_key(&t, TOP_KEY_DOWN), TOP_CHANGED);
	assert_false(t.help);
	top_done(&t);
	buf_done(&text);
	board_free(b);
}

static void test_10_000_rows(void **state)
{
	struct board *b = board_new(20000);
	struct buf text = BUF_INIT;
	struct top t;

	(void)state;
	for (uint32_t i = 1; i <= 10000; i++)
		ask(b, &(struct asked){ i, 0, 18, false, "perl", "/usr/bin/perl", NULL, "root", &needed, i });
	board_turn(b, SECOND);
	top_init(&t, TOP_PROCESS);
	draw(&t, b, 24, 80, &text);
	assert_non_null(strstr(buf_str(&text), "by process: 10000 (1-18)"));
	assert_non_null(strstr(buf_str(&text), "\n 10000  10000   10000      0  10000 sys_chroot         10000 perl\n"));
	top_key(&t, TOP_KEY_END);
	draw(&t, b, 24, 80, &text);
	assert_non_null(strstr(buf_str(&text), "by process: 10000 (9983-10000)"));
	top_key(&t, TOP_KEY_PAGE_UP);
	top_key(&t, TOP_KEY_PAGE_UP);
	draw(&t, b, 24, 80, &text);
	assert_int_equal(t.cursor, 9999 - 36);
	press(&t, "/777 perl");
	draw(&t, b, 24, 80, &text);
	assert_non_null(strstr(buf_str(&text), "by process: 10 "));
	top_done(&t);
	buf_done(&text);
	board_free(b);
}

/* The style of the text in a frame of the rows by capability. */
static unsigned int style_of(const struct frame *f, const char *text)
{
	size_t n = strlen(text);

	for (int at = 0; at + (int)n <= f->rows * f->cols; at++) {
		size_t same = 0;

		while (same < n && f->cells[at + (int)same].code[0] == (unsigned char)text[same])
			same++;
		if (same == n)
			return f->cells[at].style;
	}
	fail_msg("%s is not to be seen", text);
	return STYLES;
}

static void test_what_is_rare_or_dangerous_is_seen(void **state)
{
	static const struct asked checks[] = {
		{ 1, 0, 5, false, "a", "/a", NULL, "root", &needed, 5000 },	/* kill: often, and not dangerous */
		{ 1, 0, 21, false, "a", "/a", NULL, "root", &needed, 5000 },	/* sys_admin: as good as root */
		{ 1, 0, 6, false, "a", "/a", NULL, "root", &needed, 5000 },	/* setgid: dangerous */
		{ 1, 0, 10, false, "a", "/a", NULL, "root", &needed, 15 },	/* net_bind_service: rare */
		{ 1, 0, 28, false, "a", "/a", NULL, "root", &needed, 16 },	/* lease: not rare any more */
		{ 1, 0, 18, true, "a", "/a", NULL, "root", &needed, 1 },	/* sys_chroot: refused */
	};
	struct board *b = board_new(100);
	struct top_facts facts = { .cpu = -1 };
	struct frame f;
	struct top t;

	(void)state;
	for (size_t i = 0; i < sizeof(checks) / sizeof(*checks); i++)
		ask(b, &checks[i]);
	board_turn(b, SECOND);
	board_sums(b, &facts.sums);
	top_init(&t, TOP_CAPABILITY);
	refresh(&t, b);
	top_key(&t, TOP_KEY_END);
	assert_int_equal(top_frame(&t, &facts, 20, 100, &f), 0);
	assert_int_equal(style_of(&f, "CAP_KILL"), STYLE_PLAIN);
	assert_int_equal(style_of(&f, "CAP_SYS_ADMIN"), STYLE_RISK);
	assert_int_equal(style_of(&f, "CAP_SETGID"), STYLE_HIGH);
	assert_int_equal(style_of(&f, "CAP_NET_BIND"), STYLE_RARE);
	assert_int_equal(style_of(&f, "CAP_LEASE"), STYLE_PLAIN);
	frame_done(&f);
	top_key(&t, TOP_KEY_HOME);
	assert_int_equal(top_frame(&t, &facts, 20, 100, &f), 0);
	assert_int_equal(style_of(&f, "CAP_SYS_CHROOT"), STYLE_DENIED);
	frame_done(&f);
	top_done(&t);
	board_free(b);
}

/* Whoever it is has room before everything else, and what is hidden before the way down. */
static void test_narrow(void **state)
{
	struct asked far = { 9, 0, 0, false, "s", "/usr/lib/x86_64-linux-gnu/some/where/service-with-a-long-name", "backup.service",
			     "root", &needed, 9000 };
	struct board *b = made_board();
	struct buf text = BUF_INIT;
	struct top t;

	(void)state;
	ask(b, &far);
	far.site = &advisory;
	far.cap = 21;
	ask(b, &far);
	board_turn(b, SECOND);
	top_init(&t, TOP_UNIT);
	refresh(&t, b);
	draw(&t, b, 10, 40, &text);
	assert_non_null(strstr(buf_str(&text), "RATE/S  TOTAL DENIED unit\n"));
	assert_non_null(strstr(buf_str(&text), " backup.service\n"));
	press(&t, "sssss");
	draw(&t, b, 10, 40, &text);
	assert_non_null(strstr(buf_str(&text), "RATE/S  TOTAL DENIED "));
	press(&t, "s");
	top_key(&t, TOP_KEY_ENTER);
	refresh(&t, b);
	top_key(&t, TOP_KEY_ENTER);
	refresh(&t, b);
	draw(&t, b, 24, 80, &text);
	assert_non_null(strstr(buf_str(&text), "\n~"));
	assert_non_null(strstr(buf_str(&text), "service-with-a-long-name > by check: 1  advisory hidden: 9000 (a)"));
	top_done(&t);
	buf_done(&text);
	board_free(b);
}

/* No size is too small, and none too large. */
static void test_any_size(void **state)
{
	struct board *b = made_board();
	struct buf text = BUF_INIT;
	struct top t;

	(void)state;
	top_init(&t, TOP_PROCESS);
	for (int rows = 1; rows < 9; rows++) {
		for (int cols = 1; cols < 240; cols += 7) {
			press(&t, rows % 2 ? "?" : "j");
			draw(&t, b, rows, cols, &text);
			press(&t, rows % 2 ? "?" : "k");
		}
	}
	top_done(&t);
	buf_done(&text);
	board_free(b);
}

static void test_hostile_names(void **state)
{
	struct asked evil = { 13, 0, 5, false, "\033[2J\xff", "/tmp/\xe2\x80\xae<script>\n", NULL, "ro\tot", NULL, 9000 };
	struct board *b = made_board();
	struct buf text = BUF_INIT;
	struct top t;

	(void)state;
	ask(b, &evil);
	board_turn(b, SECOND);
	for (int by = 1; by <= TOP_BYS; by++) {
		top_init(&t, (enum top_by)(by - 1));
		draw(&t, b, ROWS, 160, &text);
		assert_null(strchr(buf_str(&text), '\033'));
		assert_null(strstr(buf_str(&text), "\xe2\x80\xae"));
		assert_null(strchr(buf_str(&text), '\t'));
		top_done(&t);
	}
	buf_done(&text);
	board_free(b);
}

static void expect_chart(struct buf *b, const char *text)
{
	assert_string_equal(buf_str(b), text);
	buf_clear(b);
}

static void test_charts(void **state)
{
	const double values[] = { 0, 0.01, 4, 8 };
	struct buf b = BUF_INIT;

	(void)state;
	chart_spark(&b, values, 4, false);
	expect_chart(&b, " ▁▄█");
	chart_spark(&b, values, 4, true);
	expect_chart(&b, " .:#");
	chart_spark(&b, values, 1, false);
	expect_chart(&b, " ");
	chart_bar(&b, 5, 10, 4, false);
	expect_chart(&b, "██  ");
	chart_bar(&b, 1, 1000, 3, false);
	expect_chart(&b, "▏  ");
	chart_bar(&b, 9, 8, 2, true);
	expect_chart(&b, "##");
	chart_bar(&b, 0, 0, 2, true);
	expect_chart(&b, "  ");
	chart_number(&b, 999999);
	expect_chart(&b, "999999");
	chart_number(&b, 1000000);
	expect_chart(&b, "1000k");
	chart_number(&b, 12345678);
	expect_chart(&b, "12.3M");
	chart_number(&b, UINT64_MAX);
	expect_chart(&b, "18.4E");
	buf_done(&b);
}

static void test_wide_and_combining_characters(void **state)
{
	struct buf text = BUF_INIT;
	struct frame f;

	(void)state;
	assert_int_equal(frame_init(&f, 1, 5), 0);
	assert_int_equal(frame_put(&f, 0, 0, 5, STYLE_PLAIN, "日e\xcc\x81本x"), 5);
	frame_text(&text, &f);
	assert_string_equal(buf_str(&text), "日e\xcc\x81本\n");
	assert_int_equal(frame_put(&f, 0, 4, 5, STYLE_PLAIN, "日"), 4);
	assert_int_equal(frame_put(&f, 7, 2, 5, STYLE_PLAIN, "x"), 2);
	frame_done(&f);
	buf_done(&text);
}

/* Of what is counted in the kernel the call is all that is known of where. */
static void test_calls_where_no_site_is_known(void **state)
{
	static const struct board_note in_reboot = { .call = "reboot" };
	const struct asked one = { 12, 0, 21, false, "a", "/a", "a.service", "root", &in_reboot, 3 };
	const struct asked known = { 13, 0, 0, false, "a", "/a", "a.service", "root", &needed, 2 };
	struct board *b = board_new(10);
	struct top t;

	(void)state;
	ask(b, &one);
	ask(b, &known);
	board_turn(b, SECOND);
	top_init(&t, TOP_CHECK);
	expect(&t, b, "sys_admin: in reboot|chown: change a file's owner at g (needed)");
	top_done(&t);
	board_free(b);
}

/* Result, class and operation, of a row that has one of each, and of one that has several. */
static void test_what_checks_mean(void **state)
{
	static const struct board_note failed = { .site_known = true, .class = SITE_NEEDED, .operation = "do it", .site = "f",
						  .site_len = 1, .failed = 3, .error = EPERM };
	static const struct board_note worked = { .site_known = true, .class = SITE_QUALITY, .operation = "do more", .site = "g",
						  .site_len = 1, .worked = 1 };
	const struct asked one = { 12, 0, 21, true, "a", "/a", "a.service", "root", &failed, 3 };
	const struct asked other = { 13, 0, 0, true, "b", "/b", "b.service", "root", &failed, 3 };
	const struct asked more = { 13, 0, 0, true, "b", "/b", "b.service", "root", &worked, 1 };
	const struct top_facts facts = { .cpu = -1 };
	struct board *b = board_new(10);
	struct buf text = BUF_INIT;
	struct top t;

	(void)state;
	ask(b, &one);
	ask(b, &other);
	ask(b, &more);
	board_turn(b, SECOND);
	top_init(&t, TOP_UNIT);
	refresh(&t, b);
	top_text(&text, &t, &facts);
	assert_null(strstr(buf_str(&text), "RESULT"));
	t.more = true;
	buf_clear(&text);
	top_text(&text, &t, &facts);
	assert_non_null(strstr(buf_str(&text), "CAPABILITIES RESULT    CLASS        OPERATION                          unit\n"));
	assert_non_null(strstr(buf_str(&text), "sys_admin EPERM     needed       do it                              a.service\n"));
	assert_non_null(strstr(buf_str(&text), "chown EPERM,ok  needed,quality do it, ...                         b.service\n"));
	buf_clear(&text);
	draw(&t, b, 20, 160, &text);
	assert_non_null(strstr(buf_str(&text), "CAPABILITIES       RESULT    CLASS        OPERATION                          unit"));
	assert_non_null(strstr(buf_str(&text), "EPERM,ok  needed,qual"));
	top_done(&t);
	board_free(b);
	buf_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_calls_where_no_site_is_known),
		cmocka_unit_test(test_what_a_row_says),
		cmocka_unit_test(test_what_checks_mean),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_the_way_down_and_back),
		cmocka_unit_test(test_a_filter_while_typing),
		cmocka_unit_test(test_a_filter_has_an_end),
		cmocka_unit_test(test_the_cursor_stays_with_its_row),
		cmocka_unit_test(test_other_keys),
		cmocka_unit_test(test_a_frame),
		cmocka_unit_test(test_help_in_few_lines),
		cmocka_unit_test(test_10_000_rows),
		cmocka_unit_test(test_what_is_rare_or_dangerous_is_seen),
		cmocka_unit_test(test_narrow),
		cmocka_unit_test(test_any_size),
		cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_charts),
		cmocka_unit_test(test_wide_and_combining_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
