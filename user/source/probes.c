/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/source/probes.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "user/host/nsfile.h"
#include "user/host/self.h"
#include "user/host/tracefs.h"
#include "user/source/needs.h"
#include "user/source/types.h"

enum { FILES_NEEDED = 64 };

#define ENOTSUPP_KERNEL 524 /* the kernel's ENOTSUPP, which no errno.h has */

const struct probe_rung probes_ladder[PROBES_RUNGS] = {
	{
		.probe = PROBE_FEXIT,
		.guarded = true,
		.in_function = true,
		.has_opts = true,
		.needs_btf = true,
		.hook = "fexit on the function cap_capable",
		.cannot = "checks that the compiler inlined into their callers, where they cannot be derived; a check "
			  "of a task that runs while another is preempted inside the program is missed and counted",
	},
	{
		.probe = PROBE_TP_BTF,
		.guarded = true,
		.needs_btf = true,
		.hook = "the tracepoint capability:cap_capable, typed",
		.cannot = "audit and insetid; a check of a task that runs while another is preempted inside "
			  "the program is missed and counted",
	},
	{
		.probe = PROBE_TP,
		.hook = "the tracepoint capability:cap_capable, through perf",
		.cannot = "audit and insetid; a check of a task that runs while another is preempted inside "
			  "bpf(2) is missed and counted",
	},
	{
		.probe = PROBE_KPROBE,
		.in_function = true,
		.has_opts = true,
		.hook = "kprobe and kretprobe on the function cap_capable",
		.cannot = "checks that the compiler inlined into their callers, where they cannot be derived; a check "
			  "of a task that runs while another is preempted inside BPF is missed, and counted only since Linux 6.7",
	},
};

const struct probe_rung *probes_rung(enum event_probe probe)
{
	for (int i = 0; i < PROBES_RUNGS; i++)
		if (probes_ladder[i].probe == probe)
			return &probes_ladder[i];
	return NULL;
}

const struct probe_fact *probes_fact(const struct survey *s, enum event_probe probe)
{
	for (int i = 0; i < PROBES_RUNGS; i++)
		if (s->fact[i].probe == probe)
			return &s->fact[i];
	return NULL;
}

/* r0 = 0; exit */
static const struct bpf_insn empty_program[] = {
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
	{ .code = BPF_JMP | BPF_EXIT },
};

/* Loads a program for a typed hook; a descriptor or negative errno. */
static int load(enum bpf_prog_type type, enum bpf_attach_type attach, int btf_id, const struct bpf_insn *insns, size_t count)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = attach, .attach_btf_id = btf_id);

	return bpf_prog_load(type, NULL, "Dual BSD/GPL", insns, count, &opts);
}

static int load_empty(enum bpf_prog_type type, enum bpf_attach_type attach, int btf_id)
{
	return load(type, attach, btf_id, empty_program, sizeof(empty_program) / sizeof(*empty_program));
}

static void set_no(struct probe_fact *f, int error, const char *advice, const char *reason)
{
	f->usable = false;
	f->error = error;
	f->advice = advice;
	snprintf(f->reason, sizeof(f->reason), "%s", reason);
}

/* What a refusal to load or attach a typed program means. */
static void refused(struct probe_fact *f, int error, const char *what)
{
	char reason[sizeof(f->reason)];

	if (error == -EPERM)
		snprintf(reason, sizeof(reason), "%s is refused by this kernel (EPERM)", what);
	else if (error == -ENOTSUPP_KERNEL || error == -EOPNOTSUPP)
		snprintf(reason, sizeof(reason), "this kernel has no %s on this architecture", what);
	else
		snprintf(reason, sizeof(reason), "%s: %s", what, strerror(-error));
	set_no(f, error, NULL, reason);
}

/* Loads and attaches an empty typed program and takes it away again; 0 or negative errno. */
static int try_typed(enum bpf_attach_type attach, int btf_id)
{
	int link, prog = load_empty(BPF_PROG_TYPE_TRACING, attach, btf_id);

	if (prog < 0)
		return prog;
	link = bpf_link_create(prog, 0, attach, NULL);
	if (link >= 0)
		close(link);
	close(prog);
	return link < 0 ? link : 0;
}

/* What is asked of the kernel's types, in one go through them. */
enum {
	ID_FUNCTION,
	ID_TRACEPOINT,
	ID_SECURITY,
	ID_TASK_WORK,
	ID_TASK_WORK_LATER,
	ID_TASK,
	ID_CRED,
	ID_CALL,
	ID_DERIVED = ID_CALL + CALLS_PUT,
	IDS = ID_DERIVED + DERIVED_SITES,
};

static const char *const called[CALLS_PUT] = { "bpf_rdonly_cast", "bpf_task_from_pid", "bpf_task_release" };

static void find_ids(const struct types *types, struct types_wish ids[static IDS])
{
	ids[ID_FUNCTION] = (struct types_wish){ .name = "cap_capable", .kind = BTF_KIND_FUNC };
	ids[ID_TRACEPOINT] = (struct types_wish){ .name = "btf_trace_cap_capable", .kind = BTF_KIND_TYPEDEF };
	ids[ID_SECURITY] = (struct types_wish){ .name = "security_capable", .kind = BTF_KIND_FUNC };
	ids[ID_TASK_WORK] = (struct types_wish){ .name = "bpf_task_work_schedule_resume_impl", .kind = BTF_KIND_FUNC };
	ids[ID_TASK_WORK_LATER] = (struct types_wish){ .name = "bpf_task_work_schedule_resume", .kind = BTF_KIND_FUNC };
	ids[ID_TASK] = (struct types_wish){ .name = "task_struct", .kind = BTF_KIND_STRUCT };
	ids[ID_CRED] = (struct types_wish){ .name = "cred", .kind = BTF_KIND_STRUCT };
	for (int i = 0; i < CALLS_PUT; i++)
		ids[ID_CALL + i] = (struct types_wish){ .name = called[i], .kind = BTF_KIND_FUNC };
	for (int i = 0; i < DERIVED_SITES; i++)
		ids[ID_DERIVED + i] = (struct types_wish){ .name = derived_sites[i].function, .kind = BTF_KIND_FUNC };
	types_find(types, ids, IDS);
}

static void survey_fexit(const struct types_wish ids[static IDS], struct survey *s, struct probe_fact *f)
{
	int err, id = ids[ID_FUNCTION].id;

	if (!id) {
		set_no(f, -ENOENT, NULL, "the kernel's types do not name the function cap_capable");
		return;
	}
	err = try_typed(BPF_TRACE_FEXIT, id);
	if (err) {
		refused(f, err, "fexit");
		return;
	}
	f->usable = true;
	s->function_id = id;
	for (int i = 0; i < DERIVED_SITES; i++)
		s->derived_id[i] = ids[ID_DERIVED + i].id;
	s->security_exit = ids[ID_SECURITY].id && try_typed(BPF_TRACE_FEXIT, ids[ID_SECURITY].id) == 0;
}

static void survey_tp_btf(const struct types_wish ids[static IDS], struct survey *s, struct probe_fact *f)
{
	int err, id = ids[ID_TRACEPOINT].id;

	if (!id) {
		set_no(f, -ENOENT, NULL, "this kernel has no tracepoint capability:cap_capable");
		return;
	}
	err = try_typed(BPF_TRACE_RAW_TP, id);
	if (err) {
		refused(f, err, "tp_btf");
		return;
	}
	f->usable = true;
	s->tracepoint_id = id;
}

static void survey_tp(struct survey *s, struct probe_fact *f)
{
	int err = tracefs_event_id("capability/cap_capable", &s->event_id);

	switch (err) {
	case 0:
		f->usable = true;
		break;
	case -ENOENT:
		set_no(f, err, NULL, "this kernel has no tracepoint capability:cap_capable");
		break;
	case -EACCES:
		set_no(f, err, "grant CAP_DAC_READ_SEARCH", "tracefs is there but may not be read");
		break;
	case -EPERM:
		set_no(f, err, "mount -t tracefs tracefs /sys/kernel/tracing",
		       "tracefs is not mounted, and mounting it needs CAP_SYS_ADMIN");
		break;
	default:
		set_no(f, err, NULL, "this kernel has no tracefs");
	}
}

static void survey_kprobe(struct probe_fact *f)
{
	if (access("/sys/bus/event_source/devices/kprobe/type", R_OK) == 0 ||
	    access("/sys/kernel/tracing/kprobe_events", F_OK) == 0)
		f->usable = true;
	else
		set_no(f, -ENOENT, NULL, "kprobes are not compiled into this kernel (CONFIG_KPROBES)");
}

/* Of who is not root it is tried: to open such an event and to close it again takes milliseconds. */
static void survey_events(uint64_t event_id, struct probe_fact *f)
{
	const bool by_events = f->probe == PROBE_TP || f->probe == PROBE_KPROBE;

	if (by_events && f->usable && self_missing(1ULL << CAP_SYS_ADMIN) && !self_missing(1ULL << CAP_PERFMON) &&
	    !needs_events(f->probe, event_id))
		set_no(f, -EACCES, "sysctl kernel.perf_event_paranoid=2, or grant CAP_SYS_ADMIN",
		       "kernel.perf_event_paranoid leaves perf events to CAP_SYS_ADMIN here");
}

/* The name of cap_capable's fourth parameter: backports have the new meaning under old versions. */
static void survey_opts(const struct types *types, int function, struct survey *s)
{
	const char *name = types_parameter(types, function, 3);

	s->opts_known = name && *name;
	s->opts_is_audit = name && !strcmp(name, "audit");
}

/* Each map, program and link is a file; where there is no room for one, libbpf's own error says anything but that. */
static bool survey_files(struct survey *s)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) || files.rlim_cur >= FILES_NEEDED)
		return true;
	s->error = -EMFILE;
	snprintf(s->reason, sizeof(s->reason), "needs room for %d open files, and the limit is %llu: ulimit -n %d",
		 FILES_NEEDED, (unsigned long long)files.rlim_cur, FILES_NEEDED);
	return false;
}

/* May BPF be used at all? Says why not in words. */
static bool survey_privilege(struct survey *s)
{
	uint64_t need = (1ULL << CAP_BPF) | (1ULL << CAP_PERFMON);
	uint64_t missing = self_missing(need);
	int fd;

	if (missing && self_missing(1ULL << CAP_SYS_ADMIN)) {
		s->error = -EPERM;
		snprintf(s->reason, sizeof(s->reason), "needs %s%s%s: run with sudo, or grant it",
			 missing & (1ULL << CAP_BPF) ? "CAP_BPF" : "",
			 missing == need ? " and " : "", missing & (1ULL << CAP_PERFMON) ? "CAP_PERFMON" : "");
		return false;
	}
	fd = load_empty(BPF_PROG_TYPE_TRACEPOINT, 0, 0);
	if (fd < 0) {
		s->error = fd;
		if (fd == -EPERM && nsfile_user_nested())
			snprintf(s->reason, sizeof(s->reason), "the kernel lets nobody in a user namespace load BPF "
				 "programs: start capsieve on the host, or in a container without user namespace");
		else
			snprintf(s->reason, sizeof(s->reason), "the kernel refuses BPF programs: %s", strerror(-fd));
		return false;
	}
	close(fd);
	return true;
}

bool probes_cast_memory(const struct survey *s)
{
	const struct bpf_insn reads[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2 },
		{ .code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_KFUNC_CALL, .imm = s->call_id[0] },
		{ .code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_0, .src_reg = BPF_REG_0, .off = 1024 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int id = s->tracepoint_id ? s->tracepoint_id : s->function_id, prog;

	if (!id || !s->call_id[0])
		return false;
	prog = load(BPF_PROG_TYPE_TRACING, s->tracepoint_id ? BPF_TRACE_RAW_TP : BPF_TRACE_FEXIT, id, reads,
		    sizeof(reads) / sizeof(*reads));
	if (prog >= 0)
		close(prog);
	return prog >= 0;
}

void probes_survey(const struct types *types, bool kernel_btf, struct survey *ret)
{
	struct types_wish ids[IDS];

	memset(ret, 0, sizeof(*ret));
	ret->kernel_btf = kernel_btf;
	for (int i = 0; i < PROBES_RUNGS; i++)
		ret->fact[i].probe = probes_ladder[i].probe;
	if (!survey_files(ret) || !survey_privilege(ret)) {
		for (int i = 0; i < PROBES_RUNGS; i++)
			set_no(&ret->fact[i], ret->error, NULL, ret->reason);
		return;
	}
	if (types) {
		find_ids(types, ids);
		survey_opts(types, ids[ID_FUNCTION].id, ret);
		for (int i = 0; i < CALLS_PUT; i++)
			ret->call_id[i] = kernel_btf ? ids[ID_CALL + i].id : 0;
		/* Where both are there, it is called in another way than bpf/outcome.bpf.c does. */
		ret->task_work = kernel_btf && ids[ID_TASK_WORK].id && !ids[ID_TASK_WORK_LATER].id;
		ret->task_id = ids[ID_TASK].id;
		ret->cred_id = ids[ID_CRED].id;
		/* LSM programs had it first (5.11), tracing programs since 5.12 (a10787e6d58c). */
		ret->task_storage = kernel_btf && libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE,
									  BPF_FUNC_task_storage_get, NULL) == 1;
	}
	for (int i = 0; i < PROBES_RUNGS; i++) {
		struct probe_fact *f = &ret->fact[i];

		if (probes_ladder[i].needs_btf && !kernel_btf)
			set_no(f, -ENOENT, NULL, "this kernel was built without BTF, its own description of its types");
		else if (!types)
			set_no(f, -ENOENT, "--btf FILE", "no description of this kernel's types was found");
		else if (f->probe == PROBE_FEXIT)
			survey_fexit(ids, ret, f);
		else if (f->probe == PROBE_TP_BTF)
			survey_tp_btf(ids, ret, f);
		else if (f->probe == PROBE_TP)
			survey_tp(ret, f);
		else
			survey_kprobe(f);
		survey_events(ret->event_id, f);
	}
}
