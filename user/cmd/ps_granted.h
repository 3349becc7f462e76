/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

struct options;

/* `ps --granted`: an exit code. */
int ps_granted(struct options *o);
