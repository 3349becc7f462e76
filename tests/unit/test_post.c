// SPDX-License-Identifier: BSD-2-Clause
#include "tests/unit/made.h"

#include "user/host/users.h"
#include "user/sink/post.h"

#define HOUR_NS 3600000000000ULL

struct seen {
	struct board *board;
	struct users *users;
	struct sink *sink;
	unsigned int tables, most;	/* most: so many are enough; 0: they never are */
	bool paused;
};

static void on_start(void *ctx, const struct sink_start *start)
{
	(void)ctx;
	(void)start;
}

static int on_turn(void *ctx, const struct post_told *told)
{
	struct seen *s = ctx;

	(void)told;
	return ++s->tables == s->most ? SINK_ENOUGH : 0;
}

static void begin(struct seen *s, uint64_t interval_ns, bool replayed)
{
	const struct post_config config = {
		.board = s->board = board_new(10),
		.users = s->users = users_new_told(),
		.start = on_start,
		.turn = on_turn,
		.ctx = s,
		.interval_ns = interval_ns,
		.replayed = replayed,
		.paused = &s->paused,
	};

	assert_int_equal(post_new(NULL, &config, &s->sink), 0);
	assert_int_equal(s->sink->ops->start(s->sink, &(struct sink_start){ 0 }), 0);
}

static void end(struct seen *s)
{
	assert_int_equal(s->sink->ops->stop(s->sink, 0, &(struct account){ 0 }), 0);
	s->sink->ops->free(s->sink);
	board_free(s->board);
	users_free(s->users);
}

static void test_rest_that_is_short(void **state)
{
	struct seen s = { 0 };

	(void)state;
	begin(&s, HOUR_NS, false);
	assert_int_equal(s.sink->ops->turn(s.sink), 0);
	end(&s);
	assert_int_equal(s.tables, 1);
}

static void test_rest_that_is_none(void **state)
{
	struct seen s = { 0 };

	(void)state;
	begin(&s, 1, false);
	assert_int_equal(s.sink->ops->turn(s.sink), 0);
	end(&s);
	assert_int_equal(s.tables, 2);
}

static void test_only_a_rest(void **state)
{
	struct seen s = { 0 };

	(void)state;
	begin(&s, HOUR_NS, false);
	end(&s);
	assert_int_equal(s.tables, 1);
}

static void test_end_of_a_recording(void **state)
{
	struct seen s = { 0 };

	(void)state;
	begin(&s, HOUR_NS, true);
	assert_int_equal(s.sink->ops->turn(s.sink), 0);
	end(&s);
	assert_int_equal(s.tables, 2);
}

static void test_enough(void **state)
{
	struct seen s = { .most = 2 };

	(void)state;
	begin(&s, 1, true);
	assert_int_equal(s.sink->ops->turn(s.sink), 0);
	assert_int_equal(s.sink->ops->turn(s.sink), SINK_ENOUGH);
	end(&s);
	assert_int_equal(s.tables, 2);
}

static void test_enough_at_the_end(void **state)
{
	struct seen s = { .most = 1 };

	(void)state;
	begin(&s, HOUR_NS, true);
	end(&s);
	assert_int_equal(s.tables, 1);
}

static void test_paused(void **state)
{
	struct seen s = { .paused = true };
	struct board_sums sums;

	(void)state;
	begin(&s, 1, false);
	assert_int_equal(s.sink->ops->turn(s.sink), 0);
	board_sums(s.board, &sums);
	assert_int_equal(sums.took_ns, 0);
	end(&s);
	assert_int_equal(s.tables, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rest_that_is_short), cmocka_unit_test(test_rest_that_is_none),
		cmocka_unit_test(test_only_a_rest),	   cmocka_unit_test(test_end_of_a_recording),
		cmocka_unit_test(test_enough),		   cmocka_unit_test(test_enough_at_the_end),
		cmocka_unit_test(test_paused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
