// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The least that a probe on cap_capable can cost: programs that do nothing, that count, or that send 16 bytes through
 * a ring buffer and wake nobody; each on every kind of probe. No filter, no user, no name: less is not useful.
 */
#include "vmlinux/vmlinux.h"

#include <bpf/bpf_helpers.h>

#include "tests/bench/floor.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, FLOOR_COUNTERS);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

#define inlined static inline __attribute__((always_inline))

inlined int add_one(__u32 which)
{
	__u64 *counter = bpf_map_lookup_elem(&counters, &which);

	if (counter)
		(*counter)++;
	return 0;
}

inlined int empty(__u64 cap, __u64 ret)
{
	return 0;
}

inlined int count(__u64 cap, __u64 ret)
{
	return add_one(FLOOR_SEEN);
}

inlined int record(__u64 cap, __u64 ret)
{
	struct floor_record *r = bpf_ringbuf_reserve(&ring, sizeof(*r), 0);

	if (!r)
		return add_one(FLOOR_LOST);
	r->time = bpf_ktime_get_ns();
	r->tid = (__u32)bpf_get_current_pid_tgid();
	r->cap = (__u8)cap;
	r->denied = ret != 0;
	r->unused = 0;
	bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
	return 0;
}

/* The arguments are the traced function's in their order, and behind them what it returns. */
#define FEXIT(action) \
	SEC("?fexit/cap_capable") int fexit_##action(__u64 *ctx) { return action(ctx[2], ctx[4]); }
#define TP_BTF(action) \
	SEC("?tp_btf/cap_capable") int tp_btf_##action(__u64 *ctx) { return action(ctx[3], ctx[4]); }

/* As tracefs describes it: eight bytes of every record, three pointers, two numbers. */
struct cap_capable_record {
	__u64 common, cred, target_ns, capable_ns;
	int cap, ret;
};
#define TP(action) \
	SEC("?tracepoint/capability/cap_capable") \
	int tp_##action(struct cap_capable_record *ctx) \
	{ \
		return action((__u64)ctx->cap, (__u64)ctx->ret); \
	}

/* The entry program does nothing, so that the pair is what a pair costs at least; the capability is unknown then. */
#define KPROBE(action) \
	SEC("?kretprobe/cap_capable") int kretprobe_##action(void *ctx) { return action(FLOOR_NO_CAP, 0); }

#define EACH(action) FEXIT(action) TP_BTF(action) TP(action) KPROBE(action)
EACH(empty)
EACH(count)
EACH(record)

SEC("?kprobe/cap_capable")
int kprobe_entry(void *ctx)
{
	return 0;
}
