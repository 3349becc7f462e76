// SPDX-License-Identifier: BSD-2-Clause
/* What goes into a recording comes out of it, and what is wrong with one is found. */
#include "tests/unit/made.h"

#include <errno.h>

#include "user/base/buf.h"
#include "user/model/lifecycle.h"
#include "user/model/loss.h"
#include "user/model/pack.h"
#include "user/model/program.h"
#include "user/model/record.h"
#include "user/model/recording.h"
#include "user/model/rows.h"
#include "user/model/unpack.h"
#include "user/model/workload.h"

static const struct recording_facts facts = {
	.host = "web", .kernel = "6.18.5", .machine = "x86_64", .host_id = "7f3", .boot_id = "91c", .probe = "tp_btf",
	.writer = "0.1.0", .wall_ns = 1795311383123456789, .mono_ns = 5000, .run = 0xabc, .has = RECORDING_ARGS,
};

/* ---- heads ------------------------------------------------------------------------------------------------------ */

static void a_head_reads_back(void **state)
{
	struct buf b = BUF_INIT, why = BUF_INIT;
	struct recording_head head;
	uint32_t name;

	(void)state;
	recording_put_head(&b, &facts, &name);
	assert_int_equal(recording_read_head(b.data, b.len, &head, &why), 0);
	assert_memory_equal(&head.facts, &facts, sizeof(facts));
	assert_int_equal(head.size, b.len);
	assert_int_equal(head.name, name);
	assert_false(head.closed);
	memcpy(b.data + RECORDING_STATE_AT, &(uint32_t){ RECORDING_CLOSED }, 4);
	assert_int_equal(recording_read_head(b.data, b.len, &head, &why), 0);
	assert_true(head.closed);
	buf_done(&b);
	buf_done(&why);
}

static void assert_refused(const char *data, size_t len, int error, const char *words)
{
	struct buf why = BUF_INIT;
	struct recording_head head;
	void *copy = made_copy(data, len);

	assert_int_equal(recording_read_head(copy, len, &head, &why), error);
	if (!strstr(buf_str(&why), words))
		fail_msg("%zu bytes: '%s' is not about '%s'", len, buf_str(&why), words);
	free(copy);
	buf_done(&why);
}

static void what_is_no_head(void **state)
{
	static const char text[] = "#!/bin/sh\necho this is another program's file\n";
	struct buf b = BUF_INIT;
	uint32_t name;

	(void)state;
	recording_put_head(&b, &facts, &name);
	assert_refused("", 0, -EBADMSG, "empty");
	assert_refused(text, sizeof(text), -EBADMSG, "no recording");
	assert_refused(text, 3, -EBADMSG, "no recording");
	for (size_t n = 1; n < b.len; n++)
		assert_refused(b.data, n, -EBADMSG, n < RECORDING_HEAD ? "cut off" : "damaged head");
	for (size_t i = RECORDING_HEAD; i < b.len; i++) {
		b.data[i] ^= 0x20;
		assert_refused(b.data, b.len, -EBADMSG, "damaged head");
		b.data[i] ^= 0x20;
	}
	buf_done(&b);
}

static void heads_of_others(void **state)
{
	struct buf b = BUF_INIT;
	uint32_t name;
	char swap[4];

	(void)state;
	recording_put_head(&b, &facts, &name);
	b.data[12]++;
	assert_refused(b.data, b.len, -ENOTSUP, "version 2; this capsieve reads up to version 1");
	b.data[12]--;
	for (int i = 0; i < 4; i++)
		swap[i] = b.data[8 + 3 - i];
	memcpy(b.data + 8, swap, 4);
	assert_refused(b.data, b.len, -ENOTSUP, "byte order");
	buf_done(&b);
}

/* A fact of a later version is passed over. */
static void facts_of_a_later_version(void **state)
{
	struct recording_facts cut = facts;
	struct recording_head head;
	struct buf b = BUF_INIT, why = BUF_INIT;
	uint32_t name;

	(void)state;
	memset(cut.host, 'h', sizeof(cut.host));	/* no NUL at all */
	recording_put_head(&b, &cut, &name);
	assert_int_equal(recording_read_head(b.data, b.len, &head, &why), 0);
	assert_int_equal(strlen(head.facts.host), sizeof(head.facts.host) - 1);
	buf_done(&b);
	buf_done(&why);
}

/* ---- blocks ----------------------------------------------------------------------------------------------------- */

static const char *user_name(void *ctx, uint32_t uid)
{
	++*(int *)ctx;
	return uid == 1000 ? "anna" : NULL;
}

static struct program program_one(void)
{
	return (struct program){
		.id = 99, .serial = 7, .flags = PROGRAM_EXEC | PROGRAM_EXE_KNOWN, .tgid = 4242, .ppid = 4001,
		.ns_pid = 17, .uid = 1000, .euid = 1001, .gid = 100, .egid = 101, .login_uid = (uint32_t)-1,
		.userns = 4026531837, .pidns = 4026531836, .mntns = 4026531841, .netns = 4026531840,
		.cgroup_id = 1ULL << 63, .inheritable = 1, .permitted = UINT64_MAX, .effective = 4, .bounding = 8,
		.ambient = 16, .comm = "nginx", .exe = (char *)"/usr/sbin/nginx", .cgroup = (char *)"/a/nginx.service",
		.unit = (char *)"nginx.service", .slice = NULL, .session = (char *)"", .args = (char *)"nginx -g x",
	};
}

static struct record record_one(uint64_t seq, const struct program *p)
{
	struct record r = {
		.parts = RECORD_CHECK | RECORD_WALL | (p ? RECORD_PROGRAM : 0),
		.kind = EVENT_CHECK,
		.mono_ns = 1000000 + seq * 1000,
		.wall_ns = 1795311383123456789 + seq * 1000,
		.seq = seq,
		.check = made_check(),
		.program = p,
	};

	r.check.head.time = r.mono_ns;
	return r;
}

struct made_pack {
	struct pack *pack;
	struct buf out;
	int asked;
};

static void open_pack(struct made_pack *m)
{
	*m = (struct made_pack){ .out = BUF_INIT };
	m->pack = pack_new(0x1234, &(struct pack_names){ user_name, NULL, &m->asked, false });
	assert_non_null(m->pack);
}

static void close_pack(struct made_pack *m)
{
	pack_free(m->pack);
	buf_done(&m->out);
}

static struct unpack *open_block(const struct made_pack *m, size_t at, size_t *ret_size)
{
	struct unpack *u = unpack_new();
	struct recording_block block;

	assert_non_null(u);
	assert_int_equal(recording_look(m->out.data + at, m->out.len - at, &block), RECORDING_WHOLE);
	assert_int_equal(block.name, 0x1234);
	assert_int_equal(unpack_open(u, &block), 0);
	*ret_size = RECORDING_BLOCK + block.packed;
	return u;
}

static void assert_same_text(const char *a, const char *b)
{
	assert_int_equal(!a, !b);
	if (a)
		assert_string_equal(a, b);
}

#define SAME(field) assert_int_equal(a->field, b->field)

static void assert_same_program(const struct program *a, const struct program *b)
{
	SAME(id), SAME(flags), SAME(tgid), SAME(ppid), SAME(ns_pid), SAME(uid), SAME(euid), SAME(gid), SAME(egid);
	SAME(login_uid), SAME(userns), SAME(pidns), SAME(mntns), SAME(netns), SAME(cgroup_id), SAME(inheritable);
	SAME(permitted), SAME(effective), SAME(bounding), SAME(ambient);
	assert_memory_equal(a->comm, b->comm, sizeof(a->comm));
	assert_same_text(a->exe, b->exe);
	assert_same_text(a->cgroup, b->cgroup);
	assert_same_text(a->unit, b->unit);
	assert_same_text(a->slice, b->slice);
	assert_same_text(a->session, b->session);
	assert_same_text(a->args, b->args);
}

static void assert_next_check(struct unpack *u, const struct record *want)
{
	struct unpack_item item;

	unpack_next(u, &item);
	assert_int_equal(item.kind, UNPACK_CHECK);
	assert_memory_equal(&item.record->check, &want->check, sizeof(want->check));
	assert_int_equal(item.record->parts, want->parts);
	assert_int_equal(item.record->mono_ns, want->mono_ns);
	assert_int_equal(item.record->wall_ns, want->wall_ns);
	assert_int_equal(item.record->seq, want->seq);
	assert_int_equal(!item.record->program, !want->program);
	if (want->program)
		assert_same_program(item.record->program, want->program);
}

static void everything_comes_back(void **state)
{
	const struct loss lost = { { 1, 0, 3 } };
	struct program p = program_one();
	struct record a = record_one(1, &p), b = record_one(2, &p), c = record_one(9, NULL);
	struct unpack_item item;
	struct made_pack m;
	struct unpack *u;
	size_t size;

	(void)state;
	open_pack(&m);
	b.mono_ns -= 5000;	/* another CPU was faster */
	b.check.head.time = b.mono_ns;
	b.wall_ns = b.mono_ns + 12345;	/* somebody set the clock */
	b.check.head.flags = 0;
	b.check.cap = -1;
	b.check.syscall = INT32_MIN;
	c.check.uid = UINT32_MAX;
	c.check.effective = UINT64_MAX;
	c.check.program = UINT64_MAX;
	memset(c.check.comm, 'x', sizeof(c.check.comm));
	assert_false(pack_has_any(m.pack));
	assert_int_equal(pack_program(m.pack, &p), 0);
	assert_true(pack_has_any(m.pack));
	assert_int_equal(pack_check(m.pack, &a), 0);
	assert_int_equal(pack_check(m.pack, &b), 0);
	assert_int_equal(pack_lost(m.pack, 777, &lost), 0);
	assert_int_equal(pack_check(m.pack, &c), 0);
	assert_false(pack_is_full(m.pack));
	assert_int_equal(pack_block(m.pack, &m.out), 0);
	assert_int_equal(m.asked, 2);

	u = open_block(&m, 0, &size);
	assert_int_equal(size, m.out.len);
	unpack_next(u, &item);
	assert_int_equal(item.kind, UNPACK_NAME);
	assert_int_equal(item.name.kind, NAME_USER);
	assert_int_equal(item.name.id, 1000);
	assert_string_equal(item.name.text, "anna");
	unpack_next(u, &item);
	assert_int_equal(item.kind, UNPACK_NAME);
	assert_null(item.name.text);
	assert_null(unpack_check(u));
	unpack_next(u, &item);
	assert_int_equal(item.kind, UNPACK_PROGRAM);
	assert_same_program(item.program, &p);
	assert_next_check(u, &a);
	assert_next_check(u, &b);
	assert_null(unpack_check(u));
	unpack_next(u, &item);
	assert_int_equal(item.kind, UNPACK_LOST);
	assert_int_equal(item.wall_ns, 777);
	assert_memory_equal(&item.lost, &lost, sizeof(lost));
	assert_next_check(u, &c);
	unpack_next(u, &item);
	assert_int_equal(item.kind, UNPACK_NOTHING);
	unpack_free(u);
	close_pack(&m);
}

static struct record life_one(struct lifecycle *l, uint64_t seq, const struct program *p)
{
	struct record r;

	*l = (struct lifecycle){ .event = made_lifecycle() };
	l->event.head.time += seq;
	lifecycle_record(l, &r);
	r.wall_ns = 1795311383123456789 + seq;
	r.seq = seq;
	r.program = p;
	r.parts |= RECORD_WALL | (p ? RECORD_PROGRAM : 0);
	return r;
}

static void assert_next_life(struct unpack *u, const struct record *want)
{
	struct unpack_item item;

	assert_null(unpack_check(u));
	unpack_next(u, &item);
	assert_int_equal(item.kind, UNPACK_LIFECYCLE);
	assert_memory_equal(&item.record->life->event, &want->life->event, sizeof(want->life->event));
	assert_int_equal(item.record->life->file, want->life->file);
	assert_int_equal(item.record->life->file_rootid, want->life->file_rootid);
	assert_int_equal(item.record->life->file_permitted, want->life->file_permitted);
	assert_int_equal(item.record->life->file_inheritable, want->life->file_inheritable);
	assert_memory_equal(&item.record->check, &want->check, sizeof(want->check));
	assert_int_equal(item.record->parts, want->parts);
	assert_int_equal(item.record->mono_ns, want->mono_ns);
	assert_int_equal(item.record->wall_ns, want->wall_ns);
	assert_int_equal(item.record->seq, want->seq);
	assert_int_equal(!item.record->program, !want->program);
}

static void assert_next_kind(struct unpack *u, enum unpack_kind kind)
{
	struct unpack_item item;

	unpack_next(u, &item);
	assert_int_equal(item.kind, kind);
}

/* Every number of an event at its greatest, and texts that fill their fields. */
static void fill_to_the_brim(struct lifecycle *l)
{
	uint64_t time = l->event.head.time;

	memset(l, 0xff, sizeof(*l));
	l->event.head = (struct event_head){ sizeof(l->event), EVENT_LIFECYCLE, UINT32_MAX, time };
	l->event.what = LIFE_EXEC;
	memset(l->event.comm, 'c', sizeof(l->event.comm));
	memset(l->event.path, 'p', sizeof(l->event.path));
}

static void lifecycle_events_come_back_in_their_place(void **state)
{
	const struct loss lost = { { 1 } };
	struct program p = program_one();
	struct record a = record_one(1, &p), b = record_one(2, NULL), life[4];
	struct lifecycle l[4];
	struct made_pack m;
	struct unpack *u;
	size_t size;

	(void)state;
	open_pack(&m);
	for (int i = 0; i < 4; i++)
		life[i] = life_one(&l[i], (uint64_t)i + 1, i & 1 ? NULL : &p);
	fill_to_the_brim(&l[3]);
	life[3].check.head.flags = 0;
	lifecycle_record(&l[3], &life[3]);
	life[3].wall_ns = 5, life[3].seq = 4, life[3].parts |= RECORD_WALL;
	assert_int_equal(pack_lifecycle(m.pack, &life[0]), 0);
	assert_true(pack_has_any(m.pack));
	assert_int_equal(pack_check(m.pack, &a), 0);
	assert_int_equal(pack_lifecycle(m.pack, &life[1]), 0);
	assert_int_equal(pack_lost(m.pack, 777, &lost), 0);
	assert_int_equal(pack_lifecycle(m.pack, &life[2]), 0);
	assert_int_equal(pack_check(m.pack, &b), 0);
	assert_int_equal(pack_lifecycle(m.pack, &life[3]), 0);
	assert_int_equal(pack_block(m.pack, &m.out), 0);
	assert_false(pack_has_any(m.pack));

	u = open_block(&m, 0, &size);
	assert_next_kind(u, UNPACK_NAME);
	assert_next_kind(u, UNPACK_NAME);
	assert_next_kind(u, UNPACK_PROGRAM);
	assert_next_life(u, &life[0]);
	assert_next_check(u, &a);
	assert_next_life(u, &life[1]);
	assert_next_kind(u, UNPACK_LOST);
	assert_next_life(u, &life[2]);
	assert_next_check(u, &b);
	assert_next_life(u, &life[3]);
	assert_next_kind(u, UNPACK_NOTHING);
	unpack_free(u);
	close_pack(&m);
}

/* The second block has all that its checks need, and says how many came before. */
/* As it was known when its programs were met, then what was found out, and that between the same checks. */
static void workloads_come_back_and_are_resolved_in_their_place(void **state)
{
	struct workload was = { .serial = 1, .cgroup_id = 7, .kind = WORKLOAD_CONTAINER, .engine = ENGINE_DOCKER,
				.text = { [WORKLOAD_PATH] = "/docker/x", [WORKLOAD_ID] = "x" } };
	struct workload now = { .serial = 2, .cgroup_id = 7, .kind = WORKLOAD_POD, .engine = ENGINE_CRIO, .owner = 9,
				.flags = WORKLOAD_VERIFIED | WORKLOAD_RESOLVED,
				.granted = { GRANTED_BUNDLE, 1, 2, 3, 4, 5 } };
	struct program before = program_one(), after;
	struct unpack_item item;
	struct record r;
	struct made_pack m;
	struct unpack *u;
	size_t size;

	(void)state;
	for (int i = 0; i < WORKLOAD_TEXTS; i++)
		now.text[i] = (char *)workload_text_name((uint32_t)i);
	before.workload = &was;
	after = before;
	after.serial = before.serial + 1;
	after.workload = &now;
	open_pack(&m);
	r = record_one(1, &before);
	assert_int_equal(pack_check(m.pack, &r), 0);
	assert_int_equal(pack_resolved(m.pack, 77, &now), 0);
	r = record_one(2, &after);
	assert_int_equal(pack_check(m.pack, &r), 0);
	assert_int_equal(pack_block(m.pack, &m.out), 0);

	u = open_block(&m, 0, &size);
	do
		unpack_next(u, &item);
	while (item.kind == UNPACK_NAME || item.kind == UNPACK_PROGRAM);
	assert_int_equal(item.kind, UNPACK_CHECK);
	assert_true(workload_same(record_workload(item.record), &was));
	unpack_next(u, &item);
	assert_int_equal(item.kind, UNPACK_RESOLVED);
	assert_int_equal(item.wall_ns, 77);
	assert_true(workload_same(item.workload, &now));
	unpack_next(u, &item);
	assert_int_equal(item.kind, UNPACK_CHECK);
	assert_true(workload_same(record_workload(item.record), &now));
	unpack_next(u, &item);
	assert_int_equal(item.kind, UNPACK_NOTHING);
	unpack_free(u);
	close_pack(&m);
}

static void blocks_stand_alone(void **state)
{
	struct program p = program_one();
	struct record a = record_one(1, &p), b = record_one(2, &p);
	struct recording_block block;
	struct unpack_item item;
	struct made_pack m;
	struct unpack *u;
	size_t first, size;

	(void)state;
	open_pack(&m);
	assert_int_equal(pack_check(m.pack, &a), 0);
	assert_int_equal(pack_block(m.pack, &m.out), 0);
	first = m.out.len;
	assert_int_equal(pack_check(m.pack, &b), 0);
	assert_int_equal(pack_block(m.pack, &m.out), 0);
	assert_int_equal(m.asked, 2);
	assert_int_equal(recording_look(m.out.data + first, m.out.len - first, &block), RECORDING_WHOLE);
	assert_int_equal(block.number, 1);
	assert_int_equal(block.before, 1);
	u = open_block(&m, first, &size);
	unpack_next(u, &item);
	assert_int_equal(item.kind, UNPACK_NAME);
	unpack_next(u, &item);
	assert_int_equal(item.kind, UNPACK_PROGRAM);
	assert_next_check(u, &b);
	unpack_free(u);
	close_pack(&m);
}

static void the_end_has_the_account(void **state)
{
	const struct account a = {
		.asked = 100,
		.own = 20,
		.outside = 30,
		.hidden = 40,
		.seen = 5,
		.unread = 2,
		.loss = { { 1, 0, 0, 0, 2 } },
		.loss_is_bound = true,
		.command_ended = true,
		.command_status = 143,
	};
	struct unpack_item item;
	struct made_pack m;
	struct unpack *u;
	size_t size;

	(void)state;
	open_pack(&m);
	assert_int_equal(pack_end(m.pack, 4711, &a, &m.out), 0);
	u = open_block(&m, 0, &size);
	unpack_next(u, &item);
	assert_int_equal(item.kind, UNPACK_END);
	assert_int_equal(item.wall_ns, 4711);
	assert_int_equal(item.account.asked, a.asked);
	assert_int_equal(item.account.own, a.own);
	assert_int_equal(item.account.outside, a.outside);
	assert_int_equal(item.account.hidden, a.hidden);
	assert_int_equal(item.account.seen, a.seen);
	assert_int_equal(item.account.unread, a.unread);
	assert_memory_equal(&item.account.loss, &a.loss, sizeof(a.loss));
	assert_true(item.account.loss_is_bound);
	assert_true(item.account.command_ended);
	assert_int_equal(item.account.command_status, a.command_status);
	unpack_next(u, &item);
	assert_int_equal(item.kind, UNPACK_NOTHING);
	unpack_free(u);
	close_pack(&m);
}

static void many_fill_a_block(void **state)
{
	struct program p = program_one();
	struct made_pack m;
	struct unpack *u;
	uint64_t n = 0;
	size_t size;

	(void)state;
	open_pack(&m);
	while (!pack_is_full(m.pack)) {
		struct record r = record_one(n + 1, (n + 1) % 3 ? &p : NULL);

		r.check.tid = (uint32_t)(++n % 5000);
		assert_int_equal(pack_check(m.pack, &r), 0);
	}
	assert_int_equal(pack_block(m.pack, &m.out), 0);
	u = open_block(&m, 0, &size);
	assert_true(size < 12 * n);
	for (uint64_t i = 1; i <= n; i++) {
		struct record r = record_one(i, i % 3 ? &p : NULL), *got;
		struct unpack_item item;

		while (!(got = unpack_check(u)) && i == 1)
			unpack_next(u, &item);
		r.check.tid = (uint32_t)(i % 5000);
		assert_non_null(got);
		assert_memory_equal(&got->check, &r.check, sizeof(r.check));
		assert_int_equal(got->wall_ns, r.wall_ns);
		assert_int_equal(got->seq, i);
	}
	assert_null(unpack_check(u));
	unpack_free(u);
	close_pack(&m);
}

/* A command line stands in a recording as a terminal may have it; one that does not was put there. */
static void command_lines_are_escaped(void **state)
{
	static const char *const bad[] = { "ls \033[2J", "a\nb", "\xff", "\xe2\x80\xae" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct program p = program_one();
		struct recording_block block;
		struct made_pack m;
		struct unpack *u = unpack_new();

		p.args = (char *)bad[i];
		open_pack(&m);
		assert_int_equal(pack_program(m.pack, &p), 0);
		assert_int_equal(pack_block(m.pack, &m.out), 0);
		assert_int_equal(recording_look(m.out.data, m.out.len, &block), RECORDING_WHOLE);
		assert_int_equal(unpack_open(u, &block), -EBADMSG);
		assert_null(unpack_check(u));
		unpack_free(u);
		close_pack(&m);
	}
}

/* ---- damage ----------------------------------------------------------------------------------------------------- */

static void made_blocks(struct made_pack *m)
{
	struct program p = program_one();

	open_pack(m);
	for (uint64_t i = 1; i <= 3; i++) {
		struct record r = record_one(i, &p);

		assert_int_equal(pack_check(m->pack, &r), 0);
		assert_int_equal(pack_block(m->pack, &m->out), 0);
	}
}

/* Each bit of a block counts. */
static void a_changed_bit_is_found(void **state)
{
	struct recording_block block;
	struct made_pack m;
	size_t size;

	(void)state;
	made_blocks(&m);
	assert_int_equal(recording_look(m.out.data, m.out.len, &block), RECORDING_WHOLE);
	size = RECORDING_BLOCK + block.packed;
	for (size_t i = 0; i < size * 8; i++) {
		m.out.data[i / 8] ^= 1 << i % 8;
		assert_int_equal(recording_look(m.out.data, m.out.len, &block), RECORDING_NONE);
		m.out.data[i / 8] ^= 1 << i % 8;
	}
	close_pack(&m);
}

static void a_cut_block_wants_more(void **state)
{
	struct recording_block block;
	struct made_pack m;
	size_t size;

	(void)state;
	made_blocks(&m);
	assert_int_equal(recording_look(m.out.data, m.out.len, &block), RECORDING_WHOLE);
	size = RECORDING_BLOCK + block.packed;
	for (size_t n = 1; n < size; n++) {
		void *copy = made_copy(m.out.data, n);

		assert_int_equal(recording_look(copy, n, &block), RECORDING_SHORT);
		assert_int_equal(block.packed, n < RECORDING_BLOCK ? 0 : size - RECORDING_BLOCK);
		free(copy);
	}
	close_pack(&m);
}

/* From anywhere inside the first block the way leads to the second. */
static void the_next_block_is_found(void **state)
{
	struct recording_block block;
	struct made_pack m;
	size_t size;

	(void)state;
	made_blocks(&m);
	recording_look(m.out.data, m.out.len, &block);
	size = RECORDING_BLOCK + block.packed;
	for (size_t from = 1; from <= size; from++) {
		size_t at = from;

		while (recording_look(m.out.data + at, m.out.len - at, &block) != RECORDING_WHOLE)
			at += recording_skip(m.out.data + at, m.out.len - at);
		assert_int_equal(at, size);
		assert_int_equal(block.number, 1);
	}
	close_pack(&m);
}

/* The head stands again in a block of its own, and only there. */
static void a_head_is_read_from_its_block(void **state)
{
	struct unpack *u = unpack_new();
	struct recording_block block;
	struct unpack_item item;
	struct recording_head head;
	struct made_pack m;
	struct buf bytes = BUF_INIT;
	uint32_t name;
	size_t at;

	(void)state;
	assert_non_null(u);
	recording_put_head(&bytes, &facts, &name);
	open_pack(&m);
	pack_free(m.pack);
	m.pack = pack_new(name, &(struct pack_names){ user_name, NULL, &m.asked, false });
	assert_non_null(m.pack);
	assert_int_equal(pack_again(m.pack, bytes.data, bytes.len, &m.out), 0);
	at = m.out.len;
	assert_int_equal(pack_again(m.pack, bytes.data, bytes.len - 1, &m.out), 0);
	assert_int_equal(recording_look(m.out.data, m.out.len, &block), RECORDING_WHOLE);
	assert_int_equal(block.kind, RECORDING_AGAIN);
	assert_int_equal(unpack_head(u, &block, &head), 0);
	assert_memory_equal(&head.facts, &facts, sizeof(facts));
	assert_int_equal(head.name, name);
	/* who reads what was recorded passes it over */
	assert_int_equal(unpack_open(u, &block), 0);
	unpack_next(u, &item);
	assert_int_equal(item.kind, UNPACK_NOTHING);
	block.name++;
	assert_int_equal(unpack_head(u, &block, &head), -EBADMSG);
	block.name--;
	block.kind = RECORDING_CHECKS;
	assert_int_equal(unpack_head(u, &block, &head), -EBADMSG);
	block.kind = RECORDING_AGAIN;
	block.raw = RECORDING_HEAD + RECORDING_FACTS_MAX + 1;
	assert_int_equal(unpack_head(u, &block, &head), -EBADMSG);
	assert_int_equal(recording_look(m.out.data + at, m.out.len - at, &block), RECORDING_WHOLE);
	assert_int_equal(unpack_head(u, &block, &head), -EBADMSG);
	buf_done(&bytes);
	unpack_free(u);
	close_pack(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_head_reads_back),
		cmocka_unit_test(what_is_no_head),
		cmocka_unit_test(heads_of_others),
		cmocka_unit_test(facts_of_a_later_version),
		cmocka_unit_test(everything_comes_back),
		cmocka_unit_test(lifecycle_events_come_back_in_their_place),
		cmocka_unit_test(workloads_come_back_and_are_resolved_in_their_place),
		cmocka_unit_test(blocks_stand_alone),
		cmocka_unit_test(the_end_has_the_account),
		cmocka_unit_test(many_fill_a_block),
		cmocka_unit_test(command_lines_are_escaped),
		cmocka_unit_test(a_head_is_read_from_its_block),
		cmocka_unit_test(a_changed_bit_is_found),
		cmocka_unit_test(a_cut_block_wants_more),
		cmocka_unit_test(the_next_block_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
