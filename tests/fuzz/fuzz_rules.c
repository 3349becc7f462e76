/* SPDX-License-Identifier: BSD-2-Clause */
/* Any text as rules, and as configuration: mistakes are of the file and safe to show, and what is read decides everything. */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/text.h"
#include "user/rule/complaint.h"
#include "user/rule/config.h"
#include "user/rule/facts.h"
#include "user/rule/lint.h"
#include "user/rule/limits.h"
#include "user/rule/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_told(const struct complaints *told)
{
	for (size_t i = 0; i < told->count; i++) {
		const char *at = told->at[i].shown;

		assert(!strcmp(told->at[i].file, "f") && !strncmp(at, "f:", 2));
		assert(told->at[i].line > 0 && told->at[i].column > 0);
		for (const char *end; (end = strchr(at, '\n')); at = end + 1)
			assert(text_utf8_ok(at, (size_t)(end - at)));
		assert(!*at);
	}
}

/* The decision, and the reasons that --explain shows, are of one mind. */
static void decide(const struct rules *rules, struct where_subject *who, struct rules_reason *reasons)
{
	for (int i = 0; i < 64 * 2 * SITE_CLASS_COUNT; i++) {
		const struct rules_check check = { who, i % 64, i / 64 % 2, (enum site_class)(i / 128) };
		struct decision said, again;
		size_t by;

		rules_decide(rules, &check, &said, &by, reasons);
		rules_decide(rules, &check, &again, NULL, NULL);
		assert(said.action == again.action && said.by == again.by && said.rule == again.rule);
		assert(said.action < DECISION_ACTIONS && said.severity < SEVERITIES && said.by);
		assert(by <= rules->count && (by < rules->count) == (said.rule != NULL));
		if (by < rules->count)
			assert(reasons[by].step == STEP_DECIDES || reasons[by].step == STEP_UNKNOWN ||
			       reasons[by].step == STEP_LEARNED);
	}
}

static void hold(const struct rules *rules)
{
	struct limits *l = limits_new(16);

	for (size_t i = 0; i < rules->count && i < 20; i++) {
		struct limits_about about = { i, "w", 1, 1, true, 1 };

		for (uint64_t now = 1; now < (uint64_t)1 << 62; now <<= 7)
			assert(limits_pass(l, &rules->at[i], &about, now, now & 1000, NULL) < HELD_REASONS);
	}
	limits_free(l);
}

static void use(const struct rules *rules, struct complaints *told)
{
	static const char *const people[] = {
		"", "exe=/usr/bin/x comm=x cmdline=x user=root user=0 group=0 unit=a tty=pts/0 userns=host ancestor=/bin/sh",
		"container?=web image?=a:b engine?=docker pod?=p k8s_namespace?=n cgroup=/a/b exe?=/x user=1000",
	};
	struct rules_reason *reasons = calloc(rules->count + 1, sizeof(*reasons));
	struct buf why = BUF_INIT;

	for (size_t i = 0; i < sizeof(people) / sizeof(people[0]); i++) {
		struct facts facts;

		assert(!facts_parse(people[i], &facts, &why));
		decide(rules, &facts.who, reasons);
		facts_done(&facts);
	}
	hold(rules);
	lint_rules(rules, NULL, told);
	free(reasons);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct rules_file file = { "f", (const char *)data, size };
	struct complaints told = { .count = 0 };
	struct config *config = NULL;
	struct rules *rules = NULL;
	struct facts facts;
	struct buf why = BUF_INIT;
	char *text;
	int err;

	err = rules_read(&file, 1, NULL, &told, &rules);
	assert(err ? err == -EINVAL && told.mistakes : !told.mistakes);
	if (!err && rules->count < 200)
		use(rules, &told);
	check_told(&told);
	complaints_done(&told);
	rules_free(rules);
	err = config_read("f", (const char *)data, size, &told, &config);
	assert(err ? err == -EINVAL && told.mistakes : !told.mistakes);
	check_told(&told);
	complaints_done(&told);
	config_free(config);
	text = strndup((const char *)data, size);
	facts_parse(text, &facts, &why);
	assert(text_utf8_ok(buf_str(&why), why.len));
	facts_done(&facts);
	free(text);
	buf_done(&why);
	return 0;
}
