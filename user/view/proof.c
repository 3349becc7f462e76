/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/view/proof.h"

#include <inttypes.h>
#include <string.h>

#include "user/advice/proof.h"
#include "user/base/buf.h"
#include "user/base/json.h"
#include "user/base/text.h"
#include "user/caps/asked.h"
#include "user/caps/capability.h"
#include "user/model/outcome.h"
#include "user/view/capwords.h"
#include "user/view/wrap.h"

enum { SHOWN_MAX = 8 };	/* differences of one run */

static const char *const ends[PROOF_ENDS] = {
	[PROOF_ENDED] = "ended",
	[PROOF_NOT_STARTED] = "could not be started",
	[PROOF_NEVER_READY] = "was not ready in time",
	[PROOF_ENDED_EARLY] = "ended before it was told to",
	[PROOF_TOO_LONG] = "did not end in time",
	[PROOF_INTERRUPTED] = "was interrupted",
	[PROOF_NO_RESET] = "was not started: --reset failed",
};

static const char *const reasons[] = {
	[PROOF_FAILED] = "the first run failed: what it does when it works was not seen; --test CMD says whether it does",
	[PROOF_REFUSED] = "--test did not accept the first run",
	[PROOF_LOSSES] = "checks of the first run were lost",
};

static const char *const decisions[] = {
	[MINIMISE_UNDECIDED] = "not decided",
	[MINIMISE_GOES] = "it works, so it goes",
	[MINIMISE_DIFFERS] = "it does not work, so it stays",
	[MINIMISE_UNASKED] = "it was not asked for again, so it stays; --reset and --test can tell",
};

/* Why the first run is no measure, in words behind "not verified: ". */
static void put_unusable(struct buf *b, const struct proof_story *s)
{
	if (s->unusable == PROOF_BAD_END)
		buf_printf(b, "the first run %s", ends[s->at[0].run.end]);
	else
		buf_puts(b, reasons[s->unusable]);
	if (s->unusable == PROOF_BAD_END && s->at[0].run.end == PROOF_TOO_LONG && !s->at[0].run.server)
		buf_puts(b, "; a server wants --ready CMD");
}

/* What each was tried of and stayed; of what was not asked for again no run tells. */
static void put_minimised(struct buf *b, const struct proof_story *s)
{
	const struct proof_attempt *last = &s->at[s->count - 1];
	const uint64_t stays = last->caps | (last->why == MINIMISE_GOES ? 0 : 1ULL << last->without);
	uint64_t unasked = 0;

	for (size_t i = 0; i < s->count; i++)
		if (s->at[i].purpose == PROOF_MINIMISE && s->at[i].why == MINIMISE_UNASKED)
			unasked |= 1ULL << s->at[i].without;
	if (!stays)
		return;
	if (stays & ~unasked)
		buf_puts(b, ", and none of it can go");
	else
		buf_puts(b, ", and whether it can go");
	if (!unasked)
		return;
	buf_puts(b, stays & ~unasked ? ", but for what was not asked for again: of " : " is not known: it was not asked for again");
	if (stays & ~unasked) {
		capability_mask_names(b, unasked);
		buf_puts(b, " it is not known");
	}
}

void proof_words(struct buf *b, const struct proof_story *s)
{
	const bool some = s->count && s->at[s->count - 1].purpose == PROOF_MINIMISE;

	if (s->verified) {
		buf_puts(b, "verified, it ran again with exactly this");
		if (s->minimised && some)
			put_minimised(b, s);
		return;
	}
	buf_puts(b, "estimated, not verified; ");
	if (s->unusable)
		put_unusable(b, s);
	else if (s->interrupted)
		buf_puts(b, "interrupted");
	else if (s->count && proof_is_void(&s->at[s->count - 1].run))
		buf_printf(b, "the last run %s", ends[s->at[s->count - 1].run.end]);
	else
		buf_puts(b, "run with exactly this it differs");
}

/* ---- for people ------------------------------------------------------------------------------------------------------ */

/* matters: of one that was denied, though the call may have succeeded. */
static void put_row(struct buf *b, const struct asked_row *row, bool denied, bool matters)
{
	char made[OUTCOME_WORD_MAX], number[CAPABILITY_NAME_MAX];

	buf_puts(b, capability_name((unsigned)row->cap, number));
	buf_printf(b, " to %s", row->operation ? row->operation : "do what is not known");
	if (*row->call)
		buf_printf(b, ": %s", row->call);
	if (*row->name) {
		buf_puts(b, " (");
		text_escape(b, row->name, strlen(row->name));
		buf_putc(b, ')');
	}
	if (denied && row->failed)
		buf_printf(b, ", which failed with %s", outcome_word(OUTCOME_FAILED, row->error, made));
	else if (denied && row->worked == row->denied)
		buf_puts(b, matters ? ", which succeeded, and does less" : ", which succeeded all the same");
	else if (denied)
		buf_puts(b, "; what the call returned is not known");
}

static void put_difference(struct buf *b, const struct proof_story *s, const struct proof_attempt *at,
			   const struct proof_difference *d)
{
	const struct proof_run *first = &s->at[0].run, *now = &at->run;

	switch (d->kind) {
	case PROOF_END:
		buf_printf(b, "the run %s", ends[now->end]);
		break;
	case PROOF_STATUS:
		buf_printf(b, "exit status %d, and %d in the first run", now->status, first->status);
		break;
	case PROOF_JUDGE:
		buf_printf(b, "--test does not accept it: status %d", now->judge);
		break;
	case PROOF_LOSS:
		buf_puts(b, "checks were lost");
		break;
	case PROOF_DENIAL:
		buf_puts(b, d->matters	      ? "refused: "
			    : !now->judge ? "refused, and --test says the work was done: "
					  : "refused, and it does not matter: ");
		put_row(b, d->row, true, d->matters);
		break;
	case PROOF_CHECK:
		buf_puts(b, "new: ");
		put_row(b, d->row, false, false);
		break;
	case PROOF_GONE:
		buf_puts(b, "not asked again: ");
		put_row(b, d->row, false, false);
		break;
	case PROOF_KINDS:
		break;
	}
}

static void put_line(struct buf *b, struct buf *words, size_t width)
{
	buf_puts(b, "    ");
	wrap_words(b, buf_str(words), 4, 6, width);
	buf_putc(b, '\n');
	buf_clear(words);
}

/* A capability that went leaves its refusals behind: of a run without one more, that one's are what was tried. */
static bool is_told(const struct proof_attempt *at, const struct proof_difference *d)
{
	if (d->matters || at->purpose != PROOF_MINIMISE)
		return true;
	return d->kind == PROOF_DENIAL && d->row->cap == (int)at->without;
}

/* What matters; or the rest of it. */
static void put_differences(struct buf *b, const struct proof_story *s, const struct proof_attempt *at, bool matters,
			    size_t width)
{
	struct buf words = BUF_INIT;
	size_t shown = 0, more = 0;

	for (size_t i = 0; i < at->differs.count; i++) {
		const struct proof_difference *d = &at->differs.at[i];

		if (d->matters != matters || !is_told(at, d))
			continue;
		if (shown++ >= SHOWN_MAX) {
			more++;
			continue;
		}
		put_difference(&words, s, at, d);
		put_line(b, &words, width);
	}
	if (more) {
		buf_printf(&words, "and %zu more, which the profile lists", more);
		put_line(b, &words, width);
	}
	buf_done(&words);
}

/* What one run comes to: "run 2, with CAP_A: as before". */
static void put_attempt(struct buf *b, const struct proof_story *s, size_t nr, size_t width)
{
	const struct proof_attempt *at = &s->at[nr];
	const bool holds = at->differs.holds, minimise = at->purpose == PROOF_MINIMISE;
	char number[CAPABILITY_NAME_MAX];
	struct buf words = BUF_INIT;

	buf_printf(&words, "run %zu, ", nr + 1);
	if (minimise)
		buf_printf(&words, "without %s: ", capability_name(at->without, number));
	else
		buf_puts(&words, "with ");
	if (!minimise && at->caps)
		capability_mask_names(&words, at->caps);
	buf_puts(&words, minimise ? "" : at->caps ? ": " : "no capability: ");
	if (proof_is_void(&at->run))
		buf_puts(&words, ends[at->run.end]);
	else if (minimise)
		buf_puts(&words, decisions[at->why]);
	else
		buf_puts(&words, holds ? "as before" : "it differs");
	buf_puts(b, "  ");
	wrap_words(b, buf_str(&words), 2, 4, width);
	buf_putc(b, '\n');
	for (int rest = 0; rest < 2 && !proof_is_void(&at->run); rest++)
		put_differences(b, s, at, !rest, width);
	buf_done(&words);
}

void proof_page(struct buf *b, const struct proof_story *s, size_t width)
{
	struct buf words = BUF_INIT;

	buf_puts(b, "\nProof:\n");
	if (s->unusable) {
		put_unusable(&words, s);
		buf_puts(b, "  ");
		wrap_words(b, buf_str(&words), 2, 4, width);
		buf_putc(b, '\n');
	}
	for (size_t i = 1; i < s->count; i++)
		put_attempt(b, s, i, width);
	capwords(&words, s->added);
	if (s->added && s->at[0].run.judge == PROOF_NO_JUDGE)
		buf_puts(&words, ": such calls failed without; whether the work is done all the same --test CMD can tell");
	if (s->added)
		capwords_line(b, "added", buf_str(&words), width);
	buf_clear(&words);
	capwords(&words, s->removed);
	if (s->removed)
		capwords_line(b, "taken away", buf_str(&words), width);
	if (s->interrupted)
		capwords_line(b, "interrupted", "this is what was found out until then", width);
	buf_done(&words);
}

/* ---- as JSON --------------------------------------------------------------------------------------------------------- */

static void put_row_json(struct json *j, const struct asked_row *row)
{
	char made[OUTCOME_WORD_MAX], number[CAPABILITY_NAME_MAX];

	json_member_cstr(j, "capability", capability_name((unsigned)row->cap, number));
	json_member_cstr(j, "class", site_class_word(row->class));
	json_member_cstr(j, "operation", row->operation);
	json_member_cstr(j, "site", *row->name ? row->name : NULL);
	json_member_cstr(j, "syscall", *row->call ? row->call : NULL);
	json_member_u64(j, "granted", row->granted);
	json_member_u64(j, "denied", row->denied);
	json_member_u64(j, "denied_failed", row->failed);
	json_member_u64(j, "denied_succeeded", row->worked);
	json_member_cstr(j, "error", row->failed ? outcome_word(OUTCOME_FAILED, row->error, made) : NULL);
}

static void put_differences_json(struct json *j, const struct proof *p)
{
	json_key(j, "differences");
	json_array(j);
	for (size_t i = 0; i < p->count; i++) {
		json_object(j);
		json_member_cstr(j, "kind", proof_kind_word(p->at[i].kind));
		json_member_bool(j, "matters", p->at[i].matters);
		if (p->at[i].row)
			put_row_json(j, p->at[i].row);
		json_object_end(j);
	}
	json_array_end(j);
	json_member_u64(j, "differences_left_out", p->left_out);
}

static void put_run_json(struct json *j, const struct proof_run *run)
{
	const bool has_status = run->end != PROOF_NOT_STARTED && run->end != PROOF_NO_RESET;

	json_member_cstr(j, "end", proof_end_word(run->end));
	json_key(j, "exit_status");
	if (has_status)
		json_i64(j, run->status);
	else
		json_null(j);
	json_member_bool(j, "server", run->server);
	json_key(j, "test");
	if (run->judge != PROOF_NO_JUDGE)
		json_i64(j, run->judge);
	else
		json_null(j);
	json_member_bool(j, "incomplete", run->incomplete);
}

static void put_attempt_json(struct json *j, const struct proof_attempt *at)
{
	char number[CAPABILITY_NAME_MAX];

	json_object(j);
	json_member_cstr(j, "purpose", proof_purpose_word(at->purpose));
	put_run_json(j, &at->run);
	if (at->purpose != PROOF_FIRST) {
		json_key(j, "capabilities");
		capwords_json(j, at->caps);
		json_key(j, "bounding");
		capwords_json(j, at->bounding);
		json_member_bool(j, "holds", at->differs.holds);
		put_differences_json(j, &at->differs);
	}
	if (at->purpose == PROOF_MINIMISE) {
		json_member_cstr(j, "without", capability_name(at->without, number));
		json_member_cstr(j, "result", minimise_word(at->why));
	}
	json_object_end(j);
}

void proof_json(struct json *j, const struct proof_story *s)
{
	json_object(j);
	json_member_bool(j, "verified", s->verified);
	json_member_bool(j, "minimised", s->minimised);
	json_member_bool(j, "interrupted", s->interrupted);
	json_member_cstr(j, "unusable", proof_unusable_word(s->unusable));
	json_key(j, "added");
	capwords_json(j, s->added);
	json_key(j, "removed");
	capwords_json(j, s->removed);
	json_key(j, "runs");
	json_array(j);
	for (size_t i = 0; i < s->count; i++)
		put_attempt_json(j, &s->at[i]);
	json_array_end(j);
	json_object_end(j);
}
