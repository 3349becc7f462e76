/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All outputs at work: which alerts wait for which, threads that deliver them, and what becomes of those that cannot be.
 * No connection, or a receiver that is not well: again after 1 s to 5 min with jitter, or when it asks for it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config;
struct handed;
struct message;
struct message_alert;
struct outputs;

/* All are called by any thread, one at a time, and must not call back. */
struct outputs_config {
	const char *spool;	/* directory; NULL: .spool_fd */
	int spool_fd;
	const char *host;	/* this machine's name */
	void (*say)(void *ctx, const char *sentence);	/* safe for a terminal */
	void (*answer)(void *ctx, const struct message *m);	/* MESSAGE_TESTED, MESSAGE_GAP */
	void *ctx;
};

/* 0 and *ret; negative errno: the spool cannot be used, or there is no memory. */
int outputs_open(const struct outputs_config *config, struct outputs **ret);

/*
 * Takes a configuration over, and the files that came with it, which it frees, also on failure. What waits for outputs
 * that are gone is dropped, and told; what an output will not be able to do is said.
 */
int outputs_configure(struct outputs *o, struct config *config, struct handed *files);

/* Takes an alert: on disk, in memory, or counted as dropped. */
void outputs_alert(struct outputs *o, const struct message_alert *alert);

/* The alerts up to this one need not be kept by anybody else, whatever becomes of us or of the machine. */
uint64_t outputs_safe(struct outputs *o);

void outputs_reopen(struct outputs *o);

/* Delivers one alert, once, and answers. */
void outputs_test(struct outputs *o, const char *name);

/* Fills a MESSAGE_STATUS, whose texts are the outputs' and good until the next call of this. */
void outputs_status(struct outputs *o, struct message *ret);

/* Waits until nothing waits, or the deadline (CLOCK_MONOTONIC) has gone by. How many deliveries are left; these are synced. */
uint64_t outputs_drain(struct outputs *o, uint64_t deadline_ns);

/*
 * Ends the threads, and waits a little for them. False: one hangs, and nothing was freed; the process must end, and not
 * touch it again.
 */
bool outputs_close(struct outputs *o);
