/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/advice/proof.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>

#include "user/advice/solve.h"
#include "user/caps/asked.h"
#include "user/caps/capability.h"

#define BIT(cap) (1ULL << (cap))

static const char *const kinds[PROOF_KINDS] = {
	[PROOF_END] = "end",	   [PROOF_STATUS] = "status", [PROOF_JUDGE] = "judge", [PROOF_LOSS] = "loss",
	[PROOF_DENIAL] = "denial", [PROOF_CHECK] = "check",   [PROOF_GONE] = "gone",
};

static const char *const ends[PROOF_ENDS] = {
	[PROOF_ENDED] = "ended",	     [PROOF_NOT_STARTED] = "not_started", [PROOF_NEVER_READY] = "never_ready",
	[PROOF_ENDED_EARLY] = "ended_early", [PROOF_TOO_LONG] = "too_long",	  [PROOF_INTERRUPTED] = "interrupted",
	[PROOF_NO_RESET] = "no_reset",
};

static const char *const purposes[PROOF_PURPOSES] = {
	[PROOF_FIRST] = "first", [PROOF_VERIFY] = "verify", [PROOF_MINIMISE] = "minimise",
};

const char *proof_purpose_word(enum proof_purpose purpose)
{
	return purposes[purpose];
}

const char *proof_kind_word(enum proof_kind kind)
{
	return kinds[kind];
}

const char *proof_end_word(enum proof_end end)
{
	return ends[end];
}

const char *proof_unusable_word(enum proof_unusable why)
{
	static const char *const words[] = {
		[PROOF_BAD_END] = "bad_end", [PROOF_FAILED] = "failed", [PROOF_REFUSED] = "refused", [PROOF_LOSSES] = "losses",
	};

	return words[why];
}

enum proof_unusable proof_unusable(const struct proof_run *first)
{
	if (first->end != PROOF_ENDED)
		return PROOF_BAD_END;
	if (first->judge > 0)
		return PROOF_REFUSED;
	if (first->status && !first->server && first->judge == PROOF_NO_JUDGE)
		return PROOF_FAILED;
	return first->incomplete ? PROOF_LOSSES : PROOF_USABLE;
}

bool proof_is_void(const struct proof_run *run)
{
	return run->end == PROOF_INTERRUPTED || run->end == PROOF_NO_RESET;
}

/* May a refusal there be more than a matter of quality? */
static bool counts(const struct asked_row *row)
{
	return !row->no_need && !row->setup && row->cap >= 0 && row->cap < CAPABILITY_MAX && row->class != SITE_QUALITY &&
	       row->class != SITE_ADVISORY;
}

/* ---- one refusal ----------------------------------------------------------------------------------------------------- */

/*
 * The message is refused and the call succeeds: the error comes back in an answer. Or it succeeds without the setgid bit
 * that it was to set.
 */
static bool call_lies(const struct asked_row *row)
{
	static const char *const calls[] = { "sendto", "sendmsg", "sendmmsg", "write", "writev" };

	/* This one most programs go on without, whatever came back. */
	if (row->class != SITE_NEEDED || row->cap == CAP_AUDIT_WRITE)
		return false;
	if (row->cap == CAP_FSETID)
		return true;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (!strcmp(row->call, calls[i]))
			return true;
	return false;
}

/* Without the capability such a call may succeed and leave a way back to the old user. */
static bool leaves_way_back(const struct asked_row *row)
{
	return (row->cap == CAP_SETUID || row->cap == CAP_SETGID) && row->worked;
}

/* A call whose end is not known may have failed. */
static bool refusal_hurts(const struct asked_row *row)
{
	return counts(row) && (row->worked < row->denied || call_lies(row));
}

/* ---- rows of two runs ------------------------------------------------------------------------------------------------ */

static bool same_place(const struct asked_row *a, const struct asked_row *b)
{
	return a->cap == b->cap && a->class == b->class && a->no_need == b->no_need && a->setup == b->setup &&
	       !strcmp(a->name, b->name) && !strcmp(a->call, b->call) && !strcmp(a->operation ?: "", b->operation ?: "");
}

static const struct asked_row *find(struct asked *a, const struct asked_row *like)
{
	size_t count = a ? asked_count(a) : 0;

	for (size_t i = 0; i < count; i++) {
		const struct asked_row *row = asked_at(a, i);

		if (same_place(row, like))
			return row;
	}
	return NULL;
}

/* Was it refused before too, and did nothing of it succeed that is refused now? */
static bool refused_before(const struct asked_row *before, const struct asked_row *row)
{
	return before && before->denied && (!before->granted || row->granted);
}

static void add(struct proof *p, enum proof_kind kind, bool matters, const struct asked_row *row)
{
	if (matters) {
		p->unheard = kind == PROOF_LOSS && (p->holds || p->unheard);
		p->holds = false;
		if (row)
			p->lacking |= BIT(row->cap);
	}
	if (p->count == PROOF_DIFFERENCES_MAX)
		p->left_out++;
	else
		p->at[p->count++] = (struct proof_difference){ kind, matters, row };
}

/* Were they granted, and did their calls fail all the same? */
static bool all_failed(const struct asked_row *row)
{
	return row->granted && row->granted_failed >= row->granted;
}

/*
 * Was another one that does as well there granted in the first run, and did its calls fail all the same? That one is asked
 * for first, and this one only where it is lacking.
 */
static bool kin_failed(const struct proof_run *first, const struct asked_row *row)
{
	size_t count = first->asked ? asked_count(first->asked) : 0;
	bool failed = false;

	for (size_t i = 0; i < count; i++) {
		const struct asked_row *kin = asked_at(first->asked, i);

		if (kin->cap < 0 || !(row->others & BIT(kin->cap)) || strcmp(kin->name, row->name) || strcmp(kin->call, row->call))
			continue;
		if (kin->granted && !all_failed(kin))
			return false;
		failed |= all_failed(kin);
	}
	return failed;
}

/* It failed with the capability as it does without. What else differs may come of that all the same. */
static bool failed_before(const struct proof_run *first, const struct proof_run *now, const struct asked_row *before,
			  const struct asked_row *row)
{
	return (before ? all_failed(before) : kin_failed(first, row)) && now->end == first->end && now->status == first->status &&
	       now->judge <= 0;
}

static void add_denial(struct proof *p, const struct asked_row *row, bool excused)
{
	if (row->no_need || row->setup)
		return;
	if (!counts(row))
		p->harmless += row->denied;
	if (row->class != SITE_ADVISORY)
		add(p, PROOF_DENIAL, (refusal_hurts(row) && !excused) || leaves_way_back(row), row);
}

static void compare_row(struct proof *p, const struct proof_run *first, const struct proof_run *now,
			const struct asked_row *row)
{
	const struct asked_row *before = find(first->asked, row);

	if (row->denied && !refused_before(before, row))
		add_denial(p, row, now->judge == 0 || failed_before(first, now, before, row));
	else if (!before && row->granted && counts(row))
		add(p, PROOF_CHECK, false, row);
}

static void compare_rows(struct proof *p, const struct proof_run *first, const struct proof_run *now)
{
	size_t count = now->asked ? asked_count(now->asked) : 0;
	uint64_t before = 0, still = 0;

	for (size_t i = 0; i < count; i++)
		compare_row(p, first, now, asked_at(now->asked, i));
	count = first->asked ? asked_count(first->asked) : 0;
	for (size_t i = 0; i < count; i++) {
		const struct asked_row *row = asked_at(first->asked, i);

		if (!row->granted || !counts(row))
			continue;
		before |= BIT(row->cap);
		if (find(now->asked, row))
			still |= BIT(row->cap);
		else
			add(p, PROOF_GONE, false, row);
	}
	p->unasked = before & ~still;
}

int proof_compare(const struct proof_run *first, const struct proof_run *now, struct proof *ret)
{
	struct proof p = { .at = calloc(PROOF_DIFFERENCES_MAX, sizeof(*p.at)), .holds = true };

	if (!p.at)
		return -ENOMEM;
	if (now->end != first->end)
		add(&p, PROOF_END, true, NULL);
	if (now->status != first->status && now->end == PROOF_ENDED)
		add(&p, PROOF_STATUS, true, NULL);
	if (now->judge > 0)
		add(&p, PROOF_JUDGE, true, NULL);
	if (now->incomplete)
		add(&p, PROOF_LOSS, true, NULL);
	compare_rows(&p, first, now);
	*ret = p;
	return 0;
}

void proof_done(struct proof *p)
{
	free(p->at);
	p->at = NULL;
	p->count = 0;
}

int proof_cure(const struct proof *p, uint64_t *ret)
{
	struct solve_use *uses = calloc(p->count + 1, sizeof(*uses));
	struct solved solved;
	size_t count = 0;
	int err;

	if (!uses)
		return -ENOMEM;
	for (size_t i = 0; i < p->count; i++) {
		const struct asked_row *row = p->at[i].row;

		if (!p->at[i].matters || p->at[i].kind != PROOF_DENIAL)
			continue;
		uses[count++] = (struct solve_use){
			.cap = (unsigned)row->cap, .class = row->class, .others = row->others, .granted = 1,
		};
	}
	err = solve(uses, count, &solved);
	if (!err)
		*ret = solved.caps;
	free(uses);
	return err;
}

/* ---- all runs -------------------------------------------------------------------------------------------------------- */

struct proof_attempt *proof_story_add(struct proof_story *s)
{
	struct proof_attempt *at = reallocarray(s->at, s->count + 1, sizeof(*at));

	if (!at)
		return NULL;
	s->at = at;
	at = &s->at[s->count++];
	*at = (struct proof_attempt){ .run.judge = PROOF_NO_JUDGE };
	return at;
}

void proof_story_done(struct proof_story *s)
{
	for (size_t i = 0; i < s->count; i++) {
		for (size_t nr = 0; nr < s->at[i].row_count; nr++)
			free((char *)s->at[i].rows[nr].operation);
		free(s->at[i].rows);
		proof_done(&s->at[i].differs);
		saved_done(&s->at[i].heard);
	}
	free(s->at);
	*s = (struct proof_story){ .at = NULL };
}
