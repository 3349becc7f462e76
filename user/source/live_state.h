/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a live source is made of, for the files that are its parts: user/source/live.c makes it, and nobody else keeps it. The
 * only file that knows the skeleton.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "bpf/config.h"
#include "bpf/pattern.h"
#include "capsieve.skel.h"
#include "user/source/aside.h"
#include "user/source/backlog.h"
#include "user/source/counts.h"
#include "user/source/derived.h"
#include "user/source/fit.h"
#include "user/source/live.h"
#include "user/source/tallies.h"
#include "user/source/typed.h"

enum { LINKS_MAX = 8 };
#define EXEC_EVENT "sched_process_exec"

struct live {
	struct live_config config;
	struct live_facts facts;
	struct capsieve_bpf *skel;
	struct ring_buffer *ring;
	struct outcomes *outcome;		/* NULL: not wanted, or not to be had */
	struct lives *lives;			/* NULL: not wanted */
	struct bpf_link *check_link[2];		/* of the probe that reports */
	struct derived derived;			/* what hears beside it */
	struct bpf_link *link[LINKS_MAX];	/* everything else */
	int links;
	uint64_t unwound;			/* of TALLY_UNWOUND, at the last look */
	uint64_t leftovers;			/* checks that live_leftovers gave */
	struct counts counts;
	struct steps *steps;			/* NULL: no sites are counted, or none are read */
	unsigned int sample_quiet[SAMPLES], sample_cpu;
	struct tallies tallies;
	int cpus;
	live_event_fn fn;			/* NULL: what is read waits in .backlog */
	void *fn_ctx;
	struct backlog backlog;
	const uint64_t *consumed, *produced;	/* a page each: bytes of the ring; NULL: not to be had */
	struct buf *why;			/* while opening */
	struct typed_hooks typed;		/* while a skeleton is open and not loaded */
	struct aside exec;			/* on_exec, likewise */
	int exec_fd, exec_link;			/* the program of execs, where it was loaded aside, and its link; -1: none */
	struct fit fit;				/* the programs, fitted; none: libbpf does that */
	bool sending;				/* .fit is that of user/source/sending.h */
	pthread_t maker;			/* of the dear maps, while .making */
	bool making;
	uint32_t followed_else;			/* who was followed before anybody was adopted */
	int ring_map, followed_map, bss_map;	/* -1: libbpf makes it */
	bool casts;				/* programs may make pointers loose */
	bool preempts;				/* one task may interrupt another inside the kernel */
	int refused;			/* negative errno: our caller's words, no probe would help */
};
