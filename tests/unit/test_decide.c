/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "user/base/buf.h"
#include "user/caps/capability.h"
#include "user/model/workload.h"
#include "user/rule/complaint.h"
#include "user/rule/facts.h"
#include "user/rule/rules.h"

#define TABLE "tests/unit/rules.table"

/* What a decision may take of a CPU; a sanitizer makes it some four times as long. */
#ifdef __SANITIZE_ADDRESS__
#define LIMIT_NS 2000000
#else
#define LIMIT_NS 200000
#endif

/* A profile of the network's two. */
static int read_profile(void *ctx, const char *from, const char *path, uint64_t *ret, struct buf *why)
{
	(void)ctx, (void)from, (void)why;
	assert_string_equal(path, "net.json");
	*ret = 1ULL << 12 | 1ULL << 13;
	return 0;
}

static struct rules *read_rules(const char *text, size_t n)
{
	const struct rules_profiles profiles = { read_profile, NULL };
	const struct rules_file file = { "r.yaml", text, n };
	struct complaints told = { .count = 0 };
	struct rules *rules = NULL;

	if (rules_read(&file, 1, &profiles, &told, &rules))
		fail_msg("%s", told.count ? told.at[0].shown : "no memory");
	complaints_done(&told);
	return rules;
}

static enum site_class class_of(const char *word)
{
	for (int i = 0; i < SITE_CLASS_COUNT; i++)
		if (!strcmp(rule_class_words[i], word))
			return (enum site_class)i;
	fail_msg("no class '%s'", word);
	return SITE_UNCLASSIFIED;
}

/* The sets say what deciding one by one says, and where nothing is unknown or depends on a class, all of it. */
static void check_sets(const struct rules *rules, const struct where_subject *who)
{
	struct rules_sets sets;
	bool of_classes = false;

	for (size_t i = 0; i < rules->count; i++)
		of_classes |= rules->at[i].class_given;
	rules_sets(rules, who, &sets);
	for (int i = 0; i < 2 * 64 * SITE_CLASS_COUNT; i++) {
		const struct rules_check check = { who, i / 2 % 64, i % 2, (enum site_class)(i / 128) };
		bool usual = check.class != SITE_QUALITY && check.class != SITE_ADVISORY;
		bool allows = sets.allow[i % 2] >> check.cap & 1, ignores = sets.ignore[i % 2] >> check.cap & 1;
		struct decision said;

		rules_decide(rules, &check, &said, NULL, NULL);
		assert_false(allows && ignores);
		if (allows)
			assert_true(said.action == DECISION_ALLOW || (!usual && said.action == DECISION_IGNORE));
		if (ignores)
			assert_int_equal(said.action, DECISION_IGNORE);
		if (!of_classes && usual && !said.unknown)
			assert_int_equal(allows || ignores, said.action <= DECISION_ALLOW);
	}
}

static void check_line(const struct rules *rules, const char *line, unsigned number)
{
	char who[512], cap[32], verdict[16], class[16] = "unclassified", asked[64], want[128], got[128];
	struct buf why = BUF_INIT;
	struct facts facts;
	struct decision said;
	struct rules_check check;
	unsigned nr;

	if (sscanf(line, " |%63[^|]|%127[^\n]", asked, want) == 2)
		who[0] = '\0';
	else if (sscanf(line, "%511[^|]|%63[^|]|%127[^\n]", who, asked, want) != 3)
		fail_msg(TABLE ":%u: no case", number);
	assert_true(sscanf(asked, "%31s %15s %15s", cap, verdict, class) >= 2);
	assert_int_equal(capability_parse(cap, strlen(cap), &nr), 0);
	if (facts_parse(who, &facts, &why))
		fail_msg(TABLE ":%u: %s", number, buf_str(&why));
	check = (struct rules_check){ &facts.who, (int)nr, !strcmp(verdict, "denied"), class_of(class) };
	rules_decide(rules, &check, &said, NULL, NULL);
	check_sets(rules, &facts.who);
	snprintf(got, sizeof(got), " %s %s %s%s%s", decision_actions[said.action], said.rule ? said.rule : "-", said.by,
		 said.unknown ? " " : "", said.unknown ? said.unknown : "");
	if (strcmp(got, want))
		fail_msg(TABLE ":%u: '%s' and not '%s'", number, got + 1, want + 1);
	facts_done(&facts);
	buf_done(&why);
}

static void the_table_is_as_decided(void **state)
{
	struct buf text = BUF_INIT;
	struct rules *rules = NULL;
	bool in_rules = false;
	char line[1024];
	unsigned number = 0, cases = 0;
	FILE *f = fopen(TABLE, "r");

	(void)state;
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		number++;
		if (!strncmp(line, "== ", 3)) {
			buf_clear(&text);
			in_rules = true;
		} else if (!strcmp(line, "--\n")) {
			rules_free(rules);
			rules = read_rules(buf_str(&text), text.len);
			in_rules = false;
		} else if (in_rules) {
			buf_puts(&text, line);
		} else if (rules && line[0] != '\n' && line[0] != '#') {
			check_line(rules, line, number);
			cases++;
		}
	}
	fclose(f);
	rules_free(rules);
	buf_done(&text);
	assert_true(cases >= 150);
}

/* The step of each rule, as --explain tells it. */
static void every_step_has_its_reason(void **state)
{
	static const char text[] = "version: 1\nrules:\n"
				   "  - {name: a, where: {unit: x}, alert: kill}\n"
				   "  - {name: b, alert: chown}\n"
				   "  - {name: c, verdict: denied, alert: kill}\n"
				   "  - {name: d, class: quality, alert: kill}\n"
				   "  - {name: e, except: [{unit: z}, {unit: y}], alert: kill}\n"
				   "  - {name: f, where: {exe: /a}, log: kill}\n"
				   "  - {name: g, allow_profile: learned}\n"
				   "  - {name: h, allow: kill}\n"
				   "  - {name: i, alert: kill}\n";
	static const enum rules_step want[] = { STEP_WHERE, STEP_CAP,	  STEP_VERDICT, STEP_CLASS,	 STEP_EXCEPT,
						STEP_UNKNOWN, STEP_LEARNED, STEP_DECIDES, STEP_NOT_REACHED };
	struct rules *rules = read_rules(text, strlen(text));
	struct rules_reason reasons[9];
	struct buf why = BUF_INIT;
	struct facts facts;
	struct rules_check check = { &facts.who, 5, false, SITE_UNCLASSIFIED };
	struct decision said;
	size_t by;

	(void)state;
	assert_int_equal(facts_parse("unit=y.service", &facts, &why), 0);
	rules_decide(rules, &check, &said, &by, reasons);
	for (size_t i = 0; i < 9; i++)
		if (reasons[i].step != want[i])
			fail_msg("rule %zu: %d and not %d", i, reasons[i].step, want[i]);
	assert_int_equal(reasons[4].except, 1);
	assert_string_equal(reasons[5].term->glob, "/a");
	/* f says log, which is louder than h's allow; g no more than that. */
	assert_int_equal(by, 5);
	assert_string_equal(said.unknown, "exe");
	assert_int_equal(said.line, 8);
	facts_done(&facts);
	rules_free(rules);
	buf_done(&why);
}

static void who_is_learned_is_who_a_rule_may_be_about(void **state)
{
	static const char text[] = "version: 1\nrules:\n"
				   "  - {name: a, where: {unit: web}, except: {unit: web.service, user: root}, allow_profile: learned, learn: 1s}\n"
				   "  - {name: b, where: {unit: \"*\"}, allow_profile: learned, learn: 2s}\n"
				   "  - {name: c, where: {exe: /a}, allow_profile: learned, learn: 3s}\n"
				   "  - {name: d, where: {image: \"shop/*\"}, allow_profile: learned, learn: 4s by image}\n"
				   "  - {name: e, allow_profile: learned}\n";
	struct rules *rules = read_rules(text, strlen(text));
	struct workload unit = { .kind = WORKLOAD_UNIT, .text = { [WORKLOAD_PATH] = (char *)"/system.slice/web.service",
								  [WORKLOAD_UNIT_NAME] = (char *)"web.service" } };
	struct workload shop = { .kind = WORKLOAD_CONTAINER, .engine = ENGINE_DOCKER, .flags = WORKLOAD_VERIFIED | WORKLOAD_RESOLVED,
				 .text = { [WORKLOAD_PATH] = (char *)"/docker/1", [WORKLOAD_IMAGE] = (char *)"shop/web:1" } };

	(void)state;
	assert_int_equal(rules_learn(rules, &unit, BASELINE_NAME), 1000000000);
	assert_int_equal(rules_learn(rules, &unit, BASELINE_IMAGE), 0);
	unit.text[WORKLOAD_UNIT_NAME] = (char *)"db.service";
	assert_int_equal(rules_learn(rules, &unit, BASELINE_NAME), 2000000000);
	assert_int_equal(rules_learn(rules, &shop, BASELINE_NAME), 3000000000);
	assert_int_equal(rules_learn(rules, &shop, BASELINE_IMAGE), 4000000000);
	shop.text[WORKLOAD_IMAGE] = (char *)"other:1";
	assert_int_equal(rules_learn(rules, &shop, BASELINE_IMAGE), 0);
	rules_free(rules);
}

static uint64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* A thousand rules that all have to be gone through, for every capability of a new program: the least of some rounds. */
static void a_thousand_rules_are_soon_gone_through(void **state)
{
	struct buf text = BUF_INIT, why = BUF_INIT;
	uint64_t best = UINT64_MAX;
	struct rules *rules;
	struct facts facts;

	(void)state;
	buf_puts(&text, "version: 1\nrules:\n");
	for (int i = 0; i < 1000; i++)
		buf_printf(&text, "  - {name: r%d, where: {unit: app-%d.service, exe: \"/srv/%d/*/bin/*\", user: \"!root\"}, "
				  "allow: [chown, kill], otherwise: alert}\n", i, i, i);
	rules = read_rules(buf_str(&text), text.len);
	assert_int_equal(facts_parse("unit=app-none.service user=www user=33 exe=/srv/x/y/bin/z", &facts, &why), 0);
	for (int round = 0; round < 20; round++) {
		struct rules_check check = { &facts.who, 5, false, SITE_UNCLASSIFIED };
		uint64_t start = cpu_ns(), took;
		struct decision said;

		rules_decide(rules, &check, &said, NULL, NULL);
		took = cpu_ns() - start;
		best = took < best ? took : best;
		assert_null(said.rule);
	}
	print_message("1,000 rules: %llu ns\n", (unsigned long long)best);
	assert_true(best < LIMIT_NS);
	best = UINT64_MAX;
	for (int round = 0; round < 20; round++) {
		uint64_t start = cpu_ns(), took;
		struct rules_sets sets;

		rules_sets(rules, &facts.who, &sets);
		took = cpu_ns() - start;
		best = took < best ? took : best;
		assert_int_equal(sets.allow[0] | sets.ignore[0], 0);
	}
	print_message("... and the sets of a new program: %llu ns\n", (unsigned long long)best);
	assert_true(best < LIMIT_NS);
	facts_done(&facts);
	rules_free(rules);
	buf_done(&text);
	buf_done(&why);
}

static void facts_are_read(void **state)
{
	static const struct {
		const char *text, *why;
	} bad[] = {
		{ "exe", "'exe' is no fact: they are key=value, such as unit=nginx.service" },
		{ "ext=/a", "'ext' is no key; did you mean 'exe'?" },
		{ "unit=a unit=b unit=c", "'c.service' is one too many of this key" },
		{ "unit?/a", "'unit?/a' is no fact: they are key=value, such as unit=nginx.service" },
	};
	struct facts f;
	struct buf why = BUF_INIT;

	(void)state;
	assert_int_equal(facts_parse("  cmdline=a\\ b\\\\ user=root user=0 tty= ", &f, &why), 0);
	assert_string_equal(f.who.is[WHERE_CMDLINE].name, "a b\\");
	assert_string_equal(f.who.is[WHERE_USER].also, "0");
	assert_null(f.who.is[WHERE_TTY].name);
	assert_int_equal(f.who.known, 1U << WHERE_CMDLINE | 1U << WHERE_USER | 1U << WHERE_TTY);
	assert_int_equal(f.who.unsure, 1U << WHERE_CMDLINE);
	facts_done(&f);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		buf_clear(&why);
		assert_int_equal(facts_parse(bad[i].text, &f, &why), -EINVAL);
		assert_string_equal(buf_str(&why), bad[i].why);
		facts_done(&f);
	}
	buf_done(&why);
}

static void classes_have_the_words_of_every_output(void **state)
{
	(void)state;
	for (int i = 0; i < SITE_CLASS_COUNT; i++)
		assert_string_equal(rule_class_words[i], site_class_word((enum site_class)i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_is_as_decided),
		cmocka_unit_test(every_step_has_its_reason),
		cmocka_unit_test(who_is_learned_is_who_a_rule_may_be_about),
		cmocka_unit_test(a_thousand_rules_are_soon_gone_through),
		cmocka_unit_test(facts_are_read),
		cmocka_unit_test(classes_have_the_words_of_every_output),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
