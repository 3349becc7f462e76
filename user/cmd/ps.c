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
#include "user/cmd/ps_granted.h"
#include "user/cmd/say.h"
#include "user/enrich/places.h"
#include "user/host/cgroup.h"
#include "user/host/mounts.h"
#include "user/host/snapshot.h"
#include "user/host/users.h"
#include "user/model/cgpath.h"
#include "user/rule/holding.h"
#include "user/source/tasks.h"
#include "user/view/ps.h"

static const struct say to = { "ps" };

/* One run: what is there, and who of them is wanted. */
struct run {
	const struct options *options;
	struct holding what;
	struct holders list;
	struct snapshot_counts counts;
	struct holder_node *nodes;
	struct holding_choice choice;
	struct ps_layout layout;
	struct ps_memo memo[2];
	struct places *places;
	struct tasks tasks;
	struct history_used *used;	/* NULL: there is no history */
};

/* In a tree, who is not chosen himself stands between those who are. */
static bool look_closer(void *ctx, const struct holder *h)
{
	const struct run *run = ctx;

	/* Any process may be an ancestor. */
	return run->options->ps.tree || filter_keys(&run->options->filter) & 1U << WHERE_ANCESTOR || holding_may(&run->what, h);
}

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

static char *copy_of(struct cgpath_name name)
{
	return name.len ? strndup(name.at, name.len) : NULL;
}

static void name_holder(struct holder *h, struct users *users, struct places *places, bool groups)
{
	const char *user = users_name(users, h->is.uid);
	struct cgpath path;

	h->user = user ? strdup(user) : NULL;
	user = groups ? users_group(users, h->is.gid) : NULL;
	h->group = user ? strdup(user) : NULL;
	if (!h->cgroup)
		return;
	h->workload = places_of(places, h->cgroup);
	cgpath_parse(h->cgroup, &path);
	h->unit = copy_of(cgpath_unit(&path));
	h->slice = copy_of(path.slice);
	h->session = copy_of(path.session);
}

static int name_all(struct run *run)
{
	bool groups = filter_keys(&run->options->filter) & 1U << WHERE_GROUP;
	struct holders *list = &run->list;
	struct users *users = users_new();

	run->places = places_new(run->options->kernel.proc, PLACES_ONCE);
	if (!users || !run->places) {
		users_free(users);
		return -ENOMEM;
	}
	for (size_t i = 0; i < list->count; i++)
		if (list->at[i].looked_closer)
			name_holder(&list->at[i], users, run->places, groups);
	users_free(users);
	return 0;
}

static const struct event_task *held(void *ctx, int tid)
{
	const struct run *run = ctx;

	return tasks_find(&run->tasks, tid);
}

static int look(struct run *run)
{
	const uint32_t keys = filter_keys(&run->options->filter);
	const struct snapshot_config config = {
		.proc = run->options->kernel.proc,
		.ctx = run,
		.cmdlines = keys & 1U << WHERE_CMDLINE,
		.terminals = keys & 1U << WHERE_TTY,
		.held = tasks_read(run->options->kernel.proc, &run->tasks) ? NULL : held,
		.closer = look_closer,
	};
	int err = snapshot_take(&config, &run->list, &run->counts);

	if (!err)
		err = name_all(run);
	if (!err)
		err = holders_tree(&run->list, &run->nodes);
	if (!err)
		err = holding_choose(&run->what, &run->list, run->nodes, &run->choice);
	return err;
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
	bool *chosen = run->choice.chosen;

	for (size_t i = run->list.count; i-- > 0;) {
		const struct holder_node *node = &run->nodes[i];

		if (chosen[node->holder - run->list.at] && node->parent != SIZE_MAX)
			chosen[run->nodes[node->parent].holder - run->list.at] = true;
	}
}

static void each(struct run *run, struct out *out, each_fn *fn)
{
	bool tree = run->options->ps.tree;

	for (size_t i = 0; i < run->list.count; i++) {
		const struct holder *h = tree ? run->nodes[i].holder : &run->list.at[i];

		if (run->choice.chosen[h - run->list.at])
			fn(run, out, h, tree ? run->nodes[i].depth : 0);
	}
}

static struct ps_summary summarize(const struct run *run)
{
	struct ps_summary s = {
		.filtered = run->options->ps.all || filter_is_set(&run->options->filter),
		.processes = run->counts.processes,
		.threads = run->counts.threads,
		.kernel = run->choice.kernel,
		.dead = run->choice.dead,
		.undecided = run->choice.undecided,
		.unreadable = run->counts.unreadable,
		.others_hidden = run->counts.others_hidden,
	};

	for (size_t i = 0; i < run->list.count; i++) {
		const struct holder *h = &run->list.at[i];

		if (!run->choice.chosen[i])
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
	for (size_t i = 0; i < run->list.count && run->used; i++) {
		struct holder *h = &run->list.at[i];

		if (run->choice.chosen[i])
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
	holders_done(&run->list);
	free(run->nodes);
	free(run->choice.chosen);
	ps_memo_done(&run->memo[0]);
	ps_memo_done(&run->memo[1]);
	places_free(run->places);
	tasks_done(&run->tasks);
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
