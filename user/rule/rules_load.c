/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/rule/rules_load.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/jsonin.h"
#include "user/base/text.h"
#include "user/base/yml.h"
#include "user/caps/profile.h"
#include "user/host/trusted.h"
#include "user/host/whole.h"
#include "user/rule/complaint.h"
#include "user/rule/config.h"
#include "user/rule/rules.h"

#define SUFFIX	   ".yaml"
#define SHORT_SUFFIX ".yml"
#define BELOW_NAME "rules.d"

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/*
 * ---- one file
 * ---------------------------------------------------------------------------------------------------
 */

static int fail(const char *path, int err, struct buf *why)
{
	if (why->len)
		return err;
	text_escape(why, path, strlen(path));
	if (err == -EFBIG)
		buf_puts(why, ": larger than what is read");
	else
		buf_printf(why, ": %s", strerror(-err));
	return err;
}

static int read_open(const char *path, size_t max, struct buf *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), err;
	struct stat st;

	if (fd < 0)
		return -errno;
	err = !fstat(fd, &st) && S_ISDIR(st.st_mode) ? -EISDIR : whole_read(fd, max, ret);
	close(fd);
	return err;
}

static int read_trusted(const char *path, size_t max, struct buf *ret, struct buf *why)
{
	struct buf whole = BUF_INIT;
	char *here = *path == '/' ? NULL : getcwd(NULL, 0);
	int err;

	if (*path != '/' && !here)
		return -errno;
	buf_printf(&whole, "%s%s%s", here ? here : "", here ? "/" : "", path);
	err = whole.error ? whole.error : trusted_read_named(buf_str(&whole), geteuid(), max, ret, why);
	buf_done(&whole);
	free(here);
	return err;
}

/* 0, or negative errno with a sentence in why. */
static int read_text(const char *path, enum rules_reader reader, size_t max, struct buf *ret, struct buf *why)
{
	bool careful = !geteuid() || reader == RULES_FOR_DAEMON;
	int err = careful ? read_trusted(path, max, ret, why) : read_open(path, max, ret);

	err = err ? fail(path, err, why) : 0;
	if (err == -EACCES && reader == RULES_FOR_DAEMON)
		buf_puts(why, "; the daemon reads it without privileges, as whoever it runs as");
	return err;
}

/*
 * ---- all of them
 * ------------------------------------------------------------------------------------------------
 */

struct loading {
	struct rules_texts *texts;
	struct complaints *told;
	size_t from;
};

static void forget(struct rules_texts *t, size_t at)
{
	free(t->at[at].name);
	free(t->at[at].text);
	memmove(&t->at[at], &t->at[at + 1], (--t->count - at) * sizeof(*t->at));
}

/* A file of an earlier directory gives way. */
static void replace(struct loading *l, const char *name)
{
	for (size_t i = l->texts->count; i-- > 0;)
		if (l->texts->at[i].from != l->from && !strcmp(base_of(l->texts->at[i].name), base_of(name)))
			forget(l->texts, i);
}

/* Takes over text. */
static int add(struct loading *l, const char *name, struct buf *text)
{
	struct rules_texts *t = l->texts;
	struct rules_text *at = reallocarray(t->at, t->count + 1, sizeof(*at));

	if (!at)
		return -ENOMEM;
	t->at = at;
	at += t->count;
	buf_str(text);
	*at = (struct rules_text){
		.name = strdup(name),
		.text = text->data ? text->data : strdup(""),
		.n = text->len,
		.from = l->from,
	};
	*text = (struct buf)BUF_INIT;
	t->count++;
	if (!at->name || !at->text)
		return -ENOMEM;
	at->is_config = config_is_one(at->name, at->text, at->n);
	return 0;
}

static int add_file(struct loading *l, const char *path)
{
	struct buf text = BUF_INIT, why = BUF_INIT;
	int err;

	if (l->texts->count == RULES_FILES_MAX) {
		complaints_add(l->told, path, "too many files: at most 1000 are read");
		return -EINVAL;
	}
	err = read_text(path, l->texts->reader, YML_BYTES_MAX, &text, &why) ?: text.error;
	if (err == -ENOMEM)
		complaints_add(l->told, path, "out of memory");
	else if (err)
		complaints_add(l->told, NULL, buf_str(&why));
	err = err ?: add(l, path, &text);
	buf_done(&text);
	buf_done(&why);
	return err == 0 || err == -ENOMEM ? err : -EINVAL;
}

static bool ends_so(const struct dirent *e, const char *suffix)
{
	size_t n = strlen(e->d_name), more = strlen(suffix);

	return e->d_name[0] != '.' && n > more && !strcmp(e->d_name + n - more, suffix);
}

/* Who wrote the second kind thinks that it is read. */
static int is_yaml(const struct dirent *e)
{
	return ends_so(e, SUFFIX) || ends_so(e, SHORT_SUFFIX);
}

static bool is_dir(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

static int add_dir(struct loading *l, const char *dir)
{
	struct dirent **names;
	int count = scandir(dir, &names, is_yaml, alphasort), err = 0, r;

	if (count < 0) {
		complaints_add(l->told, dir, strerror(errno));
		return -EINVAL;
	}
	for (int i = 0; i < count; i++) {
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "%s%s%s", dir, dir[strlen(dir) - 1] == '/' ? "" : "/", names[i]->d_name);
		if (ends_so(names[i], SUFFIX)) {
			replace(l, path);
			r = add_file(l, path);
			err = r ? r : err;
		} else {
			complaints_add_warning(l->told, path, "is not read: of a directory only *" SUFFIX " is");
		}
		free(names[i]);
	}
	free(names);
	return err;
}

static bool has_any(const struct loading *l)
{
	for (size_t i = 0; i < l->texts->count; i++)
		if (l->texts->at[i].from == l->from)
			return true;
	return false;
}

/* /etc/capsieve has a directory of rules in it. Those that are installed are empty at first. */
static int add_path(struct loading *l, const char *path)
{
	const size_t warnings = l->told->warnings;
	char below[PATH_MAX];
	int err;

	if (!*path || !is_dir(path))
		return add_file(l, path);
	err = add_dir(l, path);
	snprintf(below, sizeof(below), "%s/" BELOW_NAME, path);
	if (is_dir(below))
		err = add_dir(l, below) ?: err;
	if (!err && !has_any(l) && l->told->warnings == warnings && strcmp(path, RULES_DIR_SHARED) && strcmp(path, RULES_DIR_OWN))
		complaints_add_warning(l->told, path, "nothing is read here: of a directory only *" SUFFIX " is");
	return err;
}

static int by_base(const void *a, const void *b)
{
	const struct rules_text *x = a, *y = b;
	int order = strcmp(base_of(x->name), base_of(y->name));

	return order ? order : (x->from > y->from) - (x->from < y->from);
}

int rules_texts_read(const char *const *paths, size_t count, enum rules_reader reader, struct complaints *told,
		     struct rules_texts *ret)
{
	struct loading l = { .texts = ret, .told = told };
	int err = 0, r;

	*ret = (struct rules_texts){ .reader = reader };
	for (; l.from < count && err != -ENOMEM; l.from++) {
		r = add_path(&l, paths[l.from]);
		err = r ? r : err;
	}
	if (ret->count)
		qsort(ret->at, ret->count, sizeof(*ret->at), by_base);
	return told->error ?: err;
}

void rules_texts_done(struct rules_texts *t)
{
	while (t->count)
		forget(t, t->count - 1);
	free(t->at);
	*t = (struct rules_texts){ .count = 0 };
}

/*
 * ---- profiles
 * ---------------------------------------------------------------------------------------------------
 */

/* A path that does not begin at the root begins where the file of the rule is. */
static void put_path(struct buf *b, const char *from, const char *path)
{
	size_t n = *path == '/' ? 0 : (size_t)(base_of(from) - from);

	buf_put(b, from, n);
	buf_puts(b, path);
}

static int read_profile(void *ctx, const char *from, const char *path, uint64_t *ret, struct buf *why)
{
	struct buf name = BUF_INIT, text = BUF_INIT, safe = BUF_INIT;
	struct profile profile;
	int err;

	put_path(&name, from, path);
	text_escape(&safe, buf_str(&name), name.len);
	err = read_text(buf_str(&name), *(const enum rules_reader *)ctx, JSONIN_BYTES_MAX, &text, why);
	if (!err)
		err = profile_parse(buf_str(&safe), buf_str(&text), text.len, why, &profile);
	if (!err) {
		*ret = profile.caps;
		profile_done(&profile);
	}
	buf_done(&name);
	buf_done(&text);
	buf_done(&safe);
	return err;
}

int rules_texts_compile(const struct rules_texts *t, struct complaints *told, struct rules **ret)
{
	const struct rules_profiles profiles = { read_profile, (void *)&t->reader };
	struct rules_file *files = calloc(t->count + 1, sizeof(*files));
	size_t count = 0;
	int err;

	if (!files)
		return -ENOMEM;
	for (size_t i = 0; i < t->count; i++)
		if (!t->at[i].is_config)
			files[count++] = (struct rules_file){ t->at[i].name, t->at[i].text, t->at[i].n };
	err = rules_read(files, count, &profiles, told, ret);
	free(files);
	return err;
}

int rules_load(const char *const *paths, size_t count, struct complaints *told, struct rules **ret)
{
	struct rules_texts texts;
	int err = rules_texts_read(paths, count, RULES_FOR_PERSON, told, &texts), r;

	for (size_t i = 0; i < texts.count; i++)
		if (strcmp(base_of(texts.at[i].name), base_of(RULES_CONFIG)))
			texts.at[i].is_config = false;
	r = err == -ENOMEM ? err : rules_texts_compile(&texts, told, ret);
	if (err && !r) {
		rules_free(*ret);
		*ret = NULL;
	}
	rules_texts_done(&texts);
	return err ? err : r;
}
