/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/view/ps.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "user/base/buf.h"
#include "user/base/text.h"
#include "user/base/word.h"
#include "user/caps/capability.h"
#include "user/caps/capset.h"
#include "user/caps/holder.h"
#include "user/caps/securebits.h"
#include "user/model/workload.h"
#include "user/view/wrap.h"

#define INDENT_MAX 40 /* columns: a deeper tree is not drawn deeper */
#define WIDTH_MAX  48 /* a longer value moves the rest of its own line */

typedef void print(struct buf *b, const struct holder *h);

struct ps_column {
	const char *key, *heading;
	size_t width;
	bool usual, right;
	print *print;
	const char *about; /* for --help */
};

#define PRINT(name) static void print_##name(struct buf *b, const struct holder *h)

static void put_unknown(struct buf *b)
{
	buf_putc(b, '?');
}

static void put_none(struct buf *b)
{
	buf_putc(b, '-');
}

static void put_foreign(struct buf *b, const char *s)
{
	text_escape(b, s, strlen(s));
}

static void put_set(struct buf *b, uint64_t set)
{
	if (set)
		capability_mask_names(b, set);
	else
		put_none(b);
}

PRINT(pid)
{
	buf_u64(b, (uint64_t)h->pid);
}

PRINT(tid)
{
	if (h->tid == h->pid) {
		put_none(b);
		return;
	}
	if (h->differs)
		buf_putc(b, '*');
	buf_u64(b, (uint64_t)h->tid);
}

PRINT(ppid)
{
	buf_u64(b, (uint64_t)h->ppid);
}

PRINT(state)
{
	text_escape(b, &h->state, 1);
}

PRINT(user)
{
	if (h->user)
		put_foreign(b, h->user);
	else
		buf_u64(b, h->is.uid);
}

PRINT(uid)
{
	buf_u64(b, h->is.uid);
}

PRINT(euid)
{
	buf_u64(b, h->is.euid);
}

PRINT(gid)
{
	buf_u64(b, h->is.gid);
}

PRINT(comm)
{
	put_foreign(b, h->comm);
}

/* How much of what there is could still be had from a file. */
PRINT(bnd)
{
	uint64_t all = capset_all();

	if ((h->is.bounding & all) == all)
		buf_puts(b, "all");
	else
		buf_u64(b, (uint64_t)__builtin_popcountll(h->is.bounding));
}

PRINT(nnp)
{
	if (h->is.no_new_privs)
		buf_puts(b, "yes");
	else
		put_none(b);
}

PRINT(seccomp)
{
	static const char *const words[] = { "-", "strict", "filter" };

	if (h->seccomp < sizeof(words) / sizeof(words[0]))
		buf_puts(b, words[h->seccomp]);
	else
		buf_u64(b, h->seccomp);
}

PRINT(securebits)
{
	if (h->securebits_known)
		securebits_print(b, h->is.securebits);
	else
		put_unknown(b);
}

PRINT(mode)
{
	if (h->securebits_known)
		buf_puts(b, mode_name(mode_of(&h->is)));
	else
		put_unknown(b);
}

PRINT(userns)
{
	if (h->userns == HOLDER_USERNS_INITIAL)
		buf_puts(b, "host");
	else if (h->userns)
		buf_u64(b, h->userns);
	else
		put_unknown(b);
}

/* As every command calls it; a cgroup alone by its path. */
PRINT(workload)
{
	const char *name = holder_workload(h);
	struct buf text = BUF_INIT;

	if (h->workload)
		workload_put_name(&text, h->workload);
	if (text.len)
		put_foreign(b, buf_str(&text));
	else if (name)
		put_foreign(b, name);
	else
		put_unknown(b);
	buf_done(&text);
}

PRINT(exe)
{
	if (h->exe)
		put_foreign(b, h->exe);
	else if (h->kernel || holder_is_dead(h))
		put_none(b);
	else
		put_unknown(b);
}

PRINT(file)
{
	const struct privfile f = {
		.owner_known = true,
		.mode = h->file_mode,
		.uid = h->file_uid,
		.has_caps = h->file_has_caps,
		.caps = h->file_caps,
	};

	if (h->kernel || holder_is_dead(h))
		put_none(b);
	else if (!h->file_known)
		put_unknown(b);
	else if (!privfile_carries(&f))
		put_none(b);
	else
		privfile_privileges(b, &f);
}

PRINT(effective)
{
	put_set(b, h->is.effective);
}

PRINT(permitted)
{
	put_set(b, h->is.permitted);
}

PRINT(inheritable)
{
	put_set(b, h->is.inheritable);
}

/* Of what it holds now; what was used by another run and is not held any more needs no decision. */
PRINT(used)
{
	if (h->used_known)
		put_set(b, h->used & holder_set(h));
	else
		put_unknown(b);
}

PRINT(bounding)
{
	put_set(b, h->is.bounding);
}

PRINT(ambient)
{
	put_set(b, h->is.ambient);
}

static void put_iab(struct buf *b, const struct holder *h, uint64_t blocked)
{
	const struct capset iab = { CAPSET_IAB, { h->is.inheritable, h->is.ambient, blocked } };

	capset_to_iab(b, &iab);
}

PRINT(iab)
{
	size_t start = b->len;

	put_iab(b, h, capset_all() & ~h->is.bounding);
	if (b->len == start)
		put_none(b);
}

PRINT(caps)
{
	const struct capset flags = { CAPSET_FLAGS,
				      { h->is.effective, h->is.permitted, h->is.inheritable } };

	capset_to_text(b, &flags);
	/* What is only inheritable stands in the flags already. */
	if (!h->is.ambient)
		return;
	buf_puts(b, " [");
	put_iab(b, h, 0);
	buf_putc(b, ']');
}

#define COLUMN(name, head, wide, is_usual, is_right, text) \
	{ .key = #name, .heading = head, .width = wide, .usual = is_usual, .right = is_right, \
	  .print = print_##name, .about = text }

static const struct ps_column columns[] = {
	COLUMN(pid, "PID", 7, true, true, "the process"),
	COLUMN(tid, "TID", 8, true, true, "a thread; with * where it differs from the first one of its process"),
	COLUMN(ppid, "PPID", 7, false, true, "the parent"),
	COLUMN(state, "S", 1, false, false, "R running, S sleeping, D waiting, T stopped, Z zombie, ..."),
	COLUMN(user, "USER", 10, true, false, "real user, by name where it has one"),
	COLUMN(uid, "UID", 6, false, true, "real user"),
	COLUMN(euid, "EUID", 6, false, true, "effective user"),
	COLUMN(gid, "GID", 6, false, true, "real group"),
	COLUMN(comm, "COMM", 15, true, false, "name of the thread; --tree draws its tree here"),
	COLUMN(bnd, "BND", 3, true, true, "how many capabilities its bounding set has"),
	COLUMN(nnp, "NNP", 3, true, false, "no_new_privs: no exec gives it more"),
	COLUMN(seccomp, "SECCOMP", 7, false, false, "strict, filter, or -"),
	COLUMN(securebits, "SECUREBITS", 10, false, false, "securebits; only the kernel's iterator of tasks tells others'"),
	COLUMN(mode, "MODE", 11, false, false, "libcap's mode, which follows from them"),
	COLUMN(userns, "USERNS", 10, true, true, "user namespace: host, or its number"),
	COLUMN(workload, "WORKLOAD", 20, true, false, "container, pod or unit, else cgroup"),
	COLUMN(exe, "EXE", 24, false, false, "executable, as it sees it"),
	COLUMN(file, "FILE", 16, false, false, "what that file carries: capabilities, setuid, setgid"),
	COLUMN(effective, "EFFECTIVE", 16, false, false, "effective set"),
	COLUMN(permitted, "PERMITTED", 16, false, false, "permitted set"),
	COLUMN(inheritable, "INHERITABLE", 11, false, false, "inheritable set"),
	COLUMN(ambient, "AMBIENT", 8, false, false, "ambient set"),
	COLUMN(bounding, "BOUNDING", 16, false, false, "bounding set"),
	COLUMN(iab, "IAB", 16, false, false,
	       "libcap's text of inheritable, ambient (^) and not in the bounding set (!)"),
	COLUMN(used, "EVER USED", 16, false, false, "what it holds and ever used, as the history of its program and workload says"),
	COLUMN(caps, "CAPS", 16, true, false, "libcap's text of the three flags; [inheritable, ^ambient]"),
};

enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };

_Static_assert((int)COLUMNS <= (int)PS_COLUMNS_MAX, "all fit into a layout");

/* Not in "all": what other columns tell better or in another way, and what takes a history. */
static bool is_double(const struct ps_column *c)
{
	return c->print == print_effective || c->print == print_permitted || c->print == print_inheritable ||
	       c->print == print_ambient || c->print == print_bounding || c->print == print_used;
}

static void add(struct ps_layout *layout, const struct ps_column *c)
{
	layout->widths[layout->count] = c->width;
	layout->columns[layout->count++] = c;
}

void ps_layout_usual(struct ps_layout *ret, bool all)
{
	*ret = (struct ps_layout){ .count = 0 };
	for (size_t i = 0; i < COLUMNS; i++)
		if (columns[i].usual || (all && !is_double(&columns[i])))
			add(ret, &columns[i]);
}

void ps_layout_used(struct ps_layout *layout)
{
	size_t at = layout->count;

	while (at && layout->columns[at - 1]->print != print_caps)
		at--;
	at = at ? at - 1 : layout->count;
	memmove(&layout->columns[at + 1], &layout->columns[at], (layout->count - at) * sizeof(layout->columns[0]));
	memmove(&layout->widths[at + 1], &layout->widths[at], (layout->count - at) * sizeof(layout->widths[0]));
	for (size_t i = 0; i < COLUMNS; i++)
		if (columns[i].print == print_used) {
			layout->columns[at] = &columns[i];
			layout->widths[at] = columns[i].width;
		}
	layout->count++;
}

static const struct ps_column *column_of(const char *word, size_t n)
{
	for (size_t i = 0; i < COLUMNS; i++)
		if (strlen(columns[i].key) == n && !strncasecmp(columns[i].key, word, n))
			return &columns[i];
	return NULL;
}

static const char *nearest_to(const char *word, size_t n)
{
	const char *keys[COLUMNS];
	size_t at;

	for (size_t i = 0; i < COLUMNS; i++)
		keys[i] = columns[i].key;
	return word_nearest(word, n, keys, COLUMNS, &at) ? keys[at] : NULL;
}

int ps_layout_parse(const char *list, struct ps_layout *ret, struct ps_mistake *ret_mistake)
{
	struct ps_layout layout = { .count = 0 };

	for (;; list++) {
		size_t n = strcspn(list, ",");
		const struct ps_column *c = column_of(list, n);

		if (!c || layout.count == PS_COLUMNS_MAX) {
			*ret_mistake = (struct ps_mistake){ list, c ? 0 : n, c ? NULL : nearest_to(list, n) };
			return -ENOENT;
		}
		add(&layout, c);
		list += n;
		if (!*list)
			break;
	}
	*ret = layout;
	return 0;
}

const char *ps_column_key(size_t at)
{
	return at < COLUMNS ? columns[at].key : NULL;
}

void ps_describe(struct buf *b)
{
	for (size_t i = 0; i < COLUMNS; i++)
		buf_printf(b, "  %-11s %s\n", columns[i].key, columns[i].about);
}

void ps_memo_done(struct ps_memo *memo)
{
	for (size_t i = 0; i < PS_MEMO_SLOTS; i++)
		buf_done(&memo->slots[i].text);
}

static uint64_t hash(const uint64_t *words, size_t n)
{
	uint64_t h = 0;

	for (size_t i = 0; i < n; i++)
		h = (h ^ words[i]) * 0x9e3779b97f4a7c15ULL;
	return h >> 32;
}

struct buf *ps_memo_get(struct ps_memo *memo, const struct holder *h,
			void (*make)(struct buf *b, const struct holder *h))
{
	const struct credentials *c = &h->is;
	const uint64_t sets[] = { c->effective, c->permitted, c->inheritable, c->bounding, c->ambient };
	struct ps_slot *slot = &memo->slots[hash(sets, 5) % PS_MEMO_SLOTS];

	if (slot->text.len && !slot->text.error && !memcmp(slot->sets, sets, sizeof(sets)))
		return &slot->text;
	memcpy(slot->sets, sets, sizeof(sets));
	buf_clear(&slot->text);
	make(&slot->text, h);
	return &slot->text;
}

/* Pads what stands in b from `start` on. What is aligned to the right is made first and then moved. */
static void align(struct buf *b, size_t start, const struct ps_layout *layout, size_t i)
{
	const struct ps_column *c = layout->columns[i];
	size_t n = b->len - start, width, pad;

	if (b->error || (!c->right && i + 1 == layout->count))
		return;
	width = text_width(b->data + start, n);
	pad = width < layout->widths[i] ? layout->widths[i] - width : 0;
	wrap_blanks(b, pad);
	if (b->error || !c->right)
		return;
	memmove(b->data + start + pad, b->data + start, n);
	memset(b->data + start, ' ', pad);
}

void ps_header(struct buf *b, const struct ps_layout *layout)
{
	for (size_t i = 0; i < layout->count; i++) {
		size_t start = b->len;

		buf_puts(b, layout->columns[i]->heading);
		align(b, start, layout, i);
		buf_putc(b, i + 1 == layout->count ? '\n' : ' ');
	}
}

static void put_value(struct buf *b, const struct ps_column *c, struct ps_memo *memo, const struct holder *h,
		      unsigned depth)
{
	if (c->print == print_comm)
		wrap_blanks(b, 2 * depth < INDENT_MAX ? 2 * depth : INDENT_MAX);
	if (c->print == print_caps || c->print == print_iab) {
		struct buf *text = ps_memo_get(&memo[c->print == print_iab], h, c->print);

		if (text->error)
			b->error = text->error;
		buf_put(b, text->data, text->len);
	} else {
		c->print(b, h);
	}
}

/* Of those that differ in length, and of nothing that is asked of libcap. */
static bool fits_itself(const struct ps_column *c)
{
	return c->print == print_comm || c->print == print_user || c->print == print_workload ||
	       c->print == print_exe || c->print == print_file;
}

void ps_fit(struct ps_layout *layout, const struct holder *h, unsigned depth)
{
	struct buf text = BUF_INIT;

	for (size_t i = 0; i + 1 < layout->count; i++) {
		size_t width;

		if (!fits_itself(layout->columns[i]))
			continue;
		buf_clear(&text);
		put_value(&text, layout->columns[i], NULL, h, depth);
		width = text.error ? 0 : text_width(text.data, text.len);
		if (width > layout->widths[i])
			layout->widths[i] = width < WIDTH_MAX ? width : WIDTH_MAX;
	}
	buf_done(&text);
}

void ps_line(struct buf *b, const struct ps_layout *layout, struct ps_memo *memo, const struct holder *h,
	     unsigned depth)
{
	for (size_t i = 0; i < layout->count; i++) {
		size_t start = b->len;

		put_value(b, layout->columns[i], memo, h, depth);
		align(b, start, layout, i);
		buf_putc(b, i + 1 == layout->count ? '\n' : ' ');
	}
}

static const char *plural(size_t n, const char *one, const char *many)
{
	return n == 1 ? one : many;
}

void ps_summary_text(struct buf *b, const struct ps_summary *s)
{
	const char *noun = plural(s->processes, "process", "processes");

	if (s->filtered)
		buf_printf(b, "%zu of %zu %s shown, %zu", s->shown, s->processes, noun, s->holding);
	else
		buf_printf(b, "%zu of %zu %s", s->holding, s->processes, noun);
	buf_printf(b, " %s capabilities, %zu as good as root's", plural(s->holding, "holds", "hold"), s->root);
	if (s->differing)
		buf_printf(b, "; %zu %s (*) from the process", s->differing,
			   plural(s->differing, "thread differs", "threads differ"));
	if (s->kernel || s->dead)
		buf_puts(b, "; not shown without --all: ");
	if (s->kernel)
		buf_printf(b, "%zu of the kernel's own", s->kernel);
	if (s->kernel && s->dead)
		buf_puts(b, ", ");
	if (s->dead)
		buf_printf(b, "%zu %s", s->dead, plural(s->dead, "zombie", "zombies"));
}

bool ps_is_incomplete(const struct ps_summary *s)
{
	return s->undecided || s->unreadable || s->others_hidden;
}

void ps_missing_text(struct buf *b, const struct ps_summary *s)
{
	const char *between = "";

	if (s->others_hidden) {
		buf_puts(b, "this procfs shows only our own processes (hidepid): there are more");
		between = "; ";
	}
	if (s->unreadable) {
		buf_printf(b, "%s%zu %s", between, s->unreadable,
			   plural(s->unreadable, "process cannot be looked at", "processes cannot be looked at"));
		between = "; ";
	}
	if (s->undecided)
		buf_printf(b, "%s%zu processes or threads left out because what is asked for cannot be told of them", between, s->undecided);
}
