/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/caps/site.h"
#include "user/cmd/commands.h"
#include "user/cmd/history.h"
#include "user/cmd/moment.h"
#include "user/cmd/say.h"
#include "user/history/history.h"
#include "user/model/past.h"

#define WEEK_NS (7ULL * 24 * USAGE_HOUR_NS)

static const uint32_t kept_keys = WHERE_OF_CGROUP | 1U << WHERE_EXE;

static const char *path_of(const struct options *o)
{
	return o->history.db ?: HISTORY_DEFAULT;
}

int history_find(const struct say *to, const struct options *o, struct history **ret)
{
	struct buf told = BUF_INIT;
	int err = history_read(path_of(o), &told, ret);

	if (err == -ENOENT)
		say(to, "%s: there is no history yet; 'capsieve watch' keeps one, and --replay FILE asks a recording", path_of(o));
	else if (err)
		say(to, "%s", buf_str(&told));
	buf_done(&told);
	return err ? EXIT_FAILED : EXIT_FINE;
}

int history_time(const struct say *to, const struct options *o, uint64_t begin_ns, uint64_t now_ns, struct ask_time *ret)
{
	struct ask_time t = { begin_ns ?: now_ns - (now_ns < WEEK_NS ? now_ns : WEEK_NS), now_ns };

	if (o->history.since)
		moment_past(o->history.since, now_ns, o->output.utc, &t.from_ns);
	if (o->history.until)
		moment_past(o->history.until, now_ns, o->output.utc, &t.to_ns);
	if (t.from_ns < t.to_ns) {
		*ret = t;
		return EXIT_FINE;
	}
	say(to, "--since and --until: there is no time between these");
	return EXIT_USAGE;
}

int history_check_filter(const struct say *to, const struct options *o)
{
	const uint32_t asked = filter_keys(&o->filter) & ~kept_keys;
	enum where_key key = 0;

	while (key < WHERE_KEYS && !(asked & 1U << key))
		key++;
	if (key == WHERE_KEYS)
		return EXIT_FINE;
	say(to, "the history does not keep %s: it can be asked for exe, unit, slice, container, image, engine, pod, "
		"k8s_namespace and cgroup", where_key_name(key));
	return EXIT_USAGE;
}

/* ---- who is asked for ------------------------------------------------------------------------------------------------ */

/* exe NULL: of any program. */
static enum where_answer is_meant(const struct options *o, const struct past *p, const char *exe)
{
	struct where_subject s = { .known = 0 };

	where_subject_of_workload(&p->workload, &s);
	if (exe) {
		s.known |= 1U << WHERE_EXE;
		s.is[WHERE_EXE].name = *exe ? exe : NULL;
	}
	return filter_who(&o->filter, &s);
}

static bool has_class(const struct options *o, unsigned class)
{
	if (!o->filter.classes)
		return true;
	return class < SITE_CLASS_COUNT && o->filter.classes & 1U << class;
}

static bool has_cap(const struct options *o, int cap)
{
	return o->filter.caps & 1ULL << cap;
}

static void choose_uses(const struct options *o, struct past *p)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->count; i++) {
		struct past_use *u = &p->uses[i];

		if (has_cap(o, u->cap) && has_class(o, u->class) && is_meant(o, p, u->exe) == WHERE_YES)
			p->uses[kept++] = *u;
		else
			past_done_use(u);
	}
	p->count = kept;
}

/* Who was there in this time, and is not only somebody whose programs are not meant. */
static enum where_answer is_wanted(const struct options *o, const struct ask_time *t, const struct past *p)
{
	if (p->last_ns < t->from_ns || p->first_ns > t->to_ns)
		return WHERE_NO;
	return is_meant(o, p, NULL);
}

static bool narrows(const struct options *o)
{
	return filter_keys(&o->filter) & 1U << WHERE_EXE || o->caps_wanted || o->classes_wanted;
}

int history_choose(struct history *h, const struct options *o, const struct ask_time *time, struct past_list *list)
{
	size_t kept = 0;
	int err = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct past *p = &list->at[i];
		const enum where_answer wanted = err ? WHERE_NO : is_wanted(o, time, p);

		if (wanted != WHERE_NO && !o->filter.denied) {
			err = ask_uses(h, time, p);
			choose_uses(o, p);
		}
		if (p->count || (wanted != WHERE_NO && o->filter.denied) || (wanted == WHERE_YES && !narrows(o)))
			list->at[kept++] = *p;
		else
			past_done(p);
	}
	list->count = kept;
	return err;
}

static bool denial_is_meant(const struct options *o, const struct past_denial *d)
{
	return has_cap(o, d->cap) && has_class(o, d->class) && d->past && is_meant(o, d->past, d->exe) == WHERE_YES;
}

void history_choose_denials(const struct options *o, struct past_denials *d)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->count; i++) {
		if (denial_is_meant(o, &d->at[i]))
			d->at[kept++] = d->at[i];
		else
			past_done_denial(&d->at[i]);
	}
	d->count = kept;
}
