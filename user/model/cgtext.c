// SPDX-License-Identifier: BSD-2-Clause
#include "user/model/cgtext.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

struct line {
	uint32_t hierarchy;
	const char *controllers;
	size_t controllers_len;
	struct cgtext_path path;
};

/* In this order; each is one of those that engines use even where systemd is not. */
static const char *const controllers[] = { "name=systemd", "pids", "memory", "cpu", "cpuacct", "devices", "freezer",
					   "blkio", "cpuset" };

/* Numbers that would not fit are of no hierarchy. */
static bool get_number(const char **at, uint32_t *ret)
{
	uint64_t n = 0;
	const char *start = *at;

	while (isdigit((unsigned char)**at) && n <= UINT32_MAX)
		n = n * 10 + (uint64_t)(*(*at)++ - '0');
	*ret = (uint32_t)n;
	return *at > start && n <= UINT32_MAX && *(*at)++ == ':';
}

/* The next line that is one; false: there is none any more. */
static bool next_line(const char **text, struct line *ret)
{
	while (**text) {
		const char *at = *text, *end = at + strcspn(at, "\n"), *colon;

		*text = *end ? end + 1 : end;
		if (!get_number(&at, &ret->hierarchy) || at > end)
			continue;
		colon = memchr(at, ':', (size_t)(end - at));
		if (!colon || colon + 1 == end || colon[1] != '/')
			continue;
		ret->controllers = at;
		ret->controllers_len = (size_t)(colon - at);
		ret->path = (struct cgtext_path){ colon + 1, (size_t)(end - colon - 1) };
		return true;
	}
	return false;
}

static bool has_controller(const struct line *line, const char *name)
{
	const char *at = line->controllers, *end = at + line->controllers_len;
	size_t len = strlen(name);

	while (at < end) {
		const char *comma = memchr(at, ',', (size_t)(end - at)) ?: end;

		if ((size_t)(comma - at) == len && !memcmp(at, name, len))
			return true;
		at = comma + 1;
	}
	return false;
}

static bool find_controller(const char *text, const char *name, struct line *ret)
{
	while (next_line(&text, ret))
		if (ret->hierarchy && has_controller(ret, name))
			return true;
	return false;
}

uint32_t cgtext_hierarchy(const char *text)
{
	uint32_t first = 0;
	struct line line;

	for (size_t i = 0; i < sizeof(controllers) / sizeof(controllers[0]); i++) {
		if (!find_controller(text, controllers[i], &line))
			continue;
		if (i == 0 || line.path.len > 1)
			return line.hierarchy;
		if (!first)
			first = line.hierarchy;
	}
	return first;
}

static struct cgtext_path path_in(const char *text, uint32_t hierarchy)
{
	struct line line;

	while (next_line(&text, &line))
		if (line.hierarchy == hierarchy)
			return line.path;
	return (struct cgtext_path){ 0 };
}

struct cgtext_path cgtext_path(const char *text, uint32_t hierarchy)
{
	struct cgtext_path now = path_in(text, 0), older;

	if (!hierarchy || now.len > 1)
		return now;
	older = path_in(text, hierarchy);
	return older.len > 1 ? older : now;
}

bool cgtext_has(const char *text, const char *path)
{
	size_t len = strlen(path);
	struct line line;

	while (next_line(&text, &line))
		if (line.path.len == len && !memcmp(line.path.at, path, len))
			return true;
	return false;
}
