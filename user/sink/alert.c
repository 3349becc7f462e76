/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/sink/alert.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "user/base/buf.h"
#include "user/base/clock.h"
#include "user/base/hash.h"
#include "user/base/out.h"
#include "user/base/text.h"
#include "user/base/when.h"
#include "user/caps/capability.h"
#include "user/model/decision.h"
#include "user/model/program.h"
#include "user/model/record.h"
#include "user/model/workload.h"
#include "user/sink/call.h"
#include "user/sink/json.h"
#include "user/sink/sink.h"

#define MINUTE_NS 60000000000ULL
#define HOUR_NS	  3600000000000ULL

enum { LOGGED_MAX = 4096 };
enum { RULES_NAMED = 8, RULE_NAME = 64, ARGS_KEPT = 4096, KEY_KEPT = 900 };

/* What was suppressed of one rule, this minute. */
struct suppressed {
	char rule[RULE_NAME];	/* the beginning of its name */
	uint64_t count;
};

/* Somebody whose use is logged. */
struct logged {
	uint64_t key;		/* a sum of who, with what, asks for what */
	uint64_t until;		/* the next is told after that */
	uint64_t count;		/* since the last that was told, */
	uint64_t first_ns;	/* the first of these */
	UT_hash_handle hh;
};

struct alert_sink {
	struct sink sink;
	struct alert_config config;
	struct out line;	/* of no file: a line is made in its memory */
	struct sink *json;	/* writes there */
	struct buf message, key;
	uint64_t seq;		/* of the next one */
	uint64_t minute;	/* when the one under way began */
	uint32_t in_minute;	/* told in it */
	uint64_t suppressed;	/* and not told */
	uint8_t severity;	/* the loudest of these */
	struct suppressed rules[RULES_NAMED];
	struct alert_counts counts;
	struct logged *logged;
	const char *const *log;	/* outputs; borrowed */
	size_t log_count;
	uint64_t log_minute;	/* when the one under way began */
	uint32_t logs_in_minute;
};

static uint64_t now_of(const struct alert_sink *a)
{
	return a->config.now ? a->config.now(a->config.ctx) : clock_ns(CLOCK_MONOTONIC);
}

/* ---- words ------------------------------------------------------------------------------------------------------ */

static void put_who(struct buf *b, const struct record *r)
{
	struct buf name = BUF_INIT;

	text_escape(b, (const char *)r->check.comm, record_comm_len(r));
	buf_printf(b, "[%u]", r->check.tgid);
	if (r->program)
		program_put_workload(&name, r->program);
	if (name.len) {
		buf_puts(b, " of ");
		text_escape(b, name.data, name.len);
	}
	buf_done(&name);
}

/* ", outside of what was learned from 2026-11-15 02:50:01 to 2026-11-22 02:50:01 UTC: CAP_CHOWN" */
static void put_baseline(struct buf *b, const struct decision *d)
{
	struct when w;

	if (!d->learned.until_ns || !d->outside)
		return;
	when_init(&w, WHEN_SECOND, true);
	buf_printf(b, ", outside of what was learned of this %s from ", d->learned_by == BASELINE_IMAGE ? "image" : "workload");
	when_print(&w, b, d->learned.since_ns);
	buf_puts(b, " to ");
	when_print(&w, b, d->learned.until_ns);
	buf_puts(b, " UTC: ");
	if (d->learned.caps)
		capability_mask_names(b, d->learned.caps);
	else
		buf_puts(b, "nothing");
}

/* "nginx[4242] of nginx.service was denied CAP_NET_RAW in socket" */
static void make_message(struct alert_sink *a, const struct record *r)
{
	char capability[CAPABILITY_NAME_MAX], made[CALL_NAME_MAX];
	const char *call = call_name(a->config.syscalls, r, made), *verdict = record_verdict(r);
	struct buf *b = &a->message;

	buf_clear(b);
	put_who(b, r);
	buf_printf(b, " %s %s", verdict && !strcmp(verdict, "denied") ? "was denied" : "was allowed",
		   capability_name((unsigned int)r->check.cap, capability));
	if (call)
		buf_printf(b, " in %s", call);
	if (r->parts & RECORD_COUNT && r->count > 1) {
		buf_puts(b, ", ");
		buf_grouped(b, r->count);
		buf_puts(b, " times");
	}
	put_baseline(b, &r->decision);
}

/* A part of a key that is too long is told by a sum of it. */
static void put_key_part(struct buf *b, const char *s, size_t n)
{
	size_t most = KEY_KEPT / 3;

	if (n > most)
		buf_printf(b, "%.*s~%016llx", (int)most, s, (unsigned long long)hash_text(s, n));
	else
		buf_put(b, s, n);
	buf_putc(b, '\n');
}

static void make_key(struct alert_sink *a, const struct record *r)
{
	const char *rule = r->decision.rule ? r->decision.rule : "";
	struct buf name = BUF_INIT;

	buf_clear(&a->key);
	if (r->decision.action == DECISION_LOG)
		buf_puts(&a->key, "log\n");
	put_key_part(&a->key, rule, strlen(rule));
	if (r->program)
		program_put_key(&name, r->program);
	put_key_part(&a->key, buf_str(&name), name.len);
	buf_printf(&a->key, "%d\n%s", r->check.cap, record_verdict(r) ? record_verdict(r) : "");
	buf_done(&name);
}

/* ---- telling ---------------------------------------------------------------------------------------------------- */

static int hand_over(struct alert_sink *a, struct alert *alert)
{
	struct buf *line = &a->line.buf;
	int err = line->error ?: a->message.error ?: a->key.error;

	if (!err) {
		alert->seq = a->seq++;
		alert->key = buf_str(&a->key);
		alert->json = buf_str(line);
		alert->json_len = line->len;
		a->config.tell(a->config.ctx, alert);
	}
	buf_clear(line);
	return err;
}

int alert_own(struct alert_sink *a, uint8_t severity, const char *event, const char *message)
{
	struct alert alert = { .severity = severity, .wall_ns = clock_ns(CLOCK_REALTIME), .count = 1, .rule = "" };
	struct json_alert own = {
		.message = message,
		.wall_ns = alert.wall_ns,
		.event = event,
		.severity = decision_severities[severity],
		.count = 1,
	};

	buf_clear(&a->key);
	buf_printf(&a->key, "\n%s", event);
	json_alert(a->json, &own);
	return hand_over(a, &alert);
}

static void make_line(struct alert_sink *a, const struct record *r)
{
	struct json_alert of = {
		.record = r,
		.message = buf_str(&a->message),
		.log = r->decision.action == DECISION_LOG,
	};

	buf_clear(&a->line.buf);
	json_alert(a->json, &of);
}

/* Only a command line, and those of who started it, can make one so long. */
static int shorten(struct alert_sink *a, const struct record *r)
{
	struct program program = *r->program;
	struct record shorter = *r;
	char args[ARGS_KEPT + sizeof("...")];

	if (program.args && strlen(program.args) > ARGS_KEPT) {
		memcpy(args, program.args, ARGS_KEPT);
		memcpy(args + ARGS_KEPT, "...", sizeof("..."));
		program.args = args;
	}
	program.ancestors = NULL;
	program.serial = 0;	/* of no table: the text of the whole one is kept */
	shorter.program = &program;
	a->counts.cut++;
	make_line(a, &shorter);
	return a->line.buf.len > ALERT_BYTES_MAX ? -EMSGSIZE : 0;
}

static int tell(struct alert_sink *a, const struct record *r)
{
	const struct decision *d = &r->decision;
	struct alert alert = {
		.wall_ns = r->wall_ns,
		.count = r->parts & RECORD_COUNT ? r->count : 1,
		.severity = d->severity,
		.outputs = d->outputs,
		.output_count = d->output_count,
		.log = d->action == DECISION_LOG,
		.rule = d->rule ? d->rule : "",
	};
	int err = 0;

	make_message(a, r);
	make_key(a, r);
	make_line(a, r);
	if (a->line.buf.len > ALERT_BYTES_MAX && r->program)
		err = shorten(a, r);
	if (err) {
		buf_clear(&a->line.buf);
		return alert_own(a, d->severity, "too-long", buf_str(&a->message));
	}
	a->counts.told += !alert.log;
	a->counts.logged += alert.log;
	return hand_over(a, &alert);
}

/* ---- what is only logged ---------------------------------------------------------------------------------------- */

static void forget_logged(struct alert_sink *a)
{
	struct logged *oldest = a->logged;

	HASH_DEL(a->logged, oldest);
	free(oldest);
}

static uint64_t logged_key(struct alert_sink *a, const struct record *r)
{
	const struct program *p = r->program;

	make_key(a, r);
	if (p && p->exe)
		buf_puts(&a->key, p->exe);
	else
		buf_put(&a->key, (const char *)r->check.comm, record_comm_len(r));
	return hash_text(buf_str(&a->key), a->key.len);
}

/* One that is there, or a new one; NULL: out of memory. */
static struct logged *logged_of(struct alert_sink *a, uint64_t key)
{
	struct logged *l;

	HASH_FIND(hh, a->logged, &key, sizeof(key), l);
	if (l)
		return l;
	while (HASH_COUNT(a->logged) >= LOGGED_MAX)
		forget_logged(a);
	l = calloc(1, sizeof(*l));
	if (!l)
		return NULL;
	l->key = key;
	HASH_ADD(hh, a->logged, key, sizeof(l->key), l);
	if (l->hh.tbl)
		return l;
	free(l);
	return NULL;
}

static bool is_log_minute_full(struct alert_sink *a, uint64_t now)
{
	if (!a->log_minute || now - a->log_minute >= MINUTE_NS) {
		a->log_minute = now;
		a->logs_in_minute = 0;
	}
	return a->logs_in_minute >= ALERT_LOGS_PER_MINUTE;
}

static int on_logged(struct alert_sink *a, const struct record *r)
{
	const bool is_count = r->parts & RECORD_COUNT;
	const uint64_t now = now_of(a);
	struct record many = *r;
	struct logged *l = a->log_count ? logged_of(a, logged_key(a, r)) : NULL;

	if (!l)
		return 0;
	if (!l->count)
		l->first_ns = is_count ? r->first_ns : r->wall_ns;
	l->count += is_count ? r->count : 1;
	if (l->until > now || is_log_minute_full(a, now))
		return 0;
	a->logs_in_minute++;
	many.decision.severity = SEVERITY_INFO;
	many.decision.outputs = a->log;
	many.decision.output_count = a->log_count;
	many.count = l->count;
	many.first_ns = l->first_ns;
	many.parts |= l->count > 1 ? RECORD_COUNT : 0;
	l->until = now + HOUR_NS;
	l->count = 0;
	return tell(a, &many);
}

/* ---- the limit -------------------------------------------------------------------------------------------------- */

static void put_suppressed(const struct alert_sink *a, struct buf *b)
{
	uint64_t named = 0;

	buf_grouped(b, a->suppressed);
	buf_printf(b, " %s suppressed, as more than %u came in a minute:", a->suppressed == 1 ? "alert was" : "alerts were",
		   a->config.per_minute);
	for (size_t i = 0; i < RULES_NAMED && a->rules[i].count; i++) {
		buf_puts(b, i ? ", " : " ");
		buf_grouped(b, a->rules[i].count);
		buf_puts(b, " of ");
		text_quote(b, a->rules[i].rule, strlen(a->rules[i].rule), RULE_NAME);
		named += a->rules[i].count;
	}
	if (named < a->suppressed) {
		buf_puts(b, named ? ", " : " ");
		buf_grouped(b, a->suppressed - named);
		buf_puts(b, " of other rules");
	}
}

static int tell_suppressed(struct alert_sink *a)
{
	struct alert alert = { .severity = a->severity, .wall_ns = clock_ns(CLOCK_REALTIME), .count = a->suppressed, .rule = "" };
	struct json_alert own = {
		.wall_ns = alert.wall_ns,
		.event = "suppressed",
		.severity = decision_severities[a->severity],
		.count = a->suppressed,
	};

	buf_clear(&a->message);
	put_suppressed(a, &a->message);
	own.message = buf_str(&a->message);
	buf_clear(&a->key);
	buf_puts(&a->key, "\nsuppressed");
	json_alert(a->json, &own);
	a->suppressed = 0;
	memset(a->rules, 0, sizeof(a->rules));
	return hand_over(a, &alert);
}

/* Begins another minute where one is over, and tells what the last one did not. */
static int turn_minute(struct alert_sink *a, uint64_t now)
{
	if (a->minute && now - a->minute < MINUTE_NS)
		return 0;
	a->minute = now;
	a->in_minute = 0;
	return a->suppressed ? tell_suppressed(a) : 0;
}

static void suppress(struct alert_sink *a, const struct decision *d)
{
	const char *rule = d->rule ? d->rule : "";
	size_t n = strnlen(rule, RULE_NAME - 1);

	if (!a->suppressed || d->severity < a->severity)
		a->severity = d->severity;
	a->suppressed++;
	a->counts.suppressed++;
	for (size_t i = 0; i < RULES_NAMED; i++) {
		struct suppressed *s = &a->rules[i];

		if (s->count && (strncmp(s->rule, rule, n) || s->rule[n]))
			continue;
		memcpy(s->rule, rule, n);
		s->rule[n] = '\0';
		s->count++;
		return;
	}
}

/* ---- the sink --------------------------------------------------------------------------------------------------- */

static struct alert_sink *of(struct sink *s)
{
	return (struct alert_sink *)s;
}

static int on_start(struct sink *s, const struct sink_start *start)
{
	struct alert_sink *a = of(s);
	int err = a->json->ops->start(a->json, start);

	buf_clear(&a->line.buf);
	return err;
}

static int on_check(struct sink *s, const struct record *r)
{
	struct alert_sink *a = of(s);
	struct record many;
	int err;

	if (!(r->parts & RECORD_CHECK) || !(r->parts & RECORD_DECISION) || r->decision.held)
		return 0;
	if (r->decision.action != DECISION_ALERT)
		return r->decision.action == DECISION_LOG ? on_logged(a, r) : 0;
	err = turn_minute(a, now_of(a));
	if (err)
		return err;
	if (a->config.per_minute && a->in_minute >= a->config.per_minute) {
		suppress(a, &r->decision);
		return 0;
	}
	a->in_minute++;
	if (r->decision.times <= (r->parts & RECORD_COUNT ? r->count : 1))
		return tell(a, r);
	many = *r;
	many.count = r->decision.times;
	many.first_ns = r->decision.first_ns;
	many.parts |= RECORD_COUNT;
	return tell(a, &many);
}

static int on_flush(struct sink *s)
{
	return of(s)->suppressed ? turn_minute(of(s), now_of(of(s))) : 0;
}

static int on_lost(struct sink *s, uint64_t wall_ns, const struct loss *grown)
{
	(void)s;
	(void)wall_ns;
	(void)grown;
	return 0;
}

/* Nothing stays untold. */
static int on_stop(struct sink *s, uint64_t wall_ns, const struct account *account)
{
	(void)wall_ns;
	(void)account;
	return of(s)->suppressed ? tell_suppressed(of(s)) : 0;
}

static void free_sink(struct sink *s)
{
	struct alert_sink *a = of(s);

	if (a->json)
		a->json->ops->free(a->json);
	while (a->logged)
		forget_logged(a);
	buf_done(&a->line.buf);
	buf_done(&a->message);
	buf_done(&a->key);
	free(a);
}

static const struct sink_ops ops = {
	.start = on_start,
	.check = on_check,
	.lost = on_lost,
	.stop = on_stop,
	.free = free_sink,
	.flush = on_flush,
};

int alert_new(const struct alert_config *config, struct alert_sink **ret)
{
	struct json_options options = { .args = true, .ancestors = true, .syscalls = config->syscalls,
					.users = config->users };
	struct alert_sink *a = calloc(1, sizeof(*a));

	if (!a)
		return -ENOMEM;
	a->sink = (struct sink){ .ops = &ops, .out = &a->line };
	a->config = *config;
	a->seq = config->first_seq;
	a->line = (struct out)OUT_INIT;
	if (json_new(&a->line, &options, &a->json)) {
		free_sink(&a->sink);
		return -ENOMEM;
	}
	*ret = a;
	return 0;
}

struct sink *alert_as_sink(struct alert_sink *a)
{
	return &a->sink;
}

void alert_set_log(struct alert_sink *a, const char *const *outputs, size_t count)
{
	a->log = outputs;
	a->log_count = count;
}

int alert_set_limit(struct alert_sink *a, uint32_t per_minute)
{
	int err = a->suppressed && a->config.per_minute != per_minute ? tell_suppressed(a) : 0;

	a->config.per_minute = per_minute;
	return err;
}

void alert_counts(const struct alert_sink *a, struct alert_counts *ret)
{
	*ret = a->counts;
}
