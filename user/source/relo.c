/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/source/relo.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/source/types.h"

enum {
	STEPS_MAX = 32,
	DEPTH_MAX = 16,
	NAMELESS_MAX = 1024,	/* members without a name that are looked into for one: a file of types may say that they are in each other */
};

/* One step down: to a member with a name, or to an element of an array. */
struct step {
	uint32_t type;		/* a member's: where it is one; an element's: its own */
	uint32_t index;
	const char *name;	/* NULL: an element, of which the root is the first */
};

struct path {
	const struct types *types;
	struct step step[STEPS_MAX];
	int steps;
	uint64_t bits;		/* from the root */
	int nameless;		/* members without a name that were looked into */
};

size_t relo_name(const char *name)
{
	size_t n = strlen(name);

	for (size_t i = n < 5 ? 0 : n - 4; i-- > 0;)
		if (name[i] != '_' && !strncmp(name + i + 1, "___", 3) && name[i + 4] != '_')
			return i + 1;
	return n;
}

static bool same_name(const char *a, const char *b)
{
	size_t n = relo_name(a);

	return n == relo_name(b) && !strncmp(a, b, n);
}

static int add_step(struct path *p, uint32_t type, uint32_t index, const char *name)
{
	if (p->steps == STEPS_MAX)
		return -E2BIG;
	p->step[p->steps++] = (struct step){ type, index, name };
	return 0;
}

static int add_element(struct path *p, uint32_t type, uint32_t index)
{
	int64_t size = types_size(p->types, type);

	if (size < 0)
		return -EINVAL;
	p->bits += (uint64_t)size * index * 8;
	return add_step(p, type, index, NULL);
}

/* An array without a size at the end of a struct, which is as long as it is. */
static bool is_open_ended(const struct path *p, const struct btf_array *a)
{
	const struct step *last = &p->step[p->steps - 1];

	return last->name && !a->nelems && last->index + 1U == btf_vlen(types_at(p->types, last->type));
}

static const struct btf_type *element_type(const struct path *p, const struct btf_type *array, uint32_t index,
					   uint32_t *ret_id)
{
	const struct btf_array *a = btf_array(array);

	if (index >= a->nelems && !is_open_ended(p, a))
		return NULL;
	*ret_id = a->type;
	return types_plain(p->types, ret_id);
}

/* ---- ours ------------------------------------------------------------------------------------------------------ */

static int our_member(struct path *p, uint32_t *id, const struct btf_type *t, uint32_t index)
{
	const struct btf_member *m = btf_members(t) + index;
	const char *name;

	if (index >= btf_vlen(t))
		return -EINVAL;
	if (btf_member_bitfield_size(t, index))
		return -EOPNOTSUPP;
	p->bits += btf_member_bit_offset(t, index);
	name = types_name(p->types, m->name_off);
	if (*name && add_step(p, *id, index, name))
		return -E2BIG;
	*id = m->type;
	return 0;
}

static int our_step(struct path *p, uint32_t *id, uint32_t index)
{
	const struct btf_type *t = types_plain(p->types, id);

	if (!t)
		return -EINVAL;
	if (btf_is_composite(t))
		return our_member(p, id, t, index);
	if (!btf_is_array(t) || !element_type(p, t, index, id))
		return -EINVAL;
	return add_element(p, *id, index);
}

static int our_path(const struct relo_question *q, struct path *p)
{
	uint32_t id = q->type;
	const char *at = q->access;
	char *end;
	int err;

	if (!types_plain(p->types, &id))
		return -EINVAL;
	err = add_element(p, id, (uint32_t)strtoul(at, &end, 10));
	while (!err && *end == ':') {
		at = end + 1;
		err = our_step(p, &id, (uint32_t)strtoul(at, &end, 10));
	}
	return err ? err : *end || end == at ? -EINVAL : 0;
}

/* ---- theirs ---------------------------------------------------------------------------------------------------- */

/* May a field of theirs be read as one of ours? */
static bool are_alike(const struct types *ours, uint32_t our_id, const struct types *kernel, uint32_t id)
{
	const struct btf_type *a, *b;

	for (int i = 0; i < DEPTH_MAX; i++) {
		a = types_plain(ours, &our_id);
		b = types_plain(kernel, &id);
		if (!a || !b)
			return false;
		if (btf_is_composite(a) && btf_is_composite(b))
			return true;
		if (btf_kind(a) != btf_kind(b) && !(btf_is_any_enum(a) && btf_is_any_enum(b)))
			return false;
		if (btf_is_ptr(a) || btf_is_float(a))
			return true;
		if (btf_is_int(a))
			return !btf_int_offset(a) && !btf_int_offset(b);
		if (!btf_is_array(a))
			break;
		our_id = btf_array(a)->type;
		id = btf_array(b)->type;
	}
	if (!btf_is_any_enum(a) && !btf_is_fwd(a))
		return false;
	return !a->name_off || !b->name_off || same_name(types_name(ours, a->name_off), types_name(kernel, b->name_off));
}

/* Goes to their member with the name of our step; 1, 0 where there is none like it, or negative errno. */
static int their_member(const struct path *ours, const struct step *our, struct path *p, uint32_t *id, int depth)
{
	const struct btf_type *t = types_plain(p->types, id), *our_type = types_at(ours->types, our->type);
	uint64_t from = p->bits;

	if (!t || !btf_is_composite(t))
		return 0;
	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		const struct btf_member *m = btf_members(t) + i;
		const char *name = types_name(p->types, m->name_off);
		uint32_t type = m->type;
		int found = 0;

		p->bits = from + btf_member_bit_offset(t, i);
		if (!*name && depth < DEPTH_MAX && p->nameless++ < NAMELESS_MAX)
			found = their_member(ours, our, p, &type, depth + 1);
		else if (!strcmp(name, our->name))
			found = !are_alike(ours->types, btf_members(our_type)[our->index].type, p->types, type) ? 0 :
				btf_member_bitfield_size(t, i) ? -EOPNOTSUPP :
				add_step(p, *id, i, name) ?: 1;
		if (found) {
			*id = type;
			return found;
		}
		if (!strcmp(name, our->name) && *name)
			return 0;
	}
	return 0;
}

static int their_step(const struct path *ours, const struct step *our, struct path *p, uint32_t *id)
{
	const struct btf_type *t;
	int err;

	if (our->name)
		return their_member(ours, our, p, id, 0);
	t = types_plain(p->types, id);
	if (!t || !btf_is_array(t) || !element_type(p, t, our->index, id))
		return 0;
	err = add_element(p, *id, our->index);
	return err ? err : 1;
}

/* Goes the same way among their types; 1, 0 where it does not lead on, or negative errno. */
static int their_path(const struct path *ours, uint32_t id, struct path *p)
{
	int found = types_plain(p->types, &id) ? add_element(p, id, ours->step[0].index) ?: 1 : 0;

	for (int i = 1; found > 0 && i < ours->steps; i++)
		found = their_step(ours, &ours->step[i], p, &id);
	return found;
}

/* ---- fields ---------------------------------------------------------------------------------------------------- */

/* The type of what a path leads to, and the bytes that it takes. */
static const struct btf_type *target_of(const struct path *p, uint32_t *ret_size)
{
	const struct step *last = &p->step[p->steps - 1];
	uint32_t id = last->name ? btf_members(types_at(p->types, last->type))[last->index].type : last->type;
	int64_t size = types_size(p->types, id);

	*ret_size = size > 0 ? (uint32_t)size : 0;
	return size < 0 ? NULL : types_plain(p->types, &id);
}

static bool is_unsigned(const struct btf_type *t)
{
	return btf_is_int(t) && btf_int_encoding(t) != BTF_INT_SIGNED;
}

/* Only of pointers, and of numbers without a sign, is a part, or more, as good as the whole. */
static bool may_resize(const struct btf_type *a, const struct btf_type *b)
{
	return (btf_is_ptr(a) && btf_is_ptr(b)) || (is_unsigned(a) && is_unsigned(b));
}

static int solve_offset(const struct path *ours, const struct path *theirs, struct relo_answer *ret)
{
	const struct btf_type *a = target_of(ours, &ret->our_size), *b;

	if (!a)
		return -EINVAL;
	ret->ours = ours->bits / 8;
	if (!theirs) {
		ret->none = true;
		return 0;
	}
	b = target_of(theirs, &ret->their_size);
	if (!b)
		return -EINVAL;
	ret->theirs = theirs->bits / 8;
	ret->misfit = ret->our_size != ret->their_size && !may_resize(a, b);
	return 0;
}

/* theirs: NULL where they have none. */
static int solve_field(const struct relo_question *q, const struct path *ours, const struct path *theirs,
		       struct relo_answer *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (q->kind == BPF_CORE_FIELD_BYTE_OFFSET)
		return solve_offset(ours, theirs, ret);
	ret->ours = 1;
	ret->theirs = theirs != NULL;
	return 0;
}

static bool is_other(const struct relo_answer *a, const struct relo_answer *b)
{
	return a->none != b->none || a->theirs != b->theirs || a->their_size != b->their_size;
}

/* Of all that can be meant, those that have it must agree. */
static int solve_fields(const struct types *ours, const struct types *kernel, const struct relo_question *q,
			const uint32_t *id, size_t n, struct relo_answer *ret)
{
	struct path our = { .types = ours }, their;
	struct relo_answer answer, first;
	int found, answers = 0, err = our_path(q, &our);

	for (size_t i = 0; !err && i < n; i++) {
		their = (struct path){ .types = kernel };
		found = their_path(&our, id[i], &their);
		err = found < 0 ? found : found ? solve_field(q, &our, &their, &answer) : 0;
		if (err || !found)
			continue;
		if (answers++ && is_other(&first, &answer))
			err = -EINVAL;
		first = answer;
	}
	if (err || answers) {
		if (!err)
			*ret = first;
		return err;
	}
	return solve_field(q, &our, NULL, ret);
}

/* ---- types and enumerators ------------------------------------------------------------------------------------- */

static int solve_size(const struct types *ours, const struct types *kernel, const struct relo_question *q,
		      const uint32_t *id, size_t n, struct relo_answer *ret)
{
	int64_t our = types_size(ours, q->type), their, first = -1;

	for (size_t i = 0; i < n; i++) {
		their = types_size(kernel, id[i]);
		if (their < 0 || (first >= 0 && their != first))
			return -EINVAL;
		first = their;
	}
	if (our < 0 || strcmp(q->access, "0"))
		return -EINVAL;
	*ret = (struct relo_answer){ .ours = (uint64_t)our, .theirs = n ? (uint64_t)first : 0, .none = !n };
	return 0;
}

/* An enumerator begins with the offset of its name, whatever its size. */
static const char *enumerator(const struct types *t, const struct btf_type *e, uint32_t index)
{
	size_t size = btf_is_enum64(e) ? sizeof(struct btf_enum64) : sizeof(struct btf_enum);
	uint32_t name;

	memcpy(&name, (const uint8_t *)(e + 1) + size * index, sizeof(name));
	return types_name(t, name);
}

static bool has_enumerator(const struct types *t, const struct btf_type *e, const char *name)
{
	for (uint32_t i = 0; i < btf_vlen(e); i++)
		if (same_name(enumerator(t, e, i), name))
			return true;
	return false;
}

static int solve_enumerator(const struct types *ours, const struct types *kernel, const struct relo_question *q,
			    const uint32_t *id, size_t n, struct relo_answer *ret)
{
	const struct btf_type *e = types_at(ours, q->type);
	char *end;
	uint32_t index = (uint32_t)strtoul(q->access, &end, 10);
	bool has = false;

	if (*end || end == q->access || !btf_is_any_enum(e) || index >= btf_vlen(e))
		return -EINVAL;
	for (size_t i = 0; i < n; i++)
		has |= has_enumerator(kernel, types_at(kernel, id[i]), enumerator(ours, e, index));
	*ret = (struct relo_answer){ .ours = 1, .theirs = has };
	return 0;
}

int relo_solve(const struct types *ours, const struct types *kernel, const struct relo_question *q,
	       const uint32_t *theirs, size_t n, struct relo_answer *ret)
{
	switch (q->kind) {
	case BPF_CORE_FIELD_BYTE_OFFSET:
	case BPF_CORE_FIELD_EXISTS:
		return solve_fields(ours, kernel, q, theirs, n, ret);
	case BPF_CORE_TYPE_SIZE:
		return solve_size(ours, kernel, q, theirs, n, ret);
	case BPF_CORE_ENUMVAL_EXISTS:
		return solve_enumerator(ours, kernel, q, theirs, n, ret);
	default:
		return -EOPNOTSUPP;
	}
}
