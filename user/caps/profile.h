/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a profile advises: the part of the file that starts a command with it. The whole of the format is in
 * docs/capsieve-profile.5.
 *
 *	{
 *	  "type": "profile", "version": 1,
 *	  "status": "estimated",
 *	  "incomplete": false,
 *	  "advice": {
 *	    "capabilities": ["CAP_NET_RAW"],
 *	    "bounding": ["CAP_NET_RAW"],
 *	    "user": "nobody", "group": null,
 *	    "no_new_privs": true
 *	  }
 *	}
 *
 * All of these members are there; others may be, and are passed over.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct jsonin;

#define PROFILE_TYPE	"profile"
#define PROFILE_VERSION 1

enum profile_status {
	PROFILE_ESTIMATED,	/* from what was asked */
	PROFILE_VERIFIED,	/* it ran again with exactly this */
	PROFILE_STATUS_COUNT
};

struct profile {
	enum profile_status status;
	bool incomplete;	/* checks were lost while it was made, or a part was not seen */
	uint64_t caps;
	uint64_t bounding;	/* has all of .caps */
	char *user;		/* owned; "USER" or "USER:GROUP", names or numbers; NULL: nothing advised */
	bool no_new_privs;
};

/* "estimated", "verified". */
const char *profile_status_name(enum profile_status status);

/*
 * Reads n bytes. 0 and *ret, for profile_done; -EINVAL and a sentence in *why that begins with
 * file, as it is to be named, and the place; -ENOMEM.
 */
int profile_parse(const char *file, const char *text, size_t n, struct buf *why, struct profile *ret);
void profile_done(struct profile *p);

/* The same of a text that was opened already; its sentence goes where that one's go. */
int profile_take(const struct jsonin *root, struct profile *ret);

/* The set that a member of an object lists by name. 0, -EINVAL after saying what is wrong. */
int profile_take_caps(const struct jsonin *object, const char *key, uint64_t *ret);
