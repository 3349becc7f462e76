/* SPDX-License-Identifier: BSD-2-Clause */
/* Records that outlive those from whom they borrow: with a program, a stack and a lifecycle event of their own. */
#pragma once

#include <stddef.h>

#include "user/caps/site.h"
#include "user/model/record.h"

struct lifecycle;
struct program;

/* A program as it was when a record of it came; shared by records that came one after another. */
struct owned_program;

/* Starts zeroed; nothing is to be freed of it once all records are let go. */
struct owned {
	struct owned_program *last;	/* the one that was made last, or NULL */
	size_t bytes;			/* what everything that is kept takes, about */
};

struct owned_record {
	struct record record;	/* points into the rest: not to be copied but where it stands with owned_move */
	struct site site;
	struct owned_program *program;
	char *stack;
	struct lifecycle *life;
};

/* Makes ret one that borrows nothing but what lives as long as capsieve does. 0; -ENOMEM, and nothing is to be let go. */
int owned_keep(struct owned *o, const struct record *r, struct owned_record *ret);
void owned_let_go(struct owned *o, struct owned_record *r);

/* To another place, from which it is the only one. */
void owned_move(struct owned_record *to, const struct owned_record *from);

/* The program that it and others share, to be made better; NULL: it has none. */
struct program *owned_program(const struct owned_record *r);
