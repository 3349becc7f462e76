/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/advice/answer.h"

#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "user/advice/proof.h"
#include "user/advice/recipe.h"
#include "user/base/buf.h"
#include "user/caps/capability.h"
#include "user/caps/asked.h"
#include "user/caps/facts.h"

static const char *const words[SOLVE_PARTS] = {
	[SOLVE_NEEDED] = "needed",	[SOLVE_CHOSEN] = "alternative", [SOLVE_CONDITIONAL] = "conditional",
	[SOLVE_KEPT] = "kept",		[SOLVE_QUALITY] = "quality",	[SOLVE_SOFT] = "soft",
	[SOLVE_SPARED] = "spared",	[SOLVE_ADVISORY] = "advisory",	[SOLVE_NO_NEED] = "no_need",
	[SOLVE_DENIED] = "denied",	[SOLVE_SETUP] = "setup",
};

const char *answer_part_word(enum solve_part part)
{
	return words[part];
}

uint64_t answer_asked(const struct answer *a)
{
	uint64_t set = 0;

	for (enum solve_part part = 0; part < SOLVE_PARTS; part++)
		set |= a->solved.parts[part];
	return set;
}

enum solve_part answer_part_of(const struct answer *a, unsigned cap)
{
	enum solve_part part = 0;

	while (part < SOLVE_PARTS && !(a->solved.parts[part] & 1ULL << cap))
		part++;
	return part;
}

bool answer_unasked(const struct answer *a, uint64_t *ret)
{
	uint64_t held;
	bool known = asked_held(a->asked, &held);

	if (known)
		*ret = held & ~answer_asked(a);
	return known;
}

uint64_t answer_unused(const struct answer *a)
{
	uint64_t granted;

	return asked_grant(a->asked, &granted) ? granted & ~asked_used(a->asked) : 0;
}

/* Asked only of who has not set no_new_privs. */
static bool is_for_no_new_privs(const struct asked_row *row)
{
	return row->condition && !strcmp(row->condition, SITE_WITHOUT_NO_NEW_PRIVS);
}

static bool fill(const struct asked_row *row, bool no_new_privs, struct solve_use *use)
{
	if (row->cap < 0 || row->cap >= CAPABILITY_MAX)
		return false;
	*use = (struct solve_use){
		.cap = (unsigned)row->cap,
		.class = row->class,
		.others = row->others,
		.granted = row->granted,
		.denied = row->denied,
		.granted_failed = row->granted_failed,
		.no_need = row->no_need,
		.met = no_new_privs && is_for_no_new_privs(row),
		.setup = row->setup,
	};
	return true;
}

static int solve_asked(struct answer *a)
{
	size_t count = asked_count(a->asked), n = 0;
	struct solve_use *uses = calloc(count + 1, sizeof(*uses));
	int err;

	if (!uses)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		n += fill(asked_at(a->asked, i), a->no_new_privs, &uses[n]);
	err = solve(uses, n, &a->solved);
	free(uses);
	return err;
}

/* no_new_privs takes away what a file brings. */
static bool may_lock(const struct answer *a)
{
	for (size_t i = 0; i < a->file_count; i++)
		if (a->files[i].caps || a->files[i].setid || a->files[i].refused)
			return false;
	return true;
}

/* An exec of a file whose capabilities the bounding set does not have fails. */
static void add_files(struct answer *a)
{
	for (size_t i = 0; i < a->file_count; i++)
		a->bounding |= a->files[i].caps;
	/* Root has at an exec what the bounding set has; and who starts such a file has what it brings. */
	if (!a->user)
		a->caps = a->bounding;
	else if (a->command && a->file_count)
		a->caps |= a->files[0].caps;
}

const char *answer_seccomp_word(unsigned seccomp)
{
	static const char *const modes[ANSWER_SECCOMP_UNKNOWN] = { "none", "strict", "filters" };

	return seccomp < ANSWER_SECCOMP_UNKNOWN ? modes[seccomp] : NULL;
}

/* Did a call fail for want of it, as far as that is known? */
static bool was_lacking(const struct asked_row *row)
{
	return row->denied > row->worked && !row->no_need && !row->setup && row->class != SITE_ADVISORY;
}

bool answer_fails_otherwise(const struct answer *a)
{
	size_t count = a->failed ? asked_count(a->asked) : 0;

	/* It was told to end, or crashed; the signal of a seccomp filter is SIGSYS. */
	if (a->failed > 128 && a->failed != 128 + SIGSYS)
		return false;
	for (size_t i = 0; i < count; i++)
		if (was_lacking(asked_at(a->asked, i)))
			return false;
	for (size_t i = 0; i < a->file_count; i++)
		if (a->files[i].refused)
			return false;
	return a->failed;
}

uint64_t answer_argues(const struct answer *a, const struct asked_row *row, enum solve_part *ret_part)
{
	struct solve_use use;
	enum solve_part part = fill(row, a->no_new_privs, &use) ? solve_part_of(&use) : SOLVE_PARTS;

	if (ret_part)
		*ret_part = part;
	if (part > SOLVE_KEPT)
		return 0;
	if (a->caps & 1ULL << row->cap)
		return 1ULL << row->cap;
	return part == SOLVE_CHOSEN ? row->others & a->caps : 0;
}

const struct asked_row *answer_next_row(const struct answer *a, unsigned cap, bool argue, size_t *at, enum solve_part *ret_part)
{
	while (*at < asked_count(a->asked)) {
		const struct asked_row *row = asked_at(a->asked, (*at)++);
		bool argues = answer_argues(a, row, ret_part) & 1ULL << cap;

		if (!row->setup && (argue ? argues : row->cap == (int)cap && !argues))
			return row;
	}
	return NULL;
}

uint64_t answer_lacking(const struct answer *a)
{
	uint64_t set = 0;

	for (size_t i = 0; i < asked_count(a->asked); i++) {
		const struct asked_row *row = asked_at(a->asked, i);

		if (was_lacking(row) && row->cap >= 0 && row->cap < CAPABILITY_MAX)
			set |= 1ULL << row->cap;
	}
	return set;
}

/* ---- when, and what for ---- */

/* Was it granted, and would it have mattered? */
static bool has_effect(const struct asked_row *row)
{
	return row->granted && !row->no_need && !row->setup && row->class != SITE_QUALITY && row->class != SITE_ADVISORY;
}

/* The capabilities of which a row that had an effect is so, or that serve for it. */
static uint64_t caps_of(const struct answer *a, bool (*is)(const struct asked_row *row))
{
	size_t count = asked_count(a->asked);
	uint64_t set = 0;

	for (size_t i = 0; i < count; i++) {
		const struct asked_row *row = asked_at(a->asked, i);

		if (row->cap >= 0 && row->cap < CAPABILITY_MAX && has_effect(row) && is(row))
			set |= 1ULL << row->cap | answer_argues(a, row, NULL);
	}
	return set;
}

static bool is_any(const struct asked_row *row)
{
	return row;
}

static bool is_steady(const struct asked_row *row)
{
	return row->steady;
}

static bool is_kept(const struct asked_row *row)
{
	return row->keeps;
}

/* What is told once; where there are too many the rest is not. */
enum { TOLD_MAX = 8 };
struct told {
	const struct asked_row *at[TOLD_MAX];
	size_t count;
	bool other;	/* of something nothing in particular is known */
};

static const char *instead_of(const struct asked_row *row, unsigned cap)
{
	return row->operation ? site_instead((int)cap, row->operation) : NULL;
}

static void tell(struct told *t, const struct asked_row *row, unsigned cap)
{
	const char *instead = instead_of(row, cap);

	t->other |= !instead;
	for (size_t i = 0; i < t->count && instead; i++) {
		const char *told = instead_of(t->at[i], cap);

		if (told && !strcmp(told, instead))
			return;
	}
	if (instead && t->count < TOLD_MAX)
		t->at[t->count++] = row;
}

/* A login, a su: who is there to become somebody else cannot be started as him. */
static bool becomes_others(const struct answer *a)
{
	uint32_t users[2];

	return answer_is_setuid(a) || asked_drops_to(a->asked, users) > 1;
}

void answer_put_instead(struct buf *b, const struct answer *a, unsigned cap)
{
	const struct fact *fact = fact_of(cap);
	const struct asked_row *row;
	struct told t = { .count = 0 };
	bool several;
	size_t at = 0;

	if (!(a->caps & 1ULL << cap))
		return;
	if ((cap == CAP_SETUID || cap == CAP_SETGID) && becomes_others(a)) {
		buf_puts(b, answer_is_setuid(a) ? "nothing, where it is there to become another user, as su is; else be started as that user"
						: "nothing: it became several users, as what logs people in does");
		return;
	}
	while ((row = answer_next_row(a, cap, true, &at, NULL)))
		tell(&t, row, cap);
	several = t.count + t.other > 1;
	for (size_t i = 0; i < t.count; i++) {
		if (several)
			buf_printf(b, "%sto %s: ", i ? "; " : "", t.at[i]->operation);
		buf_puts(b, instead_of(t.at[i], cap));
	}
	if ((t.other || !t.count) && fact && fact->better)
		buf_printf(b, "%s%s", t.count ? "; for the rest " : "", fact->better);
}

bool answer_is_setuid(const struct answer *a)
{
	for (size_t i = 0; i < a->file_count; i++)
		if (a->files[i].setid)
			return true;
	return false;
}

/* Whoever drops to several users is there to do that. */
void answer_date(struct answer *a)
{
	const uint64_t effective = caps_of(a, is_any) & a->caps, steady = caps_of(a, is_steady);
	uint32_t users[2];

	a->starting = asked_saw_steady(a->asked) ? effective & ~steady : 0;
	a->drops = 0;
	if (asked_drops_to(a->asked, users) == 1 && !answer_is_setuid(a) && !a->user)
		a->drops = effective & ~caps_of(a, is_kept) & (asked_saw_steady(a->asked) ? a->starting : UINT64_MAX);
	a->drops_to = users[0];
	/* Without the change of the user itself there is nothing that a start as that user would spare. */
	if (!(a->drops & 1ULL << CAP_SETUID))
		a->drops = 0;
}

static bool is_locked_out(const struct asked_row *row)
{
	return is_for_no_new_privs(row);
}

/* Capabilities that are not advised because no_new_privs is: without it the program would need them. */
static uint64_t locked_out(const struct answer *a)
{
	return a->no_new_privs ? caps_of(a, is_locked_out) & ~a->caps : 0;
}

const char *answer_phase(const struct answer *a, unsigned cap)
{
	if (a->starting & 1ULL << cap)
		return "start-up";
	return caps_of(a, is_steady) & 1ULL << cap ? "steady" : NULL;
}

/* In a setuid program setuid() succeeds without it too, but leaves a way back to root. */
static void keep_setuid(struct answer *a)
{
	const uint64_t setuid = 1ULL << CAP_SETUID;
	uint64_t *parts = a->solved.parts;

	if (!answer_is_setuid(a) || a->solved.caps & setuid || !((parts[SOLVE_QUALITY] | parts[SOLVE_SOFT] | parts[SOLVE_SPARED]) & setuid))
		return;
	parts[SOLVE_QUALITY] &= ~setuid;
	parts[SOLVE_SOFT] &= ~setuid;
	parts[SOLVE_SPARED] &= ~setuid;
	parts[SOLVE_KEPT] |= setuid;
	a->solved.caps |= setuid;
}

/* Of a run with all that was advised until then, it is what was added after it. */
static bool shows_need(const struct proof_story *s, const struct proof_attempt *at, unsigned cap)
{
	if (at->purpose == PROOF_MINIMISE)
		return at->why == MINIMISE_DIFFERS && at->without == cap;
	return at->purpose == PROOF_VERIFY && !at->differs.holds && s->added & ~at->caps & 1ULL << cap;
}

size_t answer_proved_by(const struct answer *a, unsigned cap)
{
	for (size_t i = 1; a->story && i < a->story->count; i++)
		if (shows_need(a->story, &a->story->at[i], cap))
			return i + 1;
	return 0;
}

void answer_prove(struct answer *a)
{
	uint64_t proved = 0;

	for (uint64_t rest = a->story->verified ? a->caps & ~a->solved.parts[SOLVE_CHOSEN] : 0; rest; rest &= rest - 1)
		if (answer_proved_by(a, (unsigned)__builtin_ctzll(rest)))
			proved |= rest & -rest;
	for (enum solve_part part = 0; part < SOLVE_PARTS; part++)
		a->solved.parts[part] &= ~proved;
	a->solved.parts[SOLVE_NEEDED] |= proved;
}

int answer_conclude(struct answer *a)
{
	int err;

	if (!a->lost && !asked_rest(a->asked))
		asked_pair(a->asked);
	asked_settle(a->asked);
	a->no_new_privs = may_lock(a);
	err = solve_asked(a);
	if (err)
		return err;
	keep_setuid(a);
	a->status = PROFILE_ESTIMATED;
	a->caps = a->solved.caps;
	a->bounding = a->caps;
	a->incomplete = a->lost || asked_rest(a->asked);
	add_files(a);
	answer_date(a);
	return 0;
}

void answer_need(const struct answer *a, struct recipe_need *ret)
{
	*ret = (struct recipe_need){
		.caps = a->caps,
		.bounding = a->bounding,
		.user = a->user,
		.no_new_privs = a->no_new_privs,
		.verified = a->status == PROFILE_VERIFIED,
		.incomplete = a->incomplete,
		/* Of one that gives no reasons it is not known. */
		.start_unseen = !a->start_seen && a->made_ns,
		.conditional = a->solved.parts[SOLVE_CONDITIONAL] & a->caps,
		.locked_out = locked_out(a),
		.unneeded = answer_asked(a) & ~a->caps,
		.kept = a->solved.parts[SOLVE_KEPT] & a->caps,
		.drops = a->drops & a->caps,
	};
}
