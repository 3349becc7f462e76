/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/view/granted.h"

#include <string.h>

#include "user/base/buf.h"
#include "user/base/json.h"
#include "user/base/text.h"
#include "user/caps/capability.h"
#include "user/caps/capset.h"
#include "user/caps/grantee.h"
#include "user/view/capwords.h"
#include "user/view/wrap.h"

enum { WIDTH_MAX = 48, BUT_MAX = 5 };

typedef void print(struct buf *b, const struct grantee *g);

#define PRINT(name) static void print_##name(struct buf *b, const struct grantee *g)

static void put_foreign(struct buf *b, const char *s)
{
	if (s && *s)
		text_escape(b, s, strlen(s));
	else
		buf_putc(b, '-');
}

/* Most are granted nearly everything: what is missing is told sooner. */
static void put_set(struct buf *b, const struct grantee *g, uint64_t set)
{
	uint64_t all = capset_all(), but = all & ~set;

	if (!g->known)
		buf_putc(b, '?');
	else if (!set)
		buf_putc(b, '-');
	else if (__builtin_popcountll(but) > BUT_MAX)
		capability_mask_names(b, set);
	else
		buf_puts(b, "all");
	if (!g->known || !set || !but || __builtin_popcountll(but) > BUT_MAX)
		return;
	buf_puts(b, " but ");
	capability_mask_names(b, but);
}

PRINT(risk)
{
	buf_puts(b, grantee_risk_name(grantee_risk(g)));
}

PRINT(kind)
{
	if (g->kind == GRANTEE_CONTAINER)
		buf_puts(b, g->engine ? g->engine : "container");
	else
		buf_puts(b, g->kind == GRANTEE_UNIT ? "unit" : "user unit");
}

PRINT(name)
{
	const char *name = g->name ? g->name : g->id;

	put_foreign(b, name);
	if (g->owner) {
		buf_putc(b, '@');
		put_foreign(b, g->owner);
	}
	if (g->count > 1)
		buf_printf(b, " and %zu more", g->count - 1);
}

PRINT(state)
{
	if (g->count > 1 && g->running && g->running < g->count)
		buf_printf(b, "%zu run", g->running);
	else
		buf_puts(b, grantee_state_name(g->state) ? grantee_state_name(g->state) : "?");
}

PRINT(user)
{
	if (g->kind == GRANTEE_USER_UNIT)
		put_foreign(b, g->owner);
	else
		put_foreign(b, g->user ? g->user : g->known ? "root" : "?");
}

PRINT(nnp)
{
	buf_puts(b, g->no_new_privs ? "yes" : "-");
}

PRINT(userns)
{
	buf_puts(b, g->own_userns ? "own" : g->known ? "host" : "?");
}

PRINT(image)
{
	put_foreign(b, g->image);
}

PRINT(granted)
{
	if (g->differs)
		buf_puts(b, "up to ");
	put_set(b, g, g->effective);
}

/* How much is given away for nothing is told sooner than what is used. */
PRINT(unused)
{
	if (!g->used_known || !g->known)
		buf_putc(b, '?');
	else
		put_set(b, g, g->effective & ~g->used);
}

PRINT(ambient)
{
	put_set(b, g, g->ambient);
}

PRINT(bounding)
{
	put_set(b, g, g->bounding);
}

PRINT(from)
{
	put_foreign(b, g->from);
	if (g->drop_ins)
		buf_printf(b, " and %u drop-in%s", g->drop_ins, g->drop_ins > 1 ? "s" : "");
}

static const struct column {
	const char *heading;
	print *print;
	bool usual;
	bool told;		/* only where a history tells it */
} columns[] = {
	{ "RISK", print_risk, true, false },	      { "KIND", print_kind, true, false },	  { "NAME", print_name, true, false },
	{ "STATE", print_state, true, false },	      { "USER", print_user, true, false },	  { "NNP", print_nnp, true, false },
	{ "USERNS", print_userns, false, false },    { "IMAGE", print_image, true, false },	  { "FROM", print_from, false, false },
	{ "BOUNDING", print_bounding, false, false }, { "AMBIENT", print_ambient, false, false }, { "NEVER USED", print_unused, true, true },
	{ "GRANTED", print_granted, true, false },
};

enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };

_Static_assert((int)COLUMNS <= (int)GRANTED_COLUMNS_MAX, "all fit into a layout");

void granted_layout(const struct grantees *list, bool all, struct granted_layout *ret)
{
	struct buf text = BUF_INIT;

	*ret = (struct granted_layout){ .all = all };
	for (size_t k = 0; k < list->count; k++)
		ret->used |= list->at[k].used_known;
	for (size_t i = 0; i < COLUMNS; i++)
		ret->widths[i] = strlen(columns[i].heading);
	for (size_t k = 0; k < list->count; k++)
		for (size_t i = 0; i < COLUMNS; i++) {
			size_t width;

			buf_clear(&text);
			columns[i].print(&text, &list->at[k]);
			width = text.error ? 0 : text_width(buf_str(&text), text.len);
			width = width < WIDTH_MAX ? width : WIDTH_MAX;
			ret->widths[i] = width > ret->widths[i] ? width : ret->widths[i];
		}
	buf_done(&text);
}

static bool is_shown(const struct granted_layout *layout, size_t i)
{
	return columns[i].told ? layout->used : columns[i].usual || layout->all;
}

/* Fills up what stands in b from `start` on, or ends the line. */
static void end_column(struct buf *b, size_t start, const struct granted_layout *layout, size_t i)
{
	size_t width = b->error ? 0 : text_width(b->data + start, b->len - start);

	if (i + 1 == COLUMNS) {
		buf_putc(b, '\n');
		return;
	}
	wrap_blanks(b, width < layout->widths[i] ? layout->widths[i] - width : 0);
	buf_putc(b, ' ');
}

void granted_header(struct buf *b, const struct granted_layout *layout)
{
	for (size_t i = 0; i < COLUMNS; i++) {
		size_t start = b->len;

		if (!is_shown(layout, i))
			continue;
		buf_puts(b, columns[i].heading);
		end_column(b, start, layout, i);
	}
}

void granted_line(struct buf *b, const struct granted_layout *layout, const struct grantee *g)
{
	for (size_t i = 0; i < COLUMNS; i++) {
		size_t start = b->len;

		if (!is_shown(layout, i))
			continue;
		columns[i].print(b, g);
		end_column(b, start, layout, i);
	}
}

/* ---- JSON ------------------------------------------------------------------------------------------------------- */

static void put_text(struct json *j, const char *key, const char *value)
{
	if (!value)
		return;
	json_key_str(j, key, strlen(key));
	json_cstr(j, value);
}

static void begin(struct json *j, struct buf *b, const char *type)
{
	json_init(j, b);
	json_object(j);
	json_member_u64(j, "v", 1);
	put_text(j, "type", type);
}

static void put_containers(struct json *j, const struct grantee *g)
{
	json_member_u64(j, "containers", g->count);
	json_member_u64(j, "running", g->running);
	json_key(j, "names");
	json_array(j);
	for (size_t i = 0; i < g->names.len; i += strlen(g->names.data + i) + 1)
		json_cstr(j, g->names.data + i);
	json_array_end(j);
	json_member_bool(j, "differs", g->differs);
}

static void put_sets(struct json *j, const struct grantee *g)
{
	if (!g->known)
		return;
	json_member_bool(j, "privileged", g->privileged);
	json_member_bool(j, "no_new_privs", g->no_new_privs);
	json_member_bool(j, "own_userns", g->own_userns);
	json_key(j, "granted");
	capwords_json(j, g->effective);
	json_key(j, "bounding");
	capwords_json(j, g->bounding);
	json_key(j, "ambient");
	capwords_json(j, g->ambient);
}

void granted_json(struct buf *b, const struct grantee *g)
{
	struct json j;

	begin(&j, b, grantee_kind_name(g->kind));
	put_text(&j, "risk", grantee_risk_name(grantee_risk(g)));
	put_text(&j, "engine", g->engine);
	put_text(&j, "name", g->name);
	put_text(&j, "id", g->count > 1 ? NULL : g->id);
	put_text(&j, "image", g->image);
	put_text(&j, "state", grantee_state_name(g->state));
	put_text(&j, "user", g->user);
	put_text(&j, "owner", g->owner);
	put_text(&j, "slice", g->slice);
	put_text(&j, "from", g->from);
	if (g->kind == GRANTEE_CONTAINER)
		put_containers(&j, g);
	else
		json_member_u64(&j, "drop_ins", g->drop_ins);
	put_sets(&j, g);
	if (g->used_known) {
		json_key(&j, "ever_used");
		capwords_json(&j, g->used);
		json_key(&j, "never_used");
		capwords_json(&j, g->effective & ~g->used);
	}
	json_object_end(&j);
	buf_putc(b, '\n');
}

/* ---- all of them ------------------------------------------------------------------------------------------------ */

struct granted_summary granted_summarize(const struct grantees *list, size_t unreadable)
{
	struct granted_summary s = { .unreadable = unreadable };

	for (size_t i = 0; i < list->count; i++) {
		const struct grantee *g = &list->at[i];
		enum grantee_risk risk = grantee_risk(g);

		s.units += g->kind == GRANTEE_UNIT;
		s.user_units += g->kind == GRANTEE_USER_UNIT;
		s.images += g->kind == GRANTEE_CONTAINER;
		s.containers += g->count;
		s.privileged += risk == GRANTEE_PRIVILEGED;
		s.root += risk == GRANTEE_ROOT;
		s.unknown += risk == GRANTEE_UNKNOWN;
	}
	return s;
}

static void put_count(struct buf *b, size_t n, const char *noun)
{
	buf_printf(b, "%zu %s%s", n, noun, n == 1 ? "" : "s");
}

void granted_summary_text(struct buf *b, const struct granted_summary *s)
{
	put_count(b, s->units, "unit");
	if (s->user_units) {
		buf_puts(b, ", ");
		put_count(b, s->user_units, "user unit");
	}
	buf_puts(b, ", ");
	put_count(b, s->containers, "container");
	if (s->images) {
		buf_puts(b, " of ");
		put_count(b, s->images, "image");
	}
	buf_printf(b, ": %zu privileged, %zu more as good as root", s->privileged, s->root);
	if (s->unknown)
		buf_printf(b, "; of %zu it is not known what they are granted", s->unknown);
	if (s->unreadable) {
		buf_puts(b, "; ");
		put_count(b, s->unreadable, "file");
		buf_puts(b, " could not be read");
	}
}

void granted_summary_json(struct buf *b, const struct granted_summary *s)
{
	struct json j;

	begin(&j, b, "summary");
	json_member_u64(&j, "units", s->units);
	json_member_u64(&j, "user_units", s->user_units);
	json_member_u64(&j, "images", s->images);
	json_member_u64(&j, "containers", s->containers);
	json_member_u64(&j, "privileged", s->privileged);
	json_member_u64(&j, "equals_root", s->root);
	json_member_u64(&j, "unknown", s->unknown);
	json_member_u64(&j, "unreadable", s->unreadable);
	json_member_bool(&j, "complete", !s->unreadable);
	json_object_end(&j);
	buf_putc(b, '\n');
}
