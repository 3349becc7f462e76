/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/sender/outputs.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/clock.h"
#include "user/base/json.h"
#include "user/base/text.h"
#include "user/base/when.h"
#include "user/model/message.h"
#include "user/rule/config.h"
#include "user/sender/backoff.h"
#include "user/sender/check.h"
#include "user/sender/handed.h"
#include "user/sender/output.h"
#include "user/sender/spool.h"
#include "user/sender/syncer.h"

#define SECOND_NS 1000000000ULL

enum { UNKNOWN_MAX = 64, HOOKS_AT_ONCE = 4, STACK_BYTES = 256 << 10, CLOSE_SECONDS = 2 };

static const struct output_ops *const ops_of[OUTPUT_TYPES] = {
	[OUTPUT_STDOUT] = &output_lines,     [OUTPUT_FILE] = &output_lines, [OUTPUT_SYSLOG] = &output_syslog,
	[OUTPUT_JOURNAL] = &output_journal, [OUTPUT_EXEC] = &output_exec,   [OUTPUT_WEBHOOK] = &output_webhook,
};

/* Outputs that need no configuration. */
static const struct config_output builtin[] = {
	{ .name = "stdout", .type = OUTPUT_STDOUT, .format = FORMAT_TEXT },
	{ .name = "journal", .type = OUTPUT_JOURNAL },
	{ .name = "syslog", .type = OUTPUT_SYSLOG },
};

/* A configuration, for as long as a thread uses what stands in it. */
struct shared {
	struct config *config;
	struct handed *files;
	unsigned int users;
};

struct slot {
	const struct config_output *config;	/* NULL: there is no such output now */
	unsigned int generation;		/* of its threads: those of another end */
	unsigned int threads, old;		/* of this one, and of those before */
	unsigned int reopen;			/* how often it was asked for */
	unsigned int tests;			/* tests that wait */
	uint64_t due_ns;			/* nothing is tried before */
	unsigned int failures;			/* in a row */
	uint64_t ok, errors, dropped;
	char last_error[DELIVERY_WHY];
	char said[DELIVERY_WHY];		/* the last that was told, so that it is not told again */
};

struct outputs {
	struct outputs_config config;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct spool *spool;
	struct syncer *syncer;
	int trouble;				/* of the spool, as it was said */
	struct shared *shared;
	struct slot slots[SPOOL_SLOTS_MAX];
	uint64_t defaults;			/* slots of alerts whose rules name none */
	unsigned int hooks;			/* that run now */
	atomic_bool quit;
	char errors[MESSAGE_OUTPUTS_MAX][DELIVERY_WHY];	/* of the last status */
	char *unknown[UNKNOWN_MAX];		/* names that rules have and no output, as they were said */
	size_t unknown_count;
};

/* One of the threads of a slot. */
struct worker {
	struct outputs *all;
	size_t slot;
	unsigned int generation, reopened;
	const struct config_output *config;
	struct shared *shared;
	const struct output_ops *ops;
	void *output;
	struct buf text;
	struct message message;
};

void delivery_say(struct delivery *ret, const char *format, ...)
{
	struct buf raw = BUF_INIT, safe = BUF_INIT;
	va_list args;

	va_start(args, format);
	buf_vprintf(&raw, format, args);
	va_end(args);
	text_safe(&safe, buf_str(&raw), raw.len);
	snprintf(ret->why, sizeof(ret->why), "%s", buf_str(&safe));
	buf_done(&raw);
	buf_done(&safe);
}

/* ---- what is said ----------------------------------------------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static void say(struct outputs *o, const char *format, ...)
{
	struct buf b = BUF_INIT;
	va_list args;

	va_start(args, format);
	buf_vprintf(&b, format, args);
	va_end(args);
	o->config.say(o->config.ctx, buf_str(&b));
	buf_done(&b);
}

static void on_lost(void *ctx, const struct spool_lost *lost)
{
	struct outputs *o = ctx;
	struct message m = { .type = MESSAGE_GAP };

	for (size_t i = 0; i < SPOOL_SLOTS_MAX; i++)
		o->slots[i].dropped += lost->slots >> i & 1;
	m.gap.start_ns = m.gap.end_ns = lost->wall_ns;
	m.gap.lost = 1;
	m.gap.reason = lost->reason;
	o->config.answer(o->config.ctx, &m);
}

/* ---- one delivery ----------------------------------------------------------------------------------------------- */

static uint64_t any_number(void)
{
	uint64_t n;

	return getrandom(&n, sizeof(n), GRND_NONBLOCK) == sizeof(n) ? n : clock_ns(CLOCK_MONOTONIC);
}

static void failed(struct worker *w, struct slot *slot, const struct delivery *d, const char *then)
{
	snprintf(slot->last_error, sizeof(slot->last_error), "%s", d->why);
	if (strcmp(slot->said, d->why))
		say(w->all, "output '%s': %s; %s", w->config->name, d->why, then);
	snprintf(slot->said, sizeof(slot->said), "%s", d->why);
}

static void settle(struct worker *w, struct spool_entry *e, enum delivered what, const struct delivery *d)
{
	struct slot *slot = &w->all->slots[w->slot];

	switch (what) {
	case DELIVERED:
		slot->ok++;
		slot->failures = 0;
		if (*d->why)
			failed(w, slot, d, "it has the alert");
		else
			slot->said[0] = '\0';
		spool_done(w->all->spool, e, w->slot);
		break;
	case DELIVER_AGAIN:
		slot->errors++;
		slot->due_ns = clock_ns(CLOCK_MONOTONIC) + backoff_ns(slot->failures++, d->after_ns, any_number());
		failed(w, slot, d, "its alerts wait until it works again");
		spool_put_back(w->all->spool, e, w->slot);
		break;
	case DELIVER_NEVER:
		slot->errors++;
		slot->dropped++;
		slot->failures = 0;
		failed(w, slot, d, "the alert is dropped");
		spool_done(w->all->spool, e, w->slot);
		break;
	}
	pthread_cond_broadcast(&w->all->wake);
}

/* Without the lock: the entry is ours. */
static enum delivered deliver(struct worker *w, const struct spool_entry *e, struct delivery *ret)
{
	int err;

	buf_clear(&w->text);
	err = spool_read(w->all->spool, e, w->slot, &w->text);
	err = err ?: message_get(w->text.data, w->text.len, &w->message);
	if (!err && w->message.type != MESSAGE_ALERT)
		err = -EBADMSG;
	if (err == -ENOMEM) {
		delivery_say(ret, "there is not the memory for an alert");
		return DELIVER_AGAIN;
	}
	if (err) {
		delivery_say(ret, "an alert in the spool cannot be read: %s", strerror(-err));
		return DELIVER_NEVER;
	}
	return w->ops->deliver(w->output, &w->message.alert, ret);
}

static bool is_hook(const struct worker *w)
{
	return w->config->type == OUTPUT_EXEC;
}

/* With the lock, which is let go meanwhile. */
static void deliver_one(struct worker *w, struct spool_entry *e)
{
	struct delivery d = { .after_ns = 0 };
	enum delivered what;

	w->all->hooks += is_hook(w);
	pthread_mutex_unlock(&w->all->lock);
	what = deliver(w, e, &d);
	pthread_mutex_lock(&w->all->lock);
	w->all->hooks -= is_hook(w);
	settle(w, e, what, &d);
}

/* ---- the test of an output -------------------------------------------------------------------------------------- */

static void make_test(struct buf *b, const char *host, const char *output)
{
	struct json j;

	json_init(&j, b);
	json_object(&j);
	json_member_u64(&j, "v", 1);
	when_member(&j, "time", clock_ns(CLOCK_REALTIME));
	json_member_cstr(&j, "type", "alert");
	json_member_cstr(&j, "host", host);
	json_member_cstr(&j, "message", "this is a test of capsieve's alerts: nothing has happened");
	json_member_cstr(&j, "event", "test");
	json_member_cstr(&j, "output", output);
	json_member_cstr(&j, "rule", NULL);
	json_member_cstr(&j, "severity", "info");
	json_member_u64(&j, "count", 1);
	json_object_end(&j);
}

static void test(struct worker *w)
{
	struct message_alert alert = { .severity = SEVERITY_INFO, .rule = "", .key = "\ntest" };
	struct message m = { .type = MESSAGE_TESTED };
	struct delivery d = { .after_ns = 0 };
	struct buf text = BUF_INIT;
	enum delivered what;

	w->all->slots[w->slot].tests--;
	pthread_mutex_unlock(&w->all->lock);
	make_test(&text, w->all->config.host, w->config->name);
	alert.json = buf_str(&text);
	what = w->ops->deliver(w->output, &alert, &d);
	buf_done(&text);
	pthread_mutex_lock(&w->all->lock);
	m.answer.name = w->config->name;
	m.answer.ok = what == DELIVERED;
	m.answer.sentence = what == DELIVERED ? "it took the test alert" : d.why;
	w->all->config.answer(w->all->config.ctx, &m);
}

/* ---- a thread --------------------------------------------------------------------------------------------------- */

static void let_go(struct shared *s)
{
	if (!s || --s->users)
		return;
	config_free(s->config);
	handed_free(s->files);
	free(s);
}

static void wait_until(struct outputs *o, uint64_t ns)
{
	struct timespec t = { .tv_sec = (time_t)(ns / SECOND_NS), .tv_nsec = (long)(ns % SECOND_NS) };

	pthread_cond_timedwait(&o->wake, &o->lock, &t);
}

static bool is_over(const struct worker *w)
{
	return w->all->quit || w->all->slots[w->slot].generation != w->generation;
}

/* One thing that there is to do; false: there is nothing. With the lock. */
static bool do_one(struct worker *w, uint64_t now)
{
	struct outputs *o = w->all;
	struct slot *slot = &o->slots[w->slot];
	struct spool_entry *e;

	if (w->ops->reopen && w->reopened != slot->reopen) {
		w->reopened = slot->reopen;
		w->ops->reopen(w->output);
	}
	if (slot->tests) {
		test(w);
		return true;
	}
	if (now < slot->due_ns || (is_hook(w) && o->hooks >= HOOKS_AT_ONCE))
		return false;
	e = spool_take(o->spool, w->slot);
	if (e)
		deliver_one(w, e);
	return e;
}

static void work(struct worker *w)
{
	struct outputs *o = w->all;
	uint64_t tick_ns = 0;

	while (!is_over(w)) {
		uint64_t now = clock_ns(CLOCK_MONOTONIC), until = now + 3600 * SECOND_NS;
		const struct slot *slot = &o->slots[w->slot];

		if (do_one(w, now))
			continue;
		if (w->ops->tick && now >= tick_ns) {
			pthread_mutex_unlock(&o->lock);
			tick_ns = w->ops->tick(w->output);
			pthread_mutex_lock(&o->lock);
			tick_ns = tick_ns ? now + tick_ns : now + SECOND_NS;
			continue;
		}
		if (slot->due_ns > now && slot->due_ns < until)
			until = slot->due_ns;
		if (w->ops->tick && tick_ns < until)
			until = tick_ns;
		wait_until(o, until);
	}
}

static void *run(void *ctx)
{
	struct worker *w = ctx;
	struct outputs *o = w->all;
	struct slot *slot = &o->slots[w->slot];
	struct output_context context = { .config = w->config, .files = w->shared->files, .host = o->config.host, .quit = &o->quit };

	pthread_mutex_lock(&o->lock);
	/* Those before must have let go: two would write to one file. */
	while (slot->old && !is_over(w))
		pthread_cond_wait(&o->wake, &o->lock);
	w->reopened = slot->reopen;
	if (!is_over(w))
		w->output = w->ops->open(&context);
	if (w->output) {
		work(w);
		w->ops->close(w->output);
	}
	if (slot->generation == w->generation)
		slot->threads--;
	else
		slot->old--;
	let_go(w->shared);
	pthread_cond_broadcast(&o->wake);
	pthread_mutex_unlock(&o->lock);
	buf_done(&w->text);
	free(w);
	return NULL;
}

static int start_thread(struct outputs *o, size_t slot)
{
	struct worker *w = calloc(1, sizeof(*w));
	pthread_attr_t attr;
	pthread_t thread;
	int err;

	if (!w)
		return -ENOMEM;
	*w = (struct worker){ .all = o, .slot = slot, .generation = o->slots[slot].generation,
			      .config = o->slots[slot].config, .shared = o->shared };
	w->ops = ops_of[w->config->type];
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	err = -pthread_create(&thread, &attr, run, w);
	pthread_attr_destroy(&attr);
	if (err) {
		free(w);
		return err;
	}
	o->shared->users++;
	o->slots[slot].threads++;
	return 0;
}

static int start_slot(struct outputs *o, const struct config_output *config, size_t *ret_slot)
{
	unsigned int threads = config->type == OUTPUT_EXEC ? HOOKS_AT_ONCE : 1;
	int slot = spool_slot(o->spool, config->name), err = 0;

	if (slot < 0)
		return slot;
	o->slots[slot].config = config;
	while (threads-- && !err)
		err = start_thread(o, (size_t)slot);
	*ret_slot = (size_t)slot;
	return err;
}

/* ---- the configuration ------------------------------------------------------------------------------------------ */

static void end_threads(struct outputs *o)
{
	for (size_t i = 0; i < SPOOL_SLOTS_MAX; i++) {
		struct slot *slot = &o->slots[i];

		slot->generation++;
		slot->old += slot->threads;
		slot->threads = 0;
		slot->config = NULL;
		slot->due_ns = 0;
		slot->failures = 0;
	}
	pthread_cond_broadcast(&o->wake);
}

static int find_builtin(struct outputs *o, const char *name, size_t *ret_slot)
{
	for (size_t i = 0; i < sizeof(builtin) / sizeof(builtin[0]); i++)
		if (!strcmp(builtin[i].name, name))
			return start_slot(o, &builtin[i], ret_slot);
	return -ENOENT;
}

/* The slot of a name: of what is configured, or of what always is there. Negative errno: there is none. */
static int find_output(struct outputs *o, const char *name, size_t *ret_slot)
{
	for (size_t i = 0; i < spool_slots(o->spool); i++)
		if (o->slots[i].config && !strcmp(o->slots[i].config->name, name)) {
			*ret_slot = i;
			return 0;
		}
	return find_builtin(o, name, ret_slot);
}

static int start_configured(struct outputs *o)
{
	const struct config *c = o->shared->config;
	int err = 0;

	o->defaults = 0;
	for (size_t i = 0; i < c->output_count && !err; i++) {
		size_t slot;

		err = start_slot(o, &c->outputs[i], &slot);
		if (!err)
			o->defaults |= 1ULL << slot;
	}
	if (!err && !o->defaults) {
		size_t slot;

		err = find_output(o, access("/run/systemd/journal/socket", F_OK) ? "stdout" : "journal", &slot);
		if (!err)
			o->defaults = 1ULL << slot;
	}
	return err;
}

/* What was left by outputs that there are no more. */
static void sweep(struct outputs *o)
{
	for (size_t i = 0; i < spool_slots(o->spool); i++) {
		size_t slot;

		if (o->slots[i].config || !spool_waits(o->spool, i))
			continue;
		if (find_builtin(o, spool_slot_name(o->spool, i), &slot))
			spool_drop_slot(o->spool, i, "its output is not configured any more");
	}
}

/* Said at once, and not only when the first alert comes. */
static void check_outputs(struct outputs *o)
{
	const struct config *c = o->shared->config;

	for (size_t i = 0; i < c->output_count; i++) {
		struct delivery d = { .after_ns = 0 };

		if (check_output(&c->outputs[i], o->shared->files, &d))
			continue;
		say(o, "output '%s': %s", c->outputs[i].name, d.why);
		for (size_t slot = 0; slot < spool_slots(o->spool); slot++)
			if (o->slots[slot].config == &c->outputs[i])
				memcpy(o->slots[slot].last_error, d.why, sizeof(d.why));
	}
}

static void forget_unknown(struct outputs *o)
{
	while (o->unknown_count)
		free(o->unknown[--o->unknown_count]);
}

int outputs_configure(struct outputs *o, struct config *config, struct handed *files)
{
	struct shared *shared = calloc(1, sizeof(*shared));
	int err;

	if (!shared) {
		config_free(config);
		handed_free(files);
		return -ENOMEM;
	}
	*shared = (struct shared){ .config = config, .files = files, .users = 1 };
	pthread_mutex_lock(&o->lock);
	end_threads(o);
	forget_unknown(o);
	let_go(o->shared);
	o->shared = shared;
	spool_set_limit(o->spool, config->spool_max_size);
	err = start_configured(o);
	sweep(o);
	check_outputs(o);
	pthread_mutex_unlock(&o->lock);
	return err;
}

/* ---- from the collector ----------------------------------------------------------------------------------------- */

/* Once for each name, and again after a reload. */
static void say_unknown(struct outputs *o, const char *name)
{
	for (size_t i = 0; i < o->unknown_count; i++)
		if (!strcmp(o->unknown[i], name))
			return;
	if (o->unknown_count == UNKNOWN_MAX)
		return;
	o->unknown[o->unknown_count] = strdup(name);
	if (!o->unknown[o->unknown_count])
		return;
	o->unknown_count++;
	say(o, "there is no output '%s': what rules send there goes to their other outputs, or to those that are the default", name);
}

static uint64_t slots_of(struct outputs *o, const struct message_alert *alert)
{
	uint64_t slots = 0;
	size_t slot;

	for (size_t i = 0; i < alert->output_count; i++)
		if (find_output(o, alert->outputs[i], &slot))
			say_unknown(o, alert->outputs[i]);
		else
			slots |= 1ULL << slot;
	return slots ? slots : o->defaults;
}

/* Once, until it changes. */
static void say_trouble(struct outputs *o)
{
	int err = spool_trouble(o->spool);

	if (err && err != o->trouble)
		say(o, "alerts cannot be put on disk, and %d KiB of them wait in memory: %s", SPOOL_MEMORY_MAX >> 10, strerror(-err));
	else if (!err && o->trouble)
		say(o, "alerts can be put on disk again");
	o->trouble = err;
}

void outputs_alert(struct outputs *o, const struct message_alert *alert)
{
	pthread_mutex_lock(&o->lock);
	spool_add(o->spool, alert, slots_of(o, alert), clock_ns(CLOCK_REALTIME));
	syncer_wake(o->syncer);
	say_trouble(o);
	pthread_cond_broadcast(&o->wake);
	pthread_mutex_unlock(&o->lock);
}

uint64_t outputs_safe(struct outputs *o)
{
	uint64_t seq;

	pthread_mutex_lock(&o->lock);
	seq = spool_safe(o->spool);
	pthread_mutex_unlock(&o->lock);
	return seq;
}

void outputs_reopen(struct outputs *o)
{
	pthread_mutex_lock(&o->lock);
	for (size_t i = 0; i < SPOOL_SLOTS_MAX; i++)
		o->slots[i].reopen++;
	pthread_cond_broadcast(&o->wake);
	pthread_mutex_unlock(&o->lock);
}

void outputs_test(struct outputs *o, const char *name)
{
	struct message m = { .type = MESSAGE_TESTED };
	size_t slot;

	pthread_mutex_lock(&o->lock);
	if (find_output(o, name, &slot)) {
		m.answer.name = name;
		m.answer.sentence = "there is no such output";
		o->config.answer(o->config.ctx, &m);
	} else {
		o->slots[slot].tests++;
		pthread_cond_broadcast(&o->wake);
	}
	pthread_mutex_unlock(&o->lock);
}

static void put_status(struct outputs *o, size_t at, struct message *ret)
{
	const struct slot *slot = &o->slots[at];
	const size_t n = ret->status.count;
	struct spool_figures waiting;

	if (n == MESSAGE_OUTPUTS_MAX)
		return;
	spool_figures(o->spool, at, &waiting);
	memcpy(o->errors[n], slot->last_error, sizeof(o->errors[n]));
	ret->status.outputs[n] = (struct message_output){ spool_slot_name(o->spool, at), waiting.count, waiting.bytes, slot->ok,
							  slot->errors, slot->dropped, o->errors[n] };
	ret->status.count++;
}

/* As the configuration has them; slots are as the spool has them. */
void outputs_status(struct outputs *o, struct message *ret)
{
	uint64_t put = 0;

	ret->type = MESSAGE_STATUS;
	ret->status.count = 0;
	pthread_mutex_lock(&o->lock);
	for (size_t c = 0; o->shared && c < o->shared->config->output_count; c++)
		for (size_t i = 0; i < spool_slots(o->spool); i++) {
			if (o->slots[i].config != &o->shared->config->outputs[c])
				continue;
			put_status(o, i, ret);
			put |= 1ULL << i;
		}
	for (size_t i = 0; i < spool_slots(o->spool); i++)
		if (o->slots[i].config && !(put >> i & 1))
			put_status(o, i, ret);
	pthread_mutex_unlock(&o->lock);
}

/* ---- begin and end ---------------------------------------------------------------------------------------------- */

static void init_sync(struct outputs *o)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&o->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&o->wake, &attr);
	pthread_condattr_destroy(&attr);
}

static void on_synced(void *ctx, int err)
{
	struct outputs *o = ctx;

	if (err)
		say(o, "the spool cannot be synced, and would not outlive a loss of power: %s", strerror(-err));
	else
		say(o, "the spool can be synced again");
}

int outputs_open(const struct outputs_config *config, struct outputs **ret)
{
	struct outputs *o = calloc(1, sizeof(*o));
	struct spool_config of = { .path = config->spool, .fd = config->spool_fd, .max_bytes = 64 << 20, .lost = on_lost, .ctx = o };
	int err;

	if (!o)
		return -ENOMEM;
	o->config = *config;
	init_sync(o);
	err = spool_open(&of, &o->spool);
	if (!err) {
		const struct syncer_config syncer = { .spool = o->spool, .lock = &o->lock, .over = &o->wake,
						      .say = on_synced, .ctx = o };

		err = syncer_start(&syncer, &o->syncer);
	}
	if (err) {
		spool_close(o->spool);
		free(o);
	} else {
		*ret = o;
	}
	return err;
}

/* What is on disk by then is so for good. */
static void end_syncing(struct outputs *o)
{
	const uint64_t end = clock_ns(CLOCK_MONOTONIC) + CLOSE_SECONDS * SECOND_NS;

	syncer_end(o->syncer);
	while (!syncer_is_over(o->syncer) && clock_ns(CLOCK_MONOTONIC) < end)
		wait_until(o, end);
}

/* An alert that waits for two outputs is delivered twice. */
static uint64_t undelivered(const struct outputs *o)
{
	uint64_t count = 0;

	for (size_t i = 0; i < spool_slots(o->spool); i++) {
		struct spool_figures of;

		spool_figures(o->spool, i, &of);
		count += of.count;
	}
	return count;
}

uint64_t outputs_drain(struct outputs *o, uint64_t deadline_ns)
{
	uint64_t left;

	pthread_mutex_lock(&o->lock);
	while ((left = undelivered(o)) && clock_ns(CLOCK_MONOTONIC) < deadline_ns)
		wait_until(o, deadline_ns);
	end_syncing(o);
	pthread_mutex_unlock(&o->lock);
	return left;
}

static bool any_thread(const struct outputs *o)
{
	for (size_t i = 0; i < SPOOL_SLOTS_MAX; i++)
		if (o->slots[i].threads || o->slots[i].old)
			return true;
	return !syncer_is_over(o->syncer);
}

bool outputs_close(struct outputs *o)
{
	uint64_t end = clock_ns(CLOCK_MONOTONIC) + CLOSE_SECONDS * SECOND_NS;
	bool hangs;

	pthread_mutex_lock(&o->lock);
	o->quit = true;
	syncer_end(o->syncer);
	pthread_cond_broadcast(&o->wake);
	while ((hangs = any_thread(o)) && clock_ns(CLOCK_MONOTONIC) < end)
		wait_until(o, end);
	pthread_mutex_unlock(&o->lock);
	if (hangs)
		return false;
	let_go(o->shared);
	forget_unknown(o);
	syncer_free(o->syncer);
	spool_close(o->spool);
	pthread_cond_destroy(&o->wake);
	pthread_mutex_destroy(&o->lock);
	free(o);
	return true;
}
