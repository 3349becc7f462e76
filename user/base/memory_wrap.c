/* SPDX-License-Identifier: BSD-2-Clause */
/* The linker puts these in the place of the C library's, for capsieve alone: WRAPPED in the Makefile has their names. */
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include "user/base/memory.h"

/* wanted: false where NULL is no want of memory. */
#define WRAP(type, name, wanted, params, args)                                                                             \
	type __real_##name params;                                                                                        \
	type __wrap_##name params;                                                                                        \
	type __wrap_##name params                                                                                         \
	{                                                                                                                 \
		type p = __real_##name args;                                                                              \
                                                                                                                          \
		if (!p && (wanted))                                                                                       \
			memory_note();                                                                                    \
		return p;                                                                                                 \
	}

WRAP(void *, malloc, true, (size_t n), (n))
WRAP(void *, calloc, true, (size_t n, size_t size), (n, size))
WRAP(void *, realloc, n, (void *old, size_t n), (old, n))
WRAP(void *, reallocarray, n && size, (void *old, size_t n, size_t size), (old, n, size))
WRAP(char *, strdup, true, (const char *s), (s))
WRAP(char *, strndup, true, (const char *s, size_t n), (s, n))

int __real_vasprintf(char **ret, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
int __wrap_vasprintf(char **ret, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
int __wrap_asprintf(char **ret, const char *format, ...) __attribute__((format(printf, 2, 3)));

int __wrap_vasprintf(char **ret, const char *format, va_list args)
{
	int n = __real_vasprintf(ret, format, args);

	if (n < 0)
		memory_note();
	return n;
}

int __wrap_asprintf(char **ret, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = __wrap_vasprintf(ret, format, args);
	va_end(args);
	return n;
}
