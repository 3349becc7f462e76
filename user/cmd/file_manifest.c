/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/text.h"
#include "user/caps/drift.h"
#include "user/caps/manifest.h"
#include "user/caps/privfile.h"
#include "user/cmd/commands.h"
#include "user/cmd/file.h"
#include "user/cmd/say.h"
#include "user/host/look.h"
#include "user/host/whole.h"

#define SIZE_READ_MAX ((size_t)256 << 20)

static int read_file(const char *path, struct buf *b)
{
	int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : dup(STDIN_FILENO), err;

	if (fd < 0)
		return -errno;
	err = whole_read(fd, SIZE_READ_MAX, b);
	close(fd);
	return err;
}

static void tell_mistakes(const char *path, struct manifest_mistakes *m)
{
	for (size_t i = 0; i < m->count; i++)
		say(&file_say, "%s:%zu:%zu: %s", path, m->at[i].line, m->at[i].column,
		    m->at[i].what ? m->at[i].what : "wrong");
	if (m->count == MANIFEST_MISTAKES_MAX)
		say(&file_say, "%s: there may be more", path);
	manifest_mistakes_done(m);
}

int file_read_manifest(const char *path, struct manifest *ret)
{
	struct buf text = BUF_INIT, safe = BUF_INIT;
	struct manifest_mistakes mistakes;
	int err = read_file(path, &text), code = EXIT_FINE;

	text_escape(&safe, path, strlen(path));
	if (!err)
		err = manifest_parse(buf_str(&text), text.len, ret, &mistakes);
	else if (err == -EINVAL)
		err = -EIO;
	if (err == -EINVAL) {
		tell_mistakes(buf_str(&safe), &mistakes);
		code = EXIT_USAGE;
	} else if (err) {
		say_error(&file_say, buf_str(&safe), err);
		code = err == -ENOENT || err == -EISDIR || err == -EFBIG ? EXIT_USAGE : EXIT_FAILED;
	}
	buf_done(&text);
	buf_done(&safe);
	return code;
}

static int add_tree(struct manifest *m, const char *dir)
{
	struct buf safe = BUF_INIT;

	m->trees[m->tree_count] = realpath(dir, NULL);
	if (m->trees[m->tree_count]) {
		m->tree_count++;
		return EXIT_FINE;
	}
	text_escape(&safe, dir, strlen(dir));
	say_error(&file_say, buf_str(&safe), -errno);
	buf_done(&safe);
	return EXIT_FAILED;
}

static int add_trees(const struct file_options *o, struct manifest *m)
{
	size_t count = o->word_count ? o->word_count : 1;
	int code = EXIT_FINE;

	if (count > MANIFEST_TREES_MAX) {
		say(&file_say, "more than %d directories", MANIFEST_TREES_MAX);
		return EXIT_USAGE;
	}
	m->trees = calloc(count, sizeof(*m->trees));
	if (!m->trees) {
		say_error(&file_say, "memory", -ENOMEM);
		return EXIT_FAILED;
	}
	for (size_t i = 0; i < count && !code; i++)
		code = add_tree(m, o->word_count ? o->words[i] : "/");
	return code;
}

int file_snapshot(const struct file_options *o, struct look *look)
{
	struct manifest m = { .all_filesystems = o->all_filesystems };
	struct file_extent extent = { 0 };
	struct buf text = BUF_INIT;
	int worst = add_trees(o, &m), code;

	if (!worst)
		worst = file_walk(o, look, (const char *const *)m.trees, m.tree_count, false, &m.files,
				  &extent);
	if (worst) {
		manifest_done(&m);
		return worst;
	}
	if (o->json)
		file_list_json(&text, "file_snapshot", &m.files, &extent);
	else
		manifest_print(&text, &m);
	manifest_done(&m);
	code = file_print(&text);
	return code ? code : file_extent_code(&extent);
}

static bool has_path(const struct privfiles *list, const char *path)
{
	size_t from = 0, to = list->count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		int order = strcmp(path, list->at[middle].path);

		if (!order)
			return true;
		if (order < 0)
			to = middle;
		else
			from = middle + 1;
	}
	return false;
}

/*
 * What was in the manifest and was not met may still be there, without what it carried: that is another
 * sentence than that it is gone.
 */
static int add_remaining(struct look *look, const struct manifest *m, struct privfiles *now)
{
	size_t met = now->count;
	int code = EXIT_FINE;

	for (size_t i = 0; i < m->files.count; i++) {
		const struct privfiles sorted = { now->at, met, met };
		const char *path = m->files.at[i].path;
		struct privfile f;

		if (has_path(&sorted, path) || look_at(look, AT_FDCWD, path, path, false, &f))
			continue;
		if (privfiles_put(now, &f))
			code = EXIT_FAILED;
	}
	privfiles_sort_by_path(now);
	return code;
}

static int print_drift(const struct file_options *o, const struct manifest *m, const struct privfiles *now,
		       const struct file_extent *extent)
{
	struct buf text = BUF_INIT;
	struct drift drift;
	bool found;
	int code;

	if (drift_find(&m->files, now, &drift)) {
		say_error(&file_say, "memory", -ENOMEM);
		return EXIT_FAILED;
	}
	if (o->json)
		file_drift_json(&text, &drift, extent);
	else
		file_drift(&text, &drift);
	found = drift.count;
	drift_done(&drift);
	code = file_print(&text);
	return code ? code : found ? EXIT_FINDING : EXIT_FINE;
}

int file_drift_sub(const struct file_options *o, struct look *look)
{
	struct file_options walk = *o;
	struct manifest m = { 0 };
	struct privfiles now = { 0 };
	struct file_extent extent = { 0 };
	int code = file_read_manifest(o->words[0], &m), worst;

	if (code)
		return code;
	walk.all_filesystems = m.all_filesystems;
	worst = file_walk(&walk, look, (const char *const *)m.trees, m.tree_count, false, &now, &extent);
	if (add_remaining(look, &m, &now))
		worst = EXIT_FAILED;
	code = print_drift(o, &m, &now, &extent);
	privfiles_done(&now);
	manifest_done(&m);
	return code ? code : worst ? worst : file_extent_code(&extent);
}
