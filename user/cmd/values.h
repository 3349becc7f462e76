/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stands behind an option. Each takes the option's name as typed and its value, and sets what it
 * means; 0, or -EINVAL with one sentence in o->error that names the bad word, or -ENOMEM.
 */
#pragma once

struct options;

typedef int values_set(struct options *o, const char *name, const char *value);

values_set values_pids, values_trees, values_users, values_groups, values_comm, values_caps, values_cgroup,
	values_userns, values_as, values_grant, values_output, values_columns, values_color, values_duration,
	values_count, values_attach, values_ring, values_btf, values_proc, values_verbose;

/* What only can be told of all options together: what excludes what, and processes, which --proc decides. */
int values_together(struct options *o);
