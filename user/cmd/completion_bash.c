/* SPDX-License-Identifier: BSD-2-Clause */
#include <argp.h>

#include "completion_text.h"
#include "user/base/buf.h"
#include "user/cmd/args.h"
#include "user/cmd/commands.h"
#include "user/cmd/completion.h"

static const char *const kinds[VALUE_KINDS] = {
	[VALUE_FREE] = "free", [VALUE_FILE] = "file",	    [VALUE_DIR] = "dir",   [VALUE_PID] = "pid",	  [VALUE_USER] = "user",
	[VALUE_GROUP] = "group", [VALUE_UNIT] = "unit", [VALUE_PROGRAM] = "program", [VALUE_WORD] = "word", [VALUE_LIST] = "list",
};

static void put_options(struct buf *b, const struct argp *argp)
{
	const struct argp_option *rows[ARGS_ROWS_MAX];
	size_t count = args_rows(argp, rows);

	for (size_t i = 0; i < count; i++) {
		if (completion_letter(rows[i]))
			buf_printf(b, "-%c ", rows[i]->key);
		if (rows[i]->name)
			buf_printf(b, "--%s ", rows[i]->name);
	}
}

static void put_words(struct buf *b, const struct completed *c)
{
	for (size_t i = 0; c->word && c->word(i).name; i++)
		buf_printf(b, "%s ", c->word(i).name);
}

/* A line of _capsieve_takes(). */
static void put_takes(struct buf *b, const struct completed *c)
{
	buf_printf(b, "\t'%s') options='", c->name);
	put_options(b, c->argp);
	buf_puts(b, "' words='");
	put_words(b, c);
	buf_printf(b, "' files=%s program=%s ;;\n", c->files ? "1" : "''", c->program ? "1" : "''");
}

/* A line of _capsieve_value(). */
static void put_value(struct buf *b, const char *command, const struct argp_option *row)
{
	struct buf words = BUF_INIT;
	enum value_kind kind;

	if (!completion_value(command, row, &kind, &words))
		return;
	buf_putc(b, '\t');
	if (completion_letter(row))
		buf_printf(b, "'%s -%c'%s", command, row->key, row->name ? "|" : "");
	if (row->name)
		buf_printf(b, "'%s --%s'", command, row->name);
	buf_printf(b, ") kind=%s list='%s' ;;\n", kinds[kind], buf_str(&words));
	buf_done(&words);
}

static void put_values(struct buf *b, const struct completed *c)
{
	const struct argp_option *rows[ARGS_ROWS_MAX];
	size_t count = args_rows(c->argp, rows);

	for (size_t i = 0; i < count; i++)
		put_value(b, c->name, rows[i]);
}

void completion_bash(struct buf *b)
{
	buf_puts(b, "# What bash completes of capsieve " VERSION ". Made by 'capsieve completion bash'.\n_capsieve_commands='");
	for (size_t i = 0; i < command_count; i++)
		buf_printf(b, "%s%s", i ? " " : "", commands[i].name);
	buf_puts(b, "'\n\n_capsieve_takes()\n{\n\tcase $1 in\n");
	completion_each(b, put_takes);
	buf_puts(b, "\t*) return 1 ;;\n\tesac\n}\n\n_capsieve_value()\n{\n\tcase \"$1 $2\" in\n");
	completion_each(b, put_values);
	buf_puts(b, "\t*) return 1 ;;\n\tesac\n}\n\n" COMPLETION_BASH);
}
