// SPDX-License-Identifier: BSD-2-Clause
/* Users of a machine that is not this one. */
#include "tests/unit/made.h"

#include "user/host/users.h"

static void only_what_is_told(void **state)
{
	struct users *users = users_new_told();

	(void)state;
	assert_non_null(users);
	assert_null(users_name(users, 0));
	assert_int_equal(users_tell(users, 1000, "anna"), 0);
	assert_int_equal(users_tell(users, 1256, "bert"), 0);
	assert_int_equal(users_tell(users, 7, NULL), 0);
	assert_string_equal(users_name(users, 1000), "anna");
	assert_string_equal(users_name(users, 1256), "bert");
	assert_null(users_name(users, 7));
	assert_null(users_name(users, 0));
	assert_int_equal(users_tell(users, 1000, "carla"), 0);
	assert_string_equal(users_name(users, 1000), "carla");
	assert_int_equal(users_tell(users, 1000, NULL), 0);
	assert_null(users_name(users, 1000));
	assert_int_equal(users_tell_group(users, 1256, "staff"), 0);
	assert_string_equal(users_group(users, 1256), "staff");
	assert_string_equal(users_name(users, 1256), "bert");
	assert_null(users_group(users, 7));
	users_free(users);
}

static void there_is_an_end(void **state)
{
	struct users *users = users_new_told();

	(void)state;
	for (uint32_t i = 0; i < USERS_TOLD_MAX + 10; i++)
		assert_int_equal(users_tell(users, i, "x"), 0);
	assert_string_equal(users_name(users, USERS_TOLD_MAX - 1), "x");
	assert_null(users_name(users, USERS_TOLD_MAX));
	assert_int_equal(users_tell(users, 5, "y"), 0);
	assert_string_equal(users_name(users, 5), "y");
	users_free(users);
}

static void names_of_here(void **state)
{
	struct users *users = users_new();

	(void)state;
	assert_string_equal(users_name(users, 0), "root");
	assert_string_equal(users_group(users, 0), "root");
	assert_null(users_group(users, 4000000000U));
	assert_string_equal(users_group(users, 0), "root");
	users_free(users);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_is_told),
		cmocka_unit_test(there_is_an_end),
		cmocka_unit_test(names_of_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
