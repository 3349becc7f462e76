/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tests/unit/made.h"
#include "user/flow/repeats.h"
#include "user/model/record.h"

/* An event of that call site, and the record of it. */
static struct event_check_site made(uint64_t site, struct record *r)
{
	struct event_check_site e = { .check = made_check(), .site = { .id = site } };

	e.check.head.size = sizeof(e);
	*r = (struct record){ .parts = RECORD_CHECK, .check = e.check, .site_id = site };
	return e;
}

static struct count_key key_of(const struct record *r)
{
	return (struct count_key){ r->check.program, r->check.tgid, r->check.cap, r->check.syscall, r->check.head.flags & COUNT_FLAGS,
				   r->site_id };
}

static void the_first_of_a_kind_is_found_for_two_turns(void **state)
{
	struct repeats *p = repeats_new();
	const struct event_check_site *found;
	struct event_check_site e;
	struct count_key key;
	struct record r;
	size_t size;

	(void)state;
	e = made(7, &r);
	repeats_put(p, &r, &e, sizeof(e));
	key = key_of(&r);
	found = repeats_find(p, &key, &size);
	assert_non_null(found);
	assert_int_equal(size, sizeof(e));
	assert_memory_equal(found, &e, size);
	/* One that came after it takes its place. */
	e.check.head.time++;
	repeats_put(p, &r, &e, sizeof(e));
	found = repeats_find(p, &key, &size);
	assert_int_equal(found->check.head.time, e.check.head.time);
	repeats_turn(p);
	assert_non_null(repeats_find(p, &key, &size));
	repeats_turn(p);
	assert_null(repeats_find(p, &key, &size));
	repeats_free(p);
}

static void another_kind_is_another(void **state)
{
	struct repeats *p = repeats_new();
	struct event_check_site e;
	struct count_key key, other;
	struct record r;
	size_t size;

	(void)state;
	e = made(7, &r);
	repeats_put(p, &r, &e, sizeof(e));
	key = key_of(&r);
	other = key;
	other.site++;
	assert_null(repeats_find(p, &other, &size));
	other = key;
	other.flags ^= CHECK_DENIED;
	assert_null(repeats_find(p, &other, &size));
	other = key;
	other.tgid++;
	assert_null(repeats_find(p, &other, &size));
	other = key;
	other.program++;
	assert_null(repeats_find(p, &other, &size));
	/* One that is not counted by its site is not kept, nor half an event. */
	r.site_id = 0;
	repeats_put(p, &r, &e, sizeof(e));
	key.site = 0;
	assert_null(repeats_find(p, &key, &size));
	e = made(8, &r);
	repeats_put(p, &r, &e, sizeof(e.check));
	key = key_of(&r);
	assert_null(repeats_find(p, &key, &size));
	repeats_free(p);
}

static void a_crowd_has_bounded_memory(void **state)
{
	struct repeats *p = repeats_new();
	struct event_check_site e;
	struct count_key key;
	struct record r;
	size_t size;

	(void)state;
	for (uint64_t i = 1; i <= 20000; i++) {
		e = made(i, &r);
		repeats_put(p, &r, &e, sizeof(e));
	}
	key = key_of(&r);
	assert_null(repeats_find(p, &key, &size));
	key.site = 16384;
	assert_non_null(repeats_find(p, &key, &size));
	repeats_turn(p);
	repeats_put(p, &r, &e, sizeof(e));
	key.site = 20000;
	assert_non_null(repeats_find(p, &key, &size));
	repeats_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_of_a_kind_is_found_for_two_turns),
		cmocka_unit_test(another_kind_is_another),
		cmocka_unit_test(a_crowd_has_bounded_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
