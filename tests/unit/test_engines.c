// SPDX-License-Identifier: BSD-2-Clause
/* Who a cgroup is, in a world made of files: a /proc of a few processes, and bundles that are what they say or not. */
#include "tests/unit/made.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/host/engines.h"
#include "user/model/workload.h"

#define ID    "1550ea3f0a1b2c3d4e5f60718293a4b5c6d7e8f90123456789abcdef01234567"
#define OTHER "c791ca8b0a1b2c3d4e5f60718293a4b5c6d7e8f90123456789abcdef0badcafe"
#define PATH  "/docker/" ID

enum { INIT = 100, SHIM = 50 };

static char folder[] = "/tmp/test-engines-XXXXXX";
static char proc[64], bundle[192];

static void put(const char *path, const char *text, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, n), (ssize_t)n);
	close(fd);
}

static void put_in(const char *dir, const char *name, const char *text, size_t n)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	unlink(path);
	put(path, text, n);
}

static void link_in(const char *dir, const char *name, const char *to)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	unlink(path);
	assert_int_equal(symlink(to, path), 0);
}

/* A process: its words have a NUL each. */
static void process(int pid, int ppid, int uid, const char *words, size_t n, const char *mount_namespace)
{
	char dir[128], space[160], text[512];
	int len;

	snprintf(dir, sizeof(dir), "%s/%d", proc, pid);
	mkdir(dir, 0700);
	len = snprintf(text, sizeof(text), "%d (%.15s) S %d 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 77 0", pid, words, ppid);
	put_in(dir, "stat", text, (size_t)len);
	len = snprintf(text, sizeof(text), "Name:\tx\nState:\tS\nTgid:\t%d\nPid:\t%d\nPPid:\t%d\nUid:\t%d\t%d\t%d\t%d\nGid:\t0\t0\t0\t0\n"
		       "CapInh:\t0\nCapPrm:\t0\nCapEff:\t0\nCapBnd:\t0\n", pid, pid, ppid, uid, uid, uid, uid);
	put_in(dir, "status", text, (size_t)len);
	put_in(dir, "cmdline", words, n);
	snprintf(space, sizeof(space), "%s/ns", dir);
	mkdir(space, 0700);
	link_in(space, "mnt", mount_namespace);
}

#define SHIM_WORDS "containerd-shim-runc-v2\0-namespace\0moby\0-id\0" ID

static void shim(int uid, const char *mount_namespace)
{
	char dir[128];

	process(SHIM, 1, uid, SHIM_WORDS, sizeof(SHIM_WORDS), mount_namespace);
	snprintf(dir, sizeof(dir), "%s/%d", proc, SHIM);
	link_in(dir, "cwd", bundle);
}

static void config(const char *text)
{
	put_in(bundle, "config.json", text, strlen(text));
}

static int set_up(void **state)
{
	char above[96];

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(proc, sizeof(proc), "%s/proc", folder);
	snprintf(above, sizeof(above), "%s/moby", folder);
	snprintf(bundle, sizeof(bundle), "%s/" ID, above);
	mkdir(proc, 0700);
	mkdir(above, 0700);
	mkdir(bundle, 0700);
	process(1, 0, 0, "init", 5, "mnt:[1]");
	process(INIT, SHIM, 0, "sleep", 6, "mnt:[2]");
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static int tear_down(void **state)
{
	(void)state;
	return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* What is found: its name; and in *ret_complaint whether something had to be said. */
static void assert_found(const char *path, int pid, const char *want, bool complains)
{
	struct engines *e = engines_new(proc, 0, ~0ULL >> 23);
	struct buf name = BUF_INIT, complaint = BUF_INIT;
	struct workload *w;

	assert_non_null(e);
	assert_int_equal(engines_find(e, path, 7, pid, SHIM, &w), 0);
	workload_put_name(&name, w);
	assert_string_equal(buf_str(&name), want);
	assert_int_equal(w->cgroup_id, 7);
	engines_complaint(e, &complaint);
	if (!complaint.len == complains)
		fail_msg("%s: '%s'", path, buf_str(&complaint));
	workload_unref(w);
	buf_done(&name);
	buf_done(&complaint);
	engines_free(e);
}

#define GOOD "{\"ociVersion\": \"1.0.2\", \"process\": {}, \"linux\": {\"cgroupsPath\": \"" PATH "\"}, \"annotations\": {\"nerdctl/name\": \"web\"}}"

static void only_for_root(void)
{
	if (geteuid())
		skip();
}

static void a_bundle_confirms_its_cgroup(void **state)
{
	(void)state;
	only_for_root();
	shim(0, "mnt:[1]");
	config(GOOD);
	assert_found(PATH, INIT, "nerdctl:web", false);
	assert_found(PATH "/system.slice", INIT, "nerdctl:web", false);
	assert_found(PATH, 999, "nerdctl:web", false);
	config("{\"ociVersion\": \"1.0.2\", \"process\": {}, \"linux\": {\"cgroupsPath\": \"system.slice:docker:" ID "\"}}");
	assert_found("/system.slice/docker-" ID ".scope", INIT, "docker:1550ea3f0a1b", false);
}

/* What somebody else puts below a cgroup of his own, called like that. */
static void another_cgroup_of_that_name_is_not_it(void **state)
{
	static const char *const places[] = {
		"/user.slice/user-1000.slice/user@1000.service/docker-" ID ".scope", "/user.slice/docker/" ID,
		"/docker/" OTHER "/docker/" ID, "/docker/" ID "x",
	};

	(void)state;
	only_for_root();
	shim(0, "mnt:[1]");
	config(GOOD);
	assert_found(places[0], INIT, "docker@1000:1550ea3f0a1b?", false);
	assert_found(places[1], INIT, "docker:1550ea3f0a1b?", false);
	assert_found(places[2], INIT, "docker:1550ea3f0a1b?", false);
	assert_found(places[3], INIT, "/docker/" ID "x", false);
}

static void who_may_say_so(void **state)
{
	(void)state;
	only_for_root();
	config(GOOD);
	shim(1000, "mnt:[1]");
	assert_found(PATH, INIT, "docker:1550ea3f0a1b?", false);
	/* Root of a container, with files of his own. */
	shim(0, "mnt:[2]");
	assert_found(PATH, INIT, "docker:1550ea3f0a1b?", false);
}

static void the_outermost_that_is_confirmed_counts(void **state)
{
	(void)state;
	only_for_root();
	shim(0, "mnt:[1]");
	config(GOOD);
	assert_found(PATH "/kubelet/docker/" OTHER, INIT, "nerdctl:web", false);
}

static void hostile_bundles(void **state)
{
	char path[256], *huge = calloc(1, 5 << 20);

	(void)state;
	only_for_root();
	assert_non_null(huge);
	shim(0, "mnt:[1]");
	config("{\"ociVersion\": \"1.0.2\", \"process\": {}, \"linux\": {\"cgroupsPath\": \"" PATH);
	assert_found(PATH, INIT, "docker:1550ea3f0a1b?", true);
	config("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[");
	assert_found(PATH, INIT, "docker:1550ea3f0a1b?", true);
	config("{\"ociVersion\": \"1.0.2\", \"process\": {}, \"linux\": {\"cgroupsPath\": [\"" PATH "\"]}, \"annotations\": 3}");
	assert_found(PATH, INIT, "docker:1550ea3f0a1b?", false);
	memset(huge, ' ', (5 << 20) - 1);
	config(huge);
	assert_found(PATH, INIT, "docker:1550ea3f0a1b?", true);
	link_in(bundle, "config.json", "/etc/passwd");
	assert_found(PATH, INIT, "docker:1550ea3f0a1b?", true);
	snprintf(path, sizeof(path), "%s/config.json", bundle);
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_found(PATH, INIT, "docker:1550ea3f0a1b?", true);
	unlink(path);
	assert_found(PATH, INIT, "docker:1550ea3f0a1b?", false);
	free(huge);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bundle_confirms_its_cgroup),
		cmocka_unit_test(another_cgroup_of_that_name_is_not_it),
		cmocka_unit_test(who_may_say_so),
		cmocka_unit_test(the_outermost_that_is_confirmed_counts),
		cmocka_unit_test(hostile_bundles),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
