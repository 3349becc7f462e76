// SPDX-License-Identifier: BSD-2-Clause
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "user/enrich/unit_name.h"

static void assert_name(const char *path, const struct unit_name *name, const char *want)
{
	if (name->len != (want ? strlen(want) : 0))
		fail_msg("%s: %zu bytes and not '%s'", path, name->len, want ? want : "");
	if (want)
		assert_memory_equal(name->at, want, name->len);
}

static void paths_and_their_names(void **state)
{
	static const struct {
		const char *path, *unit, *slice, *session;
	} rows[] = {
		{ "/system.slice/nginx.service", "nginx.service", "system.slice", NULL },
		{ "/system.slice/nginx.service/worker", "nginx.service", "system.slice", NULL },
		{ "/user.slice/user-1000.slice/user@1000.service/app.slice/foo.service", "foo.service", "app.slice", NULL },
		{ "/user.slice/user-1000.slice/user@1000.service/app.slice", "user@1000.service", "app.slice", NULL },
		{ "/user.slice/user-1000.slice/session-3.scope", "session-3.scope", "user-1000.slice", "3" },
		{ "/user.slice/user-1000.slice", "user-1000.slice", "user-1000.slice", NULL },
		{ "/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service", "system-getty.slice", NULL },
		{ "/system.slice/dev-disk-by\\x2duuid-1234.swap", "dev-disk-by\\x2duuid-1234.swap", "system.slice", NULL },
		{ "/system.slice/boot.mount", "boot.mount", "system.slice", NULL },
		{ "/system.slice/dbus.socket", "dbus.socket", "system.slice", NULL },
		{ "/init.scope", "init.scope", NULL, NULL },
		{ "/system.slice", "system.slice", "system.slice", NULL },
		{ "/system.slice/", "system.slice", "system.slice", NULL },
		{ "/kubepods.slice/kubepods-podab.slice/cri-containerd-12.scope", "cri-containerd-12.scope", "kubepods-podab.slice", NULL },
		{ "/system.slice/_cpu.service", "cpu.service", "system.slice", NULL },
		{ "/system.slice/__x.service", "_x.service", "system.slice", NULL },
		{ ".../nginx.service", "nginx.service", NULL, NULL },
		{ "/a.service/b.slice/c", "a.service", "b.slice", NULL },
		{ "/", NULL, NULL, NULL },
		{ "", NULL, NULL, NULL },
		{ "//", NULL, NULL, NULL },
		{ "/docker/1550ea", NULL, NULL, NULL },
		{ "/.service", NULL, NULL, NULL },
		{ "/_.service", NULL, NULL, NULL },
		{ "/_", NULL, NULL, NULL },
		{ "/.slice", NULL, NULL, NULL },
		{ "/nginx.service.d", NULL, NULL, NULL },
		{ "/service", NULL, NULL, NULL },
		{ "/system.sliced/x", NULL, NULL, NULL },
		{ "/user.slice/user-0.slice/session-c1.scope/x", "session-c1.scope", "user-0.slice", "c1" },
		{ "/session-1.scope/a.slice/session-2.scope/b.scope", "b.scope", "a.slice", "2" },
		{ "/_session-4.scope", "session-4.scope", NULL, "4" },
		{ "session-5.scope", "session-5.scope", NULL, "5" },
		{ "/session-.scope", "session-.scope", NULL, NULL },
		{ "/session-a-b.scope", "session-a-b.scope", NULL, NULL },
		{ "/session-\xff.scope", "session-\xff.scope", NULL, NULL },
		{ "/session-6.service", "session-6.service", NULL, NULL },
		{ "/my-session-7.scope", "my-session-7.scope", NULL, NULL },
		{ "/session-8", NULL, NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct unit_names names;

		unit_names_find(rows[i].path, &names);
		assert_name(rows[i].path, &names.unit, rows[i].unit);
		assert_name(rows[i].path, &names.slice, rows[i].slice);
		assert_name(rows[i].path, &names.session, rows[i].session);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_and_their_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
