/* SPDX-License-Identifier: BSD-2-Clause */
/* What stands behind the options about the history. */
#include "user/cmd/moment.h"
#include "user/cmd/options.h"
#include "user/cmd/values.h"

int values_history_db(struct options *o, const char *name, const char *value)
{
	if (!*value)
		return values_bad_word(o, name, value, "is no file");
	o->history.db = value;
	return 0;
}

/* Which moment it is, is told when it is asked. */
static int set_moment(struct options *o, const char *name, const char *value, const char **ret)
{
	uint64_t ns;

	if (moment_past(value, 0, true, &ns))
		return values_bad_word(o, name, value, "is no time: 7d (ago), 02:50 or, in UTC, 2026-11-22T02:50:00Z");
	*ret = value;
	return 0;
}

int values_history_since(struct options *o, const char *name, const char *value)
{
	return set_moment(o, name, value, &o->history.since);
}

int values_history_until(struct options *o, const char *name, const char *value)
{
	return set_moment(o, name, value, &o->history.until);
}
