/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/caps/manifest.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/text.h"
#include "user/base/word.h"
#include "user/caps/filespec.h"
#include "user/caps/mistake.h"

#define HEADER	"capsieve-files"
#define VERSION_READ "1"
#define TREE	"tree"
#define ALL	"all-filesystems"
#define UNKNOWN "?"

/* One line while it is read. */
struct line {
	const char *start, *at, *end;
	size_t number;
	struct manifest_mistakes *mistakes;
	bool bad;
};

struct word {
	const char *at;
	size_t len;
};

static void mistake(struct line *l, const char *at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void mistake(struct line *l, const char *at, const char *format, ...)
{
	struct manifest_mistakes *list = l->mistakes;
	struct buf b = BUF_INIT;
	va_list args;

	l->bad = true;
	if (list->count == MANIFEST_MISTAKES_MAX)
		return;
	va_start(args, format);
	buf_vprintf(&b, format, args);
	va_end(args);
	list->at[list->count++] = (struct manifest_mistake){
		.line = l->number,
		.column = (size_t)(at - l->start) + 1,
		.what = strdup(buf_str(&b)),
	};
	buf_done(&b);
}

/* "WHAT 'WORD'", and whatever follows. */
static void mistake_word(struct line *l, const struct word *w, const char *what, const char *more)
{
	struct buf b = BUF_INIT;

	text_escape(&b, w->at, w->len);
	mistake(l, w->at, "%s '%s'%s", what, buf_str(&b), more);
	buf_done(&b);
}

static bool next_word(struct line *l, struct word *ret)
{
	const char *stop;

	while (l->at < l->end && *l->at == ' ')
		l->at++;
	stop = memchr(l->at, ' ', l->end - l->at);
	*ret = (struct word){ l->at, (size_t)((stop ? stop : l->end) - l->at) };
	l->at += ret->len;
	return ret->len;
}

static bool is(const struct word *w, const char *text)
{
	return w->len == strlen(text) && !memcmp(w->at, text, w->len);
}

static int hex(char c)
{
	const char *digits = "0123456789abcdef0123456789ABCDEF", *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) % 16 : -1;
}

/* One character of a path, escaped or not; *at moves over it. False: it is none. */
static bool take_char(const char **at, const char *end, char *ret)
{
	const char *s = *at;

	if (*s != '\\') {
		*ret = *s;
		*at = s + 1;
		return (unsigned char)*s > ' ' && *s != 0x7f;
	}
	if (end - s >= 2 && s[1] == '\\') {
		*ret = '\\';
		*at = s + 2;
		return true;
	}
	if (end - s < 4 || s[1] != 'x' || hex(s[2]) < 0 || hex(s[3]) < 0)
		return false;
	*ret = (char)(hex(s[2]) << 4 | hex(s[3]));
	*at = s + 4;
	return *ret;
}

/* Neither empty nor "." nor "..": two names for one file would be one too many. */
static bool is_plain(const char *path)
{
	/* NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Branch): it ends with a zero, which strcspn() does not pass */
	while (*path) {
		size_t n = strcspn(++path, "/");

		if (!n || (path[0] == '.' && (n == 1 || (n == 2 && path[1] == '.'))))
			return false;
		path += n;
	}
	return true;
}

/* The path that a word stands for, to be freed; NULL after a mistake, or where memory is out. */
static char *take_path(struct line *l, const struct word *w)
{
	const char *at = w->at, *end = w->at + w->len;
	char *path, *to;

	if (!w->len || *w->at != '/') {
		mistake_word(l, w, "not an absolute path:", "");
		return NULL;
	}
	path = to = malloc(w->len + 1);
	while (path && at < end) {
		if (!take_char(&at, end, to++)) {
			mistake(l, at, "a path has \\xNN, and not 00, in the place of this");
			free(path);
			return NULL;
		}
	}
	if (!path)
		return NULL;
	*to = '\0';
	if (strcmp(path, "/") && !is_plain(path)) {
		mistake_word(l, w, "a path with '//', '.' or '..' in it:", "");
		free(path);
		return NULL;
	}
	return path;
}

static bool take_number(struct line *l, const struct word *w, unsigned base, uint32_t max, uint32_t *ret)
{
	uint64_t v = 0;

	for (size_t i = 0; i < w->len; i++) {
		unsigned digit = (unsigned)(w->at[i] - '0');

		v = digit < base ? v * base + digit : UINT64_MAX;
		if (v > max)
			break;
	}
	if (!w->len || v > max) {
		mistake_word(l, w,
			     base == 8 ? "not an octal mode:" : "not a number from 0 to 4294967295:", "");
		return false;
	}
	*ret = (uint32_t)v;
	return true;
}

static void caps_mistake(struct line *l, const char *caps, const char *text, const struct mistake *m)
{
	struct buf b = BUF_INIT;

	buf_puts(&b, m->what);
	if (m->len) {
		buf_puts(&b, ": '");
		text_escape(&b, m->word, m->len);
		buf_putc(&b, '\'');
	}
	if (m->nearest)
		buf_printf(&b, "; did you mean '%s'?", m->nearest);
	mistake(l, caps + (m->word - text), "%s", buf_str(&b));
	buf_done(&b);
}

/* The rest of the line. */
static int take_caps(struct line *l, const char *caps, struct privfile *f)
{
	struct word w = { caps, (size_t)(l->end - caps) };
	uint32_t rootid = f->caps.rootid;
	struct mistake m;
	char *text;
	int err;

	l->at = l->end;
	if (is(&w, UNKNOWN)) {
		f->has_caps = PRIVFILE_CAPS_HIDDEN;
		return 0;
	}
	text = strndup(w.at, w.len);
	if (!text)
		return -ENOMEM;
	f->has_caps = PRIVFILE_CAPS_KNOWN;
	err = filespec_parse(text, &f->caps, &m);
	if (err == -EINVAL)
		caps_mistake(l, caps, text, &m);
	f->caps.rootid = rootid;
	if (rootid)
		f->caps.version = 3;
	free(text);
	return err == -EINVAL ? 0 : err;
}

enum key { KEY_MODE, KEY_UID, KEY_GID, KEY_ROOTID, KEY_CAPS, KEY_COUNT };

static const char *const keys[] = {
	[KEY_MODE] = "mode",     [KEY_UID] = "uid",   [KEY_GID] = "gid",
	[KEY_ROOTID] = "rootid", [KEY_CAPS] = "caps",
};
_Static_assert(sizeof(keys) / sizeof(keys[0]) == KEY_COUNT, "a word for each key");

/* KEY_COUNT after a mistake. */
static enum key take_key(struct line *l, const struct word *w)
{
	char more[48] = "; there are mode, uid, gid, rootid, caps";
	size_t nearest;

	for (enum key k = 0; k < KEY_COUNT; k++)
		if (is(w, keys[k]))
			return k;
	if (word_nearest(w->at, w->len, keys, KEY_COUNT, &nearest))
		snprintf(more, sizeof(more), "; did you mean '%s'?", keys[nearest]);
	mistake_word(l, w, "unknown key", more);
	return KEY_COUNT;
}

static int take_value(struct line *l, enum key key, const struct word *value, struct privfile *f)
{
	switch (key) {
	case KEY_MODE:
		take_number(l, value, 8, 07777, &f->mode);
		return 0;
	case KEY_UID:
		take_number(l, value, 10, UINT32_MAX, &f->uid);
		return 0;
	case KEY_GID:
		take_number(l, value, 10, UINT32_MAX, &f->gid);
		return 0;
	case KEY_ROOTID:
		take_number(l, value, 10, UINT32_MAX, &f->caps.rootid);
		return 0;
	case KEY_CAPS:
		return take_caps(l, value->at, f);
	case KEY_COUNT:
		break;
	}
	return 0;
}

#define OWNER_KEYS (1u << KEY_MODE | 1u << KEY_UID | 1u << KEY_GID)

static void together(struct line *l, unsigned had, struct privfile *f)
{
	f->owner_known = (had & OWNER_KEYS) == OWNER_KEYS;
	if (had & OWNER_KEYS && !f->owner_known)
		mistake(l, l->end, "mode=, uid= and gid= go together");
	else if (had & 1u << KEY_ROOTID && !(had & 1u << KEY_CAPS))
		mistake(l, l->end, "rootid= goes before caps=");
	else if (!had)
		mistake(l, l->end, "nothing is said of the file: mode=, uid= and gid=, or caps=");
}

static int take_keys(struct line *l, struct privfile *f)
{
	unsigned had = 0;
	struct word w;
	int err = 0;

	while (!err && !l->bad && next_word(l, &w)) {
		const char *equals = memchr(w.at, '=', w.len);
		struct word key = { w.at, equals ? (size_t)(equals - w.at) : w.len };
		struct word value = { w.at + key.len + 1, equals ? w.len - key.len - 1 : 0 };
		enum key k = take_key(l, &key);

		if (k == KEY_COUNT)
			break;
		if (!equals)
			mistake_word(l, &w, "no '=' and value behind", "");
		else if (had & 1u << k)
			mistake_word(l, &w, "a second time:", "");
		else
			err = take_value(l, k, &value, f);
		had |= 1u << k;
	}
	if (!err && !l->bad)
		together(l, had, f);
	return err;
}

static int take_file(struct line *l, const struct word *path, struct manifest *m)
{
	struct privfile f = { .path = take_path(l, path) };
	int err = f.path || l->bad ? 0 : -ENOMEM;

	if (!err && !l->bad)
		err = take_keys(l, &f);
	if (err || l->bad) {
		privfile_done(&f);
		return err;
	}
	if (m->files.count == MANIFEST_FILES_MAX) {
		mistake(l, path->at, "more than %d files", MANIFEST_FILES_MAX);
		privfile_done(&f);
		return 0;
	}
	f.dev = f.real_dev = l->number;	/* where a second line for the same file is looked for */
	return privfiles_put(&m->files, &f);
}

static void ends(struct line *l)
{
	struct word w;

	if (!l->bad && next_word(l, &w))
		mistake_word(l, &w, "unexpected word", "");
}

static int take_tree(struct line *l, struct manifest *m)
{
	char **trees, *path;
	struct word w;

	next_word(l, &w);
	if (m->tree_count == MANIFEST_TREES_MAX) {
		mistake(l, w.at, "more than %d trees", MANIFEST_TREES_MAX);
		return 0;
	}
	path = take_path(l, &w);
	if (!path)
		return l->bad ? 0 : -ENOMEM;
	trees = reallocarray(m->trees, m->tree_count + 1, sizeof(*trees));
	if (!trees) {
		free(path);
		return -ENOMEM;
	}
	m->trees = trees;
	m->trees[m->tree_count++] = path;
	ends(l);
	return 0;
}

static int take_line(struct line *l, struct manifest *m)
{
	static const char *const words[] = { TREE, ALL };
	char more[48] = "; a line is a path, 'tree' or '" ALL "'";
	struct word w;
	size_t nearest;

	if (!next_word(l, &w) || *w.at == '#')
		return 0;
	if (*w.at == '/')
		return take_file(l, &w, m);
	if (is(&w, TREE))
		return take_tree(l, m);
	if (is(&w, ALL)) {
		m->all_filesystems = true;
		ends(l);
		return 0;
	}
	if (word_nearest(w.at, w.len, words, 2, &nearest))
		snprintf(more, sizeof(more), "; did you mean '%s'?", words[nearest]);
	mistake_word(l, &w, "unknown word", more);
	return 0;
}

static void take_header(struct line *l)
{
	struct word w;

	next_word(l, &w);
	if (!is(&w, HEADER)) {
		mistake(l, l->start, "no manifest: the first line is '" HEADER " " VERSION_READ "'");
		return;
	}
	next_word(l, &w);
	if (!is(&w, VERSION_READ))
		mistake_word(l, &w, "version", " of manifests is not known here, only " VERSION_READ);
	ends(l);
}

static int by_path_and_line(const void *a, const void *b)
{
	const struct privfile *x = a, *y = b;
	int path = strcmp(x->path, y->path);

	return path ? path : x->dev < y->dev ? -1 : x->dev > y->dev;
}

static void find_doubles(struct manifest *m, struct manifest_mistakes *mistakes)
{
	struct privfile *at = m->files.at;

	if (m->files.count)
		qsort(at, m->files.count, sizeof(*at), by_path_and_line);
	for (size_t i = 0; i < m->files.count; i++) {
		struct line l = { .start = "", .number = at[i].dev, .mistakes = mistakes };

		if (i && !strcmp(at[i].path, at[i - 1].path))
			mistake(&l, l.start, "the same file as on line %lu",
				(unsigned long)at[i - 1].real_dev);
		at[i].dev = 0;
	}
	for (size_t i = 0; i < m->files.count; i++)
		at[i].real_dev = 0;
}

int manifest_parse(const char *text, size_t n, struct manifest *ret, struct manifest_mistakes *ret_mistakes)
{
	struct manifest_mistakes mistakes = { .count = 0 };
	struct manifest m = { .tree_count = 0 };
	const char *end = text + n;
	size_t number = 0;
	int err = 0;

	do {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		struct line l = { text, text, stop ? stop : end, ++number, &mistakes, false };

		if (number == 1)
			take_header(&l);
		else
			err = take_line(&l, &m);
		text = stop ? stop + 1 : end;
	} while (!err && text < end && mistakes.count < MANIFEST_MISTAKES_MAX &&
		 !(number == 1 && mistakes.count));
	if (!err && !mistakes.count)
		find_doubles(&m, &mistakes);
	if (err || mistakes.count) {
		manifest_done(&m);
		if (err)
			manifest_mistakes_done(&mistakes);
		else
			*ret_mistakes = mistakes;
		return err ? err : -EINVAL;
	}
	*ret = m;
	return 0;
}

/* As text_escape; blanks too, because they end a word. */
static void put_path(struct buf *b, const char *path)
{
	while (*path) {
		size_t n = strcspn(path, " ");

		text_escape(b, path, n);
		path += n;
		for (; *path == ' '; path++)
			buf_puts(b, "\\x20");
	}
}

static void put_file(struct buf *b, const struct privfile *f)
{
	put_path(b, f->path);
	if (f->owner_known)
		buf_printf(b, " mode=%04o uid=%u gid=%u", f->mode, f->uid, f->gid);
	if (f->has_caps == PRIVFILE_CAPS_KNOWN) {
		if (f->caps.rootid)
			buf_printf(b, " rootid=%u", f->caps.rootid);
		buf_puts(b, " caps=");
		filespec_print(b, &f->caps);
	} else if (f->has_caps) {
		buf_puts(b, " caps=" UNKNOWN);
	}
	buf_putc(b, '\n');
}

void manifest_print(struct buf *b, const struct manifest *m)
{
	buf_puts(b, HEADER " " VERSION_READ "\n");
	for (size_t i = 0; i < m->tree_count; i++) {
		buf_puts(b, TREE " ");
		put_path(b, m->trees[i]);
		buf_putc(b, '\n');
	}
	if (m->all_filesystems)
		buf_puts(b, ALL "\n");
	for (size_t i = 0; i < m->files.count; i++)
		put_file(b, &m->files.at[i]);
}

void manifest_done(struct manifest *m)
{
	privfiles_done(&m->files);
	for (size_t i = 0; i < m->tree_count; i++)
		free(m->trees[i]);
	free(m->trees);
	*m = (struct manifest){ 0 };
}

void manifest_mistakes_done(struct manifest_mistakes *m)
{
	for (size_t i = 0; i < m->count; i++)
		free(m->at[i].what);
	m->count = 0;
}
