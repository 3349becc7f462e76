/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The metrics, as Prometheus reads them: of an address, where one is configured, and of a file for node_exporter's textfile
 * collector, which is written every 15 s. What the collector counts comes from it; the rest is known here.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct message;
struct message_metrics;
struct metrics;

/* 0 and *ret, -ENOMEM. */
int metrics_new(struct metrics **ret);
void metrics_free(struct metrics *m);

/* Either may be NULL: not so. 0; negative errno and a sentence in *why: it cannot be listened there. */
int metrics_configure(struct metrics *m, const char *listen, const char *textfile, struct buf *why);

/* Where it could not, it is tried again, every 10 s and not sooner. True: now it listens. */
bool metrics_listen_again(struct metrics *m);

/* Why it does not listen, as it is to; NULL: nothing is wrong. Good until the next of these calls. */
const char *metrics_trouble(struct metrics *m);

/* A part of what the collector has; with .last all of it is in force. */
void metrics_take(struct metrics *m, const struct message_metrics *part);

/* A MESSAGE_STATUS: what becomes of the outputs. */
void metrics_outputs(struct metrics *m, const struct message *status);

/* Every second or so: writes the file when its time has come. 0, or negative errno: it cannot be written. */
int metrics_turn(struct metrics *m);

/* All of it as text. Any thread may. */
void metrics_put(struct metrics *m, struct buf *b);
