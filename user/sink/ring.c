/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/sink/ring.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "user/base/clock.h"
#include "user/model/loss.h"
#include "user/model/recording.h"
#include "user/model/record.h"
#include "user/sink/recorder.h"
#include "user/sink/sink.h"

#define SUFFIX ".rec"
#define RETRY_NS 1000000000ULL

enum { PARTS = 16, NAME_LEN = 20 + sizeof(SUFFIX) - 1, KEPT_TEXT = 65 };

struct ring {
	struct sink sink;
	struct out nothing;	/* what a sink has to have: nothing is written there */
	struct ring_options options;
	struct sink *file;	/* NULL: none is open */
	char path[PATH_MAX];
	uint64_t checks;	/* in it */
	uint64_t head_bytes;	/* of a file in which there is none yet */
	uint64_t tried_ns;	/* CLOCK_MONOTONIC: when none could be opened */
	uint64_t missed, looked_ns;
	int error;
	struct sink_start start;
	char texts[6][KEPT_TEXT];
};

static struct ring *of(struct sink *s)
{
	return (struct ring *)s;
}

/* ---- the files ------------------------------------------------------------------------------------------------- */

/* Twenty digits, the time in nanoseconds: in the order of their names they were made. */
static int is_ours(const struct dirent *e)
{
	return strlen(e->d_name) == NAME_LEN && strspn(e->d_name, "0123456789") == NAME_LEN - strlen(SUFFIX) &&
	       !strcmp(e->d_name + NAME_LEN - strlen(SUFFIX), SUFFIX);
}

static uint64_t size_of(const char *dir, const char *name, bool remove)
{
	char path[PATH_MAX];
	struct stat st;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, name) >= sizeof(path) || lstat(path, &st) || !S_ISREG(st.st_mode))
		return 0;
	if (remove)
		unlink(path);
	return (uint64_t)st.st_size;
}

/* Makes room for one more. */
static void prune(const struct ring *r)
{
	const uint64_t most = r->options.bytes_max - r->options.bytes_max / PARTS;
	struct dirent **names;
	int count = scandir(r->options.dir, &names, is_ours, alphasort);
	uint64_t bytes = 0;

	for (int i = 0; i < count; i++)
		bytes += size_of(r->options.dir, names[i]->d_name, false);
	for (int i = 0; i < count && bytes > most; i++)
		bytes -= size_of(r->options.dir, names[i]->d_name, true);
	for (int i = 0; i < count; i++)
		free(names[i]);
	if (count >= 0)
		free(names);
}

/* A file that has no check in it is none that anybody asks for. */
static bool holds_nothing(const struct ring *r)
{
	struct stat st;

	return !lstat(r->path, &st) && S_ISREG(st.st_mode) && (uint64_t)st.st_size <= r->head_bytes;
}

static void forget_file(struct ring *r)
{
	r->file->ops->free(r->file);
	r->file = NULL;
	if (holds_nothing(r)) {
		unlink(r->path);
		r->missed += r->checks;
	}
	r->checks = 0;
}

/* The first error is kept until a file is fine again. */
static void give_up(struct ring *r, int err)
{
	r->error = err;
	r->missed++;
	if (r->file)
		forget_file(r);
	r->tried_ns = clock_ns(CLOCK_MONOTONIC);
}

static int open_file(struct ring *r, uint64_t wall_ns)
{
	const struct recorder_options options = { .has = r->options.has | RECORDING_FILTERED, .users = r->options.users };
	struct stat st;
	int err;

	prune(r);
	if ((size_t)snprintf(r->path, sizeof(r->path), "%s/%020llu" SUFFIX, r->options.dir, (unsigned long long)wall_ns) >=
	    sizeof(r->path))
		return -ENAMETOOLONG;
	err = recorder_new(r->path, &options, &r->file);
	if (err)
		return err;
	r->head_bytes = UINT64_MAX;
	err = r->file->ops->ready(r->file);
	err = err ?: r->file->ops->start(r->file, &r->start);
	if (!err && !lstat(r->path, &st))
		r->head_bytes = (uint64_t)st.st_size;
	return err;
}

static void close_file(struct ring *r, uint64_t wall_ns)
{
	const struct account account = { .asked = r->checks, .seen = r->checks };

	if (!r->file)
		return;
	r->file->ops->stop(r->file, wall_ns, &account);
	r->error = recorder_error(r->file);
	forget_file(r);
}

/* ---- the sink -------------------------------------------------------------------------------------------------- */

static bool is_kept(const struct record *r)
{
	const struct decision *d = record_decision(r);

	if (d && d->action == DECISION_IGNORE)
		return false;
	return !strcmp(record_verdict(r) ?: "", "denied") || (d && d->action == DECISION_ALERT);
}

static int on_check(struct sink *s, const struct record *record)
{
	struct ring *r = of(s);
	int err = 0;

	if (!is_kept(record))
		return 0;
	if (!r->file && r->tried_ns && clock_ns(CLOCK_MONOTONIC) - r->tried_ns < RETRY_NS) {
		r->missed++;
		return 0;
	}
	if (!r->file)
		err = open_file(r, record->wall_ns);
	err = err ?: r->file->ops->check(r->file, record);
	if (err)
		give_up(r, err);
	else
		r->checks++;
	return 0;
}

static const char *keep_text(char to[KEPT_TEXT], const char *text)
{
	if (text)
		snprintf(to, KEPT_TEXT, "%s", text);
	return text ? to : NULL;
}

static int on_start(struct sink *s, const struct sink_start *start)
{
	struct ring *r = of(s);

	r->start = *start;
	r->start.host = keep_text(r->texts[0], start->host);
	r->start.host_id = keep_text(r->texts[1], start->host_id);
	r->start.boot_id = keep_text(r->texts[2], start->boot_id);
	r->start.kernel = keep_text(r->texts[3], start->kernel);
	r->start.machine = keep_text(r->texts[4], start->machine);
	r->start.probe = keep_text(r->texts[5], start->probe);
	return 0;
}

static int on_resolved(struct sink *s, uint64_t wall_ns, const struct workload *w)
{
	struct ring *r = of(s);
	int err = r->file ? r->file->ops->resolved(r->file, wall_ns, w) : 0;

	if (err)
		give_up(r, err);
	return 0;
}

static int on_lost(struct sink *s, uint64_t wall_ns, const struct loss *grown)
{
	struct ring *r = of(s);
	int err = r->file ? r->file->ops->lost(r->file, wall_ns, grown) : 0;

	if (err)
		give_up(r, err);
	return 0;
}

static int on_stop(struct sink *s, uint64_t wall_ns, const struct account *account)
{
	(void)account;
	close_file(of(s), wall_ns);
	return 0;
}

/* One that is large enough is closed, so that the oldest can go without the newest. */
static int flush(struct sink *s)
{
	struct ring *r = of(s);
	uint64_t now;
	int err;

	if (!r->file)
		return 0;
	err = sink_flush(r->file);
	if (err) {
		give_up(r, err);
		return 0;
	}
	r->error = recorder_error(r->file);
	now = clock_ns(CLOCK_MONOTONIC_COARSE);
	if (now - r->looked_ns < RETRY_NS)
		return 0;
	r->looked_ns = now;
	if (size_of(r->options.dir, strrchr(r->path, '/') + 1, false) > r->options.bytes_max / PARTS)
		close_file(r, clock_ns(CLOCK_REALTIME));
	return 0;
}

static void free_ring(struct sink *s)
{
	struct ring *r = of(s);

	if (r->file)
		forget_file(r);
	free(r);
}

static const struct sink_ops ops = {
	.start = on_start,
	.check = on_check,
	.lost = on_lost,
	.stop = on_stop,
	.free = free_ring,
	.resolved = on_resolved,
	.flush = flush,
};

int ring_new(const struct ring_options *options, struct sink **ret)
{
	struct ring *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->options = *options;
	r->nothing = (struct out)OUT_INIT;
	r->sink = (struct sink){ .ops = &ops, .out = &r->nothing };
	*ret = &r->sink;
	return 0;
}

int ring_error(const struct sink *sink, uint64_t *ret_missed)
{
	const struct ring *r = (const struct ring *)sink;

	*ret_missed = r->missed;
	return r->error;
}
