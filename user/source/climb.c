/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/source/climb.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include "user/base/buf.h"
#include "user/host/kconfig.h"
#include "user/host/preempt.h"
#include "user/host/self.h"
#include "user/model/record.h"
#include "user/source/derived.h"
#include "user/source/fit.h"
#include "user/source/hearing.h"
#include "user/source/hooks.h"
#include "user/source/ladder.h"
#include "user/source/live_state.h"
#include "user/source/load.h"
#include "user/source/marks.h"
#include "user/source/rungs.h"
#include "user/source/survey.h"

/* Can one task interrupt another inside the kernel? Where that is not known, yes. */
static bool preemptible(const char *proc)
{
	const unsigned int models = 1U << KCONFIG_PREEMPT_NONE | 1U << KCONFIG_PREEMPT_VOLUNTARY |
				    1U << KCONFIG_PREEMPT | 1U << KCONFIG_PREEMPT_LAZY;
	struct feature_word model = {};
	struct kconfig config;
	struct utsname u;

	if (uname(&u))
		return true;
	kconfig_read(proc, "/boot", u.release, models, &config);
	preempt_read(proc, "/sys", u.version, &config, &model);
	return !model.word || strcmp(model.word, "none");
}

/* Runs own_id in our own context: the only way to learn our id in the initial pid namespace from inside another. */
static int learn_own_id(struct live *l)
{
	__u64 args[2] = {};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args, .ctx_size_in = sizeof(args));

	return bpf_prog_test_run_opts(bpf_program__fd(l->skel->progs.own_id), &opts);
}

void climb_undo(struct live *l)
{
	hooks_detach(l->check_link);
	derived_detach(&l->derived);
	while (l->links > 0)
		bpf_link__destroy(l->link[--l->links]);
	load_undo(l);
}

/* Loads and attaches for one rung, and tries it. 0 or negative errno, nothing left behind. */
static int attempt(struct live *l, const struct probe_rung *rung)
{
	const struct probe_rung *standby = rungs_standby(l, rung);
	int err = load_rung(l, rung, standby);

	/* Which takes a kernel that also compiles its programs. */
	if (err && l->casts) {
		l->casts = false;
		err = load_rung(l, rung, standby);
	}
	if (err && standby) {
		standby = NULL;
		err = load_rung(l, rung, NULL);
	}
	if (err)
		return err;
	l->facts.standby = standby;
	err = learn_own_id(l);
	err = err ?: marks_fill(l);
	err = err ?: hooks_probe(l, rung);
	if (err) {
		climb_undo(l);
		return err;
	}
	hearing_try(l);
	hearing_derive(l);
	err = hearing_types(l);
	if (err)
		climb_undo(l);
	return err;
}

static int climb_open(void *ctx, const struct probe_rung *rung, struct trial *ret)
{
	struct live *l = ctx;
	int err = attempt(l, rung);

	*ret = l->facts.trial;
	return l->refused ? -ECANCELED : err;
}

static void climb_close(void *ctx)
{
	climb_undo(ctx);
}

static int open_best(struct live *l)
{
	const struct ladder_hooks hooks = { .open = climb_open, .close = climb_close, .ctx = l };

	return ladder_climb(&l->facts.survey, &hooks, l->facts.passed_over);
}

/* With another kernel's types a program may be refused before it could be tried. */
static void ask_about_types(const struct live *l, struct buf *why)
{
	if (l->config.btf)
		buf_printf(why, "; does '%s' describe this kernel?", l->config.btf);
}

static int open_forced(struct live *l, struct buf *why)
{
	const struct probe_fact *f = probes_fact(&l->facts.survey, l->config.attach);
	const char *word = record_probe(l->config.attach);
	int err;

	if (!f->usable) {
		buf_printf(why, "--attach %s: %s%s%s", word, f->reason, f->advice ? "; try: " : "",
			   f->advice ? f->advice : "");
		return f->error;
	}
	err = attempt(l, probes_rung(l->config.attach));
	if (err && !l->refused) {
		buf_printf(why, "--attach %s: cannot be loaded or attached: %s", word, strerror(-err));
		ask_about_types(l, why);
		buf_puts(why, " (-vv shows more)");
	}
	return err;
}

/* Before 5.11 maps counted as locked memory, whose limit libbpf lifts where it may. */
static bool may_lack_memory(int err)
{
	struct rlimit locked;

	return err == -EPERM && self_missing(1ULL << CAP_SYS_RESOURCE) && !getrlimit(RLIMIT_MEMLOCK, &locked) &&
	       locked.rlim_cur != RLIM_INFINITY;
}

/* One sentence when no rung of the ladder holds. */
static void say_none(const struct live *l, int err, struct buf *why)
{
	const struct survey *s = &l->facts.survey;

	if (s->error) {
		buf_puts(why, s->reason);
		return;
	}
	buf_puts(why, "no probe can be used on this kernel:");
	for (int i = 0; i < PROBES_RUNGS; i++)
		buf_printf(why, "%s %s: %s", i ? ";" : "", record_probe(s->fact[i].probe),
			   s->fact[i].usable ? strerror(-err) : s->fact[i].reason);
	ask_about_types(l, why);
	if (!s->kernel_btf && !l->config.btf)
		buf_puts(why, "; --btf FILE gives capsieve the types that the kernel does not bring: enough for tp and kprobe");
	if (may_lack_memory(err))
		buf_puts(why, "; where the kernel is older than 5.11, `ulimit -l unlimited` or CAP_SYS_RESOURCE may help");
	buf_puts(why, " (`capsieve doctor` says more)");
}

static int look_around(struct live *l, struct buf *why)
{
	const struct survey_fitting fitting = { &l->fit, load_pick, l };
	int err;

	l->preempts = preemptible(l->config.proc);
	err = survey_look(l->config.btf, &fitting, &l->facts.survey, why);
	l->casts = l->facts.survey.call_id[0] && !l->config.btf;
	if (err == -EINVAL)
		l->refused = err;
	if (err != -ENODATA)
		return err;
	/* libbpf will look for the types by itself. */
	fit_done(&l->fit);
	return 0;
}

/* --lsm-verdict stands on security_capable, which only fexit and kprobes reach. */
static int check_lsm(const struct live *l, struct buf *why)
{
	const struct survey *s = &l->facts.survey;

	if (!l->config.lsm_verdict || s->error || s->security_exit || probes_fact(s, PROBE_KPROBE)->usable)
		return 0;
	buf_puts(why, "--lsm-verdict needs fexit or kprobes, and this kernel has neither");
	return -ENOTSUP;
}

int climb_probe(struct live *l, struct buf *why)
{
	int err = look_around(l, why);

	err = err ?: check_lsm(l, why);
	if (err)
		return err;
	if (l->config.attach != PROBE_NONE && !l->facts.survey.error)
		return open_forced(l, why);
	err = l->facts.survey.error ?: open_best(l);
	if (err && !l->refused)
		say_none(l, err, why);
	return err;
}
