/* SPDX-License-Identifier: BSD-2-Clause */
/* What differs between two profiles, for people and as JSON. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct answer;
struct buf;
struct comparison;

/* What is compared. */
struct change_view {
	const char *was_name, *now_name;	/* files; now_name NULL: this run */
	const struct answer *was, *now;
	const struct comparison *is;
	bool fresh;	/* .was is a file that is not there yet, of which nothing is expected */
	bool expecting, strict;
	int status;	/* of the command that ran; negative: none did */
};

/* width: of the terminal, 0 without a limit. */
void change_page(struct buf *b, const struct change_view *v, size_t width);

/* One object and a newline. */
void change_json(struct buf *b, const struct change_view *v);
