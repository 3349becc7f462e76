// SPDX-License-Identifier: BSD-2-Clause
#include "user/enrich/unit_name.h"

#include <stdbool.h>
#include <string.h>

static const char *const process_types[] = { ".service", ".scope", ".socket", ".mount", ".swap" };
static const char *const slice_types[] = { ".slice" };

#define IS_UNIT(name, n, types) is_unit(name, n, types, sizeof(types) / sizeof((types)[0]))

static bool is_unit(const char *name, size_t n, const char *const *types, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t end = strlen(types[i]);

		if (n > end && !memcmp(name + n - end, types[i], end))
			return true;
	}
	return false;
}

/*
 * systemd puts one underscore before a name that would look like a file of the cgroup itself: _cpu.service.
 */
static size_t unescape(const char **name, size_t n)
{
	size_t escape = **name == '_';

	*name += escape;
	return n - escape;
}

/* From the innermost name outwards, so that the first hit is the answer. */
size_t unit_name(const char *cgroup, const char **ret_name)
{
	const char *end = cgroup + strlen(cgroup), *slice = NULL;
	size_t slice_len = 0;

	while (end > cgroup) {
		const char *name = end;
		size_t n;

		while (name > cgroup && name[-1] != '/')
			name--;
		n = unescape(&name, (size_t)(end - name));
		if (IS_UNIT(name, n, process_types)) {
			*ret_name = name;
			return n;
		}
		if (!slice && IS_UNIT(name, n, slice_types)) {
			slice = name;
			slice_len = n;
		}
		end = memrchr(cgroup, '/', (size_t)(end - cgroup));
		if (!end)
			break;
	}
	if (slice)
		*ret_name = slice;
	return slice_len;
}
