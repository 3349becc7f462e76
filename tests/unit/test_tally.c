// SPDX-License-Identifier: BSD-2-Clause
#include "tests/unit/made.h"

#include "user/model/program.h"
#include "user/model/record.h"
#include "user/model/tally.h"

enum { ROWS = 8 };

static struct record made_record(uint64_t wall_ns)
{
	return (struct record){
		.parts = RECORD_CHECK | RECORD_WALL,
		.kind = EVENT_CHECK,
		.wall_ns = wall_ns,
		.check = made_check(),
	};
}

static struct tally_count made_count(uint64_t count, uint64_t first_ns, uint64_t last_ns)
{
	const struct event_check c = made_check();

	return (struct tally_count){
		.key = { c.program, c.tgid, c.cap, c.syscall, c.head.flags & COUNT_FLAGS },
		.count = count,
		.first_ns = first_ns,
		.last_ns = last_ns,
	};
}

struct seen {
	struct record at[ROWS];
	size_t rows;
};

static int note(void *ctx, const struct record *r)
{
	struct seen *s = ctx;

	assert_true(s->rows < ROWS);
	s->at[s->rows++] = *r;
	return 0;
}

static struct seen look(struct tally *t)
{
	struct seen s = {};

	assert_int_equal(tally_each(t, note, &s), 0);
	return s;
}

static void test_checks_of_a_kind_are_one_row(void **state)
{
	struct tally *t = tally_new(ROWS);
	struct seen s;

	(void)state;
	for (uint64_t i = 0; i < 5; i++) {
		struct record r = made_record(1000 + i);

		r.check.tid += (uint32_t)i;	/* whoever asked: not part of the kind */
		r.check.uid += (uint32_t)i;
		assert_int_equal(tally_add(t, &r), 0);
	}
	s = look(t);
	assert_int_equal(s.rows, 1);
	assert_int_equal(s.at[0].count, 5);
	assert_int_equal(s.at[0].first_ns, 1000);
	assert_int_equal(s.at[0].wall_ns, 1004);
	assert_int_equal(s.at[0].parts, RECORD_CHECK | RECORD_WALL | RECORD_COUNT);
	assert_int_equal(s.at[0].check.uid, made_check().uid);
	tally_free(t);
}

/* Each part of the key on its own makes another row. */
static void test_kinds(void **state)
{
	struct tally *t = tally_new(ROWS);
	struct record r[6];

	(void)state;
	for (int i = 0; i < 6; i++)
		r[i] = made_record(1000);
	r[1].check.program++;
	r[2].check.cap++;
	r[3].check.syscall++;
	r[4].check.head.flags ^= CHECK_DENIED;
	r[5].check.head.flags ^= CHECK_NOAUDIT;
	for (int i = 0; i < 6; i++)
		assert_int_equal(tally_add(t, &r[i]), 0);
	assert_int_equal(tally_rows(t), 6);
	tally_free(t);
}

static void test_counts_and_checks_meet(void **state)
{
	struct tally_count c = made_count(99, 1500, 3000), more = made_count(900, 0, 2000);
	struct tally *t = tally_new(ROWS);
	struct record r = made_record(1000);
	struct seen s;

	(void)state;
	assert_int_equal(tally_add(t, &r), 0);
	assert_int_equal(tally_add_count(t, &c), 0);
	assert_int_equal(tally_add_count(t, &more), 0);
	s = look(t);
	assert_int_equal(s.rows, 1);
	assert_int_equal(s.at[0].count, 1000);
	assert_int_equal(s.at[0].first_ns, 1000);
	assert_int_equal(s.at[0].wall_ns, 3000);
	assert_int_equal(s.at[0].check.uid, r.check.uid);
	tally_free(t);
}

/* Of a count whose first check was lost only the key and the program are known. */
static void test_a_count_alone(void **state)
{
	struct tally_count c = made_count(7, 0, 3000);
	const struct program p = { .id = 99, .tgid = 4242, .comm = "nginx", .exe = (char *)"/usr/sbin/nginx" };
	struct tally *t = tally_new(ROWS);
	struct seen s;

	(void)state;
	assert_int_equal(tally_add_count(t, &c), 0);
	c.program = &p;
	c.last_ns = 0;
	assert_int_equal(tally_add_count(t, &c), 0);
	s = look(t);
	assert_int_equal(s.rows, 1);
	assert_int_equal(s.at[0].count, 14);
	assert_int_equal(s.at[0].first_ns, 3000);
	assert_int_equal(s.at[0].wall_ns, 3000);
	assert_true(s.at[0].check.head.flags & CHECK_IDS_UNKNOWN);
	assert_non_null(s.at[0].program);
	assert_ptr_not_equal(s.at[0].program, &p);
	assert_string_equal(s.at[0].program->exe, "/usr/sbin/nginx");
	tally_free(t);
}

static void test_a_clock_that_is_slow(void **state)
{
	struct tally_count c = made_count(3, 2000, 1900);
	struct tally *t = tally_new(ROWS);
	struct seen s;

	(void)state;
	assert_int_equal(tally_add_count(t, &c), 0);
	s = look(t);
	assert_int_equal(s.at[0].first_ns, 2000);
	assert_int_equal(s.at[0].wall_ns, 2000);
	tally_free(t);
}

static void test_the_greatest_first(void **state)
{
	struct tally *t = tally_new(ROWS);
	struct seen s;

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct tally_count c = made_count(i == 2 ? 50 : 10, 1000 - (uint64_t)i, 2000);

		c.key.cap = i;
		assert_int_equal(tally_add_count(t, &c), 0);
	}
	s = look(t);
	assert_int_equal(s.rows, 4);
	assert_int_equal(s.at[0].check.cap, 2);
	/* then the one that was first */
	assert_int_equal(s.at[1].check.cap, 3);
	assert_int_equal(s.at[2].check.cap, 1);
	assert_int_equal(s.at[3].check.cap, 0);
	tally_free(t);
}

/* What finds no row is counted, and what has one goes on. */
static void test_no_room(void **state)
{
	struct tally *t = tally_new(2);
	uint64_t shown = 0;
	struct seen s;

	(void)state;
	for (int i = 0; i < 5; i++) {
		struct tally_count c = made_count(10, 1000, 2000);

		c.key.cap = i;
		assert_int_equal(tally_add_count(t, &c), 0);
		assert_int_equal(tally_add_count(t, &c), 0);
	}
	s = look(t);
	for (size_t i = 0; i < s.rows; i++)
		shown += s.at[i].count;
	assert_int_equal(s.rows, 2);
	assert_int_equal(shown, 40);
	assert_int_equal(tally_rest(t), 60);
	tally_clear(t);
	assert_int_equal(tally_rows(t) + tally_rest(t), 0);
	assert_int_equal(look(t).rows, 0);
	tally_free(t);
}

static int refuse(void *ctx, const struct record *r)
{
	(void)r;
	++*(int *)ctx;
	return -5;
}

static void test_it_ends_where_nobody_listens(void **state)
{
	struct tally *t = tally_new(ROWS);
	int calls = 0;

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct tally_count c = made_count(1, 1, 1);

		c.key.cap = i;
		assert_int_equal(tally_add_count(t, &c), 0);
	}
	assert_int_equal(tally_each(t, refuse, &calls), -5);
	assert_int_equal(calls, 1);
	tally_free(t);
	tally_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_checks_of_a_kind_are_one_row),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_counts_and_checks_meet),
		cmocka_unit_test(test_a_count_alone),
		cmocka_unit_test(test_a_clock_that_is_slow),
		cmocka_unit_test(test_the_greatest_first),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_it_ends_where_nobody_listens),
	};

	return cmocka_run_group_tests_name("tally", tests, NULL, NULL);
}
