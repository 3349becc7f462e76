/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/help.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/view/wrap.h"

#define WIDTH  80
#define INDENT 28

static void put_option(struct buf *b, const struct argp_option *row)
{
	size_t start = b->len, at;

	buf_puts(b, "  ");
	if (isascii(row->key) && isprint(row->key))
		buf_printf(b, "-%c%s", row->key, row->name ? ", " : "");
	else
		buf_puts(b, "    ");
	if (row->name)
		buf_printf(b, "--%s", row->name);
	if (row->arg)
		buf_printf(b, " %s", row->arg);
	at = b->len - start;
	if (at + 1 >= INDENT) {
		buf_putc(b, '\n');
		at = 0;
	}
	wrap_blanks(b, INDENT - at);
	wrap_words(b, row->doc, INDENT, INDENT, WIDTH);
	buf_putc(b, '\n');
}

static void put_group(struct buf *b, const struct argp_child *group)
{
	if (group->header) {
		buf_putc(b, '\n');
		wrap_words(b, group->header, 0, 0, WIDTH);
		buf_putc(b, '\n');
	}
	for (const struct argp_option *row = group->argp->options; row->name || row->key; row++)
		put_option(b, row);
}

void help_print(const struct argp *argp, const char *command, const char *more)
{
	const char *examples = strchr(argp->doc, '\v');
	struct buf b = BUF_INIT, does = BUF_INIT;

	buf_printf(&b, "Usage: capsieve %s [OPTION...]%s%s\n\n", command, argp->args_doc ? " " : "",
		   argp->args_doc ? argp->args_doc : "");
	buf_put(&does, argp->doc, (size_t)(examples - argp->doc));
	wrap_words(&b, buf_str(&does), 0, 0, WIDTH);
	buf_putc(&b, '\n');
	for (const struct argp_child *group = argp->children; group->argp; group++)
		put_group(&b, group);
	if (more)
		buf_printf(&b, "\n%s", more);
	buf_printf(&b, "\n%s", examples + 1);
	fputs(buf_str(&b), stdout);
	buf_done(&does);
	buf_done(&b);
}
