/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel side counted, taken away in turns. There are two banks: while one is emptied, the programs count in
 * the other.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct count_key;
struct count_value;

typedef void (*counts_fn)(void *ctx, const struct count_key *key, const struct count_value *value);

/* Filled by counts_open; descriptors and words are the caller's. A zeroed one counts nothing. */
struct counts {
	int table, slots;	/* maps: by key, and each CPU's own few */
	int cpus;
	uint32_t *turn;		/* another one for each change of the bank, odd while that is made */
	uint32_t *bank, *keys;	/* which bank is used; how many keys each has */
	int grace;		/* a map to be changed: the kernel waits for its programs then */
	uint32_t max;		/* keys that the table holds */
	bool open;
	uint64_t taken;		/* checks that counts_take gave */
};

/* c has all but .grace. 0 or negative errno. */
int counts_open(struct counts *c);

/* Safe where it was not opened. */
void counts_close(struct counts *c);

/*
 * Takes what was counted since the last time. Each count goes to fn once, its key without COUNT_BANK; the events of all
 * that is given now were sent before the first. May wait for the programs that are under way, some ten milliseconds. 0; negative errno: some may not have come, and come the next time.
 */
int counts_take(struct counts *c, counts_fn fn, void *ctx);

/* Is the table so full that it should be taken soon? Never where nothing is counted. */
bool counts_filling(const struct counts *c);
