/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/sink/recorder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "user/base/clock.h"
#include "user/base/fresh.h"
#include "user/base/out.h"
#include "user/host/users.h"
#include "user/model/pack.h"
#include "user/model/recording.h"
#include "user/sink/sink.h"

/*
 * What is heard reaches the file after so long at most. A block says all names anew: on a quiet host, shorter ones would be
 * made of little else.
 */
#define AGE_MAX_NS 10000000000ULL

struct recorder {
	struct sink sink;
	struct out out;
	struct fresh file;
	struct recorder_options options;
	struct pack *pack;
	struct buf head;	/* until it is in the file a second time */
	uint64_t since;		/* when the block under way was first seen with something in it; 0: not yet */
	int error;
};

static struct recorder *of(struct sink *sink)
{
	return (struct recorder *)sink;
}

/* The first error stays. */
static int keep(struct recorder *r, int err)
{
	if (!r->error)
		r->error = err;
	return r->error;
}

/* The head once more, where it is not there yet. */
static int put_again(struct recorder *r)
{
	int err = r->head.len ? pack_again(r->pack, r->head.data, r->head.len, &r->out.buf) : 0;

	buf_done(&r->head);
	return err;
}

static int write_block(struct recorder *r)
{
	int err = 0;

	if (pack_has_any(r->pack))
		err = pack_block(r->pack, &r->out.buf) ?: put_again(r);
	r->since = 0;
	return keep(r, err ?: out_flush(&r->out));
}

static int write_full(struct recorder *r, int err)
{
	if (err || r->error)
		return keep(r, err);
	return pack_is_full(r->pack) ? write_block(r) : 0;
}

static int on_check(struct sink *sink, const struct record *record)
{
	return write_full(of(sink), pack_check(of(sink)->pack, record));
}

static int on_program(struct sink *sink, const struct program *program)
{
	return write_full(of(sink), pack_program(of(sink)->pack, program));
}

static int on_resolved(struct sink *sink, uint64_t wall_ns, const struct workload *w)
{
	return write_full(of(sink), pack_resolved(of(sink)->pack, wall_ns, w));
}

static int on_lifecycle(struct sink *sink, const struct record *record)
{
	return write_full(of(sink), pack_lifecycle(of(sink)->pack, record));
}

static int on_lost(struct sink *sink, uint64_t wall_ns, const struct loss *grown)
{
	return write_full(of(sink), pack_lost(of(sink)->pack, wall_ns, grown));
}

static int flush(struct sink *sink)
{
	struct recorder *r = of(sink);
	uint64_t now;

	if (r->error || !r->pack || !pack_has_any(r->pack))
		return r->error;
	now = clock_ns(CLOCK_MONOTONIC_COARSE);
	if (!r->since)
		r->since = now;
	return now - r->since < AGE_MAX_NS ? 0 : write_block(r);
}

static int ready(struct sink *sink)
{
	struct recorder *r = of(sink);

	return keep(r, fresh_put(&r->file));
}

static const char *user_name(void *ctx, uint32_t uid)
{
	return users_name(ctx, uid);
}

static const char *group_name(void *ctx, uint32_t gid)
{
	return users_group(ctx, gid);
}

static void put_text(char *to, size_t size, const char *text)
{
	snprintf(to, size, "%s", text ?: "");
}

static struct recording_facts facts_of(const struct sink_start *start, uint32_t has)
{
	struct recording_facts f = {
		.wall_ns = start->wall_ns,
		.mono_ns = start->mono_ns,
		.run = start->run,
		.has = has,
		.host_mntns = start->host_mntns,
	};

	put_text(f.host, sizeof(f.host), start->host);
	put_text(f.kernel, sizeof(f.kernel), start->kernel);
	put_text(f.machine, sizeof(f.machine), start->machine);
	put_text(f.host_id, sizeof(f.host_id), start->host_id);
	put_text(f.boot_id, sizeof(f.boot_id), start->boot_id);
	put_text(f.probe, sizeof(f.probe), start->probe);
	put_text(f.writer, sizeof(f.writer), VERSION);
	return f;
}

static int on_start(struct sink *sink, const struct sink_start *start)
{
	struct recorder *r = of(sink);
	const struct recording_facts facts = facts_of(start, r->options.has);
	const struct pack_names names = { user_name, group_name, r->options.users, !(r->options.has & RECORDING_ARGS) };
	uint32_t name;

	recording_put_head(&r->head, &facts, &name);
	buf_put(&r->out.buf, r->head.data, r->head.len);
	r->pack = pack_new(name, &names);
	return keep(r, r->pack && !r->head.error ? out_flush(&r->out) : -ENOMEM);
}

/* What cannot be written to in the middle, such as a pipe, has its end for a sign. */
static int close_recording(struct recorder *r)
{
	const uint32_t state = RECORDING_CLOSED;
	struct stat st;

	if (fstat(r->out.fd, &st) || !S_ISREG(st.st_mode))
		return 0;
	return pwrite(r->out.fd, &state, sizeof(state), RECORDING_STATE_AT) < 0 ? -errno : 0;
}

static int on_stop(struct sink *sink, uint64_t wall_ns, const struct account *account)
{
	struct recorder *r = of(sink);
	int err = r->error ?: write_block(r) ?: put_again(r);

	err = err ?: pack_end(r->pack, wall_ns, account, &r->out.buf);
	err = err ?: out_flush(&r->out);
	return keep(r, err ?: close_recording(r));
}

static void free_recorder(struct sink *sink)
{
	struct recorder *r = of(sink);

	out_close(&r->out);
	fresh_done(&r->file);
	pack_free(r->pack);
	buf_done(&r->head);
	free(r);
}

static const struct sink_ops ops = {
	.start = on_start,
	.check = on_check,
	.lost = on_lost,
	.stop = on_stop,
	.free = free_recorder,
	.ready = ready,
	.program = on_program,
	.lifecycle = on_lifecycle,
	.resolved = on_resolved,
	.flush = flush,
};

int recorder_new(const char *path, const struct recorder_options *options, struct sink **ret)
{
	struct recorder *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return -ENOMEM;
	err = fresh_open(path, &r->file);
	if (err) {
		free(r);
		return err;
	}
	r->options = *options;
	out_init(&r->out, r->file.fd, true);
	r->file.fd = -1;
	r->sink = (struct sink){ .ops = &ops, .out = &r->out };
	*ret = &r->sink;
	return 0;
}

int recorder_error(const struct sink *sink)
{
	return ((const struct recorder *)sink)->error;
}
