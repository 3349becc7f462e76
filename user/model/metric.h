/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The metrics that the daemon has: their names, what they mean and which labels they carry. Labels are of few values
 * each: never a process, a program, a container's id or a cgroup.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { METRIC_LABELS_MAX = 4 };

enum metric {
	METRIC_BUILD_INFO,
	METRIC_CHECKS,
	METRIC_WORKLOAD_CHECKS,
	METRIC_PROFILE_VIOLATIONS,
	METRIC_ALERTS,
	METRIC_ALERTS_HELD,
	METRIC_EVENTS_RECEIVED,
	METRIC_EVENTS_LOST,
	METRIC_WORKLOADS,
	METRIC_CONTAINER_LOOKUPS,
	METRIC_RULES,
	METRIC_RULES_RELOADS,
	METRIC_RULES_OK,
	METRIC_OUTPUT_RECORDS,
	METRIC_OUTPUT_QUEUE,
	METRIC_OUTPUT_SPOOL,
	METRIC_LAST_EVENT,
	METRIC_BPF_SECONDS,
	METRIC_BPF_RUNS,
	METRIC_CPU_SECONDS,
	METRIC_MEMORY,
	METRIC_START_TIME,
	METRIC_COUNT
};

struct metric_facts {
	const char *name, *help;
	bool counter;				/* else a gauge */
	bool sender;				/* the sender knows it; the rest is the collector's */
	const char *labels[METRIC_LABELS_MAX + 1];	/* ends with NULL */
};

/* One value; of each label its value, in the order of .labels. */
struct metric_sample {
	enum metric metric;
	const char *labels[METRIC_LABELS_MAX];
	double value;
};

const struct metric_facts *metric_facts(enum metric metric);

/* How many labels it has. */
size_t metric_labels(enum metric metric);
