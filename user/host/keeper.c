/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/host/launch.h"

enum {
	LOOK_MS = 100,	/* for an end, where there is no pidfd */
	PIECE = 65536,
	CANNOT_START = LAUNCH_FAILED << 8,	/* as wait(2) would give it */
};

enum order_kind { ORDER_RUN, ORDER_COMMAND, ORDER_SIGNAL_RUN, ORDER_SIGNAL_COMMAND };

struct order {
	uint32_t kind, number, size;
	_Alignas(max_align_t) uint8_t data[KEEPER_ORDER_MAX];	/* a struct of whoever orders */
};

struct keeper {
	pid_t pid;
	int pidfd;
	int socket;	/* orders there, events back */
	int results;	/* a pipe from the runs: a length, then as many bytes */
	struct buf result;
};

/* ---- the keeper's own process -------------------------------------------------------------------------------------- */

struct keep {
	const struct keeper_plan *plan;
	int socket, other_socket, results, other_results;
	struct order order;	/* the last one */
	pid_t run;		/* 0: none */
	int run_fd;
	bool told;		/* the run has been told to end: another signal would end it at once */
	struct launch *command;	/* NULL: none */
};

static int write_whole(int fd, const void *data, size_t n)
{
	const char *at = data;

	while (n) {
		ssize_t done = write(fd, at, n);

		if (done < 0 && errno != EINTR)
			return -errno;
		at += done < 0 ? 0 : done;
		n -= done < 0 ? 0 : (size_t)done;
	}
	return 0;
}

/* In the run's process. */
static int do_run(void *ctx)
{
	struct keep *k = ctx;
	struct buf result = BUF_INIT;
	uint32_t size;
	int status;

	close(k->socket);
	status = k->plan->run(k->plan->ctx, k->order.data, k->order.size, &result);
	size = (uint32_t)result.len;
	if (!result.error && result.len <= KEEPER_RESULT_MAX && !write_whole(k->results, &size, sizeof(size)))
		write_whole(k->results, result.data, result.len);
	buf_done(&result);
	return status;
}

static void tell(const struct keep *k, enum keeper_what what, int status)
{
	const struct keeper_event e = { what, status };

	(void)!send(k->socket, &e, sizeof(e), MSG_NOSIGNAL);
}

static void start_run(struct keep *k)
{
	k->told = false;
	if (k->run || launch_part(do_run, k, &k->run, &k->run_fd))
		tell(k, KEEPER_RUN_ENDED, CANNOT_START);
}

/* What it writes is for a person, and no part of the answer. */
static void start_command(struct keep *k, uint32_t nr)
{
	const char *line = nr < k->plan->command_count ? k->plan->commands[nr] : NULL;
	char *const argv[] = { "/bin/sh", "-c", (char *)line, NULL };
	struct launch_as as = { .out = STDERR_FILENO, .group = true };
	struct buf why = BUF_INIT;
	int err = line && !k->command ? 0 : -EINVAL, null = err ? -1 : open("/dev/null", O_RDONLY | O_CLOEXEC);

	as.in = null;
	if (null < 0)
		err = -EINVAL;
	err = err ?: launch_hold(argv, &as, &k->command, &why);
	err = err ?: launch_release(k->command);
	if (err)
		tell(k, KEEPER_COMMAND_ENDED, CANNOT_START);
	if (null >= 0)
		close(null);
	buf_done(&why);
}

static void tell_run(struct keep *k, int sig)
{
	if (k->run && !k->told)
		kill(k->run, sig);
	k->told = true;
}

static void obey(struct keep *k)
{
	const struct order *o = &k->order;

	switch ((enum order_kind)o->kind) {
	case ORDER_RUN:
		start_run(k);
		break;
	case ORDER_COMMAND:
		start_command(k, o->number);
		break;
	case ORDER_SIGNAL_RUN:
		tell_run(k, (int)o->number);
		break;
	case ORDER_SIGNAL_COMMAND:
		if (k->command)
			launch_signal(k->command, (int)o->number, SI_USER);
		break;
	}
}

static void look_after(struct keep *k)
{
	int status;

	if (k->run && waitpid(k->run, &status, WNOHANG) == k->run) {
		if (k->run_fd >= 0)
			close(k->run_fd);
		k->run = 0;
		k->run_fd = -1;
		tell(k, KEEPER_RUN_ENDED, status);
	}
	if (k->command && launch_reap(k->command, false, &status) == 1) {
		launch_free(k->command);
		k->command = NULL;
		tell(k, KEEPER_COMMAND_ENDED, status);
	}
}

/* Who asked is gone: what was started ends too. */
static int end(struct keep *k)
{
	int status;

	if (k->command) {
		launch_signal(k->command, SIGTERM, SI_USER);
		launch_reap(k->command, true, &status);
	}
	if (k->run) {
		tell_run(k, SIGTERM);
		while (waitpid(k->run, &status, 0) < 0 && errno == EINTR)
			;
	}
	return 0;
}

static int keep(void *ctx)
{
	struct keep *k = ctx;
	sigset_t ending;

	close(k->other_socket);
	close(k->other_results);
	sigemptyset(&ending);
	sigaddset(&ending, SIGINT);
	sigaddset(&ending, SIGTERM);
	sigaddset(&ending, SIGHUP);
	sigprocmask(SIG_BLOCK, &ending, NULL);
	for (;;) {
		struct pollfd fds[] = {
			{ .fd = k->socket, .events = POLLIN },
			{ .fd = k->run ? k->run_fd : -1, .events = POLLIN },
			{ .fd = k->command ? launch_pidfd(k->command) : -1, .events = POLLIN },
		};
		ssize_t n;

		poll(fds, 3, k->run || k->command ? LOOK_MS : -1);
		look_after(k);
		n = recv(k->socket, &k->order, sizeof(k->order), MSG_DONTWAIT);
		if (n == sizeof(k->order))
			obey(k);
		else if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
			return end(k);
	}
}

/* ---- ours ----------------------------------------------------------------------------------------------------------- */

static int open_ends(struct keep *k)
{
	int sockets[2], pipes[2], err;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets))
		return -errno;
	if (pipe2(pipes, O_CLOEXEC)) {
		err = -errno;
		close(sockets[0]);
		close(sockets[1]);
		return err;
	}
	fcntl(pipes[0], F_SETFL, O_NONBLOCK);
	k->socket = sockets[1];
	k->other_socket = sockets[0];
	k->results = pipes[1];
	k->other_results = pipes[0];
	return 0;
}

int keeper_start(const struct keeper_plan *plan, struct keeper **ret)
{
	struct keep keeps = { .plan = plan, .run_fd = -1 };
	struct keeper *k = calloc(1, sizeof(*k));
	int err = k ? open_ends(&keeps) : -ENOMEM;

	if (err) {
		free(k);
		return err;
	}
	*k = (struct keeper){ .pidfd = -1, .socket = keeps.other_socket, .results = keeps.other_results };
	err = launch_part(keep, &keeps, &k->pid, &k->pidfd);
	close(keeps.socket);
	close(keeps.results);
	if (err)
		keeper_free(k);
	else
		*ret = k;
	return err;
}

static int give(struct keeper *k, enum order_kind kind, size_t number, const void *data, size_t size)
{
	struct order o = { .kind = kind, .number = (uint32_t)number, .size = (uint32_t)size };

	if (size > sizeof(o.data))
		return -E2BIG;
	if (size)
		memcpy(o.data, data, size);
	return send(k->socket, &o, sizeof(o), MSG_NOSIGNAL) == sizeof(o) ? 0 : -errno;
}

int keeper_run(struct keeper *k, const void *order, size_t size)
{
	buf_clear(&k->result);
	return give(k, ORDER_RUN, 0, order, size);
}

int keeper_command(struct keeper *k, size_t nr)
{
	return give(k, ORDER_COMMAND, nr, NULL, 0);
}

int keeper_signal_run(struct keeper *k, int sig)
{
	return give(k, ORDER_SIGNAL_RUN, (size_t)sig, NULL, 0);
}

int keeper_signal_command(struct keeper *k, int sig)
{
	return give(k, ORDER_SIGNAL_COMMAND, (size_t)sig, NULL, 0);
}

/* What has come of a result. */
static void take_result(struct keeper *k)
{
	while (k->result.len < KEEPER_RESULT_MAX + PIECE) {
		char *room = buf_room(&k->result, PIECE);
		ssize_t n = room ? read(k->results, room, PIECE) : 0;

		if (n <= 0 && !(n < 0 && errno == EINTR))
			return;
		k->result.len += n < 0 ? 0 : (size_t)n;
	}
}

static int take_event(struct keeper *k, struct keeper_event *ret)
{
	struct keeper_event e;
	ssize_t n = recv(k->socket, &e, sizeof(e), MSG_DONTWAIT);

	if (n == sizeof(e))
		*ret = e;
	else if (n >= 0 || (errno != EAGAIN && errno != EINTR))
		return -EPIPE;
	return 0;
}

int keeper_wait(struct keeper *k, int other_fd, int ms, struct keeper_event *ret)
{
	struct pollfd fds[] = {
		{ .fd = k->socket, .events = POLLIN },
		{ .fd = k->results, .events = POLLIN },
		{ .fd = other_fd, .events = POLLIN },
	};
	int err = 0;

	*ret = (struct keeper_event){ KEEPER_NOTHING, 0 };
	poll(fds, 3, ms);
	if (fds[0].revents)
		err = take_event(k, ret);
	/* After the event: what a run wrote is in the pipe by the time that its end is told. */
	take_result(k);
	return err;
}

const void *keeper_result(const struct keeper *k, size_t *ret_size)
{
	uint32_t size;

	if (k->result.error || k->result.len < sizeof(size))
		return NULL;
	memcpy(&size, k->result.data, sizeof(size));
	if (k->result.len != sizeof(size) + size)
		return NULL;
	*ret_size = size;
	return k->result.data + sizeof(size);
}

void keeper_free(struct keeper *k)
{
	int status;

	if (!k)
		return;
	close(k->socket);
	close(k->results);
	while (k->pid > 0 && waitpid(k->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (k->pidfd >= 0)
		close(k->pidfd);
	buf_done(&k->result);
	free(k);
}
