/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/flow/told.h"

#include "user/base/buf.h"
#include "user/caps/capability.h"
#include "user/enrich/workloads.h"
#include "user/flow/chosen.h"
#include "user/flow/notes.h"
#include "user/flow/pending.h"
#include "user/host/self.h"
#include "user/model/record.h"
#include "user/source/live.h"

void told_workloads(const struct flow *f)
{
	struct workloads_stats s;

	workloads_stats(f->workloads, &s);
	note(f, FLOW_DETAIL, "workloads: %zu at most, in %zu KiB; %llu looked for, %llu looks, %.3f ms on average, %.3f ms the "
			     "longest (%.3f ms of CPU), %llu took more than 5 ms; %llu let go and %llu not looked for, for lack "
			     "of room",
	     s.most, (s.most_bytes + 1023) / 1024, (unsigned long long)s.asked, (unsigned long long)s.answered,
	     s.answered ? (double)s.total_ns / (double)s.answered / 1e6 : 0, (double)s.longest_ns / 1e6,
	     (double)s.longest_cpu_ns / 1e6, (unsigned long long)s.slow,
	     (unsigned long long)s.dropped, (unsigned long long)s.unasked);
}

static void say_waited(const struct flow *f)
{
	struct pending_stats s;

	pending_stats(f->pending, &s);
	note(f, FLOW_DETAIL, "filters by name: %llu checks came here to be left out, all others of the same were refused by "
	     "the kernel side; %llu of them in containers that no engine knows; %llu events waited for a name, %.3f ms at most; "
	     "%zu held at most, in %zu KiB, %llu went ahead of them for lack of room", (unsigned long long)f->not_meant,
	     (unsigned long long)f->nameless, (unsigned long long)s.waited,
	     (double)s.longest_ns / 1e6, s.most, (s.most_bytes + 1023) / 1024, (unsigned long long)s.ahead);
}

void told_undecided(struct flow *f)
{
	uint64_t n = chosen_undecided(f->chosen);

	if (f->pending)
		say_waited(f);
	if (!n)
		return;
	note(f, FLOW_WARNING, "%llu times it could not be told whether somebody is meant, who was left out",
	     (unsigned long long)n);
	f->result->incomplete = true;
}

bool told_few_sites(const struct flow *f)
{
	const struct live_facts *facts = live_facts(f->live);

	return f->config->sites_dear && f->config->counting && !facts->sites_read && !facts->sites_sent;
}

void told_how_sites(const struct flow *f)
{
	const struct live_facts *facts = live_facts(f->live);

	if (f->config->counting && facts->sites_sent)
		note(f, FLOW_NOTE, "each check is sent with its call stack, which takes some microseconds: by %s this kernel cannot count "
		     "them by call site (Linux 5.12 and kprobe can)", record_probe(facts->rung->probe));
	if (told_few_sites(f))
		note(f, FLOW_NOTE, "checks are unwound for their call sites, which takes a microsecond or two: %s has no other way on "
		     "this kernel; of those that are alike the first %d are, and one in %d of the others",
		     record_probe(facts->rung->probe), ALIKE_AFTER, ALIKE_EVERY);
}

/* How the call sites of what was counted were found. */
void told_sites(const struct flow *f)
{
	struct live_sites n;

	if (!f->config->sites || !f->config->counting)
		return;
	live_sites(f->live, &n);
	note(f, FLOW_DETAIL, "%llu counted checks had to be unwound for their call site, %llu were read from the stack and "
	     "not at hand", (unsigned long long)n.unwound, (unsigned long long)n.read);
	f->result->sites_taken = n.taken;
	if (n.taken)
		note(f, FLOW_NOTE, "%llu checks were not unwound for their call site, but counted where the last one like them was made",
		     (unsigned long long)n.taken);
	if (n.differ)
		note(f, FLOW_WARNING, "%llu call sites were read otherwise than they were unwound",
		     (unsigned long long)n.differ);
}

/* An act of the trial that the probe itself did not hear. */
static void say_unheard(const struct flow *f, const struct live_facts *facts, enum trial_act act)
{
	const struct derived_site *site;
	const struct derived_fact *fact = derived_of(facts->derived, act, &site);
	struct buf how = BUF_INIT;

	if (fact && fact->state != DERIVED_NONE)
		derived_print(&how, site, fact);
	note(f, FLOW_DETAIL, "%s on this kernel: %s%s%s", fact && fact->state == DERIVED_HEARD ? "derived" : "unheard",
	     trial_words(act), how.len ? ": " : "", buf_str(&how));
	buf_done(&how);
}

void told_probe(const struct flow *f)
{
	const struct live_facts *facts = live_facts(f->live);

	note(f, FLOW_DETAIL, "probe: %s (%s)", record_probe(facts->rung->probe), facts->rung->hook);
	for (int i = 0; i < PROBES_RUNGS; i++)
		if (facts->passed_over[i][0])
			note(f, FLOW_DETAIL, "passed over: %s: %s", record_probe(probes_ladder[i].probe),
			     facts->passed_over[i]);
	if (facts->rung->cannot)
		note(f, FLOW_DETAIL, "it cannot see: %s", facts->rung->cannot);
	for (int act = TRIAL_NONE + 1; act < TRIAL_COUNT; act++)
		if (!facts->trial.heard[act] && trial_words(act))
			say_unheard(f, facts, act);
	if (f->config->refusals && !facts->refusals)
		note(f, FLOW_DETAIL, "unheard on this kernel: who is not allowed to execute a file, since the bounding set lacks what "
		     "that brings; only of the command itself it is known");
}

void told_outcomes(const struct flow *f)
{
	enum live_outcomes how = live_facts(f->live)->outcomes;
	unsigned cost = live_facts(f->live)->outcomes_cost;

	if (how == LIVE_OUTCOMES_BY_WORK)
		note(f, FLOW_DETAIL, "outcomes: by task work, of the system calls in which a check was made");
	else if (how == LIVE_OUTCOMES_BY_CALL)
		note(f, FLOW_DETAIL, "outcomes: at the returns of %u system calls in which checks are usual, and of others once one is "
		     "seen in them", live_facts(f->live)->outcomes_calls);
	else if (how == LIVE_OUTCOMES_AT_EXIT)
		note(f, FLOW_NOTE, "outcomes: at the end of every system call of this machine, each of which takes %u ns longer as "
		     "long as this runs", cost);
	else if (f->config->outcomes && f->config->outcomes_of_few)
		note(f, FLOW_NOTE, "what calls returned is not known: on this kernel every system call would pay for "
		     "that (--outcomes all)");
	else if (f->config->outcomes)
		note(f, FLOW_WARNING, "what became of calls cannot be seen on this kernel");
}

void told_late_outcomes(const struct flow *f)
{
	const struct live_facts *facts = live_facts(f->live);

	if (facts->outcomes_added)
		note(f, FLOW_NOTE, "what %u system call%s returned is known since the first check that was seen there, and not of "
		     "that one (--outcomes all)", facts->outcomes_added, facts->outcomes_added == 1 ? "" : "s");
}

/* After live_needs, which finds out whether a reserve could be taken at all. */
void told_reserve(const struct flow *f)
{
	const struct live_facts *facts = live_facts(f->live);

	if (facts->standby)
		note(f, FLOW_DETAIL, "in reserve: %s", record_probe(facts->standby->probe));
	if (facts->standby_refused)
		note(f, FLOW_DETAIL, "no probe in reserve: only CAP_SYS_ADMIN could attach one later on this kernel "
				     "(kernel.perf_event_paranoid), and it is not kept for that");
}

void told_kept(const struct flow *f, const struct self *left)
{
	struct buf names = BUF_INIT;

	capability_mask_names(&names, left->caps.permitted);
	note(f, FLOW_DETAIL, "capabilities kept: %s", left->caps.permitted ? buf_str(&names) : "none");
	buf_clear(&names);
	capability_mask_names(&names, f->looking);
	if (workloads_fd(f->workloads) >= 0 && names.len)
		note(f, FLOW_DETAIL, "and by the thread that looks for containers' names alone: %s", buf_str(&names));
	buf_done(&names);
}

/* The names that are asked for may be given later: whoever starts a trace should know that it waits. */
void told_waiting(struct flow *f)
{
	struct buf what = BUF_INIT;

	if (f->chosen && chosen_waits(f->chosen, &what))
		note(f, FLOW_NOTE, "waiting for %s", buf_str(&what));
	buf_done(&what);
}
