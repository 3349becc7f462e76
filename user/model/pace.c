/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/model/pace.h"

#include <string.h>

/* Ten milliseconds: then all slots are little more than a second. */
#define WIDTH_FIRST 10000000ULL

static void halve(uint64_t *slots)
{
	for (size_t i = 0; i < PACE_SLOTS / 2; i++)
		slots[i] = slots[2 * i] + slots[2 * i + 1];
	memset(slots + PACE_SLOTS / 2, 0, (PACE_SLOTS - PACE_SLOTS / 2) * sizeof(*slots));
}

static void widen(struct pace *p)
{
	for (size_t cap = 0; cap < PACE_CAPS; cap++) {
		halve(p->granted[cap]);
		halve(p->denied[cap]);
	}
	halve(p->lost);
	p->width_ns *= 2;
	p->used = (p->used + 1) / 2;
}

static size_t slot_of(struct pace *p, uint64_t wall_ns)
{
	uint64_t since = wall_ns > p->start_ns ? wall_ns - p->start_ns : 0;
	size_t slot;

	while (since / p->width_ns >= PACE_SLOTS)
		widen(p);
	slot = (size_t)(since / p->width_ns);
	if (slot >= p->used)
		p->used = slot + 1;
	return slot;
}

void pace_start(struct pace *p, uint64_t wall_ns)
{
	memset(p, 0, sizeof(*p));
	p->start_ns = wall_ns;
	p->width_ns = WIDTH_FIRST;
}

void pace_add(struct pace *p, uint64_t wall_ns, int cap, bool denied, uint64_t times)
{
	size_t slot;

	if (!p->width_ns || cap < 0 || cap >= PACE_CAPS)
		return;
	slot = slot_of(p, wall_ns);
	*(denied ? &p->denied[cap][slot] : &p->granted[cap][slot]) += times;
}

void pace_lose(struct pace *p, uint64_t wall_ns, uint64_t times)
{
	size_t slot;

	if (!p->width_ns)
		return;
	slot = slot_of(p, wall_ns);
	p->lost[slot] += times;
}

void pace_reach(struct pace *p, uint64_t wall_ns)
{
	if (p->width_ns)
		slot_of(p, wall_ns);
}

static uint64_t sum(const uint64_t slots[PACE_CAPS][PACE_SLOTS], size_t slot)
{
	uint64_t all = 0;

	for (size_t cap = 0; cap < PACE_CAPS; cap++)
		all += slots[cap][slot];
	return all;
}

uint64_t pace_granted(const struct pace *p, size_t slot)
{
	return sum(p->granted, slot);
}

uint64_t pace_denied(const struct pace *p, size_t slot)
{
	return sum(p->denied, slot);
}

uint64_t pace_peak(const struct pace *p)
{
	uint64_t most = 0;

	for (size_t i = 0; i < p->used; i++) {
		uint64_t all = pace_granted(p, i) + pace_denied(p, i);

		most = all > most ? all : most;
	}
	return most;
}

uint64_t pace_caps(const struct pace *p)
{
	uint64_t set = 0;

	for (size_t cap = 0; cap < PACE_CAPS; cap++)
		for (size_t i = 0; i < p->used; i++)
			if (p->granted[cap][i] || p->denied[cap][i])
				set |= 1ULL << cap;
	return set;
}
