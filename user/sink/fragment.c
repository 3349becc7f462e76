// SPDX-License-Identifier: BSD-2-Clause
#include "user/sink/fragment.h"

#include <string.h>

#include "user/model/program.h"
#include "user/model/record.h"

static uint64_t pair(uint32_t low, uint32_t high)
{
	return low | (uint64_t)high << 32;
}

void fragment_key_asked(const struct record *r, struct fragment_key *ret)
{
	const struct event_check *c = &r->check;

	*ret = (struct fragment_key){ {
		pair(c->head.flags, (uint32_t)c->cap),
		pair((uint32_t)c->syscall, (uint32_t)c->lsm_ret),
		c->probe,
	} };
}

void fragment_key_credentials(const struct record *r, struct fragment_key *ret)
{
	const struct event_check *c = &r->check;

	*ret = (struct fragment_key){ {
		pair(c->uid, c->euid),
		pair(c->gid, c->userns_asker),
		pair(c->userns_target, c->head.flags & (CHECK_IDS_UNKNOWN | CHECK_DENIED)),
		c->effective,
		c->permitted,
	} };
}

bool fragment_key_program(const struct record *r, struct fragment_key *ret)
{
	*ret = (struct fragment_key){ { r->program ? r->program->serial : 0 } };
	return !r->program || r->program->serial;
}

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
