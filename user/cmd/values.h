/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stands behind an option. Each takes the option's name as typed and its value, and sets what it
 * means; 0, or -EINVAL with one sentence in o->error that names the bad word, or -ENOMEM.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct buf;
struct filter;
struct options;

typedef int values_set(struct options *o, const char *name, const char *value);

values_set values_pids, values_trees, values_users, values_groups, values_comm, values_caps, values_class, values_cgroup,
	values_userns, values_as, values_grant, values_output, values_columns, values_color, values_duration, values_interval,
	values_count, values_attach, values_outcomes, values_no_outcomes, values_format, values_ring, values_kinds, values_btf, values_proc,
	values_engine_socket, values_verbose, values_key, values_where, values_record, values_replay;

/* values_run.c */
values_set values_run_caps, values_run_iab, values_run_groups, values_run_securebits, values_run_mode,
	values_run_chroot, values_run_rule, values_run_profile;

/* values_rules.c */
values_set values_rules, values_fail_on;
int values_rules_together(struct options *o);

/* values_profile.c */
values_set values_profile_ready, values_profile_test, values_profile_reset, values_profile_timeout;
values_set values_profile_expect, values_profile_allow;
int values_profile_together(struct options *o);

/* values_report.c */
values_set values_report_file, values_report_title, values_report_details,
	values_report_since, values_report_until;
int values_report_together(struct options *o);

/* values_history.c */
values_set values_history_db, values_history_since, values_history_until;

/* values_top.c */
values_set values_by, values_refresh;

/* values_ps.c; the value of --tree may be NULL. */
values_set values_ps_tree, values_ps_columns, values_ps_root;

/* What only can be told of all options together: what excludes what, and processes, which --proc decides. */
int values_together(struct options *o);
int values_run_together(struct options *o);

/* ---- pieces that they share ---- */

/* One more --where: 0, or as above with the sentence in error. */
int values_add_where(struct filter *f, const char *name, const char *value, struct buf *error);

/* "NAME: 'WORD' WHAT"; returns -EINVAL. */
int values_bad_word(struct options *o, const char *name, const char *word, const char *what);

int values_cap_list(struct options *o, const char *name, const char *list, uint64_t *ret);

/* One of count words, by its number; a mistake tells what kind of word it was to be. */
int values_choose(struct options *o, const char *name, const char *what, const char *value, const char *const *words,
		  size_t count, size_t *ret);

/* A length of time that is not none. */
int values_span(struct options *o, const char *name, const char *value, uint64_t *ret_ns);

/* Is there such a group? */
int values_group(struct options *o, const char *name, const char *word);
int values_directory(struct options *o, const char *name, const char *path);
