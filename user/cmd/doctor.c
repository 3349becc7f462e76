/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/clock.h"
#include "user/cmd/begin.h"
#include "user/cmd/commands.h"
#include "user/cmd/findings.h"
#include "user/cmd/look.h"
#include "user/cmd/options.h"
#include "user/cmd/say.h"
#include "user/host/features.h"
#include "user/host/kallsyms.h"
#include "user/host/self.h"
#include "user/source/live.h"
#include "user/source/survey.h"

static const struct say to = { "doctor" };

/* Everything that the findings point into. */
struct visit {
	struct features features;
	struct self self;
	struct survey survey;
	struct live *live;
	struct buf why;
	uint64_t start_ns;
	int sites;	/* 0, or why the kernel's functions cannot be named */
};

static void debug(void *ctx, const char *text)
{
	(void)ctx;
	say(&to, "%s", text);
}

/* Opens what trace would open; where that fails, at least says of each probe why. */
static int try_probes(struct visit *v, const struct options *o)
{
	const struct live_config config = {
		.filter = &o->filter,
		.btf = o->kernel.btf,
		.proc = o->kernel.proc,
		.ring_bytes = o->kernel.ring_bytes,
		.show_overcommit = true,
		.thorough = true,
		.debug = o->output.verbose > 1 ? debug : NULL,
	};
	uint64_t start = clock_ns(CLOCK_MONOTONIC);
	struct buf ignored = BUF_INIT;
	int err = live_open(&config, &v->live, &v->why);

	v->start_ns = clock_ns(CLOCK_MONOTONIC) - start;
	if (!err) {
		v->survey = live_facts(v->live)->survey;
		return 0;
	}
	err = survey_look(o->kernel.btf, NULL, &v->survey, &ignored);
	buf_done(&ignored);
	return err;
}

static int try_sites(const char *proc)
{
	struct kallsyms *k;
	int err = kallsyms_open(proc, &k);

	if (err)
		return err;
	err = kallsyms_shown(k);
	kallsyms_close(k);
	return err;
}

static void find(struct visit *v, struct findings *f)
{
	const struct live_facts *facts = v->live ? live_facts(v->live) : NULL;

	findings_kernel(f, &v->features);
	findings_sites(f, v->sites);
	findings_self(f, &v->self);
	findings_probes(f, &v->survey, facts, buf_str(&v->why));
	if (facts)
		findings_trial(f, facts, v->start_ns);
}

static int print(const struct findings *f, const struct output_options *o)
{
	struct buf text = BUF_INIT;

	if (o->json)
		doctor_json(&text, f->rows, f->count);
	else
		doctor_text(&text, f->rows, f->count, o->verbose, look_width(STDOUT_FILENO));
	return say_text(&to, &text);
}

static int run(struct options *o)
{
	struct visit v = { .why = BUF_INIT };
	struct findings findings = { .count = 0 };
	int err = self_read(&v.self), code;

	if (err) {
		say_error(&to, "our own credentials", err);
		return EXIT_FAILED;
	}
	features_read(o->kernel.proc, &v.features);
	v.sites = try_sites(o->kernel.proc);
	err = try_probes(&v, o);
	if (err) {
		say(&to, "%s", buf_str(&v.why));
		code = EXIT_USAGE;
	} else {
		find(&v, &findings);
		code = print(&findings, &o->output);
	}
	if (!code && !v.live)
		code = EXIT_FAILED;
	findings_done(&findings);
	live_free(v.live);
	buf_done(&v.why);
	return code;
}

int doctor_main(int argc, char **argv)
{
	return begin(&options_doctor, &to, NULL, run, argc, argv);
}
