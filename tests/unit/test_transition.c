/* SPDX-License-Identifier: BSD-2-Clause */
/* The well-known cases by hand; tests/exec asks the kernel about all the others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "user/caps/securebits.h"
#include "user/caps/transition.h"

#define BIT(nr) (1ULL << (nr))
#define RAW     BIT(13)
#define BIND    BIT(10)
#define FULL    (BIT(41) - 1)

static const struct kernel_rules kernel = { .known = FULL, .effective_ids = true };

static struct credentials user(void)
{
	return (struct credentials){ .uid = 1000,
				     .euid = 1000,
				     .suid = 1000,
				     .gid = 1000,
				     .egid = 1000,
				     .sgid = 1000,
				     .bounding = FULL };
}

static struct image with_caps(uint64_t permitted, uint64_t inheritable, bool effective)
{
	return (struct image){ .has_caps = true, .caps = { 2, effective, permitted, inheritable, 0 } };
}

static bool applied(const struct transition *t, enum transition_rule rule)
{
	for (size_t i = 0; i < t->step_count; i++)
		if (t->steps[i].rule == rule)
			return true;
	return false;
}

static struct transition exec(const struct credentials *c, const struct image *image)
{
	const struct surroundings none = { false, false };
	struct transition t;

	transition(c, &none, image, &kernel, &t);
	return t;
}

static void gives_a_file_its_capabilities(void **state)
{
	struct credentials c = user();
	struct image ping = with_caps(RAW, 0, true);
	struct transition t = exec(&c, &ping);

	(void)state;
	assert_int_equal(t.error, 0);
	assert_true(t.to.permitted == RAW && t.to.effective == RAW && !t.to.inheritable && t.secure);
	ping.caps.effective = false;
	t = exec(&c, &ping);
	assert_true(t.to.permitted == RAW && t.to.effective == 0);
}

static void refuses_what_expects_more_than_there_is(void **state)
{
	struct credentials c = user();
	struct image ping = with_caps(RAW | BIND, 0, true);
	struct transition t;

	(void)state;
	c.bounding &= ~RAW;
	t = exec(&c, &ping);
	assert_int_equal(t.error, -EPERM);
	assert_int_equal(t.steps[t.step_count - 1].rule, FILE_REFUSED);
	assert_true(t.steps[t.step_count - 1].set == RAW);
	assert_memory_equal(&t.to, &c, sizeof(c));
	c.inheritable = RAW;
	ping.caps.inheritable = RAW;
	t = exec(&c, &ping);
	assert_int_equal(t.error, 0);
	assert_true(t.to.permitted == (RAW | BIND));
}

/* What many believe of +eip: the i of the file gives to nobody who does not have it as inheritable. */
static void inheritable_bits_of_a_file_give_nothing_alone(void **state)
{
	struct credentials c = user();
	struct image file = with_caps(0, RAW, true);
	struct transition t = exec(&c, &file);

	(void)state;
	assert_true(t.to.permitted == 0 && t.to.inheritable == 0);
	assert_true(applied(&t, FILE_NOT_INHERITED));
	c.inheritable = RAW;
	c.bounding = 0;
	t = exec(&c, &file);
	assert_true(t.to.permitted == RAW && t.to.inheritable == RAW);
}

static void makes_root_of_setuid_root(void **state)
{
	struct credentials c = user();
	struct image su = { .setuid = true };
	struct transition t = exec(&c, &su);

	(void)state;
	assert_true(t.to.uid == 1000 && t.to.euid == 0 && t.to.suid == 0);
	assert_true(t.to.permitted == FULL && t.to.effective == FULL && t.secure);
	su.has_caps = true;
	su.caps = (struct filecaps){ 2, true, RAW, 0, 0 };
	t = exec(&c, &su);
	assert_true(t.to.euid == 0 && t.to.permitted == RAW && applied(&t, ROOT_MIXED));
	c.securebits = SECUREBIT_NOROOT;
	su.has_caps = false;
	t = exec(&c, &su);
	assert_true(t.to.euid == 0 && t.to.permitted == 0 && applied(&t, ROOT_DISABLED));
}

static void keeps_and_cancels_what_is_ambient(void **state)
{
	struct credentials c = user();
	struct image plain = { 0 }, empty = with_caps(0, 0, false), setgid = { .setgid = true, .group = 7 };
	struct transition t;

	(void)state;
	c.permitted = c.inheritable = c.ambient = BIND;
	t = exec(&c, &plain);
	assert_true(t.to.ambient == BIND && t.to.permitted == BIND && t.to.effective == BIND && !t.secure);
	t = exec(&c, &empty);
	assert_true(t.to.ambient == 0 && t.to.permitted == 0 && applied(&t, AMBIENT_BY_CAPS));
	t = exec(&c, &setgid);
	assert_true(t.to.ambient == 0 && t.to.egid == 7 && applied(&t, AMBIENT_BY_IDS));
}

static void gives_nothing_new_where_that_was_asked_for(void **state)
{
	struct credentials c = user();
	struct image ping = with_caps(RAW | BIND, 0, false), su = { .setuid = true };
	struct transition t;

	(void)state;
	c.no_new_privs = true;
	t = exec(&c, &su);
	assert_true(t.to.euid == 1000 && t.to.permitted == 0 && applied(&t, IDS_NO_NEW_PRIVS));
	c.permitted = BIND;
	t = exec(&c, &ping);
	assert_true(t.to.permitted == BIND && applied(&t, LESS_NO_NEW_PRIVS));
}

static void ignores_what_does_not_count(void **state)
{
	struct credentials c = user();
	struct image ping = with_caps(RAW, 0, true);
	struct transition t;

	(void)state;
	ping.foreign = true;
	ping.caps.rootid = 100000;
	t = exec(&c, &ping);
	assert_true(t.to.permitted == 0 && applied(&t, FILE_FOREIGN));
	ping.nosuid = true;
	t = exec(&c, &ping);
	assert_true(t.to.permitted == 0 && applied(&t, FILE_NOSUID));
}

static void clears_keep_caps(void **state)
{
	struct credentials c = user();
	struct image plain = { 0 };
	struct transition t;

	(void)state;
	c.securebits = SECUREBIT_KEEP_CAPS | SECUREBIT_NO_SETUID_FIXUP;
	t = exec(&c, &plain);
	assert_int_equal(t.to.securebits, SECUREBIT_NO_SETUID_FIXUP);
}

static void has_words_for_every_rule(void **state)
{
	(void)state;
	for (unsigned rule = 0; rule < TRANSITION_RULES; rule++) {
		const char *words = transition_rule_words(rule);

		assert_true(transition_rule_name(rule) && words && strlen(words) > 10);
		if (transition_rule_has_id(rule))
			assert_int_equal(words[strlen(words) - 1], ':');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_a_file_its_capabilities),
		cmocka_unit_test(refuses_what_expects_more_than_there_is),
		cmocka_unit_test(inheritable_bits_of_a_file_give_nothing_alone),
		cmocka_unit_test(makes_root_of_setuid_root),
		cmocka_unit_test(keeps_and_cancels_what_is_ambient),
		cmocka_unit_test(gives_nothing_new_where_that_was_asked_for),
		cmocka_unit_test(ignores_what_does_not_count),
		cmocka_unit_test(clears_keep_caps),
		cmocka_unit_test(has_words_for_every_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
