/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a system call returned in which a check was made. In objects of their own, loaded only where that is asked for,
 * that share some maps with the programs that hear checks: they keep in `outcomes` in which call a thread had one whose
 * outcome is wanted. What is counted is counted here too, as failed or worked, and nobody is told.
 *
 * Three ways, each an object, since a kernel whose task work is called in another way refuses all of the first: there a
 * program that runs on the same hook after the probe asks for a call when its thread leaves the kernel (6.18), and whoever
 * has no check that is wanted pays one word read for a check, and nothing else. Elsewhere those system calls' own functions
 * are listened to in which such checks are made, and nobody pays in another call; or, where that is asked for, the end of
 * every system call is looked at, of the whole machine, as long as this runs.
 */
#pragma once

#include "vmlinux/vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/config.h"

#define inlined static __always_inline

/* The one of bpf/maps.bpf.h, as the next. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, OUTCOMES_MAX);
	__type(key, __u64);
	__type(value, struct outcome_open);
} outcomes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, COUNT_MAX);
	__type(key, struct count_key);
	__type(value, struct count_value);
} counts SEC(".maps");

/* Nobody waits for an outcome: it is read with the next check, or at the end. */
inlined void send(const struct outcome_open *o, __s64 ret, __u32 flags)
{
	struct event_outcome *e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);

	if (!e)
		return;
	e->head.size = sizeof(*e);
	e->head.kind = EVENT_OUTCOME;
	e->head.flags = flags;
	e->head.time = bpf_ktime_get_ns();
	e->since = o->since;
	e->tgid = o->tgid;
	e->tid = o->tid;
	e->ret = ret;
	e->syscall = o->syscall;
	e->checks = o->checks;
	bpf_ringbuf_submit(e, BPF_RB_NO_WAKEUP);
}

/* 32-bit programs' results are numbers of 32 bits. */
inlined __s64 result(const struct outcome_open *o, __s64 ret)
{
	return o->abi_32 ? (__s32)ret : ret;
}

/*
 * Is the call that ends the one that was entered? A good exec leaves the number of the plain execve of what the
 * process has become, whichever call it was.
 */
inlined bool same_call(const struct outcome_open *o, __s32 now, __s64 ret)
{
	if (now == o->syscall)
		return true;
#if defined(__TARGET_ARCH_x86)
	enum { EXECVE = 59, EXECVEAT = 322, EXECVE_32 = 11, EXECVEAT_32 = 358, X32 = 0x40000000 };
	enum { EXECVE_X32 = X32 + 520, EXECVEAT_X32 = X32 + 545 };
	__s32 was = o->syscall;

	if (ret || (now != EXECVE && now != EXECVE_32 && now != EXECVE_X32))
		return false;
	if (o->abi_32)
		return was == EXECVE_32 || was == EXECVEAT_32;
	return was == EXECVE || was == EXECVEAT || was == EXECVE_X32 || was == EXECVEAT_X32;
#else
	return false;
#endif
}

/* The same thread? One that executes takes the id of its group's leader; an address may be another task's later. */
inlined bool same_thread(const struct outcome_open *o)
{
	__u64 id = bpf_get_current_pid_tgid();
	__u32 tgid = id >> 32, tid = id;

	return tgid == o->tgid && (tid == o->tid || tid == tgid);
}

/*
 * Failed, worked, or neither: what is to be tried again has not failed. A connection that is being made was allowed.
 * -512 to -516: a signal interrupted it.
 */
enum ending { ENDED_OPEN, ENDED_FAILED, ENDED_WORKED };

inlined enum ending ending_of(__s64 ret)
{
	enum { INTERRUPTED = 4, AGAIN = 11, IN_PROGRESS = 115, RESTART = 512, RESTART_BLOCK = 516, LAST = 4095 };

	if (ret >= 0 || ret < -LAST || ret == -IN_PROGRESS)
		return ENDED_WORKED;
	if (ret == -INTERRUPTED || ret == -AGAIN || (ret <= -RESTART && ret >= -RESTART_BLOCK))
		return ENDED_OPEN;
	return ENDED_FAILED;
}

/* What was counted meanwhile was taken away: then it is counted where the next one will be. */
static __noinline int end_kind(const struct count_key *key, __u64 times, __s64 ret)
{
	enum ending ending = ending_of(ret);
	struct count_value *v = bpf_map_lookup_elem(&counts, key), fresh = {};

	if (ending == ENDED_OPEN || (!v && !times))
		return 0;
	if (!v) {
		fresh.failed = ending == ENDED_FAILED ? times : 0;
		fresh.worked = ending == ENDED_WORKED ? times : 0;
		fresh.error = ending == ENDED_FAILED ? -ret : 0;
		return bpf_map_update_elem(&counts, key, &fresh, BPF_NOEXIST);
	}
	if (ending == ENDED_FAILED) {
		__sync_fetch_and_add(&v->failed, times);
		if (times)
			v->error = -ret;
	} else {
		__sync_fetch_and_add(&v->worked, times);
		v->met = 1;
	}
	return 0;
}

/* The call of o is over, with this result; known: it is its own. */
inlined void end_call(const struct outcome_open *o, __s64 ret, __u32 flags)
{
	struct count_key key = { .program = o->program, .tgid = o->tgid, .syscall = o->syscall };

	if (o->checks)
		send(o, ret, flags);
	if (!(flags & OUTCOME_SEEN))
		return;
	for (int i = 0; i < OUTCOME_KINDS; i++) {
		if ((__u32)i >= o->kinds)
			break;
		key.site = o->kind[i].site;
		key.flags = o->kind[i].flags;
		key.cap = o->kind[i].cap;
		end_kind(&key, o->kind[i].times, ret);
	}
}
