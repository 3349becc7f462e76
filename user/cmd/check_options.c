/* SPDX-License-Identifier: BSD-2-Clause */
#include <argp.h>
#include <errno.h>
#include <string.h>

#include "user/caps/capability.h"
#include "user/cmd/args.h"
#include "user/cmd/check.h"
#include "user/cmd/help.h"
#include "user/cmd/say.h"
#include "user/cmd/values.h"

enum { KEY_REPLAY = 0x100, KEY_EXPLAIN, KEY_ALLOWED, KEY_DENIED, KEY_CLASS, KEY_WHERE, KEY_SCHEMA, KEY_JSON, KEY_UTC };

static const struct argp_option ask_rows[] = {
	{ "replay", KEY_REPLAY, "FILE", 0, "Say which rule would have decided what of this recording, and list the alerts", 0 },
	{ "explain", KEY_EXPLAIN, "FACTS", 0, "Say step by step what becomes of a check of somebody such as 'unit=nginx user=www-data'", 0 },
	{ 0 }
};

static const struct argp_option which_rows[] = {
	{ "cap", 'C', "LIST", 0, "For these capabilities: net_raw, CAP_NET_RAW, 13, ...", 0 },
	{ "allowed", KEY_ALLOWED, NULL, 0, "They were granted; what --explain takes for usual", 0 },
	{ "denied", KEY_DENIED, NULL, 0, "They were refused", 0 },
	{ "class", KEY_CLASS, "CLASS", 0, "Of this class: needed, advisory, ...; to --explain unclassified where not given", 0 },
	{ "where", KEY_WHERE, "EXPR", 0, "With --replay: key=glob and key!=glob, blanks between them, with the keys of a rule's "
	  "where", 0 },
	{ 0 }
};

static const struct argp_option other_rows[] = {
	{ "schema", KEY_SCHEMA, "rules|config", 0, "Print the JSON Schema of such files, for editors", 0 },
	{ "json", KEY_JSON, NULL, 0, "JSON, for programs", 0 },
	{ "utc", KEY_UTC, NULL, 0, "Show Coordinated Universal Time and not local time", 0 },
	{ NULL, 'q', NULL, 0, "Say nothing but mistakes, warnings and losses on standard error", 0 },
	{ "help", ARGS_HELP, NULL, 0, "Show this and end", 0 },
	{ 0 }
};

static const struct args_hint hints[] = {
	{ "rules", "the files themselves: capsieve check FILE" }, { "config", "the file itself: capsieve check FILE" },
	{ "capability", "-C LIST" }, { "quiet", "-q" }, { "recording", "--replay FILE" }, { "dry-run", "--replay FILE" },
	{ "who", "--explain FACTS" }, { "format", "--json" }, { "verdict", "--allowed and --denied" }, { NULL, NULL },
};

static int bad_word(struct check_options *o, const char *what, const char *word, const char *const *words, size_t count)
{
	args_unknown(&o->error, what, word, words, count);
	return -EINVAL;
}

static int set_caps(struct check_options *o, const char *list)
{
	struct capability_error error;
	uint64_t mask;
	char word[64] = "";

	if (!capability_parse_list(list, &mask, &error)) {
		o->caps |= mask;
		return 0;
	}
	memcpy(word, error.word, error.len < sizeof(word) ? error.len : sizeof(word) - 1);
	buf_puts(&o->error, "-C: unknown capability ");
	args_quote(&o->error, word);
	if (error.nearest)
		buf_printf(&o->error, "; did you mean '%s'?", error.nearest);
	return -EINVAL;
}

static int set_class(struct check_options *o, const char *word)
{
	for (int i = 0; i < SITE_CLASS_COUNT; i++) {
		if (strcmp(rule_class_words[i], word))
			continue;
		o->class = (enum site_class)i;
		o->class_given = true;
		return 0;
	}
	return bad_word(o, "class", word, rule_class_words, SITE_CLASS_COUNT);
}

static int set_schema(struct check_options *o, const char *word)
{
	static const char *const words[] = { "rules", "config" };

	for (size_t i = 0; i < 2; i++)
		if (!strcmp(words[i], word))
			o->schema = words[i];
	return o->schema ? 0 : bad_word(o, "schema", word, words, 2);
}

static int add_path(struct check_options *o, const char *path)
{
	if (o->count == CHECK_PATHS_MAX) {
		buf_printf(&o->error, "too many files: at most %d", CHECK_PATHS_MAX);
		return -EINVAL;
	}
	o->paths[o->count++] = path;
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct check_options *o = state->input;

	switch (key) {
	case KEY_REPLAY: o->replay = arg; return 0;
	case KEY_EXPLAIN: o->explain = arg; return 0;
	case KEY_ALLOWED: o->allowed = true; return 0;
	case KEY_DENIED: o->denied = true; return 0;
	case KEY_JSON: o->json = true; return 0;
	case KEY_UTC: o->utc = true; return 0;
	case 'q': o->quiet = true; return 0;
	case 'C': return -set_caps(o, arg);
	case KEY_CLASS: return -set_class(o, arg);
	case KEY_WHERE: return -values_add_where(&o->filter, "--where", arg, &o->error);
	case KEY_SCHEMA: return -set_schema(o, arg);
	case ARGP_KEY_ARG: return -add_path(o, arg);
	default: return ARGP_ERR_UNKNOWN;
	}
}

#define GROUP(rows) (&(const struct argp){ .options = (rows), .parser = parse })

static const struct argp_child groups[] = {
	{ GROUP(ask_rows), 0, "What else to ask of the rules:", 1 },
	{ GROUP(which_rows), 0, "Which checks, with --explain or --replay:", 2 },
	{ GROUP(other_rows), 0, "In general:", 3 },
	{ 0 }
};

const struct argp check_argp = {
	.parser = args_groups,
	.children = groups,
	.args_doc = "[FILE|DIR...]",
	.doc = "Check files of rules and of configuration: all mistakes with their places, and warnings of rules that can "
	       "never apply or contradict each other. Without FILE: what is installed below /usr/share/capsieve and "
	       "/etc/capsieve."
	       "\vExamples:\n"
	       "  capsieve check /etc/capsieve\n"
	       "      the configuration, and all rules in rules.d\n"
	       "  capsieve check rules.yaml --replay week.rec\n"
	       "      what these rules would have said of what was recorded\n"
	       "  capsieve check r.yaml --explain 'unit=nginx user=www-data' -C chown --denied\n"
	       "      which rule decides, and why none before it\n",
};

void check_help(void)
{
	help_print(&check_argp, check_say.command, NULL);
}

static int together(struct check_options *o)
{
	const char *wrong = NULL;

	if (o->explain && o->replay)
		wrong = "--explain and --replay: one at a time";
	else if (o->explain && !o->caps)
		wrong = "--explain: of which capability? -C net_raw";
	else if (!o->explain && !o->replay && (o->caps || o->allowed || o->denied || o->class_given))
		wrong = "-C, --allowed, --denied and --class say which checks --explain or --replay is about";
	else if (!o->replay && o->filter.where_count)
		wrong = "--where says who --replay is about; to --explain it is told as FACTS";
	else if (o->allowed && o->denied)
		wrong = "--allowed and --denied: a check has one verdict";
	if (wrong) {
		buf_puts(&o->error, wrong);
		return -EINVAL;
	}
	if (o->caps)
		o->filter.caps = o->caps;
	o->filter.allowed = o->allowed;
	o->filter.denied = o->denied;
	o->filter.classes = o->class_given ? 1U << o->class : 0;
	return 0;
}

int check_options_parse(int argc, char **argv, struct check_options *ret)
{
	int err;

	*ret = (struct check_options){ .class = SITE_UNCLASSIFIED };
	filter_init(&ret->filter);
	err = args_parse(&check_argp, hints, argc, argv, ret, &ret->help, &ret->error);
	return err || ret->help ? err : together(ret);
}

void check_options_done(struct check_options *o)
{
	filter_done(&o->filter);
	buf_done(&o->error);
}
