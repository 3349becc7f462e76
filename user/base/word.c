/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/base/word.h"

#include <string.h>
#include <strings.h>

#define WORD_MAX 64	/* longer words are not typing errors */

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Damerau's distance (each place edited once); both lengths at most WORD_MAX. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t rows[3][WORD_MAX + 1];

	for (size_t j = 0; j <= b_len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t *this = rows[i % 3], *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];

		this[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			char x = lower(a[i - 1]), y = lower(b[j - 1]);

			this[j] = least(last[j - 1] + (x != y), least(last[j], this[j - 1]) + 1);
			if (i > 1 && j > 1 && x == lower(b[j - 2]) && lower(a[i - 2]) == y)
				this[j] = least(this[j], before[j - 2] + 1);
		}
	}
	return rows[a_len % 3][b_len];
}

bool word_nearest(const char *word, size_t n, const char *const *list, size_t count, size_t *ret_index)
{
	size_t limit = n < 6 ? 1 : n / 3, best = least(limit + 1, n);
	bool found = false;

	if (n > WORD_MAX)
		return false;
	for (size_t i = 0; i < count; i++) {
		size_t len = list[i] ? strlen(list[i]) : 0, d;

		if (!len || len > WORD_MAX || len > n + limit || n > len + limit)
			continue;
		d = distance(word, n, list[i], len);
		if (d >= best)
			continue;
		best = d;
		found = true;
		*ret_index = i;
	}
	return found;
}

bool word_begins(const char *word, size_t n, const char *const *list, size_t count, size_t *ret_index)
{
	size_t found = 0, at = 0;

	for (size_t i = 0; i < count; i++) {
		if (strncasecmp(list[i], word, n))
			continue;
		at = i;
		found++;
		if (list[i][n])
			continue;
		found = 1;
		break;
	}
	if (!n || found != 1)
		return false;
	*ret_index = at;
	return true;
}
