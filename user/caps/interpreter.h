/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs that run what they are given: whoever may start them has their privilege for any purpose. */
#pragma once

/* What a program of this file name, without directories, runs: "Python programs"; NULL: it is none. */
const char *interpreter_runs(const char *name);
