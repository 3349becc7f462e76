/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program for each alert: its arguments are those of the configuration and never of an alert, no shell is between, the
 * alert is its standard input and the main parts its environment. A hook that fails may have done half of its
 * work: it is not run again, unless it exits with 75 (EX_TEMPFAIL) or cannot be run at all. Of what it prints the first line is told
 * where it failed; after a megabyte nobody listens any more. For an alert about what a hook did none is run.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/clock.h"
#include "user/host/launch.h"
#include "user/host/nameless.h"
#include "user/model/message.h"
#include "user/rule/config.h"
#include "user/sender/format.h"
#include "user/sender/kin.h"
#include "user/sender/output.h"

#define TIMEOUT_DEFAULT_NS 10000000000ULL

enum { ENV_MAX = 64, STEP_MS = 100, SAID_MAX = 128, SAID_BYTES_MAX = 1 << 20 };

/* A variable for each of these; not set where the alert has none. */
static const struct {
	const char *name, *object, *key;
} variables[] = {
	{ "CAPSIEVE_RULE", NULL, "rule" },
	{ "CAPSIEVE_MESSAGE", NULL, "message" },
	{ "CAPSIEVE_TIME", NULL, "time" },
	{ "CAPSIEVE_HOST", NULL, "host" },
	{ "CAPSIEVE_EVENT", NULL, "event" },
	{ "CAPSIEVE_CAPABILITY", NULL, "cap" },
	{ "CAPSIEVE_VERDICT", NULL, "verdict" },
	{ "CAPSIEVE_WORKLOAD", NULL, "workload" },
	{ "CAPSIEVE_UNIT", NULL, "unit" },
	{ "CAPSIEVE_EXE", NULL, "exe" },
	{ "CAPSIEVE_COMM", NULL, "comm" },
	{ "CAPSIEVE_USER", NULL, "user" },
	{ "CAPSIEVE_CONTAINER", "container", "name" },
	{ "CAPSIEVE_CONTAINER_ID", "container", "id" },
	{ "CAPSIEVE_IMAGE", "container", "image" },
	{ "CAPSIEVE_POD", "k8s", "pod" },
	{ "CAPSIEVE_NAMESPACE", "k8s", "namespace" },
};

/* Of ours it gets only these: the rest is the service's own business. */
static const char *const passed_on[] = { "PATH", "HOME", "USER", "LANG", "TZ", "TMPDIR" };

struct exec {
	struct output_context context;
	char *env[ENV_MAX];
	size_t env_count;
};

static void *open_exec(const struct output_context *context)
{
	struct exec *e = calloc(1, sizeof(*e));

	if (e)
		e->context = *context;
	return e;
}

static void forget_env(struct exec *e)
{
	while (e->env_count)
		free(e->env[--e->env_count]);
}

static void close_exec(void *o)
{
	forget_env(o);
	free(o);
}

static void add_env(struct exec *e, const char *name, const char *value)
{
	if (value && e->env_count < ENV_MAX - 1 && asprintf(&e->env[e->env_count], "%s=%s", name, value) >= 0)
		e->env_count++;
	e->env[e->env_count] = NULL;
}

static void make_env(struct exec *e, const struct format_alert *a)
{
	char number[24];
	int64_t n;

	forget_env(e);
	e->env[0] = NULL;
	for (size_t i = 0; i < sizeof(passed_on) / sizeof(passed_on[0]); i++)
		add_env(e, passed_on[i], getenv(passed_on[i]));
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		add_env(e, variables[i].name, variables[i].object ?
						      format_text_in(a, variables[i].object, variables[i].key) :
						      format_text(a, variables[i].key));
	add_env(e, "CAPSIEVE_SEVERITY", decision_severities[a->alert->severity]);
	if (format_number(a, "pid", &n)) {
		snprintf(number, sizeof(number), "%lld", (long long)n);
		add_env(e, "CAPSIEVE_PID", number);
	}
	if (format_number(a, "count", &n)) {
		snprintf(number, sizeof(number), "%lld", (long long)n);
		add_env(e, "CAPSIEVE_COUNT", number);
	}
}

/* What a hook prints. */
struct said {
	int fd;			/* our end, which does not block; -1: closed */
	size_t n, total;
	char text[SAID_MAX];
};

/* As much as there is; at its end, and when it was too much, the pipe is closed. */
static void listen_to(struct said *s)
{
	char bytes[4096];
	ssize_t n = 1;

	while (s->fd >= 0 && n > 0 && s->total <= SAID_BYTES_MAX) {
		size_t room = sizeof(s->text) - s->n, more;

		n = read(s->fd, bytes, sizeof(bytes));
		more = n > 0 ? (size_t)n : 0;
		memcpy(s->text + s->n, bytes, more < room ? more : room);
		s->n += more < room ? more : room;
		s->total += more;
	}
	if (s->fd >= 0 && (n == 0 || s->total > SAID_BYTES_MAX)) {
		close(s->fd);
		s->fd = -1;
	}
}

static int first_line(const struct said *s)
{
	size_t n = 0;

	while (n < s->n && s->text[n] && s->text[n] != '\n')
		n++;
	return (int)n;
}

/* The alert in a file of no name: whether it is read, and when, is not our concern. */
static int make_input(const char *json)
{
	struct buf line = BUF_INIT;
	int fd;

	buf_printf(&line, "%s\n", json);
	fd = line.error ?: nameless_open("alert", line.data, line.len);
	buf_done(&line);
	return fd;
}

/* Until it ends, or its time is over: then all of its group is killed. */
static int wait_for(struct launch *l, const struct exec *e, uint64_t timeout_ns, struct said *said, bool *ret_late)
{
	uint64_t end = clock_ns(CLOCK_MONOTONIC) + timeout_ns;
	int status = 0;

	*ret_late = false;
	while (launch_reap(l, false, &status) == 0) {
		struct pollfd p[] = { { .fd = launch_pidfd(l), .events = POLLIN }, { .fd = said->fd, .events = POLLIN } };

		if (clock_ns(CLOCK_MONOTONIC) >= end || *e->context.quit) {
			*ret_late = true;
			launch_signal(l, SIGKILL, SI_USER);
			while (launch_reap(l, true, &status) == -EINTR)
				;
			break;
		}
		poll(p, 2, STEP_MS);
		listen_to(said);
	}
	listen_to(said);
	return status;
}

static enum delivered judge_status(const struct exec *e, int status, bool late, const struct said *said,
				   struct delivery *ret)
{
	const char *command = e->context.config->command[0], *colon = said->n ? ": " : "";
	const int n = first_line(said);

	if (late && *e->context.quit) {
		delivery_say(ret, "%s was ended, as capsieve ends", command);
		return DELIVER_AGAIN;
	}
	if (late)
		delivery_say(ret, "%s did not end in its time and was killed%s%.*s", command, colon, n, said->text);
	else if (WIFSIGNALED(status))
		delivery_say(ret, "%s was ended by signal %d%s%.*s", command, WTERMSIG(status), colon, n, said->text);
	else if (WEXITSTATUS(status))
		delivery_say(ret, "%s ended with exit status %d%s%.*s", command, WEXITSTATUS(status), colon, n, said->text);
	else
		return DELIVERED;
	return !late && WIFEXITED(status) && WEXITSTATUS(status) == EX_TEMPFAIL ? DELIVER_AGAIN : DELIVER_NEVER;
}

static enum delivered run(struct exec *e, int input, int output, struct said *said, struct delivery *ret)
{
	const struct config_output *c = e->context.config;
	struct launch_as as = { .in = input, .out = output, .err = output, .group = true, .env = e->env };
	struct buf why = BUF_INIT;
	struct launch *l = NULL;
	const uint64_t started = kin_begin();
	bool late = false;
	int err = launch_hold((char *const *)c->command, &as, &l, &why), status = 0;

	err = err ?: launch_release(l);
	if (!err)
		status = wait_for(l, e, c->timeout_ns ? c->timeout_ns : TIMEOUT_DEFAULT_NS, said, &late);
	err = err ?: launch_error(l, &why);
	launch_free(l);
	kin_end(started);
	if (err)
		delivery_say(ret, "%s", why.len ? buf_str(&why) : strerror(-err));
	buf_done(&why);
	return err ? DELIVER_AGAIN : judge_status(e, status, late, said, ret);
}

static enum delivered run_heard(struct exec *e, int input, struct delivery *ret)
{
	struct said said = { .fd = -1 };
	enum delivered what;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC)) {
		delivery_say(ret, "it cannot be listened to: %s", strerror(errno));
		return DELIVER_AGAIN;
	}
	said.fd = ends[0];
	fcntl(said.fd, F_SETFL, O_NONBLOCK);
	what = run(e, input, ends[1], &said, ret);
	close(ends[1]);
	if (said.fd >= 0)
		close(said.fd);
	return what;
}

static enum delivered deliver(void *o, const struct message_alert *alert, struct delivery *ret)
{
	struct exec *e = o;
	struct format_alert a = { .alert = NULL };
	int input = make_input(alert->json), err = input < 0 ? input : format_open(alert, &a);
	enum delivered what = DELIVER_AGAIN;

	if (err) {
		delivery_say(ret, "the alert cannot be handed over: %s", strerror(-err));
		what = err == -EINVAL ? DELIVER_NEVER : DELIVER_AGAIN;
	} else if (kin_did(&a)) {
		delivery_say(ret, "it is about what a hook did, and would be again: no hook is run for it");
		what = DELIVER_NEVER;
	} else {
		make_env(e, &a);
		what = run_heard(e, input, ret);
	}
	format_close(&a);
	if (input >= 0)
		close(input);
	return what;
}

const struct output_ops output_exec = {
	.open = open_exec,
	.deliver = deliver,
	.close = close_exec,
};
