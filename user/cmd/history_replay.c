/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>

#include "user/base/buf.h"
#include "user/base/out.h"
#include "user/caps/syscalls.h"
#include "user/cmd/commands.h"
#include "user/cmd/hear.h"
#include "user/cmd/history.h"
#include "user/cmd/say.h"
#include "user/cmd/verdict.h"
#include "user/flow.h"
#include "user/history/history.h"
#include "user/host/users.h"
#include "user/model/filter.h"
#include "user/model/usage.h"
#include "user/sink/await.h"
#include "user/sink/sink.h"
#include "user/sink/usage.h"
#include "user/source/replay.h"

struct import {
	const struct say *to;
	const struct options *options;
	struct replay *from;
	struct history *history;
	struct syscalls *syscalls;
	struct users *users;
	struct out out;
	struct sink *sink;
	int error;		/* of the history */
};

static int take(void *ctx, const struct usage_batch *batch)
{
	struct import *i = ctx;
	int err = history_add(i->history, batch);

	i->error = i->error ?: err;
	return err;
}

static int prepare(struct import *i)
{
	struct usage_options options = { .take = take, .ctx = i };
	struct sink *usage;
	int err;

	i->syscalls = syscalls_new();
	i->users = users_new_told();
	if (!i->syscalls || !i->users)
		return -ENOMEM;
	syscalls_set_machine(i->syscalls, replay_facts(i->from)->machine);
	options.syscalls = i->syscalls;
	err = usage_new(&i->out, &options, &usage);
	return err ?: await_new(usage, AWAIT_LONG_NS, &i->sink);
}

static int begin_run(struct import *i)
{
	const struct recording_facts *f = replay_facts(i->from);
	const struct history_run run = {
		.start_ns = f->wall_ns, .host = f->host, .boot_id = f->boot_id, .kernel = f->kernel, .machine = f->machine,
		.probe = f->probe, .imported = true,
	};

	return history_begin(i->history, &run);
}

/* All of it is taken: who is asked for is chosen from the history. */
static int hear(struct import *i, struct filter *everything, struct flow_result *ret)
{
	struct hear hear = { i->to, &i->options->output };
	const struct flow_notes notes = { hear_note, &hear };
	const struct flow_config config = {
		.filter = everything,
		.sites = replay_facts(i->from)->has & RECORDING_SITES,
		.outcomes = replay_facts(i->from)->has & RECORDING_OUTCOMES,
		.sink = i->sink,
		.replay = i->from,
		.users = i->users,
		.kernel.proc = i->options->kernel.proc,
	};

	return flow_replay(&config, &notes, ret);
}

static int import(struct import *i, bool *ret_incomplete)
{
	struct flow_result result = { .output_error = 0 };
	struct filter everything;
	int err = prepare(i);

	err = err ?: begin_run(i);
	if (!err) {
		filter_init(&everything);
		err = hear(i, &everything, &result);
		filter_done(&everything);
	}
	err = err ?: i->error ?: result.output_error;
	err = err ?: history_end(i->history, 0);
	if (i->sink)
		i->sink->ops->free(i->sink);
	users_free(i->users);
	syscalls_free(i->syscalls);
	buf_done(&i->out.buf);
	*ret_incomplete = verdict(&result, 0, NULL) == EXIT_INCOMPLETE;
	return err;
}

int history_of_recording(const struct say *to, const struct options *o, struct replay *from, struct history **ret, bool *ret_incomplete)
{
	struct import i = { .to = to, .options = o, .from = from, .out = OUT_INIT };
	struct buf told = BUF_INIT;
	int err = history_open(o->history.db ?: HISTORY_MEMORY, &told, &i.history);

	if (told.len)
		say(to, "%s", buf_str(&told));
	buf_done(&told);
	if (err)
		return EXIT_FAILED;
	err = import(&i, ret_incomplete);
	if (!err) {
		*ret = i.history;
		return EXIT_FINE;
	}
	say_error(to, "the history", err);
	history_close(i.history);
	return EXIT_FAILED;
}
