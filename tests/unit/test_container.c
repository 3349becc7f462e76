/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <linux/capability.h>

#include "user/host/container.h"

#define BIT(cap) (1ULL << (cap))
#define ALL	 ((1ULL << 41) - 1)
#define USUAL	 0xa80425fbULL

static struct container docker(const char *config, const char *host)
{
	struct container c = { 0 };

	assert_int_equal(container_read_docker(config, strlen(config), &c), 0);
	assert_int_equal(container_read_docker_host(host, strlen(host), ALL, &c), 0);
	return c;
}

#define DOCKER(user)                                                                                                   \
	"{\"ID\":\"1550ea\",\"Name\":\"/web\",\"Image\":\"sha256:aa\",\"State\":{\"Running\":true,\"Pid\":42},"          \
	"\"Config\":{\"User\":\"" user "\",\"Image\":\"demo/app:1.2\",\"Labels\":{\"com.docker.compose.project\":\"shop\"," \
	"\"com.docker.compose.service\":\"front\"}}}"
#define HOST(more) "{\"CgroupParent\":\"\"" more "}"

static void what_docker_keeps(void **state)
{
	struct container c = docker(DOCKER(""), HOST(""));

	(void)state;
	assert_int_equal(c.engine, ENGINE_DOCKER);
	assert_string_equal(c.id, "1550ea");
	assert_string_equal(c.name, "web");
	assert_string_equal(c.image, "demo/app:1.2");
	assert_string_equal(c.image_id, "sha256:aa");
	assert_string_equal(c.project, "shop");
	assert_string_equal(c.service, "front");
	assert_null(c.user);
	assert_true(c.state_known && c.running);
	assert_int_equal(c.pid, 42);
	container_done(&c);
	assert_null(c.id);
}

static void what_docker_grants(void **state)
{
	static const struct {
		const char *config, *host;
		uint64_t effective, bounding;
		bool privileged;
	} rows[] = {
		{ DOCKER(""), HOST(""), USUAL, USUAL, false },
		{ DOCKER(""), HOST(",\"CapAdd\":null,\"CapDrop\":null"), USUAL, USUAL, false },
		{ DOCKER(""), HOST(",\"CapAdd\":[\"CAP_NET_ADMIN\"]"), USUAL | BIT(CAP_NET_ADMIN),
		  USUAL | BIT(CAP_NET_ADMIN), false },
		{ DOCKER(""), HOST(",\"CapAdd\":[\"net_admin\"],\"CapDrop\":[\"MKNOD\"]"),
		  (USUAL | BIT(CAP_NET_ADMIN)) & ~BIT(CAP_MKNOD), (USUAL | BIT(CAP_NET_ADMIN)) & ~BIT(CAP_MKNOD), false },
		{ DOCKER(""), HOST(",\"CapDrop\":[\"ALL\"]"), 0, 0, false },
		{ DOCKER(""), HOST(",\"CapDrop\":[\"ALL\"],\"CapAdd\":[\"CHOWN\"]"), BIT(CAP_CHOWN), BIT(CAP_CHOWN), false },
		{ DOCKER(""), HOST(",\"CapAdd\":[\"ALL\"],\"CapDrop\":[\"SYS_ADMIN\"]"), ALL & ~BIT(CAP_SYS_ADMIN),
		  ALL & ~BIT(CAP_SYS_ADMIN), false },
		{ DOCKER(""), HOST(",\"CapAdd\":[\"NOT_A_CAP\",7]"), USUAL, USUAL, false },
		{ DOCKER("1000"), HOST(""), 0, USUAL, false },
		{ DOCKER("0:0"), HOST(""), USUAL, USUAL, false },
		{ DOCKER("root:adm"), HOST(""), USUAL, USUAL, false },
		{ DOCKER("rooty"), HOST(""), 0, USUAL, false },
		{ DOCKER(""), HOST(",\"Privileged\":true,\"CapDrop\":[\"ALL\"]"), ALL, ALL, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct container c = docker(rows[i].config, rows[i].host);

		assert_int_equal(c.granted.source, GRANTED_ENGINE);
		assert_int_equal(c.granted.effective, rows[i].effective);
		assert_int_equal(c.granted.permitted, rows[i].effective);
		assert_int_equal(c.granted.bounding, rows[i].bounding);
		assert_true(c.privileged_known);
		assert_int_equal(c.privileged, rows[i].privileged);
		container_done(&c);
	}
}

static void no_new_privs_of_docker(void **state)
{
	struct container c = docker(DOCKER(""), HOST(",\"SecurityOpt\":[\"apparmor=x\",\"no-new-privileges:true\"]"));

	(void)state;
	assert_true(c.no_new_privs);
	container_done(&c);
	c = docker(DOCKER(""), HOST(",\"SecurityOpt\":[\"no-new-privileges:false\"]"));
	assert_false(c.no_new_privs);
	container_done(&c);
}

static struct container oci(const char *text)
{
	struct container c = { 0 };

	assert_int_equal(container_read_oci(text, strlen(text), ALL, &c), 0);
	return c;
}

#define SPEC(process, rest)                                                                                            \
	"{\"ociVersion\":\"1.0.2\",\"process\":{\"user\":{\"uid\":33,\"gid\":33}" process "}" rest "}"

static void the_sets_of_a_bundle(void **state)
{
	struct container c = oci(SPEC(",\"noNewPrivileges\":true,\"capabilities\":{\"bounding\":[\"CAP_CHOWN\",\"CAP_KILL\"],"
				      "\"effective\":[\"CAP_KILL\"],\"permitted\":[\"CAP_KILL\"],\"ambient\":[],"
				      "\"inheritable\":[\"CAP_CHOWN\"]}",
				      ",\"linux\":{\"cgroupsPath\":\"/docker/1550ea\",\"namespaces\":[{\"type\":\"pid\"},"
				      "{\"type\":\"user\"}],\"maskedPaths\":[\"/proc/kcore\"]}"));

	(void)state;
	assert_int_equal(c.granted.source, GRANTED_BUNDLE);
	assert_int_equal(c.granted.bounding, BIT(CAP_CHOWN) | BIT(CAP_KILL));
	assert_int_equal(c.granted.effective, BIT(CAP_KILL));
	assert_int_equal(c.granted.permitted, BIT(CAP_KILL));
	assert_int_equal(c.granted.inheritable, BIT(CAP_CHOWN));
	assert_int_equal(c.granted.ambient, 0);
	assert_string_equal(c.user, "33");
	assert_string_equal(c.cgroup, "/docker/1550ea");
	assert_true(c.own_userns && c.no_new_privs && c.privileged_known);
	assert_false(c.privileged);
	container_done(&c);
	/* Nothing is given where nothing is said. */
	c = oci(SPEC("", ""));
	assert_int_equal(c.granted.source, GRANTED_BUNDLE);
	assert_int_equal(c.granted.bounding | c.granted.effective, 0);
	container_done(&c);
}

static void who_is_privileged(void **state)
{
	static const char everything[] = ",\"capabilities\":{\"bounding\":[\"ALL\"],\"effective\":[\"ALL\"]}";
	char text[1024];
	struct container c;

	(void)state;
	snprintf(text, sizeof(text), SPEC("%s", ",\"linux\":{}"), everything);
	c = oci(text);
	assert_true(c.privileged);
	container_done(&c);
	snprintf(text, sizeof(text), SPEC("%s", ",\"linux\":{\"maskedPaths\":[\"/proc/kcore\"]}"), everything);
	c = oci(text);
	assert_false(c.privileged);
	container_done(&c);
	snprintf(text, sizeof(text),
		 SPEC("%s", ",\"annotations\":{\"io.podman.annotations.privileged\":\"FALSE\"}"), everything);
	c = oci(text);
	assert_false(c.privileged);
	container_done(&c);
	c = oci(SPEC("", ",\"annotations\":{\"io.container.manager\":\"cri-o\","
			 "\"io.kubernetes.cri-o.PrivilegedRuntime\":\"true\"}"));
	assert_true(c.privileged);
	assert_int_equal(c.engine, ENGINE_CRIO);
	container_done(&c);
}

static void names_that_kubernetes_gives(void **state)
{
	struct container c = oci(SPEC("", ",\"annotations\":{\"io.kubernetes.cri.container-type\":\"container\","
					  "\"io.kubernetes.cri.container-name\":\"app\","
					  "\"io.kubernetes.cri.image-name\":\"demo:1\","
					  "\"io.kubernetes.cri.sandbox-name\":\"web-7d\","
					  "\"io.kubernetes.cri.sandbox-namespace\":\"shop\","
					  "\"io.kubernetes.cri.sandbox-uid\":\"63b3\"}"));

	(void)state;
	assert_string_equal(c.pod_container, "app");
	assert_string_equal(c.image, "demo:1");
	assert_string_equal(c.pod, "web-7d");
	assert_string_equal(c.pod_namespace, "shop");
	assert_string_equal(c.pod_uid, "63b3");
	assert_false(c.sandbox);
	container_done(&c);
	c = oci(SPEC("", ",\"annotations\":{\"io.container.manager\":\"cri-o\",\"io.kubernetes.pod.name\":\"web\","
			 "\"io.kubernetes.cri-o.ContainerType\":\"sandbox\",\"io.kubernetes.cri-o.Image\":\"demo:1\","
			 "\"io.kubernetes.cri-o.ImageName\":\"registry/demo:1\"}"));
	assert_true(c.sandbox);
	assert_string_equal(c.pod, "web");
	assert_string_equal(c.image, "demo:1");
	container_done(&c);
}

static void what_docker_answers(void **state)
{
	static const char answer[] =
		"{\"Id\":\"1550ea\",\"Name\":\"/web\",\"Image\":\"sha256:aa\",\"State\":{\"Running\":true,\"Pid\":4711},"
		"\"Config\":{\"Image\":\"demo/app:1.2\",\"User\":\"7\"},\"HostConfig\":{\"CapAdd\":[\"NET_ADMIN\"],"
		"\"CapDrop\":[\"ALL\"],\"Privileged\":false}}";
	struct container c = { 0 };

	(void)state;
	assert_int_equal(container_read_inspect(answer, sizeof(answer) - 1, ALL, &c), 0);
	assert_string_equal(c.id, "1550ea");
	assert_string_equal(c.name, "web");
	assert_string_equal(c.image, "demo/app:1.2");
	assert_int_equal(c.pid, 4711);
	assert_int_equal(c.granted.source, GRANTED_ENGINE);
	assert_int_equal(c.granted.bounding, 1ULL << CAP_NET_ADMIN);
	assert_int_equal(c.granted.effective, 0);
	container_done(&c);
	assert_int_equal(container_read_inspect("{\"message\":\"No such container\"}", 31, ALL, &c), -EINVAL);
}

static void what_runc_keeps(void **state)
{
	static const char text[] = "{\"id\":\"toy\",\"init_process_pid\":77,\"config\":{\"labels\":[\"x=y\",\"bundle=/b/toy\"]}}";
	struct container c = { 0 };

	(void)state;
	assert_int_equal(container_read_runc(text, strlen(text), &c), 0);
	assert_string_equal(c.id, "toy");
	assert_string_equal(c.bundle, "/b/toy");
	assert_int_equal(c.pid, 77);
	container_done(&c);
}

struct found {
	unsigned count;
	struct container last;
};

static int take(void *ctx, struct container *c)
{
	struct found *f = ctx;

	container_done(&f->last);
	f->last = *c;
	return ++f->count == 3 ? -ECANCELED : 0;
}

static void what_podman_keeps(void **state)
{
	static const char text[] =
		"[{\"id\":\"aa\",\"names\":[\"one\"],\"image\":\"ff\",\"metadata\":\"{\\\"image-name\\\":\\\"localhost/toy:1\\\","
		"\\\"image-id\\\":\\\"ff\\\",\\\"name\\\":\\\"one\\\"}\"},{\"names\":[\"without id\"]},7,"
		"{\"id\":\"bb\",\"names\":\"no list\",\"metadata\":\"{cut\"}]";
	static const char many[] = "[{\"id\":\"1\"},{\"id\":\"2\"},{\"id\":\"3\"},{\"id\":\"4\"}]";
	struct found f = { 0 };

	(void)state;
	assert_int_equal(container_read_podman(text, strlen(text), take, &f), 0);
	assert_int_equal(f.count, 2);
	assert_string_equal(f.last.id, "bb");
	assert_null(f.last.name);
	f.count = 0;
	assert_int_equal(container_read_podman(many, strlen(many), take, &f), -ECANCELED);
	assert_string_equal(f.last.id, "3");
	container_done(&f.last);
}

static void what_is_no_such_file(void **state)
{
	static const char *const bad[] = { "", "{", "[]", "7", "null", "{}", "\"x\"", "{\"ociVersion\":\"1\"}", "[[[[" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		size_t n = strlen(bad[i]);
		struct container c = { 0 };

		assert_int_equal(container_read_oci(bad[i], n, ALL, &c), -EINVAL);
		assert_int_equal(container_read_docker(bad[i], n, &c), -EINVAL);
		assert_int_equal(container_read_docker_host(bad[i], n, ALL, &c), -EINVAL);
		assert_int_equal(container_read_runc(bad[i], n, &c), -EINVAL);
		container_done(&c);
	}
}

static void what_filters_its_calls(void **state)
{
	static const struct {
		const char *host, *words;
	} rows[] = {
		{ HOST(""), "its engine's own seccomp profile" },
		{ HOST(",\"Privileged\":true"), "" },
		{ HOST(",\"SecurityOpt\":[\"seccomp=unconfined\"]"), "" },
		{ HOST(",\"SecurityOpt\":[\"no-new-privileges\",\"seccomp={}\"]"), "a seccomp profile of its own (--security-opt seccomp=)" },
	};
	struct container c = oci(SPEC("", ",\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":["
					  "{\"names\":[\"read\",\"write\"],\"action\":\"SCMP_ACT_ALLOW\"},"
					  "{\"names\":[\"mount\"],\"action\":\"SCMP_ACT_ERRNO\"}]}}"));

	(void)state;
	assert_string_equal(c.granted.filter, "its bundle's seccomp profile: SCMP_ACT_ERRNO but for 2 calls");
	container_done(&c);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		c = docker(DOCKER(""), rows[i].host);
		assert_string_equal(c.granted.filter, rows[i].words);
		container_done(&c);
	}
}

static void a_copy_is_its_own(void **state)
{
	struct container c = docker(DOCKER("7"), HOST("")), copy;

	(void)state;
	assert_int_equal(container_copy(&c, &copy), 0);
	assert_ptr_not_equal(c.name, copy.name);
	assert_string_equal(c.name, copy.name);
	assert_int_equal(copy.granted.bounding, USUAL);
	container_done(&c);
	container_done(&copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_docker_keeps),
		cmocka_unit_test(what_filters_its_calls),
		cmocka_unit_test(what_docker_grants),
		cmocka_unit_test(no_new_privs_of_docker),
		cmocka_unit_test(the_sets_of_a_bundle),
		cmocka_unit_test(who_is_privileged),
		cmocka_unit_test(names_that_kubernetes_gives),
		cmocka_unit_test(what_docker_answers),
		cmocka_unit_test(what_runc_keeps),
		cmocka_unit_test(what_podman_keeps),
		cmocka_unit_test(what_is_no_such_file),
		cmocka_unit_test(a_copy_is_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
