// SPDX-License-Identifier: BSD-2-Clause
#include "tests/unit/made.h"

#include "user/caps/site.h"
#include "user/host/users.h"
#include "user/model/record.h"
#include "user/model/tally.h"
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

/* The event of a kind: of this program, at a call site with this number. */
static struct record event_of(uint64_t program, uint64_t site_id, const struct site *site)
{
	struct record r = { .parts = RECORD_CHECK | RECORD_WALL, .wall_ns = 1000, .check = made_check(), .site_id = site_id,
			    .site = site };

	r.check.head.flags = CHECK_SYSCALL_KNOWN;
	r.check.program = program;
	return r;
}

static struct tally_count count_of(const struct record *r, uint64_t count)
{
	const struct event_check *c = &r->check;

	return (struct tally_count){ .key = { c->program, c->tgid, c->cap, c->syscall, c->head.flags, r->site_id },
				     .count = count, .last_ns = 2000 };
}

static const struct site mounts = { .class = SITE_NEEDED, .row = site_rows, .operation = "mount a file system",
				    .name = "path_mount", .name_len = 10 };
/* Function names may be longer than there is room for. */
static const struct site nowhere = { .class = SITE_UNCLASSIFIED, .name = "a_function_with_a_name_that_is_longer_than_there_is_room",
				     .name_len = 56 };
static const struct site hidden = { .class = SITE_UNCLASSIFIED };

struct found {
	unsigned int items;
	struct board_item item;		/* the last */
};

static void find(void *ctx, const struct board_item *i)
{
	struct found *f = ctx;

	f->items++;
	f->item = *i;
}

static struct found look(struct seen *s)
{
	struct found f = { 0 };

	assert_int_equal(s->sink->ops->turn(s->sink), 0);
	board_each(s->board, find, &f);
	return f;
}

static void add(struct seen *s, const struct record *event, const struct tally_count *count)
{
	if (event)
		assert_int_equal(s->sink->ops->check(s->sink, event), 0);
	assert_int_equal(s->sink->ops->counted(s->sink, count), 0);
}

static void test_counts_are_where_their_event_was(void **state)
{
	struct seen s = { 0 };
	struct record r = event_of(99, 7, &mounts);
	const struct tally_count c = count_of(&r, 41);
	struct found f;

	(void)state;
	begin(&s, 1, true);
	add(&s, &r, &c);
	f = look(&s);
	assert_int_equal(f.items, 1);
	assert_int_equal(f.item.total, 42);
	assert_true(f.item.site_known);
	assert_int_equal(f.item.class, SITE_NEEDED);
	assert_string_equal(f.item.operation, "mount a file system");
	assert_string_equal(f.item.site, "path_mount");
	assert_int_equal(f.item.last_ns, 2000);
	end(&s);
}

static void test_long_names_are_one_item(void **state)
{
	struct seen s = { 0 };
	struct record r = event_of(99, 7, &nowhere);
	const struct tally_count c = count_of(&r, 41);
	struct found f;

	(void)state;
	begin(&s, 1, true);
	add(&s, &r, &c);
	f = look(&s);
	assert_int_equal(f.items, 1);
	assert_int_equal(f.item.total, 42);
	assert_int_equal(strlen(f.item.site), BOARD_SITE - 1);
	end(&s);
}

/* The place of a check is the same whoever asks; what his event had besides is not. */
static void test_counts_of_another_program(void **state)
{
	struct seen s = { 0 };
	struct record r = event_of(99, 7, &mounts), other = event_of(100, 7, NULL);
	const struct tally_count c = count_of(&other, 5);
	struct found f;

	(void)state;
	begin(&s, 1, true);
	add(&s, &r, &c);
	f = look(&s);
	assert_int_equal(f.items, 2);
	assert_int_equal(f.item.record.check.program, 100);
	assert_int_equal(f.item.total, 5);
	assert_string_equal(f.item.site, "path_mount");
	end(&s);
}

static void test_counts_without_an_event(void **state)
{
	struct seen s = { 0 };
	struct record r = event_of(99, 7, &mounts), elsewhere = event_of(99, 8, NULL);
	const struct tally_count c = count_of(&elsewhere, 5);
	struct found f;

	(void)state;
	begin(&s, 1, true);
	add(&s, &r, &c);
	f = look(&s);
	assert_int_equal(f.items, 2);
	assert_false(f.item.site_known);
	assert_string_equal(f.item.site, "");
	end(&s);
}

/* No site is told apart: this kernel would have to unwind each, or its addresses are hidden. */
static void test_counts_without_sites(void **state)
{
	struct seen s = { 0 };
	struct record none = event_of(99, 0, NULL), unnamed = event_of(99, 7, &hidden);
	struct tally_count c = count_of(&none, 5);
	struct found f;

	(void)state;
	begin(&s, 1, true);
	add(&s, &none, &c);
	c = count_of(&unnamed, 5);
	add(&s, &unnamed, &c);
	f = look(&s);
	assert_int_equal(f.items, 1);
	assert_int_equal(f.item.total, 12);
	assert_false(f.item.site_known);
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rest_that_is_short), cmocka_unit_test(test_rest_that_is_none),
		cmocka_unit_test(test_only_a_rest),	   cmocka_unit_test(test_end_of_a_recording),
		cmocka_unit_test(test_enough),		   cmocka_unit_test(test_enough_at_the_end),
		cmocka_unit_test(test_paused),
		cmocka_unit_test(test_counts_are_where_their_event_was),
		cmocka_unit_test(test_long_names_are_one_item),
		cmocka_unit_test(test_counts_of_another_program),
		cmocka_unit_test(test_counts_without_an_event),
		cmocka_unit_test(test_counts_without_sites),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
