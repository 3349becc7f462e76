/* SPDX-License-Identifier: BSD-2-Clause */
/* The page about a history, for `report --history`. */
#pragma once

struct options;
struct report;
struct say;

/* Makes the page. An exit code. */
typedef int report_fn(const struct options *o, const struct report *r);

/* Asks what --since, --until and the filters choose, and hands it over. An exit code, after saying what went wrong. */
int report_history(const struct say *to, const struct options *o, report_fn *fn);
