/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/base/glob.h"

#include <errno.h>
#include <limits.h>
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

/* What stands for one byte and stands here: of each byte whether it does. *at ends up behind it. */
static void read_set(const char **at, bool *ret)
{
	const char *from = *at;

	for (unsigned c = 0; c <= UCHAR_MAX; c++) {
		*at = from;
		if (read_place(at, (unsigned char)c, &ret[c]))
			ret[c] = false;
	}
}

/* Does the place at *a stand for all that the one at *b stands for, or for anything of it? Both end up behind them. */
static void hold_places(const char **a, const char **b, bool *ret_all, bool *ret_any)
{
	bool of_a[UCHAR_MAX + 1], of_b[UCHAR_MAX + 1];

	if (!strchr("?[\\", **a) && !strchr("?[\\", **b)) {
		*ret_all = *ret_any = *(*a)++ == *(*b)++;
		return;
	}
	*ret_all = true;
	*ret_any = false;
	read_set(a, of_a);
	read_set(b, of_b);
	for (unsigned c = 0; c <= UCHAR_MAX; c++) {
		*ret_all = *ret_all && (of_a[c] || !of_b[c]);
		*ret_any = *ret_any || (of_a[c] && of_b[c]);
	}
}

static void skip_place(const char **at)
{
	bool hit;

	if (**at == '*')
		++*at;
	else
		read_place(at, 0, &hit);
}

static bool is_letter(char c)
{
	return c && c != '*' && c != '?' && c != '[' && c != '\\';
}

/* As glob_match, with the places of another glob for bytes; a star of it is met by a star alone. */
bool glob_covers(const char *glob, const char *other)
{
	const char *again = NULL, *again_other = NULL;

	/* Most begin with the same letters, and then are others. */
	for (; is_letter(*glob) && *glob == *other; glob++)
		other++;
	if (is_letter(*glob) && (!*other || is_letter(*other)))
		return false;
	if (glob_check(glob) || glob_check(other))
		return false;
	while (*other || *glob) {
		const char *next = glob, *next_other = other;
		bool all = false, any;

		if (*glob == '*') {
			again = ++glob;
			again_other = other;
			continue;
		}
		if (*glob && *other && *other != '*')
			hold_places(&next, &next_other, &all, &any);
		if (!all) {
			if (!again || !*again_other)
				return false;
			skip_place(&again_other);
			next = again;
			next_other = again_other;
		}
		glob = next;
		other = next_other;
	}
	return true;
}

/* Of what has no star and no place behind it but letters: how many there are at the end. */
static size_t plain_end(const char *glob)
{
	size_t n = strlen(glob), from = n;

	while (from && !strchr("*?[]\\", glob[from - 1]))
		from--;
	return n - from;
}

bool glob_is_apart(const char *a, const char *b)
{
	size_t ends_a = plain_end(a), ends_b = plain_end(b), both = ends_a < ends_b ? ends_a : ends_b;

	if (glob_check(a) || glob_check(b))
		return false;
	/* The letter that a backslash stands before is the same letter. */
	if (memcmp(a + strlen(a) - both, b + strlen(b) - both, both) != 0)
		return true;
	while (*a && *b && *a != '*' && *b != '*') {
		bool all, any;

		hold_places(&a, &b, &all, &any);
		if (!any)
			return true;
	}
	return (!*a && *b && *b != '*') || (!*b && *a && *a != '*');
}

bool glob_is_plain(const char *glob)
{
	return !glob[strcspn(glob, "*?[\\")];
}
