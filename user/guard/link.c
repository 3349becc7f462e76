/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/guard/link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "user/base/buf.h"

enum { READ_MOST = 64, METRICS_PACKETS_MAX = 64, TESTS_MAX = 16 };

/* A packet as it is sent. */
struct packet {
	uint64_t seq;
	uint8_t severity;
	bool sent;		/* to the sender that is there now */
	size_t n;
	char *bytes;		/* owned */
	struct packet *next;
};

struct line {
	struct packet *first, **end;
	size_t count, bytes;
};

/* The last status, in memory of its own: texts borrow from .packet. */
struct status {
	char *packet;
	struct message_output outputs[MESSAGE_OUTPUTS_MAX];
	size_t count;
	const char *metrics;
};

struct link {
	struct link_ears ears;
	int fd;
	struct line config;		/* its files, and itself; for each sender again */
	struct buf drain;		/* a packet; empty: none is to be sent */
	bool drain_sent, reopen, done;
	struct line alerts;		/* until they are safe */
	struct line metrics;		/* until they are sent; the newest only */
	struct line tests;
	struct link_figures figures;
	struct status status;
	char in[MESSAGE_BYTES_MAX];
	struct message message;
};

/* ---- lines of packets ------------------------------------------------------------------------------------------ */

static void line_init(struct line *l)
{
	*l = (struct line){ .end = &l->first };
}

static int line_add(struct line *l, const struct buf *packet, uint64_t seq, uint8_t severity)
{
	struct packet *p = calloc(1, sizeof(*p));

	if (p)
		p->bytes = malloc(packet->len);
	if (!p || !p->bytes) {
		free(p);
		return -ENOMEM;
	}
	memcpy(p->bytes, packet->data, packet->len);
	p->n = packet->len;
	p->seq = seq;
	p->severity = severity;
	*l->end = p;
	l->end = &p->next;
	l->count++;
	l->bytes += p->n;
	return 0;
}

/* The one that `at` leads to. */
static void line_remove(struct line *l, struct packet **at)
{
	struct packet *p = *at;

	*at = p->next;
	if (!*at)
		l->end = at;
	l->count--;
	l->bytes -= p->n;
	free(p->bytes);
	free(p);
}

static void line_clear(struct line *l)
{
	while (l->first)
		line_remove(l, &l->first);
}

/* Nothing of it was told to the sender that is there now. */
static void line_unsend(struct line *l)
{
	for (struct packet *p = l->first; p; p = p->next)
		p->sent = false;
}

/* The oldest of the least severe goes. */
static void line_drop_one(struct line *l)
{
	struct packet **least = &l->first;

	for (struct packet **p = &l->first; *p; p = &(*p)->next)
		if ((*p)->severity > (*least)->severity)
			least = p;
	line_remove(l, least);
}

/* ---- life ------------------------------------------------------------------------------------------------------ */

struct link *link_new(const struct link_ears *ears)
{
	struct link *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->ears = *ears;
	l->fd = -1;
	line_init(&l->config);
	line_init(&l->alerts);
	line_init(&l->metrics);
	line_init(&l->tests);
	return l;
}

void link_lose(struct link *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	line_clear(&l->metrics);
}

void link_free(struct link *l)
{
	if (!l)
		return;
	link_lose(l);
	line_clear(&l->alerts);
	line_clear(&l->tests);
	line_clear(&l->config);
	buf_done(&l->drain);
	free(l->status.packet);
	free(l);
}

void link_use(struct link *l, int fd)
{
	const int room = LINK_BYTES_MAX;

	link_lose(l);
	l->fd = fd;
	l->drain_sent = false;
	line_unsend(&l->config);
	line_unsend(&l->alerts);
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
}

int link_fd(const struct link *l)
{
	return l->fd;
}

static const struct packet *unsent(const struct line *l)
{
	const struct packet *p = l->first;

	while (p && p->sent)
		p = p->next;
	return p;
}

bool link_waits(const struct link *l)
{
	return l->fd >= 0 && (unsent(&l->config) || unsent(&l->alerts) || l->metrics.first || l->tests.first ||
			      l->reopen || (l->drain.len && !l->drain_sent));
}

/* ---- out ------------------------------------------------------------------------------------------------------- */

/* 1: it was taken; 0: not now; -EPIPE. */
static int send_one(struct link *l, const char *bytes, size_t n)
{
	ssize_t sent = send(l->fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (sent == (ssize_t)n)
		return 1;
	return errno == EAGAIN || errno == EINTR || errno == ENOBUFS ? 0 : -EPIPE;
}

/* Those that are forgotten once they are sent. */
static int send_line(struct link *l, struct line *line)
{
	int r = 1;

	while (line->first && (r = send_one(l, line->first->bytes, line->first->n)) > 0)
		line_remove(line, &line->first);
	return r;
}

/* Those that are kept. */
static int send_kept(struct link *l, struct line *line)
{
	int r = 1;

	for (struct packet *p = line->first; p && r > 0; p = p->next)
		if (!p->sent && (r = send_one(l, p->bytes, p->n)) > 0)
			p->sent = true;
	return r;
}

static int send_reopen(struct link *l)
{
	const struct message m = { .type = MESSAGE_REOPEN };
	struct buf b = BUF_INIT;
	int r = message_put(&b, &m);

	r = r ?: send_one(l, buf_str(&b), b.len);
	if (r > 0)
		l->reopen = false;
	buf_done(&b);
	return r;
}

/* What it has to know comes first, its end last. */
static int send_all(struct link *l)
{
	int r = send_kept(l, &l->config);

	if (r > 0 && l->reopen)
		r = send_reopen(l);
	if (r > 0)
		r = send_kept(l, &l->alerts);
	if (r > 0)
		r = send_line(l, &l->tests);
	if (r > 0)
		r = send_line(l, &l->metrics);
	if (r > 0 && l->drain.len && !l->drain_sent) {
		r = send_one(l, l->drain.data, l->drain.len);
		l->drain_sent = r > 0;
	}
	return r;
}

/* ---- in -------------------------------------------------------------------------------------------------------- */

static void on_stored(struct link *l, uint64_t seq)
{
	for (struct packet **p = &l->alerts.first; *p;) {
		if ((*p)->seq <= seq && (*p)->sent)
			line_remove(&l->alerts, p);
		else
			p = &(*p)->next;
	}
}

/* The texts are in a packet that the next one overwrites. */
static void on_status(struct link *l, size_t n)
{
	char *packet = malloc(n);

	if (!packet)
		return;
	memcpy(packet, l->in, n);
	if (message_get(packet, n, &l->message)) {
		free(packet);
		return;
	}
	free(l->status.packet);
	l->status.packet = packet;
	l->status.count = l->message.status.count;
	l->status.metrics = l->message.status.metrics;
	memcpy(l->status.outputs, l->message.status.outputs, sizeof(l->status.outputs));
}

static int hear(struct link *l, size_t n)
{
	const struct message *m = &l->message;

	if (message_get(l->in, n, &l->message))
		return -EPIPE;
	switch (m->type) {
	case MESSAGE_STORED:
		on_stored(l, m->stored.seq);
		return 0;
	case MESSAGE_STATUS:
		on_status(l, n);
		return 0;
	case MESSAGE_CONFIGURED:
		if (!m->answer.ok)
			l->ears.refused(l->ears.ctx, m->answer.sentence);
		return 0;
	case MESSAGE_TESTED:
		l->ears.tested(l->ears.ctx, m->answer.name, m->answer.ok, m->answer.sentence);
		return 0;
	case MESSAGE_GAP:
		l->ears.gap(l->ears.ctx, m->gap.start_ns, m->gap.end_ns, m->gap.lost, m->gap.reason);
		return 0;
	case MESSAGE_DONE:
		l->figures.left = m->done.left;
		l->done = true;
		return 0;
	default:
		return -EPIPE;
	}
}

static int read_all(struct link *l)
{
	for (int i = 0; i < READ_MOST; i++) {
		ssize_t n = recv(l->fd, l->in, sizeof(l->in), MSG_DONTWAIT);

		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -EPIPE;
		if (n == 0 || hear(l, (size_t)n))
			return -EPIPE;
	}
	return 0;
}

int link_work(struct link *l)
{
	int err;

	if (l->fd < 0)
		return 0;
	err = read_all(l);
	if (!err && send_all(l) < 0)
		err = -EPIPE;
	if (err)
		link_lose(l);
	return err;
}

/* ---- what is to be told ---------------------------------------------------------------------------------------- */

static int line_put(struct line *line, const struct message *m)
{
	struct buf b = BUF_INIT;
	int err = message_put(&b, m);

	err = err ?: line_add(line, &b, 0, 0);
	buf_done(&b);
	return err;
}

/* The last packet's end is within the line itself. */
static void line_move(struct line *to, struct line *from)
{
	line_clear(to);
	*to = *from;
	if (!to->first)
		to->end = &to->first;
}

int link_configure(struct link *l, const char *name, const char *text, const struct message_file *files, size_t count)
{
	const struct message m = { .type = MESSAGE_CONFIG, .config = { name, text } };
	struct line made;
	int err = 0;

	line_init(&made);
	for (size_t i = 0; i < count && !err; i++) {
		const struct message file = { .type = MESSAGE_FILE, .file = files[i] };

		err = line_put(&made, &file);
	}
	err = err ?: line_put(&made, &m);
	if (err)
		line_clear(&made);
	else
		line_move(&l->config, &made);
	return err;
}

static void make_room(struct link *l, size_t n)
{
	while (l->alerts.first && (l->alerts.count >= LINK_ALERTS_MAX || l->alerts.bytes + n > LINK_BYTES_MAX)) {
		line_drop_one(&l->alerts);
		l->figures.dropped++;
	}
}

int link_alert(struct link *l, const struct message_alert *alert)
{
	struct message m = { .type = MESSAGE_ALERT };
	struct buf b = BUF_INIT;
	int err;

	m.alert = *alert;
	l->figures.alerts++;
	err = message_put(&b, &m);
	if (!err) {
		make_room(l, b.len);
		err = line_add(&l->alerts, &b, alert->seq, alert->severity);
	}
	l->figures.dropped += err != 0;
	buf_done(&b);
	return err;
}

int link_metrics(struct link *l, const struct metric_sample *samples, size_t count)
{
	struct message m = { .type = MESSAGE_METRICS };
	struct buf b = BUF_INIT;
	int err = 0;

	line_clear(&l->metrics);
	if (l->fd < 0)
		return 0;
	for (size_t at = 0, most = MESSAGE_SAMPLES_MAX; !err && !m.metrics.last;) {
		size_t n = count - at < most ? count - at : most;

		memcpy(m.metrics.samples, samples + at, n * sizeof(*samples));
		m.metrics.count = n;
		m.metrics.last = at + n == count || l->metrics.count + 1 == METRICS_PACKETS_MAX;
		buf_clear(&b);
		err = message_put(&b, &m);
		/* Long names: fewer at once. */
		if (err == -EMSGSIZE && n > 1) {
			most = n / 2;
			m.metrics.last = false;
			err = 0;
			continue;
		}
		at += n;
		err = err ?: line_add(&l->metrics, &b, 0, 0);
	}
	buf_done(&b);
	return err;
}

int link_test(struct link *l, const char *output)
{
	const struct message m = { .type = MESSAGE_TEST, .test = { output } };
	struct buf b = BUF_INIT;
	int err = l->tests.count < TESTS_MAX ? message_put(&b, &m) : -EBUSY;

	err = err ?: line_add(&l->tests, &b, 0, 0);
	buf_done(&b);
	return err;
}

void link_reopen(struct link *l)
{
	l->reopen = true;
}

void link_drain(struct link *l, uint64_t deadline_ns)
{
	const struct message m = { .type = MESSAGE_DRAIN, .drain = { deadline_ns } };

	buf_clear(&l->drain);
	message_put(&l->drain, &m);
}

bool link_is_done(const struct link *l)
{
	return l->done;
}

void link_figures(const struct link *l, struct link_figures *ret)
{
	*ret = l->figures;
	ret->waiting = l->alerts.count;
}

size_t link_outputs(const struct link *l, const struct message_output **ret)
{
	*ret = l->status.outputs;
	return l->status.count;
}

const char *link_metrics_trouble(const struct link *l)
{
	return l->status.metrics && *l->status.metrics ? l->status.metrics : NULL;
}
