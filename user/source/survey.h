/* SPDX-License-Identifier: BSD-2-Clause */
/* The survey of probes on its own, for who wants to know why nothing could be opened. */
#pragma once

#include <stddef.h>

struct buf;
struct fit;
struct survey;
struct types_wish;

/* What is to be fitted: pick(ctx) puts it there, when the survey is made; 0 or negative errno. */
struct survey_fitting {
	struct fit *fit;
	int (*pick)(void *ctx);
	void *ctx;
};

/*
 * Finds the kernel's types - the file btf, or where that is NULL the kernel's own - and surveys the probes. Where
 * fitting is not NULL, what it picks is fitted to them. 0, also where no probe can be used; -EINVAL with a sentence in
 * *why where btf holds no kernel's types; -ENODATA where all is well but the object could not be fitted; pick's own.
 */
int survey_look(const char *btf, const struct survey_fitting *fitting, struct survey *ret, struct buf *why);

/* The numbers that the running kernel's own types have for these. 0; -ENODATA where there are no such types. */
int survey_find(struct types_wish *wishes, size_t n);

/* Only fits, for other programs of ours. 0; -ENODATA where it could not be done. */
int survey_fit(const char *btf, struct fit *fit);
