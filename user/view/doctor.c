/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/view/doctor.h"

#include <string.h>

#include "user/base/buf.h"
#include "user/base/json.h"
#include "user/base/text.h"
#include "user/view/wrap.h"

#define WIDTH_MIN 40	/* narrower terminals break the lines themselves */
#define STATE_WIDTH 9	/* "unknown" and a gap */
#define ADVICE	    "-> "

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

static void row_text(struct buf *b, const struct doctor_row *row, size_t item_width, size_t width)
{
	size_t indent = 2 + item_width + 2 + STATE_WIDTH, at = indent;

	buf_puts(b, "  ");
	padded(b, row->item, item_width + 2);
	padded(b, states[row->state], STATE_WIDTH);
	if (said(row->value))
		at = wrap_words(b, row->value, at, indent, width);
	if (said(row->value) && said(row->reason))
		buf_putc(b, ':');
	if (said(row->reason))
		wrap_words(b, row->reason, at, indent, width);
	buf_putc(b, '\n');
	if (!said(row->advice))
		return;
	wrap_blanks(b, indent);
	buf_puts(b, ADVICE);
	indent += sizeof(ADVICE) - 1;
	wrap_words(b, row->advice, indent, indent, width);
	buf_putc(b, '\n');
}

static size_t widest_item(const struct doctor_row *rows, size_t count)
{
	size_t widest = 0;

	for (size_t i = 0; i < count; i++)
		if (strlen(rows[i].item) > widest)
			widest = strlen(rows[i].item);
	return widest;
}

void doctor_text(struct buf *b, const struct doctor_row *rows, size_t count, bool details, size_t width)
{
	size_t item_width = widest_item(rows, count);
	const char *section = NULL;

	if (width < WIDTH_MIN)
		width = 0;
	for (size_t i = 0; i < count; i++) {
		if (rows[i].detail && !details)
			continue;
		if (!section || strcmp(section, rows[i].section))
			buf_printf(b, "%s%s\n", section ? "\n" : "", rows[i].section);
		section = rows[i].section;
		row_text(b, &rows[i], item_width, width);
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
		member(&j, "advice", rows[i].advice);
		json_object_end(&j);
	}
	json_array_end(&j);
	json_object_end(&j);
	buf_putc(b, '\n');
}
