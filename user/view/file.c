/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/view/file.h"

#include <string.h>

#include "user/base/buf.h"
#include "user/base/json.h"
#include "user/base/text.h"
#include "user/caps/capability.h"
#include "user/caps/capset.h"
#include "user/caps/facts.h"
#include "user/caps/filespec.h"
#include "user/caps/drift.h"
#include "user/caps/privfile.h"
#include "user/view/wrap.h"

#define TITLE_WIDTH 14

static void put_safe(struct buf *b, const char *s)
{
	text_escape(b, s, strlen(s));
}

static void put_name(struct buf *b, const char *name, uint32_t id)
{
	if (name)
		put_safe(b, name);
	else
		buf_u64(b, id);
}

static void title(struct buf *b, const char *s)
{
	buf_puts(b, "  ");
	buf_puts(b, s);
	wrap_blanks(b, TITLE_WIDTH - strlen(s));
}

static void put_set(struct buf *b, const char *name, uint64_t mask)
{
	title(b, name);
	buf_printf(b, "%016llx ", (unsigned long long)mask);
	if (mask)
		capability_mask_names(b, mask);
	else
		buf_puts(b, "none");
	buf_putc(b, '\n');
}

static void put_effective(struct buf *b, const struct filecaps *caps)
{
	title(b, "effective");
	if (caps->effective)
		buf_puts(b, "yes: what is permitted is in effect from the start; where the bounding set cuts some of "
			    "it, the program does not start (EPERM)\n");
	else
		buf_puts(b, "no: the program has to raise what is permitted itself\n");
}

static void put_rootid(struct buf *b, const struct filecaps *caps)
{
	title(b, "root id");
	if (caps->rootid)
		buf_printf(
			b,
			"%u: they count only where this user is root of the user namespace, and below it\n",
			caps->rootid);
	else
		buf_puts(b, "0: they count for everyone\n");
}

static void put_caps(struct buf *b, const struct filecaps *caps)
{
	put_set(b, "permitted", caps->permitted);
	put_set(b, "inheritable", caps->inheritable);
	put_effective(b, caps);
	put_rootid(b, caps);
	title(b, "format");
	buf_printf(b, "%u\n", caps->version);
}

static void put_meaning(struct buf *b, const char *first, const char *more, uint64_t caps)
{
	title(b, "means");
	buf_puts(b, first);
	capability_mask_names(b, caps);
	buf_puts(b, more);
	buf_putc(b, '\n');
}

/* What each of them is for, as far as it is known. */
static void put_permits(struct buf *b, uint64_t caps)
{
	char number[CAPABILITY_NAME_MAX];

	for (unsigned nr = 0; nr < CAPABILITY_MAX; nr++) {
		const struct fact *fact = caps >> nr & 1 ? fact_of(nr) : NULL;

		if (!fact)
			continue;
		title(b, "");
		buf_printf(b, "%s: ", capability_name(nr, number));
		wrap_words(b, fact->permits, 2 + TITLE_WIDTH, 2 + TITLE_WIDTH, 0);
		buf_putc(b, '\n');
	}
}

/* Where the root id does not count, the kernel takes the file for one without capabilities. */
static void put_caps_meaning(struct buf *b, const struct filecaps *caps, const char *first, const char *more,
			     uint64_t set)
{
	title(b, "means");
	if (caps->rootid)
		buf_puts(b, "where they count, ");
	buf_puts(b, first);
	capability_mask_names(b, set);
	buf_puts(b, more);
	buf_putc(b, '\n');
}

static void put_caps_meanings(struct buf *b, const struct filecaps *caps)
{
	uint64_t named = capset_all(), permitted = caps->permitted & named,
		 inheritable = caps->inheritable & named,
		 unnamed = (caps->permitted | caps->inheritable) & ~named;

	if (permitted && caps->effective)
		put_caps_meaning(b, caps, "whoever executes it has ", ", without being root", permitted);
	else if (permitted)
		put_caps_meaning(b, caps, "whoever executes it can raise ", ", without being root",
				 permitted);
	if (inheritable)
		put_caps_meaning(b, caps, "who has it in the inheritable set already keeps ", "",
				 inheritable);
	put_permits(b, permitted | inheritable);
	if (unnamed)
		put_meaning(b, "no capability that has a name, so that a kernel without it passes over it: ",
			    "", unnamed);
	put_caps_meaning(b, caps, "ambient capabilities are lost when it is executed", "", 0);
}

static void put_meanings(struct buf *b, const struct privfile *f)
{
	if (privfile_is_setuid(f) && !f->uid)
		put_meaning(b, "whoever executes it is root, with all capabilities of the bounding set", "",
			    0);
	else if (privfile_is_setuid(f))
		put_meaning(b, "whoever executes it acts as its owner", "", 0);
	if (privfile_is_setgid(f))
		put_meaning(b, "whoever executes it acts with its group", "", 0);
	if (f->has_caps == PRIVFILE_CAPS_KNOWN)
		put_caps_meanings(b, &f->caps);
}

static void put_also(struct buf *b, const struct privfile *f)
{
	for (size_t i = 0; i < f->also_count; i++) {
		title(b, "also");
		put_safe(b, f->also[i]);
		buf_putc(b, '\n');
	}
}

void file_text(struct buf *b, const struct privfile *f)
{
	put_safe(b, f->path);
	buf_putc(b, ' ');
	privfile_privileges(b, f);
	buf_putc(b, '\n');
	if (f->has_caps == PRIVFILE_CAPS_KNOWN)
		put_caps(b, &f->caps);
	title(b, "owner");
	put_name(b, f->user, f->uid);
	buf_putc(b, ':');
	put_name(b, f->group, f->gid);
	buf_printf(b, ", mode %04o\n", f->mode);
	put_also(b, f);
	put_meanings(b, f);
	title(b, "risk");
	buf_printf(b, "%s\n", privfile_risk_name(privfile_risk(f)));
	for (size_t i = 0; i < PRIVFILE_FLAW_COUNT; i++) {
		if (!f->flaws[i])
			continue;
		title(b, "flaw");
		put_safe(b, f->flaws[i]);
		buf_putc(b, '\n');
	}
}

static size_t widest_privileges(const struct privfiles *list)
{
	struct buf words = BUF_INIT;
	size_t widest = strlen("PRIVILEGES");

	for (size_t i = 0; i < list->count; i++) {
		buf_clear(&words);
		privfile_privileges(&words, &list->at[i]);
		if (words.len > widest && words.len <= 40)
			widest = words.len;
	}
	buf_done(&words);
	return widest;
}

void file_table(struct buf *b, const struct privfiles *list, bool header)
{
	size_t width = widest_privileges(list);

	if (header && list->count)
		buf_printf(b, "%-7s %-5s %-*s %s\n", "RISK", "FLAWS", (int)width, "PRIVILEGES", "PATH");
	for (size_t i = 0; i < list->count; i++) {
		const struct privfile *f = &list->at[i];
		unsigned flaws = 0;
		size_t start;

		for (size_t k = 0; k < PRIVFILE_FLAW_COUNT; k++)
			flaws += f->flaws[k] != NULL;
		buf_printf(b, "%-7s %5u ", privfile_risk_name(privfile_risk(f)), flaws);
		start = b->len;
		privfile_privileges(b, f);
		wrap_blanks(b, b->len - start < width ? width - (b->len - start) + 1 : 1);
		put_safe(b, f->path);
		buf_putc(b, '\n');
		for (size_t k = 0; k < f->also_count; k++) {
			wrap_blanks(b, 14 + width);
			buf_puts(b, "= ");
			put_safe(b, f->also[k]);
			buf_putc(b, '\n');
		}
	}
}

void file_flaws(struct buf *b, const struct privfile *f)
{
	for (size_t i = 0; i < PRIVFILE_FLAW_COUNT; i++) {
		if (!f->flaws[i])
			continue;
		put_safe(b, f->path);
		buf_puts(b, ": ");
		privfile_privileges(b, f);
		buf_puts(b, ": ");
		put_safe(b, f->flaws[i]);
		buf_putc(b, '\n');
	}
}

static void put_owner(struct buf *b, const struct privfile *f)
{
	buf_printf(b, " (mode %04o, uid %u, gid %u)", f->mode, f->uid, f->gid);
}

static void put_drift_row(struct buf *b, const struct drift_row *row)
{
	const struct privfile *before = row->before, *after = row->after;
	bool owner = before && after && before->owner_known && after->owner_known &&
		     privfile_same_caps(before, after);

	buf_printf(b, "%-8s ", drift_name(row->kind));
	put_safe(b, (before ? before : after)->path);
	buf_puts(b, ": ");
	if (before)
		privfile_privileges(b, before);
	if (owner)
		put_owner(b, before);
	if (before && after)
		buf_puts(b, " -> ");
	if (after)
		privfile_privileges(b, after);
	if (owner)
		put_owner(b, after);
	buf_putc(b, '\n');
}

void file_drift(struct buf *b, const struct drift *d)
{
	for (size_t i = 0; i < d->count; i++)
		put_drift_row(b, &d->rows[i]);
}

static void json_caps_list(struct json *j, uint64_t mask)
{
	char number[CAPABILITY_NAME_MAX];

	json_array(j);
	for (unsigned nr = 0; mask; nr++, mask >>= 1)
		if (mask & 1)
			json_cstr(j, capability_name(nr, number));
	json_array_end(j);
}

static void json_hex(struct json *j, uint64_t mask)
{
	struct buf hex = BUF_INIT;

	buf_printf(&hex, "%016llx", (unsigned long long)mask);
	json_cstr(j, buf_str(&hex));
	buf_done(&hex);
}

static void json_caps(struct json *j, const struct privfile *f)
{
	struct buf text = BUF_INIT;

	if (f->has_caps != PRIVFILE_CAPS_KNOWN) {
		json_null(j);
		return;
	}
	filespec_print(&text, &f->caps);
	json_object(j);
	json_key(j, "text");
	json_cstr(j, buf_str(&text));
	json_key(j, "permitted");
	json_caps_list(j, f->caps.permitted);
	json_key(j, "permitted_mask");
	json_hex(j, f->caps.permitted);
	json_key(j, "inheritable");
	json_caps_list(j, f->caps.inheritable);
	json_key(j, "inheritable_mask");
	json_hex(j, f->caps.inheritable);
	json_key(j, "effective");
	json_bool(j, f->caps.effective);
	json_key(j, "rootid");
	json_u64(j, f->caps.rootid);
	json_key(j, "format");
	json_u64(j, f->caps.version);
	json_object_end(j);
	buf_done(&text);
}

static void json_owner(struct json *j, const struct privfile *f)
{
	struct buf mode = BUF_INIT;

	if (!f->owner_known)
		return;
	buf_printf(&mode, "%04o", f->mode);
	json_key(j, "mode");
	json_cstr(j, buf_str(&mode));
	json_key(j, "uid");
	json_u64(j, f->uid);
	json_key(j, "gid");
	json_u64(j, f->gid);
	json_key(j, "setuid");
	json_bool(j, privfile_is_setuid(f));
	json_key(j, "setgid");
	json_bool(j, privfile_is_setgid(f));
	buf_done(&mode);
}

static void json_flaws(struct json *j, const struct privfile *f)
{
	json_array(j);
	for (size_t i = 0; i < PRIVFILE_FLAW_COUNT; i++) {
		if (!f->flaws[i])
			continue;
		json_object(j);
		json_key(j, "flaw");
		json_cstr(j, privfile_flaw_name(i));
		json_key(j, "text");
		json_cstr(j, f->flaws[i]);
		json_object_end(j);
	}
	json_array_end(j);
}

static void json_file(struct json *j, const struct privfile *f)
{
	json_object(j);
	json_key(j, "path");
	json_cstr(j, f->path);
	json_owner(j, f);
	json_key(j, "caps");
	json_caps(j, f);
	if (f->has_caps == PRIVFILE_CAPS_HIDDEN) {
		json_key(j, "caps_hidden");
		json_bool(j, true);
	}
	json_key(j, "risk");
	json_cstr(j, privfile_risk_name(privfile_risk(f)));
	json_key(j, "flaws");
	json_flaws(j, f);
	if (f->also_count) {
		json_key(j, "also");
		json_array(j);
		for (size_t i = 0; i < f->also_count; i++)
			json_cstr(j, f->also[i]);
		json_array_end(j);
	}
	json_object_end(j);
}

static void json_start(struct json *j, struct buf *b, const char *type)
{
	json_init(j, b);
	json_object(j);
	json_key(j, "v");
	json_u64(j, 1);
	json_key(j, "type");
	json_cstr(j, type);
}

static void json_end(struct json *j, struct buf *b, const struct file_extent *extent)
{
	if (extent) {
		json_key(j, "looked_at");
		json_object(j);
		json_key(j, "files");
		json_u64(j, extent->files);
		json_key(j, "directories");
		json_u64(j, extent->dirs);
		json_key(j, "unreadable");
		json_u64(j, extent->unreadable);
		json_key(j, "vanished");
		json_u64(j, extent->vanished);
		json_object_end(j);
	}
	json_object_end(j);
	buf_putc(b, '\n');
}

void file_list_json(struct buf *b, const char *type, const struct privfiles *list,
		    const struct file_extent *extent)
{
	struct json j;

	json_start(&j, b, type);
	json_key(&j, "files");
	json_array(&j);
	for (size_t i = 0; i < list->count; i++)
		json_file(&j, &list->at[i]);
	json_array_end(&j);
	json_end(&j, b, extent);
}

void file_drift_json(struct buf *b, const struct drift *d, const struct file_extent *extent)
{
	struct json j;

	json_start(&j, b, "file_drift");
	json_key(&j, "changes");
	json_array(&j);
	for (size_t i = 0; i < d->count; i++) {
		json_object(&j);
		json_key(&j, "change");
		json_cstr(&j, drift_name(d->rows[i].kind));
		if (d->rows[i].before) {
			json_key(&j, "before");
			json_file(&j, d->rows[i].before);
		}
		if (d->rows[i].after) {
			json_key(&j, "after");
			json_file(&j, d->rows[i].after);
		}
		json_object_end(&j);
	}
	json_array_end(&j);
	json_end(&j, b, extent);
}

void file_change_text(struct buf *b, const struct file_change *c)
{
	put_safe(b, c->path);
	buf_printf(b, ": %s", c->state);
	if (c->before && c->after && !c->error) {
		buf_puts(b, ": ");
		privfile_privileges(b, c->before);
		buf_puts(b, " -> ");
		privfile_privileges(b, c->after);
	}
	buf_putc(b, '\n');
}

void file_change_json(struct json *j, const struct file_change *c)
{
	json_object(j);
	json_key(j, "path");
	json_cstr(j, c->path);
	json_key(j, "state");
	json_cstr(j, c->state);
	if (c->error) {
		json_key(j, "error");
		json_cstr(j, c->error);
	}
	if (c->before) {
		json_key(j, "before");
		json_file(j, c->before);
	}
	if (c->after) {
		json_key(j, "after");
		json_file(j, c->after);
	}
	json_object_end(j);
}
