/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/made.h"

#include <errno.h>
#include <stdio.h>

#include "user/base/buf.h"
#include "user/caps/site.h"
#include "user/flow/pending.h"
#include "user/model/lifecycle.h"
#include "user/model/outcome.h"
#include "user/model/program.h"
#include "user/model/record.h"
#include "user/model/tally.h"
#include "user/model/workload.h"

#define PATIENCE 1000

/* Whoever has a name is meant if that is `web`; who has none and is resolved is not. Without a workload nothing is known. */
struct listener {
	struct pending *pending;
	struct buf heard;
	uint32_t fail_at;	/* the check of this thread ends it */
};

static enum where_answer ask(void *ctx, const struct pending_item *i)
{
	const struct workload *w = i->program ? i->program->workload : NULL;

	(void)ctx;
	if (!w)
		return WHERE_UNKNOWN;
	if (w->text[WORKLOAD_NAME])
		return strcmp(w->text[WORKLOAD_NAME], "web") ? WHERE_NO : WHERE_YES;
	return w->kind == WORKLOAD_SLICE ? WHERE_NO : WHERE_UNKNOWN;
}

static void tell(struct listener *l, const struct pending_item *i)
{
	const struct workload *w = i->program ? i->program->workload : NULL;

	switch (i->kind) {
	case PENDING_CHECK:
		buf_printf(&l->heard, "%u", i->record->check.tid);
		break;
	case PENDING_LIFECYCLE:
		buf_printf(&l->heard, "life%u", i->record->life->event.tid);
		break;
	case PENDING_PROGRAM:
		buf_printf(&l->heard, "program%u", i->program->tgid);
		break;
	case PENDING_COUNT:
		buf_printf(&l->heard, "%llux%s", (unsigned long long)i->count->count, i->count->program ? i->count->program->exe : "?");
		break;
	case PENDING_OUTCOME:
		buf_printf(&l->heard, "end%u", i->outcome->tid);
		break;
	case PENDING_RESOLVED:
		buf_printf(&l->heard, "=%s@%llu", i->workload->text[WORKLOAD_NAME], (unsigned long long)i->wall_ns);
	}
	if (w && w->text[WORKLOAD_NAME] && i->kind == PENDING_CHECK)
		buf_printf(&l->heard, ":%s", w->text[WORKLOAD_NAME]);
}

static int pass(void *ctx, const struct pending_item *i)
{
	struct listener *l = ctx;

	tell(l, i);
	buf_putc(&l->heard, ' ');
	return l->fail_at && i->kind == PENDING_CHECK && i->record->check.tid == l->fail_at ? -ECANCELED : 0;
}

static void refuse(void *ctx, const struct pending_item *i, bool untold)
{
	struct listener *l = ctx;

	buf_puts(&l->heard, untold ? "?" : "-");
	tell(l, i);
	buf_putc(&l->heard, ' ');
}

static void begin(struct listener *l, size_t max, size_t max_bytes)
{
	const struct pending_config config = { max, max_bytes, PATIENCE, l, ask, pass, refuse };

	*l = (struct listener){ .heard = BUF_INIT };
	l->pending = pending_new(&config);
	assert_non_null(l->pending);
}

static void end(struct listener *l)
{
	pending_free(l->pending);
	buf_done(&l->heard);
}

/* What was heard since the last time is this. */
static void heard(struct listener *l, const char *what)
{
	assert_string_equal(buf_str(&l->heard), what);
	buf_clear(&l->heard);
}

static struct workload *workload(uint64_t cgroup, const char *path, const char *name, uint32_t flags)
{
	static uint64_t serial;
	struct workload *w = workload_copy(&(struct workload){ .serial = ++serial, .cgroup_id = cgroup,
							       .kind = WORKLOAD_CONTAINER, .flags = flags });

	assert_non_null(w);
	assert_int_equal(workload_set(w, WORKLOAD_PATH, path, strlen(path)), 0);
	if (name)
		assert_int_equal(workload_set(w, WORKLOAD_NAME, name, strlen(name)), 0);
	return w;
}

/* A program of process `tgid` in cgroup /c<cgroup>; everything of it is the caller's. */
static struct program program(uint32_t tgid, uint64_t cgroup, const char *name)
{
	static uint64_t serial;
	struct program p = { .serial = ++serial, .tgid = tgid, .id = tgid, .cgroup_id = cgroup };
	char path[32];

	snprintf(path, sizeof(path), "/c%llu", (unsigned long long)cgroup);
	p.cgroup = strdup(path);
	p.exe = strdup("/bin/a");
	p.workload = workload(cgroup, path, name, name ? WORKLOAD_RESOLVED : 0);
	return p;
}

static int put_of(struct listener *l, uint32_t tid, struct program *p, bool waits, uint64_t now)
{
	struct record r = { .parts = RECORD_CHECK | RECORD_PROGRAM, .check = made_check(), .program = p };
	const struct pending_item i = { .kind = PENDING_CHECK, .record = &r, .program = p };

	r.check.tid = tid;
	return pending_put(l->pending, &i, waits, now);
}

/* A check in a cgroup without a name, which waits, or in one that is meant. Nothing that it borrows lives on. */
static void put(struct listener *l, uint32_t tid, uint64_t cgroup, bool waits, uint64_t now)
{
	struct program p = program(tid, cgroup, waits ? NULL : "web");

	assert_int_equal(put_of(l, tid, &p, waits, now), 0);
	program_done(&p);
}

static void resolve(struct listener *l, uint64_t cgroup, const char *name, uint32_t flags, uint64_t now)
{
	char path[32];
	struct workload *w;

	snprintf(path, sizeof(path), "/c%llu", (unsigned long long)cgroup);
	w = workload(cgroup, path, name, flags);
	assert_int_equal(pending_resolved(l->pending, w, now), 0);
	workload_unref(w);
}

static void what_is_undecided_is_shown_or_left_out_in_its_turn(void **state)
{
	struct pending_stats s;
	struct listener l;

	(void)state;
	begin(&l, 100, 1 << 20);
	put(&l, 1, 7, true, 10);
	put(&l, 2, 1, false, 11);
	put(&l, 3, 8, true, 12);
	put(&l, 4, 9, true, 13);
	put(&l, 5, 7, true, 14);
	put(&l, 6, 1, false, 15);
	heard(&l, "");
	assert_true(pending_any(l.pending) && pending_waits(l.pending));
	/* In the middle: nothing may go before the first. */
	resolve(&l, 8, "web", WORKLOAD_RESOLVED, 20);
	heard(&l, "");
	resolve(&l, 7, "web", WORKLOAD_RESOLVED, 40);
	heard(&l, "1:web 2:web 3:web ");
	resolve(&l, 9, "db", WORKLOAD_RESOLVED, 50);
	heard(&l, "-4:db 5:web 6:web ");
	assert_false(pending_any(l.pending));
	pending_stats(l.pending, &s);
	assert_int_equal(s.waited, 4);
	assert_int_equal(s.longest_ns, 37);
	assert_int_equal(s.most, 6);
	assert_int_equal(s.ahead, 0);
	end(&l);
}

/* An answer that is not the last one leaves it waiting; one that is and does not tell it, is the end of that. */
static void the_last_answer_decides(void **state)
{
	struct listener l;

	(void)state;
	begin(&l, 100, 1 << 20);
	put(&l, 1, 7, true, 10);
	resolve(&l, 7, NULL, 0, 20);
	heard(&l, "");
	resolve(&l, 7, NULL, WORKLOAD_RESOLVED, 30);
	heard(&l, "?1 ");
	/* Another cgroup at the same path, or the same number elsewhere. */
	put(&l, 2, 7, true, 40);
	struct workload *w = workload(8, "/c7", "web", WORKLOAD_RESOLVED);

	assert_int_equal(pending_resolved(l.pending, w, 50), 0);
	workload_unref(w);
	w = workload(7, "/c8", "web", WORKLOAD_RESOLVED);
	assert_int_equal(pending_resolved(l.pending, w, 50), 0);
	workload_unref(w);
	heard(&l, "");
	end(&l);
}

static void all_kinds_keep_their_places(void **state)
{
	const struct event_outcome outcome = { .tid = 3 };
	struct program p = program(3, 7, NULL), *q = &p;
	const struct tally_count count = { .count = 12, .program = q }, unknown = { .count = 2 };
	struct lifecycle life = { .event = { .tid = 4 } };
	struct record r = { .parts = RECORD_LIFE, .life = &life, .program = q };
	struct workload *w = workload(9, "/c9", "db", WORKLOAD_RESOLVED);
	const struct pending_item items[] = {
		{ .kind = PENDING_PROGRAM, .program = q },
		{ .kind = PENDING_LIFECYCLE, .record = &r, .program = q },
		{ .kind = PENDING_COUNT, .count = &count, .program = q },
		{ .kind = PENDING_COUNT, .count = &unknown },
		{ .kind = PENDING_OUTCOME, .outcome = &outcome },
		{ .kind = PENDING_RESOLVED, .workload = w, .wall_ns = 77 },
	};
	struct listener l;

	(void)state;
	begin(&l, 100, 1 << 20);
	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++)
		assert_int_equal(pending_put(l.pending, &items[i], i < 3, 10), 0);
	workload_unref(w);
	program_done(&p);
	memset(&life, 0x55, sizeof(life));
	heard(&l, "");
	resolve(&l, 7, "web", WORKLOAD_RESOLVED, 20);
	heard(&l, "program3 life4 12x/bin/a 2x? end3 =db@77 ");
	end(&l);
}

static void nobody_waits_for_longer_than_that(void **state)
{
	struct listener l;

	(void)state;
	begin(&l, 100, 1 << 20);
	put(&l, 1, 7, true, 5000);
	put(&l, 2, 1, false, 5100);
	put(&l, 3, 8, true, 5200);
	put(&l, 4, 1, false, 5300);
	assert_int_equal(pending_expire(l.pending, 5000 + PATIENCE - 1), 0);
	heard(&l, "");
	assert_int_equal(pending_expire(l.pending, 5000 + PATIENCE), 0);
	heard(&l, "?1 2:web ");
	assert_int_equal(pending_expire(l.pending, 5200 + PATIENCE), 0);
	heard(&l, "?3 4:web ");
	end(&l);
}

static void at_the_end_nothing_waits(void **state)
{
	struct listener l;

	(void)state;
	begin(&l, 100, 1 << 20);
	put(&l, 1, 7, true, 5000);
	put(&l, 2, 1, false, 5100);
	put(&l, 3, 8, true, 5200);
	assert_int_equal(pending_end(l.pending, 5300), 0);
	heard(&l, "?1 ?3 2:web ");
	assert_false(pending_any(l.pending));
	/* What is still there when it is freed is let go (a sanitizer looks). */
	put(&l, 4, 7, true, 5000);
	end(&l);
}

/* Whom it ends at has been shown; the others are where they were. */
static void whoever_takes_it_may_end_it(void **state)
{
	struct workload *w = workload(7, "/c7", "web", WORKLOAD_RESOLVED);
	struct listener l;

	(void)state;
	begin(&l, 100, 1 << 20);
	for (uint32_t tid = 1; tid <= 4; tid++)
		put(&l, tid, 7, true, 10);
	l.fail_at = 2;
	assert_int_equal(pending_resolved(l.pending, w, 20), -ECANCELED);
	heard(&l, "1:web 2:web ");
	workload_unref(w);
	assert_int_equal(pending_end(l.pending, 30), 0);
	heard(&l, "3:web 4:web ");
	end(&l);
}

/* Where there is no more room: what is decided goes ahead, and only then the oldest is given up. */
static void no_more_than_there_is_room_for(void **state)
{
	struct pending_stats s;
	struct listener l;

	(void)state;
	begin(&l, 8, 1 << 20);
	put(&l, 1, 7, true, 10);
	for (uint32_t tid = 2; tid <= 8; tid++)
		put(&l, tid, 1, false, 10);
	heard(&l, "");
	put(&l, 9, 1, false, 10);
	heard(&l, "2:web 3:web 4:web 5:web 6:web 7:web 8:web ");
	resolve(&l, 7, "web", WORKLOAD_RESOLVED, 20);
	heard(&l, "1:web 9:web ");

	for (uint32_t tid = 1; tid <= 8; tid++)
		put(&l, tid, 7, true, 10);
	put(&l, 9, 1, false, 10);
	heard(&l, "9:web ");
	put(&l, 10, 7, true, 10);
	heard(&l, "?1 ");
	put(&l, 11, 7, true, 10);
	heard(&l, "?2 ");
	resolve(&l, 7, "web", WORKLOAD_RESOLVED, 20);
	heard(&l, "3:web 4:web 5:web 6:web 7:web 8:web 10:web 11:web ");
	pending_stats(l.pending, &s);
	assert_int_equal(s.most, 8);
	assert_int_equal(s.ahead, 8);
	end(&l);
}

/* Each with a program and a stack of its own. */
static void no_more_memory_than_that(void **state)
{
	char *stack = malloc(20000);
	struct pending_stats s;
	struct listener l;

	(void)state;
	assert_non_null(stack);
	memset(stack, 'x', 19999);
	stack[19999] = '\0';
	begin(&l, 100000, 1 << 20);
	for (uint32_t tid = 1; tid <= 1000; tid++) {
		struct program p = program(tid, 7, NULL);
		struct record r = { .check = { .tid = tid }, .program = &p, .stack = stack };
		const struct pending_item i = { .kind = PENDING_CHECK, .record = &r, .program = &p };

		assert_int_equal(pending_put(l.pending, &i, true, 10), 0);
		program_done(&p);
	}
	pending_stats(l.pending, &s);
	assert_in_range(s.most, 40, 52);
	assert_in_range(s.most_bytes, 1 << 19, (1 << 20) + (128 << 10));
	assert_int_equal(pending_end(l.pending, 20), 0);
	assert_non_null(strstr(buf_str(&l.heard), "?1 ?2 "));
	assert_non_null(strstr(buf_str(&l.heard), "?999 ?1000 "));
	free(stack);
	end(&l);
}

/* Of one program many share a copy, which becomes better for all; whoever keeps texts by serials sees another one. */
static void programs_are_shared(void **state)
{
	struct program p = program(3, 7, NULL);
	struct pending_stats s;
	struct listener l;

	(void)state;
	begin(&l, 100000, 4 << 20);
	for (uint32_t tid = 1; tid <= 1000; tid++)
		assert_int_equal(put_of(&l, tid, &p, true, 10), 0);
	program_done(&p);
	pending_stats(l.pending, &s);
	assert_in_range(s.most_bytes, 1, 1 << 20);
	resolve(&l, 7, "web", WORKLOAD_RESOLVED, 20);
	assert_int_equal(strncmp(buf_str(&l.heard), "1:web 2:web ", 12), 0);
	assert_int_equal(l.heard.len, 9 * 6 + 90 * 7 + 900 * 8 + 9);
	end(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_undecided_is_shown_or_left_out_in_its_turn),
		cmocka_unit_test(the_last_answer_decides),
		cmocka_unit_test(all_kinds_keep_their_places),
		cmocka_unit_test(nobody_waits_for_longer_than_that),
		cmocka_unit_test(at_the_end_nothing_waits),
		cmocka_unit_test(whoever_takes_it_may_end_it),
		cmocka_unit_test(no_more_than_there_is_room_for),
		cmocka_unit_test(no_more_memory_than_that),
		cmocka_unit_test(programs_are_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
