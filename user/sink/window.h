/* SPDX-License-Identifier: BSD-2-Clause */
/* Of what comes, what was between two moments. */
#pragma once

#include <stdint.h>

struct sink;

/*
 * shown becomes its own, also where it fails (-ENOMEM), and hears nothing of before from_ns and after to_ns, both of
 * CLOCK_REALTIME: for it the run began and ended then. Who was there before is one who ran already.
 */
int window_new(struct sink *shown, uint64_t from_ns, uint64_t to_ns, struct sink **ret);
