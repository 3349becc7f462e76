/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/sender/sender.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/clock.h"
#include "user/base/json.h"
#include "user/base/text.h"
#include "user/base/when.h"
#include "user/model/decision.h"
#include "user/model/message.h"
#include "user/rule/complaint.h"
#include "user/rule/config.h"
#include "user/sender/confine.h"
#include "user/sender/handed.h"
#include "user/sender/kin.h"
#include "user/sender/metrics.h"
#include "user/sender/outputs.h"

#define SECOND_NS 1000000000ULL

enum { OUTBOX_MAX = 256, LAST_WORDS_S = 5, EXIT_BAD = 1 };

/* A packet for the collector. */
struct packet {
	struct packet *next;
	size_t n;
	char data[];
};

struct sender {
	const struct sender_setup *setup;
	struct outputs *outputs;
	struct metrics *metrics;
	pthread_mutex_t lock;		/* of what follows, up to the gap */
	struct packet *first, **last;
	size_t waiting;
	struct message gap;		/* of one kind at a time; .gap.lost is 0: none */
	int wake;			/* eventfd: there is a packet */
	uint64_t stored, due_ns;	/* told so far; when to look at the status next */
	struct buf status;		/* as it was told last */
	char *packet;			/* MESSAGE_BYTES_MAX + 1 bytes */
	struct message *in, *out;
	uint64_t deadline_ns;
	uint64_t last_seq;		/* of the alerts that came */
	int textfile_error;		/* that was said */
	char textfile_why[MESSAGE_TEXT_MAX];
	struct handed *files;		/* for the next configuration; NULL: none came yet */
	bool configured, draining;
};

/* ---- to the collector ------------------------------------------------------------------------------------------- */

static void post(struct sender *s, const struct buf *b)
{
	struct packet *p = s->waiting < OUTBOX_MAX && !b->error ? malloc(sizeof(*p) + b->len) : NULL;

	if (!p)
		return;
	*p = (struct packet){ .n = b->len };
	memcpy(p->data, b->data, b->len);
	*s->last = p;
	s->last = &p->next;
	s->waiting++;
	(void)!write(s->wake, &(uint64_t){ 1 }, sizeof(uint64_t));
}

static void tell(struct sender *s, const struct message *m)
{
	struct buf b = BUF_INIT;

	if (!message_put(&b, m)) {
		pthread_mutex_lock(&s->lock);
		post(s, &b);
		pthread_mutex_unlock(&s->lock);
	}
	buf_done(&b);
}

/* With the lock. */
static void post_gap(struct sender *s)
{
	struct buf b = BUF_INIT;

	if (s->gap.gap.lost && !message_put(&b, &s->gap))
		post(s, &b);
	s->gap.gap.lost = 0;
	buf_done(&b);
}

/* Alerts that are lost one by one are told as one. */
static void add_gap(struct sender *s, const struct message *m)
{
	pthread_mutex_lock(&s->lock);
	if (s->gap.gap.lost && strcmp(s->gap.gap.reason, m->gap.reason))
		post_gap(s);
	if (!s->gap.gap.lost) {
		s->gap.type = MESSAGE_GAP;
		s->gap.gap.reason = m->gap.reason;
		s->gap.gap.start_ns = m->gap.start_ns;
		s->gap.gap.end_ns = m->gap.end_ns;
	}
	s->gap.gap.lost += m->gap.lost;
	if (m->gap.start_ns < s->gap.gap.start_ns)
		s->gap.gap.start_ns = m->gap.start_ns;
	if (m->gap.end_ns > s->gap.gap.end_ns)
		s->gap.gap.end_ns = m->gap.end_ns;
	pthread_mutex_unlock(&s->lock);
}

static void on_answer(void *ctx, const struct message *m)
{
	if (m->type == MESSAGE_GAP)
		add_gap(ctx, m);
	else
		tell(ctx, m);
}

static void on_say(void *ctx, const char *sentence)
{
	const struct sender *s = ctx;
	struct buf safe = BUF_INIT;

	text_safe(&safe, sentence, strlen(sentence));
	s->setup->say(s->setup->ctx, buf_str(&safe));
	buf_done(&safe);
}

/* As much as the socket takes. */
static void send_waiting(struct sender *s)
{
	uint64_t count;

	(void)!read(s->wake, &count, sizeof(count));
	pthread_mutex_lock(&s->lock);
	while (s->first) {
		struct packet *p = s->first;

		if (send(s->setup->fd, p->data, p->n, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && errno == EAGAIN)
			break;
		s->first = p->next;
		if (!s->first)
			s->last = &s->first;
		s->waiting--;
		free(p);
	}
	pthread_mutex_unlock(&s->lock);
}

static void tell_stored(struct sender *s)
{
	uint64_t safe = outputs_safe(s->outputs);

	if (safe == s->stored)
		return;
	s->stored = safe;
	s->out->type = MESSAGE_STORED;
	s->out->stored.seq = safe;
	tell(s, s->out);
}

static void textfile_failed(struct sender *s, int err)
{
	const bool refused = err == -EACCES || err == -EPERM;

	snprintf(s->textfile_why, sizeof(s->textfile_why), "metrics: the textfile cannot be written by user %u%s: %s",
		 (unsigned int)geteuid(), refused ? ", who needs to write in its directory" : "", strerror(-err));
	on_say(s, s->textfile_why);
}

/* What cannot be written is said once, and that it can be again. */
static void write_metrics(struct sender *s)
{
	int err = metrics_turn(s->metrics);

	if (metrics_listen_again(s->metrics))
		on_say(s, "metrics: it listens now");
	if (err && err != s->textfile_error)
		textfile_failed(s, err);
	if (!err && s->textfile_error)
		on_say(s, "metrics: the textfile is written again");
	s->textfile_error = err;
}

/* Every second, where anything changed. */
static void tell_status(struct sender *s)
{
	struct buf now = BUF_INIT;

	pthread_mutex_lock(&s->lock);
	post_gap(s);
	pthread_mutex_unlock(&s->lock);
	outputs_status(s->outputs, s->out);
	s->out->status.metrics = metrics_trouble(s->metrics) ?: s->textfile_error ? s->textfile_why : NULL;
	metrics_outputs(s->metrics, s->out);
	if (message_put(&now, s->out) || (now.len == s->status.len && !memcmp(now.data, s->status.data, now.len))) {
		buf_done(&now);
		return;
	}
	pthread_mutex_lock(&s->lock);
	post(s, &now);
	pthread_mutex_unlock(&s->lock);
	buf_done(&s->status);
	s->status = now;
}

/* ---- from the collector ----------------------------------------------------------------------------------------- */

__attribute__((format(printf, 4, 5))) static void configured(struct sender *s, const char *name, bool ok,
							     const char *format, ...)
{
	char sentence[MESSAGE_TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	s->out->type = MESSAGE_CONFIGURED;
	s->out->answer.name = name;
	s->out->answer.ok = ok;
	s->out->answer.sentence = sentence;
	tell(s, s->out);
}

static void apply(struct sender *s, const char *name, struct config *config)
{
	struct buf why = BUF_INIT;
	int err = metrics_configure(s->metrics, config->listen, config->textfile, &why);

	s->textfile_error = 0;
	if (err) {
		buf_puts(&why, "; it is tried again every 10 s");
		on_say(s, buf_str(&why));
	}
	err = outputs_configure(s->outputs, config, s->files);
	s->files = NULL;
	s->configured |= !err;
	if (err)
		configured(s, name, false, "an output cannot be started: %s", strerror(-err));
	else
		configured(s, name, true, "%s", "");
	buf_done(&why);
}

static void on_file(struct sender *s, const struct message_file *m)
{
	if (!s->files)
		s->files = handed_new();
	if (!s->files || handed_add(s->files, m->path, m->text))
		on_say(s, "there is not the memory for a file of the configuration");
}

static void on_config(struct sender *s, const struct message_config *m)
{
	const char *text = *m->text ? m->text : "version: 1\n";
	struct complaints told = { .error = 0 };
	struct config *config = NULL;
	int err = config_read(*m->name ? m->name : "the defaults", text, strlen(text), &told, &config);

	if (err)
		configured(s, m->name, false, "%s", told.count ? told.at[0].sentence : strerror(-err));
	else
		apply(s, m->name, config);
	handed_free(s->files);
	s->files = NULL;
	complaints_done(&told);
}

static void on_message(struct sender *s, const struct message *m)
{
	switch (m->type) {
	case MESSAGE_CONFIG:
		on_config(s, &m->config);
		break;
	case MESSAGE_FILE:
		on_file(s, &m->file);
		break;
	case MESSAGE_ALERT:
		s->last_seq = m->alert.seq;
		outputs_alert(s->outputs, &m->alert);
		break;
	case MESSAGE_METRICS:
		metrics_take(s->metrics, &m->metrics);
		break;
	case MESSAGE_REOPEN:
		outputs_reopen(s->outputs);
		break;
	case MESSAGE_TEST:
		outputs_test(s->outputs, m->test.output);
		break;
	case MESSAGE_DRAIN:
		s->draining = true;
		s->deadline_ns = m->drain.deadline_ns;
		break;
	default:
		on_say(s, "the collector says what only the sender says");
		break;
	}
}

/* All that is there. False: nobody is at the other end any more. */
static bool hear(struct sender *s)
{
	while (!s->draining) {
		ssize_t n = recv(s->setup->fd, s->packet, MESSAGE_BYTES_MAX + 1, MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN;
		if (!n)
			return false;
		if (message_get(s->packet, (size_t)n, s->in))
			on_say(s, "the collector sent what is no message");
		else
			on_message(s, s->in);
	}
	return true;
}

static bool turn(struct sender *s)
{
	bool there;
	struct pollfd p[] = {
		{ .fd = s->setup->fd, .events = POLLIN },
		{ .fd = s->wake, .events = POLLIN },
	};
	uint64_t now;

	/* What the socket did not take is tried again when it takes more. */
	if (s->waiting)
		p[0].events |= POLLOUT;
	poll(p, 2, 1000);
	there = hear(s);
	tell_stored(s);
	now = clock_ns(CLOCK_MONOTONIC);
	if (now >= s->due_ns) {
		tell_status(s);
		write_metrics(s);
		s->due_ns = now + SECOND_NS;
	}
	send_waiting(s);
	return there && !s->draining;
}

/* ---- begin and end ---------------------------------------------------------------------------------------------- */

static void ignore_signals(void)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGUSR1 };

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
}

/* While we still may: it belongs to whom we become. */
static int make_spool(const struct sender_setup *setup)
{
	if (!setup->spool)
		return 0;
	if (mkdir(setup->spool, 0700))
		return errno == EEXIST ? 0 : -errno;
	return setup->uid != (uid_t)-1 && chown(setup->spool, setup->uid, setup->gid) ? -errno : 0;
}

static int start(struct sender *s)
{
	const struct sender_setup *setup = s->setup;
	struct outputs_config config = { .spool = setup->spool, .spool_fd = setup->spool_fd, .host = setup->host,
					 .say = on_say, .answer = on_answer, .ctx = s };
	struct buf why = BUF_INIT;
	int err = make_spool(setup);

	kin_start();
	err = err ?: confine(setup->uid, setup->gid, &setup->off, &why);
	if (!err && why.len) {
		on_say(s, buf_str(&why));
		buf_clear(&why);
	}
	s->wake = err ? -1 : eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	s->packet = malloc(MESSAGE_BYTES_MAX + 1);
	s->in = calloc(2, sizeof(*s->in));
	s->out = s->in ? s->in + 1 : NULL;
	if (!err && (s->wake < 0 || !s->packet || !s->in))
		err = -ENOMEM;
	err = err ?: metrics_new(&s->metrics);
	err = err ?: outputs_open(&config, &s->outputs);
	if (err && !why.len)
		buf_printf(&why, "the spool %s: %s", setup->spool ? setup->spool : "", strerror(-err));
	if (err)
		on_say(s, buf_str(&why));
	buf_done(&why);
	return err;
}

static void put_death(struct buf *b, const char *host)
{
	static const char message[] = "the collector died: nobody hears this machine's checks until it is started again";
	struct json j;

	json_init(&j, b);
	json_object(&j);
	json_member_u64(&j, "v", 1);
	when_member(&j, "time", clock_ns(CLOCK_REALTIME));
	json_member_cstr(&j, "type", "alert");
	json_member_cstr(&j, "host", host);
	json_member_cstr(&j, "message", message);
	json_member_cstr(&j, "event", "collector-died");
	json_member_cstr(&j, "rule", NULL);
	json_member_cstr(&j, "severity", decision_severities[SEVERITY_CRITICAL]);
	json_member_u64(&j, "count", 1);
	json_object_end(&j);
}

/* It ended without a word. Its own alerts go on from the time of its start, in microseconds: this one comes before them. */
static void tell_death(struct sender *s)
{
	struct buf b = BUF_INIT;
	struct message_alert alert = {
		.seq = s->last_seq ? s->last_seq + 1 : clock_ns(CLOCK_REALTIME) / 1000,
		.severity = SEVERITY_CRITICAL,
		.rule = "",
		.key = "\ncollector-died",
	};

	put_death(&b, s->setup->host);
	alert.json = buf_str(&b);
	if (!b.error)
		outputs_alert(s->outputs, &alert);
	on_say(s, "the collector died");
	buf_done(&b);
}

/* Without a collector there is a little time for what waits; the rest is there at the next start. */
static void finish(struct sender *s)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);
	uint64_t left = outputs_drain(s->outputs, s->draining ? s->deadline_ns : now + LAST_WORDS_S * SECOND_NS);

	tell_stored(s);
	tell_status(s);
	s->out->type = MESSAGE_DONE;
	s->out->done.left = left;
	tell(s, s->out);
	send_waiting(s);
	metrics_free(s->metrics);
	/* What hangs in there ends with the process. */
	if (!outputs_close(s->outputs))
		return;
	while (s->first) {
		struct packet *p = s->first;

		s->first = p->next;
		free(p);
	}
	buf_done(&s->status);
	close(s->wake);
	free(s->packet);
	free(s->in);
	free(s);
}

int sender_run(const struct sender_setup *setup)
{
	struct sender *s = calloc(1, sizeof(*s));
	bool in_order;

	if (!s)
		return EXIT_BAD;
	s->setup = setup;
	s->last = &s->first;
	pthread_mutex_init(&s->lock, NULL);
	ignore_signals();
	prctl(PR_SET_NAME, "capsieve-sender");
	if (start(s))
		return EXIT_BAD;
	while (turn(s))
		;
	in_order = s->draining || (setup->ending && *setup->ending);
	if (!in_order && s->configured)
		tell_death(s);
	else if (!s->draining && in_order)
		on_say(s, "the collector was told to end at once: what it had not handed over yet is not told");
	finish(s);
	return in_order ? 0 : EXIT_BAD;
}
