/* SPDX-License-Identifier: BSD-2-Clause */
/* What the recipes are made of, and the functions that write each. */
#pragma once

#include <linux/capability.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct recipe_need;

/* What podman gives where nothing is said; a label of an image can only take away from that. */
#define RECIPE_OF_PODMAN                                                                                            \
	(1ULL << CAP_CHOWN | 1ULL << CAP_DAC_OVERRIDE | 1ULL << CAP_FSETID | 1ULL << CAP_FOWNER | 1ULL << CAP_SETGID | \
	 1ULL << CAP_SETUID | 1ULL << CAP_SETFCAP | 1ULL << CAP_SETPCAP | 1ULL << CAP_NET_BIND_SERVICE |            \
	 1ULL << CAP_SYS_CHROOT | 1ULL << CAP_KILL)

/* What ECS has no name for. */
#define RECIPE_NOT_IN_ECS \
	(1ULL << CAP_AUDIT_READ | 1ULL << CAP_PERFMON | 1ULL << CAP_BPF | 1ULL << CAP_CHECKPOINT_RESTORE)

/* How a target writes one name: chown, CHOWN, cap_chown, CAP_CHOWN. */
enum { RECIPE_PREFIX = 1, RECIPE_UPPER = 2 };

/* The set, each name behind `before`, with `between` them; nothing for the empty set. */
void recipe_names(struct buf *b, uint64_t set, unsigned spelling, const char *before, const char *between);

/* The same as options: a blank before each. */
void recipe_options(struct buf *b, uint64_t set, unsigned spelling, const char *option);

/* `before`, and the user without its group. */
void recipe_user(struct buf *b, const char *before, const struct recipe_need *n);

/* User= and Group=, where they are advised. */
void recipe_unit_user(struct buf *b, const struct recipe_need *n);

/* Of "USER:GROUP": bytes of USER; GROUP, or NULL where none is told. */
size_t recipe_user_len(const char *user);
const char *recipe_group(const char *user);

/* Is whatever is told of user and group a number? */
bool recipe_user_numeric(const struct recipe_need *n);

/* No user, root, or 0. */
bool recipe_for_root(const struct recipe_need *n);

void recipe_put_docker(struct buf *b, const struct recipe_need *n);
void recipe_put_podman(struct buf *b, const struct recipe_need *n);
void recipe_put_compose(struct buf *b, const struct recipe_need *n);
void recipe_put_kubernetes(struct buf *b, const struct recipe_need *n);
void recipe_put_quadlet(struct buf *b, const struct recipe_need *n);
void recipe_put_oci(struct buf *b, const struct recipe_need *n);
void recipe_put_ecs(struct buf *b, const struct recipe_need *n);
void recipe_put_systemd(struct buf *b, const struct recipe_need *n);
void recipe_put_setcap(struct buf *b, const struct recipe_need *n);
void recipe_put_capsh(struct buf *b, const struct recipe_need *n);
void recipe_put_setpriv(struct buf *b, const struct recipe_need *n);
void recipe_put_bwrap(struct buf *b, const struct recipe_need *n);
void recipe_put_firejail(struct buf *b, const struct recipe_need *n);
void recipe_put_uwsgi(struct buf *b, const struct recipe_need *n);
void recipe_put_pam(struct buf *b, const struct recipe_need *n);
void recipe_put_apparmor(struct buf *b, const struct recipe_need *n);
void recipe_put_selinux(struct buf *b, const struct recipe_need *n);
void recipe_put_iab(struct buf *b, const struct recipe_need *n);
void recipe_put_text(struct buf *b, const struct recipe_need *n);
void recipe_put_mask(struct buf *b, const struct recipe_need *n);
