/* SPDX-License-Identifier: BSD-2-Clause */
#include <argp.h>
#include <errno.h>
#include <string.h>

#include "user/base/span.h"
#include "user/cmd/args.h"
#include "user/cmd/help.h"
#include "user/cmd/say.h"
#include "user/cmd/watch.h"
#include "user/guard/guard.h"
#include "user/rule/config.h"
#include "user/source/live.h"

#define RING_BYTES (2ULL << 20)
/* As `learn` in a rule. */
#define LEARN_MOST_NS (365 * 86400ULL * 1000000000)

enum {
	KEY_CONFIG = 0x100, KEY_RULES, KEY_STATE, KEY_RUN, KEY_SENDER_USER, KEY_ATTACH, KEY_BTF, KEY_PROC, KEY_ENGINE_SOCKET, KEY_RING,
	KEY_LEARN, KEY_JSON, KEY_UTC,
};

static const struct argp_option read_rows[] = {
	{ "config", KEY_CONFIG, "FILE", 0, "The configuration; /etc/capsieve/capsieve.yaml, where that is there", 0 },
	{ "rules", KEY_RULES, "FILE|DIR", 0, "Rules, and more of them each time; rules.d below /usr/share/capsieve and /etc/capsieve", 0 },
	{ "learn", KEY_LEARN, "DURATION", 0, "Learn each workload for so long (7d), for rules with allow_profile: learned", 0 },
	{ 0 }
};

static const struct argp_option place_rows[] = {
	{ "state", KEY_STATE, "DIR", 0, "What is kept: spool, recordings, history; $STATE_DIRECTORY, else " GUARD_STATE, 0 },
	{ "run", KEY_RUN, "DIR", 0, "Where the socket is; $RUNTIME_DIRECTORY, else " GUARD_RUN, 0 },
	{ "sender-user", KEY_SENDER_USER, "USER", 0, "Who the sender is, where root starts this; nobody", 0 },
	{ 0 }
};

static const struct argp_option kernel_rows[] = {
	{ "attach", KEY_ATTACH, "PROBE", 0, "auto, fexit, tp_btf, tp or kprobe; as the configuration says, else auto", 0 },
	{ "btf", KEY_BTF, "FILE", 0, "The kernel's types, where it has none itself", 0 },
	{ "ring", KEY_RING, "SIZE", 0, "Room for checks that wait to be read, in the kernel and so resident twice; 2M", 0 },
	{ "proc", KEY_PROC, "DIR", 0, "Where procfs is mounted; /proc", 0 },
	{ "engine-socket", KEY_ENGINE_SOCKET, "PATH", 0, "Ask this container engine for names, too", 0 },
	{ 0 }
};

static const struct argp_option other_rows[] = {
	{ "json", KEY_JSON, NULL, 0, "JSON, for programs", 0 },
	{ "utc", KEY_UTC, NULL, 0, "Show Coordinated Universal Time and not local time", 0 },
	{ NULL, 'q', NULL, 0, "Say nothing but what goes wrong on standard error", 0 },
	{ NULL, 'v', NULL, 0, "Say more on standard error; twice: what libbpf says", 0 },
	{ "help", ARGS_HELP, NULL, 0, "Show this and end", 0 },
	{ 0 }
};

static const struct args_hint hints[] = {
	{ "rules-dir", "--rules DIR" }, { "config-file", "--config FILE" }, { "daemon", "nothing: it stays in the foreground" },
	{ "foreground", "nothing: it stays in the foreground" }, { "user", "--sender-user USER" }, { "format", "--json" },
	{ "state-dir", "--state DIR" }, { "quiet", "-q" }, { "verbose", "-v" }, { NULL, NULL },
};

static const char *const words[WATCH_WORDS] = {
	[WATCH_DAEMON] = "",
	[WATCH_STATUS] = "status",
	[WATCH_RELOAD] = "reload",
	[WATCH_REOPEN] = "reopen",
	[WATCH_TEST_OUTPUT] = "test-output",
	[WATCH_LEARNED] = "learned",
};

static const char reset_word[] = "reset";

const char *watch_word(size_t at)
{
	return at + 1 < WATCH_WORDS ? words[at + 1] : NULL;
}

static int set_attach(struct watch_options *o, const char *word)
{
	for (size_t i = 0; i < config_probe_count; i++) {
		if (strcmp(config_probes[i], word))
			continue;
		o->attach = (enum event_probe)i;
		return 0;
	}
	buf_puts(&o->error, "--attach: ");
	args_unknown(&o->error, "probe", word, config_probes, config_probe_count);
	return -EINVAL;
}

static int set_ring(struct watch_options *o, const char *size)
{
	uint64_t bytes;

	if (!size_parse(size, &bytes) && bytes >= LIVE_RING_MIN && bytes <= LIVE_RING_MAX && !(bytes & (bytes - 1))) {
		o->ring_bytes = bytes;
		return 0;
	}
	buf_puts(&o->error, "--ring: ");
	args_quote(&o->error, size);
	buf_puts(&o->error, " is no power of two from 4K to 1G");
	return -EINVAL;
}

static int add_rules(struct watch_options *o, const char *path)
{
	if (o->rule_count == RULES_PATHS_MAX) {
		buf_printf(&o->error, "--rules: too many files: at most %d", RULES_PATHS_MAX);
		return -EINVAL;
	}
	o->rules[o->rule_count++] = path;
	return 0;
}

static int add_word(struct watch_options *o, const char *word)
{
	if (o->word == WATCH_TEST_OUTPUT && !o->output) {
		o->output = word;
		return 0;
	}
	/* No workload is called so: their names have a kind and a colon. */
	if (o->word == WATCH_LEARNED && !o->key && !o->reset && !strcmp(word, reset_word)) {
		o->reset = true;
		return 0;
	}
	if (o->word == WATCH_LEARNED && !o->key) {
		o->key = word;
		return 0;
	}
	for (int i = WATCH_STATUS; o->word == WATCH_DAEMON && i < WATCH_WORDS; i++)
		if (!strcmp(words[i], word))
			o->word = (enum watch_word)i;
	if (o->word != WATCH_DAEMON && !strcmp(words[o->word], word))
		return 0;
	args_unknown(&o->error, "word", word, words + 1, WATCH_WORDS - 1);
	return -EINVAL;
}

static int set_learn(struct watch_options *o, const char *span)
{
	const bool is_span = !span_parse(span, &o->learn_ns) && o->learn_ns;

	if (is_span && o->learn_ns <= LEARN_MOST_NS)
		return 0;
	buf_puts(&o->error, "--learn: ");
	args_quote(&o->error, span);
	buf_puts(&o->error, is_span ? " is too long: 365d at most" : " is no length of time: 7d, 12h, ...");
	return -EINVAL;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct watch_options *o = state->input;

	switch (key) {
	case KEY_CONFIG: o->config = arg; return 0;
	case KEY_RULES: return -add_rules(o, arg);
	case KEY_LEARN: return -set_learn(o, arg);
	case KEY_STATE: o->state = arg; return 0;
	case KEY_RUN: o->run = arg; return 0;
	case KEY_SENDER_USER: o->sender_user = arg; return 0;
	case KEY_ATTACH: return -set_attach(o, arg);
	case KEY_BTF: o->btf = arg; return 0;
	case KEY_RING: return -set_ring(o, arg);
	case KEY_PROC: o->proc = arg; return 0;
	case KEY_ENGINE_SOCKET: o->engine_socket = arg; return 0;
	case KEY_JSON: o->json = true; return 0;
	case KEY_UTC: o->utc = true; return 0;
	case 'q': o->quiet = true; return 0;
	case 'v': o->verbose++; return 0;
	case ARGP_KEY_ARG: return -add_word(o, arg);
	default: return ARGP_ERR_UNKNOWN;
	}
}

#define GROUP(rows) (&(const struct argp){ .options = (rows), .parser = parse })

static const struct argp_child groups[] = {
	{ GROUP(read_rows), 0, "What decides:", 1 },
	{ GROUP(place_rows), 0, "Where it keeps things:", 2 },
	{ GROUP(kernel_rows), 0, "How the kernel is listened to:", 3 },
	{ GROUP(other_rows), 0, "In general:", 4 },
	{ 0 }
};

const struct argp watch_argp = {
	.parser = args_groups,
	.children = groups,
	.args_doc = "[status|reload|reopen|test-output NAME|learned [reset] [WORKLOAD]]",
	.doc = "The daemon: hears every capability check of this machine, lets rules decide what becomes of it, and alerts. It "
	       "stays in the foreground, as systemd wants it. With a word it asks a daemon that runs: how it is; to read rules "
	       "and configuration anew; to open files again that were moved; to send a test alert to one output; what it has "
	       "learned, of all or as a profile of one, and to forget that."
	       "\vExamples:\n"
	       "  capsieve watch\n"
	       "      with what is installed in /etc/capsieve\n"
	       "  capsieve watch --rules rules.yaml --state /tmp/cs --run /tmp/cs\n"
	       "      these rules, and nothing outside a directory\n"
	       "  capsieve watch status\n"
	       "      what the daemon hears, tells, loses and costs\n"
	       "  capsieve watch test-output pager\n"
	       "      does an alert get there?\n",
};

void watch_help(void)
{
	help_print(&watch_argp, watch_say.command, NULL);
}

static int together(struct watch_options *o)
{
	const char *wrong = NULL;

	if (o->word == WATCH_TEST_OUTPUT && !o->output)
		wrong = "test-output: which output? Its name stands in the configuration";
	else if (o->word == WATCH_DAEMON && o->json)
		wrong = "--json is for the words: capsieve watch status --json";
	else if (o->word != WATCH_DAEMON && (o->config || o->rule_count || o->attach != PROBE_NONE))
		wrong = "--config, --rules and --attach are the daemon's: a running one keeps the paths that it was started with";
	if (!wrong)
		return 0;
	buf_puts(&o->error, wrong);
	return -EINVAL;
}

int watch_options_parse(int argc, char **argv, struct watch_options *ret)
{
	int err;

	*ret = (struct watch_options){ .proc = "/proc", .attach = PROBE_NONE, .ring_bytes = RING_BYTES };
	err = args_parse(&watch_argp, hints, argc, argv, ret, &ret->help, &ret->error);
	return err || ret->help ? err : together(ret);
}
