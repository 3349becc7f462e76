/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <linux/capability.h>
#include <string.h>

#include "user/advice/answer.h"
#include "user/advice/ranking.h"
#include "user/advice/recipe.h"
#include "user/base/buf.h"
#include "user/base/span.h"
#include "user/caps/asked.h"
#include "user/caps/capability.h"
#include "user/caps/facts.h"
#include "user/model/workload.h"
#include "user/view/answer.h"
#include "user/view/capwords.h"
#include "user/view/html.h"
#include "user/view/profile.h"
#include "user/view/report.h"
#include "user/view/report_parts.h"

/* ---- the sets, side by side ------------------------------------------------------------------------------------------ */

static void put_words(struct buf *b, uint64_t set)
{
	struct buf words = BUF_INIT;

	capwords(&words, set);
	html_text(b, buf_str(&words));
	buf_done(&words);
}

static void put_chips(struct buf *b, uint64_t set)
{
	if (!set)
		html(b, "none");
	for (int level = FACT_LEVELS - 1; level >= 0; level--)
		for (uint64_t rest = set; rest; rest &= rest - 1) {
			unsigned cap = (unsigned)__builtin_ctzll(rest);

			if (report_level(cap) != (unsigned)level)
				continue;
			report_put_chip(b, cap);
			html(b, " ");
		}
}

static void put_granted(struct buf *b, const struct answer *a)
{
	static const char *const by[GRANTED_SOURCES] = {
		[GRANTED_UNKNOWN] = "not known",
		[GRANTED_BUNDLE] = "by the bundle of its container",
		[GRANTED_UNIT] = "by its unit",
		[GRANTED_ENGINE] = "by its engine",
	};

	if (a->granted_source && a->granted_source < GRANTED_SOURCES) {
		buf_printf(b, "<dt>Granted %s<dd>", by[a->granted_source]);
		put_words(b, a->granted);
	} else {
		html(b, "<dt>Granted<dd class=no>not known");
	}
	if (answer_unused(a)) {
		html(b, "<dt>Granted, never used<dd class=un>");
		put_words(b, answer_unused(a));
	}
}

static void put_drops(struct buf *b, const struct answer *a)
{
	uint64_t set = a->drops & a->caps;

	if (!set)
		return;
	html(b, "<dt>Only to give up root<dd>");
	put_words(b, set);
	buf_printf(b, ": start it as user %" PRIu32 " instead", a->drops_to);
}

static void put_watched(struct buf *b, const struct answer *a)
{
	html(b, "<dt>Watched<dd>");
	span_print(b, asked_watched_ns(a->asked), true);
	html(b, ", ");
	buf_grouped(b, a->checks);
	buf_puts(b, a->checks == 1 ? " check" : " checks");
	if (a->runs > 1)
		buf_printf(b, " in %" PRIu64 " runs", a->runs);
	html(b, "<dt>Start-up<dd>");
	if (a->start_seen)
		html(b, "seen");
	else
		html(b, "<b class=bad>not seen</b>: it ran already");
	if (a->sites_unknown)
		html(b, "<dt>Call sites<dd><b class=bad>not known</b>: all counts as needed");
}

/* As the page of profile has it. */
static void put_held(struct buf *b, const struct answer *a)
{
	struct buf words = BUF_INIT;
	uint64_t held;

	html(b, "<dt>Held, not asked for<dd>");
	if (answer_unasked(a, &held)) {
		capwords_held(&words, held, answer_asked(a));
		html_text(b, buf_str(&words));
	} else {
		html(b, "<b class=bad>unknown</b>");
	}
	buf_done(&words);
}

static void put_sets(struct buf *b, const struct answer *a)
{
	html(b, "<dl class=sets><dt>Advised<dd>");
	put_chips(b, a->caps);
	buf_printf(b, " (%s)%s", profile_status_name(a->status), a->incomplete ? " <b class=bad>incomplete</b>" : "");
	if (a->bounding & ~a->caps) {
		html(b, "<dt>Kept in the bounding set<dd>");
		put_words(b, a->bounding & ~a->caps);
	}
	html(b, "<dt>no_new_privs<dd>");
	buf_puts(b, a->no_new_privs ? "can be set" : "cannot be set, or is not known to do no harm");
	put_granted(b, a);
	put_held(b, a);
	put_drops(b, a);
	put_watched(b, a);
	html(b, "</dl>");
}

/* ---- the reasons ----------------------------------------------------------------------------------------------------- */

static void put_place(struct buf *b, const struct asked_row *row)
{
	if (*row->call) {
		html(b, "<code>");
		html_text(b, row->call);
		html(b, "</code>");
	}
	if (*row->name) {
		html(b, " <small>");
		html_text(b, row->name);
		html(b, "</small>");
	}
}

/* remark NULL: none */
static void put_reason(struct buf *b, const struct report *r, const struct asked_row *row, const char *remark)
{
	html(b, "<td>");
	html_text(b, row->operation ?: "for a purpose that is not known");
	if (row->condition) {
		html(b, " <small>");
		html_text(b, row->condition);
		html(b, "</small>");
	}
	if (remark)
		buf_printf(b, "%s <small>%s</small>", row->condition ? ";" : "", remark);
	html(b, "<td>");
	put_place(b, row);
	html(b, "<td>");
	if (row->granted)
		buf_grouped(b, row->granted);
	html(b, "<td>");
	if (row->denied) {
		buf_grouped(b, row->denied);
		html(b, ", ");
		report_put_outcome(b, row);
	}
	html(b, "<td>");
	report_put_who(b, row);
	html(b, "<td>");
	report_put_time(b, r, row->first_ns, !r->facts);
}

static const char *part_words(const struct answer *a, unsigned cap)
{
	static const char *const words[SOLVE_PARTS] = {
		[SOLVE_NEEDED] = "fails without it",
		[SOLVE_CHOSEN] = "the least dangerous of several that would do",
		[SOLVE_CONDITIONAL] = "only where the condition holds",
		[SOLVE_KEPT] = "most programs go on without it",
		[SOLVE_QUALITY] = "it is done without, with something left out",
		[SOLVE_SOFT] = "the calls failed all the same",
		[SOLVE_SPARED] = "another one that is advised, or no_new_privs, serves",
		[SOLVE_ADVISORY] = "nothing changes without it",
		[SOLVE_NO_NEED] = "not asked of its own credentials",
		[SOLVE_DENIED] = "refused",
		[SOLVE_SETUP] = "by what started it",
	};
	enum solve_part part = answer_part_of(a, cap);

	return part < SOLVE_PARTS ? words[part] : "";
}

static const char *phase_words(const struct answer *a, unsigned cap)
{
	if (!answer_phase(a, cap))
		return "";
	return a->starting & 1ULL << cap ? "; at the start-up only" : "; after the start-up, too";
}

/* Under a capability that serves though another was asked for. */
static void put_served(struct buf *b, const struct report *r, const struct asked_row *row)
{
	char number[CAPABILITY_NAME_MAX];
	struct buf remark = BUF_INIT;

	buf_printf(&remark, "%s was asked for, and this serves", capability_name((unsigned)row->cap, number));
	put_reason(b, r, row, buf_str(&remark));
	buf_done(&remark);
}

/*
 * The rows that are told of this capability: who only set it up is not. Of what is advised those that say why, or those
 * beside them; all of what is not.
 */
static void put_rows(struct buf *b, const struct report *r, const struct answer *a, unsigned cap, bool argue)
{
	const struct asked_row *row;
	size_t at = 0, shown = 0;
	enum solve_part part;

	while ((row = answer_next_row(a, cap, argue, &at, &part))) {
		if (!shown++ && !argue && a->caps & 1ULL << cap)
			html(b, "<tr><th scope=rowgroup colspan=6><small>asked for as well, which is no need</small>");
		html(b, "<tr>");
		if (row->cap != (int)cap)
			put_served(b, r, row);
		else
			put_reason(b, r, row, !argue && a->caps & 1ULL << cap ? answer_no_need(part) : NULL);
	}
}

static void put_capability(struct buf *b, const struct report *r, const struct answer *a, unsigned cap)
{

	buf_printf(b, "<tbody><tr><th scope=rowgroup colspan=6><a href=\"#c%u\">", cap);
	report_put_chip(b, cap);
	buf_printf(b, "</a> <small>%s%s</small>", part_words(a, cap), phase_words(a, cap));
	put_rows(b, r, a, cap, true);
	put_rows(b, r, a, cap, false);
}

static void put_reasons(struct buf *b, const struct report *r, const struct answer *a, uint64_t set, const char *caption)
{
	if (!set)
		return;
	buf_printf(b, "<div class=scroll role=group aria-label=\"%s\" tabindex=0><table class=w><caption>%s</caption><thead><tr>"
		      "<th scope=col>What for<th scope=col>Where<th scope=col>Granted<th scope=col>Refused<th scope=col>Who"
		      "<th scope=col>First",
		   caption, caption);
	for (; set; set &= set - 1)
		put_capability(b, r, a, (unsigned)__builtin_ctzll(set));
	html(b, "</table></div>");
}

/* Of what changes nothing: the operations with their sums, and no more. */
static void put_operations(struct buf *b, const struct answer *a, unsigned cap)
{
	size_t count = asked_count(a->asked);
	const char *last = NULL, *between = "";

	for (size_t i = 0; i < count; i++) {
		const struct asked_row *row = asked_at(a->asked, i);
		const char *operation = row->operation ?: "a purpose that is not known";

		if (row->cap != (int)cap || (last && !strcmp(last, operation)))
			continue;
		buf_puts(b, between);
		html_text(b, operation);
		if (*row->call) {
			html(b, " <code>");
			html_text(b, row->call);
			html(b, "</code>");
		}
		last = operation;
		between = "; ";
	}
}

static void put_times(struct buf *b, const struct answer *a, unsigned cap)
{
	size_t count = asked_count(a->asked);
	uint64_t granted = 0, denied = 0;

	for (size_t i = 0; i < count; i++) {
		const struct asked_row *row = asked_at(a->asked, i);

		granted += row->cap == (int)cap ? row->granted : 0;
		denied += row->cap == (int)cap ? row->denied : 0;
	}
	if (granted) {
		buf_grouped(b, granted);
		html(b, "\xc3\x97 granted");
	}
	if (denied) {
		buf_puts(b, granted ? ", " : "");
		buf_grouped(b, denied);
		html(b, "\xc3\x97 refused");
	}
}

static void put_rest(struct buf *b, const struct answer *a, uint64_t set)
{
	if (!set)
		return;
	html(b, "<h4>Asked for, and not needed</h4><ul class=rest>");
	for (; set; set &= set - 1) {
		unsigned cap = (unsigned)__builtin_ctzll(set);

		html(b, "<li>");
		report_put_chip(b, cap);
		html(b, " ");
		put_times(b, a, cap);
		buf_printf(b, "; %s: ", part_words(a, cap));
		put_operations(b, a, cap);
	}
	html(b, "</ul>");
}

/* ---- recipes --------------------------------------------------------------------------------------------------------- */

enum { FORMATS = 4 };

/* By what its name begins or ends with: what whoever starts it takes. */
static const struct kin {
	const char *begins, *ends;
	const char *formats[FORMATS];
} kins[] = {
	{ "docker:", NULL, { "docker", "compose" } },
	{ "podman:", NULL, { "podman", "quadlet" } },
	{ "k8s:", NULL, { "kubernetes" } },
	{ "cri-o:", NULL, { "kubernetes" } },
	{ "containerd:", NULL, { "kubernetes", "oci" } },
	{ "nerdctl:", NULL, { "docker" } },
	{ NULL, ".service", { "systemd" } },
	{ NULL, ".socket", { "systemd" } },
	{ NULL, NULL, { "systemd", "setcap", "setpriv" } },
};
static const struct kin of_command = { NULL, NULL, { "docker", "kubernetes", "systemd", "setcap" } };

static bool fits(const struct kin *k, const char *name)
{
	size_t n = strlen(name);

	if (k->begins)
		return !strncmp(name, k->begins, strlen(k->begins));
	return !k->ends || (n >= strlen(k->ends) && !strcmp(name + n - strlen(k->ends), k->ends));
}

static const struct kin *kin_of(const struct answer *a)
{
	const struct kin *k = kins;

	if (a->command || !a->workload)
		return &of_command;
	while (!fits(k, a->workload))
		k++;
	return k;
}

static void put_recipe(struct buf *b, const char *format, const struct recipe_need *need)
{
	const char *nearest;
	const struct recipe *recipe = recipe_find(format, &nearest);
	struct buf text = BUF_INIT;

	if (!recipe->comment)
		recipe_remarks(&text, recipe, need);
	if (text.len) {
		html(b, "<p class=no>");
		html_lines(b, buf_str(&text));
		html(b, "</p>");
	}
	buf_clear(&text);
	profile_recipe(&text, recipe, need);
	buf_printf(b, "<figure><figcaption>%s: %s</figcaption><pre tabindex=0 aria-label=\"%s\">", recipe->name, recipe->is,
		   recipe->name);
	html_lines(b, buf_str(&text));
	html(b, "</pre></figure>");
	if (text.error)
		b->error = text.error;
	buf_done(&text);
}

static void put_recipes(struct buf *b, const struct answer *a)
{
	const struct kin *k = kin_of(a);
	struct recipe_need need;

	answer_need(a, &need);
	html(b, "<h4>To copy</h4>");
	if (need.user && !recipe_user_ok(need.user)) {
		html(b, "<p class=no>There is none: its user cannot be written as any of them has it.</p>");
		return;
	}
	for (size_t i = 0; i < FORMATS && k->formats[i]; i++)
		put_recipe(b, k->formats[i], &need);
}

/* ---- the whole ------------------------------------------------------------------------------------------------------- */

static void put_summary(struct buf *b, const struct answer *a)
{
	int worst = report_worst(a->caps);

	html(b, "<summary><h3>");
	report_put_name(b, a);
	html(b, "</h3> <span class=sum>");
	if (worst < 0)
		html(b, "needs no capability");
	else
		put_chips(b, a->caps);
	if (report_refused(a))
		buf_printf(b, " <span class=\"k ref\">%d refused</span>", __builtin_popcountll(report_refused(a)));
	if (answer_unused(a))
		buf_printf(b, " <small>%d granted and never used</small>", __builtin_popcountll(answer_unused(a)));
	html(b, "</span></summary>");
}

static void put_workload(struct buf *b, const struct report *r, const struct answer *a, size_t nr)
{
	uint64_t refused = report_refused(a) & ~a->caps, rest = answer_asked(a) & ~a->caps & ~refused;

	buf_printf(b, "\n<details id=w%zu>", nr);
	put_summary(b, a);
	html(b, "<div class=body>");
	put_sets(b, a);
	put_reasons(b, r, a, a->caps & answer_asked(a), "Why it needs them");
	put_reasons(b, r, a, refused, "What it was refused");
	put_rest(b, a, rest);
	put_recipes(b, a);
	html(b, "</div></details>");
}

void report_workloads(struct buf *b, const struct report *r)
{
	html(b, "\n<section id=workloads aria-labelledby=hw><h2 id=hw>Workloads</h2><p class=no>Each opens with the set that is "
		"advised, the reasons, and what to copy.</p>");
	for (size_t i = 0; i < report_details(r); i++)
		put_workload(b, r, &r->ranking->at[i], i + 1);
	html(b, "</section>");
}
