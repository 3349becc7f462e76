/* SPDX-License-Identifier: BSD-2-Clause */
/* The security modules of this kernel, and its lockdown. */
#pragma once

#include <stdbool.h>

#include "user/host/feature.h"

struct security {
	char lsms[256];			/* "lockdown,capability", in the order of asking; "": unknown */
	char lsms_why[FEATURE_WHY];
	struct feature_word lockdown;	/* "none" "integrity" "confidentiality" */
};

/*
 * Reads SYS/kernel/security. Where securityfs is not mounted there, and sys is this machine's own (live),
 * it is mounted for one look that nobody sees, which takes CAP_SYS_ADMIN; else the list of modules is asked
 * for by system call (6.8).
 */
void security_read(const char *sys, bool live, struct security *ret);
