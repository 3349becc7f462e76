/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/caps/holder.h"
#include "user/model/filter.h"
#include "user/rule/holding.h"

#define NET_RAW	  (1ULL << 13)
#define SYS_ADMIN (1ULL << 21)

static struct holders list;
static struct filter filter;
static struct holding what;

/* Of everything that is not said, it is like any other. */
static struct holder *add(int pid, int tid, int ppid, const char *comm, uint64_t set)
{
	struct holder h = {
		.pid = pid,
		.tid = tid,
		.ppid = ppid,
		.state = 'S',
		.threads = 1,
		.is = { .permitted = set, .uid = 1000, .gid = 100 },
		.looked_closer = true,
		.userns = HOLDER_USERNS_INITIAL,
		.exe = strdup("/usr/bin/thing"),
		.cgroup = strdup("/system.slice/a.service"),
		.unit = strdup(pid == 11 ? "b.scope" : "a.service"),
	};

	strcpy(h.comm, comm);
	assert_int_equal(holders_put(&list, &h), 0);
	return &list.at[list.count - 1];
}

static int begin(void **state)
{
	struct holder *h;

	(void)state;
	list = (struct holders){ NULL, 0, 0 };
	filter_init(&filter);
	what = (struct holding){ .filter = &filter };
	add(1, 1, 0, "init", SYS_ADMIN | NET_RAW)->is.uid = 0;
	add(2, 2, 0, "kworker", SYS_ADMIN)->kernel = true;
	add(10, 10, 1, "shell", 0);
	add(11, 11, 10, "ping", NET_RAW);
	add(11, 12, 10, "helper", NET_RAW);
	add(11, 13, 10, "ping", SYS_ADMIN)->differs = HOLDER_PERMITTED;
	add(14, 14, 10, "dead", SYS_ADMIN)->state = 'Z';
	h = add(20, 20, 11, "own", SYS_ADMIN);
	h->userns = 5;
	free(h->cgroup);
	h->cgroup = strdup("/system.slice/a.service/sub");
	holders_sort(&list);
	return 0;
}

static int end(void **state)
{
	(void)state;
	filter_done(&filter);
	holders_done(&list);
	return 0;
}

/* Who is chosen, as "1 11 *13": a star before threads. */
static struct holding_choice expect(const char *tids)
{
	struct holding_choice choice;
	struct holder_node *nodes;
	char text[256] = "";

	assert_int_equal(holders_tree(&list, &nodes), 0);
	assert_int_equal(holding_choose(&what, &list, nodes, &choice), 0);
	for (size_t i = 0; i < list.count; i++)
		if (choice.chosen[i])
			sprintf(text + strlen(text), "%s%s%d", *text ? " " : "",
				list.at[i].tid != list.at[i].pid ? "*" : "", list.at[i].tid);
	assert_string_equal(text, tids);
	free(choice.chosen);
	free(nodes);
	choice.chosen = NULL;
	return choice;
}

static void id(struct filter_ids *ids, uint32_t n, bool not)
{
	assert_int_equal(filter_add_id(ids, n, not), 0);
}

static void word(struct filter_words *words, const char *text, bool not)
{
	assert_int_equal(filter_add_word(words, text, not), 0);
}

static void name(enum where_key key, const char *glob, bool not)
{
	assert_int_equal(where_put(&filter.names, key, not, glob), 0);
}

static void who_holds_anything(void **state)
{
	struct holding_choice choice;

	(void)state;
	choice = expect("1 11 *13 20");
	assert_true(choice.kernel == 1 && choice.dead == 1 && !choice.undecided);
	what.all = true;
	choice = expect("1 2 10 11 *13 14 20");
	assert_true(!choice.kernel && !choice.dead);
}

static void who_is_named_by_number(void **state)
{
	(void)state;
	id(&filter.pids, 2, false);
	id(&filter.pids, 10, false);
	expect("2 10");
	id(&filter.pids, 10, true);
	expect("2");
}

static void who_is_not_named(void **state)
{
	(void)state;
	id(&filter.pids, 11, true);
	expect("1 20");
}

static void who_holds_these(void **state)
{
	(void)state;
	what.wanted = NET_RAW;
	expect("1 11");
	what.unwanted = SYS_ADMIN;
	expect("11");
	what.wanted = 0;
	expect("11");
	what.all = true;
	expect("10 11");
}

static void whose_user_and_group(void **state)
{
	(void)state;
	id(&filter.uids, 0, true);
	expect("11 *13 20");
	id(&filter.gids, 100, true);
	expect("");
}

/* A thread that adds nothing is shown only where its process is not. */
static void whose_name(void **state)
{
	(void)state;
	word(&filter.comms, "help*", false);
	expect("*12");
	word(&filter.comms, "p?ng", false);
	expect("11 *13");
	word(&filter.comms, "ping", true);
	expect("*12");
}

static void trees(void **state)
{
	(void)state;
	id(&filter.trees, 10, false);
	expect("11 *13 20");
	id(&filter.trees, 20, true);
	expect("11 *13");
}

static void all_but_a_tree(void **state)
{
	(void)state;
	id(&filter.trees, 10, true);
	expect("1");
}

static void units(void **state)
{
	(void)state;
	name(WHERE_UNIT, "a", false);
	expect("1 20");
	name(WHERE_UNIT, "b.*", false);
	expect("1 11 *13 20");
	name(WHERE_UNIT, "a.service", true);
	expect("11 *13");
}

static void cgroups(void **state)
{
	(void)state;
	word(&filter.cgroups, "/system.slice/a.service/sub", false);
	expect("20");
	word(&filter.cgroups, "/system.slice/a", false);
	expect("20");
	word(&filter.cgroups, "/system.slice", false);
	expect("1 11 *13 20");
	word(&filter.cgroups, "/", true);
	expect("");
}

static void namespaces(void **state)
{
	(void)state;
	filter.userns = FILTER_USERNS_OWN;
	expect("20");
	filter.userns_not = true;
	expect("1 11 *13");
	filter.userns = FILTER_USERNS_HOST;
	expect("20");
	filter.userns = FILTER_USERNS_INODE;
	filter.userns_inode = 5;
	expect("1 11 *13");
}

static void executables(void **state)
{
	(void)state;
	name(WHERE_EXE, "/usr/*/thing", false);
	expect("1 11 *13 20");
	name(WHERE_EXE, "*thing", true);
	expect("");
}

/* Never chosen and never silently left out: nor by a filter that says what they must not be. */
static void what_cannot_be_told(void **state)
{
	(void)state;
	free(list.at[0].exe);
	list.at[0].exe = NULL;
	name(WHERE_EXE, "/bin/*", true);
	assert_int_equal(expect("11 *13 20").undecided, 1);
	list.at[0].is.permitted = 0;
	assert_int_equal(expect("11 *13 20").undecided, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_holds_anything),
		TEST(who_is_named_by_number),
		TEST(who_is_not_named),
		TEST(who_holds_these),
		TEST(whose_user_and_group),
		TEST(whose_name),
		TEST(trees),
		TEST(all_but_a_tree),
		TEST(units),
		TEST(cgroups),
		TEST(namespaces),
		TEST(executables),
		TEST(what_cannot_be_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
