/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/view/report.h"


#include "report_page.h"
#include "user/advice/answer.h"
#include "user/advice/ranking.h"
#include "user/base/buf.h"
#include "user/base/span.h"
#include "user/caps/asked.h"
#include "user/caps/facts.h"
#include "user/model/loss.h"
#include "user/model/recording.h"
#include "user/view/html.h"
#include "user/view/report_parts.h"

/* ---- the head -------------------------------------------------------------------------------------------------------- */

static void put_title(struct buf *b, const struct report *r)
{
	if (r->title) {
		html_text(b, r->title);
	} else if (r->facts) {
		html(b, "What ");
		html_text(b, *r->facts->host ? r->facts->host : "this host");
		html(b, " needs");
	} else if (r->ranking->count == 1) {
		html(b, "What ");
		report_put_name(b, r->ranking->at);
		html(b, " needs");
	} else {
		buf_printf(b, "What %zu workloads need", r->ranking->count);
	}
}

/* The title of the window has no elements in it. */
static void put_window_title(struct buf *b, const struct report *r)
{
	if (r->title)
		html_text(b, r->title);
	else if (r->facts)
		html_text(b, r->facts->host);
	else
		buf_printf(b, "%zu workloads", r->ranking->count);
	html(b, " \xe2\x80\x93 capsieve report");
}

static void put_head(struct buf *b, const struct report *r)
{
	html(b, "<!doctype html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n"
		"<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; style-src 'sha256-" REPORT_CSS_SHA256
		"'; script-src 'sha256-" REPORT_JS_SHA256 "'; base-uri 'none'; form-action 'none'\">\n"
		"<meta name=viewport content=\"width=device-width, initial-scale=1\">\n<meta name=color-scheme content=\"light dark\">\n"
		"<meta name=referrer content=no-referrer>\n<title>");
	put_window_title(b, r);
	html(b, "</title>\n<style>" REPORT_CSS "</style>\n</head>\n<body>\n<a class=skip href=\"#main\">Skip to what was found</a>\n");
}

/* ---- at a glance ----------------------------------------------------------------------------------------------------- */

struct sums {
	size_t need, root, refused, unused;
	uint64_t checks;
};

static void sum(const struct ranking *r, struct sums *ret)
{
	*ret = (struct sums){ .need = 0 };
	for (size_t i = 0; i < r->count; i++) {
		const struct answer *a = &r->at[i];

		ret->need += a->caps != 0;
		ret->root += report_worst(a->caps) == FACT_ROOT;
		ret->refused += report_refused(a) != 0;
		ret->unused += answer_unused(a) != 0;
		ret->checks += a->checks;
	}
}

static void put_source(struct buf *b, const struct report *r)
{
	html(b, "<p class=from>");
	if (r->facts) {
		buf_puts(b, r->gaps ? "The history of " : "A recording of ");
		html_name(b, *r->facts->host ? r->facts->host : "an unknown host", REPORT_NAME);
		buf_puts(b, *r->facts->kernel ? ", Linux " : "");
		html_text(b, r->facts->kernel);
		html(b, ", from ");
		report_put_time(b, r, r->began_ns, true);
		html(b, " to ");
		report_put_time(b, r, r->ended_ns, true);
		buf_puts(b, r->utc ? " UTC" : "");
		buf_puts(b, *r->facts->probe ? ", heard through " : "");
		html_text(b, r->facts->probe);
	} else {
		buf_puts(b, r->ranking->count == 1 ? "A saved profile" : "Saved profiles");
	}
	if (r->file) {
		html(b, " (");
		html_name(b, r->file, REPORT_NAME);
		html(b, ")");
	}
	html(b, "</p>");
}

static void put_sentence(struct buf *b, const struct report *r, const struct sums *s)
{
	const struct ranking *k = r->ranking;

	html(b, "<p class=lede>");
	if (!k->count) {
		html(b, "<strong>Nothing was seen</strong>: nobody asked for any capability");
		buf_puts(b, r->filter && *r->filter ? ", of those who were looked for.</p>" : ".</p>");
		return;
	}
	buf_printf(b, "%zu workload%s", k->count, k->count == 1 ? "" : "s");
	if (r->facts) {
		html(b, " in ");
		span_print(b, k->watched_ns, true);
	}
	buf_printf(b, ": <strong>%zu</strong> need%s capabilities, <strong>%zu</strong> none", s->need, s->need == 1 ? "s" : "",
		   k->count - s->need);
	buf_puts(b, k->incomplete ? "; <b class=bad>incomplete</b>.</p>" : ".</p>");
}

static void put_figure(struct buf *b, const char *what, uint64_t n, const char *class)
{
	buf_printf(b, "<div%s%s><dt>%s<dd>", *class ? " class=" : "", class, what);
	buf_grouped(b, n);
	html(b, "</div>");
}

static void put_figures(struct buf *b, const struct report *r, const struct sums *s)
{
	html(b, "<dl class=figures>");
	put_figure(b, "workloads", r->ranking->count, "");
	put_figure(b, "need something as good as root", s->root, s->root ? "hot" : "");
	put_figure(b, "were refused what may have mattered", s->refused, s->refused ? "cold" : "");
	put_figure(b, "hold what they never used", s->unused, "");
	put_figure(b, "checks seen", s->checks, "");
	put_figure(b, "checks lost", r->ranking->lost, r->ranking->lost ? "hot" : "");
	html(b, "</dl>");
}

static void put_banner(struct buf *b, const struct report *r)
{
	if (r->ranking->incomplete || r->damaged)
		html(b, "<p class=banner role=note><strong>Incomplete.</strong> Checks were lost, or a part of the input is damaged: "
			"capabilities may be missing from every advice here. <a href=\"#unseen\">What was not seen</a></p>");
}

static void put_nav(struct buf *b, const struct report *r)
{
	html(b, "<nav aria-label=\"Parts of this page\"><ul>");
	if (r->ranking->count)
		html(b, "<li><a href=\"#matrix\">Who needs what</a>");
	if (r->pace && r->ranking->count)
		html(b, "<li><a href=\"#time\">When</a>");
	if (r->ranking->count)
		html(b, "<li><a href=\"#refused\">Refused</a><li><a href=\"#workloads\">Workloads</a>");
	html(b, "<li><a href=\"#unseen\">Not seen</a></ul></nav>");
}

static void put_header(struct buf *b, const struct report *r)
{
	struct sums s;

	sum(r->ranking, &s);
	html(b, "<header><h1>");
	put_title(b, r);
	html(b, "</h1>");
	put_sentence(b, r, &s);
	put_source(b, r);
	put_nav(b, r);
	html(b, "</header>\n<main id=main tabindex=-1>");
	put_banner(b, r);
	if (r->ranking->count)
		put_figures(b, r, &s);
}

/* Only where a script runs: nothing of it would do anything without. */
static void put_controls(struct buf *b)
{
	html(b, "\n<form class=controls id=controls hidden role=search aria-label=\"Filter the workloads\">"
		"<label>Filter <input type=search id=find autocomplete=off placeholder=\"name or capability\"></label>"
		"<label><input type=checkbox id=fn> needs something</label>"
		"<label><input type=checkbox id=fr> as good as root</label>"
		"<label><input type=checkbox id=fx> was refused</label>"
		"<label><input type=checkbox id=fg> has more than it used</label>"
		"<button type=reset>Clear</button><button type=button id=open>Open all</button><output id=count></output></form>");
}

static void put_foot(struct buf *b)
{
	html(b, "\n</main>\n<footer><p>Made by <b>capsieve report</b>. What is advised is an estimate until <code>capsieve profile "
		"--verify</code> has run it. A check is not a need: most checks change nothing when they are refused, and are told "
		"apart here by the place in the kernel that asks.</p></footer>\n<script>" REPORT_JS "</script>\n</body>\n</html>\n");
}

void report_page(struct buf *b, const struct report *r)
{
	put_head(b, r);
	put_header(b, r);
	if (r->ranking->count) {
		put_controls(b);
		report_matrix(b, r);
		report_time(b, r);
		report_denials(b, r);
		report_workloads(b, r);
		report_rest(b, r);
		report_glossary(b, r);
	}
	report_unseen(b, r);
	put_foot(b);
}
