/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program for each alert: its arguments are those of the configuration and never of an alert, no shell is between, the
 * alert is its standard input and the main parts its environment. A hook that fails may have done half of its
 * work: it is not run again, unless it exits with 75 (EX_TEMPFAIL) or cannot be run at all.
 */
#include <errno.h>
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
#include "user/sender/output.h"

#define TIMEOUT_DEFAULT_NS 10000000000ULL

enum { ENV_MAX = 64, STEP_MS = 100 };

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
static int wait_for(struct launch *l, const struct exec *e, uint64_t timeout_ns, bool *ret_late)
{
	uint64_t end = clock_ns(CLOCK_MONOTONIC) + timeout_ns;
	int status = 0;

	*ret_late = false;
	while (launch_reap(l, false, &status) == 0) {
		struct pollfd p = { .fd = launch_pidfd(l), .events = POLLIN };

		if (clock_ns(CLOCK_MONOTONIC) >= end || *e->context.quit) {
			*ret_late = true;
			launch_signal(l, SIGKILL, SI_USER);
			while (launch_reap(l, true, &status) == -EINTR)
				;
			break;
		}
		poll(&p, 1, STEP_MS);
	}
	return status;
}

static enum delivered judge_status(const struct exec *e, int status, bool late, struct delivery *ret)
{
	const char *command = e->context.config->command[0];

	if (late && *e->context.quit) {
		delivery_say(ret, "%s was ended, as capsieve ends", command);
		return DELIVER_AGAIN;
	}
	if (late)
		delivery_say(ret, "%s did not end in its time and was killed", command);
	else if (WIFSIGNALED(status))
		delivery_say(ret, "%s was ended by signal %d", command, WTERMSIG(status));
	else if (WEXITSTATUS(status))
		delivery_say(ret, "%s ended with exit status %d", command, WEXITSTATUS(status));
	else
		return DELIVERED;
	return !late && WIFEXITED(status) && WEXITSTATUS(status) == EX_TEMPFAIL ? DELIVER_AGAIN : DELIVER_NEVER;
}

static enum delivered run(struct exec *e, int input, struct delivery *ret)
{
	const struct config_output *c = e->context.config;
	struct launch_as as = { .in = input, .out = STDERR_FILENO, .group = true, .env = e->env };
	struct buf why = BUF_INIT;
	struct launch *l = NULL;
	bool late = false;
	int err = launch_hold((char *const *)c->command, &as, &l, &why), status = 0;

	err = err ?: launch_release(l);
	if (!err)
		status = wait_for(l, e, c->timeout_ns ? c->timeout_ns : TIMEOUT_DEFAULT_NS, &late);
	err = err ?: launch_error(l, &why);
	launch_free(l);
	if (err)
		delivery_say(ret, "%s", why.len ? buf_str(&why) : strerror(-err));
	buf_done(&why);
	return err ? DELIVER_AGAIN : judge_status(e, status, late, ret);
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
	} else {
		make_env(e, &a);
		what = run(e, input, ret);
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
