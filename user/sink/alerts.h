/* SPDX-License-Identifier: BSD-2-Clause */
/* Of all checks only those that the rules alert on. */
#pragma once

struct sink;

/* Before `shown`, which it owns: 0 and *ret; -ENOMEM, and shown is freed. */
int alerts_new(struct sink *shown, struct sink **ret);
