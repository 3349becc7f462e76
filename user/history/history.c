/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/history/history.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/text.h"
#include "user/history/db.h"
#include "user/history/schema.h"
#include "user/model/usage.h"

enum { BUSY_MS = 5000 };

/* What a database may contain is not what may be done with it; a little memory, and no file beside it that stays large. */
static const char settings[] = "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA temp_store=MEMORY;"
			       "PRAGMA cache_size=-512; PRAGMA mmap_size=0;";
/* Pages that are free are given back (user/history/keep.c); that can only be said of an empty file. */
static const char writing[] = "PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
			      "PRAGMA journal_size_limit=4194304;";

static const char no_library[] = "libsqlite3.so.0, which reads it, cannot be loaded";

static void limit(sqlite3 *db)
{
	sqlite.busy_timeout(db, BUSY_MS);
	sqlite.db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite.limit(db, SQLITE_LIMIT_ATTACHED, 0);
	sqlite.limit(db, SQLITE_LIMIT_LENGTH, 1 << 20);
	sqlite.limit(db, SQLITE_LIMIT_VDBE_OP, 100000);
}

static int open_db(struct history *h, const char *name, int flags)
{
	int code, err = sqlite_load();

	if (err)
		return err;
	code = sqlite.open_v2(name, &h->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
	if (code != SQLITE_OK)
		return db_error(code);
	limit(h->db);
	return db_exec(h, settings);
}

static void close_db(struct history *h)
{
	if (h->db)
		sqlite.close_v2(h->db);
	h->db = NULL;
}

/* For nobody else to read: names of programs and who ran them are in it. */
static int make_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, 0600);
	struct stat st;
	int err;

	if (fd < 0)
		return -errno;
	err = fstat(fd, &st) ? -errno : S_ISREG(st.st_mode) ? 0 : -EINVAL;
	close(fd);
	return err;
}

/* Whoever did not end in order may have left it half written by more than what the log mends. */
static int check_whole(struct history *h)
{
	int64_t closed = 1;
	sqlite3_stmt *st;
	int err = db_number(h, "SELECT closed FROM run ORDER BY id DESC LIMIT 1", &closed), row;

	if (err == -ENODATA || (!err && closed))
		return 0;
	err = err ? err : db_prepare(h, "PRAGMA quick_check(1)", &st);
	if (err)
		return err;
	row = db_first(st, "");
	err = row < 0 ? row : row && db_text(st, 0) && !strcmp(db_text(st, 0), "ok") ? 0 : -EBADMSG;
	sqlite.finalize(st);
	return err;
}

static int open_writing(struct history *h)
{
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	int err = strcmp(h->path, HISTORY_MEMORY) ? make_file(h->path) : 0;

	err = err ? err : open_db(h, h->path, flags);
	err = err ? err : db_exec(h, writing);
	err = err ? err : schema_bring(h);
	return err ? err : check_whole(h);
}

static void forget_run(struct history *h)
{
	free((char *)h->begun.host);
	free((char *)h->begun.boot_id);
	free((char *)h->begun.kernel);
	free((char *)h->begun.machine);
	free((char *)h->begun.probe);
	h->begun = (struct history_run){ .host = NULL };
}

static const char *copy(const char *text, bool *failed)
{
	const char *copied = text ? strdup(text) : NULL;

	*failed |= text && !copied;
	return copied;
}

static int keep_run(struct history *h, const struct history_run *run)
{
	bool failed = false;

	forget_run(h);
	h->begun = (struct history_run){
		.start_ns = run->start_ns, .imported = run->imported, .host = copy(run->host, &failed),
		.boot_id = copy(run->boot_id, &failed), .kernel = copy(run->kernel, &failed),
		.machine = copy(run->machine, &failed), .probe = copy(run->probe, &failed),
	};
	return failed ? -ENOMEM : 0;
}

static int put_run(struct history *h)
{
	const struct history_run *run = &h->begun;
	sqlite3_stmt *st = NULL;
	int err = db_prepare(h, "INSERT INTO run(start_ts, end_ts, closed, imported, host, boot_id, kernel, machine, probe)"
			     " VALUES(?1, ?1, 0, ?2, ?3, ?4, ?5, ?6, ?7)", &st);

	err = err ? err : db_run(st, "iisssss", (int64_t)run->start_ns, (int64_t)run->imported, run->host, run->boot_id,
				 run->kernel, run->machine, run->probe);
	sqlite.finalize(st);
	if (!err)
		h->run = sqlite.last_insert_rowid(h->db);
	return err;
}

static void tell(struct buf *told, const char *path, const char *what)
{
	if (told->len)
		buf_putc(told, '\n');
	text_escape(told, path, strlen(path));
	buf_printf(told, ": %s", what);
}

static int rename_with(const char *path, const char *tail, const char *suffix)
{
	struct buf from = BUF_INIT, to = BUF_INIT;
	int err;

	buf_printf(&from, "%s%s", path, tail);
	buf_printf(&to, "%s%s%s", path, suffix, tail);
	err = from.error || to.error ? -ENOMEM : rename(buf_str(&from), buf_str(&to)) ? -errno : 0;
	buf_done(&from);
	buf_done(&to);
	return err;
}

/* With its log, which is a part of it. One that was moved aside before is lost: a disk that fails again fills nothing. */
static int move_aside(const struct history *h, const char *suffix)
{
	int err = rename_with(h->path, "-wal", suffix);

	if (err && err != -ENOENT)
		return err;
	err = rename_with(h->path, "-shm", suffix);
	return err && err != -ENOENT ? err : rename_with(h->path, "", suffix);
}

static int begin_anew(struct history *h, int why, struct buf *told)
{
	const char *suffix = why == -ENOTSUP ? ".newer" : ".damaged";
	struct buf words = BUF_INIT;
	int err;

	close_db(h);
	err = move_aside(h, suffix);
	err = err ? err : open_writing(h);
	if (err) {
		tell(told, h->path, strerror(-err));
		return err;
	}
	buf_printf(&words, "%s; it is kept with the suffix %s, and a new history begins",
		   why == -ENOTSUP ? "made by a newer version of capsieve" : "damaged, or no history", suffix);
	tell(told, h->path, buf_str(&words));
	buf_done(&words);
	return 0;
}

static struct history *make(const char *path)
{
	struct history *h = calloc(1, sizeof(*h));

	if (h)
		h->path = strdup(path);
	if (h && h->path)
		return h;
	free(h);
	return NULL;
}

int history_open(const char *path, struct buf *told, struct history **ret)
{
	struct history *h = make(path);
	int err;

	if (!h)
		return -ENOMEM;
	err = open_writing(h);
	if (err == -EBADMSG || err == -ENOTSUP)
		err = begin_anew(h, err, told);
	else if (err)
		tell(told, path, err == -EINVAL ? "is no file" : err == -ELIBACC ? no_library : strerror(-err));
	if (err)
		history_close(h);
	else
		*ret = h;
	return err;
}

int history_renew(struct history *h, struct buf *told)
{
	const int64_t run = h->run;
	int err = begin_anew(h, -EBADMSG, told);

	if (err || !run)
		return err;
	if (h->until_ns > h->begun.start_ns)
		h->begun.start_ns = h->until_ns;
	return put_run(h);
}

/* As a name that SQLite takes apart: nobody writes to it, so that no log has to be looked for or made. */
static int open_still(struct history *h)
{
	static const char fine[] = "/._-ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	struct buf uri = BUF_INIT;
	int err;

	buf_puts(&uri, "file:");
	for (const char *p = h->path; *p; p++) {
		if (strchr(fine, *p))
			buf_putc(&uri, *p);
		else
			buf_printf(&uri, "%%%02x", (unsigned char)*p);
	}
	buf_puts(&uri, "?immutable=1");
	err = uri.error ? -ENOMEM : open_db(h, buf_str(&uri), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
	buf_done(&uri);
	return err ? err : schema_check(h);
}

static int open_reading(struct history *h)
{
	struct stat st;
	int err;

	if (stat(h->path, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (access(h->path, R_OK))
		return -errno;
	err = open_db(h, h->path, SQLITE_OPEN_READONLY);
	err = err ? err : schema_check(h);
	if (err != -ENOENT && err != -EROFS)
		return err;
	close_db(h);
	return open_still(h);
}

static const char *reading_words(int err)
{
	switch (err) {
	case -ENOTSUP: return "made by a newer version of capsieve";
	case -EBADMSG: return "damaged, or no history of capsieve";
	case -EINVAL: return "is no file";
	case -ELIBACC: return no_library;
	case -ESTALE: return "made by an older version of capsieve: 'capsieve watch' brings it up to date";
	default: return strerror(-err);
	}
}

int history_read(const char *path, struct buf *told, struct history **ret)
{
	struct history *h = make(path);
	int err;

	if (!h)
		return -ENOMEM;
	err = open_reading(h);
	if (!err) {
		*ret = h;
		return 0;
	}
	tell(told, path, reading_words(err));
	history_close(h);
	return err;
}

int history_hold(struct history *h)
{
	return db_exec(h, "BEGIN");
}

void history_close(struct history *h)
{
	if (!h)
		return;
	close_db(h);
	forget_run(h);
	free(h->path);
	free(h);
}

/* ---- runs ------------------------------------------------------------------------------------------------------------ */

int history_gap(struct history *h, const struct usage_gap *gap)
{
	sqlite3_stmt *st = NULL;
	int err = db_prepare(h, "INSERT INTO gap(start_ts, end_ts, lost, reason) VALUES(?1, ?2, ?3, ?4)", &st);

	err = err ? err : db_run(st, "iiis", (int64_t)gap->start_ns, (int64_t)gap->end_ns, (int64_t)gap->lost, gap->reason);
	sqlite.finalize(st);
	return err;
}

static int tell_absence(struct history *h, uint64_t start_ns)
{
	sqlite3_stmt *st = NULL;
	struct usage_gap gap = { .end_ns = start_ns };
	int err = db_prepare(h, "SELECT end_ts, closed FROM run WHERE NOT imported ORDER BY id DESC LIMIT 1", &st);
	int row = err ? err : db_first(st, "");

	if (row == 1) {
		gap.start_ns = (uint64_t)sqlite.column_int64(st, 0);
		gap.reason = sqlite.column_int64(st, 1) ? USAGE_NOT_RUNNING : USAGE_KILLED;
	}
	sqlite.finalize(st);
	if (row != 1)
		return row;
	return gap.start_ns < start_ns ? history_gap(h, &gap) : 0;
}

int history_begin(struct history *h, const struct history_run *run)
{
	int err = run->imported ? 0 : tell_absence(h, run->start_ns);

	err = err ? err : keep_run(h, run);
	return err ? err : put_run(h);
}

int history_end(struct history *h, uint64_t end_ns)
{
	sqlite3_stmt *st = NULL;
	int err = db_prepare(h, "UPDATE run SET end_ts = max(end_ts, ?2), closed = 1 WHERE id = ?1", &st);

	err = err ? err : db_run(st, "ii", h->run, (int64_t)end_ns);
	sqlite.finalize(st);
	return err;
}
