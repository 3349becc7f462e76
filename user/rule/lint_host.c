/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/glob.h"
#include "user/base/text.h"
#include "user/base/word.h"
#include "user/base/yml.h"
#include "user/host/units.h"
#include "user/host/users.h"
#include "user/rule/complaint.h"
#include "user/rule/lint.h"
#include "user/rule/rules.h"

struct names {
	char **at;
	size_t count;
};

struct look {
	struct yml_report *report;
	const struct rule *rule;
	struct names units;
	bool units_read;
};

/* ---- the units of this machine ---------------------------------------------------------------------------------- */

static int add_unit(void *ctx, const struct units_unit *u)
{
	struct names *names = ctx;
	char **at = reallocarray(names->at, names->count + 1, sizeof(*at));

	if (!at)
		return -ENOMEM;
	names->at = at;
	at[names->count] = strdup(u->name);
	return at[names->count++] ? 0 : -ENOMEM;
}

static void pass_over(void *ctx, const char *path, int error)
{
	(void)ctx, (void)path, (void)error;
}

static const struct names *units_of(struct look *l)
{
	const struct units_config config = { "/", &l->units, add_unit, pass_over };

	if (!l->units_read && units_each(&config))
		l->units.count = 0;
	l->units_read = true;
	return &l->units;
}

/* user@1000.service is of user@.service */
static bool is_unit(const struct names *names, const char *unit)
{
	size_t at = strcspn(unit, "@");
	const char *dot = strrchr(unit, '.');

	for (size_t i = 0; i < names->count; i++) {
		const char *n = names->at[i];

		if (!strcmp(n, unit))
			return true;
		if (unit[at] && !strncmp(n, unit, at + 1) && !strcmp(n + at + 1, dot))
			return true;
	}
	return false;
}

/* ---- what a rule names ------------------------------------------------------------------------------------------ */

/* Where the word stands; a word of a list stands elsewhere, and then the key is the place. */
static const struct yml_node *place_of(const struct rule *rule, const char *glob)
{
	const struct yml_node *where = NULL, *found = rule->node;

	for (const struct yml_node *key = rule->node->first; key && key->next; key = key->next->next)
		if (!strcmp(key->text, "where"))
			found = where = key->next;
	for (const struct yml_node *key = where ? where->first : NULL; key && key->next; key = key->next->next) {
		const struct yml_node *v = key->next;

		for (const struct yml_node *item = v->kind == YML_LIST ? v->first : v; item;
		     item = v->kind == YML_LIST ? item->next : NULL) {
			const char *word = item->text ? item->text + (*item->text == '!') : "";

			if (*word && !strncmp(word, glob, strlen(word)))
				return item;
		}
	}
	return found;
}

static void remark(struct look *l, const char *what, const char *glob, const char *nearest)
{
	const struct yml_node *node = place_of(l->rule, glob);
	struct buf name = BUF_INIT;

	text_escape(&name, glob, strlen(glob));
	complaints_warn(l->report, node->line, node->column, "this machine has no %s '%s'%s%s%s", what, buf_str(&name),
			nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
	buf_done(&name);
}

static void look_at_unit(struct look *l, const char *unit)
{
	const struct names *names;
	const char *end = strrchr(unit, '.');
	size_t nearest;
	bool near;

	if (!end || strcmp(end, ".service"))
		return;
	names = units_of(l);
	if (!names->count || is_unit(names, unit))
		return;
	near = word_nearest(unit, strlen(unit), (const char *const *)names->at, names->count, &nearest);
	remark(l, "unit", unit, near ? names->at[nearest] : NULL);
}

static void look_at_term(struct look *l, const struct where_term *t)
{
	struct user user;
	gid_t gid;
	int err;

	switch (t->key) {
	case WHERE_UNIT:
		look_at_unit(l, t->glob);
		break;
	case WHERE_USER:
		err = users_find(t->glob, &user);
		if (err == -ENOENT)
			remark(l, "user", t->glob, NULL);
		else if (!err)
			users_user_done(&user);
		break;
	case WHERE_GROUP:
		if (users_find_group(t->glob, &gid) == -ENOENT)
			remark(l, "group", t->glob, NULL);
		break;
	case WHERE_EXE:
		if (access(t->glob, F_OK) && errno == ENOENT)
			remark(l, "file", t->glob, NULL);
		break;
	default:
		break;
	}
}

void lint_host(const struct rules *rules, struct complaints *told)
{
	const uint32_t elsewhere = 1U << WHERE_CONTAINER | 1U << WHERE_IMAGE | 1U << WHERE_POD |
				   1U << WHERE_K8S_NAMESPACE | 1U << WHERE_ENGINE;
	struct look l = { .report = NULL };

	for (size_t i = 0; i < rules->count; i++) {
		const struct rule *rule = &rules->at[i];
		const struct rules_source *s = &rules->sources[rule->file_index];
		struct yml_report report = complaints_report(told, s->name, s->text, s->n);

		l.report = &report;
		l.rule = rule;
		/* What is in a container is not of this machine. */
		for (size_t t = 0; t < rule->where.count && !(rule->where.keys & elsewhere); t++)
			if (glob_is_plain(rule->where.at[t].glob))
				look_at_term(&l, &rule->where.at[t]);
	}
	for (size_t i = 0; i < l.units.count; i++)
		free(l.units.at[i]);
	free(l.units.at);
}
