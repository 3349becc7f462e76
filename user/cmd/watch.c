/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/watch.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/cmd/commands.h"
#include "user/cmd/say.h"
#include "user/guard/guard.h"
#include "user/host/nsfile.h"

#define DRAIN_NS   10000000000ULL

const struct say watch_say = { "watch" };

/* systemd may give several, of which the first is ours. */
static char *directory(const char *given, const char *variable, const char *usual)
{
	const char *from = given ?: getenv(variable) ?: usual;

	return strndup(from, given ? strlen(from) : strcspn(from, ":"));
}

static int daemon_run(const struct watch_options *o)
{
	static const int codes[] = {
		[GUARD_ENDED] = EXIT_FINE,
		[GUARD_FAILED] = EXIT_FAILED,
		[GUARD_RULES] = EXIT_USAGE,
	};
	const struct flow_notes notes = { watch_log, (void *)o };
	struct guard_config config = {
		.paths = { o->config, o->rules, o->rule_count },
		.state = o->state,
		.run = o->run,
		.sender_user = o->sender_user,
		.kernel = {
			.attach = o->attach,
			.btf = o->btf,
			.proc = o->proc,
			.engine_socket = o->engine_socket,
			.ring_bytes = o->ring_bytes,
			.host_mntns = nsfile_meant_mnt(o->proc),
		},
		.learn_ns = o->learn_ns,
		.drain_ns = DRAIN_NS,
	};

	return codes[guard_run(&config, &notes)];
}

static int run(struct watch_options *o)
{
	char *state = directory(o->state, "STATE_DIRECTORY", GUARD_STATE);
	char *at = directory(o->run, "RUNTIME_DIRECTORY", GUARD_RUN);
	int code = EXIT_FAILED;

	o->journal = watch_log_is_journal(getenv("JOURNAL_STREAM"), STDERR_FILENO);
	o->state = state;
	o->run = at;
	if (!state || !at)
		say(&watch_say, "out of memory");
	else if (o->word == WATCH_LEARNED && !o->reset)
		code = watch_learned(o);
	else
		code = o->word == WATCH_DAEMON ? daemon_run(o) : watch_ask(o);
	free(state);
	free(at);
	return code;
}

int watch_main(int argc, char **argv)
{
	struct watch_options o;
	int err = watch_options_parse(argc, argv, &o), code;

	if (err) {
		say(&watch_say, "%s", buf_str(&o.error));
		code = EXIT_USAGE;
	} else if (o.help) {
		watch_help();
		code = say_flush(&watch_say);
	} else {
		code = run(&o);
	}
	buf_done(&o.error);
	return code;
}
