/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/source/returns.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/config.h"
#include "outcome_call.skel.h"
#include "user/caps/syscalls.h"
#include "user/source/attach.h"
#include "user/source/survey.h"
#include "user/source/types.h"

enum { FUNCTION_MAX = 64, WAYS = 2 };

#define X32_BIT SYSCALL_X32_BIT

#if defined(__aarch64__)
#define OWN_PREFIX "__arm64_sys_"
#define PREFIXES_OF_32 { "__arm64_compat_sys_", "__arm64_sys_" }
#else
#define OWN_PREFIX "__x64_sys_"
#define PREFIXES_OF_32 { "__ia32_compat_sys_", "__ia32_sys_" }
#endif

/*
 * Calls in which checks are most usual, those that refuse most first. Few: to take one away keeps the kernel for a tenth of a
 * second (it waits until nobody can be in its trampoline), one after the other. None is a call that programs live on, as
 * read, write, close, mmap and futex are.
 */
static const char *const usual[] = { "openat", "chown", "fchownat", "setuid", "setgroups", "bind", "socket", "mount" };
enum { USUAL = sizeof(usual) / sizeof(usual[0]) };

/* Where the kernel's function has another name than the call. What ends in "32" is of 32-bit programs, and without that. */
static const struct {
	bool of_32;
	const char *call, *function;
} other_names[] = {
	{ false, "stat", "newstat" }, { false, "lstat", "newlstat" }, { false, "fstat", "newfstat" },
	{ false, "uname", "newuname" }, { false, "umount2", "umount" }, { false, "sendfile", "sendfile64" },
	{ true, "umount", "oldumount" }, { true, "umount2", "umount" }, { true, "clone", "ia32_clone" },
	{ true, "stat", "newstat" }, { true, "lstat", "newlstat" }, { true, "fstat", "newfstat" }, { true, "uname", "newuname" },
	{ true, "chown", "chown16" }, { true, "lchown", "lchown16" }, { true, "fchown", "fchown16" },
	{ true, "setuid", "setuid16" }, { true, "setgid", "setgid16" }, { true, "setgroups", "setgroups16" },
	{ true, "setreuid", "setreuid16" }, { true, "setregid", "setregid16" }, { true, "setresuid", "setresuid16" },
	{ true, "setresgid", "setresgid16" }, { true, "setfsuid", "setfsuid16" }, { true, "setfsgid", "setfsgid16" },
};

/* A call, and the kernel's functions that may be its own, the likeliest first. */
struct wanted {
	bool of_32;
	unsigned int nr;
	unsigned int count;
	char function[WAYS + 1][FUNCTION_MAX];
	int id[WAYS + 1];		/* among the kernel's types; 0: none */
};

struct returns {
	struct returns_config config;
	struct outcome_call_bpf *skel;
	struct syscalls *names;
	int files[2 * RETURNS_MAX];	/* links, and events */
	unsigned int file_count, count;
};

static enum syscall_abi abi_of(const struct returns *r, bool of_32)
{
	return syscalls_abi(r->names, of_32, false);
}

static const char *function_name(bool of_32, const char *call)
{
	for (size_t i = 0; i < sizeof(other_names) / sizeof(other_names[0]); i++)
		if (other_names[i].of_32 == of_32 && !strcmp(other_names[i].call, call))
			return other_names[i].function;
	return call;
}

static void put_function(struct wanted *w, const char *prefix, const char *name)
{
	size_t len = strlen(name);

	if (w->of_32 && len > 2 && !strcmp(name + len - 2, "32"))
		len -= 2;
	snprintf(w->function[w->count++], FUNCTION_MAX, "%s%.*s", prefix, (int)len, name);
}

/* False: a call of that number has no name. */
static bool describe(struct returns *r, bool of_32, unsigned int nr, struct wanted *ret)
{
	static const char *const prefixes[WAYS] = PREFIXES_OF_32;
	const char *call = syscalls_name(r->names, abi_of(r, of_32), nr);
	const char *function = call ? function_name(of_32, call) : NULL;

	*ret = (struct wanted){ .of_32 = of_32, .nr = nr };
	if (!call)
		return false;
	if (!of_32) {
		put_function(ret, OWN_PREFIX, function);
		return true;
	}
	for (int i = 0; i < WAYS; i++)
		put_function(ret, prefixes[i], function);
	put_function(ret, prefixes[WAYS - 1], call);
	return true;
}

/* The kernel's numbers for the functions of all of these, in one go through its types. */
static int find_functions(struct wanted *wanted, size_t n)
{
	struct types_wish *wishes = calloc(n * (WAYS + 1), sizeof(*wishes));
	size_t count = 0;
	int err;

	if (!wishes)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		for (unsigned int way = 0; way < wanted[i].count; way++)
			wishes[count++] = (struct types_wish){ .name = wanted[i].function[way], .kind = BTF_KIND_FUNC };
	err = survey_find(wishes, count);
	count = 0;
	for (size_t i = 0; !err && i < n; i++)
		for (unsigned int way = 0; way < wanted[i].count; way++)
			wanted[i].id[way] = wishes[count++].id;
	free(wishes);
	return err;
}

static void put_number(struct bpf_insn *insns, size_t count, int stands_for, int number)
{
	for (size_t i = 0; i < count; i++)
		if (insns[i].code == (BPF_ALU64 | BPF_MOV | BPF_K) && insns[i].imm == stands_for)
			insns[i].imm = number;
}

/*
 * The number that the function's other callers have: on arm64 programs of 32 bits come to the same one, under a name of
 * their own or with the bits behind it. -1: none.
 */
static int other_number(const struct returns *r, const struct wanted *w)
{
#if defined(__aarch64__)
	const char *call = syscalls_name(r->names, abi_of(r, w->of_32), w->nr);
	char name[FUNCTION_MAX];
	int nr;

	if (w->of_32)
		return -1;
	snprintf(name, sizeof(name), "%s32", call ? call : "");
	nr = syscalls_number(abi_of(r, true), name);
	return nr >= 0 ? nr : syscalls_number(abi_of(r, true), call ? call : "");
#else
	(void)r;
	(void)w;
	return -1;
#endif
}

/* A copy of that program, for one call; its descriptor or negative errno. */
static int load_for(const struct returns *r, const struct bpf_program *prog, const struct wanted *w, int function)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .attach_btf_id = (__u32)function);
	size_t count = bpf_program__insn_cnt(prog);
	struct bpf_insn *insns = malloc(count * sizeof(*insns));
	int other = other_number(r, w), fd;

	if (!insns)
		return -ENOMEM;
	memcpy(insns, bpf_program__insns(prog), count * sizeof(*insns));
	put_number(insns, count, RETURN_OWN_NR, w->of_32 ? other : (int)w->nr);
	put_number(insns, count, RETURN_NR_32, w->of_32 ? (int)w->nr : other);
	if (function)
		opts.expected_attach_type = BPF_TRACE_FEXIT;
	fd = bpf_prog_load(function ? BPF_PROG_TYPE_TRACING : BPF_PROG_TYPE_KPROBE, bpf_program__name(prog), "Dual BSD/GPL",
			   insns, count, &opts);
	free(insns);
	return fd;
}

static int keep(struct returns *r, int file)
{
	if (file >= 0)
		r->files[r->file_count++] = file;
	return file < 0 ? file : 0;
}

static int attach_typed(struct returns *r, const struct wanted *w, int function)
{
	int prog = load_for(r, r->skel->progs.return_typed, w, function);
	int link = prog < 0 ? prog : bpf_link_create(prog, 0, BPF_TRACE_FEXIT, NULL);

	if (prog >= 0)
		close(prog);
	return keep(r, link);
}

static int attach_one(struct returns *r, const struct bpf_program *prog, const struct wanted *w, const char *function, bool at_return)
{
	int fd = load_for(r, prog, w, 0);
	int event = fd < 0 ? fd : attach_function(fd, function, at_return);

	if (fd >= 0)
		close(fd);
	return keep(r, event);
}

static int attach_probed(struct returns *r, const struct wanted *w, const char *function)
{
	int err = attach_one(r, r->skel->progs.return_probed, w, function, true);

	return err ?: attach_one(r, r->skel->progs.enter_probed, w, function, false);
}

static void set_state(struct returns *r, bool of_32, int nr, enum call_return state)
{
	uint8_t *at = of_32 ? r->config.calls->of_32 : r->config.calls->own;

	if (nr >= 0 && nr < RETURN_CALLS)
		__atomic_store_n(&at[nr], state, __ATOMIC_RELEASE);
}

static int attach(struct returns *r, const struct wanted *w)
{
	int err = -ENOENT;

	if (r->count >= RETURNS_MAX)
		return -ENOSPC;
	for (unsigned int i = 0; i < w->count && err == -ENOENT; i++)
		if (!r->config.typed)
			err = attach_probed(r, w, w->function[i]);
		else if (w->id[i])
			err = attach_typed(r, w, w->id[i]);
	if (err)
		return err;
	r->count++;
	set_state(r, w->of_32, (int)w->nr, CALL_RETURN_HEARD);
	set_state(r, true, other_number(r, w), CALL_RETURN_HEARD);
	return 0;
}

int returns_begin(struct returns *r)
{
	struct wanted *wanted = calloc(USUAL, sizeof(*wanted));
	size_t n = 0;
	int nr, err = 0;

	if (!wanted)
		return -ENOMEM;
	for (size_t i = 0; i < USUAL; i++) {
		nr = syscalls_number(abi_of(r, false), usual[i]);
		if (nr >= 0 && describe(r, false, (unsigned int)nr, &wanted[n]))
			n++;
	}
	if (r->config.typed)
		err = find_functions(wanted, n);
	for (size_t i = 0; !err && i < n; i++) {
		int one = attach(r, &wanted[i]);

		if (one && one != -ENOENT && !r->count)
			err = one;
	}
	free(wanted);
	return err;
}

/* What does not return from its call has no return that could be heard. */
static bool returns_at_all(const char *call)
{
	return call && strcmp(call, "exit") && strcmp(call, "exit_group");
}

static int add(struct returns *r, bool of_32, unsigned int nr)
{
	struct wanted w;
	int err;

	if (!describe(r, of_32, nr, &w) || !returns_at_all(syscalls_name(r->names, abi_of(r, of_32), nr)))
		return -ENOENT;
	err = r->config.typed ? find_functions(&w, 1) : 0;
	return err ?: attach(r, &w);
}

int returns_add(struct returns *r, bool of_32, unsigned int nr)
{
	const uint8_t *at = of_32 ? r->config.calls->of_32 : r->config.calls->own;
	int err;

	nr &= ~X32_BIT;
	if (nr >= RETURN_CALLS)
		return -ENOENT;
	if (at[nr] != CALL_RETURN_NOT)
		return 0;
	err = add(r, of_32, nr);
	if (err)
		set_state(r, of_32, (int)nr, CALL_RETURN_NEVER);
	return err;
}

unsigned int returns_count(const struct returns *r)
{
	return r->count;
}

static int load(struct returns *r)
{
	const struct returns_config *c = &r->config;
	struct outcome_call_bpf *s = outcome_call_bpf__open();
	int err;

	if (!s)
		return -errno;
	bpf_program__set_autoload(s->progs.return_typed, c->typed);
	bpf_program__set_autoload(s->progs.return_probed, !c->typed);
	bpf_program__set_autoload(s->progs.enter_probed, !c->typed);
	err = bpf_map__reuse_fd(s->maps.ring, c->ring);
	err = err ?: bpf_map__reuse_fd(s->maps.outcomes, c->outcomes);
	err = err ?: bpf_map__reuse_fd(s->maps.outcome_marks, c->marks);
	err = err ?: bpf_map__reuse_fd(s->maps.counts, c->counts);
	err = err ?: outcome_call_bpf__load(s);
	if (err)
		outcome_call_bpf__destroy(s);
	else
		r->skel = s;
	return err;
}

int returns_open(const struct returns_config *config, struct returns **ret)
{
	struct returns *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return -ENOMEM;
	r->config = *config;
	r->names = syscalls_new();
	err = r->names ? load(r) : -ENOMEM;
	if (err)
		returns_free(r);
	else
		*ret = r;
	return err;
}

void returns_free(struct returns *r)
{
	if (!r)
		return;
	while (r->file_count)
		close(r->files[--r->file_count]);
	outcome_call_bpf__destroy(r->skel);
	syscalls_free(r->names);
	free(r);
}
