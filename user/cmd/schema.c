/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/schema.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "schema_text.h"
#include "user/base/buf.h"
#include "user/cmd/args.h"
#include "user/cmd/commands.h"
#include "user/cmd/help.h"
#include "user/cmd/say.h"
#include "user/rule/schema.h"

static const struct say to = { "schema" };

/* Of what we print, the text of docs/capsieve-NAME.schema.json; of what we read, made from the tables that read it. */
static const struct schema {
	const char *name, *of, *text;
	void (*make)(struct buf *b);
} schemas[] = {
	{ "trace", "lines of trace --json", SCHEMA_TRACE, NULL },
	{ "alert", "alerts of watch", SCHEMA_ALERT, NULL },
	{ "profile", "files that profile -o writes, profile --json and profile diff --json", SCHEMA_PROFILE, NULL },
	{ "history", "lines of history --json", SCHEMA_HISTORY, NULL },
	{ "ps", "lines of ps --json and ps --granted --json", SCHEMA_PS, NULL },
	{ "doctor", "doctor --json", SCHEMA_DOCTOR, NULL },
	{ "rules", "files of rules", NULL, schema_rules },
	{ "config", "the configuration of watch", NULL, schema_config },
};

enum { SCHEMAS = sizeof(schemas) / sizeof(schemas[0]) };

/* What was typed. */
struct typed {
	const struct schema *schema;
	struct buf error;
};

const char *schema_word(size_t at)
{
	return at < SCHEMAS ? schemas[at].name : NULL;
}

static const struct argp_option rows[] = {
	{ "help", ARGS_HELP, NULL, 0, "Show this and end", 0 },
	{ 0 }
};

static int set_schema(struct typed *t, const char *word)
{
	const char *names[SCHEMAS];

	if (t->schema) {
		buf_puts(&t->error, "one schema at a time; and then ");
		args_quote(&t->error, word);
		return -EINVAL;
	}
	for (size_t i = 0; i < SCHEMAS; i++) {
		names[i] = schemas[i].name;
		if (!strcmp(names[i], word))
			t->schema = &schemas[i];
	}
	if (t->schema)
		return 0;
	args_unknown(&t->error, "schema", word, names, SCHEMAS);
	return -EINVAL;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	return key == ARGP_KEY_ARG ? -set_schema(state->input, arg) : ARGP_ERR_UNKNOWN;
}

static const struct argp_child groups[] = {
	{ &(const struct argp){ .options = rows, .parser = parse }, 0, NULL, 0 },
	{ 0 }
};

const struct argp schema_argp = {
	.parser = args_groups,
	.children = groups,
	.args_doc = "[NAME]",
	.doc = "Print the JSON Schema (draft 7) of what other commands print as JSON, and of the files that they read. Without a name: "
	       "which there are, and of what."
	       "\vExamples:\n"
	       "  capsieve schema\n"
	       "      which there are\n"
	       "  capsieve schema trace | jq -r '.definitions.check.properties | keys[]'\n"
	       "      everything that a check can tell\n"
	       "  capsieve schema rules > rules.schema.json\n"
	       "      for an editor that helps to write rules\n",
};

static int print(const struct schema *schema)
{
	struct buf b = BUF_INIT;
	int err;

	if (schema && schema->make)
		schema->make(&b);
	else if (schema)
		buf_puts(&b, schema->text);
	for (size_t i = 0; !schema && i < SCHEMAS; i++)
		buf_printf(&b, "%-8s %s\n", schemas[i].name, schemas[i].of);
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
	help_print(&schema_argp, to.command, NULL);
	return say_flush(&to);
}

int schema_main(int argc, char **argv)
{
	struct typed typed = { .error = BUF_INIT };
	bool wants_help = false;
	int err = args_parse(&schema_argp, NULL, argc, argv, &typed, &wants_help, &typed.error), code = EXIT_USAGE;

	if (err)
		say(&to, "%s", buf_str(&typed.error));
	else
		code = wants_help ? help() : print(typed.schema);
	buf_done(&typed.error);
	return code;
}
