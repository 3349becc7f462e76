// SPDX-License-Identifier: BSD-2-Clause
#include "user/enrich/workloads.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "user/base/buf.h"
#include "user/base/clock.h"
#include "user/host/engines.h"
#include "user/host/self.h"
#include "user/model/cgpath.h"
#include "user/model/workload.h"

enum {
	QUESTIONS = 1024,	/* that may wait */
	JOIN_MS = 500,
	LOOKS = 3,		/* at one cgroup, until something is found, */
	LOOKS_MOST = 8,		/* and while it is not known yet where engines have their files */
	HASTE = -10,		/* niceness of the thread, where that is allowed */
	BREATH = 64,		/* entries looked at in one expiry */
};

/* For so long the daemons are looked for, before the next question is. */
#define PIECE_NS 2000000ULL

/* How long after a look that found nothing the next one is. */
static const uint64_t again_ns[LOOKS] = { 0, 50000000ULL, 1000000000ULL };

struct entry {
	char *key;		/* id and path */
	struct workload *workload;
	uint64_t needed_ns;	/* when it was last seen to be needed */
	size_t bytes;
	bool wanted;		/* it is to be asked about, */
	bool unasked;		/* and there was no room for that */
	UT_hash_handle hh;	/* by key; also a list, the oldest first */
};

/* What the thread is asked, and then what it says. */
struct question {
	struct question *next;
	char *key, *path;
	uint64_t cgroup_id;
	pid_t pid, ppid;
	unsigned int looks;	/* so far */
	uint64_t due_ns;
	struct workload *answer;	/* owned */
};

struct workloads {
	struct entry *all;
	size_t max, max_bytes;
	uint64_t serial;
	struct workloads_stats stats;

	bool running;
	pthread_t thread;
	int fd;
	uint64_t keep, all_caps;
	const char *proc;
	uint32_t hierarchy;
	struct engineapi *api;

	/* Between the two: */
	pthread_mutex_t lock;
	pthread_cond_t wake, idle;
	struct question *questions, *answers;	/* lists; questions without an order */
	struct question **answers_end;
	size_t waiting, fresh;			/* questions; and those that were not looked at yet, or are now */
	bool hurry;				/* the next look at anybody is the last one */
	bool stop;
	uint64_t total_ns, longest_ns, longest_cpu_ns, slow, answered;
	struct buf complaint;
};

/* ---- the thread ------------------------------------------------------------------------------------------------ */

static void free_question(struct question *q)
{
	workload_unref(q->answer);
	free(q->key);
	free(q->path);
	free(q);
}

/* The question that is due first, out of the list; NULL: none is due, and *ret_due is when one will be (0: never). */
static struct question *next_due(struct workloads *t, uint64_t now, uint64_t *ret_due)
{
	struct question **first = NULL;

	*ret_due = 0;
	for (struct question **at = &t->questions; *at; at = &(*at)->next)
		if (!first || (*at)->due_ns < (*first)->due_ns)
			first = at;
	if (!first)
		return NULL;
	*ret_due = (*first)->due_ns;
	if (*ret_due > now)
		return NULL;

	struct question *q = *first;

	*first = q->next;
	return q;
}

static void wait_until(struct workloads *t, uint64_t due_ns)
{
	struct timespec at = { (time_t)(due_ns / 1000000000), (long)(due_ns % 1000000000) };

	if (due_ns)
		pthread_cond_timedwait(&t->wake, &t->lock, &at);
	else
		pthread_cond_wait(&t->wake, &t->lock);
}

/* While the daemons are looked for, which takes long on a busy machine, nobody is given up, within reason. */
static bool is_last(const struct workloads *t, const struct question *q, bool walking)
{
	unsigned int most = walking ? LOOKS_MOST : LOOKS;

	return !q->answer || q->answer->flags & WORKLOAD_RESOLVED || q->looks >= most || t->hurry;
}

/* An answer that is not the last word is looked for again. Locked. */
static void put_back(struct workloads *t, struct question *q, uint64_t now, bool walking)
{
	bool last = is_last(t, q, walking);

	if (q->looks == 1 && !--t->fresh)
		pthread_cond_broadcast(&t->idle);
	if (last) {
		if (q->answer)
			q->answer->flags |= WORKLOAD_RESOLVED;
		q->next = NULL;
		*t->answers_end = q;
		t->answers_end = &q->next;
		t->waiting--;
		eventfd_write(t->fd, 1);
		return;
	}
	q->due_ns = now + again_ns[q->looks < LOOKS ? q->looks : LOOKS - 1];
	q->next = t->questions;
	t->questions = q;
}

/* What was confirmed once stays so, also where nothing of it is left. */
static void take_better(struct question *q, struct workload *found)
{
	bool worse = q->answer && q->answer->flags & WORKLOAD_VERIFIED && !(found && found->flags & WORKLOAD_VERIFIED);

	if (found && !worse) {
		workload_unref(q->answer);
		q->answer = found;
	} else {
		workload_unref(found);
	}
}

static void keep_time(struct workloads *t, uint64_t took, uint64_t cpu)
{
	t->total_ns += took;
	t->slow += took > WORKLOADS_SOON_NS;
	t->longest_ns = took > t->longest_ns ? took : t->longest_ns;
	t->longest_cpu_ns = cpu > t->longest_cpu_ns ? cpu : t->longest_cpu_ns;
}

static void look(struct workloads *t, struct engines *engines, struct question *q)
{
	uint64_t began = clock_ns(CLOCK_MONOTONIC), cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID), now;
	bool walking = engines_has_more(engines);
	struct workload *found = NULL;

	engines_find(engines, q->path, q->cgroup_id, q->pid, q->ppid, &found);
	take_better(q, found);
	q->looks++;
	now = clock_ns(CLOCK_MONOTONIC);
	cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
	pthread_mutex_lock(&t->lock);
	engines_complaint(engines, &t->complaint);
	keep_time(t, now - began, cpu);
	t->answered++;
	put_back(t, q, now, walking);
}

/* A piece of it; once all is seen, those who were not found are looked for at once. Locked. */
static void look_for_daemons(struct workloads *t, struct engines *engines)
{
	bool over;

	if (!engines_has_more(engines))
		return;
	pthread_mutex_unlock(&t->lock);
	over = engines_go_on(engines, clock_ns(CLOCK_MONOTONIC) + PIECE_NS);
	pthread_mutex_lock(&t->lock);
	for (struct question *q = t->questions; q && over; q = q->next)
		q->due_ns = 0;
}

static void *work(void *ctx)
{
	struct workloads *t = ctx;
	struct engines *engines;

	pthread_setname_np(pthread_self(), "names");
	/* What it looks for may be gone in milliseconds, and is soon found. */
	setpriority(PRIO_PROCESS, (id_t)gettid(), HASTE);
	self_drop_except(t->keep, true, NULL);
	engines = engines_new(t->proc, t->hierarchy, t->all_caps);
	if (engines)
		engines_use_api(engines, t->api);
	pthread_mutex_lock(&t->lock);
	while (engines && !t->stop) {
		uint64_t due;
		struct question *q = next_due(t, clock_ns(CLOCK_MONOTONIC), &due);

		if (!q && !engines_has_more(engines)) {
			wait_until(t, due);
			continue;
		}
		pthread_mutex_unlock(&t->lock);
		if (q)
			look(t, engines, q);
		else
			pthread_mutex_lock(&t->lock);
		look_for_daemons(t, engines);
	}
	pthread_mutex_unlock(&t->lock);
	engines_free(engines);
	return NULL;
}

void workloads_use_api(struct workloads *t, struct engineapi *api)
{
	t->api = api;
}

int workloads_start(struct workloads *t, const char *proc, uint32_t hierarchy, uint64_t all, uint64_t keep)
{
	sigset_t every, before;
	int err;

	t->proc = proc;
	t->hierarchy = hierarchy;
	t->all_caps = all;
	t->keep = keep;
	t->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (t->fd < 0)
		return -errno;
	sigfillset(&every);
	pthread_sigmask(SIG_BLOCK, &every, &before);
	err = -pthread_create(&t->thread, NULL, work, t);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	t->running = !err;
	if (err) {
		close(t->fd);
		t->fd = -1;
	}
	return err;
}

int workloads_fd(const struct workloads *t)
{
	return t->fd;
}

void workloads_wait(struct workloads *t, int ms)
{
	uint64_t end = clock_ns(CLOCK_MONOTONIC) + (uint64_t)ms * 1000000;
	struct timespec at = { (time_t)(end / 1000000000), (long)(end % 1000000000) };
	int err = 0;

	pthread_mutex_lock(&t->lock);
	while (t->running && t->fresh && !err)
		err = pthread_cond_timedwait(&t->idle, &t->lock, &at);
	pthread_mutex_unlock(&t->lock);
}

void workloads_hurry(struct workloads *t)
{
	pthread_mutex_lock(&t->lock);
	t->hurry = true;
	for (struct question *q = t->questions; q; q = q->next)
		q->due_ns = 0;
	pthread_cond_signal(&t->wake);
	pthread_mutex_unlock(&t->lock);
}

/* ---- the table ------------------------------------------------------------------------------------------------- */

static size_t bytes_of(const struct entry *e)
{
	size_t n = sizeof(*e) + sizeof(*e->workload) + strlen(e->key) + 48;

	for (int i = 0; i < WORKLOAD_TEXTS; i++)
		n += e->workload->text[i] ? strlen(e->workload->text[i]) + 17 : 0;
	return n;
}

static void count_bytes(struct workloads *t, struct entry *e)
{
	struct workloads_stats *s = &t->stats;

	s->bytes -= e->bytes;
	e->bytes = bytes_of(e);
	s->bytes += e->bytes;
	s->count = HASH_COUNT(t->all);
	s->most = s->count > s->most ? s->count : s->most;
	s->most_bytes = s->bytes > s->most_bytes ? s->bytes : s->most_bytes;
}

static void free_entry(struct entry *e)
{
	workload_unref(e->workload);
	free(e->key);
	free(e);
}

static void drop(struct workloads *t, struct entry *e)
{
	HASH_DEL(t->all, e);
	t->stats.bytes -= e->bytes;
	t->stats.count = HASH_COUNT(t->all);
	free_entry(e);
}

/* The oldest that no program needs, else the oldest: programs keep what they have. */
static void drop_oldest(struct workloads *t)
{
	struct entry *e = t->all;

	for (int i = 0; e && i < BREATH && e->workload->refs > 1; i++)
		e = e->hh.next;
	drop(t, e ?: t->all);
	t->stats.dropped++;
}

static bool add(struct workloads *t, struct entry *e)
{
	HASH_ADD_KEYPTR(hh, t->all, e->key, strlen(e->key), e);
	return e->hh.tbl;
}

void workloads_expire(struct workloads *t, uint64_t now_ns)
{
	struct entry *e = t->all, *next;

	for (int i = 0; e && i < BREATH; i++, e = next) {
		next = e->hh.next;
		if (e->workload->refs > 1)
			e->needed_ns = now_ns;
		if (now_ns - e->needed_ns >= WORKLOADS_KEPT_NS) {
			drop(t, e);
			continue;
		}
		/* To the end of the list, so that the others have their turn. */
		HASH_DEL(t->all, e);
		if (!add(t, e)) {
			t->stats.bytes -= e->bytes;
			free_entry(e);
		}
	}
	t->stats.count = HASH_COUNT(t->all);
}

static struct entry *find(struct workloads *t, const char *key)
{
	struct entry *e;

	HASH_FIND_STR(t->all, key, e);
	return e;
}

/* A container by its path, or a path that says nothing: an engine may know it. A unit: what is it granted? */
static bool is_worth_asking(const struct workload *w)
{
	return workload_is_container(w) || w->kind == WORKLOAD_UNIT || (w->kind == WORKLOAD_CGROUP && strcmp(w->text[WORKLOAD_PATH], "/"));
}

static struct entry *new_entry(struct workloads *t, const char *key, const char *path, uint64_t cgroup_id)
{
	struct entry *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->key = strdup(key);
	e->workload = cgpath_workload(path, cgroup_id, CGPATH_LEVELS);
	while (t->all && (HASH_COUNT(t->all) >= t->max || t->stats.bytes >= t->max_bytes))
		drop_oldest(t);
	if (!e->key || !e->workload || !add(t, e)) {
		free_entry(e);
		return NULL;
	}
	e->workload->serial = ++t->serial;
	e->wanted = t->running && is_worth_asking(e->workload);
	/* Whoever has no more to say than its path is known at once. */
	if (!is_worth_asking(e->workload) && !(e->workload->flags & WORKLOAD_TRUNCATED))
		e->workload->flags |= WORKLOAD_RESOLVED;
	count_bytes(t, e);
	return e;
}

/* Where there is no room it stays wanted, and the next program that is met there asks again. */
static void ask(struct workloads *t, struct entry *e, pid_t pid, pid_t ppid)
{
	struct question *q = calloc(1, sizeof(*q));

	if (!q)
		return;
	q->key = strdup(e->key);
	q->path = strdup(e->workload->text[WORKLOAD_PATH]);
	q->cgroup_id = e->workload->cgroup_id;
	q->pid = pid;
	q->ppid = ppid;
	pthread_mutex_lock(&t->lock);
	if (!q->key || !q->path || t->waiting >= QUESTIONS) {
		free_question(q);
		t->stats.unasked += !e->unasked;
		e->unasked = true;
	} else {
		q->next = t->questions;
		t->questions = q;
		t->waiting++;
		t->fresh++;
		t->stats.asked++;
		t->stats.unasked -= e->unasked;
		e->wanted = e->unasked = false;
		pthread_cond_signal(&t->wake);
	}
	pthread_mutex_unlock(&t->lock);
}

struct workload *workloads_get(struct workloads *t, const char *path, uint64_t cgroup_id, pid_t pid, pid_t ppid,
			       uint64_t now_ns)
{
	struct buf key = BUF_INIT;
	struct entry *e = NULL;

	buf_printf(&key, "%llu%s", (unsigned long long)cgroup_id, path);
	if (!key.error)
		e = find(t, buf_str(&key));
	if (!key.error && !e)
		e = new_entry(t, buf_str(&key), path, cgroup_id);
	if (e && e->wanted)
		ask(t, e, pid, ppid);
	buf_done(&key);
	if (!e)
		return NULL;
	e->needed_ns = now_ns;
	return workload_ref(e->workload);
}

/* Its place is taken by the answer, if that says anything else. */
static void answer(struct workloads *t, struct question *q,
		   void (*fn)(void *ctx, const struct workload *was, struct workload *now), void *ctx)
{
	struct entry *e = find(t, q->key);
	struct workload *was;

	if (!e || !q->answer || workload_same(e->workload, q->answer))
		return;
	was = e->workload;
	e->workload = q->answer;
	q->answer = NULL;
	e->workload->serial = ++t->serial;
	count_bytes(t, e);
	fn(ctx, was, e->workload);
	workload_unref(was);
}

void workloads_take(struct workloads *t, void (*fn)(void *ctx, const struct workload *was, struct workload *now), void *ctx)
{
	struct question *q, *next;
	eventfd_t ignored;

	if (!t->running)
		return;
	eventfd_read(t->fd, &ignored);
	pthread_mutex_lock(&t->lock);
	q = t->answers;
	t->answers = NULL;
	t->answers_end = &t->answers;
	pthread_mutex_unlock(&t->lock);
	for (; q; q = next) {
		next = q->next;
		answer(t, q, fn, ctx);
		free_question(q);
	}
}

void workloads_stats(struct workloads *t, struct workloads_stats *ret)
{
	*ret = t->stats;
	pthread_mutex_lock(&t->lock);
	ret->answered = t->answered;
	ret->total_ns = t->total_ns;
	ret->longest_ns = t->longest_ns;
	ret->longest_cpu_ns = t->longest_cpu_ns;
	ret->slow = t->slow;
	pthread_mutex_unlock(&t->lock);
}

void workloads_complaint(struct workloads *t, struct buf *ret)
{
	pthread_mutex_lock(&t->lock);
	buf_put(ret, t->complaint.data, t->complaint.len);
	buf_clear(&t->complaint);
	pthread_mutex_unlock(&t->lock);
}

/* ---- its life -------------------------------------------------------------------------------------------------- */

struct workloads *workloads_new(size_t max, size_t max_bytes)
{
	struct workloads *t = calloc(1, sizeof(*t));
	pthread_condattr_t attr;

	if (!t)
		return NULL;
	t->max = max;
	t->max_bytes = max_bytes;
	t->fd = -1;
	t->answers_end = &t->answers;
	pthread_mutex_init(&t->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&t->wake, &attr);
	pthread_cond_init(&t->idle, &attr);
	pthread_condattr_destroy(&attr);
	return t;
}

static void free_list(struct question *q)
{
	struct question *next;

	for (; q; q = next) {
		next = q->next;
		free_question(q);
	}
}

static int join_for(pthread_t thread, int ms)
{
	struct timespec end;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_nsec += ms * 1000000L;
	end.tv_sec += end.tv_nsec / 1000000000;
	end.tv_nsec %= 1000000000;
	return pthread_timedjoin_np(thread, NULL, &end);
}

void workloads_free(struct workloads *t)
{
	if (!t)
		return;
	if (t->running) {
		pthread_mutex_lock(&t->lock);
		t->stop = true;
		pthread_cond_signal(&t->wake);
		pthread_mutex_unlock(&t->lock);
		/* A process that it looks at may keep it waiting: then all this goes with our own process. */
		if (join_for(t->thread, JOIN_MS))
			return;
		close(t->fd);
	}
	free_list(t->questions);
	free_list(t->answers);
	while (t->all)
		drop(t, t->all);
	pthread_mutex_destroy(&t->lock);
	pthread_cond_destroy(&t->wake);
	pthread_cond_destroy(&t->idle);
	buf_done(&t->complaint);
	free(t);
}
