/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files that the configuration names and that the collector has read, as the sender itself need not be able to: keys and
 * certificates.
 */
#pragma once

#include <stddef.h>

struct handed;

enum { HANDED_MAX = 64 };

struct handed *handed_new(void);	/* NULL: out of memory */
void handed_free(struct handed *h);

/* Copies. 0; -ENOMEM; -E2BIG: more than HANDED_MAX. */
int handed_add(struct handed *h, const char *path, const char *text);

/* What is in the file of that path; NULL: it was not handed over, or h is NULL. */
const char *handed_find(const struct handed *h, const char *path);

/* 0; negative errno: neither was it handed over, nor can it be read by us. */
int handed_check(const struct handed *h, const char *path);
