/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/guard/nurse.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/base/clock.h"
#include "user/host/launch.h"
#include "user/host/self.h"

enum {
	FD_HERE = 3,		/* the nurse's end */
	FD_KEPT = NURSE_KEPT,	/* and nothing above it */
	WAIT_FIRST_MS = 500,
	WAIT_MOST_MS = 60000,
	RAN_WELL_MS = 60000,	/* who lived so long is started anew at once */
	NAP_MS = 20,
};

/* ---- news, with or without a descriptor ------------------------------------------------------------------------ */

union room {
	char bytes[CMSG_SPACE(sizeof(int))];
	struct cmsghdr aligned;
};

static bool send_news(int to, const struct nurse_news *news, int fd)
{
	union room room = { .bytes = { 0 } };
	struct iovec io = { (void *)news, sizeof(*news) };
	struct msghdr m = { .msg_iov = &io, .msg_iovlen = 1 };
	struct cmsghdr *c;

	if (fd >= 0) {
		m.msg_control = room.bytes;
		m.msg_controllen = sizeof(room.bytes);
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	return sendmsg(to, &m, MSG_NOSIGNAL) == (ssize_t)sizeof(*news);
}

int nurse_next(struct nurse *n, struct nurse_news *ret)
{
	union room room;
	struct iovec io = { ret, sizeof(*ret) };
	struct msghdr m = { .msg_iov = &io, .msg_iovlen = 1, .msg_control = room.bytes, .msg_controllen = sizeof(room.bytes) };
	ssize_t got = n->fd < 0 ? 0 : recvmsg(n->fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct cmsghdr *c;

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (got != (ssize_t)sizeof(*ret))
		return -EPIPE;
	ret->fd = -1;
	c = CMSG_FIRSTHDR(&m);
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&ret->fd, CMSG_DATA(c), sizeof(int));
	return 1;
}

/* ---- the process ----------------------------------------------------------------------------------------------- */

struct child {
	const struct nurse_config *config;
	int fd, other;		/* its end, and the collector's */
};

static int run_sender(void *ctx)
{
	const struct child *c = ctx;

	/* It is the end of its socket that tells it of our end: what it was given then still is delivered. */
	prctl(PR_SET_PDEATHSIG, 0);
	close(FD_HERE);
	close(c->other);
	return c->config->run(c->config->ctx, c->fd);
}

static void ignore_ends(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };
	sigset_t none;

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		signal(signals[i], SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int become(const struct nurse_config *c)
{
	/* Where nobody gave the right to that, no_new_privs alone stands for it. */
	self_drop_bounding();
	if (c->uid != (uid_t)-1) {
		if (setgroups(0, NULL) || setresgid(c->gid, c->gid, c->gid) || setresuid(c->uid, c->uid, c->uid))
			return -errno;
	}
	return self_drop_except(0, true, NULL);
}

/* Has the collector gone? Waits so long for that. */
static bool is_alone(int wait_ms)
{
	struct pollfd p = { .fd = FD_HERE, .events = POLLIN };

	return poll(&p, 1, wait_ms) > 0 && p.revents & (POLLHUP | POLLERR);
}

/* One sender, from its start to its end: its status as wait(2) has it, -1: there was none. */
static int tend(const struct nurse_config *config, pid_t *ret_pid)
{
	struct nurse_news news = { .what = NURSE_STARTED };
	struct child child = { .config = config };
	int ends[2], pidfd = -1, status = -1;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -1;
	child.fd = ends[1];
	child.other = ends[0];
	if (!launch_part(run_sender, &child, &news.pid, &pidfd)) {
		*ret_pid = news.pid;
		close(ends[1]);
		ends[1] = -1;
		send_news(FD_HERE, &news, ends[0]);
		close(ends[0]);
		ends[0] = -1;
		while (waitpid(news.pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	for (int i = 0; i < 2; i++)
		if (ends[i] >= 0)
			close(ends[i]);
	if (pidfd >= 0)
		close(pidfd);
	return status;
}

static int nurse(void *ctx)
{
	const struct nurse_config *config = ctx;
	int wait_ms = WAIT_FIRST_MS;

	ignore_ends();
	prctl(PR_SET_PDEATHSIG, 0);
	if (become(config))
		return LAUNCH_FAILED;
	for (;;) {
		uint64_t began = clock_ns(CLOCK_MONOTONIC);
		struct nurse_news news = { .what = NURSE_DIED };

		news.status = tend(config, &news.pid);
		if (!news.status) {
			news.what = NURSE_ENDED;
			send_news(FD_HERE, &news, -1);
			return 0;
		}
		if (clock_ns(CLOCK_MONOTONIC) - began > RAN_WELL_MS * 1000000ULL)
			wait_ms = WAIT_FIRST_MS;
		news.wait_ms = wait_ms;
		if (!send_news(FD_HERE, &news, -1) || is_alone(wait_ms))
			return 1;
		wait_ms = wait_ms * 2 < WAIT_MOST_MS ? wait_ms * 2 : WAIT_MOST_MS;
	}
}

struct start {
	const struct nurse_config *config;
	int fd;
};

/* Nothing of the collector's is left open: its lock ends with it. */
static int nurse_begin(void *ctx)
{
	const struct start *s = ctx;

	int fd = fcntl(s->fd, F_DUPFD_CLOEXEC, FD_KEPT + 1), kept = fcntl(s->config->keep, F_DUPFD_CLOEXEC, FD_KEPT + 1);

	if (fd < 0 || dup3(fd, FD_HERE, O_CLOEXEC) < 0)
		return LAUNCH_FAILED;
	if (kept >= 0 ? dup3(kept, FD_KEPT, O_CLOEXEC) < 0 : (close(FD_KEPT), 0))
		return LAUNCH_FAILED;
	close_range(FD_KEPT + 1, ~0U, 0);
	return nurse((void *)s->config);
}

int nurse_start(const struct nurse_config *config, struct nurse *ret)
{
	int ends[2], pidfd = -1, err;
	struct start start = { .config = config };
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -errno;
	start.fd = ends[1];
	err = launch_part(nurse_begin, &start, &pid, &pidfd);
	close(ends[1]);
	if (pidfd >= 0)
		close(pidfd);
	if (err) {
		close(ends[0]);
		return err;
	}
	*ret = (struct nurse){ .pid = pid, .fd = ends[0] };
	return 0;
}

bool nurse_end(struct nurse *n, uint64_t patience_ns)
{
	const uint64_t until = clock_ns(CLOCK_MONOTONIC) + patience_ns;
	int status = -1;
	pid_t got;

	if (n->pid <= 0)
		return false;
	while ((got = waitpid(n->pid, &status, WNOHANG)) == 0 && clock_ns(CLOCK_MONOTONIC) < until)
		poll(NULL, 0, NAP_MS);
	if (!got) {
		kill(n->pid, SIGKILL);
		while (waitpid(n->pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	if (n->fd >= 0)
		close(n->fd);
	*n = (struct nurse){ .pid = -1, .fd = -1 };
	return got > 0 && WIFEXITED(status) && !WEXITSTATUS(status);
}
