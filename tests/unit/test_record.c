// SPDX-License-Identifier: BSD-2-Clause
#include "tests/unit/made.h"

#include <errno.h>

#include "user/model/record.h"

static int decode(const void *data, size_t len, struct record *ret)
{
	void *copy = made_copy(data, len);
	int err = record_decode(copy, len, ret);

	free(copy);
	return err;
}

static void a_check_is_read(void **state)
{
	struct event_check e = made_check();
	struct record r;

	(void)state;
	assert_int_equal(decode(&e, sizeof(e), &r), 0);
	assert_int_equal(r.kind, EVENT_CHECK);
	assert_int_equal(r.parts, RECORD_CHECK);
	assert_int_equal(r.mono_ns, 7000);
	assert_int_equal(r.wall_ns, 0);
	assert_int_equal(r.seq, 0);
	assert_null(r.program);
	assert_memory_equal(&r.check, &e, sizeof(e));
}

/* What an event of n bytes must read as: whole fields up to n, and flags that do not speak of the others. */
static struct event_check expected(const struct event_check *e, size_t n)
{
	static const size_t ends[] = { 48, 52, 56, 60, 64, 72, 80, 96, 97, 104 };
	struct event_check want = { 0 };
	size_t whole = 0;

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (ends[i] <= n)
			whole = ends[i];
	memcpy(&want, e, whole);
	if (n < 52)
		want.head.flags &= ~(uint32_t)CHECK_SYSCALL_KNOWN;
	if (n < 56)
		want.head.flags &= ~(uint32_t)CHECK_LSM_KNOWN;
	if (n < 80)
		want.head.flags |= CHECK_IDS_UNKNOWN;
	return want;
}

static void a_check_of_every_length(void **state)
{
	uint8_t data[sizeof(struct event_check) + 16];
	struct event_check e = made_check();

	(void)state;
	memset(data, 0xee, sizeof(data));
	for (size_t n = 0; n <= sizeof(data); n++) {
		struct event_check want;
		struct record r;

		e.head.size = n;
		memcpy(data, &e, sizeof(e));
		if (n < offsetof(struct event_check, cap) + 4) {
			assert_int_equal(decode(data, n, &r), -EBADMSG);
			continue;
		}
		want = expected(&e, n);
		assert_int_equal(decode(data, n, &r), 0);
		assert_memory_equal(&r.check, &want, sizeof(want));
	}
}

static void a_program_of_every_length(void **state)
{
	struct event_program e = made_program();
	uint8_t data[sizeof(e) + 16] = { 0 };

	(void)state;
	for (size_t n = 0; n <= sizeof(data); n++) {
		struct record r;

		e.head.size = n;
		memcpy(data, &e, sizeof(e));
		if (n < offsetof(struct event_program, exe)) {
			assert_int_equal(decode(data, n, &r), -EBADMSG);
			continue;
		}
		assert_int_equal(decode(data, n, &r), 0);
		assert_int_equal(r.kind, EVENT_PROGRAM);
		assert_int_equal(r.mono_ns, 6000);
		assert_int_equal(r.parts, 0);
	}
}

static void a_size_that_lies(void **state)
{
	struct event_check e = made_check();
	struct record r = { .seq = 77 };

	(void)state;
	for (unsigned int size = 0; size <= UINT16_MAX; size++) {
		if (size == sizeof(e))
			continue;
		e.head.size = size;
		assert_int_equal(record_decode(&e, sizeof(e), &r), -EBADMSG);
	}
	assert_int_equal(r.seq, 77);
}

static void an_unknown_kind_keeps_only_its_time(void **state)
{
	static const uint16_t kinds[] = { 0, 3, 50, 1000, UINT16_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct event_head head = { sizeof(head), kinds[i], UINT32_MAX, 123 };
		struct record r;

		assert_int_equal(decode(&head, sizeof(head), &r), 0);
		assert_int_equal(r.kind, kinds[i]);
		assert_int_equal(r.mono_ns, 123);
		assert_int_equal(r.parts, 0);
		assert_null(record_verdict(&r));
		assert_null(record_via(&r));
		assert_null(record_cred(&r));
	}
}

static void data_need_not_be_aligned(void **state)
{
	uint8_t data[sizeof(struct event_check) + 1];
	struct event_check e = made_check();
	struct record r;

	(void)state;
	memcpy(data + 1, &e, sizeof(e));
	assert_int_equal(record_decode(data + 1, sizeof(e), &r), 0);
	assert_int_equal(r.check.cap, 21);
}

static void a_comm_without_nul(void **state)
{
	struct record r = { .parts = RECORD_CHECK };

	(void)state;
	assert_int_equal(record_comm_len(&r), 0);
	memcpy(r.check.comm, "sixteen bytes!!!", 16);
	assert_int_equal(record_comm_len(&r), 16);
	r.check.comm[15] = '\0';
	assert_int_equal(record_comm_len(&r), 15);
}

static struct record with_flags(uint32_t flags)
{
	struct record r = { .parts = RECORD_CHECK };

	r.check.head.flags = flags;
	return r;
}

static void verdict_and_how_it_was_granted(void **state)
{
	static const struct {
		uint32_t flags;
		const char *verdict, *via;
	} rows[] = {
		{ 0, "allowed", NULL },
		{ CHECK_VIA_KNOWN, "allowed", "held" },
		{ CHECK_VIA_KNOWN | CHECK_VIA_OWNER, "allowed", "owner" },
		{ CHECK_VIA_OWNER, "allowed", NULL },
		{ CHECK_DENIED, "denied", NULL },
		{ CHECK_DENIED | CHECK_VIA_KNOWN, "denied", NULL },
		{ CHECK_DENIED | CHECK_VIA_KNOWN | CHECK_VIA_OWNER, "denied", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct record r = with_flags(rows[i].flags);

		assert_string_equal(record_verdict(&r), rows[i].verdict);
		if (rows[i].via)
			assert_string_equal(record_via(&r), rows[i].via);
		else
			assert_null(record_via(&r));
	}
}

static void whose_credentials(void **state)
{
	struct record r = with_flags(0);

	(void)state;
	assert_string_equal(record_cred(&r), "own");
	r = with_flags(CHECK_CRED_OVERRIDDEN);
	assert_string_equal(record_cred(&r), "overridden");
	r = with_flags(CHECK_CRED_OTHER | CHECK_CRED_OVERRIDDEN);
	assert_string_equal(record_cred(&r), "other");
	r = with_flags(CHECK_IDS_UNKNOWN);
	assert_null(record_cred(&r));
	r = with_flags(CHECK_IDS_UNKNOWN | CHECK_CRED_OTHER);
	assert_string_equal(record_cred(&r), "other");
}

static void words_of_probes(void **state)
{
	(void)state;
	assert_null(record_probe(PROBE_NONE));
	assert_string_equal(record_probe(PROBE_FEXIT), "fexit");
	assert_string_equal(record_probe(PROBE_TP_BTF), "tp_btf");
	assert_string_equal(record_probe(PROBE_TP), "tp");
	assert_string_equal(record_probe(PROBE_KPROBE), "kprobe");
	assert_null(record_probe(PROBE_COUNT));
	assert_null(record_probe((enum event_probe)255));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_check_is_read),
		cmocka_unit_test(a_check_of_every_length),
		cmocka_unit_test(a_program_of_every_length),
		cmocka_unit_test(a_size_that_lies),
		cmocka_unit_test(an_unknown_kind_keeps_only_its_time),
		cmocka_unit_test(data_need_not_be_aligned),
		cmocka_unit_test(a_comm_without_nul),
		cmocka_unit_test(verdict_and_how_it_was_granted),
		cmocka_unit_test(whose_credentials),
		cmocka_unit_test(words_of_probes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
