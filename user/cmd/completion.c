/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/completion.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/cmd/args.h"
#include "user/cmd/commands.h"
#include "user/cmd/help.h"
#include "user/cmd/say.h"

static const struct say to = { "completion" };

static const struct shell {
	const char *name;
	void (*write)(struct buf *b);
} shells[] = {
	{ "bash", completion_bash },
	{ "zsh", completion_zsh },
};

enum { SHELLS = sizeof(shells) / sizeof(shells[0]) };

/* What was typed. */
struct typed {
	const struct shell *shell;
	struct buf error;
};

const char *completion_word(size_t at)
{
	return at < SHELLS ? shells[at].name : NULL;
}

static const struct argp_option rows[] = {
	{ "help", ARGS_HELP, NULL, 0, "Show this and end", 0 },
	{ 0 }
};

static int set_shell(struct typed *t, const char *word)
{
	const char *names[SHELLS];

	if (t->shell) {
		buf_puts(&t->error, "one shell at a time; and then ");
		args_quote(&t->error, word);
		return -EINVAL;
	}
	for (size_t i = 0; i < SHELLS; i++) {
		names[i] = shells[i].name;
		if (!strcmp(names[i], word))
			t->shell = &shells[i];
	}
	if (t->shell)
		return 0;
	args_unknown(&t->error, "shell", word, names, SHELLS);
	return -EINVAL;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	return key == ARGP_KEY_ARG ? -set_shell(state->input, arg) : ARGP_ERR_UNKNOWN;
}

static const struct argp_child groups[] = {
	{ &(const struct argp){ .options = rows, .parser = parse }, 0, NULL, 0 },
	{ 0 }
};

const struct argp completion_argp = {
	.parser = args_groups,
	.children = groups,
	.args_doc = "bash|zsh",
	.doc = "Print what makes a shell complete the command lines of capsieve: commands, options and what may stand behind them. A "
	       "package installs it; elsewhere it goes where the shell looks."
	       "\vExamples:\n"
	       "  source <(capsieve completion bash)\n"
	       "      for this shell alone\n"
	       "  capsieve completion bash > ~/.local/share/bash-completion/completions/capsieve\n"
	       "      for every bash of this user\n"
	       "  capsieve completion zsh > ~/.zfunc/_capsieve\n"
	       "      for zsh, where ~/.zfunc is one of $fpath\n",
};

static bool starts_program(const struct argp *argp)
{
	return argp->args_doc && strstr(argp->args_doc, "--");
}

static void put_word_of(struct buf *b, const char *command, const struct command_word *word,
			void (*put)(struct buf *b, const struct completed *c))
{
	struct buf name = BUF_INIT;

	buf_printf(&name, "%s %s", command, word->name);
	put(b, &(struct completed){ buf_str(&name), NULL, word->argp, NULL, true, starts_program(word->argp) });
	buf_done(&name);
}

void completion_each(struct buf *b, void (*put)(struct buf *b, const struct completed *c))
{
	for (size_t n = 0; n < command_count; n++) {
		const struct command *c = &commands[n];

		put(b, &(struct completed){ c->name, c->does, c->argp, c->word, c->files, starts_program(c->argp) });
		for (size_t i = 0; c->word && c->word(i).name; i++) {
			struct command_word word = c->word(i);

			if (word.argp != c->argp)
				put_word_of(b, c->name, &word, put);
		}
	}
}

static int print(const struct shell *shell)
{
	struct buf b = BUF_INIT;
	int err;

	shell->write(&b);
	err = b.error;
	if (err)
		say_error(&to, "memory", err);
	else
		fwrite(buf_str(&b), 1, b.len, stdout);
	buf_done(&b);
	return err ? EXIT_FAILED : say_flush(&to);
}

static int help(void)
{
	help_print(&completion_argp, to.command, NULL);
	return say_flush(&to);
}

int completion_main(int argc, char **argv)
{
	struct typed typed = { .error = BUF_INIT };
	bool wants_help = false;
	int err = args_parse(&completion_argp, NULL, argc, argv, &typed, &wants_help, &typed.error), code = EXIT_USAGE;

	if (!err && wants_help)
		code = help();
	else if (!err && typed.shell)
		code = print(typed.shell);
	else
		say(&to, "%s", err ? buf_str(&typed.error) : "for which shell? bash or zsh");
	buf_done(&typed.error);
	return code;
}
