/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/source/tasks.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tasks.skel.h"
#include "user/base/buf.h"
#include "user/host/whole.h"

enum { TASKS_BYTES_MAX = 512 << 20 };

#define INITIAL_PIDNS 0xEFFFFFFCU /* PROC_PID_INIT_INO, the same on every kernel */

/* The iterator has the numbers of the initial pid namespace. */
static int check_numbers(const char *proc)
{
	char path[4096];
	struct stat st;

	snprintf(path, sizeof(path), "%s/self/ns/pid", proc);
	if (stat(path, &st))
		return -errno;
	return st.st_ino == INITIAL_PIDNS ? 0 : -EXDEV;
}

static int by_tid(const void *a, const void *b)
{
	const struct event_task *x = a, *y = b;

	return (x->tid > y->tid) - (x->tid < y->tid);
}

static int take(struct buf *bytes, struct tasks *ret)
{
	if (!bytes->len || bytes->len % sizeof(*ret->at))
		return -EBADMSG;
	*ret = (struct tasks){ (struct event_task *)(void *)bytes->data, bytes->len / sizeof(*ret->at) };
	*bytes = (struct buf)BUF_INIT;
	qsort(ret->at, ret->count, sizeof(*ret->at), by_tid);
	return 0;
}

static int iterate(const struct tasks_bpf *s, struct tasks *ret)
{
	struct bpf_link *link = bpf_program__attach_iter(s->progs.each_task, NULL);
	struct buf bytes = BUF_INIT;
	int err, fd;

	if (!link)
		return -errno;
	fd = bpf_iter_create(bpf_link__fd(link));
	err = fd < 0 ? -errno : whole_read(fd, TASKS_BYTES_MAX, &bytes);
	err = err ?: take(&bytes, ret);
	if (fd >= 0)
		close(fd);
	bpf_link__destroy(link);
	buf_done(&bytes);
	return err;
}

static int load_and_iterate(struct tasks *ret)
{
	struct tasks_bpf *s = tasks_bpf__open();
	int err;

	if (!s)
		return -errno;
	bpf_program__set_autoload(s->progs.each_task, true);
	err = tasks_bpf__load(s);
	err = err ?: iterate(s, ret);
	tasks_bpf__destroy(s);
	return err;
}

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

int tasks_read(const char *proc, struct tasks *ret)
{
	libbpf_print_fn_t was;
	int err = check_numbers(proc);

	if (err)
		return err;
	was = libbpf_set_print(quiet);
	err = load_and_iterate(ret);
	libbpf_set_print(was);
	return err;
}

void tasks_done(struct tasks *t)
{
	free(t->at);
	*t = (struct tasks){ NULL, 0 };
}

const struct event_task *tasks_find(const struct tasks *t, int tid)
{
	const struct event_task key = { .tid = (uint32_t)tid };

	return t->count ? bsearch(&key, t->at, t->count, sizeof(key), by_tid) : NULL;
}
