/* SPDX-License-Identifier: BSD-2-Clause */
/* Who passes the gate in the kernel: its maps, and the marks that tell at once who does not. */
#pragma once

struct live;

/* As the filter has them; never unmarked, not even for a moment, is whom the filter wants. */
void marks_users(struct live *l);

/*
 * A first filter by user or group refuses us like anybody: while a trial is to be heard nobody is refused by it. Until
 * marks_users().
 */
void marks_let_us_pass(struct live *l);

/*
 * Before a probe is attached, or what a ! leaves out would pass until then. 0, or negative errno with a sentence in .why and
 * in .refused: what the filter names is wrong here, and no probe would help.
 */
int marks_fill(struct live *l);
