/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/flow/gone.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "user/base/clock.h"
#include "user/flow/notes.h"
#include "user/host/proc.h"
#include "user/model/filter.h"
#include "user/source/live.h"

#define LOOK_NS 250000000ULL	/* from one to the next for who is elsewhere */

enum { LOOKS = 2 };	/* one may be born behind our back while we look */

static bool is_gone(int error)
{
	return error == -ENOENT || error == -ESRCH;
}

static bool wants_any(const struct filter_ids *ids)
{
	for (size_t i = 0; i < ids->count; i++)
		if (!ids->at[i].not)
			return true;
	return false;
}

/* Of another pid namespace nobody gives us a pidfd: its /proc says who is there. */
static void await_elsewhere(struct flow *f, const struct filter_ids *ids)
{
	f->elsewhere = calloc(ids->count, sizeof(*f->elsewhere));
	for (size_t i = 0; f->elsewhere && i < ids->count; i++) {
		struct proc_stat *stat = &f->elsewhere[f->awaited_count];
		int err = ids->at[i].not ? -ESRCH : proc_stat(f->config->kernel.proc, (pid_t)ids->at[i].id, stat);

		f->awaits_blindly |= err && !is_gone(err);
		f->awaited_count += !err;
	}
}

/* A pidfd can be read once the last thread has ended. Another pid namespace has other processes by these numbers. */
void gone_await(struct flow *f)
{
	const struct filter_ids *ids = &f->config->filter->pids;

	if (!f->config->ends_with_targets || !wants_any(ids))
		return;
	if (!f->by_our_ids) {
		await_elsewhere(f, ids);
		return;
	}
	f->awaited = calloc(ids->count, sizeof(*f->awaited));
	if (!f->awaited)
		return;
	for (size_t i = 0; i < ids->count; i++) {
		struct epoll_event e = { .events = EPOLLIN | EPOLLONESHOT };
		int fd = ids->at[i].not ? -1 : (int)syscall(SYS_pidfd_open, (pid_t)ids->at[i].id, 0);

		if (ids->at[i].not || (fd < 0 && errno == ESRCH))
			continue;
		/* It cannot be told, and so never that all are gone. */
		f->awaits_blindly |= fd < 0;
		e.data.fd = fd;
		if (fd >= 0 && !epoll_ctl(f->epoll, EPOLL_CTL_ADD, fd, &e))
			f->awaited[f->awaited_count++] = (struct pollfd){ .fd = fd, .events = POLLIN };
	}
}

void gone_forget(struct flow *f)
{
	for (size_t i = 0; f->awaited && i < f->awaited_count; i++)
		close(f->awaited[i].fd);
	free(f->awaited);
	free(f->elsewhere);
}

/* A zombie is as good as gone. */
static bool lives_elsewhere(const struct flow *f, const struct proc_stat *was)
{
	struct proc_stat is;
	int err = proc_stat(f->config->kernel.proc, was->pid, &is);

	return err ? !is_gone(err) : is.start == was->start && !strchr("ZX", is.state);
}

static bool nobody_is_elsewhere(struct flow *f)
{
	const uint64_t now = clock_ns(CLOCK_MONOTONIC);

	if (now < f->look_at)
		return false;
	f->look_at = now + LOOK_NS;
	for (size_t i = 0; i < f->awaited_count; i++)
		if (lives_elsewhere(f, &f->elsewhere[i]))
			return false;
	return true;
}

static bool processes_are_gone(struct flow *f)
{
	if (f->elsewhere && !f->awaits_blindly)
		return nobody_is_elsewhere(f);
	if (!f->awaited || f->awaits_blindly)
		return false;
	return !f->awaited_count || poll(f->awaited, f->awaited_count, 0) == (int)f->awaited_count;
}

static bool trees_are_gone(const struct flow *f)
{
	return wants_any(&f->config->filter->trees) && (!live_follows_any(f->live) || f->without_life >= LOOKS);
}

bool gone_looks(const struct flow *f)
{
	return f->config->ends_with_targets && wants_any(&f->config->filter->trees);
}

bool gone_all(struct flow *f)
{
	if (!f->config->ends_with_targets || !(processes_are_gone(f) || trees_are_gone(f)))
		return false;
	note(f, FLOW_NOTE, "all the processes that were to be watched have ended");
	return true;
}
