/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/out.h"
#include "user/caps/facts.h"
#include "user/caps/holder.h"
#include "user/cmd/begin.h"
#include "user/cmd/commands.h"
#include "user/cmd/history_used.h"
#include "user/cmd/options.h"
#include "user/cmd/present.h"
#include "user/cmd/ps_granted.h"
#include "user/cmd/say.h"
#include "user/host/cgroup.h"
#include "user/host/mounts.h"
#include "user/rule/holding.h"
#include "user/view/ps.h"

static const struct say to = { "ps" };

/* One run: what is there, and who of them is wanted. */
struct run {
	const struct options *options;
	struct holding what;
	struct present is;
	struct ps_layout layout;
	struct ps_memo memo[2];
	struct history_used *used;	/* NULL: there is no history */
};

/* What is asked of cgroups is said of their paths; -EINVAL after saying why not. */
static int resolve_cgroups(struct options *o)
{
	struct filter_words *words = &o->filter.cgroups;

	for (size_t i = 0; i < words->count; i++) {
		char *dir = words->at[i].text, *path;
		int err = cgroup_path(o->kernel.proc, dir, &path);

		if (err == -ENODATA || err == -ENOTDIR)
			say(&to, "--cgroup '%s': not a directory of the cgroup v2 hierarchy", dir);
		else if (err)
			say_error(&to, dir, err);
		if (err)
			return -EINVAL;
		free(dir);
		words->at[i].text = path;
	}
	return 0;
}

/* A filter on what cannot be seen would leave an empty answer, which looks like one. */
static int check_units(const struct options *o)
{
	struct mounts mounts;

	if (!(filter_keys(&o->filter) & WHERE_OF_CGROUP))
		return 0;
	mounts_read(o->kernel.proc, &mounts);
	if (*mounts.cgroup2)
		return 0;
	say(&to, "units, containers and pods are told by the cgroup v2 hierarchy, which is not mounted here");
	return -EINVAL;
}

static int look(struct run *run)
{
	const struct present_config config = {
		.proc = run->options->kernel.proc,
		.what = &run->what,
		.all = run->options->ps.tree,
		.exactly = true,
	};

	return present_take(&config, &run->is);
}

/* Every line, first to see how wide it is and then to write it. */
typedef void each_fn(struct run *run, struct out *out, const struct holder *h, unsigned depth);

static void fit(struct run *run, struct out *out, const struct holder *h, unsigned depth)
{
	(void)out;
	ps_fit(&run->layout, h, depth);
}

static void put(struct run *run, struct out *out, const struct holder *h, unsigned depth)
{
	if (run->options->output.json)
		ps_json(&out->buf, run->memo, h);
	else
		ps_line(&out->buf, &run->layout, run->memo, h, depth);
	out_commit(out);
}

/* In a tree, whoever is chosen brings all that are above him. */
static void mark_above(struct run *run)
{
	bool *chosen = run->is.choice.chosen;

	for (size_t i = run->is.list.count; i-- > 0;) {
		const struct holder_node *node = &run->is.nodes[i];

		if (chosen[node->holder - run->is.list.at] && node->parent != SIZE_MAX)
			chosen[run->is.nodes[node->parent].holder - run->is.list.at] = true;
	}
}

static void each(struct run *run, struct out *out, each_fn *fn)
{
	bool tree = run->options->ps.tree;

	for (size_t i = 0; i < run->is.list.count; i++) {
		const struct holder *h = tree ? run->is.nodes[i].holder : &run->is.list.at[i];

		if (run->is.choice.chosen[h - run->is.list.at])
			fn(run, out, h, tree ? run->is.nodes[i].depth : 0);
	}
}

static struct ps_summary summarize(const struct run *run)
{
	struct ps_summary s = {
		.filtered = run->options->ps.all || filter_is_set(&run->options->filter),
		.processes = run->is.counts.processes,
		.threads = run->is.counts.threads,
		.kernel = run->is.choice.kernel,
		.dead = run->is.choice.dead,
		.undecided = run->is.choice.undecided,
		.unreadable = run->is.counts.unreadable,
		.others_hidden = run->is.counts.others_hidden,
	};

	for (size_t i = 0; i < run->is.list.count; i++) {
		const struct holder *h = &run->is.list.at[i];

		if (!run->is.choice.chosen[i])
			continue;
		s.differing += h->differs != 0;
		if (h->tid != h->pid)
			continue;
		s.shown++;
		s.holding += holder_set(h) != 0;
		s.root += h->userns == HOLDER_USERNS_INITIAL && fact_roots(holder_set(h)) != 0;
	}
	return s;
}

static void tell_used(struct run *run)
{
	for (size_t i = 0; i < run->is.list.count && run->used; i++) {
		struct holder *h = &run->is.list.at[i];

		if (run->is.choice.chosen[i])
			h->used_known = history_used_holder(run->used, h, &h->used);
	}
}

static void say_summary(const struct run *run, const struct ps_summary *s)
{
	struct buf text = BUF_INIT;

	if (!run->options->output.quiet) {
		ps_summary_text(&text, s);
		say(&to, "%s", buf_str(&text));
	}
	if (ps_is_incomplete(s)) {
		buf_clear(&text);
		ps_missing_text(&text, s);
		say(&to, "%s", buf_str(&text));
	}
	buf_done(&text);
}

static int write_all(struct run *run, struct out *out, const struct ps_summary *summary)
{
	const struct output_options *o = &run->options->output;

	if (run->options->ps.tree)
		mark_above(run);
	if (!o->json)
		each(run, out, fit);
	if (!o->json && !o->no_header)
		ps_header(&out->buf, &run->layout);
	each(run, out, put);
	if (o->json)
		ps_summary_json(&out->buf, summary);
	return out_flush(out);
}

static int show(struct run *run)
{
	const char *file = run->options->output.file;
	const struct ps_summary summary = summarize(run);
	struct out out = OUT_INIT;
	int err = out_open(&out, file, 0), closed;

	tell_used(run);
	if (!err)
		err = write_all(run, &out, &summary);
	closed = out_close(&out);
	err = err ? err : closed;
	if (err && err != -EPIPE) {
		say_error(&to, file ? file : "standard output", err);
		return EXIT_FAILED;
	}
	say_summary(run, &summary);
	return ps_is_incomplete(&summary) ? EXIT_INCOMPLETE : EXIT_FINE;
}

static void run_done(struct run *run)
{
	present_done(&run->is);
	ps_memo_done(&run->memo[0]);
	ps_memo_done(&run->memo[1]);
	history_used_close(run->used);
}

static int run(struct options *o)
{
	struct run run = {
		.options = o,
		.what = { &o->filter, o->caps_wanted, o->caps_unwanted, o->ps.all },
	};
	struct ps_mistake mistake;
	int err, code;

	if (o->ps.granted)
		return ps_granted(o);
	if (o->ps.root) {
		say(&to, "--root is for --granted; --proc says where processes are looked for");
		return EXIT_USAGE;
	}
	if (check_units(o) || resolve_cgroups(o))
		return EXIT_USAGE;
	code = history_used_open(&to, o, &run.used);
	if (code)
		return code;
	ps_layout_usual(&run.layout, o->output.every_column);
	if (run.used)
		ps_layout_used(&run.layout);
	if (o->output.columns)
		ps_layout_parse(o->output.columns, &run.layout, &mistake);
	err = look(&run);
	if (err)
		say_error(&to, o->kernel.proc, err);
	code = err ? EXIT_FAILED : show(&run);
	run_done(&run);
	return code;
}

int ps_main(int argc, char **argv)
{
	return begin(&options_ps, &to, ps_describe, run, argc, argv);
}
