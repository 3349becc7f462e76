/* SPDX-License-Identifier: BSD-2-Clause */
/* What a lifecycle event changed, and how it ended, in the words of a line of text. */
#pragma once

struct buf;
struct event_lifecycle;
struct lifecycle;

/*
 * "permitted,effective +net_raw", "wanted uid 0", the file of an exec, ...; parts separated by a comma and a blank, "-"
 * where nothing changed. Safe for a terminal.
 */
void change_print(struct buf *b, const struct lifecycle *l);

/* "ok", the name of an errno, "refused"; of an exit its code or signal; "?" where it is unknown. */
void change_print_result(struct buf *b, const struct event_lifecycle *e);
