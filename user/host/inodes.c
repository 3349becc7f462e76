/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/inodes.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#define SLOTS_FIRST 1024

static bool is_free(const struct inode *slot)
{
	return !slot->dev && !slot->ino;
}

/* Numbers come in runs: multiplied by the golden ratio's bits they spread, and the upper half is taken. */
static size_t hash(uint64_t dev, uint64_t ino)
{
	return (ino + dev * 31) * 0x9e3779b97f4a7c15ULL >> 32;
}

/* Where it stands, or the free slot where it would. */
static struct inode *slot_of(const struct inodes *set, uint64_t dev, uint64_t ino)
{
	for (size_t i = hash(dev, ino);; i++) {
		struct inode *slot = &set->at[i & (set->slots - 1)];

		if (is_free(slot) || (slot->ino == ino && slot->dev == dev))
			return slot;
	}
}

static int grow(struct inodes *set)
{
	struct inodes bigger = { .slots = set->slots ? set->slots * 2 : SLOTS_FIRST, .count = set->count };

	bigger.at = calloc(bigger.slots, sizeof(*bigger.at));
	if (!bigger.at)
		return -ENOMEM;
	for (size_t i = 0; i < set->slots; i++)
		if (!is_free(&set->at[i]))
			*slot_of(&bigger, set->at[i].dev, set->at[i].ino) = set->at[i];
	free(set->at);
	*set = bigger;
	return 0;
}

int inodes_put(struct inodes *set, uint64_t dev, uint64_t ino)
{
	struct inode *slot;

	if (set->count * 3 >= set->slots * 2 && grow(set))
		return -ENOMEM;
	slot = slot_of(set, dev, ino);
	if (!is_free(slot))
		return 0;
	*slot = (struct inode){ dev, ino };
	set->count++;
	return 1;
}

void inodes_done(struct inodes *set)
{
	free(set->at);
	*set = (struct inodes)INODES_INIT;
}
