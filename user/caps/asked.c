/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/caps/asked.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "user/caps/capability.h"

/* What makes two checks the same. No padding: it is hashed as bytes. */
struct key {
	const char *operation, *condition;	/* one text, one address */
	uint64_t others;
	int32_t cap;
	uint16_t class;
	uint8_t no_need, setup;
	char name[ASKED_NAME], call[ASKED_CALL];
};

struct node {
	struct key key;
	struct asked_row is;
	UT_hash_handle hh;
};

struct file {
	char *path;
	bool refused;
	struct asked_refusal refusal;
	UT_hash_handle hh;
};

/* A text that rows share, which was another's. */
struct word {
	UT_hash_handle hh;
	char text[];
};

struct asked {
	struct node *nodes;
	struct node **sorted;	/* NULL: not made since the last row came */
	struct file *files;
	struct word *words;
	const char *kernels[ASKED_KERNELS_MAX];
	size_t kernel_count;
	uint64_t rest, held, kernel, watched_ns, granted, settles_ns;
	uint32_t users[2];	/* that somebody gave up root to be */
	unsigned user_count;
	bool granted_known, held_known, settled;
};

struct asked *asked_new(void)
{
	return calloc(1, sizeof(struct asked));
}

void asked_free(struct asked *a)
{
	struct node *n, *next;
	struct file *f, *next_file;
	struct word *w, *next_word;

	if (!a)
		return;
	HASH_ITER(hh, a->nodes, n, next) {
		HASH_DEL(a->nodes, n);
		free(n->is.exe);
		free(n);
	}
	HASH_ITER(hh, a->files, f, next_file) {
		HASH_DEL(a->files, f);
		free(f->path);
		free(f);
	}
	HASH_ITER(hh, a->words, w, next_word) {
		HASH_DEL(a->words, w);
		free(w);
	}
	free(a->sorted);
	free(a);
}

/* The one copy of n bytes of a text; NULL: out of memory. */
static const char *keep_bytes(struct asked *a, const char *text, size_t n)
{
	struct word *w;

	HASH_FIND(hh, a->words, text, n, w);
	if (w)
		return w->text;
	w = malloc(sizeof(*w) + n + 1);
	if (!w)
		return NULL;
	memcpy(w->text, text, n);
	w->text[n] = '\0';
	HASH_ADD_KEYPTR(hh, a->words, w->text, n, w);
	if (w->hh.tbl)
		return w->text;
	free(w);
	return NULL;
}

static const char *keep_word(struct asked *a, const char *text)
{
	return keep_bytes(a, text, strlen(text));
}

static void copy_name(char *to, size_t size, const char *from, size_t n)
{
	if (n >= size)
		n = size - 1;
	memcpy(to, from, n);
}

/* Of a check: its texts are the table's, and live for ever. */
static struct asked_row row_of(const struct asked_check *c)
{
	const struct site *site = c->site;
	const struct site_row *known = site ? site->row : NULL;
	struct asked_row row = {
		.cap = c->cap,
		.class = site ? site->class : SITE_UNCLASSIFIED,
		.operation = site ? site->operation : NULL,
		.condition = known ? known->condition : NULL,
		.others = known ? known->others : 0,
		.no_need = c->no_need,
		.setup = c->setup,
		.first_ns = c->wall_ns,
		.last_ns = c->wall_ns,
		.pid = c->pid,
		.uid = c->uid,
		.euid = c->euid,
		.ids_known = c->ids_known,
		.exe = (char *)c->exe,
	};

	if (site && site->name)
		copy_name(row.name, sizeof(row.name), site->name, site->name_len);
	copy_name(row.call, sizeof(row.call), c->call, strlen(c->call));
	copy_name(row.comm, sizeof(row.comm), c->comm, c->comm_len);
	if (c->user && strlen(c->user) <= ASKED_USER_BYTES)
		copy_name(row.user, sizeof(row.user), c->user, strlen(c->user));
	row.arg_count = c->argument_known ? site_arguments(c->call, c->argument, row.args) : 0;
	return row;
}

static struct key key_of(const struct asked_row *row)
{
	struct key key = {
		.operation = row->operation, .condition = row->condition, .others = row->others,
		.cap = row->cap, .class = (uint16_t)row->class, .no_need = row->no_need,
		.setup = row->setup,
	};

	memcpy(key.name, row->name, sizeof(key.name));
	memcpy(key.call, row->call, sizeof(key.call));
	return key;
}

static struct node *new_node(const struct key *key, const struct asked_row *row)
{
	struct node *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->key = *key;
	n->is = *row;
	n->is.exe = row->exe ? strdup(row->exe) : NULL;
	if (row->exe && !n->is.exe) {
		free(n);
		return NULL;
	}
	n->is.granted = n->is.denied = n->is.failed = n->is.worked = n->is.granted_failed = n->is.granted_worked = 0;
	n->is.kernels = 0;
	n->is.helpers = 0;
	memset(n->is.callers, 0, sizeof(n->is.callers));
	n->is.starting = n->is.steady = n->is.keeps = false;
	return n;
}

/* The row of that kind, made where there was none. NULL where there is no room (*ret_error 0) or no memory. */
static struct node *node_of(struct asked *a, const struct asked_row *row, int *ret_error)
{
	const struct key key = key_of(row);
	struct node *n;

	*ret_error = 0;
	HASH_FIND(hh, a->nodes, &key, sizeof(key), n);
	if (n || HASH_COUNT(a->nodes) >= ASKED_ROWS_MAX)
		return n;
	n = new_node(&key, row);
	if (n)
		HASH_ADD(hh, a->nodes, key, sizeof(n->key), n);
	if (n && n->hh.tbl) {
		free(a->sorted);
		a->sorted = NULL;
		return n;
	}
	if (n)
		free(n->is.exe);
	free(n);
	*ret_error = -ENOMEM;
	return NULL;
}

/* Those that find no room are not told. 0 or -ENOMEM. */
static int add_caller(struct asked *a, struct asked_row *row, const char *name, size_t n)
{
	for (size_t i = 0; i < ASKED_CALLERS; i++) {
		const char *is = row->callers[i];

		if (is && strlen(is) == n && !memcmp(is, name, n))
			return 0;
		if (is)
			continue;
		row->callers[i] = keep_bytes(a, name, n);
		return row->callers[i] ? 0 : -ENOMEM;
	}
	return 0;
}

/* The way on which a check came. 0 or -ENOMEM. */
static int add_way(struct asked *a, struct asked_row *row, const struct site *site)
{
	if (!site || !site->name)
		return 0;
	row->helpers |= 1U << site->helper;
	return site->caller ? add_caller(a, row, site->caller, site->caller_len) : 0;
}

/* Those of a row. 0 or -ENOMEM. */
static int add_ways(struct asked *a, struct asked_row *row, const struct asked_row *from)
{
	int err = 0;

	row->helpers |= from->helpers;
	for (size_t i = 0; i < ASKED_CALLERS && from->callers[i] && !err; i++)
		err = add_caller(a, row, from->callers[i], strlen(from->callers[i]));
	return err;
}

static void count(struct asked_row *row, const struct asked_check *c, uint64_t kernel, bool steady)
{
	uint64_t *failed = c->denied ? &row->failed : &row->granted_failed;
	uint64_t *worked = c->denied ? &row->worked : &row->granted_worked;

	if (c->denied)
		row->denied += c->times;
	else
		row->granted += c->times;
	*failed += c->failed;
	*worked += c->worked;
	if (c->failed)
		*(c->denied ? &row->error : &row->granted_error) = c->error;
	row->withheld = row->withheld || c->withheld;
	row->kernels |= kernel;
	row->steady |= steady;
	row->starting |= !steady;
	if (c->wall_ns > row->last_ns)
		row->last_ns = c->wall_ns;
}

static bool is_steady(struct asked *a, const struct asked_check *c)
{
	bool steady = c->settled || c->wall_ns >= a->settles_ns;

	a->settled |= steady;
	return steady;
}

void asked_more(struct asked *a, struct asked_row *row, const struct asked_check *c)
{
	if (row) {
		count(row, c, a->kernel, is_steady(a, c));
		row->keeps |= !c->drops;
	} else {
		a->rest += c->times;
	}
}

int asked_like(struct asked *a, const struct asked_row *row, const struct asked_check *c)
{
	struct asked_row like = *row;
	int err;
	struct node *n;

	like.setup = c->setup;
	like.granted = like.denied = like.failed = like.worked = like.granted_failed = like.granted_worked = 0;
	like.first_ns = like.last_ns = c->wall_ns;
	like.pid = c->pid;
	n = node_of(a, &like, &err);
	if (n)
		err = add_ways(a, &n->is, row);
	if (!err)
		asked_more(a, n ? &n->is : NULL, c);
	return err;
}

int asked_add(struct asked *a, const struct asked_check *c, struct asked_row **ret_row)
{
	const struct asked_row row = row_of(c);
	int err;
	struct node *n = node_of(a, &row, &err);

	if (n)
		err = add_way(a, &n->is, c->site);
	if (!err)
		asked_more(a, n ? &n->is : NULL, c);
	if (!err && ret_row)
		*ret_row = n ? &n->is : NULL;
	return err;
}

/* Who was first is told of the earlier. */
static int take_first(struct asked_row *to, const struct asked_row *row)
{
	char *exe = row->exe ? strdup(row->exe) : NULL;

	if (row->exe && !exe)
		return -ENOMEM;
	free(to->exe);
	to->exe = exe;
	to->first_ns = row->first_ns;
	to->pid = row->pid;
	to->uid = row->uid;
	to->euid = row->euid;
	to->ids_known = row->ids_known;
	memcpy(to->user, row->user, sizeof(to->user));
	to->arg_count = row->arg_count;
	memcpy(to->args, row->args, sizeof(to->args));
	memcpy(to->comm, row->comm, sizeof(to->comm));
	return 0;
}

uint64_t asked_sum(uint64_t a, uint64_t b)
{
	return a >= ASKED_TIMES_MAX || b > ASKED_TIMES_MAX - a ? ASKED_TIMES_MAX : a + b;
}

uint64_t asked_untold(const struct asked_row *row)
{
	uint64_t told = asked_sum(row->failed, row->worked);

	return row->denied > told ? row->denied - told : 0;
}

static int join(struct asked_row *to, const struct asked_row *row)
{
	to->granted = asked_sum(to->granted, row->granted);
	to->denied = asked_sum(to->denied, row->denied);
	to->failed = asked_sum(to->failed, row->failed);
	to->worked = asked_sum(to->worked, row->worked);
	to->kernels |= row->kernels;
	to->starting |= row->starting;
	to->steady |= row->steady;
	to->keeps |= row->keeps;
	to->granted_failed = asked_sum(to->granted_failed, row->granted_failed);
	to->granted_worked = asked_sum(to->granted_worked, row->granted_worked);
	if (row->failed && (!to->error || row->last_ns >= to->last_ns))
		to->error = row->error;
	if (row->granted_failed && (!to->granted_error || row->last_ns >= to->last_ns))
		to->granted_error = row->granted_error;
	if (row->last_ns > to->last_ns)
		to->last_ns = row->last_ns;
	return row->first_ns < to->first_ns ? take_first(to, row) : 0;
}

int asked_put(struct asked *a, const struct asked_row *other)
{
	struct asked_row row = *other;
	struct node *n;
	int err;

	row.operation = other->operation ? keep_word(a, other->operation) : NULL;
	row.condition = other->condition ? keep_word(a, other->condition) : NULL;
	if ((other->operation && !row.operation) || (other->condition && !row.condition))
		return -ENOMEM;
	n = node_of(a, &row, &err);
	if (n)
		return add_ways(a, &n->is, &row) ?: join(&n->is, &row);
	if (!err)
		a->rest += row.granted + row.denied;
	return err;
}

void asked_starts(struct asked *a, uint64_t wall_ns)
{
	if (!a->settles_ns)
		a->settles_ns = wall_ns + ASKED_START_NS;
}

void asked_ends(struct asked *a, uint64_t wall_ns)
{
	a->settled |= wall_ns >= a->settles_ns;
}

bool asked_saw_steady(const struct asked *a)
{
	return a->settled;
}

void asked_see_steady(struct asked *a)
{
	a->settled = true;
}

void asked_drop_to(struct asked *a, uint32_t user)
{
	for (unsigned i = 0; i < a->user_count; i++)
		if (a->users[i] == user)
			return;
	if (a->user_count < sizeof(a->users) / sizeof(a->users[0]))
		a->users[a->user_count++] = user;
}

unsigned asked_drops_to(const struct asked *a, uint32_t ret_users[2])
{
	memcpy(ret_users, a->users, sizeof(a->users));
	return a->user_count;
}

int asked_kernel(struct asked *a, const char *release)
{
	size_t i = 0;
	const char *kept;

	while (i < a->kernel_count && strcmp(a->kernels[i], release))
		i++;
	a->kernel = 0;
	if (i == ASKED_KERNELS_MAX)
		return -ENOSPC;
	if (i == a->kernel_count) {
		kept = keep_word(a, release);
		if (!kept)
			return -ENOMEM;
		a->kernels[a->kernel_count++] = kept;
	}
	a->kernel = 1ULL << i;
	return 0;
}

const char *asked_kernel_at(const struct asked *a, size_t i)
{
	return i < a->kernel_count ? a->kernels[i] : NULL;
}

void asked_watched(struct asked *a, uint64_t ns)
{
	const uint64_t max = ASKED_WATCHED_MS_MAX * 1000000;

	a->watched_ns = ns > max - a->watched_ns ? max : a->watched_ns + ns;
}

uint64_t asked_watched_ns(const struct asked *a)
{
	return a->watched_ns;
}

void asked_holds(struct asked *a, uint64_t set)
{
	a->held |= set;
	a->held_known = true;
}

void asked_forget_held(struct asked *a)
{
	a->held = 0;
	a->held_known = false;
}

bool asked_held(const struct asked *a, uint64_t *ret)
{
	if (a->held_known)
		*ret = a->held;
	return a->held_known;
}

/* *ret stays NULL where there are too many. */
static int file_of(struct asked *a, const char *path, struct file **ret)
{
	struct file *f;

	HASH_FIND_STR(a->files, path, f);
	*ret = f;
	if (f || HASH_COUNT(a->files) >= ASKED_FILES_MAX)
		return 0;
	f = calloc(1, sizeof(*f));
	if (f)
		f->path = strdup(path);
	if (f && f->path)
		HASH_ADD_KEYPTR(hh, a->files, f->path, strlen(f->path), f);
	if (f && f->hh.tbl) {
		*ret = f;
		return 0;
	}
	if (f)
		free(f->path);
	free(f);
	return -ENOMEM;
}

int asked_executed(struct asked *a, const char *exe)
{
	struct file *f;

	return exe ? file_of(a, exe, &f) : 0;
}

int asked_refused(struct asked *a, const char *path, const struct asked_refusal *refusal)
{
	struct file *f;
	int err = file_of(a, path, &f);

	if (!f)
		return err;
	f->refusal.bounding = refusal->bounding & (f->refused ? f->refusal.bounding : UINT64_MAX);
	f->refusal.elsewhere |= refusal->elsewhere;
	f->refused = true;
	return 0;
}

int asked_becomes(struct asked *a, uint32_t pid, const char *exe)
{
	for (struct node *n = a->nodes; n; n = n->hh.next) {
		char *copy;

		if (n->is.pid != pid || strncmp(n->is.call, "execve", strlen("execve")) != 0)
			continue;
		copy = strdup(exe);
		if (!copy)
			return -ENOMEM;
		free(n->is.exe);
		n->is.exe = copy;
	}
	return 0;
}

int asked_program(struct asked *a, uint64_t permitted, const char *exe)
{
	asked_holds(a, permitted);
	return asked_executed(a, exe);
}

int asked_merge(struct asked *to, struct asked *from)
{
	int err = 0;

	if (from->held_known)
		asked_holds(to, from->held);
	if (from->granted_known)
		asked_granted(to, from->granted);
	for (const struct file *f = from->files; f && !err; f = f->hh.next)
		err = f->refused ? asked_refused(to, f->path, &f->refusal) : asked_executed(to, f->path);
	for (const struct node *n = from->nodes; n && !err; n = n->hh.next)
		err = asked_put(to, &n->is);
	for (unsigned i = 0; i < from->user_count; i++)
		asked_drop_to(to, from->users[i]);
	to->settled |= from->settled;
	to->rest += from->rest;
	return err;
}

static int text_order(const char *a, const char *b)
{
	return strcmp(a ?: "", b ?: "") ?: !a - !b;
}

static bool same_place(const struct asked_row *a, const struct asked_row *b)
{
	return !strcmp(a->name, b->name) && !strcmp(a->call, b->call);
}

static bool same_need(const struct asked_row *a, const struct asked_row *b)
{
	return same_place(a, b) && a->no_need == b->no_need && a->setup == b->setup;
}

/* Was each of these checks made after the lesser capability was refused? */
static bool each_has_pair(const struct asked *a, const struct asked_row *row)
{
	uint64_t refused = 0, times = 0;

	for (const struct node *n = a->nodes; n; n = n->hh.next) {
		if (!same_need(&n->is, row))
			continue;
		if (n->is.cap == CAP_DAC_READ_SEARCH)
			refused += n->is.denied;
		else if (n->is.cap == CAP_DAC_OVERRIDE)
			times += n->is.granted + n->is.denied;
	}
	return times && times == refused;
}

void asked_pair(struct asked *a)
{
	for (struct node *n = a->nodes; n; n = n->hh.next) {
		if (n->is.cap != CAP_DAC_OVERRIDE || n->is.class != SITE_NEEDED || !*n->is.name || !each_has_pair(a, &n->is))
			continue;
		n->is.class = SITE_ALTERNATIVE;
		n->is.others |= 1ULL << CAP_DAC_READ_SEARCH;
	}
	free(a->sorted);
	a->sorted = NULL;
}

void asked_settle(struct asked *a)
{
	for (struct node *w = a->nodes; w; w = w->hh.next) {
		if (!w->is.withheld || w->is.granted || w->is.cap < 0 || w->is.cap >= CAPABILITY_MAX)
			continue;
		for (struct node *n = a->nodes; n; n = n->hh.next)
			if (same_place(&n->is, &w->is))
				n->is.others &= ~(1ULL << w->is.cap);
	}
}

static int order(const void *pa, const void *pb)
{
	const struct asked_row *a = &(*(struct node *const *)pa)->is, *b = &(*(struct node *const *)pb)->is;
	uint64_t na = a->granted + a->denied, nb = b->granted + b->denied;

	if (a->cap != b->cap)
		return a->cap < b->cap ? -1 : 1;
	if (a->class != b->class)
		return a->class < b->class ? -1 : 1;
	if (na != nb)
		return na > nb ? -1 : 1;
	return strcmp(a->name, b->name) ?: strcmp(a->call, b->call) ?: (int)a->no_need - (int)b->no_need ?:
	       text_order(a->operation, b->operation) ?: text_order(a->condition, b->condition) ?:
	       (a->others > b->others) - (a->others < b->others);
}

size_t asked_count(struct asked *a)
{
	size_t i = 0;

	if (a->sorted || !a->nodes)
		return HASH_COUNT(a->nodes);
	a->sorted = calloc(HASH_COUNT(a->nodes), sizeof(*a->sorted));
	if (!a->sorted)
		return 0;
	for (struct node *n = a->nodes; n; n = n->hh.next)
		a->sorted[i++] = n;
	qsort(a->sorted, i, sizeof(*a->sorted), order);
	return i;
}

const struct asked_row *asked_at(struct asked *a, size_t i)
{
	return &a->sorted[i]->is;
}

uint64_t asked_caps(const struct asked *a)
{
	uint64_t caps = 0;

	for (const struct node *n = a->nodes; n; n = n->hh.next)
		if (n->is.cap >= 0 && n->is.cap < 64 && !n->is.no_need && !n->is.setup)
			caps |= 1ULL << n->is.cap;
	return caps;
}

uint64_t asked_used(const struct asked *a)
{
	uint64_t caps = 0;

	for (const struct node *n = a->nodes; n; n = n->hh.next)
		if (n->is.cap >= 0 && n->is.cap < 64 && n->is.granted && !n->is.no_need && !n->is.setup)
			caps |= 1ULL << n->is.cap;
	return caps;
}

uint64_t asked_rest(const struct asked *a)
{
	return a->rest;
}

bool asked_unnamed(struct asked *a)
{
	for (struct node *n = a->nodes; n; n = n->hh.next)
		if (*n->is.name || n->is.class != SITE_UNCLASSIFIED)
			return false;
	return a->nodes;
}

void asked_granted(struct asked *a, uint64_t set)
{
	a->granted |= set;
	a->granted_known = true;
}

bool asked_grant(const struct asked *a, uint64_t *ret)
{
	if (a->granted_known)
		*ret = a->granted;
	return a->granted_known;
}

static const struct file *file_at(const struct asked *a, size_t i)
{
	const struct file *f = a->files;

	while (f && i--)
		f = f->hh.next;
	return f;
}

const char *asked_file(const struct asked *a, size_t i)
{
	const struct file *f = file_at(a, i);

	return f ? f->path : NULL;
}

bool asked_file_refused(const struct asked *a, size_t i, struct asked_refusal *ret)
{
	const struct file *f = file_at(a, i);

	if (!f || !f->refused)
		return false;
	*ret = f->refusal;
	return true;
}
