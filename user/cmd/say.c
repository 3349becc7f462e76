/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/say.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/text.h"
#include "user/cmd/commands.h"

enum { SHORT_MAX = 512 };

static bool said;

bool say_said(void)
{
	return said;
}

/* One call, and so one write: lines of several writers to one terminal do not mix. */
static void put_line(const struct say *s, const struct buf *text)
{
	struct buf safe = BUF_INIT;

	if (text->len)
		text_safe(&safe, text->data, text->len);
	fprintf(stderr, "capsieve%s%s: %s\n", s->command ? " " : "", s->command ? s->command : "", buf_str(&safe));
	buf_done(&safe);
	said = true;
}

/* Without memory: its beginning, and of what is not plain nothing. */
static void put_short(const struct say *s, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
static void put_short(const struct say *s, const char *format, va_list args)
{
	char text[SHORT_MAX];

	vsnprintf(text, sizeof(text), format, args);
	for (char *p = text; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	fprintf(stderr, "capsieve%s%s: %s\n", s->command ? " " : "", s->command ? s->command : "", text);
	said = true;
}

void say(const struct say *s, const char *format, ...)
{
	struct buf text = BUF_INIT;
	va_list args;

	va_start(args, format);
	buf_vprintf(&text, format, args);
	va_end(args);
	va_start(args, format);
	if (text.error)
		put_short(s, format, args);
	else
		put_line(s, &text);
	va_end(args);
	buf_done(&text);
}

void say_error(const struct say *s, const char *what, int error)
{
	say(s, "%s: %s", what, strerror(-error));
}

int say_flush(const struct say *s)
{
	int err = errno;

	/* What is larger than the buffer was written, or refused, at once: then there is nothing left to flush. */
	if (!ferror(stdout))
		err = fflush(stdout) ? errno : 0;
	if (!err || err == EPIPE)
		return EXIT_FINE;
	say_error(s, "standard output", -err);
	return EXIT_FAILED;
}

int say_text(const struct say *s, struct buf *b)
{
	int err = b->error;

	if (err)
		say_error(s, "memory", err);
	else
		fwrite(buf_str(b), 1, b->len, stdout);
	buf_done(b);
	return err ? EXIT_FAILED : say_flush(s);
}
