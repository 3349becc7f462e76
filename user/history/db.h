/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the history share: SQLite in our words. Texts of SQL are literals; what comes from outside is bound. */
#pragma once

#include <stdint.h>

#include "user/history/history.h"
#include "user/history/sqlite.h"

struct history {
	sqlite3 *db;
	char *path;
	int64_t run;		/* its row; 0: none was begun */
	uint64_t until_ns;	/* the newest that was added */
	struct history_run begun;	/* with .run; its strings are owned */
};

/* A result code as a negative errno; SQLITE_OK, _ROW and _DONE are 0. */
int db_error(int code);

/* One or more statements without parameters. 0 or negative errno. */
int db_exec(struct history *h, const char *sql);

/* 0 and *ret, for sqlite3_finalize. */
int db_prepare(struct history *h, const char *sql, sqlite3_stmt **ret);

/* Binds by a letter each: 'i' int64_t, 's' const char * (NULL: null); and runs it for no row. It can be used again. */
int db_run(sqlite3_stmt *st, const char *types, ...);

/* The same, for rows: 1 there is one, 0 none, negative errno. */
int db_first(sqlite3_stmt *st, const char *types, ...);
int db_next(sqlite3_stmt *st);

/* One number: that of a pragma, or of a statement without parameters. 0 or negative errno. */
int db_number(struct history *h, const char *sql, int64_t *ret);

/* A text of a row, NULL where it is null. Good until the row is left. */
const char *db_text(sqlite3_stmt *st, int column);
