/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "user/caps/holder.h"

static void put(struct holders *list, int pid, int tid, int ppid)
{
	struct holder h = {.pid = pid, .tid = tid, .ppid = ppid};

	assert_int_equal(holders_put(list, &h), 0);
}

static void expect(const struct holder_node *node, int tid, unsigned depth)
{
	assert_int_equal(node->holder->tid, tid);
	assert_int_equal(node->depth, depth);
}

/* The first thread of a process need not have the lowest number. */
static void first_threads_come_first(void **state)
{
	struct holders list = {NULL, 0, 0};

	(void)state;
	put(&list, 20, 7, 1);
	put(&list, 20, 30, 1);
	put(&list, 20, 20, 1);
	put(&list, 1, 1, 0);
	holders_sort(&list);
	assert_true(list.at[0].tid == 1 && list.at[1].tid == 20 && list.at[2].tid == 7 &&
		    list.at[3].tid == 30);
	assert_ptr_equal(holders_find(&list, 20), &list.at[1]);
	assert_null(holders_find(&list, 7));
	holders_done(&list);
}

static void trees_go_down_before_aside(void **state)
{
	struct holders list = {NULL, 0, 0};
	struct holder_node *nodes;

	(void)state;
	put(&list, 1, 1, 0);
	put(&list, 5, 5, 1);
	put(&list, 5, 6, 1);
	put(&list, 8, 8, 5);
	put(&list, 9, 9, 1);
	put(&list, 11, 11, 8);
	put(&list, 12, 12, 777); /* its parent ended, or is not to be seen */
	holders_sort(&list);
	assert_int_equal(holders_tree(&list, &nodes), 0);
	expect(&nodes[0], 1, 0);
	expect(&nodes[1], 5, 1);
	expect(&nodes[2], 6, 2);
	expect(&nodes[3], 8, 2);
	expect(&nodes[4], 11, 3);
	expect(&nodes[5], 9, 1);
	expect(&nodes[6], 12, 0);
	assert_true(nodes[4].parent == 3 && nodes[6].parent == SIZE_MAX);
	free(nodes);
	holders_done(&list);
}

/* What was read at different times may contradict itself: each one is there, once. */
static void circles_end(void **state)
{
	struct holders list = {NULL, 0, 0};
	struct holder_node *nodes;

	(void)state;
	put(&list, 2, 2, 4);
	put(&list, 3, 3, 2);
	put(&list, 4, 4, 3);
	put(&list, 6, 6, 6);
	put(&list, 7, 7, 3);
	holders_sort(&list);
	assert_int_equal(holders_tree(&list, &nodes), 0);
	expect(&nodes[0], 6, 0);
	expect(&nodes[1], 2, 0);
	expect(&nodes[2], 3, 1);
	expect(&nodes[3], 4, 2);
	expect(&nodes[4], 7, 2);
	free(nodes);
	holders_done(&list);
	assert_int_equal(holders_tree(&list, &nodes), 0);
	free(nodes);
}

static void deep_trees_do_not_matter(void **state)
{
	enum { MANY = 100000 };
	struct holders list = {NULL, 0, 0};
	struct holder_node *nodes;

	(void)state;
	for (int pid = 1; pid <= MANY; pid++)
		put(&list, pid, pid, pid - 1);
	assert_int_equal(holders_tree(&list, &nodes), 0);
	expect(&nodes[MANY - 1], MANY, MANY - 1);
	free(nodes);
	holders_done(&list);
}

static void differences_are_named(void **state)
{
	struct holder a = {.is = {.uid = 1}}, b = a;

	(void)state;
	assert_int_equal(holder_compare(&a, &b), 0);
	b.is.effective = 1;
	b.is.bounding = 2;
	b.is.sgid = 3;
	b.is.no_new_privs = true;
	assert_int_equal(holder_compare(&a, &b),
			 HOLDER_EFFECTIVE | HOLDER_BOUNDING | HOLDER_IDS | HOLDER_NO_NEW_PRIVS);
	assert_string_equal(holder_difference_name(6), "no_new_privs");
	assert_string_equal(holder_difference_name(3), "bounding");
}

static void the_dead_are_told(void **state)
{
	struct holder h = {.pid = 5, .tid = 5, .state = 'Z', .threads = 1, .is.inheritable = 4};

	(void)state;
	assert_true(holder_is_dead(&h) && holder_set(&h) == 4);
	h.threads = 2; /* the first thread has ended, the process has not */
	assert_false(holder_is_dead(&h));
	h.tid = 6;
	assert_true(holder_is_dead(&h));
	h.state = 'S';
	assert_false(holder_is_dead(&h));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_threads_come_first),
		cmocka_unit_test(trees_go_down_before_aside),
		cmocka_unit_test(circles_end),
		cmocka_unit_test(deep_trees_do_not_matter),
		cmocka_unit_test(differences_are_named),
		cmocka_unit_test(the_dead_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
