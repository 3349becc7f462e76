/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/capability.h>

#include "user/model/drops.h"
#include "user/model/record.h"

#define STAYS UINT32_MAX

static void which_calls_give_up_privilege(void **state)
{
	static const struct {
		int cap;
		const char *call;
		uint64_t argument;
		bool drops;
		uint32_t user;
	} rows[] = {
		{ CAP_SETUID, "setuid", 33, true, 33 },
		{ CAP_SETUID, "setuid", 0, false, DROPS_NOBODY },
		{ CAP_SETUID, "setresuid", 33ULL << 32 | 34, true, 34 },
		{ CAP_SETUID, "setreuid", 33ULL << 32 | STAYS, true, 33 },
		{ CAP_SETUID, "setresuid", (uint64_t)STAYS << 32 | STAYS, false, DROPS_NOBODY },
		{ CAP_SETUID, "setresuid", (uint64_t)STAYS << 32 | 33, false, DROPS_NOBODY },
		{ CAP_SETUID, "setreuid", (uint64_t)STAYS << 32 | 33, false, DROPS_NOBODY },
		{ CAP_SETUID, "setresuid", (uint64_t)STAYS << 32, false, DROPS_NOBODY },
		{ CAP_SETUID, "sendmsg", 33, false, DROPS_NOBODY },
		{ CAP_SETGID, "setgroups", 0, true, DROPS_NOBODY },
		{ CAP_SETGID, "write", 0, false, DROPS_NOBODY },
		{ CAP_SETPCAP, "prctl", 24, true, DROPS_NOBODY },
		{ CAP_SETPCAP, "prctl", 28, true, DROPS_NOBODY },
		{ CAP_SETPCAP, "prctl", 47, false, DROPS_NOBODY },
		{ CAP_SETPCAP, "capset", 0, false, DROPS_NOBODY },
		{ CAP_CHOWN, "setuid", 33, false, DROPS_NOBODY },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct record r = { .check.cap = rows[i].cap, .argument = rows[i].argument };
		uint32_t user = 7;

		if (drops_privilege(&r, rows[i].call, &user) != rows[i].drops || user != rows[i].user)
			fail_msg("row %zu: user %u", i, user);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(which_calls_give_up_privilege),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
