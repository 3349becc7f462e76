/* SPDX-License-Identifier: BSD-2-Clause */
/* Two sinks as one. */
#pragma once

struct sink;

/* Both are owned, also where it fails: 0 and *ret, -ENOMEM. Each call goes to both; the first error is told. */
int tee_new(struct sink *first, struct sink *second, struct sink **ret);
