// SPDX-License-Identifier: BSD-2-Clause
/* Rows that are each kept once, and numbers in few bytes: what recordings are made of. */
#include "tests/unit/made.h"

#include "user/base/index.h"
#include "user/base/varint.h"

struct row {
	uint64_t a, b;
};

static void each_row_once(void **state)
{
	struct index x;

	(void)state;
	index_init(&x, sizeof(struct row));
	for (int again = 0; again < 3; again++) {
		assert_int_equal(index_find(&x, &(struct row){ 1, 2 }), INDEX_NONE);
		for (uint64_t i = 0; i < 10000; i++) {
			struct row r = { i * i, ~i };

			assert_int_equal(index_put(&x, &r), i);
			assert_int_equal(index_put(&x, &r), i);
		}
		for (uint64_t i = 0; i < 10000; i++) {
			struct row r = { i * i, ~i };

			assert_int_equal(index_find(&x, &r), i);
			assert_int_equal(index_put(&x, &r), i);
			assert_memory_equal(index_row(&x, (uint32_t)i), &r, sizeof(r));
		}
		assert_int_equal(x.count, 10000);
		index_clear(&x);
		assert_int_equal(x.count, 0);
	}
	index_done(&x);
}

static const uint64_t numbers[] = {
	0, 1, 127, 128, 300, 16383, 16384, UINT32_MAX, 1ULL << 35, INT64_MAX, 1ULL << 63, UINT64_MAX,
};

#define NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

static void numbers_read_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < NUMBERS; i++) {
		struct buf b = BUF_INIT;
		const uint8_t *at = NULL, *start;
		uint64_t v = 4711;

		varint_put(&b, numbers[i]);
		assert_true(b.len <= VARINT_MAX);
		start = made_copy(b.data, b.len);
		for (size_t n = 0; n < b.len; n++) {
			at = start;
			assert_false(varint_get(&at, start + n, &v));
			assert_ptr_equal(at, start);
		}
		assert_int_equal(v, 4711);
		assert_true(varint_get(&at, start + b.len, &v));
		assert_int_equal(v, numbers[i]);
		assert_ptr_equal(at, start + b.len);
		free((void *)start);
		buf_done(&b);
	}
}

static void what_is_too_large(void **state)
{
	static const uint8_t more[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2 };
	static const uint8_t endless[] = { 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1 };
	const uint8_t *at = more;
	uint64_t v;

	(void)state;
	assert_false(varint_get(&at, more + sizeof(more), &v));
	at = endless;
	assert_false(varint_get(&at, endless + sizeof(endless), &v));
}

static void differences_of_any_pair(void **state)
{
	(void)state;
	for (size_t i = 0; i < NUMBERS; i++)
		for (size_t k = 0; k < NUMBERS; k++)
			assert_int_equal(numbers[k] + varint_unfold(varint_fold(numbers[i] - numbers[k])), numbers[i]);
	assert_int_equal(varint_fold((uint64_t)-1), 1);
	assert_int_equal(varint_fold(1), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row_once),
		cmocka_unit_test(numbers_read_back),
		cmocka_unit_test(what_is_too_large),
		cmocka_unit_test(differences_of_any_pair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
