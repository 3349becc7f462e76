/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One question of a program about the kernel's types - where does this field lie, is it there, how large is that struct -
 * and its answer: what libbpf answers to the relocations of "compile once, run everywhere", of the kinds that our programs
 * use.
 */
#pragma once

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct types;

struct relo_question {
	uint32_t type;		/* the root, among our types */
	const char *access;	/* numbers that lead from there, between colons; of an enum the one enumerator */
	enum bpf_core_relo_kind kind;
};

struct relo_answer {
	uint64_t ours, theirs;	/* what the program has now, and what it is to have */
	uint32_t our_size, their_size;	/* bytes of the field */
	bool none;		/* there is no such thing: what asks must not run */
	bool misfit;		/* of another size, and to be read in neither */
};

/* Bytes of a name without ___ and what follows it. */
size_t relo_name(const char *name);

/*
 * theirs: the types that can be meant, of the root's kind and name, by their numbers among the kernel's. 0 and *ret;
 * -EOPNOTSUPP: of a kind, or of fields, that are not known here; -EINVAL: damaged, or they answer differently.
 */
int relo_solve(const struct types *ours, const struct types *kernel, const struct relo_question *q,
	       const uint32_t *theirs, size_t n, struct relo_answer *ret);
