/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Libraries that only some runs need, and what a static program does in their place: it loads nothing, for
 * what another machine has may want another C library than is linked here.
 */
#pragma once

/* What dlsym() takes; NULL: it is not there, or we are static. It stays loaded. */
void *library_open(const char *name);

/* First of all: names of users, groups and hosts are found by what is linked, and in no library of the
 * machine's. */
void library_settle(void);
