/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/sink/owned.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/model/lifecycle.h"
#include "user/model/program.h"

struct owned_program {
	struct program program;
	uint64_t serial;	/* of whom it is a copy */
	size_t bytes;
	unsigned int users;
};

/* An allocation costs about 16 bytes more than was asked for. */
static size_t text_bytes(const char *text)
{
	return text ? strlen(text) + 1 + 16 : 0;
}

static size_t program_bytes(const struct program *p)
{
	return sizeof(struct owned_program) + 16 + text_bytes(p->exe) + text_bytes(p->cgroup) + text_bytes(p->unit) +
	       text_bytes(p->slice) + text_bytes(p->session) + text_bytes(p->args) + text_bytes(p->ancestors);
}

static void drop_program(struct owned *o, struct owned_program *p)
{
	if (!p || --p->users)
		return;
	if (o->last == p)
		o->last = NULL;
	o->bytes -= p->bytes;
	program_done(&p->program);
	free(p);
}

static struct owned_program *program_of(struct owned *o, const struct program *of)
{
	struct owned_program *p = o->last;

	if (!p || p->serial != of->serial || !of->serial) {
		p = calloc(1, sizeof(*p));
		if (!p || program_copy(of, &p->program)) {
			free(p);
			return NULL;
		}
		p->serial = of->serial;
		p->bytes = program_bytes(of);
		o->bytes += p->bytes;
		o->last = p;
	}
	p->users++;
	return p;
}

static size_t own_bytes(const struct owned_record *r)
{
	return text_bytes(r->stack) + (r->life ? sizeof(*r->life) + 16 : 0);
}

static void point_into(struct owned_record *r)
{
	if (r->program)
		r->record.program = &r->program->program;
	if (r->record.site)
		r->record.site = &r->site;
}

/* The name of the function that asked stands in the stack. */
static void keep_site(struct owned_record *k, const struct record *r)
{
	k->site = *r->site;
	if (k->site.name && r->stack)
		k->site.name = k->stack + (r->site->name - r->site->stack);
	k->site.stack = k->stack;
}

int owned_keep(struct owned *o, const struct record *r, struct owned_record *ret)
{
	struct owned_record k = { .record = *r };

	k.program = r->program ? program_of(o, r->program) : NULL;
	k.stack = r->stack ? strdup(r->stack) : NULL;
	k.life = r->life ? malloc(sizeof(*k.life)) : NULL;
	o->bytes += own_bytes(&k);
	if ((r->program && !k.program) || (r->stack && !k.stack) || (r->life && !k.life)) {
		owned_let_go(o, &k);
		return -ENOMEM;
	}
	if (k.life)
		*k.life = *r->life;
	if (r->site)
		keep_site(&k, r);
	k.record.stack = k.stack;
	k.record.life = k.life;
	owned_move(ret, &k);
	return 0;
}

void owned_let_go(struct owned *o, struct owned_record *r)
{
	o->bytes -= own_bytes(r);
	drop_program(o, r->program);
	free(r->stack);
	free(r->life);
}

void owned_move(struct owned_record *to, const struct owned_record *from)
{
	*to = *from;
	point_into(to);
}

struct program *owned_program(const struct owned_record *r)
{
	return r->program ? &r->program->program : NULL;
}
