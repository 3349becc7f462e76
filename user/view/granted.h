/* SPDX-License-Identifier: BSD-2-Clause */
/* What is defined and what it would be granted, for people and as JSON. All text is safe for a terminal. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct grantee;
struct grantees;

enum { GRANTED_COLUMNS_MAX = 16 };

/* Which columns, and how wide; starts as granted_layout leaves it. */
struct granted_layout {
	bool all;			/* every column */
	bool used;			/* a history tells what was used */
	size_t widths[GRANTED_COLUMNS_MAX];
};

/* Makes room for all of them. */
void granted_layout(const struct grantees *list, bool all, struct granted_layout *ret);

void granted_header(struct buf *b, const struct granted_layout *layout);
void granted_line(struct buf *b, const struct granted_layout *layout, const struct grantee *g);
void granted_json(struct buf *b, const struct grantee *g);

struct granted_summary {
	size_t units, user_units, images, containers;	/* that are shown; images: entries of containers */
	size_t privileged, root, unknown;	/* entries of each */
	size_t unreadable;		/* files that were passed over */
};

struct granted_summary granted_summarize(const struct grantees *list, size_t unreadable);

/* A sentence in one line, without a newline. */
void granted_summary_text(struct buf *b, const struct granted_summary *s);
void granted_summary_json(struct buf *b, const struct granted_summary *s);
