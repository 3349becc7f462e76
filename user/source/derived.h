/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checks that a probe on cap_capable does not hear, since the compiler put that function into its caller: heard at the
 * caller, where our own trial shows that they are missing and that they arrive there. bpf/derived.bpf.c has the programs.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bpf/config.h"

struct bpf_link;
struct bpf_object;
struct buf;
struct survey;
struct trial;
struct trial_shared;

enum { DERIVED_SITES = 4 };

struct derived_site {
	enum trial_act act;
	int cap;
	const char *function;	/* that swallowed it */
};
extern const struct derived_site derived_sites[DERIVED_SITES];

/* How the checks of one site are heard. */
enum derived_state {
	DERIVED_NONE,		/* as all others, or not at all: this probe has no other way */
	DERIVED_HEARD,		/* at its function */
	DERIVED_SPARED,		/* not at all: nobody asked for them */
	DERIVED_REFUSED,	/* not at all: its function cannot be hooked, see .error */
	DERIVED_SILENT,		/* not at all: it can, and yet nothing arrived */
};

struct derived_fact {
	enum derived_state state;
	int error;		/* negative errno of a refusal; -ENOENT: the kernel's types do not name the function */
};

struct derived {
	struct bpf_link *link[DERIVED_SITES];
};

/* The fact about the checks of an act among those of all sites; NULL: that act is of no site. */
const struct derived_fact *derived_of(const struct derived_fact facts[DERIVED_SITES], enum trial_act act,
				      const struct derived_site **ret_site);

/* Before loading: marks the programs that may be needed beside this probe, for checks of these capabilities. */
void derived_want(const struct bpf_object *obj, const struct survey *s, enum event_probe probe, uint64_t caps,
		  bool overcommit);

/*
 * After a trial of the probe: attaches what that shows to be needed, and tries each. Never fails: what cannot be heard is
 * said in ret_facts.
 */
void derived_attach(struct derived *d, const struct bpf_object *obj, const struct survey *s, enum event_probe probe,
		    const struct trial *trial, const struct trial_shared *shared,
		    struct derived_fact ret_facts[DERIVED_SITES]);
void derived_detach(struct derived *d);

/* The descriptors of the programs that were loaded, which are the object's; -1: not this one. */
enum { DERIVED_PROGRAMS = 2 * DERIVED_SITES };
void derived_programs(const struct bpf_object *obj, int ret[static DERIVED_PROGRAMS]);

/* How the checks of a site are heard, or why not: "heard at cap_capset". Nothing for DERIVED_NONE. */
void derived_print(struct buf *b, const struct derived_site *site, const struct derived_fact *fact);
