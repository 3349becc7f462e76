/* SPDX-License-Identifier: BSD-2-Clause */
/* Types in BTF form: made by libbpf, read by ourselves. */
#include "tests/unit/made_types.h"

#include <errno.h>
#include <string.h>


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

static void finds_by_name_and_kind(void **state)
{
	struct btf *b = kernel();
	struct types *t = made_types(b);
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

static void knows_types_by_number(void **state)
{
	struct btf *b = kernel();
	struct types *t = made_types(b);
	const struct btf_type *got = types_at(t, (uint32_t)task);
	uint32_t own = btf_members(got)[4].type, words = btf_members(got)[1].type;

	(void)state;
	assert_int_equal(types_count(t), btf__type_cnt(b));
	assert_string_equal(types_name(t, got->name_off), "task_struct");
	assert_string_equal(types_name(t, 1 << 30), "");
	assert_null(types_at(t, 0));
	assert_null(types_at(t, types_count(t)));
	assert_int_equal(types_size(t, (uint32_t)task), 64);
	assert_int_equal(types_size(t, words), 12);
	assert_int_equal(types_size(t, btf_members(got)[5].type), 8);
	assert_int_equal(types_size(t, (uint32_t)function), -EINVAL);
	assert_int_equal(types_size(t, 0), -EINVAL);
	/* Behind const and typedef. */
	assert_string_equal(types_name(t, types_plain(t, &own)->name_off), "cred");
	assert_true(btf_is_struct(types_at(t, own)));
	types_free(t);
	btf__free(b);
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
		cmocka_unit_test(knows_types_by_number),
		cmocka_unit_test(refuses_what_is_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
