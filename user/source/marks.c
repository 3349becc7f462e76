/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/source/marks.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/capability.h>
#include <string.h>

#include "bpf/config.h"
#include "user/base/buf.h"
#include "user/host/proc.h"
#include "user/model/filter.h"
#include "user/source/freecalls.h"
#include "user/source/gate.h"
#include "user/source/live_state.h"

/* Never unmarked, not even for a moment, is whom the filter wants. */
static void mark_again(const struct filter_ids *ids, struct id_marks *marks)
{
	struct id_marks now = {};

	gate_mark(ids, &now);
	memcpy(marks, &now, sizeof(now));
}

void marks_users(struct live *l)
{
	mark_again(&l->config.filter->uids, &l->skel->bss->uid_marks);
	mark_again(&l->config.filter->gids, &l->skel->bss->gid_marks);
}

void marks_let_us_pass(struct live *l)
{
	const __u8 first = l->skel->rodata->gate.first;

	if (first == GATE_FIRST_UIDS)
		memset(&l->skel->bss->uid_marks, 1, sizeof(l->skel->bss->uid_marks));
	else if (first == GATE_FIRST_GIDS)
		memset(&l->skel->bss->gid_marks, 1, sizeof(l->skel->bss->gid_marks));
}

static void mark_ids(struct live *l)
{
	const struct filter *f = l->config.filter;
	struct capsieve_bpf__bss *b = l->skel->bss;

	gate_mark(&f->pids, &b->pid_marks);
	marks_users(l);
	freecalls_mark(&b->free_calls);
	for (int cap = 0; cap < CAP_MARKS; cap++)
		b->cap_marks.at[cap] = f->caps >> cap & 1;
	b->pid_marks.at[b->own_tgid % ID_MARKS] = 1;
	b->follow_count[b->own_tgid % FOLLOW_COUNTS] = 1;
}

int marks_fill(struct live *l)
{
	const struct filter *f = l->config.filter;
	struct gate_maps maps = {
		.pids = bpf_map__fd(l->skel->maps.gate_pids),
		.uids = bpf_map__fd(l->skel->maps.gate_uids),
		.gids = bpf_map__fd(l->skel->maps.gate_gids),
		.comms = bpf_map__fd(l->skel->maps.gate_comms),
		.cgroups = bpf_map__fd(l->skel->maps.gate_cgroups),
	};
	int err = 0;

	/* Every probe sees the initial pid namespace's numbers, and nobody can translate into them from below. */
	if ((f->pids.count || f->trees.count) && proc_self(l->config.proc) != (pid_t)l->skel->bss->own_tgid) {
		buf_puts(l->why, "-p and --tree: the process ids of this pid namespace are not the host's: start "
				 "capsieve on the host, or give the host's with --proc DIR");
		err = -EINVAL;
	}
	mark_ids(l);
	err = err ?: gate_fill(f, &maps, l->why);
	l->refused = err;
	return err;
}
