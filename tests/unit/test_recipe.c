/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "user/advice/recipe.h"
#include "user/base/buf.h"

#define TWO 0x401ULL /* CHOWN and NET_BIND_SERVICE */

static const struct recipe_need as_user = {
	.caps = TWO, .bounding = TWO | 1ULL << 34, .user = "nobody:web", .no_new_privs = true, .verified = true,
};
static const struct recipe_need as_number = {
	.caps = TWO, .bounding = TWO, .user = "33", .no_new_privs = true, .verified = true,
};
static const struct recipe_need as_root = { .caps = TWO, .bounding = TWO, .verified = true };
static const struct recipe_need nothing = { .no_new_privs = true, .verified = true };

static const struct recipe_need noisy = {
	.caps = 1, .bounding = 1, .no_new_privs = true, .verified = true, .unneeded = 1ULL << 12 | 1ULL << 21,
};

static void writes_what_the_target_reads(void **state)
{
	static const struct {
		const char *name;
		const struct recipe_need *need;
		const char *text;
	} rows[] = {
		{ "docker", &as_user,
		  "docker run --cap-drop=ALL --cap-add=CHOWN --cap-add=NET_BIND_SERVICE --cap-add=SYSLOG "
		  "--user=nobody:web IMAGE\n" },
		{ "docker", &as_root, "docker run --cap-drop=ALL --cap-add=CHOWN --cap-add=NET_BIND_SERVICE IMAGE\n" },
		{ "docker", &nothing, "docker run --cap-drop=ALL --security-opt=no-new-privileges IMAGE\n" },
		{ "podman", &nothing, "podman run --cap-drop=ALL --security-opt=no-new-privileges IMAGE\n" },
		{ "podman", &as_root,
		  "podman run --cap-drop=ALL --cap-add=CHOWN --cap-add=NET_BIND_SERVICE IMAGE\n"
		  "# or, in the recipe of the image: LABEL io.containers.capabilities=\"CHOWN,NET_BIND_SERVICE\"\n" },
		{ "compose", &as_number,
		  "services:\n  SERVICE:\n    user: \"33\"\n    cap_drop:\n      - ALL\n    cap_add:\n      - CHOWN\n"
		  "      - NET_BIND_SERVICE\n" },
		{ "compose", &nothing,
		  "services:\n  SERVICE:\n    cap_drop:\n      - ALL\n    security_opt:\n"
		  "      - \"no-new-privileges:true\"\n" },
		{ "kubernetes", &as_number,
		  "securityContext:\n  runAsUser: 33\n  runAsNonRoot: true\n  allowPrivilegeEscalation: false\n"
		  "  capabilities:\n    drop: [\"ALL\"]\n    add: [\"CHOWN\", \"NET_BIND_SERVICE\"]\n" },
		{ "kubernetes", &as_root,
		  "securityContext:\n  allowPrivilegeEscalation: true\n  capabilities:\n    drop: [\"ALL\"]\n"
		  "    add: [\"CHOWN\", \"NET_BIND_SERVICE\"]\n" },
		{ "kubernetes", &nothing,
		  "securityContext:\n  allowPrivilegeEscalation: false\n  capabilities:\n    drop: [\"ALL\"]\n" },
		{ "quadlet", &as_user,
		  "[Container]\nUser=nobody\nGroup=web\nDropCapability=all\n"
		  "AddCapability=CAP_CHOWN CAP_NET_BIND_SERVICE CAP_SYSLOG\nNoNewPrivileges=true\n" },
		{ "quadlet", &nothing, "[Container]\nDropCapability=all\nNoNewPrivileges=true\n" },
		{ "oci", &nothing,
		  "{\n  \"process\": {\n    \"capabilities\": {\n      \"bounding\": [],\n      \"effective\": [],\n"
		  "      \"permitted\": [],\n      \"inheritable\": [],\n      \"ambient\": []\n    },\n"
		  "    \"noNewPrivileges\": true\n  }\n}\n" },
		{ "ecs", &nothing,
		  "{\n  \"linuxParameters\": {\n    \"capabilities\": { \"drop\": [\"ALL\"], \"add\": [] }\n  },\n"
		  "  \"dockerSecurityOptions\": [\"no-new-privileges\"]\n}\n" },
		{ "systemd", &as_user,
		  "# /etc/systemd/system/UNIT.service.d/50-capabilities.conf\n[Service]\nUser=nobody\nGroup=web\n"
		  "CapabilityBoundingSet=\nCapabilityBoundingSet=CAP_CHOWN CAP_NET_BIND_SERVICE CAP_SYSLOG\n"
		  "AmbientCapabilities=\nAmbientCapabilities=CAP_CHOWN CAP_NET_BIND_SERVICE\nNoNewPrivileges=yes\n" },
		{ "systemd", &as_root,
		  "# /etc/systemd/system/UNIT.service.d/50-capabilities.conf\n[Service]\n"
		  "CapabilityBoundingSet=\nCapabilityBoundingSet=CAP_CHOWN CAP_NET_BIND_SERVICE\nNoNewPrivileges=no\n" },
		{ "systemd", &nothing,
		  "# /etc/systemd/system/UNIT.service.d/50-capabilities.conf\n[Service]\nCapabilityBoundingSet=\n"
		  "NoNewPrivileges=yes\n" },
		{ "setcap", &as_user, "setcap 'cap_chown,cap_net_bind_service=ep' PROGRAM\n" },
		{ "setcap", &nothing, "setcap -r PROGRAM\n" },
		{ "setpriv", &as_user,
		  "setpriv --reuid=nobody --regid=web --init-groups --inh-caps=-all,+chown,+net_bind_service "
		  "--ambient-caps=-all,+chown,+net_bind_service --bounding-set=-all,+chown,+net_bind_service,+syslog "
		  "--no-new-privs COMMAND\n" },
		{ "setpriv", &as_number,
		  "setpriv --reuid=33 --regid=\"$(id -g 33)\" --clear-groups --inh-caps=-all,+chown,+net_bind_service "
		  "--ambient-caps=-all,+chown,+net_bind_service --bounding-set=-all,+chown,+net_bind_service "
		  "--no-new-privs COMMAND\n" },
		{ "setpriv", &nothing,
		  "setpriv --inh-caps=-all --ambient-caps=-all --bounding-set=-all --no-new-privs COMMAND\n" },
		{ "bwrap", &as_root,
		  "bwrap --dev-bind / / --cap-drop ALL --cap-add CAP_CHOWN --cap-add CAP_NET_BIND_SERVICE COMMAND\n" },
		{ "bwrap", &nothing, "bwrap --dev-bind / / --cap-drop ALL COMMAND\n" },
		{ "firejail", &as_root,
		  "firejail --noprofile --caps.keep=chown,net_bind_service COMMAND\n"
		  "# or, in its profile: caps.keep chown,net_bind_service\n" },
		{ "firejail", &nothing,
		  "firejail --noprofile --caps.drop=all --nonewprivs COMMAND\n"
		  "# or, in its profile: caps.drop all\n" },
		{ "uwsgi", &as_user, "[uwsgi]\nuid = nobody\ngid = web\ncap = chown,net_bind_service\n" },
		{ "uwsgi", &nothing, "[uwsgi]\n" },
		{ "pam", &as_user, "^cap_chown,^cap_net_bind_service nobody\n" },
		{ "pam", &nothing, "none USER\n" },
		{ "apparmor", &as_root, "  capability chown,\n  capability net_bind_service,\n" },
		{ "apparmor", &nothing, "" },
		{ "apparmor", &noisy, "  capability chown,\n  # deny capability net_admin,\n  # deny capability sys_admin,\n" },
		{ "selinux", &as_user,
		  "(allow TYPE self (capability (chown net_bind_service)))\n(allow TYPE self (capability2 (syslog)))\n" },
		{ "selinux", &nothing, "" },
		{ "text", &as_root, "cap_chown,cap_net_bind_service=ep\n" },
		{ "text", &nothing, "=\n" },
		{ "mask", &as_root, "0x401\n" },
		{ "mask", &nothing, "0x0\n" },
	};
	struct buf b = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct recipe *r = recipe_find(rows[i].name, &(const char *){ NULL });

		buf_clear(&b);
		recipe_write(&b, r, rows[i].need);
		if (strcmp(buf_str(&b), rows[i].text))
			fail_msg("%s:\n%s", rows[i].name, buf_str(&b));
	}
	buf_done(&b);
}

static void blocks_all_that_is_not_bounding(void **state)
{
	struct recipe_need all_but_two = {
		.caps = TWO, .bounding = (1ULL << 41) - 1 - 6, .no_new_privs = true, .verified = true,
	};
	struct buf b = BUF_INIT;

	(void)state;
	recipe_write(&b, recipe_find("iab", NULL), &all_but_two);
	assert_string_equal(buf_str(&b), "^cap_chown,^cap_net_bind_service,!cap_dac_override,!cap_dac_read_search\n");
	buf_clear(&b);
	recipe_write(&b, recipe_find("capsh", NULL), &all_but_two);
	assert_string_equal(buf_str(&b),
			    "capsh --iab='^cap_chown,^cap_net_bind_service,!cap_dac_override,!cap_dac_read_search' "
			    "--no-new-privs -- -c 'exec COMMAND'\n");
	buf_done(&b);
}

/* For root an exec gives what is in the bounding set; anybody else has to have it ambient. */
static void makes_ambient_for_a_user(void **state)
{
	static const char list[] = "[\"CAP_CHOWN\", \"CAP_NET_BIND_SERVICE\"]";
	struct buf b = BUF_INIT;
	char line[128];

	(void)state;
	recipe_write(&b, recipe_find("oci", NULL), &as_root);
	assert_non_null(strstr(buf_str(&b), "\"ambient\": []"));
	assert_non_null(strstr(buf_str(&b), "\"inheritable\": []"));
	buf_clear(&b);
	recipe_write(&b, recipe_find("oci", NULL), &as_number);
	snprintf(line, sizeof(line), "\"ambient\": %s", list);
	assert_non_null(strstr(buf_str(&b), line));
	assert_non_null(strstr(buf_str(&b), "\"user\": { \"uid\": 33, \"gid\": 0 }"));
	buf_done(&b);
}

static void remarks_on_the_traps(void **state)
{
	static const struct recipe_need mount = { .caps = 1ULL << 21, .bounding = 1ULL << 21, .verified = true };
	static const struct recipe_need bind = { .caps = 1ULL << 10, .bounding = 1ULL << 10, .no_new_privs = true };
	static const struct recipe_need lossy = {
		.caps = TWO, .bounding = TWO, .no_new_privs = true, .incomplete = true,
	};
	static const struct recipe_need attached = {
		.caps = TWO, .bounding = TWO, .no_new_privs = true, .start_unseen = true,
	};
	static const struct recipe_need perfmon = { .caps = 1ULL << 38, .bounding = 1ULL << 38, .verified = true };
	static const struct {
		const char *name;
		const struct recipe_need *need;
		const char *says, *never;
	} rows[] = {
		{ "kubernetes", &bind, "fits \"restricted\"", "baseline" },
		{ "kubernetes", &as_root, "fits \"baseline\"", "only \"privileged\"" },
		{ "kubernetes", &mount, "only \"privileged\" allows SYS_ADMIN.", "fits" },
		{ "kubernetes", &as_user, "runAsUser wants the number", NULL },
		{ "docker", &as_user, "Under no-new-privileges such a file would give nothing", NULL },
		{ "docker", &as_root, "seccomp", "gives a user that is not root" },
		{ "docker", &as_user, "Root in the container has these too: SYSLOG.", NULL },
		{ "podman", &as_user, "ambient for a user that is not root", "gives nothing" },
		{ "ecs", &perfmon, "ECS does not know PERFMON: left out here", NULL },
		{ "kubernetes", &mount, "RuntimeDefault", "unshare" },
		{ "kubernetes", &mount, "much as Docker's does, with EPERM and before anything asks for the capability: process_vm_readv", NULL },
		{ "docker", &mount, "refuses, with EPERM and before anything asks for the capability: process_vm_readv", "unshare" },
		{ "docker", &bind, ": mount, unshare, setns, clone with namespaces (SYS_ADMIN); bpf (BPF);", "may be lowered" },
		{ "docker", &bind, "Docker sets the sysctl net.ipv4.ip_unprivileged_port_start", "no_new_privs is not set" },
		{ "podman", &bind, "may be lowered", "label" },
		{ "podman", &mount, "There is no label io.containers.capabilities here", NULL },
		{ "kubernetes", &mount, "no_new_privs is not set: a file brings capabilities", NULL },
		{ "systemd", &mount, "no_new_privs is not set: a file brings capabilities", NULL },
		{ "setpriv", &mount, "with exactly this set, started by capsieve, and worked.", "it was not run" },
		{ "bwrap", &mount, "In what this is for it was not run.", NULL },
		{ "mask", &bind, "Estimated", "Incomplete" },
		{ "mask", &mount, "Verified: it ran with exactly this", "stimated" },
		{ "mask", &lossy, "Incomplete", "Start-up" },
		{ "mask", &lossy, "Estimated", "Verified" },
		{ "mask", &attached, "Start-up not seen", "Incomplete" },
		{ "systemd", &attached, "Start-up not seen", "Incomplete" },
		{ "uwsgi", &as_number, "keep root's", NULL },
		{ "uwsgi", &as_user, "bounding set stays full", "keep root's" },
		{ "apparmor", &nothing, "denies every capability", "lets pass" },
	};
	struct buf b = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_clear(&b);
		recipe_remarks(&b, recipe_find(rows[i].name, NULL), rows[i].need);
		if (!strstr(buf_str(&b), rows[i].says) || (rows[i].never && strstr(buf_str(&b), rows[i].never)))
			fail_msg("%s: '%s':\n%s", rows[i].name, rows[i].says, buf_str(&b));
	}
	buf_done(&b);
}

/* What a target does not know, or would ignore, is not written for it. */
static void leaves_out_what_is_not_taken(void **state)
{
	static const struct recipe_need both = { .caps = 1ULL << 38 | TWO, .bounding = 1ULL << 38 | TWO };
	static const struct recipe_need two = { .caps = TWO, .bounding = TWO };
	struct buf b = BUF_INIT;

	(void)state;
	recipe_write(&b, recipe_find("ecs", NULL), &both);
	assert_null(strstr(buf_str(&b), "PERFMON"));
	recipe_write(&b, recipe_find("podman", NULL), &both);
	assert_null(strstr(buf_str(&b), "LABEL"));
	assert_non_null(strstr(buf_str(&b), "--cap-add=PERFMON"));
	recipe_write(&b, recipe_find("podman", NULL), &two);
	assert_non_null(strstr(buf_str(&b), "LABEL"));
	buf_done(&b);
}

static void refuses_what_a_shell_would_read(void **state)
{
	static const char *const good[] = { "root", "www-data", "_apt", "a.b-c_d", "machine$", "0", "33:33", "web:www-data" };
	static const char *const bad[] = { "",	   "-x",   "a b",  "a;b",  "$(id)", "a$b", "a:", ":b", "a:b:c", "a\nb",
					   "a'b",  "a\"b", "a/b",  "\xc3\xa4",
					   "0123456789012345678901234567890123456789012345678901234567890123456789" };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(recipe_user_ok(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (recipe_user_ok(bad[i]))
			fail_msg("%s passed", bad[i]);
}

static void finds_the_nearest(void **state)
{
	const char *nearest = "";

	(void)state;
	assert_null(recipe_find("dockr", &nearest));
	assert_string_equal(nearest, "docker");
	assert_null(recipe_find("zzzzzzzz", &nearest));
	assert_null(nearest);
	for (size_t i = 0; i < recipe_count; i++) {
		assert_int_equal(recipes[i].format, i);
		assert_ptr_equal(recipe_find(recipes[i].name, NULL), &recipes[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_what_the_target_reads), cmocka_unit_test(blocks_all_that_is_not_bounding),
		cmocka_unit_test(makes_ambient_for_a_user),	cmocka_unit_test(remarks_on_the_traps),
		cmocka_unit_test(leaves_out_what_is_not_taken),
		cmocka_unit_test(refuses_what_a_shell_would_read), cmocka_unit_test(finds_the_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
