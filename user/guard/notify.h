/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a service says to systemd: sd_notify(3), whose protocol is a datagram of lines. By hand, so that a static build has
 * it too and the collector loads no more than it needs.
 */
#pragma once

#include <stdint.h>

/* Where $NOTIFY_SOCKET leads to; .fd < 0: nobody is to be told. */
struct notify {
	int fd;
	uint64_t watchdog_ns;	/* how often WATCHDOG=1 is expected at least; 0: it is not */
};

/* From the environment, whose variables are taken out. Never fails: a service that cannot tell goes on. */
void notify_open(struct notify *ret);
void notify_close(struct notify *n);

/* Lines such as "READY=1\nSTATUS=...". */
void notify_say(const struct notify *n, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "RELOADING=1" with the time that systemd wants beside it. */
void notify_reloading(const struct notify *n);
