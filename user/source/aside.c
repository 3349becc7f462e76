/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/source/aside.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *load(void *arg)
{
	struct aside *a = arg;

	a->fd = bpf_prog_load(a->type, a->name, "Dual BSD/GPL", a->insns, a->count, &a->opts);
	return NULL;
}

static void *copy_of(const void *data, size_t size)
{
	void *copy = malloc(size ? size : 1);

	return copy ? memcpy(copy, data, size) : NULL;
}

static void forget(struct aside *a)
{
	free(a->insns);
	free(a->functions);
	a->insns = a->functions = NULL;
}

/* Without its lines, which nobody would see. */
static int copy(struct aside *a, const struct bpf_program *prog, const struct bpf_prog_load_opts *opts)
{
	a->count = bpf_program__insn_cnt(prog);
	a->insns = copy_of(bpf_program__insns(prog), a->count * sizeof(struct bpf_insn));
	a->functions = copy_of(opts->func_info, (size_t)opts->func_info_cnt * opts->func_info_rec_size);
	if (!a->insns || !a->functions)
		return -ENOMEM;
	snprintf(a->name, sizeof(a->name), "%s", bpf_program__name(prog));
	a->opts = (struct bpf_prog_load_opts){
		.sz = sizeof(a->opts),
		.attempts = opts->attempts,
		.prog_btf_fd = opts->prog_btf_fd,
		.kern_version = opts->kern_version,
		.prog_flags = opts->prog_flags,
		.func_info = a->functions,
		.func_info_cnt = opts->func_info_cnt,
		.func_info_rec_size = opts->func_info_rec_size,
	};
	return 0;
}

static int replace(struct bpf_program *prog, struct bpf_prog_load_opts *opts)
{
	static struct bpf_insn nothing[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	opts->func_info_cnt = 0;
	opts->line_info_cnt = 0;
	return bpf_program__set_insns(prog, nothing, sizeof(nothing) / sizeof(nothing[0]));
}

/* Where anything is in the way, libbpf goes its usual one. */
static int prepare(struct bpf_program *prog, struct bpf_prog_load_opts *opts, long cookie)
{
	struct aside *a = (struct aside *)cookie;

	if (a->off || a->begun)
		return 0;
	if (copy(a, prog, opts) || pthread_create(&a->thread, NULL, load, a)) {
		forget(a);
		return 0;
	}
	a->begun = true;
	return replace(prog, opts);
}

void aside_tell(struct aside *a, const char *section, enum bpf_prog_type type)
{
	LIBBPF_OPTS(libbpf_prog_handler_opts, opts, .cookie = (long)a, .prog_prepare_load_fn = prepare);

	a->type = type;
	a->fd = -ENOENT;
	a->handler = libbpf_register_prog_handler(section, type, 0, &opts);
}

int aside_await(struct aside *a)
{
	int fd;

	if (!a->begun)
		return -ENOENT;
	pthread_join(a->thread, NULL);
	a->begun = false;
	forget(a);
	fd = a->fd;
	a->fd = -ENOENT;
	return fd;
}

void aside_done(struct aside *a)
{
	int fd = aside_await(a);

	if (fd >= 0)
		close(fd);
	if (a->handler > 0)
		libbpf_unregister_prog_handler(a->handler);
	a->handler = 0;
}
