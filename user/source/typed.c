/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/source/typed.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "user/source/probes.h"

/* Until now the program had another type, or libbpf would have read the types for it. */
static int prepare(struct bpf_program *prog, struct bpf_prog_load_opts *opts, long cookie)
{
	const int *id = (const int *)cookie;

	if (*id <= 0)
		return -ENOENT;
	opts->attach_btf_id = (__u32)*id;
	return bpf_program__set_type(prog, BPF_PROG_TYPE_TRACING);
}

static int tell(const char *section, enum bpf_attach_type attach, const int *id)
{
	LIBBPF_OPTS(libbpf_prog_handler_opts, opts, .cookie = (long)id, .prog_prepare_load_fn = prepare);

	return libbpf_register_prog_handler(section, BPF_PROG_TYPE_RAW_TRACEPOINT, attach, &opts);
}

/*
 * One handler stays: a libbpf before 1.3 that is to forget its last one frees the list of them, and frees it again when
 * the next one comes.
 */
static void keep_list(void)
{
	static bool kept;

	if (!kept)
		kept = libbpf_register_prog_handler("capsieve-none", BPF_PROG_TYPE_UNSPEC, 0, NULL) >= 0;
}

void typed_tell(struct typed_hooks *ret)
{
	char section[64];

	memset(ret->id, 0, sizeof(ret->id));
	keep_list();
	ret->handler[TYPED_FEXIT] = tell("fexit/cap_capable", BPF_TRACE_FEXIT, &ret->id[TYPED_FEXIT]);
	ret->handler[TYPED_TP_BTF] = tell("tp_btf/cap_capable", BPF_TRACE_RAW_TP, &ret->id[TYPED_TP_BTF]);
	for (int i = 0; i < DERIVED_SITES; i++) {
		snprintf(section, sizeof(section), "fentry/%s", derived_sites[i].function);
		ret->handler[TYPED_DERIVED + i] = tell(section, BPF_TRACE_FENTRY, &ret->id[TYPED_DERIVED + i]);
	}
}

void typed_number(struct typed_hooks *hooks, const struct survey *s)
{
	hooks->id[TYPED_FEXIT] = s->function_id;
	hooks->id[TYPED_TP_BTF] = s->tracepoint_id;
	for (int i = 0; i < DERIVED_SITES; i++)
		hooks->id[TYPED_DERIVED + i] = s->derived_id[i];
}

void typed_untell(struct typed_hooks *hooks)
{
	for (int i = 0; i < TYPED_HOOKS; i++) {
		if (hooks->handler[i] > 0)
			libbpf_unregister_prog_handler(hooks->handler[i]);
		hooks->handler[i] = 0;
	}
}
