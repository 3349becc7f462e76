/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/caps/mistake.h"
#include "user/caps/notation.h"

#define ROUNDS 100000
#define BIT(n) (1ULL << (n))

static uint64_t chance(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static void every_spelling_round_trips(void **state)
{
	struct buf text = BUF_INIT;
	uint64_t random = 1;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t set = chance(&random) & (i & 1 ? UINT64_MAX : chance(&random) & chance(&random));

		if (!set)
			continue;
		for (enum notation n = NOTATION_MASK; n < NOTATION_EXTERNAL; n++) {
			enum notation found;
			struct mistake mistake;
			struct capset back;

			buf_clear(&text);
			notation_print(&text, n, set);
			if (notation_parse(buf_str(&text), &back, &found, &mistake) || found != n ||
			    back.kind != CAPSET_PLAIN || back.set[0] != set)
				fail_msg("%s: %s", notation_name(n), buf_str(&text));
		}
	}
	buf_done(&text);
}

static void tells_them_apart(void **state)
{
	static const struct {
		const char *text;
		enum notation notation;
		enum capset_kind kind;
		uint64_t set;
	} rows[] = {
		{ "net_bind_service,sys_time,42", NOTATION_LIST, CAPSET_PLAIN, BIT(10) | BIT(25) | BIT(42) },
		{ "cap = net_bind_service,sys_time", NOTATION_UWSGI, CAPSET_PLAIN, BIT(10) | BIT(25) },
		{ "cap=net_bind_service", NOTATION_UWSGI, CAPSET_PLAIN, BIT(10) },
		{ "cap: kill,42", NOTATION_UWSGI, CAPSET_PLAIN, BIT(5) | BIT(42) },
		{ "--cap net_bind_service,sys_time,42", NOTATION_UWSGI, CAPSET_PLAIN,
		  BIT(10) | BIT(25) | BIT(42) },
		{ "vassals-cap = kill", NOTATION_UWSGI, CAPSET_PLAIN, BIT(5) },
		{ "sys-admin CAP_KILL", NOTATION_LIST, CAPSET_PLAIN, BIT(21) | BIT(5) },
		{ "0x3", NOTATION_MASK, CAPSET_PLAIN, 3 },
		{ "00000000a80425fb", NOTATION_MASK, CAPSET_PLAIN, 0xa80425fb },
		{ "a80425fb\n", NOTATION_MASK, CAPSET_PLAIN, 0xa80425fb },
		{ "--cap-drop=ALL --cap-add=CHOWN --cap-add CAP_KILL", NOTATION_DOCKER, CAPSET_PLAIN,
		  BIT(0) | BIT(5) },
		{ "--cap-add SYS_TIME", NOTATION_DOCKER, CAPSET_PLAIN, 0xa80425fb | BIT(25) },
		{ "--cap-drop net_raw", NOTATION_DOCKER, CAPSET_PLAIN, 0xa80425fb & ~BIT(13) },
		{ "CapabilityBoundingSet=CAP_CHOWN CAP_KILL", NOTATION_SYSTEMD, CAPSET_PLAIN,
		  BIT(0) | BIT(5) },
		{ "CapabilityBoundingSet=CAP_CHOWN\nCapabilityBoundingSet=\nCapabilityBoundingSet=CAP_KILL\n",
		  NOTATION_SYSTEMD, CAPSET_PLAIN, BIT(5) },
		{ "AmbientCapabilities=", NOTATION_SYSTEMD, CAPSET_PLAIN, 0 },
		{ "[\"CHOWN\",\"NET_BIND_SERVICE\"]", NOTATION_KUBERNETES, CAPSET_PLAIN, BIT(0) | BIT(10) },
		{ "capabilities:\n  drop: [\"ALL\"]\n  add:\n  - CHOWN\n  - KILL\n", NOTATION_KUBERNETES,
		  CAPSET_PLAIN, BIT(0) | BIT(5) },
		{ "cap_chown=ep", NOTATION_LIBCAP, CAPSET_FLAGS, BIT(0) },
		{ "=", NOTATION_LIBCAP, CAPSET_FLAGS, 0 },
		{ "cap_chown-e", NOTATION_LIBCAP, CAPSET_FLAGS, 0 },
		{ "!cap_chown,cap_kill", NOTATION_IAB, CAPSET_IAB, BIT(5) },
		{ "90c2015108010000000000000000000000000000000000000000000000", NOTATION_EXTERNAL,
		  CAPSET_FLAGS, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum notation found;
		struct mistake m = { 0 };
		struct capset s;
		int err = notation_parse(rows[i].text, &s, &found, &m);

		if (err || found != rows[i].notation || s.kind != rows[i].kind || s.set[0] != rows[i].set)
			fail_msg("\"%s\": %d %s at %zu, %s, %llx", rows[i].text, err, m.what ? m.what : "",
				 m.column, notation_name(found), (unsigned long long)s.set[0]);
	}
}

static void all_is_what_the_kernel_has(void **state)
{
	static const char *const rows[] = { "all", "ALL", "--cap-add=ALL", "CapabilityBoundingSet=~",
					    "[\"ALL\"]" };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum notation found;
		struct mistake m;
		struct capset s;

		assert_int_equal(notation_parse(rows[i], &s, &found, &m), 0);
		assert_true(s.set[0] == capset_all());
	}
}

static void says_where_it_is_wrong(void **state)
{
	static const struct {
		const char *text;
		size_t column, len;
		const char *nearest;
	} rows[] = {
		{ "net_bind_service,sys_tme,42", 18, 7, "CAP_SYS_TIME" },
		{ "", 1, 0, NULL },
		{ " , ", 4, 0, NULL },
		{ "cap = net_raw,64", 15, 2, NULL },
		{ "cap =", 6, 0, NULL },
		{ "0xg", 3, 1, NULL },
		{ "0x", 3, 0, NULL },
		{ "0x10000000000000000", 3, 17, NULL },
		{ "--cap-add=CHWON", 11, 5, "CAP_CHOWN" },
		{ "--cap-add", 10, 0, NULL },
		{ "--cap-drop=ALL --privileged", 16, 12, NULL },
		{ "CapabilityBoundingSet=CAP_CHOWN,CAP_KILL", 23, 18, NULL },
		{ "[\"CHOWN\",\"NETRAW\"]", 11, 6, "CAP_NET_RAW" },
		{ "add: [CHOWN]\nprivileged: true", 14, 11, NULL },
		{ "90c20151080", 1, 11, NULL },
		{ "90c2015108", 1, 10, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum notation found;
		struct mistake m = { 0 };
		struct capset s;
		int err = notation_parse(rows[i].text, &s, &found, &m);

		if (err != -EINVAL || m.column != rows[i].column || m.len != rows[i].len ||
		    !m.nearest != !rows[i].nearest || (m.nearest && strcmp(m.nearest, rows[i].nearest)))
			fail_msg("\"%s\": %d %s at %zu, %zu bytes, %s", rows[i].text, err,
				 m.what ? m.what : "", m.column, m.len, m.nearest ? m.nearest : "-");
	}
}

/* Every name that uWSGI's manual lists, in its order, and the number that the kernel has for it. */
static void reads_all_of_uwsgis_names(void **state)
{
	static const struct {
		const char *name;
		unsigned nr;
	} rows[] = {
		{ "audit_control", 30 }, { "audit_write", 29 },      { "chown", 0 },
		{ "dac_override", 1 },	 { "dac_read_search", 2 },   { "fowner", 3 },
		{ "fsetid", 4 },	 { "ipc_lock", 14 },	     { "ipc_owner", 15 },
		{ "kill", 5 },		 { "lease", 28 },	     { "linux_immutable", 9 },
		{ "mac_admin", 33 },	 { "mac_override", 32 },     { "mknod", 27 },
		{ "net_admin", 12 },	 { "net_bind_service", 10 }, { "net_broadcast", 11 },
		{ "net_raw", 13 },	 { "setfcap", 31 },	     { "setgid", 6 },
		{ "setpcap", 8 },	 { "setuid", 7 },	     { "sys_admin", 21 },
		{ "sys_boot", 22 },	 { "sys_chroot", 18 },	     { "sys_module", 16 },
		{ "sys_nice", 23 },	 { "sys_pacct", 20 },	     { "sys_ptrace", 19 },
		{ "sys_rawio", 17 },	 { "sys_resource", 24 },     { "sys_time", 25 },
		{ "sys_tty_config", 26 }, { "syslog", 34 },	     { "wake_alarm", 35 },
	};
	uint64_t seen = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char line[64];
		enum notation found;
		struct mistake m;
		struct capset s;

		assert_int_equal(notation_parse(rows[i].name, &s, &found, &m), 0);
		assert_true(s.set[0] == BIT(rows[i].nr));
		snprintf(line, sizeof(line), "cap = %s,%u", rows[i].name, rows[i].nr);
		assert_int_equal(notation_parse(line, &s, &found, &m), 0);
		assert_int_equal(found, NOTATION_UWSGI);
		assert_true(s.set[0] == BIT(rows[i].nr));
		seen |= s.set[0];
	}
	assert_true(seen == BIT(36) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_spelling_round_trips), cmocka_unit_test(tells_them_apart),
		cmocka_unit_test(all_is_what_the_kernel_has), cmocka_unit_test(says_where_it_is_wrong),
		cmocka_unit_test(reads_all_of_uwsgis_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
