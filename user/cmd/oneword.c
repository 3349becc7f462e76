/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/oneword.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/cmd/args.h"
#include "user/cmd/commands.h"
#include "user/cmd/help.h"
#include "user/cmd/say.h"

enum { WORDS_MAX = 16 };

/* What was typed. */
struct typed {
	const struct oneword *command;
	size_t at;
	struct buf error;
};

static const struct argp_option rows[] = {
	{ "help", ARGS_HELP, NULL, 0, "Show this and end", 0 },
	{ 0 }
};

static int set_word(struct typed *t, const char *word)
{
	const struct oneword *c = t->command;
	const char *words[WORDS_MAX];
	size_t count = 0;

	if (t->at != ONEWORD_NONE) {
		buf_printf(&t->error, "one %s at a time; and then ", c->kind);
		args_quote(&t->error, word);
		return -EINVAL;
	}
	for (; count < WORDS_MAX && (words[count] = c->word(count)); count++)
		if (!strcmp(words[count], word))
			t->at = count;
	if (t->at != ONEWORD_NONE)
		return 0;
	args_unknown(&t->error, c->kind, word, words, count);
	return -EINVAL;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	return key == ARGP_KEY_ARG ? -set_word(state->input, arg) : ARGP_ERR_UNKNOWN;
}

const struct argp_child oneword_groups[] = {
	{ &(const struct argp){ .options = rows, .parser = parse }, 0, NULL, 0 },
	{ 0 }
};

static int help(const struct oneword *c)
{
	help_print(c->argp, c->to->command, NULL);
	return say_flush(c->to);
}

int oneword_main(const struct oneword *c, int argc, char **argv)
{
	struct typed typed = { .command = c, .at = ONEWORD_NONE, .error = BUF_INIT };
	bool wants_help = false;
	int err = args_parse(c->argp, NULL, argc, argv, &typed, &wants_help, &typed.error), code = EXIT_USAGE;

	if (err)
		say(c->to, "%s", buf_str(&typed.error));
	else
		code = wants_help ? help(c) : c->print(typed.at);
	buf_done(&typed.error);
	return code;
}
