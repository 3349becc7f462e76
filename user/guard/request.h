/* SPDX-License-Identifier: BSD-2-Clause */
/* What is asked of a running daemon: a line of JSON, {"do": "status"}, from whoever may open its socket. */
#pragma once

#include <stddef.h>

struct buf;

enum { REQUEST_BYTES_MAX = 4096, REQUEST_NAME_MAX = 256, REQUEST_KEY_MAX = 2048 };

enum request_do {
	REQUEST_STATUS,
	REQUEST_RELOAD,
	REQUEST_TEST_OUTPUT,	/* .output */
	REQUEST_REOPEN,
	REQUEST_LEARN_ANEW,	/* .workload, "": all */
	REQUESTS
};

extern const char *const request_words[REQUESTS];

struct request {
	enum request_do what;
	char output[REQUEST_NAME_MAX];
	char workload[REQUEST_KEY_MAX];
};

/* Reads a line, without its end. 0; -EINVAL and a sentence in *why, in which its words are escaped; -ENOMEM. */
int request_read(const char *line, size_t n, struct request *ret, struct buf *why);

/* Appends the line that asks for it, with its end. */
void request_put(struct buf *b, const struct request *r);
