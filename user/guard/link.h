/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The collector's end of what joins it to the sender. It never waits: what the socket does not take is kept, alerts until
 * the sender says that they are safe on its disk, so that a sender that dies loses none; a new one is told all that it has to know
 * again. What comes from it is read as what a stranger says.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/model/message.h"

enum { LINK_ALERTS_MAX = 4096, LINK_BYTES_MAX = 4 << 20 };

struct link;

/* What is heard; names and sentences are the sender's own words: to be escaped. */
struct link_ears {
	void (*tested)(void *ctx, const char *output, bool ok, const char *sentence);
	void (*gap)(void *ctx, uint64_t start_ns, uint64_t end_ns, uint64_t lost, const char *reason);
	void (*refused)(void *ctx, const char *sentence);	/* the configuration */
	void *ctx;
};

struct link *link_new(const struct link_ears *ears);	/* NULL: out of memory */
void link_free(struct link *l);

/* A sender is there: fd is the link's from now on. link_lose: it is gone. */
void link_use(struct link *l, int fd);
void link_lose(struct link *l);
int link_fd(const struct link *l);	/* -1: there is none; polls readable, and with link_waits writable, for link_work */
bool link_waits(const struct link *l);

/* Reads and writes what can be without waiting. -EPIPE: the sender is gone, or what it says makes no sense. */
int link_work(struct link *l);

/* All of these keep a copy. -ENOMEM, or -EMSGSIZE: it cannot be told; nothing is kept. */
int link_configure(struct link *l, const char *name, const char *text, const struct message_file *files, size_t count);
int link_alert(struct link *l, const struct message_alert *alert);	/* .seq rises */
int link_metrics(struct link *l, const struct metric_sample *samples, size_t count);
int link_test(struct link *l, const char *output);
void link_reopen(struct link *l);
void link_drain(struct link *l, uint64_t deadline_ns);		/* CLOCK_MONOTONIC */
bool link_is_done(const struct link *l);			/* after that: the sender has nothing left to do */

struct link_figures {
	uint64_t alerts;	/* that were to be told */
	uint64_t waiting;	/* that are not safe yet */
	uint64_t dropped;	/* that no room was for: counted, and told as a gap */
	uint64_t left;		/* on disk for the next start, as the sender said at its end */
};
void link_figures(const struct link *l, struct link_figures *ret);

/* What the sender said last of its outputs; its own memory, good until the next link_work. */
size_t link_outputs(const struct link *l, const struct message_output **ret);

/* The same of its metrics: why nobody can read them; NULL: there is nothing wrong. */
const char *link_metrics_trouble(const struct link *l);
