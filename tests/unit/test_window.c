/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "user/model/loss.h"
#include "user/model/record.h"
#include "user/sink/sink.h"
#include "user/sink/window.h"

/* What came through. */
static struct heard {
	unsigned checks, programs, losses, freed;
	uint64_t started_ns, stopped_ns;
} heard;

static int on_start(struct sink *s, const struct sink_start *start)
{
	(void)s;
	heard.started_ns = start->wall_ns;
	return 0;
}

static int on_check(struct sink *s, const struct record *r)
{
	(void)s;
	(void)r;
	heard.checks++;
	return 0;
}

static int on_program(struct sink *s, const struct program *p)
{
	(void)s;
	(void)p;
	heard.programs++;
	return 0;
}

static int on_lost(struct sink *s, uint64_t wall_ns, const struct loss *grown)
{
	(void)s;
	(void)wall_ns;
	(void)grown;
	heard.losses++;
	return 0;
}

static int on_stop(struct sink *s, uint64_t wall_ns, const struct account *account)
{
	(void)s;
	(void)account;
	heard.stopped_ns = wall_ns;
	return 0;
}

static void on_free(struct sink *s)
{
	(void)s;
	heard.freed++;
}

static const struct sink_ops ops = {
	.start = on_start, .check = on_check, .program = on_program, .lost = on_lost, .stop = on_stop, .free = on_free,
};

/* A run from 100 to 199 with a program, a check and a loss at each moment. */
static void play(uint64_t from_ns, uint64_t to_ns)
{
	const struct sink_start start = { .wall_ns = 100, .mono_ns = 5 };
	const struct account account = { .seen = 100 };
	const struct loss loss = { .by_cause = { 1 } };
	struct sink shown = { &ops, NULL }, *s;

	heard = (struct heard){ 0 };
	assert_int_equal(window_new(&shown, from_ns, to_ns, &s), 0);
	assert_int_equal(s->ops->start(s, &start), 0);
	for (uint64_t ns = 100; ns < 200; ns++) {
		const struct record r = { .wall_ns = ns };

		s->ops->program(s, NULL);
		s->ops->check(s, &r);
		s->ops->lost(s, ns, &loss);
	}
	s->ops->stop(s, 199, &account);
	s->ops->free(s);
	assert_int_equal(heard.freed, 1);
}

static void what_is_between_comes_through(void **state)
{
	(void)state;
	play(120, 129);
	assert_int_equal(heard.checks, 10);
	assert_int_equal(heard.losses, 10);
	assert_int_equal(heard.started_ns, 120);
	assert_int_equal(heard.stopped_ns, 129);
	/* The one of the first check came before anything told that it is time. */
	assert_int_equal(heard.programs, 79);
}

static void all_of_it_may(void **state)
{
	(void)state;
	play(0, UINT64_MAX);
	assert_int_equal(heard.checks, 100);
	assert_int_equal(heard.started_ns, 100);
	assert_int_equal(heard.stopped_ns, 199);
}

static void or_nothing(void **state)
{
	(void)state;
	play(500, 600);
	assert_int_equal(heard.checks + heard.programs + heard.losses, 0);
	assert_int_equal(heard.started_ns, 500);
	assert_int_equal(heard.stopped_ns, 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_between_comes_through),
		cmocka_unit_test(all_of_it_may),
		cmocka_unit_test(or_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
