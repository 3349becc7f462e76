/* SPDX-License-Identifier: BSD-2-Clause */
/* What is not any more as it was when a manifest was written. */
#pragma once

#include <stddef.h>

struct privfile;
struct privfiles;

enum drift_kind { DRIFT_APPEARED, DRIFT_VANISHED, DRIFT_CHANGED, DRIFT_KIND_COUNT };

struct drift_row {
	enum drift_kind kind;
	const struct privfile *before, *after;	/* NULL: it was or is not there */
};

struct drift {
	struct drift_row *rows;	/* owned; by path */
	size_t count;
};

/*
 * Both sorted by path, and they must outlive *ret. Owner and mode are compared where both know them, but not
 * of what carries nothing any more. -ENOMEM.
 */
int drift_find(const struct privfiles *before, const struct privfiles *after, struct drift *ret);
void drift_done(struct drift *d);

/* "appeared", "vanished", "changed". */
const char *drift_name(enum drift_kind kind);
