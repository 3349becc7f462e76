/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/enrich/ancestors.h"

#include <stdint.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/text.h"
#include "user/enrich/programs.h"
#include "user/host/proc.h"
#include "user/model/program.h"

/* Appends one, and says who its parent is; 0: it is not known, or has none. */
static uint32_t step(struct buf *b, struct programs *t, const char *proc, uint32_t pid)
{
	const struct program *p = programs_of(t, pid);
	struct proc_stat stat;

	if (p) {
		text_escape(b, p->comm, strlen(p->comm));
		return p->ppid;
	}
	if (proc_stat(proc, (pid_t)pid, &stat))
		return 0;
	text_escape(b, stat.comm, strlen(stat.comm));
	return (uint32_t)stat.ppid;
}

void ancestors_print(struct buf *b, struct programs *t, const char *proc, const struct program *p)
{
	uint32_t pid = p->ppid;

	for (int i = 0; pid && i < ANCESTORS_MAX; i++) {
		size_t before = b->len;

		if (i)
			buf_putc(b, '\n');
		pid = step(b, t, proc, pid);
		/* Of somebody without a name nothing is said, nor of who comes behind him. */
		if (b->len == before + (i > 0)) {
			b->len = before;
			return;
		}
	}
}
