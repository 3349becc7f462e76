/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/made.h"

#include <errno.h>
#include <linux/capability.h>

#include "user/caps/site.h"
#include "user/model/outcome.h"
#include "user/model/record.h"

static void reads_what_is_long_enough(void **state)
{
	const struct event_outcome e = {
		.head = { sizeof(e), EVENT_OUTCOME, OUTCOME_SEEN, 5 }, .since = 4, .tid = 3, .ret = -EPERM,
	};
	struct event_outcome got;
	int error;

	(void)state;
	for (size_t n = 0; n <= sizeof(e); n++) {
		void *copy = made_copy(&e, n);

		assert_int_equal(outcome_decode(copy, n, &got), n == sizeof(e) ? 0 : -EBADMSG);
		free(copy);
	}
	assert_memory_equal(&got, &e, sizeof(e));
	assert_int_equal(outcome_of(&got, &error), OUTCOME_FAILED);
	assert_int_equal(error, EPERM);
}

/* A later version's may have more. */
static void reads_a_longer_one(void **state)
{
	struct {
		struct event_outcome e;
		uint64_t more;
	} longer = { .e = { .head = { sizeof(longer), EVENT_OUTCOME, OUTCOME_SEEN, 5 }, .ret = 2 } };
	struct event_outcome got;
	struct record r;
	int error;

	(void)state;
	assert_int_equal(outcome_decode(&longer, sizeof(longer), &got), 0);
	assert_int_equal(outcome_of(&got, &error), OUTCOME_WORKED);
	assert_int_equal(error, 0);
	assert_int_equal(record_decode(&longer, sizeof(longer), &r), 0);
	assert_int_equal(r.parts, 0);
	longer.e.head.kind = EVENT_CHECK;
	assert_int_equal(outcome_decode(&longer, sizeof(longer), &got), -EBADMSG);
	longer.e.head.kind = EVENT_OUTCOME;
	longer.e.head.size = sizeof(longer) - 1;
	assert_int_equal(outcome_decode(&longer, sizeof(longer), &got), -EBADMSG);
}

/* What is to be tried again says nothing; what is under way was allowed. */
static void what_is_to_be_tried_again_has_not_failed(void **state)
{
	(void)state;
	assert_int_equal(outcome_ending(OUTCOME_FAILED, EEXIST), OUTCOME_FAILED);
	assert_int_equal(outcome_ending(OUTCOME_FAILED, EAGAIN), OUTCOME_INTERRUPTED);
	assert_int_equal(outcome_ending(OUTCOME_FAILED, EINTR), OUTCOME_INTERRUPTED);
	assert_int_equal(outcome_ending(OUTCOME_FAILED, EINPROGRESS), OUTCOME_WORKED);
	assert_int_equal(outcome_ending(OUTCOME_WORKED, 0), OUTCOME_WORKED);
	assert_int_equal(outcome_ending(OUTCOME_INTERRUPTED, 0), OUTCOME_INTERRUPTED);
	assert_int_equal(outcome_ending(OUTCOME_UNKNOWN, 0), OUTCOME_UNKNOWN);
	assert_int_equal(outcome_ending(OUTCOME_ENDED, 0), OUTCOME_ENDED);
}

static void words_only_for_what_is_certain(void **state)
{
	(void)state;
	assert_string_equal(site_operation(CAP_NET_BIND_SERVICE, "bind"), "bind a port below 1024");
	assert_string_equal(site_operation(CAP_CHOWN, "chown"), "change a file's owner");
	assert_string_equal(site_operation(CAP_CHOWN, "fchownat"), "change a file's owner");
	assert_string_equal(site_operation(CAP_DAC_OVERRIDE, "rename"), "change or pass a directory whose mode forbids it");
	assert_null(site_operation(CAP_CHOWN, "own"));
	assert_null(site_operation(CAP_CHOWN, "chown lchown"));
	assert_null(site_operation(CAP_CHOWN, ""));
	assert_null(site_operation(CAP_CHOWN, "bind"));
	assert_null(site_operation(CAP_SYS_ADMIN, "ioctl"));
	assert_null(site_operation(63, "bind"));
	assert_null(site_operation(-1, "bind"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_is_long_enough),
		cmocka_unit_test(reads_a_longer_one),
		cmocka_unit_test(what_is_to_be_tried_again_has_not_failed),
		cmocka_unit_test(words_only_for_what_is_certain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
