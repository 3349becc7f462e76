/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/clock.h"
#include "user/cmd/options.h"
#include "user/sink/sink.h"
#include "user/sink/subjects.h"

#define SECOND_NS	1000000000ULL
#define STEP_MOST_NS	(60 * SECOND_NS)
#define WAITING_NS	100000000ULL	/* how late an end is noticed */

void progress_init(struct progress *p, const struct output_options *o, bool command)
{
	p->line = !o->quiet && !o->verbose && !command && isatty(STDERR_FILENO);
	p->lines = o->verbose;
	p->step_ns = SECOND_NS;
}

uint64_t progress_interval(const struct progress *p)
{
	if (p->waits_for)
		return WAITING_NS;
	return p->line || p->lines ? SECOND_NS : 0;
}

static void put_times(struct buf *b, uint64_t n, const char *what)
{
	buf_printf(b, "%llu %s%s", (unsigned long long)n, what, n == 1 ? "" : "s");
}

static void describe(const struct progress *p, const struct subjects_state *state, uint64_t ns, struct buf *b)
{
	buf_printf(b, "capsieve profile: %llu s: ", (unsigned long long)(ns / SECOND_NS));
	if (p->waits_for && !state->met) {
		buf_printf(b, "waiting for %s", p->waits_for);
		return;
	}
	put_times(b, state->checks, "check");
	buf_printf(b, ", %u capabilit%s", state->capabilities, state->capabilities == 1 ? "y" : "ies");
}

void progress_clear(struct progress *p)
{
	if (p->shown)
		fprintf(stderr, "\r%*s\r", p->shown, "");
	p->shown = 0;
}

static void show(struct progress *p, const struct subjects_state *state, uint64_t ns)
{
	struct buf b = BUF_INIT;

	describe(p, state, ns, &b);
	if (p->lines) {
		fprintf(stderr, "%s\n", buf_str(&b));
	} else {
		progress_clear(p);
		p->shown = (int)b.len;
		fputs(buf_str(&b), stderr);
		fflush(stderr);
	}
	buf_done(&b);
}

/* A line each second; lines of their own ever more seldom. */
static void show_if_due(struct progress *p, const struct subjects_state *state, uint64_t now, uint64_t ns)
{
	if (!p->line && !p->lines)
		return;
	if (!p->next_ns)
		p->next_ns = now - ns + SECOND_NS;
	if (now < p->next_ns)
		return;
	show(p, state, ns);
	if (p->lines && p->step_ns < STEP_MOST_NS)
		p->step_ns *= 2;
	p->next_ns = now + p->step_ns;
}

int progress_turn(struct progress *p)
{
	uint64_t now = clock_ns(CLOCK_REALTIME), ns;
	struct subjects_state state;

	subjects_state(p->subjects, &state);
	ns = now > state.since_ns ? now - state.since_ns : 0;
	show_if_due(p, &state, now, ns);
	return state.over || (p->duration_ns && ns >= p->duration_ns) ? SINK_ENOUGH : 0;
}
