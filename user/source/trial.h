/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a probe really hears on this kernel: capsieve makes a few harmless checks itself and looks what arrived. Acts
 * of each kind that compilers are known to inline, and a burst from four threads on one CPU.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bpf/config.h"

/* The words that the kernel side shares with us while it runs (mapped from its globals). */
struct trial_shared {
	volatile __u32 *act;		/* trial_now */
	volatile __s32 *cap;		/* trial_cap */
	volatile struct learned *learned;	/* TRIAL_COUNT of them */
};

struct trial {
	bool heard[TRIAL_COUNT];
	unsigned int burst_made, burst_heard;
	bool misfit;		/* the kernel's types show another process than us */
	struct site_place place;	/* of the overcommit check; all zero where it is not known or not heard */
};

/* What an act is called where people read of it: "memory overcommit (mmap, brk)", ...; NULL for TRIAL_NONE. */
const char *trial_words(enum trial_act act);

/*
 * Makes the acts; the burst takes a few milliseconds, and where it is left out none of it counts as missed. Everything
 * that this changes in this process is put back.
 */
void trial_run(const struct trial_shared *shared, bool burst, struct trial *ret);

/* Makes one act again: is it heard now? */
bool trial_hears(const struct trial_shared *shared, enum trial_act act);

/* Makes only those acts from which the place of the overcommit check is learned; all zero where it cannot be. */
void trial_learn(const struct trial_shared *shared, struct site_place *ret);

/* Two checks by the overcommit check's caller and two by another one, made in this order: other, site, site, other. */
struct trial_stacks {
	struct learned other, site, site_again, other_again;
};

/*
 * Where the caller's return address lies, learned from two checks with different callers: their stacks part there. Each
 * is told twice, and both must agree. All zero where it cannot be told.
 */
void trial_place(const struct trial_stacks *stacks, struct site_place *ret);
