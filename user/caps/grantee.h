/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Something that is defined and starts processes - a unit, the containers of an image -, and what these would be granted,
 * whether or not any of them runs.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/base/buf.h"

enum grantee_kind { GRANTEE_UNIT, GRANTEE_USER_UNIT, GRANTEE_CONTAINER, GRANTEE_KINDS };

/* How much is lost with it when it goes astray; sorted by that. */
enum grantee_risk {
	GRANTEE_NONE,		/* nothing is granted */
	GRANTEE_LOW,
	GRANTEE_MODERATE,
	GRANTEE_UNKNOWN,	/* what is granted could not be told */
	GRANTEE_HIGH,
	GRANTEE_ROOT,		/* as good as root */
	GRANTEE_PRIVILEGED,	/* everything is granted */
	GRANTEE_RISKS
};

enum grantee_state { GRANTEE_STATE_UNKNOWN, GRANTEE_STOPPED, GRANTEE_RUNNING };

struct grantee {
	enum grantee_kind kind;
	const char *engine;	/* of a container; never freed, NULL: unknown */
	char *name;		/* owned, as are all texts; NULL: has none, or unknown */
	char *id, *image;
	char *user;		/* as it is given; NULL: root, or of a user's unit that user */
	char *owner;		/* whose own unit it is */
	char *slice;
	char *from;		/* the file that defines it */
	struct buf names;	/* of all containers of the image, each with its NUL */
	enum grantee_state state;
	bool known;		/* what is granted */
	bool privileged;	/* said to be, or nothing is held back */
	bool no_new_privs, own_userns;
	bool differs;		/* not all containers of the image are granted the same: these are the sets of any of them */
	uint64_t effective, bounding, ambient;
	bool used_known;	/* the next one: a history tells of it */
	uint64_t used;		/* what was ever used by any of its programs */
	unsigned drop_ins;	/* files of a unit beside the first one */
	size_t count, running;	/* containers of the image */
};

void grantee_done(struct grantee *g);

enum grantee_risk grantee_risk(const struct grantee *g);

const char *grantee_risk_name(enum grantee_risk risk);	/* "privileged", "root", "high", ..., "unknown", "none" */
const char *grantee_kind_name(enum grantee_kind kind);	/* "unit", "user_unit", "container" */
const char *grantee_state_name(enum grantee_state state);	/* "running", "stopped", NULL */

struct grantees {
	struct grantee *at;	/* owned, with what is in it */
	size_t count, room;
};

/* Takes over what *g owns. -ENOMEM: then it is freed. */
int grantees_put(struct grantees *list, struct grantee *g);
void grantees_done(struct grantees *list);

/* Makes the containers of one engine and image one entry. -ENOMEM; the list is whole then too. */
int grantees_join_images(struct grantees *list);

/* The riskiest first; of equals who holds more, then by name. */
void grantees_sort(struct grantees *list);
