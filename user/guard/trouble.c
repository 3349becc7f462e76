/* SPDX-License-Identifier: BSD-2-Clause */
/* What went wrong in parts that only count it: told when it begins, and when it is over. */
#include <string.h>
#include <time.h>

#include "user/base/buf.h"
#include "user/base/clock.h"
#include "user/flow/notes.h"
#include "user/guard/link.h"
#include "user/guard/state.h"
#include "user/model/decision.h"
#include "user/sink/alert.h"
#include "user/sink/ring.h"

#define LOST_AGAIN_NS 600000000000ULL

/* Alerts that there was no room for, while nobody took them. */
static void look_at_link(struct guard *g)
{
	const uint64_t now = clock_ns(CLOCK_REALTIME);
	struct link_figures figures;
	uint64_t lost;

	link_figures(g->link, &figures);
	lost = figures.dropped - g->dropped_told;
	if (!lost)
		return;
	notes_say(g->notes, FLOW_WARNING, "%llu alerts are dropped: the sender does not take them, and there is no room for more",
		  (unsigned long long)lost);
	past_gap(g, now, now, lost, "alerts_not_delivered");
	g->dropped_told = figures.dropped;
}

static void look_at_ring(struct guard *g)
{
	uint64_t missed;
	int err = ring_error(g->ring, &missed);

	if (err == g->ring_told)
		return;
	if (err)
		notes_say(g->notes, FLOW_WARNING, "%s: what is denied or alerted on cannot be recorded: %s", g->recordings, strerror(-err));
	else
		notes_say(g->notes, FLOW_NOTE, "%s: recorded again; %llu checks are missing", g->recordings,
			  (unsigned long long)missed);
	if (err)
		alert_own(g->alerts, SEVERITY_WARNING, "recordings", "what is denied or alerted on cannot be recorded");
	g->ring_told = err;
}

/* Who asks for much on purpose may mean to be overheard. */
static void look_at_losses(struct guard *g)
{
	const uint64_t now = clock_ns(CLOCK_MONOTONIC);
	struct buf sentence = BUF_INIT;
	struct loss grown;

	loss_since(&g->lost_told, &g->account.loss, &grown);
	if (!loss_checks(&grown) || (g->lost_told_ns && now - g->lost_told_ns < LOST_AGAIN_NS))
		return;
	g->lost_told = g->account.loss;
	g->lost_told_ns = now;
	buf_grouped(&sentence, loss_checks(&grown));
	buf_puts(&sentence, " checks are lost, and no rule decided on them");
	for (int c = 0; c < LOSS_COUNT; c++)
		if (c != LOSS_LIFECYCLE && grown.by_cause[c])
			buf_printf(&sentence, "; %llu: %s", (unsigned long long)grown.by_cause[c], loss_words((enum loss_cause)c));
	if (!sentence.error)
		alert_own(g->alerts, SEVERITY_WARNING, "lost", buf_str(&sentence));
	buf_done(&sentence);
}

void trouble_look(struct guard *g)
{
	look_at_losses(g);
	look_at_link(g);
	look_at_ring(g);
}
