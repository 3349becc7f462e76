/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/model/origins.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "user/model/program.h"
#include "user/model/workload.h"

enum { PROCESSES_MAX = 65536, IMAGES = 4 };

#define KIND(kind) (1U << (kind))
/* A path that says nothing may be a container's, which its engine has not told yet. */
#define CONTAINERS (KIND(WORKLOAD_CONTAINER) | KIND(WORKLOAD_POD) | KIND(WORKLOAD_CGROUP))
#define MACHINES   (KIND(WORKLOAD_MACHINE) | CONTAINERS)
#define UNITS	   (KIND(WORKLOAD_UNIT) | KIND(WORKLOAD_USER_UNIT))

/* What starts workloads, by the last name of its path, and of which kinds. */
static const struct launcher {
	const char *name;
	uint32_t kinds;
	bool forked;	/* only as a fork of what runs outside: where it was executed it is what was started */
} launchers[] = {
	{ "", CONTAINERS, false },	/* a file that is the root of a mount: how runc protects its own from who is in there */
	{ "runc", CONTAINERS, false },
	{ "crun", CONTAINERS, false },
	{ "youki", CONTAINERS, false },
	{ "runsc", CONTAINERS, false },
	{ "docker-runc", CONTAINERS, false },
	{ "buildkit-runc", CONTAINERS, false },
	{ "lxc-start", MACHINES, false },
	{ "lxc-attach", MACHINES, false },
	{ "lxc-execute", MACHINES, false },
	{ "lxd", MACHINES, false },
	{ "incusd", MACHINES, false },
	{ "systemd-nspawn", MACHINES, true },
	{ "libvirt_lxc", MACHINES, true },
	{ "libvirtd", MACHINES, true },
	{ "virtqemud", MACHINES, true },
	{ "virtlxcd", MACHINES, true },
	{ "systemd", UNITS, true },
	{ "systemd-executor", UNITS, false },
};

/* What was met of an image. */
struct image {
	uint64_t id;
	bool fresh;
	bool executed;	/* in the workload that it is in now */
	bool inside;	/* and there by somebody inside of it; or forked from such */
	bool init;
	bool setup;
	uint32_t userns;	/* see origins_userns */
};

/* The image of a process now, and those before it: what waits for an outcome may be of one of them. */
struct process {
	uint32_t tgid;
	uint64_t where;		/* which workload, see name_of */
	struct image images[IMAGES];
	UT_hash_handle hh;
};

struct origins {
	struct process *processes;	/* the oldest first */
	uint64_t since_ns;
	uint32_t host_mntns;
};

struct origins *origins_new(void)
{
	return calloc(1, sizeof(struct origins));
}

static void drop(struct origins *o, struct process *p)
{
	HASH_DEL(o->processes, p);
	free(p);
}

void origins_free(struct origins *o)
{
	if (!o)
		return;
	while (o->processes)
		drop(o, o->processes);
	free(o);
}

void origins_start(struct origins *o, uint64_t since_ns, uint32_t host_mntns)
{
	o->since_ns = since_ns;
	o->host_mntns = host_mntns;
}

/* ---- what a program says itself ------------------------------------------------------------------------------------ */

/* Runtimes execute a copy of themselves that has no place in a directory: "memfd:runc_cloned:/proc/self/exe". */
static bool is_called(const char *exe, const char *name)
{
	static const char copy[] = "/memfd:";
	const char *last = strrchr(exe, '/');
	size_t n = strlen(name);

	if (!strncmp(exe, copy, sizeof(copy) - 1)) {
		last = exe + sizeof(copy) - 2;
		return !strncmp(last + 1, name, n) && (!last[n + 1] || last[n + 1] == '_' || last[n + 1] == ':');
	}
	return last && !strcmp(last + 1, name);
}

static bool is_root(const struct workload *w)
{
	return w->kind == WORKLOAD_CGROUP && w->text[WORKLOAD_PATH] && !strcmp(w->text[WORKLOAD_PATH], "/");
}

static const struct launcher *launcher_of(const struct program *p)
{
	uint32_t kind = p->workload && !is_root(p->workload) ? p->workload->kind : WORKLOAD_UNKNOWN;

	for (size_t i = 0; p->exe && i < sizeof(launchers) / sizeof(launchers[0]); i++)
		if (launchers[i].kinds & KIND(kind) && is_called(p->exe, launchers[i].name))
			return &launchers[i];
	return NULL;
}

bool origins_is_launcher(const struct program *p)
{
	return launcher_of(p);
}

/* FNV-1a */
static uint64_t mix(uint64_t hash, const char *text)
{
	for (; text && *text; text++)
		hash = (hash ^ (unsigned char)*text) * 1099511628211ULL;
	return hash * 1099511628211ULL;
}

/* Stays the same whatever becomes known of the workload later. */
static uint64_t name_of(const struct workload *w)
{
	uint64_t hash = 14695981039346656037ULL;

	if (!w)
		return 0;
	if (w->text[WORKLOAD_ID])
		return mix(hash, w->text[WORKLOAD_ID]);
	if (w->kind == WORKLOAD_CGROUP)
		return mix(hash, w->text[WORKLOAD_PATH]);
	hash = mix(hash, w->text[WORKLOAD_UNIT_NAME]);
	return mix(hash, w->text[WORKLOAD_USER_UNIT_NAME]);
}

/* ---- what came before it ------------------------------------------------------------------------------------------- */

static struct process *find(const struct origins *o, uint32_t tgid)
{
	struct process *p;

	HASH_FIND(hh, o->processes, &tgid, sizeof(tgid), p);
	return p;
}

static struct process *add(struct origins *o, uint32_t tgid)
{
	struct process *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	if (HASH_COUNT(o->processes) >= PROCESSES_MAX)
		drop(o, o->processes);
	p->tgid = tgid;
	HASH_ADD(hh, o->processes, tgid, sizeof(p->tgid), p);
	if (p->hh.tbl)
		return p;
	free(p);
	return NULL;
}

static bool is_foreign(const struct origins *o, const struct program *p)
{
	return !o->host_mntns || p->mntns != o->host_mntns;
}

/* In a pid namespace of its own, and not in the initial one, where both numbers are the same? */
static bool is_nested(const struct program *p)
{
	return p->flags & PROGRAM_NSPID_KNOWN && p->ns_pid != p->tgid;
}

static bool is_setup(const struct origins *o, const struct program *p, const struct image *image)
{
	const struct launcher *l = p->id >= o->since_ns ? launcher_of(p) : NULL;

	if (!l || ((l->forked || p->workload->kind == WORKLOAD_CGROUP) && image->executed))
		return false;
	return !(image->inside && workload_is_container(p->workload));
}

/* What is set up may have been given a namespace before it was executed; what runs is not given another one but by itself. */
static uint32_t began_in(const struct program *p, const struct process *from)
{
	const struct image *was = from && from->where == name_of(p->workload) ? &from->images[0] : NULL;

	return was && was->userns && !was->setup ? was->userns : p->userns;
}

/* An image that is met again, in another cgroup perhaps, is what it was; a new one was executed now, or forked from its parent's. */
static struct image image_of(const struct origins *o, const struct program *p, const struct process *before)
{
	const struct process *parent = find(o, p->ppid);
	const bool known = before && before->images[0].id == p->id, executed = p->flags & PROGRAM_EXEC;
	const struct process *from = known ? before : parent;
	const struct image *was = from ? &from->images[0] : NULL;
	const uint64_t where = name_of(p->workload);
	const bool same = from && from->where == where;

	if (executed)
		return (struct image){
			.id = p->id,
			.fresh = true,
			.executed = true,
			.inside = is_foreign(o, p) && (is_nested(p) || (parent && parent->where == where)),
			.init = is_nested(p) && p->ns_pid == 1,
			.userns = began_in(p, before ?: parent),
		};
	return (struct image){
		.id = p->id,
		.fresh = was && was->fresh,
		.executed = known && same && was->executed,
		.inside = same && was->inside,
		.init = known && same && was->init,
		.userns = began_in(p, before ?: parent),
	};
}

int origins_program(struct origins *o, const struct program *p)
{
	struct process *process = find(o, p->tgid);
	struct image now = image_of(o, p, process);

	if (!process)
		process = add(o, p->tgid);
	if (!process)
		return -ENOMEM;
	if (process->images[0].id != p->id)
		memmove(process->images + 1, process->images, sizeof(process->images) - sizeof(process->images[0]));
	now.setup = is_setup(o, p, &now);
	process->images[0] = now;
	process->where = name_of(p->workload);
	return 0;
}

/* ---- what it comes to ---------------------------------------------------------------------------------------------- */

/* NULL: not met, or too long ago. */
static const struct image *image_met(const struct origins *o, const struct program *p)
{
	const struct process *process = find(o, p->tgid);

	for (int i = 0; process && i < IMAGES; i++)
		if (process->images[i].id == p->id)
			return &process->images[i];
	return NULL;
}

uint32_t origins_userns(const struct origins *o, const struct program *p)
{
	const struct image *image = image_met(o, p);

	return image ? image->userns : 0;
}

uint32_t origins_of(const struct origins *o, const struct program *p)
{
	const struct image unknown = { .id = p->id }, *image = image_met(o, p) ?: &unknown;
	const bool setup = is_setup(o, p, image);

	return (setup ? ORIGIN_SETUP : 0) | (image->fresh ? ORIGIN_FRESH : 0) |
	       (image->init && image->inside && !setup ? ORIGIN_INIT : 0);
}
