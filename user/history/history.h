/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was used, by hour, in a database: SQLite, so that people can ask it themselves. One writes (the collector), any
 * number read meanwhile. docs/capsieve-history.1 has the tables.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct usage_batch;
struct usage_gap;

#define HISTORY_FILE	"history.db"
#define HISTORY_DEFAULT "/var/lib/capsieve/" HISTORY_FILE
#define HISTORY_MEMORY	":memory:"

enum { HISTORY_VERSION = 2 };

struct history;

/* Who writes, and when it began. Strings may be NULL: unknown. */
struct history_run {
	uint64_t start_ns;	/* CLOCK_REALTIME, as everywhere here */
	const char *host, *boot_id, *kernel, *machine, *probe;
	bool imported;		/* of a recording: nothing is said of the time before it */
};

/*
 * For the one who writes; it is made where it is not there. What is there and cannot be used - damaged, or of a newer
 * version - is moved aside, and told: nothing keeps anybody from watching. An older one is brought up to date. told: sentences
 * for a person, a line each, or nothing; a path in them is escaped. 0 and *ret; negative errno with a sentence in told.
 */
int history_open(const char *path, struct buf *told, struct history **ret);

/* For those who ask. -ENOENT: there is none (yet). Else as above; nothing is changed, and nothing moved. */
int history_read(const char *path, struct buf *told, struct history **ret);

/* For those who read: from the next question on all is of one state of it, until it is closed. 0 or negative errno. */
int history_hold(struct history *h);
void history_close(struct history *h);	/* NULL is fine */

/* A run begins: since the end of the one before, nobody watched, which is a gap. 0 or negative errno. */
int history_begin(struct history *h, const struct history_run *run);

/* And ends in order. */
int history_end(struct history *h, uint64_t end_ns);

/* Adds a batch, in one transaction: all of it or nothing. -ENOSPC, -EIO, -EBADMSG (damaged: history_renew), -ENOMEM. */
int history_add(struct history *h, const struct usage_batch *batch);

int history_gap(struct history *h, const struct usage_gap *gap);

struct history_alert {
	uint64_t time_ns, n;
	const char *workload;	/* its key; NULL: unknown */
	const char *rule, *json;
	unsigned severity;	/* enum decision_severity */
};

int history_alert(struct history *h, const struct history_alert *alert);

/* After -EBADMSG: moves it aside, and begins a new one in which the run goes on from now. As history_open. */
int history_renew(struct history *h, struct buf *told);

struct history_limits {
	uint64_t keep_ns;	/* 0: for ever */
	uint64_t max_bytes;	/* 0: as much as there is */
	uint64_t denials, alerts;	/* rows; 0: as usual */
};

#define HISTORY_KEEP_NS	  (90ULL * 86400 * 1000000000)
#define HISTORY_MAX_BYTES (512ULL << 20)

/*
 * Forgets what is older, then the oldest until it fits; hours older than 30 days become days. A little at a time: *ret_more
 * says that it is to be called again. 0 or negative errno.
 */
int history_keep(struct history *h, const struct history_limits *limits, uint64_t now_ns, bool *ret_more);

/* How large it is. */
uint64_t history_bytes(struct history *h);
