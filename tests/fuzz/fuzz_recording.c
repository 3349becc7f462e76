// SPDX-License-Identifier: BSD-2-Clause
/*
 * Whatever a recording holds, reading it never reads beyond it and never believes it. The first byte says what the rest is:
 * even, a file; odd, the inside of a block that no checksum protects, after the number of its checks.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "user/base/buf.h"
#include "user/model/lifecycle.h"
#include "user/model/pack.h"
#include "user/model/program.h"
#include "user/model/record.h"
#include "user/model/recording.h"
#include "user/model/unpack.h"
#include "user/model/workload.h"

static size_t touched;	/* so that nothing of this is left out */

static void touch(const char *text)
{
	touched += text ? strlen(text) : 0;
}

static void touch_workload(const struct workload *w)
{
	for (int i = 0; w && i < WORKLOAD_TEXTS; i++)
		touch(w->text[i]);
}

static void touch_program(const struct program *p)
{
	touch(p->exe);
	touch(p->cgroup);
	touch(p->unit);
	touch(p->slice);
	touch(p->session);
	touch(p->args);
	touch_workload(p->workload);
	assert(strlen(p->comm) <= EVENT_COMM);
	assert(p->serial);
}

static void touch_check(const struct record *r)
{
	assert(r->parts & RECORD_CHECK);
	assert(!(r->parts & RECORD_PROGRAM) == !r->program);
	if (r->program)
		touch_program(r->program);
	assert(record_comm_len(r) <= EVENT_COMM);
}

static void touch_lifecycle(const struct record *r)
{
	int number;

	assert(r->parts & RECORD_LIFE && r->life && !(r->parts & RECORD_CHECK));
	assert(record_comm_len(r) <= EVENT_COMM);
	if (r->program)
		touch_program(r->program);
	lifecycle_result(&r->life->event, &number);
}

static void touch_item(const struct unpack_item *item)
{
	if (item->kind == UNPACK_NAME)
		touch(item->name.text);
	if (item->kind == UNPACK_PROGRAM)
		touch_program(item->program);
	if (item->kind == UNPACK_RESOLVED)
		touch_workload(item->workload);
	if (item->kind == UNPACK_CHECK)
		touch_check(item->record);
	if (item->kind == UNPACK_LIFECYCLE)
		touch_lifecycle(item->record);
}

/* What was read can be written, and that be read: as many checks as before. */
static void read_block(struct unpack *u, const struct recording_block *block, struct pack *again)
{
	struct unpack_item item;
	struct record *r;
	uint32_t checks = 0;

	if (unpack_open(u, block))
		return;
	do {
		while ((r = unpack_check(u))) {
			touch_check(r);
			pack_check(again, r);
			checks++;
		}
		unpack_next(u, &item);
		touch_item(&item);
		checks += item.kind == UNPACK_CHECK;
		if (item.kind == UNPACK_PROGRAM)
			pack_program(again, item.program);
		if (item.kind == UNPACK_RESOLVED)
			pack_resolved(again, item.wall_ns, item.workload);
		if (item.kind == UNPACK_LIFECYCLE)
			pack_lifecycle(again, item.record);
		if (item.kind == UNPACK_LOST)
			pack_lost(again, item.wall_ns, &item.lost);
	} while (item.kind != UNPACK_NOTHING);
	assert(checks == (block->kind == RECORDING_CHECKS ? block->checks : 0));
}

static void write_again(struct pack *again, struct unpack *u)
{
	struct recording_block block;
	struct buf out = BUF_INIT;

	if (!pack_has_any(again))
		return;
	assert(!pack_block(again, &out));
	assert(recording_look(out.data, out.len, &block) == RECORDING_WHOLE);
	assert(!unpack_open(u, &block));
	buf_done(&out);
}

static void try_file(const uint8_t *data, size_t size, struct unpack *u, struct pack *again)
{
	struct buf why = BUF_INIT;
	struct recording_head head;
	size_t at = 0;

	if (!recording_read_head(data, size, &head, &why)) {
		assert(head.size <= size);
		at = head.size;
	} else {
		assert(why.len);
	}
	buf_done(&why);
	while (at < size) {
		struct recording_block block;

		if (recording_look(data + at, size - at, &block) == RECORDING_WHOLE) {
			assert(unpack_head(u, &block, &head) || head.name == block.name);
			read_block(u, &block, again);
			at += RECORDING_BLOCK + block.packed;
		} else {
			at += recording_skip(data + at, size - at);
		}
		assert(at <= size);
	}
}

static void try_inside(const uint8_t *data, size_t size, struct unpack *u, struct pack *again)
{
	struct recording_block block = { .kind = data[0] & 2 ? RECORDING_END : RECORDING_CHECKS, .raw = (uint32_t)(size - 3) };
	size_t room = ZSTD_compressBound(size);
	void *packed = malloc(room);

	assert(packed);
	block.checks = data[1] | data[2] << 8;
	block.packed = (uint32_t)ZSTD_compress(packed, room, data + 3, size - 3, -5);
	block.payload = packed;
	read_block(u, &block, again);
	free(packed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct unpack *u;
	struct pack *again;

	if (size < 1)
		return 0;
	if (!u)
		u = unpack_new();
	again = pack_new(1, &(struct pack_names){ NULL, NULL, NULL, false });
	assert(u && again);
	if (!(data[0] & 1))
		try_file(data + 1, size - 1, u, again);
	else if (size >= 3)
		try_inside(data, size, u, again);
	write_again(again, u);
	pack_free(again);
	return 0;
}
