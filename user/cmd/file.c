/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/file.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/span.h"
#include "user/cmd/args.h"
#include "user/cmd/commands.h"
#include "user/cmd/help.h"
#include "user/cmd/say.h"
#include "user/host/look.h"

#define MANY SIZE_MAX

const struct say file_say = { "file" };

enum { KEY_JSON = 0x100, KEY_NO_HEADER, KEY_FORCE, KEY_WRITE, KEY_ALL, KEY_ROOTID };

/* Which words there are, what they take, and which options beside -q and --json mean anything to them. */
static const struct sub {
	const char *name;
	file_sub *run;
	const char *words, *does;
	size_t min, max;
	int options[4];
} subs[] = {
	{ "show", file_show, "PATH...", "what these files carry, and what it means", 1, MANY, { 0 } },
	{ "find",
	  file_find,
	  "[DIR...]",
	  "all files that carry something, the most dangerous first",
	  0,
	  MANY,
	  { KEY_ALL, KEY_NO_HEADER } },
	{ "check",
	  file_check,
	  "[PATH...]",
	  "only those with which something is wrong",
	  0,
	  MANY,
	  { KEY_ALL } },
	{ "verify", file_verify, "SPEC FILE...", "do they carry exactly this?", 2, MANY, { KEY_ROOTID } },
	{ "snapshot",
	  file_snapshot,
	  "[DIR...]",
	  "write a manifest of all that carry something",
	  0,
	  MANY,
	  { KEY_ALL } },
	{ "drift", file_drift_sub, "MANIFEST", "what appeared, vanished or changed since", 1, 1, { 0 } },
	{ "set",
	  file_set,
	  "SPEC FILE...",
	  "give these capabilities to files",
	  2,
	  MANY,
	  { KEY_ROOTID, KEY_FORCE } },
	{ "remove", file_remove, "FILE...", "take all capabilities from files", 1, MANY, { 0 } },
	{ "apply",
	  file_apply,
	  "MANIFEST",
	  "what to change for files to be as a manifest says; --write does it",
	  1,
	  1,
	  { KEY_WRITE, KEY_FORCE } },
};

enum { SUBS = sizeof(subs) / sizeof(subs[0]) };

static const struct argp_option rows[] = {
	{ "all-filesystems", KEY_ALL, NULL, 0, "Enter what is mounted below (find, check, snapshot)", 0 },
	{ "rootid", KEY_ROOTID, "UID", 0, "For user namespaces whose root is UID (set, verify)", 0 },
	{ "write", KEY_WRITE, NULL, 0, "Do it, and not only say it (apply)", 0 },
	{ "force", KEY_FORCE, NULL, 0, "Also where 'check' would find something wrong (set, apply)", 0 },
	{ "json", KEY_JSON, NULL, 0, "JSON, for programs", 0 },
	{ "no-header", KEY_NO_HEADER, NULL, 0, "Leave out the line of column names (find)", 0 },
	{ NULL, 'q', NULL, 0, "Say nothing but errors on standard error", 0 },
	{ "help", ARGS_HELP, NULL, 0, "Show this and end", 0 },
	{ 0 }
};

static const struct args_hint hints[] = {
	{ "recursive", "'file find'" }, { "xdev", "--all-filesystems for the opposite" },
	{ "nsowner", "--rootid UID" },	{ "root-id", "--rootid UID" },
	{ "quiet", "-q" },		{ NULL, NULL },
};

static const struct sub *sub_of(const char *name)
{
	for (size_t i = 0; i < SUBS; i++)
		if (!strcmp(subs[i].name, name))
			return &subs[i];
	return NULL;
}

static bool takes(const struct sub *s, int key)
{
	for (size_t i = 0; i < sizeof(s->options) / sizeof(s->options[0]); i++)
		if (s->options[i] == key)
			return true;
	return key == 'q' || key == KEY_JSON;
}

/* What was typed, while argp reads it; whether the word takes it can only be told at the end. */
struct typed {
	struct file_options *o;
	int keys[8];
	size_t key_count;
};

static int set_rootid(struct file_options *o, const char *value)
{
	uint64_t uid;

	if (number_parse(value, 0, UINT32_MAX - 1, &uid)) {
		buf_puts(o->error, "--rootid: ");
		args_quote(o->error, value);
		buf_puts(o->error, " is no user id (0 to 4294967294)");
		return -EINVAL;
	}
	o->rootid = (uint32_t)uid;
	o->rootid_given = true;
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct typed *t = state->input;
	struct file_options *o = t->o;

	switch (key) {
	case KEY_JSON:
		o->json = true;
		break;
	case KEY_NO_HEADER:
		o->no_header = true;
		break;
	case KEY_FORCE:
		o->force = true;
		break;
	case KEY_WRITE:
		o->write = true;
		break;
	case KEY_ALL:
		o->all_filesystems = true;
		break;
	case 'q':
		o->quiet = true;
		break;
	case KEY_ROOTID:
		if (set_rootid(o, arg))
			return EINVAL;
		break;
	case ARGP_KEY_ARG:
		if (!o->sub)
			o->sub = arg;
		else
			o->words[o->word_count++] = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	if (t->key_count < sizeof(t->keys) / sizeof(t->keys[0]))
		t->keys[t->key_count++] = key;
	return 0;
}

static const struct argp_child groups[] = {
	{ &(const struct argp){ .options = rows, .parser = parse }, 0, "Options:", 0 },
	{ 0 }
};

const struct argp file_argp = {
	.parser = args_groups,
	.children = groups,
	.args_doc = "WORD [ARGUMENT...]",
	.doc = "Find, show, check and set the capabilities of files, with setuid and setgid files beside "
	       "them."
	       "\vExamples:\n"
	       "  sudo capsieve file find /\n"
	       "      every file here that gives whoever starts it more than he has, by risk\n"
	       "  sudo capsieve file snapshot / > files; sudo apt-get upgrade; sudo capsieve file drift "
	       "files\n"
	       "      what an upgrade gave and took\n"
	       "  sudo capsieve file set cap_net_bind_service=ep /usr/local/bin/web\n"
	       "      let a program listen on port 80\n",
};

const char *file_word(size_t at)
{
	return at < SUBS ? subs[at].name : NULL;
}

static int help(void)
{
	struct buf more = BUF_INIT;

	buf_puts(&more, "WORD and its arguments:\n");
	for (size_t i = 0; i < SUBS; i++)
		buf_printf(&more, "  %s %s\n      %s\n", subs[i].name, subs[i].words, subs[i].does);
	help_print(&file_argp, file_say.command, buf_str(&more));
	buf_done(&more);
	return say_flush(&file_say);
}

static int unknown_sub(const struct file_options *o)
{
	const char *names[SUBS];

	for (size_t i = 0; i < SUBS; i++)
		names[i] = subs[i].name;
	if (o->sub)
		args_unknown(o->error, "word", o->sub, names, SUBS);
	else
		buf_puts(o->error,
			 "what is to be done? There are show, find, check, verify, snapshot, drift, set, "
			 "remove, apply");
	return -EINVAL;
}

static int check_sub(const struct typed *t, const struct sub *s)
{
	struct file_options *o = t->o;

	for (size_t i = 0; i < t->key_count; i++) {
		const struct argp_option *row = rows;

		if (takes(s, t->keys[i]))
			continue;
		while (row->key != t->keys[i])
			row++;
		buf_printf(o->error, "'file %s' does not take --%s", s->name, row->name);
		return -EINVAL;
	}
	if (o->word_count < s->min) {
		buf_printf(o->error, "something is missing: capsieve file %s %s", s->name, s->words);
		return -EINVAL;
	}
	if (o->word_count > s->max) {
		buf_puts(o->error, "unexpected word ");
		args_quote(o->error, o->words[s->max]);
		buf_printf(o->error, ": capsieve file %s %s", s->name, s->words);
		return -EINVAL;
	}
	return 0;
}

static int read_options(int argc, char **argv, struct file_options *o, const struct sub **ret_sub)
{
	struct typed typed = { .o = o };
	struct args args;
	int err = args_check(&file_argp, hints, argc, argv, &args, o->error);

	if (err)
		return err;
	o->help = args.help;
	if (args.help)
		return 0;
	err = -argp_parse(&file_argp, args.argc, argv, ARGP_SILENT | ARGP_IN_ORDER, NULL, &typed);
	if (err)
		return err;
	*ret_sub = o->sub ? sub_of(o->sub) : NULL;
	return *ret_sub ? check_sub(&typed, *ret_sub) : unknown_sub(o);
}

int file_print(struct buf *b)
{
	int err = b->error;

	fwrite(buf_str(b), 1, b->len, stdout);
	buf_done(b);
	if (!err)
		return say_flush(&file_say);
	say_error(&file_say, "what is to be printed", err);
	return EXIT_FAILED;
}

static int run(const struct sub *s, const struct file_options *o)
{
	struct look *look = look_new("/proc");
	int code;

	if (!look) {
		say_error(&file_say, "memory", -ENOMEM);
		return EXIT_FAILED;
	}
	code = s->run(o, look);
	look_free(look);
	return code;
}

int file_main(int argc, char **argv)
{
	struct buf error = BUF_INIT;
	struct file_options o = { .error = &error, .words = calloc((size_t)argc + 1, sizeof(*o.words)) };
	const struct sub *s = NULL;
	int err = o.words ? read_options(argc, argv, &o, &s) : -ENOMEM, code;

	if (err) {
		say(&file_say, "%s", error.len ? buf_str(&error) : strerror(-err));
		code = err == -EINVAL ? EXIT_USAGE : EXIT_FAILED;
	} else {
		code = s ? run(s, &o) : help();
	}
	free(o.words);
	buf_done(&error);
	return code;
}
