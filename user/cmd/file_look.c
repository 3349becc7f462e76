/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/text.h"
#include "user/caps/privfile.h"
#include "user/cmd/commands.h"
#include "user/cmd/file.h"
#include "user/cmd/say.h"
#include "user/host/look.h"

static int look_one(struct look *look, const char *path, struct privfile *ret)
{
	int err = look_at(look, AT_FDCWD, path, path, true, ret);
	struct buf safe = BUF_INIT;

	if (!err)
		return EXIT_FINE;
	text_escape(&safe, path, strlen(path));
	if (err == -EINVAL)
		say(&file_say,
		    "%s: only regular files carry privileges; 'file find' goes through directories",
		    buf_str(&safe));
	else
		say_error(&file_say, buf_str(&safe), err);
	buf_done(&safe);
	return EXIT_FAILED;
}

static void show_nothing(const struct file_options *o, const char *path)
{
	struct buf safe = BUF_INIT;

	if (o->quiet)
		return;
	text_escape(&safe, path, strlen(path));
	say(&file_say, "%s: carries no privileges", buf_str(&safe));
	buf_done(&safe);
}

int file_show(const struct file_options *o, struct look *look)
{
	struct privfiles list = { 0 };
	struct buf text = BUF_INIT;
	int worst = EXIT_FINE, code;

	for (size_t i = 0; i < o->word_count; i++) {
		struct privfile f;

		if (look_one(look, o->words[i], &f)) {
			worst = EXIT_FAILED;
			continue;
		}
		if (!o->json && privfile_carries(&f))
			file_text(&text, &f);
		else if (!o->json)
			show_nothing(o, f.path);
		if (privfiles_put(&list, &f))
			worst = EXIT_FAILED;
	}
	if (o->json)
		file_list_json(&text, "file_show", &list, NULL);
	privfiles_done(&list);
	code = file_print(&text);
	return code ? code : worst;
}

/* What is gone through where nothing is named. */
static const char *const everything[] = { "/" };

static int walk(const struct file_options *o, struct look *look, struct privfiles *ret,
		struct file_extent *ret_extent)
{
	if (o->word_count)
		return file_walk(o, look, o->words, o->word_count, true, ret, ret_extent);
	return file_walk(o, look, everything, 1, true, ret, ret_extent);
}

int file_find(const struct file_options *o, struct look *look)
{
	struct privfiles list = { 0 };
	struct file_extent extent = { 0 };
	struct buf text = BUF_INIT;
	int worst = walk(o, look, &list, &extent), code;

	privfiles_sort_by_risk(&list);
	if (o->json)
		file_list_json(&text, "file_find", &list, &extent);
	else
		file_table(&text, &list, !o->no_header);
	privfiles_done(&list);
	code = file_print(&text);
	return code ? code : worst ? worst : file_extent_code(&extent);
}

/* Takes out of the list what is as it should be. */
static void keep_flawed(struct privfiles *list)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++)
		if (privfile_is_flawed(&list->at[i]))
			list->at[kept++] = list->at[i];
		else
			privfile_done(&list->at[i]);
	list->count = kept;
}

int file_check(const struct file_options *o, struct look *look)
{
	struct privfiles list = { 0 };
	struct file_extent extent = { 0 };
	struct buf text = BUF_INIT;
	int worst = walk(o, look, &list, &extent), code;
	bool found;

	keep_flawed(&list);
	privfiles_sort_by_risk(&list);
	found = list.count;
	if (o->json)
		file_list_json(&text, "file_check", &list, &extent);
	for (size_t i = 0; i < list.count && !o->json; i++)
		file_flaws(&text, &list.at[i]);
	privfiles_done(&list);
	code = file_print(&text);
	return code ? code : worst ? worst : found ? EXIT_FINDING : file_extent_code(&extent);
}
