/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/kallsyms.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/clock.h"
#include "user/host/whole.h"

enum {
	PAGE = 4096,
	LINE_MAX_BYTES = 2 * KALLSYMS_WORD_MAX + 64,
	PEEK = 64 << 10,	/* what comes before the first function fits into it */
};

/* A miss is mostly a module that was loaded just now. What was missed once is looked for again after so long. */
#define AGAIN_NS 30000000000ULL
enum { MISSED_MAX = 64 };

struct kallsyms {
	int fd;
	uint64_t read_at;	/* 0: not yet, or not any more */
	uint64_t used_at;
	uint64_t missed[MISSED_MAX];	/* since then, and before that one */
	unsigned misses;
	struct kallsyms_table table;
};

/* ---- lines ----------------------------------------------------------------------------------------------------- */

/* One line: "ffffffff81000000 T _text", and behind a tab the module in brackets. */
struct line {
	uint64_t address;
	char type;
	const char *name, *module;
	size_t name_len, module_len;
};

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static const char *read_address(const char *at, const char *end, uint64_t *ret)
{
	const char *start = at;

	for (*ret = 0; at < end && digit(*at) >= 0; at++)
		*ret = *ret << 4 | (uint64_t)digit(*at);
	return at == start || at - start > 16 ? NULL : at;
}

static size_t word_len(const char *at, const char *end)
{
	size_t n = 0;

	while (at + n < end && at[n] > ' ' && at[n] < 0x7f)
		n++;
	return n;
}

static void read_module(const char *at, const char *end, struct line *ret)
{
	const char *close;

	while (at < end && (*at == '\t' || *at == ' '))
		at++;
	close = at < end && *at == '[' ? memchr(at, ']', (size_t)(end - at)) : NULL;
	if (!close || close - at - 1 > KALLSYMS_WORD_MAX)
		return;
	ret->module = at + 1;
	ret->module_len = (size_t)(close - at - 1);
	if (word_len(ret->module, close) != ret->module_len)
		ret->module_len = 0;
}

static bool read_line(const char *at, const char *end, struct line *ret)
{
	memset(ret, 0, sizeof(*ret));
	at = read_address(at, end, &ret->address);
	if (!at || end - at < 4 || at[0] != ' ' || at[2] != ' ')
		return false;
	ret->type = at[1];
	ret->name = at + 3;
	ret->name_len = word_len(ret->name, end);
	if (!ret->name_len || ret->name_len > KALLSYMS_WORD_MAX)
		return false;
	read_module(ret->name + ret->name_len, end, ret);
	return true;
}

static bool is_function(char type)
{
	return type == 't' || type == 'T' || type == 'w' || type == 'W';
}

/* The bytes before a function, which many kernels have a name for (Linux 6.2, 9f2899fe36a6): half of the table, and nothing runs
 * there. What returns to there ended the function before it. */
static bool is_padding(const struct line *line)
{
	static const char prefix[] = "__pfx_";

	return line->name_len > sizeof(prefix) - 1 && !memcmp(line->name, prefix, sizeof(prefix) - 1);
}

/* ---- the table ------------------------------------------------------------------------------------------------- */

static int keep(struct kallsyms_table *t, const struct line *line)
{
	const struct kallsyms_symbol s = {
		.address = line->address,
		.name = (uint32_t)t->names.len,
		.order = (uint32_t)(t->symbols.len / sizeof(s)),
	};

	if (s.order >= KALLSYMS_MAX || t->names.len > UINT32_MAX - LINE_MAX_BYTES)
		return -E2BIG;
	buf_put(&t->symbols, &s, sizeof(s));
	buf_put(&t->names, line->name, line->name_len);
	buf_putc(&t->names, '\0');
	buf_put(&t->names, line->module, line->module_len);
	buf_putc(&t->names, '\0');
	return t->symbols.error ?: t->names.error;
}

static int by_address(const void *a, const void *b)
{
	const struct kallsyms_symbol *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

static bool is_sorted(const struct kallsyms_symbol *s, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (s[i].address < s[i - 1].address)
			return false;
	return true;
}

static void sort(struct kallsyms_table *t)
{
	size_t n = t->symbols.len / sizeof(struct kallsyms_symbol);

	if (n && !is_sorted((const void *)t->symbols.data, n))
		qsort(t->symbols.data, n, sizeof(struct kallsyms_symbol), by_address);
}

int kallsyms_parse(const char *text, size_t n, struct kallsyms_table *ret)
{
	struct kallsyms_table t = { .symbols = BUF_INIT, .names = BUF_INIT };
	const char *end = text + n, *next;
	bool functions = false;
	struct line line;
	int err = 0;

	for (; !err && text < end; text = next + 1) {
		next = memchr(text, '\n', (size_t)(end - text)) ?: end;
		if (!read_line(text, next, &line) || !is_function(line.type))
			continue;
		functions = true;
		if (line.address && !is_padding(&line))
			err = keep(&t, &line);
	}
	if (err) {
		kallsyms_table_done(&t);
		*ret = (struct kallsyms_table){ .symbols = BUF_INIT };
		return err;
	}
	t.hidden = functions && !t.symbols.len;
	sort(&t);
	*ret = t;
	return 0;
}

void kallsyms_table_done(struct kallsyms_table *t)
{
	buf_done(&t->symbols);
	buf_done(&t->names);
}

static const char *name_of(const struct kallsyms_table *t, const struct kallsyms_symbol *s)
{
	return t->names.data + s->name;
}

static const char *module_of(const struct kallsyms_table *t, const struct kallsyms_symbol *s)
{
	const char *name = name_of(t, s);

	return name + strlen(name) + 1;
}

/* How many symbols have no higher address. */
static size_t count_up_to(const struct kallsyms_symbol *s, size_t n, uint64_t address)
{
	size_t low = 0;

	while (n > low) {
		size_t middle = low + (n - low) / 2;

		if (s[middle].address <= address)
			low = middle + 1;
		else
			n = middle;
	}
	return low;
}

bool kallsyms_table_find(const struct kallsyms_table *t, uint64_t address, struct kallsyms_name *ret)
{
	const struct kallsyms_symbol *s = (const void *)t->symbols.data;
	size_t n = t->symbols.len / sizeof(*s), at = count_up_to(s, n, address), next = at;

	if (!at)
		return false;
	/* Of several names the first one is taken, so that it is the same every time. */
	for (at--; at && s[at - 1].address == s[at].address; at--)
		;
	if ((next == n || strcmp(module_of(t, &s[next]), module_of(t, &s[at]))) && address - s[at].address >= PAGE)
		return false;
	*ret = (struct kallsyms_name){ name_of(t, &s[at]), module_of(t, &s[at]), s[at].address };
	return true;
}

/* ---- the file -------------------------------------------------------------------------------------------------- */

int kallsyms_open(const char *proc, struct kallsyms **ret)
{
	struct kallsyms *k = calloc(1, sizeof(*k));
	char path[PATH_MAX];
	int err;

	if (!k)
		return -ENOMEM;
	snprintf(path, sizeof(path), "%s/kallsyms", proc);
	k->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (k->fd < 0) {
		err = -errno;
		free(k);
		return err;
	}
	*ret = k;
	return 0;
}

void kallsyms_close(struct kallsyms *k)
{
	if (!k)
		return;
	kallsyms_table_done(&k->table);
	close(k->fd);
	free(k);
}

/* Up to `most` bytes from the file's start. */
static int read_front(int fd, size_t most, struct buf *ret)
{
	while (ret->len < most) {
		ssize_t n;

		if (buf_reserve(ret, most))
			return ret->error;
		n = pread(fd, ret->data + ret->len, most - ret->len, (off_t)ret->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : 0;
		ret->len += (size_t)n;
	}
	return 0;
}

int kallsyms_shown(struct kallsyms *k)
{
	struct kallsyms_table t = { .symbols = BUF_INIT };
	struct buf text = BUF_INIT;
	int err = read_front(k->fd, PEEK, &text);

	err = err ?: kallsyms_parse(buf_str(&text), text.len, &t);
	if (!err && t.hidden)
		err = -EPERM;
	else if (!err && !t.symbols.len)
		err = -ENODATA;
	kallsyms_table_done(&t);
	buf_done(&text);
	return err;
}

/* What cannot be read now is as it was. */
static void read_table(struct kallsyms *k)
{
	struct kallsyms_table fresh;
	struct buf text = BUF_INIT;

	k->read_at = clock_ns(CLOCK_MONOTONIC);
	if (lseek(k->fd, 0, SEEK_SET) == 0 && !whole_read(k->fd, KALLSYMS_BYTES_MAX, &text) &&
	    !kallsyms_parse(buf_str(&text), text.len, &fresh)) {
		kallsyms_table_done(&k->table);
		k->table = fresh;
	}
	buf_done(&text);
}

/* Is it worth reading the file again for an address that is not in the table? */
static bool is_worth_it(struct kallsyms *k, uint64_t address)
{
	if (!k->read_at)
		return true;
	if (k->table.hidden)
		return false;
	if (clock_ns(CLOCK_MONOTONIC) - k->read_at >= AGAIN_NS) {
		k->misses = 0;
		return true;
	}
	for (unsigned i = 0; i < k->misses; i++)
		if (k->missed[i] == address)
			return false;
	if (k->misses == MISSED_MAX)
		return false;
	k->missed[k->misses++] = address;
	return true;
}

void kallsyms_rest(struct kallsyms *k, uint64_t unused_ns)
{
	/* Where the addresses are hidden, reading it again would not show them. */
	if (!k->read_at || k->table.hidden || clock_ns(CLOCK_MONOTONIC) - k->used_at < unused_ns)
		return;
	kallsyms_table_done(&k->table);
	k->read_at = 0;
	k->misses = 0;
}

bool kallsyms_find(struct kallsyms *k, uint64_t address, struct kallsyms_name *ret)
{
	k->used_at = clock_ns(CLOCK_MONOTONIC);
	if (k->read_at && kallsyms_table_find(&k->table, address, ret))
		return true;
	if (!is_worth_it(k, address))
		return false;
	read_table(k);
	return kallsyms_table_find(&k->table, address, ret);
}
