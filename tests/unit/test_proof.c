/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>

#include "user/advice/proof.h"
#include "user/caps/asked.h"

#define C(name) (1ULL << CAP_##name)

enum { DENIED = 1, FAILED = 2, WORKED = 4, FOREIGN = 8 };

struct made {
	int cap;
	enum site_class class;
	const char *name, *call;
	unsigned flags;
};

#define END { -1, 0, NULL, NULL, 0 }

/* A run in which these were asked for, the last of which has no capability. */
static struct proof_run run_of(const struct made *m)
{
	struct proof_run run = { .judge = PROOF_NO_JUDGE, .asked = asked_new() };

	assert_non_null(run.asked);
	for (; m->cap >= 0; m++) {
		const struct site_row known = { .others = m->class == SITE_ALTERNATIVE ? C(DAC_READ_SEARCH) | C(DAC_OVERRIDE) : 0 };
		const struct site site = { .class = m->class, .name = m->name, .name_len = strlen(m->name), .row = &known };
		const struct asked_check c = {
			.cap = m->cap, .site = &site, .call = m->call, .denied = m->flags & DENIED,
			.failed = !!(m->flags & FAILED), .worked = !!(m->flags & WORKED), .no_need = m->flags & FOREIGN,
			.error = m->flags & FAILED ? EPERM : 0, .times = 1, .wall_ns = 5, .pid = 1, .comm = "x", .comm_len = 1,
		};

		assert_int_equal(asked_add(run.asked, &c, NULL), 0);
	}
	return run;
}

static const struct made work[] = {
	{ CAP_CHOWN, SITE_NEEDED, "setattr_prepare", "fchownat", 0 },
	{ CAP_SYS_ADMIN, SITE_ADVISORY, "may_open", "openat", 0 },
	{ CAP_KILL, SITE_NEEDED, "kill_ok", "kill", DENIED | FAILED },
	END,
};

/* Compares with `work`, and frees what is not looked at any more. */
static struct proof compared(struct proof_run *first, struct proof_run *now)
{
	struct proof p;

	assert_int_equal(proof_compare(first, now, &p), 0);
	return p;
}

static void done(struct proof *p, struct proof_run *first, struct proof_run *now)
{
	proof_done(p);
	asked_free(first->asked);
	asked_free(now->asked);
}

static void expect(const struct made *later, bool holds, uint64_t lacking, size_t count, enum proof_kind kind)
{
	struct proof_run first = run_of(work), now = run_of(later);
	struct proof p = compared(&first, &now);

	assert_int_equal(p.holds, holds);
	assert_int_equal(p.lacking, lacking);
	assert_int_equal(p.count, count);
	if (count)
		assert_int_equal(p.at[0].kind, kind);
	done(&p, &first, &now);
}

static void the_same_holds(void **state)
{
	(void)state;
	expect(work, true, 0, 0, PROOF_END);
}

static void what_is_refused_and_fails_matters(void **state)
{
	const struct made fails[] = { { CAP_CHOWN, SITE_NEEDED, "setattr_prepare", "fchownat", DENIED | FAILED }, END };
	const struct made unknown[] = { { CAP_CHOWN, SITE_NEEDED, "setattr_prepare", "fchownat", DENIED }, END };
	const struct made works[] = { { CAP_CHOWN, SITE_NEEDED, "setattr_prepare", "fchownat", DENIED | WORKED }, END };
	const struct made quality[] = { work[0], { CAP_FSETID, SITE_QUALITY, "f", "chmod", DENIED | FAILED }, END };
	const struct made advisory[] = { work[0], { CAP_SYS_ADMIN, SITE_ADVISORY, "may_open", "openat", DENIED | FAILED }, END };
	const struct made foreign[] = { work[0], { CAP_MKNOD, SITE_NEEDED, "vfs_mknod", "mknod", DENIED | FAILED | FOREIGN }, END };
	const struct made unclassified[] = { work[0], { CAP_MKNOD, SITE_UNCLASSIFIED, "", "mknod", DENIED | FAILED }, END };

	(void)state;
	expect(fails, false, C(CHOWN), 1, PROOF_DENIAL);
	expect(unknown, false, C(CHOWN), 1, PROOF_DENIAL);
	expect(works, true, 0, 1, PROOF_DENIAL);
	expect(quality, true, 0, 1, PROOF_DENIAL);
	expect(advisory, true, 0, 0, PROOF_END);
	expect(foreign, true, 0, 0, PROOF_END);
	expect(unclassified, false, C(MKNOD), 1, PROOF_DENIAL);
}

/* sshd wants its refusal, in the first run and in every other. */
static void what_was_refused_before_is_nothing_new(void **state)
{
	const struct made again[] = { work[0], work[2], END };
	const struct made elsewhere[] = { work[0], { CAP_KILL, SITE_NEEDED, "kill_ok", "tgkill", DENIED | FAILED }, END };

	(void)state;
	expect(again, true, 0, 0, PROOF_END);
	expect(elsewhere, false, C(KILL), 1, PROOF_DENIAL);
}

/* What failed though it was granted fails without it too; but not where it ends in another way. */
static void what_failed_before_fails_again(void **state)
{
	const struct made soft[] = { { CAP_SYS_ADMIN, SITE_NEEDED, "path_mount", "mount", FAILED }, END };
	const struct made refused[] = { { CAP_SYS_ADMIN, SITE_NEEDED, "path_mount", "mount", DENIED | FAILED }, END };
	struct proof_run first = run_of(soft), now = run_of(refused);
	struct proof p = compared(&first, &now);

	(void)state;
	assert_true(p.holds);
	assert_int_equal(p.count, 1);
	proof_done(&p);
	now.status = 1;
	p = compared(&first, &now);
	assert_false(p.holds);
	assert_int_equal(p.lacking, C(SYS_ADMIN));
	done(&p, &first, &now);
}

/* The lesser one was granted, and the call failed; without it the other one is asked for too, and the call fails again. */
static void what_failed_with_its_kin_fails_again(void **state)
{
	const struct made soft[] = { { CAP_DAC_READ_SEARCH, SITE_ALTERNATIVE, "generic_permission", "execve", FAILED }, END };
	const struct made worked[] = { { CAP_DAC_READ_SEARCH, SITE_ALTERNATIVE, "generic_permission", "execve", 0 }, END };
	const struct made refused[] = { { CAP_DAC_READ_SEARCH, SITE_ALTERNATIVE, "generic_permission", "execve", DENIED | FAILED },
					{ CAP_DAC_OVERRIDE, SITE_ALTERNATIVE, "generic_permission", "execve", DENIED | FAILED },
					END };
	const struct made elsewhere[] = { { CAP_DAC_OVERRIDE, SITE_ALTERNATIVE, "generic_permission", "openat", DENIED | FAILED }, END };
	struct proof_run first = run_of(soft), useful = run_of(worked), now = run_of(refused), other = run_of(elsewhere);
	struct proof p = compared(&first, &now);

	(void)state;
	assert_true(p.holds);
	assert_int_equal(p.count, 2);
	proof_done(&p);
	p = compared(&first, &other);
	assert_int_equal(p.lacking, C(DAC_OVERRIDE));
	proof_done(&p);
	p = compared(&useful, &now);
	assert_int_equal(p.lacking, C(DAC_READ_SEARCH) | C(DAC_OVERRIDE));
	done(&p, &useful, &other);
	now.status = 1;
	p = compared(&first, &now);
	assert_int_equal(p.lacking, C(DAC_READ_SEARCH) | C(DAC_OVERRIDE));
	done(&p, &first, &now);
}

static void what_is_new_or_gone_is_told(void **state)
{
	const struct made more[] = { work[0], { CAP_MKNOD, SITE_NEEDED, "vfs_mknod", "mknod", 0 }, END };
	const struct made noise[] = { work[0], { CAP_SYS_PTRACE, SITE_ADVISORY, "x", "openat", 0 }, END };
	const struct made less[] = { END };
	struct proof_run first = run_of(work), now = run_of(less);
	struct proof p = compared(&first, &now);

	(void)state;
	expect(more, true, 0, 1, PROOF_CHECK);
	expect(noise, true, 0, 0, PROOF_END);
	expect(less, true, 0, 1, PROOF_GONE);
	assert_int_equal(p.unasked, C(CHOWN));
	done(&p, &first, &now);
}

/* The error of a message stands in the answer; and a root that can be regained is none that was given up. */
static void a_call_that_succeeds_may_lie(void **state)
{
	const struct made netlink[] = { work[0], { CAP_NET_ADMIN, SITE_NEEDED, "rtnetlink_rcv_msg", "sendto", DENIED | WORKED }, END };
	const struct made audit[] = { work[0], { CAP_AUDIT_WRITE, SITE_NEEDED, "audit_receive_msg", "sendto", DENIED | WORKED }, END };
	const struct made setuid[] = { work[0], { CAP_SETUID, SITE_NEEDED, "__sys_setuid", "setuid", DENIED | WORKED }, END };
	struct proof_run first = run_of(work), now = run_of(setuid);
	struct proof p;

	(void)state;
	expect(netlink, false, C(NET_ADMIN), 1, PROOF_DENIAL);
	expect(audit, true, 0, 1, PROOF_DENIAL);
	expect(setuid, false, C(SETUID), 1, PROOF_DENIAL);
	now.judge = 0;
	p = compared(&first, &now);
	assert_false(p.holds);
	done(&p, &first, &now);
}

static void the_judge_has_the_last_word(void **state)
{
	const struct made fails[] = { { CAP_CHOWN, SITE_NEEDED, "setattr_prepare", "fchownat", DENIED | FAILED }, END };
	struct proof_run first = run_of(work), now = run_of(fails);
	struct proof p;

	(void)state;
	now.judge = 0;
	p = compared(&first, &now);
	assert_true(p.holds);
	assert_int_equal(p.count, 1);
	proof_done(&p);
	now.judge = 1;
	p = compared(&first, &now);
	assert_false(p.holds);
	assert_int_equal(p.at[0].kind, PROOF_JUDGE);
	done(&p, &first, &now);
}

static void how_it_ends_matters(void **state)
{
	struct proof_run first = run_of(work), now = run_of(work);
	struct proof p;

	(void)state;
	now.status = 1;
	p = compared(&first, &now);
	assert_false(p.holds);
	assert_int_equal(p.at[0].kind, PROOF_STATUS);
	proof_done(&p);
	now.end = PROOF_TOO_LONG;
	p = compared(&first, &now);
	assert_false(p.holds);
	assert_int_equal(p.at[0].kind, PROOF_END);
	proof_done(&p);
	now = (struct proof_run){ .judge = PROOF_NO_JUDGE, .incomplete = true, .asked = now.asked };
	p = compared(&first, &now);
	assert_false(p.holds);
	assert_int_equal(p.at[0].kind, PROOF_LOSS);
	done(&p, &first, &now);
}

static void a_first_run_that_failed_is_no_measure(void **state)
{
	struct proof_run run = { .judge = PROOF_NO_JUDGE };

	(void)state;
	assert_int_equal(proof_unusable(&run), PROOF_USABLE);
	run.status = 1;
	assert_int_equal(proof_unusable(&run), PROOF_FAILED);
	run.judge = 0;
	assert_int_equal(proof_unusable(&run), PROOF_USABLE);
	run.judge = 1;
	assert_int_equal(proof_unusable(&run), PROOF_REFUSED);
	run = (struct proof_run){ .judge = PROOF_NO_JUDGE, .server = true, .status = 143 };
	assert_int_equal(proof_unusable(&run), PROOF_USABLE);
	run.incomplete = true;
	assert_int_equal(proof_unusable(&run), PROOF_LOSSES);
	run.end = PROOF_NEVER_READY;
	assert_int_equal(proof_unusable(&run), PROOF_BAD_END);
}

static void cures_with_the_least(void **state)
{
	const struct asked_row bpf = { .cap = CAP_BPF, .class = SITE_ALTERNATIVE, .others = C(SYS_ADMIN) };
	const struct asked_row admin = { .cap = CAP_SYS_ADMIN, .class = SITE_ALTERNATIVE, .others = C(BPF) };
	const struct asked_row chown = { .cap = CAP_CHOWN, .class = SITE_NEEDED };
	struct proof_difference at[] = {
		{ PROOF_STATUS, true, NULL }, { PROOF_DENIAL, true, &bpf }, { PROOF_DENIAL, true, &admin },
		{ PROOF_DENIAL, true, &chown }, { PROOF_DENIAL, false, &admin },
	};
	const struct proof p = { .at = at, .count = 5 };
	uint64_t cure;

	(void)state;
	assert_int_equal(proof_cure(&p, &cure), 0);
	assert_int_equal(cure, C(BPF) | C(CHOWN));
}

/* ---- taking away ----------------------------------------------------------------------------------------------------- */

static void the_most_dangerous_first_and_each_once(void **state)
{
	const struct proof holds = { .holds = true }, differs = { .holds = false };
	struct minimise m;
	unsigned cap = 0, order[4], n = 0;

	(void)state;
	minimise_begin(&m, C(NET_BIND_SERVICE) | C(SYS_ADMIN) | C(CHOWN) | C(SYS_PTRACE));
	while (minimise_next(&m, &cap)) {
		order[n++] = cap;
		minimise_take(&m, cap, cap == CAP_CHOWN || cap == CAP_SYS_ADMIN ? &holds : &differs, false);
	}
	assert_int_equal(n, 4);
	assert_int_equal(order[0], CAP_SYS_ADMIN);
	assert_int_equal(order[3], CAP_NET_BIND_SERVICE);
	assert_int_equal(m.caps, C(NET_BIND_SERVICE) | C(SYS_PTRACE));
	assert_int_equal(m.left, 0);
}

/* What was not asked for again may just have been done already. */
static void what_was_not_asked_again_stays(void **state)
{
	const struct proof silent = { .holds = true, .unasked = C(CHOWN) };
	struct minimise m;

	(void)state;
	minimise_begin(&m, C(CHOWN) | C(KILL));
	assert_int_equal(minimise_take(&m, CAP_CHOWN, &silent, false), MINIMISE_UNASKED);
	assert_int_equal(m.caps, C(CHOWN) | C(KILL));
	assert_int_equal(minimise_take(&m, CAP_KILL, &silent, false), MINIMISE_GOES);
	minimise_begin(&m, C(CHOWN));
	assert_int_equal(minimise_take(&m, CAP_CHOWN, &silent, true), MINIMISE_GOES);
	assert_int_equal(m.caps, 0);
}

static void nothing_to_take_away(void **state)
{
	struct minimise m;
	unsigned cap;

	(void)state;
	minimise_begin(&m, 0);
	assert_false(minimise_next(&m, &cap));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_holds),
		cmocka_unit_test(what_is_refused_and_fails_matters),
		cmocka_unit_test(what_was_refused_before_is_nothing_new),
		cmocka_unit_test(what_failed_before_fails_again),
		cmocka_unit_test(what_failed_with_its_kin_fails_again),
		cmocka_unit_test(what_is_new_or_gone_is_told),
		cmocka_unit_test(a_call_that_succeeds_may_lie),
		cmocka_unit_test(the_judge_has_the_last_word),
		cmocka_unit_test(how_it_ends_matters),
		cmocka_unit_test(a_first_run_that_failed_is_no_measure),
		cmocka_unit_test(cures_with_the_least),
		cmocka_unit_test(the_most_dangerous_first_and_each_once),
		cmocka_unit_test(what_was_not_asked_again_stays),
		cmocka_unit_test(nothing_to_take_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
