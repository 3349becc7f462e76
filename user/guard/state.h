/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the collector share: user/guard/guard.c makes it, and nobody else keeps it. */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "user/base/buf.h"
#include "user/flow.h"
#include "user/guard/guard.h"
#include "user/guard/notify.h"
#include "user/guard/nurse.h"
#include "user/model/decision.h"
#include "user/model/filter.h"
#include "user/model/loss.h"
#include "user/model/workload.h"
#include "user/sink/sink.h"

struct alert;
struct alert_sink;
struct control;
struct crowd;
struct history;
struct judge;
struct learned;
struct link;
struct syscalls;
struct users;

enum { GUARD_TESTS = 8, GUARD_CAPS = 64, GUARD_PATH = 4096 };

/* What came of a look for a container. */
enum guard_lookup {
	GUARD_LOOKUP_OK,	/* its engine has it */
	GUARD_LOOKUP_UNVERIFIED,	/* it has a name, which nobody confirms */
	GUARD_LOOKUP_UNKNOWN,
	GUARD_LOOKUPS
};

/* Rules that were replaced; records that are under way still speak of them. */
struct retired {
	struct ruleset *set;
	struct judge *judge;
	uint64_t at_ns;		/* CLOCK_MONOTONIC */
	struct retired *next;
};

/* Somebody waits for what a test came to. */
struct waiting {
	uint64_t client;	/* 0: nobody */
	char output[256];
};

enum { GUARD_RELOADERS = 16 };

struct guard {
	const struct guard_config *config;
	const struct flow_notes *notes;
	struct flow_config flow;	/* .judge changes with the rules */
	struct filter everybody;
	struct flow_input input;
	struct notify notify;
	int lock, run_lock, epoll;

	/* the rules */
	struct ruleset *set;
	struct judge *judge;
	struct learned *learned;
	struct retired *retired;
	uint64_t generation, reloads, refused;
	uint64_t reloaders[GUARD_RELOADERS];	/* clients who wait for other rules */
	size_t reloader_count;
	bool drains;			/* nothing is decided any more */
	uint64_t held[HELD_REASONS];	/* alerts, by the rules that were replaced */
	uint64_t refused_ns;		/* CLOCK_REALTIME, of the last */
	struct buf error;		/* what was wrong with what was not taken; empty: what is installed is in force */
	uint32_t host_mntns;

	/* the sender */
	struct nurse nurse;
	struct link *link;
	int link_fd;			/* as .epoll has it; -1: not there */
	bool link_out;			/* .. and whether for writing, too */
	pid_t sender;			/* 0: none now */
	uint64_t sender_deaths;
	bool nurse_gone, failed;
	volatile sig_atomic_t *ending;	/* the sender's too: not 0 once we were told to end */
	struct control *control;
	struct waiting waiting[GUARD_TESTS];

	/* the sinks */
	struct sink sink;
	struct out nothing;
	struct sink *inner;		/* all of them, as one; owned */
	struct alert_sink *alerts;	/* these are parts of it */
	struct sink *ring;
	char recordings[GUARD_PATH];	/* the directory that it writes to */
	struct history *history;	/* NULL: there is none */
	int history_error;
	uint64_t history_tidied_ns, stored_ns;	/* CLOCK_MONOTONIC */
	struct sink *usage;		/* that gathers for it; owned by .inner */
	struct users *users;
	struct syscalls *syscalls;

	/* figures */
	uint64_t started_ns;		/* CLOCK_REALTIME */
	uint64_t start_cpu_ns;		/* what it took to start */
	uint64_t started_mono_ns, turned_ns, metrics_ns;	/* CLOCK_MONOTONIC */
	char probe[16], kernel_release[65];
	struct account account;
	uint64_t asked_before;
	double per_second;
	uint64_t checks[GUARD_CAPS][2];	/* by capability; [0]: granted, [1]: denied */
	struct crowd *crowd;		/* the same by workload */
	uint64_t lookups[ENGINE_COUNT][GUARD_LOOKUPS];	/* of containers that were looked for */
	uint64_t last_event_ns;
	struct loss lost_told;		/* checks of which an alert told that they are lost, */
	uint64_t lost_told_ns;		/* at that time, by CLOCK_MONOTONIC; 0: none did */
	uint64_t dropped_told;		/* what was said of alerts that no room was for, */
	int ring_told;			/* and of recordings */
};

/* ---- user/guard/reload.c --------------------------------------------------------------------------------------- */

/* The first rules: what is installed, else the last that were usable. 0, -EINVAL after saying why not; -ENOMEM. */
int reload_first(struct guard *g);

/* Others in one step, or none: 0, or -EINVAL with all mistakes in g->error. */
int reload_now(struct guard *g);

/* The number of those that once_per of the rules in force has held back is told now, as no later alert will tell it. */
void reload_tell_held(struct guard *g);

/* Rules that no record can speak of any more go; all: every one of them. */
void reload_forget(struct guard *g, bool all);

/* ---- user/guard/past.c: the history, without which it goes on ------------------------------------------------- */

/* A sink that gathers for it. 0 and *ret, -ENOMEM. */
int past_new(struct guard *g, struct sink **ret);
/* Before a turn: what was gathered is stored early where somebody is new, or learned, that a rule waits for. */
void past_hurry(struct guard *g, uint64_t now_ns);
void past_begin(struct guard *g, const struct sink_start *start);
void past_alert(struct guard *g, const struct alert *alert);
void past_gap(struct guard *g, uint64_t start_ns, uint64_t end_ns, uint64_t lost, const char *reason);

/*
 * What was learned of this workload or image, NULL: of all, is forgotten, and learned anew where *ret_learns. 0; -ENOENT: nothing
 * is learned of it; -ENODEV: there is no history; other negative errno.
 */
int past_learn_anew(struct guard *g, const char *key, bool *ret_learns);

/* Forgets what is too old, now and then, a little at a time. */
void past_keep(struct guard *g, uint64_t now_ns);
void past_end(struct guard *g);

/* ---- user/guard/figures.c -------------------------------------------------------------------------------------- */

/* Alerts that were held back since the start, by what. */
void figures_held(const struct guard *g, uint64_t ret[static HELD_REASONS]);

/* The answer to `status`, with its end of line. */
void figures_status(struct guard *g, struct buf *b);
void figures_metrics(struct guard *g);

/* ---- user/guard/hub.c ------------------------------------------------------------------------------------------ */

/* Listens to the sender, the nurse and who asks, as a flow's input. 0 or negative errno. */
int hub_open(struct guard *g);
void hub_close(struct guard *g);

/* All that can be done without waiting. false: the run cannot go on. */
bool hub_work(struct guard *g);

/* Nothing is decided any more: whoever waits for other rules is told. */
void hub_end(struct guard *g);

/* Waits for news, at most so long. */
void hub_wait(struct guard *g, int most_ms);

/* ---- user/guard/trouble.c -------------------------------------------------------------------------------------- */

/* Once a turn: says what went wrong since, and what is right again. */
void trouble_look(struct guard *g);

/* ---- user/guard/ears.c ----------------------------------------------------------------------------------------- */

/* g->sink, in front of all others. 0 or -ENOMEM. */
int ears_init(struct guard *g);
void ears_done(struct guard *g);
