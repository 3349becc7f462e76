/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/source/steps.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
	PLACES_MOST = 16,	/* on one stack, of one address */
	LEAD_MOST = 8,		/* frames before a probe's first address */
	FIRST_WITHIN = 48,	/* words of its base */
	ROWS = SITE_STEPS,
};

/* What all stacks with an address have in common: in words from it. */
struct step {
	uint64_t address;	/* 0: an empty row */
	uint64_t last;		/* what follows it as the last; 0: it is not the last but one */
	uint32_t seen;
	bool varies;
	uint8_t count;
	uint16_t place[PLACES_MOST];
};

/* The same for where a probe's chain begins: an address, and words from the base. */
struct start {
	uint32_t seen;
	uint8_t count;
	uint16_t place[PLACES_MOST];
	uint64_t address[PLACES_MOST];
};

struct steps {
	struct start start[PROBE_COUNT];
	struct step row[ROWS];
};

struct steps *steps_new(void)
{
	return calloc(1, sizeof(struct steps));
}

void steps_free(struct steps *s)
{
	free(s);
}

/* ---- where a chain begins -------------------------------------------------------------------------------------- */

static bool stands(const struct site_sample *sample, uint64_t address, uint32_t place)
{
	return place < sample->words && sample->word[place] == address;
}

static void begin_start(struct start *b, const struct site_sample *sample)
{
	memset(b, 0, sizeof(*b));
	for (uint32_t place = 0; place < sample->words && place < FIRST_WITHIN; place++) {
		for (uint32_t i = 0; i < sample->frames && i < LEAD_MOST && b->count < PLACES_MOST; i++) {
			if (!sample->frame[i] || !stands(sample, sample->frame[i], place))
				continue;
			b->place[b->count] = place;
			b->address[b->count++] = sample->frame[i];
		}
	}
	b->seen = b->count != 0;
}

static int frame_of(const struct site_sample *sample, uint64_t address)
{
	for (uint32_t i = 0; i < sample->frames && i < LEAD_MOST; i++)
		if (sample->frame[i] == address)
			return (int)i;
	return -1;
}

/* Nothing is left where what was known to be the first is not there any more. */
static void narrow_start(struct start *b, const struct site_sample *sample)
{
	uint64_t was = b->seen >= STEPS_SURE ? b->address[0] : 0;
	uint8_t kept = 0;

	for (int i = 0; i < b->count; i++) {
		if (!stands(sample, b->address[i], b->place[i]) || frame_of(sample, b->address[i]) < 0)
			continue;
		b->place[kept] = b->place[i];
		b->address[kept++] = b->address[i];
	}
	b->count = kept && was && b->address[0] != was ? 0 : kept;
	b->seen++;
}

/* The index of its frame; -1 as long as it is not known. With another listener on the hook it begins elsewhere. */
static int find_start(struct start *b, const struct site_sample *sample, uint32_t *ret_place)
{
	if (!b->count)
		begin_start(b, sample);
	else
		narrow_start(b, sample);
	if (!b->count) {
		begin_start(b, sample);
		return -1;
	}
	if (b->seen < STEPS_SURE)
		return -1;
	*ret_place = b->place[0];
	return frame_of(sample, b->address[0]);
}

/* ---- from one to the next -------------------------------------------------------------------------------------- */

/* NULL: there are too many. */
static struct step *step_of(struct steps *s, uint64_t address)
{
	uint32_t at = SITE_STEP_AT(address);

	for (uint32_t i = 0; i < ROWS / 2; i++, at = (at + 1) % ROWS) {
		if (s->row[at].address == address)
			return &s->row[at];
		if (!s->row[at].address) {
			s->row[at].address = address;
			return &s->row[at];
		}
	}
	return NULL;
}

/* Where the programs have this address, or have room for it. */
static struct site_step *told_of(struct site_step *table, uint64_t address)
{
	uint32_t at = SITE_STEP_AT(address);

	for (int i = 0; i < 2; i++, at ^= 1)
		if (table[at].address == address)
			return &table[at];
	for (int i = 0; i < 2; i++, at ^= 1)
		if (!table[at].address)
			return &table[at];
	return NULL;
}

static void tell(struct site_step *table, uint64_t address, uint32_t bytes, uint64_t last)
{
	struct site_step *to = told_of(table, address);

	if (!to || (bytes == SITE_STEP_NONE && to->address != address))
		return;
	if (to->address != address)
		to->last = last;
	__atomic_store_n(&to->bytes, bytes, __ATOMIC_RELEASE);
	__atomic_store_n(&to->address, address, __ATOMIC_RELEASE);
}

static void give_up(struct step *step, struct site_step *table)
{
	step->varies = true;
	tell(table, step->address, SITE_STEP_NONE, 0);
}

/* How often an address stands between these places; PLACES_MOST + 1: more often than there is room for. */
static int places_of(const struct site_sample *sample, uint64_t address, uint32_t from,
		     uint16_t ret[static PLACES_MOST])
{
	int count = 0;

	for (uint32_t place = from + 1; place + 1 < sample->words; place++) {
		if (sample->word[place] != address)
			continue;
		if (count == PLACES_MOST)
			return PLACES_MOST + 1;
		ret[count++] = place - from;
	}
	return count;
}

static bool is_among(const uint16_t *place, int count, uint16_t which)
{
	for (int i = 0; i < count; i++)
		if (place[i] == which)
			return true;
	return false;
}

static void narrow(struct step *step, const uint16_t *place, int count)
{
	uint8_t kept = 0;

	if (!step->seen) {
		memcpy(step->place, place, (size_t)count * sizeof(*place));
		step->count = count;
	} else {
		for (int i = 0; i < step->count; i++)
			if (is_among(place, count, step->place[i]))
				step->place[kept++] = step->place[i];
		step->count = kept;
	}
	step->seen++;
}

/* It stands where the chain ends: right below the saved registers. */
static void learn_last(struct step *step, uint64_t last, struct site_step *table)
{
	if ((step->seen && step->last != last) || step->varies) {
		give_up(step, table);
		return;
	}
	step->last = last;
	if (++step->seen >= STEPS_SURE)
		tell(table, step->address, SITE_STEP_LAST, last);
}

/* Words to the next address on this stack; 0: it cannot be said. */
static uint32_t learn_step(struct step *step, const struct site_sample *sample, uint32_t at, uint64_t next,
			   struct site_step *table)
{
	uint16_t place[PLACES_MOST];
	int count = places_of(sample, next, at, place);

	if (count > PLACES_MOST || step->varies)
		return 0;
	if (step->last) {
		give_up(step, table);
		return 0;
	}
	narrow(step, place, count);
	if (!step->count) {
		give_up(step, table);
		return 0;
	}
	if (step->count == 1 && step->seen >= STEPS_SURE)
		tell(table, step->address, step->place[0] * (uint32_t)sizeof(uint64_t), 0);
	if (step->count == 1)
		return step->place[0];
	return count == 1 ? place[0] : 0;
}

void steps_learn(struct steps *s, const struct site_sample *sample, struct site_step *table, uint32_t *first)
{
	struct start *start = &s->start[sample->probe % PROBE_COUNT];
	uint32_t at = 0, n = sample->frames;
	int from;

	if (sample->words > SAMPLE_WORDS || n > SAMPLE_FRAMES || !sample->words)
		return;
	from = find_start(start, sample, &at);
	__atomic_store_n(&first[sample->probe % PROBE_COUNT], from < 0 ? 0 : at * (uint32_t)sizeof(uint64_t),
			 __ATOMIC_RELEASE);
	for (uint32_t i = from < 0 ? n : (uint32_t)from; i + 1 < n; i++) {
		bool last = i + 2 == n && n < SAMPLE_FRAMES;
		struct step *step = step_of(s, sample->frame[i]);
		uint32_t words;

		if (!step)
			return;
		if (last) {
			if (sample->word[sample->words - 1] == sample->frame[i + 1])
				learn_last(step, sample->frame[i + 1], table);
			return;
		}
		words = learn_step(step, sample, at, sample->frame[i + 1], table);
		if (!words)
			return;
		at += words;
	}
}
