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
#include "user/host/container.h"
#include "user/host/containers.h"
#include "user/host/units.h"
#include "user/host/users.h"
#include "user/rule/complaint.h"
#include "user/rule/config.h"
#include "user/rule/lint.h"
#include "user/rule/rules.h"

struct names {
	char **at;
	size_t count;
};

struct look {
	struct yml_report *report;
	const struct rule *rule;
	const char *proc;
	struct names units, containers;	/* of containers ids too */
	bool units_read, containers_read, containers_hidden;
};

/*
 * ---- the units of this machine
 * ----------------------------------------------------------------------------------
 */

static int add_name(struct names *names, const char *name)
{
	char **at = reallocarray(names->at, names->count + 1, sizeof(*at));

	if (!at)
		return -ENOMEM;
	names->at = at;
	at[names->count] = strdup(name);
	return at[names->count++] ? 0 : -ENOMEM;
}

static void names_done(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->at[i]);
	free(names->at);
}

static int add_unit(void *ctx, const struct units_unit *u)
{
	return add_name(ctx, u->name);
}

static void pass_over(void *ctx, const char *path, int error)
{
	(void)ctx, (void)path, (void)error;
}

static const struct names *units_of(struct look *l)
{
	const struct units_config config = {
		.root = "/", .ctx = &l->units, .unit = add_unit, .trouble = pass_over,
	};

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

/*
 * ---- its containers
 * ----------------------------------------------------------------------------------------------
 */

static int add_container(void *ctx, const struct container *c)
{
	struct look *l = ctx;
	int err = c->name ? add_name(&l->containers, c->name) : 0;

	err = err ? err : c->pod_container ? add_name(&l->containers, c->pod_container) : 0;
	return err ? err : c->id ? add_name(&l->containers, c->id) : 0;
}

/* Without privilege the states of engines cannot be read, and what is not seen may be there. */
static void hide(void *ctx, const char *path, int error)
{
	(void)path, (void)error;
	((struct look *)ctx)->containers_hidden = true;
}

static bool is_container(const struct names *names, const char *glob)
{
	for (size_t i = 0; i < names->count; i++)
		if (!strcmp(names->at[i], glob) || (strlen(glob) >= 12 && !strncmp(names->at[i], glob, strlen(glob))))
			return true;
	return false;
}

/*
 * ---- what a rule names
 * ------------------------------------------------------------------------------------------
 */

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
	struct buf text = BUF_INIT;

	text_escape(&text, glob, strlen(glob));
	buf_putc(&text, '\'');
	if (nearest) {
		buf_puts(&text, "; did you mean '");
		text_escape(&text, nearest, strlen(nearest));
		buf_puts(&text, "'?");
	}
	complaints_warn(l->report, node->line, node->column, "this machine has no %s '%s", what, buf_str(&text));
	buf_done(&text);
}

static void look_at_unit(struct look *l, const char *unit)
{
	const struct names *names;
	const char *end = strrchr(unit, '.');
	size_t nearest;
	bool near;

	if (!end || (strcmp(end, ".service") && strcmp(end, ".socket")))
		return;
	names = units_of(l);
	if (!names->count || is_unit(names, unit))
		return;
	near = word_nearest(unit, strlen(unit), (const char *const *)names->at, names->count, &nearest);
	/* Of sockets those are known in which processes can be. */
	remark(l, strcmp(end, ".socket") ? "unit" : "socket unit with commands", unit, near ? names->at[nearest] : NULL);
}

static void look_at_container(struct look *l, const char *glob)
{
	const struct containers_config config = {
		.root = "/", .proc = l->proc, .ctx = l, .container = add_container, .trouble = hide,
	};
	const struct names *names = &l->containers;
	size_t nearest;
	bool near;

	if (!l->containers_read && containers_each(&config))
		l->containers_hidden = true;
	l->containers_read = true;
	if (l->containers_hidden || geteuid() || is_container(names, glob))
		return;
	near = word_nearest(glob, strlen(glob), (const char *const *)names->at, names->count, &nearest);
	remark(l, "container", glob, near ? names->at[nearest] : NULL);
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
	case WHERE_CONTAINER:
		look_at_container(l, t->glob);
		break;
	default:
		break;
	}
}

/* What is in a container is not of this machine; and the containers of pods come and go. */
static bool is_of_here(const struct rule *rule, const struct where_term *t)
{
	const uint32_t in_pod = 1U << WHERE_POD | 1U << WHERE_K8S_NAMESPACE;
	const uint32_t elsewhere = in_pod | 1U << WHERE_CONTAINER | 1U << WHERE_IMAGE | 1U << WHERE_ENGINE;

	if (!glob_is_plain(t->glob))
		return false;
	return !(rule->where.keys & (t->key == WHERE_CONTAINER ? in_pod : elsewhere));
}

/* ---- what the configuration names ---- */

static void look_at_file(struct yml_report *report, const struct yml_node *value)
{
	struct buf safe = BUF_INIT;

	/* Of a command the first word. */
	value = value->kind == YML_LIST ? value->first : value;
	if (!value || !value->text || *value->text != '/' || !access(value->text, F_OK) || errno != ENOENT)
		return;
	text_escape(&safe, value->text, strlen(value->text));
	complaints_warn(report, value->line, value->column, "this machine has no file '%s'", buf_str(&safe));
	buf_done(&safe);
}

static void look_at_output(struct yml_report *report, const struct yml_node *output)
{
	for (const struct yml_node *key = output->first; key && key->next; key = key->next->next)
		if (!strcmp(key->text, "command") || !strcmp(key->text, "secret_file") || !strcmp(key->text, "ca_file"))
			look_at_file(report, key->next);
}

static void look_at_config(const struct config *c, struct complaints *told)
{
	struct yml_report report = complaints_report(told, c->name, c->text, strlen(c->text));

	for (const struct yml_node *key = yml_root(c->yml)->first; key && key->next; key = key->next->next) {
		if (strcmp(key->text, "outputs"))
			continue;
		for (const struct yml_node *o = key->next->first; o && o->next; o = o->next->next)
			look_at_output(&report, o->next);
	}
}

void lint_host(const struct rules *rules, const struct config *config, const char *proc, struct complaints *told)
{
	struct look l = { .proc = proc };

	if (config)
		look_at_config(config, told);
	for (size_t i = 0; i < rules->count; i++) {
		const struct rule *rule = &rules->at[i];
		const struct rules_source *s = &rules->sources[rule->file_index];
		struct yml_report report = complaints_report(told, s->name, s->text, s->n);

		l.report = &report;
		l.rule = rule;
		for (size_t t = 0; t < rule->where.count; t++)
			if (is_of_here(rule, &rule->where.at[t]))
				look_at_term(&l, &rule->where.at[t]);
	}
	names_done(&l.units);
	names_done(&l.containers);
}
