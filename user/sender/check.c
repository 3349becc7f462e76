/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/sender/check.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "user/rule/config.h"
#include "user/sender/handed.h"
#include "user/sender/output.h"

static int may(const char *path, int what)
{
	return faccessat(AT_FDCWD, path, what, AT_EACCESS) ? -errno : 0;
}

/* The directory of a path that begins with '/'. */
static void directory_of(const char *path, char ret[PATH_MAX])
{
	size_t n = (size_t)(strrchr(path, '/') - path);

	n = n ? n : 1;
	n = n < PATH_MAX ? n : PATH_MAX - 1;
	memcpy(ret, path, n);
	ret[n] = '\0';
}

static int check_secret(const struct config_output *c, const struct handed *files, struct delivery *ret)
{
	int err = c->secret_file ? handed_check(files, c->secret_file) : 0;

	if (err)
		delivery_say(ret, "the key %s can be read neither by user %u nor, as root's, by the collector: %s", c->secret_file,
			     (unsigned int)geteuid(), strerror(-err));
	return err;
}

static int check_ca(const struct config_output *c, const struct handed *files, struct delivery *ret)
{
	int err = c->ca_file ? handed_check(files, c->ca_file) : 0;

	if (err)
		delivery_say(ret, "the certificates %s can be read neither by user %u nor, as root's, by the collector: %s",
			     c->ca_file, (unsigned int)geteuid(), strerror(-err));
	return err;
}

/* It is there, or can be made; and rotated. */
static int check_file(const struct config_output *c, struct delivery *ret)
{
	char directory[PATH_MAX];
	int err = may(c->path, W_OK), err_directory;

	directory_of(c->path, directory);
	err_directory = may(directory, W_OK | X_OK);
	if (err == -ENOENT)
		err = err_directory;
	if (err)
		delivery_say(ret, "%s cannot be written by user %u, who needs to write in %s: %s", c->path,
			     (unsigned int)geteuid(), directory, strerror(-err));
	else if (err_directory && c->max_size)
		delivery_say(ret, "%s cannot be rotated by user %u, who needs to write in %s: %s", c->path,
			     (unsigned int)geteuid(), directory, strerror(-err_directory));
	return err ?: c->max_size ? err_directory : 0;
}

static int check_exec(const struct config_output *c, struct delivery *ret)
{
	int err = *c->command[0] == '/' ? may(c->command[0], X_OK) : 0;

	if (err)
		delivery_say(ret, "%s cannot be run by user %u: %s", c->command[0], (unsigned int)geteuid(), strerror(-err));
	return err;
}

bool check_output(const struct config_output *output, const struct handed *files, struct delivery *ret)
{
	switch (output->type) {
	case OUTPUT_FILE:
		return !check_file(output, ret);
	case OUTPUT_EXEC:
		return !check_exec(output, ret);
	case OUTPUT_WEBHOOK:
		return !check_secret(output, files, ret) && !check_ca(output, files, ret);
	default:
		return true;
	}
}
