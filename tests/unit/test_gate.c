/* SPDX-License-Identifier: BSD-2-Clause */
/* A filter as the constants of the kernel side. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "user/model/filter.h"
#include "user/model/program.h"
#include "user/model/record.h"
#include "user/source/gate.h"

#define INITIAL_USERNS 0xEFFFFFFDU

static void test_everything_passes(void **state)
{
	struct gate_config gate;
	struct filter f;

	(void)state;
	filter_init(&f);
	gate_compile(&f, false, &gate);
	assert_true(gate.caps == ~0ULL);
	assert_true(gate.allowed && gate.denied);
	assert_int_equal(gate.pids | gate.trees | gate.uids | gate.gids | gate.comms | gate.cgroups, 0);
	assert_int_equal(gate.userns_mode, GATE_USERNS_ANY);
	filter_done(&f);
}

static void test_lists(void **state)
{
	struct gate_config gate;
	struct filter f;

	(void)state;
	filter_init(&f);
	assert_int_equal(filter_add_id(&f.pids, 1, false), 0);
	assert_int_equal(filter_add_id(&f.uids, 0, true), 0);
	assert_int_equal(filter_add_id(&f.gids, 0, true), 0);
	assert_int_equal(filter_add_id(&f.gids, 7, false), 0);
	assert_int_equal(filter_add_word(&f.comms, "a*", false), 0);
	assert_int_equal(filter_add_word(&f.comms, "b*", true), 0);
	gate_compile(&f, true, &gate);
	assert_int_equal(gate.pids, GATE_WANTED);
	assert_int_equal(gate.uids, GATE_UNWANTED);
	assert_int_equal(gate.gids, GATE_WANTED | GATE_UNWANTED);
	assert_int_equal(gate.trees, GATE_WANTED);
	assert_int_equal(gate.comms, 2);
	assert_int_equal(gate.comms_unwanted, 2);
	filter_done(&f);
}

static void test_who_by_name(void **state)
{
	struct program p = { .id = 7, .told = 9, .tgid = 5 };
	struct record r = { .parts = RECORD_CHECK | RECORD_PROGRAM, .program = &p };
	struct gate_config gate;
	struct who who, other;
	struct filter f;

	(void)state;
	filter_init(&f);
	gate_compile(&f, false, &gate);
	assert_int_equal(gate.who, 0);
	assert_false(gate_who(&gate, &r, &who));
	assert_int_equal(where_put(&f.names, WHERE_EXE, false, "/x"), 0);
	gate_compile(&f, false, &gate);
	assert_true(gate.more && gate.any);
	assert_int_equal(gate.who, WHO_PROGRAM);
	r.check.uid = 3;
	assert_true(gate_who(&gate, &r, &who));
	r.check.uid = 4;
	assert_true(gate_who(&gate, &r, &other));
	assert_memory_equal(&who, &other, sizeof(who));
	assert_int_equal(who_mark(&who, 1), who_mark(&other, 1));
	assert_true(who_mark(&who, 1) != who_mark(&who, 2));
	assert_int_equal(where_put(&f.names, WHERE_USER, false, "root"), 0);
	gate_compile(&f, false, &gate);
	assert_int_equal(gate.who, WHO_PROGRAM | WHO_UID);
	assert_true(gate_who(&gate, &r, &who));
	assert_int_equal(who.uid, 4);
	assert_true(who_mark(&who, 1) != who_mark(&other, 1));
	r.check.head.flags = CHECK_IDS_UNKNOWN;
	assert_false(gate_who(&gate, &r, &who));
	r.program = NULL;
	assert_false(gate_who(&gate, &r, &who));
	filter_done(&f);
}

static void test_verdicts(void **state)
{
	struct gate_config gate;
	struct filter f;

	(void)state;
	filter_init(&f);
	f.denied = true;
	gate_compile(&f, false, &gate);
	assert_true(gate.denied && !gate.allowed);
	f.denied = false;
	f.allowed = true;
	gate_compile(&f, false, &gate);
	assert_true(!gate.denied && gate.allowed);
	f.denied = true;
	gate_compile(&f, false, &gate);
	assert_true(gate.denied && gate.allowed);
	filter_done(&f);
}

static void test_userns(void **state)
{
	static const struct {
		enum filter_userns what;
		bool not;
		uint32_t inode;
		int mode;
	} rows[] = {
		{ FILTER_USERNS_HOST, false, INITIAL_USERNS, GATE_USERNS_IS },
		{ FILTER_USERNS_HOST, true, INITIAL_USERNS, GATE_USERNS_IS_NOT },
		{ FILTER_USERNS_OWN, false, INITIAL_USERNS, GATE_USERNS_IS_NOT },
		{ FILTER_USERNS_OWN, true, INITIAL_USERNS, GATE_USERNS_IS },
		{ FILTER_USERNS_INODE, false, 42, GATE_USERNS_IS },
		{ FILTER_USERNS_INODE, true, 42, GATE_USERNS_IS_NOT },
	};
	struct gate_config gate;
	struct filter f;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		filter_init(&f);
		f.userns = rows[i].what;
		f.userns_not = rows[i].not;
		f.userns_inode = 42;
		gate_compile(&f, false, &gate);
		assert_int_equal(gate.userns, rows[i].inode);
		assert_int_equal(gate.userns_mode, rows[i].mode);
		filter_done(&f);
	}
}

static void test_marks(void **state)
{
	struct id_marks marks = {};
	struct filter f;

	(void)state;
	filter_init(&f);
	assert_int_equal(filter_add_id(&f.pids, 4194304, false), 0);
	assert_int_equal(filter_add_id(&f.pids, 42, true), 0);
	gate_mark(&f.pids, &marks);
	for (unsigned int i = 0; i < ID_MARKS; i++)
		assert_int_equal(marks.at[i], i == 42 || i == 4194304 % ID_MARKS);
	filter_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_everything_passes),
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_who_by_name),
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_userns),
	};

	return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
