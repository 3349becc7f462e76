/* SPDX-License-Identifier: BSD-2-Clause */
/* One part of a set filled from a flag of a set: what cap_fill_flag(3) and cap_iab_fill(3) do. */
#pragma once

struct capset;
struct mistake;

/*
 * Reads "TO=FROM", FROM a flag of *s itself, or "TO=FROM:SET", and does it. Parts are called as
 * capset_part() does, or by a beginning: "e=p". As in libcap, what is not inheritable any more is not
 * ambient, what becomes ambient becomes inheritable, and blocked is what the flag does not have.
 *
 * 0; -EINVAL and the place, or -ENOMEM: *s is as it was.
 */
int fill_apply(const char *text, struct capset *s, struct mistake *ret_mistake);
