/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "user/base/span.h"
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
	int err = span_parse(value, &o->profile.timeout_ns);

	if (err || !o->profile.timeout_ns)
		return values_bad_word(o, name, value, "is no length of time: 10s, 5m, 1h30m");
	return 0;
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
