/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a process became at its exec: announced, where the filters say that it may be meant. */
#pragma once

#include "bpf/gate.bpf.h"
#include "bpf/program.bpf.h"

inlined int execed(struct task_struct *task, const bool typed)
{
	__u32 tgid = READ(typed, task, tgid);
	bool said;

	if (tgid != own_tgid &&
	    gate_task(tgid, BPF_CORE_READ(task, real_cred, uid.val), BPF_CORE_READ(task, real_cred, gid.val)))
		program_of(task, typed, true, &said);
	return 0;
}
