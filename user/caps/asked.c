/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/caps/asked.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

/* What makes two checks the same. No padding: it is hashed as bytes. */
struct key {
	const struct site_row *row;
	const char *operation;
	int32_t cap;
	uint32_t no_need;
	char name[ASKED_NAME], call[ASKED_CALL];
};

struct node {
	struct key key;
	struct asked_row is;
	UT_hash_handle hh;
};

struct file {
	char *path;
	UT_hash_handle hh;
};

struct asked {
	struct node *nodes;
	struct node **sorted;	/* NULL: not made since the last row came */
	struct file *files;
	uint64_t rest, held;
};

struct asked *asked_new(void)
{
	return calloc(1, sizeof(struct asked));
}

void asked_free(struct asked *a)
{
	struct node *n, *next;
	struct file *f, *next_file;

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
	free(a->sorted);
	free(a);
}

static void copy_name(char *to, size_t size, const char *from, size_t n)
{
	if (n >= size)
		n = size - 1;
	memcpy(to, from, n);
}

static struct key key_of(const struct asked_check *c)
{
	const struct site *site = c->site;
	struct key key = { .cap = c->cap, .no_need = c->no_need };

	if (site) {
		key.row = site->row;
		key.operation = site->operation;
		if (site->name)
			copy_name(key.name, sizeof(key.name), site->name, site->name_len);
	}
	copy_name(key.call, sizeof(key.call), c->call, strlen(c->call));
	return key;
}

static struct node *new_node(const struct key *key, const struct asked_check *c)
{
	struct node *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->key = *key;
	n->is = (struct asked_row){
		.cap = key->cap,
		.class = c->site ? c->site->class : SITE_UNCLASSIFIED,
		.row = key->row,
		.operation = key->operation,
		.no_need = key->no_need,
		.first_ns = c->wall_ns,
		.pid = c->pid,
	};
	memcpy(n->is.name, key->name, sizeof(n->is.name));
	memcpy(n->is.call, key->call, sizeof(n->is.call));
	copy_name(n->is.comm, sizeof(n->is.comm), c->comm, c->comm_len);
	if (c->exe)
		n->is.exe = strdup(c->exe);
	return n;
}

/* NULL where there is no room (*ret_error 0) or no memory. */
static struct node *add_node(struct asked *a, const struct key *key, const struct asked_check *c, int *ret_error)
{
	struct node *n;

	*ret_error = 0;
	if (HASH_COUNT(a->nodes) >= ASKED_ROWS_MAX)
		return NULL;
	n = new_node(key, c);
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

static void count(struct asked_row *row, const struct asked_check *c)
{
	if (c->denied)
		row->denied += c->times;
	else
		row->granted += c->times;
	row->failed += c->failed ? c->times : 0;
	row->worked += c->worked ? c->times : 0;
	if (c->failed)
		row->error = c->error;
	if (c->wall_ns > row->last_ns)
		row->last_ns = c->wall_ns;
}

int asked_add(struct asked *a, const struct asked_check *c)
{
	const struct key key = key_of(c);
	struct node *n;
	int err = 0;

	HASH_FIND(hh, a->nodes, &key, sizeof(key), n);
	if (!n)
		n = add_node(a, &key, c, &err);
	if (n)
		count(&n->is, c);
	else if (!err)
		a->rest += c->times;
	return err;
}

int asked_program(struct asked *a, uint64_t permitted, const char *exe)
{
	struct file *f;

	a->held |= permitted;
	if (!exe || HASH_COUNT(a->files) >= ASKED_FILES_MAX)
		return 0;
	HASH_FIND_STR(a->files, exe, f);
	if (f)
		return 0;
	f = calloc(1, sizeof(*f));
	if (f)
		f->path = strdup(exe);
	if (f && f->path)
		HASH_ADD_KEYPTR(hh, a->files, f->path, strlen(f->path), f);
	if (f && f->hh.tbl)
		return 0;
	if (f)
		free(f->path);
	free(f);
	return -ENOMEM;
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
	return strcmp(a->name, b->name) ?: strcmp(a->call, b->call);
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

uint64_t asked_rest(const struct asked *a)
{
	return a->rest;
}

bool asked_unnamed(struct asked *a)
{
	for (struct node *n = a->nodes; n; n = n->hh.next)
		if (*n->is.name || n->is.row)
			return false;
	return a->nodes;
}

uint64_t asked_held(const struct asked *a)
{
	return a->held;
}

const char *asked_file(const struct asked *a, size_t i)
{
	const struct file *f = a->files;

	while (f && i--)
		f = f->hh.next;
	return f ? f->path : NULL;
}
