/* SPDX-License-Identifier: BSD-2-Clause */
/* The sender (user/sender) as the guard has it: who it is, and where it keeps what it could not deliver. */
#pragma once

#include <signal.h>
#include <sys/types.h>

struct flow_notes;
struct guard_config;

struct sending {
	uid_t uid;		/* who it becomes; (uid_t)-1: it stays who we are */
	gid_t gid;
	int spool;		/* its directory */
	const char *places[2];	/* what it keeps off where it stays who we are: of another user the modes of files do */
	const volatile sig_atomic_t *ending;	/* as in struct sender_setup */
	const struct flow_notes *notes;
};

/* 0; or negative errno after saying why. */
int sending_plan(const struct guard_config *config, const struct flow_notes *notes, struct sending *ret);
void sending_done(struct sending *s);

/* nurse_config.run; ctx is a struct sending. */
int sending_run(void *ctx, int fd);
