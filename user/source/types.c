/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/source/types.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { NAMES_MAX = 256 };

struct copy {
	const struct btf *from;
	struct btf *to;
	int *done;	/* new id by old id; 0: not copied yet */
	int pointer;	/* the one pointer that stands for all */
	int error;
};

static int copy_type(struct copy *c, uint32_t id);

static const char *name_of(const struct copy *c, const struct btf_type *t)
{
	return btf__name_by_offset(c->from, t->name_off);
}

static int copy_pointer(struct copy *c)
{
	if (!c->pointer)
		c->pointer = btf__add_ptr(c->to, 0);
	return c->pointer;
}

/* Members' types come first: a struct's members must follow it at once. */
static int copy_struct(struct copy *c, const struct btf_type *t)
{
	const struct btf_member *m = btf_members(t);
	int id, n = btf_vlen(t), *member = calloc(n ? n : 1, sizeof(*member));

	if (!member)
		return -ENOMEM;
	for (int i = 0; i < n; i++)
		member[i] = copy_type(c, m[i].type);
	id = btf_is_union(t) ? btf__add_union(c->to, name_of(c, t), t->size)
			     : btf__add_struct(c->to, name_of(c, t), t->size);
	for (int i = 0; i < n && id > 0 && !c->error; i++) {
		int err = btf__add_field(c->to, btf__name_by_offset(c->from, m[i].name_off), member[i],
					 btf_member_bit_offset(t, i), btf_member_bitfield_size(t, i));

		c->error = c->error ?: err;
	}
	free(member);
	return id;
}

static int copy_enum(struct copy *c, const struct btf_type *t)
{
	int id = btf__add_enum(c->to, name_of(c, t), t->size);
	const struct btf_enum *v = btf_enum(t);

	for (int i = 0; i < btf_vlen(t) && id > 0; i++)
		c->error = c->error ?: btf__add_enum_value(c->to, btf__name_by_offset(c->from, v[i].name_off),
							   v[i].val);
	return id;
}

static int copy_enum64(struct copy *c, const struct btf_type *t)
{
	int id = btf__add_enum64(c->to, name_of(c, t), t->size, btf_kflag(t));
	const struct btf_enum64 *v = btf_enum64(t);

	for (int i = 0; i < btf_vlen(t) && id > 0; i++)
		c->error = c->error ?: btf__add_enum64_value(c->to,
							     btf__name_by_offset(c->from, v[i].name_off),
							     btf_enum64_value(&v[i]));
	return id;
}

static int copy_array(struct copy *c, const struct btf_type *t)
{
	int index = copy_type(c, btf_array(t)->index_type), element = copy_type(c, btf_array(t)->type);

	return btf__add_array(c->to, index, element, btf_array(t)->nelems);
}

static int copy_kind(struct copy *c, const struct btf_type *t)
{
	int inner;

	switch (btf_kind(t)) {
	case BTF_KIND_INT:
		return btf__add_int(c->to, name_of(c, t), t->size, btf_int_encoding(t));
	case BTF_KIND_FLOAT:
		return btf__add_float(c->to, name_of(c, t), t->size);
	case BTF_KIND_PTR:
		return copy_pointer(c);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return copy_struct(c, t);
	case BTF_KIND_ENUM:
		return copy_enum(c, t);
	case BTF_KIND_ENUM64:
		return copy_enum64(c, t);
	case BTF_KIND_ARRAY:
		return copy_array(c, t);
	case BTF_KIND_TYPEDEF:
		inner = copy_type(c, t->type);
		return btf__add_typedef(c->to, name_of(c, t), inner);
	case BTF_KIND_CONST:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPE_TAG:
		return copy_type(c, t->type);
	default:
		return 0; /* nothing that a struct can hold */
	}
}

/* The new id; 0 for void and after an error. Ends, for only pointers close a circle. */
static int copy_type(struct copy *c, uint32_t id)
{
	const struct btf_type *t = id ? btf__type_by_id(c->from, id) : NULL;
	int now;

	if (!t || c->error)
		return 0;
	if (c->done[id])
		return c->done[id];
	now = copy_kind(c, t);
	if (now < 0) {
		c->error = now;
		return 0;
	}
	c->done[id] = now;
	return now;
}

static bool is_root(const struct btf_type *t)
{
	return btf_is_composite(t) || btf_is_any_enum(t);
}

struct names {
	char *at[NAMES_MAX];
	size_t count;
};

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names of our own structs and enums, sorted, without their flavours. */
static int collect_names(const struct btf *ours, struct names *ret)
{
	for (uint32_t id = 1; id < btf__type_cnt(ours); id++) {
		const struct btf_type *t = btf__type_by_id(ours, id);
		const char *name = btf__name_by_offset(ours, t->name_off);
		const char *flavour = strstr(name, "___");

		if (!is_root(t) || !*name)
			continue;
		if (ret->count == NAMES_MAX)
			return -E2BIG;
		ret->at[ret->count] = flavour ? strndup(name, (size_t)(flavour - name)) : strdup(name);
		if (!ret->at[ret->count++])
			return -ENOMEM;
	}
	qsort(ret->at, ret->count, sizeof(*ret->at), compare);
	return 0;
}

static void copy_wanted(struct copy *c, const struct names *names)
{
	for (uint32_t id = 1; id < btf__type_cnt(c->from) && !c->error; id++) {
		const struct btf_type *t = btf__type_by_id(c->from, id);
		const char *name;

		if (!is_root(t) || !t->name_off)
			continue;
		name = name_of(c, t);
		if (bsearch(&name, names->at, names->count, sizeof(*names->at), compare))
			copy_type(c, id);
	}
}

static int to_memory(const struct btf *types)
{
	uint32_t size;
	const void *data = btf__raw_data(types, &size);
	int fd = data ? memfd_create("types", MFD_CLOEXEC) : -1;

	if (fd < 0)
		return -ENOMEM;
	if (write(fd, data, size) != (ssize_t)size) {
		close(fd);
		return -EIO;
	}
	return fd;
}

int types_subset(const struct btf *kernel, const struct btf *ours)
{
	struct copy c = { .from = kernel, .to = btf__new_empty() };
	struct names names = {};
	int ret = collect_names(ours, &names);

	c.done = calloc(btf__type_cnt(kernel), sizeof(*c.done));
	if (!ret && (!c.to || !c.done))
		ret = -ENOMEM;
	if (!ret) {
		copy_wanted(&c, &names);
		ret = c.error ?: to_memory(c.to);
	}
	while (names.count)
		free(names.at[--names.count]);
	free(c.done);
	btf__free(c.to);
	return ret;
}
