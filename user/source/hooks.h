/* SPDX-License-Identifier: BSD-2-Clause */
/* The programs at their places: the probe that reports, and what tells of tasks' lives. */
#pragma once

struct bpf_link;
struct live;
struct probe_rung;

/* Into .check_link, and what is heard from it is ours from then on. 0 or negative errno; what was attached of it stays. */
int hooks_probe(struct live *l, const struct probe_rung *rung);

/* From now on the probe that was attached and tried last reports what it hears. */
void hooks_report(struct live *l);

/* In the order of attaching, so that no entry is left without its return; NULL is left. */
void hooks_detach(struct bpf_link *link[2]);

/* What tells of tasks' lives, before anything that speaks of tasks. */
int hooks_lives(struct live *l);
