/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>

#include "user/base/buf.h"
#include "user/caps/capset.h"
#include "user/caps/mistake.h"

#define ROUNDS 100000

/* Sets of every density; splitmix64. */
static uint64_t chance(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static uint64_t some(uint64_t *state, uint64_t possible)
{
	switch (chance(state) % 4) {
	case 0:
		return possible & chance(state) & chance(state) & chance(state) & chance(state);
	case 1:
		return possible & (chance(state) | chance(state) | chance(state));
	case 2:
		return chance(state) % 8   ? possible & 1ULL << chance(state) % 64
		       : chance(state) % 2 ? possible
					   : 0;
	default:
		return possible & chance(state);
	}
}

static bool same(const struct capset *a, const struct capset *b)
{
	return a->kind == b->kind && !memcmp(a->set, b->set, sizeof(a->set));
}

static void flags_round_trip(void **state)
{
	struct buf text = BUF_INIT, bytes = BUF_INIT;
	uint64_t random = 1;

	(void)state;
	for (int n = 0; n < ROUNDS; n++) {
		uint64_t possible = n % 4 ? capset_all() : UINT64_MAX;
		struct capset s = { .kind = CAPSET_FLAGS }, back;
		struct mistake mistake;

		for (int i = 0; i < 3; i++)
			s.set[i] = some(&random, possible);
		buf_clear(&text);
		buf_clear(&bytes);
		capset_to_text(&text, &s);
		if (capset_from_text(buf_str(&text), &back, &mistake) || !same(&s, &back))
			fail_msg("%s", buf_str(&text));
		capset_to_external(&bytes, &s);
		if (capset_from_external(bytes.data, bytes.len, &back) || !same(&s, &back))
			fail_msg("%s", buf_str(&text));
	}
	buf_done(&text);
	buf_done(&bytes);
}

static void vectors_round_trip(void **state)
{
	struct buf text = BUF_INIT;
	uint64_t random = 2;

	(void)state;
	for (int n = 0; n < ROUNDS; n++) {
		struct capset s = { .kind = CAPSET_IAB }, back;
		struct mistake mistake;

		s.set[CAPSET_AMB] = some(&random, capset_all());
		s.set[CAPSET_INH] = some(&random, capset_all()) | s.set[CAPSET_AMB];
		s.set[CAPSET_BLOCKED] = some(&random, capset_all());
		buf_clear(&text);
		capset_to_iab(&text, &s);
		if (capset_from_iab(buf_str(&text), &back, &mistake) || !same(&s, &back))
			fail_msg("%s", buf_str(&text));
	}
	buf_done(&text);
}

/* libcap's own examples: what stands in one row is one set, and the last is how it is written. */
static void reduces_equals_to_one_text(void **state)
{
	static const char *const rows[][4] = {
		{ "=p all+ei", "all=pie", "=pi all+e", "=eip" },
		/* how two clauses are joined differs between versions of libcap: only one text it has to be */
		{ "cap_setuid=p cap_chown=i", "cap_chown=i cap_setuid=p", "cap_chown,cap_setuid=p cap_chown=i",
		  NULL },
		{ "cap_chown=ip-p", NULL, NULL, "cap_chown=i" },
		{ "cap_chown=-p", "all=", "cap_setuid=pie-pie", "=" },
		{ "cap_net_raw,cap_net_admin,cap_dac_override+eip", "cap_net_admin,1,CAP_NET_RAW=pie", NULL,
		  "cap_dac_override,cap_net_admin,cap_net_raw=eip" },
	};
	struct buf text = BUF_INIT, first = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_clear(&first);
		for (size_t j = 0; j < 4; j++) {
			struct mistake mistake;
			struct capset s;

			if (!rows[i][j])
				continue;
			assert_int_equal(capset_from_text(rows[i][j], &s, &mistake), 0);
			buf_clear(&text);
			capset_to_text(&text, &s);
			if (!first.len)
				buf_puts(&first, rows[i][3] ? rows[i][3] : buf_str(&text));
			assert_string_equal(buf_str(&text), buf_str(&first));
		}
	}
	buf_done(&text);
	buf_done(&first);
}

struct bad {
	const char *text;
	size_t column, len;
	const char *nearest;
};

static void assert_bad(const struct bad *row, int err, const struct mistake *m)
{
	if (err != -EINVAL || m->column != row->column || m->len != row->len ||
	    !m->nearest != !row->nearest || m->word != row->text + row->column - 1 ||
	    (m->nearest && strcmp(m->nearest, row->nearest)))
		fail_msg("\"%s\": %d, column %zu, %zu bytes, %s, %s", row->text, err, m->column, m->len,
			 m->what, m->nearest ? m->nearest : "-");
}

static void says_where_a_text_is_wrong(void **state)
{
	static const struct bad rows[] = {
		{ "net_raw=ep", 1, 7, "CAP_NET_RAW" },
		{ "cap_net_raw,cap_net_admn+eip", 13, 12, "CAP_NET_ADMIN" },
		{ "cap_chown=ep cap_kil-e", 14, 7, "CAP_KILL" },
		{ "cap_chown=epx", 13, 1, NULL },
		{ "cap_chown=EP", 11, 1, "e" },
		{ "cap_chown", 10, 0, NULL },
		{ "cap_chown,=ep", 11, 0, NULL },
		{ "cap_chown+", 11, 0, NULL },
		{ "cap_chown=p cap_kill+", 22, 0, NULL },
		{ "+ep", 1, 1, NULL },
		{ "=ep+i", 4, 1, NULL },
		{ "cap_chown=ep=i", 13, 1, NULL },
		{ "64=p", 1, 2, NULL },
		{ "cap_chown, cap_kill=p", 11, 0, NULL },
		{ "cap_chown;p", 10, 1, NULL },
		{ "\x1b[2J=p", 1, 1, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mistake m = { 0 };
		struct capset s;

		assert_bad(&rows[i], capset_from_text(rows[i].text, &s, &m), &m);
	}
}

static void says_where_an_iab_is_wrong(void **state)
{
	static const struct bad rows[] = {
		{ "41", 1, 2, NULL }, /* libcap takes these four for nothing */
		{ "^cap_chown,63", 12, 2, NULL },
		{ "^", 2, 0, NULL },
		{ "cap_chown,", 11, 0, NULL },
		{ "^cap_chwon", 2, 9, "CAP_CHOWN" },
		{ "chown", 1, 5, "CAP_CHOWN" },
		{ "all", 1, 3, NULL },
		{ "cap_chown cap_kill", 10, 1, NULL },
		{ "cap_chown,,cap_kill", 11, 1, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mistake m = { 0 };
		struct capset s;

		assert_bad(&rows[i], capset_from_iab(rows[i].text, &s, &m), &m);
	}
}

/* Our search for the place follows libcap's rules: it must never blame what is good, nor end without a place.
 */
static void agrees_with_libcap_about_any_text(void **state)
{
	static const char *const pieces[] = { "cap_chown", "cap_kill", "all", "3", "64",  "net_raw", "=",
					      "+",         "-",        "e",   "i", "p",   "ep",      "eip",
					      ",",         " ",        "\n",  "x", "=ep", "+p",      "-e" };
	unsigned good = 0, bad = 0;
	uint64_t random = 3;

	(void)state;
	for (int n = 0; n < ROUNDS; n++) {
		struct mistake m = { 0 };
		struct capset s;
		char text[128] = "";
		int err;

		for (uint64_t i = chance(&random) % 9; i; i--)
			strcat(text, pieces[chance(&random) % (sizeof(pieces) / sizeof(pieces[0]))]);
		err = capset_from_text(text, &s, &m);
		good += !err;
		bad += !!err;
		if (err && (err != -EINVAL || !m.what || !strcmp(m.what, "libcap does not take this")))
			fail_msg("\"%s\" is wrong, and no place was found", text);
	}
	assert_true(good > ROUNDS / 20 && bad > ROUNDS / 20);
}

static void refuses_what_is_no_external_form(void **state)
{
	uint8_t bytes[64] = { 0x90, 0xc2, 0x01, 0x51, 8 };
	struct capset s;

	(void)state;
	for (size_t n = 0; n <= sizeof(bytes); n++)
		assert_int_equal(capset_from_external(bytes, n, &s), n == 29 ? 0 : -EINVAL);
	bytes[0] = 0x91;
	assert_int_equal(capset_from_external(bytes, 29, &s), -EINVAL);
}

static void writes_the_external_form_as_libcap_does(void **state)
{
	cap_t caps = cap_from_text("cap_chown=ep cap_bpf=i");
	struct mistake mistake;
	struct buf b = BUF_INIT;
	struct capset s;
	char theirs[64];
	ssize_t n = cap_copy_ext(theirs, caps, sizeof(theirs));

	(void)state;
	assert_int_equal(capset_from_text("cap_chown=ep cap_bpf=i", &s, &mistake), 0);
	capset_to_external(&b, &s);
	assert_int_equal(b.len, n);
	assert_memory_equal(b.data, theirs, b.len);
	cap_free(caps);
	buf_done(&b);
}

static void writes_a_shorter_external_form(void **state)
{
	static const struct {
		const char *text;
		uint8_t at_least;
		size_t bytes;
	} rows[] = {
		{ "=", 0, 0 },	      { "cap_chown=p", 0, 1 }, { "cap_syslog=i", 0, 5 }, { "63=e", 0, 8 },
		{ "cap_chown=p", 3, 3 }, { "63=e", 4, 8 },	       { "63=e", 255, 255 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf b = BUF_INIT;
		struct mistake mistake;
		struct capset s, back;

		assert_int_equal(capset_from_text(rows[i].text, &s, &mistake), 0);
		capset_to_external_short(&b, &s, rows[i].at_least);
		assert_int_equal(b.len, 5 + 3 * rows[i].bytes);
		assert_int_equal(capset_from_external(b.data, b.len, &back), 0);
		assert_true(same(&s, &back));
		buf_done(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flags_round_trip),
		cmocka_unit_test(vectors_round_trip),
		cmocka_unit_test(reduces_equals_to_one_text),
		cmocka_unit_test(says_where_a_text_is_wrong),
		cmocka_unit_test(says_where_an_iab_is_wrong),
		cmocka_unit_test(agrees_with_libcap_about_any_text),
		cmocka_unit_test(refuses_what_is_no_external_form),
		cmocka_unit_test(writes_the_external_form_as_libcap_does),
		cmocka_unit_test(writes_a_shorter_external_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
