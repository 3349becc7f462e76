/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/guard/notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/clock.h"

/* A name that begins with @ is in the abstract namespace. */
static int connect_to(const char *name)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t n = strlen(name);
	int fd;

	if ((*name != '/' && *name != '@') || n >= sizeof(to.sun_path))
		return -1;
	memcpy(to.sun_path, name, n);
	if (*name == '@')
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&to, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Only where it is meant for this process. */
static uint64_t watchdog_ns(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");

	if (!usec || (pid && strtol(pid, NULL, 10) != getpid()))
		return 0;
	return strtoull(usec, NULL, 10) * 1000;
}

void notify_open(struct notify *ret)
{
	const char *name = getenv("NOTIFY_SOCKET");

	*ret = (struct notify){ .fd = name ? connect_to(name) : -1, .watchdog_ns = watchdog_ns() };
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

void notify_close(struct notify *n)
{
	if (n->fd >= 0)
		close(n->fd);
	n->fd = -1;
}

void notify_say(const struct notify *n, const char *format, ...)
{
	struct buf lines = BUF_INIT;
	va_list args;

	if (n->fd < 0)
		return;
	va_start(args, format);
	buf_vprintf(&lines, format, args);
	va_end(args);
	if (!lines.error)
		(void)!send(n->fd, buf_str(&lines), lines.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	buf_done(&lines);
}

void notify_reloading(const struct notify *n)
{
	notify_say(n, "RELOADING=1\nMONOTONIC_USEC=%llu\nSTATUS=reading rules",
		   (unsigned long long)(clock_ns(CLOCK_MONOTONIC) / 1000));
}
