/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/clock.h"
#include "user/base/text.h"
#include "user/caps/privfile.h"
#include "user/cmd/commands.h"
#include "user/cmd/file.h"
#include "user/cmd/look.h"
#include "user/cmd/say.h"
#include "user/host/look.h"
#include "user/host/walk.h"

#define TOLD_MAX      5		/* directories that are named; the rest is a number */
#define QUIET_NS      1000000000	/* before anything is said of the progress */
#define REFRESH_NS    100000000
#define PROGRESS_COLS 120

struct hunt {
	const struct file_options *options;
	struct look *look;
	struct privfiles *found;
	struct buf path;
	uint64_t told;			/* unreadable directories that were named */
	bool terminal;
	uint64_t next_ns;		/* when the progress is to be shown again */
	size_t shown;			/* columns that stand there */
	size_t width;
};

/* One line that is written over, with blanks where the last one was longer. */
static void show_line(struct hunt *h, const char *text)
{
	size_t width = text_width(text, strlen(text));

	fprintf(stderr, "\r%s%*s", text, h->shown > width ? (int)(h->shown - width) : 0, "");
	if (!*text)
		fputc('\r', stderr);
	h->shown = width;
}

static void clear_line(struct hunt *h)
{
	if (h->shown)
		show_line(h, "");
}

static void progress(void *ctx, const struct walk *w)
{
	const struct walk_counts *c = walk_counts(w);
	struct buf path = BUF_INIT, line = BUF_INIT;
	struct hunt *h = ctx;
	uint64_t now;

	if (!h->terminal)
		return;
	now = clock_ns(CLOCK_MONOTONIC);
	if (now < h->next_ns)
		return;
	h->next_ns = now + REFRESH_NS;
	walk_path(w, "", &path);
	buf_printf(&line, "%llu files, %zu found: ", (unsigned long long)c->files, h->found->count);
	text_escape(&line, buf_str(&path), path.len);
	if (text_width(buf_str(&line), line.len) < h->width)
		show_line(h, buf_str(&line));
	buf_done(&path);
	buf_done(&line);
}

static void unreadable(void *ctx, const struct walk *w, const char *name, int error)
{
	struct buf path = BUF_INIT, safe = BUF_INIT;
	struct hunt *h = ctx;

	if (h->options->quiet || ++h->told > TOLD_MAX)
		return;
	clear_line(h);
	walk_path(w, name, &path);
	text_escape(&safe, buf_str(&path), path.len);
	say_error(&file_say, buf_str(&safe), error);
	buf_done(&path);
	buf_done(&safe);
}

static int put_file(struct hunt *h, int dir, const char *name, const char *path, bool follow)
{
	struct privfile f;
	int err = look_at(h->look, dir, name, path, follow, &f);

	if (err == -ENOENT || err == -ELOOP || err == -EINVAL)
		return 0;
	if (err)
		return err;
	if (privfile_carries(&f))
		return privfiles_put(h->found, &f);
	privfile_done(&f);
	return 0;
}

static int show_file(void *ctx, const struct walk *w, int dir, const char *name)
{
	struct hunt *h = ctx;

	if (!look_may_carry(dir, name))
		return 0;
	buf_clear(&h->path);
	walk_path(w, name, &h->path);
	return put_file(h, dir, name, buf_str(&h->path), false);
}

static int go(struct hunt *h, struct walk *w, const char *const *dirs, size_t count)
{
	int worst = EXIT_FINE;

	for (size_t i = 0; i < count; i++) {
		int err = walk_tree(w, dirs[i]);
		struct buf safe = BUF_INIT;

		if (err == -ENOTDIR)
			err = put_file(h, AT_FDCWD, dirs[i], dirs[i], true);
		if (!err)
			continue;
		clear_line(h);
		text_escape(&safe, dirs[i], strlen(dirs[i]));
		say_error(&file_say, buf_str(&safe), err);
		buf_done(&safe);
		worst = EXIT_FAILED;
	}
	clear_line(h);
	return worst;
}

static void tell_extent(const struct hunt *h, const struct walk_counts *c)
{
	if (c->unreadable && (h->told > TOLD_MAX || h->options->quiet))
		say(&file_say, "%llu directories could not be read", (unsigned long long)c->unreadable);
	if (c->vanished && !h->options->quiet)
		say(&file_say, "%llu directories went away meanwhile", (unsigned long long)c->vanished);
}

int file_walk(const struct file_options *o, struct look *look, const char *const *dirs, size_t count,
	      bool links, struct privfiles *ret, struct file_extent *ret_extent)
{
	struct hunt h = {
		.options = o,
		.look = look,
		.found = ret,
		.terminal = !o->quiet && isatty(STDERR_FILENO),
		.next_ns = clock_ns(CLOCK_MONOTONIC) + QUIET_NS,
		.width = look_width(STDERR_FILENO) ?: PROGRESS_COLS,
	};
	const struct walk_config config = {
		.all_filesystems = o->all_filesystems,
		.ctx = &h,
		.file = show_file,
		.unreadable = unreadable,
		.progress = progress,
	};
	struct walk *w = walk_new(&config);
	int code = w ? go(&h, w, dirs, count) : EXIT_FAILED;

	if (w) {
		const struct walk_counts *c = walk_counts(w);

		*ret_extent = (struct file_extent){ c->files, c->dirs, c->unreadable, c->vanished };
		tell_extent(&h, c);
	}
	walk_free(w);
	buf_done(&h.path);
	if (privfiles_merge(ret, links))
		code = EXIT_FAILED;
	return code;
}

int file_extent_code(const struct file_extent *extent)
{
	return extent->unreadable ? EXIT_INCOMPLETE : EXIT_FINE;
}
