/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where alerts go: one of these for each type of output. Each output is used by threads of its own - of an exec hook
 * several -, so that what is slow blocks nobody else; all but .config is the output's.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config_output;
struct handed;
struct message_alert;

/* What became of an alert. */
enum delivered {
	DELIVERED,
	DELIVER_AGAIN,	/* later: nobody is there, or is not well */
	DELIVER_NEVER	/* it was refused, and would be again */
};

enum { DELIVERY_WHY = 256 };

struct delivery {
	uint64_t after_ns;	/* DELIVER_AGAIN: not before that time has gone by; 0: nothing was said */
	char why[DELIVERY_WHY];	/* a sentence without an end, safe for a terminal; DELIVERED: "", or what is wrong all the same */
};

struct output_context {
	const struct config_output *config;	/* outlives the output */
	const struct handed *files;		/* as the configuration names them; outlives the output */
	const char *host;			/* this machine's name */
	const atomic_bool *quit;		/* whoever waits ends soon after this is set */
};

struct output_ops {
	/* NULL: there is not the memory. What it needs is opened when it is used. */
	void *(*open)(const struct output_context *context);
	enum delivered (*deliver)(void *o, const struct message_alert *alert, struct delivery *ret);
	void (*close)(void *o);

	/* The two may be NULL. */
	void (*reopen)(void *o);
	/* For what is to be done with time; returns after how many nanoseconds it wants to be called again, 0: not. */
	uint64_t (*tick)(void *o);
};

extern const struct output_ops output_lines, output_syslog, output_journal, output_exec, output_webhook;

/* Puts a sentence, made safe, into ret->why. */
void delivery_say(struct delivery *ret, const char *format, ...) __attribute__((format(printf, 2, 3)));
