/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The contract between the kernel side and the collector: what travels through the ring buffer.
 *
 * Every event starts with struct event_head. Kinds are numbers for life. A reader takes what it knows of
 * an event and skips the rest by its size, so fields are only ever added at an end. Fixed-width fields, no
 * unnamed padding; sizes and offsets are asserted by both compilers.
 *
 * Time is CLOCK_MONOTONIC in nanoseconds. Ids (pid, uid, namespaces) are the initial namespaces' ones unless a
 * name says otherwise.
 */
#pragma once

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

enum event_kind {
	EVENT_CHECK = 1,	/* one capability check: struct event_check */
	EVENT_PROGRAM = 2,	/* who the checks of one process belong to: struct event_program */
	EVENT_OUTCOME = 3,	/* what became of a system call with checks: struct event_outcome */
	EVENT_LIFECYCLE = 4,	/* what a task did to its credentials or its life: struct event_lifecycle */
};

struct event_head {
	__u16 size;	/* of the whole event, this head included */
	__u16 kind;	/* enum event_kind */
	__u32 flags;	/* enum check_flag, program_flag, outcome_flag or lifecycle_flag, by kind */
	__u64 time;
};

/*
 * What is known of a check. A bit pair "KNOWN, value" is unknown where KNOWN is not set: a probe that cannot see
 * a thing never guesses it.
 */
enum check_flag {
	CHECK_DENIED		= 1 << 0,
	CHECK_VIA_KNOWN		= 1 << 1,	/* granted checks: the next bit says how */
	CHECK_VIA_OWNER		= 1 << 2,	/* as owner of a namespace; else held in the effective set */
	CHECK_OPTS_KNOWN	= 1 << 3,	/* the next two bits are what the caller asked for */
	CHECK_NOAUDIT		= 1 << 4,
	CHECK_INSETID		= 1 << 5,
	CHECK_CRED_OVERRIDDEN	= 1 << 6,	/* the task's subjective credentials, which are not its own now */
	CHECK_CRED_OTHER	= 1 << 7,	/* a file's, another task's, or ones still being prepared */
	CHECK_SYSCALL_KNOWN	= 1 << 8,	/* .syscall is a number of the ABI below */
	CHECK_SYSCALL_NONE	= 1 << 9,	/* known not to be in a system call: page fault, exception */
	CHECK_ABI_32		= 1 << 10,	/* a 32-bit task (i386, arm) */
	CHECK_ABI_X32		= 1 << 11,
	CHECK_OVERCOMMIT	= 1 << 12,	/* the memory-overcommit check, known by its call site */
	CHECK_LSM_KNOWN		= 1 << 13,	/* .lsm_ret is what security_capable answered */
	CHECK_KTHREAD		= 1 << 14,
	CHECK_IDS_UNKNOWN	= 1 << 15,	/* uid, gid, sets and namespaces could not be read */
	CHECK_DERIVED		= 1 << 16,	/* not heard itself, but known to be made where its caller was heard */
	CHECK_SITE		= 1 << 17,	/* a struct event_site stands behind it */
	CHECK_OUTCOME		= 1 << 18,	/* a struct event_outcome will say what its system call returned */
	CHECK_SAME_IDS		= 1 << 19,	/* with CHECK_SITE: setuid and its kin, to ids that anybody in its place may set to the same end */
};

/* How much of an outcome is known. Without OUTCOME_SEEN: nothing but that no more will come. */
enum outcome_flag {
	OUTCOME_SEEN		= 1 << 0,	/* .ret is what the call returned */
	OUTCOME_EXITED		= 1 << 1,	/* the thread ended inside the call */
};

/*
 * What a system call returned in which checks were made: those of thread tid with CHECK_OUTCOME that are no older than
 * `since`. Sent after them and before the thread's next system call. ret as the kernel has it before signals are
 * delivered: -512 to -516 is a call that a signal interrupted, which then begins anew or fails with EINTR.
 */
struct event_outcome {
	struct event_head head;	/* flags: enum outcome_flag */
	__u64 since;
	__u32 tgid, tid;	/* as they were at the first of these checks: an exec may change tid */
	__s64 ret;
	__s32 syscall;
	__u32 checks;		/* how many of these were sent */
};

/* What a task did: numbers for life. */
enum lifecycle_what {
	LIFE_EXEC = 1,
	LIFE_FORK = 2,		/* a process and no thread; also clone into a new user namespace */
	LIFE_EXIT = 3,		/* of the last thread of a process */
	LIFE_CAPSET = 4,
	LIFE_SETUID = 5,
	LIFE_SETGID = 6,
	LIFE_SETREUID = 7,
	LIFE_SETREGID = 8,
	LIFE_SETRESUID = 9,
	LIFE_SETRESGID = 10,
	LIFE_SETFSUID = 11,
	LIFE_SETFSGID = 12,
	LIFE_SETGROUPS = 13,
	LIFE_AMBIENT_RAISE = 14,	/* these to LIFE_NO_NEW_PRIVS by prctl */
	LIFE_AMBIENT_LOWER = 15,
	LIFE_AMBIENT_CLEAR = 16,
	LIFE_BOUNDING_DROP = 17,
	LIFE_SECUREBITS = 18,
	LIFE_KEEP_CAPS = 19,
	LIFE_NO_NEW_PRIVS = 20,
	LIFE_UNSHARE = 21,	/* of the user namespace, as the next */
	LIFE_SETNS = 22,
	LIFE_COUNT
};

enum lifecycle_flag {
	LIFE_RESULT_KNOWN	= 1 << 0,	/* .ret is what the call returned; of an exit, as wait(2) has it */
	LIFE_BEFORE_KNOWN	= 1 << 1,
	LIFE_AFTER_KNOWN	= 1 << 2,
	LIFE_SYSCALL_KNOWN	= 1 << 8,	/* these as in enum check_flag */
	LIFE_ABI_32		= 1 << 10,
	LIFE_ABI_X32		= 1 << 11,
	LIFE_ASKED_KNOWN	= 1 << 16,	/* .asked could be read */
	LIFE_PATH_KNOWN		= 1 << 17,
	LIFE_PATH_TRUNCATED	= 1 << 18,
};

/* Credentials of a task, its objective ones. */
struct event_creds {
	__u64 inheritable, permitted, effective, bounding, ambient;
	__u32 uid, euid, suid, fsuid;
	__u32 gid, egid, sgid, fsgid;
	__u32 groups;		/* how many supplementary ones */
	__u32 securebits;
	__u32 userns;
	__u32 no_new_privs;
};

#define EVENT_LIFE_PATH 128

/*
 * Sent when a call is over, whether it succeeded or not; of a good exec and fork, and of an exit, when it happens.
 *
 * What was asked for, by kind: the ids of the setuid and setgid families as they were given (-1: to stay), the effective,
 * permitted and inheritable sets of capset, the number of groups, the capability of ambient and bounding, bits and
 * switches, the flags of unshare and setns; of a fork the new process and the flags of clone.
 */
struct event_lifecycle {
	struct event_head head;	/* flags: enum lifecycle_flag */
	__u64 program;		/* as in event_check; of a good exec the new one */
	__u32 tgid, tid;
	__u32 what;		/* enum lifecycle_what */
	__s32 syscall;
	__s64 ret;
	__u64 asked[3];
	struct event_creds before, after;	/* of a fork: of the parent, of the child */
	__u8 comm[16];
	__u8 path[EVENT_LIFE_PATH];	/* of an exec, as it was given; with its NUL */
};

enum event_probe {
	PROBE_NONE = 0,
	PROBE_FEXIT = 1,
	PROBE_TP_BTF = 2,
	PROBE_TP = 3,
	PROBE_KPROBE = 4,
	PROBE_COUNT
};

#define EVENT_COMM 16

struct event_check {
	struct event_head head;
	__u64 program;		/* the event_program.program that it belongs to; 0: none could be made */
	__u32 tgid, tid;
	__u32 uid, euid;	/* the task's own (objective) real and effective user */
	__u32 gid;
	__s32 cap;		/* as the kernel asked, also where this version has no name for it */
	__s32 syscall;
	__s32 lsm_ret;		/* 0 or negative errno, with CHECK_LSM_KNOWN */
	__u32 userns_asker;	/* inode number of the namespace of the credentials that were asked */
	__u32 userns_target;	/* and of the one that the capability was wanted in */
	__u64 effective;	/* of the credentials that were asked */
	__u64 permitted;
	__u8 comm[EVENT_COMM];	/* not terminated where it fills the field */
	__u8 probe;		/* enum event_probe */
	__u8 reserved[7];
};

enum { SITE_FRAMES = 14, SITE_ARGS = 4 };

/* Where in the kernel a check was made, and in what; only where that was asked for. */
struct event_site {
	__u64 frame[SITE_FRAMES];	/* return addresses, innermost first, from the probe's own on; 0: no more */
	__u32 arg[SITE_ARGS];		/* the system call's first arguments, the lower half of each */
	__u64 id;			/* as in struct count_key; 0: nothing is counted */
};

struct event_check_site {
	struct event_check check;
	struct event_site site;
};

#define EVENT_PATH 512		/* bytes kept of a path's names */
#define EVENT_NAME 256		/* a name is at most NAME_MAX, and its NUL */

enum program_flag {
	PROGRAM_EXEC		= 1 << 0,	/* made at its exec; else at first sight */
	PROGRAM_EXE_KNOWN	= 1 << 1,
	PROGRAM_EXE_TRUNCATED	= 1 << 2,	/* the outermost directories are missing */
	PROGRAM_CGROUP_KNOWN	= 1 << 3,
	PROGRAM_CGROUP_TRUNCATED = 1 << 4,
	PROGRAM_KTHREAD		= 1 << 5,
	PROGRAM_LOGIN_KNOWN	= 1 << 6,
	PROGRAM_NSPID_KNOWN	= 1 << 7,
	PROGRAM_CGROUP_V1	= 1 << 8,	/* of a version 1 hierarchy: in that of version 2 the process is at the root */
};

/*
 * Sent before the first check of a process that is reported, at each of its execs, and again when its parent,
 * login user or cgroup changed. Paths are names, innermost first, each with its NUL.
 */
struct event_program {
	struct event_head head;
	/*
	 * Start of this program image, boot-time nanoseconds; where its exec was not heard first, that of its process, and as
	 * many more as it and those that it comes from executed. With tgid one run for good.
	 */
	__u64 program;
	__u32 tgid, tid;
	__u32 ppid, ns_pid;	/* ns_pid: the process id inside its own pid namespace */
	__u32 uid, euid, gid, egid;
	__u32 login_uid;	/* (__u32)-1: known to be none */
	__u32 userns, pidns, mntns, netns;
	__u32 exe_len, cgroup_len;	/* bytes used in exe and cgroup */
	__u32 reserved;
	__u64 cgroup_id;
	__u64 inheritable, permitted, effective, bounding, ambient;
	__u8 comm[EVENT_COMM];
	__u8 exe[EVENT_PATH];
	__u8 cgroup[EVENT_PATH];
};

#define EVENT_ARGS 1024		/* bytes kept of a command line */

/* The same in runs that ask for command lines. */
struct event_program_args {
	struct event_program program;
	__u32 size;		/* of the whole command line, words with their NULs; 0: not known */
	__u32 len;		/* bytes used in args */
	__u8 args[EVENT_ARGS];
};

/* What the checks of one count have in common. */
struct count_key {
	__u64 program;		/* as in event_check */
	__u32 tgid;
	__s32 cap;
	__s32 syscall;
	__u32 flags;		/* of enum check_flag those in COUNT_FLAGS; and COUNT_BANK */
	/*
	 * Where it was asked, and with which of the arguments that decide what it means: the same number for the same. 0: sites
	 * are not told apart. Which they are, the events with this number in their struct event_site say. With it .flags has
	 * those of COUNT_SITE_FLAGS too. Of what rules are silent about: struct silence .id.
	 */
	__u64 site;
};

#define COUNT_FLAGS (CHECK_DENIED | CHECK_OPTS_KNOWN | CHECK_NOAUDIT | CHECK_INSETID | CHECK_SYSCALL_KNOWN | \
		     CHECK_SYSCALL_NONE | CHECK_ABI_32 | CHECK_ABI_X32 | CHECK_OVERCOMMIT | CHECK_KTHREAD | \
		     CHECK_DERIVED)
#define COUNT_SITE_FLAGS (CHECK_VIA_KNOWN | CHECK_VIA_OWNER | CHECK_CRED_OVERRIDDEN | CHECK_CRED_OTHER | \
			  CHECK_SAME_IDS)
#define COUNT_BANK (1U << 31)	/* between the two sides only: which of two banks it was counted in */

/* How sites of counts are found: by what was learned, or for our tests always by unwinding, or both ways and compared. */
enum site_way { SITE_WAY_READ, SITE_WAY_UNWIND, SITE_WAY_VERIFY };

struct count_value {
	__u64 count;
	__u64 first;		/* CLOCK_MONOTONIC; 0: not here, but with another part of the same count */
	__u64 last;		/* as user space's clock had it, which may even be before first */
	/*
	 * Of .count: in system calls that failed, and in ones that worked; of the rest it is not known. Of those that were
	 * granted nobody asks any more once one worked.
	 */
	__u64 failed, worked;
	__u32 error;		/* errno of the last that failed; 0: none here did */
	__u32 met;		/* one worked, whether or not it is in .count */
};

/*
 * Where every check went; per CPU, added up by the reader. A check that reached a program is counted once, as one of
 * OWN, OUTSIDE, HIDDEN, SENT or RING_FULL, or in a count; what never reached one is in the causes of user/model/loss.h.
 */
enum tally_what {
	TALLY_OWN,		/* capsieve's own */
	TALLY_OUTSIDE,		/* the filters said no; of user or group also to some of capsieve's own */
	TALLY_HIDDEN,		/* memory overcommit, hidden by default */
	TALLY_SENT,		/* an event_check was handed to the ring */
	TALLY_RING_FULL,	/* ... was not, for lack of room */
	TALLY_PROGRAM_SENT,
	TALLY_PROGRAM_FULL,	/* an event_program found no room */
	TALLY_ENTERED,		/* an entry that a return shall be found for */
	TALLY_PAIRED,		/* ... and was */
	TALLY_RETURN_MISSED,	/* an entry that was found to have lost its return */
	TALLY_ENTRY_MISSED,	/* a return whose entry was never seen */
	TALLY_STATE_REFUSED,	/* no task storage: a return could not be paired */
	TALLY_UNNAMED,		/* no task storage: a check went out without its program */
	TALLY_FOLLOW_FULL,	/* a child that did not fit into the followed tree */
	TALLY_LSM_FULL,		/* --lsm-verdict: no room to keep a check until the verdict; it goes out without */
	TALLY_COUNT_FULL,	/* no room for another count: the check was sent instead */
	TALLY_COUNT_LOST,	/* what a count lost on its way from a CPU into the table */
	TALLY_UNWOUND,		/* an overcommit check that only its whole stack gave away */
	TALLY_SITE_READ,	/* a counted check whose site was read, and was not at hand */
	TALLY_SITE_UNWOUND,	/* ... had to be unwound */
	TALLY_SITE_TAKEN,	/* ... was taken to be where one like it was, and not unwound */
	TALLY_SITE_DIFFERS,	/* on trial: was another one than the unwound stack says */
	TALLY_COUNT	/* how many of these there are */
};

/* What the iterator of tasks says of each, in no ring: one after the other. */
struct event_task {
	__u32 tgid, tid;
	struct event_creds creds;	/* but for .groups and the ids of file systems */
};

#define EVENT_ASSERT(cond) _Static_assert(cond, #cond)
EVENT_ASSERT(sizeof(struct event_head) == 16);
EVENT_ASSERT(sizeof(struct event_check) == 104);
EVENT_ASSERT(sizeof(struct event_site) == 136);
EVENT_ASSERT(sizeof(struct event_check_site) == sizeof(struct event_check) + sizeof(struct event_site));
EVENT_ASSERT(sizeof(struct event_outcome) == 48);
EVENT_ASSERT(__builtin_offsetof(struct event_outcome, ret) == 32);
EVENT_ASSERT(sizeof(struct event_creds) == 88);
EVENT_ASSERT(__builtin_offsetof(struct event_lifecycle, before) == 72);
EVENT_ASSERT(__builtin_offsetof(struct event_lifecycle, comm) == 248);
EVENT_ASSERT(sizeof(struct event_lifecycle) == 264 + EVENT_LIFE_PATH);
EVENT_ASSERT(__builtin_offsetof(struct event_check, cap) == 44);
EVENT_ASSERT(__builtin_offsetof(struct event_check, effective) == 64);
EVENT_ASSERT(__builtin_offsetof(struct event_check, comm) == 80);
EVENT_ASSERT(__builtin_offsetof(struct event_check, probe) == 96);
EVENT_ASSERT(__builtin_offsetof(struct event_program, cgroup_id) == 88);
EVENT_ASSERT(__builtin_offsetof(struct event_program, comm) == 136);
EVENT_ASSERT(sizeof(struct count_key) == 32);
EVENT_ASSERT(sizeof(struct count_value) == 48);
EVENT_ASSERT(sizeof(struct event_task) == 96);
EVENT_ASSERT(sizeof(struct event_program) == 152 + 2 * EVENT_PATH);
EVENT_ASSERT(sizeof(struct event_program_args) == sizeof(struct event_program) + 8 + EVENT_ARGS);
