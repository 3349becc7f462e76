/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the daemon's two processes say to each other: the collector, which has capabilities and listens to the
 * kernel, and the sender, which has none and talks to the world. One message is one packet of their socket, in
 * either direction. Numbers are varints, texts have their length in front and a NUL behind; what does not read
 * so, or is beyond its limit, is refused whole. What a text means is not looked at here: what comes from the
 * sender is hostile, and escaped where it is shown.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/model/decision.h"
#include "user/model/metric.h"

struct buf;

enum {
	MESSAGE_VERSION = 1,
	MESSAGE_BYTES_MAX = 128 << 10,
	MESSAGE_NAME_MAX = 256,		/* bytes of a name: of a rule, of an output, of a label */
	MESSAGE_TEXT_MAX = 1024,	/* of a sentence */
	MESSAGE_KEY_MAX = 1024,		/* of a key */
	MESSAGE_PATH_MAX = 4096,
	MESSAGE_OUTPUTS_MAX = 40,	/* those that are configured, and those that always are there */
	MESSAGE_SAMPLES_MAX = 512
};

enum message_type {
	/* from the collector */
	MESSAGE_CONFIG = 1,	/* .config: before anything else, and at each reload */
	MESSAGE_ALERT,		/* .alert */
	MESSAGE_METRICS,	/* .metrics */
	MESSAGE_REOPEN,		/* files are opened again: they were moved away */
	MESSAGE_TEST,		/* .test: one alert to one output, with an answer */
	MESSAGE_DRAIN,		/* .drain: no more comes; what waits is delivered until then, and the sender ends */

	/* from the sender */
	MESSAGE_CONFIGURED,	/* .answer: is .config in force? */
	MESSAGE_STORED,		/* .stored: the alerts up to this one are safe on disk, or told as dropped */
	MESSAGE_STATUS,		/* .status: every second, where it changed */
	MESSAGE_TESTED,		/* .answer, with .name being the output */
	MESSAGE_GAP,		/* .gap: alerts that nobody will be told of */
	MESSAGE_DONE,		/* .done: the last one */

	/* from the collector */
	MESSAGE_FILE,		/* .file: of what the next .config names; before it */
	MESSAGE_TYPES
};

/* capsieve.yaml: what it is called, and all of it; both "" for the defaults. */
struct message_config {
	const char *name, *text;
};

/* A file that the sender may not be able to read. */
struct message_file {
	const char *path, *text;
};

struct message_alert {
	uint64_t seq;			/* rises; names this alert for .stored */
	uint8_t severity;		/* enum decision_severity */
	const char *outputs[MESSAGE_OUTPUTS_MAX];	/* none: those that are the default */
	size_t output_count;
	const char *rule;
	const char *key;		/* alike for alerts of which one repeats or resolves the other */
	const char *json;		/* one object, on one line */
};

/* A list too long for one message comes in several, with .last in the last one. It replaces the one before. */
struct message_metrics {
	bool last;
	struct metric_sample samples[MESSAGE_SAMPLES_MAX];
	size_t count;
};

struct message_output {
	const char *name;
	uint64_t queue, spool_bytes;
	uint64_t ok, errors, dropped;
	const char *last_error;		/* a sentence; "": there was none */
};

struct message {
	enum message_type type;
	union {
		struct message_config config;
		struct message_file file;
		struct message_alert alert;
		struct message_metrics metrics;
		struct { const char *output; } test;
		struct { uint64_t deadline_ns; } drain;		/* CLOCK_MONOTONIC */
		struct { const char *name; bool ok; const char *sentence; } answer;
		struct { uint64_t seq; } stored;
		struct {
			struct message_output outputs[MESSAGE_OUTPUTS_MAX];
			size_t count;
			const char *metrics;	/* a sentence: why nobody can read them now; "": there is nothing wrong */
		} status;
		struct {
			uint64_t start_ns, end_ns;	/* CLOCK_REALTIME: of the alerts that are gone */
			uint64_t lost;
			const char *reason;
		} gap;
		struct { uint64_t left; } done;			/* deliveries that wait on disk for the next start */
	};
};

/*
 * Appends m to b, as one packet. NULL texts are written as "". 0; -EMSGSIZE where a text or all of it is beyond
 * its limit, -EINVAL where a number is, and b is as it was; -ENOMEM.
 */
int message_put(struct buf *b, const struct message *m);

/*
 * Reads one packet, of n bytes; *ret borrows its texts from data. It is large: keep one, and not on a deep stack.
 * 0, or -EBADMSG: not of this version, of no known type, beyond a limit, cut, or with something behind its end;
 * *ret is then anything.
 */
int message_get(const void *data, size_t n, struct message *ret);
