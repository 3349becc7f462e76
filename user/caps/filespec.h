/* SPDX-License-Identifier: BSD-2-Clause */
/* What a file is to carry, as people write it: libcap's text, "cap_net_raw,cap_bpf=ep". */
#pragma once

struct buf;
struct filecaps;
struct mistake;

/*
 * Version 2, root id 0. -EINVAL and the place: no such text, or one that no file can carry, because a file
 * has a single effective bit; -ENOMEM.
 */
int filespec_parse(const char *text, struct filecaps *ret, struct mistake *ret_mistake);

/* The canonical text: "cap_net_raw=ep", "=" where there is none. The root id is not in it. */
void filespec_print(struct buf *b, const struct filecaps *caps);
