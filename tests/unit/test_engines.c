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

#define INNER_WORDS "containerd-shim-runc-v2\0-namespace\0moby\0-id\0" OTHER

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

/* Both bundles name the cgroup that somebody is in, one around the other; whichever is read first, the outer one is it. */
static void of_two_that_are_confirmed_the_outermost_counts(void **state)
{
	static const char inner_path[] = PATH "/kubepods/pod7/" OTHER;
	char inner[192], text[512], path[128];

	(void)state;
	only_for_root();
	snprintf(inner, sizeof(inner), "%s/moby/" OTHER, folder);
	mkdir(inner, 0700);
	snprintf(text, sizeof(text), "{\"ociVersion\": \"1.0.2\", \"process\": {}, \"linux\": {\"cgroupsPath\": \"%s\"}, "
		 "\"annotations\": {\"nerdctl/name\": \"inner\"}}", inner_path);
	put_in(inner, "config.json", text, strlen(text));
	shim(0, "mnt:[1]");
	config(GOOD);
	/* One shim serves both: the inner one is read first, then its own. */
	assert_found(inner_path, INIT, "nerdctl:web", false);
	assert_found("/elsewhere" PATH "/kubepods/pod7/" OTHER, INIT, "container:c791ca8b0a1b?", false);
	/* Where the outer one is not confirmed, the inner one is it. */
	config("{\"ociVersion\": \"1.0.2\", \"process\": {}, \"linux\": {\"cgroupsPath\": \"/other/" ID "\"}}");
	assert_found(inner_path, INIT, "nerdctl:inner", false);
	/* And the other way round: the shim's own is the inner one, and the outer one stands beside it. */
	config(GOOD);
	process(SHIM, 1, 0, INNER_WORDS, sizeof(INNER_WORDS), "mnt:[1]");
	snprintf(path, sizeof(path), "%s/%d", proc, SHIM);
	link_in(path, "cwd", inner);
	assert_found(inner_path, INIT, "nerdctl:web", false);
	put_in(inner, "config.json", "", 0);
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

/* ---- docker's own state, and that of podman's storage ------------------------------------------------------------ */

enum { DAEMON = 40 };

#define PODMAN_PATH "/libpod_parent/libpod-" ID

/* Somebody's first process is in this cgroup. */
static void is_in(int pid, const char *cgroup)
{
	char dir[128], text[512];
	int n = snprintf(text, sizeof(text), "0::%s\n", cgroup);

	snprintf(dir, sizeof(dir), "%s/%d", proc, pid);
	put_in(dir, "cgroup", text, (size_t)n);
}

/* NAME above DIR's end, made where it is missing: DIR is its path. */
static void make_dirs(char dir[192], const char *a, const char *b)
{
	snprintf(dir, 192, "%s/%s", folder, a);
	mkdir(dir, 0700);
	snprintf(dir, 192, "%s/%s/%s", folder, a, b);
	mkdir(dir, 0700);
	snprintf(dir, 192, "%s/%s/%s/" ID, folder, a, b);
	mkdir(dir, 0700);
}

/* With all daemons looked for; that there are bad files is said once, however often they are met. */
static void assert_found_by_daemon(const char *path, const char *what, const char *want, bool complains)
{
	struct engines *e = engines_new(proc, 0, ~0ULL >> 23);
	struct buf name = BUF_INIT, complaint = BUF_INIT;
	struct workload *w = NULL;
	unsigned int said = 0;

	assert_non_null(e);
	while (engines_has_more(e))
		engines_go_on(e, 0);	/* also where there is no time at all, it ends */
	for (int i = 0; i < 3; i++) {
		workload_unref(w);
		assert_int_equal(engines_find(e, path, 7, INIT, SHIM, &w), 0);
		buf_clear(&complaint);
		engines_complaint(e, &complaint);
		said += complaint.len > 0;
	}
	workload_put_name(&name, w);
	if (strcmp(buf_str(&name), want) || said != complains)
		fail_msg("%s: '%s' and not '%s', %u complaints", what, buf_str(&name), want, said);
	workload_unref(w);
	buf_done(&name);
	buf_done(&complaint);
	engines_free(e);
}

#define DOCKER(rest)  "{\"ID\":\"" ID "\",\"Name\":\"/web\"," rest
#define NAMELESS      "docker:1550ea3f0a1b?"
#define STATE(pid)    "\"State\":{\"Running\":true,\"Pid\":" pid "}"

static void hostile_states_of_docker(void **state)
{
	static const struct {
		const char *what, *text, *want;
		bool complains;
	} rows[] = {
		{ "good", DOCKER("\"Config\":{\"Image\":\"demo:1\"}," STATE("100") "}"), "docker:web", false },
		{ "half-written", DOCKER("\"Config\":{\"Ima"), NAMELESS, true },
		{ "empty", "", NAMELESS, true },
		{ "deep", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", NAMELESS, true },
		{ "another kind", "[7, \"" ID "\"]", NAMELESS, true },
		{ "other kinds of members", "{\"ID\":\"" ID "\",\"Name\":[7],\"Config\":{}," STATE("[100]") "}", NAMELESS, false },
		{ "another's process", DOCKER("\"Config\":{\"Image\":\"demo:1\"}," STATE("40") "}"), NAMELESS, false },
		{ "nobody's process", DOCKER("\"Config\":{\"Image\":\"demo:1\"}," STATE("-1") "}"), NAMELESS, false },
		{ "no process", DOCKER("\"Config\":{\"Image\":\"demo:1\"}}"), NAMELESS, false },
	};
	char words[256], dir[192];
	int n;

	(void)state;
	only_for_root();
	make_dirs(dir, "docker", "containers");
	n = snprintf(words, sizeof(words), "dockerd%c--data-root%c%s/docker", '\0', '\0', folder);
	process(DAEMON, 1, 0, words, (size_t)n + 1, "mnt:[1]");
	process(SHIM, 1, 0, "sh", 3, "mnt:[1]");
	is_in(DAEMON, "/system.slice/docker.service");
	is_in(INIT, PATH);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put_in(dir, "config.v2.json", rows[i].text, strlen(rows[i].text));
		assert_found_by_daemon(PATH, rows[i].what, rows[i].want, rows[i].complains);
	}
}

/* What is no file that its engine would write, under the name of one. */
static void not_even_files(const char *dir, const char *name, const char *cgroup, const char *want)
{
	char path[256], *huge = calloc(1, 5 << 20);

	assert_non_null(huge);
	memset(huge, '[', (5 << 20) - 1);
	put_in(dir, name, huge, (5 << 20) - 1);
	assert_found_by_daemon(cgroup, "huge", want, true);
	free(huge);
	link_in(dir, name, "/etc/passwd");
	assert_found_by_daemon(cgroup, "a link", want, true);
	assert_true(snprintf(path, sizeof(path), "%.190s/%.40s", dir, name) > 0);
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_found_by_daemon(cgroup, "a pipe that nobody writes to", want, true);
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_found_by_daemon(cgroup, "a directory", want, true);
	assert_int_equal(rmdir(path), 0);
	/* Another user's is not asked, and none at all is no mistake. */
	put_in(dir, name, "[]", 2);
	assert_int_equal(chown(path, 1000, 1000), 0);
	assert_found_by_daemon(cgroup, "another user's", want, false);
	unlink(path);
	assert_found_by_daemon(cgroup, "none", want, false);
}

static void what_is_no_file_of_docker(void **state)
{
	char dir[192];

	(void)state;
	only_for_root();
	make_dirs(dir, "docker", "containers");
	not_even_files(dir, "config.v2.json", PATH, NAMELESS);
}

#define CONMON_WORDS "conmon%c-c%c" ID "%c-b%c%s/userdata%c-n%cpweb"
#define STORED(rest) "[{\"id\":\"" OTHER "\"},{\"id\":\"" ID "\",\"names\":[\"stored\"]," rest

/* Its name is told by whoever looks after it, too. */
static void hostile_states_of_podman(void **state)
{
	static const char spec[] = "{\"ociVersion\": \"1.0.2\", \"process\": {}, \"linux\": {\"cgroupsPath\": \"" PODMAN_PATH "\"}}";
	static const struct {
		const char *what, *text, *want;
		bool complains;
	} rows[] = {
		{ "good", STORED("\"metadata\":\"{\\\"image-name\\\":\\\"toy:1\\\"}\"}]"), "podman:stored", false },
		{ "half-written", STORED("\"metadata\":\"{"), "podman:pweb", true },
		{ "empty", "", "podman:pweb", true },
		{ "deep", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "podman:pweb", true },
		{ "another kind", "{\"id\":\"" ID "\"}", "podman:pweb", true },
		{ "metadata cut off", STORED("\"metadata\":\"{\\\"image-na\"}]"), "podman:stored", false },
		{ "other kinds of members", "[7,null,{\"id\":[]},{\"id\":\"" ID "\",\"names\":{},\"metadata\":7}]", "podman:pweb", false },
	};
	char words[512], dir[192], userdata[224];
	int n;

	(void)state;
	only_for_root();
	make_dirs(dir, "storage", "overlay-containers");
	n = snprintf(words, sizeof(words), CONMON_WORDS, '\0', '\0', '\0', '\0', dir, '\0', '\0');
	process(SHIM, 1, 0, words, (size_t)n + 1, "mnt:[1]");
	snprintf(userdata, sizeof(userdata), "%s/userdata", dir);
	mkdir(userdata, 0700);
	put_in(userdata, "config.json", spec, sizeof(spec) - 1);
	*strrchr(dir, '/') = '\0';
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put_in(dir, "containers.json", rows[i].text, strlen(rows[i].text));
		assert_found_by_daemon(PODMAN_PATH, rows[i].what, rows[i].want, rows[i].complains);
	}
	not_even_files(dir, "containers.json", PODMAN_PATH, "podman:pweb");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bundle_confirms_its_cgroup),
		cmocka_unit_test(another_cgroup_of_that_name_is_not_it),
		cmocka_unit_test(who_may_say_so),
		cmocka_unit_test(the_outermost_that_is_confirmed_counts),
		cmocka_unit_test(of_two_that_are_confirmed_the_outermost_counts),
		cmocka_unit_test(hostile_bundles),
		cmocka_unit_test(hostile_states_of_docker),
		cmocka_unit_test(what_is_no_file_of_docker),
		cmocka_unit_test(hostile_states_of_podman),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
