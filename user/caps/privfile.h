/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file that gives whoever executes it more than he has: by capabilities of its own, a setuid or a setgid
 * bit; what it gives, how dangerous that is, and what is wrong about the file.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/caps/filecaps.h"

struct buf;

enum privfile_caps {
	PRIVFILE_CAPS_NONE,
	PRIVFILE_CAPS_KNOWN,
	PRIVFILE_CAPS_HIDDEN,	/* there are some, and the kernel does not tell which */
};

/* What `file check` finds, the worst first. */
enum privfile_flaw {
	PRIVFILE_WRITABLE,	/* by others than root */
	PRIVFILE_DIRECTORY,	/* others can put another file in its place */
	PRIVFILE_INTERPRETER,	/* it runs what it is given */
	PRIVFILE_LINKED,	/* it has another name elsewhere */
	PRIVFILE_HIDDEN,	/* an attribute that the kernel does not show */
	PRIVFILE_SCRIPT,	/* does nothing: the kernel starts the interpreter without them */
	PRIVFILE_NOSUID,	/* does nothing: its file system is mounted so */
	PRIVFILE_FLAW_COUNT
};

/* From the least to the most. */
enum privfile_risk {
	PRIVFILE_RISK_NONE,	/* it does nothing, or gives nothing */
	PRIVFILE_RISK_LOW,
	PRIVFILE_RISK_MEDIUM,
	PRIVFILE_RISK_HIGH,
	PRIVFILE_RISK_ROOT,	/* the same as root, or a way to become it */
	PRIVFILE_RISK_COUNT
};

struct privfile {
	char *path;		/* owned, as are the strings below; any bytes but NUL */
	uint64_t dev, ino;
	uint64_t real_dev, real_ino;	/* of the file below, where an overlay shows it; else the same */
	bool owner_known;	/* the five below; a manifest need not tell them */
	uint32_t mode;		/* 07777 */
	uint32_t uid, gid;
	char *user, *group;	/* names, NULL where they have none */
	uint32_t links;
	enum privfile_caps has_caps;
	struct filecaps caps;
	char *flaws[PRIVFILE_FLAW_COUNT];	/* each in words, NULL: not so */
	char **also;		/* other names that were met */
	size_t also_count;
};

void privfile_done(struct privfile *f);

bool privfile_is_setuid(const struct privfile *f);

/* A setgid bit without execution for the group is none. */
bool privfile_is_setgid(const struct privfile *f);

/* It has capabilities (or an attribute that should hold them), or is setuid or setgid. */
bool privfile_carries(const struct privfile *f);
bool privfile_is_flawed(const struct privfile *f);
enum privfile_risk privfile_risk(const struct privfile *f);

/* "setuid root cap_net_raw=ep [rootid=1000]", as getcap has the latter; "nothing". Safe for a terminal. */
void privfile_privileges(struct buf *b, const struct privfile *f);

/* "writable", "directory", ...: what a flaw is called in JSON. */
const char *privfile_flaw_name(enum privfile_flaw flaw);
const char *privfile_risk_name(enum privfile_risk risk);

/* Both give the same: version and format aside. */
bool privfile_same_caps(const struct privfile *a, const struct privfile *b);

/* Who but root can write to what has such a mode and owner? */
enum privfile_writer { PRIVFILE_NOBODY, PRIVFILE_OWNER, PRIVFILE_GROUP, PRIVFILE_EVERYONE };
enum privfile_writer privfile_file_writer(const struct privfile *f);

/* The same of a directory above it: who can remove or replace what is in there? dir_mode with its 01000. */
enum privfile_writer privfile_dir_writer(const struct privfile *f, uint32_t dir_mode, uint32_t dir_uid,
					 uint32_t dir_gid);

/* A list; it owns what is in it. */
struct privfiles {
	struct privfile *at;
	size_t count, room;
};

/* Takes over what *f owns. -ENOMEM: then it is freed. */
int privfiles_put(struct privfiles *list, struct privfile *f);
void privfiles_done(struct privfiles *list);

void privfiles_sort_by_path(struct privfiles *list);

/* The most dangerous first, flawed before not, then by path. */
void privfiles_sort_by_risk(struct privfiles *list);

/*
 * Drops what an overlay shows of a file that is itself in the list. With links, the names of one file become
 * one entry with the others in its .also, too. The order is by path afterwards. -ENOMEM: names are missing
 * in .also.
 */
int privfiles_merge(struct privfiles *list, bool links);
