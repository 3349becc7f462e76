/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/source/lives.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lifecycle.skel.h"
#include "user/caps/syscalls.h"
#include "user/host/fdinfo.h"
#include "user/source/fit.h"
#include "user/source/survey.h"

enum { PROGRAMS = 6 };

struct lives {
	struct lifecycle_bpf *skel;
	struct bpf_link *link[PROGRAMS];
};

/* ---- calls ----------------------------------------------------------------------------------------------------- */

static const struct call {
	const char *name, *wide;	/* wide: what 32-bit programs call the one with ids of 32 bits */
	uint8_t what;
} calls[] = {
	{ "execve", NULL, LIFE_EXEC },
	{ "execveat", NULL, LIFE_CALL_EXECVEAT },
	{ "fork", NULL, LIFE_FORK },
	{ "vfork", NULL, LIFE_FORK },
	{ "clone", NULL, LIFE_CALL_CLONE },
	{ "clone3", NULL, LIFE_CALL_CLONE3 },
	{ "capset", NULL, LIFE_CAPSET },
	{ "setuid", "setuid32", LIFE_SETUID },
	{ "setgid", "setgid32", LIFE_SETGID },
	{ "setreuid", "setreuid32", LIFE_SETREUID },
	{ "setregid", "setregid32", LIFE_SETREGID },
	{ "setresuid", "setresuid32", LIFE_SETRESUID },
	{ "setresgid", "setresgid32", LIFE_SETRESGID },
	{ "setfsuid", "setfsuid32", LIFE_SETFSUID },
	{ "setfsgid", "setfsgid32", LIFE_SETFSGID },
	{ "setgroups", "setgroups32", LIFE_SETGROUPS },
	{ "prctl", NULL, LIFE_CALL_PRCTL },
	{ "unshare", NULL, LIFE_UNSHARE },
	{ "setns", NULL, LIFE_SETNS },
};

static void put_call(uint8_t table[static LIFE_CALLS], struct life_calls *calls_of, enum syscall_abi abi, const char *name,
		     uint8_t what)
{
	int nr = name ? syscalls_number(abi, name) : -1;

	if (nr < 0)
		return;
	nr &= ~(int)SYSCALL_X32_BIT;
	if (nr >= LIFE_CALLS)
		return;
	table[nr] = what;
	calls_of->any[nr] = 1;
}

int lives_calls(struct life_calls *ret)
{
	struct syscalls *t = syscalls_new();
	const struct syscalls_machine *machine;

	if (!t)
		return -ENOMEM;
	memset(ret, 0, sizeof(*ret));
	machine = syscalls_machine(t);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		const struct call *c = &calls[i];

		put_call(ret->own, ret, machine->own, c->name, c->what);
		if (machine->own == SYSCALL_ABI_X86_64)
			put_call(ret->own, ret, SYSCALL_ABI_X32, c->name, c->what);
		put_call(ret->of_32, ret, machine->of_32, c->name, c->wide ? c->what | LIFE_CALL_16BIT : c->what);
		put_call(ret->of_32, ret, machine->of_32, c->wide, c->what);
	}
	syscalls_free(t);
	return 0;
}

/* ---- loading --------------------------------------------------------------------------------------------------- */

static bool is_own(const struct lifecycle_bpf *s, const struct bpf_map *map)
{
	return map == s->maps.life_open || map == s->maps.life_ended;
}

/* A map of the same name is the same map. What those have not made, no program here reaches. */
static int share(struct lifecycle_bpf *s, const struct bpf_object *beside, bool refusals)
{
	struct bpf_map *map;
	int err = 0;

	bpf_object__for_each_map(map, s->obj)
	{
		const struct bpf_map *theirs = bpf_object__find_map_by_name(beside, bpf_map__name(map));

		if (bpf_map__is_internal(map) || (!refusals && is_own(s, map)))
			continue;
		if (!is_own(s, map) && theirs && bpf_map__fd(theirs) >= 0)
			err = bpf_map__reuse_fd(map, bpf_map__fd(theirs));
		else
			err = bpf_map__set_autocreate(map, false);
		if (err)
			break;
	}
	return err;
}

static int set_constants(struct lifecycle_bpf *s, const struct lives_config *c)
{
	memcpy((void *)&s->rodata->gate, &c->gate, sizeof(c->gate));
	s->rodata->kernel_has_btf = c->kernel_btf;
	s->rodata->has_task_storage = c->task_storage;
	s->rodata->ring_wake_at = c->ring_wake_at;
	return lives_calls((struct life_calls *)&s->rodata->life_calls);
}

/* Marks say who need not be looked up: here everybody is, which is seldom enough. */
static void set_words(struct lifecycle_bpf__bss *b, const struct lives_config *c)
{
	b->own_tgid = c->own_tgid;
	memset(&b->pid_marks, 1, sizeof(b->pid_marks));
	memset(&b->uid_marks, 1, sizeof(b->uid_marks));
	memset(&b->gid_marks, 1, sizeof(b->gid_marks));
	memset(b->follow_count, 1, sizeof(b->follow_count));
}

/* libbpf keeps a copy of what it needs of the one that was fitted. */
static int open_fitted(struct lives *l, struct fit *fit)
{
	int err;

	l->skel = calloc(1, sizeof(*l->skel));
	err = l->skel ? lifecycle_bpf__create_skeleton(l->skel) : -ENOMEM;
	if (err)
		return err;
	l->skel->skeleton->data = fit->elf;
	return bpf_object__open_skeleton(l->skel->skeleton, NULL);
}

/* Where the programs cannot be fitted by us, libbpf does it. */
static int open_skeleton(struct lives *l, const struct lives_config *c)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = c->btf);
	size_t size;
	const void *elf = lifecycle_bpf__elf_bytes(&size);
	struct fit fit;
	int err = fit_copy(&fit, elf, size);

	if (err)
		return err;
	if (!survey_fit(c->btf, &fit)) {
		err = open_fitted(l, &fit);
	} else {
		l->skel = lifecycle_bpf__open_opts(&opts);
		err = l->skel ? 0 : -errno;
	}
	fit_done(&fit);
	return err;
}

static int load(struct lives *l, const struct lives_config *c)
{
	struct bpf_program *prog;
	int err = open_skeleton(l, c);

	if (err || !l->skel)
		return err ?: -ENOMEM;
	bpf_object__for_each_program(prog, l->skel->obj)
		bpf_program__set_autoload(prog, c->refusals == (prog == l->skel->progs.life_refused));
	err = set_constants(l->skel, c);
	err = err ?: share(l->skel, c->beside, c->refusals);
	err = err ?: lifecycle_bpf__load(l->skel);
	if (!err)
		set_words(l->skel->bss, c);
	return err;
}

/* What ends a call before what begins one. */
static int attach(struct lives *l, bool refusals)
{
	struct bpf_program *const progs[PROGRAMS] = {
		l->skel->progs.life_exit, l->skel->progs.life_leave, l->skel->progs.life_fork,
		l->skel->progs.life_exec, l->skel->progs.life_enter, l->skel->progs.life_refused,
	};

	for (int i = 0; i < PROGRAMS; i++) {
		if (refusals != (progs[i] == l->skel->progs.life_refused))
			continue;
		l->link[i] = bpf_program__attach(progs[i]);
		if (!l->link[i])
			return -errno;
	}
	return 0;
}

int lives_open(const struct lives_config *config, struct lives **ret)
{
	struct lives *l = calloc(1, sizeof(*l));
	int err;

	if (!l)
		return -ENOMEM;
	err = load(l, config);
	err = err ?: attach(l, config->refusals);
	if (err)
		lives_free(l);
	else
		*ret = l;
	return err;
}

void lives_free(struct lives *l)
{
	if (!l)
		return;
	for (int i = PROGRAMS - 1; i >= 0; i--)
		bpf_link__destroy(l->link[i]);
	lifecycle_bpf__destroy(l->skel);
	free(l);
}

/* ---- while it runs --------------------------------------------------------------------------------------------- */

void lives_report(struct lives *l, bool on)
{
	__atomic_store_n(&l->skel->bss->life_on, on, __ATOMIC_SEQ_CST);
}

void lives_hold(struct lives *l, bool on)
{
	__atomic_store_n(&l->skel->bss->hold_followed, on, __ATOMIC_SEQ_CST);
}

void lives_ask_names(struct lives *l)
{
	__atomic_add_fetch(&l->skel->bss->names_wanted, 1, __ATOMIC_SEQ_CST);
}

void lives_arm(struct lives *l, unsigned int how)
{
	__atomic_store_n(&l->skel->bss->ring_armed, how, __ATOMIC_SEQ_CST);
}

static uint64_t misses_of(const struct bpf_program *prog)
{
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);

	return bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &size) ? 0 : info.recursion_misses;
}

void lives_read(const struct lives *l, struct lives_tally *ret)
{
	const struct lifecycle_bpf__bss *b = l->skel->bss;
	uint64_t n[LIFE_TALLY_COUNT];

	for (int i = 0; i < LIFE_TALLY_COUNT; i++)
		n[i] = __atomic_load_n(&b->life_tally[i], __ATOMIC_RELAXED);
	*ret = (struct lives_tally){
		.sent = n[LIFE_TALLY_SENT],
		.lost = n[LIFE_TALLY_RING_FULL] + n[LIFE_TALLY_OPEN_FULL] + n[LIFE_TALLY_MISSED],
		.skipped = misses_of(l->skel->progs.life_enter) + misses_of(l->skel->progs.life_leave),
	};
	ret->lost += misses_of(l->skel->progs.life_fork) + misses_of(l->skel->progs.life_exec) +
		     misses_of(l->skel->progs.life_exit) + misses_of(l->skel->progs.life_refused);
	for (int i = 0; i < CPUS_MAX; i++)
		ret->unnamed += b->cpus[i].tally[TALLY_UNNAMED] + b->cpus[i].tally[TALLY_PROGRAM_FULL];
}

uint64_t lives_bytes(const struct lives *l)
{
	const struct bpf_map *const own[] = {
		l->skel->maps.life_open, l->skel->maps.life_ended, l->skel->maps.bss, l->skel->maps.rodata,
	};
	uint64_t bytes = 0;

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		bytes += fdinfo_memlock(bpf_map__fd(own[i]));
	return bytes;
}
