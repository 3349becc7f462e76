/* SPDX-License-Identifier: BSD-2-Clause */
/* A container by what its engine answers over a socket. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct search;

/* Might the engine behind a socket know containers of this one? */
bool byapi_may_know(uint32_t engine);

/* The last of all sources, and only where a person named it. */
void byapi_find(struct search *s);
