/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fits a BPF object to a kernel's types before libbpf sees it, which would do the same in seven milliseconds: it answers
 * each of some two thousand relocations by itself, where all of them ask some two hundred questions.
 */
#pragma once

#include <stddef.h>

struct types;

/* An object in memory that may be written. All zero: none. */
struct fit {
	void *elf;
	size_t size;
};

/*
 * Copies `elf`, to be fitted; it is a part of the program's own file, whose pages need not stay in memory. 0 or -ENOMEM.
 */
int fit_copy(struct fit *ret, const void *elf, size_t size);

/* Forgets it; safe when zeroed, and twice. */
void fit_done(struct fit *f);

/*
 * Changes all instructions as the kernel's types are, and takes away what told so: libbpf finds nothing to do. The lines
 * that instructions come from go as well: they are large, and only ever shown beside the verifier's log. 0;
 * -EOPNOTSUPP, -EINVAL or -E2BIG where there is anything in it that is not known here, -ENOMEM: then what is left is
 * in parts, and of no use.
 */
int fit_object(struct fit *f, const struct types *kernel);
