/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "user/base/json.h"
#include "user/cmd/commands.h"
#include "user/cmd/complain.h"
#include "user/cmd/say.h"
#include "user/rule/complaint.h"
#include "user/rule/config.h"
#include "user/rule/lint.h"
#include "user/rule/rules_load.h"
#include "user/rule/schema.h"

const struct say check_say = { "check" };

/* What is installed, as far as it is there. */
static void use_installed(struct check_options *o)
{
	static const char *const paths[] = { RULES_DIR_SHARED, RULES_DIR_OWN, RULES_CONFIG };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (!access(paths[i], F_OK))
			o->paths[o->count++] = paths[i];
}

/* All of them, and the last: there is one daemon, and it reads one. */
static int read_configs(const struct rules_texts *texts, struct complaints *told, struct config **ret)
{
	int err = 0, r;

	*ret = NULL;
	for (size_t i = 0; i < texts->count; i++) {
		struct config *c = NULL;

		if (!texts->at[i].is_config)
			continue;
		r = config_read(texts->at[i].name, texts->at[i].text, texts->at[i].n, told, &c);
		err = r ? r : err;
		if (r)
			continue;
		config_free(*ret);
		*ret = c;
	}
	return err;
}

static void put_json(struct buf *b, const struct complaint *c)
{
	struct json j;

	json_init(&j, b);
	json_object(&j);
	json_key(&j, "type");
	json_cstr(&j, c->warning ? "warning" : "mistake");
	if (c->file) {
		json_key(&j, "file");
		json_cstr(&j, c->file);
	}
	if (c->line) {
		json_key(&j, "line");
		json_u64(&j, c->line);
		json_key(&j, "column");
		json_u64(&j, c->column);
	}
	json_key(&j, "message");
	json_cstr(&j, c->sentence);
	json_object_end(&j);
	buf_putc(b, '\n');
}

static void put_summary(struct buf *b, const struct rules_texts *texts, const struct rules *rules,
			const struct complaints *told)
{
	struct json j;

	json_init(&j, b);
	json_object(&j);
	json_key(&j, "type");
	json_cstr(&j, "checked");
	json_member_u64(&j, "files", texts->count);
	json_member_u64(&j, "rules", rules ? rules->count : 0);
	json_member_u64(&j, "mistakes", told->mistakes);
	json_member_u64(&j, "warnings", told->warnings);
	json_object_end(&j);
	buf_putc(b, '\n');
}

static const char *s_of(size_t n)
{
	return n == 1 ? "" : "s";
}

static void put_line(struct buf *b, size_t files, const struct rules *rules, const struct complaints *told)
{
	if (rules)
		buf_printf(b, "%zu rule%s in ", rules->count, s_of(rules->count));
	buf_printf(b, "%zu file%s: %zu mistake%s, %zu warning%s\n", files, s_of(files), told->mistakes,
		   s_of(told->mistakes), told->warnings, s_of(told->warnings));
}

static int tell(const struct check_options *o, const struct rules_texts *texts, const struct rules *rules,
		const struct complaints *told)
{
	struct buf b = BUF_INIT;

	if (!o->json) {
		complain(told);
	} else {
		for (size_t i = 0; i < told->count; i++)
			put_json(&b, &told->at[i]);
		put_summary(&b, texts, rules, told);
	}
	if (!o->json && !o->quiet && !o->replay && !o->explain)
		put_line(&b, texts->count, rules, told);
	fwrite(buf_str(&b), 1, b.len, stdout);
	buf_done(&b);
	return say_flush(&check_say);
}

static int go_on(const struct checked *c)
{
	if (c->options->replay)
		return check_replay(c);
	return c->options->explain ? check_explain(c) : EXIT_FINE;
}

/* The rest of the mistakes is looked for in the files that could be read. */
static int check(const struct check_options *o, struct rules_texts *texts, struct complaints *told)
{
	struct config *config = NULL;
	struct rules *rules = NULL;
	int err = read_configs(texts, told, &config), r, code;

	r = rules_texts_compile(texts, told, &rules);
	err = r == -ENOMEM || told->error ? -ENOMEM : err;
	if (rules && !told->mistakes) {
		lint_rules(rules, config, told);
		lint_host(rules, config, "/proc", told);
	}
	complaints_sort(told);
	code = tell(o, texts, rules, told);
	if (err == -ENOMEM) {
		say(&check_say, "out of memory");
		code = EXIT_FAILED;
	} else if (told->mistakes) {
		code = EXIT_USAGE;
	} else if (!code) {
		code = go_on(&(const struct checked){ o, rules });
	}
	rules_free(rules);
	config_free(config);
	return code;
}

static int print_schema(const char *which)
{
	struct buf b = BUF_INIT;

	if (!strcmp(which, "rules"))
		schema_rules(&b);
	else
		schema_config(&b);
	return say_text(&check_say, &b);
}

static int run(struct check_options *o)
{
	struct complaints told = { .count = 0 };
	struct rules_texts texts;
	int code;

	if (!o->count)
		use_installed(o);
	if (!o->count) {
		say(&check_say, "what is to be checked? There are no files in /etc/capsieve and /usr/share/capsieve");
		return EXIT_USAGE;
	}
	if (rules_texts_read(o->paths, o->count, RULES_FOR_PERSON, &told, &texts) == -ENOMEM) {
		say(&check_say, "out of memory");
		code = EXIT_FAILED;
	} else {
		code = check(o, &texts, &told);
	}
	rules_texts_done(&texts);
	complaints_done(&told);
	return code;
}

int check_main(int argc, char **argv)
{
	struct check_options o;
	int err = check_options_parse(argc, argv, &o), code;

	if (err) {
		say(&check_say, "%s", buf_str(&o.error));
		code = EXIT_USAGE;
	} else if (o.help) {
		check_help();
		code = say_flush(&check_say);
	} else {
		code = o.schema ? print_schema(o.schema) : run(&o);
	}
	check_options_done(&o);
	return code;
}
