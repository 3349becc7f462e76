// SPDX-License-Identifier: BSD-2-Clause
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "user/base/buf.h"
#include "user/model/program.h"
#include "user/model/record.h"
#include "user/model/workload.h"

#define ID64 "1550ea3f0a1b2c3d4e5f60718293a4b5c6d7e8f90123456789abcdef01234567"

#define TEXT(which) [WORKLOAD_##which]

static void assert_called(const struct workload *w, const char *name, const char *key)
{
	struct buf b = BUF_INIT;

	workload_put_name(&b, w);
	assert_string_equal(buf_str(&b), name);
	buf_clear(&b);
	workload_put_key(&b, w);
	assert_string_equal(buf_str(&b), key);
	buf_done(&b);
}

static void names_and_keys(void **state)
{
	static const struct {
		struct workload w;
		const char *name, *key;
	} rows[] = {
		{ { .kind = WORKLOAD_UNKNOWN }, "", "" },
		{ { .kind = WORKLOAD_CGROUP, .text = { TEXT(PATH) = "/a/b" } }, "/a/b", "cgroup:/a/b" },
		{ { .kind = WORKLOAD_SLICE, .text = { TEXT(SLICE_NAME) = "a.slice" } }, "a.slice", "slice:a.slice" },
		{ { .kind = WORKLOAD_UNIT, .text = { TEXT(UNIT_NAME) = "a.service" } }, "a.service", "unit:a.service" },
		{ { .kind = WORKLOAD_SESSION, .text = { TEXT(UNIT_NAME) = "session-3.scope", TEXT(SESSION_ID) = "3" } },
		  "session-3.scope", "session:3" },
		{ { .kind = WORKLOAD_USER_UNIT, .flags = WORKLOAD_OWNER_KNOWN, .owner = 1000,
		    .text = { TEXT(USER_UNIT_NAME) = "a.service" } }, "user:1000:a.service", "user:1000:a.service" },
		{ { .kind = WORKLOAD_CONTAINER, .engine = ENGINE_DOCKER, .flags = WORKLOAD_VERIFIED,
		    .text = { TEXT(ID) = ID64, TEXT(NAME) = "web" } }, "docker:web", "docker:web" },
		{ { .kind = WORKLOAD_CONTAINER, .engine = ENGINE_DOCKER, .flags = WORKLOAD_VERIFIED,
		    .text = { TEXT(ID) = ID64 } }, "docker:1550ea3f0a1b", "docker:1550ea3f0a1b" },
		{ { .kind = WORKLOAD_CONTAINER, .engine = ENGINE_DOCKER, .text = { TEXT(ID) = ID64 } },
		  "docker:1550ea3f0a1b?", "docker:1550ea3f0a1b?" },
		{ { .kind = WORKLOAD_CONTAINER, .engine = ENGINE_PODMAN, .flags = WORKLOAD_OWNER_KNOWN, .owner = 1000,
		    .text = { TEXT(ID) = ID64, TEXT(NAME) = "web" } }, "podman@1000:web?", "podman@1000:web?" },
		{ { .kind = WORKLOAD_MACHINE, .engine = ENGINE_LIBVIRT, .text = { TEXT(ID) = "vm1" } },
		  "libvirt:vm1?", "libvirt:vm1?" },
		{ { .kind = WORKLOAD_POD, .engine = ENGINE_KUBERNETES, .flags = WORKLOAD_VERIFIED,
		    .text = { TEXT(ID) = ID64, TEXT(POD_NAMESPACE) = "shop", TEXT(POD_NAME) = "web-7d9f8c6b5d-x2x9z",
			      TEXT(POD_CONTAINER) = "nginx" } },
		  "k8s:shop/web-7d9f8c6b5d-x2x9z/nginx", "k8s:shop/web/nginx" },
		{ { .kind = WORKLOAD_POD, .engine = ENGINE_CRIO, .flags = WORKLOAD_VERIFIED | WORKLOAD_SANDBOX,
		    .text = { TEXT(ID) = ID64, TEXT(POD_NAMESPACE) = "kube-system", TEXT(POD_NAME) = "proxy-k7bxj" } },
		  "k8s:kube-system/proxy-k7bxj/pause", "k8s:kube-system/proxy/pause" },
		{ { .kind = WORKLOAD_POD, .flags = WORKLOAD_VERIFIED,
		    .text = { TEXT(POD_NAMESPACE) = "db", TEXT(POD_NAME) = "pg-main-12" } },
		  "k8s:db/pg-main-12", "k8s:db/pg-main" },
		{ { .kind = WORKLOAD_POD, .flags = WORKLOAD_VERIFIED, .text = { TEXT(POD_NAME) = "12" } }, "k8s:/12", "k8s:/12" },
		{ { .kind = WORKLOAD_POD, .engine = ENGINE_KUBERNETES, .text = { TEXT(ID) = ID64, TEXT(POD_UID) = "u" } },
		  "kubernetes:1550ea3f0a1b?", "kubernetes:1550ea3f0a1b?" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_called(&rows[i].w, rows[i].name, rows[i].key);
}

/* Between its members and behind the end of a name anything may stand. */
static void sameness_is_of_what_is_granted_and_not_of_its_bytes(void **state)
{
	struct workload a, b;

	(void)state;
	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	memset(&a.granted, 0x55, sizeof(a.granted));
	memset(&b.granted, 0xaa, sizeof(b.granted));
	for (struct workload *w = &a; w; w = w == &a ? &b : NULL) {
		w->granted.source = GRANTED_UNIT;
		w->granted.bounding = w->granted.effective = w->granted.permitted = 1 << 10;
		w->granted.inheritable = w->granted.ambient = 0;
		memcpy(w->granted.filter, "SystemCallFilter=@a", sizeof("SystemCallFilter=@a"));
	}
	assert_true(workload_same(&a, &b));
	b.granted.ambient = 1;
	assert_false(workload_same(&a, &b));
	b.granted.ambient = 0;
	b.granted.filter[0] = 's';
	assert_false(workload_same(&a, &b));
}

static void a_copy_is_the_same_and_its_own(void **state)
{
	struct workload w = { .kind = WORKLOAD_UNIT, .serial = 7, .text = { TEXT(UNIT_NAME) = "a.service" } }, *copy;

	(void)state;
	copy = workload_copy(&w);
	assert_non_null(copy);
	assert_true(workload_same(&w, copy));
	assert_ptr_not_equal(w.text[WORKLOAD_UNIT_NAME], copy->text[WORKLOAD_UNIT_NAME]);
	assert_int_equal(workload_set(copy, WORKLOAD_UNIT_NAME, "b.service.d", 9), 0);
	assert_string_equal(copy->text[WORKLOAD_UNIT_NAME], "b.service");
	assert_false(workload_same(&w, copy));
	assert_int_equal(workload_set(copy, WORKLOAD_UNIT_NAME, NULL, 0), 0);
	assert_null(copy->text[WORKLOAD_UNIT_NAME]);
	workload_unref(copy);
}

static void a_program_shares_its_own(void **state)
{
	struct workload *w = workload_copy(&(struct workload){ .kind = WORKLOAD_CGROUP });
	struct program p = { .workload = w }, copy;
	struct record r = { .program = &copy };

	(void)state;
	assert_non_null(w);
	assert_int_equal(program_copy(&p, &copy), 0);
	assert_ptr_equal(record_workload(&r), w);
	assert_int_equal(w->refs, 2);
	program_done(&copy);
	assert_int_equal(w->refs, 1);
	program_done(&p);
	assert_null(record_workload(&r));
	assert_null(record_workload(&(struct record){ .program = NULL }));
}

static void numbers_have_names(void **state)
{
	(void)state;
	assert_string_equal(workload_engine_name(ENGINE_CRIO), "cri-o");
	assert_null(workload_engine_name(ENGINE_NONE));
	assert_null(workload_engine_name(ENGINE_COUNT));
	assert_string_equal(workload_kind_name(WORKLOAD_POD), "pod");
	assert_null(workload_kind_name(WORKLOAD_KINDS));
	assert_string_equal(workload_text_name(WORKLOAD_POD_UID), "pod_uid");
	assert_null(workload_text_name(WORKLOAD_TEXTS));
}

static void an_image_is_the_same_in_every_version(void **state)
{
	static const struct {
		const char *image, *key;
	} rows[] = {
		{ "nginx", "image:nginx" }, { "nginx:1.27", "image:nginx" },
		{ "reg.example:5000/shop/web", "image:reg.example:5000/shop/web" },
		{ "reg.example:5000/shop/web:2", "image:reg.example:5000/shop/web" },
		{ "reg.example:5000/web:2@sha256:ab", "image:reg.example:5000/web" }, { "web@sha256:ab", "image:web" },
		{ "sha256:abcdef", "image:sha256:abcdef" }, { "a/b:c/d", "image:a/b:c/d" }, { NULL, "" },
	};
	struct workload w = { .kind = WORKLOAD_CONTAINER, .engine = ENGINE_DOCKER, .flags = WORKLOAD_VERIFIED };
	struct buf b = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		w.text[WORKLOAD_IMAGE] = (char *)rows[i].image;
		buf_clear(&b);
		workload_put_image_key(&b, &w);
		assert_string_equal(buf_str(&b), rows[i].key);
	}
	/* What anybody can call so has no image that counts. */
	buf_clear(&b);
	w.text[WORKLOAD_IMAGE] = (char *)"nginx";
	w.flags = 0;
	workload_put_image_key(&b, &w);
	w.flags = WORKLOAD_VERIFIED | WORKLOAD_OWNER_KNOWN;
	w.owner = 1000;
	workload_put_image_key(&b, &w);
	assert_string_equal(buf_str(&b), "");
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_keys),
		cmocka_unit_test(an_image_is_the_same_in_every_version),
		cmocka_unit_test(sameness_is_of_what_is_granted_and_not_of_its_bytes),
		cmocka_unit_test(a_copy_is_the_same_and_its_own),
		cmocka_unit_test(a_program_shares_its_own),
		cmocka_unit_test(numbers_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
