/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ladder of probes: which of them this kernel can run, asked by doing and never by its version.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bpf/config.h"
#include "bpf/event.h"
#include "user/source/derived.h"

struct types;

/* One rung, from the best to the last; the table is probes_ladder. */
struct probe_rung {
	enum event_probe probe;
	bool guarded;		/* skipped on a CPU while another task is preempted inside it */
	bool in_function;	/* hooks cap_capable itself: deaf where the compiler inlined it */
	bool has_opts;		/* sees audit and insetid */
	bool needs_btf;		/* of the running kernel, not from a file */
	const char *hook;	/* "fexit on the function cap_capable" */
	const char *cannot;	/* what it cannot see, in words; NULL: nothing */
};

enum { PROBES_RUNGS = 4 };
extern const struct probe_rung probes_ladder[PROBES_RUNGS];

/* The rung of a probe; NULL for PROBE_NONE. */
const struct probe_rung *probes_rung(enum event_probe probe);

struct probe_fact {
	enum event_probe probe;
	bool usable;
	int error;		/* negative errno behind a no */
	char reason[160];	/* why not, in words; empty where usable */
	const char *advice;	/* the way out; NULL: there is none, or none is needed */
};

struct survey {
	struct probe_fact fact[PROBES_RUNGS];	/* in the ladder's order */
	bool kernel_btf;	/* the running kernel has types of its own */
	bool opts_is_audit;	/* cap_capable's fourth parameter is the older `audit` */
	bool opts_known;	/* its name could be read */
	bool task_storage;	/* tracing programs have task storage */
	bool task_work;		/* programs may ask for a call when a thread leaves the kernel, as 6.18 has it */
	bool security_exit;	/* fexit on security_capable works */
	int function_id;	/* of cap_capable among the kernel's types; 0: not known */
	int tracepoint_id;	/* of its tracepoint there; the same */
	int derived_id[DERIVED_SITES];	/* of the functions of derived_sites, where fexit is usable; the same */
	int call_id[CALLS_PUT];	/* of the functions that CALL_LOOSE and so on stand for; the same */
	int task_id, cred_id;	/* of struct task_struct and struct cred there */
	unsigned int event_id;	/* of the classic tracepoint, where usable */
	int error;		/* negative errno where BPF cannot be used at all */
	char reason[160];	/* and why, in words: missing privilege, BPF refused */
};

/* Of a probe that the ladder has; else NULL. */
const struct probe_fact *probes_fact(const struct survey *s, enum event_probe probe);

/*
 * Looks at this kernel: loads and attaches an empty program for each probe and takes it away again. types is what
 * the programs will be fitted to (NULL: none could be had). Needs CAP_BPF and CAP_PERFMON (or CAP_SYS_ADMIN) to
 * say anything but no.
 */
void probes_survey(const struct types *types, bool kernel_btf, struct survey *ret);

/*
 * Does bpf_rdonly_cast make memory that can be read of what has no type (6.17, f2362a57aeff)? Asked of the kernel by a
 * program that does so.
 */
bool probes_cast_memory(const struct survey *s);
