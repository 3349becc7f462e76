/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>

#include "user/advice/solve.h"
#include "user/base/buf.h"
#include "user/caps/capability.h"

#define C(name) (1ULL << CAP_##name)
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

#define NEEDS(name)	     { .cap = CAP_##name, .class = SITE_NEEDED, .granted = 1 }
#define EITHER(name, others_) { .cap = CAP_##name, .class = SITE_ALTERNATIVE, .others = (others_), .granted = 1 }
#define IS(name, class_)     { .cap = CAP_##name, .class = (class_), .granted = 1 }

static struct solved solved_of(const struct solve_use *uses, size_t count)
{
	struct solved s;

	assert_int_equal(solve(uses, count, &s), 0);
	for (int i = 0; i < SOLVE_PARTS; i++)
		for (int j = 0; j < i; j++)
			assert_false(s.parts[i] & s.parts[j]);
	return s;
}

static void expect_caps(const struct solve_use *uses, size_t count, uint64_t caps)
{
	struct solved s = solved_of(uses, count);
	struct buf b = BUF_INIT;

	capability_mask_names(&b, s.caps);
	if (s.caps != caps)
		fail_msg("advised: %s", buf_str(&b));
	buf_done(&b);
}

static void needs_what_fails_without_it(void **state)
{
	const struct solve_use uses[] = {
		NEEDS(NET_BIND_SERVICE), IS(SYS_TIME, SITE_UNCLASSIFIED), IS(IPC_LOCK, SITE_CONDITIONAL),
		IS(SYS_ADMIN, SITE_ADVISORY), IS(FSETID, SITE_QUALITY), IS(AUDIT_WRITE, SITE_NEEDED),
	};
	struct solved s = solved_of(uses, COUNT(uses));

	(void)state;
	assert_int_equal(s.parts[SOLVE_NEEDED], C(NET_BIND_SERVICE) | C(SYS_TIME));
	assert_int_equal(s.parts[SOLVE_CONDITIONAL], C(IPC_LOCK));
	assert_int_equal(s.parts[SOLVE_ADVISORY], C(SYS_ADMIN));
	assert_int_equal(s.parts[SOLVE_QUALITY], C(FSETID));
	assert_int_equal(s.parts[SOLVE_KEPT], C(AUDIT_WRITE));
	assert_int_equal(s.caps, C(NET_BIND_SERVICE) | C(SYS_TIME) | C(IPC_LOCK) | C(AUDIT_WRITE));
	assert_true(s.exact);
}

static void a_denial_adds_nothing(void **state)
{
	const struct solve_use uses[] = {
		{ .cap = CAP_SYS_CHROOT, .class = SITE_NEEDED, .denied = 5 },
		{ .cap = CAP_SETUID, .class = SITE_NEEDED, .granted = 1, .denied = 5 },
	};
	struct solved s = solved_of(uses, COUNT(uses));

	(void)state;
	assert_int_equal(s.parts[SOLVE_DENIED], C(SYS_CHROOT));
	assert_int_equal(s.caps, C(SETUID));
}

/* As long as one call succeeded, or its end is not known, it may have been needed for that. */
static void what_failed_all_the_same_is_soft(void **state)
{
	const struct solve_use uses[] = {
		{ .cap = CAP_MKNOD, .class = SITE_NEEDED, .granted = 3, .granted_failed = 3 },
		{ .cap = CAP_KILL, .class = SITE_NEEDED, .granted = 3, .granted_failed = 2 },
		{ .cap = CAP_FOWNER, .class = SITE_NEEDED, .granted = 3, .granted_failed = 3 },
		{ .cap = CAP_FOWNER, .class = SITE_NEEDED, .granted = 1 },
	};
	struct solved s = solved_of(uses, COUNT(uses));

	(void)state;
	assert_int_equal(s.parts[SOLVE_SOFT], C(MKNOD));
	assert_int_equal(s.caps, C(KILL) | C(FOWNER));

	/* It failed at one place, and worked at another, where something else would have done. */
	const struct solve_use spared[] = {
		{ .cap = CAP_DAC_OVERRIDE, .class = SITE_NEEDED, .granted = 1, .granted_failed = 1 },
		{ .cap = CAP_DAC_OVERRIDE, .class = SITE_ALTERNATIVE, .others = C(DAC_READ_SEARCH), .granted = 1 },
	};

	s = solved_of(spared, COUNT(spared));
	assert_int_equal(s.parts[SOLVE_SOFT], 0);
	assert_int_equal(s.parts[SOLVE_SPARED], C(DAC_OVERRIDE));
	assert_int_equal(s.caps, C(DAC_READ_SEARCH));
}

static void others_credentials_are_no_need(void **state)
{
	const struct solve_use uses[] = {
		{ .cap = CAP_SYS_ADMIN, .class = SITE_NEEDED, .granted = 9, .no_need = true },
		{ .cap = CAP_DAC_OVERRIDE, .class = SITE_NEEDED, .granted = 9, .no_need = true },
		NEEDS(DAC_OVERRIDE),
	};
	struct solved s = solved_of(uses, COUNT(uses));

	(void)state;
	assert_int_equal(s.parts[SOLVE_NO_NEED], C(SYS_ADMIN));
	assert_int_equal(s.caps, C(DAC_OVERRIDE));
}

static void chooses_the_least_dangerous(void **state)
{
	const struct solve_use bpf[] = { EITHER(SYS_ADMIN, C(BPF)) };
	const struct solve_use net[] = { EITHER(NET_RAW, C(NET_ADMIN)) };
	const struct solve_use admin[] = { EITHER(NET_ADMIN, C(NET_RAW)) };
	const struct solve_use dac[] = { EITHER(DAC_READ_SEARCH, C(DAC_OVERRIDE)) };
	const struct solve_use nice[] = { EITHER(SYS_ADMIN, C(SYS_NICE)) };
	const struct solve_use perf[] = { EITHER(PERFMON, C(SYS_ADMIN)) };

	(void)state;
	expect_caps(bpf, 1, C(BPF));
	expect_caps(net, 1, C(NET_RAW));
	expect_caps(admin, 1, C(NET_RAW));
	expect_caps(dac, 1, C(DAC_READ_SEARCH));
	expect_caps(nice, 1, C(SYS_NICE));
	expect_caps(perf, 1, C(PERFMON));
}

/* What has to be there anyway serves; and one that serves two places may be better than two that serve one each. */
static void one_serves_for_another(void **state)
{
	const struct solve_use dac[] = { EITHER(DAC_READ_SEARCH, C(DAC_OVERRIDE)), NEEDS(DAC_OVERRIDE) };
	const struct solve_use both[] = { EITHER(BPF, C(SYS_ADMIN)), EITHER(PERFMON, C(SYS_ADMIN)) };
	const struct solve_use hard[] = { EITHER(BPF, C(SYS_ADMIN)), EITHER(PERFMON, C(SYS_ADMIN)), NEEDS(SYS_ADMIN) };
	const struct solve_use shared[] = { EITHER(NET_ADMIN, C(NET_RAW)), EITHER(NET_ADMIN, C(SYS_NICE)) };
	struct solved s = solved_of(dac, COUNT(dac));

	(void)state;
	assert_int_equal(s.caps, C(DAC_OVERRIDE));
	assert_int_equal(s.parts[SOLVE_SPARED], C(DAC_READ_SEARCH));
	expect_caps(both, COUNT(both), C(BPF) | C(PERFMON));
	expect_caps(hard, COUNT(hard), C(SYS_ADMIN));
	expect_caps(shared, COUNT(shared), C(NET_ADMIN));
}

/* However many there are, every place is served, and none that could go is there. */
static void random_places_are_all_served(void **state)
{
	struct solve_use uses[24];

	(void)state;
	srand(1);
	for (int round = 0; round < 300; round++) {
		size_t count = (size_t)rand() % COUNT(uses) + 1;
		uint64_t range = round % 2 ? 0x3fff : (1ULL << CAPABILITY_COUNT) - 1;
		struct solved s;

		for (size_t i = 0; i < count; i++) {
			unsigned span = round % 2 ? 14 : CAPABILITY_COUNT;

			uses[i] = (struct solve_use){ .cap = (unsigned)rand() % span, .class = SITE_ALTERNATIVE, .granted = 1,
						      .others = ((uint64_t)rand() << 20 ^ (uint64_t)rand()) & range & (uint64_t)rand() };
		}
		s = solved_of(uses, count);
		for (uint64_t left = s.parts[SOLVE_CHOSEN]; left; left &= left - 1) {
			uint64_t without = s.caps & ~(left & -left);
			bool goes = true;

			for (size_t i = 0; i < count; i++) {
				uint64_t any = 1ULL << uses[i].cap | (uses[i].cap == CAP_AUDIT_WRITE ? 0 : uses[i].others);

				assert_true(any & s.caps);
				goes = goes && any & without;
			}
			assert_false(goes);
		}
	}
}

static void set_up_is_no_need(void **state)
{
	const struct solve_use uses[] = {
		{ .cap = CAP_SYS_ADMIN, .class = SITE_NEEDED, .granted = 9, .setup = true },
		{ .cap = CAP_CHOWN, .class = SITE_NEEDED, .granted = 9, .setup = true },
		{ .cap = CAP_MKNOD, .class = SITE_NEEDED, .denied = 9, .setup = true },
		NEEDS(CHOWN),
	};
	struct solved s = solved_of(uses, COUNT(uses));

	(void)state;
	assert_int_equal(s.caps, C(CHOWN));
	assert_int_equal(s.parts[SOLVE_SETUP], C(SYS_ADMIN) | C(MKNOD));
}

static void nothing_asked_nothing_advised(void **state)
{
	struct solved s = solved_of(NULL, 0);

	(void)state;
	assert_int_equal(s.caps, 0);
	assert_true(s.exact);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(needs_what_fails_without_it),	   cmocka_unit_test(a_denial_adds_nothing),
		cmocka_unit_test(what_failed_all_the_same_is_soft), cmocka_unit_test(others_credentials_are_no_need),
		cmocka_unit_test(chooses_the_least_dangerous),	   cmocka_unit_test(one_serves_for_another),
		cmocka_unit_test(random_places_are_all_served),	   cmocka_unit_test(nothing_asked_nothing_advised),
		cmocka_unit_test(set_up_is_no_need),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
