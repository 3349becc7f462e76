/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The part of a kernel's types that our programs are fitted to. libbpf looks every type up by name among all of the
 * kernel's (150,000); among these few hundred that takes a tenth of the time, which was a third of our start.
 */
#pragma once

struct btf;

/*
 * Copies from `kernel` the structs, unions and enums whose names `ours` has (what follows ___ in a name of ours apart),
 * with what they hold; what they point to is left out. Returns a descriptor of a memory file with the result in BTF
 * form, or negative errno.
 */
int types_subset(const struct btf *kernel, const struct btf *ours);
