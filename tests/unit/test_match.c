// SPDX-License-Identifier: BSD-2-Clause
/* The filter as it is applied to what was recorded. */
#include "tests/unit/made.h"

#include <errno.h>

#include "user/model/filter.h"
#include "user/model/lifecycle.h"
#include "user/model/match.h"
#include "user/model/program.h"
#include "user/model/record.h"

#define HOST_USERNS 4026531837U

static struct program program = {
	.id = 99, .serial = 1, .tgid = 4242, .ppid = 4001, .cgroup = (char *)"/a.slice/b.service",
};

static struct record made_record(void)
{
	struct record r = { .parts = RECORD_CHECK | RECORD_PROGRAM, .check = made_check(), .program = &program };

	return r;
}

static bool passes(const struct filter *f, const struct record *r)
{
	struct match *m;
	bool passed;

	assert_int_equal(match_new(f, &m), 0);
	passed = match_check(m, r);
	match_free(m);
	return passed;
}

static bool life_passes(const struct filter *f, const struct lifecycle *l)
{
	struct match *m;
	struct record r;
	bool passed;

	lifecycle_record(l, &r);
	r.program = &program;
	assert_int_equal(match_new(f, &m), 0);
	passed = match_lifecycle(m, &r);
	match_free(m);
	return passed;
}

/* Who it was before or is after; what is about checks alone leaves none of these out. */
static void lifecycle_events_pass_by_either_side(void **state)
{
	struct lifecycle l = { .event = made_lifecycle() };
	struct filter f;

	(void)state;
	l.event.after.uid = 7;
	l.event.after.userns = 1;
	filter_init(&f);
	assert_true(life_passes(&f, &l));
	assert_int_equal(filter_add_id(&f.uids, 1000, false), 0);
	assert_true(life_passes(&f, &l));
	l.event.head.flags &= ~(uint32_t)LIFE_BEFORE_KNOWN;
	assert_false(life_passes(&f, &l));
	assert_int_equal(filter_add_id(&f.uids, 7, false), 0);
	assert_true(life_passes(&f, &l));
	f.userns = FILTER_USERNS_HOST;
	assert_false(life_passes(&f, &l));
	f.userns = FILTER_USERNS_OWN;
	assert_true(life_passes(&f, &l));
	f.caps = 1;
	f.denied = true;
	assert_true(life_passes(&f, &l));
	assert_int_equal(filter_add_id(&f.pids, 1, false), 0);
	assert_false(life_passes(&f, &l));
	filter_done(&f);
}

static void nothing_asked_for_is_everything(void **state)
{
	struct record r = made_record();
	struct filter f;

	(void)state;
	filter_init(&f);
	assert_true(passes(&f, &r));
	filter_done(&f);
}

/* Each list by itself: the same again is or, ! leaves out, and wins. */
static void lists_of_ids(void **state)
{
	static const struct {
		size_t list;
		uint32_t is;
	} rows[] = {
		{ offsetof(struct filter, pids), 4242 },
		{ offsetof(struct filter, trees), 4242 },
		{ offsetof(struct filter, uids), 1000 },
		{ offsetof(struct filter, gids), 100 },
	};
	struct record r = made_record();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct filter f;
		struct filter_ids *ids = (struct filter_ids *)((char *)&f + rows[i].list);

		filter_init(&f);
		assert_int_equal(filter_add_id(ids, 7, false), 0);
		assert_false(passes(&f, &r));
		assert_int_equal(filter_add_id(ids, rows[i].is, false), 0);
		assert_true(passes(&f, &r));
		assert_int_equal(filter_add_id(ids, rows[i].is, true), 0);
		assert_false(passes(&f, &r));
		filter_done(&f);
		filter_init(&f);
		assert_int_equal(filter_add_id(ids, 7, true), 0);
		assert_true(passes(&f, &r));
		filter_done(&f);
	}
}

static void verdicts_and_capabilities(void **state)
{
	struct record r = made_record();	/* denied, 21 */
	struct filter f;

	(void)state;
	filter_init(&f);
	f.allowed = true;
	assert_false(passes(&f, &r));
	f.denied = true;
	assert_true(passes(&f, &r));
	f.allowed = false;
	assert_true(passes(&f, &r));
	f.caps = 1 << 20;
	assert_false(passes(&f, &r));
	f.caps = 1 << 21;
	assert_true(passes(&f, &r));
	r.check.cap = 64 + 21;
	assert_false(passes(&f, &r));
	r.check.cap = -1;
	assert_false(passes(&f, &r));
	f.caps = UINT64_MAX;
	assert_true(passes(&f, &r));
	filter_done(&f);
}

static void namespaces(void **state)
{
	struct record r = made_record();
	struct filter f;

	(void)state;
	filter_init(&f);
	r.check.userns_asker = HOST_USERNS;
	f.userns = FILTER_USERNS_HOST;
	assert_true(passes(&f, &r));
	f.userns = FILTER_USERNS_OWN;
	assert_false(passes(&f, &r));
	f.userns_not = true;
	assert_true(passes(&f, &r));
	f.userns = FILTER_USERNS_INODE;
	f.userns_inode = HOST_USERNS;
	assert_false(passes(&f, &r));
	r.check.userns_asker++;
	assert_true(passes(&f, &r));
	filter_done(&f);
}

static void names_of_threads(void **state)
{
	struct record r = made_record();
	struct filter f;

	(void)state;
	filter_init(&f);
	filter_add_word(&f.comms, "apache*", false);
	assert_false(passes(&f, &r));
	filter_add_word(&f.comms, "ng?nx", false);
	assert_true(passes(&f, &r));
	filter_add_word(&f.comms, "*x", true);
	assert_false(passes(&f, &r));
	filter_done(&f);
}

static void cgroups_and_what_is_below(void **state)
{
	static const struct {
		const char *above;
		bool is;
	} rows[] = {
		{ "/", true }, { "", true }, { "/a.slice", true }, { "/a.slice/", true }, { "/a.slice/b.service", true },
		{ "/a.slic", false }, { "/a.slice/b.service/c", false }, { "/b.service", false },
	};
	struct record r = made_record(), unknown = made_record();

	(void)state;
	unknown.program = NULL;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct filter f;

		filter_init(&f);
		filter_add_word(&f.cgroups, rows[i].above, false);
		assert_int_equal(passes(&f, &r), rows[i].is);
		assert_false(passes(&f, &unknown));
		f.cgroups.at[0].not = true;
		assert_int_equal(passes(&f, &r), !rows[i].is);
		assert_true(passes(&f, &unknown));
		filter_done(&f);
	}
}

/* A name is what the recording says, whatever this machine calls so. */
static void names_are_those_of_the_recording(void **state)
{
	struct record r = made_record();
	struct filter f;
	struct match *m;

	(void)state;
	filter_init(&f);
	assert_int_equal(filter_add_name(&f.uids, 0, false, "anna"), 0);
	assert_int_equal(filter_add_name(&f.gids, FILTER_ID_NONE, true, "staff"), 0);
	assert_int_equal(match_new(&f, &m), 0);
	assert_string_equal(match_unmet(m, 0), "anna");
	assert_string_equal(match_unmet(m, 1), "staff");
	assert_null(match_unmet(m, 2));
	assert_false(match_check(m, &r));
	assert_int_equal(match_user(m, 1000, NULL), 0);
	assert_int_equal(match_user(m, 1001, "bert"), 0);
	assert_false(match_check(m, &r));
	for (int i = 0; i < 2 * FILTER_IDS_MAX; i++)	/* as every block does */
		assert_int_equal(match_user(m, 1000, "anna"), 0);
	assert_true(match_check(m, &r));
	assert_int_equal(match_group(m, 100, "staff"), 0);
	assert_false(match_check(m, &r));
	assert_null(match_unmet(m, 0));
	match_free(m);
	filter_done(&f);
}

struct family {
	struct filter filter;
	struct match *match;
};

static void meet(struct family *f, uint32_t tgid, uint32_t ppid, uint64_t id, uint32_t flags)
{
	const struct program p = { .id = id, .serial = id, .flags = flags, .tgid = tgid, .ppid = ppid };

	assert_int_equal(match_program(f->match, &p), 0);
}

static bool belongs(struct family *f, uint32_t tgid)
{
	struct record r = made_record();

	r.check.tgid = tgid;
	return match_check(f->match, &r);
}

static void trees(void **state)
{
	struct family f;

	(void)state;
	filter_init(&f.filter);
	assert_int_equal(filter_add_id(&f.filter.trees, 100, false), 0);
	assert_int_equal(filter_add_id(&f.filter.trees, 102, true), 0);
	assert_int_equal(match_new(&f.filter, &f.match), 0);
	assert_true(belongs(&f, 100));
	meet(&f, 101, 100, 1, 0);
	meet(&f, 102, 101, 2, 0);
	meet(&f, 103, 102, 3, 0);
	meet(&f, 104, 101, 4, PROGRAM_EXEC);
	meet(&f, 200, 1, 5, 0);
	assert_true(belongs(&f, 101));
	assert_false(belongs(&f, 102));
	assert_false(belongs(&f, 103));
	assert_true(belongs(&f, 104));
	assert_false(belongs(&f, 200));
	assert_false(belongs(&f, 999));
	/* its parent ended; it executes something; its number is another's then */
	meet(&f, 104, 1, 4, 0);
	assert_true(belongs(&f, 104));
	meet(&f, 104, 1, 6, PROGRAM_EXEC);
	assert_true(belongs(&f, 104));
	meet(&f, 104, 200, 7, 0);
	assert_false(belongs(&f, 104));
	match_free(f.match);
	filter_done(&f.filter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_asked_for_is_everything),
		cmocka_unit_test(lifecycle_events_pass_by_either_side),
		cmocka_unit_test(lists_of_ids),
		cmocka_unit_test(verdicts_and_capabilities),
		cmocka_unit_test(namespaces),
		cmocka_unit_test(names_of_threads),
		cmocka_unit_test(cgroups_and_what_is_below),
		cmocka_unit_test(names_are_those_of_the_recording),
		cmocka_unit_test(trees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
