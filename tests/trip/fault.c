// SPDX-License-Identifier: BSD-2-Clause
/*
 * A library that is loaded before all others (LD_PRELOAD) and makes calls fail as FAULT says:
 *
 *   FAULT=memory:N   the Nth allocation finds no memory, and no later one does; 0: all find some
 *   FAULT=once:N     only the Nth
 *   FAULT=suspend:FILE  once FILE is there, clocks are as after a suspend of an hour: CLOCK_BOOTTIME and the wall clock went on,
 *                    CLOCK_MONOTONIC did not
 *   FAULT=short      no write takes more than seven bytes, and each third is interrupted before it takes any
 *
 * FAULT_COUNT=FILE: how many allocations there were, written at the end. What a program starts finds memory, and is not counted.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { SHORT = 7, INTERRUPTED = 3, SUSPENDED_S = 3600 };

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
ssize_t __write(int fd, const void *data, size_t n);

static atomic_ulong made, writes;
static unsigned long fails;
static int only, shortly;
static const char *suspended, *count_to;

__attribute__((constructor)) static void begin(void)
{
	const char *fault = getenv("FAULT");

	count_to = getenv("FAULT_COUNT");
	unsetenv("FAULT_COUNT");
	if (!fault)
		return;
	if (!strncmp(fault, "memory:", 7))
		fails = strtoul(fault + 7, NULL, 10);
	only = !strncmp(fault, "once:", 5);
	if (only)
		fails = strtoul(fault + 5, NULL, 10);
	shortly = !strcmp(fault, "short");
	if (!strncmp(fault, "suspend:", 8))
		suspended = fault + 8;
	if (only || !strncmp(fault, "memory:", 7))
		unsetenv("FAULT");
	made = 0;
}

__attribute__((destructor)) static void end(void)
{
	char text[32];
	int fd = count_to ? open(count_to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;

	if (fd < 0)
		return;
	snprintf(text, sizeof(text), "%lu\n", (unsigned long)made);
	if (__write(fd, text, strlen(text)) < 0)
		abort();
	close(fd);
}

static int refuse(void)
{
	unsigned long n = ++made;

	if (!fails || (only ? n != fails : n < fails))
		return 0;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t n)
{
	return refuse() ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	return refuse() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	return refuse() ? NULL : __libc_realloc(p, n);
}

ssize_t write(int fd, const void *data, size_t n)
{
	if (shortly && ++writes % INTERRUPTED == 0) {
		errno = EINTR;
		return -1;
	}
	return __write(fd, data, shortly && n > SHORT ? SHORT : n);
}

ssize_t writev(int fd, const struct iovec *v, int count)
{
	static ssize_t (*real)(int, const struct iovec *, int);

	if (shortly && count)
		return write(fd, v[0].iov_base, v[0].iov_len);
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "writev");
	return real(fd, v, count);
}

int clock_gettime(clockid_t clock, struct timespec *ret)
{
	int saved = errno, err = (int)syscall(SYS_clock_gettime, clock, ret);

	if (!err && suspended && (clock == CLOCK_REALTIME || clock == CLOCK_BOOTTIME) && !access(suspended, F_OK))
		ret->tv_sec += SUSPENDED_S;
	if (!err)
		errno = saved;
	return err;
}
