/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checks, lifecycle events, losses and programs on their way into a recording: collected until a block is full, then made into the bytes of
 * one. Every block has all that its checks speak of, so that it can be read without any other.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct account;
struct buf;
struct loss;
struct pack;
struct program;
struct record;
struct workload;

/* Who knows the names of users and groups; they are asked for once a block. NULL: none, or not known. And what is not kept. */
struct pack_names {
	const char *(*user)(void *ctx, uint32_t uid);
	const char *(*group)(void *ctx, uint32_t gid);
	void *ctx;
	bool no_args;	/* command lines, which may hold passwords */
};

/* name: what recording_put_head gave. NULL: out of memory. */
struct pack *pack_new(uint32_t name, const struct pack_names *names);
void pack_free(struct pack *p);

/* Each 0, or -ENOMEM: the block is then broken for good. */
int pack_check(struct pack *p, const struct record *r);
int pack_lifecycle(struct pack *p, const struct record *r);
int pack_resolved(struct pack *p, uint64_t wall_ns, const struct workload *w);
int pack_program(struct pack *p, const struct program *program);
int pack_lost(struct pack *p, uint64_t wall_ns, const struct loss *grown);

/* Is there anything in the block under way, and is it as much as a block should hold? */
bool pack_has_any(const struct pack *p);
bool pack_is_full(const struct pack *p);

/* Appends the block under way to b and begins another. 0, -ENOMEM. */
int pack_block(struct pack *p, struct buf *b);

/* Appends a block of the head's bytes, n of them; the block under way must be empty. 0, -ENOMEM. */
int pack_again(struct pack *p, const void *head, size_t n, struct buf *b);

/* Appends what ends the recording; the block under way must be empty. 0, -ENOMEM. */
int pack_end(struct pack *p, uint64_t wall_ns, const struct account *account, struct buf *b);
