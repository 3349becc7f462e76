/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/slate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "user/base/inherited.h"
#include "user/host/become.h"
#include "user/host/users.h"

#define SAFE_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static const char *const kept[] = { "TERM", "LANG", "LC_ALL", "LC_CTYPE", "LC_MESSAGES", "NO_COLOR" };
enum { KEPT = sizeof(kept) / sizeof(kept[0]) };

/* First the standard streams: what we open must never become one of them. */
static int clean_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR | O_NOCTTY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd < 0)
		return -errno;
	return syscall(SYS_close_range, STDERR_FILENO + 1, ~0u, 0) ? -errno : 0;
}

/* A terminal's or a language's name; with a slash it would be a path. */
static bool is_plain(const char *value)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._@+-";
	size_t n = strlen(value);

	return n > 0 && n < 64 && strspn(value, good) == n;
}

static int set_user(void)
{
	char uid[16];
	struct user user;
	int r;

	snprintf(uid, sizeof(uid), "%u", getuid());
	r = users_find(uid, &user);
	if (r)
		return r;
	r = become_env(&user);
	users_user_done(&user);
	return r;
}

static int clean_environment(void)
{
	char *values[KEPT];
	int r = 0;

	for (size_t i = 0; i < KEPT; i++) {
		const char *value = getenv(kept[i]);

		values[i] = value && is_plain(value) ? strdup(value) : NULL;
	}
	clearenv();
	if (setenv("PATH", SAFE_PATH, 1))
		r = -errno;
	for (size_t i = 0; i < KEPT; i++) {
		if (values[i] && setenv(kept[i], values[i], 1))
			r = -errno;
		free(values[i]);
	}
	return r ? r : set_user();
}

static void clean_timers(void)
{
	static const struct itimerval none;

	setitimer(ITIMER_REAL, &none, NULL);
	setitimer(ITIMER_VIRTUAL, &none, NULL);
	setitimer(ITIMER_PROF, &none, NULL);
}

int slate_clean(void)
{
	int r = clean_descriptors();

	if (r)
		return r;
	clean_timers();
	inherited_forget();
	umask(S_IWGRP | S_IWOTH);
	if (chdir("/"))
		return -errno;
	return clean_environment();
}
