/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory that a process has and does not need. */
#pragma once

/*
 * Gives back the pages of programs and libraries that nobody writes to: what only a start needed stays away, the rest is
 * mapped again when it is used, from memory that the kernel keeps of the files anyway. For once, when a start is over.
 */
void lean_code(void);
