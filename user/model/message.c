/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/model/message.h"

#include <errno.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/varint.h"

/*
 * The fields of a message are written and read by the same functions, so that the two cannot differ. One of .out and .at
 * is set.
 */
struct wire {
	struct buf *out;
	const uint8_t *at, *end;
	int error;
};

static void put_u64(struct wire *w, uint64_t v, uint64_t max)
{
	if (v > max)
		w->error = w->error ?: -EINVAL;
	else
		varint_put(w->out, v);
}

static uint64_t get_u64(struct wire *w, uint64_t max)
{
	uint64_t v = 0;

	if (w->error || !varint_get(&w->at, w->end, &v) || v > max) {
		w->error = -EBADMSG;
		return 0;
	}
	return v;
}

static void u64_upto(struct wire *w, uint64_t *v, uint64_t max)
{
	if (w->out)
		put_u64(w, *v, max);
	else
		*v = get_u64(w, max);
}

static void u64(struct wire *w, uint64_t *v)
{
	u64_upto(w, v, UINT64_MAX);
}

/* Never more than max where it was read: 0 on an error, so that nobody counts on. */
static void count(struct wire *w, size_t *v, size_t max)
{
	uint64_t n = w->out ? *v : 0;

	u64_upto(w, &n, max);
	if (!w->out)
		*v = n;
}

static void flag(struct wire *w, bool *v)
{
	uint64_t n = w->out ? *v : 0;

	u64_upto(w, &n, 1);
	if (!w->out)
		*v = n;
}

static void real(struct wire *w, double *v)
{
	if (w->out) {
		buf_put(w->out, v, sizeof(*v));
	} else if (w->error || (size_t)(w->end - w->at) < sizeof(*v)) {
		w->error = -EBADMSG;
	} else {
		memcpy(v, w->at, sizeof(*v));
		w->at += sizeof(*v);
	}
}

static void put_text(struct wire *w, const char *s, size_t max)
{
	size_t n = s ? strlen(s) : 0;

	if (n > max) {
		w->error = w->error ?: -EMSGSIZE;
		return;
	}
	varint_put(w->out, n);
	buf_put(w->out, s ? s : "", n + 1);
}

static const char *get_text(struct wire *w, size_t max)
{
	uint64_t n = get_u64(w, max);
	const char *s = (const char *)w->at;

	if (w->error || n >= (size_t)(w->end - w->at) || s[n] || memchr(s, 0, n)) {
		w->error = -EBADMSG;
		return "";
	}
	w->at += n + 1;
	return s;
}

static void text(struct wire *w, const char **s, size_t max)
{
	if (w->out)
		put_text(w, *s, max);
	else
		*s = get_text(w, max);
}

/* ---- what each is made of --------------------------------------------------------------------------------------- */

static void config(struct wire *w, struct message *m)
{
	text(w, &m->config.name, MESSAGE_TEXT_MAX);
	text(w, &m->config.text, MESSAGE_BYTES_MAX);
}

static void file(struct wire *w, struct message *m)
{
	text(w, &m->file.path, MESSAGE_PATH_MAX);
	text(w, &m->file.text, MESSAGE_BYTES_MAX);
}

static void alert(struct wire *w, struct message *m)
{
	struct message_alert *a = &m->alert;
	uint64_t severity = a->severity;

	u64(w, &a->seq);
	u64_upto(w, &severity, SEVERITIES - 1);
	a->severity = (uint8_t)severity;
	count(w, &a->output_count, MESSAGE_OUTPUTS_MAX);
	for (size_t i = 0; i < a->output_count && !w->error; i++)
		text(w, &a->outputs[i], MESSAGE_NAME_MAX);
	text(w, &a->rule, MESSAGE_NAME_MAX);
	text(w, &a->key, MESSAGE_KEY_MAX);
	text(w, &a->json, MESSAGE_BYTES_MAX);
}

static void sample(struct wire *w, struct metric_sample *s)
{
	uint64_t metric = w->out ? s->metric : 0;

	u64_upto(w, &metric, METRIC_COUNT - 1);
	if (w->error)
		return;
	s->metric = (enum metric)metric;
	for (size_t i = 0; i < metric_labels(s->metric); i++)
		text(w, &s->labels[i], MESSAGE_NAME_MAX);
	real(w, &s->value);
}

static void metrics(struct wire *w, struct message *m)
{
	flag(w, &m->metrics.last);
	count(w, &m->metrics.count, MESSAGE_SAMPLES_MAX);
	for (size_t i = 0; i < m->metrics.count && !w->error; i++)
		sample(w, &m->metrics.samples[i]);
}

static void nothing(struct wire *w, struct message *m)
{
	(void)w;
	(void)m;
}

static void test(struct wire *w, struct message *m)
{
	text(w, &m->test.output, MESSAGE_NAME_MAX);
}

static void drain(struct wire *w, struct message *m)
{
	u64(w, &m->drain.deadline_ns);
}

static void answer(struct wire *w, struct message *m)
{
	text(w, &m->answer.name, MESSAGE_TEXT_MAX);
	flag(w, &m->answer.ok);
	text(w, &m->answer.sentence, MESSAGE_TEXT_MAX);
}

static void stored(struct wire *w, struct message *m)
{
	u64(w, &m->stored.seq);
}

static void output(struct wire *w, struct message_output *o)
{
	text(w, &o->name, MESSAGE_NAME_MAX);
	u64(w, &o->queue);
	u64(w, &o->spool_bytes);
	u64(w, &o->ok);
	u64(w, &o->errors);
	u64(w, &o->dropped);
	text(w, &o->last_error, MESSAGE_TEXT_MAX);
}

static void status(struct wire *w, struct message *m)
{
	count(w, &m->status.count, MESSAGE_OUTPUTS_MAX);
	for (size_t i = 0; i < m->status.count && !w->error; i++)
		output(w, &m->status.outputs[i]);
	text(w, &m->status.metrics, MESSAGE_TEXT_MAX);
}

static void gap(struct wire *w, struct message *m)
{
	u64(w, &m->gap.start_ns);
	u64(w, &m->gap.end_ns);
	u64(w, &m->gap.lost);
	text(w, &m->gap.reason, MESSAGE_TEXT_MAX);
}

static void done(struct wire *w, struct message *m)
{
	u64(w, &m->done.left);
}

static void (*const fields[MESSAGE_TYPES])(struct wire *w, struct message *m) = {
	[MESSAGE_CONFIG] = config,
	[MESSAGE_ALERT] = alert,
	[MESSAGE_METRICS] = metrics,
	[MESSAGE_REOPEN] = nothing,
	[MESSAGE_TEST] = test,
	[MESSAGE_DRAIN] = drain,
	[MESSAGE_CONFIGURED] = answer,
	[MESSAGE_STORED] = stored,
	[MESSAGE_STATUS] = status,
	[MESSAGE_TESTED] = answer,
	[MESSAGE_GAP] = gap,
	[MESSAGE_DONE] = done,
	[MESSAGE_FILE] = file,
};

/* ---- both ways -------------------------------------------------------------------------------------------------- */

static bool is_type(uint64_t type)
{
	return type < MESSAGE_TYPES && fields[type];
}

int message_put(struct buf *b, const struct message *m)
{
	struct wire w = { .out = b };
	size_t start = b->len;

	if (!is_type(m->type))
		return -EINVAL;
	varint_put(b, MESSAGE_VERSION);
	varint_put(b, m->type);
	/* It is only read where it is written: .out decides. */
	fields[m->type](&w, (struct message *)m);
	if (b->error)
		return b->error;
	if (!w.error && b->len - start > MESSAGE_BYTES_MAX)
		w.error = -EMSGSIZE;
	if (w.error)
		b->len = start;
	return w.error;
}

int message_get(const void *data, size_t n, struct message *ret)
{
	struct wire w = { .at = data, .end = (const uint8_t *)data + n };
	uint64_t type;

	if (n > MESSAGE_BYTES_MAX || get_u64(&w, UINT64_MAX) != MESSAGE_VERSION)
		return -EBADMSG;
	type = get_u64(&w, UINT64_MAX);
	if (w.error || !is_type(type))
		return -EBADMSG;
	ret->type = (enum message_type)type;
	fields[type](&w, ret);
	return w.error || w.at != w.end ? -EBADMSG : 0;
}
