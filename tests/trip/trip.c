// SPDX-License-Identifier: BSD-2-Clause
#include "tests/trip/trip.h"
#include "tests/trip/caps.h"
#include "tests/trip/world.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum exit_code {
	EXIT_AS_EXPECTED = 0,
	EXIT_BROKEN = 1,
	EXIT_USAGE = 2,
	EXIT_UNEXPECTED = 3,
	EXIT_SKIPPED = 77, /* as automake and bats know it */
};

static const struct act *const tables[] = {acts_file, acts_task, acts_net, acts_kernel, acts_extra};

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

struct options {
	uint64_t drop;
	uid_t uid;
	bool have_uid, deny, json, list, wait, help;
};

static const char usage[] =
	"usage: trip [--deny | --drop LIST | --uid N] [--json] [--wait] ACT\n"
	"       trip --list\n"
	"\n"
	"Performs one privileged act and prints what came of it. The check comes from a task named "
	"trip-ACT.\n"
	"\n"
	"  --deny       without the capability, and without the others that would do as well\n"
	"  --drop LIST  without these capabilities (names, or all)\n"
	"  --uid N      as this user, without any capability\n"
	"  --json       one JSON object instead of key=value\n"
	"  --wait       perform only when SIGUSR1 arrives; the task has its name when it waits\n"
	"  --list       every act: name, capability number, capability, syscall, how a refusal shows\n"
	"               (errno, effect, none), others that do as well, first kernel, comm, note; tabs "
	"between\n"
	"\n"
	"exit: 0 as expected, 1 could not prepare, 2 usage, 3 refused or granted against expectation,\n"
	"      77 this kernel or this user cannot be asked (standard error says why)\n";

int trip_cannot(struct trip *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(t->why, sizeof(t->why), format, args);
	va_end(args);
	return -ENOTSUP;
}

long trip_ret(long ret)
{
	return ret == -1 ? -errno : ret;
}

static const struct act *act_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		for (const struct act *act = tables[i]; act->name; act++)
			if (!strcmp(act->name, name))
				return act;
	return NULL;
}

static void act_comm(const struct act *act, char comm[TRIP_COMM_LEN])
{
	snprintf(comm, TRIP_COMM_LEN, "trip-%.10s", act->name);
}

static void list_act(const struct act *act)
{
	static const char *const answers[] = {
		[ANSWER_ERRNO] = "errno",
		[ANSWER_EFFECT] = "effect",
		[ANSWER_NONE] = "none",
	};
	char comm[TRIP_COMM_LEN];

	act_comm(act, comm);
	printf("%s\t%d\t%s\t%s\t%s\t", act->name, act->cap, caps_names[act->cap], act->syscall,
	       answers[act->answer]);
	for (int nr = 0, more = 0; nr < CAPS_COUNT; nr++)
		if (act->also & CAPS_BIT(nr))
			printf("%s%s", more++ ? "," : "", caps_names[nr]);
	printf("%s\t%s\t%s\t%s\n", act->also ? "" : "-", act->since ?: "-", comm, act->note ?: "-");
}

static void list_acts(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		for (const struct act *act = tables[i]; act->name; act++)
			list_act(act);
}

/* An act whose refusal prepare arranges is never refused by what we take away ourselves. */
static bool expect_refusal(const struct act *act, const struct options *o)
{
	uint64_t needed = CAPS_BIT(act->cap) | act->also;

	if (o->deny || act->arranged)
		return o->deny;
	return o->have_uid || (needed & ~o->drop) == 0;
}

static int give_away(const struct act *act, const struct options *o)
{
	if (o->deny && !act->arranged)
		return caps_drop(CAPS_BIT(act->cap) | act->also);
	if (o->drop)
		return caps_drop(o->drop);
	return o->have_uid ? world_become(o->uid) : 0;
}

static void wait_for_signal(void)
{
	sigset_t usr1;
	int signo;

	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigwait(&usr1, &signo);
}

static void block_signal(void)
{
	sigset_t usr1;

	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, NULL);
}

static bool is_refused(const struct act *act, struct trip *t, long ret)
{
	switch (act->answer) {
	case ANSWER_ERRNO:
		return ret == -EPERM || ret == -EACCES;
	case ANSWER_EFFECT:
		return act->refused(t, ret);
	case ANSWER_NONE:
		break;
	}
	return false;
}

struct line {
	char text[512];
	size_t length;
	bool json;
};

__attribute__((format(printf, 2, 3))) static void line_add(struct line *l, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int length = vsnprintf(l->text + l->length, sizeof(l->text) - l->length, format, args);
	va_end(args);
	if (length < 0 || l->length + (size_t)length >= sizeof(l->text))
		_exit(EXIT_BROKEN);
	l->length += (size_t)length;
}

static void line_number(struct line *l, const char *key, long value)
{
	if (l->json)
		line_add(l, ",\"%s\":%ld", key, value);
	else
		line_add(l, " %s=%ld", key, value);
}

/* All words here are our own: nothing in them needs escaping. */
static void line_word(struct line *l, const char *key, const char *value)
{
	if (l->json)
		line_add(l, ",\"%s\":\"%s\"", key, value);
	else
		line_add(l, " %s=%s", key, value);
}

/* One write and no stdio: after the act nothing should be asked in its name. */
static void print_result(const struct act *act, const struct trip *t, bool json, long ret, bool refused)
{
	struct line l = {.json = json};

	if (json)
		line_add(&l, "{\"act\":\"%s\"", act->name);
	else
		line_add(&l, "%s", act->name);
	line_word(&l, "cap", caps_names[act->cap]);
	line_number(&l, "cap_nr", act->cap);
	line_word(&l, "syscall", act->syscall);
	line_number(&l, "ret", ret < 0 ? -1 : ret);
	line_word(&l, "errno", ret < 0 ? strerrorname_np((int)-ret) : "0");
	line_word(&l, "refused", refused ? "yes" : "no");
	line_number(&l, "pid", t->pid);
	line_number(&l, "tid", t->tid);
	line_number(&l, "uid", t->uid);
	line_number(&l, "euid", t->euid);
	line_word(&l, "comm", t->comm);
	line_add(&l, json ? "}\n" : "\n");
	if (write(STDOUT_FILENO, l.text, l.length) != (ssize_t)l.length)
		_exit(EXIT_BROKEN);
}

static int prepare(const struct act *act, const struct options *o, struct trip *t)
{
	bool bare = o->deny || o->drop || o->have_uid;

	if (!bare && !(caps_effective() & CAPS_BIT(act->cap)))
		return trip_cannot(t, "%s is not held", caps_names[act->cap]);
	if (act->prepare) {
		int err = act->prepare(t);
		if (err)
			return err;
	}
	return give_away(act, o);
}

static int run(const struct act *act, const struct options *o)
{
	struct trip t = {
		.uid = o->have_uid ? o->uid : getuid(),
		.stranger = o->have_uid && o->uid == 4242 ? 4300 : 4242,
		.deny = o->deny,
		.fd = -1,
		.pid = getpid(),
		.tid = getpid(),
	};
	char comm[TRIP_COMM_LEN];

	act_comm(act, comm);
	memcpy(t.comm, comm, sizeof(comm));
	int err = prepare(act, o, &t);
	if (err) {
		fprintf(stderr, "trip: %s: %s\n", act->name, err == -ENOTSUP ? t.why : strerror(-err));
		return err == -ENOTSUP ? EXIT_SKIPPED : EXIT_BROKEN;
	}
	prctl(PR_SET_NAME, comm);
	if (o->wait)
		wait_for_signal();
	t.uid = getuid();
	t.euid = geteuid();
	long ret = act->perform(&t);
	bool refused = is_refused(act, &t, ret);
	print_result(act, &t, o->json, ret, refused);
	return act->answer == ANSWER_NONE || refused == expect_refusal(act, o) ? EXIT_AS_EXPECTED
									       : EXIT_UNEXPECTED;
}

static int bad_usage(const char *what, const char *word)
{
	fprintf(stderr, "trip: %s: %s\n", what, word);
	return -EINVAL;
}

static int parse_uid(const char *word, struct options *o)
{
	char *end;
	unsigned long uid = strtoul(word, &end, 10);

	if (end == word || *end || uid >= UINT32_MAX)
		return bad_usage("not a user number", word);
	o->uid = (uid_t)uid;
	o->have_uid = true;
	return 0;
}

static int parse_option(int c, struct options *o)
{
	const char *bad;

	switch (c) {
	case 'd':
		o->deny = true;
		return 0;
	case 'D':
		return caps_parse(optarg, &o->drop, &bad) ? bad_usage("not a capability", bad) : 0;
	case 'u':
		return parse_uid(optarg, o);
	case 'j':
		o->json = true;
		return 0;
	case 'w':
		o->wait = true;
		return 0;
	case 'h':
		o->help = true;
		return 0;
	case 'l':
		o->list = true;
		return 0;
	default:
		return -EINVAL;
	}
}

static int parse(int argc, char **argv, struct options *ret_options)
{
	static const struct option longs[] = {
		{"deny", no_argument, NULL, 'd'},      {"drop", required_argument, NULL, 'D'},
		{"uid", required_argument, NULL, 'u'}, {"json", no_argument, NULL, 'j'},
		{"wait", no_argument, NULL, 'w'},      {"list", no_argument, NULL, 'l'},
		{"help", no_argument, NULL, 'h'},      {0},
	};
	int c, err = 0;

	while (!err && (c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		err = parse_option(c, ret_options);
	if (err)
		return err;
	if (ret_options->help)
		return 0;
	if (ret_options->deny + !!ret_options->drop + ret_options->have_uid > 1)
		return bad_usage("choose one", "--deny, --drop, --uid");
	if (argc - optind != !ret_options->list) {
		fputs(usage, stderr);
		return -EINVAL;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct options o = {0};

	block_signal();
	if (parse(argc, argv, &o))
		return EXIT_USAGE;
	if (o.help) {
		fputs(usage, stdout);
		return EXIT_AS_EXPECTED;
	}
	if (o.list) {
		list_acts();
		return EXIT_AS_EXPECTED;
	}
	const struct act *act = act_find(argv[optind]);
	if (!act) {
		bad_usage("no such act (trip --list)", argv[optind]);
		return EXIT_USAGE;
	}
	_exit(run(act, &o));
}
