/* SPDX-License-Identifier: BSD-2-Clause */
/* Events made by hand, as the kernel side would send them. */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bpf/event.h"

/* A copy of exactly n bytes on the heap, so that a sanitizer sees the first byte read beyond them. */
static inline void *made_copy(const void *data, size_t n)
{
	void *copy = malloc(n ? n : 1);

	assert_non_null(copy);
	memcpy(copy, data, n);
	return copy;
}

static inline struct event_check made_check(void)
{
	return (struct event_check){
		.head = { sizeof(struct event_check), EVENT_CHECK,
			  CHECK_DENIED | CHECK_OPTS_KNOWN | CHECK_SYSCALL_KNOWN | CHECK_LSM_KNOWN, 7000 },
		.program = 99,
		.tgid = 4242,
		.tid = 4243,
		.uid = 1000,
		.euid = 1001,
		.gid = 100,
		.cap = 21,
		.syscall = 165,
		.lsm_ret = -1,
		.userns_asker = 4026531837,
		.userns_target = 4026532000,
		.effective = 1 << 10,
		.permitted = 1 << 10 | 1 << 21,
		.comm = "nginx",
		.probe = PROBE_FEXIT,
	};
}

/* A capset that dropped CAP_NET_RAW from the effective set. */
static inline struct event_lifecycle made_lifecycle(void)
{
	struct event_creds c = {
		.inheritable = 1, .permitted = 1 << 13 | 1 << 21, .effective = 1 << 13 | 1 << 21, .bounding = 0x1ffffffffff,
		.ambient = 0, .uid = 1000, .euid = 1001, .suid = 1002, .fsuid = 1003, .gid = 100, .egid = 101,
		.sgid = 102, .fsgid = 103, .groups = 4, .securebits = 0, .userns = 4026531837, .no_new_privs = 0,
	};
	struct event_lifecycle e = {
		.head = { sizeof(e), EVENT_LIFECYCLE,
			  LIFE_RESULT_KNOWN | LIFE_BEFORE_KNOWN | LIFE_AFTER_KNOWN | LIFE_SYSCALL_KNOWN | LIFE_ASKED_KNOWN,
			  8000 },
		.program = 99, .tgid = 4242, .tid = 4243, .what = LIFE_CAPSET, .syscall = 126,
		.asked = { 1 << 21, 1 << 13 | 1 << 21, 1 }, .before = c, .after = c, .comm = "nginx",
	};

	e.after.effective = 1 << 21;
	return e;
}

/* Names are given with a NUL after each but the last, as C writes them: "nginx\0sbin\0usr". */
#define MADE_EXE(e, names)    made_path((e)->exe, &(e)->exe_len, names, sizeof(names))
#define MADE_CGROUP(e, names) made_path((e)->cgroup, &(e)->cgroup_len, names, sizeof(names))

static inline void made_path(uint8_t *path, uint32_t *len, const char *names, size_t n)
{
	assert_true(n <= EVENT_PATH);
	memcpy(path, names, n);
	*len = n;
}

static inline struct event_program made_program(void)
{
	struct event_program e = {
		.head = { sizeof(struct event_program), EVENT_PROGRAM,
			  PROGRAM_EXEC | PROGRAM_EXE_KNOWN | PROGRAM_CGROUP_KNOWN | PROGRAM_LOGIN_KNOWN |
				  PROGRAM_NSPID_KNOWN, 6000 },
		.program = 99,
		.tgid = 4242,
		.tid = 4242,
		.ppid = 4001,
		.ns_pid = 17,
		.uid = 1000,
		.euid = 1001,
		.gid = 100,
		.egid = 101,
		.login_uid = 1000,
		.userns = 4026531837,
		.pidns = 4026531836,
		.mntns = 4026531841,
		.netns = 4026531840,
		.cgroup_id = 9001,
		.inheritable = 1,
		.permitted = 2,
		.effective = 4,
		.bounding = 8,
		.ambient = 16,
		.comm = "nginx",
	};

	MADE_EXE(&e, "nginx\0sbin\0usr");
	MADE_CGROUP(&e, "nginx.service\0system.slice");
	return e;
}
