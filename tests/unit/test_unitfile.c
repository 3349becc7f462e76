/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <linux/capability.h>

#include "user/caps/capability.h"
#include "user/caps/unitfile.h"

#define BIT(cap) (1ULL << (cap))
#define ALL	 ((1ULL << 41) - 1)

static struct unitfile unit(const char *text)
{
	struct unitfile u;

	unitfile_init(&u);
	assert_int_equal(unitfile_read(&u, text, strlen(text)), 0);
	return u;
}

static struct unitfile_grant granted(const char *text)
{
	struct unitfile u = unit(text);
	struct unitfile_grant g = unitfile_granted(&u, ALL, true);

	unitfile_done(&u);
	return g;
}

#define S "[Service]\n"

static void sets(void **state)
{
	static const struct {
		const char *text;
		uint64_t bounding, ambient;
	} rows[] = {
		{ "", ALL, 0 },
		{ S "CapabilityBoundingSet=CAP_CHOWN CAP_KILL\n", BIT(CAP_CHOWN) | BIT(CAP_KILL), 0 },
		{ S "CapabilityBoundingSet=CAP_CHOWN\nCapabilityBoundingSet=CAP_KILL\n", BIT(CAP_CHOWN) | BIT(CAP_KILL), 0 },
		{ S "CapabilityBoundingSet=~CAP_CHOWN\n", ALL & ~BIT(CAP_CHOWN), 0 },
		{ S "CapabilityBoundingSet=~CAP_CHOWN\nCapabilityBoundingSet=~CAP_KILL\n",
		  ALL & ~(BIT(CAP_CHOWN) | BIT(CAP_KILL)), 0 },
		{ S "CapabilityBoundingSet=CAP_CHOWN CAP_KILL\nCapabilityBoundingSet=~CAP_KILL\n", BIT(CAP_CHOWN), 0 },
		{ S "CapabilityBoundingSet=\n", 0, 0 },
		{ S "CapabilityBoundingSet=CAP_CHOWN\nCapabilityBoundingSet=\n", 0, 0 },
		{ S "CapabilityBoundingSet=CAP_CHOWN\nCapabilityBoundingSet=\nCapabilityBoundingSet=CAP_KILL\n",
		  BIT(CAP_KILL), 0 },
		{ S "CapabilityBoundingSet=CAP_CHOWN\nCapabilityBoundingSet=~\n", ALL, 0 },
		{ S "CapabilityBoundingSet=cap_chown \"CAP_KILL\" 13\n", BIT(CAP_CHOWN) | BIT(CAP_KILL) | BIT(CAP_NET_RAW), 0 },
		/* systemd does not know it without its prefix, and goes on */
		{ S "CapabilityBoundingSet=CAP_CHOWN net_raw CAP_NO_SUCH\n", BIT(CAP_CHOWN), 0 },
		{ S "CapabilityBoundingSet = CAP_CHOWN \\\n# between\n  CAP_KILL\n", BIT(CAP_CHOWN) | BIT(CAP_KILL), 0 },
		{ S "AmbientCapabilities=CAP_NET_BIND_SERVICE\n", ALL, BIT(CAP_NET_BIND_SERVICE) },
		{ S "AmbientCapabilities=CAP_CHOWN\nAmbientCapabilities=\n", ALL, 0 },
		{ S "AmbientCapabilities=CAP_CHOWN\nCapabilityBoundingSet=CAP_KILL\n", BIT(CAP_KILL), 0 },
		{ "[Unit]\nCapabilityBoundingSet=CAP_CHOWN\n", ALL, 0 },
		{ "[Unit]\n[Socket]\nCapabilityBoundingSet=CAP_CHOWN\n[Install]\nCapabilityBoundingSet=\n", BIT(CAP_CHOWN), 0 },
		{ S "#CapabilityBoundingSet=\n;CapabilityBoundingSet=\n", ALL, 0 },
		{ S "PrivateDevices=yes\n", ALL & ~(BIT(CAP_MKNOD) | BIT(CAP_SYS_RAWIO)), 0 },
		{ S "ProtectKernelModules=true\nProtectKernelLogs=1\nProtectClock=on\n",
		  ALL & ~(BIT(CAP_SYS_MODULE) | BIT(CAP_SYSLOG) | BIT(CAP_SYS_TIME) | BIT(CAP_WAKE_ALARM)), 0 },
		{ S "ProtectClock=yes\nProtectClock=\n", ALL, 0 },
		{ S "CapabilityBoundingSet=CAP_CHOWN", BIT(CAP_CHOWN), 0 },
		{ S "CapabilityBoundingSet=CAP_CHOWN \\", BIT(CAP_CHOWN), 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct unitfile_grant g = granted(rows[i].text);

		if (g.bounding != rows[i].bounding || g.ambient != rows[i].ambient)
			fail_msg("%s: %llx %llx", rows[i].text, (unsigned long long)g.bounding,
				 (unsigned long long)g.ambient);
	}
}

static void who_has_them(void **state)
{
	static const struct {
		const char *text;
		uint64_t effective;
		bool root, no_new_privs;
	} rows[] = {
		{ S "ExecStart=/bin/x\n", ALL, true, false },
		{ S "User=root\n", ALL, true, false },
		{ S "User=0\n", ALL, true, false },
		{ S "User=www-data\n", 0, false, false },
		{ S "User=www-data\nUser=\n", ALL, true, false },
		{ S "User=www-data\nAmbientCapabilities=CAP_KILL\n", BIT(CAP_KILL), false, false },
		{ S "DynamicUser=yes\nAmbientCapabilities=CAP_KILL\n", BIT(CAP_KILL), false, true },
		{ S "CapabilityBoundingSet=CAP_CHOWN\nNoNewPrivileges=yes\n", BIT(CAP_CHOWN), true, true },
		{ S "User=x\nExecStart=/bin/x\nExecStartPre=+/bin/y\nNoNewPrivileges=yes\n", ALL, true, false },
		{ S "User=x\nCapabilityBoundingSet=CAP_CHOWN\nExecStartPre=-!/bin/y\n", BIT(CAP_CHOWN), true, false },
		{ S "User=x\nExecStart=!!/bin/y\n", 0, false, false },
		{ S "User=x\nExecStart=@+/bin/y\nExecStart=\nExecStart=/bin/y\n", 0, false, false },
		{ S "User=x\nExecStartPre=+/bin/y\nExecStart=\nExecStart=/bin/y\n", ALL, true, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct unitfile_grant g = granted(rows[i].text);

		if (g.effective != rows[i].effective || g.root != rows[i].root || g.no_new_privs != rows[i].no_new_privs)
			fail_msg("%s: %llx %d %d", rows[i].text, (unsigned long long)g.effective, g.root,
				 g.no_new_privs);
	}
}

static void what_filters_its_calls(void **state)
{
	char text[400] = S "SystemCallFilter=";

	(void)state;
	assert_string_equal(granted(S "User=x\n").filter, "");
	assert_string_equal(granted(S "SystemCallFilter=@system-service\nSystemCallFilter=~@mount ptrace\n").filter,
			    "@system-service ~@mount ptrace");
	assert_string_equal(granted(S "SystemCallFilter=@mount\nSystemCallFilter=\n").filter, "");
	memset(text + strlen(text), 'a', 300);
	assert_int_equal(strlen(granted(text).filter), UNITFILE_FILTER - 1);
	assert_string_equal(granted(text).filter + UNITFILE_FILTER - 4, "...");
}

static void a_users_systemd_has_none_to_give(void **state)
{
	struct unitfile u = unit(S "AmbientCapabilities=CAP_KILL\nExecStart=+/bin/x\n");
	struct unitfile_grant g = unitfile_granted(&u, ALL, false);

	(void)state;
	assert_int_equal(g.effective, 0);
	assert_int_equal(g.ambient, 0);
	assert_int_equal(g.bounding, ALL);
	assert_false(g.root);
	unitfile_done(&u);
}

static void a_drop_in_is_read_over_it(void **state)
{
	struct unitfile u = unit(S "User=x\nCapabilityBoundingSet=CAP_CHOWN\n");
	static const char more[] = S "CapabilityBoundingSet=CAP_KILL\nUser=\nSlice=my.slice\nPrivateUsers=identity\n";

	(void)state;
	assert_int_equal(unitfile_read(&u, more, strlen(more)), 0);
	assert_int_equal(u.bounding, BIT(CAP_CHOWN) | BIT(CAP_KILL));
	assert_null(u.user);
	assert_string_equal(u.slice, "my.slice");
	assert_true(u.private_users);
	unitfile_done(&u);
}

static void as_systemctl_shows_it(void **state)
{
	struct unitfile u;

	(void)state;
	unitfile_init(&u);
#define SHOW(key, value) assert_int_equal(unitfile_assign(&u, key, strlen(key), value, strlen(value)), 0)
	SHOW("CapabilityBoundingSet", "cap_chown cap_kill");
	SHOW("AmbientCapabilities", "");
	SHOW("User", "www-data");
	SHOW("DynamicUser", "no");
	SHOW("Nonsense", "x");
	assert_int_equal(u.bounding, BIT(CAP_CHOWN) | BIT(CAP_KILL));
	assert_int_equal(u.ambient, 0);
	assert_string_equal(u.user, "www-data");
	unitfile_done(&u);
}

static void what_is_not_read(void **state)
{
	size_t n = UNITFILE_BYTES_MAX + 1;
	char *huge = malloc(n);
	struct unitfile u = unit(S "User=x\n");

	(void)state;
	assert_non_null(huge);
	memset(huge, 'a', n);
	assert_int_equal(unitfile_read(&u, huge, n), -EBADMSG);
	assert_int_equal(unitfile_read(&u, huge, UNITFILE_LINE_MAX + 1), -EBADMSG);
	assert_int_equal(unitfile_read(&u, "a\0b", 3), -EBADMSG);
	memcpy(huge, S "User=y\n", 17);
	assert_int_equal(unitfile_read(&u, huge, UNITFILE_LINE_MAX + 100), -EBADMSG);
	for (size_t i = 0; i < 100000; i += 2)
		memcpy(huge + i, "\\\n", 2);
	memcpy(huge, S, 10);
	assert_int_equal(unitfile_read(&u, huge, 300000), -EBADMSG);
	assert_string_equal(u.user, "x");
	unitfile_done(&u);
	free(huge);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets),
		cmocka_unit_test(who_has_them),
		cmocka_unit_test(what_filters_its_calls),
		cmocka_unit_test(a_users_systemd_has_none_to_give),
		cmocka_unit_test(a_drop_in_is_read_over_it),
		cmocka_unit_test(as_systemctl_shows_it),
		cmocka_unit_test(what_is_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
