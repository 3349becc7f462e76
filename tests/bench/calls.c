/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What each bpf() of a program takes, for start.py: preloaded, it stands between libbpf and the C library. A line each into
 * the file that CALLS names: microseconds of this thread's CPU, what was done, the name of what was made, instructions as
 * they were given and as the verifier went through them.
 */
#include <dlfcn.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

long syscall(long nr, ...);

static FILE *out;

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("CALLS");

	out = path ? fopen(path, "w") : NULL;
}

__attribute__((destructor)) static void end(void)
{
	if (out)
		fflush(out);
}

static long long cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* Since 5.16 the kernel remembers it. */
static unsigned int verified(int fd)
{
	struct bpf_prog_info info = {};
	union bpf_attr ask = { .info = { .bpf_fd = (__u32)fd, .info_len = sizeof(info), .info = (__u64)&info } };
	long (*real)(long, ...) = dlsym(RTLD_NEXT, "syscall");

	return real(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, &ask, sizeof(ask)) ? 0 : info.verified_insns;
}

static void tell(long what, const union bpf_attr *attr, long ret, long long took)
{
	const char *name = what == BPF_PROG_LOAD ? attr->prog_name : what == BPF_MAP_CREATE ? attr->map_name : "";
	unsigned int insns = what == BPF_PROG_LOAD ? attr->insn_cnt : 0;

	fprintf(out, "%.1f %ld %s %u %u\n", (double)took / 1000, what, *name ? name : "-", insns,
		insns && ret >= 0 ? verified((int)ret) : 0);
}

long syscall(long nr, ...)
{
	long (*real)(long, ...) = dlsym(RTLD_NEXT, "syscall");
	long a[6], ret;
	long long before;
	va_list args;

	va_start(args, nr);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	before = cpu();
	ret = real(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	if (nr == SYS_bpf && out)
		tell(a[0], (const union bpf_attr *)a[1], ret, cpu() - before);
	return ret;
}
