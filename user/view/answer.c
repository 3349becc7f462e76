/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/view/answer.h"

#include <inttypes.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

#include "user/advice/answer.h"
#include "user/advice/proof.h"
#include "user/base/buf.h"
#include "user/base/span.h"
#include "user/base/when.h"
#include "user/caps/capability.h"
#include "user/caps/asked.h"
#include "user/model/outcome.h"
#include "user/model/workload.h"
#include "user/view/capwords.h"
#include "user/view/proof.h"
#include "user/view/wrap.h"

/* What each part is, over its capabilities; NULL: those are told at the end. */
static const char *const titles[SOLVE_PARTS] = {
	[SOLVE_NEEDED] = "Needed: it fails without",
	[SOLVE_CHOSEN] = "Needed, and the least dangerous of several that would do",
	[SOLVE_CONDITIONAL] = "Advised, but needed only where the condition holds",
	[SOLVE_KEPT] = "Advised, though most programs go on without it",
	[SOLVE_QUALITY] = "Not advised: it is done without, with something left out",
	[SOLVE_SOFT] = "Not advised: the calls failed all the same",
	[SOLVE_SPARED] = "Not advised: another one that is, or no_new_privs, serves for it",
	[SOLVE_ADVISORY] = "Not advised: nothing changes without it",
	[SOLVE_NO_NEED] = "Not advised: not asked of its own credentials, or granted in a user namespace that it made",
	[SOLVE_DENIED] = "Not advised: refused",
};

static void put_times(struct buf *b, const char *what, uint64_t times)
{
	if (times == 1)
		buf_printf(b, ", %s once", what);
	else if (times)
		buf_printf(b, ", %s %" PRIu64 " times", what, times);
}

static void put_failed(struct buf *b, uint64_t failed, uint64_t of, int error)
{
	char made[OUTCOME_WORD_MAX];

	if (!failed)
		return;
	if (failed == of)
		buf_puts(b, of == 1 ? " (it failed" : " (all failed");
	else
		buf_printf(b, " (%" PRIu64 " failed", failed);
	if (error)
		buf_printf(b, " with %s", outcome_word(OUTCOME_FAILED, error, made));
	buf_putc(b, ')');
}

static void put_denied(struct buf *b, const struct asked_row *row)
{
	put_times(b, "denied", row->denied);
	put_failed(b, row->failed, 0, row->error);
	if (row->worked)
		buf_printf(b, " (%" PRIu64 " succeeded all the same)", row->worked);
	/* Where nothing is known of any, that is said once, at the end. */
	if (asked_untold(row) && (row->failed || row->worked))
		buf_printf(b, " (of %" PRIu64 " it is not known)", asked_untold(row));
}

/* When, by the reader's clock, and who. */
static void put_first(struct buf *b, const struct asked_row *row)
{
	struct when when;

	when_init(&when, WHEN_SECOND, false);
	buf_puts(b, "; first ");
	when_print(&when, b, row->first_ns);
	buf_printf(b, " by %s (%u", row->comm, row->pid);
	if (row->ids_known && *row->user)
		buf_printf(b, ", user %s", row->user);
	else if (row->ids_known)
		buf_printf(b, ", user %u", row->uid);
	/* Of a setuid program, or one that gave up root for a while. */
	if (row->ids_known && row->euid != row->uid)
		buf_printf(b, ", euid %u", row->euid);
	buf_putc(b, ')');
	if (row->exe)
		buf_printf(b, ", %s", row->exe);
}

void answer_row(struct buf *b, const struct asked_row *row)
{
	buf_puts(b, row->operation ? row->operation : "for a purpose that is not known");
	if (*row->call)
		buf_printf(b, ": %s", row->call);
	if (*row->name)
		buf_printf(b, " (%s)", row->name);
	put_times(b, "granted", row->granted);
	put_failed(b, row->granted_failed, row->granted, row->granted_error);
	put_denied(b, row);
	if (row->condition)
		buf_printf(b, "; %s", row->condition);
	put_first(b, row);
}

/* Where a call went on though this was refused, by what else was granted at the same place in such calls. */
static void put_other_way(struct buf *b, const struct answer *a, const struct asked_row *row)
{
	size_t count = row->worked ? asked_count(a->asked) : 0;
	uint64_t others = 0;

	for (size_t i = 0; i < count; i++) {
		const struct asked_row *other = asked_at(a->asked, i);

		if (other->granted && other->cap >= 0 && other->cap < CAPABILITY_MAX && row->others & 1ULL << other->cap &&
		    !other->no_need && !strcmp(other->name, row->name) && !strcmp(other->call, row->call))
			others |= 1ULL << other->cap;
	}
	if (!others)
		return;
	buf_puts(b, "; another way: ");
	capability_mask_names(b, others);
	buf_puts(b, " was granted there instead");
}

/* why NULL: it is told by what stands above. */
static void put_row(struct buf *b, const struct answer *a, const struct asked_row *row, const char *why, size_t indent,
		    size_t width)
{
	struct buf words = BUF_INIT;

	answer_row(&words, row);
	put_other_way(&words, a, row);
	if (why)
		buf_printf(&words, "; %s", why);
	wrap_blanks(b, indent);
	wrap_words(b, buf_str(&words), indent, indent + 2, width);
	buf_putc(b, '\n');
	buf_done(&words);
}

static const char *phase_words(const struct answer *a, unsigned cap)
{
	const char *phase = answer_phase(a, cap);

	if (!phase)
		return "";
	return a->starting & 1ULL << cap ? " (at the start-up only)" : " (after the start-up, too)";
}

static void put_note(struct buf *b, const char *label, const char *words, size_t width)
{
	buf_printf(b, "    %s:", label);
	wrap_words(b, words, 5 + strlen(label), 6, width);
	buf_putc(b, '\n');
}

/* What else could be done. */
static void put_advice(struct buf *b, const struct answer *a, unsigned cap, size_t width)
{
	struct buf words = BUF_INIT;

	if (cap == CAP_SETUID && answer_is_setuid(a))
		put_note(b, "to be kept", "a setuid program can return to root where setuid() found it without this", width);
	answer_put_instead(&words, a, cap);
	if (words.len)
		put_note(b, "instead", buf_str(&words), width);
	buf_done(&words);
}

const char *answer_no_need(enum solve_part part)
{
	static const char *const words[SOLVE_PARTS] = {
		[SOLVE_QUALITY] = "it is done without, with something left out",
		[SOLVE_SOFT] = "the calls failed all the same",
		[SOLVE_SPARED] = "no_new_privs serves for it",
		[SOLVE_ADVISORY] = "nothing changes without it",
		[SOLVE_NO_NEED] = "not of its own credentials, or in a user namespace that it made",
		[SOLVE_DENIED] = "it was refused there, and went on",
	};

	return part < SOLVE_PARTS ? words[part] : NULL;
}

/* What stands under a capability that serves though another was asked for. */
static void put_served(struct buf *b, const struct answer *a, const struct asked_row *row, size_t width)
{
	char number[CAPABILITY_NAME_MAX];
	struct buf why = BUF_INIT;

	buf_printf(&why, "%s was asked for, and this serves", capability_name((unsigned)row->cap, number));
	put_row(b, a, row, buf_str(&why), 4, width);
	buf_done(&why);
}

/* Those that say why it is advised, or those beside them. */
static void put_rows(struct buf *b, const struct answer *a, unsigned cap, bool argue, size_t width)
{
	const struct asked_row *row;
	size_t at = 0, shown = 0;
	enum solve_part part;

	while ((row = answer_next_row(a, cap, argue, &at, &part))) {
		if (!shown++ && !argue && a->caps & 1ULL << cap)
			buf_puts(b, "    asked for as well, which is no need:\n");
		if (!argue && a->caps & 1ULL << cap)
			put_row(b, a, row, answer_no_need(part), 6, width);
		else if (row->cap != (int)cap)
			put_served(b, a, row, width);
		else
			put_row(b, a, row, NULL, 4, width);
	}
}

static void put_proved(struct buf *b, const struct answer *a, unsigned cap, size_t width)
{
	const size_t run = a->caps & 1ULL << cap ? answer_proved_by(a, cap) : 0;
	char words[64];

	if (!run)
		return;
	snprintf(words, sizeof(words), "without it run %zu differed: see below", run);
	put_note(b, "proved", words, width);
}

static void put_capability(struct buf *b, const struct answer *a, unsigned cap, size_t width)
{
	char number[CAPABILITY_NAME_MAX];

	buf_printf(b, "  %s%s\n", capability_name(cap, number), phase_words(a, cap));
	put_rows(b, a, cap, true, width);
	put_rows(b, a, cap, false, width);
	put_proved(b, a, cap, width);
	if (a->caps & 1ULL << cap)
		put_advice(b, a, cap, width);
	if (a->solved.parts[SOLVE_SOFT] & 1ULL << cap)
		put_note(b, "to be known", "it was granted, and nothing came of it: once such a call works it is needed", width);
}

static void put_set(struct buf *b, const struct answer *a, const char *title, uint64_t set, size_t width)
{
	if (set)
		buf_printf(b, "\n%s:\n", title);
	for (; set; set &= set - 1)
		put_capability(b, a, (unsigned)__builtin_ctzll(set), width);
}

static void put_parts(struct buf *b, const struct answer *a, size_t width)
{
	const uint64_t *parts = a->solved.parts;
	uint64_t advised = parts[SOLVE_NEEDED] | parts[SOLVE_CHOSEN] | parts[SOLVE_CONDITIONAL] | parts[SOLVE_KEPT];
	uint64_t removed = advised & ~a->caps;

	for (enum solve_part part = 0; part < SOLVE_PARTS; part++)
		put_set(b, a, titles[part], titles[part] ? parts[part] & ~removed : 0, width);
	put_set(b, a, "Not advised: it was taken away, and the work was done without", removed, width);
}

/* Programs in no unit, or workloads that were merged, are one after the other. */
static bool are_several(const struct answer *a)
{
	return !a->command && a->workload && strstr(a->workload, ", ");
}

static void put_head(struct buf *b, const struct answer *a, size_t width)
{
	struct buf words = BUF_INIT;

	buf_printf(&words, "%s %s ", a->command ?: a->workload ?: "what was watched", are_several(a) ? "need" : "needs");
	if (a->caps)
		capability_mask_names(&words, a->caps);
	else
		buf_puts(&words, "no capability");
	buf_puts(&words, ": ");
	if (a->incomplete)
		buf_puts(&words, "incomplete, checks were lost; ");
	if (a->story && a->story->verified == (a->status == PROFILE_VERIFIED))
		proof_words(&words, a->story);
	else
		buf_puts(&words, a->status == PROFILE_VERIFIED ? "verified, it ran again with exactly this" : "estimated, not verified");
	wrap_words(b, buf_str(&words), 0, 0, width);
	buf_putc(b, '\n');
	buf_done(&words);
}

static void put_files(struct buf *b, const struct answer *a, size_t width)
{
	struct buf words = BUF_INIT;

	for (size_t i = 0; i < a->file_count; i++) {
		const struct answer_file *f = &a->files[i];

		if (!f->caps && !f->setid && !f->refused)
			continue;
		buf_clear(&words);
		buf_puts(&words, f->path);
		if (f->caps) {
			buf_puts(&words, " brings ");
			capability_mask_names(&words, f->caps);
			buf_puts(&words, f->refused ? ", and the bounding set lacked that, so that its exec failed"
						    : ", which must stay in the bounding set, or its exec fails");
		}
		if (f->refused && !f->caps)
			buf_puts(&words, " brings capabilities that the bounding set lacked, so that its exec failed; which ones could "
					 "not be looked up here");
		if (f->setid)
			buf_puts(&words, " is setuid or setgid");
		buf_puts(&words, ": no_new_privs cannot be set");
		capwords_line(b, f->refused ? "not executed" : "executed", buf_str(&words), width);
	}
	buf_done(&words);
}

/* All that was asked for in the set-up, also what the program itself asked for. */
static void put_setup(struct buf *b, const struct answer *a, size_t width)
{
	size_t count = asked_count(a->asked);
	struct buf words = BUF_INIT;
	uint64_t set = 0;

	for (size_t i = 0; i < count; i++) {
		const struct asked_row *row = asked_at(a->asked, i);

		if (row->setup && row->cap >= 0 && row->cap < CAPABILITY_MAX)
			set |= 1ULL << row->cap;
	}
	if (!set)
		return;
	capwords(&words, set);
	buf_puts(&words, ": by what started it, before it was executed; no need");
	capwords_line(b, "set-up", buf_str(&words), width);
	buf_done(&words);
}

/* What its runtime, or its unit, gives it, held against what was used of it. */
static void put_granted(struct buf *b, const struct answer *a, size_t width)
{
	static const char *const by[GRANTED_SOURCES] = {
		[GRANTED_BUNDLE] = "by the bundle of its container",
		[GRANTED_UNIT] = "by its unit",
		[GRANTED_ENGINE] = "by its engine",
	};
	struct buf words = BUF_INIT;

	if (a->granted_source && a->granted_source < GRANTED_SOURCES) {
		capwords(&words, a->granted);
		buf_printf(&words, ": %s", by[a->granted_source]);
		capwords_line(b, "granted", buf_str(&words), width);
	}
	buf_clear(&words);
	capwords(&words, answer_unused(a));
	buf_puts(&words, ": never used in the ");
	span_print(&words, asked_watched_ns(a->asked), false);
	buf_puts(&words, a->start_seen ? " since its start" : " that it was watched, its start not among them");
	if (answer_unused(a))
		capwords_line(b, "granted, unused", buf_str(&words), width);
	buf_done(&words);
}

/* Started as that user it needs none of them. */
static void put_drops(struct buf *b, const struct answer *a, size_t width)
{
	struct buf words = BUF_INIT;
	uint64_t set = a->drops & a->caps;

	if (set) {
		capwords(&words, set);
		buf_printf(&words, ": start it as user %u instead", a->drops_to);
		if (a->caps & ~set)
			buf_puts(&words, ", with the others as ambient capabilities");
		capwords_line(b, "only to drop", buf_str(&words), width);
	}
	buf_done(&words);
}

static void put_seen(struct buf *b, const struct answer *a, size_t width)
{
	struct buf words = BUF_INIT;

	span_print(&words, asked_watched_ns(a->asked), false);
	if (a->runs > 1)
		buf_printf(&words, " in %" PRIu64 " runs", a->runs);
	buf_printf(&words, ", %" PRIu64 " check%s", a->checks, a->checks == 1 ? "" : "s");
	if (!a->checks)
		buf_puts(&words, " beside those for memory overcommit, which are left out");
	if (a->lost)
		buf_printf(&words, " and %" PRIu64 " lost", a->lost);
	capwords_line(b, "watched", buf_str(&words), width);
	buf_done(&words);
}

static bool is_refused(const struct answer *a)
{
	for (size_t i = 0; i < a->file_count; i++)
		if (a->files[i].refused)
			return true;
	return false;
}

/* How more could be seen of what was refused. */
static void put_way_on(struct buf *b, const struct answer *a)
{
	const uint64_t root = 1ULL << CAP_SETUID | 1ULL << CAP_SETPCAP | 1ULL << CAP_SYS_ADMIN;
	uint64_t lacking = answer_lacking(a), held;
	bool known = asked_held(a->asked, &held);

	if (is_refused(a)) {
		buf_puts(b, "the bounding set must have what its file brings, where this is run");
	} else if (known && lacking && !(lacking & ~held)) {
		buf_puts(b, "its processes held ");
		capability_mask_names(b, lacking);
		buf_puts(b, ", and had given that up, or held it in a user namespace of their own alone: more to start with does not help");
	} else if (known && !a->user && (held & root) == root) {
		buf_puts(b, "it was started with all that there was to give, without ");
		capability_mask_names(b, lacking & ~held);
	} else {
		buf_puts(b, "--as USER --grant all shows that");
	}
}

/* What no check shows. */
static void put_filters(struct buf *b, const struct answer *a, size_t width)
{
	struct buf words = BUF_INIT;

	if (answer_fails_otherwise(a)) {
		buf_printf(&words, "with status %d, and no call failed for want of a capability; if there was an EPERM, it came from a "
			   "seccomp filter, another security module (AppArmor, SELinux), the owners and modes of files, or the exec of a file "
			   "whose capabilities the bounding set does not have", a->failed);
		capwords_line(b, "failed", buf_str(&words), width);
	} else if (a->failed && a->failed <= 128) {
		buf_printf(&words, "with status %d, after what was refused: what it needs when it works was not seen; ", a->failed);
		put_way_on(&words, a);
		capwords_line(b, "failed", buf_str(&words), width);
	}
	buf_clear(&words);
	if (a->seccomp == 1)
		buf_puts(&words, "strict");
	else if (a->seccomp == 2 || a->filter)
		buf_puts(&words, "filters");
	else if (answer_fails_otherwise(a) && !a->seccomp)
		buf_puts(&words, "none, but what the program sets itself");
	if (a->filter)
		buf_printf(&words, ": %s", a->filter);
	if (words.len)
		capwords_line(b, "seccomp", buf_str(&words), width);
	buf_done(&words);
}

/* A call that a signal interrupted, in which its thread ended, or whose end was not listened to. */
static void put_untold(struct buf *b, const struct answer *a, size_t width)
{
	struct buf words = BUF_INIT;
	uint64_t n = 0;

	for (size_t i = 0; i < asked_count(a->asked); i++) {
		const struct asked_row *row = asked_at(a->asked, i);

		if (!row->no_need && !row->setup && row->class != SITE_ADVISORY && row->class != SITE_QUALITY)
			n = asked_sum(n, asked_untold(row));
	}
	if (n) {
		buf_printf(&words, "what the calls returned in which %" PRIu64 " check%s refused", n, n == 1 ? " was" : "s were");
		capwords_line(b, "not seen", buf_str(&words), width);
	}
	buf_done(&words);
}

static void put_foot(struct buf *b, const struct answer *a, size_t width)
{
	struct buf words = BUF_INIT;
	uint64_t unused;

	buf_putc(b, '\n');
	put_drops(b, a, width);
	put_files(b, a, width);
	put_setup(b, a, width);
	put_seen(b, a, width);
	if (answer_unasked(a, &unused))
		capwords_held(&words, unused, answer_asked(a));
	else
		buf_puts(&words, "unknown: what they hold could not be told");
	capwords_line(b, "held, not asked", buf_str(&words), width);
	put_granted(b, a, width);
	put_filters(b, a, width);
	if (!a->start_seen)
		capwords_line(b, "not seen", "start-up not seen: it ran already, and what it asked for before is not known", width);
	if (a->sites_unknown)
		capwords_line(b, "not seen", "where in the kernel it was asked: all is unclassified, and counts as needed", width);
	put_untold(b, a, width);
	if (!a->solved.exact)
		capwords_line(b, "alternatives", "too many to try all: a smaller set may do", width);
	buf_done(&words);
}

void answer_page(struct buf *b, const struct answer *a, size_t width, const struct chart_look *look)
{
	put_head(b, a, width);
	if (look)
		answer_chart(b, a, width, look);
	put_parts(b, a, width);
	if (a->story)
		proof_page(b, a->story, width);
	put_foot(b, a, width);
}
