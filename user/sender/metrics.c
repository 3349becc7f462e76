/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/sender/metrics.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/clock.h"
#include "user/base/fresh.h"
#include "user/base/out.h"
#include "user/base/text.h"
#include "user/model/message.h"
#include "user/model/metric.h"
#include "user/sender/http.h"

#define TEXTFILE_EVERY_NS 15000000000ULL
#define LISTEN_AGAIN_NS	  10000000000ULL

/* More than the collector has in all its labels: what comes beyond is left out. */
enum { SAMPLES_MAX = 20000 };

/* Samples that own the texts of their labels. */
struct samples {
	struct metric_sample *at;
	size_t count, room;
};

struct metrics {
	pthread_mutex_t lock;
	struct samples told, coming;	/* the collector's: whole, and what came of the next */
	struct samples own;		/* of the outputs */
	struct http *http;		/* NULL: not listening */
	char *listen, *textfile;
	struct buf why;			/* it cannot be listened */
	uint64_t tried_ns;
	uint64_t written_ns;
	int error;			/* of the last time */
};

/* ---- samples ---------------------------------------------------------------------------------------------------- */

static void empty(struct samples *s)
{
	for (size_t i = 0; i < s->count; i++)
		for (size_t l = 0; l < METRIC_LABELS_MAX; l++)
			free((char *)s->at[i].labels[l]);
	s->count = 0;
}

static void add(struct samples *s, const struct metric_sample *sample)
{
	struct metric_sample copy = { .metric = sample->metric, .value = sample->value };

	if (s->count == SAMPLES_MAX)
		return;
	if (s->count == s->room) {
		size_t room = s->room ? s->room * 2 : 64;
		struct metric_sample *more = reallocarray(s->at, room, sizeof(*more));

		if (!more)
			return;
		s->at = more;
		s->room = room;
	}
	for (size_t i = 0; i < metric_labels(sample->metric); i++)
		copy.labels[i] = strdup(sample->labels[i] ? sample->labels[i] : "");
	s->at[s->count++] = copy;
}

void metrics_take(struct metrics *m, const struct message_metrics *part)
{
	struct samples whole;

	pthread_mutex_lock(&m->lock);
	for (size_t i = 0; i < part->count; i++)
		if (!metric_facts(part->samples[i].metric)->sender)
			add(&m->coming, &part->samples[i]);
	if (part->last) {
		whole = m->coming;
		m->coming = m->told;
		m->told = whole;
		empty(&m->coming);
	}
	pthread_mutex_unlock(&m->lock);
}

static void add_output(struct samples *to, const struct message_output *o)
{
	const struct metric_sample made[] = {
		{ METRIC_OUTPUT_RECORDS, { o->name, "ok" }, (double)o->ok },
		{ METRIC_OUTPUT_RECORDS, { o->name, "error" }, (double)o->errors },
		{ METRIC_OUTPUT_RECORDS, { o->name, "dropped" }, (double)o->dropped },
		{ METRIC_OUTPUT_QUEUE, { o->name }, (double)o->queue },
		{ METRIC_OUTPUT_SPOOL, { o->name }, (double)o->spool_bytes },
	};

	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++)
		add(to, &made[i]);
}

void metrics_outputs(struct metrics *m, const struct message *status)
{
	pthread_mutex_lock(&m->lock);
	empty(&m->own);
	for (size_t i = 0; i < status->status.count; i++)
		add_output(&m->own, &status->status.outputs[i]);
	pthread_mutex_unlock(&m->lock);
}

/* ---- text ------------------------------------------------------------------------------------------------------- */

/* A label's value: UTF-8, of which three characters are escaped. */
static void put_value_text(struct buf *b, const char *s)
{
	struct buf safe = BUF_INIT;

	if (text_utf8_ok(s, strlen(s)))
		buf_puts(&safe, s);
	else
		text_escape(&safe, s, strlen(s));
	for (const char *c = buf_str(&safe); *c; c++)
		switch (*c) {
		case '\\':
			buf_puts(b, "\\\\");
			break;
		case '"':
			buf_puts(b, "\\\"");
			break;
		case '\n':
			buf_puts(b, "\\n");
			break;
		default:
			buf_putc(b, *c);
		}
	buf_done(&safe);
}

static void put_number(struct buf *b, double v)
{
	if (isnan(v))
		buf_puts(b, "NaN");
	else if (isinf(v))
		buf_puts(b, v > 0 ? "+Inf" : "-Inf");
	else
		buf_printf(b, "%.17g", v);
}

static void put_sample(struct buf *b, const struct metric_sample *s)
{
	const struct metric_facts *f = metric_facts(s->metric);

	buf_puts(b, f->name);
	for (size_t i = 0; f->labels[i]; i++) {
		buf_printf(b, "%s%s=\"", i ? "," : "{", f->labels[i]);
		put_value_text(b, s->labels[i] ? s->labels[i] : "");
		buf_putc(b, '"');
	}
	buf_puts(b, f->labels[0] ? "} " : " ");
	put_number(b, s->value);
	buf_putc(b, '\n');
}

static void put_metric(struct buf *b, const struct samples *s, enum metric metric)
{
	const struct metric_facts *f = metric_facts(metric);
	bool any = false;

	for (size_t i = 0; i < s->count; i++) {
		if (s->at[i].metric != metric)
			continue;
		if (!any)
			buf_printf(b, "# HELP %s %s\n# TYPE %s %s\n", f->name, f->help, f->name,
				   f->counter ? "counter" : "gauge");
		any = true;
		put_sample(b, &s->at[i]);
	}
}

void metrics_put(struct metrics *m, struct buf *b)
{
	pthread_mutex_lock(&m->lock);
	for (unsigned int i = 0; i < METRIC_COUNT; i++)
		put_metric(b, metric_facts((enum metric)i)->sender ? &m->own : &m->told, (enum metric)i);
	pthread_mutex_unlock(&m->lock);
}

/* ---- to where --------------------------------------------------------------------------------------------------- */

static void on_get(void *ctx, struct buf *b)
{
	metrics_put(ctx, b);
}

static bool same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static int set(char **to, const char *text)
{
	char *copy = text ? strdup(text) : NULL;

	if (text && !copy)
		return -ENOMEM;
	free(*to);
	*to = copy;
	return 0;
}

static int start_listening(struct metrics *m)
{
	m->tried_ns = clock_ns(CLOCK_MONOTONIC);
	buf_clear(&m->why);
	return http_new(m->listen, on_get, m, &m->http, &m->why);
}

int metrics_configure(struct metrics *m, const char *listen, const char *textfile, struct buf *why)
{
	int err = set(&m->textfile, textfile);

	m->written_ns = 0;
	m->error = 0;
	if (err || (same(m->listen, listen) && (!listen || m->http)))
		return err;
	http_free(m->http);
	m->http = NULL;
	buf_clear(&m->why);
	err = set(&m->listen, listen);
	if (err || !listen)
		return err;
	err = start_listening(m);
	if (err)
		buf_puts(why, buf_str(&m->why));
	return err;
}

bool metrics_listen_again(struct metrics *m)
{
	if (!m->listen || m->http || clock_ns(CLOCK_MONOTONIC) - m->tried_ns < LISTEN_AGAIN_NS)
		return false;
	return !start_listening(m);
}

const char *metrics_trouble(struct metrics *m)
{
	return m->why.len ? buf_str(&m->why) : NULL;
}

/* In one step, so that no half of it is ever read. */
static int write_textfile(struct metrics *m)
{
	struct fresh f = FRESH_INIT;
	struct buf b = BUF_INIT;
	int err = fresh_open(m->textfile, &f);

	metrics_put(m, &b);
	err = err ?: b.error;
	err = err ?: out_all(f.fd, b.data, b.len);
	if (!err && fchmod(f.fd, 0644))
		err = -errno;
	err = err ?: fresh_put(&f);
	fresh_done(&f);
	buf_done(&b);
	return err;
}

int metrics_turn(struct metrics *m)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);

	if (!m->textfile || (m->written_ns && now - m->written_ns < TEXTFILE_EVERY_NS) || !m->told.count)
		return m->error;
	m->written_ns = now;
	m->error = write_textfile(m);
	return m->error;
}

int metrics_new(struct metrics **ret)
{
	struct metrics *m = calloc(1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	pthread_mutex_init(&m->lock, NULL);
	*ret = m;
	return 0;
}

void metrics_free(struct metrics *m)
{
	struct samples *all[] = { &m->told, &m->coming, &m->own };

	http_free(m->http);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		empty(all[i]);
		free(all[i]->at);
	}
	buf_done(&m->why);
	free(m->listen);
	free(m->textfile);
	pthread_mutex_destroy(&m->lock);
	free(m);
}
