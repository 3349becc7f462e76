/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "user/base/buf.h"
#include "user/view/summary.h"

static void line(const struct account *account, const char *want)
{
	struct buf b = BUF_INIT;

	summary_line(&b, account);
	assert_string_equal(buf_str(&b), want);
	buf_done(&b);
}

static void sums_are_right(void **state)
{
	struct account a = { .asked = 2000, .own = 5, .outside = 761, .seen = 1200, .hidden = 34 };

	(void)state;
	line(&a, "1,234 checks: 1,200 shown, 34 hidden (memory overcommit; --all shows them), 0 lost");
	a.hidden = 0;
	a.unread = 3;
	line(&a, "1,203 checks: 1,200 shown, 3 not read any more, 0 lost");
	a.loss.by_cause[LOSS_RING_FULL] = 1000000;
	line(&a, "1,001,203 checks: 1,200 shown, 3 not read any more, 1,000,000 lost");
}

static void one_and_none(void **state)
{
	const struct account one = { .seen = 1 }, none = { .seen = 0 };

	(void)state;
	line(&one, "1 check: 1 shown, 0 lost");
	line(&none, "0 checks: 0 shown, 0 lost");
}

static void a_bound_is_called_so(void **state)
{
	struct account a = { .seen = 1, .loss_is_bound = true };
	struct buf b = BUF_INIT;

	(void)state;
	a.loss.by_cause[LOSS_RING_FULL] = 2;
	line(&a, "3 checks: 1 shown, 2 lost");
	a.loss.by_cause[LOSS_PROGRAM_BUSY] = 2;
	line(&a, "5 checks: 1 shown, at most 4 lost");
	assert_true(summary_loss(&b, &a, LOSS_RING_FULL));
	assert_string_equal(buf_str(&b), "2 lost: the ring buffer was full (--ring makes it larger)");
	buf_clear(&b);
	assert_true(summary_loss(&b, &a, LOSS_PROGRAM_BUSY));
	assert_string_equal(buf_str(&b), "at most 2 lost: BPF was already busy on that CPU; counted for "
					 "the whole machine, so some may be outside the filters");
	buf_clear(&b);
	assert_false(summary_loss(&b, &a, LOSS_MAP_FULL));
	assert_int_equal(b.len, 0);
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_are_right),
		cmocka_unit_test(one_and_none),
		cmocka_unit_test(a_bound_is_called_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
