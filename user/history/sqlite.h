/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SQLite, loaded when somebody opens a history and not before: whoever only listens need not map it. A program that is
 * linked statically has it in itself.
 */
#pragma once

#include <sqlite3.h>

#define SQLITE_CALLS(X) \
	X(bind_int64) X(bind_null) X(bind_text) X(busy_timeout) X(changes) X(close_v2) \
	X(column_int64) X(column_text) X(db_config) X(exec) X(finalize) X(last_insert_rowid) \
	X(limit) X(open_v2) X(prepare_v2) X(reset) X(step)

/* Its functions, by their names without the prefix. */
struct sqlite_calls {
	void *library;
#define SQLITE_MEMBER(name) __typeof__(&sqlite3_##name) name;
	SQLITE_CALLS(SQLITE_MEMBER)
#undef SQLITE_MEMBER
};

extern struct sqlite_calls sqlite;

/* Before the first of them, by one thread. 0, also the second time; -ELIBACC: it is not there, or lacks some. */
int sqlite_load(void);
