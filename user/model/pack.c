/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/model/pack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "user/base/index.h"
#include "user/base/memory.h"
#include "user/base/varint.h"
#include "user/model/lifecycle.h"
#include "user/model/loss.h"
#include "user/model/program.h"
#include "user/model/record.h"
#include "user/model/recording.h"
#include "user/model/rows.h"

enum {
	LEVEL = 1,		/* of zstd; 3 takes a MiB more of memory, for a tenth less on disk */
	CHECKS_FULL = 65536,
	ROWS_FULL = ROWS_MAX / 2,
	TEXTS_FULL = 4 << 20,	/* bytes */
	TEXT_SLOTS = 1 << 17,
};

/* Runs of checks that differ by the same: mostly one run a block. */
struct runs {
	struct buf out;
	uint64_t length, difference;
};

/* Texts that were said in this block, by their hash. */
struct texts {
	struct buf out;
	uint32_t *slots;	/* number of a text, 0: free; TEXT_SLOTS of them */
	struct buf starts;	/* where in .out each text begins: uint32_t, the first is number 1 */
	uint32_t count;
};

struct pack {
	ZSTD_CCtx *zstd;
	struct pack_names names;
	uint32_t name;
	uint64_t number, before;	/* as in struct recording_block */
	int error;

	struct texts texts;
	struct index tasks;		/* struct task_key of each row of task_rows */
	struct buf task_rows;		/* struct task_row */
	struct index asked;		/* struct asked_row */
	struct index serials;		/* struct program.serial of each row of programs */
	struct buf programs;		/* struct program_row */
	struct index known;		/* struct workload.serial of each row of workload_rows */
	struct buf workload_rows;	/* struct workload_row */
	struct buf resolved_rows;	/* struct resolved_row */
	struct index named;		/* kind and id of each row of names */
	struct buf name_rows;		/* struct name_row */
	struct buf times, task_of, asked_of, losses;
	struct buf life_rows;		/* struct life_row */
	struct runs walls, seqs;

	uint32_t checks, losses_put, lives;
	uint64_t mono_ns, wall_offset, seq;	/* of the last check of this block */
	uint32_t task;
	struct buf raw, packed;
};

/* ---- pieces ---------------------------------------------------------------------------------------------------- */

static void runs_put(struct runs *r, uint64_t difference)
{
	if (r->length && !difference) {
		r->length++;
		return;
	}
	if (r->length) {
		varint_put(&r->out, r->length);
		varint_put(&r->out, varint_fold(r->difference));
	}
	r->length = 1;
	r->difference = difference;
}

static void runs_end(struct runs *r)
{
	if (!r->length)
		return;
	varint_put(&r->out, r->length);
	varint_put(&r->out, varint_fold(r->difference));
	r->length = 0;
}

static uint32_t hash_of(const char *text, size_t n)
{
	uint32_t hash = 2166136261U;

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ (unsigned char)text[i]) * 16777619U;
	return hash ^ hash >> 15;
}

static bool text_is(const struct texts *t, uint32_t number, const char *text, size_t n)
{
	const uint8_t *at, *end = (const uint8_t *)t->out.data + t->out.len;
	uint32_t start;
	uint64_t len;

	memcpy(&start, t->starts.data + (number - 1) * sizeof(start), sizeof(start));
	at = (const uint8_t *)t->out.data + start;
	return varint_get(&at, end, &len) && len == n && !memcmp(at, text, n);
}

/* The number of a text in this block; 0 for NULL. */
static uint32_t text_of(struct pack *p, const char *text, size_t n)
{
	struct texts *t = &p->texts;
	uint32_t i = hash_of(text, n) & (TEXT_SLOTS - 1), start = (uint32_t)t->out.len;

	while (t->slots[i] && !text_is(t, t->slots[i], text, n))
		i = (i + 1) & (TEXT_SLOTS - 1);
	if (!t->slots[i]) {
		buf_put(&t->starts, &start, sizeof(start));
		varint_put(&t->out, n);
		buf_put(&t->out, text, n);
		buf_putc(&t->out, '\0');
		if (t->out.error || t->starts.error) {
			p->error = -ENOMEM;
			return 0;
		}
		t->slots[i] = ++t->count;
	}
	return t->slots[i];
}

static uint32_t string_of(struct pack *p, const char *s)
{
	return s ? text_of(p, s, strlen(s)) : 0;
}

/* ---- programs and names ---------------------------------------------------------------------------------------- */

static void add_workload(struct pack *p, const struct workload *w)
{
	struct workload_row row = {
		.cgroup_id = w->cgroup_id,
		.bounding = w->granted.bounding,
		.effective = w->granted.effective,
		.permitted = w->granted.permitted,
		.inheritable = w->granted.inheritable,
		.ambient = w->granted.ambient,
		.kind = w->kind,
		.engine = w->engine,
		.flags = w->flags,
		.owner = w->owner,
		.granted = w->granted.source,
	};

	for (int i = 0; i < WORKLOAD_TEXTS; i++)
		row.text[i] = string_of(p, w->text[i]);
	buf_put(&p->workload_rows, &row, sizeof(row));
	if (p->workload_rows.error)
		p->error = -ENOMEM;
}

/* The number of a workload's row, and 1; 0 where there is none. */
static uint32_t workload_of(struct pack *p, const struct workload *w)
{
	uint32_t had = p->known.count, number;

	if (!w)
		return 0;
	number = index_put(&p->known, &w->serial);
	if (number == INDEX_NONE) {
		p->error = -ENOMEM;
		return 0;
	}
	if (p->known.count > had)
		add_workload(p, w);
	return number + 1;
}

static void add_program(struct pack *p, const struct program *g)
{
	const struct program_row row = {
		.id = g->id,
		.cgroup_id = g->cgroup_id,
		.inheritable = g->inheritable,
		.permitted = g->permitted,
		.effective = g->effective,
		.bounding = g->bounding,
		.ambient = g->ambient,
		.flags = g->flags,
		.tgid = g->tgid,
		.ppid = g->ppid,
		.ns_pid = g->ns_pid,
		.uid = g->uid,
		.euid = g->euid,
		.gid = g->gid,
		.egid = g->egid,
		.login_uid = g->login_uid,
		.userns = g->userns,
		.pidns = g->pidns,
		.mntns = g->mntns,
		.netns = g->netns,
		.comm = string_of(p, g->comm),
		.exe = string_of(p, g->exe),
		.cgroup = string_of(p, g->cgroup),
		.unit = string_of(p, g->unit),
		.slice = string_of(p, g->slice),
		.session = string_of(p, g->session),
		.args = string_of(p, p->names.no_args ? NULL : g->args),
		.ancestors = string_of(p, g->ancestors),
		.workload = workload_of(p, g->workload),
	};

	buf_put(&p->programs, &row, sizeof(row));
	if (p->programs.error)
		p->error = -ENOMEM;
}

/* The number of a program's row, and 1; 0 where there is none. */
static uint32_t program_of(struct pack *p, const struct program *g)
{
	uint32_t had = p->serials.count, number;

	if (!g)
		return 0;
	number = index_put(&p->serials, &g->serial);
	if (number == INDEX_NONE) {
		p->error = -ENOMEM;
		return 0;
	}
	if (p->serials.count > had)
		add_program(p, g);
	return number + 1;
}

static void name_it(struct pack *p, uint32_t kind, uint32_t id, const char *(*ask)(void *ctx, uint32_t id))
{
	const uint32_t key[2] = { kind, id };
	uint32_t had = p->named.count;
	struct name_row row = { .kind = kind, .id = id };

	if (!ask || index_put(&p->named, key) == INDEX_NONE || p->named.count == had)
		return;
	row.text = string_of(p, ask(p->names.ctx, id));
	buf_put(&p->name_rows, &row, sizeof(row));
}

int pack_program(struct pack *p, const struct program *program)
{
	program_of(p, program);
	return p->error;
}

/* ---- checks ---------------------------------------------------------------------------------------------------- */

/* What tells one task from another, as it came: only a row that is new costs more. */
struct task_key {
	uint64_t serial, program;
	uint64_t effective, permitted;
	uint32_t tgid, tid;
	uint32_t uid, euid, gid;
	uint32_t userns_asker, userns_target, known;
	uint8_t comm[EVENT_COMM];
};
_Static_assert(sizeof(struct task_key) == 80, "no padding in what is hashed");

static struct task_key key_of(const struct record *r)
{
	const struct event_check *c = &r->check;
	struct task_key key = {
		.serial = r->program ? r->program->serial : 0,
		.program = c->program,
		.effective = c->effective,
		.permitted = c->permitted,
		.tgid = c->tgid,
		.tid = c->tid,
		.uid = c->uid,
		.euid = c->euid,
		.gid = c->gid,
		.userns_asker = c->userns_asker,
		.userns_target = c->userns_target,
		.known = r->program != NULL,
	};

	memcpy(key.comm, c->comm, sizeof(key.comm));
	return key;
}

static struct task_row row_of(struct pack *p, const struct record *r)
{
	const struct program none = { 0 }, *g = r->program ? r->program : &none;
	const struct event_check *c = &r->check;

	return (struct task_row){
		.id = c->program - g->id,
		.effective = c->effective,
		.permitted = c->permitted,
		.program = program_of(p, r->program),
		.tgid = c->tgid - g->tgid,
		.tid = c->tid - c->tgid,
		.uid = c->uid,
		.euid = c->euid,
		.gid = c->gid,
		.userns_asker = c->userns_asker,
		.userns_target = c->userns_target,
		.comm = text_of(p, (const char *)c->comm, record_comm_len(r)),
	};
}

static uint32_t task_of(struct pack *p, const struct record *r)
{
	struct task_key key = key_of(r);
	uint32_t had = p->tasks.count, number = index_put(&p->tasks, &key);
	struct task_row row;

	if (number == INDEX_NONE) {
		p->error = -ENOMEM;
		return 0;
	}
	if (p->tasks.count > had) {
		row = row_of(p, r);
		buf_put(&p->task_rows, &row, sizeof(row));
		name_it(p, NAME_USER, r->check.uid, p->names.user);
		name_it(p, NAME_GROUP, r->check.gid, p->names.group);
	}
	return number;
}

static uint32_t asked_of(struct pack *p, const struct record *r)
{
	const struct event_check *c = &r->check;
	const struct asked_row row = {
		.flags = c->head.flags,
		.cap = c->cap,
		.syscall = c->syscall,
		.lsm_ret = c->lsm_ret,
		.probe = c->probe,
		.stack = string_of(p, r->stack),
		.argument = r->argument,
		.outcome = r->parts & RECORD_OUTCOME ? r->outcome + 1U : 0,
		.error = r->error,
	};
	uint32_t number = index_put(&p->asked, &row);

	if (number == INDEX_NONE)
		p->error = -ENOMEM;
	return number;
}

int pack_check(struct pack *p, const struct record *r)
{
	uint32_t task = task_of(p, r), asked = asked_of(p, r);
	uint64_t wall_offset = r->wall_ns - r->mono_ns;

	if (p->error)
		return p->error;
	varint_put(&p->times, varint_fold(r->mono_ns - p->mono_ns));
	varint_put(&p->task_of, varint_fold((uint64_t)task - p->task));
	varint_put(&p->asked_of, asked);
	runs_put(&p->walls, wall_offset - p->wall_offset);
	runs_put(&p->seqs, r->seq - p->seq - 1);
	p->mono_ns = r->mono_ns;
	p->task = task;
	p->wall_offset = wall_offset;
	p->seq = r->seq;
	p->checks++;
	return 0;
}

/* ---- lifecycle events ------------------------------------------------------------------------------------------ */

static uint32_t path_of(struct pack *p, const struct event_lifecycle *e)
{
	if (!(e->head.flags & LIFE_PATH_KNOWN))
		return 0;
	return text_of(p, (const char *)e->path, strnlen((const char *)e->path, sizeof(e->path)));
}

static struct life_row life_of(struct pack *p, const struct record *r)
{
	const struct program none = { 0 }, *g = r->program ? r->program : &none;
	const struct event_lifecycle *e = &r->life->event;

	return (struct life_row){
		.mono_ns = r->mono_ns,
		.wall_offset = r->wall_ns - r->mono_ns,
		.seq = r->seq,
		.id = e->program - g->id,
		.ret = (uint64_t)e->ret,
		.asked = { e->asked[0], e->asked[1], e->asked[2] },
		.file_permitted = r->life->file_permitted,
		.file_inheritable = r->life->file_inheritable,
		.before = e->before,
		.after = e->after,
		.at = p->checks,
		.losses = p->losses_put,
		.program = program_of(p, r->program),
		.tgid = e->tgid - g->tgid,
		.tid = e->tid - e->tgid,
		.flags = e->head.flags,
		.what = e->what,
		.syscall = (uint32_t)e->syscall,
		.file = r->life->file,
		.file_rootid = r->life->file_rootid,
		.comm = text_of(p, (const char *)e->comm, record_comm_len(r)),
		.path = path_of(p, e),
	};
}

int pack_lifecycle(struct pack *p, const struct record *r)
{
	const struct life_row row = life_of(p, r);

	buf_put(&p->life_rows, &row, sizeof(row));
	name_it(p, NAME_USER, r->check.uid, p->names.user);
	name_it(p, NAME_GROUP, r->check.gid, p->names.group);
	if (p->life_rows.error)
		p->error = -ENOMEM;
	p->lives++;
	return p->error;
}

/* ---- losses ---------------------------------------------------------------------------------------------------- */

static void put_causes(struct buf *b, const struct loss *loss)
{
	varint_put(b, LOSS_COUNT);
	for (int i = 0; i < LOSS_COUNT; i++)
		varint_put(b, loss->by_cause[i]);
}

int pack_lost(struct pack *p, uint64_t wall_ns, const struct loss *grown)
{
	varint_put(&p->losses, p->checks);
	varint_put(&p->losses, wall_ns);
	put_causes(&p->losses, grown);
	p->losses_put++;
	return p->losses.error;
}

int pack_resolved(struct pack *p, uint64_t wall_ns, const struct workload *w)
{
	const struct resolved_row row = { .wall_ns = wall_ns, .at = p->checks, .workload = workload_of(p, w) - 1 };

	if (p->error)
		return p->error;
	buf_put(&p->resolved_rows, &row, sizeof(row));
	return p->resolved_rows.error;
}

/* ---- blocks ---------------------------------------------------------------------------------------------------- */

bool pack_has_any(const struct pack *p)
{
	return p->checks || p->serials.count || p->losses.len || p->lives || p->resolved_rows.len;
}

bool pack_is_full(const struct pack *p)
{
	return p->checks >= CHECKS_FULL || p->tasks.count >= ROWS_FULL || p->serials.count >= ROWS_FULL ||
	       p->known.count >= ROWS_FULL || p->resolved_rows.len / sizeof(struct resolved_row) >= ROWS_FULL ||
	       p->asked.count >= ROWS_FULL || p->lives >= ROWS_FULL || p->named.count >= ROWS_FULL || p->texts.count >= ROWS_FULL ||
	       p->texts.out.len >= TEXTS_FULL || p->losses.len >= TEXTS_FULL;
}

static void clear(struct pack *p)
{
	struct buf *const bufs[] = {
		&p->texts.out, &p->texts.starts, &p->programs, &p->name_rows, &p->task_rows, &p->times,
		&p->task_of, &p->asked_of, &p->losses, &p->life_rows, &p->workload_rows, &p->resolved_rows, &p->walls.out, &p->seqs.out, &p->raw, &p->packed,
	};
	struct index *const indexes[] = { &p->tasks, &p->asked, &p->serials, &p->named, &p->known };

	for (size_t i = 0; i < sizeof(bufs) / sizeof(bufs[0]); i++)
		buf_clear(bufs[i]);
	for (size_t i = 0; i < sizeof(indexes) / sizeof(indexes[0]); i++)
		index_clear(indexes[i]);
	memset(p->texts.slots, 0, TEXT_SLOTS * sizeof(*p->texts.slots));
	p->texts.count = p->checks = p->task = 0;
	p->losses_put = p->lives = 0;
	p->mono_ns = p->wall_offset = p->seq = 0;
	p->walls.length = p->seqs.length = 0;
}

/* The sections one behind the other, each with its number and length. */
static void put_section(struct pack *p, enum rows_section section, const struct buf *data)
{
	if (!data->len)
		return;
	varint_put(&p->raw, section);
	varint_put(&p->raw, data->len);
	buf_put(&p->raw, data->data, data->len);
	if (data->error)
		p->error = data->error;
}

static void put_table(struct pack *p, enum rows_section section, const struct rows_table *table,
		      const struct buf *rows)
{
	if (!rows->len)
		return;
	buf_clear(&p->packed);
	rows_put(&p->packed, table, rows->data, (uint32_t)(rows->len / table->width));
	put_section(p, section, &p->packed);
}

static void put_sections(struct pack *p)
{
	runs_end(&p->walls);
	runs_end(&p->seqs);
	buf_clear(&p->raw);
	put_section(p, SECTION_TEXTS, &p->texts.out);
	put_table(p, SECTION_PROGRAMS, &rows_programs, &p->programs);
	put_table(p, SECTION_NAMES, &rows_names, &p->name_rows);
	put_table(p, SECTION_TASKS, &rows_tasks, &p->task_rows);
	put_table(p, SECTION_ASKED, &rows_asked, &p->asked.rows);
	put_section(p, SECTION_TIMES, &p->times);
	put_section(p, SECTION_TASK_OF, &p->task_of);
	put_section(p, SECTION_ASKED_OF, &p->asked_of);
	put_section(p, SECTION_WALLS, &p->walls.out);
	put_section(p, SECTION_SEQS, &p->seqs.out);
	put_section(p, SECTION_LOSSES, &p->losses);
	put_table(p, SECTION_LIVES, &rows_lives, &p->life_rows);
	put_table(p, SECTION_WORKLOADS, &rows_workloads, &p->workload_rows);
	put_table(p, SECTION_RESOLVED, &rows_resolved, &p->resolved_rows);
	if (p->raw.error)
		p->error = p->raw.error;
}

/* .raw into a frame, and that into a block. */
static int put_block(struct pack *p, enum recording_kind kind, struct buf *b)
{
	struct recording_block block = { .kind = kind, .checks = p->checks, .name = p->name };
	size_t n;

	buf_clear(&p->packed);
	if (p->error || buf_reserve(&p->packed, ZSTD_compressBound(p->raw.len)))
		return -ENOMEM;
	n = ZSTD_compressCCtx(p->zstd, p->packed.data, ZSTD_compressBound(p->raw.len), p->raw.data, p->raw.len,
			      LEVEL);
	if (ZSTD_isError(n))
		return memory_lack();
	block.packed = (uint32_t)n;
	block.raw = (uint32_t)p->raw.len;
	block.payload = p->packed.data;
	block.number = p->number++;
	block.before = p->before;
	p->before += p->checks;
	recording_put_block(b, &block);
	clear(p);
	return b->error;
}

int pack_block(struct pack *p, struct buf *b)
{
	put_sections(p);
	return put_block(p, RECORDING_CHECKS, b);
}

int pack_again(struct pack *p, const void *head, size_t n, struct buf *b)
{
	buf_clear(&p->raw);
	buf_put(&p->raw, head, n);
	if (p->raw.error)
		p->error = p->raw.error;
	return put_block(p, RECORDING_AGAIN, b);
}

int pack_end(struct pack *p, uint64_t wall_ns, const struct account *a, struct buf *b)
{
	const uint64_t numbers[] = {
		wall_ns, a->asked, a->own, a->outside, a->hidden, a->seen, a->unread, a->loss_is_bound,
	};

	buf_clear(&p->raw);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		varint_put(&p->raw, numbers[i]);
	put_causes(&p->raw, &a->loss);
	varint_put(&p->raw, a->has_lifecycle);
	varint_put(&p->raw, a->lifecycle);
	varint_put(&p->raw, a->command_ended ? (uint64_t)a->command_status + 1 : 0);
	if (p->raw.error)
		p->error = p->raw.error;
	return put_block(p, RECORDING_END, b);
}

struct pack *pack_new(uint32_t name, const struct pack_names *names)
{
	struct pack *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->name = name;
	p->names = *names;
	index_init(&p->tasks, sizeof(struct task_key));
	index_init(&p->asked, sizeof(struct asked_row));
	index_init(&p->serials, sizeof(uint64_t));
	index_init(&p->known, sizeof(uint64_t));
	index_init(&p->named, 2 * sizeof(uint32_t));
	p->zstd = ZSTD_createCCtx();
	p->texts.slots = calloc(TEXT_SLOTS, sizeof(*p->texts.slots));
	if (!p->zstd)
		memory_note();
	if (!p->zstd || !p->texts.slots) {
		pack_free(p);
		return NULL;
	}
	return p;
}

void pack_free(struct pack *p)
{
	if (!p)
		return;
	struct buf *const bufs[] = {
		&p->texts.out, &p->texts.starts, &p->programs, &p->name_rows, &p->task_rows, &p->times,
		&p->task_of, &p->asked_of, &p->losses, &p->life_rows, &p->workload_rows, &p->resolved_rows, &p->walls.out, &p->seqs.out, &p->raw, &p->packed,
	};

	for (size_t i = 0; i < sizeof(bufs) / sizeof(bufs[0]); i++)
		buf_done(bufs[i]);
	index_done(&p->tasks);
	index_done(&p->asked);
	index_done(&p->serials);
	index_done(&p->known);
	index_done(&p->named);
	free(p->texts.slots);
	ZSTD_freeCCtx(p->zstd);
	free(p);
}
