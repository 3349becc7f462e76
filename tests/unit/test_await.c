/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/made.h"

#include <errno.h>
#include <time.h>

#include "user/base/clock.h"
#include "user/base/out.h"
#include "user/caps/site.h"
#include "user/model/outcome.h"
#include "user/model/program.h"
#include "user/model/record.h"
#include "user/model/workload.h"
#include "user/sink/await.h"
#include "user/sink/sink.h"

/* Keeps what it is given, as a string of thread ids and outcomes. */
struct listener {
	struct sink sink;
	struct out out;
	struct buf heard;
	int fail_at;	/* the check of this thread cannot be written */
};

static int on_start(struct sink *s, const struct sink_start *start)
{
	(void)s, (void)start;
	return 0;
}

static int on_check(struct sink *s, const struct record *r)
{
	struct listener *l = (struct listener *)s;
	char made[OUTCOME_WORD_MAX];
	const char *word = r->parts & RECORD_OUTCOME ? outcome_word(r->outcome, r->error, made) : "?";

	if (l->fail_at && r->check.tid == (uint32_t)l->fail_at)
		return -EIO;
	buf_printf(&l->heard, "%u:%s", r->check.tid, word ? word : "-");
	if (r->program)
		buf_printf(&l->heard, ":%s", r->program->exe);
	if (r->site && r->site->name)
		buf_printf(&l->heard, ":%.*s", (int)r->site->name_len, r->site->name);
	buf_putc(&l->heard, ' ');
	return 0;
}

static int on_lost(struct sink *s, uint64_t wall_ns, const struct loss *grown)
{
	(void)s, (void)wall_ns, (void)grown;
	return 0;
}

static int on_stop(struct sink *s, uint64_t wall_ns, const struct account *account)
{
	(void)wall_ns, (void)account;
	buf_puts(&((struct listener *)s)->heard, "stop");
	return 0;
}

static int on_resolved(struct sink *s, uint64_t wall_ns, const struct workload *w)
{
	(void)wall_ns;
	buf_printf(&((struct listener *)s)->heard, "%s ", w->text[WORKLOAD_NAME]);
	return 0;
}

static void on_free(struct sink *s)
{
	(void)s;
}

static const struct sink_ops ops = {
	.start = on_start, .check = on_check, .lost = on_lost, .stop = on_stop, .free = on_free,
	.resolved = on_resolved,
};

static struct sink *make(struct listener *l)
{
	struct sink *s;

	*l = (struct listener){ .sink = { .ops = &ops }, .heard = BUF_INIT };
	out_init(&l->out, -1, false);
	l->sink.out = &l->out;
	assert_int_equal(await_new(&l->sink, AWAIT_NS, &s), 0);
	return s;
}

static void done(struct sink *s, struct listener *l)
{
	s->ops->free(s);
	buf_done(&l->heard);
}

static struct record check_of(uint32_t tid, bool waits, uint64_t time)
{
	struct record r = { .parts = RECORD_CHECK, .check = made_check(), .mono_ns = time };

	r.check.tid = tid;
	r.check.head.time = time;
	r.check.head.flags = CHECK_SYSCALL_KNOWN | (waits ? CHECK_OUTCOME : 0);
	return r;
}

static void put(struct sink *s, uint32_t tid, bool waits, uint64_t time)
{
	struct record r = check_of(tid, waits, time);

	assert_int_equal(s->ops->check(s, &r), 0);
}

static void end(struct sink *s, uint32_t tid, uint64_t since, int64_t ret)
{
	const struct event_outcome e = {
		.head = { .flags = OUTCOME_SEEN }, .since = since, .tgid = tid, .tid = tid, .ret = ret,
	};

	assert_int_equal(s->ops->outcome(s, &e), 0);
}

static void only_what_will_be_told_waits_and_order_is_kept(void **state)
{
	struct listener l;
	struct sink *s = make(&l);

	(void)state;
	put(s, 1, false, 10);
	assert_string_equal(buf_str(&l.heard), "1:? ");
	put(s, 2, true, 20);
	put(s, 3, false, 30);
	put(s, 4, true, 40);
	assert_string_equal(buf_str(&l.heard), "1:? ");
	end(s, 4, 40, 0);
	assert_string_equal(buf_str(&l.heard), "1:? ");
	end(s, 2, 20, -EPERM);
	assert_string_equal(buf_str(&l.heard), "1:? 2:EPERM 3:? 4:ok ");
	done(s, &l);
}

/* Two checks in one call; one of a call before, whose end was not told. */
/* Also where whoever told it keeps it no longer. */
static void what_is_known_of_a_workload_keeps_its_place(void **state)
{
	struct workload *w = workload_copy(&(struct workload){ .kind = WORKLOAD_CONTAINER });
	struct listener l;
	struct sink *s = make(&l);

	(void)state;
	assert_int_equal(workload_set(w, WORKLOAD_NAME, "web", 3), 0);
	assert_int_equal(s->ops->resolved(s, 1, w), 0);
	assert_string_equal(buf_str(&l.heard), "web ");
	put(s, 1, true, 10);
	assert_int_equal(s->ops->resolved(s, 1, w), 0);
	workload_unref(w);
	put(s, 2, false, 20);
	assert_string_equal(buf_str(&l.heard), "web ");
	end(s, 1, 10, -EPERM);
	assert_string_equal(buf_str(&l.heard), "web 1:EPERM web 2:? ");
	w = workload_copy(&(struct workload){ .kind = WORKLOAD_CONTAINER });
	put(s, 3, true, 30);
	assert_int_equal(s->ops->resolved(s, 1, w), 0);
	workload_unref(w);
	done(s, &l);
}

static void an_outcome_is_of_its_call(void **state)
{
	struct listener l;
	struct sink *s = make(&l);

	(void)state;
	put(s, 2, true, 10);
	put(s, 2, true, 20);
	put(s, 2, true, 21);
	end(s, 2, 20, -EACCES);
	assert_string_equal(buf_str(&l.heard), "2:? 2:EACCES 2:EACCES ");
	done(s, &l);
}

static void nobody_waits_for_long(void **state)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);
	struct listener l;
	struct sink *s = make(&l);

	(void)state;
	put(s, 1, true, now - 2000000000ULL);
	put(s, 2, true, now);
	assert_int_equal(s->ops->flush(s), 0);
	assert_string_equal(buf_str(&l.heard), "1:? ");
	assert_int_equal(s->ops->stop(s, 0, NULL), 0);
	assert_string_equal(buf_str(&l.heard), "1:? 2:? stop");
	done(s, &l);
}

static void no_more_than_there_is_room_for(void **state)
{
	struct listener l;
	struct sink *s = make(&l);

	(void)state;
	for (uint32_t i = 0; i < 1500; i++)
		put(s, 5, true, 100 + i);
	end(s, 5, 100, 0);
	put(s, 6, false, 5000);
	assert_int_equal(strlen(buf_str(&l.heard)), 476 * 4 + 1024 * 5 + 4);
	done(s, &l);
}

/* The program and the stack that a record points to are gone when it is handed on. */
static void what_is_borrowed_is_kept(void **state)
{
	char exe[] = "/bin/a", stack[] = "capable path_mount";
	struct program p = { .serial = 1, .exe = exe };
	struct site site = { .stack = stack, .name = stack + 8, .name_len = 10 };
	struct record r = check_of(7, true, 10);
	struct listener l;
	struct sink *s = make(&l);

	(void)state;
	r.program = &p;
	r.parts |= RECORD_PROGRAM;
	r.stack = stack;
	r.site = &site;
	assert_int_equal(s->ops->check(s, &r), 0);
	assert_int_equal(s->ops->check(s, &r), 0);
	memset(stack, 'x', 18);
	memset(exe, 'y', 6);
	p.serial = 2;
	assert_int_equal(s->ops->check(s, &r), 0);
	end(s, 7, 10, -EPERM);
	assert_string_equal(buf_str(&l.heard),
			    "7:EPERM:/bin/a:path_mount 7:EPERM:/bin/a:path_mount 7:EPERM:yyyyyy:xxxxxxxxxx ");
	done(s, &l);
}

static void an_error_is_told(void **state)
{
	struct record r = check_of(9, false, 10);
	struct listener l;
	struct sink *s = make(&l);

	(void)state;
	l.fail_at = 9;
	assert_int_equal(s->ops->check(s, &r), -EIO);
	r = check_of(9, true, 20);
	assert_int_equal(s->ops->check(s, &r), 0);
	assert_int_equal(s->ops->stop(s, 0, NULL), -EIO);
	put(s, 8, true, 30);
	done(s, &l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_will_be_told_waits_and_order_is_kept),
		cmocka_unit_test(what_is_known_of_a_workload_keeps_its_place),
		cmocka_unit_test(an_outcome_is_of_its_call),
		cmocka_unit_test(nobody_waits_for_long),
		cmocka_unit_test(no_more_than_there_is_room_for),
		cmocka_unit_test(what_is_borrowed_is_kept),
		cmocka_unit_test(an_error_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
