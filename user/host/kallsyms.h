/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's symbol table, /proc/kallsyms: which function does an address of the kernel lie in? The file shows
 * addresses to whom the kernel trusted when it was opened, so it is opened while there are privileges, and read
 * when the first name is asked for; again where an address belongs to what was loaded since.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/base/buf.h"

enum {
	KALLSYMS_BYTES_MAX = 128 << 20,	/* of the file */
	KALLSYMS_MAX = 2 << 20,		/* functions */
	KALLSYMS_WORD_MAX = 512,	/* bytes of a name, or of a module's */
};

struct kallsyms_symbol {
	uint64_t address;
	uint32_t name;		/* where in .names; its NUL is followed by the module, "" in the kernel itself */
	uint32_t order;		/* in the file */
};

/* A table in memory. All zero is an empty one. */
struct kallsyms_table {
	struct buf symbols;	/* struct kallsyms_symbol, by address */
	struct buf names;
	bool hidden;		/* there are functions, and none has an address */
};

/*
 * Reads the text of such a file; only functions are kept, and lines that are none are passed over. 0; -E2BIG beyond
 * KALLSYMS_MAX, -ENOMEM: *ret is then empty. kallsyms_table_done frees it.
 */
int kallsyms_parse(const char *text, size_t n, struct kallsyms_table *ret);
void kallsyms_table_done(struct kallsyms_table *t);

/* A function, as strings that belong to the table. */
struct kallsyms_name {
	const char *name, *module;	/* module "": the kernel itself */
	uint64_t start;
};

/*
 * The function that an address lies in. False where it lies in none: beyond a module's last function there is no
 * telling whose it is, so no more than a page is believed to be that one's.
 */
bool kallsyms_table_find(const struct kallsyms_table *t, uint64_t address, struct kallsyms_name *ret);

struct kallsyms;

/* Opens DIR/kallsyms and reads nothing. 0 and *ret; negative errno. */
int kallsyms_open(const char *proc, struct kallsyms **ret);
void kallsyms_close(struct kallsyms *k);

/* Do we see addresses? Reads no more than the first of them. 0: yes; -EPERM: they are hidden; other negative errno. */
int kallsyms_shown(struct kallsyms *k);

/* Gives the memory of the table back where nothing was looked for in it for so long. It is read again when it is wanted. */
void kallsyms_rest(struct kallsyms *k, uint64_t unused_ns);

/* As kallsyms_table_find; what it gives is good until the next call. Reads the file where that is needed. */
bool kallsyms_find(struct kallsyms *k, uint64_t address, struct kallsyms_name *ret);
