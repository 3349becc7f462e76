/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/history/db.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>

#include "user/base/memory.h"

int db_error(int code)
{
	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE: return 0;
	case SQLITE_NOMEM: return memory_lack();
	case SQLITE_FULL: return -ENOSPC;
	case SQLITE_BUSY:
	case SQLITE_LOCKED: return -EBUSY;
	case SQLITE_READONLY: return -EROFS;
	case SQLITE_PERM:
	case SQLITE_AUTH: return -EACCES;
	case SQLITE_CANTOPEN: return -ENOENT;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_FORMAT:
	case SQLITE_ERROR:	/* our statements are right: its tables are not ours, */
	case SQLITE_SCHEMA: return -EBADMSG;	/* nor here */
	default: return -EIO;
	}
}

int db_exec(struct history *h, const char *sql)
{
	return db_error(sqlite.exec(h->db, sql, NULL, NULL, NULL));
}

int db_prepare(struct history *h, const char *sql, sqlite3_stmt **ret)
{
	return db_error(sqlite.prepare_v2(h->db, sql, -1, ret, NULL));
}

static int bind(sqlite3_stmt *st, const char *types, va_list args)
{
	int code = SQLITE_OK;

	for (int i = 0; types[i] && code == SQLITE_OK; i++) {
		const char *text;

		if (types[i] == 'i') {
			code = sqlite.bind_int64(st, i + 1, va_arg(args, int64_t));
			continue;
		}
		text = va_arg(args, const char *);
		code = text ? sqlite.bind_text(st, i + 1, text, -1, SQLITE_TRANSIENT) : sqlite.bind_null(st, i + 1);
	}
	return code;
}

int db_run(sqlite3_stmt *st, const char *types, ...)
{
	va_list args;
	int code;

	va_start(args, types);
	code = bind(st, types, args);
	va_end(args);
	if (code == SQLITE_OK)
		code = sqlite.step(st);
	sqlite.reset(st);
	return db_error(code);
}

int db_first(sqlite3_stmt *st, const char *types, ...)
{
	va_list args;
	int code;

	sqlite.reset(st);
	va_start(args, types);
	code = bind(st, types, args);
	va_end(args);
	return code == SQLITE_OK ? db_next(st) : db_error(code);
}

int db_next(sqlite3_stmt *st)
{
	const int code = sqlite.step(st);

	if (code == SQLITE_ROW)
		return 1;
	sqlite.reset(st);
	return db_error(code);
}

int db_number(struct history *h, const char *sql, int64_t *ret)
{
	sqlite3_stmt *st = NULL;
	int err = db_prepare(h, sql, &st), row = 0;

	if (!err)
		row = db_first(st, "");
	if (row == 1)
		*ret = sqlite.column_int64(st, 0);
	sqlite.finalize(st);
	if (err || row < 0)
		return err ? err : row;
	return row ? 0 : -ENODATA;
}

const char *db_text(sqlite3_stmt *st, int column)
{
	return (const char *)sqlite.column_text(st, column);
}
