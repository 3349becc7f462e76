/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/model/unpack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "user/base/buf.h"
#include "user/base/memory.h"
#include "user/base/text.h"
#include "user/base/varint.h"
#include "user/model/lifecycle.h"
#include "user/model/outcome.h"
#include "user/model/program.h"
#include "user/model/record.h"
#include "user/model/recording.h"
#include "user/model/rows.h"

/* A part of the block that is read from its front. */
struct part {
	const uint8_t *at, *end;
};

/* How long the same difference holds. */
struct runs {
	struct part part;
	uint64_t left;
};

struct unpack {
	ZSTD_DCtx *zstd;
	struct buf raw;
	struct part section[SECTION_COUNT];

	struct buf texts;		/* const char * by number; the first is NULL */
	uint32_t text_count;
	struct buf program_rows, name_rows, task_rows, asked_rows, life_rows, workload_rows, resolved_rows;
	uint32_t program_count, name_count, task_count, asked_count, life_count, workload_count, resolved_count;
	struct buf programs;		/* struct program; their texts are in raw */
	struct buf workloads;		/* struct workload, which nobody owns; the same */
	struct buf tasks;		/* struct event_check, as far as the task tells it */
	uint64_t serial;		/* of the last program, over all blocks */

	uint32_t next_name, next_program, next_resolved;
	uint32_t check, checks;		/* read so far, and in all */
	uint32_t next_life, losses_given;
	uint32_t stop;			/* checks up to the next loss or lifecycle event, or all */
	uint32_t task;
	uint64_t seq, wall_offset;
	struct part times, task_of, asked_of, losses;
	struct runs walls, seqs;
	struct record record, life_record;
	struct lifecycle life;
	bool end;			/* the block is an end, not given yet */
	struct unpack_item last;
};

/* ---- sections -------------------------------------------------------------------------------------------------- */

static int inflate_block(struct unpack *u, const struct recording_block *block)
{
	size_t n;

	buf_clear(&u->raw);
	if (buf_reserve(&u->raw, block->raw))
		return -ENOMEM;
	n = ZSTD_decompressDCtx(u->zstd, u->raw.data, block->raw, block->payload, block->packed);
	if (ZSTD_isError(n) || n != block->raw)
		return -EBADMSG;
	u->raw.len = n;
	return 0;
}

/* A section that comes twice would be two truths. */
static int find_sections(struct unpack *u)
{
	const uint8_t *at = (const uint8_t *)u->raw.data, *end = at + u->raw.len;

	memset(u->section, 0, sizeof(u->section));
	while (at < end) {
		uint64_t number, len;

		if (!varint_get(&at, end, &number) || !varint_get(&at, end, &len) || len > (uint64_t)(end - at))
			return -EBADMSG;
		if (number < SECTION_COUNT) {
			if (u->section[number].at)
				return -EBADMSG;
			u->section[number] = (struct part){ at, at + len };
		}
		at += len;
	}
	return 0;
}

static int add_text(struct unpack *u, const char *text)
{
	buf_put(&u->texts, &text, sizeof(text));
	u->text_count++;
	return u->texts.error;
}

static int read_texts(struct unpack *u)
{
	struct part p = u->section[SECTION_TEXTS];
	int err;

	buf_clear(&u->texts);
	u->text_count = 0;
	err = add_text(u, NULL);
	while (!err && p.at < p.end) {
		uint64_t n;

		if (!varint_get(&p.at, p.end, &n) || n >= (uint64_t)(p.end - p.at) || p.at[n] ||
		    memchr(p.at, 0, n) || u->text_count > ROWS_MAX)
			return -EBADMSG;
		err = add_text(u, (const char *)p.at);
		p.at += n + 1;
	}
	return err;
}

static char *text_at(const struct unpack *u, uint32_t number)
{
	return ((char **)u->texts.data)[number];
}

static int read_table(struct unpack *u, enum rows_section section, const struct rows_table *table,
		      struct buf *rows, uint32_t *ret_count)
{
	struct part p = u->section[section];

	*ret_count = 0;
	return p.at ? rows_get(p.at, (size_t)(p.end - p.at), table, rows, ret_count) : 0;
}

/* ---- programs and tasks ---------------------------------------------------------------------------------------- */

static bool texts_exist(const struct unpack *u, const uint32_t *numbers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (numbers[i] >= u->text_count)
			return false;
	return true;
}

static int make_workload(struct unpack *u, const struct workload_row *row, struct workload *ret)
{
	if (!texts_exist(u, row->text, WORKLOAD_TEXTS) || row->kind >= WORKLOAD_KINDS || row->engine >= ENGINE_COUNT ||
	    row->granted >= GRANTED_SOURCES)
		return -EBADMSG;
	*ret = (struct workload){
		.serial = ++u->serial,
		.cgroup_id = row->cgroup_id,
		.kind = row->kind,
		.engine = row->engine,
		.flags = row->flags,
		.owner = row->owner,
		.granted = { row->granted, row->bounding, row->effective, row->permitted, row->inheritable, row->ambient },
	};
	for (int i = 0; i < WORKLOAD_TEXTS; i++)
		ret->text[i] = text_at(u, row->text[i]);
	return 0;
}

static struct workload *workload_at(const struct unpack *u, uint32_t number)
{
	return &((struct workload *)(void *)u->workloads.data)[number];
}

static int make_workloads(struct unpack *u)
{
	const struct workload_row *rows = (const void *)u->workload_rows.data;
	int err = 0;

	buf_clear(&u->workloads);
	if (buf_reserve(&u->workloads, u->workload_count * sizeof(struct workload)))
		return -ENOMEM;
	for (uint32_t i = 0; i < u->workload_count && !err; i++)
		err = make_workload(u, &rows[i], workload_at(u, i));
	return err;
}

static bool are_safe_lines(const char *text)
{
	size_t n;

	for (; text; text = text[n] ? text + n + 1 : NULL) {
		n = strcspn(text, "\n");
		if (!n || !text_is_safe(text, n))
			return false;
	}
	return true;
}

static int make_program(struct unpack *u, const struct program_row *row, struct program *ret)
{
	const uint32_t texts[] = {
		row->comm, row->exe, row->cgroup, row->unit, row->slice, row->session, row->args, row->ancestors,
	};
	const char *comm, *args;

	if (!texts_exist(u, texts, sizeof(texts) / sizeof(texts[0])) || row->workload > u->workload_count)
		return -EBADMSG;
	/* The two texts that were escaped before they were kept, and are shown as they are. */
	args = text_at(u, row->args);
	if ((args && !text_is_safe(args, strlen(args))) || !are_safe_lines(text_at(u, row->ancestors)))
		return -EBADMSG;
	*ret = (struct program){
		.id = row->id,
		.serial = ++u->serial,
		.flags = row->flags,
		.tgid = row->tgid,
		.ppid = row->ppid,
		.ns_pid = row->ns_pid,
		.uid = row->uid,
		.euid = row->euid,
		.gid = row->gid,
		.egid = row->egid,
		.login_uid = row->login_uid,
		.userns = row->userns,
		.pidns = row->pidns,
		.mntns = row->mntns,
		.netns = row->netns,
		.cgroup_id = row->cgroup_id,
		.inheritable = row->inheritable,
		.permitted = row->permitted,
		.effective = row->effective,
		.bounding = row->bounding,
		.ambient = row->ambient,
		.exe = text_at(u, row->exe),
		.cgroup = text_at(u, row->cgroup),
		.unit = text_at(u, row->unit),
		.slice = text_at(u, row->slice),
		.session = text_at(u, row->session),
		.args = text_at(u, row->args),
		.ancestors = text_at(u, row->ancestors),
		.workload = row->workload ? workload_at(u, row->workload - 1) : NULL,
	};
	comm = text_at(u, row->comm);
	if (comm)
		memcpy(ret->comm, comm, strnlen(comm, EVENT_COMM));
	return 0;
}

static int make_programs(struct unpack *u)
{
	const struct program_row *rows = (const void *)u->program_rows.data;
	struct program *programs;
	int err = 0;

	buf_clear(&u->programs);
	if (buf_reserve(&u->programs, u->program_count * sizeof(*programs)))
		return -ENOMEM;
	programs = (void *)u->programs.data;
	for (uint32_t i = 0; i < u->program_count && !err; i++)
		err = make_program(u, &rows[i], &programs[i]);
	return err;
}

static const struct program *program_at(const struct unpack *u, uint32_t number)
{
	return number ? &((const struct program *)u->programs.data)[number - 1] : NULL;
}

static int make_task(const struct unpack *u, const struct task_row *row, struct event_check *ret)
{
	const struct program none = { 0 }, *g;
	const char *comm;

	if (row->program > u->program_count || row->comm >= u->text_count)
		return -EBADMSG;
	g = program_at(u, row->program) ?: &none;
	*ret = (struct event_check){
		.head = { .size = sizeof(*ret), .kind = EVENT_CHECK },
		.program = row->id + g->id,
		.tgid = row->tgid + g->tgid,
		.tid = row->tid + row->tgid + g->tgid,
		.uid = row->uid,
		.euid = row->euid,
		.gid = row->gid,
		.userns_asker = row->userns_asker,
		.userns_target = row->userns_target,
		.effective = row->effective,
		.permitted = row->permitted,
	};
	comm = text_at(u, row->comm);
	if (comm)
		memcpy(ret->comm, comm, strnlen(comm, sizeof(ret->comm)));
	return 0;
}

static int make_tasks(struct unpack *u)
{
	const struct task_row *rows = (const void *)u->task_rows.data;
	int err = 0;

	buf_clear(&u->tasks);
	if (buf_reserve(&u->tasks, u->task_count * sizeof(struct event_check)))
		return -ENOMEM;
	for (uint32_t i = 0; i < u->task_count && !err; i++)
		err = make_task(u, &rows[i], &((struct event_check *)(void *)u->tasks.data)[i]);
	return err;
}

static int check_names(const struct unpack *u)
{
	const struct name_row *rows = (const void *)u->name_rows.data;

	for (uint32_t i = 0; i < u->name_count; i++)
		if (rows[i].text >= u->text_count)
			return -EBADMSG;
	return 0;
}

/* ---- what is read once before any of it is given --------------------------------------------------------------- */

/* Exactly count numbers, each below its limit as `sum` makes it. */
static int check_numbers(struct part p, uint32_t count, uint64_t limit, bool differences)
{
	uint64_t v, now = 0;

	for (uint32_t i = 0; i < count; i++) {
		if (!varint_get(&p.at, p.end, &v))
			return -EBADMSG;
		now = differences ? now + varint_unfold(v) : v;
		if (now >= limit)
			return -EBADMSG;
	}
	return p.at == p.end ? 0 : -EBADMSG;
}

static int check_runs(struct part p, uint32_t count)
{
	uint64_t length, difference, sum = 0;

	while (p.at < p.end) {
		if (!varint_get(&p.at, p.end, &length) || !varint_get(&p.at, p.end, &difference) || !length ||
		    length > count - sum)
			return -EBADMSG;
		sum += length;
	}
	return sum == count ? 0 : -EBADMSG;
}

static bool get_causes(struct part *p, struct loss *ret)
{
	uint64_t causes, count;

	memset(ret, 0, sizeof(*ret));
	if (!varint_get(&p->at, p->end, &causes) || causes > 256)
		return false;
	for (uint64_t i = 0; i < causes; i++) {
		if (!varint_get(&p->at, p->end, &count))
			return false;
		if (i < LOSS_COUNT)
			ret->by_cause[i] = count;
	}
	return true;
}

static bool get_loss(struct part *p, uint64_t *ret_at, uint64_t *ret_wall_ns, struct loss *ret)
{
	return varint_get(&p->at, p->end, ret_at) && varint_get(&p->at, p->end, ret_wall_ns) && get_causes(p, ret);
}

static int check_losses(struct part p, uint32_t checks)
{
	uint64_t at, before = 0, wall_ns;
	struct loss loss;

	while (p.at < p.end) {
		if (!get_loss(&p, &at, &wall_ns, &loss) || at < before || at > checks)
			return -EBADMSG;
		before = at;
	}
	return 0;
}

static const struct life_row *life_at(const struct unpack *u, uint32_t number)
{
	return &((const struct life_row *)(const void *)u->life_rows.data)[number];
}

/* In the order in which they are to be given. */
static int check_lives(const struct unpack *u, uint32_t checks)
{
	uint32_t at = 0, losses = 0;

	for (uint32_t i = 0; i < u->life_count; i++) {
		const struct life_row *row = life_at(u, i);

		if (row->at < at || row->at > checks || row->losses < losses || row->program > u->program_count ||
		    row->comm >= u->text_count || row->path >= u->text_count)
			return -EBADMSG;
		at = row->at;
		losses = row->losses;
	}
	return 0;
}

static const struct resolved_row *resolved_at(const struct unpack *u, uint32_t number)
{
	return &((const struct resolved_row *)(const void *)u->resolved_rows.data)[number];
}

static int check_resolved(const struct unpack *u, uint32_t checks)
{
	uint32_t before = 0;

	for (uint32_t i = 0; i < u->resolved_count; i++) {
		const struct resolved_row *row = resolved_at(u, i);

		if (row->at < before || row->at > checks || row->workload >= u->workload_count)
			return -EBADMSG;
		before = row->at;
	}
	return 0;
}

static int read_checks(struct unpack *u, uint32_t checks)
{
	int err = check_numbers(u->section[SECTION_TIMES], checks, UINT64_MAX, false);

	err = err ?: check_numbers(u->section[SECTION_TASK_OF], checks, u->task_count, true);
	err = err ?: check_numbers(u->section[SECTION_ASKED_OF], checks, u->asked_count, false);
	err = err ?: check_runs(u->section[SECTION_WALLS], checks);
	err = err ?: check_runs(u->section[SECTION_SEQS], checks);
	err = err ?: check_losses(u->section[SECTION_LOSSES], checks);
	err = err ?: check_resolved(u, checks);
	return err ?: check_lives(u, checks);
}

/* Names of functions are letters and digits: what else it may be is not shown. */
static int check_asked(const struct unpack *u)
{
	const struct asked_row *rows = (const void *)u->asked_rows.data;

	for (uint32_t i = 0; i < u->asked_count; i++) {
		const char *stack;

		if (rows[i].stack >= u->text_count || rows[i].outcome > OUTCOME_COUNT || rows[i].error < 0)
			return -EBADMSG;
		stack = text_at(u, rows[i].stack);
		if (stack && !text_is_safe(stack, strlen(stack)))
			return -EBADMSG;
	}
	return 0;
}

static int read_block(struct unpack *u, uint32_t checks)
{
	int err = find_sections(u);

	err = err ?: read_texts(u);
	err = err ?: read_table(u, SECTION_PROGRAMS, &rows_programs, &u->program_rows, &u->program_count);
	err = err ?: read_table(u, SECTION_NAMES, &rows_names, &u->name_rows, &u->name_count);
	err = err ?: read_table(u, SECTION_TASKS, &rows_tasks, &u->task_rows, &u->task_count);
	err = err ?: read_table(u, SECTION_ASKED, &rows_asked, &u->asked_rows, &u->asked_count);
	err = err ?: read_table(u, SECTION_LIVES, &rows_lives, &u->life_rows, &u->life_count);
	err = err ?: read_table(u, SECTION_WORKLOADS, &rows_workloads, &u->workload_rows, &u->workload_count);
	err = err ?: read_table(u, SECTION_RESOLVED, &rows_resolved, &u->resolved_rows, &u->resolved_count);
	err = err ?: make_workloads(u);
	err = err ?: make_programs(u);
	err = err ?: make_tasks(u);
	err = err ?: check_names(u);
	err = err ?: check_asked(u);
	return err ?: read_checks(u, checks);
}

/* The next loss or lifecycle event ends the run of checks before it. */
static void find_stop(struct unpack *u)
{
	struct part p = u->losses;
	uint64_t at;

	u->stop = p.at < p.end && varint_get(&p.at, p.end, &at) ? (uint32_t)at : u->checks;
	if (u->next_life < u->life_count && life_at(u, u->next_life)->at < u->stop)
		u->stop = life_at(u, u->next_life)->at;
	if (u->next_resolved < u->resolved_count && resolved_at(u, u->next_resolved)->at < u->stop)
		u->stop = resolved_at(u, u->next_resolved)->at;
}

static void rewind_to_start(struct unpack *u, uint32_t checks)
{
	u->next_name = u->next_program = u->check = u->task = 0;
	u->next_life = u->losses_given = u->next_resolved = 0;
	u->checks = checks;
	u->seq = u->wall_offset = 0;
	u->times = u->section[SECTION_TIMES];
	u->task_of = u->section[SECTION_TASK_OF];
	u->asked_of = u->section[SECTION_ASKED_OF];
	u->losses = u->section[SECTION_LOSSES];
	u->walls = (struct runs){ u->section[SECTION_WALLS], 0 };
	u->seqs = (struct runs){ u->section[SECTION_SEQS], 0 };
	u->record = (struct record){ .kind = EVENT_CHECK };
	find_stop(u);
}

/* ---- the account ----------------------------------------------------------------------------------------------- */

static int read_end(struct unpack *u)
{
	struct part p = { (const uint8_t *)u->raw.data, (const uint8_t *)u->raw.data + u->raw.len };
	struct account *a = &u->last.account;
	uint64_t bound, has_lifecycle, command;
	uint64_t *const numbers[] = {
		&u->last.wall_ns, &a->asked, &a->own, &a->outside, &a->hidden, &a->seen, &a->unread, &bound,
	};

	memset(&u->last, 0, sizeof(u->last));
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (!varint_get(&p.at, p.end, numbers[i]))
			return -EBADMSG;
	if (!get_causes(&p, &a->loss))
		return -EBADMSG;
	a->loss_is_bound = bound;
	/* What was recorded before there were such has no more. */
	if (varint_get(&p.at, p.end, &has_lifecycle) && varint_get(&p.at, p.end, &a->lifecycle))
		a->has_lifecycle = has_lifecycle;
	a->command_ended = varint_get(&p.at, p.end, &command) && command && command <= 256;
	a->command_status = a->command_ended ? (int)command - 1 : 0;
	u->last.kind = UNPACK_END;
	u->end = true;
	return 0;
}

static void forget(struct unpack *u)
{
	u->end = false;
	memset(u->section, 0, sizeof(u->section));
	u->name_count = u->program_count = u->life_count = u->resolved_count = 0;
	rewind_to_start(u, 0);
}

int unpack_head(struct unpack *u, const struct recording_block *block, struct recording_head *ret)
{
	struct buf why = BUF_INIT;
	struct recording_head head;
	int err;

	forget(u);
	if (block->kind != RECORDING_AGAIN || block->raw > RECORDING_HEAD + RECORDING_FACTS_MAX)
		return -EBADMSG;
	err = inflate_block(u, block);
	if (!err && (recording_read_head(u->raw.data, u->raw.len, &head, &why) || head.name != block->name))
		err = -EBADMSG;
	buf_done(&why);
	if (!err)
		*ret = head;
	return err;
}

int unpack_open(struct unpack *u, const struct recording_block *block)
{
	const uint32_t kind = block->kind;
	int err;

	forget(u);
	if (kind != RECORDING_CHECKS && kind != RECORDING_END)
		return 0;
	err = inflate_block(u, block);
	if (!err && kind == RECORDING_END)
		return read_end(u);
	err = err ?: read_block(u, block->checks);
	if (!err)
		rewind_to_start(u, block->checks);
	else
		u->name_count = u->program_count = u->life_count = u->resolved_count = 0;
	return err;
}

/* ---- giving it away -------------------------------------------------------------------------------------------- */

/* Numbers that were looked at before: they are all there. */
static uint64_t get(struct part *p)
{
	uint64_t v = 0;

	varint_get(&p->at, p->end, &v);
	return v;
}

static uint64_t step(struct runs *r)
{
	if (__builtin_expect(r->left, 1)) {
		r->left--;
		return 0;
	}
	r->left = get(&r->part) - 1;
	return varint_unfold(get(&r->part));
}

static void fill_asked(const struct unpack *u, const struct asked_row *row, struct record *ret)
{
	struct event_check *c = &ret->check;

	c->head.flags = row->flags;
	c->cap = row->cap;
	c->syscall = row->syscall;
	c->lsm_ret = row->lsm_ret;
	c->probe = (uint8_t)row->probe;
	ret->stack = text_at(u, row->stack);
	ret->argument = row->argument;
	ret->outcome = (uint8_t)(row->outcome ? row->outcome - 1 : 0);
	ret->error = row->error;
	ret->parts |= row->outcome ? RECORD_OUTCOME : 0;
}

struct record *unpack_check(struct unpack *u)
{
	const struct task_row *task_rows = (const void *)u->task_rows.data;
	struct record *r = &u->record;

	if (u->check == u->stop || u->next_program < u->program_count || u->next_name < u->name_count)
		return NULL;
	u->check++;
	u->task += (uint32_t)varint_unfold(get(&u->task_of));
	u->seq += step(&u->seqs) + 1;
	u->wall_offset += step(&u->walls);
	r->mono_ns += varint_unfold(get(&u->times));
	r->wall_ns = r->mono_ns + u->wall_offset;
	r->seq = u->seq;
	r->check = ((const struct event_check *)(const void *)u->tasks.data)[u->task];
	r->check.head.time = r->mono_ns;
	r->program = program_at(u, task_rows[u->task].program);
	r->parts = RECORD_CHECK | RECORD_WALL | (r->program ? RECORD_PROGRAM : 0);
	fill_asked(u, &((const struct asked_row *)(const void *)u->asked_rows.data)[get(&u->asked_of)], r);
	return r;
}

static void next_name(struct unpack *u, struct unpack_item *ret)
{
	const struct name_row *row = &((const struct name_row *)(const void *)u->name_rows.data)[u->next_name++];

	ret->kind = UNPACK_NAME;
	ret->name.kind = row->kind;
	ret->name.id = row->id;
	ret->name.text = text_at(u, row->text);
}

static void next_loss(struct unpack *u, struct unpack_item *ret)
{
	uint64_t at;

	ret->kind = UNPACK_LOST;
	get_loss(&u->losses, &at, &ret->wall_ns, &ret->lost);
	u->losses_given++;
	find_stop(u);
}

/* Only what comes before it was given already. */
static bool life_is_next(const struct unpack *u)
{
	const struct life_row *row;

	if (u->next_life == u->life_count)
		return false;
	row = life_at(u, u->next_life);
	return row->at <= u->check && (row->losses <= u->losses_given || u->losses.at == u->losses.end);
}

static void put_text(void *to, size_t size, const char *text)
{
	if (text)
		memcpy(to, text, strnlen(text, size));
}

static void fill_life(const struct unpack *u, const struct life_row *row, struct lifecycle *ret)
{
	const struct program none = { 0 }, *g = program_at(u, row->program) ?: &none;

	*ret = (struct lifecycle){
		.event = {
			.head = { sizeof(ret->event), EVENT_LIFECYCLE, row->flags, row->mono_ns },
			.program = row->id + g->id,
			.tgid = row->tgid + g->tgid,
			.tid = row->tid + row->tgid + g->tgid,
			.what = row->what,
			.syscall = (int32_t)row->syscall,
			.ret = (int64_t)row->ret,
			.asked = { row->asked[0], row->asked[1], row->asked[2] },
			.before = row->before,
			.after = row->after,
		},
		.file = row->file,
		.file_rootid = row->file_rootid,
		.file_permitted = row->file_permitted,
		.file_inheritable = row->file_inheritable,
	};
	put_text(ret->event.comm, sizeof(ret->event.comm), text_at(u, row->comm));
	put_text(ret->event.path, sizeof(ret->event.path), text_at(u, row->path));
}

static void next_life(struct unpack *u, struct unpack_item *ret)
{
	const struct life_row *row = life_at(u, u->next_life++);
	struct record *r = &u->life_record;

	fill_life(u, row, &u->life);
	lifecycle_record(&u->life, r);
	r->wall_ns = row->mono_ns + row->wall_offset;
	r->seq = row->seq;
	r->program = program_at(u, row->program);
	r->parts |= RECORD_WALL | (r->program ? RECORD_PROGRAM : 0);
	ret->kind = UNPACK_LIFECYCLE;
	ret->record = r;
	find_stop(u);
}

static bool resolved_is_next(const struct unpack *u)
{
	return u->next_resolved < u->resolved_count && resolved_at(u, u->next_resolved)->at == u->check;
}

static void next_resolved(struct unpack *u, struct unpack_item *ret)
{
	const struct resolved_row *row = resolved_at(u, u->next_resolved++);

	ret->kind = UNPACK_RESOLVED;
	ret->wall_ns = row->wall_ns;
	ret->workload = workload_at(u, row->workload);
	find_stop(u);
}

void unpack_next(struct unpack *u, struct unpack_item *ret)
{
	struct record *r;

	if (u->end) {
		u->end = false;
		*ret = u->last;
		return;
	}
	memset(ret, 0, sizeof(*ret));
	if (u->next_name < u->name_count) {
		next_name(u, ret);
	} else if (u->next_program < u->program_count) {
		ret->kind = UNPACK_PROGRAM;
		ret->program = program_at(u, ++u->next_program);
	} else if (resolved_is_next(u)) {
		next_resolved(u, ret);
	} else if (life_is_next(u)) {
		next_life(u, ret);
	} else if ((r = unpack_check(u))) {
		ret->kind = UNPACK_CHECK;
		ret->record = r;
	} else if (u->losses.at < u->losses.end) {
		next_loss(u, ret);
	}
}

struct unpack *unpack_new(void)
{
	struct unpack *u = calloc(1, sizeof(*u));

	if (!u)
		return NULL;
	u->zstd = ZSTD_createDCtx();
	if (!u->zstd) {
		memory_note();
		free(u);
		return NULL;
	}
	return u;
}

void unpack_free(struct unpack *u)
{
	if (!u)
		return;
	struct buf *const bufs[] = {
		&u->raw, &u->texts, &u->program_rows, &u->name_rows, &u->task_rows,
		&u->asked_rows, &u->life_rows, &u->workload_rows, &u->resolved_rows, &u->workloads,
		&u->programs, &u->tasks,
	};

	for (size_t i = 0; i < sizeof(bufs) / sizeof(bufs[0]); i++)
		buf_done(bufs[i]);
	ZSTD_freeDCtx(u->zstd);
	free(u);
}
