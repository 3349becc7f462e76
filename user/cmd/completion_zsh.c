/* SPDX-License-Identifier: BSD-2-Clause */
#include <argp.h>
#include <string.h>

#include "completion_text.h"
#include "user/base/buf.h"
#include "user/cmd/args.h"
#include "user/cmd/commands.h"
#include "user/cmd/completion.h"

/* What zsh does for the kinds without words. */
static const char *const actions[VALUE_KINDS] = {
	[VALUE_FREE] = " ",
	[VALUE_FILE] = "_files",
	[VALUE_DIR] = "_files -/",
	[VALUE_PID] = "_capsieve_pids",
	[VALUE_USER] = "_users",
	[VALUE_GROUP] = "_groups",
	[VALUE_UNIT] = "_capsieve_units",
	[VALUE_PROGRAM] = "_command_names -e",
};

/* Text in a specification, which stands between '...': its own signs and the quote are told apart from those of the text. */
static void put_text(struct buf *b, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'') {
			buf_puts(b, "'\\''");
			continue;
		}
		if (strchr("[]:\\", *text))
			buf_putc(b, '\\');
		buf_putc(b, *text);
	}
}

/* ":PID:_capsieve_pids" */
static void put_value(struct buf *b, const struct argp_option *row, enum value_kind kind, struct buf *words)
{
	buf_puts(b, row->flags & OPTION_ARG_OPTIONAL ? "::" : ":");
	put_text(b, row->arg);
	buf_putc(b, ':');
	if (kind == VALUE_WORD)
		buf_printf(b, "(%s)", buf_str(words));
	else if (kind == VALUE_LIST)
		buf_printf(b, "_sequence compadd - %s", buf_str(words));
	else
		buf_puts(b, actions[kind]);
}

/* An option under one of its names: '*--cap=[For these ...]:LIST:...' */
static void put_option(struct buf *b, const char *command, const struct argp_option *row, bool letter)
{
	struct buf words = BUF_INIT;
	enum value_kind kind;
	bool value = completion_value(command, row, &kind, &words);

	if (letter)
		buf_printf(b, "\t\t'*-%c%s[", row->key, value ? "+" : "");
	else
		buf_printf(b, "\t\t'*--%s%s[", row->name, value ? "=" : "");
	put_text(b, row->doc);
	buf_putc(b, ']');
	if (value)
		put_value(b, row, kind, &words);
	buf_puts(b, "' \\\n");
	buf_done(&words);
}

static void put_words(struct buf *b, const struct completed *c)
{
	if (!c->word)
		return;
	buf_puts(b, "\t\t'1:word:(");
	for (size_t i = 0; c->word(i).name; i++)
		buf_printf(b, "%s%s", i ? " " : "", c->word(i).name);
	buf_puts(b, ")' \\\n");
}

/* "_capsieve-profile-show" */
static void put_function(struct buf *b, const struct completed *c)
{
	const struct argp_option *rows[ARGS_ROWS_MAX];
	size_t count = args_rows(c->argp, rows);

	buf_puts(b, "_capsieve-");
	for (const char *p = c->name; *p; p++)
		buf_putc(b, *p == ' ' ? '-' : *p);
	buf_puts(b, "()\n{\n\t_arguments -s -S \\\n");
	for (size_t i = 0; i < count; i++) {
		if (completion_letter(rows[i]))
			put_option(b, c->name, rows[i], true);
		if (rows[i]->name)
			put_option(b, c->name, rows[i], false);
	}
	put_words(b, c);
	if (c->program)
		buf_puts(b, "\t\t'*:::command:_normal'\n}\n\n");
	else
		buf_printf(b, "\t\t%s\n}\n\n", c->files ? "'*:file:_files'" : "");
}

void completion_zsh(struct buf *b)
{
	buf_puts(b, "#compdef capsieve\n# What zsh completes of capsieve " VERSION ". Made by 'capsieve completion zsh'.\n"
		    "_capsieve_commands=(\n");
	for (size_t i = 0; i < command_count; i++) {
		buf_printf(b, "\t'%s:", commands[i].name);
		put_text(b, commands[i].does);
		buf_puts(b, "'\n");
	}
	buf_puts(b, ")\n\n");
	completion_each(b, put_function);
	buf_puts(b, COMPLETION_ZSH);
}
