/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Somebody who is not there: "exe=/usr/sbin/nginx unit=nginx.service", to ask what rules would say of them.
 */
#pragma once

#include "user/model/where.h"

struct buf;

/* A subject that owns its texts. */
struct facts {
	struct where_subject who;
	struct where_ancestor ancestors[16];
	char *texts[64];
	size_t text_count;
};

/*
 * Facts stand apart by blanks; a blank in a value is written `\ `. `key=value` is known, `key=` is known to
 * be none, `key?=value` is what whoever is meant says of themselves (comm and cmdline always are); of keys
 * that are not there nothing is known, but that who is in a unit is in no container. A key may stand twice
 * where it has two names, a name and a number. 0; -EINVAL and a sentence in why; -ENOMEM. facts_done in
 * each case.
 */
int facts_parse(const char *text, struct facts *ret, struct buf *why);
void facts_done(struct facts *f);
