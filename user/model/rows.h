/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a block of a recording is made of: sections, and in them tables of rows that are written column by column, each
 * number as its difference from the row before. Numbers of sections and columns are numbers for life: what is not known
 * is skipped, a column that is missing is zero, so both only ever grow.
 *
 * What many checks say alike is said once: a check is a time, the number of its task's row and the number of the row that
 * says what was asked. Texts are said once a block, and are numbers too; 0 is none.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "bpf/event.h"
#include "user/base/buf.h"
#include "user/model/workload.h"

enum rows_section {
	SECTION_TEXTS = 1,	/* each: its length, its bytes, a NUL */
	SECTION_PROGRAMS,	/* rows of struct program_row */
	SECTION_NAMES,		/* rows of struct name_row */
	SECTION_TASKS,		/* rows of struct task_row */
	SECTION_ASKED,		/* rows of struct asked_row */
	SECTION_TIMES,		/* a check each: nanoseconds after the one before */
	SECTION_TASK_OF,	/* a check each: row of its task, as a difference */
	SECTION_ASKED_OF,	/* a check each: row of what was asked */
	SECTION_WALLS,		/* runs of checks: how many, and by what the offset to the wall clock differs */
	SECTION_SEQS,		/* runs of checks: how many, and how many numbers were left out before the first */
	SECTION_LOSSES,		/* each: how many checks came before it, wall clock, number of causes, a count each */
	SECTION_LIVES,		/* rows of struct life_row */
	SECTION_WORKLOADS,	/* rows of struct workload_row */
	SECTION_RESOLVED,	/* rows of struct resolved_row */
	SECTION_COUNT
};

enum { ROWS_MAX = 65536 };	/* of a table, and texts, in one block */

struct program_row {
	uint64_t id, cgroup_id;
	uint64_t inheritable, permitted, effective, bounding, ambient;
	uint32_t flags;
	uint32_t tgid, ppid, ns_pid;
	uint32_t uid, euid, gid, egid, login_uid;
	uint32_t userns, pidns, mntns, netns;
	uint32_t comm, exe, cgroup, unit, slice, session, args;	/* texts */
	uint32_t workload;	/* number of its row and 1; 0: not told */
	uint32_t ancestors;	/* text */
	uint32_t reserved;
};

struct workload_row {
	uint64_t cgroup_id;
	uint64_t bounding, effective, permitted, inheritable, ambient;
	uint32_t kind, engine, flags, owner, granted;
	uint32_t text[WORKLOAD_TEXTS];
	uint32_t reserved;
};

_Static_assert(WORKLOAD_TEXTS == 16, "a new text of a workload needs a column in workload_row");

/* More became known of a workload than the programs before it were said to have. */
struct resolved_row {
	uint64_t wall_ns;
	uint32_t at;		/* checks in the block before it */
	uint32_t workload;	/* number of its row */
};

enum name_kind { NAME_USER, NAME_GROUP };

struct name_row {
	uint32_t kind, id;
	uint32_t text;
};

/* Who asked. Process and program are told as differences from those of the program's row: mostly zero. */
struct task_row {
	uint64_t id;
	uint64_t effective, permitted;
	uint32_t program;	/* number of its row and 1; 0: unknown */
	uint32_t tgid, tid;
	uint32_t uid, euid, gid;
	uint32_t userns_asker, userns_target;
	uint32_t comm;		/* text */
	uint32_t reserved;
};

struct asked_row {
	uint32_t flags;
	int32_t cap, syscall, lsm_ret;
	uint32_t probe;
	uint32_t stack;		/* text */
	uint64_t argument;
	uint32_t outcome;	/* enum outcome and 1; 0: not asked for */
	int32_t error;
};

/* A lifecycle event; process and program as in a task_row. */
struct life_row {
	uint64_t mono_ns, wall_offset, seq;
	uint64_t id;
	uint64_t ret, asked[3];
	uint64_t file_permitted, file_inheritable;
	struct event_creds before, after;
	uint32_t at, losses;	/* how many checks and losses of this block came before it */
	uint32_t program;	/* number of its row and 1; 0: unknown */
	uint32_t tgid, tid;
	uint32_t flags, what, syscall;
	uint32_t file, file_rootid;
	uint32_t comm, path;	/* texts */
};

_Static_assert(sizeof(struct event_lifecycle) == 392, "a new field of a lifecycle event needs a column in life_row");
_Static_assert(sizeof(struct event_check) == 104, "a new field of a check needs a column in task_row or asked_row");

struct rows_column {
	uint16_t id, offset;
	uint8_t width;		/* 4 or 8 */
};

struct rows_table {
	size_t width;		/* of a row */
	const struct rows_column *columns;
	size_t count;
};

extern const struct rows_table rows_programs, rows_names, rows_tasks, rows_asked, rows_lives, rows_workloads, rows_resolved;

/* Appends a table of count rows. */
void rows_put(struct buf *b, const struct rows_table *table, const void *rows, uint32_t count);

/*
 * Reads a table into *ret, whose memory is used again; *ret_count rows. 0; -EBADMSG where lengths lie or there are more
 * than ROWS_MAX; -ENOMEM.
 */
int rows_get(const void *data, size_t len, const struct rows_table *table, struct buf *ret, uint32_t *ret_count);
