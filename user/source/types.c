/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/source/types.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MODIFIERS_MAX = 32 };

struct types {
	const uint8_t *type;	/* section of types */
	const char *string;	/* section of strings, which ends with NUL */
	uint32_t strings;	/* bytes of it */
	uint32_t count;		/* of types, and one for void */
	uint32_t at[];		/* offset of each by its number; void has none */
};

static const struct btf_type *type_of(const struct types *t, uint32_t id)
{
	return (const void *)(t->type + t->at[id]);
}

static const char *name_of(const struct types *t, uint32_t offset)
{
	return offset < t->strings ? t->string + offset : "";
}

/* ---- the index ------------------------------------------------------------------------------------------------- */

/* What follows a type for each of its members, and once; -1: a kind that is not known here. */
static const struct tail {
	int8_t each, once;
} tails[] = {
	[0] = { -1, -1 },
	[BTF_KIND_INT] = { 0, sizeof(uint32_t) },
	[BTF_KIND_PTR] = { 0, 0 },
	[BTF_KIND_ARRAY] = { 0, sizeof(struct btf_array) },
	[BTF_KIND_STRUCT] = { sizeof(struct btf_member), 0 },
	[BTF_KIND_UNION] = { sizeof(struct btf_member), 0 },
	[BTF_KIND_ENUM] = { sizeof(struct btf_enum), 0 },
	[BTF_KIND_FWD] = { 0, 0 },
	[BTF_KIND_TYPEDEF] = { 0, 0 },
	[BTF_KIND_VOLATILE] = { 0, 0 },
	[BTF_KIND_CONST] = { 0, 0 },
	[BTF_KIND_RESTRICT] = { 0, 0 },
	[BTF_KIND_FUNC] = { 0, 0 },
	[BTF_KIND_FUNC_PROTO] = { sizeof(struct btf_param), 0 },
	[BTF_KIND_VAR] = { 0, sizeof(struct btf_var) },
	[BTF_KIND_DATASEC] = { sizeof(struct btf_var_secinfo), 0 },
	[BTF_KIND_FLOAT] = { 0, 0 },
	[BTF_KIND_DECL_TAG] = { 0, sizeof(struct btf_decl_tag) },
	[BTF_KIND_TYPE_TAG] = { 0, 0 },
	[BTF_KIND_ENUM64] = { sizeof(struct btf_enum64), 0 },
};
enum { KINDS = sizeof(tails) / sizeof(tails[0]) };

/* Bytes of a type with its tail; 0: its kind is not known. */
static size_t size_of(const struct btf_type *t)
{
	unsigned int kind = btf_kind(t);

	if (kind >= KINDS || tails[kind].each < 0)
		return 0;
	return sizeof(*t) + (size_t)tails[kind].once + (size_t)tails[kind].each * btf_vlen(t);
}

static int check_header(const struct btf_header *h, size_t size)
{
	if (size < sizeof(*h) || h->magic != BTF_MAGIC || h->version != BTF_VERSION || h->hdr_len < sizeof(*h) ||
	    h->hdr_len > size || h->hdr_len % 4)
		return -EINVAL;
	size -= h->hdr_len;
	if (h->type_off % 4 || h->type_off > size || h->type_len > size - h->type_off || h->str_off > size ||
	    h->str_len > size - h->str_off || !h->str_len)
		return -EINVAL;
	return h->type_len / sizeof(struct btf_type) > (size_t)TYPES_MAX * 8 ? -E2BIG : 0;
}

/* Fills .at, of which there is room for `room`. */
static int index_types(struct types *t, uint32_t bytes, uint32_t room)
{
	t->count = 1;
	for (uint32_t at = 0; at < bytes;) {
		size_t size = bytes - at < sizeof(struct btf_type) ? 0 : size_of((const void *)(t->type + at));

		if (!size || size > bytes - at)
			return -EINVAL;
		if (t->count == room)
			return -E2BIG;
		t->at[t->count++] = at;
		at += (uint32_t)size;
	}
	return 0;
}

int types_new(const void *data, size_t size, struct types **ret)
{
	const struct btf_header *h = data;
	const uint8_t *sections;
	struct types *t;
	uint32_t room;
	int err = (uintptr_t)data % 4 ? -EINVAL : check_header(h, size);

	if (err)
		return err;
	room = h->type_len / sizeof(struct btf_type) + 1;
	room = room > TYPES_MAX ? TYPES_MAX : room;
	t = malloc(sizeof(*t) + room * sizeof(t->at[0]));
	if (!t)
		return -ENOMEM;
	sections = (const uint8_t *)data + h->hdr_len;
	t->type = sections + h->type_off;
	t->string = (const char *)sections + h->str_off;
	t->strings = h->str_len;
	err = t->string[t->strings - 1] ? -EINVAL : index_types(t, h->type_len, room);
	if (err)
		free(t);
	else
		*ret = t;
	return err;
}

void types_free(struct types *t)
{
	free(t);
}

uint32_t types_count(const struct types *t)
{
	return t->count;
}

const struct btf_type *types_at(const struct types *t, uint32_t id)
{
	return id && id < t->count ? type_of(t, id) : NULL;
}

const char *types_name(const struct types *t, uint32_t offset)
{
	return name_of(t, offset);
}

const struct btf_type *types_plain(const struct types *t, uint32_t *id)
{
	for (int i = 0; i < MODIFIERS_MAX; i++) {
		const struct btf_type *type = types_at(t, *id);

		if (!type || (!btf_is_mod(type) && !btf_is_typedef(type)))
			return type;
		*id = type->type;
	}
	return NULL;
}

/* The product of the sizes of arrays in arrays. */
int64_t types_size(const struct types *t, uint32_t id)
{
	uint64_t times = 1;

	for (int i = 0; i < MODIFIERS_MAX && times <= UINT32_MAX; i++) {
		const struct btf_type *type = types_plain(t, &id);

		if (!type)
			return -EINVAL;
		if (btf_is_ptr(type))
			return (int64_t)(times * sizeof(uint64_t));
		if (btf_is_int(type) || btf_is_composite(type) || btf_is_any_enum(type) || btf_is_float(type))
			return (int64_t)(times * type->size);
		if (!btf_is_array(type))
			return -EINVAL;
		times *= btf_array(type)->nelems;
		id = btf_array(type)->type;
	}
	return -EINVAL;
}

/* ---- names ----------------------------------------------------------------------------------------------------- */

unsigned int types_prefix(const char *name)
{
	const uint8_t *n = (const uint8_t *)name;

	return n[0] | (n[0] ? n[1] << 8 : 0);
}

int types_each(const struct types *t, const struct types_filter *filter, types_fn *fn, void *ctx)
{
	int ret = 0;

	for (uint32_t id = 1; !ret && id < t->count; id++) {
		const struct btf_type *type = type_of(t, id);
		const char *name;

		if (!(filter->kinds & (1U << btf_kind(type))))
			continue;
		name = name_of(t, type->name_off);
		if (filter->begins[types_prefix(name)])
			ret = fn(ctx, id, type, name);
	}
	return ret;
}

struct wishes {
	struct types_wish *at;
	size_t count;
};

static int grant(void *ctx, uint32_t id, const struct btf_type *type, const char *name)
{
	const struct wishes *w = ctx;

	for (size_t i = 0; i < w->count; i++)
		if (!w->at[i].id && w->at[i].kind == btf_kind(type) && !strcmp(name, w->at[i].name))
			w->at[i].id = (int)id;
	return 0;
}

void types_find(const struct types *t, struct types_wish *wishes, size_t n)
{
	struct types_filter filter = { .kinds = 0 };
	struct wishes w = { wishes, n };

	for (size_t i = 0; i < n; i++) {
		filter.begins[types_prefix(wishes[i].name)] = 1;
		filter.kinds |= 1U << wishes[i].kind;
		wishes[i].id = 0;
	}
	types_each(t, &filter, grant, &w);
}

const char *types_parameter(const struct types *t, int function, unsigned int nth)
{
	const struct btf_type *type;

	if (function <= 0 || (uint32_t)function >= t->count)
		return NULL;
	type = type_of(t, (uint32_t)function);
	if (!btf_is_func(type) || !type->type || type->type >= t->count)
		return NULL;
	type = type_of(t, type->type);
	return btf_is_func_proto(type) && nth < btf_vlen(type) ? name_of(t, btf_params(type)[nth].name_off) : NULL;
}
