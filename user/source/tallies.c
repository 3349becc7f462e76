/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/source/tallies.h"

#include <bpf/bpf.h>
#include <string.h>

#include "bpf/config.h"
#include "user/model/loss.h"

/* Runs that the kernel skipped because the program was on this CPU already; absent before 5.12. */
static uint64_t misses_of(int program)
{
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);

	if (program < 0 || bpf_obj_get_info_by_fd(program, &info, &size))
		return 0;
	return info.recursion_misses;
}

/* Checks that no run of a program stood for: of those that hear them, since the others' runs are no checks. */
static struct tallies_misses all_misses(const struct tallies *t)
{
	struct tallies_misses m = { .entries = misses_of(t->entry) };

	for (int i = 0; i < PROBES_RUNGS; i++)
		m.single += misses_of(t->single[i]);
	for (int i = 0; i < DERIVED_PROGRAMS; i++)
		m.derived += misses_of(t->derived[i]);
	return m;
}

void tallies_begin(struct tallies *t)
{
	t->before = all_misses(t);
}

static void add_tally(const struct cpu_state *cpu, uint64_t ret[static TALLY_COUNT])
{
	for (int what = 0; what < TALLY_COUNT; what++)
		ret[what] += __atomic_load_n(&cpu->tally[what], __ATOMIC_RELAXED);
}

void tallies_read(const struct tallies *t, uint64_t ret[static TALLY_COUNT])
{
	memset(ret, 0, TALLY_COUNT * sizeof(*ret));
	for (int i = 0; i < t->cpus && i < CPUS_MAX; i++)
		add_tally(&t->cpu[i], ret);
	add_tally(&t->cpu[CPUS_MAX], ret);
}

/* Entries in the kernel's table that have no return yet; those in task storage are tallied. */
static uint64_t entries_open(const struct tallies *t)
{
	uint64_t open = 0;

	for (int i = 0; t->open && i < OPEN_SLOTS; i++)
		open += __atomic_load_n(&t->open[i].task, __ATOMIC_RELAXED) &&
			__atomic_load_n(&t->open[i].probe, __ATOMIC_RELAXED) == PROBE_KPROBE;
	return open;
}

/*
 * While it runs, those that were found out; many are not before their thread asks again, or never. At the end every
 * entry without a return is one.
 */
static uint64_t returns_missed(const struct tallies *t, const uint64_t n[static TALLY_COUNT])
{
	return t->stopped ? n[TALLY_ENTERED] - n[TALLY_PAIRED] + entries_open(t) : n[TALLY_RETURN_MISSED];
}

/* Also where both probes of a pair were missed: an entry whose return was heard is told by that one. */
static uint64_t programs_busy(const struct tallies *t, const uint64_t n[static TALLY_COUNT])
{
	struct tallies_misses now = all_misses(t);
	uint64_t entries = now.entries - t->before.entries;

	return now.single - t->before.single + now.derived - t->before.derived +
	       (entries > n[TALLY_ENTRY_MISSED] ? entries - n[TALLY_ENTRY_MISSED] : 0);
}

void tallies_account(const struct tallies *t, struct account *ret)
{
	uint64_t n[TALLY_COUNT];

	tallies_read(t, n);
	memset(ret, 0, sizeof(*ret));
	ret->own = n[TALLY_OWN];
	ret->outside = n[TALLY_OUTSIDE];
	ret->hidden = n[TALLY_HIDDEN];
	ret->seen = n[TALLY_SENT];
	ret->loss.by_cause[LOSS_RING_FULL] = n[TALLY_RING_FULL];
	ret->loss.by_cause[LOSS_MAP_FULL] = n[TALLY_FOLLOW_FULL] + n[TALLY_COUNT_LOST];
	ret->loss.by_cause[LOSS_RETURN_MISSED] = returns_missed(t, n) + n[TALLY_ENTRY_MISSED];
	ret->loss.by_cause[LOSS_STORAGE_REFUSED] = n[TALLY_STATE_REFUSED];
	ret->loss.by_cause[LOSS_PROGRAM_BUSY] = programs_busy(t, n);
}

bool tallies_is_bound(const struct tallies *t)
{
	return all_misses(t).derived > t->before.derived;
}

bool tallies_is_open(const struct tallies *t)
{
	uint64_t n[TALLY_COUNT];

	tallies_read(t, n);
	return n[TALLY_ENTERED] > n[TALLY_PAIRED] + n[TALLY_RETURN_MISSED] || entries_open(t);
}
