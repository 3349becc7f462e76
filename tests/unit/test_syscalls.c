/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/syscall.h>

#include "user/caps/syscalls.h"

static int make_table(void **state)
{
	*state = syscalls_new();
	return *state ? 0 : -1;
}

static int free_table(void **state)
{
	syscalls_free(*state);
	syscalls_free(NULL);
	return 0;
}

static void knows_each_architecture(void **state)
{
	static const struct {
		enum syscall_abi abi;
		unsigned nr;
		const char *name;
	} rows[] = {
		{ SYSCALL_ABI_X86_64, 0, "read" },
		{ SYSCALL_ABI_X86_64, 165, "mount" },
		{ SYSCALL_ABI_X86_64, 321, "bpf" },
		{ SYSCALL_ABI_I386, 21, "mount" },
		{ SYSCALL_ABI_I386, 102, "socketcall" },
		{ SYSCALL_ABI_I386, 357, "bpf" },
		{ SYSCALL_ABI_X32, 165, "mount" },
		{ SYSCALL_ABI_X32, 165 | SYSCALL_X32_BIT, "mount" },
		{ SYSCALL_ABI_X32, 520, "execve" },
		{ SYSCALL_ABI_ARM64, 40, "mount" },
		{ SYSCALL_ABI_ARM64, 280, "bpf" },
		{ SYSCALL_ABI_ARM32, 21, "mount" },
		{ SYSCALL_ABI_ARM32, 386, "bpf" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(syscalls_name(*state, rows[i].abi, rows[i].nr), rows[i].name);
}

/* Also what the libseccomp of this machine has never heard of. */
static void knows_the_new_ones_everywhere(void **state)
{
	static const struct {
		unsigned nr;
		const char *name;
	} rows[] = {
		{ 424, "pidfd_send_signal" }, { 435, "clone3" }, { 439, "faccessat2" },
		{ 440, "process_madvise" }, { 442, "mount_setattr" }, { 450, "set_mempolicy_home_node" },
		{ 452, "fchmodat2" }, { 457, "statmount" }, { 462, "mseal" },
		{ 463, "setxattrat" }, { 467, "open_tree_attr" }, { 469, "file_setattr" }, { 470, "listns" },
	};

	for (unsigned abi = 0; abi < SYSCALL_ABI_COUNT; abi++) {
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			assert_string_equal(syscalls_name(*state, abi, rows[i].nr), rows[i].name);
	}
}

static void agrees_with_the_headers(void **state)
{
#if defined(__x86_64__)
	const enum syscall_abi native = SYSCALL_ABI_X86_64;
#elif defined(__aarch64__)
	const enum syscall_abi native = SYSCALL_ABI_ARM64;
#else
#error "which ABI is this?"
#endif
	assert_string_equal(syscalls_name(*state, native, SYS_unshare), "unshare");
	assert_string_equal(syscalls_name(*state, native, SYS_setns), "setns");
	assert_string_equal(syscalls_name(*state, native, SYS_mount_setattr), "mount_setattr");
}

static void gives_null_for_the_rest(void **state)
{
	for (unsigned abi = 0; abi < SYSCALL_ABI_COUNT; abi++) {
		assert_null(syscalls_name(*state, abi, 500));
		assert_null(syscalls_name(*state, abi, 500));
		assert_null(syscalls_name(*state, abi, 575));
		assert_null(syscalls_name(*state, abi, 576));
		assert_null(syscalls_name(*state, abi, 0x7fffffff & ~SYSCALL_X32_BIT));
		assert_null(syscalls_name(*state, abi, UINT32_MAX));
	}
	assert_null(syscalls_name(*state, SYSCALL_ABI_COUNT, 0));
	assert_null(syscalls_name(*state, SYSCALL_ABI_X86_64, 165 | SYSCALL_X32_BIT));
	assert_null(syscalls_name(*state, SYSCALL_ABI_ARM64, 350));
}

static void remembers(void **state)
{
	const char *first = syscalls_name(*state, SYSCALL_ABI_X86_64, 165);

	assert_ptr_equal(first, syscalls_name(*state, SYSCALL_ABI_X86_64, 165));
	assert_ptr_equal(syscalls_name(*state, SYSCALL_ABI_X32, 165),
			 syscalls_name(*state, SYSCALL_ABI_X32, 165 | SYSCALL_X32_BIT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_each_architecture),
		cmocka_unit_test(knows_the_new_ones_everywhere),
		cmocka_unit_test(agrees_with_the_headers),
		cmocka_unit_test(gives_null_for_the_rest),
		cmocka_unit_test(remembers),
	};

	return cmocka_run_group_tests(tests, make_table, free_table);
}
