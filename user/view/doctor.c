/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/view/doctor.h"

#include <string.h>

#include "user/base/buf.h"
#include "user/base/json.h"
#include "user/base/text.h"
#include "user/view/wrap.h"

#define WIDTH_MIN 40	/* narrower terminals break the lines themselves */
#define ITEM_MIN    22
#define STATE_WIDTH 9	/* "unknown" and a gap */

static const char *const states[] = {
	[DOCTOR_FACT] = "", [DOCTOR_YES] = "yes", [DOCTOR_NO] = "no", [DOCTOR_UNKNOWN] = "unknown",
};
_Static_assert(sizeof(states) / sizeof(states[0]) == DOCTOR_STATE_COUNT, "a word for each state");

static bool said(const char *s)
{
	return s && *s;
}

static void padded(struct buf *b, const char *s, size_t width)
{
	struct buf safe = BUF_INIT;
	size_t used;

	text_escape(&safe, s, strlen(s));
	used = text_width(buf_str(&safe), safe.len);
	buf_put(b, safe.data, safe.len);
	wrap_blanks(b, used < width ? width - used : 0);
	buf_done(&safe);
}

static void extra_line(struct buf *b, const char *lead, const char *words, size_t indent, size_t width)
{
	size_t at = indent + strlen(lead);

	if (!said(words))
		return;
	wrap_blanks(b, indent);
	buf_puts(b, lead);
	wrap_words(b, words, at, at, width);
	buf_putc(b, '\n');
}

static void row_text(struct buf *b, const struct doctor_row *row, bool details, size_t item_width,
		     size_t width)
{
	size_t indent = 2 + item_width + 2 + STATE_WIDTH, at = indent;

	buf_puts(b, "  ");
	padded(b, row->item, item_width + 2);
	if (said(row->value) || said(row->reason))
		padded(b, states[row->state], STATE_WIDTH);
	else
		buf_puts(b, states[row->state]);
	if (said(row->value))
		at = wrap_words(b, row->value, at, indent, width);
	if (said(row->value) && said(row->reason))
		buf_putc(b, ':');
	if (said(row->reason))
		wrap_words(b, row->reason, at, indent, width);
	buf_putc(b, '\n');
	if (row->state == DOCTOR_YES || details)
		extra_line(b, "cannot see: ", row->cannot_see, indent, width);
	extra_line(b, "-> ", row->advice, indent, width);
}

/* Of what is shown of the section that the first of the rows stands in. */
static size_t widest_item(const struct doctor_row *rows, size_t count, bool details)
{
	size_t widest = ITEM_MIN;

	for (size_t i = 0; i < count && !strcmp(rows[i].section, rows[0].section); i++)
		if ((details || !rows[i].detail) && strlen(rows[i].item) > widest)
			widest = strlen(rows[i].item);
	return widest;
}

void doctor_text(struct buf *b, const struct doctor_row *rows, size_t count, bool details, size_t width)
{
	const char *section = NULL;
	size_t item_width = 0;

	if (width < WIDTH_MIN)
		width = 0;
	for (size_t i = 0; i < count; i++) {
		if (rows[i].detail && !details)
			continue;
		if (!section || strcmp(section, rows[i].section)) {
			buf_printf(b, "%s%s\n", section ? "\n" : "", rows[i].section);
			item_width = widest_item(rows + i, count - i, details);
		}
		section = rows[i].section;
		row_text(b, &rows[i], details, item_width, width);
	}
}

static void member(struct json *j, const char *key, const char *value)
{
	if (!said(value))
		return;
	json_key_str(j, key, strlen(key));
	json_cstr(j, value);
}

void doctor_json(struct buf *b, const struct doctor_row *rows, size_t count)
{
	struct json j;

	json_init(&j, b);
	json_object(&j);
	json_key(&j, "v");
	json_u64(&j, 1);
	json_key(&j, "type");
	json_cstr(&j, "doctor");
	json_key(&j, "items");
	json_array(&j);
	for (size_t i = 0; i < count; i++) {
		json_object(&j);
		member(&j, "section", rows[i].section);
		member(&j, "item", rows[i].item);
		member(&j, "state", states[rows[i].state]);
		member(&j, "value", rows[i].value);
		member(&j, "reason", rows[i].reason);
		member(&j, "cannot_see", rows[i].cannot_see);
		member(&j, "advice", rows[i].advice);
		json_object_end(&j);
	}
	json_array_end(&j);
	json_object_end(&j);
	buf_putc(b, '\n');
}
