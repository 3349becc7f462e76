/* SPDX-License-Identifier: BSD-2-Clause */
/* What is no mistake in rules, and yet hardly meant: rules that decide nothing, or contradict each other. */
#pragma once

struct complaints;
struct config;
struct rules;

/* By the rules alone; config may be NULL: then the names of outputs are not looked at. */
void lint_rules(const struct rules *rules, const struct config *config, struct complaints *told);

/*
 * By this machine, with procfs at proc: units, containers, users, groups and executables that are not here; and
 * commands, keys and certificates of the configuration, which may be NULL.
 */
void lint_host(const struct rules *rules, const struct config *config, const char *proc, struct complaints *told);
