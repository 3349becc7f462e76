/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <malloc.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/inherited.h"
#include "user/base/library.h"
#include "user/base/memory.h"
#include "user/cmd/args.h"
#include "user/cmd/commands.h"
#include "user/cmd/origin.h"
#include "user/cmd/say.h"

static const struct say self = { NULL };

enum { LARGE = 64 << 10 };

static int list(void)
{
	printf("Usage: capsieve COMMAND [OPTION...]\n\n"
	       "What asks for which Linux capability, and is it granted?\n\n");
	for (size_t i = 0; i < command_count; i++)
		printf("  %-10s %s\n", commands[i].name, commands[i].does);
	printf("\n  --help     show this\n  --version  show which version this is\n\n"
	       "'capsieve COMMAND --help' shows the options of one; each has a manual page,\n"
	       "capsieve-COMMAND(1).\n");
	return say_flush(&self);
}

static int version(void)
{
	printf("capsieve %s\n", VERSION);
	return say_flush(&self);
}

/* Nobody is told that all is well where a part of it may be missing, nor left without a reason where memory ran out. */
static int end(int code)
{
	bool incomplete = code == EXIT_FINE && buf_ran_out();

	if (incomplete)
		say(&self, "out of memory: what was printed lacks a part");
	else if ((code == EXIT_FAILED || code == EXIT_NOT_STARTED) && memory_noted() && !say_said())
		say(&self, "out of memory");
	return incomplete ? EXIT_FAILED : code;
}

/* Only `run` uses what our file gives, as a rule says. */
static int start(const struct command *c, int argc, char **argv)
{
	bool by_rule = c->main == run_main;

	if (origin_settle(by_rule))
		return c->main(argc, argv);
	return by_rule ? EXIT_NOT_STARTED : EXIT_FAILED;
}

static int unknown(const char *word)
{
	const char *good[COMMANDS_MAX + 2] = { "--help", "--version" };
	struct buf text = BUF_INIT;

	for (size_t i = 0; i < command_count; i++)
		good[i + 2] = commands[i].name;
	args_unknown(&text, word[0] == '-' ? "option" : "command", word, good, command_count + 2);
	say(&self, "%s", buf_str(&text));
	buf_done(&text);
	return EXIT_USAGE;
}

/*
 * No file or probe that is opened later may become standard output or error: what stands there would be written into
 * it. The filling refuses what a closed descriptor refuses, and is not passed on.
 */
static int fill_standard(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		int mode = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;

		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", mode | O_CLOEXEC | O_NOCTTY) != fd)
			return -errno;
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "--help";
	int err;

	inherited_remember();
	json_set_alloc_funcs(malloc, free);
	library_settle();
	err = fill_standard();
	if (err) {
		say_error(&self, "/dev/null", err);
		return EXIT_FAILED;
	}
	/* What is large goes back to the kernel when it is freed, also after something as large was freed before. */
	mallopt(M_MMAP_THRESHOLD, LARGE);
	/* A reader that goes away and a file that gets too large are errors of the write, and not our end. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	if (!strcmp(word, "--help") || !strcmp(word, "-h"))
		return list();
	if (!strcmp(word, "--version") || !strcmp(word, "-V"))
		return version();
	for (size_t i = 0; i < command_count; i++)
		if (!strcmp(word, commands[i].name))
			return end(start(&commands[i], argc - 1, argv + 1));
	return unknown(word);
}
