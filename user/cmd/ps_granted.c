/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/ps_granted.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/out.h"
#include "user/caps/capset.h"
#include "user/caps/grantee.h"
#include "user/caps/unitfile.h"
#include "user/cmd/commands.h"
#include "user/cmd/history_used.h"
#include "user/cmd/options.h"
#include "user/cmd/say.h"
#include "user/host/container.h"
#include "user/host/containers.h"
#include "user/host/systemd.h"
#include "user/host/units.h"
#include "user/model/filter.h"
#include "user/model/workload.h"
#include "user/view/granted.h"

static const struct say to = { "ps" };

struct audit {
	const struct options *options;
	uint64_t all;		/* the capabilities that this kernel has */
	struct grantees list;
	struct systemd *systemd;	/* NULL: there is none that could be asked */
	size_t unreadable;
};

static const char *root_of(const struct options *o)
{
	return o->ps.root ? o->ps.root : "/";
}

/* What says nothing of who is defined. */
static int check(const struct options *o)
{
	const uint32_t told = WHERE_OF_CGROUP & ~(1U << WHERE_CGROUP);
	uint32_t asked = filter_keys(&o->filter) & ~(told | 1U << WHERE_USER);
	enum where_key key = 0;
	const struct {
		bool holds;
		const char *option;
	} rows[] = {
		{ o->filter.pids.count, "-p" }, { o->ps.tree, "--tree" }, { o->filter.uids.count, "-u" },
		{ o->filter.gids.count, "-g" }, { o->filter.comms.count, "--comm" },
		{ o->filter.cgroups.count, "--cgroup" }, { o->filter.userns != FILTER_USERNS_ANY, "--userns" },
		{ o->output.columns, "--columns" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].holds) {
			say(&to, "--granted and %s exclude each other: what is defined need not run", rows[i].option);
			return -EINVAL;
		}
	while (key < WHERE_KEYS && !(asked & 1U << key))
		key++;
	if (key == WHERE_KEYS)
		return 0;
	say(&to, "--granted: the %s of what is defined cannot be told; it is of what runs", where_key_name(key));
	return -EINVAL;
}

static void trouble(void *ctx, const char *path, int error)
{
	struct audit *a = ctx;

	a->unreadable++;
	say(&to, "%s: %s; passed over", path,
	    error == -EINVAL || error == -EBADMSG ? "not such a file as it should be" : strerror(-error));
}

/* NULL stays NULL. */
static int copy(char **ret, const char *text)
{
	*ret = text ? strdup(text) : NULL;
	return text && !*ret ? -ENOMEM : 0;
}

static int put(struct audit *a, struct grantee *g, int err)
{
	if (err) {
		grantee_done(g);
		return err;
	}
	return grantees_put(&a->list, g);
}

/* What systemd has loaded counts, but for the signs before commands, which it does not tell. */
static int ask_systemd(const struct audit *a, const struct units_unit *u, struct unitfile *ret, enum grantee_state *state)
{
	struct systemd_unit found;
	size_t at = 0;
	int err = 0;

	unitfile_init(ret);
	if (!a->systemd || u->of_users)
		return -ENOENT;
	do
		if (!systemd_next(a->systemd, &at, &found))
			return -ENOENT;
	while (strcmp(found.name, u->name));
	for (const char *line = found.text; *line && !err; line += strcspn(line, "\n"), line += *line == '\n') {
		size_t n = strcspn(line, "\n"), key = strcspn(line, "=\n");

		if (key < n)
			err = unitfile_assign(ret, line, key, line + key + 1, n - key - 1);
	}
	memcpy(ret->commands, u->says->commands, sizeof(ret->commands));
	*state = found.active ? GRANTEE_RUNNING : GRANTEE_STOPPED;
	return err;
}

static int take_unit(void *ctx, const struct units_unit *u)
{
	struct audit *a = ctx;
	enum grantee_state state = GRANTEE_STATE_UNKNOWN;
	struct unitfile loaded;
	bool is_loaded = !ask_systemd(a, u, &loaded, &state);
	const struct unitfile *says = is_loaded ? &loaded : u->says;
	struct unitfile_grant is = unitfile_granted(says, a->all, !u->of_users);
	struct grantee g = {
		.kind = u->of_users ? GRANTEE_USER_UNIT : GRANTEE_UNIT,
		.state = state,
		.known = true,
		.privileged = is.effective == a->all && !is.own_userns,
		.no_new_privs = is.no_new_privs,
		.own_userns = is.own_userns,
		.effective = is.effective,
		.bounding = is.bounding,
		.ambient = is.ambient,
		.drop_ins = u->drop_ins,
	};
	int err = copy(&g.name, u->name);

	err = err ?: copy(&g.owner, u->owner);
	err = err ?: copy(&g.from, u->path);
	err = err ?: copy(&g.slice, says->slice);
	err = err ?: copy(&g.user, says->user ? says->user : says->dynamic_user ? "(dynamic)" : NULL);
	unitfile_done(&loaded);
	return put(a, &g, err);
}

static const char *called(const struct container *c)
{
	return c->pod_container ? c->pod_container : c->name ? c->name : c->id;
}

static int take_container(void *ctx, const struct container *c)
{
	struct audit *a = ctx;
	struct grantee g = {
		.kind = GRANTEE_CONTAINER,
		.engine = workload_engine_name(c->engine),
		.state = c->running ? GRANTEE_RUNNING : c->state_known ? GRANTEE_STOPPED : GRANTEE_STATE_UNKNOWN,
		.known = c->granted.source != GRANTED_UNKNOWN,
		.privileged = c->privileged,
		.no_new_privs = c->no_new_privs,
		.own_userns = c->own_userns,
		.effective = c->granted.effective & a->all,
		.bounding = c->granted.bounding & a->all,
		.ambient = c->granted.ambient & a->all,
		.count = 1,
		.running = c->running,
		.names = BUF_INIT,
	};
	int err = copy(&g.name, called(c));

	err = err ?: copy(&g.id, c->id);
	err = err ?: copy(&g.image, c->image);
	err = err ?: copy(&g.user, c->user);
	buf_put(&g.names, called(c), strlen(called(c)) + 1);
	return put(a, &g, err ?: g.names.error);
}

/* ---- who is asked for ------------------------------------------------------------------------------------------- */

static void subject_of(const struct grantee *g, struct where_subject *s)
{
	const bool is_unit = g->kind != GRANTEE_CONTAINER;

	*s = (struct where_subject){ .known = (WHERE_OF_CGROUP & ~(1U << WHERE_CGROUP)) | 1U << WHERE_USER };
	s->is[WHERE_UNIT].name = is_unit ? g->name : NULL;
	s->is[WHERE_SLICE].name = is_unit ? g->slice ? g->slice : "system.slice" : NULL;
	s->is[WHERE_CONTAINER] = (struct where_names){ is_unit ? NULL : g->name, g->id };
	s->is[WHERE_IMAGE].name = g->image;
	s->is[WHERE_ENGINE].name = g->engine;
	s->is[WHERE_USER].name = g->user ? g->user : g->owner ? g->owner : "root";
}

static bool is_wanted(const struct options *o, const struct grantee *g)
{
	struct where_subject s;

	subject_of(g, &s);
	if (filter_who(&o->filter, &s) != WHERE_YES)
		return false;
	if (o->caps_wanted && !(g->effective & o->caps_wanted))
		return false;
	return !(g->effective & o->caps_unwanted);
}

static void choose(struct audit *a)
{
	size_t kept = 0;

	for (size_t i = 0; i < a->list.count; i++) {
		if (is_wanted(a->options, &a->list.at[i]))
			a->list.at[kept++] = a->list.at[i];
		else
			grantee_done(&a->list.at[i]);
	}
	a->list.count = kept;
}

static int look(struct audit *a)
{
	const char *root = root_of(a->options);
	const struct units_config units = { .root = root, .ctx = a, .unit = take_unit, .trouble = trouble };
	const struct containers_config containers = {
		.root = root,
		.proc = a->options->kernel.proc,
		.all = a->all,
		.ctx = a,
		.container = take_container,
		.trouble = trouble,
	};
	int err = 0;

	if (!a->options->ps.root)
		err = systemd_ask(&a->systemd);
	if (err && err != -ENODATA)
		say(&to, "systemd does not answer (%s): units are told by their files alone", strerror(-err));
	err = units_each(&units);
	err = err ?: containers_each(&containers);
	if (err)
		return err;
	choose(a);
	err = grantees_join_images(&a->list);
	grantees_sort(&a->list);
	return err;
}

/* ---- output ----------------------------------------------------------------------------------------------------- */

static int write_all(const struct audit *a, const struct granted_summary *summary, struct out *out)
{
	const struct output_options *o = &a->options->output;
	struct granted_layout layout;

	granted_layout(&a->list, o->every_column, &layout);
	if (!o->json && !o->no_header)
		granted_header(&out->buf, &layout);
	for (size_t i = 0; i < a->list.count; i++) {
		if (o->json)
			granted_json(&out->buf, &a->list.at[i]);
		else
			granted_line(&out->buf, &layout, &a->list.at[i]);
		out_commit(out);
	}
	if (o->json)
		granted_summary_json(&out->buf, summary);
	return out_flush(out);
}

static int show(const struct audit *a)
{
	struct granted_summary summary = granted_summarize(&a->list, a->unreadable);
	const char *file = a->options->output.file;
	struct buf text = BUF_INIT;
	struct out out = OUT_INIT;
	int err = out_open(&out, file, 0), closed;

	if (!err)
		err = write_all(a, &summary, &out);
	closed = out_close(&out);
	err = err ? err : closed;
	if (err && err != -EPIPE) {
		say_error(&to, file ? file : "standard output", err);
		return EXIT_FAILED;
	}
	granted_summary_text(&text, &summary);
	if (!a->options->output.quiet)
		say(&to, "%s", buf_str(&text));
	buf_done(&text);
	return summary.unreadable ? EXIT_INCOMPLETE : EXIT_FINE;
}

/* Of another system's units our history tells nothing. */
static int tell_used(struct audit *a)
{
	struct history_used *used = NULL;
	int code = a->options->ps.root && !a->options->history.db ? EXIT_FINE : history_used_open(&to, a->options, &used);

	for (size_t i = 0; i < a->list.count && used; i++) {
		struct grantee *g = &a->list.at[i];

		g->used_known = history_used_grantee(used, g, &g->used);
	}
	history_used_close(used);
	return code;
}

int ps_granted(struct options *o)
{
	struct audit a = { .options = o, .all = capset_all() };
	int err, code;

	if (check(o))
		return EXIT_USAGE;
	err = look(&a);
	if (err)
		say_error(&to, root_of(o), err);
	code = err ? EXIT_FAILED : tell_used(&a);
	code = code ?: show(&a);
	grantees_done(&a.list);
	systemd_free(a.systemd);
	return code;
}
