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

/* Copies `elf`, to be fitted. 0 or -ENOMEM. */
int fit_copy(struct fit *ret, const void *elf, size_t size);

/* Forgets it; safe when zeroed, and twice. */
void fit_done(struct fit *f);

/*
 * Changes all instructions as the kernel's types are, and takes away what told so: libbpf finds nothing to do. 0;
 * -EOPNOTSUPP, -EINVAL or -E2BIG where there is anything in it that is not known here, -ENOMEM: then what is left is
 * in parts, and of no use.
 */
int fit_object(struct fit *f, const struct types *kernel);
