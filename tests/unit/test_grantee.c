// SPDX-License-Identifier: BSD-2-Clause
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <linux/capability.h>

#include "user/caps/grantee.h"

#define BIT(cap) (1ULL << (cap))

static char *copy(const char *text)
{
	char *to = text ? strdup(text) : NULL;

	assert_true(!text || to);
	return to;
}

/* A container of docker; all that is not told is nothing. */
static struct grantee container(const char *image, const char *name, uint64_t caps)
{
	struct grantee g = {
		.kind = GRANTEE_CONTAINER, .engine = "docker", .name = copy(name), .id = copy(name), .image = copy(image),
		.names = BUF_INIT, .known = true, .effective = caps, .bounding = caps, .count = 1,
	};

	buf_put(&g.names, name, strlen(name) + 1);
	return g;
}

static void put(struct grantees *list, struct grantee g)
{
	assert_int_equal(grantees_put(list, &g), 0);
}

static void the_risk_is_that_of_the_worst(void **state)
{
	static const struct {
		struct grantee is;
		enum grantee_risk risk;
		const char *name;
	} rows[] = {
		{ { .known = false, .effective = ~0ULL }, GRANTEE_UNKNOWN, "unknown" },
		{ { .known = true }, GRANTEE_NONE, "none" },
		{ { .known = true, .bounding = ~0ULL }, GRANTEE_NONE, "none" },
		{ { .known = true, .effective = BIT(CAP_NET_BIND_SERVICE) }, GRANTEE_LOW, "low" },
		{ { .known = true, .effective = BIT(CAP_SYS_ADMIN) | BIT(CAP_NET_BIND_SERVICE) }, GRANTEE_ROOT, "root" },
		{ { .known = true, .privileged = true }, GRANTEE_PRIVILEGED, "privileged" },
		/* What has no name yet is not known to be harmless. */
		{ { .known = true, .effective = 1ULL << 63 }, GRANTEE_HIGH, "high" },
		/* In a user namespace of its own it has nothing over the host. */
		{ { .known = true, .privileged = true, .own_userns = true }, GRANTEE_MODERATE, "moderate" },
		{ { .known = true, .effective = BIT(CAP_NET_BIND_SERVICE), .own_userns = true }, GRANTEE_LOW, "low" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(grantee_risk(&rows[i].is), rows[i].risk);
		assert_string_equal(grantee_risk_name(rows[i].risk), rows[i].name);
	}
}

static void kinds_and_states_have_words(void **state)
{
	(void)state;
	assert_string_equal(grantee_kind_name(GRANTEE_UNIT), "unit");
	assert_string_equal(grantee_kind_name(GRANTEE_USER_UNIT), "user_unit");
	assert_string_equal(grantee_kind_name(GRANTEE_CONTAINER), "container");
	assert_string_equal(grantee_state_name(GRANTEE_RUNNING), "running");
	assert_string_equal(grantee_state_name(GRANTEE_STOPPED), "stopped");
	assert_null(grantee_state_name(GRANTEE_STATE_UNKNOWN));
}

static void containers_of_an_image_become_one(void **state)
{
	struct grantees list = { NULL, 0, 0 };
	struct grantee other = container("web", "c", BIT(CAP_NET_BIND_SERVICE)), running = container("web", "b", BIT(CAP_SYS_ADMIN));
	const struct grantee *web;

	(void)state;
	running.state = GRANTEE_RUNNING;
	running.running = 1;
	other.engine = "podman";
	put(&list, container("web", "a", BIT(CAP_NET_BIND_SERVICE)));
	put(&list, running);
	put(&list, other);
	put(&list, container(NULL, "x", 0));
	put(&list, container(NULL, "y", 0));
	assert_int_equal(grantees_join_images(&list), 0);

	/* Another engine's is another; of those without an image nobody knows. */
	assert_int_equal(list.count, 4);
	grantees_sort(&list);
	web = &list.at[0];
	assert_string_equal(web->image, "web");
	assert_string_equal(web->engine, "docker");
	assert_int_equal(web->count, 2);
	assert_int_equal(web->running, 1);
	assert_int_equal(web->state, GRANTEE_RUNNING);
	assert_true(web->differs);
	assert_true(web->effective == (BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_SYS_ADMIN)));
	/* The riskiest gives the name, and all are named. */
	assert_string_equal(web->name, "b");
	assert_string_equal(web->id, "b");
	assert_int_equal(web->names.len, 4);
	grantees_done(&list);
	assert_int_equal(list.count, 0);
}

static void what_only_all_of_them_have_is_the_images(void **state)
{
	static const struct {
		bool known[2], userns[2], no_new_privs[2];
		bool has_userns, has_no_new_privs, differs;
	} rows[] = {
		{ { true, true }, { true, true }, { true, true }, true, true, false },
		{ { true, true }, { true, false }, { false, true }, false, false, true },
		/* An unknown one has no say. */
		{ { true, false }, { true, false }, { true, false }, true, true, true },
		{ { false, true }, { false, true }, { false, true }, true, true, true },
		{ { false, false }, { false, false }, { false, false }, false, false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct grantees list = { NULL, 0, 0 };

		for (int k = 0; k < 2; k++) {
			struct grantee g = container("web", k ? "b" : "a", 0);

			g.known = rows[i].known[k];
			g.own_userns = rows[i].userns[k];
			g.no_new_privs = rows[i].no_new_privs[k];
			put(&list, g);
		}
		assert_int_equal(grantees_join_images(&list), 0);
		assert_int_equal(list.count, 1);
		assert_int_equal(list.at[0].own_userns, rows[i].has_userns);
		assert_int_equal(list.at[0].no_new_privs, rows[i].has_no_new_privs);
		assert_int_equal(list.at[0].differs, rows[i].differs);
		assert_int_equal(list.at[0].known, rows[i].known[0] || rows[i].known[1]);
		grantees_done(&list);
	}
}

static void the_riskiest_is_first(void **state)
{
	static const char *const order[] = { "root", "unknown", "many", "few", "a", "b" };
	struct grantees list = { NULL, 0, 0 };
	struct grantee unknown = container("u", "unknown", 0);

	(void)state;
	unknown.known = false;
	put(&list, container("b", "b", 0));
	put(&list, container("f", "few", BIT(CAP_NET_BIND_SERVICE)));
	put(&list, unknown);
	put(&list, container("a", "a", 0));
	put(&list, container("m", "many", BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_WAKE_ALARM)));
	put(&list, container("r", "root", BIT(CAP_SYS_ADMIN)));
	grantees_sort(&list);
	assert_int_equal(list.count, sizeof(order) / sizeof(order[0]));
	for (size_t i = 0; i < list.count; i++)
		assert_string_equal(list.at[i].name, order[i]);
	grantees_done(&list);
}

static void a_list_grows(void **state)
{
	struct grantees list = { NULL, 0, 0 };

	(void)state;
	for (int i = 0; i < 200; i++)
		put(&list, container(i % 2 ? "odd" : "even", "n", BIT(CAP_CHOWN)));
	assert_int_equal(list.count, 200);
	assert_int_equal(grantees_join_images(&list), 0);
	assert_int_equal(list.count, 2);
	assert_int_equal(list.at[0].count, 100);
	assert_false(list.at[0].differs);
	grantees_done(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_risk_is_that_of_the_worst),
		cmocka_unit_test(kinds_and_states_have_words),
		cmocka_unit_test(containers_of_an_image_become_one),
		cmocka_unit_test(what_only_all_of_them_have_is_the_images),
		cmocka_unit_test(the_riskiest_is_first),
		cmocka_unit_test(a_list_grows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
