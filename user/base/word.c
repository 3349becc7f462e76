/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/base/word.h"

#include <string.h>
#include <strings.h>

#define WORD_MAX 64	/* longer words are not typing errors */
#define STEM_MIN 3	/* letters that say what is meant */

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* What a file holds may have a NUL, at which a comparison of strings would end, and no entry has one. */
static bool has_nul(const char *word, size_t n)
{
	return memchr(word, '\0', n);
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

static bool find_fewest_edits(const char *word, size_t n, const char *const *list, size_t count, size_t *ret_index)
{
	size_t limit = n < 6 ? 1 : n / 3, best = least(limit + 1, n);
	bool found = false;

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

/* Without what English puts at the end: deny, denied and denying are one. */
static size_t stem(const char *word, size_t n)
{
	static const char *const ends[] = { "ying", "ing", "ied", "ies", "ed", "es", "d", "e", "s", "y" };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		size_t len = strlen(ends[i]);

		if (n < len + STEM_MIN || strncasecmp(word + n - len, ends[i], len))
			continue;
		n -= len;
		break;
	}
	return n > STEM_MIN && lower(word[n - 1]) == lower(word[n - 2]) ? n - 1 : n;
}

static bool has_stem(const char *word, size_t n, const char *entry)
{
	size_t len = stem(word, n), other = stem(entry, strlen(entry));

	if (len < STEM_MIN || other > WORD_MAX || other > len + 1 || len > other + 1)
		return false;
	return distance(word, len, entry, other) <= (len > STEM_MIN);
}

static bool is_begin(const char *word, size_t n, const char *entry)
{
	return n > STEM_MIN && !strncasecmp(word, entry, n);
}

/* One of the words that '_' or '-' joins, or some of them. */
static bool is_part(const char *word, size_t n, const char *entry)
{
	for (const char *at = entry; n >= STEM_MIN && *at; at++) {
		if (at != entry && !strchr("_-", at[-1]))
			continue;
		if (!strncasecmp(at, word, n) && (!at[n] || strchr("_-", at[n])))
			return true;
	}
	return false;
}

static bool find_only(const char *word, size_t n, const char *const *list, size_t count,
		      bool (*is)(const char *word, size_t n, const char *entry), size_t *ret_index)
{
	size_t found = 0, at = 0;

	for (size_t i = 0; i < count; i++) {
		if (!list[i] || !is(word, n, list[i]))
			continue;
		at = i;
		found++;
	}
	if (found == 1)
		*ret_index = at;
	return found == 1;
}

bool word_nearest(const char *word, size_t n, const char *const *list, size_t count, size_t *ret_index)
{
	return n <= WORD_MAX && !has_nul(word, n) &&
	       (find_fewest_edits(word, n, list, count, ret_index) ||
		find_only(word, n, list, count, has_stem, ret_index) ||
		find_only(word, n, list, count, is_begin, ret_index) ||
		find_only(word, n, list, count, is_part, ret_index));
}

bool word_begins(const char *word, size_t n, const char *const *list, size_t count, size_t *ret_index)
{
	size_t found = 0, at = 0;

	if (has_nul(word, n))
		return false;
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
