/* SPDX-License-Identifier: BSD-2-Clause */
/* Classes on their way through a flow. */
#pragma once

#include <stdbool.h>

struct filter;
struct record;
struct sites;

/* Says what r's call site means, and whether the filter wants such a class. True without sites. */
bool classes_pass(struct sites *sites, const struct filter *filter, struct record *r);
