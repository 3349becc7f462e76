/* SPDX-License-Identifier: BSD-2-Clause */
/* A profile with all that it says, from the text of its file: what answer_json wrote, as the answer that it was. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "user/advice/answer.h"

struct buf;

struct saved {
	struct answer answer;	/* what it points to is owned by this */
	bool whole;		/* it says why; else only what it advises is filled */
};

/*
 * Reads n bytes. 0 and *ret, for saved_done; -EINVAL and a sentence in *why that begins with file, as it is to be named,
 * and the place; -ENOMEM.
 */
int saved_parse(const char *file, const char *text, size_t n, struct buf *why, struct saved *ret);
void saved_done(struct saved *s);

struct saved_list {
	struct saved *at;
	size_t count;
};

/* As many as a file has: one, or those of all workloads of a host, as host_json() wrote them. For saved_done_all. */
int saved_parse_all(const char *file, const char *text, size_t n, struct buf *why, struct saved_list *ret);
void saved_done_all(struct saved_list *list);
