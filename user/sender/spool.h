/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Alerts on their way, on disk until they have arrived. Every output has a directory with a file for each alert that
 * waits for it; an alert for several is one file with as many names, so that what one output has and another has not
 * is told by the names alone, at whatever moment the process is killed. What is to outlive the machine is synced in
 * batches, by whoever owns the spool.
 *
 * Bounded: where there is no room, in the spool or on the disk, the oldest of the lowest severity goes, and is told. What
 * the disk does not take, full of what is not ours, is kept in memory as far as that goes.
 *
 * Not for two threads at once, but for spool_read.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct message_alert;
struct spool;
struct spool_entry;

enum { SPOOL_SLOTS_MAX = 64, SPOOL_MEMORY_MAX = 1 << 20 };

/* An alert goes before it arrived everywhere. */
struct spool_lost {
	uint64_t seq, wall_ns;
	uint64_t slots;		/* bit n: that of slot n */
	const char *reason;
};

struct spool_config {
	const char *path;		/* a directory; made with mode 0700. NULL: that of .fd */
	int fd;				/* it stays the caller's */
	uint64_t max_bytes;
	void (*lost)(void *ctx, const struct spool_lost *lost);
	void *ctx;
};

/* Finds what was left there. 0 and *ret; negative errno, -EMFILE where there are more outputs than slots. */
int spool_open(const struct spool_config *config, struct spool **ret);
void spool_close(struct spool *s);

void spool_set_limit(struct spool *s, uint64_t max_bytes);

/* The slot of an output: what waits in a directory of that name is its. Negative errno: -EMFILE too many. */
int spool_slot(struct spool *s, const char *name);
size_t spool_slots(const struct spool *s);
const char *spool_slot_name(const struct spool *s, size_t slot);

/*
 * Takes an alert for some slots (a bit each). 0: it is on disk; 1: in memory; -ENOSPC: it was the one to go, and was told
 * to .lost. One that is there already, by its seq, is not taken again.
 */
int spool_add(struct spool *s, const struct message_alert *alert, uint64_t slots, uint64_t wall_ns);

/* The oldest for a slot that nobody took, which is now taken; NULL: none. Until spool_done or spool_put_back it stays. */
struct spool_entry *spool_take(struct spool *s, size_t slot);
bool spool_waits(const struct spool *s, size_t slot);

/* Appends the alert as message_get reads it. 0 or negative errno. Needs no lock while the entry is taken. */
int spool_read(const struct spool *s, const struct spool_entry *e, size_t slot, struct buf *b);

/* It arrived (or never will); it did not. */
void spool_done(struct spool *s, struct spool_entry *e, size_t slot);
void spool_put_back(struct spool *s, struct spool_entry *e, size_t slot);

/* An output is gone: so is what waits for it. */
void spool_drop_slot(struct spool *s, size_t slot, const char *reason);

struct spool_figures {
	uint64_t count, bytes;
};

void spool_figures(const struct spool *s, size_t slot, struct spool_figures *ret);

/* Of all slots; bytes once for each alert. */
void spool_total(const struct spool *s, struct spool_figures *ret);

/* The alerts up to this one would survive us, and a machine that loses its power. */
uint64_t spool_safe(const struct spool *s);

/* Negative errno: why the last one could not be put on disk; 0: it could. */
int spool_trouble(const struct spool *s);

/* How many are on disk for as long as the machine runs, and no longer for sure. */
size_t spool_unsynced(const struct spool *s);

/*
 * Syncs them, in three steps of which only the second may take long, and needs no lock: what goes meanwhile is passed over,
 * what comes is for the next time. spool_sync_end frees, whatever the others said, and marks those as safe for which
 * spool_sync_work had no error: it returns 0 or a negative errno, after which all are to be tried again.
 */
struct spool_sync;
int spool_sync_begin(struct spool *s, struct spool_sync **ret);
int spool_sync_work(const struct spool *s, struct spool_sync *sync);
void spool_sync_end(struct spool *s, struct spool_sync *sync);
uint64_t spool_entry_seq(const struct spool_entry *e);
