/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/command.h"

#include <errno.h>
#include <fcntl.h>
#include <paths.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * access(2) looks at the real ids and forgets effective capabilities; an exec does neither, and so
 * AT_EACCESS.
 */
static int executable(const char *path, bool *ret_seen)
{
	struct stat st;

	*ret_seen = !stat(path, &st);
	if (!*ret_seen)
		return errno == ENOTDIR ? -ENOENT : -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode))
		return -EACCES;
	return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) ? -errno : 0;
}

/*
 * A file that is there but may not be executed is remembered while the search goes on, as in every shell. A
 * directory of that name is no command, and one that may not be searched holds none.
 */
static int find_in(const char *dirs, const char *word, char **ret)
{
	int r = -ENOENT;

	for (;;) {
		int len = strcspn(dirs, ":"), r2;
		bool seen;
		char *path;

		if (asprintf(&path, "%.*s%s%s", len, dirs, len ? "/" : "./", word) < 0)
			return -ENOMEM;
		r2 = executable(path, &seen);
		if (!r2) {
			*ret = path;
			return 0;
		}
		free(path);
		if (seen && r2 != -EISDIR)
			r = r2;
		if (!dirs[len])
			return r;
		dirs += len + 1;
	}
}

int command_find(const char *word, char **ret)
{
	const char *path = getenv("PATH");
	char *copy;
	bool seen;
	int r;

	if (!*word)
		return -ENOENT;
	if (!strchr(word, '/'))
		return find_in(path ? path : _PATH_DEFPATH, word, ret);
	r = executable(word, &seen);
	if (r)
		return r;
	copy = strdup(word);
	if (!copy)
		return -ENOMEM;
	*ret = copy;
	return 0;
}

bool command_is_text(const char *path)
{
	char head[128];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t n = fd < 0 ? -1 : read(fd, head, sizeof(head));
	const char *line_end = n > 0 ? memchr(head, '\n', n) : NULL;

	if (fd >= 0)
		close(fd);
	return n >= 0 && !memchr(head, '\0', line_end ? line_end - head : n);
}

static int exec_with_shell(const char *path, char *const argv[])
{
	size_t argc = 0;
	char **args;

	while (argv[argc])
		argc++;
	args = calloc(argc + 2, sizeof(*args));
	if (!args)
		return -ENOMEM;
	args[0] = (char *)_PATH_BSHELL;
	args[1] = (char *)path;
	for (size_t i = 1; i < argc; i++)
		args[i + 1] = argv[i];
	execv(_PATH_BSHELL, args);
	free(args);
	return -errno;
}

int command_exec(const char *path, char *const argv[])
{
	int e;

	execv(path, argv);
	e = errno;
	return e == ENOEXEC && command_is_text(path) ? exec_with_shell(path, argv) : -e;
}
