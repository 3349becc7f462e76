/* SPDX-License-Identifier: BSD-2-Clause */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/advice/combine.h"
#include "user/base/buf.h"
#include "user/cmd/args.h"
#include "user/cmd/commands.h"
#include "user/cmd/help.h"
#include "user/cmd/options.h"
#include "user/cmd/profile.h"
#include "user/cmd/profile_file.h"
#include "user/cmd/say.h"

static const struct say to = { "profile" };

enum { KEY_JSON = 0x100, KEY_FORMAT, KEY_COLOR };

struct typed {
	char **files;	/* room for all words; ends with NULL */
	size_t count;
	const char *into, *format;
	bool json;
	enum color_when color;
	struct buf *error;
};

static const struct argp_option rows[] = {
	{ NULL, 'o', "FILE", 0, "Write the profile to FILE, for nobody else to read", 0 },
	{ "json", KEY_JSON, NULL, 0, "Print the profile", 0 },
	{ "format", KEY_FORMAT, "NAME", 0, "What it comes to for docker, systemd, setcap, ...; 'help' lists them", 0 },
	{ "color", KEY_COLOR, "WHEN", 0, "auto (on a terminal), always or never", 0 },
	{ NULL, 'q', NULL, 0, "Changes nothing: there are only errors, and a recipe's remarks, on standard error", 0 },
	{ "help", ARGS_HELP, NULL, 0, "Show this and end", 0 },
	{ 0 }
};

static const struct args_hint hints[] = { { "output", "-o FILE" }, { NULL, NULL } };

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct typed *t = state->input;

	switch (key) {
	case 'o':
		t->into = arg;
		return 0;
	case KEY_JSON:
		t->json = true;
		return 0;
	case KEY_COLOR:
		return profile_take_color(arg, &t->color, t->error);
	case 'q':
		return 0;
	case KEY_FORMAT:
		t->format = arg;
		return 0;
	case ARGP_KEY_ARG:
		t->files[t->count++] = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child groups[] = {
	{ &(const struct argp){ .options = rows, .parser = parse }, 0, "Options:", 0 },
	{ 0 }
};

const struct argp profile_merge_argp = {
	.parser = args_groups,
	.children = groups,
	.args_doc = "A [B ...]",
	.doc = "Make one profile of many, of many runs and many machines: what any of them needs, the sums of what was counted. "
	       "What one of them lost or did not see is said of the whole."
	       "\vExamples:\n"
	       "  capsieve profile merge -o web.json monday.json tuesday.json\n"
	       "      a week's needs, a day at a time\n"
	       "  capsieve profile merge host-*.json --format kubernetes\n"
	       "      one recipe for all machines\n"
	       "  capsieve profile merge -o base.json base.json new.json\n"
	       "      one more run into the same file\n",
};

static int show(const struct typed *t, const struct recipe *r, const struct saved *each)
{
	struct saved sum;
	int err = combine(each, t->count, &sum), code;

	if (err) {
		say_error(&to, err == -ENOSPC ? "too many executed files for one profile" : "memory", err);
		return EXIT_FAILED;
	}
	code = t->into ? profile_file_write(&to, t->into, &sum.answer) : EXIT_FINE;
	code = code ?: profile_print_answer(&sum.answer, r, &(struct output_options){ .json = t->json, .color = t->color });
	if (!code && sum.answer.incomplete)
		code = EXIT_INCOMPLETE;
	saved_done(&sum);
	return code;
}

static int merge(const struct typed *t, const struct recipe *r)
{
	struct saved *each = calloc(t->count, sizeof(*each));
	size_t read = 0;
	int code = EXIT_FINE;

	if (!each) {
		say_error(&to, "memory", -ENOMEM);
		return EXIT_FAILED;
	}
	while (!code && read < t->count) {
		code = profile_file_saved(&to, t->files[read], EXIT_FAILED, &each[read]);
		read += !code;
	}
	if (!code)
		code = show(t, r, each);
	while (read)
		saved_done(&each[--read]);
	free(each);
	return code;
}

static int check_words(const struct typed *t, struct buf *error)
{
	if (!t->count)
		buf_puts(error, "something is missing: capsieve profile merge A B ...");
	else if (t->json && t->format)
		buf_puts(error, "--json and --format are two forms: one of them");
	return error->len ? -EINVAL : 0;
}

static int run(struct typed *t, int argc, char **argv, struct buf *error)
{
	const struct recipe *recipe = NULL;
	bool wants_help = false;
	int err = args_parse(&profile_merge_argp, hints, argc, argv, t, &wants_help, error);

	if (!err && wants_help) {
		help_print(&profile_merge_argp, "profile merge", NULL);
		return say_flush(&to);
	}
	if (!err && t->format && !strcmp(t->format, "help"))
		return profile_print_formats();
	if (!err && t->format)
		err = profile_find_format(t->format, &recipe, error);
	if (!err)
		err = check_words(t, error);
	if (!err)
		return merge(t, recipe);
	say(&to, "%s", buf_str(error));
	return EXIT_USAGE;
}

int profile_merge(int argc, char **argv)
{
	struct buf error = BUF_INIT;
	struct typed t = { .files = calloc((size_t)argc + 1, sizeof(*t.files)), .error = &error };
	int code = EXIT_FAILED;

	if (t.files)
		code = run(&t, argc, argv, &error);
	else
		say_error(&to, "memory", -ENOMEM);
	free(t.files);
	buf_done(&error);
	return code;
}
