/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>

#include "user/base/span.h"
#include "user/cmd/moment.h"
#include "user/cmd/options.h"
#include "user/cmd/values.h"

enum { FILES_MAX = 16384, FILES_STEP = 64 };

static int add(struct report_options *r, const char *path)
{
	const char **files = r->files;

	if (r->count % FILES_STEP == 0) {
		files = reallocarray(r->files, r->count + FILES_STEP, sizeof(*files));
		if (!files)
			return -ENOMEM;
		r->files = files;
	}
	files[r->count++] = path;
	return 0;
}

int values_report_file(struct options *o, const char *name, const char *value)
{
	(void)name;
	if (o->report.count < FILES_MAX)
		return add(&o->report, value);
	buf_printf(&o->error, "too many files: at most %d", FILES_MAX);
	return -EINVAL;
}

int values_report_title(struct options *o, const char *name, const char *value)
{
	if (!*value)
		return values_bad_word(o, name, value, "says nothing");
	o->report.title = value;
	return 0;
}

int values_report_details(struct options *o, const char *name, const char *value)
{
	uint64_t count;

	if (number_parse(value, 1, FILES_MAX, &count))
		return values_bad_word(o, name, value, "is no number from 1 to 16384");
	o->report.details = (size_t)count;
	return 0;
}

/* Which moment it is, only the recording tells. */
static int set_moment(struct options *o, const char *name, const char *value, const char **ret)
{
	uint64_t ns;

	if (moment_parse(value, 0, true, &ns))
		return values_bad_word(o, name, value,
				       "is no time: 10m (after the beginning), 02:50 or, in UTC, 2026-11-22T02:50:00Z");
	*ret = value;
	return 0;
}

int values_report_since(struct options *o, const char *name, const char *value)
{
	return set_moment(o, name, value, &o->report.since);
}

int values_report_until(struct options *o, const char *name, const char *value)
{
	return set_moment(o, name, value, &o->report.until);
}

/* Both ways to name a file are one; whoever is asked for by a filter is of the machine that was recorded. */
int values_report_together(struct options *o)
{
	struct report_options *r = &o->report;

	if (r->history) {
		o->history.since = r->since;
		o->history.until = r->until;
	}
	if (o->recording.from && r->wanted)
		return add(r, o->recording.from);
	if (r->count)
		o->recording.from = r->files[0];
	return 0;
}
