/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/flow/notes.h"

#include <stdarg.h>

#include "user/base/buf.h"

void notes_say(const struct flow_notes *notes, enum flow_level level, const char *format, ...)
{
	struct buf text = BUF_INIT;
	va_list args;

	va_start(args, format);
	buf_vprintf(&text, format, args);
	va_end(args);
	notes->say(notes->ctx, level, buf_str(&text));
	buf_done(&text);
}
