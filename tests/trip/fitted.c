/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Are our programs fitted to a kernel's types as libbpf would have fitted them? fitted FILE: with the types of a file.
 * libbpf shows its instructions only when it loads them; in place of each program one that does nothing is loaded.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/config.h"
#include "bpf/pattern.h"
#include "capsieve.skel.h"
#include "lifecycle.skel.h"
#include "sending.skel.h"
#include "user/source/fit.h"
#include "user/source/types.h"

enum { PROGRAMS_MAX = 64 };

/* The few programs serve in the place of all: maps and globals are the same. */
_Static_assert(sizeof(struct sending_bpf__bss) == sizeof(struct capsieve_bpf__bss), "");
_Static_assert(sizeof(struct sending_bpf__rodata) == sizeof(struct capsieve_bpf__rodata), "");
_Static_assert(sizeof(struct sending_bpf__data) == sizeof(struct capsieve_bpf__data), "");
_Static_assert(offsetof(struct sending_bpf__bss, probe_now) == offsetof(struct capsieve_bpf__bss, probe_now), "");
_Static_assert(offsetof(struct sending_bpf__bss, ring_armed) == offsetof(struct capsieve_bpf__bss, ring_armed), "");
_Static_assert(offsetof(struct sending_bpf__rodata, gate) == offsetof(struct capsieve_bpf__rodata, gate), "");
_Static_assert(offsetof(struct sending_bpf__rodata, ring_wake_at) == offsetof(struct capsieve_bpf__rodata, ring_wake_at), "");

struct shown {
	char name[64];
	struct bpf_insn *insn;
	size_t count;
};

struct object {
	struct shown shown[PROGRAMS_MAX];
	size_t count;
};

static struct object *now;

static int show(struct bpf_program *prog, struct bpf_prog_load_opts *opts, long cookie)
{
	static struct bpf_insn nothing[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	struct shown *s = &now->shown[now->count++];
	size_t size = bpf_program__insn_cnt(prog) * sizeof(*s->insn);

	snprintf(s->name, sizeof(s->name), "%s", bpf_program__name(prog));
	s->count = bpf_program__insn_cnt(prog);
	s->insn = malloc(size);
	if (!s->insn)
		return -ENOMEM;
	memcpy(s->insn, bpf_program__insns(prog), size);
	(void)cookie;
	opts->func_info_cnt = 0;
	opts->line_info_cnt = 0;
	opts->expected_attach_type = 0;
	return bpf_program__set_type(prog, BPF_PROG_TYPE_SOCKET_FILTER) ?: bpf_program__set_insns(prog, nothing, 2);
}

/* What libbpf is told of sections stays, and a second word of the same is refused: each is told once. */
static void tell(const void *elf, size_t size)
{
	LIBBPF_OPTS(libbpf_prog_handler_opts, opts, .prog_prepare_load_fn = show);
	struct bpf_object *o = bpf_object__open_mem(elf, size, NULL);
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, o)
		libbpf_register_prog_handler(bpf_program__section_name(prog), BPF_PROG_TYPE_RAW_TRACEPOINT, 0, &opts);
	bpf_object__close(o);
}

static int look(const void *elf, size_t size, const char *btf, struct object *ret)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = btf);
	struct bpf_object *o = bpf_object__open_mem(elf, size, &opts);
	struct bpf_program *prog;
	struct bpf_map *map;
	int err;

	if (!o)
		return -errno;
	bpf_object__for_each_program(prog, o)
		bpf_program__set_autoload(prog, true);
	/* Any map will do, also on a kernel that has no task storage. */
	bpf_object__for_each_map(map, o) {
		if (bpf_map__type(map) == BPF_MAP_TYPE_TASK_STORAGE) {
			bpf_map__set_type(map, BPF_MAP_TYPE_HASH);
			bpf_map__set_map_flags(map, 0);
		}
		if (!bpf_map__is_internal(map) && bpf_map__type(map) != BPF_MAP_TYPE_RINGBUF)
			bpf_map__set_max_entries(map, 1);
	}
	now = ret;
	err = bpf_object__load(o);
	bpf_object__close(o);
	return err;
}

/* The number of a map is another one each time. */
static int is_other(const struct shown *a, const struct shown *b)
{
	if (strcmp(a->name, b->name) || a->count != b->count)
		return 1;
	for (size_t i = 0; i < a->count; i++) {
		struct bpf_insn x = a->insn[i], y = b->insn[i];

		if (x.code == (BPF_LD | BPF_IMM | BPF_DW) && x.src_reg)
			x.imm = y.imm = 0;
		if (!memcmp(&x, &y, sizeof(x)))
			continue;
		printf("%s: instruction %zu of %zu: %02x off %d imm %d, and ours %02x off %d imm %d\n", a->name, i, a->count,
		       x.code, x.off, x.imm, y.code, y.off, y.imm);
		return 1;
	}
	return 0;
}

static void object_done(struct object *o)
{
	for (size_t i = 0; i < o->count; i++)
		free(o->shown[i].insn);
}

static int is_any_other(const char *what, const struct object *theirs, const struct object *ours)
{
	size_t insns = 0;

	for (size_t i = 0; i < theirs->count || i < ours->count; i++) {
		if (is_other(&theirs->shown[i], &ours->shown[i]))
			return 1;
		insns += ours->shown[i].count;
	}
	printf("%s: %zu programs, %zu instructions, all alike\n", what, ours->count, insns);
	return 0;
}

static int compare(const char *what, const void *elf, size_t size, const struct types *types, const char *btf)
{
	struct object theirs = {}, ours = {};
	struct fit fit = {};
	int err = fit_copy(&fit, elf, size) ?: fit_object(&fit, types), other = 1;

	tell(elf, size);
	err = err ?: look(elf, size, btf, &theirs);
	err = err ?: look(fit.elf, fit.size, NULL, &ours);
	if (err)
		printf("%s: %s\n", what, strerror(-err));
	else
		other = is_any_other(what, &theirs, &ours);
	object_done(&theirs);
	object_done(&ours);
	fit_done(&fit);
	return other;
}

int main(int argc, char **argv)
{
	struct btf *btf = argc == 2 ? btf__parse(argv[1], NULL) : NULL;
	const void *data, *elf;
	struct types *types;
	uint32_t size;
	size_t n;
	int other;

	if (!btf) {
		fprintf(stderr, "fitted FILE: a kernel's types\n");
		return 2;
	}
	/* That the lines are missing, which are taken away. */
	libbpf_set_print(NULL);
	data = btf__raw_data(btf, &size);
	if (types_new(data, size, &types))
		return 2;
	elf = capsieve_bpf__elf_bytes(&n);
	other = compare("checks", elf, n, types, argv[1]);
	elf = lifecycle_bpf__elf_bytes(&n);
	if (!other)
		other = compare("lifecycle", elf, n, types, argv[1]);
	elf = sending_bpf__elf_bytes(&n);
	if (!other)
		other = compare("sending", elf, n, types, argv[1]);
	types_free(types);
	btf__free(btf);
	return other;
}
