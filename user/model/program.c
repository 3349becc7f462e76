// SPDX-License-Identifier: BSD-2-Clause
#include "user/model/program.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/model/workload.h"

/* An event_program may end anywhere in its paths as long as the bytes that it speaks of are there. */
static int read_event(const void *data, size_t size, struct event_program *ret)
{
	struct event_head head;

	if (size < sizeof(head))
		return -EBADMSG;
	memcpy(&head, data, sizeof(head));
	if (head.kind != EVENT_PROGRAM || head.size != size || size < offsetof(struct event_program, exe))
		return -EBADMSG;

	memset(ret, 0, sizeof(*ret));
	memcpy(ret, data, size < sizeof(*ret) ? size : sizeof(*ret));
	if (ret->exe_len > EVENT_PATH || ret->cgroup_len > EVENT_PATH)
		return -EBADMSG;
	if (ret->exe_len && size < offsetof(struct event_program, exe) + ret->exe_len)
		return -EBADMSG;
	if (ret->cgroup_len && size < offsetof(struct event_program, cgroup) + ret->cgroup_len)
		return -EBADMSG;
	return 0;
}

/* Are these names, each not empty and with its NUL? No directory has one with '/', but "memfd:a/b" stands alone. */
static bool is_names(const char *names, size_t len)
{
	if (len == 0)
		return true;
	if (names[0] == '\0' || names[len - 1] != '\0')
		return false;
	for (size_t i = 1; i < len; i++)
		if (names[i] == '\0' && names[i - 1] == '\0')
			return false;
	return !memchr(names, '/', len) || strlen(names) + 1 == len;
}

/* Turns names that stand innermost first into a path; each name's NUL makes room for its '/'. */
static int join_names(const uint8_t *data, size_t len, bool truncated, char **ret_path)
{
	const char *names = (const char *)data;
	const char *const missing = truncated ? "..." : "";
	size_t start = strlen(missing);
	char *path, *at;

	if (!is_names(names, len))
		return -EBADMSG;
	path = malloc(start + (len ? len : 1) + 1);
	if (!path)
		return -ENOMEM;
	memcpy(path, missing, start);
	at = path + start + (len ? len : 1);
	*at = '\0';
	for (size_t i = 0; i < len;) {
		size_t n = strlen(names + i);

		at -= n;
		memcpy(at, names + i, n);
		*--at = '/';
		i += n + 1;
	}
	if (len == 0)
		path[start] = '/';
	*ret_path = path;
	return 0;
}

static int read_paths(const struct event_program *e, struct program *p)
{
	uint32_t flags = e->head.flags;
	int err;

	if (flags & PROGRAM_EXE_KNOWN) {
		err = join_names(e->exe, e->exe_len, flags & PROGRAM_EXE_TRUNCATED, &p->exe);
		if (err)
			return err;
	}
	if (flags & PROGRAM_CGROUP_KNOWN)
		return join_names(e->cgroup, e->cgroup_len, flags & PROGRAM_CGROUP_TRUNCATED, &p->cgroup);
	return 0;
}

static struct program read_numbers(const struct event_program *e)
{
	return (struct program){
		.id = e->program,
		.told = e->head.time,
		.flags = e->head.flags,
		.tgid = e->tgid,
		.ppid = e->ppid,
		.ns_pid = e->ns_pid,
		.uid = e->uid,
		.euid = e->euid,
		.gid = e->gid,
		.egid = e->egid,
		.login_uid = e->login_uid,
		.userns = e->userns,
		.pidns = e->pidns,
		.mntns = e->mntns,
		.netns = e->netns,
		.cgroup_id = e->cgroup_id,
		.inheritable = e->inheritable,
		.permitted = e->permitted,
		.effective = e->effective,
		.bounding = e->bounding,
		.ambient = e->ambient,
	};
}

int program_decode(const void *event, size_t size, struct program *ret)
{
	struct event_program e;
	struct program p;
	int err;

	err = read_event(event, size, &e);
	if (err)
		return err;
	p = read_numbers(&e);
	memcpy(p.comm, e.comm, EVENT_COMM);
	err = read_paths(&e, &p);
	if (err) {
		program_done(&p);
		return err;
	}
	*ret = p;
	return 0;
}

const char *program_args(const void *event, size_t size, size_t *ret_n, bool *ret_cut)
{
	struct event_program_args e;
	const size_t at = offsetof(struct event_program_args, args);

	if (size < at)
		return NULL;
	memcpy(&e, event, at);
	if (!e.len || e.len > size - at || e.len > EVENT_ARGS)
		return NULL;
	*ret_n = e.len;
	*ret_cut = e.size > e.len;
	return (const char *)event + at;
}

int program_copy(const struct program *p, struct program *ret)
{
	char *const from[] = { p->exe, p->cgroup, p->unit, p->slice, p->session, p->args, p->ancestors };
	struct program copy = *p;
	char **const to[] = { &copy.exe, &copy.cgroup, &copy.unit, &copy.slice, &copy.session, &copy.args,
			      &copy.ancestors };
	bool failed = false;

	for (size_t i = 0; i < sizeof(from) / sizeof(from[0]); i++) {
		*to[i] = from[i] ? strdup(from[i]) : NULL;
		failed |= from[i] && !*to[i];
	}
	copy.workload = workload_ref(p->workload);
	failed |= p->workload && !copy.workload;
	if (failed) {
		program_done(&copy);
		return -ENOMEM;
	}
	*ret = copy;
	return 0;
}

void program_done(struct program *p)
{
	free(p->exe);
	free(p->cgroup);
	free(p->unit);
	free(p->slice);
	free(p->session);
	free(p->args);
	free(p->ancestors);
	workload_unref(p->workload);
	p->workload = NULL;
	p->exe = p->cgroup = p->unit = p->slice = p->session = p->args = p->ancestors = NULL;
}

void program_put_workload(struct buf *b, const struct program *p)
{
	if (p->workload)
		workload_put_name(b, p->workload);
	else if (p->unit || p->cgroup)
		buf_puts(b, p->unit ?: p->cgroup);
}

void program_put_key(struct buf *b, const struct program *p)
{
	if (p->workload)
		workload_put_key(b, p->workload);
	else
		workload_put_plain_key(b, p->unit, p->cgroup);
}
