/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/model/metric.h"

#include <assert.h>

#define COUNTER .counter = true
#define SENDER	.sender = true
#define LABELS(...) .labels = { __VA_ARGS__ }

static const struct metric_facts facts[METRIC_COUNT] = {
	[METRIC_BUILD_INFO] = { "capsieve_build_info", "What runs here, as labels; always 1.",
				LABELS("version", "libbpf", "kernel", "probe") },
	[METRIC_CHECKS] = { "capsieve_capability_checks_total", "Capability checks that the kernel made.", COUNTER,
			    LABELS("capability", "verdict") },
	[METRIC_WORKLOAD_CHECKS] = { "capsieve_workload_capability_checks_total",
				     "Capability checks of the busiest workloads, where metrics.workloads is set; all others are \"other\".",
				     COUNTER, LABELS("workload", "capability", "verdict") },
	[METRIC_PROFILE_VIOLATIONS] = { "capsieve_profile_violations_total",
					"Checks outside of what a profile or a learned baseline allows.", COUNTER,
					LABELS("workload", "capability") },
	[METRIC_ALERTS] = { "capsieve_alerts_total", "Alerts that were told, by the rule that decided.", COUNTER,
			    LABELS("rule", "severity") },
	[METRIC_ALERTS_HELD] = { "capsieve_alerts_held_total",
				 "Alerts that were not told one by one: by once_per, more_than or max_per_minute.",
				 COUNTER, LABELS("reason") },
	[METRIC_EVENTS_RECEIVED] = { "capsieve_events_received_total", "Events that came from the kernel.", COUNTER },
	[METRIC_EVENTS_LOST] = { "capsieve_events_lost_total", "Events that were lost, by cause.", COUNTER,
				 LABELS("cause") },
	[METRIC_WORKLOADS] = { "capsieve_workloads", "Workloads with a name that were heard in the last hour." },
	[METRIC_CONTAINER_LOOKUPS] = { "capsieve_container_lookups_total", "Containers that were looked for, by whether their engine has them.",
				       COUNTER, LABELS("engine", "result") },
	[METRIC_RULES] = { "capsieve_rules", "Rules that are in force." },
	[METRIC_RULES_RELOADS] = { "capsieve_rules_reloads_total", "Readings of the rules, by result.", COUNTER,
				   LABELS("result") },
	[METRIC_RULES_OK] = { "capsieve_rules_last_load_successful",
			      "1 where the rules in force are those in the files, 0 where these were refused." },
	[METRIC_OUTPUT_RECORDS] = { "capsieve_output_records_total", "Alerts by output and by what became of them.",
				    COUNTER, SENDER, LABELS("output", "result") },
	[METRIC_OUTPUT_QUEUE] = { "capsieve_output_queue_length", "Alerts that wait for an output.", SENDER,
				  LABELS("output") },
	[METRIC_OUTPUT_SPOOL] = { "capsieve_output_spool_bytes", "What these take in the spool.", SENDER,
				  LABELS("output") },
	[METRIC_LAST_EVENT] = { "capsieve_last_event_timestamp_seconds", "When the last check was reported or counted, since 1970." },
	[METRIC_BPF_SECONDS] = { "capsieve_bpf_run_seconds_total",
				 "Time in the programs in the kernel; only where kernel.bpf_stats_enabled is 1.", COUNTER },
	[METRIC_BPF_RUNS] = { "capsieve_bpf_runs_total",
			      "Runs of these programs; only where kernel.bpf_stats_enabled is 1.", COUNTER },
	[METRIC_CPU_SECONDS] = { "process_cpu_seconds_total", "CPU time of both processes.", COUNTER },
	[METRIC_MEMORY] = { "process_resident_memory_bytes", "Resident memory of both processes." },
	[METRIC_START_TIME] = { "process_start_time_seconds", "When the daemon was started, since 1970." },
};

const struct metric_facts *metric_facts(enum metric metric)
{
	assert((size_t)metric < METRIC_COUNT);
	return &facts[metric];
}

size_t metric_labels(enum metric metric)
{
	size_t n = 0;

	while (metric_facts(metric)->labels[n])
		n++;
	return n;
}
