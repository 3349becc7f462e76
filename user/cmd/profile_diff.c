/* SPDX-License-Identifier: BSD-2-Clause */
#include <argp.h>
#include <errno.h>
#include <string.h>

#include "user/advice/compare.h"
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
#include "user/view/change.h"

static const struct say to = { "profile" };

enum { KEY_JSON = 0x100, KEY_STRICT, KEY_ALLOW };

struct typed {
	const char *files[2], *extra;
	bool json, strict;
	uint64_t allowed;
	struct buf *error;
};

static const struct argp_option rows[] = {
	{ "strict", KEY_STRICT, NULL, 0, "Also classes and places in the kernel, which differ between kernels", 0 },
	{ "allow", KEY_ALLOW, "LIST", 0, "These capabilities may differ", 0 },
	{ "json", KEY_JSON, NULL, 0, "The difference as one object", 0 },
	{ NULL, 'q', NULL, 0, "Changes nothing: there are only errors on standard error", 0 },
	{ "help", ARGS_HELP, NULL, 0, "Show this and end", 0 },
	{ 0 }
};

static const struct args_hint hints[] = { { NULL, NULL } };

static error_t take_allowed(struct typed *t, const char *list)
{
	struct options o = { .error = BUF_INIT };
	uint64_t caps = 0;
	int err = values_cap_list(&o, "--allow", list, &caps);

	t->allowed |= caps;
	if (err)
		buf_puts(t->error, buf_str(&o.error));
	buf_done(&o.error);
	return -err;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct typed *t = state->input;

	switch (key) {
	case KEY_JSON:
		t->json = true;
		return 0;
	case KEY_STRICT:
		t->strict = true;
		return 0;
	case 'q':
		return 0;
	case KEY_ALLOW:
		return take_allowed(t, arg);
	case ARGP_KEY_ARG:
		*(!t->files[0] ? &t->files[0] : !t->files[1] ? &t->files[1] : &t->extra) = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child groups[] = {
	{ &(const struct argp){ .options = rows, .parser = parse }, 0, "Options:", 0 },
	{ 0 }
};

const struct argp profile_diff_argp = {
	.parser = args_groups,
	.children = groups,
	.args_doc = "A B",
	.doc = "Say what profile B has and A has not, and the other way round: capabilities that are advised, refusals that "
	       "failed, the user. How often something was asked is no difference."
	       "\vExamples:\n"
	       "  capsieve profile diff yesterday.json today.json\n"
	       "      what changed; the exit status is 3 where anything did\n"
	       "  capsieve profile diff --strict --json a.json b.json | jq '.changes[]'\n"
	       "      each new place in the kernel, too\n"
	       "  capsieve profile diff --allow audit_write a.json b.json\n"
	       "      one capability may come and go\n",
};

int profile_print_change(const struct change_view *v, bool json)
{
	struct buf b = BUF_INIT;

	if (json)
		change_json(&b, v);
	else
		change_page(&b, v, look_page_width());
	return profile_print(&b);
}

static int show(const struct typed *t, const struct saved *was, const struct saved *now)
{
	const struct compare_how how = { .strict = t->strict, .allowed = t->allowed };
	struct comparison c;
	const struct change_view v = {
		.was_name = t->files[0], .now_name = t->files[1], .was = &was->answer, .now = &now->answer,
		.is = &c, .strict = t->strict, .status = -1,
	};
	int err = compare(&was->answer, &now->answer, &how, &c), code;

	if (err) {
		say_error(&to, "memory", err);
		return EXIT_FAILED;
	}
	code = profile_print_change(&v, t->json);
	if (!code && comparison_found(&c))
		code = EXIT_FINDING;
	comparison_done(&c);
	if (!code && (was->answer.incomplete || now->answer.incomplete))
		code = EXIT_INCOMPLETE;
	return code;
}

static int diff(const struct typed *t)
{
	struct saved was, now;
	int code = profile_file_saved(&to, t->files[0], EXIT_FAILED, &was);

	if (code)
		return code;
	code = profile_file_saved(&to, t->files[1], EXIT_FAILED, &now);
	if (!code) {
		code = show(t, &was, &now);
		saved_done(&now);
	}
	saved_done(&was);
	return code;
}

static int check_words(const struct typed *t, struct buf *error)
{
	if (!t->files[1])
		buf_puts(error, "something is missing: capsieve profile diff A B");
	else if (t->extra)
		args_quote(error, t->extra);
	if (t->extra)
		buf_puts(error, ": two files are compared");
	return error->len ? -EINVAL : 0;
}

static int run(int argc, char **argv, struct buf *error)
{
	struct typed t = { .error = error };
	bool wants_help = false;
	int err = args_parse(&profile_diff_argp, hints, argc, argv, &t, &wants_help, error);

	if (!err && wants_help) {
		help_print(&profile_diff_argp, "profile diff", NULL);
		return say_flush(&to);
	}
	if (!err)
		err = check_words(&t, error);
	if (!err)
		return diff(&t);
	say(&to, "%s", buf_str(error));
	return EXIT_USAGE;
}

int profile_diff(int argc, char **argv)
{
	struct buf error = BUF_INIT;
	int code = run(argc, argv, &error);

	buf_done(&error);
	return code;
}
