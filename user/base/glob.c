/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/base/glob.h"

#include <errno.h>
#include <string.h>

/* One byte inside brackets, perhaps escaped; false at the end of the glob. */
static bool bracket_byte(const char **at, unsigned char *ret)
{
	if (**at == '\\')
		++*at;
	if (!**at)
		return false;
	*ret = (unsigned char)*(*at)++;
	return true;
}

/*
 * Is c in the set? *at stands behind the opening bracket and ends up behind the closing one, which is not the closing one
 * where it comes first. -EINVAL where there is none, or a range that runs backwards.
 */
static int read_bracket(const char **at, unsigned char c, bool *ret_hit)
{
	bool negated = **at == '!' || **at == '^', first = true, hit = false;

	*at += negated;
	for (; first || **at != ']'; first = false) {
		unsigned char from, to;

		if (!bracket_byte(at, &from))
			return -EINVAL;
		to = from;
		if ((*at)[0] == '-' && (*at)[1] != ']') {
			++*at;
			if (!bracket_byte(at, &to) || to < from)
				return -EINVAL;
		}
		hit = hit || (from <= c && c <= to);
	}
	++*at;
	*ret_hit = hit != negated;
	return 0;
}

/* What stands for one byte, a star excepted: does it stand for c? *at ends up behind it. */
static int read_place(const char **at, unsigned char c, bool *ret_hit)
{
	unsigned char place = (unsigned char)*(*at)++;

	if (place == '[')
		return read_bracket(at, c, ret_hit);
	if (place == '\\') {
		if (!**at)
			return -EINVAL;
		*ret_hit = (unsigned char)*(*at)++ == c;
		return 0;
	}
	*ret_hit = place == '?' || place == c;
	return 0;
}

int glob_check(const char *glob)
{
	bool hit;
	int err = 0;

	while (*glob && !err) {
		if (*glob == '*')
			glob++;
		else
			err = read_place(&glob, 0, &hit);
	}
	return err;
}

/* Only the last star has to be tried again: what came before it is matched as early as it can be. */
bool glob_match(const char *glob, const char *name, size_t n)
{
	const char *again = NULL;
	size_t i = 0, again_i = 0;

	while (i < n || *glob) {
		const char *next = glob;
		bool hit = false;

		if (*glob == '*') {
			again = ++glob;
			again_i = i;
			if (!*glob)
				return true;
			continue;
		}
		/* Most are plain, and most of these are not met. */
		if (i < n && *glob && *glob == name[i] && *glob != '[' && *glob != '\\') {
			glob++;
			i++;
			continue;
		}
		if (i < n && *glob && !read_place(&next, (unsigned char)name[i], &hit) && hit) {
			glob = next;
			i++;
			continue;
		}
		if (!again || again_i >= n)
			return false;
		glob = again;
		i = ++again_i;
	}
	return true;
}

bool glob_is_plain(const char *glob)
{
	return !glob[strcspn(glob, "*?[\\")];
}
