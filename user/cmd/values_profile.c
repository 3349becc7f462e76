/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "user/cmd/options.h"
#include "user/cmd/values.h"

static int shell(struct options *o, const char *name, const char *value, const char **ret)
{
	if (!value[strspn(value, " \t\n")])
		return values_bad_word(o, name, value, "is no command");
	*ret = value;
	return 0;
}

int values_profile_ready(struct options *o, const char *name, const char *value)
{
	return shell(o, name, value, &o->profile.ready);
}

int values_profile_test(struct options *o, const char *name, const char *value)
{
	return shell(o, name, value, &o->profile.test);
}

int values_profile_reset(struct options *o, const char *name, const char *value)
{
	return shell(o, name, value, &o->profile.reset);
}

int values_profile_timeout(struct options *o, const char *name, const char *value)
{
	return values_span(o, name, value, &o->profile.timeout_ns);
}

int values_profile_expect(struct options *o, const char *name, const char *value)
{
	if (!*value)
		return values_bad_word(o, name, value, "is no file");
	o->profile.expect = value;
	return 0;
}

int values_profile_allow(struct options *o, const char *name, const char *value)
{
	uint64_t caps = 0;
	int err = values_cap_list(o, name, value, &caps);

	o->profile.allow_given = true;
	o->profile.allowed |= caps;
	return err;
}

int values_profile_together(struct options *o)
{
	struct profile_options *p = &o->profile;
	const struct {
		bool holds;
		const char *sentence;
	} rows[] = {
		{ (p->verify || p->minimise) && o->recording.from,
		  "--replay and --verify exclude each other: a recording starts nothing" },
		{ (p->verify || p->minimise) && !o->command.argv,
		  "--verify needs a command to run again: -- COMMAND; for what runs already apply the recipe, and look with "
		  "--expect FILE whether it does" },
		{ (p->verify || p->minimise) && o->output.duration_ns,
		  "-d and --verify exclude each other: --timeout limits each run, and --ready CMD says when a server is up" },
		{ !p->expect && p->strict, "--strict is about what --expect FILE has" },
		{ !p->expect && p->update, "--update writes what --expect FILE names" },
		{ !p->expect && p->allow_given, "--allow adds to what --expect FILE has" },
		{ p->expect && p->format, "--expect shows a difference, and --format a recipe: one at a time" },
		{ p->expect && (p->verify || p->minimise),
		  "--expect and --verify exclude each other: the one holds a run against FILE, the other against itself" },
		{ p->format && o->output.json, "--json and --format are two forms: one of them" },
		{ p->ready && !p->verify && !p->minimise, "--ready is about a run with --verify" },
		{ p->test && !p->verify && !p->minimise, "--test is about a run with --verify" },
		{ p->reset && !p->verify && !p->minimise, "--reset is about runs with --verify" },
		{ p->timeout_ns && !p->verify && !p->minimise,
		  "--timeout limits a run with --verify; -d DURATION ends what is watched" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!rows[i].holds)
			continue;
		buf_puts(&o->error, rows[i].sentence);
		return -EINVAL;
	}
	p->verify = p->verify || p->minimise;
	return 0;
}
