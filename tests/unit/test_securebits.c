/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <sys/capability.h>

#include "user/base/buf.h"
#include "user/caps/mistake.h"
#include "user/caps/securebits.h"
#include "user/caps/transition.h"

static void reads_every_spelling(void **state)
{
	static const struct {
		const char *text;
		uint32_t bits;
	} rows[] = {
		{ "0x2f", 0x2f },
		{ "47", 0x2f },
		{ "none", 0 },
		{ "0", 0 },
		{ "noroot", 1 },
		{ "SECBIT_NOROOT SECBIT_KEEP_CAPS", 0x11 },
		{ "keep-caps keep-caps-locked", 0x30 },
		{ "+noroot,+noroot_locked", 3 },
		{ "no-setuid-fixup-locked", 8 },
		{ " noroot , none ", 1 },
		{ "no_cap_ambient_raise,exec_deny_interactive", 0x440 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mistake mistake;
		uint32_t bits = 77;

		if (securebits_parse(rows[i].text, &bits, &mistake) || bits != rows[i].bits)
			fail_msg("%s: 0x%x", rows[i].text, bits);
	}
}

static void says_what_is_wrong(void **state)
{
	static const struct {
		const char *text;
		size_t column, len;
		const char *nearest;
	} rows[] = {
		{ "", 1, 0, NULL },
		{ "noroot,keepcaps", 8, 8, "keep_caps" },
		{ "no-root-locked", 1, 14, "noroot_locked" },
		{ "0x1000", 1, 6, NULL },
		{ "noroot,0x1", 8, 3, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mistake mistake;
		uint32_t bits = 77;

		assert_int_equal(securebits_parse(rows[i].text, &bits, &mistake), -EINVAL);
		assert_int_equal(bits, 77);
		assert_int_equal(mistake.column, rows[i].column);
		assert_int_equal(mistake.len, rows[i].len);
		assert_true(!mistake.nearest == !rows[i].nearest);
		if (mistake.nearest)
			assert_string_equal(mistake.nearest, rows[i].nearest);
	}
}

static void reads_back_what_it_prints(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	for (uint32_t bits = 0; bits <= SECUREBITS_ALL; bits++) {
		struct mistake mistake;
		uint32_t back = 77;

		buf_clear(&b);
		securebits_print(&b, bits);
		assert_int_equal(securebits_parse(buf_str(&b), &back, &mistake), 0);
		assert_int_equal(back, bits);
	}
	buf_done(&b);
}

static void names_modes_as_libcap_does(void **state)
{
	static const cap_mode_t theirs[] = {
		[MODE_UNCERTAIN] = CAP_MODE_UNCERTAIN,     [MODE_NOPRIV] = CAP_MODE_NOPRIV,
		[MODE_PURE1E_INIT] = CAP_MODE_PURE1E_INIT, [MODE_PURE1E] = CAP_MODE_PURE1E,
		[MODE_HYBRID] = CAP_MODE_HYBRID,
	};
	struct mistake mistake;
	enum mode mode;

	(void)state;
	for (unsigned i = 0; i < MODE_COUNT; i++) {
		assert_int_equal(theirs[i], i);
		assert_string_equal(cap_mode_name(theirs[i]), mode_name(i));
		assert_int_equal(mode_parse(mode_name(i), &mode, &mistake), 0);
		assert_int_equal(mode, i);
		assert_non_null(mode_words(i));
	}
	assert_int_equal(mode_parse("pure1e-init", &mode, &mistake), 0);
	assert_int_equal(mode, MODE_PURE1E_INIT);
	assert_int_equal(mode_parse("hybird", &mode, &mistake), -EINVAL);
	assert_string_equal(mistake.nearest, "HYBRID");
}

static void knows_the_mode_that_it_made(void **state)
{
	(void)state;
	for (enum mode mode = MODE_NOPRIV; mode < MODE_COUNT; mode++) {
		struct credentials c = { .permitted = 0xff,
					 .effective = 0xf,
					 .inheritable = 3,
					 .ambient = 1,
					 .bounding = 0xff,
					 .securebits = 4 };

		assert_int_equal(mode_of(&c), MODE_UNCERTAIN);
		mode_apply(&c, mode);
		assert_int_equal(mode_of(&c), mode);
		assert_true(c.effective == 0 && c.no_new_privs == (mode == MODE_NOPRIV));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_spelling),        cmocka_unit_test(says_what_is_wrong),
		cmocka_unit_test(reads_back_what_it_prints),   cmocka_unit_test(names_modes_as_libcap_does),
		cmocka_unit_test(knows_the_mode_that_it_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
