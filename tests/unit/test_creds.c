/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/host/creds.h"
#include "user/host/execfile.h"

/* A folder that looks like /proc, below the current one. */
static char folder[] = "test_creds.XXXXXX";

static void put(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int make_folder(void **state)
{
	char path[64];

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/42", folder);
	return mkdir(path, 0755);
}

static int remove_folder(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r '%s'", folder);
	return system(command);
}

#define STATUS(tracer)                                                                      \
	"Name:\tng\\nUid:\t0\nUmask:\t0022\nTgid:\t42\nTracerPid:\t" tracer "\n"            \
	"Uid:\t1000\t1001\t1002\t1003\nGid:\t100\t101\t102\t103\nGroups:\t4 24 100000 \n"   \
	"CapInh:\t0000000000000001\nCapPrm:\t0000000000000003\nCapEff:\t0000000000000002\n" \
	"CapBnd:\t000001ffffffffff\nCapAmb:\t0000000000000001\nNoNewPrivs:\t1\nSeccomp:\t2\n"

static void reads_what_status_says(void **state)
{
	struct creds c;

	(void)state;
	put("42/status", STATUS("0"));
	put("42/uid_map", "         0          0 4294967295\n");
	put("42/gid_map", "         0          0 4294967295\n");
	assert_int_equal(creds_read(folder, 42, &c), 0);
	assert_string_equal(c.name, "ng\nUid:\t0");
	assert_true(c.is.uid == 1000 && c.is.euid == 1001 && c.is.suid == 1002);
	assert_true(c.is.gid == 100 && c.is.egid == 101 && c.is.sgid == 102);
	assert_true(c.is.group_count == 3 && c.is.groups[1] == 24);
	assert_true(c.is.inheritable == 1 && c.is.permitted == 3 && c.is.effective == 2 && c.is.ambient == 1);
	assert_true(c.is.bounding == 0x1ffffffffff && c.is.no_new_privs && c.seccomp == 2);
	assert_true(c.tracer == 0 && !c.securebits_known && c.own_userns);
	creds_done(&c);
}

static void refuses_what_is_no_status(void **state)
{
	struct creds c;

	(void)state;
	put("42/status", "Name:\tx\nUid:\t1\n");
	assert_int_equal(creds_read(folder, 42, &c), -EBADMSG);
	assert_int_equal(creds_read(folder, 43, &c), -ENOENT);
}

static void maps_ids_to_the_inner_namespace(void **state)
{
	struct creds_extent map[] = { { 0, 100000, 1000 }, { 5000, 7, 1 } };
	struct creds c = { .users = map, .user_count = 2, .user_groups = map, .user_group_count = 1 };
	uint32_t id;

	(void)state;
	assert_true(creds_user_inside(&c, 100000, &id) && id == 0);
	assert_true(creds_user_inside(&c, 100999, &id) && id == 999);
	assert_false(creds_user_inside(&c, 101000, &id));
	assert_false(creds_user_inside(&c, 0, &id));
	assert_true(creds_user_inside(&c, 7, &id) && id == 5000);
	assert_false(creds_group_inside(&c, 7, &id));
	c.own_userns = true;
	assert_true(creds_user_inside(&c, 5, &id) && id == 5);
}

static void knows_itself_as_libcap_does(void **state)
{
	cap_t caps = cap_get_proc();
	cap_flag_value_t on;
	struct creds c;

	(void)state;
	assert_int_equal(creds_read("/proc", 0, &c), 0);
	for (cap_value_t cap = 0; cap < cap_max_bits(); cap++) {
		cap_get_flag(caps, cap, CAP_EFFECTIVE, &on);
		assert_int_equal(on, c.is.effective >> cap & 1);
		assert_int_equal(cap_get_bound(cap), c.is.bounding >> cap & 1);
	}
	assert_true(c.is.uid == getuid() && c.own_userns && c.securebits_known);
	assert_int_equal(c.is.securebits, prctl(PR_GET_SECUREBITS));
	cap_free(caps);
	creds_done(&c);
}

static int read_file(const char *name, struct execfile *ret)
{
	struct creds c = { .own_userns = true };
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return execfile_read(path, &c, ret);
}

static void mode(const char *name, mode_t bits)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(chmod(path, bits), 0);
}

static void looks_at_the_interpreter_of_a_script(void **state)
{
	char line[300];
	struct execfile f;

	(void)state;
	put("program", "\177ELF");
	mode("program", 02745);
	snprintf(line, sizeof(line), "#! %s/program -x\n", folder);
	put("script", line);
	mode("script", 04755);
	assert_int_equal(read_file("script", &f), 0);
	assert_true(f.script_bits && f.interpreter && strstr(f.interpreter, "/program"));
	assert_true(!f.image.setuid && !f.image.setgid); /* setgid without x for the group */
	assert_int_equal(f.owner, geteuid());
	execfile_done(&f);
	mode("program", 06755);
	assert_int_equal(read_file("program", &f), 0);
	assert_true(f.image.setuid && f.image.setgid && !f.interpreter && !f.image.has_caps);
	execfile_done(&f);
}

static void says_what_cannot_be_executed(void **state)
{
	char line[300];
	struct execfile f;

	(void)state;
	put("plain", "text");
	assert_int_equal(read_file("plain", &f), -EACCES);
	assert_int_equal(read_file("42", &f), -EISDIR);
	assert_int_equal(read_file("none", &f), -ENOENT);
	snprintf(line, sizeof(line), "#!%s/loop\n", folder);
	put("loop", line);
	mode("loop", 0755);
	assert_int_equal(read_file("loop", &f), -ELOOP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_status_says),
		cmocka_unit_test(refuses_what_is_no_status),
		cmocka_unit_test(maps_ids_to_the_inner_namespace),
		cmocka_unit_test(knows_itself_as_libcap_does),
		cmocka_unit_test(looks_at_the_interpreter_of_a_script),
		cmocka_unit_test(says_what_cannot_be_executed),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
