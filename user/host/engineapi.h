/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a container engine says of a container over its socket: the API of docker, which podman has too. Whoever may
 * connect there is as good as root, so it is only asked where a person says so; and only read from. An answer may take
 * a second: for a thread of its own. libcurl is loaded when a socket is opened, and not before.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

struct buf;
struct container;
struct engineapi;

enum {
	ENGINEAPI_BYTES_MAX = 4 << 20,	/* of an answer */
	ENGINEAPI_TIME_MS = 1000,	/* for one, connecting included */
	ENGINEAPI_PAUSE_MS = 5000,	/* after one that did not come */
	ENGINEAPI_A_SECOND = 100,	/* so many questions at most */
};

/* Nothing is asked yet. 0; -ENOTSOCK; -ELIBACC: there is no libcurl here, and in *why what is missing; negative errno. */
int engineapi_open(const char *path, struct engineapi **ret, struct buf *why);
void engineapi_free(struct engineapi *a);

/* Whose socket it is: that user's engine answers. */
uid_t engineapi_owner(const struct engineapi *a);

const char *engineapi_path(const struct engineapi *a);

/*
 * Adds to *ret what the engine says of the container `id`; all: as container_read_oci has it. 0; -ENOENT: it knows none;
 * -EAGAIN: not asked, for lack of answers before or for too many questions; -ETIMEDOUT; -EFBIG; -EINVAL: no such answer;
 * -EIO: refused, or ended early; -ENOMEM.
 */
int engineapi_ask(struct engineapi *a, const char *id, uint64_t all, struct container *ret);
