/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/rule/nearby.h"

#include <stdlib.h>
#include <string.h>

#include "user/host/terminal.h"

/* Of one who is gone already, its parent's is most likely, and no proof. */
static void look_at_terminal(const char *proc, pid_t pid, pid_t parent, struct nearby *n, struct where_subject *who)
{
	if (terminal_of(proc, pid, &n->tty)) {
		if (!parent || terminal_of(proc, parent, &n->tty))
			return;
		who->unsure |= 1U << WHERE_TTY;
	}
	who->known |= 1U << WHERE_TTY;
	if (*n->tty)
		who->is[WHERE_TTY].name = n->tty;
}

/* One above the others; its parent, 0 at the end, negative where it cannot be told. */
static pid_t add_ancestor(const char *proc, pid_t pid, struct nearby *n)
{
	struct where_ancestor *a = &n->ancestors[n->count];
	struct proc_stat stat;

	if (n->count == NEARBY_ANCESTORS || proc_stat(proc, pid, &stat))
		return -1;
	memcpy(n->comms[n->count], stat.comm, sizeof(stat.comm));
	a->comm = n->comms[n->count];
	if (!proc_exe(proc, pid, &n->exes[n->count]))
		a->exe = n->exes[n->count];
	n->count++;
	return stat.ppid;
}

static void look_at_ancestors(const char *proc, pid_t parent, struct nearby *n, struct where_subject *who)
{
	pid_t above = parent ? parent : -1;

	while (above > 0)
		above = add_ancestor(proc, above, n);
	who->ancestors = n->ancestors;
	who->ancestor_count = n->count;
	if (!above)
		who->known |= 1U << WHERE_ANCESTOR;
}

void nearby_look(const char *proc, pid_t pid, pid_t parent, uint32_t keys, struct nearby *n, struct where_subject *who)
{
	if (keys & 1U << WHERE_TTY)
		look_at_terminal(proc, pid, parent, n, who);
	if (keys & 1U << WHERE_ANCESTOR)
		look_at_ancestors(proc, parent, n, who);
}

void nearby_done(struct nearby *n)
{
	free(n->tty);
	for (size_t i = 0; i < n->count; i++)
		free(n->exes[i]);
}
