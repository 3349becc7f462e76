/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What user space tells the kernel side: constants before loading (rodata, so that what is off costs nothing),
 * and the few words that change while it runs.
 */
#pragma once

#include "bpf/event.h"

/*
 * What a run is made for, in one word: a program that asks one constant has one look-up left of it, and of what it does
 * not do nothing.
 */
enum run_plan {
	PLAN_OTHER = 0,		/* anything else */
	PLAN_SEND,		/* no filter: sends all but memory overcommit */
	PLAN_COUNT,		/* no filter: counts them */
	PLAN_SITES,		/* counts by site; no filter that what was counted before might not pass now */
	PLAN_SILENT,		/* no filter: counts what rules are silent about, and sends the rest or the first of its kind */
};

/* How a list of ids or words filters: bit per kind of entry that the list has; 0 is no filter. */
enum gate_list {
	GATE_WANTED = 1,	/* at least one entry must match */
	GATE_UNWANTED = 2,	/* none of these may match */
};

enum gate_userns {
	GATE_USERNS_ANY = 0,
	GATE_USERNS_IS = 1,
	GATE_USERNS_IS_NOT = 2,
};

/* The filter that is asked first, alone, for what it refuses is nearly everything and shall cost nearly nothing. */
enum gate_first {
	GATE_FIRST_NONE = 0,
	GATE_FIRST_PIDS,
	GATE_FIRST_TREES,
	GATE_FIRST_CAPS,
	GATE_FIRST_VERDICT,
	GATE_FIRST_UIDS,
	GATE_FIRST_GIDS,
};

enum { GATE_COMMS = 8, GATE_CGROUPS = 8 };
enum { FOLLOW_MAX = 32768 };

/* Followed processes by the end of their thread group's number: where there is none, no table has to be asked. */
enum { FOLLOW_COUNTS = 4096 };

/* Marks for the ids of a list, by their ends, for the same. */
enum { ID_MARKS = 8192 };
struct id_marks {
	__u8 at[ID_MARKS];
};

/* The capabilities that pass, for the first filter; those of higher numbers fall on others, and are asked again. */
enum { CAP_MARKS = 64 };
struct cap_marks {
	__u8 at[CAP_MARKS];
};

/*
 * Cgroups of which user space found that nobody in them is meant, by their ids: each stands in the bucket that its id leads
 * to, where a new one takes the place of another. Whoever is not here passes, and is decided by user space.
 */
enum { PLACE_BUCKETS = 2048, PLACE_WAYS = 4 };
struct places_outside {
	__u64 at[PLACE_BUCKETS][PLACE_WAYS];	/* 0: nothing is here */
};

#define PLACE_BUCKET(id) ((__u32)(((__u64)(id) * 0x9e3779b97f4a7c15ULL) >> 53))

/*
 * Somebody, as far as the filters by name ask who he is: of the rest it is 0. Whoever user space found not to be meant has
 * his mark, by a seed of this run that nobody knows, in a table as that of cgroups.
 */
enum who_part {
	WHO_PROGRAM = 1,	/* always */
	WHO_UID = 2,
	WHO_GID = 4,
	WHO_USERNS = 8,
	WHO_COMM = 16,
};
struct who {
	__u64 program;
	__u64 told;		/* when it was described: in another cgroup, or with another parent, it is again */
	__u32 tgid;
	__u32 uid, gid;		/* the task's own real ones */
	__u32 userns;		/* of the credentials that are asked */
	__u8 comm[EVENT_COMM];
};
enum { WHO_WORDS = sizeof(struct who) / sizeof(__u64) };

/* Never 0, which stands for an empty place. */
static inline __attribute__((always_inline)) __u64 who_mark(const struct who *who, __u64 seed)
{
	const __u64 *word = (const __u64 *)who;
	__u64 mark = seed;

	for (int i = 0; i < WHO_WORDS; i++) {
		mark = (mark ^ word[i]) * 0xff51afd7ed558ccdULL;
		mark ^= mark >> 32;
		mark = (mark + seed) * 0xc4ceb9fe1a85ec53ULL;
		mark ^= mark >> 29;
	}
	return mark ? mark : 1;
}

struct gate_config {
	__u64 caps;		/* capabilities that pass; numbers from 64 on pass where all bits are set */
	__u64 who_seed;
	__u32 userns;		/* inode number, by userns_mode */
	__u8 pids, trees, uids, gids;	/* enum gate_list */
	__u8 comms, cgroups;		/* how many patterns and cgroups there are */
	__u8 comms_unwanted, cgroups_unwanted;	/* bit i: entry i was given with ! */
	__u8 userns_mode;	/* enum gate_userns */
	__u8 allowed, denied;	/* does this verdict pass? */
	__u8 one_verdict;	/* not both do */
	__u8 more;		/* there is a filter by more than verdict, capability and process */
	__u8 places;		/* user space says which cgroups are outside: struct places_outside */
	__u8 any;		/* there is a filter */
	__u8 first;		/* enum gate_first: asked before anything is known of a check */
	__u8 who;		/* enum who_part: what user space decides about; 0: nothing */
	__u8 reserved[3];
};

/*
 * The stamp of a decision: a program as it was last described, with whose credentials it asks, and by which rules. Whoever
 * is not found by it was not decided about.
 */
struct silence_stamp {
	__u64 program;
	__u64 told;		/* as in struct who */
	__u32 tgid;
	__u32 uid, gid;		/* the task's own real ones */
	__u32 userns;		/* of the credentials that are asked */
	__u32 rules;		/* the generation of the rules: rules_now */
	__u32 reserved;
};

/* What rules ask of somebody besides his program and cgroup. */
enum rules_ask {
	RULES_ASK_NOTHING,
	RULES_ASK_USER,
	RULES_ASK_MORE,		/* also his group or the user namespace, or cgroups of version 1 matter */
};

/* What the rules are silent about, whatever else is known of a check: capabilities, of granted checks and of denied ones. */
struct silence {
	__u64 silent[2];
	__u64 id;		/* user space's, for count_key.site */
};
enum { SILENCES_MAX = 16384 };

/* Stand for functions of the kernel's until user space has put these in their places (user/source/typed.c). */
enum {
	CALL_LOOSE = 0x7f000001,	/* bpf_rdonly_cast */
	CALL_FIND_TASK,			/* bpf_task_from_pid */
	CALL_PUT_TASK,			/* bpf_task_release */
	CALLS_PUT = 3,
};

/* A followed process: in the map by thread group. */
struct follow {
	__u64 start;		/* start_boottime of its leader, so that a reused pid is not taken for it; 0: any */
	__u32 list;		/* enum gate_list */
	__u32 reserved;
};

/*
 * The thread whose check was the last one on this CPU, and the program that it was found to run: as long as nothing of
 * what that depends on is another, no storage has to be looked up. Of threads alone that have a user's registers.
 */
struct recent {
	__u64 task, parent;	/* addresses: as good as what they point to, and one read less; task 0: nothing is here */
	__u64 cgroups;		/* the address of all cgroups that it is in */
	__u64 start;		/* of the thread: what is at its address is this one and no later one */
	__u64 exec_id;
	__u64 program;
	__u32 login_uid;
	__u32 generation;	/* of names_wanted */
	__u32 tgid, tid;
};

/*
 * The way of a check into the kernel, read word by word: the return addresses, innermost first, from the probe's own on.
 * Each function has a frame of one size where it calls the next, so that from one address the place of the next is known,
 * once that was seen: struct site_step. Of SITE_DEPTH addresses a site is made; of SITE_UNWOUND, which begin with those of
 * our own programs, an unwound stack.
 */
enum { SITE_DEPTH = 12, SITE_UNWOUND = 20 };
struct site_chain {
	__u32 count;			/* 0: not known without unwinding */
	__u32 at[SITE_DEPTH];		/* bytes from the probe's base */
	__u32 reserved;
	__u64 word[SITE_DEPTH];		/* behind the last one 0 */
	__u64 expected;			/* on trial: the site as a count at hand has it */
};

/*
 * Where the next return address stands, seen from one: so many bytes above it. SITE_STEP_LAST: it is `last`, right below
 * the registers that were saved at the entry, wherever that is; behind it there is no other. An address is where it leads to
 * (SITE_STEP_AT), or beside that. Written once, the address at the end; afterwards only `bytes` becomes SITE_STEP_NONE.
 */
enum { SITE_STEPS = 2048, SITE_STEP_NONE = 0, SITE_STEP_LAST = 1 };
enum { SITE_FIRSTS = 8 };	/* by enum event_probe */
struct site_step {
	__u64 address, last;
	__u32 bytes;
	__u32 reserved;
};
#define SITE_STEP_AT(address) ((__u32)(((__u64)(address) * 0x9e3779b97f4a7c15ULL) >> 53))

/* A stack from which steps are learned: as it is, up to the saved registers, and unwound. */
enum { SAMPLES = 4, SAMPLE_FRAMES = 32, SAMPLE_WORDS = 512 };
#define SAMPLE_NO_CPU (~0U)
struct site_sample {
	__u32 ready;		/* it is user space's; else it is taken by the CPU with this number */
	__u32 cpu;		/* SAMPLE_NO_CPU: by none */
	__u32 probe;		/* enum event_probe */
	__u32 frames, words;
	__u32 reserved;
	__u64 frame[SAMPLE_FRAMES];
	__u64 word[SAMPLE_WORDS];
};

/* Who asks something that rules are silent about, as far as they may ask for more than his program. */
struct count_stamp {
	__u64 cgroup_id;
	__u64 cgroups;		/* cgroups_of */
	__u32 uid, gid;		/* the task's own real ones */
	__u32 userns;		/* of the credentials that are asked */
	__u32 rules, ask;	/* rules_now, and rules_ask by then or more */
	__u32 reserved;
};

/*
 * What a CPU has for itself. An array of them in plain memory and no map of its own: to find one's place in it takes
 * half of what a look-up does, and user space reads it without asking the kernel. More CPUs than places share them.
 */
enum { CPUS_MAX = 512, TALLY_PLACES = 24 };
struct cpu_state {
	__u64 tally[TALLY_PLACES];
	struct recent recent;
	struct site_chain chain;
	struct count_stamp stamp;	/* of the check under way */
	__u64 room[2 + SITE_UNWOUND];	/* for what would be too much on a stack, or has to be forgotten to be a pointer */
	__u64 alike;			/* of the check under way, where few are unwound: by what it is like others, | ALIKE_DENIED */
};

/*
 * Checks that are alike, as far as that is known without their stack: of one thread's program, its credentials, the capability,
 * options, system call and what tells of its arguments. Where each would have to be unwound, and nobody is profiled whom that is
 * to be exact for, the first ALIKE_AFTER are, and of the others one in ALIKE_EVERY: the rest is taken to be from where the last
 * one was that was unwound, and by the same verdict. Only while that one's count is in the table: its event says where it is.
 */
enum { ALIKE_AFTER = 16, ALIKE_EVERY = 64, ALIKES_MAX = 4096, ALIKE_DENIED = 1 };
struct alike {
	__u32 seen;
	__u32 turn[2];		/* count_turn, as the last one was unwound: of those that were granted, and denied */
	__u32 reserved;
	__u64 site[2];		/* 0: none was */
};

/* A cap_capable that was entered and has not returned yet, for the kprobe pair. */
struct open_check {
	__u64 sp;
	__u64 cred;
	__u64 target;
	__u64 site;		/* of CAP_SYS_ADMIN, where that tells memory overcommit */
	__s32 cap;
	__u32 opts;	/* and OPEN_COUNTED */
};

enum { OPEN_COUNTED = 1 << 30 };	/* in TALLY_ENTERED */

/*
 * Entries of cap_capable that wait for their returns, each where its task leads to; of a task whose place another one has,
 * or that has an entry already, they are in its task storage.
 */
enum { OPEN_SLOTS = 256 };
struct open_slot {
	__u64 task;		/* address; 0: nothing is here */
	struct open_check check;
	__u32 probe;		/* enum event_probe that reported then: what was entered before is nobody's loss */
	__u32 stored;		/* entries of the tasks that lead here which are in task storage */
	__u32 silent;		/* where its count is at hand, as rules are silent about it; 0: nowhere, its frames are kept */
	__u32 reserved;
};

/*
 * A few counts that a CPU keeps for itself, each where its key leads to: nearly all checks are of one that is here. One
 * that another key drives out goes into the table. There are two banks of all this, of which the programs use one while
 * user space empties the other.
 */
enum { COUNT_SLOTS = 8, COUNT_BANKS = 2, COUNT_MAX = 16384 };
struct count_raw {
	__u64 task, start, exec_id;	/* the thread, and which of its programs, as in struct recent */
	__u64 nr;		/* of the system call, as the saved registers have it */
	__u32 cap, flags;	/* what was asked: the options as the probe has them */
	__s32 ret;
	__u32 reserved;
};
/*
 * And with a site: by whom, in which namespace, with what, and which addresses on the stack say so. Where there are less than
 * SITE_LEAST, the first one stands for each that is wanting, so that nobody has to ask whether there are so many.
 */
enum { SITE_LEAST = 4 };
struct count_site {
	__u64 cred, target, args;
	__u32 uid, euid;
	__u32 has_args;
	__u32 first, bytes;	/* from the probe's base to the first address; from there to the end of the last one */
	__u32 at[SITE_DEPTH];	/* bytes from the first; 0: there are no more */
	__u32 reserved;
	__u64 word[SITE_DEPTH];
};
struct count_slot {
	struct count_raw raw;
	struct count_site site;
	struct count_stamp stamp;
	struct count_key key;	/* what all that means */
	__u64 count;		/* 0: nothing is here */
	__u64 last;
};
struct count_slots {
	struct count_slot at[COUNT_SLOTS];
};

/*
 * Which arguments of a system call decide what a check in it means, by its number: that in the upper half of one number, or
 * none, and that in the lower half, each counted from 1; 0: none does. With ARGS_IDS they are ids that it sets: one that is
 * to be the real and the saved one, or the real, effective and saved one.
 */
enum { ARGS_CALLS = 1024 };
struct call_args {
	__u8 own[ARGS_CALLS], of_32[ARGS_CALLS];
};
#define CALL_ARGS(high, low) ((high) << 4 | (low))
#define ARGS_IDS 8

/* A check whose security_capable has not answered yet, for --lsm-verdict; by pid_tgid of the thread. */
struct lsm_pending {
	__u32 filled;
	__u32 reserved;
	struct event_check check;
	struct event_site site;		/* with CHECK_SITE */
};

enum { FRAMES_MAX = 4096 };	/* entries at once whose call sites are kept until their return */

/*
 * What is counted in a system call whose result is waited for; what else makes its struct count_key is in outcome_open.
 * A call with more kinds of checks is rare: of those that find no place the outcome stays unknown.
 */
enum { OUTCOME_KINDS = 4 };
struct outcome_kind {
	__u64 site;
	__u32 flags;
	__s32 cap;
	__u64 times;		/* counted, and not sent */
};

/*
 * A thread in a system call with checks whose outcome is wanted, by the address of its task: from the first of them until
 * the call's result is there. `asked` is set where that result is sure to come; what stands here else is of an earlier
 * call.
 */
struct outcome_open {
	__u64 since;
	__u32 tgid, tid;
	__s32 syscall;
	__u32 checks;		/* sent */
	__u32 asked;
	__u32 abi_32;
	__u64 program;
	__u32 kinds;
	__u32 reserved;
	struct outcome_kind kind[OUTCOME_KINDS];
};
enum { OUTCOMES_MAX = 8192 };

/*
 * The addresses of tasks that are there, each where its own leads to: who is not marked has not to be looked up. With
 * OUTCOMES_BY_CALL how many are there of those that lead to it; one that died in its call stays, and costs a look-up.
 */
enum { OUTCOME_MARKS = 4096 };
struct outcome_marks {
	__u64 at[OUTCOME_MARKS];
};
#define OUTCOME_MARK(address) ((__u32)((address) * 0x9e3779b97f4a7c15ULL >> 52) % OUTCOME_MARKS)

/* What there is of outcomes in this run, by what is attached. */
enum outcomes_now {
	OUTCOMES_NOT,
	OUTCOMES_BY_WORK,	/* a program asks for them behind the probe, of what cap_capable itself decides */
	OUTCOMES_SURE,		/* the end of every system call is looked at */
	OUTCOMES_BY_CALL,	/* the returns of those in struct call_returns are */
};

/*
 * Which system calls' own functions are listened to when they return, by their numbers. What stands here is the state of
 * each: CALL_RETURN_NOT becomes one of the others once a check was heard in it that matters.
 */
enum call_return { CALL_RETURN_NOT, CALL_RETURN_HEARD, CALL_RETURN_NEVER };
enum { RETURN_CALLS = 1024 };
struct call_returns {
	__u8 own[RETURN_CALLS], of_32[RETURN_CALLS];
};

/* Stand for the call's two numbers until user space has put those in their places (user/source/returns.c). */
#define RETURN_OWN_NR 0x7f000011
#define RETURN_NR_32 0x7f000012

/*
 * What a system call may do to credentials and lives, by its number: enum lifecycle_what, or one of these, whose arguments
 * decide. One byte each, so that a call that is none of them costs its caller one look.
 */
enum {
	LIFE_CALL_PRCTL = 0x70,
	LIFE_CALL_CLONE,
	LIFE_CALL_CLONE3,
	LIFE_CALL_EXECVEAT,
	LIFE_CALL_16BIT = 0x80,		/* with it: ids of 16 bits */
	LIFE_CALLS = 1024,
};
struct life_calls {
	__u8 any[LIFE_CALLS];		/* not 0: one of the others is not */
	__u8 own[LIFE_CALLS], of_32[LIFE_CALLS];
};

/* A thread in such a call, by the address of its task. */
struct life_open {
	struct event_creds before;
	__u64 asked[3];
	__u64 path;			/* of an exec, in user space */
	__u32 what;
	__s32 syscall;
	__u32 flags;			/* enum lifecycle_flag */
	__u32 said;			/* its success was */
};
enum { LIFE_OPEN_MAX = 4096, LIFE_MARKS = 4096, LIFE_ENDED_MAX = 1024 };

/* Which process said that it ended: of two threads that end at once both may find themselves the last. */
struct life_ended {
	__u64 start;
	__u32 tgid;
	__u32 reserved;
};

enum life_tally {
	LIFE_TALLY_SENT,
	LIFE_TALLY_RING_FULL,
	LIFE_TALLY_OPEN_FULL,		/* no room to keep what was before a call */
	LIFE_TALLY_MISSED,		/* the end of a call was not heard */
	LIFE_TALLY_COUNT
};

/* Kinds of checks that capsieve makes itself at start, to see what this kernel and probe let be heard. */
enum trial_act {
	TRIAL_NONE,
	TRIAL_PLAIN,		/* sethostname */
	TRIAL_BURST,		/* many of them, from four threads */
	TRIAL_OVERCOMMIT,	/* mmap */
	TRIAL_OVERCOMMIT_AGAIN,	/* brk */
	TRIAL_CAPSET,
	TRIAL_SECUREBITS,
	TRIAL_MMAP_MIN_ADDR,
	TRIAL_COUNT
};

enum { LEARN_FRAMES = 8, LEARN_WORDS = 64 };

/* What the kernel side saw of one of our own checks: the material from which a call site's place is learned. */
struct learned {
	__u32 heard;		/* how many checks of this act */
	__u32 frames;		/* of which the last one is described here */
	__u32 misfit;		/* the types show another task than the one that runs */
	__u32 userns;		/* its user namespace, as the types show it */
	__u64 frame[LEARN_FRAMES];	/* return addresses, innermost first */
	__u64 word[LEARN_WORDS];	/* raw stack from the probe's base upwards */
};

/* Callers that are known to ask for something else than memory, each where its address leads to. */
enum { OTHER_SITES = 64 };

/* System calls that charge no memory, by their numbers. */
enum { FREE_CALLS = 512 };
struct free_calls {
	__u8 at[FREE_CALLS];
};

/* Where the caller's return address of a check is, for one probe. All zero: not known. */
struct site_place {
	__u64 overcommit;	/* return address of the overcommit check */
	__u64 before;		/* the frame before it, which is that of any other caller too; 0: not known */
	__u32 distance;		/* bytes from the probe's base, with `near` */
	__u16 frame;		/* index in an unwound stack, as it was learned */
	__u8 near;		/* read one word at distance; else, and where that is another, unwind */
	__u8 reserved;
};

EVENT_ASSERT(sizeof(struct gate_config) == 40);
EVENT_ASSERT(sizeof(struct who) == 48);
EVENT_ASSERT(sizeof(struct silence_stamp) == 40);
EVENT_ASSERT(sizeof(struct count_stamp) == 40);
EVENT_ASSERT((int)TALLY_COUNT <= (int)TALLY_PLACES);
EVENT_ASSERT(sizeof(struct cpu_state) % 64 == 0);
EVENT_ASSERT(sizeof(struct open_slot) == 64);
EVENT_ASSERT(sizeof(struct alike) == 32);
EVENT_ASSERT(sizeof(struct follow) == 16);
EVENT_ASSERT(sizeof(struct site_place) == 24);
EVENT_ASSERT(sizeof(struct site_step) == 24);
EVENT_ASSERT((int)PROBE_COUNT <= (int)SITE_FIRSTS);
EVENT_ASSERT(1ULL << (64 - 53) == SITE_STEPS);
EVENT_ASSERT(sizeof(struct lsm_pending) == 8 + sizeof(struct event_check_site));
EVENT_ASSERT(sizeof(struct outcome_open) == 144);
