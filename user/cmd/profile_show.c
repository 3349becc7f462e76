/* SPDX-License-Identifier: BSD-2-Clause */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "user/advice/answer.h"
#include "user/advice/recipe.h"
#include "user/advice/saved.h"
#include "user/base/buf.h"
#include "user/cmd/args.h"
#include "user/cmd/commands.h"
#include "user/cmd/help.h"
#include "user/cmd/look.h"
#include "user/cmd/options.h"
#include "user/cmd/profile.h"
#include "user/cmd/profile_file.h"
#include "user/cmd/say.h"
#include "user/cmd/values.h"
#include "user/view/answer.h"
#include "user/view/profile.h"

static const struct say to = { "profile" };

enum { KEY_FORMAT = 0x100, KEY_JSON, KEY_COLOR };

struct typed {
	const char *file, *extra, *format;
	bool json;
	enum color_when color;
	struct buf *error;
};

static const struct argp_option rows[] = {
	{ "format", KEY_FORMAT, "NAME", 0, "What it comes to for docker, systemd, setcap, ...; 'help' lists them", 0 },
	{ "json", KEY_JSON, NULL, 0, "The whole profile, as this version writes it", 0 },
	{ "color", KEY_COLOR, "WHEN", 0, "auto (on a terminal), always or never", 0 },
	{ NULL, 'q', NULL, 0, "Changes nothing: there are only errors, and a recipe's remarks, on standard error", 0 },
	{ "help", ARGS_HELP, NULL, 0, "Show this and end", 0 },
	{ 0 }
};

static const struct args_hint hints[] = {
	{ "output", "--format NAME" },
	{ "to", "--format NAME" },
	{ NULL, NULL },
};

error_t profile_take_color(const char *word, enum color_when *ret, struct buf *error)
{
	struct options o = { .error = BUF_INIT };
	int err = values_color(&o, "--color", word);

	if (err)
		buf_puts(error, buf_str(&o.error));
	else
		*ret = o.output.color;
	buf_done(&o.error);
	return -err;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct typed *t = state->input;

	switch (key) {
	case KEY_FORMAT:
		t->format = arg;
		return 0;
	case KEY_JSON:
		t->json = true;
		return 0;
	case KEY_COLOR:
		return profile_take_color(arg, &t->color, t->error);
	case 'q':
		return 0;
	case ARGP_KEY_ARG:
		*(!t->file ? &t->file : &t->extra) = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child groups[] = {
	{ &(const struct argp){ .options = rows, .parser = parse }, 0, "Options:", 0 },
	{ 0 }
};

const struct argp profile_show_argp = {
	.parser = args_groups,
	.children = groups,
	.args_doc = "FILE",
	.doc = "Say what a profile advises: the capabilities that a program needs, why, and how to write them for what starts it."
	       "\vExamples:\n"
	       "  capsieve profile show ping.json\n"
	       "      what it advises, in words\n"
	       "  capsieve profile show ping.json --format kubernetes\n"
	       "      the securityContext that gives exactly this, with its traps\n"
	       "  capsieve profile show --format help\n"
	       "      every format that there is\n",
};

int profile_print(struct buf *b)
{
	int err = b->error;

	fwrite(buf_str(b), 1, b->len, stdout);
	buf_done(b);
	if (!err)
		return say_flush(&to);
	say_error(&to, "what is to be printed", err);
	return EXIT_FAILED;
}

/* What has no comments has its remarks on standard error. */
static void say_remarks(const struct recipe *r, const struct recipe_need *n)
{
	struct buf b = BUF_INIT;
	char *at = NULL, *line;

	recipe_remarks(&b, r, n);
	for (line = strtok_r((char *)buf_str(&b), "\n", &at); line; line = strtok_r(NULL, "\n", &at))
		say(&to, "%s", line);
	buf_done(&b);
}

int profile_print_recipe(const struct recipe *r, const struct recipe_need *need)
{
	struct buf b = BUF_INIT, safe = BUF_INIT;

	if (need->user && !recipe_user_ok(need->user)) {
		args_quote(&safe, need->user);
		say(&to, "the user %s cannot be written as %s has it", buf_str(&safe), r->name);
		buf_done(&safe);
		return EXIT_USAGE;
	}
	if (!r->comment)
		say_remarks(r, need);
	profile_recipe(&b, r, need);
	return profile_print(&b);
}

int profile_print_answer(const struct answer *a, const struct recipe *r, const struct output_options *o)
{
	struct chart_look look;
	struct recipe_need need;
	struct buf b = BUF_INIT;

	answer_need(a, &need);
	if (r)
		return profile_print_recipe(r, &need);
	if (o->json)
		answer_json(&b, a);
	else
		answer_page(&b, a, look_page_width(), look_pictures(o->color, &look) ? &look : NULL);
	return profile_print(&b);
}

static int show(const struct typed *t, const struct recipe *r)
{
	struct saved s;
	struct buf b = BUF_INIT;
	int code = profile_file_saved(&to, t->file, EXIT_FAILED, &s);

	if (code)
		return code;
	if (s.whole || r || t->json) {
		code = profile_print_answer(&s.answer, r, &(struct output_options){ .json = t->json, .color = t->color });
	} else {
		profile_page(&b, &s.answer, look_page_width());
		code = profile_print(&b);
	}
	if (!code && s.answer.incomplete)
		code = EXIT_INCOMPLETE;
	saved_done(&s);
	return code;
}

int profile_print_formats(void)
{
	struct buf b = BUF_INIT;

	profile_formats(&b, look_page_width());
	return profile_print(&b);
}

int profile_find_format(const char *name, const struct recipe **ret, struct buf *error)
{
	const char *nearest = NULL;

	*ret = recipe_find(name, &nearest);
	if (*ret)
		return 0;
	buf_puts(error, "--format: unknown format ");
	args_quote(error, name);
	if (nearest)
		buf_printf(error, "; did you mean '%s'?", nearest);
	else
		buf_puts(error, "; --format help lists them");
	return -EINVAL;
}

static int check_words(const struct typed *t, struct buf *error)
{
	if (!t->file)
		buf_puts(error, "something is missing: capsieve profile show FILE");
	else if (t->extra)
		args_quote(error, t->extra);
	else if (t->json && t->format)
		buf_puts(error, "--json and --format are two forms: one of them");
	if (t->extra && error->len)
		buf_puts(error, ": one file is enough");
	return error->len ? -EINVAL : 0;
}

static int run(int argc, char **argv, struct buf *error)
{
	const struct recipe *recipe = NULL;
	struct typed t = { .error = error };
	bool wants_help = false;
	int err = args_parse(&profile_show_argp, hints, argc, argv, &t, &wants_help, error);

	if (!err && wants_help) {
		help_print(&profile_show_argp, "profile show", NULL);
		return say_flush(&to);
	}
	if (!err && t.format && !strcmp(t.format, "help"))
		return profile_print_formats();
	if (!err && t.format)
		err = profile_find_format(t.format, &recipe, error);
	if (!err)
		err = check_words(&t, error);
	if (!err)
		return show(&t, recipe);
	say(&to, "%s", buf_str(error));
	return EXIT_USAGE;
}

int profile_show(int argc, char **argv)
{
	struct buf error = BUF_INIT;
	int code = run(argc, argv, &error);

	buf_done(&error);
	return code;
}
