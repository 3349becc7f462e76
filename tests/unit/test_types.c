/* SPDX-License-Identifier: BSD-2-Clause */
/* Types in BTF form: made by libbpf, read by ourselves, and what is copied of them read by libbpf again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "user/source/types.h"

static int function, task;

/* A kernel of a few types; task_struct has one of each kind that a struct can hold. */
static struct btf *kernel(void)
{
	struct btf *b = btf__new_empty();
	int word = btf__add_int(b, "int", 4, BTF_INT_SIGNED), array, state, big, cred, constant, proto;

	btf__add_struct(b, "list_head", 8);
	cred = btf__add_struct(b, "cred", 4);
	btf__add_field(b, "uid", word, 0, 0);
	array = btf__add_array(b, word, word, 3);
	state = btf__add_enum(b, "state", 4);
	btf__add_enum_value(b, "RUNNING", 7);
	big = btf__add_enum64(b, "big", 8, false);
	btf__add_enum64_value(b, "HUGE", 1ULL << 40);
	constant = btf__add_const(b, btf__add_typedef(b, "cred_t", cred));
	word = btf__add_ptr(b, constant);
	task = btf__add_struct(b, "task_struct", 64);
	btf__add_field(b, "pid", 1, 0, 0);
	btf__add_field(b, "words", array, 32, 0);
	btf__add_field(b, "state", state, 128, 0);
	btf__add_field(b, "big", big, 192, 0);
	btf__add_field(b, "own", constant, 256, 0);
	btf__add_field(b, "cred", word, 320, 0);
	btf__add_field(b, "last", word, 384, 0);
	proto = btf__add_func_proto(b, 1);
	btf__add_func_param(b, "cred", word);
	btf__add_func_param(b, "opts", 1);
	function = btf__add_func(b, "cap_capable", BTF_FUNC_GLOBAL, proto);
	btf__add_func(b, "task_struct", BTF_FUNC_GLOBAL, proto);
	return b;
}

static struct types *read_by_us(const struct btf *b)
{
	struct types *t = NULL;
	uint32_t size;
	const void *data = btf__raw_data(b, &size);

	assert_int_equal(types_new(data, size, &t), 0);
	return t;
}

static void finds_by_name_and_kind(void **state)
{
	struct btf *b = kernel();
	struct types *t = read_by_us(b);
	struct types_wish wishes[] = {
		{ .name = "task_struct", .kind = BTF_KIND_STRUCT },
		{ .name = "cap_capable", .kind = BTF_KIND_FUNC },
		{ .name = "cap_capable", .kind = BTF_KIND_TYPEDEF, .id = 5 },
		{ .name = "task_struct", .kind = BTF_KIND_FUNC },
		{ .name = "task_struc", .kind = BTF_KIND_STRUCT },
	};

	(void)state;
	types_find(t, wishes, 5);
	assert_int_equal(wishes[0].id, task);
	assert_int_equal(wishes[1].id, function);
	assert_int_equal(wishes[2].id, 0);
	assert_int_equal(wishes[3].id, function + 1);
	assert_int_equal(wishes[4].id, 0);
	assert_string_equal(types_parameter(t, function, 1), "opts");
	assert_null(types_parameter(t, function, 2));
	assert_null(types_parameter(t, task, 0));
	assert_null(types_parameter(t, 0, 0));
	assert_null(types_parameter(t, 1 << 30, 0));
	types_free(t);
	btf__free(b);
}

static const struct btf_type *member(const struct btf *b, const struct btf_type *t, int n, const char *name)
{
	assert_string_equal(btf__name_by_offset(b, btf_members(t)[n].name_off), name);
	return btf__type_by_id(b, btf_members(t)[n].type);
}

static struct btf *read_again(int fd)
{
	char path[32];
	struct btf *b;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	b = btf__parse(path, NULL);
	assert_non_null(b);
	return b;
}

static void copies_what_is_named_with_what_it_holds(void **state)
{
	struct btf *all = kernel(), *ours = btf__new_empty(), *part;
	struct types *t = read_by_us(all);
	int fd = memfd_create("part", MFD_CLOEXEC);
	const struct btf_type *got, *m;

	(void)state;
	btf__add_struct(ours, "task_struct___odd", 1);
	assert_int_equal(types_subset(t, ours, fd), 0);
	part = read_again(fd);
	got = btf__type_by_id(part, (uint32_t)btf__find_by_name_kind(part, "task_struct", BTF_KIND_STRUCT));
	assert_int_equal(got->size, 64);
	assert_int_equal(btf_vlen(got), 7);
	assert_true(btf_is_int(member(part, got, 0, "pid")));
	m = member(part, got, 1, "words");
	assert_int_equal(btf_array(m)->nelems, 3);
	assert_true(btf_is_int(btf__type_by_id(part, btf_array(m)->type)));
	m = member(part, got, 2, "state");
	assert_string_equal(btf__name_by_offset(part, btf_enum(m)->name_off), "RUNNING");
	assert_int_equal(btf_enum(m)->val, 7);
	m = member(part, got, 3, "big");
	assert_string_equal(btf__name_by_offset(part, btf_enum64(m)->name_off), "HUGE");
	assert_int_equal(btf_enum64(m)->val_hi32, 1 << 8);
	/* Behind const and the typedef, which has kept its name. */
	m = member(part, got, 4, "own");
	assert_true(btf_is_typedef(m));
	assert_string_equal(btf__name_by_offset(part, btf__type_by_id(part, m->type)->name_off), "cred");
	m = member(part, got, 5, "cred");
	assert_true(btf_is_ptr(m) && !m->type);
	assert_int_equal(btf_member_bit_offset(got, 5), 320);
	/* What nobody named and nothing holds stays behind. */
	assert_true(btf__find_by_name_kind(part, "list_head", BTF_KIND_STRUCT) < 0);
	assert_true(btf__find_by_name_kind(part, "cap_capable", BTF_KIND_FUNC) < 0);
	close(fd);
	types_free(t);
	btf__free(part);
	btf__free(ours);
	btf__free(all);
}

static void refuses_what_is_damaged(void **state)
{
	struct btf *b = kernel();
	struct types *t = NULL;
	uint32_t size;
	const void *whole = btf__raw_data(b, &size);
	uint8_t data[4096] __attribute__((aligned(8)));
	struct btf_header *h = (struct btf_header *)data;

	(void)state;
	assert_true(size < sizeof(data));
	for (uint32_t cut = 0; cut < size; cut++)
		assert_int_equal(types_new(whole, cut, &t), -EINVAL);
	memcpy(data, whole, size);
	h->magic = __builtin_bswap16(BTF_MAGIC);
	assert_int_equal(types_new(data, size, &t), -EINVAL);
	memcpy(data, whole, size);
	h->type_len -= 4;
	assert_int_equal(types_new(data, size, &t), -EINVAL);
	memcpy(data, whole, size);
	h->type_off = 2;
	assert_int_equal(types_new(data, size, &t), -EINVAL);
	memcpy(data, whole, size);
	data[size - 1] = 'x';
	assert_int_equal(types_new(data, size, &t), -EINVAL);
	memcpy(data, whole, size);
	/* a kind of tomorrow */
	((struct btf_type *)(data + h->hdr_len))->info = 31U << 24;
	assert_int_equal(types_new(data, size, &t), -EINVAL);
	assert_null(t);
	btf__free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_by_name_and_kind),
		cmocka_unit_test(copies_what_is_named_with_what_it_holds),
		cmocka_unit_test(refuses_what_is_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
