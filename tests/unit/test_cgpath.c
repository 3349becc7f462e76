// SPDX-License-Identifier: BSD-2-Clause
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "user/model/cgpath.h"
#include "user/model/workload.h"

#define ID    "1550ea3f0a1b2c3d4e5f60718293a4b5c6d7e8f90123456789abcdef01234567"
#define OTHER "c791ca8b0a1b2c3d4e5f60718293a4b5c6d7e8f90123456789abcdef0badcafe"
#define UID   "c04f3f2d-0d2b-4c3a-9f53-b3b2b9f0a1c2"
#define UID_  "c04f3f2d_0d2b_4c3a_9f53_b3b2b9f0a1c2"
#define HASH  "63b3cb0f5a2d4b1e8f7a6c5d4e3f2a1b"
#define USER  "/user.slice/user-1000.slice/user@1000.service"
#define PODS  "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_ ".slice"

static const char *text_of(const struct workload *w, enum workload_text which)
{
	return w->text[which] ?: "";
}

static void assert_text(const char *path, const char *what, const char *is, const char *want)
{
	if (strcmp(is, want ?: ""))
		fail_msg("%s: %s '%s' and not '%s'", path, what, is, want ?: "");
}

/* The forms in which engines, kubelets and systemd name cgroups. */
static void forty_forms(void **state)
{
	static const struct {
		const char *path;
		uint32_t kind, engine;
		const char *id, *pod_uid, *unit, *inner;
	} rows[] = {
		/* docker */
		{ "/docker/" ID, WORKLOAD_CONTAINER, ENGINE_DOCKER, ID, NULL, NULL, NULL },
		{ "/system.slice/docker-" ID ".scope", WORKLOAD_CONTAINER, ENGINE_DOCKER, ID, NULL, "docker-" ID ".scope", NULL },
		{ USER "/user.slice/docker-" ID ".scope", WORKLOAD_CONTAINER, ENGINE_DOCKER, ID, NULL, "user@1000.service", NULL },
		{ "/build.slice/docker-" ID ".scope", WORKLOAD_CONTAINER, ENGINE_DOCKER, ID, NULL, "docker-" ID ".scope", NULL },
		{ "/my/parent/" ID, WORKLOAD_CONTAINER, ENGINE_NONE, ID, NULL, NULL, NULL },
		{ "/docker/" ID "/system.slice/nginx.service", WORKLOAD_CONTAINER, ENGINE_DOCKER, ID, NULL, NULL,
		  "/system.slice/nginx.service" },
		{ "/system.slice/docker.service/system.slice:docker:" ID, WORKLOAD_CONTAINER, ENGINE_DOCKER, ID, NULL,
		  "docker.service", NULL },
		/* containerd for Kubernetes, under both cgroup drivers */
		{ PODS "/cri-containerd-" ID ".scope", WORKLOAD_POD, ENGINE_CONTAINERD, ID, UID, "cri-containerd-" ID ".scope", NULL },
		{ "/system.slice/containerd.service/kubepods-burstable-pod" UID_ ".slice:cri-containerd:" ID, WORKLOAD_POD,
		  ENGINE_CONTAINERD, ID, UID, "containerd.service", NULL },
		{ "/kubepods/besteffort/pod" UID "/" ID, WORKLOAD_POD, ENGINE_KUBERNETES, ID, UID, NULL, NULL },
		{ "/kubepods/burstable/pod" UID "/" ID, WORKLOAD_POD, ENGINE_KUBERNETES, ID, UID, NULL, NULL },
		{ "/kubepods/pod" UID "/" ID, WORKLOAD_POD, ENGINE_KUBERNETES, ID, UID, NULL, NULL },
		{ "/kubepods/pod" HASH "/" ID, WORKLOAD_POD, ENGINE_KUBERNETES, ID, HASH, NULL, NULL },
		{ "/kubepods.slice/kubepods-pod" UID_ ".slice/cri-containerd-" ID ".scope", WORKLOAD_POD, ENGINE_CONTAINERD, ID,
		  UID, "cri-containerd-" ID ".scope", NULL },
		{ "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/kubelet-kubepods-besteffort-pod" UID_
		  ".slice/cri-containerd-" ID ".scope", WORKLOAD_POD, ENGINE_CONTAINERD, ID, UID, "cri-containerd-" ID ".scope",
		  NULL },
		{ "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" HASH ".slice/docker-" ID ".scope",
		  WORKLOAD_POD, ENGINE_DOCKER, ID, HASH, "docker-" ID ".scope", NULL },
		{ "/kubelet/kubepods/burstable/pod" UID "/" ID, WORKLOAD_POD, ENGINE_KUBERNETES, ID, UID, NULL, NULL },
		/* CRI-O */
		{ PODS "/crio-" ID ".scope", WORKLOAD_POD, ENGINE_CRIO, ID, UID, "crio-" ID ".scope", NULL },
		{ "/kubepods/besteffort/pod" UID "/crio-" ID, WORKLOAD_POD, ENGINE_CRIO, ID, UID, NULL, NULL },
		{ PODS "/crio-conmon-" ID ".scope", WORKLOAD_UNIT, ENGINE_NONE, NULL, NULL, "crio-conmon-" ID ".scope", NULL },
		{ PODS "/crio-" ID ".scope/container", WORKLOAD_POD, ENGINE_CRIO, ID, UID, "crio-" ID ".scope", "/container" },
		/* podman: root's, others', by quadlet */
		{ "/libpod_parent/libpod-" ID, WORKLOAD_CONTAINER, ENGINE_PODMAN, ID, NULL, NULL, NULL },
		{ "/machine.slice/libpod-" ID ".scope/container", WORKLOAD_CONTAINER, ENGINE_PODMAN, ID, NULL, "libpod-" ID ".scope",
		  "/container" },
		{ USER "/user.slice/libpod-" ID ".scope/container", WORKLOAD_CONTAINER, ENGINE_PODMAN, ID, NULL, "user@1000.service",
		  "/container" },
		{ "/system.slice/web.service/libpod-payload-" ID, WORKLOAD_CONTAINER, ENGINE_PODMAN, ID, NULL, "web.service", NULL },
		{ "/machine.slice/machine-libpod_pod_" OTHER ".slice/libpod-" ID ".scope", WORKLOAD_CONTAINER, ENGINE_PODMAN, ID,
		  NULL, "libpod-" ID ".scope", NULL },
		{ "/machine.slice/libpod-conmon-" ID ".scope", WORKLOAD_UNIT, ENGINE_NONE, NULL, NULL, "libpod-conmon-" ID ".scope", NULL },
		/* nerdctl, ctr */
		{ "/system.slice/nerdctl-" ID ".scope", WORKLOAD_CONTAINER, ENGINE_NERDCTL, ID, NULL, "nerdctl-" ID ".scope", NULL },
		{ "/default/my_ctr", WORKLOAD_CGROUP, ENGINE_NONE, NULL, NULL, NULL, NULL },
		/* LXC and Incus */
		{ "/lxc.payload.web", WORKLOAD_CONTAINER, ENGINE_LXC, "web", NULL, NULL, NULL },
		{ "/lxc.payload/web/init.scope", WORKLOAD_CONTAINER, ENGINE_LXC, "web", NULL, NULL, "/init.scope" },
		{ "/lxc/web", WORKLOAD_CONTAINER, ENGINE_LXC, "web", NULL, NULL, NULL },
		{ "/lxc.monitor.web", WORKLOAD_CGROUP, ENGINE_NONE, NULL, NULL, NULL, NULL },
		{ "/lxc.payload.shop_web/system.slice/cron.service", WORKLOAD_CONTAINER, ENGINE_LXC, "shop_web", NULL, NULL,
		  "/system.slice/cron.service" },
		/* nspawn and libvirt */
		{ "/machine.slice/systemd-nspawn@deb.service/payload", WORKLOAD_CONTAINER, ENGINE_NSPAWN, "deb", NULL,
		  "systemd-nspawn@deb.service", "/payload" },
		{ "/machine.slice/machine-my\\x2ddeb.scope", WORKLOAD_CONTAINER, ENGINE_NSPAWN, "my-deb", NULL,
		  "machine-my\\x2ddeb.scope", NULL },
		{ "/machine.slice/machine-qemu\\x2d3\\x2dvm\\x2dweb.scope/libvirt/vcpu0", WORKLOAD_MACHINE, ENGINE_LIBVIRT, "vm-web",
		  NULL, "machine-qemu\\x2d3\\x2dvm\\x2dweb.scope", "/libvirt/vcpu0" },
		{ "/machine.slice/machine-lxc\\x2d1\\x2dbox.scope", WORKLOAD_CONTAINER, ENGINE_LIBVIRT, "box", NULL,
		  "machine-lxc\\x2d1\\x2dbox.scope", NULL },
		/* runc and crun by hand, ECS */
		{ "/system.slice/runc-toy.scope", WORKLOAD_CONTAINER, ENGINE_RUNC, "toy", NULL, "runc-toy.scope", NULL },
		{ USER "/user.slice/crun-toy.scope", WORKLOAD_CONTAINER, ENGINE_CRUN, "toy", NULL, "user@1000.service", NULL },
		{ "/ecs/0f3c1e9a8b7d4e5f/" HASH "-3827561", WORKLOAD_CONTAINER, ENGINE_ECS, HASH "-3827561", NULL, NULL, NULL },
		{ "/ecs/0f3c1e9a8b7d4e5f/" ID, WORKLOAD_CONTAINER, ENGINE_NONE, ID, NULL, NULL, NULL },
		/* systemd itself */
		{ USER "/app.slice/app-foo.scope", WORKLOAD_USER_UNIT, ENGINE_NONE, NULL, NULL, "user@1000.service", NULL },
		{ USER "/init.scope", WORKLOAD_USER_UNIT, ENGINE_NONE, NULL, NULL, "user@1000.service", NULL },
		{ "/user.slice/user-1000.slice/session-3.scope", WORKLOAD_SESSION, ENGINE_NONE, NULL, NULL, "session-3.scope", NULL },
		{ "/system.slice/nginx.service/worker", WORKLOAD_UNIT, ENGINE_NONE, NULL, NULL, "nginx.service", "/worker" },
		/* a mount, even of a container */
		{ "/system.slice/var-lib-docker-containers-" ID "-mounts-shm.mount", WORKLOAD_UNIT, ENGINE_NONE, NULL, NULL,
		  "var-lib-docker-containers-" ID "-mounts-shm.mount", NULL },
	};

	(void)state;
	_Static_assert(sizeof(rows) / sizeof(rows[0]) >= 40, "forty");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct workload *w = cgpath_workload(rows[i].path, 17, CGPATH_LEVELS);

		assert_non_null(w);
		assert_text(rows[i].path, "kind", workload_kind_name(w->kind), workload_kind_name(rows[i].kind));
		assert_text(rows[i].path, "engine", workload_engine_name(w->engine) ?: "", workload_engine_name(rows[i].engine));
		assert_text(rows[i].path, "id", text_of(w, WORKLOAD_ID), rows[i].id);
		assert_text(rows[i].path, "pod", text_of(w, WORKLOAD_POD_UID), rows[i].pod_uid);
		assert_text(rows[i].path, "unit", text_of(w, WORKLOAD_UNIT_NAME), rows[i].unit);
		assert_text(rows[i].path, "inner", text_of(w, WORKLOAD_INNER), rows[i].inner);
		assert_text(rows[i].path, "path", text_of(w, WORKLOAD_PATH), rows[i].path);
		assert_int_equal(w->cgroup_id, 17);
		assert_int_equal(w->flags & (WORKLOAD_VERIFIED | WORKLOAD_RESOLVED), 0);
		workload_unref(w);
	}
}

static void nearly_containers_are_none(void **state)
{
	static const char *const rows[] = {
		"/docker/" ID "0", "/docker-" ID, "/docker-1550ea.scope", "/cri-containerd-.scope", "/lxc.payload.",
		"/machine-.scope", "/runc-.scope", "/ecs/a/" HASH "-", "/ecs/a/" HASH "x1", "/" HASH, "/ecs/" HASH "-1",
		"/machine.slice/machine-qemu\\x2d.slice", "/1550EA3F0A1B2C3D4E5F60718293A4B5C6D7E8F90123456789ABCDEF01234567",
		"/kubepods/pod" UID, PODS, "/docker", "/:docker:", "/a:docker:" HASH,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cgpath p;

		cgpath_parse(rows[i], &p);
		if (p.levels)
			fail_msg("%s: taken for a container, '%s'", rows[i], p.level[0].id);
	}
}

static void containers_in_containers(void **state)
{
	static const char path[] = "/docker/" OTHER "/kubelet/kubepods/pod" UID "/" ID "/x";
	struct workload *outer = cgpath_workload(path, 1, 0), *inner = cgpath_workload(path, 1, CGPATH_LEVELS);
	struct cgpath p;

	(void)state;
	cgpath_parse(path, &p);
	assert_int_equal(p.levels, 2);
	assert_string_equal(p.level[0].id, OTHER);
	assert_int_equal(p.level[0].end, strlen("/docker/" OTHER));
	assert_string_equal(text_of(outer, WORKLOAD_INNER), "/kubelet/kubepods/pod" UID "/" ID "/x");
	assert_int_equal(outer->kind, WORKLOAD_CONTAINER);
	assert_string_equal(text_of(inner, WORKLOAD_ID), ID);
	assert_string_equal(text_of(inner, WORKLOAD_INNER), "/x");
	assert_int_equal(inner->kind, WORKLOAD_POD);
	workload_unref(outer);
	workload_unref(inner);
}

static void the_outermost_levels_stay(void **state)
{
	char path[3 + 20 * (sizeof("/lxc.payload.ab") - 1)] = "", segment[32];
	struct cgpath p;

	(void)state;
	for (int i = 0; i < 20; i++) {
		snprintf(segment, sizeof(segment), "/lxc.payload.%c", 'a' + i);
		strcat(path, segment);
	}
	cgpath_parse(path, &p);
	assert_int_equal(p.levels, CGPATH_LEVELS);
	assert_string_equal(p.level[0].id, "a");
}

static void assert_name(const char *path, const char *what, struct cgpath_name name, const char *want)
{
	if (name.len != strlen(want ?: "") || (want && memcmp(name.at, want, name.len)))
		fail_msg("%s: %s '%.*s' and not '%s'", path, what, (int)name.len, name.at ?: "", want ?: "");
}

/* From the outermost on: what a unit's own processes call themselves below it, systemd does not know. */
static void units_slices_and_sessions(void **state)
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
		{ "/a.service/b.slice/c", "a.service", NULL, NULL },
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
		{ "/session-1.scope/a.slice/session-2.scope/b.scope", "session-1.scope", NULL, "1" },
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
		struct cgpath p;

		cgpath_parse(rows[i].path, &p);
		assert_name(rows[i].path, "unit", cgpath_unit(&p), rows[i].unit);
		assert_name(rows[i].path, "slice", p.slice, rows[i].slice);
		assert_name(rows[i].path, "session", p.session, rows[i].session);
	}
}

static void users_managers(void **state)
{
	struct cgpath p;

	(void)state;
	cgpath_parse(USER "/app.slice/a.service/b.service", &p);
	assert_true(p.has_user);
	assert_int_equal(p.user, 1000);
	assert_name("user", "unit", p.unit, "user@1000.service");
	assert_name("user", "user unit", p.user_unit, "a.service");
	cgpath_parse("/user@4294967295.service/a.service", &p);
	assert_false(p.has_user);
	cgpath_parse("/user@x.service/a.service", &p);
	assert_false(p.has_user);
	cgpath_parse("/system.slice/evil.service/user@0.service/a.service", &p);
	assert_false(p.has_user);
	assert_name("below a unit", "unit", p.unit, "evil.service");
}

static void a_path_that_lost_its_beginning(void **state)
{
	struct workload *w = cgpath_workload(".../docker/" ID, 1, CGPATH_LEVELS);

	(void)state;
	assert_non_null(w);
	assert_true(w->flags & WORKLOAD_TRUNCATED);
	assert_string_equal(text_of(w, WORKLOAD_ID), ID);
	workload_unref(w);
}

static void what_a_runtime_makes_of_a_bundles_path(void **state)
{
	static const struct {
		const char *told, *path;
	} rows[] = {
		{ "/docker/" ID, "/docker/" ID },
		{ "docker/" ID "//", "/docker/" ID },
		{ "system.slice:docker:" ID, "/system.slice/docker-" ID ".scope" },
		{ "kubepods-burstable-pod" UID_ ".slice:cri-containerd:" ID, PODS "/cri-containerd-" ID ".scope" },
		{ ":crio:" ID, "/system.slice/crio-" ID ".scope" },
		{ "-.slice:runc:toy", "/runc-toy.scope" },
		{ "user.slice:libpod:pod.slice", "/user.slice/pod.slice" },
		/* A directory that is only called so: by a runtime whose driver is not systemd's. */
		{ "/system.slice/containerd.service/kubepods-pod" UID_ ".slice:cri-containerd:" ID,
		  "/system.slice/containerd.service/kubepods-pod" UID_ ".slice:cri-containerd:" ID },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *path = NULL;

		assert_int_equal(cgpath_of_runtime(rows[i].told, &path), 0);
		assert_text(rows[i].told, "path", path ?: "", rows[i].path);
		free(path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forty_forms),
		cmocka_unit_test(nearly_containers_are_none),
		cmocka_unit_test(containers_in_containers),
		cmocka_unit_test(the_outermost_levels_stay),
		cmocka_unit_test(units_slices_and_sessions),
		cmocka_unit_test(users_managers),
		cmocka_unit_test(a_path_that_lost_its_beginning),
		cmocka_unit_test(what_a_runtime_makes_of_a_bundles_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
