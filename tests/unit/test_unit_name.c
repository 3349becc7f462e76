// SPDX-License-Identifier: BSD-2-Clause
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "user/enrich/unit_name.h"

static void paths_and_their_units(void **state)
{
	static const struct {
		const char *path, *unit;
	} rows[] = {
		{ "/system.slice/nginx.service", "nginx.service" },
		{ "/system.slice/nginx.service/worker", "nginx.service" },
		{ "/user.slice/user-1000.slice/user@1000.service/app.slice/foo.service", "foo.service" },
		{ "/user.slice/user-1000.slice/user@1000.service/app.slice", "user@1000.service" },
		{ "/user.slice/user-1000.slice/session-3.scope", "session-3.scope" },
		{ "/user.slice/user-1000.slice", "user-1000.slice" },
		{ "/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service" },
		{ "/system.slice/dev-disk-by\\x2duuid-1234.swap", "dev-disk-by\\x2duuid-1234.swap" },
		{ "/system.slice/boot.mount", "boot.mount" },
		{ "/system.slice/dbus.socket", "dbus.socket" },
		{ "/init.scope", "init.scope" },
		{ "/system.slice", "system.slice" },
		{ "/system.slice/", "system.slice" },
		{ "/kubepods.slice/kubepods-podab.slice/cri-containerd-12.scope", "cri-containerd-12.scope" },
		{ "/system.slice/_cpu.service", "cpu.service" },
		{ "/system.slice/__x.service", "_x.service" },
		{ ".../nginx.service", "nginx.service" },
		{ "/a.service/b.slice/c", "a.service" },
		{ "/", NULL },
		{ "", NULL },
		{ "//", NULL },
		{ "/docker/1550ea", NULL },
		{ "/.service", NULL },
		{ "/_.service", NULL },
		{ "/_", NULL },
		{ "/.slice", NULL },
		{ "/nginx.service.d", NULL },
		{ "/service", NULL },
		{ "/system.sliced/x", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *name = NULL;
		size_t n = unit_name(rows[i].path, &name);

		if (n != (rows[i].unit ? strlen(rows[i].unit) : 0))
			fail_msg("%s: %zu bytes", rows[i].path, n);
		if (n)
			assert_memory_equal(name, rows[i].unit, n);
		else
			assert_null(name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_and_their_units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
