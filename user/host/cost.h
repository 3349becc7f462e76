/* SPDX-License-Identifier: BSD-2-Clause */
/* What a process has used, and has. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

struct cost {
	uint64_t cpu_ns;		/* user and system */
	uint64_t resident_bytes;
	uint64_t private_bytes;		/* of those, what it shares with no file */
};

/* What all BPF programs that this process holds have run; 0 and 0 unless kernel.bpf_stats_enabled is 1. */
struct cost_bpf {
	uint64_t runs, ns;
};

/* 0 or negative errno. Not for two threads at once. */
int cost_read_bpf(const char *proc, struct cost_bpf *ret);

/* By procfs at proc. 0 or negative errno. */
int cost_read(const char *proc, pid_t pid, struct cost *ret);
