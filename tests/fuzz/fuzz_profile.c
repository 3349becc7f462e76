/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a profile: what is read can be started with, and what is not has its place told. Its reasons are read where
 * there are some, written again as the same text, added to themselves, and differ from themselves in nothing.
 */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "user/advice/combine.h"
#include "user/advice/compare.h"
#include "user/advice/ranking.h"
#include "user/advice/saved.h"
#include "user/base/buf.h"
#include "user/base/text.h"
#include "user/caps/profile.h"
#include "user/view/answer.h"
#include "user/view/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_sentence(const struct buf *why)
{
	assert(!strncmp(buf_str((struct buf *)why), "f:", 2) && why->len < 4096);
	assert(text_utf8_ok(why->data, why->len) && !memchr(why->data, '\n', why->len));
}

static void check_advice(const uint8_t *data, size_t size)
{
	struct buf why = BUF_INIT;
	struct profile p;
	int err = profile_parse("f", (const char *)data, size, &why, &p);

	assert(err == 0 || err == -EINVAL);
	if (err) {
		check_sentence(&why);
	} else {
		assert(!why.len && !(p.caps & ~p.bounding));
		assert(p.status < PROFILE_STATUS_COUNT && profile_status_name(p.status));
		assert(!p.user || (*p.user && *p.user != ':' && !strpbrk(p.user, ", /\n")));
		profile_done(&p);
	}
	buf_done(&why);
}

/* Written, read and written again it is the same. */
static void check_again(const struct answer *a)
{
	struct buf text = BUF_INIT, again = BUF_INIT, why = BUF_INIT;
	struct saved s;

	answer_json(&text, a);
	assert(!text.error && !saved_parse("f", text.data, text.len, &why, &s));
	answer_json(&again, &s.answer);
	assert(text.len == again.len && !memcmp(text.data, again.data, text.len));
	saved_done(&s);
	buf_done(&text);
	buf_done(&again);
	buf_done(&why);
}

static void check_same(const struct answer *a, const struct answer *b)
{
	const struct compare_how how = { .strict = true }, expecting = { .strict = true, .expecting = true };
	struct comparison c;

	assert(!compare(a, b, &how, &c) && !comparison_found(&c));
	comparison_done(&c);
	assert(!compare(a, b, &expecting, &c) && !comparison_found(&c));
	comparison_done(&c);
}

static void check_whole(const struct saved *s)
{
	const struct saved twice[] = { *s, *s };
	struct buf page = BUF_INIT;
	struct saved sum;

	answer_page(&page, &s->answer, 80, NULL);
	assert(!page.error && !memchr(page.data, '\033', page.len));
	check_again(&s->answer);
	check_same(&s->answer, &s->answer);
	assert(!combine(twice, 2, &sum));
	assert(!(sum.answer.caps & ~sum.answer.bounding) && !(s->answer.caps & ~sum.answer.caps));
	check_again(&sum.answer);
	saved_done(&sum);
	buf_done(&page);
}

static size_t count_of(const struct buf *b, const char *what)
{
	size_t n = 0;

	for (const char *at = b->data; (at = memmem(at, b->len - (size_t)(at - b->data), what, strlen(what))); at++)
		n++;
	return n;
}

/* Whatever they say, their page has one script and no control byte. */
static void check_page(struct saved *list, size_t count)
{
	struct ranking ranking = { .at = calloc(count + 1, sizeof(*ranking.at)), .count = count };
	const struct report r = { .ranking = &ranking, .utc = true, .details = 3 };
	struct buf page = BUF_INIT;

	assert(ranking.at);
	for (size_t i = 0; i < count; i++)
		ranking.at[i] = list[i].answer;
	report_page(&page, &r);
	assert(!page.error && text_utf8_ok(page.data, page.len));
	assert(count_of(&page, "<script") == 1 && count_of(&page, "</style") == 1 && !count_of(&page, "<img"));
	assert(!memchr(page.data, '\033', page.len) && !memchr(page.data, '\0', page.len) && !count_of(&page, "\xe2\x80\xae"));
	free(ranking.at);
	buf_done(&page);
}

static void check_all(const uint8_t *data, size_t size)
{
	struct buf why = BUF_INIT;
	struct saved_list list;
	int err = saved_parse_all("f", (const char *)data, size, &why, &list);

	assert(err == 0 || err == -EINVAL);
	if (err) {
		check_sentence(&why);
	} else {
		check_page(list.at, list.count);
		saved_done_all(&list);
	}
	buf_done(&why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf why = BUF_INIT;
	struct saved s;
	int err = saved_parse("f", (const char *)data, size, &why, &s);

	assert(err == 0 || err == -EINVAL);
	if (err) {
		check_sentence(&why);
	} else {
		check_whole(&s);
		saved_done(&s);
	}
	buf_done(&why);
	check_advice(data, size);
	check_all(data, size);
	return 0;
}
