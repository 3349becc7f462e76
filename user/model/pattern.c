// SPDX-License-Identifier: BSD-2-Clause
#include "user/model/pattern.h"

#include <errno.h>
#include <string.h>

/* The bytes that one place of a glob accepts. */
struct set {
	bool has[256];
};

static void add_range(struct set *set, unsigned char from, unsigned char to)
{
	memset(set->has + from, true, (size_t)to - from + 1);
}

/* One byte inside brackets, perhaps escaped; false at the end of the glob. */
static bool bracket_byte(const char **at, unsigned char *ret_byte)
{
	if (**at == '\\')
		++*at;
	if (**at == '\0')
		return false;
	*ret_byte = *(*at)++;
	return true;
}

/*
 * At is behind the opening bracket and ends up behind the closing one. A ] that comes first stands for
 * itself.
 */
static int read_bracket(const char **at, struct set *ret)
{
	bool negated = **at == '!' || **at == '^', first = true;

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
		add_range(ret, from, to);
	}
	++*at;
	for (size_t c = 0; negated && c < 256; c++)
		ret->has[c] = !ret->has[c];
	return 0;
}

/* What stands at one place of the glob, a star excepted. */
static int read_place(const char **at, struct set *ret)
{
	unsigned char c = *(*at)++;

	*ret = (struct set){ 0 };
	switch (c) {
	case '?':
		add_range(ret, 0, 255);
		return 0;
	case '[':
		return read_bracket(at, ret);
	case '\\':
		if (**at == '\0')
			return -EINVAL;
		c = *(*at)++;
		break;
	}
	ret->has[c] = true;
	return 0;
}

int pattern_compile(const char *glob, struct pattern *ret)
{
	struct pattern p = { 0 };
	unsigned int place = 0;

	while (*glob) {
		struct set set;
		int err;

		if (*glob == '*') {
			p.stay |= 1U << place;
			glob++;
			continue;
		}
		err = read_place(&glob, &set);
		if (err)
			return err;
		if (place == PATTERN_MAX)
			return -ENAMETOOLONG;
		for (size_t c = 0; c < 256; c++)
			p.step[c] |= (__u32)set.has[c] << place;
		place++;
	}
	p.last = 1U << place;
	*ret = p;
	return 0;
}

bool pattern_match(const struct pattern *p, const void *bytes, size_t len)
{
	const unsigned char *s = bytes;
	__u32 state = 1;

	for (size_t i = 0; i < len; i++)
		state = ((state & p->step[s[i]]) << 1) | (state & p->stay);
	return state & p->last;
}
