// SPDX-License-Identifier: BSD-2-Clause
#include "tests/unit/made.h"

#include "user/model/board.h"
#include "user/model/program.h"

enum { ITEMS = 8, SECOND = 1000000000 };

static struct record made_record(uint32_t tgid)
{
	struct record r = { .parts = RECORD_CHECK | RECORD_WALL, .kind = EVENT_CHECK, .wall_ns = 5, .check = made_check() };

	r.check.tgid = tgid;
	return r;
}

static void add(struct board *b, uint32_t tgid, uint64_t count)
{
	struct record r = made_record(tgid);

	r.parts |= RECORD_COUNT;
	r.count = count;
	assert_int_equal(board_add(b, &r, &(struct board_note){ .user = "web" }), 0);
}

struct seen {
	struct board_item at[ITEMS];
	size_t count;
};

static void note(void *ctx, const struct board_item *i)
{
	struct seen *s = ctx;

	assert_true(s->count < ITEMS);
	s->at[s->count++] = *i;
}

static struct seen look(const struct board *b)
{
	struct seen s = { 0 };

	board_each(b, note, &s);
	return s;
}

static void test_nothing_is_seen_before_a_turn(void **state)
{
	struct board *b = board_new(ITEMS);
	struct seen s;

	(void)state;
	add(b, 1, 3);
	assert_int_equal(look(b).count, 0);
	board_turn(b, SECOND);
	add(b, 1, 4);
	s = look(b);
	assert_int_equal(s.count, 1);
	assert_int_equal(s.at[0].total, 3);
	assert_int_equal(s.at[0].now, 3);
	assert_string_equal(s.at[0].user, "web");
	board_turn(b, SECOND);
	s = look(b);
	assert_int_equal(s.at[0].total, 7);
	assert_int_equal(s.at[0].now, 4);
	board_turn(b, SECOND);
	assert_int_equal(look(b).at[0].now, 0);
	board_free(b);
}

static void test_a_verdict_and_a_site_are_items_of_their_own(void **state)
{
	struct board *b = board_new(ITEMS);
	const struct board_note none = { 0 }, at = { .site_known = true, .class = 1, .site = "a_function b", .site_len = 10 };
	struct record r = made_record(1);
	struct seen s;

	(void)state;
	assert_int_equal(board_add(b, &r, &none), 0);
	r.check.head.flags &= ~CHECK_DENIED;
	assert_int_equal(board_add(b, &r, &none), 0);
	assert_int_equal(board_add(b, &r, &at), 0);
	assert_int_equal(board_add(b, &r, &at), 0);
	board_turn(b, SECOND);
	s = look(b);
	assert_int_equal(s.count, 3);
	assert_true(s.at[2].site_known);
	assert_string_equal(s.at[2].site, "a_function");
	assert_int_equal(s.at[2].total, 2);
	board_free(b);
}

static void test_rates_of_the_last_minute(void **state)
{
	struct board *b = board_new(ITEMS);
	struct board_sums sums;

	(void)state;
	for (int i = 1; i <= BOARD_PAST + 2; i++) {
		add(b, 1, (uint64_t)i);
		board_turn(b, SECOND / 2);
		add(b, 1, (uint64_t)i);
		board_turn(b, SECOND / 2);
	}
	board_sums(b, &sums);
	assert_int_equal(sums.pasts, BOARD_PAST);
	assert_true(sums.past[BOARD_PAST - 1] == 2.0 * (BOARD_PAST + 2));
	assert_true(sums.past[0] == 2.0 * 3);
	assert_int_equal(sums.now, BOARD_PAST + 2);
	assert_int_equal(sums.took_ns, SECOND / 2);
	/* Of a second that has just begun, its rate until now. */
	add(b, 1, 5);
	board_turn(b, SECOND / 10);
	board_sums(b, &sums);
	assert_true(sums.past[BOARD_PAST - 1] > 49.9 && sums.past[BOARD_PAST - 1] < 50.1);
	assert_true(sums.past[BOARD_PAST - 2] == 2.0 * (BOARD_PAST + 2));
	/* A long interval is many seconds, and an hour no more than a minute. */
	add(b, 1, 40);
	board_turn(b, 4ULL * SECOND);
	board_sums(b, &sums);
	assert_true(sums.past[BOARD_PAST - 3] > 9.9 && sums.past[BOARD_PAST - 3] < 10.1);
	board_turn(b, 3600ULL * SECOND);
	board_sums(b, &sums);
	assert_true(sums.past[0] < 0.001);
	board_free(b);
}

static uint64_t shown(const struct board *b)
{
	struct seen s = look(b);
	uint64_t sum = 0;

	for (size_t i = 0; i < s.count; i++)
		sum += s.at[i].total;
	return sum;
}

/* Whatever finds no room, and whatever makes some: it is counted. */
static void test_the_quietest_make_room(void **state)
{
	struct board *b = board_new(ITEMS);
	struct board_sums sums;
	uint64_t asked = 0;

	(void)state;
	for (uint32_t tgid = 1; tgid <= ITEMS + 2; tgid++, asked++)
		add(b, tgid, 1);
	board_sums(b, &sums);
	assert_int_equal(sums.rest, 2);
	board_turn(b, SECOND);
	assert_int_equal(look(b).count, ITEMS);
	add(b, 1, 1);
	asked++;
	board_turn(b, SECOND);
	board_sums(b, &sums);
	assert_true(sums.items < ITEMS);
	assert_int_equal(sums.gone, ITEMS - sums.items);
	assert_int_equal(shown(b) + sums.gone + sums.rest, asked);
	board_free(b);
}

static void test_a_program_is_kept_as_long_as_its_items(void **state)
{
	struct board *b = board_new(2);
	struct program *p = calloc(1, sizeof(*p));
	struct record r = made_record(1);

	(void)state;
	*p = (struct program){ .id = 99, .tgid = 1, .exe = strdup("/usr/sbin/nginx") };
	r.program = p;
	assert_int_equal(board_add(b, &r, &(struct board_note){ 0 }), 0);
	program_done(p);
	free(p);
	board_turn(b, SECOND);
	assert_string_equal(look(b).at[0].record.program->exe, "/usr/sbin/nginx");
	add(b, 2, 1);
	for (int i = 0; i < BOARD_PAST + 1; i++) {
		add(b, 2, 1);
		board_turn(b, SECOND);
	}
	assert_int_equal(look(b).count, 1);
	board_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_seen_before_a_turn),
		cmocka_unit_test(test_a_verdict_and_a_site_are_items_of_their_own),
		cmocka_unit_test(test_rates_of_the_last_minute),
		cmocka_unit_test(test_the_quietest_make_room),
		cmocka_unit_test(test_a_program_is_kept_as_long_as_its_items),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
