/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sets of capabilities as libcap has them: the three flags of a process or file, the three vectors that are
 * passed on (IAB), or just a set. libcap reads and writes its own notations; what it does not tell is told
 * here: where a text is wrong, and what it would take for nothing without a word.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct buf;
struct mistake;

enum capset_kind {
	CAPSET_PLAIN, /* a list or a mask: .set[0] */
	CAPSET_FLAGS, /* .set[] by enum capset_flag */
	CAPSET_IAB,   /* .set[] by enum capset_vector */
};

/* In the order of libcap. */
enum capset_flag { CAPSET_EFFECTIVE, CAPSET_PERMITTED, CAPSET_INHERITABLE };
enum capset_vector { CAPSET_INH, CAPSET_AMB, CAPSET_BLOCKED };

struct capset {
	enum capset_kind kind;
	uint64_t set[3];
};

/* Every capability that libcap knows this kernel to have. */
uint64_t capset_all(void);

/* "effective", "inheritable", "blocked": what .set[i] is called in such a set; NULL where there is none. */
const char *capset_part(enum capset_kind kind, unsigned i);

/* Text as cap_from_text(3) takes it: "cap_net_raw,cap_kill=ep cap_kill-e". -EINVAL and the place; -ENOMEM. */
int capset_from_text(const char *text, struct capset *ret, struct mistake *ret_mistake);

/* The canonical text of such a set, as libcap writes it. */
void capset_to_text(struct buf *b, const struct capset *s);

/* Text as cap_iab_from_text(3) takes it: "^cap_net_raw,!cap_sys_admin". -EINVAL and the place; -ENOMEM. */
int capset_from_iab(const char *text, struct capset *ret, struct mistake *ret_mistake);
void capset_to_iab(struct buf *b, const struct capset *s);

/* The external form of cap_copy_ext(3), bytes. -EINVAL for anything else. */
int capset_from_external(const void *data, size_t n, struct capset *ret);
void capset_to_external(struct buf *b, const struct capset *s);

/*
 * The same with as few bytes a flag as hold the set, and not fewer than at_least. libcap, which writes 8,
 * reads both.
 */
void capset_to_external_short(struct buf *b, const struct capset *s, uint8_t at_least);

/*
 * The same in another kind, as far as that can say it. A list is taken for what is permitted and effective,
 * or for what is ambient; flags and vectors share the inheritable set, and become the list of all that they
 * give.
 */
struct capset capset_as(const struct capset *s, enum capset_kind kind);
