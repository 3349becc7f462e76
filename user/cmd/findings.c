/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/findings.h"

#include <assert.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/caps/capability.h"
#include "user/host/features.h"
#include "user/host/self.h"
#include "user/model/record.h"
#include "user/source/live.h"
#include "user/source/probes.h"
#include "user/source/trial.h"

#define KERNEL "this kernel"
#define SELF   "capsieve itself"
#define PROBES "probes"
#define TRIAL  "heard at a trial"
#define COST   "what listening takes"

/* A text that lives as long as the findings; "" where there is no memory. */
__attribute__((format(printf, 2, 3))) static const char *keep(struct findings *f, const char *format, ...)
{
	char *text;
	va_list args;
	int len;

	assert(f->owned_count < sizeof(f->owned) / sizeof(f->owned[0]));
	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	if (len < 0)
		return "";
	f->owned[f->owned_count++] = text;
	return text;
}

void findings_done(struct findings *f)
{
	for (size_t i = 0; i < f->owned_count; i++)
		free(f->owned[i]);
	f->owned_count = f->count = 0;
}

static void add(struct findings *f, struct doctor_row row)
{
	assert(f->count < FINDINGS_MAX);
	f->rows[f->count++] = row;
}

static enum doctor_state state_of(const struct feature *feature)
{
	static const enum doctor_state states[] = {
		[FEATURE_UNKNOWN] = DOCTOR_UNKNOWN, [FEATURE_NO] = DOCTOR_NO, [FEATURE_YES] = DOCTOR_YES,
	};

	return states[feature->state];
}

/* A row of a yes/no question: advice is for a no. */
static void add_feature(struct findings *f, const char *item, const struct feature *feature,
			const char *value, const char *advice)
{
	add(f, (struct doctor_row){
		.section = KERNEL,
		.item = item,
		.state = state_of(feature),
		.value = feature->state == FEATURE_YES ? value : NULL,
		.reason = feature->why,
		.advice = feature->state == FEATURE_NO ? advice : NULL,
	});
}

static void add_word(struct findings *f, const char *item, const struct feature_word *word,
		     const char *advice)
{
	add(f, (struct doctor_row){
		.section = KERNEL,
		.item = item,
		.state = word->word ? DOCTOR_FACT : DOCTOR_UNKNOWN,
		.value = word->word,
		.reason = word->why,
		.advice = advice,
	});
}

static void add_lockdown(struct findings *f, const struct feature_word *lockdown)
{
	if (!lockdown->word || strcmp(lockdown->word, "confidentiality")) {
		add_word(f, "lockdown", lockdown, NULL);
		return;
	}
	add(f, (struct doctor_row){
		.section = KERNEL,
		.item = "lockdown",
		.state = DOCTOR_NO,
		.value = lockdown->word,
		.reason = "it forbids what every probe does, reading the kernel's memory",
		.advice = "boot with lockdown=integrity",
	});
}

static void add_sysctls(struct findings *f, const struct features *features)
{
	for (size_t i = 0; i < SYSCTL_COUNT; i++) {
		const struct feature_number *n = &features->sysctls[i];

		add(f, (struct doctor_row){
			.section = KERNEL,
			.item = features_sysctl_name((enum features_sysctl)i),
			.state = n->known ? DOCTOR_FACT : DOCTOR_UNKNOWN,
			.value = n->known ? keep(f, "%lld", n->value) : NULL,
			.reason = n->known ? NULL : "it cannot be read",
			.detail = true,
		});
	}
}

static void add_cgroups(struct findings *f, const struct features *features)
{
	const char *word = features->cgroups.word, *at = features->cgroup2_at;

	add(f, (struct doctor_row){
		.section = KERNEL,
		.item = "cgroups",
		.state = word ? DOCTOR_FACT : DOCTOR_UNKNOWN,
		.value = word && *at ? keep(f, "%s, version 2 at %s", word, at) : word,
		.reason = features->cgroups.why,
		.advice = *at ? NULL : "--cgroup needs version 2: mount -t cgroup2 none DIR",
	});
}

void findings_kernel(struct findings *f, const struct features *features)
{
	unsigned long long btf_kib = features->btf_bytes >> 10;

	add(f, (struct doctor_row){ .section = KERNEL, .item = "release",
				    .value = keep(f, "%s, %s", features->release, features->machine) });
	add_feature(f, "types (BTF)", &features->btf, keep(f, "%llu KiB", btf_kib),
		    "give them with --btf FILE: enough for tp and kprobe");
	add_feature(f, "function hooks", &features->ftrace, NULL, "the tracepoint probes do without");
	add_feature(f, "direct calls", &features->direct_calls, NULL, "the tracepoint probes do without");
	add_feature(f, "kprobes", &features->kprobes, NULL, "the other probes do without");
	add_feature(f, "tracefs", &features->tracefs, features->tracefs_at,
		    "only the probe tp needs it: mount -t tracefs tracefs /sys/kernel/tracing");
	add_word(f, "preemption", &features->preempt, NULL);
	add_lockdown(f, &features->security.lockdown);
	add(f, (struct doctor_row){
		.section = KERNEL,
		.item = "security modules",
		.state = features->security.lsms[0] ? DOCTOR_FACT : DOCTOR_UNKNOWN,
		.value = features->security.lsms,
		.reason = features->security.lsms_why,
	});
	add_cgroups(f, features);
	add_feature(f, "initial pid namespace", &features->initial_pidns, NULL,
		    "pids are shown as the host numbers them: start capsieve in the host's pid namespace");
	add_feature(f, "initial user namespace", &features->initial_userns, NULL,
		    "BPF needs capabilities of the initial one: start capsieve as the host's root");
	add_sysctls(f, features);
}

/* What each capability is good for here; the first two are what nothing goes without. */
static const struct want {
	unsigned int cap;
	const char *why, *advice;
} wants[] = {
	{ CAP_BPF, "to load programs", "run with sudo" },
	{ CAP_PERFMON, "to attach them", "run with sudo" },
	{ CAP_DAC_READ_SEARCH, "to read tracefs, for the probe tp", "only --attach tp needs it" },
	{ CAP_SYS_PTRACE, "to read the namespaces of others' processes",
	  "only --userns /proc/PID/ns/user needs it" },
};

void findings_self(struct findings *f, const struct self *self)
{
	uint64_t all = self->caps.effective;
	bool admin = all >> CAP_SYS_ADMIN & 1;
	char name[CAPABILITY_NAME_MAX];

	add(f, (struct doctor_row){ .section = SELF, .item = "user",
				    .value = keep(f, "%u", (unsigned)self->euid) });
	for (size_t i = 0; i < sizeof(wants) / sizeof(wants[0]); i++) {
		const struct want *w = &wants[i];
		bool held = all >> w->cap & 1;
		bool stands_in = admin && (w->cap == CAP_BPF || w->cap == CAP_PERFMON);

		add(f, (struct doctor_row){
			.section = SELF,
			.item = keep(f, "%s", capability_name(w->cap, name)),
			.state = held || stands_in ? DOCTOR_YES : DOCTOR_NO,
			.value = held || !stands_in ? w->why : "CAP_SYS_ADMIN stands in for it",
			.advice = held || stands_in ? NULL : w->advice,
		});
	}
}

/* error: BPF cannot be used at all, so nothing was asked of any probe. */
static void add_probe(struct findings *f, const struct probe_rung *rung, const struct probe_fact *fact,
		      int error, const char *passed_over)
{
	add(f, (struct doctor_row){
		.section = PROBES,
		.item = record_probe(rung->probe),
		.state = fact->usable ? DOCTOR_YES :
			 error	      ? DOCTOR_UNKNOWN :
					DOCTOR_NO,
		.value = rung->hook,
		.reason = !fact->usable	? fact->reason :
			  *passed_over	? keep(f, "passed over, %s", passed_over) :
					  NULL,
		.cannot_see = rung->cannot,
		.advice = fact->advice,
	});
}

static void add_choice(struct findings *f, const struct live_facts *facts, const char *why)
{
	const char *reserve = facts && facts->standby ? record_probe(facts->standby->probe) : NULL;

	add(f, (struct doctor_row){
		.section = PROBES,
		.item = "chosen",
		.state = facts ? DOCTOR_YES : DOCTOR_NO,
		.value = facts ? record_probe(facts->rung->probe) : NULL,
		.reason = facts ? (reserve ? keep(f, "with %s in reserve", reserve) : NULL) : why,
	});
}

static void add_lsm_verdict(struct findings *f, const struct survey *survey)
{
	struct doctor_row row = { .section = PROBES, .item = "--lsm-verdict", .state = DOCTOR_YES };
	bool kprobe = false;

	for (int i = 0; i < PROBES_RUNGS; i++)
		kprobe = kprobe || (survey->fact[i].probe == PROBE_KPROBE && survey->fact[i].usable);
	if (survey->error) {
		row.state = DOCTOR_UNKNOWN;
		row.reason = survey->reason;
	} else if (survey->security_exit) {
		row.value = "fexit on the function security_capable";
	} else if (kprobe) {
		row.value = "kretprobe on the function security_capable";
	} else {
		row.state = DOCTOR_NO;
		row.reason = "needs fexit or kprobes on the function security_capable";
	}
	add(f, row);
}

/* In the order in which they are tried; what stands on no hook of a check is tried with any probe. */
static void add_outcomes(struct findings *f, const struct survey *survey)
{
	struct doctor_row row = { .section = PROBES, .item = "--outcomes", .state = DOCTOR_YES };
	bool usable[PROBE_COUNT] = { false };

	for (int i = 0; i < PROBES_RUNGS; i++)
		usable[survey->fact[i].probe] = survey->fact[i].usable;
	if (survey->error) {
		row.state = DOCTOR_UNKNOWN;
		row.reason = survey->reason;
	} else if (survey->task_work && (usable[PROBE_FEXIT] || usable[PROBE_TP_BTF] || usable[PROBE_TP])) {
		row.value = "task work of the thread that asked: no other call pays";
	} else if (usable[PROBE_FEXIT]) {
		row.value = "fexit on the functions of the calls that asked: no other call pays; the first of each may stay unknown";
	} else if (usable[PROBE_KPROBE]) {
		row.value = "kretprobe on the functions of the calls that asked: no other call pays; the first of each may stay unknown";
	} else {
		row.state = DOCTOR_NO;
		row.reason = "needs task work for BPF, fexit or kprobes";
		row.advice = "--outcomes all looks at the end of every system call, which each of them pays for";
	}
	add(f, row);
}

void findings_probes(struct findings *f, const struct survey *survey, const struct live_facts *facts,
		     const char *why)
{
	for (int i = 0; i < PROBES_RUNGS; i++)
		add_probe(f, &probes_ladder[i], &survey->fact[i], survey->error,
			  facts ? facts->passed_over[i] : "");
	add_choice(f, facts, why);
	add_lsm_verdict(f, survey);
	add_outcomes(f, survey);
}

static void add_cost(struct findings *f, const char *item, const char *value)
{
	add(f, (struct doctor_row){ .section = COST, .item = item, .value = value });
}

static void add_burst(struct findings *f, const struct trial *t)
{
	add(f, (struct doctor_row){
		.section = TRIAL,
		.item = trial_words(TRIAL_BURST),
		.state = t->burst_heard >= t->burst_made ? DOCTOR_YES : DOCTOR_NO,
		.value = keep(f, "%u of %u", t->burst_heard, t->burst_made),
	});
}

/* Heard by the probe, or derived beside it, or not at all, and then why. */
static void add_act(struct findings *f, const struct live_facts *facts, enum trial_act act)
{
	struct doctor_row row = { .section = TRIAL, .item = trial_words(act), .state = DOCTOR_NO };
	const struct derived_site *site;
	const struct derived_fact *fact = derived_of(facts->derived, act, &site);
	struct buf how = BUF_INIT;

	if (fact)
		derived_print(&how, site, fact);
	if (facts->trial.heard[act] || (fact && fact->state == DERIVED_HEARD))
		row.state = DOCTOR_YES;
	if (fact && fact->state == DERIVED_HEARD)
		row.value = keep(f, "derived: %s%s", buf_str(&how), act == TRIAL_OVERCOMMIT ? ", with --all" : "");
	else if (row.state == DOCTOR_NO)
		row.reason = !facts->rung->in_function ? "nothing arrived" :
			     how.len ? keep(f, "the compiler inlined cap_capable there, and %s", buf_str(&how)) :
				       "the compiler inlined cap_capable there";
	buf_done(&how);
	add(f, row);
}

void findings_sites(struct findings *f, int err)
{
	struct doctor_row row = { .section = KERNEL, .item = "call sites", .state = DOCTOR_YES };

	if (!err) {
		row.value = "/proc/kallsyms shows addresses: trace --class says what a check means";
	} else {
		row.state = DOCTOR_NO;
		row.reason = err == -EPERM ? "/proc/kallsyms hides the kernel's addresses: checks stay unclassified"
					   : keep(f, "/proc/kallsyms: %s: checks stay unclassified", strerror(-err));
		row.advice = err == -EPERM ? "run as root, or with CAP_SYSLOG; where that is so, sysctl kernel.kptr_restrict=1 (2 hides "
					     "them from everybody)"
					   : "mount procfs, or name it with --proc; it takes CONFIG_KALLSYMS";
	}
	add(f, row);
}

void findings_trial(struct findings *f, const struct live_facts *facts, unsigned long long start_ns)
{
	for (enum trial_act act = TRIAL_NONE + 1; act < TRIAL_COUNT; act++)
		if (act == TRIAL_BURST)
			add_burst(f, &facts->trial);
		else if (trial_words(act))
			add_act(f, facts, act);
	add_cost(f, "ring", keep(f, "%llu KiB", (unsigned long long)facts->ring_bytes >> 10));
	add_cost(f, "other maps", keep(f, "%llu KiB", (unsigned long long)facts->map_bytes >> 10));
	add_cost(f, "until it listens", keep(f, "%llu ms", start_ns / 1000000));
}
