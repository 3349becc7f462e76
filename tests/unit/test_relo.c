/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a program asks about the kernel's types, and is answered. Both sides are made by libbpf; that the answers for whole
 * kernels are those of libbpf is shown by tests/trip/fitted.c.
 */
#include "tests/unit/made_types.h"

#include <errno.h>

#include "user/source/relo.h"

/* Our types, and by their numbers the ones that are asked for. */
static struct btf *our_btf;
static struct types *ours;
static int our_task, our_flavour, our_calls;

static int make_ours(void **state)
{
	struct btf *b = btf__new_empty();
	int word = btf__add_int(b, "int", 4, BTF_INT_SIGNED), wide = btf__add_int(b, "long", 8, 0), pointer, cred, cells, words;

	(void)state;
	cred = btf__add_struct(b, "cred", 4);
	btf__add_field(b, "uid", word, 0, 0);
	cells = btf__add_array(b, word, cred, 4);
	words = btf__add_array(b, word, wide, 0);
	pointer = btf__add_ptr(b, cred);
	our_task = btf__add_struct(b, "task_struct", 48);
	btf__add_field(b, "pid", word, 0, 0);
	btf__add_field(b, "cred", pointer, 64, 0);
	btf__add_field(b, "cells", cells, 128, 0);
	btf__add_field(b, "flags", wide, 256, 0);
	btf__add_field(b, "own", cred, 320, 0);
	btf__add_field(b, "bits", word, 352, 3);
	btf__add_field(b, "words", words, 384, 0);
	our_flavour = btf__add_struct(b, "task_struct___old", 8);
	btf__add_field(b, "state", wide, 0, 0);
	our_calls = btf__add_enum(b, "calls", 4);
	btf__add_enum_value(b, "CALL_ONE", 0);
	btf__add_enum_value(b, "CALL_TWO", 1);
	our_btf = b;
	ours = made_types(b);
	return 0;
}

static int forget_ours(void **state)
{
	(void)state;
	types_free(ours);
	btf__free(our_btf);
	return 0;
}

/* A kernel whose task_struct is `size` bytes and has what was added since. */
struct kernel {
	struct btf *btf;
	struct types *types;
	int word, wide, cred;
	uint32_t task;
};

static struct kernel begin(unsigned int size)
{
	struct kernel k = { .btf = btf__new_empty() };

	k.word = btf__add_int(k.btf, "int", 4, BTF_INT_SIGNED);
	k.wide = btf__add_int(k.btf, "unsigned int", 4, 0);
	k.cred = btf__add_struct(k.btf, "cred", 8);
	btf__add_field(k.btf, "usage", k.word, 0, 0);
	btf__add_field(k.btf, "uid", k.word, 32, 0);
	if (size)
		k.task = (uint32_t)btf__add_struct(k.btf, "task_struct", size);
	return k;
}

static void end(struct kernel *k)
{
	types_free(k->types);
	btf__free(k->btf);
}

static int ask_of(struct kernel *k, int type, const char *access, enum bpf_core_relo_kind kind, const uint32_t *theirs,
		  size_t n, struct relo_answer *ret)
{
	const struct relo_question q = { (uint32_t)type, access, kind };

	if (!k->types)
		k->types = made_types(k->btf);
	return relo_solve(ours, k->types, &q, theirs, n, ret);
}

static struct relo_answer ask(struct kernel *k, int type, const char *access, enum bpf_core_relo_kind kind)
{
	struct relo_answer a;

	assert_int_equal(ask_of(k, type, access, kind, &k->task, 1, &a), 0);
	return a;
}

static struct relo_answer place(struct kernel *k, const char *access)
{
	return ask(k, our_task, access, BPF_CORE_FIELD_BYTE_OFFSET);
}

static void fields_are_found_by_name(void **state)
{
	struct kernel k = begin(0);
	int pointer = btf__add_ptr(k.btf, k.cred), own = btf__add_const(k.btf, btf__add_typedef(k.btf, "cred_t", k.cred));
	struct relo_answer a;

	(void)state;
	k.task = (uint32_t)btf__add_struct(k.btf, "task_struct", 128);
	btf__add_field(k.btf, "state", k.word, 0, 0);
	btf__add_field(k.btf, "pid", k.word, 32, 0);
	btf__add_field(k.btf, "cred", pointer, 64, 0);
	btf__add_field(k.btf, "own", own, 512, 0);
	a = place(&k, "0:0");
	assert_int_equal(a.ours, 0);
	assert_int_equal(a.theirs, 4);
	assert_false(a.none || a.misfit);
	a = place(&k, "0:1");
	assert_int_equal(a.ours, 8);
	assert_int_equal(a.theirs, 8);
	assert_int_equal(a.their_size, 8);
	/* Inside a member, behind a typedef. */
	a = place(&k, "0:4:0");
	assert_int_equal(a.ours, 40);
	assert_int_equal(a.theirs, 68);
	/* One behind the other. */
	assert_int_equal(place(&k, "1:0").theirs, 128 + 4);
	end(&k);
}

static void what_is_missing_is_said(void **state)
{
	struct kernel k = begin(8);

	(void)state;
	btf__add_field(k.btf, "pid", k.word, 0, 0);
	btf__add_field(k.btf, "flags", k.cred, 0, 0);
	assert_true(place(&k, "0:1").none);
	assert_true(place(&k, "0:4:0").none);
	/* of another kind is another one */
	assert_true(place(&k, "0:3").none);
	assert_int_equal(ask(&k, our_task, "0:0", BPF_CORE_FIELD_EXISTS).theirs, 1);
	assert_int_equal(ask(&k, our_task, "0:1", BPF_CORE_FIELD_EXISTS).theirs, 0);
	assert_false(ask(&k, our_task, "0:1", BPF_CORE_FIELD_EXISTS).none);
	assert_int_equal(ask(&k, our_flavour, "0:0", BPF_CORE_FIELD_EXISTS).theirs, 0);
	end(&k);
}

static void members_without_name_are_looked_into(void **state)
{
	struct kernel k = begin(0);
	int inner = btf__add_union(k.btf, NULL, 8), outer;

	(void)state;
	btf__add_field(k.btf, "jobs", k.word, 0, 0);
	btf__add_field(k.btf, "pid", k.word, 0, 0);
	outer = btf__add_struct(k.btf, NULL, 16);
	btf__add_field(k.btf, "first", k.word, 0, 0);
	btf__add_field(k.btf, NULL, inner, 64, 0);
	k.task = (uint32_t)btf__add_struct(k.btf, "task_struct", 32);
	btf__add_field(k.btf, NULL, outer, 128, 0);
	assert_int_equal(place(&k, "0:0").theirs, 16 + 8);
	end(&k);
}

static void elements_of_arrays(void **state)
{
	struct kernel k = begin(0);
	int few = btf__add_array(k.btf, k.word, k.cred, 3), open = btf__add_array(k.btf, k.word, k.wide, 0);

	(void)state;
	k.task = (uint32_t)btf__add_struct(k.btf, "task_struct", 64);
	btf__add_field(k.btf, "cells", few, 64, 0);
	btf__add_field(k.btf, "words", open, 512, 0);
	assert_int_equal(place(&k, "0:2:2:0").ours, 16 + 8);
	assert_int_equal(place(&k, "0:2:2:0").theirs, 8 + 16 + 4);
	assert_true(place(&k, "0:2:3:0").none);
	assert_int_equal(place(&k, "0:6:5").theirs, 64 + 20);
	end(&k);
}

static void sizes_change_where_they_may(void **state)
{
	struct kernel k = begin(32);
	struct relo_answer a;
	int small = btf__add_int(k.btf, "short", 2, BTF_INT_SIGNED);

	(void)state;
	k.task = (uint32_t)btf__add_struct(k.btf, "task_struct", 32);
	btf__add_field(k.btf, "flags", k.wide, 64, 0);
	btf__add_field(k.btf, "pid", small, 0, 0);
	a = place(&k, "0:3");
	assert_int_equal(a.our_size, 8);
	assert_int_equal(a.their_size, 4);
	assert_false(a.misfit);
	assert_true(place(&k, "0:0").misfit);
	end(&k);
}

static void several_must_agree(void **state)
{
	struct kernel k = begin(16);
	struct relo_answer a;
	uint32_t both[2] = { k.task };

	(void)state;
	btf__add_field(k.btf, "pid", k.word, 32, 0);
	both[1] = (uint32_t)btf__add_struct(k.btf, "task_struct", 16);
	btf__add_field(k.btf, "pid", k.word, 32, 0);
	btf__add_field(k.btf, "own", k.cred, 64, 0);
	assert_int_equal(ask_of(&k, our_task, "0:0", BPF_CORE_FIELD_BYTE_OFFSET, both, 2, &a), 0);
	assert_int_equal(a.theirs, 4);
	/* Only one has it. */
	assert_int_equal(ask_of(&k, our_task, "0:4:0", BPF_CORE_FIELD_BYTE_OFFSET, both, 2, &a), 0);
	assert_int_equal(a.theirs, 12);
	assert_int_equal(ask_of(&k, our_task, "0", BPF_CORE_TYPE_SIZE, both, 2, &a), 0);
	assert_int_equal(a.theirs, 16);
	end(&k);
	k = begin(16);
	both[0] = k.task;
	btf__add_field(k.btf, "pid", k.word, 32, 0);
	both[1] = (uint32_t)btf__add_struct(k.btf, "task_struct", 24);
	btf__add_field(k.btf, "pid", k.word, 64, 0);
	assert_int_equal(ask_of(&k, our_task, "0:0", BPF_CORE_FIELD_BYTE_OFFSET, both, 2, &a), -EINVAL);
	assert_int_equal(ask_of(&k, our_task, "0", BPF_CORE_TYPE_SIZE, both, 2, &a), -EINVAL);
	end(&k);
}

static void enumerators(void **state)
{
	struct kernel k = begin(8);
	struct relo_answer a;
	uint32_t calls[2];

	(void)state;
	calls[0] = (uint32_t)btf__add_enum64(k.btf, "calls", 8, false);
	btf__add_enum64_value(k.btf, "CALL_NONE", 0);
	calls[1] = (uint32_t)btf__add_enum(k.btf, "calls", 4);
	btf__add_enum_value(k.btf, "CALL_TWO", 7);
	assert_int_equal(ask_of(&k, our_calls, "1", BPF_CORE_ENUMVAL_EXISTS, calls, 2, &a), 0);
	assert_int_equal(a.theirs, 1);
	assert_int_equal(ask_of(&k, our_calls, "1", BPF_CORE_ENUMVAL_EXISTS, calls, 1, &a), 0);
	assert_int_equal(a.theirs, 0);
	assert_int_equal(ask_of(&k, our_calls, "0", BPF_CORE_ENUMVAL_EXISTS, NULL, 0, &a), 0);
	assert_int_equal(a.theirs, 0);
	assert_int_equal(ask_of(&k, our_calls, "2", BPF_CORE_ENUMVAL_EXISTS, calls, 1, &a), -EINVAL);
	end(&k);
}

static void what_is_not_known_here_is_refused(void **state)
{
	static const char *const damaged[] = { "", "x", "0:", "0:99", "0:0:0", "0:2:4:0", "0:1:0" };
	struct kernel k = begin(8);
	struct relo_answer a;

	(void)state;
	btf__add_field(k.btf, "bits", k.word, 0, 3);
	btf__add_field(k.btf, "pid", k.word, 32, 4);
	for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++)
		assert_int_equal(ask_of(&k, our_task, damaged[i], BPF_CORE_FIELD_BYTE_OFFSET, &k.task, 1, &a), -EINVAL);
	assert_int_equal(ask_of(&k, our_task, "0:5", BPF_CORE_FIELD_BYTE_OFFSET, &k.task, 1, &a), -EOPNOTSUPP);
	assert_int_equal(ask_of(&k, our_task, "0:0", BPF_CORE_FIELD_BYTE_OFFSET, &k.task, 1, &a), -EOPNOTSUPP);
	assert_int_equal(ask_of(&k, our_task, "0:0", BPF_CORE_FIELD_LSHIFT_U64, &k.task, 1, &a), -EOPNOTSUPP);
	end(&k);
}

static void names_without_their_flavour(void **state)
{
	(void)state;
	assert_int_equal(relo_name("task_struct"), 11);
	assert_int_equal(relo_name("task_struct___old"), 11);
	assert_int_equal(relo_name("a___b___c"), 5);
	assert_int_equal(relo_name("___b"), 4);
	assert_int_equal(relo_name("a___"), 4);
	assert_int_equal(relo_name("a____b"), 6);
	assert_int_equal(relo_name(""), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_found_by_name),
		cmocka_unit_test(what_is_missing_is_said),
		cmocka_unit_test(members_without_name_are_looked_into),
		cmocka_unit_test(elements_of_arrays),
		cmocka_unit_test(sizes_change_where_they_may),
		cmocka_unit_test(several_must_agree),
		cmocka_unit_test(enumerators),
		cmocka_unit_test(what_is_not_known_here_is_refused),
		cmocka_unit_test(names_without_their_flavour),
	};

	return cmocka_run_group_tests(tests, make_ours, forget_ours);
}
