/* SPDX-License-Identifier: BSD-2-Clause */
/* The ways in which people and programs write a set of capabilities, told apart by how they look. */
#pragma once

#include <stdint.h>

#include "user/caps/capset.h"

enum notation {
	NOTATION_LIBCAP,     /* cap_net_raw,cap_kill=ep */
	NOTATION_IAB,	     /* ^cap_net_raw,!cap_sys_admin */
	NOTATION_MASK,	     /* 0x2000; the 16 digits of /proc/PID/status */
	NOTATION_LIST,	     /* net_raw,CAP_KILL,13 */
	NOTATION_UWSGI,	     /* cap = net_bind_service,sys_time,42 */
	NOTATION_DOCKER,     /* --cap-drop=ALL --cap-add=NET_RAW */
	NOTATION_SYSTEMD,    /* CapabilityBoundingSet=CAP_NET_RAW CAP_KILL */
	NOTATION_KUBERNETES, /* capabilities: {drop: ["ALL"], add: ["NET_RAW"]} */
	NOTATION_EXTERNAL,   /* 90c20151..., the external form in hexadecimal */
	NOTATION_COUNT
};

#define NOTATION_DOCKER_DEFAULT 0xa80425fbULL /* what a container has that nothing was said about */

/* "libcap", "Docker". */
const char *notation_name(enum notation n);

/*
 * Reads any of them; *ret_notation is what it was, on failure too. 0, or -EINVAL and the place, -ENOMEM.
 *
 * `all` is every capability of this kernel. Docker's options start from its default, as Docker does it;
 * Kubernetes's `add` is taken alone. systemd's `~` is all but those.
 */
int notation_parse(const char *text, struct capset *ret, enum notation *ret_notation, struct mistake *ret_mistake);

/* A set without flags, in LIST and what follows it but EXTERNAL. LIST is libcap's "cap_net_raw,cap_kill". */
void notation_print(struct buf *b, enum notation n, uint64_t set);
