/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/minder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/host/engines_state.h"
#include "user/host/proc.h"
#include "user/host/status.h"

const char *minder_next(const struct minder *k, const char *word)
{
	word += strlen(word) + 1;
	return word < k->words + k->len ? word : NULL;
}

const char *minder_value(const struct minder *k, const char *option)
{
	size_t n = strlen(option);

	for (const char *w = k->words; w; w = minder_next(k, w)) {
		if (!strcmp(w, option))
			return minder_next(k, w);
		if (!strncmp(w, option, n) && w[n] == '=')
			return w + n + 1;
	}
	return NULL;
}

const char *minder_passed_on(const struct minder *k, const char *option)
{
	for (const char *w = k->words; w; w = minder_next(k, w)) {
		const char *between = strcmp(w, option) ? NULL : minder_next(k, w);

		if (between && !strcmp(between, "--exit-command-arg"))
			return minder_next(k, between);
	}
	return NULL;
}

const char *minder_program(const struct minder *k)
{
	const char *slash = strrchr(k->words, '/');

	return slash ? slash + 1 : k->words;
}

bool minder_link(const struct engines *c, pid_t pid, const char *name, char to[PATH_MAX])
{
	char path[PATH_MAX];
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%d/%s", c->proc, (int)pid, name);
	n = readlink(path, to, PATH_MAX - 1);
	if (n < 0)
		return false;
	to[n] = '\0';
	return true;
}

bool minder_shares_files(const struct engines *c, pid_t pid)
{
	char theirs[PATH_MAX], ours[PATH_MAX];

	if (!minder_link(c, pid, "ns/mnt", theirs))
		return false;
	return (minder_link(c, proc_self(c->proc), "ns/mnt", ours) && !strcmp(theirs, ours)) ||
	       (minder_link(c, 1, "ns/mnt", ours) && !strcmp(theirs, ours));
}

static int owner_of(const struct engines *c, pid_t pid, uid_t *ret)
{
	struct buf text = BUF_INIT;
	struct status status;
	char path[PATH_MAX];
	int err;

	snprintf(path, sizeof(path), "%s/%d/status", c->proc, (int)pid);
	err = status_read(AT_FDCWD, path, &text);
	err = err ?: status_parse(buf_str(&text), text.len, &status);
	if (!err)
		*ret = status.is.euid;
	buf_done(&text);
	return err;
}

int minder_read(const struct engines *c, pid_t pid, struct minder *ret)
{
	int err = owner_of(c, pid, &ret->owner);

	err = err ?: proc_cmdline(c->proc, pid, ret->words, WORDS_MAX, &ret->len);
	if (err)
		return err;
	if (!ret->len)
		return -ENOENT;
	ret->words[ret->len] = ret->words[ret->len + 1] = '\0';
	ret->pid = pid;
	return 0;
}
