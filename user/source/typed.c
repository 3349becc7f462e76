/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/source/typed.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdio.h>

#include "user/source/probes.h"

/* Until now the program had another type, or libbpf would have read the types for it. The cookie is the number. */
static int prepare(struct bpf_program *prog, struct bpf_prog_load_opts *opts, long cookie)
{
	opts->attach_btf_id = (__u32)cookie;
	return bpf_program__set_type(prog, BPF_PROG_TYPE_TRACING);
}

static int tell(const char *section, enum bpf_attach_type attach, int id)
{
	LIBBPF_OPTS(libbpf_prog_handler_opts, opts, .cookie = id, .prog_prepare_load_fn = prepare);

	return id > 0 ? libbpf_register_prog_handler(section, BPF_PROG_TYPE_RAW_TRACEPOINT, attach, &opts) : -1;
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

void typed_tell(const struct survey *s, struct typed_hooks *ret)
{
	char section[64];

	keep_list();
	ret->handler[0] = tell("fexit/cap_capable", BPF_TRACE_FEXIT, s->function_id);
	ret->handler[1] = tell("tp_btf/cap_capable", BPF_TRACE_RAW_TP, s->tracepoint_id);
	for (int i = 0; i < DERIVED_SITES; i++) {
		snprintf(section, sizeof(section), "fentry/%s", derived_sites[i].function);
		ret->handler[2 + i] = tell(section, BPF_TRACE_FENTRY, s->derived_id[i]);
	}
}

void typed_untell(struct typed_hooks *hooks)
{
	for (int i = 0; i < TYPED_HOOKS; i++) {
		if (hooks->handler[i] >= 0)
			libbpf_unregister_prog_handler(hooks->handler[i]);
		hooks->handler[i] = -1;
	}
}
