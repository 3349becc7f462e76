// SPDX-License-Identifier: BSD-2-Clause
/*
 * A 32-bit x86 program without a libc: sethostname(NULL, -1), one check of CAP_SYS_ADMIN through the 32-bit
 * syscall table, where its number is 74 (in the 64-bit table that is fsync). It exits with 0, or with 1 when
 * refused.
 */
#define NR32_EXIT        1
#define NR32_SETHOSTNAME 74
#define EPERM            1

static inline int syscall32(int number, int first, int second)
{
	int ret;
	__asm__ volatile("int $0x80" : "=a"(ret) : "a"(number), "b"(first), "c"(second) : "memory");
	return ret;
}

void _start(void);

void _start(void)
{
	int refused = syscall32(NR32_SETHOSTNAME, 0, -1) == -EPERM;

	for (;;)
		syscall32(NR32_EXIT, refused, 0);
}
