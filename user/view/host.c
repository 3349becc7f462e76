/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/view/host.h"

#include <inttypes.h>
#include <string.h>

#include "user/advice/answer.h"
#include "user/advice/ranking.h"
#include "user/base/buf.h"
#include "user/base/json.h"
#include "user/base/text.h"
#include "user/caps/capability.h"
#include "user/view/answer.h"
#include "user/view/chart.h"
#include "user/view/wrap.h"

enum { NAME_LEAST = 12, NAME_MOST = 40, BAR = 8, BAR_GAP = 2, OTHERS = 44, NEEDS_LEAST = 12 };

static const char no_name[] = "(no workload)";

static const char *name_of(const struct answer *a)
{
	return a->workload ?: no_name;
}

static void put_sum(struct buf *b, const struct ranking *r, size_t width)
{
	struct buf words = BUF_INIT;
	size_t need = 0;

	for (size_t i = 0; i < r->count; i++)
		need += r->at[i].caps != 0;
	buf_printf(&words, "%zu workload%s in %" PRIu64 " s: ", r->count, r->count == 1 ? "" : "s", r->watched_ns / 1000000000);
	buf_printf(&words, "%zu need%s capabilities, %zu none", need, need == 1 ? "s" : "", r->count - need);
	buf_printf(&words, "; %sestimated, not verified", r->incomplete ? "incomplete, checks were lost; " : "");
	wrap_words(b, buf_str(&words), 0, 0, width);
	buf_putc(b, '\n');
	buf_done(&words);
}

/* A column of text, and the gap behind it. */
static void put_padded(struct buf *b, const char *text, size_t width)
{
	size_t at = b->len, used;

	text_escape(b, text, strlen(text));
	used = text_width(b->data + at, b->len - at);
	wrap_blanks(b, used < width ? width - used + 2 : 2);
}

/* How much of a line names may take before the rest stands too far to the right. page: its width, 0 without a limit. */
static size_t name_most(size_t page, bool bars)
{
	const size_t others = OTHERS + NEEDS_LEAST + (bars ? BAR + BAR_GAP : 0);

	if (!page || page >= others + NAME_MOST)
		return NAME_MOST;
	return page > others + NAME_LEAST ? page - others : NAME_LEAST;
}

static size_t widest_name(const struct ranking *r, size_t most)
{
	struct buf safe = BUF_INIT;
	size_t width = strlen("WORKLOAD");

	for (size_t i = 0; i < r->count; i++) {
		size_t n;

		buf_clear(&safe);
		text_escape(&safe, name_of(&r->at[i]), strlen(name_of(&r->at[i])));
		n = text_width(buf_str(&safe), safe.len);
		if (n > width)
			width = n < most ? n : most;
	}
	buf_done(&safe);
	return width;
}

/* "chown, net_raw" */
static void put_short(struct buf *b, uint64_t set)
{
	for (; set; set &= set - 1) {
		capability_put_short(b, (unsigned)__builtin_ctzll(set));
		if (set & (set - 1))
			buf_puts(b, ", ");
	}
}

static void put_line(struct buf *b, const struct answer *a, size_t name, size_t width, const struct chart_look *look,
		     uint64_t most)
{
	struct buf caps = BUF_INIT;
	size_t start = b->len, at;

	put_padded(b, name_of(a), name);
	put_padded(b, ranking_risk(a) ?: "-", 8);
	put_padded(b, a->start_seen ? "seen" : "not seen", 8);
	buf_printf(b, "%9" PRIu64 "  ", a->checks);
	if (look) {
		chart_bar(b, a->checks, most, BAR, look->ascii);
		buf_puts(b, "  ");
	}
	if (a->granted_source)
		buf_printf(b, "%6d  ", __builtin_popcountll(answer_unused(a)));
	else
		buf_puts(b, "     ?  ");
	at = text_width(b->data + start, b->len - start);
	put_short(&caps, a->caps);
	if (width && at + NEEDS_LEAST > width) {
		buf_putc(b, '\n');
		at = 4;
		wrap_blanks(b, at);
	}
	wrap_words(b, a->caps ? buf_str(&caps) : "none", at, at, width);
	buf_putc(b, '\n');
	buf_done(&caps);
}

static void put_table(struct buf *b, const struct ranking *r, size_t width, const struct chart_look *look)
{
	size_t name = widest_name(r, name_most(width, look));
	uint64_t most = 0;

	buf_putc(b, '\n');
	put_padded(b, "WORKLOAD", name);
	buf_printf(b, "RISK      START        CHECKS  %sUNUSED  NEEDS\n", look ? "          " : "");
	for (size_t i = 0; i < r->count; i++)
		most = r->at[i].checks > most ? r->at[i].checks : most;
	for (size_t i = 0; i < r->count; i++)
		put_line(b, &r->at[i], name, width, look, most);
}

void host_page(struct buf *b, const struct ranking *r, size_t width, const struct chart_look *look)
{
	put_sum(b, r, width);
	put_table(b, r, width, look);
	for (size_t i = 0; i < r->count; i++) {
		if (!r->at[i].caps)
			continue;
		buf_putc(b, '\n');
		answer_page(b, &r->at[i], width, look);
	}
}

void host_json(struct buf *b, const struct ranking *r)
{
	struct buf one = BUF_INIT;
	struct json j;

	json_init(&j, b);
	json_object(&j);
	json_member_cstr(&j, "type", "profiles");
	json_member_u64(&j, "version", PROFILE_VERSION);
	json_member_bool(&j, "incomplete", r->incomplete);
	json_member_u64(&j, "watched_ms", r->watched_ns / 1000000);
	json_member_u64(&j, "checks", r->checks);
	json_member_u64(&j, "lost", r->lost);
	json_member_u64(&j, "sites_taken", r->sites_taken);
	json_key(&j, "workloads");
	json_array(&j);
	for (size_t i = 0; i < r->count; i++) {
		buf_clear(&one);
		answer_json(&one, &r->at[i]);
		json_raw(&j, buf_str(&one), one.len ? one.len - 1 : 0);
		if (one.error)
			b->error = one.error;
	}
	json_array_end(&j);
	json_object_end(&j);
	buf_putc(b, '\n');
	buf_done(&one);
}
