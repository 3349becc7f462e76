/* SPDX-License-Identifier: BSD-2-Clause */
/* What tasks did to their credentials and their lives: an event_lifecycle, and what its numbers mean. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/event.h"

struct record;

/* What is known of the capabilities of a file that was executed. */
enum lifecycle_file {
	LIFECYCLE_FILE_KNOWN	 = 1 << 0,	/* the next two mean something */
	LIFECYCLE_FILE_HAS	 = 1 << 1,	/* it has the attribute, and the sets beside this */
	LIFECYCLE_FILE_EFFECTIVE = 1 << 2,
};

struct lifecycle {
	struct event_lifecycle event;
	uint32_t file;		/* enum lifecycle_file */
	uint32_t file_rootid;
	uint64_t file_permitted, file_inheritable;
};

/*
 * Reads one such event, of which data need not be aligned; what it is too short for is unknown. 0; -EBADMSG where it is
 * none, or ends before its path.
 */
int lifecycle_decode(const void *data, size_t len, struct lifecycle *ret);

/* Makes ret, which keeps pointing at l, the record of it: RECORD_LIFE, and what is common of .check. */
void lifecycle_record(const struct lifecycle *l, struct record *ret);

/* "capset", "exec", ...; NULL for what this version does not know. */
const char *lifecycle_operation(uint32_t what);

enum lifecycle_result {
	LIFECYCLE_UNKNOWN,
	LIFECYCLE_WORKED,
	LIFECYCLE_FAILED,	/* with an errno, but for setfsuid and setfsgid, which tell none */
	LIFECYCLE_EXITED,	/* an exit, with a code */
	LIFECYCLE_KILLED,	/* an exit, by a signal */
};

/* *ret_number: the errno, 0 where there is none; the exit code; the signal. Else 0. */
enum lifecycle_result lifecycle_result(const struct event_lifecycle *e, int *ret_number);

/* How a value of .asked, or a member of struct event_creds, is to be read. */
enum lifecycle_value {
	LIFECYCLE_ID,		/* (uint32_t)-1 among .asked: to stay as it is */
	LIFECYCLE_SET,
	LIFECYCLE_CAP,
	LIFECYCLE_NUMBER,
	LIFECYCLE_BITS,		/* securebits */
	LIFECYCLE_SWITCH,
};

/* What the n-th value of .asked is called; NULL: there is none. */
const char *lifecycle_asked(uint32_t what, unsigned int n, enum lifecycle_value *ret);

/* The members of struct event_creds, in the order in which they are told. */
struct lifecycle_member {
	const char *name;
	uint16_t offset;
	uint8_t width;		/* 4 or 8 */
	uint8_t value;		/* enum lifecycle_value */
};
extern const struct lifecycle_member lifecycle_members[];
extern const size_t lifecycle_member_count;

uint64_t lifecycle_get(const struct event_creds *c, const struct lifecycle_member *m);

/* Both sides known and not the same? */
bool lifecycle_changed(const struct event_lifecycle *e, const struct lifecycle_member *m);
