/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For the analysers, before anything else: tables by what they do, and not by how. gcc's would be at it for an hour, and clang's
 * does not see that an element that left a table is not reached from it any more.
 */
#pragma once

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

void *lint_find(const void *head, const void *key, size_t n);
void *lint_with(void *head, void *element);
void *lint_without(void *head, void *element);

#undef HASH_FIND
#undef HASH_ADD_KEYPTR
#undef HASH_ADD
#undef HASH_DELETE
#undef HASH_CLEAR
#define HASH_FIND(hh, head, key, n, out)	  ((out) = lint_find((head), (key), (n)))
#define HASH_ADD_KEYPTR(hh, head, key, n, element) ((void)(key), (void)(n), (head) = lint_with((head), (element)))
#define HASH_ADD(hh, head, member, n, element)	  ((head) = lint_with((head), (element)))
#define HASH_DELETE(hh, head, element)		  ((head) = lint_without((head), (element)))
#define HASH_CLEAR(hh, head)			  ((head) = NULL)
