/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/schema.h"

#include <argp.h>

#include "schema_text.h"
#include "user/base/buf.h"
#include "user/cmd/args.h"
#include "user/cmd/commands.h"
#include "user/cmd/oneword.h"
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
	{ "profile", "files that profile -o writes, profile --json (of --host too) and profile diff --json", SCHEMA_PROFILE, NULL },
	{ "history", "lines of history --json", SCHEMA_HISTORY, NULL },
	{ "ps", "lines of ps --json and ps --granted --json", SCHEMA_PS, NULL },
	{ "doctor", "doctor --json", SCHEMA_DOCTOR, NULL },
	{ "file", "file WORD --json", SCHEMA_FILE, NULL },
	{ "explain", "explain --json", SCHEMA_EXPLAIN, NULL },
	{ "check", "lines of check --json", SCHEMA_CHECK, NULL },
	{ "watch", "watch status --json, and what else a daemon is asked", SCHEMA_WATCH, NULL },
	{ "rules", "files of rules", NULL, schema_rules },
	{ "config", "the configuration of watch", NULL, schema_config },
};

enum { SCHEMAS = sizeof(schemas) / sizeof(schemas[0]) };

const char *schema_word(size_t at)
{
	return at < SCHEMAS ? schemas[at].name : NULL;
}

const struct argp schema_argp = {
	.parser = args_groups,
	.children = oneword_groups,
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

static int print(size_t at)
{
	const struct schema *schema = at == ONEWORD_NONE ? NULL : &schemas[at];
	struct buf b = BUF_INIT;

	if (schema && schema->make)
		schema->make(&b);
	else if (schema)
		buf_puts(&b, schema->text);
	for (size_t i = 0; !schema && i < SCHEMAS; i++)
		buf_printf(&b, "%-8s %s\n", schemas[i].name, schemas[i].of);
	return say_text(&to, &b);
}

int schema_main(int argc, char **argv)
{
	return oneword_main(&(const struct oneword){ &to, &schema_argp, "schema", schema_word, print }, argc, argv);
}
