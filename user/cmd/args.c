/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/args.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/text.h"
#include "user/base/word.h"

#define FEW	 12	/* good words that fit into one sentence */
#define QUOTED_MAX 200	/* bytes of a bad word that a sentence shows */

struct rows {
	const struct argp_option *at[ARGS_ROWS_MAX];
	size_t count;
};

static bool row_is_end(const struct argp_option *o)
{
	return !o->name && !o->key && !o->doc && !o->group;
}

static void rows_collect(struct rows *rows, const struct argp *argp)
{
	for (const struct argp_option *o = argp->options; o && !row_is_end(o); o++) {
		if (!o->name && !o->key)
			continue;
		assert(rows->count < ARGS_ROWS_MAX);
		rows->at[rows->count++] = o;
	}
	for (const struct argp_child *c = argp->children; c && c->argp; c++)
		rows_collect(rows, c->argp);
}

size_t args_rows(const struct argp *argp, const struct argp_option *ret[static ARGS_ROWS_MAX])
{
	struct rows rows = { .count = 0 };

	rows_collect(&rows, argp);
	memcpy(ret, rows.at, rows.count * sizeof(rows.at[0]));
	return rows.count;
}

static const struct argp_option *row_of_letter(const struct rows *rows, char letter)
{
	for (size_t i = 0; i < rows->count; i++)
		if (rows->at[i]->key == letter)
			return rows->at[i];
	return NULL;
}

/*
 * As getopt: the whole name, else the only one that begins so. ret_first: how many begin so, and the first.
 */
static const struct argp_option *row_of_name(const struct rows *rows, const char *name, size_t len,
					     size_t *ret_matches)
{
	const struct argp_option *found = NULL;

	*ret_matches = 0;
	for (size_t i = 0; i < rows->count; i++) {
		const struct argp_option *o = rows->at[i];

		if (!o->name || strncmp(o->name, name, len))
			continue;
		if (!o->name[len]) {
			*ret_matches = 1;
			return o;
		}
		found = o;
		++*ret_matches;
	}
	return *ret_matches == 1 ? found : NULL;
}

void args_quote(struct buf *error, const char *word)
{
	text_quote(error, word, strlen(word), QUOTED_MAX);
}

void args_unknown(struct buf *error, const char *what, const char *word, const char *const *list,
		  size_t count)
{
	size_t nearest;

	buf_printf(error, "unknown %s ", what);
	args_quote(error, word);
	if (word_nearest(word, strlen(word), list, count, &nearest)) {
		buf_printf(error, "; did you mean '%s'?", list[nearest]);
		return;
	}
	if (count > FEW)
		return;
	for (size_t i = 0; i < count; i++)
		buf_printf(error, "%s%s", i ? ", " : "; there are ", list[i]);
}

static const char *hint_of(const struct args_hint *hints, const char *name, size_t len)
{
	for (; hints && hints->tried; hints++)
		if (strlen(hints->tried) == len && !strncmp(hints->tried, name, len))
			return hints->ours;
	return NULL;
}

static bool nearest_name(const struct rows *rows, const char *name, size_t len, const char **ret_name)
{
	const char *names[ARGS_ROWS_MAX];
	size_t at;

	for (size_t i = 0; i < rows->count; i++)
		names[i] = rows->at[i]->name;
	if (!word_nearest(name, len, names, rows->count, &at))
		return false;
	*ret_name = names[at];
	return true;
}

static int unknown_name(const struct rows *rows, const struct args_hint *hints, const char *word,
			size_t dashes, size_t len, struct buf *error)
{
	const char *name = word + dashes, *hint = hint_of(hints, name, len), *nearest;

	buf_puts(error, "unknown option ");
	text_quote(error, word, dashes + len, QUOTED_MAX);
	if (hint)
		buf_printf(error, "; there is %s", hint);
	else if (nearest_name(rows, name, len, &nearest))
		buf_printf(error, "; did you mean '--%s'?", nearest);
	else
		buf_puts(error, "; --help lists them");
	return -EINVAL;
}

static int ambiguous(const struct rows *rows, const char *word, const char *name, size_t len,
		     struct buf *error)
{
	const char *between = " may be ";

	args_quote(error, word);
	for (size_t i = 0; i < rows->count; i++) {
		if (!rows->at[i]->name || strncmp(rows->at[i]->name, name, len))
			continue;
		buf_printf(error, "%s--%s", between, rows->at[i]->name);
		between = " or ";
	}
	return -EINVAL;
}

static int lacks_value(const struct argp_option *o, const char *typed, size_t len, struct buf *error)
{
	text_quote(error, typed, len, QUOTED_MAX);
	buf_printf(error, " needs a value: %.*s %s", (int)len, typed, o->arg);
	return -EINVAL;
}

/* A value that is "--" is the one before a command: the option's own was forgotten. */
static bool is_value(const char *next)
{
	return next && strcmp(next, "--");
}

bool args_follows(const char *next)
{
	return next && *next != '-';
}

/* One "--name" or "--name=value"; *i moves over a value of its own. */
static int check_long(const struct rows *rows, const struct args_hint *hints, char *const *argv, int *i,
		      bool *ret_help, struct buf *error)
{
	const char *word = argv[*i], *name = word + 2;
	size_t len = strcspn(name, "="), matches;
	const struct argp_option *o = row_of_name(rows, name, len, &matches);

	if (matches > 1)
		return ambiguous(rows, word, name, len, error);
	if (!o)
		return unknown_name(rows, hints, word, 2, len, error);
	*ret_help = o->key == ARGS_HELP;
	if (!o->arg && name[len] == '=') {
		buf_printf(error, "--%s takes no value, and ", o->name);
		args_quote(error, name + len + 1);
		buf_puts(error, " was given");
		return -EINVAL;
	}
	if (!o->arg || name[len] == '=')
		return 0;
	if (o->flags & OPTION_ARG_OPTIONAL) {
		*i += args_follows(argv[*i + 1]);
		return 0;
	}
	if (!is_value(argv[*i + 1]))
		return lacks_value(o, word, strlen(word), error);
	++*i;
	return 0;
}

static int unknown_letter(const struct rows *rows, const struct args_hint *hints, const char *word,
			  char letter, struct buf *error)
{
	char other = islower((unsigned char)letter) ? (char)toupper((unsigned char)letter) :
						      (char)tolower((unsigned char)letter);
	size_t len = strcspn(word + 1, "="), matches;
	const struct argp_option *o;

	if (len > 1 && (row_of_name(rows, word + 1, len, &matches) || hint_of(hints, word + 1, len))) {
		unknown_name(rows, hints, word, 1, len, error);
		return -EINVAL;
	}
	buf_puts(error, "unknown option ");
	buf_puts(error, "'-");
	text_escape(error, &letter, 1);
	buf_putc(error, '\'');
	if (word[1] != letter || word[2]) {
		buf_puts(error, " in ");
		args_quote(error, word);
	}
	o = row_of_letter(rows, other);
	if (o)
		buf_printf(error, "; did you mean '-%c'?", other);
	else
		buf_puts(error, "; --help lists them");
	return -EINVAL;
}

/* Letters behind one dash; a value is the rest of the word or the next word. */
static int check_letters(const struct rows *rows, const struct args_hint *hints, char *const *argv, int *i,
			 bool *ret_help, struct buf *error)
{
	const char *word = argv[*i];

	for (const char *p = word + 1; *p; p++) {
		const struct argp_option *o = row_of_letter(rows, *p);
		char typed[] = { '-', *p };

		if (!o)
			return unknown_letter(rows, hints, word, *p, error);
		*ret_help = *ret_help || o->key == ARGS_HELP;
		if (!o->arg)
			continue;
		if (p[1])
			return 0;
		if (!is_value(argv[*i + 1]))
			return lacks_value(o, typed, sizeof(typed), error);
		++*i;
	}
	return 0;
}

/* Does it take words that are no options, and no command behind `--`? */
static bool takes_words(const struct argp *argp)
{
	return argp->args_doc && !strstr(argp->args_doc, "--");
}

static int check_command(const struct argp *argp, char *const *argv, int i, struct args *ret,
			 struct buf *error)
{
	if (!argp->args_doc) {
		buf_puts(error, "takes no command: leave out '--' and what follows");
		return -EINVAL;
	}
	if (!argv[i + 1]) {
		buf_puts(error, "'--' stands before a command, and none follows");
		return -EINVAL;
	}
	ret->command = argv + i + 1;
	return 0;
}

static int check_word(const struct argp *argp, const char *word, struct buf *error)
{
	buf_puts(error, "unexpected word ");
	args_quote(error, word);
	if (argp->args_doc)
		buf_puts(error, "; a command to start stands behind --");
	return -EINVAL;
}

int args_check(const struct argp *argp, const struct args_hint *hints, int argc, char *const *argv,
	       struct args *ret, struct buf *error)
{
	struct args found = { .argc = argc };
	struct rows rows = { .count = 0 };
	int err = 0;

	rows_collect(&rows, argp);
	for (int i = 1; i < argc && !err && !found.help; i++) {
		if (!strcmp(argv[i], "--")) {
			if (takes_words(argp))
				break;
			found.argc = i;
			err = check_command(argp, argv, i, &found, error);
			break;
		}
		if (argv[i][0] != '-' || !argv[i][1])
			err = takes_words(argp) ? 0 : check_word(argp, argv[i], error);
		else if (argv[i][1] == '-')
			err = check_long(&rows, hints, argv, &i, &found.help, error);
		else
			err = check_letters(&rows, hints, argv, &i, &found.help, error);
	}
	if (!err)
		*ret = found;
	return err;
}

int args_parse(const struct argp *argp, const struct args_hint *hints, int argc, char **argv, void *options, bool *ret_help,
	       struct buf *error)
{
	struct args args;
	int err = args_check(argp, hints, argc, argv, &args, error);

	if (err)
		return err;
	*ret_help = args.help;
	if (args.help)
		return 0;
	err = -argp_parse(argp, args.argc, argv, ARGP_SILENT | ARGP_IN_ORDER, NULL, options);
	if (err && !error->len)
		buf_puts(error, strerror(-err));
	return err;
}

error_t args_groups(int key, char *arg, struct argp_state *state)
{
	(void)arg;
	if (key != ARGP_KEY_INIT)
		return ARGP_ERR_UNKNOWN;
	for (size_t i = 0; state->root_argp->children[i].argp; i++)
		state->child_inputs[i] = state->input;
	return 0;
}
