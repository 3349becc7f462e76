// SPDX-License-Identifier: BSD-2-Clause
#include "user/sink/fragment.h"

#include <string.h>

static unsigned int place_of(const struct fragment_key *key)
{
	uint64_t hash = 0;

	for (unsigned int i = 0; i < FRAGMENT_WORDS; i++)
		hash = (hash ^ key->word[i]) * 0x9e3779b97f4a7c15;
	return hash >> (64 - FRAGMENT_BITS);
}

struct buf *fragments_get(struct fragments *f, const struct fragment_key *key, bool *ret_made)
{
	struct fragment *at = &f->at[place_of(key)];

	/* What could not be made for lack of memory is made again. */
	*ret_made = at->made && !at->text.error && !memcmp(&at->key, key, sizeof(*key));
	if (!*ret_made) {
		buf_clear(&at->text);
		at->key = *key;
		at->made = true;
	}
	return &at->text;
}

void fragments_done(struct fragments *f)
{
	for (unsigned int i = 0; i < FRAGMENT_COUNT; i++)
		buf_done(&f->at[i].text);
}
