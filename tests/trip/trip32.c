// SPDX-License-Identifier: BSD-2-Clause
/*
 * A 32-bit program without a libc, of x86 or ARM: sethostname(NULL, -1), one check of CAP_SYS_ADMIN through the
 * 32-bit syscall table, where its number is 74 (x86-64 has fsync there, arm64 signalfd4). It exits with 0, or with 1
 * when refused.
 */
#define NR32_EXIT        1
#define NR32_SETHOSTNAME 74
#define EPERM            1

#if defined(__arm__)
static inline int syscall32(int number, int first, int second)
{
	register int r7 __asm__("r7") = number;
	register int r0 __asm__("r0") = first;
	register int r1 __asm__("r1") = second;
	__asm__ volatile("svc #0" : "+r"(r0) : "r"(r7), "r"(r1) : "memory");
	return r0;
}
#else
static inline int syscall32(int number, int first, int second)
{
	int ret;
	__asm__ volatile("int $0x80" : "=a"(ret) : "a"(number), "b"(first), "c"(second) : "memory");
	return ret;
}
#endif

void _start(void);

void _start(void)
{
	int refused = syscall32(NR32_SETHOSTNAME, 0, -1) == -EPERM;

	for (;;)
		syscall32(NR32_EXIT, refused, 0);
}
