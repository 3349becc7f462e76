// SPDX-License-Identifier: BSD-2-Clause
#include "user/enrich/unit_name.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static const char *const process_types[] = { ".service", ".scope", ".socket", ".mount", ".swap" };
static const char *const slice_types[] = { ".slice" };

#define IS_UNIT(name, types) is_unit(name, types, sizeof(types) / sizeof((types)[0]))

static bool is_unit(const struct unit_name *name, const char *const *types, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t end = strlen(types[i]);

		if (name->len > end && !memcmp(name->at + name->len - end, types[i], end))
			return true;
	}
	return false;
}

/*
 * systemd puts one underscore before a name that would look like a file of the cgroup itself: _cpu.service.
 */
static void unescape(struct unit_name *name)
{
	size_t escape = *name->at == '_';

	name->at += escape;
	name->len -= escape;
}

/* The N of session-N.scope: letters and digits, as systemd wants them; none where it is another name. */
static struct unit_name session_of(const struct unit_name *name)
{
	static const char before[] = "session-", after[] = ".scope";
	size_t around = sizeof(before) - 1 + sizeof(after) - 1;
	struct unit_name id = { name->at + sizeof(before) - 1, name->len - around };

	if (name->len <= around || memcmp(name->at, before, sizeof(before) - 1) ||
	    memcmp(id.at + id.len, after, sizeof(after) - 1))
		return (struct unit_name){ 0 };
	for (size_t i = 0; i < id.len; i++)
		if (!isalnum((unsigned char)id.at[i]))
			return (struct unit_name){ 0 };
	return id;
}

static void take(const struct unit_name *name, struct unit_names *names)
{
	if (!names->unit.len && IS_UNIT(name, process_types))
		names->unit = *name;
	if (!names->slice.len && IS_UNIT(name, slice_types))
		names->slice = *name;
	if (!names->session.len)
		names->session = session_of(name);
}

/* From the innermost name outwards, so that the first hit is the answer. */
void unit_names_find(const char *cgroup, struct unit_names *ret)
{
	const char *end = cgroup + strlen(cgroup);

	*ret = (struct unit_names){ 0 };
	while (end && end > cgroup) {
		const char *slash = memrchr(cgroup, '/', (size_t)(end - cgroup));
		const char *start = slash ? slash + 1 : cgroup;
		struct unit_name name = { start, (size_t)(end - start) };

		unescape(&name);
		take(&name, ret);
		end = slash;
	}
	if (!ret->unit.len)
		ret->unit = ret->slice;
}
