/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/flow/privileges.h"

#include <linux/capability.h>
#include <string.h>

#include "user/flow/chosen.h"
#include "user/flow/notes.h"
#include "user/flow/told.h"
#include "user/host/self.h"
#include "user/source/live.h"

uint64_t privileges_needed(const struct flow *f)
{
	uint64_t kill = f->launch ? 1ULL << CAP_KILL : 0;

	/* The files that others execute are looked at. */
	uint64_t look = f->config->lifecycle ? 1ULL << CAP_SYS_PTRACE : 0;

	return live_needs(f->live) | kill | look | chosen_needs(f->chosen) | f->config->keeps;
}

/* All but what is needed on, and `more` for a while. */
static int drop_but(struct flow *f, uint64_t more)
{
	struct self left;
	int err = self_drop_except(privileges_needed(f) | more, true, &left);

	if (err)
		note(f, FLOW_ERROR, "the privileges that are not needed any more could not be dropped: %s", strerror(-err));
	else if (!more)
		told_kept(f, &left);
	return err;
}

int privileges_drop(struct flow *f)
{
	uint64_t first = chosen_needs_first(f->chosen);
	int err = drop_but(f, first ? first | 1ULL << CAP_SETPCAP : 0);

	if (!err)
		told_reserve(f);
	return err;
}

int privileges_drop_first(struct flow *f)
{
	return chosen_needs_first(f->chosen) ? drop_but(f, 0) : 0;
}
