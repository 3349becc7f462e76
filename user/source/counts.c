/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/source/counts.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "bpf/config.h"

/*
 * An array of maps: to change it makes the kernel wait until no program runs that ran before (1ae80cf31938, 4.20),
 * which is what taking counts stands on.
 */
static int make_grace(int table)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .inner_map_fd = table);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "grace", sizeof(__u32), sizeof(__u32), 1, &opts);

	return fd < 0 ? -errno : fd;
}

int counts_open(struct counts *c)
{
	c->grace = make_grace(c->table);
	c->open = c->grace >= 0;
	return c->open ? 0 : c->grace;
}

void counts_close(struct counts *c)
{
	if (c->open)
		close(c->grace);
	c->open = false;
}

static int wait_for_programs(const struct counts *c)
{
	__u32 key = 0;

	return bpf_map_update_elem(c->grace, &key, &c->table, BPF_ANY) ? -errno : 0;
}

struct taking {
	struct counts *from;
	__u32 bank;
	counts_fn fn;
	void *ctx;
};

static void take(const struct taking *t, struct count_key key, const struct count_value *value)
{
	key.flags &= ~COUNT_BANK;
	if (value->count || value->failed || value->worked)
		t->fn(t->ctx, &key, value);
	t->from->taken += value->count;
}

/* The banks of all CPUs that nobody counts in now; what is taken is no longer there. */
static int take_slots(const struct taking *t)
{
	static const struct count_slots none;
	int map = t->from->slots;
	struct count_slots slots;

	for (__u32 cpu = 0; cpu < (__u32)t->from->cpus; cpu++) {
		__u32 place = cpu * COUNT_BANKS + t->bank;

		if (bpf_map_lookup_elem(map, &place, &slots) || bpf_map_update_elem(map, &place, &none, BPF_ANY))
			return -errno;
		for (int i = 0; i < COUNT_SLOTS; i++) {
			const struct count_slot *s = &slots.at[i];

			take(t, s->key, &(struct count_value){ .count = s->count, .last = s->last });
		}
	}
	return 0;
}

enum { TAKE_AT_ONCE = 1024 };

struct take_room {
	struct count_key key[TAKE_AT_ONCE];
	struct count_value value[TAKE_AT_ONCE];
};

/* Of one batch those of our bank; they are deleted, and all else stays. */
static void take_batch(const struct taking *t, struct take_room *room, __u32 n)
{
	int map = t->from->table;

	for (__u32 i = 0; i < n; i++) {
		if (!!(room->key[i].flags & COUNT_BANK) != t->bank || bpf_map_delete_elem(map, &room->key[i]))
			continue;
		take(t, room->key[i], &room->value[i]);
	}
}

static int take_table(const struct taking *t)
{
	struct take_room *room = malloc(sizeof(*room));
	int map = t->from->table, err = room ? 0 : -ENOMEM;
	__u32 at = 0, n;
	bool first = true;

	while (!err) {
		n = TAKE_AT_ONCE;
		err = bpf_map_lookup_batch(map, first ? NULL : &at, &at, room->key, room->value, &n, NULL) ? -errno : 0;
		if (err && err != -ENOENT)
			break;
		first = false;
		take_batch(t, room, n);
	}
	free(room);
	return err == -ENOENT ? 0 : err;
}

int counts_take(struct counts *c, counts_fn fn, void *ctx)
{
	struct taking t = { .from = c, .bank = *c->bank, .fn = fn, .ctx = ctx };
	int err;

	__atomic_add_fetch(c->turn, 1, __ATOMIC_SEQ_CST);
	__atomic_store_n(c->bank, !t.bank, __ATOMIC_SEQ_CST);
	err = wait_for_programs(c);
	__atomic_add_fetch(c->turn, 1, __ATOMIC_SEQ_CST);
	err = err ?: take_slots(&t);
	err = err ?: take_table(&t);
	__atomic_store_n(&c->keys[t.bank], 0, __ATOMIC_RELAXED);
	return err;
}

bool counts_filling(const struct counts *c)
{
	return c->open && __atomic_load_n(&c->keys[*c->bank], __ATOMIC_RELAXED) > c->max / 2;
}
