/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include "user/flow.h"

/* Makes one sentence and gives it to whoever takes the notes. */
__attribute__((format(printf, 3, 4))) void notes_say(const struct flow_notes *notes, enum flow_level level,
						     const char *format, ...);

/* For whatever has them as its .notes. */
#define note(from, ...) notes_say((from)->notes, __VA_ARGS__)
