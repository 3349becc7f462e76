/* SPDX-License-Identifier: BSD-2-Clause */
/* What systemd itself says of the units that it has loaded, through systemctl. */
#pragma once

#include <stddef.h>

struct systemd;

/*
 * 0 and *ret; -ENODATA: systemd is not process 1 here; other negative errno where it does not answer within some seconds, or
 * not in a way that is understood.
 */
int systemd_ask(struct systemd **ret);
void systemd_free(struct systemd *s);

/* One unit: its lines KEY=VALUE, and its state; all of it belongs to s. */
struct systemd_unit {
	const char *name;
	const char *path;	/* of its file; "" where it has none */
	const char *text;	/* n bytes */
	size_t n;
	int active;
};

/* The next one after *at, which starts as 0. False at the end. */
int systemd_next(const struct systemd *s, size_t *at, struct systemd_unit *ret);
