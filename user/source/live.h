/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The live source: loads the kernel side for what one run needs, attaches the best probe, and reads the ring.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/event.h"
#include "user/model/loss.h"
#include "user/source/ladder.h"
#include "user/source/probes.h"
#include "user/source/trial.h"

struct buf;
struct counts;
struct filter;
struct record;
struct live;

enum { LIVE_RING_MIN = 4096, LIVE_RING_MAX = 1 << 30 };

struct live_config {
	const struct filter *filter;
	enum event_probe attach;	/* PROBE_NONE: the best one, by trial */
	const char *btf;		/* file with the kernel's types; NULL: the kernel's own */
	const char *proc;
	uint64_t ring_bytes;		/* power of two, a multiple of the page size */
	bool show_overcommit;
	bool lsm_verdict;
	bool sites;			/* a struct event_site behind each check */
	bool sites_of_few;		/* ... and of checks that are alike few are unwound, where they cannot be read */
	enum site_way site_way;		/* how sites of counts are found */
	bool outcomes;			/* also an event_outcome for each system call in which a check was denied */
	bool outcomes_probed;	/* ... by return probes where fexit works too */
	bool outcomes_of_few;		/* ... but not by looking at the end of every call */
	bool args;			/* a struct event_program_args for each program */
	bool lifecycle;			/* also an event_lifecycle for what tasks do to their credentials and lives */
	bool refusals;			/* also one for each exec that fails since the bounding set lacks what the file brings */
	bool count;			/* count in the kernel: only the first of its kind is an event */
	bool silence;			/* what live_silence says is counted, and no event; not with .count */
	bool repeats;			/* with .silence and sites: of the rest, too, only the first of its kind is an event */
	uint32_t count_max;		/* kinds that the kernel has room for; 0: as many as usual */
	bool follow;			/* a command will be adopted */
	bool thorough;			/* try also what cannot go wrong here, to show it */
	void (*debug)(void *ctx, const char *text);	/* what libbpf says; NULL: nobody listens */
	void *debug_ctx;
};

/* How it is found out what a system call returned. */
enum live_outcomes {
	LIVE_OUTCOMES_NONE,	/* not wanted, or not to be had */
	LIVE_OUTCOMES_BY_WORK,	/* of those calls alone */
	LIVE_OUTCOMES_BY_CALL,	/* at the returns of the calls in which such checks are made */
	LIVE_OUTCOMES_AT_EXIT,	/* at the end of every call of the machine */
};

/* What came out of opening. */
struct live_facts {
	const struct probe_rung *rung;
	const struct probe_rung *standby;	/* NULL: there is none */
	bool standby_refused;	/* by live_needs: only CAP_SYS_ADMIN could attach it later, which is not kept for that */
	bool sites_read;	/* of what is counted sites are read from the stack, where each else is unwound */
	bool sites_sent;	/* what would be counted by site is sent with its stack: before Linux 5.12 this probe cannot count so */
	enum live_outcomes outcomes;
	unsigned outcomes_calls;	/* by call: how many are listened to */
	unsigned outcomes_added;	/* ... of these, since a check was seen in them: what they returned before is not known */
	unsigned outcomes_refused;	/* ... and how many could not be, though a check that matters was seen in them */
	unsigned outcomes_cost;	/* at exit: nanoseconds that it adds to each call, as measured here */
	bool refusals;		/* such are heard */
	struct survey survey;
	struct trial trial;
	struct derived_fact derived[DERIVED_SITES];	/* of what the trial did not hear */
	char passed_over[PROBES_RUNGS][LADDER_WORDS];	/* why auto did not stay with a rung */
	uint64_t ring_bytes, map_bytes;		/* memory of the ring, and of all other maps; only where .thorough */
};

/*
 * Loads, attaches and tries. 0 and *ret; or negative errno with one sentence in *why that names what is missing and
 * the way out. -EINVAL and -ENAMETOOLONG are about the words of the filter and the file of types, and nothing else.
 */
int live_open(const struct live_config *config, struct live **ret, struct buf *why);
void live_free(struct live *l);

const struct live_facts *live_facts(const struct live *l);

/* While on, children of this process start being followed (for launch_hold). */
void live_adopt(struct live *l, bool on);

/* Does any process live that was adopted, or a descendant of such? */
bool live_follows_any(const struct live *l);

/*
 * Those that are still followed are all zombies whom nobody reaps. Reads /proc: not often, nor where a filter has trees, which are followed
 * as well. False also where it cannot be told (gate_none_alive).
 */
bool live_follows_zombies(const struct live *l);

/* While on, no followed process passes: a command that is not let go yet makes no events. */
void live_hold(struct live *l, bool on);

/* Every process is described again before its next check: for a reader that had to forget some. */
void live_ask_names(struct live *l);

/*
 * Nobody in a cgroup of version 2 is meant, or that is not sure any more: for what the filter asks by name. With root it is
 * that hierarchy's root, which is left alone where version 1 knows more of who is there.
 */
void live_place(struct live *l, uint64_t cgroup_id, bool root, bool outside);

/*
 * Whom this record is about is not meant, whatever will become known: from now on he is refused by the kernel side, where
 * the filter asks more of him than his cgroup.
 */
void live_leave_out(struct live *l, const struct record *r);

/* Somebody as he is now: a program as it was last described, and with whose credentials it asks. */
struct live_stamp {
	uint64_t program, told;
	uint32_t tgid;
	uint32_t uid, gid;	/* its own real ones */
	uint32_t userns;	/* of the credentials that are asked */
};

/* Capabilities, of granted checks and of denied ones; the id goes into count_key.site. */
struct live_silence {
	uint64_t silent[2];
	uint64_t id;
};

/*
 * With .silence: from now on such checks of whom the stamp fits are counted, and make no event; for as long as the rules are
 * what they are. 0, or negative errno, and all make events as before.
 */
int live_silence(struct live *l, const struct live_stamp *who, const struct live_silence *what);

/* Other rules, or the first ones: all that was silenced makes events again, at once. keys: 1 << enum where_key, what they ask for. */
void live_change_rules(struct live *l, uint32_t keys);

/* A descriptor that polls readable while there is something to read. Belongs to l. */
int live_fd(const struct live *l);

/* Before waiting: wake for the next event (1), for a fuller ring (2), not at all (0). */
void live_arm(struct live *l, unsigned int how);

/*
 * Reads what is there. Each event goes to fn, which returns 0 to go on or a negative number to stop; the data is valid
 * for that call only. The number of events read, or fn's negative number.
 */
typedef int (*live_event_fn)(void *ctx, const void *data, size_t size);
int live_read(struct live *l, live_event_fn fn, void *ctx);

/*
 * After live_stop: the checks that still wait for the verdict of all modules (--lsm-verdict), whose exit was missed. Each
 * goes to fn, whose answer is not asked for. How many there were.
 */
int live_leftovers(struct live *l, live_event_fn fn, void *ctx);

/* What was counted, with .count or .silence; after live_stop two calls of counts_take take all. Nothing else is ever in it. */
struct counts *live_counts(struct live *l);

/*
 * Learns where on the stacks of what is counted the call sites stand, from those that had to be unwound. For a count with
 * sites to be called often; cheap where there is nothing new.
 */
void live_learn_sites(struct live *l);

/* How it went: of the sites that were counted. */
struct live_sites {
	uint64_t unwound;	/* checks whose site had to be unwound */
	uint64_t read;		/* ... was read step by step; of those whose count was at hand nobody takes account */
	uint64_t taken;		/* ... had to be, and was taken to be that of another one that is like it */
	uint64_t differ;	/* with SITE_WAY_VERIFY: checks whose site was read otherwise than it was unwound */
};
void live_sites(struct live *l, struct live_sites *ret);

/* Sets the clock by which counts know when they were last: CLOCK_MONOTONIC. */
void live_set_count_time(struct live *l, uint64_t now);

/* The id of this process as events have it: in the initial pid namespace. */
uint32_t live_own_id(const struct live *l);

/*
 * Adds up where the checks went until now. ret->seen counts what the ring took, read or not; ->counted what was taken.
 */
void live_account(struct live *l, struct account *ret);

/*
 * Reads what the programs have to know of the machine's settings anew, and looks whether the overcommit check had to be found by unwinding: another listener on the same hook changes the stack.
 * If so, learns anew where its call site is. Cheap where nothing changed.
 */
void live_relearn(struct live *l);

/*
 * Does the probe still hear, as it did at its start? Asked by checks of our own: somebody may have detached it, or switched off
 * what it stands on. Also true where it never heard any of ours.
 */
bool live_hears(struct live *l);

/* Checks that were sent since the table of counts had no room for their kind. */
uint64_t live_uncounted(struct live *l);

/* Checks that went out without what describes their process. */
uint64_t live_unnamed(struct live *l);

/*
 * How often the kernel left out what looks at the ends of system calls for lifecycle events; nearly all calls are none
 * that would have made one.
 */
uint64_t live_skipped(const struct live *l);

/*
 * Takes the standby probe in place of the present one (which missed checks). 0; negative errno: there is none, or it
 * cannot be attached. Needs CAP_PERFMON.
 */
int live_switch(struct live *l, struct buf *why);

/*
 * Capabilities that this source still needs, as a mask: for a later switch, and where this kernel lets nobody else read
 * maps that are open already.
 */
uint64_t live_needs(struct live *l);

/*
 * What calls such as this check's return is asked for from now on, where it is not yet (LIVE_OUTCOMES_BY_CALL). Takes some
 * milliseconds the first time for each system call. 0, also where there is nothing to do; negative errno: it stays unknown,
 * and this is not said again. Needs CAP_BPF and CAP_PERFMON.
 */
int live_ask_outcomes(struct live *l, const struct record *r);

/* From now on nothing is reported any more: what is in the ring then is all. */
void live_stop(struct live *l);
