/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/sink/words.h"

#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct word {
	uint32_t number;
	UT_hash_handle hh;
	char text[];
};

struct words {
	struct word *all;
	struct word **at;	/* by number */
	size_t room, bytes;
	uint32_t count;
};

struct words *words_new(void)
{
	return calloc(1, sizeof(struct words));
}

void words_clear(struct words *w)
{
	HASH_CLEAR(hh, w->all);
	for (uint32_t i = 0; i < w->count; i++)
		free(w->at[i]);
	w->count = 0;
	w->bytes = 0;
}

void words_free(struct words *w)
{
	if (!w)
		return;
	words_clear(w);
	free(w->at);
	free(w);
}

static int make_room(struct words *w)
{
	const size_t room = w->room ? 2 * w->room : 64;
	struct word **at;

	if (w->count < w->room)
		return 0;
	at = reallocarray(w->at, room, sizeof(*at));
	if (!at)
		return -1;
	w->at = at;
	w->room = room;
	return 0;
}

static struct word *add(struct words *w, const char *text, size_t n)
{
	struct word *word = make_room(w) ? NULL : malloc(sizeof(*word) + n + 1);

	if (!word)
		return NULL;
	memcpy(word->text, text, n);
	word->text[n] = '\0';
	word->number = w->count;
	word->hh.tbl = NULL;
	HASH_ADD_KEYPTR(hh, w->all, word->text, n, word);
	if (!word->hh.tbl) {
		free(word);
		return NULL;
	}
	w->at[w->count++] = word;
	w->bytes += sizeof(*word) + n + 1;
	return word;
}

uint32_t words_put_n(struct words *w, const char *text, size_t n)
{
	struct word *word;

	HASH_FIND(hh, w->all, text, n, word);
	if (!word)
		word = add(w, text, n);
	return word ? word->number : WORDS_NONE;
}

uint32_t words_put(struct words *w, const char *text)
{
	return words_put_n(w, text, strlen(text));
}

const char *words_at(const struct words *w, uint32_t number)
{
	return w->at[number]->text;
}

uint32_t words_count(const struct words *w)
{
	return w->count;
}

size_t words_bytes(const struct words *w)
{
	return w->bytes;
}
