/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/source/typed.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "user/source/probes.h"

/* libbpf would look for the functions' numbers among all of the kernel's types. */
static void put_calls(struct bpf_program *prog, const int function[static CALLS_PUT])
{
	struct bpf_insn *insn = (struct bpf_insn *)bpf_program__insns(prog);

	for (size_t i = 0; i < bpf_program__insn_cnt(prog); i++) {
		const int which = insn[i].imm - CALL_LOOSE;

		if (insn[i].code != (BPF_JMP | BPF_CALL) || insn[i].src_reg || which < 0 || which >= CALLS_PUT ||
		    !function[which])
			continue;
		insn[i].src_reg = BPF_PSEUDO_KFUNC_CALL;
		insn[i].imm = function[which];
	}
}

/* Until now the program had another type, or libbpf would have read the types for it. */
static int prepare(struct bpf_program *prog, struct bpf_prog_load_opts *opts, long cookie)
{
	const struct typed_hook *hook = (const struct typed_hook *)cookie;

	if (hook->id <= 0)
		return -ENOENT;
	put_calls(prog, hook->call);
	opts->attach_btf_id = (__u32)hook->id;
	return bpf_program__set_type(prog, BPF_PROG_TYPE_TRACING);
}

static int tell(const char *section, enum bpf_attach_type attach, const struct typed_hook *hook)
{
	LIBBPF_OPTS(libbpf_prog_handler_opts, opts, .cookie = (long)hook, .prog_prepare_load_fn = prepare);

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

	memset(ret->hook, 0, sizeof(ret->hook));
	keep_list();
	ret->handler[TYPED_FEXIT] = tell("fexit/cap_capable", BPF_TRACE_FEXIT, &ret->hook[TYPED_FEXIT]);
	ret->handler[TYPED_TP_BTF] = tell("tp_btf/cap_capable", BPF_TRACE_RAW_TP, &ret->hook[TYPED_TP_BTF]);
	for (int i = 0; i < DERIVED_SITES; i++) {
		snprintf(section, sizeof(section), "fentry/%s", derived_sites[i].function);
		ret->handler[TYPED_DERIVED + i] = tell(section, BPF_TRACE_FENTRY, &ret->hook[TYPED_DERIVED + i]);
	}
}

void typed_number(struct typed_hooks *hooks, const struct survey *s, bool calls)
{
	hooks->hook[TYPED_FEXIT].id = s->function_id;
	hooks->hook[TYPED_TP_BTF].id = s->tracepoint_id;
	for (int i = 0; i < DERIVED_SITES; i++)
		hooks->hook[TYPED_DERIVED + i].id = s->derived_id[i];
	for (int i = 0; calls && i < TYPED_HOOKS; i++)
		memcpy(hooks->hook[i].call, s->call_id, sizeof(s->call_id));
}

void typed_untell(struct typed_hooks *hooks)
{
	for (int i = 0; i < TYPED_HOOKS; i++) {
		if (hooks->handler[i] > 0)
			libbpf_unregister_prog_handler(hooks->handler[i]);
		hooks->handler[i] = 0;
	}
}
