/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For clang-tidy, before anything else: it does not see that an element that left a table is not reached from it any more, and
 * tells of each that is freed then as used.
 */
#pragma once

#include <uthash.h>

void *lint_left(void *head, void *element);

#undef HASH_DELETE
#define HASH_DELETE(hh, head, element) ((head) = lint_left((head), (element)))
