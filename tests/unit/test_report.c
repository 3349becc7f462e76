/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <linux/capability.h>

#include "user/advice/answer.h"
#include "user/advice/ranking.h"
#include "user/base/buf.h"
#include "user/base/span.h"
#include "user/caps/asked.h"
#include "user/view/answer.h"
#include "user/view/report.h"
#include "user/view/report_parts.h"

#define C(name) (1ULL << CAP_##name)

static struct site needed = { .class = SITE_NEEDED, .operation = "do it", .name = "a_site", .name_len = 6 };
static struct site advisory = { .class = SITE_ADVISORY, .operation = "look", .name = "b_site", .name_len = 6 };

static void add(struct answer *a, int cap, const struct site *site, bool denied, int error, uint64_t times)
{
	const struct asked_check c = {
		.cap = cap, .site = site, .call = "call", .denied = denied, .failed = error ? times : 0, .error = error, .times = times,
		.wall_ns = 1700000000000000000, .pid = 7, .comm = "<b>", .comm_len = 3, .exe = "/srv/\"x'",
	};

	assert_int_equal(asked_add(a->asked, &c, NULL), 0);
}

static struct answer answer_new(const char *workload)
{
	struct answer a = { .asked = asked_new(), .workload = workload, .runs = 1, .made_ns = 1, .start_seen = true };

	assert_non_null(a.asked);
	return a;
}

static char *page_of(struct answer *at, size_t count, struct buf *b)
{
	struct ranking ranking = { .at = at, .count = count };
	const struct report r = { .ranking = &ranking, .utc = true, .details = 2 };

	for (size_t i = 0; i < count; i++)
		assert_int_equal(answer_conclude(&at[i]), 0);
	report_page(b, &r);
	assert_int_equal(b->error, 0);
	return (char *)buf_str(b);
}

static void a_cell_says_what_a_workload_has_to_do_with_a_capability(void **state)
{
	struct answer a = answer_new("web");
	struct buf b = BUF_INIT;

	(void)state;
	asked_granted(a.asked, C(CHOWN) | C(KILL));
	add(&a, CAP_CHOWN, &needed, false, 0, 3);
	add(&a, CAP_SYS_ADMIN, &advisory, false, 0, 9);
	add(&a, CAP_SYS_PTRACE, &needed, true, 1, 2);
	add(&a, CAP_NET_ADMIN, &advisory, true, 0, 1);
	page_of(&a, 1, &b);
	assert_int_equal(report_cell(&a, CAP_CHOWN), REPORT_NEEDED);
	assert_int_equal(report_cell(&a, CAP_SYS_ADMIN), REPORT_USED);
	assert_int_equal(report_cell(&a, CAP_SYS_PTRACE), REPORT_REFUSED);
	assert_int_equal(report_cell(&a, CAP_KILL), REPORT_UNUSED);
	assert_int_equal(report_cell(&a, CAP_MKNOD), REPORT_NOTHING);
	assert_int_equal(report_refused(&a), C(SYS_PTRACE));
	assert_non_null(strstr(buf_str(&b), "<td class=\"n r3\">\xe2\x97\x8f<i>needed</i>"));
	assert_non_null(strstr(buf_str(&b), "<td class=\"d x\">\xc3\x97<i>refused, and it mattered</i>"));
	assert_non_null(strstr(buf_str(&b), "<b class=bad>failed</b> with EPERM, 2\xc3\x97"));
	buf_done(&b);
	asked_free(a.asked);
}

static size_t count_of(const char *text, const char *what)
{
	size_t n = 0;

	for (const char *at = text; (at = strstr(at, what)); at++)
		n++;
	return n;
}

static void no_name_is_markup(void **state)
{
	static char name[4097];
	struct answer at[] = { answer_new("<script>x</script>"), answer_new(name), answer_new("c\"'>\xe2\x80\xae"), answer_new(NULL) };
	struct buf b = BUF_INIT;
	const char *page;

	(void)state;
	memset(name, '<', sizeof(name) - 1);
	for (size_t i = 0; i < 4; i++) {
		add(&at[i], CAP_CHOWN, &needed, false, 0, 1);
		add(&at[i], CAP_KILL, &needed, true, 1, 1);
	}
	page = page_of(at, 4, &b);
	assert_int_equal(count_of(page, "<script>"), 1);
	assert_int_equal(count_of(page, "</script>"), 1);
	assert_int_equal(count_of(page, "<<"), 0);
	assert_int_equal(count_of(page, "\xe2\x80\xae"), 0);
	assert_true(count_of(page, "(4096 bytes)") >= 3);
	assert_int_equal(count_of(page, "/srv/&quot;x&#39;"), count_of(page, "/srv/"));
	assert_int_equal(count_of(page, "<bdi>&lt;b&gt;</bdi>"), count_of(page, "&lt;b&gt;"));
	for (size_t i = 0; i < 4; i++)
		asked_free(at[i].asked);
	buf_done(&b);
}

/* Only so many are told in full; of the rest a line, which links lead to. */
static void the_rest_is_a_line_each(void **state)
{
	struct answer at[] = { answer_new("a"), answer_new("b"), answer_new("c"), answer_new("d") };
	struct buf b = BUF_INIT;
	const char *page;

	(void)state;
	add(&at[3], CAP_CHOWN, &needed, false, 0, 1);
	page = page_of(at, 4, &b);
	assert_int_equal(count_of(page, "<details id="), 2);
	assert_int_equal(count_of(page, "<tr data-w="), 2);
	assert_non_null(strstr(page, "And 2 more"));
	assert_non_null(strstr(page, "<li id=w3 data-f=\"\"><b><bdi>c</bdi></b> needs no capability."));
	assert_non_null(strstr(page, "<li id=w4 data-f=\"nr\"><b><bdi>d</bdi></b> needs chown."));
	for (size_t i = 0; i < 4; i++)
		asked_free(at[i].asked);
	buf_done(&b);
}

/* Of what is advised, what is no reason for it stands behind what is. */
static void what_is_no_need_stands_apart(void **state)
{
	static const char *const order[] = { "do it", "which is no need", "nothing changes without it" };
	struct answer a = answer_new("web");
	struct buf b = BUF_INIT, page = BUF_INIT;

	(void)state;
	add(&a, CAP_SYS_ADMIN, &advisory, false, 0, 9);
	add(&a, CAP_SYS_ADMIN, &needed, false, 0, 3);
	add(&a, CAP_CHOWN, &needed, false, 0, 3);
	page_of(&a, 1, &b);
	answer_page(&page, &a, 0, NULL);
	for (const char *html = strstr(buf_str(&b), "Why it needs"), *text = buf_str(&page), *const *at = order; at < order + 3; at++) {
		html = strstr(html, *at);
		text = strstr(text, *at);
		assert_non_null(html);
		assert_non_null(text);
	}
	assert_int_equal(count_of(buf_str(&b), "which is no need"), 1);
	assert_int_equal(count_of(buf_str(&page), "which is no need"), 1);
	buf_done(&b);
	buf_done(&page);
	asked_free(a.asked);
}

static void nobody_is_said(void **state)
{
	struct buf b = BUF_INIT;
	const char *page = page_of(NULL, 0, &b);

	(void)state;
	assert_non_null(strstr(page, "Nothing was seen"));
	assert_null(strstr(page, "<table"));
	buf_done(&b);
}

static void put_span(struct buf *b, uint64_t seconds)
{
	buf_clear(b);
	span_print(b, seconds * 1000000000, true);
}

static void numbers_are_read_at_a_glance(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	buf_grouped(&b, 1234567);
	assert_string_equal(buf_str(&b), "1,234,567");
	put_span(&b, 9);
	assert_string_equal(buf_str(&b), "9.0 s");
	put_span(&b, 200);
	assert_string_equal(buf_str(&b), "3 min 20 s");
	put_span(&b, 86400);
	assert_string_equal(buf_str(&b), "24 h 0 min");
	put_span(&b, 9 * 86400);
	assert_string_equal(buf_str(&b), "9 days 0 h");
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cell_says_what_a_workload_has_to_do_with_a_capability),
		cmocka_unit_test(no_name_is_markup),
		cmocka_unit_test(the_rest_is_a_line_each),
		cmocka_unit_test(what_is_no_need_stands_apart),
		cmocka_unit_test(nobody_is_said),
		cmocka_unit_test(numbers_are_read_at_a_glance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
