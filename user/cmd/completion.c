/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/completion.h"

#include <argp.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/cmd/args.h"
#include "user/cmd/commands.h"
#include "user/cmd/oneword.h"
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

const char *completion_word(size_t at)
{
	return at < SHELLS ? shells[at].name : NULL;
}

const struct argp completion_argp = {
	.parser = args_groups,
	.children = oneword_groups,
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

static int print(size_t at)
{
	struct buf b = BUF_INIT;

	if (at == ONEWORD_NONE) {
		say(&to, "for which shell? bash or zsh");
		return EXIT_USAGE;
	}
	shells[at].write(&b);
	return say_text(&to, &b);
}

int completion_main(int argc, char **argv)
{
	return oneword_main(&(const struct oneword){ &to, &completion_argp, "shell", completion_word, print }, argc, argv);
}
