/* SPDX-License-Identifier: BSD-2-Clause */
/* What `status` answers, as a page. */
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "user/base/jsonin.h"
#include "user/base/span.h"
#include "user/base/text.h"
#include "user/base/when.h"
#include "user/base/clock.h"
#include "user/cmd/watch.h"

/* The first mistake stays; what is asked for after it is empty. */
struct page {
	struct buf *b;
	int err;
	bool utc;
};

static struct jsonin member(struct page *p, const struct jsonin *of, const char *key)
{
	struct jsonin at = { .value = NULL };

	if (!p->err)
		p->err = jsonin_member(of, key, &at);
	return at;
}

static uint64_t number(struct page *p, const struct jsonin *of, const char *key)
{
	struct jsonin at = member(p, of, key);
	int64_t v = 0;

	if (!p->err)
		p->err = jsonin_i64(&at, &v);
	return v < 0 ? 0 : (uint64_t)v;
}

static double real(struct page *p, const struct jsonin *of, const char *key)
{
	struct jsonin at = member(p, of, key);

	return p->err ? 0 : json_number_value(at.value);
}

/* NULL for null. */
static const char *text(struct page *p, const struct jsonin *of, const char *key)
{
	struct jsonin at = member(p, of, key);
	const char *v = NULL;

	if (!p->err && !jsonin_is_null(&at))
		p->err = jsonin_text(&at, &v);
	return v;
}

static void put_safe(struct page *p, const char *s)
{
	text_escape(p->b, s ?: "", strlen(s ?: ""));
}

/* The moment, and how long ago that was. */
static void put_since(struct page *p, const char *iso)
{
	uint64_t ns, now = clock_ns(CLOCK_REALTIME);
	struct when when;

	if (!iso || when_parse(iso, &ns)) {
		buf_puts(p->b, "never");
		return;
	}
	when_init(&when, WHEN_SECOND, p->utc);
	when_print(&when, p->b, ns);
	buf_puts(p->b, " (");
	span_print(p->b, now > ns ? now - ns : 0, true);
	buf_puts(p->b, " ago)");
}

static void put_row(struct page *p, const char *name)
{
	buf_printf(p->b, "%-12s", name);
}

static void put_head(struct page *p, const struct jsonin *root)
{
	put_row(p, "daemon");
	buf_printf(p->b, "process %llu, version ", (unsigned long long)number(p, root, "pid"));
	put_safe(p, text(p, root, "version"));
	buf_puts(p->b, "\n");
	put_row(p, "watching");
	buf_puts(p->b, "by ");
	put_safe(p, text(p, root, "probe"));
	buf_puts(p->b, " since ");
	put_since(p, text(p, root, "since"));
	buf_puts(p->b, "\n");
}

static void put_files(struct page *p, const struct jsonin *rules)
{
	struct jsonin files = member(p, rules, "files"), one;
	const char *name;
	size_t count = 0;

	if (!p->err)
		p->err = jsonin_count(&files, &count);
	for (size_t i = 0; !p->err && i < count; i++) {
		jsonin_item(&files, i, &one);
		p->err = jsonin_text(&one, &name);
		if (p->err)
			break;
		put_row(p, "");
		put_safe(p, name);
		buf_puts(p->b, "\n");
	}
}

static void put_rules(struct page *p, const struct jsonin *root)
{
	struct jsonin rules = member(p, root, "rules"), last = member(p, &rules, "last_usable");
	const char *error = text(p, &rules, "error");
	bool is_last = false;

	if (!p->err)
		p->err = jsonin_bool(&last, &is_last);
	put_row(p, "rules");
	buf_printf(p->b, "%llu, generation %llu, read ", (unsigned long long)number(p, &rules, "count"),
		   (unsigned long long)number(p, &rules, "generation"));
	put_since(p, text(p, &rules, "loaded"));
	buf_puts(p->b, is_last ? "; the last usable ones, and not what is installed\n" : "\n");
	put_files(p, &rules);
	if (!error)
		return;
	put_row(p, "refused");
	put_since(p, text(p, &rules, "refused_at"));
	buf_puts(p->b, ", what is installed now:\n");
	text_safe(p->b, error, strlen(error));
	if (*error && error[strlen(error) - 1] != '\n')
		buf_puts(p->b, "\n");
}

static void put_count(struct page *p, const struct jsonin *of, const char *key, const char *words)
{
	buf_grouped(p->b, number(p, of, key));
	buf_puts(p->b, words);
}

static void put_checks(struct page *p, const struct jsonin *root)
{
	struct jsonin checks = member(p, root, "checks"), decided = member(p, root, "decided");

	put_row(p, "checks");
	buf_grouped(p->b, number(p, &checks, "asked"));
	buf_printf(p->b, " asked, %.0f a second: ", real(p, &checks, "per_second"));
	put_count(p, &checks, "seen", " seen, ");
	put_count(p, &checks, "counted", " counted, ");
	put_count(p, &checks, "hidden", " of memory overcommit, ");
	put_count(p, &checks, "own", " capsieve's own\n");
	put_row(p, "decided");
	buf_grouped(p->b, number(p, &decided, "alert"));
	buf_puts(p->b, " alerts, ");
	buf_grouped(p->b, number(p, &decided, "log"));
	buf_puts(p->b, " logged, ");
	buf_grouped(p->b, number(p, &decided, "allow"));
	buf_puts(p->b, " allowed, ");
	buf_grouped(p->b, number(p, &decided, "ignore"));
	buf_puts(p->b, " ignored, by these rules\n");
}

static void put_lost(struct page *p, const struct jsonin *root)
{
	struct jsonin lost = member(p, root, "lost");
	const char *key;
	json_t *value;
	bool any = false;

	put_row(p, "lost");
	json_object_foreach((json_t *)(p->err ? NULL : lost.value), key, value) {
		if (!json_integer_value(value))
			continue;
		buf_puts(p->b, any ? ", " : "");
		buf_grouped(p->b, (uint64_t)json_integer_value(value));
		buf_puts(p->b, " ");
		put_safe(p, key);
		any = true;
	}
	buf_puts(p->b, any ? "\n" : "nothing\n");
}

static void put_alerts(struct page *p, const struct jsonin *root)
{
	struct jsonin alerts = member(p, root, "alerts"), sender = member(p, root, "sender"), pid = member(p, &sender, "pid");
	uint64_t deaths = number(p, &sender, "deaths");

	put_row(p, "alerts");
	buf_printf(p->b, "%llu told, %llu suppressed, %llu held back, %llu on their way, %llu dropped\n",
		   (unsigned long long)number(p, &alerts, "told"), (unsigned long long)number(p, &alerts, "suppressed"),
		   (unsigned long long)number(p, &alerts, "held"), (unsigned long long)number(p, &alerts, "waiting"),
		   (unsigned long long)number(p, &alerts, "dropped"));
	put_row(p, "sender");
	if (!p->err && jsonin_is_null(&pid))
		buf_puts(p->b, "none just now: it is started again soon");
	else
		buf_printf(p->b, "process %llu", (unsigned long long)number(p, &sender, "pid"));
	if (deaths)
		buf_printf(p->b, "; died %llu time%s", (unsigned long long)deaths, deaths == 1 ? "" : "s");
	buf_puts(p->b, "\n");
}

static void put_output(struct page *p, const struct jsonin *o)
{
	const char *error = text(p, o, "last_error");

	put_row(p, "output");
	put_safe(p, text(p, o, "name"));
	buf_printf(p->b, ": %llu delivered, %llu wait (%llu KiB), %llu errors, %llu dropped",
		   (unsigned long long)number(p, o, "ok"), (unsigned long long)number(p, o, "queue"),
		   (unsigned long long)(number(p, o, "spool_bytes") + 1023) / 1024,
		   (unsigned long long)number(p, o, "errors"), (unsigned long long)number(p, o, "dropped"));
	if (error) {
		buf_puts(p->b, "; last error: ");
		put_safe(p, error);
	}
	buf_puts(p->b, "\n");
}

static void put_outputs(struct page *p, const struct jsonin *root)
{
	struct jsonin outputs = member(p, root, "outputs"), one;
	size_t count = 0;

	if (!p->err)
		p->err = jsonin_count(&outputs, &count);
	for (size_t i = 0; !p->err && i < count; i++) {
		jsonin_item(&outputs, i, &one);
		put_output(p, &one);
	}
}

/* Where nobody can read them. */
static void put_metrics(struct page *p, const struct jsonin *root)
{
	struct jsonin metrics = member(p, root, "metrics");
	const char *error = text(p, &metrics, "error");

	if (!error)
		return;
	put_row(p, "metrics");
	put_safe(p, error);
	buf_puts(p->b, "\n");
}

static void put_cost(struct page *p, const struct jsonin *root)
{
	struct jsonin cost = member(p, root, "cost"), us = member(p, &cost, "collector"), sender = member(p, &cost, "sender");

	put_row(p, "cost");
	buf_printf(p->b, "%.2f %% of a CPU since the start, %.0f ns a check in user space",
		   real(p, &cost, "cpu_percent"), real(p, &cost, "user_ns_per_check"));
	if (real(p, &cost, "kernel_ns_per_check") > 0)
		buf_printf(p->b, " and %.0f in the kernel", real(p, &cost, "kernel_ns_per_check"));
	else
		buf_puts(p->b, ", in the kernel unknown (kernel.bpf_stats_enabled is 0)");
	buf_printf(p->b, "; %.1f + %.1f MiB resident\n", (double)number(p, &us, "resident_bytes") / (1 << 20), (double)number(p, &sender, "resident_bytes") / (1 << 20));
}

static void put_recordings(struct page *p, const struct jsonin *root)
{
	struct jsonin recordings = member(p, root, "recordings");
	const char *error = text(p, &recordings, "error");

	put_row(p, "recordings");
	put_safe(p, text(p, &recordings, "directory"));
	if (error) {
		buf_printf(p->b, "; %llu checks are missing: ", (unsigned long long)number(p, &recordings, "missed"));
		put_safe(p, error);
	}
	buf_puts(p->b, "\n");
}

int watch_status_text(struct buf *b, const struct jsonin *answer, bool utc)
{
	struct page p = { .b = b, .utc = utc };

	put_head(&p, answer);
	put_rules(&p, answer);
	put_checks(&p, answer);
	put_lost(&p, answer);
	put_alerts(&p, answer);
	put_outputs(&p, answer);
	put_metrics(&p, answer);
	put_recordings(&p, answer);
	put_cost(&p, answer);
	return p.err;
}
