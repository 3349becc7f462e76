/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A kernel's types in BTF form, read by ourselves: all that is asked of 150,000 of them are a few names, and where some
 * fields lie (user/source/fit.h). To have libbpf check and index them all takes ten milliseconds.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct btf_type;
struct types;

enum { TYPES_MAX = 1 << 20 };

/*
 * Indexes BTF of this machine's byte order; data stays the caller's, and must live as long. 0 and *ret; -EINVAL where it is
 * no BTF, is damaged, or has kinds of types that are not known here; -E2BIG; -ENOMEM.
 */
int types_new(const void *data, size_t size, struct types **ret);
void types_free(struct types *t);

/* The number of the first type of this kind (BTF_KIND_FUNC, ...) and name; 0: there is none. */
struct types_wish {
	const char *name;
	unsigned int kind;
	int id;
};

/* Fills the id of each wish, in one go through all types. */
void types_find(const struct types *t, struct types_wish *wishes, size_t n);

/* The name of a function's parameter, counted from 0; NULL: there is none such. As long as t. */
const char *types_parameter(const struct types *t, int function, unsigned int nth);

/* Types of the kinds in a set of bits (1 << BTF_KIND_FUNC, ...) whose names begin with one of these pairs of bytes. */
struct types_filter {
	uint32_t kinds;
	uint8_t begins[1 << 16];	/* by types_prefix of a name */
};

/* The first two bytes of a name: nearly no name is asked for, which they tell. */
unsigned int types_prefix(const char *name);

/* Calls fn with each in turn, until that returns another number than 0, which is returned. */
typedef int types_fn(void *ctx, uint32_t id, const struct btf_type *type, const char *name);
int types_each(const struct types *t, const struct types_filter *filter, types_fn *fn, void *ctx);

/* How many numbers there are, that of void among them. */
uint32_t types_count(const struct types *t);

/* NULL: void, and where there is no such number. As long as t, as is the next one. */
const struct btf_type *types_at(const struct types *t, uint32_t id);

/* The text at an offset, "" where there is none. */
const char *types_name(const struct types *t, uint32_t offset);

/* What is behind typedefs, const and the like, and its number in *id; NULL: nothing. */
const struct btf_type *types_plain(const struct types *t, uint32_t *id);

/* Bytes, of a pointer eight; -EINVAL where it has no size. */
int64_t types_size(const struct types *t, uint32_t id);
