/* SPDX-License-Identifier: BSD-2-Clause */
/* Events that wait outside of the ring come out as they went in, and no more of them than there may be. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "user/source/backlog.h"

enum { EVENT_MOST = 300, STOP_AT = 7 };

struct reader {
	uint64_t next;		/* that is expected */
	uint64_t stop;		/* before it; 0: never */
};

/* Number n: n times over, in a size of its own. */
static size_t make(uint64_t n, uint64_t *ret)
{
	size_t size = 8 + n % (EVENT_MOST - 8);

	for (size_t i = 0; i < EVENT_MOST / 8; i++)
		ret[i] = n;
	return size;
}

static int look(void *ctx, const void *data, size_t size)
{
	uint64_t expected[EVENT_MOST / 8 + 1];
	struct reader *r = ctx;

	assert_int_equal((uintptr_t)data % 8, 0);
	assert_int_equal(size, make(r->next, expected));
	assert_memory_equal(data, expected, size / 8 * 8);
	r->next++;
	return r->stop && r->next >= r->stop ? -EAGAIN : 0;
}

static void put_until_full(struct backlog *b, uint64_t *n)
{
	uint64_t event[EVENT_MOST / 8 + 1];
	int err = 0;

	while (!err) {
		bool full = backlog_is_full(b);
		size_t size = make(*n, event);

		err = backlog_put(b, event, size);
		assert_true(full || !err);
		*n += !err;
	}
	assert_int_equal(err, -ENOBUFS);
	assert_int_equal(b->chunks, BACKLOG_CHUNKS);
}

static void first_in_first_out(void **state)
{
	struct backlog b = {};
	struct reader r = { .stop = STOP_AT };
	uint64_t n = 0;

	(void)state;
	assert_true(backlog_is_empty(&b));
	put_until_full(&b, &n);
	assert_int_equal(backlog_take(&b, look, &r), -EAGAIN);
	assert_int_equal(r.next, STOP_AT);
	/* Half of it goes, and there is room again; what comes then comes last. */
	r.stop = n / 2;
	assert_int_equal(backlog_take(&b, look, &r), -EAGAIN);
	put_until_full(&b, &n);
	r.stop = 0;
	assert_int_equal(backlog_take(&b, look, &r), 0);
	assert_int_equal(r.next, n);
	assert_true(backlog_is_empty(&b));
	assert_null(b.spare);
}

static void what_is_left_is_given_back(void **state)
{
	static const uint8_t large[BACKLOG_CHUNK];
	struct backlog b = {};
	uint64_t n = 0;

	(void)state;
	assert_int_equal(backlog_put(&b, large, sizeof(large)), -E2BIG);
	assert_true(backlog_is_empty(&b));
	put_until_full(&b, &n);
	backlog_done(&b);
	assert_true(backlog_is_empty(&b));
	backlog_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_in_first_out),
		cmocka_unit_test(what_is_left_is_given_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
