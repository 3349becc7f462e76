/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include <string.h>

#include "user/base/buf.h"
#include "user/rule/complaint.h"
#include "user/rule/rules.h"

static int read_profile(void *ctx, const char *from, const char *path, uint64_t *ret, struct buf *why)
{
	(void)ctx;
	if (strcmp(path, "good.json")) {
		buf_printf(why, "%s: no such file (of %s)", path, from);
		return -ENOENT;
	}
	*ret = 1;
	return 0;
}

static const struct rules_profiles profiles = { read_profile, NULL };

/* All files of a set; the exact bytes of what is said of them. */
static void says_of(const struct rules_file *files, size_t count, const char *want)
{
	struct complaints told = { .count = 0 };
	struct rules *rules = NULL;
	struct buf got = BUF_INIT;
	int err = rules_read(files, count, &profiles, &told, &rules);

	for (size_t i = 0; i < told.count; i++)
		buf_puts(&got, told.at[i].shown);
	assert_string_equal(buf_str(&got), want);
	assert_int_equal(err, *want ? -EINVAL : 0);
	rules_free(rules);
	complaints_done(&told);
	buf_done(&got);
}

static void says(const char *text, const char *want)
{
	const struct rules_file file = { "r.yaml", text, strlen(text) };

	says_of(&file, 1, want);
}

#define TOP "version: 1\nrules:\n"

/* One rule; the mistake is on line 3 unless the rule says otherwise. */
#define RULE(rest, want) says(TOP "  - {name: a, " rest "}\n", "r.yaml:" want)
#define LINE3(rest, caret) "     3 |   - {name: a, " rest "}\n       | " caret "^\n"

static void keys_are_told(void **state)
{
	(void)state;
	says("", "r.yaml:1:1: 'version' is missing\n     1 | \n       | ^\n");
	says("version: 2\n", "r.yaml:1:10: this version of capsieve reads version 1, and not '2'\n"
			     "     1 | version: 2\n       |          ^\n");
	says("version: 1\nrule: []\n", "r.yaml:2:1: unknown key 'rule'; did you mean 'rules'?\n"
				       "     2 | rule: []\n       | ^\n");
	says("version: 1\nrules: nginx\n", "r.yaml:2:8: rules are a list: each begins with '- name:'\n"
					   "     2 | rules: nginx\n       |        ^\n");
	says(TOP "  - nginx\n", "r.yaml:3:5: a rule is needed here, a mapping that begins with '- name:', and not 'nginx'\n"
				"     3 |   - nginx\n       |     ^\n");
	says(TOP "  - name: a\n    alow: chown\n",
	     "r.yaml:4:5: unknown key 'alow'; did you mean 'allow'?\n     4 |     alow: chown\n       |     ^\n");
	says(TOP "  - {allow: chown}\n", "r.yaml:3:5: 'name' is missing\n     3 |   - {allow: chown}\n       |     ^\n");
	says(TOP "  - name: a\n    allow: chown\n    allow: kill\n",
	     "r.yaml:5:5: 'allow' stands here twice; first in line 4\n     5 |     allow: kill\n       |     ^\n");
	says("version: 1\ndefault: allow\n",
	     "r.yaml:2:10: unknown word 'allow'; there are log, alert, ignore\n     2 | default: allow\n"
	     "       |          ^\n");
	says("version: 1\nrules:\n", "");
	says("version: 1\nrules: []\n", "");
}

static void capabilities_are_told(void **state)
{
	(void)state;
	RULE("allow: net_rwa", "3:22: unknown capability 'net_rwa'; did you mean 'CAP_NET_RAW'?\n"
	     LINE3("allow: net_rwa", "                     "));
	RULE("allow: 'chown, xyzzy'", "3:30: unknown capability 'xyzzy'; 'capsieve explain' lists them\n"
	     LINE3("allow: 'chown, xyzzy'", "                             "));
	RULE("allow: []", "3:22: a capability is needed here, and the list is empty\n"
	     LINE3("allow: []", "                     "));
	RULE("allow: ''", "3:22: a capability is needed here\n" LINE3("allow: ''", "                     "));
	RULE("allow: [[kill]]", "3:23: a capability is needed here, and not a list in a list\n"
	     LINE3("allow: [[kill]]", "                      "));
	RULE("allow: {a: b}", "3:22: a capability is needed here, and not a mapping\n"
	     LINE3("allow: {a: b}", "                     "));
	RULE("allow: '!kill'", "3:22: a capability has no '!' here: 'otherwise' is for all others\n"
	     LINE3("allow: '!kill'", "                     "));
	RULE("alert: $risky", "3:22: no list is called '$risky': there is no 'lists' in these files\n"
	     LINE3("alert: $risky", "                     "));
	RULE("allow: kill, alert: [chown, kill]", "3:35: 'allow' of the same rule names this too: CAP_KILL\n"
	     LINE3("allow: kill, alert: [chown, kill]", "                                  "));
}

static void conditions_are_told(void **state)
{
	(void)state;
	RULE("log: all, where: {unti: x}", "3:33: unknown condition 'unti'; did you mean 'unit'?\n"
	     LINE3("log: all, where: {unti: x}", "                                "));
	RULE("log: all, where: {}", "3:32: conditions are needed here: {unit: nginx.service}, {user: \"!root\"}\n"
	     LINE3("log: all, where: {}", "                               "));
	RULE("log: all, where: nginx", "3:32: conditions are needed here: {unit: nginx.service}, {user: \"!root\"}\n"
	     LINE3("log: all, where: nginx", "                               "));
	RULE("log: all, where: {exe: nginx}",
	     "3:38: 'nginx' is no path from the root and can never fit: write /usr/bin/NAME, or */NAME\n"
	     LINE3("log: all, where: {exe: nginx}", "                                     "));
	RULE("log: all, where: {exe: '/a[b'}",
	     "3:38: '/a[b' is no glob: a '[' without its ']', a range that runs backwards, or a '\\' at the end\n"
	     LINE3("log: all, where: {exe: '/a[b'}", "                                     "));
	RULE("log: all, where: {userns: mine}", "3:41: 'mine' is none of host, own and other\n"
	     LINE3("log: all, where: {userns: mine}", "                                        "));
	RULE("log: all, where: {exe: /usr/bin/}",
	     "3:38: '/usr/bin/' is a directory and can never fit: write a '*' behind it\n"
	     LINE3("log: all, where: {exe: /usr/bin/}", "                                     "));
	RULE("log: all, where: {tty: /dev/pts/0}",
	     "3:38: '/dev/pts/0' can never fit: a terminal is written without /dev, as pts/0 or tty1\n"
	     LINE3("log: all, where: {tty: /dev/pts/0}", "                                     "));
	RULE("log: all, where: {engine: Docker}",
	     "3:41: 'Docker' is no engine that is known: docker, podman, containerd, cri-o, kubernetes, ...\n"
	     LINE3("log: all, where: {engine: Docker}", "                                        "));
	RULE("log: all, where: {user: '!'}", "3:39: '!' says nothing: a name or a glob is needed\n"
	     LINE3("log: all, where: {user: '!'}", "                                      "));
	RULE("log: all, where: {user: a, user: b}", "3:42: 'user' stands here twice; first in line 3\n"
	     LINE3("log: all, where: {user: a, user: b}", "                                         "));
	RULE("log: all, except: [{}]", "3:34: conditions are needed here: {unit: nginx.service}, {user: \"!root\"}\n"
	     LINE3("log: all, except: [{}]", "                                 "));
}

static void the_other_words_are_told(void **state)
{
	(void)state;
	RULE("severity: warning", "3:5: this rule decides nothing: 'allow', 'alert', 'log', 'ignore', 'allow_profile' or "
	     "'otherwise' is missing\n" LINE3("severity: warning", "    "));
	RULE("alert: kill, on_denied: log",
	     "3:39: 'on_denied' is about what is allowed, and this rule allows nothing\n"
	     LINE3("alert: kill, on_denied: log", "                                      "));
	RULE("alert: kill, severity: warn", "3:38: unknown word 'warn'; did you mean 'warning'?\n" LINE3("alert: kill, severity: warn", "                                     "));
	RULE("otherwise: alarm", "3:26: unknown word 'alarm'; there are ignore, allow, log, alert\n"
	     LINE3("otherwise: alarm", "                         "));
	RULE("alert: all, verdict: denid", "3:36: unknown word 'denid'; did you mean 'denied'?\n"
	     LINE3("alert: all, verdict: denid", "                                   "));
	RULE("alert: all, class: neded", "3:34: unknown word 'neded'; did you mean 'needed'?\n"
	     LINE3("alert: all, class: neded", "                                 "));
	RULE("alert: all, once_per: 10x",
	     "3:37: a length of time such as 10m or 1h30m is needed here, and not '10x'\n"
	     LINE3("alert: all, once_per: 10x", "                                    "));
	RULE("alert: all, once_per: 0s", "3:37: '0s' is too short or too long: from 1ns to 365d\n"
	     LINE3("alert: all, once_per: 0s", "                                    "));
	RULE("allow_profile: learned, learn: soon",
	     "3:46: a length of time such as 10m or 1h30m is needed here, and not 'soon'\n"
	     LINE3("allow_profile: learned, learn: soon", "                                             "));
	RULE("allow_profile: learned, learn: 7d by pod",
	     "3:46: '7d by pod': it is learned 'by name', as where nothing is said, or 'by image'\n"
	     LINE3("allow_profile: learned, learn: 7d by pod", "                                             "));
	RULE("allow: kill, learn: 7d", "3:35: 'learn' is how long 'allow_profile: learned' takes, and that is missing\n"
	     LINE3("allow: kill, learn: 7d", "                                  "));
	RULE("alert: all, more_than: 20",
	     "3:38: a number and a time are needed here, such as '20 in 1m', and not '20'\n"
	     LINE3("alert: all, more_than: 20", "                                     "));
	RULE("alert: all, more_than: 0 in 1m",
	     "3:38: a number and a time are needed here, such as '20 in 1m', and not '0 in 1m'\n"
	     LINE3("alert: all, more_than: 0 in 1m", "                                     "));
	RULE("allow_profile: gone.json", "3:30: gone.json: no such file (of r.yaml)\n"
	     LINE3("allow_profile: gone.json", "                             "));
	RULE("alert: all, tags: {}", "3:33: a tag is needed here, and not a mapping\n"
	     LINE3("alert: all, tags: {}", "                                "));
}

static void all_and_another_list_are_told(void **state)
{
	(void)state;
	RULE("allow: kill, alert: all",
	     "3:35: 'alert: all' names what 'allow' of the same rule does; 'otherwise: alert' is for all others\n"
	     LINE3("allow: kill, alert: all", "                                  "));
	RULE("alert: all, allow: all", "3:22: 'allow: all' and 'alert: all' stand in the same rule\n"
	     LINE3("alert: all, allow: all", "                     "));
}

static void what_yaml_takes_for_its_own_is_quoted(void **state)
{
	(void)state;
	RULE("alert: all, where: {container: !x}", "3:46: a value that begins with '!' is quoted: \"!name\"\n"
	     LINE3("alert: all, where: {container: !x}", "                                             "));
	RULE("alert: all, where: {container: *}", "3:46: a value that begins with '*' is quoted: \"*name\"\n"
	     LINE3("alert: all, where: {container: *}", "                                             "));
}

static void all_mistakes_of_all_files_are_told(void **state)
{
	static const char one[] = "version: 1\ndefault: alert\nlists: {l: [kill, nope]}\nrules:\n"
				  "  - {name: a, allow: chwon, severity: lo}\n  - {name: b, alert: $l}\n";
	static const char two[] = "version: 1\ndefault: log\nlists: {l: bpf, m: $l}\nrules:\n"
				  "  - {name: a, alert: [$l, $n]}\n";
	static const char three[] = "a: [\n";
	const struct rules_file files[] = {
		{ "one", one, sizeof(one) - 1 }, { "two", two, sizeof(two) - 1 }, { "t\nhree", three, sizeof(three) - 1 },
	};

	(void)state;
	says_of(files, 3,
		"two:2:10: another default than 'alert' in one:2: all files together have one\n"
		"     2 | default: log\n       |          ^\n"
		"two:3:9: 'l' is a list already: one:3\n     3 | lists: {l: bpf, m: $l}\n       |         ^\n"
		"two:3:20: a list names words, and no other list\n     3 | lists: {l: bpf, m: $l}\n"
		"       |                    ^\n"
		"t\\x0ahree:2:1: did not find expected node content; the '[' of line 1 is not closed\n     2 | \n       | ^\n"
		"t\\x0ahree:1:1: unknown key 'a'; there are version, default, lists, rules\n     1 | a: [\n       | ^\n"
		"one:5:22: unknown capability 'chwon'; did you mean 'CAP_CHOWN'?\n"
		"     5 |   - {name: a, allow: chwon, severity: lo}\n       |                      ^\n"
		"one:5:39: unknown word 'lo'; there are emergency, alert, critical, error, warning, notice, info\n"
		"     5 |   - {name: a, allow: chwon, severity: lo}\n       |                                       ^\n"
		"one:3:19: unknown capability 'nope'; 'capsieve explain' lists them\n"
		"     3 | lists: {l: [kill, nope]}\n       |                   ^\n"
		"two:5:12: another rule has this name: one:5\n     5 |   - {name: a, alert: [$l, $n]}\n"
		"       |            ^\n"
		"two:5:27: no list is called '$n'; there are $l, $m\n     5 |   - {name: a, alert: [$l, $n]}\n"
		"       |                           ^\n");
}

/* A mistake in a list is told where the list stands, and once, also where a rule uses it. */
static void what_is_no_word_of_a_list_is_told_once(void **state)
{
	static const char text[] = "version: 1\nlists: {l: [{a: b}, [kill], '', $l, bpf], m: {a: b}}\nrules:\n"
				   "  - {name: a, alert: $l, where: {user: [$l, $m]}}\n";
	const struct rules_file file = { "f", text, sizeof(text) - 1 };
#define LIST_LINE "     2 | lists: {l: [{a: b}, [kill], '', $l, bpf], m: {a: b}}\n       | "

	(void)state;
	says_of(&file, 1,
		"f:2:13: a word is needed in a list\n" LIST_LINE "            ^\n"
		"f:2:21: a word is needed in a list\n" LIST_LINE "                    ^\n"
		"f:2:29: a word is needed in a list\n" LIST_LINE "                            ^\n"
		"f:2:33: a list names words, and no other list\n" LIST_LINE "                                ^\n"
		"f:2:46: a list is needed here, and not a mapping\n" LIST_LINE "                                             ^\n");
}

static void a_whole_rule_is_read(void **state)
{
	static const char text[] = "version: 1\ndefault: ignore\nlists: {admins: [anna, bert], risky: [bpf, 21]}\nrules:\n"
				   "  - name: \"all of it\"\n"
				   "    where: {user: [\"!$admins\"], tty: pts/0}\n"
				   "    except: {exe: [/bin/a, /bin/b]}\n"
				   "    allow: [net_raw, kill]\n"
				   "    alert: $risky\n"
				   "    on_denied: alert\n    otherwise: log\n    allow_profile: good.json\n"
				   "    verdict: any\n    class: [needed, advisory]\n    severity: critical\n"
				   "    once_per: 1h30m\n    more_than: 20 in 1m\n    outputs: [a, b]\n    tags: T1611\n";
	const struct rules_file file = { "r", text, sizeof(text) - 1 };
	struct complaints told = { .count = 0 };
	struct rules *rules;
	const struct rule *r;

	(void)state;
	assert_int_equal(rules_read(&file, 1, &profiles, &told, &rules), 0);
	assert_int_equal(rules->count, 1);
	assert_int_equal(rules->otherwise, DECISION_IGNORE);
	assert_int_equal(rules->keys, 1U << WHERE_USER | 1U << WHERE_TTY | 1U << WHERE_EXE);
	r = rules->at;
	assert_string_equal(r->name, "all of it");
	assert_int_equal(r->line, 5);
	assert_int_equal(r->where.count, 3);
	assert_true(r->where.at[0].not);
	assert_string_equal(r->where.at[1].glob, "bert");
	assert_int_equal(r->except_count, 1);
	assert_int_equal(r->caps[DECISION_ALLOW], 1 << 13 | 1 << 5);
	assert_int_equal(r->caps[DECISION_ALERT], 1ULL << 39 | 1 << 21);
	assert_int_equal(r->profile_caps, 1);
	assert_int_equal(r->on_denied, DECISION_ALERT);
	assert_true(r->has_otherwise && r->otherwise == DECISION_LOG);
	assert_int_equal(r->classes, 1 << SITE_NEEDED | 1 << SITE_ADVISORY);
	assert_int_equal(r->severity, SEVERITY_CRITICAL);
	assert_int_equal(r->once_per_ns, 5400ULL * 1000000000);
	assert_int_equal(r->more_than, 20);
	assert_int_equal(r->window_ns, 60ULL * 1000000000);
	assert_int_equal(r->output_count, 2);
	assert_string_equal(r->tags[0], "T1611");
	rules_free(rules);
	complaints_done(&told);
}

static void how_it_is_learned_is_read(void **state)
{
	static const char text[] = "version: 1\nrules:\n  - {name: a, allow_profile: learned}\n"
				   "  - {name: b, allow_profile: learned, learn: 7d}\n"
				   "  - {name: c, allow_profile: learned, learn: 1h30m by image}\n"
				   "  - {name: d, allow_profile: learned, learn: 60 by name}\n";
	static const struct {
		uint64_t seconds;
		enum baseline_by by;
	} want[] = { { 0, BASELINE_NAME }, { 7 * 86400, BASELINE_NAME }, { 5400, BASELINE_IMAGE }, { 60, BASELINE_NAME } };
	const struct rules_file file = { "r", text, sizeof(text) - 1 };
	struct complaints told = { .count = 0 };
	struct rules *rules;

	(void)state;
	assert_int_equal(rules_read(&file, 1, NULL, &told, &rules), 0);
	for (size_t i = 0; i < rules->count; i++) {
		assert_true(rules->at[i].learned);
		assert_int_equal(rules->at[i].learn_ns, want[i].seconds * 1000000000);
		assert_int_equal(rules->at[i].learn_by, want[i].by);
	}
	rules_free(rules);
	complaints_done(&told);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_told),
		cmocka_unit_test(capabilities_are_told),
		cmocka_unit_test(conditions_are_told),
		cmocka_unit_test(the_other_words_are_told),
		cmocka_unit_test(all_and_another_list_are_told),
		cmocka_unit_test(what_yaml_takes_for_its_own_is_quoted),
		cmocka_unit_test(all_mistakes_of_all_files_are_told),
		cmocka_unit_test(what_is_no_word_of_a_list_is_told_once),
		cmocka_unit_test(a_whole_rule_is_read),
		cmocka_unit_test(how_it_is_learned_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
