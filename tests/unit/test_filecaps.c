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
#include <sys/xattr.h>
#include <unistd.h>

#include "user/caps/filecaps.h"
#include "user/host/fscaps.h"

/* As setcap cap_net_raw,cap_bpf=ep wrote it. */
static const uint8_t v2[] = { 1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0 };

static void reads_what_setcap_wrote(void **state)
{
	struct filecaps caps;

	(void)state;
	assert_int_equal(filecaps_decode(v2, sizeof(v2), &caps), 0);
	assert_int_equal(caps.version, 2);
	assert_true(caps.effective);
	assert_true(caps.permitted == (1ULL << 13 | 1ULL << 39));
	assert_true(caps.inheritable == 0);
	assert_int_equal(caps.rootid, 0);
}

static void round_trips_every_version(void **state)
{
	(void)state;
	srandom(7);
	for (int n = 0; n < 3000; n++) {
		struct filecaps caps = {
			.version = 1 + n % 3,
			.effective = random() & 1,
			.permitted = random(),
			.inheritable = random(),
		}, back;
		uint8_t data[FILECAPS_SIZE_MAX];
		size_t size;

		if (caps.version > 1)
			caps.permitted |= (uint64_t)random() << 32;
		if (caps.version == 3)
			caps.rootid = random();
		assert_int_equal(filecaps_encode(&caps, data, &size), 0);
		assert_int_equal(filecaps_decode(data, size, &back), 0);
		assert_int_equal(back.version, caps.version);
		assert_true(back.effective == caps.effective && back.permitted == caps.permitted &&
			    back.inheritable == caps.inheritable && back.rootid == caps.rootid);
	}
}

static void refuses_what_the_kernel_refuses(void **state)
{
	struct filecaps caps = { .version = 77 };
	uint8_t bad[32] = { 0 };

	(void)state;
	for (size_t n = 0; n <= sizeof(bad); n++)
		assert_int_equal(filecaps_decode(bad, n, &caps), -EINVAL);
	memcpy(bad, v2, sizeof(v2));
	for (size_t n = 0; n <= sizeof(bad); n++)
		if (n != sizeof(v2))
			assert_int_equal(filecaps_decode(bad, n, &caps), -EINVAL);
	bad[3] = 4;
	assert_int_equal(filecaps_decode(bad, sizeof(v2), &caps), -EINVAL);
	assert_int_equal(caps.version, 77);
}

static void refuses_what_has_no_form(void **state)
{
	struct filecaps caps = { .version = 1, .permitted = 1ULL << 32 };
	uint8_t data[FILECAPS_SIZE_MAX];
	size_t size = 5;

	(void)state;
	assert_int_equal(filecaps_encode(&caps, data, &size), -ERANGE);
	caps.version = 0;
	assert_int_equal(filecaps_encode(&caps, data, &size), -EINVAL);
	caps.version = 4;
	assert_int_equal(filecaps_encode(&caps, data, &size), -EINVAL);
	assert_int_equal(size, 5);
}

static void agrees_with_libcap_on_a_real_file(void **state)
{
	char path[] = "test_filecaps.XXXXXX";
	int fd = mkstemp(path), write_error;
	cap_t text = cap_from_text("cap_net_raw,cap_bpf=eip cap_kill+ei");
	struct filecaps caps = { 0 };

	(void)state;
	assert_true(fd >= 0 && text);
	assert_int_equal(fscaps_read(fd, &caps), -ENODATA);
	cap_set_nsowner(text, 4711);
	write_error = cap_set_fd(fd, text) ? errno : 0;
	cap_free(text);
	unlink(path);
	if (write_error) {
		close(fd);
		skip();	/* not root, or a file system without attributes */
	}
	assert_int_equal(fscaps_read(fd, &caps), 0);
	assert_int_equal(caps.version, 3);
	assert_true(caps.effective);
	assert_true(caps.permitted == (1ULL << 13 | 1ULL << 39));
	assert_true(caps.inheritable == (1ULL << 13 | 1ULL << 39 | 1ULL << 5));
	assert_int_equal(caps.rootid, 4711);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_setcap_wrote),
		cmocka_unit_test(round_trips_every_version),
		cmocka_unit_test(refuses_what_the_kernel_refuses),
		cmocka_unit_test(refuses_what_has_no_form),
		cmocka_unit_test(agrees_with_libcap_on_a_real_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
