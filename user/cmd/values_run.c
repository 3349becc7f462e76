/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/text.h"
#include "user/caps/mistake.h"
#include "user/cmd/options.h"
#include "user/cmd/values.h"

/* "NAME: WHAT 'WORD' at character N; did you mean 'X'?"; returns -EINVAL. */
static int mistaken(struct options *o, const char *name, const struct mistake *m)
{
	buf_printf(&o->error, "%s: %s", name, m->what);
	if (m->len) {
		buf_puts(&o->error, " '");
		text_escape(&o->error, m->word, m->len);
		buf_putc(&o->error, '\'');
	}
	if (m->column > 1)
		buf_printf(&o->error, " at character %zu", m->column);
	if (m->nearest)
		buf_printf(&o->error, "; did you mean '%s'?", m->nearest);
	return -EINVAL;
}

int values_run_caps(struct options *o, const char *name, const char *value)
{
	uint64_t caps = 0;
	int err = strcmp(value, "none") ? values_cap_list(o, name, value, &caps) : 0;

	o->run.caps_given = true;
	o->run.caps |= caps;
	return err;
}

int values_run_iab(struct options *o, const char *name, const char *value)
{
	struct mistake m;
	int err = capset_from_iab(value, &o->run.iab, &m);

	if (err == -EINVAL)
		return mistaken(o, name, &m);
	o->run.iab_given = true;
	return err;
}

int values_run_groups(struct options *o, const char *name, const char *value)
{
	char *list = strdup(value), *rest = list, *word;
	int err = list ? 0 : -ENOMEM;

	while (!err && strcmp(value, "none") && (word = strsep(&rest, ",")))
		err = values_group(o, name, word);
	free(list);
	o->run.groups = value;
	return err;
}

int values_run_securebits(struct options *o, const char *name, const char *value)
{
	struct mistake m;

	if (securebits_parse(value, &o->run.securebits, &m))
		return mistaken(o, name, &m);
	o->run.securebits_given = true;
	return 0;
}

int values_run_mode(struct options *o, const char *name, const char *value)
{
	struct mistake m;

	if (mode_parse(value, &o->run.mode, &m))
		return mistaken(o, name, &m);
	if (o->run.mode == MODE_UNCERTAIN)
		return values_bad_word(o, name, value, "is what no mode is called, and cannot be set");
	o->run.mode_given = true;
	return 0;
}

int values_run_chroot(struct options *o, const char *name, const char *value)
{
	int err = values_directory(o, name, value);

	if (!err)
		o->run.chroot = value;
	return err;
}

int values_run_rule(struct options *o, const char *name, const char *value)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	if (!*value || *value == '.' || strlen(value) > 64 || value[strspn(value, good)])
		return values_bad_word(o, name, value, "is no name of a rule: letters, digits, '.', '_' and '-'");
	o->run.rule = value;
	return 0;
}

int values_run_profile(struct options *o, const char *name, const char *value)
{
	if (!*value)
		return values_bad_word(o, name, value, "is no file");
	o->run.profile = value;
	return 0;
}

static bool says_more(const struct options *o)
{
	const struct run_options *r = &o->run;

	return r->profile || r->force || r->caps_given || r->iab_given || r->mode_given || r->securebits_given || r->groups || r->chroot ||
	       r->ambient || r->inheritable || r->keep_bounding || r->no_new_privs || r->watch || o->command.as;
}

static bool is_pure(const struct run_options *r)
{
	return r->mode_given && r->mode != MODE_HYBRID;
}

int values_run_together(struct options *o)
{
	const struct run_options *r = &o->run;
	const bool some = r->caps || r->iab_given;
	const struct {
		bool holds;
		const char *sentence;
	} rows[] = {
		{ r->rule && says_more(o), "--rule stands alone: the rule says everything" },
		{ r->caps_given && r->iab_given, "--caps and --iab exclude each other" },
		{ r->profile && (r->caps_given || r->iab_given),
		  "--profile excludes --caps and --iab: it says which capabilities" },
		{ r->profile && (r->ambient || r->inheritable || r->keep_bounding || r->mode_given),
		  "--profile excludes --ambient, --inheritable, --keep-bounding and --mode: it was made for "
		  "ambient capabilities and its own bounding set" },
		{ r->force && !r->profile, "--force is about what --profile names" },
		{ r->iab_given && (r->ambient || r->inheritable),
		  "--iab says itself what is ambient and inheritable" },
		{ r->iab_given && r->keep_bounding, "--iab says itself what is cut from the bounding set" },
		{ r->ambient && r->inheritable, "--ambient and --inheritable exclude each other: what is ambient "
						"is inheritable too" },
		{ r->mode_given && r->securebits_given,
		  "--mode and --securebits exclude each other: a mode is a choice of securebits" },
		{ r->mode_given && r->mode == MODE_NOPRIV && (some || r->keep_bounding),
		  "--mode nopriv leaves no capability: leave out what gives some" },
		{ is_pure(r) && (r->ambient || (r->iab_given && r->iab.set[CAPSET_AMB])),
		  "--mode pure1e has nothing ambient: there capabilities come from files and what is inheritable" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!rows[i].holds)
			continue;
		buf_puts(&o->error, rows[i].sentence);
		return -EINVAL;
	}
	return 0;
}
