/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/source/types.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/buf.h"

enum { NAMES_MAX = 256, PREFIXES = 1 << 16 };

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

/* "" where it has none. */
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

/* ---- names ----------------------------------------------------------------------------------------------------- */

/* Nearly no name is asked for, which its first two bytes tell. */
static unsigned int prefix_of(const char *name)
{
	const uint8_t *n = (const uint8_t *)name;

	return n[0] | (n[0] ? n[1] << 8 : 0);
}

void types_find(const struct types *t, struct types_wish *wishes, size_t n)
{
	uint8_t begins[PREFIXES] = { 0 };
	unsigned int kinds = 0;

	for (size_t i = 0; i < n; i++) {
		begins[prefix_of(wishes[i].name)] = 1;
		kinds |= 1U << wishes[i].kind;
		wishes[i].id = 0;
	}
	for (uint32_t id = 1; id < t->count; id++) {
		const struct btf_type *type = type_of(t, id);
		const char *name;

		if (!(kinds & (1U << btf_kind(type))))
			continue;
		name = name_of(t, type->name_off);
		for (size_t i = 0; begins[prefix_of(name)] && i < n; i++)
			if (!wishes[i].id && wishes[i].kind == btf_kind(type) && !strcmp(name, wishes[i].name))
				wishes[i].id = (int)id;
	}
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

/* ---- the part that is wanted ----------------------------------------------------------------------------------- */

struct names {
	char *at[NAMES_MAX];
	size_t count;
	uint8_t begins[PREFIXES];
};

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_root(const struct btf_type *t)
{
	return btf_is_composite(t) || btf_is_any_enum(t);
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
		ret->begins[prefix_of(ret->at[ret->count - 1])] = 1;
	}
	qsort(ret->at, ret->count, sizeof(*ret->at), compare);
	return 0;
}

/* Types get their new numbers when they are met, and are written in the order of these. */
struct copy {
	const struct types *from;
	uint32_t *now;		/* new number by old one; 0: not met yet */
	uint32_t *met;		/* old number by new one, from 1 */
	uint32_t count;
	uint32_t pointer;	/* new number of the one pointer that stands for all */
	struct buf type, string;
};

/* What a struct can hold. */
static bool is_object(const struct btf_type *t)
{
	return is_root(t) || btf_is_int(t) || btf_is_ptr(t) || btf_is_array(t) || btf_is_typedef(t) || btf_is_float(t);
}

/* The old number behind what does not change how a type lies in memory; 0: none. Circles have no end, but a limit. */
static uint32_t plain(const struct types *t, uint32_t id)
{
	for (int i = 0; i < 32; i++) {
		const struct btf_type *type = id && id < t->count ? type_of(t, id) : NULL;

		if (!type || !btf_is_mod(type))
			return type && is_object(type) ? id : 0;
		id = type->type;
	}
	return 0;
}

/* The new number of a type; 0: void, and what no struct can hold. */
static uint32_t meet(struct copy *c, uint32_t old)
{
	uint32_t id = plain(c->from, old);

	if (!id)
		return 0;
	if (c->now[id])
		return c->now[id];
	if (btf_is_ptr(type_of(c->from, id)) && c->pointer)
		return c->pointer;
	c->met[++c->count] = id;
	c->now[id] = c->count;
	if (btf_is_ptr(type_of(c->from, id)))
		c->pointer = c->count;
	return c->count;
}

static uint32_t put_name(struct copy *c, uint32_t offset)
{
	const char *name = name_of(c->from, offset);
	uint32_t at = (uint32_t)c->string.len;

	if (!*name)
		return 0;
	buf_put(&c->string, name, strlen(name) + 1);
	return at;
}

static void put_members(struct copy *c, const struct btf_type *t)
{
	for (int i = 0; i < btf_vlen(t); i++) {
		struct btf_member m = btf_members(t)[i];

		m.name_off = put_name(c, m.name_off);
		m.type = meet(c, m.type);
		buf_put(&c->type, &m, sizeof(m));
	}
}

/* An enumerator begins with its name, whatever its size. */
static void put_enumerators(struct copy *c, const struct btf_type *t)
{
	const uint8_t *from = (const uint8_t *)(t + 1);
	size_t size = (size_t)tails[btf_kind(t)].each;

	for (int i = 0; i < btf_vlen(t); i++, from += size) {
		uint32_t name;

		memcpy(&name, from, sizeof(name));
		name = put_name(c, name);
		buf_put(&c->type, &name, sizeof(name));
		buf_put(&c->type, from + sizeof(name), size - sizeof(name));
	}
}

static void put_array(struct copy *c, const struct btf_type *t)
{
	struct btf_array a = *btf_array(t);

	a.type = meet(c, a.type);
	a.index_type = meet(c, a.index_type);
	buf_put(&c->type, &a, sizeof(a));
}

static void put_type(struct copy *c, uint32_t id)
{
	const struct btf_type *from = type_of(c->from, id);
	struct btf_type t = *from;

	t.name_off = btf_is_array(from) ? 0 : put_name(c, t.name_off);
	if (btf_is_ptr(from))
		t.type = 0;
	else if (btf_is_typedef(from))
		t.type = meet(c, t.type);
	buf_put(&c->type, &t, sizeof(t));
	if (btf_is_composite(from))
		put_members(c, from);
	else if (btf_is_any_enum(from))
		put_enumerators(c, from);
	else if (btf_is_array(from))
		put_array(c, from);
	else
		buf_put(&c->type, from + 1, size_of(from) - sizeof(t));
}

static void meet_wanted(struct copy *c, const struct names *names)
{
	for (uint32_t id = 1; id < c->from->count; id++) {
		const struct btf_type *t = type_of(c->from, id);
		const char *name;

		if (!is_root(t))
			continue;
		name = name_of(c->from, t->name_off);
		if (names->begins[prefix_of(name)] &&
		    bsearch(&name, names->at, names->count, sizeof(*names->at), compare))
			meet(c, id);
	}
}

static int put_part(const void *data, size_t size, int fd)
{
	ssize_t n = write(fd, data, size);

	return n < 0 ? -errno : (size_t)n == size ? 0 : -EIO;
}

static int write_copy(struct copy *c, int fd)
{
	struct btf_header h = {
		.magic = BTF_MAGIC,
		.version = BTF_VERSION,
		.hdr_len = sizeof(h),
		.type_len = (uint32_t)c->type.len,
		.str_off = (uint32_t)c->type.len,
		.str_len = (uint32_t)c->string.len,
	};
	int err = c->type.error ?: c->string.error;

	err = err ?: put_part(&h, sizeof(h), fd);
	err = err ?: put_part(c->type.data, c->type.len, fd);
	return err ?: put_part(c->string.data, c->string.len, fd);
}

static int copy_wanted(const struct types *t, const struct names *names, int fd)
{
	struct copy c = {
		.from = t,
		.now = calloc(t->count, sizeof(*c.now)),
		.met = calloc(t->count, sizeof(*c.met)),
		.type = BUF_INIT,
		.string = BUF_INIT,
	};
	int err = -ENOMEM;

	if (c.now && c.met) {
		buf_putc(&c.string, '\0');
		meet_wanted(&c, names);
		for (uint32_t id = 1; id <= c.count; id++)
			put_type(&c, c.met[id]);
		err = write_copy(&c, fd);
	}
	free(c.now);
	free(c.met);
	buf_done(&c.type);
	buf_done(&c.string);
	return err;
}

int types_subset(const struct types *t, const struct btf *ours, int fd)
{
	struct names *names = calloc(1, sizeof(*names));
	int err;

	if (!names)
		return -ENOMEM;
	err = collect_names(ours, names);
	err = err ?: copy_wanted(t, names, fd);
	while (names->count)
		free(names->at[--names->count]);
	free(names);
	return err;
}
