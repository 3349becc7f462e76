/* SPDX-License-Identifier: BSD-2-Clause */
/* A kernel's file system that is mounted nowhere, for one look at it that nobody else sees. */
#pragma once

/*
 * Mounts a file system of this type ("securityfs") detached from every directory. A directory descriptor,
 * whose close also ends the mount; negative errno: -EPERM without CAP_SYS_ADMIN, -ENODEV where the kernel
 * does not have the type, -ENOSYS before Linux 5.2.
 */
int detached_open(const char *type);
