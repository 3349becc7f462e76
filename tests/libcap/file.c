/* SPDX-License-Identifier: BSD-2-Clause */
/* Capabilities of files; `libcap prepare` has made them. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/libcap/says.h"

static int get_file(void)
{
	return text(cap_get_file("capable"));
}

static int get_fd(void)
{
	int fd = open("capable", O_RDONLY | O_CLOEXEC), err;

	err = text(cap_get_fd(fd));
	close(fd);
	return err;
}

/* "tool cap_kill=ep", as getcap prints it. */
static int show(int err)
{
	if (err)
		return failed();
	printf("tool ");
	return text(cap_get_file("tool"));
}

static int set_file(void)
{
	cap_t caps = cap_from_text("cap_kill=ep");
	int err = cap_set_file("tool", caps);

	cap_free(caps);
	return show(err);
}

static int set_fd(void)
{
	int fd = open("tool", O_RDWR | O_CLOEXEC), err;
	cap_t caps = cap_from_text("cap_kill=ep");

	err = cap_set_fd(fd, caps);
	cap_free(caps);
	close(fd);
	return show(err);
}

static int remove_file(void)
{
	return cap_set_file("capable", NULL) ? failed() : text(cap_get_file("capable"));
}

static int get_nsowner(void)
{
	cap_t caps = cap_get_file("owned");

	if (!caps)
		return failed();
	printf("%u\n", cap_get_nsowner(caps));
	cap_free(caps);
	return 0;
}

static int set_nsowner(void)
{
	cap_t caps = cap_from_text("cap_kill=ep");
	int err = cap_set_nsowner(caps, 100000) || cap_set_file("tool", caps);
	char *words;

	cap_free(caps);
	caps = err ? NULL : cap_get_file("tool");
	words = caps ? cap_to_text(caps, NULL) : NULL;
	if (!words)
		return failed();
	printf("tool %s [rootid=%u]\n", words, cap_get_nsowner(caps));
	cap_free(words);
	cap_free(caps);
	return 0;
}

static int bad_path(void)
{
	cap_t caps = cap_from_text("cap_kill=ep");

	return show(cap_set_file(".", caps));
}

const struct row says_file[] = {
	{ "GetFile", get_file },
	{ "GetFd", get_fd },
	{ "Set.SetFile", set_file },
	{ "Set.SetFd", set_fd },
	{ "cap_set_file", remove_file },
	{ "Set.GetNSOwner", get_nsowner },
	{ "Set.SetNSOwner", set_nsowner },
	{ "ErrBadPath", bad_path },
	{ NULL, NULL },
};
