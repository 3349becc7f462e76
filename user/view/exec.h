/* SPDX-License-Identifier: BSD-2-Clause */
/* A process, a file, and what becomes of the one when it executes the other. width: as in capwords.h. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/caps/transition.h"

struct buf;

/* Strings are borrowed and may hold any byte. */
struct exec_process {
	int pid;			/* 0: one that was described, not looked at */
	const char *name, *exe;		/* NULL: unknown */
	const struct credentials *is;
	bool securebits_known;
	bool own_userns;
	int tracer;			/* 0: nobody */
	unsigned seccomp;
	struct transition plain;	/* executing a file without any bits */
	struct transition root;		/* executing a setuid-root file */
};

struct exec_file {
	const char *path;
	const char *interpreter;	/* NULL: path itself is what counts */
	bool script_bits;		/* the script has bits, which do not count */
	uint32_t owner, group, mode;
	const struct image *image;
};

void exec_process_text(struct buf *b, const struct exec_process *p, size_t width);
void exec_process_json(struct buf *b, const struct exec_process *p);

void exec_file_text(struct buf *b, const struct exec_file *f, size_t width);
void exec_file_json(struct buf *b, const struct exec_file *f);

/* other: what the other kind of kernel makes of it (kernel_rules.effective_ids); it is told where it differs. */
void exec_text(struct buf *b, const struct exec_process *p, const struct exec_file *f, const struct transition *t,
	       const struct transition *other, size_t width);
void exec_json(struct buf *b, const struct exec_process *p, const struct exec_file *f, const struct transition *t,
	       const struct transition *other);

/* Whether both come to the same, whatever the steps. */
bool exec_same(const struct transition *a, const struct transition *b);
