/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/source/gate.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <linux/magic.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/host/proc.h"
#include "user/model/filter.h"
#include "user/model/pattern.h"
#include "user/model/program.h"
#include "user/model/record.h"

#define INITIAL_USERNS 0xEFFFFFFDU /* PROC_USER_INIT_INO, the same on every kernel */

static __u8 ids_list(const struct filter_ids *ids)
{
	__u8 list = 0;

	for (size_t i = 0; i < ids->count; i++)
		list |= ids->at[i].not ? GATE_UNWANTED : GATE_WANTED;
	return list;
}

static __u8 words_unwanted(const struct filter_words *words)
{
	__u8 bits = 0;

	for (size_t i = 0; i < words->count; i++)
		if (words->at[i].not)
			bits |= 1 << i;
	return bits;
}

static void compile_userns(const struct filter *f, struct gate_config *ret)
{
	bool not = f->userns_not ^ (f->userns == FILTER_USERNS_OWN);

	if (f->userns == FILTER_USERNS_ANY)
		return;
	ret->userns = f->userns == FILTER_USERNS_INODE ? f->userns_inode : INITIAL_USERNS;
	ret->userns_mode = not ? GATE_USERNS_IS_NOT : GATE_USERNS_IS;
}

/* The cheapest of those that refuse whoever is not named. */
static enum gate_first first_of(const struct gate_config *g)
{
	if (g->pids & GATE_WANTED)
		return GATE_FIRST_PIDS;
	if (g->trees & GATE_WANTED)
		return GATE_FIRST_TREES;
	if (g->caps != ~0ULL)
		return GATE_FIRST_CAPS;
	if (g->one_verdict)
		return GATE_FIRST_VERDICT;
	if (g->uids & GATE_WANTED)
		return GATE_FIRST_UIDS;
	return g->gids & GATE_WANTED ? GATE_FIRST_GIDS : GATE_FIRST_NONE;
}

/* What of somebody these keys are decided by: enum who_part. */
static uint8_t who_parts(uint32_t keys)
{
	static const struct {
		uint32_t keys;
		uint8_t part;
	} rows[] = {
		{ 1U << WHERE_USER, WHO_UID },
		{ 1U << WHERE_GROUP, WHO_GID },
		{ 1U << WHERE_USERNS, WHO_USERNS },
		{ 1U << WHERE_COMM, WHO_COMM },
	};
	uint8_t parts = keys ? WHO_PROGRAM : 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (keys & rows[i].keys)
			parts |= rows[i].part;
	return parts;
}

static bool is_known(const struct record *r, uint8_t parts)
{
	if (!r->program || !r->program->id || !r->program->told)
		return false;
	return parts == WHO_PROGRAM || (r->parts & RECORD_CHECK && !(r->check.head.flags & CHECK_IDS_UNKNOWN));
}

bool gate_who(const struct gate_config *gate, const struct record *r, struct who *ret)
{
	const uint8_t parts = gate->who;
	const struct program *p = r->program;

	if (!parts || !is_known(r, parts))
		return false;
	*ret = (struct who){
		.program = p->id,
		.told = p->told,
		.tgid = p->tgid,
		.uid = parts & WHO_UID ? r->check.uid : 0,
		.gid = parts & WHO_GID ? r->check.gid : 0,
		.userns = parts & WHO_USERNS ? r->check.userns_asker : 0,
	};
	if (parts & WHO_COMM)
		memcpy(ret->comm, r->check.comm, EVENT_COMM);
	return true;
}

void gate_compile(const struct filter *f, bool follow, struct gate_config *ret)
{
	_Static_assert((int)FILTER_GLOBS_MAX == (int)GATE_COMMS, "the maps hold what the options take");
	_Static_assert((int)FILTER_CGROUPS_MAX == (int)GATE_CGROUPS, "the maps hold what the options take");

	memset(ret, 0, sizeof(*ret));
	ret->caps = f->caps;
	ret->pids = ids_list(&f->pids);
	ret->trees = ids_list(&f->trees) | (follow ? GATE_WANTED : 0);
	ret->uids = ids_list(&f->uids);
	ret->gids = ids_list(&f->gids);
	ret->comms = f->comms.count;
	ret->comms_unwanted = words_unwanted(&f->comms);
	ret->cgroups = f->cgroups.count;
	ret->cgroups_unwanted = words_unwanted(&f->cgroups);
	ret->allowed = f->allowed || !f->denied;
	ret->denied = f->denied || !f->allowed;
	ret->one_verdict = !ret->allowed || !ret->denied;
	compile_userns(f, ret);
	ret->places = (filter_keys(f) & WHERE_OF_CGROUP) != 0;
	ret->who = who_parts(filter_keys(f));
	ret->more = ret->uids || ret->gids || ret->comms || ret->cgroups || ret->places || ret->who || ret->userns_mode;
	ret->any = ret->more || ret->pids || ret->trees || ret->caps != ~0ULL || ret->one_verdict;
	ret->first = first_of(ret);
}

void gate_mark(const struct filter_ids *ids, struct id_marks *marks)
{
	for (size_t i = 0; i < ids->count; i++)
		marks->at[ids->at[i].id % ID_MARKS] = 1;
}

static unsigned way_of(const __u64 *bucket, uint64_t id)
{
	unsigned way = 0;

	while (way < PLACE_WAYS && bucket[way] != id)
		way++;
	return way;
}

void gate_place(struct places_outside *places, uint64_t id, bool outside)
{
	__u64 *bucket = places->at[PLACE_BUCKET(id) & (PLACE_BUCKETS - 1)];
	unsigned way = way_of(bucket, id);

	if (way < PLACE_WAYS) {
		__atomic_store_n(&bucket[way], outside ? id : 0, __ATOMIC_RELAXED);
		return;
	}
	if (!outside)
		return;
	way = way_of(bucket, 0);
	/* Any of them: it is decided again when it is heard of. */
	__atomic_store_n(&bucket[way < PLACE_WAYS ? way : id % PLACE_WAYS], id, __ATOMIC_RELAXED);
}

/* An id that was given both plain and with ! is in both lists: leaving out wins. */
static int fill_ids(int map, const struct filter_ids *ids)
{
	for (size_t i = 0; i < ids->count; i++) {
		__u32 bits = 0;

		bpf_map_lookup_elem(map, &ids->at[i].id, &bits);
		bits |= ids->at[i].not ? GATE_UNWANTED : GATE_WANTED;
		if (bpf_map_update_elem(map, &ids->at[i].id, &bits, BPF_ANY))
			return -errno;
	}
	return 0;
}

static int fill_comms(int map, const struct filter_words *comms, struct buf *why)
{
	for (__u32 i = 0; i < comms->count; i++) {
		struct pattern p;
		int err = pattern_compile(comms->at[i].text, &p);

		if (err) {
			buf_printf(why, "--comm '%s': %s", comms->at[i].text,
				   err == -ENAMETOOLONG ? "a thread's name has at most 15 bytes, this needs more"
							: "a bracket that is not closed, or a backslash at the end");
			return err;
		}
		if (bpf_map_update_elem(map, &i, &p, BPF_ANY))
			return -errno;
	}
	return 0;
}

static int fill_cgroups(int map, const struct filter_words *cgroups, struct buf *why)
{
	for (__u32 i = 0; i < cgroups->count; i++) {
		const char *dir = cgroups->at[i].text;
		int err = 0, fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		struct statfs fs;

		if (fd < 0) {
			err = -errno;
			buf_printf(why, "--cgroup '%s': %s", dir, strerror(-err));
			return err;
		}
		if (fstatfs(fd, &fs) || fs.f_type != CGROUP2_SUPER_MAGIC)
			err = -EINVAL;
		else if (bpf_map_update_elem(map, &i, &fd, BPF_ANY))
			err = -errno;
		close(fd);
		if (err) {
			buf_printf(why, "--cgroup '%s': not a directory of the cgroup v2 hierarchy", dir);
			return err;
		}
	}
	return 0;
}

int gate_fill(const struct filter *f, const struct gate_maps *maps, struct buf *why)
{
	int err = fill_ids(maps->pids, &f->pids);

	err = err ?: fill_ids(maps->uids, &f->uids);
	err = err ?: fill_ids(maps->gids, &f->gids);
	if (err) {
		buf_printf(why, "the filter's ids could not be handed to the kernel: %s", strerror(-err));
		return err;
	}
	err = fill_comms(maps->comms, &f->comms, why);
	return err ?: fill_cgroups(maps->cgroups, &f->cgroups, why);
}

struct snapshot {
	int map;
	__u32 *count;		/* of the followed, by the end of their number; the programs count there too */
	size_t added;
	int error;
};

/* 0 or negative errno; counted before it is there, as the programs do it. */
static int follow_put(const struct snapshot *s, __u32 pid, const struct follow *f)
{
	__u32 *count = &s->count[pid % FOLLOW_COUNTS];

	if (!bpf_map_update_elem(s->map, &pid, f, BPF_EXIST))
		return 0;
	__atomic_add_fetch(count, 1, __ATOMIC_SEQ_CST);
	if (!bpf_map_update_elem(s->map, &pid, f, BPF_NOEXIST))
		return 0;
	__atomic_sub_fetch(count, 1, __ATOMIC_SEQ_CST);
	/* Somebody else was faster. */
	return errno == EEXIST && !bpf_map_update_elem(s->map, &pid, f, BPF_EXIST) ? 0 : -errno;
}

/* One process of /proc: followed if its parent is. */
static int follow_child(void *ctx, const struct proc_stat *p)
{
	struct snapshot *s = ctx;
	struct follow parent, mine;
	__u32 pid = p->pid, ppid = p->ppid;

	if (bpf_map_lookup_elem(s->map, &ppid, &parent))
		return 0;
	if (bpf_map_lookup_elem(s->map, &pid, &mine))
		mine.list = 0;
	else if ((mine.list & parent.list) == parent.list)
		return 0;
	/* Both what its parent is in and what it was named for itself: leaving out wins. */
	parent.list |= mine.list;
	parent.start = 0;
	s->error = follow_put(s, pid, &parent);
	s->added += !s->error;
	return s->error;
}

int gate_follow(const struct filter *f, const char *proc, int followed, __u32 *count, struct buf *why)
{
	struct snapshot s = { .map = followed, .count = count };

	for (size_t i = 0; i < f->trees.count && !s.error; i++) {
		struct follow root = {};

		bpf_map_lookup_elem(followed, &f->trees.at[i].id, &root);
		root.list |= f->trees.at[i].not ? GATE_UNWANTED : GATE_WANTED;
		s.error = follow_put(&s, f->trees.at[i].id, &root);
	}
	while (!s.error) {
		s.added = 0;
		proc_each(proc, follow_child, &s);
		if (!s.added)
			break;
	}
	if (s.error == -E2BIG)
		s.error = -ENOSPC;
	if (s.error)
		buf_printf(why, "--tree: more than %d processes cannot be followed", FOLLOW_MAX);
	return s.error;
}

/* A first thread that has ended while others go on looks like a zombie, but for their number. */
static bool is_zombie(const char *proc, pid_t pid)
{
	char path[PATH_MAX];
	struct proc_stat p;
	struct stat st;
	int err = proc_stat(proc, pid, &p);

	if (err)
		return err == -ENOENT || err == -ESRCH;
	snprintf(path, sizeof(path), "%s/%d/task", proc, pid);
	/* A link for each thread, beside its own two. */
	return (p.state == 'Z' || p.state == 'X') && (stat(path, &st) || st.st_nlink <= 3);
}

bool gate_none_alive(const char *proc, int followed)
{
	uint32_t key, next;
	int err;

	for (err = bpf_map_get_next_key(followed, NULL, &next); !err; err = bpf_map_get_next_key(followed, &key, &next)) {
		if (!is_zombie(proc, (pid_t)next))
			return false;
		key = next;
	}
	return err == -ENOENT;
}
