/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The maps and globals of every program. Maps are weak, so that each .bpf.c file may have them and the linker keeps one.
 * Globals are in one file alone (bpf/maps.bpf.c): of weak ones the linker would keep one too, and the room of all.
 */
#pragma once

#include "vmlinux/vmlinux.h"

#include <bpf/bpf_helpers.h>

#include "bpf/config.h"
#include "bpf/event.h"
#include "bpf/pattern.h"

/* What a process was last announced as. */
struct process_state {
	__u64 program;
	__u64 start;		/* of its leader: in the hash, whether it is the same process still */
	__u64 exec_id;
	__u64 cgroup_id;
	__u64 cgroups;		/* cgroups_of */
	__u64 told;		/* when */
	__u32 ppid;
	__u32 login_uid;
	__u32 generation;	/* of names_wanted */
	__u32 reserved;
};

enum { OPEN_MAX = 4 };	/* power of two: nesting is rare, a deeper one is counted as missed */

struct thread_state {
	__u32 depth;
	__u32 reserved;
	struct open_check open[OPEN_MAX];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20);
} ring SEC(".maps") __weak;

/* Per process by its leader's task storage; by thread group in the hash where tracing programs have none (5.10). */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct process_state);
} processes SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, struct process_state);
} processes_hash SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct thread_state);
} threads SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct thread_state);
} threads_hash SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct lsm_pending);
} lsm_open SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, COUNT_MAX);
	__type(key, struct count_key);
	__type(value, struct count_value);
} counts SEC(".maps") __weak;

/* Of CPU n the banks are at 2n and 2n + 1. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, COUNT_BANKS);
	__type(key, __u32);
	__type(value, struct count_slots);
} count_slots SEC(".maps") __weak;

/* Made only where rules silence something. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, SILENCES_MAX);
	__type(key, struct silence_stamp);
	__type(value, struct silence);
} silences SEC(".maps") __weak;

/* Made only where few stacks are unwound. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, ALIKES_MAX);
	__type(key, __u64);
	__type(value, struct alike);
} alikes SEC(".maps") __weak;

/* Made only where outcomes are wanted; bpf/outcome.bpf.c takes what is in it. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, OUTCOMES_MAX);
	__type(key, __u64);
	__type(value, struct outcome_open);
} outcomes SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct outcome_marks);
} outcome_marks SEC(".maps") __weak;

struct id_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
};
struct id_map gate_pids SEC(".maps") __weak;
struct id_map gate_uids SEC(".maps") __weak;
struct id_map gate_gids SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, GATE_COMMS);
	__type(key, __u32);
	__type(value, struct pattern);
} gate_comms SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
	__uint(max_entries, GATE_CGROUPS);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} gate_cgroups SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, FOLLOW_MAX);
	__type(key, __u32);
	__type(value, struct follow);
} followed SEC(".maps") __weak;

#ifdef GLOBALS_ARE_HERE
#define global
#define starts_at(value) = value
#else
#define global extern
#define starts_at(value)
#endif

/* Constants of a run. */
global const volatile struct gate_config gate;
global const volatile __u8 run_plan;	/* enum run_plan; all that it implies is also told one by one */
global const volatile __u8 kernel_has_btf;	/* its own BTF: tasks as typed pointers */
global const volatile __u8 has_task_storage;
global const volatile __u8 runs_alone;	/* on its CPU, no other run comes between the insns of a program */
global const volatile __u32 loose_task, loose_cred;	/* numbers of these types, where loose() is to be used; 0 */
global const volatile __u8 loose_memory;	/* loose() makes of anything memory that can be read */
global const volatile __u8 finds_tasks;	/* by their number, with CALL_FIND_TASK */
global const volatile __u8 opts_is_audit;	/* the fourth argument is the older `audit` */
global const volatile __u8 show_overcommit;
global const volatile __u8 counting;	/* only the first check of its kind is sent */
global const volatile __u8 silencing;	/* what rules are silent about is counted; with counting also the rest, by site */
global const volatile __u32 cgroup1_hierarchy;	/* of version 1 the one that names who is at version 2's root; 0: none */
global const volatile __u8 join_lsm;
global const volatile __u8 join_outcome;
global const volatile __u8 with_site;	/* a struct event_site behind each check */
global const volatile __u8 with_args;	/* a struct event_program_args for each program */
global const volatile __u8 site_way;	/* enum site_way */
global const volatile __u8 unwinds_few;	/* of checks that are alike: struct alike */
global const volatile struct call_args call_args;
/* A program for the runs in which these are 0 has nothing of them. Not for what weak functions ask: of each there is one. */
#ifdef ONLY_SENDS
#define counting 0
#define silencing 0
#define join_lsm 0
#define join_outcome 0
#define with_site 0
#endif

global const volatile __u32 ring_wake_at starts_at(1 << 20);	/* bytes waiting that wake a napping reader */

/* Words that change while it runs. */
global struct site_place sites[PROBE_COUNT];
global __u64 other_sites[OTHER_SITES];
global struct free_calls free_calls;
global struct call_returns call_returns;
global __u32 site_first[SITE_FIRSTS];	/* bytes from a probe's base to its first return address; 0: not known */
global struct site_step site_steps[SITE_STEPS];
global struct site_sample site_samples[SAMPLES];
global struct learned learned[TRIAL_COUNT];
global struct cpu_state cpus[CPUS_MAX + 1] __attribute__((aligned(64)));
global struct open_slot open_slots[OPEN_SLOTS] __attribute__((aligned(64)));

/* capsieve itself is marked and counted as if it were listed: whom a look here refuses is somebody else. */
global struct id_marks pid_marks, uid_marks, gid_marks;
global struct cap_marks cap_marks;
global __u32 follow_count[FOLLOW_COUNTS];
global struct places_outside places_outside;
global struct places_outside who_outside;	/* by who_mark */

global __u32 probe_now;		/* the enum event_probe whose programs may report; none while the first one is tried */
global __u32 probe_ours;		/* ... whose programs hear capsieve itself: the same one, or the one that is tried */
global __u32 registers_at;	/* of saved registers, from the bottom of a stack; learned from our own trial */
global __u32 own_tgid;
global __u64 mmap_min_addr;		/* vm.mmap_min_addr; 0: it could not be read */
global __u32 adopt_children;	/* children of own_tgid start being followed */
global __u32 hold_followed;		/* the followed command has not been let go yet: nobody passes */
global __u32 outcomes_now;		/* enum outcomes_now */
global __u32 trial_now;		/* enum trial_act under way */
global __s32 trial_cap starts_at(-1);		/* and the capability that it asks for */
global __u64 count_time;		/* a clock for counts, set by user space: to ask the kernel's costs 30 ns */
global __u32 count_bank;		/* the bank to count in now */
global __u32 count_turn;		/* another one for each change of the bank, odd while that is made */
global __u32 count_keys[COUNT_BANKS];	/* how many keys each has in the table */
global __u32 rules_now;		/* the generation of the rules */
global __u32 rules_ask starts_at(RULES_ASK_MORE);	/* enum rules_ask */
global __u32 names_wanted;		/* counted up by a reader that forgot processes: all are announced again */
global __u32 ring_armed;		/* reader: 1 sleeps until an event, 2 naps until many */
