/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/flow/heard.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "user/base/buf.h"
#include "user/caps/site.h"
#include "user/enrich/ancestors.h"
#include "user/enrich/image.h"
#include "user/enrich/programs.h"
#include "user/enrich/sites.h"
#include "user/flow/classes.h"
#include "user/flow/meant.h"
#include "user/flow/notes.h"
#include "user/flow/repeats.h"
#include "user/host/proc.h"
#include "user/model/lifecycle.h"
#include "user/model/outcome.h"
#include "user/model/program.h"
#include "user/model/record.h"
#include "user/sink/sink.h"
#include "user/source/live.h"

enum {
	ARGS_MAX = 4096,
	LAST_LOOKS = 5,
	LAST_LOOK_NS = 2000000,
};

/* What the kernel side could not read may be there. */
static void look_for_args(struct flow *f, const struct event_program *e)
{
	char words[ARGS_MAX], comm[EVENT_COMM + 1] = "";
	size_t len;

	memcpy(comm, e->comm, EVENT_COMM);
	if (!proc_cmdline_of(f->config->kernel.proc, (pid_t)e->tgid, comm, e->program, words, sizeof(words), &len))
		programs_put_args(f->programs, e->tgid, e->program, words, len, len == sizeof(words));
}

static void take_args(struct flow *f, const void *data, size_t size)
{
	const struct event_program *e = data;
	size_t n;
	bool cut;
	const char *words = program_args(data, size, &n, &cut);

	if (words)
		programs_put_args(f->programs, e->tgid, e->program, words, n, cut);
	else
		look_for_args(f, e);
}

static void read_ancestors(struct flow *f, const struct event_program *e)
{
	const struct program *p = programs_find(f->programs, e->tgid, e->program);
	struct buf names = BUF_INIT;

	if (p)
		ancestors_print(&names, f->programs, f->config->kernel.proc, p);
	if (!names.error)
		programs_put_ancestors(f->programs, e->tgid, e->program, buf_str(&names));
	buf_done(&names);
}

static int on_program(struct flow *f, const void *data, size_t size)
{
	struct sink *sink = f->config->sink;
	const struct event_program *e = data;
	const struct program *p;

	if (programs_put(f->programs, data, size)) {
		f->refused_events++;
		return 0;
	}
	if (f->config->args)
		take_args(f, data, size);
	if (f->config->ancestors)
		read_ancestors(f, e);
	p = sink->ops->program || f->chosen ? programs_find(f->programs, e->tgid, e->program) : NULL;
	if (p && f->chosen)
		meant_place(f, p);
	return p && sink->ops->program ? meant_offer(f, &(struct pending_item){ .kind = PENDING_PROGRAM, .program = p }) : 0;
}

void heard_program(struct flow *f, struct record *r)
{
	r->program = programs_find(f->programs, r->check.tgid, r->check.program);
	if (r->program)
		r->parts |= RECORD_PROGRAM;
	else if (r->check.program)
		f->forgot = true;
}

/* What is granted where nothing changes is nobody's need, whatever the call returned. */
static bool asks_outcome(const struct record *r)
{
	return r->check.head.flags & CHECK_DENIED || !r->site || r->site->class != SITE_ADVISORY;
}

static void ask_outcome(struct flow *f, const struct record *r)
{
	int err = live_ask_outcomes(f->live, r);

	if (err == -ENOSPC && !f->told_full) {
		note(f, FLOW_NOTE, "the returns of %u system calls are listened to, which is the most: what others return stays "
		     "unknown", live_facts(f->live)->outcomes_calls);
		f->told_full = true;
	} else if (err == -EACCES && !f->told_barred) {
		note(f, FLOW_NOTE, "what other system calls return stays unknown: only CAP_SYS_ADMIN could listen to that later on this "
		     "kernel (kernel.perf_event_paranoid), and it is not kept for that; --outcomes all listens from the start");
		f->told_barred = true;
	} else if (err && err != -ENOSPC && err != -EACCES) {
		note(f, FLOW_DETAIL, "outcomes: what system call %d returns cannot be seen: %s", r->check.syscall,
		     err == -ENOENT ? "the kernel has no function of its name" : strerror(-err));
	}
}

/* A child of the first one may be there before we are told of it. */
bool heard_is_helper(const struct flow *f, uint32_t tgid, const struct program *p)
{
	const pid_t *helpers = f->config->helpers;

	if (!f->by_our_ids)
		return false;
	for (size_t i = 0; i < FLOW_HELPERS; i++)
		if (helpers[i] && tgid == (uint32_t)helpers[i])
			return true;
	return helpers[0] && p && p->ppid == (uint32_t)helpers[0];
}

static int on_check(struct flow *f, const void *data, size_t size, struct record *r)
{
	if (f->closing)
		return 0;
	heard_program(f, r);
	if (heard_is_helper(f, r->check.tgid, r->program)) {
		f->own++;
		return 0;
	}
	if (f->sites)
		sites_name(f->sites, data, size, r);
	if (!classes_pass(f->sites, f->config->filter, r)) {
		f->left_out++;
		return 0;
	}
	if (f->config->outcomes && asks_outcome(r))
		ask_outcome(f, r);
	if (f->repeats)
		repeats_put(f->repeats, r, data, size);
	r->wall_ns = r->mono_ns + f->wall_offset;
	r->parts |= RECORD_WALL;
	return meant_offer(f, &(struct pending_item){ .kind = PENDING_CHECK, .record = r, .program = r->program });
}

static int on_outcome(struct flow *f, const void *data, size_t size)
{
	struct event_outcome e;

	if (outcome_decode(data, size, &e)) {
		f->refused_events++;
		return 0;
	}
	return f->config->sink->ops->outcome ? meant_offer(f, &(struct pending_item){ .kind = PENDING_OUTCOME, .outcome = &e }) : 0;
}

static int on_lifecycle(struct flow *f, const void *data, size_t size)
{
	struct lifecycle l;
	struct record r;

	if (lifecycle_decode(data, size, &l)) {
		f->refused_events++;
		return 0;
	}
	if (f->closing || !f->config->sink->ops->lifecycle)
		return 0;
	lifecycle_record(&l, &r);
	heard_program(f, &r);
	r.wall_ns = r.mono_ns + f->wall_offset;
	r.parts |= RECORD_WALL;
	if (l.event.what == LIFE_EXEC && l.event.ret == 0 && r.program)
		image_read(f->config->kernel.proc, f->our_mntns, r.program, &l);
	return meant_offer(f, &(struct pending_item){ .kind = PENDING_LIFECYCLE, .record = &r, .program = r.program });
}

static int on_event(void *ctx, const void *data, size_t size)
{
	struct flow *f = ctx;
	struct record r;
	int err = 0;

	if (record_decode(data, size, &r))
		f->refused_events++;
	else if (r.kind == EVENT_PROGRAM)
		err = on_program(f, data, size);
	else if (r.kind == EVENT_OUTCOME)
		err = on_outcome(f, data, size);
	else if (r.kind == EVENT_LIFECYCLE)
		err = on_lifecycle(f, data, size);
	else if (r.parts & RECORD_CHECK)
		err = on_check(f, data, size, &r);
	return err || ++f->batch < HEARD_BATCH ? err : -EAGAIN;
}

int heard_drain(struct flow *f)
{
	f->batch = 0;
	if (!f->stopping)
		live_read(f->live, on_event, f);
	if (!f->result->output_error)
		f->result->output_error = sink_flush(f->config->sink);
	if (f->result->output_error)
		f->stopping = true;
	return f->batch;
}

void heard_leftovers(struct flow *f)
{
	live_leftovers(f->live, on_event, f);
}

void heard_last_outcomes(struct flow *f)
{
	f->closing = true;
	for (int i = 0; i < LAST_LOOKS && f->config->outcomes && !f->result->output_error; i++) {
		nanosleep(&(struct timespec){ .tv_nsec = LAST_LOOK_NS }, NULL);
		f->batch = 0;
		live_read(f->live, on_event, f);
	}
}
