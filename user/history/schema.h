/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

struct history;

/* Makes the tables, or brings older ones up to date, in one transaction. 0; -ENOTSUP: of a newer version; negative errno. */
int schema_bring(struct history *h);

/* Is it one that can be asked? 0, -ENOTSUP; -ESTALE: of an older version; -EBADMSG: none of ours; negative errno. */
int schema_check(struct history *h);
