/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/view/change.h"

#include <string.h>

#include "user/advice/answer.h"
#include "user/advice/compare.h"
#include "user/base/buf.h"
#include "user/base/json.h"
#include "user/caps/asked.h"
#include "user/caps/capability.h"
#include "user/view/answer.h"
#include "user/view/capwords.h"
#include "user/view/wrap.h"

#define CHANGE_TYPE    "profile_difference"
#define CHANGE_VERSION 1

/* ---- for people ---- */

static const char *const titles[CHANGE_KINDS] = {
	[CHANGE_NEEDED] = "Advised",
	[CHANGE_FAILED] = "Refused, and the call failed",
	[CHANGE_BOUNDING] = "In the bounding set only, for files that bring it",
	[CHANGE_PART] = "Seen as something else",
	[CHANGE_SITE] = "Places in the kernel",
};

static const char *title_of(const struct change_view *v, enum change_kind kind)
{
	return v->expecting && kind == CHANGE_NEEDED ? "Needed" : titles[kind];
}

static const char *part_word(enum solve_part part)
{
	return part == SOLVE_PARTS ? "not asked" : answer_part_word(part);
}

static void put_change(struct buf *b, const struct change *c, size_t width)
{
	char number[CAPABILITY_NAME_MAX];
	struct buf words = BUF_INIT;

	if (c->kind == CHANGE_PART) {
		buf_printf(&words, "  %s: %s, was %s", capability_name(c->cap, number), part_word(c->now), part_word(c->was));
		buf_printf(b, "%s\n", buf_str(&words));
		buf_done(&words);
		return;
	}
	buf_printf(b, "  %c %s", c->added ? '+' : '-', capability_name(c->cap, number));
	if (c->kind == CHANGE_SITE)
		buf_printf(b, " (%s)", site_class_word(c->row->class));
	buf_putc(b, '\n');
	if (c->row) {
		answer_row(&words, c->row);
		buf_puts(b, "      ");
		wrap_words(b, buf_str(&words), 6, 8, width);
		buf_putc(b, '\n');
	}
	buf_done(&words);
}

static void put_value(struct buf *b, const char *label, const char *was, const char *now, size_t width)
{
	struct buf words = BUF_INIT;

	if (strcmp(was, now) != 0) {
		buf_printf(&words, "%s, was %s", now, was);
		capwords_line(b, label, buf_str(&words), width);
	}
	buf_done(&words);
}

static void put_values(struct buf *b, const struct change_view *v, size_t width)
{
	const struct answer *was = v->was, *now = v->now;

	put_value(b, "user", was->user ?: "not advised", now->user ?: "not advised", width);
	put_value(b, "no_new_privs", was->no_new_privs ? "to be set" : "not to be set",
		  now->no_new_privs ? "to be set" : "not to be set", width);
	put_value(b, "status", profile_status_name(was->status), profile_status_name(now->status), width);
	put_value(b, "incomplete", was->incomplete ? "yes" : "no", now->incomplete ? "yes" : "no", width);
}

static void put_head(struct buf *b, const struct change_view *v, size_t width)
{
	struct buf words = BUF_INIT;
	bool found = comparison_found(v->is);

	if (v->fresh)
		buf_printf(&words, "%s is new, and expects from now on:", v->was_name);
	else if (v->expecting && found)
		buf_printf(&words, "not as %s expects:", v->was_name);
	else if (v->expecting)
		buf_printf(&words, "as %s expects: nothing that it does not have", v->was_name);
	else if (found)
		buf_printf(&words, "%s, compared to %s:", v->now_name, v->was_name);
	else
		buf_printf(&words, "%s says the same as %s", v->now_name, v->was_name);
	wrap_words(b, buf_str(&words), 0, 0, width);
	buf_putc(b, '\n');
	buf_done(&words);
}

void change_page(struct buf *b, const struct change_view *v, size_t width)
{
	const struct comparison *c = v->is;

	put_head(b, v, width);
	for (size_t i = 0; i < c->count; i++) {
		if (!i || c->changes[i].kind != c->changes[i - 1].kind)
			buf_printf(b, "\n%s:\n", title_of(v, c->changes[i].kind));
		put_change(b, &c->changes[i], width);
	}
	if (!c->advice_differs && !v->now->incomplete)
		return;
	buf_putc(b, '\n');
	if (!v->expecting)
		put_values(b, v, width);
	if (v->now->incomplete)
		capwords_line(b, "not seen", "checks were lost: more may differ", width);
}

/* ---- for programs ---- */

static void put_part(struct json *j, const char *key, enum solve_part part)
{
	json_member_cstr(j, key, part == SOLVE_PARTS ? NULL : answer_part_word(part));
}

static void put_change_json(struct json *j, const struct change_view *v, const struct change *c)
{
	char number[CAPABILITY_NAME_MAX];

	json_object(j);
	json_member_cstr(j, "change", change_word(c->kind));
	json_member_bool(j, "added", c->added);
	json_member_cstr(j, "capability", capability_name(c->cap, number));
	put_part(j, "was", c->was);
	put_part(j, "now", c->now);
	json_key(j, "site");
	if (c->row)
		answer_row_json(j, c->added ? v->now->asked : v->was->asked, c->row);
	else
		json_null(j);
	json_object_end(j);
}

static void put_advice(struct json *j, const struct answer *a)
{
	json_object(j);
	json_key(j, "capabilities");
	capwords_json(j, a->caps);
	json_key(j, "bounding");
	capwords_json(j, a->bounding);
	json_member_cstr(j, "user", a->user);
	json_member_bool(j, "no_new_privs", a->no_new_privs);
	json_member_cstr(j, "status", profile_status_name(a->status));
	json_member_bool(j, "incomplete", a->incomplete);
	json_object_end(j);
}

void change_json(struct buf *b, const struct change_view *v)
{
	struct json j;

	json_init(&j, b);
	json_object(&j);
	json_key(&j, "type");
	json_literal(&j, CHANGE_TYPE);
	json_key(&j, "version");
	json_u64(&j, CHANGE_VERSION);
	json_member_bool(&j, "differs", comparison_found(v->is));
	json_member_bool(&j, "strict", v->strict);
	json_member_cstr(&j, "was", v->was_name);
	json_member_cstr(&j, "now", v->now_name);
	json_key(&j, "command_status");
	if (v->status < 0)
		json_null(&j);
	else
		json_u64(&j, (uint64_t)v->status);
	json_key(&j, "was_advice");
	put_advice(&j, v->was);
	json_key(&j, "now_advice");
	put_advice(&j, v->now);
	json_key(&j, "changes");
	json_array(&j);
	for (size_t i = 0; i < v->is->count; i++)
		put_change_json(&j, v, &v->is->changes[i]);
	json_array_end(&j);
	json_object_end(&j);
	buf_putc(b, '\n');
}
