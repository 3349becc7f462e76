/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/json.h"
#include "user/base/text.h"
#include "user/caps/filespec.h"
#include "user/caps/manifest.h"
#include "user/caps/mistake.h"
#include "user/caps/privfile.h"
#include "user/cmd/commands.h"
#include "user/cmd/file.h"
#include "user/cmd/say.h"
#include "user/host/fscaps.h"
#include "user/host/look.h"

/* Several changes of one command, and what is printed of them. */
struct changes {
	const struct file_options *o;
	struct look *look;
	bool dry;		/* say what would be done */
	struct buf text;
	struct json json;
	int worst;		/* an exit code */
	bool pending;		/* something is not as it should be, and stays so because of `dry` */
};

/* One file, from the first look to the last. */
struct change {
	const char *path;
	const struct filecaps *want;	/* NULL: none */
	int fd;
	struct privfile before, after;
	bool looked, judged;
	const char *state;
	struct buf error;
};

static int read_spec(const struct file_options *o, const char *text, struct filecaps *ret)
{
	struct buf line = BUF_INIT;
	struct mistake m;
	int err = filespec_parse(text, ret, &m);

	if (!err) {
		ret->rootid = o->rootid;
		ret->version = o->rootid ? 3 : 2;
		return EXIT_FINE;
	}
	if (err != -EINVAL) {
		say_error(&file_say, "the capabilities", err);
		return EXIT_FAILED;
	}
	buf_puts(&line, "'");
	text_escape(&line, text, strlen(text));
	buf_printf(&line, "' at character %zu: %s", m.column, m.what);
	if (m.len && m.len < strlen(text)) {
		buf_puts(&line, ": '");
		text_escape(&line, m.word, m.len);
		buf_puts(&line, "'");
	}
	if (m.nearest)
		buf_printf(&line, "; did you mean '%s'?", m.nearest);
	say(&file_say, "%s", buf_str(&line));
	buf_done(&line);
	return EXIT_USAGE;
}

static void changes_start(struct changes *all, const struct file_options *o, struct look *look,
			  const char *type)
{
	*all = (struct changes){ .o = o, .look = look, .text = BUF_INIT };
	if (!o->json)
		return;
	json_init(&all->json, &all->text);
	json_object(&all->json);
	json_key(&all->json, "v");
	json_u64(&all->json, 1);
	json_key(&all->json, "type");
	json_cstr(&all->json, type);
	json_key(&all->json, "files");
	json_array(&all->json);
}

static int changes_end(struct changes *all)
{
	int code;

	if (all->o->json) {
		json_array_end(&all->json);
		json_object_end(&all->json);
		buf_putc(&all->text, '\n');
	}
	code = file_print(&all->text);
	return code ? code : all->worst ? all->worst : all->pending ? EXIT_FINDING : EXIT_FINE;
}

static void fail(struct change *c, const char *state, const char *why)
{
	c->state = state;
	if (c->error.len)
		buf_puts(&c->error, "; ");
	buf_puts(&c->error, why);
}

static void fail_open(struct change *c, int error)
{
	char target[PATH_MAX];
	ssize_t n;

	if (error != -ELOOP) {
		fail(c, "failed", strerror(-error));
		return;
	}
	n = readlink(c->path, target, sizeof(target) - 1);
	target[n > 0 ? n : 0] = '\0';
	fail(c, "failed", "it is a symbolic link: name what it points to, ");
	buf_puts(&c->error, target);
}

static const char *why_not_written(int error)
{
	switch (error) {
	case -EPERM:
		return "not permitted: it takes CAP_SETFCAP, and a file system that is not immutable";
	case -EOPNOTSUPP:
		return "its file system cannot hold capabilities";
	case -EROFS:
		return "its file system is mounted read-only";
	default:
		return strerror(-error);
	}
}

static void refuse(struct change *c)
{
	for (size_t i = 0; i < PRIVFILE_FLAW_COUNT; i++)
		if (c->after.flaws[i])
			fail(c, "refused", c->after.flaws[i]);
	fail(c, "refused", "--force does it all the same");
}

/* What it is, and what it would be. False: the change ends here. */
static bool judge(struct changes *all, struct change *c)
{
	int err = look_at_open(all->look, c->fd, c->path, NULL, &c->before);

	c->looked = !err;
	if (!err && c->want)
		err = look_at_open(all->look, c->fd, c->path, c->want, &c->after);
	if (err) {
		fail(c, "failed", err == -EINVAL ? "only regular files have capabilities" : strerror(-err));
		return false;
	}
	c->judged = c->want;
	if (c->want ? privfile_same_caps(&c->before, &c->after) : !c->before.has_caps) {
		c->state = "unchanged";
		return false;
	}
	if (!c->want || !privfile_is_flawed(&c->after) || all->o->force)
		return true;
	refuse(c);
	return false;
}

/* What is there afterwards is what was wanted, or it failed. */
static void verify(struct changes *all, struct change *c)
{
	struct privfile now;
	int err = look_at_open(all->look, c->fd, c->path, NULL, &now);
	bool right = !err && (c->want ? privfile_same_caps(&now, &c->after) : !now.has_caps);

	if (!err) {
		privfile_done(&c->after);
		c->after = now;
		c->judged = true;
	}
	if (right)
		c->state = c->want ? "set" : "removed";
	else
		fail(c, "failed", "what the file has afterwards is not what was asked for");
}

static void write_caps(struct changes *all, struct change *c)
{
	int err = c->want ? fscaps_write(c->fd, c->want) : fscaps_remove(c->fd);

	if (err)
		fail(c, "failed", why_not_written(err));
	else
		verify(all, c);
}

static void report(struct changes *all, struct change *c)
{
	const struct privfile nothing = { .path = (char *)c->path };
	const struct file_change row = {
		.path = c->path,
		.before = c->looked ? &c->before : NULL,
		.after = c->judged ? &c->after : c->looked && !c->want ? &nothing : NULL,
		.state = c->state,
		.error = c->error.len ? buf_str(&c->error) : NULL,
	};
	struct buf safe = BUF_INIT;

	if (all->o->json)
		file_change_json(&all->json, &row);
	else if (!row.error && !all->o->quiet && !(all->dry && !strcmp(c->state, "unchanged")))
		file_change_text(&all->text, &row);
	if (!row.error)
		return;
	text_escape(&safe, c->path, strlen(c->path));
	buf_printf(&safe, ": %s: ", c->state);
	text_escape(&safe, row.error, strlen(row.error));
	say(&file_say, "%s", buf_str(&safe));
	buf_done(&safe);
	all->worst = EXIT_FAILED;
}

static void change_file(struct changes *all, const char *path, const struct filecaps *want)
{
	struct change c = { .path = path, .want = want, .error = BUF_INIT };

	c.fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (c.fd < 0) {
		fail_open(&c, -errno);
	} else if (judge(all, &c)) {
		if (all->dry) {
			c.state = want ? "would set" : "would remove";
			all->pending = true;
		} else {
			write_caps(all, &c);
		}
	}
	report(all, &c);
	if (c.fd >= 0)
		close(c.fd);
	privfile_done(&c.before);
	privfile_done(&c.after);
	buf_done(&c.error);
}

int file_set(const struct file_options *o, struct look *look)
{
	struct changes all;
	struct filecaps want;
	int code = read_spec(o, o->words[0], &want);

	if (code)
		return code;
	changes_start(&all, o, look, "file_set");
	for (size_t i = 1; i < o->word_count; i++)
		change_file(&all, o->words[i], &want);
	return changes_end(&all);
}

int file_remove(const struct file_options *o, struct look *look)
{
	struct changes all;

	changes_start(&all, o, look, "file_remove");
	for (size_t i = 0; i < o->word_count; i++)
		change_file(&all, o->words[i], NULL);
	return changes_end(&all);
}

int file_apply(const struct file_options *o, struct look *look)
{
	struct manifest m = { 0 };
	struct changes all;
	int code = file_read_manifest(o->words[0], &m);

	if (code)
		return code;
	changes_start(&all, o, look, "file_apply");
	all.dry = !o->write;
	for (size_t i = 0; i < m.files.count; i++) {
		const struct privfile *f = &m.files.at[i];

		if (f->has_caps != PRIVFILE_CAPS_HIDDEN)
			change_file(&all, f->path, f->has_caps ? &f->caps : NULL);
	}
	manifest_done(&m);
	return changes_end(&all);
}

/* The letters as setcap -v has them. */
static void put_difference(struct buf *b, const struct filecaps *has, const struct filecaps *want)
{
	uint64_t e_has = has->effective ? has->permitted | has->inheritable : 0;
	uint64_t e_want = want->effective ? want->permitted | want->inheritable : 0;

	buf_puts(b, " differs in [");
	if (has->permitted != want->permitted)
		buf_putc(b, 'p');
	if (has->inheritable != want->inheritable)
		buf_putc(b, 'i');
	if (e_has != e_want)
		buf_putc(b, 'e');
	buf_puts(b, "]");
	if (has->rootid != want->rootid)
		buf_printf(b, " and in its root id, %u and not %u", has->rootid, want->rootid);
}

static void put_verdict(struct buf *b, const struct privfile *f, const struct privfile *want)
{
	text_escape(b, f->path, strlen(f->path));
	if (privfile_same_caps(f, want)) {
		buf_puts(b, ": OK\n");
		return;
	}
	if (f->has_caps == PRIVFILE_CAPS_KNOWN)
		put_difference(b, &f->caps, &want->caps);
	else if (f->has_caps)
		buf_puts(b, " has capabilities that are not shown");
	else
		buf_puts(b, " differs");
	buf_puts(b, ": it has ");
	privfile_privileges(b, f);
	buf_putc(b, '\n');
}

static int verify_one(struct changes *all, const char *path, struct privfile *want, struct privfiles *list)
{
	struct buf safe = BUF_INIT;
	struct privfile f;
	int err = look_at(all->look, AT_FDCWD, path, path, true, &f);
	bool same;

	if (err) {
		text_escape(&safe, path, strlen(path));
		say_error(&file_say, buf_str(&safe), err);
		buf_done(&safe);
		return EXIT_FAILED;
	}
	same = privfile_same_caps(&f, want);
	if (!all->o->json)
		put_verdict(&all->text, &f, want);
	if (privfiles_put(list, &f))
		return EXIT_FAILED;
	return same ? EXIT_FINE : EXIT_FINDING;
}

/* The worst of several: a difference, before a file that cannot be looked at. */
int file_verify(const struct file_options *o, struct look *look)
{
	struct changes all = { .o = o, .look = look, .text = BUF_INIT };
	struct privfile want = { .has_caps = PRIVFILE_CAPS_KNOWN };
	struct privfiles list = { 0 };
	int worst = read_spec(o, o->words[0], &want.caps), code;

	if (worst)
		return worst;
	for (size_t i = 1; i < o->word_count; i++) {
		code = verify_one(&all, o->words[i], &want, &list);
		worst = code > worst ? code : worst;
	}
	if (o->json)
		file_list_json(&all.text, worst ? "file_verify_differs" : "file_verify_same", &list, NULL);
	privfiles_done(&list);
	code = file_print(&all.text);
	return code ? code : worst;
}
