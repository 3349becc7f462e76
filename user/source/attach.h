/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct bpf_link;
struct bpf_program;

/*
 * A program on a tracepoint through perf, by the event's number alone: tracefs may be gone by then. NULL, and errno, where
 * it cannot be attached.
 */
struct bpf_link *attach_event(struct bpf_program *prog, uint64_t event_id);

/*
 * A program, by its descriptor, at the entry of a kernel function, or at its return. A descriptor, as long as which is open it
 * is attached; or negative errno, -ENOENT where there is no such function.
 */
int attach_function(int prog, const char *function, bool at_return);
