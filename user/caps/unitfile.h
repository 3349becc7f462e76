/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a systemd unit says of the capabilities of its processes: read from the texts of its files, the fragment first and
 * then its drop-ins, as systemd reads them (systemd.exec(5), systemd.syntax(7)).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of one kind of Exec line, those that are in force. */
struct unitfile_commands {
	unsigned all;
	unsigned unconfined;	/* with a leading +: nothing of what is said of capabilities and users holds for them */
	unsigned as_root;	/* with a leading !: User= does not hold */
};

enum { UNITFILE_COMMANDS = 7 };	/* kinds of Exec lines */

enum { UNITFILE_FILTER = 96 };	/* of SystemCallFilter= so much is kept */

/* Starts as unitfile_init leaves it. A set is a mask with bit n for capability n. */
struct unitfile {
	uint64_t bounding;	/* CAPABILITY_ALL where nothing is said */
	uint64_t ambient;
	char *user;		/* owned; NULL: none is named, so root, or in a user's systemd that user */
	char *slice;		/* owned; NULL: the usual one */
	bool dynamic_user, no_new_privs, private_users;
	bool private_devices, protect_modules, protect_logs, protect_clock;	/* each takes some from the bounding set */
	struct unitfile_commands commands[UNITFILE_COMMANDS];
	char filter[UNITFILE_FILTER];	/* SystemCallFilter=, as it stands there; "..." where it is longer */
	unsigned unknown;	/* words in sets that are no capabilities; systemd passes over them too */
};

enum { UNITFILE_BYTES_MAX = 1 << 20, UNITFILE_LINE_MAX = 1 << 16 };

void unitfile_init(struct unitfile *u);
void unitfile_done(struct unitfile *u);

/*
 * Reads one file into u, over what stands there. Lines that are not understood are passed over. 0; -EBADMSG: it holds a
 * NUL, or a line of more than UNITFILE_LINE_MAX, and nothing of it was read; -ENOMEM.
 */
int unitfile_read(struct unitfile *u, const char *text, size_t n);

/* One assignment, as a file or `systemctl show` has it. 0, also for a key that says nothing of all this; -ENOMEM. */
int unitfile_assign(struct unitfile *u, const char *key, size_t key_len, const char *value, size_t n);

/* What its processes are started with. */
struct unitfile_grant {
	uint64_t effective, bounding, ambient;
	bool root;		/* the user is root */
	bool no_new_privs;
	bool own_userns;	/* all of it in a user namespace of their own */
	char filter[UNITFILE_FILTER];	/* of system calls; "": none */
};

/* all: the capabilities that this kernel has. manager: of the system's systemd, else of a user's, which has none to give. */
struct unitfile_grant unitfile_granted(const struct unitfile *u, uint64_t all, bool manager);
