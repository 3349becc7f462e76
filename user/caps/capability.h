/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of capabilities, and what people write for them. A set is a mask: bit n is capability number n. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct buf;

#define CAPABILITY_COUNT    41		/* that have a name here: 0 to 40 */
#define CAPABILITY_MAX	    64		/* numbers that a set of the kernel can hold: 0 to 63 */
#define CAPABILITY_ALL	    UINT64_MAX	/* what `all` means: also the ones that do not exist yet */
#define CAPABILITY_NAME_MAX 24		/* the longest name and its NUL */

/* The list that was not understood; points into it. */
struct capability_error {
	const char *word;	/* the bad word; len 0: there is none where one is needed */
	size_t len;
	size_t column;		/* of the word, in bytes, the first is 1 */
	const char *nearest;	/* the good word that may have been meant, or NULL; never freed */
};

/* "CAP_SYS_ADMIN". A number that has no name is written into buf as "CAP_63". */
const char *capability_name(unsigned nr, char buf[static CAPABILITY_NAME_MAX]);

/* "sys_admin". */
void capability_put_short(struct buf *b, unsigned nr);

/*
 * The number of one capability in any usual spelling: CAP_SYS_ADMIN, sys_admin, Sys-Admin, 21, CAP_41.
 * -ENOENT for what is none.
 */
int capability_parse(const char *s, size_t n, unsigned *ret_nr);

/* The name, or `all`, that may have been meant by a word that is no capability; NULL, or never freed. */
const char *capability_nearest(const char *s, size_t n);

/*
 * The set that a list names: as capability_parse, separated by commas, blanks or both; `all` is
 * CAPABILITY_ALL. -ENOENT: a word is no capability; -EINVAL: there is no word at all. *ret_error is filled
 * on failure only.
 */
int capability_parse_list(const char *s, uint64_t *ret_mask, struct capability_error *ret_error);

/* "CAP_CHOWN,CAP_KILL", from the lowest number; nothing for the empty set. */
void capability_mask_names(struct buf *b, uint64_t mask);
