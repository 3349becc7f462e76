/* SPDX-License-Identifier: BSD-2-Clause */
#include <argp.h>
#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "user/advice/recipe.h"
#include "user/base/buf.h"
#include "user/caps/capability.h"
#include "user/caps/notation.h"
#include "user/caps/securebits.h"
#include "user/cmd/completion.h"
#include "user/rule/config.h"
#include "user/rule/rules.h"
#include "user/sink/column.h"
#include "user/view/ps.h"
#include "user/view/top_rows.h"

static void put_word(struct buf *b, const char *word)
{
	buf_puts(b, word);
	buf_putc(b, ' ');
}

static void put_capabilities(struct buf *b)
{
	for (unsigned nr = 0; nr < CAPABILITY_COUNT; nr++) {
		capability_put_short(b, nr);
		buf_putc(b, ' ');
	}
}

static void put_granted(struct buf *b)
{
	put_capabilities(b);
	put_word(b, "all");
}

static void put_held(struct buf *b)
{
	put_granted(b);
	put_word(b, "none");
}

static void put_classes(struct buf *b)
{
	for (size_t i = 0; i < SITE_CLASS_COUNT; i++)
		put_word(b, rule_class_words[i]);
}

static void put_columns(struct buf *b)
{
	for (size_t i = 0; i < column_count; i++)
		put_word(b, columns[i].key);
}

static void put_ps_columns(struct buf *b)
{
	const char *key;

	for (size_t i = 0; (key = ps_column_key(i)); i++)
		put_word(b, key);
}

static void put_recipes(struct buf *b)
{
	for (size_t i = 0; i < recipe_count; i++)
		put_word(b, recipes[i].name);
	put_word(b, "help");
}

static void put_notations(struct buf *b)
{
	for (size_t i = 0; i < NOTATION_COUNT; i++)
		put_word(b, notation_name((enum notation)i));
	buf_puts(b, "mode securebits ");
}

static void put_probes(struct buf *b)
{
	for (size_t i = 0; i < config_probe_count; i++)
		put_word(b, config_probes[i]);
}

static void put_bys(struct buf *b)
{
	for (enum top_by by = 0; by < TOP_BYS; by++)
		put_word(b, top_by_word(by));
}

static void put_modes(struct buf *b)
{
	for (enum mode mode = MODE_UNCERTAIN + 1; mode < MODE_COUNT; mode++)
		put_word(b, mode_name(mode));
}

static void put_securebits(struct buf *b)
{
	size_t start = b->len;

	securebits_print(b, SECUREBITS_ALL);
	for (size_t i = start; i < b->len; i++)
		if (b->data[i] == ',')
			b->data[i] = ' ';
	buf_putc(b, ' ');
}

/* The first row that fits: a command, the name of an option and the word that stands for its value; NULL: any. */
static const struct value {
	const char *command, *option, *arg;
	enum value_kind kind;
	void (*put)(struct buf *b);
	const char *words;	/* where there is no .put */
} values[] = {
	{ NULL, "cap", NULL, VALUE_LIST, put_capabilities, NULL },
	{ NULL, "allow", NULL, VALUE_LIST, put_capabilities, NULL },
	{ NULL, "caps", "LIST|all|none", VALUE_LIST, put_held, NULL },
	{ NULL, "grant", NULL, VALUE_LIST, put_granted, NULL },
	{ NULL, "class", "LIST", VALUE_LIST, put_classes, NULL },
	{ NULL, "class", "CLASS", VALUE_WORD, put_classes, NULL },
	{ "ps", "columns", NULL, VALUE_LIST, put_ps_columns, NULL },
	{ NULL, "columns", NULL, VALUE_LIST, put_columns, NULL },
	{ "explain", "format", NULL, VALUE_WORD, put_notations, NULL },
	{ NULL, "format", NULL, VALUE_WORD, put_recipes, NULL },
	{ NULL, "attach", NULL, VALUE_WORD, put_probes, NULL },
	{ NULL, "by", NULL, VALUE_WORD, put_bys, NULL },
	{ NULL, "mode", NULL, VALUE_WORD, put_modes, NULL },
	{ NULL, "securebits", NULL, VALUE_LIST, put_securebits, NULL },
	{ NULL, "color", NULL, VALUE_WORD, NULL, "auto always never " },
	{ NULL, "outcomes", NULL, VALUE_WORD, NULL, "auto all none " },
	{ NULL, "fail-on", NULL, VALUE_WORD, NULL, "alert " },
	{ NULL, "schema", NULL, VALUE_WORD, NULL, "rules config " },
	{ NULL, "userns", NULL, VALUE_WORD, NULL, "host own " },
	{ NULL, "groups", NULL, VALUE_GROUP, NULL, NULL },
	{ NULL, "unit", NULL, VALUE_UNIT, NULL, NULL },
	{ NULL, "exe", NULL, VALUE_FILE, NULL, NULL },
	{ NULL, "engine-socket", NULL, VALUE_FILE, NULL, NULL },
	{ NULL, NULL, "FILE", VALUE_FILE, NULL, NULL },
	{ NULL, NULL, "FILE|DIR", VALUE_FILE, NULL, NULL },
	{ NULL, NULL, "DIR", VALUE_DIR, NULL, NULL },
	{ NULL, NULL, "PID", VALUE_PID, NULL, NULL },
	{ NULL, NULL, "[PID]", VALUE_PID, NULL, NULL },
	{ NULL, NULL, "USER", VALUE_USER, NULL, NULL },
	{ NULL, NULL, "USER[:GROUP]", VALUE_USER, NULL, NULL },
	{ NULL, NULL, "GROUP", VALUE_GROUP, NULL, NULL },
	{ NULL, NULL, "CMD", VALUE_PROGRAM, NULL, NULL },
	{ NULL, NULL, NULL, VALUE_FREE, NULL, NULL },
};

static bool fits(const char *wanted, const char *is)
{
	return !wanted || (is && !strcmp(wanted, is));
}

bool completion_value(const char *command, const struct argp_option *row, enum value_kind *ret, struct buf *ret_words)
{
	const struct value *v = values;

	if (!row->arg)
		return false;
	while (!fits(v->command, command) || !fits(v->option, row->name) || !fits(v->arg, row->arg))
		v++;
	if (v->put)
		v->put(ret_words);
	else if (v->words)
		buf_puts(ret_words, v->words);
	*ret = v->kind;
	return true;
}

bool completion_letter(const struct argp_option *row)
{
	return isascii(row->key) && isprint(row->key);
}
