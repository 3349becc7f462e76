/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/flow/notes.h"

#include <stdarg.h>
#include <stdio.h>

#include "user/base/buf.h"

enum { SHORTER = 256 };

void notes_say(const struct flow_notes *notes, enum flow_level level, const char *format, ...)
{
	struct buf text = BUF_INIT;
	char shorter[SHORTER];
	va_list args, again;

	va_start(args, format);
	va_copy(again, args);
	buf_vprintf(&text, format, args);
	/* Without memory still a sentence. */
	if (text.error)
		vsnprintf(shorter, sizeof(shorter), format, again);
	va_end(again);
	va_end(args);
	notes->say(notes->ctx, level, text.error ? shorter : buf_str(&text));
	buf_done(&text);
}
