/* SPDX-License-Identifier: BSD-2-Clause */
/* What a probe says of itself after an exec: one of these on descriptor REPORT_FD. */
#pragma once

#include <stdint.h>

#define REPORT_FD 100

struct report {
	int32_t error; /* the errno of the exec; then nothing else is filled */
	uint32_t uid, euid, suid, gid, egid, sgid;
	uint32_t securebits, no_new_privs, secure;
	uint64_t effective, permitted, inheritable, bounding, ambient;
};
