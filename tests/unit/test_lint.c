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

#include "user/base/buf.h"
#include "user/rule/complaint.h"
#include "user/rule/config.h"
#include "user/rule/lint.h"
#include "user/rule/rules.h"

#define TOP "version: 1\nrules:\n"

/* "LINE:COLUMN: sentence", a line each. */
static void put_all(struct buf *b, const struct complaints *told)
{
	for (size_t i = 0; i < told->count; i++)
		buf_printf(b, "%u:%u: %s%s\n", told->at[i].line, told->at[i].column, told->at[i].warning ? "" : "mistake: ",
			   told->at[i].sentence);
}

static void warns_with(const char *text, const struct config *config, const char *want)
{
	const struct rules_file file = { "r", text, strlen(text) };
	struct complaints told = { .count = 0 };
	struct rules *rules = NULL;
	struct buf got = BUF_INIT;

	if (rules_read(&file, 1, NULL, &told, &rules))
		fail_msg("%s", told.at[0].shown);
	lint_rules(rules, config, &told);
	put_all(&got, &told);
	assert_string_equal(buf_str(&got), want);
	assert_int_equal(told.mistakes, 0);
	rules_free(rules);
	complaints_done(&told);
	buf_done(&got);
}

static void warns(const char *text, const char *want)
{
	warns_with(text, NULL, want);
}

static void what_is_meant_is_not_warned_of(void **state)
{
	(void)state;
	warns(TOP "  - {name: a, where: {unit: a}, allow: chown}\n  - {name: b, alert: chown}\n", "");
	warns(TOP "  - {name: a, where: {user: a}, alert: kill, once_per: 1m}\n  - {name: b, where: {user: b}, alert: kill}\n", "");
	warns(TOP "  - {name: a, verdict: denied, alert: kill}\n  - {name: b, alert: kill}\n", "");
	warns(TOP "  - {name: a, class: quality, alert: kill}\n  - {name: b, alert: kill}\n", "");
	warns(TOP "  - {name: a, except: {user: a}, alert: kill}\n  - {name: b, log: kill}\n", "");
	warns(TOP "  - {name: a, where: {unit: \"a*\", user: a}, otherwise: log}\n  - {name: b, where: {unit: ab}, log: kill}\n", "");
	warns(TOP "  - {name: a, where: {comm: a}, alert: kill}\n  - {name: b, where: {comm: a}, alert: kill}\n", "");
	warns(TOP "  - {name: a, where: {container: \"!*\"}, log: all}\n", "");
	warns(TOP "  - {name: a, allow: chown, on_denied: alert, severity: info}\n", "");
}

static void what_never_decides_is_told(void **state)
{
	(void)state;
	warns(TOP "  - {name: a, log: [kill, chown]}\n  - {name: b, where: {user: x}, log: kill}\n",
	      "4:5: this rule never decides: all that it is about is decided before, the last of it by rule 'a' (r:3)\n");
	warns(TOP "  - {name: a, where: {unit: \"ng*\"}, otherwise: ignore}\n  - {name: b, where: {unit: nginx, user: x}, otherwise: log}\n",
	      "4:5: this rule never decides: all that it is about is decided before, the last of it by rule 'a' (r:3)\n");
	warns(TOP "  - {name: a, verdict: allowed, ignore: kill}\n  - {name: b, verdict: denied, log: kill}\n"
	      "  - {name: c, log: kill}\n",
	      "5:5: this rule never decides: all that it is about is decided before, the last of it by rule 'b' (r:4)\n");
	warns(TOP "  - {name: a, where: {user: \"!root\"}, otherwise: log}\n  - {name: b, where: {user: [anna, bert]}, log: kill}\n"
	      "  - {name: c, where: {user: [\"!root\", \"!anna\"]}, log: kill}\n",
	      "4:5: this rule never decides: all that it is about is decided before, the last of it by rule 'a' (r:3)\n"
	      "5:5: this rule never decides: all that it is about is decided before, the last of it by rule 'a' (r:3)\n");
}

#define NEVER "this rule never decides: all that it is about is decided before, the last of it by rule "

static void what_several_rules_decide_together_is_told(void **state)
{
	(void)state;
	warns(TOP "  - {name: a, log: [kill, chown]}\n  - {name: b, log: bpf}\n  - {name: c, log: [kill, bpf]}\n", "5:5: " NEVER "'b' (r:4)\n");
	warns(TOP "  - {name: a, class: [needed, quality], log: kill}\n  - {name: b, class: advisory, log: kill}\n"
	      "  - {name: c, class: [quality, advisory], log: kill}\n  - {name: d, log: kill}\n", "5:5: " NEVER "'b' (r:4)\n");
	warns(TOP "  - {name: a, where: {user: x}, log: kill}\n  - {name: b, where: {unit: \"n*\"}, verdict: denied, log: kill}\n"
	      "  - {name: c, where: {unit: nginx, user: y}, verdict: allowed, log: [kill, bpf]}\n"
	      "  - {name: d, where: {unit: nginx, user: [y, x]}, log: kill}\n", "6:5: " NEVER "'c' (r:5)\n");
	warns(TOP "  - {name: b, where: {exe: /bin/b}, log: kill}\n  - {name: a, where: {exe: \"/sbin/*\"}, log: kill}\n"
	      "  - {name: c, where: {exe: [/sbin/a, /bin/b]}, log: kill}\n"
	      "  - {name: d, where: {exe: [/sbin/a, /bin/b, /bin/c]}, log: kill}\n", "5:5: " NEVER "'a' (r:4)\n");
	/* One is left: of a verdict, a class, a value, or because of an exception. */
	warns(TOP "  - {name: a, verdict: denied, log: [kill, bpf]}\n  - {name: b, verdict: allowed, log: bpf}\n  - {name: c, log: [kill, bpf]}\n", "");
	warns(TOP "  - {name: a, class: [needed, conditional, alternative], log: kill}\n  - {name: b, log: kill, class: quality}\n"
	      "  - {name: c, log: kill}\n", "");
	warns(TOP "  - {name: a, where: {user: x}, log: kill}\n  - {name: b, where: {user: y}, except: {exe: /bin/a}, log: kill}\n"
	      "  - {name: c, where: {user: [x, y]}, log: kill}\n", "");
	/* Of whom it is not known which user he is, neither decides. */
	warns(TOP "  - {name: a, where: {user: x}, log: kill}\n  - {name: b, where: {user: \"!x\"}, log: kill}\n  - {name: c, log: kill}\n", "");
}

/* The rules a and b with these conditions, of which a covers b or not. */
static void is_covered(const char *a, const char *b, bool want)
{
	struct buf text = BUF_INIT;

	buf_printf(&text, TOP "  - {name: a, where: {%s}, log: kill}\n  - {name: b, where: {%s}, log: kill}\n", a, b);
	warns(buf_str(&text), want ? "4:5: " NEVER "'a' (r:3)\n" : "");
	buf_done(&text);
}

static void conditions_that_are_met_wherever_others_are(void **state)
{
	(void)state;
	is_covered("exe: \"/usr/*\"", "exe: \"/usr/bin/*\"", true);
	is_covered("exe: \"/usr/bin/*\"", "exe: \"/usr/*\"", false);
	is_covered("unit: \"*.service\"", "unit: \"ng*.service\"", true);
	is_covered("unit: \"*.service\"", "unit: \"ng*\"", false);
	is_covered("exe: \"!/opt/*\"", "exe: \"/usr/*\"", true);
	is_covered("exe: \"!/opt/*\"", "exe: \"/o*\"", false);
	is_covered("exe: \"!/opt/a*\"", "exe: \"!/opt/*\"", true);
	is_covered("exe: \"!/opt/*\"", "exe: \"!/opt/a*\"", false);
	is_covered("cgroup: /a", "cgroup: /a/b", true);
	is_covered("cgroup: /a/b", "cgroup: /a", false);
	is_covered("cgroup: \"!/a/b\"", "cgroup: /a", false);
	is_covered("cgroup: \"/*\"", "cgroup: /a", true);
	/* root may be 0, and x may be 7. */
	is_covered("user: \"!root\"", "user: x", true);
	is_covered("user: \"!root\"", "user: 0", false);
	is_covered("user: \"!7\"", "user: x", false);
	is_covered("user: \"!*7\"", "user: x", false);
	/* An id may be longer than what a rule has of it. */
	is_covered("container: \"????????????\"", "container: 0123456789ab", false);
	is_covered("container: \"0*\"", "container: \"01*\"", true);
	is_covered("container: \"!web\"", "container: 0123456789ab", false);
	is_covered("container: \"!web\"", "container: worker", true);
}

static void contradictions_are_told_with_both_places(void **state)
{
	(void)state;
	warns(TOP "  - {name: a, allow: [chown, kill]}\n  - {name: b, where: {user: x}, alert: [kill, bpf]}\n",
	      "4:33: CAP_KILL: rule 'a' (r:3), which comes first, allows this: here it makes no alert\n");
	warns(TOP "  - {name: a, alert: [chown, kill]}\n  - {name: b, where: {user: x}, allow: [kill, bpf]}\n",
	      "4:33: CAP_KILL: rule 'a' (r:3), which comes first, alerts on this: here it is not allowed\n");
	/* What is only denied, or granted, there is no contradiction here. */
	warns(TOP "  - {name: a, verdict: denied, alert: kill}\n  - {name: b, allow: [kill, bpf]}\n", "");
	warns(TOP "  - {name: a, verdict: allowed, allow: kill}\n  - {name: b, alert: [kill, bpf]}\n", "");
	warns(TOP "  - {name: a, verdict: allowed, alert: kill}\n  - {name: b, allow: [kill, bpf]}\n",
	      "4:15: CAP_KILL: rule 'a' (r:3), which comes first, alerts on this: here it is not allowed\n");
}

static void what_never_applies_or_silences_is_told(void **state)
{
	(void)state;
	warns(TOP "  - {name: a, where: {user: [anna, \"!a*\"]}, log: all}\n",
	      "3:15: this rule can never apply: every 'user' that is wanted is unwanted too\n");
	warns(TOP "  - {name: a, where: {user: \"!*\"}, log: chown}\n  - {name: b, where: {user: [\"!root\", \"!*\"]}, log: kill}\n",
	      "3:15: this rule can never apply: every 'user' that is wanted is unwanted too\n"
	      "4:15: this rule can never apply: every 'user' that is wanted is unwanted too\n");
	warns(TOP "  - {name: a, where: {container: \"!*\", image: web}, log: chown}\n"
	      "  - {name: b, where: {container: \"!*\", image: \"!web\"}, log: kill}\n"
	      "  - {name: c, where: {container: \"*\", unit: web}, log: bpf}\n"
	      "  - {name: d, where: {pod: p, container: [a, \"!*\"]}, log: bpf}\n",
	      "3:15: this rule can never apply: who is in no container has no 'image'\n"
	      "6:15: this rule can never apply: every 'container' that is wanted is unwanted too\n"
	      "6:15: this rule can never apply: who is in no container has no 'pod'\n");
	warns(TOP "  - {name: a, where: {unit: [nginx.servce, \"*.timer\", a.socket, \"b.*\", \"*\"]}, log: all}\n",
	      "3:15: no process is in a unit that is called 'nginx.servce'; did you mean '.service'?\n"
	      "3:15: no process is in a unit that is called '*.timer': their names end in .service, .scope, .socket, .mount or .swap\n");
	warns(TOP "  - {name: a, where: {comm: nginx}, allow: chown}\n",
	      "3:15: what 'comm' says never silences: this allows and ignores nothing\n");
	warns(TOP "  - {name: a, where: {cmdline: x}, otherwise: ignore}\n",
	      "3:15: what 'cmdline' says never silences: this allows and ignores nothing\n");
	warns(TOP "  - {name: a, except: {comm: nginx}, alert: chown}\n",
	      "3:15: what 'comm' says never silences: this exception keeps no alert back\n");
	warns(TOP "  - {name: a, verdict: denied, allow: chown}\n",
	      "3:32: 'allow' covers what was granted, and this rule is about denials: they are logged; 'on_denied' says otherwise\n");
	warns(TOP "  - {name: a, verdict: allowed, allow: chown, on_denied: log}\n",
	      "3:47: 'on_denied' never applies: this rule is about what was granted (verdict: allowed)\n");
}

#define EXCEPTED "this rule can never apply: everybody that 'where' is about is excepted\n"

static void exceptions_of_everybody_are_told(void **state)
{
	(void)state;
	warns(TOP "  - {name: a, where: {unit: nginx}, except: {unit: \"ng*\"}, alert: kill}\n", "3:37: " EXCEPTED);
	warns(TOP "  - {name: a, where: {exe: [/bin/a, /bin/b]}, except: {exe: /bin/*}, alert: kill}\n", "3:47: " EXCEPTED);
	warns(TOP "  - {name: a, where: {exe: [/bin/a, /bin/b], user: x}, except: [{exe: /bin/a, user: x}, {exe: /bin/b}], alert: kill}\n",
	      "3:56: " EXCEPTED);
	warns(TOP "  - {name: a, except: {exe: \"*\"}, alert: kill}\n", "");
	warns(TOP "  - {name: a, where: {exe: [/bin/a, /bin/b]}, except: [{exe: /bin/a}, {exe: /bin/b, user: x}], alert: kill}\n", "");
	warns(TOP "  - {name: a, where: {exe: /bin/*}, except: {exe: /bin/a}, alert: kill}\n", "");
	warns(TOP "  - {name: a, where: {unit: a}, except: {user: \"*\"}, alert: kill}\n", "");
}

static void words_without_effect_are_told(void **state)
{
	static const char text[] = "outputs: {pager: {type: exec, command: /bin/page}}\n";
	struct complaints told = { .count = 0 };
	struct config *config;

	(void)state;
	warns(TOP "  - {name: a, log: all, severity: info, once_per: 1m, more_than: 1 in 1m, outputs: x, tags: y}\n",
	      "3:25: 'severity' is about alerts, and this rule makes none\n"
	      "3:41: 'once_per' is about alerts, and this rule makes none\n"
	      "3:55: 'more_than' is about alerts, and this rule makes none\n"
	      "3:75: 'outputs' is about alerts, and this rule makes none\n"
	      "3:87: 'tags' is about alerts, and this rule makes none\n");
	warns("version: 1\nlists: {a: kill, b: bpf}\nrules:\n  - {name: a, log: $b}\n", "2:9: no rule uses the list 'a'\n");
	assert_int_equal(config_read("c.yaml", text, sizeof(text) - 1, &told, &config), 0);
	warns_with(TOP "  - {name: a, alert: all, outputs: [pager, journal, pagr]}\n", config,
		   "3:27: no output is called 'pagr' in c.yaml; did you mean 'pager'?\n");
	warns_with(TOP "  - {name: a, alert: all, outputs: jurnal}\n", config,
		   "3:27: no output is called 'jurnal' in c.yaml; did you mean 'journal'?\n");
	config_free(config);
	assert_int_equal(config_read("", "", 0, &told, &config), 0);
	warns_with(TOP "  - {name: a, alert: all, outputs: zzz}\n", config,
		   "3:27: no output is called 'zzz': there is no configuration\n");
	config_free(config);
	complaints_done(&told);
}

/* ---- configuration ---------------------------------------------------------------------------------------------- */

static void config_says(const char *text, const char *want)
{
	struct complaints told = { .count = 0 };
	struct config *config = NULL;
	struct buf got = BUF_INIT;

	config_read("c", text, strlen(text), &told, &config);
	put_all(&got, &told);
	assert_string_equal(buf_str(&got), want);
	config_free(config);
	complaints_done(&told);
	buf_done(&got);
}

#define TABLE "tests/unit/places.table"

static bool is_url(const char *place)
{
	return strstr(place, "http") == place;
}

static bool is_address(const char *place)
{
	return strstr(place, "udp:") == place || strstr(place, "tcp:") == place;
}

static void place_text(struct buf *b, const char *place)
{
	buf_printf(b, is_url(place)	? "outputs: {a: {type: webhook, url: \"%s\"}}\n" :
		      is_address(place) ? "outputs: {a: {type: syslog, address: \"%s\"}}\n" :
					  "metrics: {listen: \"%s\"}\n",
		   place);
}

#define READABLE                                                                                                               \
	"1:35: without TLS alerts, and what the header says, can be read on their way to another machine; https:// keeps them\n"

static void takes_place(const char *place)
{
	struct buf b = BUF_INIT;

	place_text(&b, place);
	config_says(buf_str(&b), strstr(place, "http://") != place || strstr(place, "//[::1]") ? "" : READABLE);
	buf_done(&b);
}

static void refuses_place(const char *place)
{
	struct buf b = BUF_INIT, want = BUF_INIT;

	place_text(&b, place);
	if (is_url(place) || is_address(place))
		buf_printf(&want, "1:%d: mistake: '%s' names no host, or %s\n", is_url(place) ? 35 : 38, place,
			   is_url(place) ? "a port that is none: 1 to 65535" :
					   "no port from 1 to 65535: udp://HOST:PORT, tcp://HOST:PORT");
	else
		buf_printf(&want, "1:19: mistake: an address and a port are needed here, such as 127.0.0.1:9435, and not '%s'\n",
			   place);
	config_says(buf_str(&b), buf_str(&want));
	buf_done(&want);
	buf_done(&b);
}

static void places_are_taken_and_refused(void **state)
{
	char line[256], word[8], place[200];
	size_t taken = 0, refused = 0;
	FILE *f = fopen(TABLE, "re");

	(void)state;
	if (!f)
		fail_msg("%s: cannot be read", TABLE);
	while (fgets(line, sizeof(line), f)) {
		if (*line == '#')
			continue;
		assert_int_equal(sscanf(line, "%7s %199[^\n]", word, place), 2);
		if (!strcmp(word, "good"))
			takes_place(place), taken++;
		else
			refuses_place(place), refused++;
	}
	fclose(f);
	assert_true(taken > 10 && refused > 20);
}

static void what_travels_readable_is_told(void **state)
{
	static const char *const near[] = { "localhost", "LOCALHOST:80/x", "127.0.0.1:9", "127.1", "u:p@127.9.9.9/?x", "[::1]", "[0:0::1]:80" };
	static const char *const far[] = { "x", "127.example.org", "localhost.example.org/", "localhost@x", "128.0.0.1", "[::2]:80", "0.0.0.0" };
	struct buf b = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(far) / sizeof(far[0]); i++) {
		const char *place = i % 2 ? far[i / 2] : near[i / 2];

		for (int secure = 0; secure < 2; secure++) {
			buf_clear(&b);
			buf_printf(&b, "outputs: {a: {type: webhook, url: \"http%s://%s\"}}\n", secure ? "s" : "", place);
			config_says(buf_str(&b), i % 2 && !secure ? READABLE : "");
		}
	}
	buf_done(&b);
}

static void all_mistakes_of_a_file_are_counted(void **state)
{
	struct complaints told = { .count = 0 };
	struct config *config = NULL;
	struct buf text = BUF_INIT;

	(void)state;
	buf_puts(&text, "outputs:\n");
	for (int i = 0; i < 1500; i++)
		buf_printf(&text, "  o%d: 1\n", i);
	config_read("c", buf_str(&text), text.len, &told, &config);
	/* Outputs that there are too many of are mistakes, as those are that are none. */
	assert_int_equal(told.mistakes, 1500);
	assert_int_equal(told.count, COMPLAINTS_MAX);
	assert_non_null(told.at[YML_MISTAKES_MAX - 1].shown);
	assert_null(told.at[YML_MISTAKES_MAX].shown);
	complaints_done(&told);
	buf_done(&text);
}

static void mistakes_of_configuration_are_told(void **state)
{
	(void)state;
	config_says("", "");
	config_says("output: {}\n", "1:1: mistake: unknown key 'output'; did you mean 'outputs'?\n");
	config_says("outputs: {a: {}}\n", "1:14: mistake: 'type' is missing\n");
	config_says("outputs: {a: {type: mail}}\n",
		    "1:21: mistake: unknown word 'mail'; there are stdout, file, syslog, journal, exec, webhook\n");
	config_says("outputs: {a b: {type: journal}}\n",
		    "1:11: mistake: the name of an output has letters, digits, _ and -, and not 'a b'\n");
	config_says("outputs: {a: {type: webhook}}\n", "1:14: mistake: an output of type 'webhook' needs 'url'\n");
	/* What it lacks is told with what is wrong of it, but not where it is not known what it is. */
	config_says("outputs: {a: {type: exec, timeot: 1s}}\n",
		    "1:27: mistake: unknown key 'timeot'; did you mean 'timeout'?\n"
		    "1:14: mistake: an output of type 'exec' needs 'command'\n");
	config_says("outputs: {a: {type: exe, timeot: 1s}}\n",
		    "1:21: mistake: unknown word 'exe'; did you mean 'exec'?\n"
		    "1:26: mistake: unknown key 'timeot'; did you mean 'timeout'?\n");
	config_says("outputs: {a: {type: journal, url: \"http://x\"}}\n",
		    "1:30: mistake: an output of type 'journal' has no 'url'\n");
	config_says("outputs: {a: {type: webhook, url: x}}\n",
		    "1:35: mistake: a URL begins with https:// (or http://), and not as 'x'\n");
	config_says("outputs: {a: {type: webhook, url: \"https://x\", format: text}}\n",
		    "1:56: mistake: a webhook has no format 'text'; there are generic, falco, alertmanager, slack\n");
	config_says("outputs: {a: {type: file, path: x, max_size: 1, keep: 0}}\n",
		    "1:33: mistake: a path from the root is needed here, and not 'x'\n"
		    "1:46: mistake: '1' is too small: 64K or more\n"
		    "1:55: mistake: a number from 1 to 1000000 is needed here, and not '0'\n");
	config_says("outputs: {a: {type: exec, command: /bin/a b}}\n",
		    "1:36: mistake: a command with words is a list: [/usr/bin/logger, -p, auth.warning]\n");
	config_says("outputs: {a: {type: exec, command: [a, b]}}\n",
		    "1:37: mistake: a command is a path from the root, and not 'a'\n");
	config_says("metrics: {listen: \"0.0.0.0:9435\"}\n",
		    "1:19: others than this machine can read the metrics: they have neither password nor TLS\n");
	config_says("history: {keep: forever}\n",
		    "1:17: mistake: a length of time such as 10m or 7d is needed here, and not 'forever'\n");
	/* A word that is no format is told once. */
	config_says("outputs: {a: {type: webhook, url: \"https://x\", format: falcoo}}\n",
		    "1:56: mistake: unknown word 'falcoo'; did you mean 'falco'?\n");
	config_says("attach: kporbe\n", "1:9: mistake: unknown word 'kporbe'; did you mean 'kprobe'?\n");
}

static void a_configuration_is_read(void **state)
{
	static const char text[] =
		"outputs:\n  pager: {type: webhook, format: slack, url: \"https://x\", resolve_after: 15m, timeout: 10s}\n"
		"  hook: {type: exec, command: [/bin/a, -b]}\n"
		"history: {keep: 90d, max_size: 1G}\nspool: {max_size: 1M}\nalerts: {max_per_minute: 7}\nattach: tp\n";
	struct complaints told = { .count = 0 };
	struct config *c;

	(void)state;
	assert_int_equal(config_read("c", text, sizeof(text) - 1, &told, &c), 0);
	assert_int_equal(c->output_count, 2);
	assert_int_equal(c->outputs[0].type, OUTPUT_WEBHOOK);
	assert_int_equal(c->outputs[0].format, FORMAT_SLACK);
	assert_int_equal(c->outputs[0].resolve_after_ns, 900ULL * 1000000000);
	assert_string_equal(c->outputs[1].command[1], "-b");
	assert_null(c->outputs[1].command[2]);
	assert_int_equal(c->history_max_size, 1 << 30);
	assert_int_equal(c->spool_max_size, 1 << 20);
	assert_int_equal(c->alerts_per_minute, 7);
	assert_int_equal(c->attach, PROBE_TP);
	config_free(c);
	complaints_done(&told);
}

static void a_file_is_known_for_configuration(void **state)
{
	(void)state;
	assert_true(config_is_one("/etc/capsieve/capsieve.yaml", "", 0));
	assert_true(config_is_one("x.yaml", "metrics: {}\n", 12));
	assert_false(config_is_one("x.yaml", "version: 1\n", 11));
	assert_false(config_is_one("x.yaml", "a: [\n", 5));
	assert_false(config_is_one("x.yaml", "- a\n", 4));
}

static void what_is_forgotten_before_it_is_learned_is_told(void **state)
{
	static const char text[] = TOP "  - {name: a, allow_profile: learned, learn: 60d}\n";
	struct config config = { .name = "c", .history_keep_ns = 30ULL * 86400 * 1000000000 };

	(void)state;
	warns_with(text, &config, "3:39: the history forgets before that is over: 'keep' of 'history' is shorter\n");
	config.history_keep_ns *= 2;
	warns_with(text, &config, "");
}

static void a_length_of_time_without_its_unit_is_told(void **state)
{
	(void)state;
	warns(TOP "  - {name: a, allow_profile: learned, learn: 7}\n",
	      "3:46: a number alone is seconds; is '7d', days, meant? (7s for seconds)\n");
	warns(TOP "  - {name: a, allow_profile: learned, learn: 7 by image}\n",
	      "3:46: a number alone is seconds; is '7d', days, meant? (7s for seconds)\n");
	warns(TOP "  - {name: a, allow_profile: learned, learn: 7s}\n", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_meant_is_not_warned_of),
		cmocka_unit_test(what_never_decides_is_told),
		cmocka_unit_test(what_several_rules_decide_together_is_told),
		cmocka_unit_test(conditions_that_are_met_wherever_others_are),
		cmocka_unit_test(contradictions_are_told_with_both_places),
		cmocka_unit_test(what_never_applies_or_silences_is_told),
		cmocka_unit_test(exceptions_of_everybody_are_told),
		cmocka_unit_test(words_without_effect_are_told),
		cmocka_unit_test(mistakes_of_configuration_are_told),
		cmocka_unit_test(places_are_taken_and_refused),
		cmocka_unit_test(what_travels_readable_is_told),
		cmocka_unit_test(all_mistakes_of_a_file_are_counted),
		cmocka_unit_test(a_configuration_is_read),
		cmocka_unit_test(what_is_forgotten_before_it_is_learned_is_told),
		cmocka_unit_test(a_length_of_time_without_its_unit_is_told),
		cmocka_unit_test(a_file_is_known_for_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
