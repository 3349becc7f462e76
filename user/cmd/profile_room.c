/* SPDX-License-Identifier: BSD-2-Clause */
/* A run takes its time, and what it finds is written at its end: whether that can be is looked at before. */
#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/fresh.h"
#include "user/cmd/commands.h"
#include "user/cmd/options.h"
#include "user/cmd/profile.h"
#include "user/cmd/say.h"
#include "user/cmd/verdict.h"
#include "user/host/self.h"

/* What it takes to write where the owner is somebody else, as in the home directory of who calls sudo. */
#define OVERRIDING (1ULL << CAP_DAC_OVERRIDE | 1ULL << CAP_FOWNER)

struct room {
	const char *path;
	bool directory;		/* for many files, which is made where there is none */
	bool any_owner;
};

static int try_directory(const struct room *r)
{
	struct buf path = BUF_INIT;
	bool fresh = !mkdir(r->path, 0700);
	int err = fresh || errno == EEXIST ? 0 : -errno;

	buf_printf(&path, "%s/.capsieve", r->path);
	err = err ?: path.error ?: fresh_check(buf_str(&path), r->any_owner);
	buf_done(&path);
	if (fresh)
		rmdir(r->path);
	return err;
}

static int try(void *ctx)
{
	const struct room *r = ctx;

	return r->directory ? try_directory(r) : fresh_check(r->path, r->any_owner);
}

/* Without privileges, as it will be written; or with these alone, where root has them and they are needed. */
static int look(struct room *r, uint64_t *keeps)
{
	int err = self_try(*keeps, try, r);

	if ((err != -EACCES && err != -EPERM) || getuid())
		return err;
	r->any_owner = !self_missing(1ULL << CAP_FOWNER);
	if (self_try(OVERRIDING, try, r))
		return err;
	*keeps = OVERRIDING;
	return 0;
}

/* By its own name, not as /dev/fd/3: whoever reads such a one is there before the writer. */
static bool is_pipe(const char *path)
{
	struct stat st;

	return !lstat(path, &st) && S_ISFIFO(st.st_mode);
}

int profile_find_room(const struct options *o, uint64_t *ret_keeps)
{
	struct room rooms[] = { { o->output.file, o->profile.host, false }, { o->profile.update ? o->profile.expect : NULL, false, false } };

	*ret_keeps = 0;
	for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
		int err;

		if (rooms[i].path && is_pipe(rooms[i].path)) {
			say(&(struct say){ "profile" }, "%s: a pipe, of which nobody knows whether it will be read; there is /dev/stdout",
			    rooms[i].path);
			return verdict_of_failure(-EIO, o->command.argv);
		}
		err = rooms[i].path ? look(&rooms[i], ret_keeps) : 0;
		if (!err)
			continue;
		say_error(&(struct say){ "profile" }, rooms[i].path, err);
		if (err == -ENOTDIR && rooms[i].directory)
			return EXIT_USAGE;
		return verdict_of_failure(err == -EINVAL ? -EIO : err, o->command.argv);
	}
	return 0;
}
