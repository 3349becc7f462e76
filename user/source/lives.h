/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The programs that tell what tasks do to their credentials and lives (bpf/lifecycle.bpf.c). They share the maps of those
 * that hear checks; of the words that change while it runs they have their own, and are told.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bpf/config.h"

struct bpf_object;
struct lives;

struct lives_config {
	const struct bpf_object *beside;	/* whose maps are shared; borrowed until lives_open is back */
	struct gate_config gate;
	uint32_t own_tgid, ring_wake_at;
	bool refusals;
	bool kernel_btf, task_storage;		/* as in struct survey */
	const char *btf;			/* file with the kernel's types; NULL: the kernel's own */
};

/*
 * Loads and attaches; nothing is told yet. Of what is not executed for want of capabilities in the bounding set it tells only with
 * .refusals, and then of nothing else; of others each exec then runs some 80 instructions more. 0 and *ret; or negative errno.
 */
int lives_open(const struct lives_config *config, struct lives **ret);
void lives_free(struct lives *l);

/* From now on, or no longer. */
void lives_report(struct lives *l, bool on);

/* As live_hold, live_ask_names and live_arm. */
void lives_hold(struct lives *l, bool on);
void lives_ask_names(struct lives *l);
void lives_arm(struct lives *l, unsigned int how);

struct lives_tally {
	uint64_t sent;		/* handed to the ring */
	uint64_t lost;		/* no room in the ring or for what was before, or the end of a call was not heard */
	uint64_t skipped;	/* runs at the ends of calls that the kernel left out; most calls are none of these */
	uint64_t unnamed;	/* their process could not be described */
};
void lives_read(const struct lives *l, struct lives_tally *ret);

/* Bytes of memory that their own maps take. */
uint64_t lives_bytes(const struct lives *l);

/* What the machine's calls may do; a pure part of lives_open, for its test. -ENOMEM. */
int lives_calls(struct life_calls *ret);
