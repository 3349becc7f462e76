/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "user/base/buf.h"

static void starts_empty(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	assert_string_equal(buf_str(&b), "");
	buf_put(&b, NULL, 0);
	buf_puts(&b, "");
	assert_int_equal(b.len, 0);
	assert_string_equal(buf_str(&b), "");
	buf_done(&b);
	buf_done(&b);
}

static void puts_one_behind_the_other(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	buf_puts(&b, "cap");
	buf_putc(&b, '_');
	buf_put(&b, "chown!", 5);
	buf_printf(&b, "=%d%s", 7, "x");
	buf_u64(&b, 42);
	assert_string_equal(buf_str(&b), "cap_chown=7x42");
	assert_int_equal(b.len, 14);
	assert_int_equal(b.error, 0);
	buf_done(&b);
}

static void grows_at_every_length(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	for (size_t n = 0; n < 3000; n++) {
		assert_int_equal(b.len, n);
		assert_int_equal(strlen(buf_str(&b)), n);
		buf_putc(&b, (char)('a' + n % 26));
	}
	for (size_t n = 0; n < 3000; n++)
		assert_int_equal(b.data[n], 'a' + n % 26);
	buf_done(&b);
}

/* The text of a printf ends just before, at and behind the memory that is there. */
static void prints_across_a_growth(void **state)
{
	(void)state;
	for (size_t before = 250; before < 260; before++) {
		struct buf b = BUF_INIT;

		for (size_t n = 0; n < before; n++)
			buf_putc(&b, '.');
		buf_printf(&b, "%s", "");
		buf_printf(&b, "%05d", 123);
		assert_int_equal(b.len, before + 5);
		assert_string_equal(buf_str(&b) + before, "00123");
		buf_done(&b);
	}
}

static void writes_numbers_as_printf_does(void **state)
{
	uint64_t power = 1;
	char expect[32];

	(void)state;
	for (int digits = 0; digits < 20; digits++, power *= 10) {
		uint64_t numbers[] = { power - 1, power, power + 1, power * 9, UINT64_MAX / power };

		for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
			struct buf b = BUF_INIT;

			buf_u64(&b, numbers[i]);
			snprintf(expect, sizeof(expect), "%" PRIu64, numbers[i]);
			assert_string_equal(buf_str(&b), expect);
			buf_done(&b);
		}
	}
}

static void writes_numbers_for_people(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	buf_grouped(&b, 0);
	buf_putc(&b, ' ');
	buf_grouped(&b, 999);
	buf_putc(&b, ' ');
	buf_grouped(&b, 1000);
	buf_putc(&b, ' ');
	buf_grouped(&b, UINT64_MAX);
	assert_string_equal(buf_str(&b), "0 999 1,000 18,446,744,073,709,551,615");
	buf_done(&b);
}

static void keeps_memory_when_cleared(void **state)
{
	struct buf b = BUF_INIT;
	char *data;

	(void)state;
	assert_int_equal(buf_reserve(&b, 1000), 0);
	data = b.data;
	buf_puts(&b, "one");
	buf_clear(&b);
	assert_string_equal(buf_str(&b), "");
	buf_puts(&b, "two");
	assert_ptr_equal(b.data, data);
	assert_string_equal(buf_str(&b), "two");
	buf_done(&b);
	assert_null(b.data);
	buf_puts(&b, "three");
	assert_string_equal(buf_str(&b), "three");
	buf_done(&b);
}

static void keeps_the_first_error(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	buf_puts(&b, "text");
	assert_int_equal(buf_reserve(&b, SIZE_MAX), -ENOMEM);
	assert_int_equal(b.error, -ENOMEM);
	assert_int_equal(buf_reserve(&b, 1), -ENOMEM);
	buf_puts(&b, "more");
	buf_putc(&b, '!');
	buf_printf(&b, "%d", 1);
	buf_u64(&b, 1);
	assert_string_equal(buf_str(&b), "text");
	buf_clear(&b);
	assert_int_equal(b.error, 0);
	buf_puts(&b, "again");
	assert_string_equal(buf_str(&b), "again");
	buf_done(&b);
}

static void fails_without_any_memory(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	assert_int_equal(buf_reserve(&b, BUF_MAX), -ENOMEM);
	buf_printf(&b, "%d", 1);
	assert_string_equal(buf_str(&b), "");
	buf_done(&b);
	assert_int_equal(b.error, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_empty),
		cmocka_unit_test(puts_one_behind_the_other),
		cmocka_unit_test(grows_at_every_length),
		cmocka_unit_test(prints_across_a_growth),
		cmocka_unit_test(writes_numbers_as_printf_does),
		cmocka_unit_test(writes_numbers_for_people),
		cmocka_unit_test(keeps_memory_when_cleared),
		cmocka_unit_test(keeps_the_first_error),
		cmocka_unit_test(fails_without_any_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
