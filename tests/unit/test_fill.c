/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>

#include "user/caps/capset.h"
#include "user/caps/fill.h"
#include "user/caps/mistake.h"

#define ROUNDS 10000

static uint64_t chance(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static const cap_flag_t flags[] = { CAP_EFFECTIVE, CAP_PERMITTED, CAP_INHERITABLE };
static const cap_iab_vector_t vectors[] = { CAP_IAB_INH, CAP_IAB_AMB, CAP_IAB_BOUND };

/* Older ones do not have it: then with what they have. */
#if !defined(LIBCAP_MAJOR) || (LIBCAP_MAJOR == 2 && LIBCAP_MINOR < 64)
static int cap_fill_flag(cap_t to_set, cap_flag_t to, cap_t from_set, cap_flag_t from)
{
	for (cap_value_t cap = 0; cap < cap_max_bits(); cap++) {
		cap_flag_value_t on;

		if (cap_get_flag(from_set, cap, from, &on) || cap_set_flag(to_set, to, 1, &cap, on))
			return -1;
	}
	return 0;
}
#endif

static cap_t flags_of(const struct capset *s)
{
	cap_t caps = cap_init();

	for (cap_value_t cap = 0; cap < cap_max_bits(); cap++)
		for (unsigned i = 0; i < 3; i++)
			if (s->set[i] & 1ULL << cap)
				cap_set_flag(caps, flags[i], 1, &cap, CAP_SET);
	return caps;
}

static cap_iab_t vectors_of(const struct capset *s)
{
	cap_iab_t iab = cap_iab_init();

	for (cap_value_t cap = 0; cap < cap_max_bits(); cap++)
		for (unsigned i = 0; i < 3; i++)
			if (s->set[i] & 1ULL << cap)
				cap_iab_set_vector(iab, vectors[i], cap, CAP_SET);
	return iab;
}

static struct capset random_set(uint64_t *random, enum capset_kind kind)
{
	struct capset s = { .kind = kind };

	for (unsigned i = 0; i < 3; i++)
		s.set[i] = chance(random) & chance(random) & capset_all();
	if (kind == CAPSET_IAB)
		s.set[CAPSET_INH] |= s.set[CAPSET_AMB];
	return s;
}

/* "e=p:cap_chown=p ..." for random sets, and libcap's functions on the same. */
static void fills_flags_as_libcap_does(void **state)
{
	uint64_t random = 1;

	(void)state;
	for (int n = 0; n < ROUNDS; n++) {
		struct capset s = random_set(&random, CAPSET_FLAGS), other = random_set(&random, CAPSET_FLAGS);
		unsigned to = chance(&random) % 3, from = chance(&random) % 3;
		cap_t a = flags_of(&s), b = flags_of(&other), c;
		char *text = cap_to_text(b, NULL), words[4096];
		struct mistake m;

		snprintf(words, sizeof(words), "%c=%c:%s", "epi"[to], "epi"[from], text);
		assert_int_equal(cap_fill_flag(a, flags[to], b, flags[from]), 0);
		assert_int_equal(fill_apply(words, &s, &m), 0);
		c = flags_of(&s);
		assert_int_equal(cap_compare(a, c), 0);
		assert_int_equal(cap_fill_flag(a, flags[to], a, flags[from]), 0);
		words[3] = '\0';
		assert_int_equal(fill_apply(words, &s, &m), 0);
		cap_free(c);
		c = flags_of(&s);
		assert_int_equal(cap_compare(a, c), 0);
		cap_free(a);
		cap_free(b);
		cap_free(c);
		cap_free(text);
	}
}

static void fills_vectors_as_libcap_does(void **state)
{
	uint64_t random = 2;

	(void)state;
	for (int n = 0; n < ROUNDS; n++) {
		struct capset s = random_set(&random, CAPSET_IAB), other = random_set(&random, CAPSET_FLAGS);
		unsigned to = chance(&random) % 3, from = chance(&random) % 3;
		cap_iab_t a = vectors_of(&s), c;
		cap_t b = flags_of(&other);
		char *text = cap_to_text(b, NULL), *theirs, *ours, words[4096];
		struct mistake m;

		snprintf(words, sizeof(words), "%c=%c:%s", "iab"[to], "epi"[from], text);
		assert_int_equal(cap_iab_fill(a, vectors[to], b, flags[from]), 0);
		assert_int_equal(fill_apply(words, &s, &m), 0);
		c = vectors_of(&s);
		/* As text: libcap also blocks numbers that no kernel has. */
		theirs = cap_iab_to_text(a);
		ours = cap_iab_to_text(c);
		assert_string_equal(ours, theirs);
		cap_free(theirs);
		cap_free(ours);
		cap_free(a);
		cap_free(b);
		cap_free(c);
		cap_free(text);
	}
}

static void says_where_it_is_wrong(void **state)
{
	static const struct {
		enum capset_kind kind;
		const char *text;
		size_t column, len;
		const char *nearest;
	} rows[] = {
		{ CAPSET_PLAIN, "e=p", 1, 0, NULL },	     { CAPSET_FLAGS, "", 1, 0, NULL },
		{ CAPSET_FLAGS, "e", 2, 0, NULL },	     { CAPSET_FLAGS, "e=", 3, 0, NULL },
		{ CAPSET_FLAGS, "x=p", 1, 1, NULL },	     { CAPSET_FLAGS, "e=prmitted", 3, 8, "permitted" },
		{ CAPSET_FLAGS, "a=p", 1, 1, NULL },	     { CAPSET_IAB, "e=p:cap_kill=p", 1, 1, NULL },
		{ CAPSET_IAB, "a=p", 4, 0, NULL },	     { CAPSET_IAB, "a=p:^cap_kill", 5, 9, NULL },
		{ CAPSET_FLAGS, "e=p:cap_kil=p", 5, 7, "CAP_KILL" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct capset s = { .kind = rows[i].kind, .set = { 1, 1, 1 } }, before = s;
		struct mistake m = { 0 };
		int err = fill_apply(rows[i].text, &s, &m);

		if (err != -EINVAL || m.column != rows[i].column || m.len != rows[i].len ||
		    !m.nearest != !rows[i].nearest || (m.nearest && strcmp(m.nearest, rows[i].nearest)))
			fail_msg("\"%s\": %d %s at %zu, %zu bytes, %s", rows[i].text, err,
				 m.what ? m.what : "", m.column, m.len, m.nearest ? m.nearest : "-");
		assert_memory_equal(&s, &before, sizeof(s));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fills_flags_as_libcap_does),
		cmocka_unit_test(fills_vectors_as_libcap_does),
		cmocka_unit_test(says_where_it_is_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
