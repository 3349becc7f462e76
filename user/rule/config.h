/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * capsieve.yaml: what the daemon does with what the rules say. Read as the rules are, with the same
 * mistakes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/event.h"
#include "user/rule/fields.h"

struct complaints;
struct yml;

enum { CONFIG_OUTPUTS_MAX = 32, CONFIG_COMMAND_MAX = 64, CONFIG_WORKLOADS_MAX = 200 };

enum config_output_type {
	OUTPUT_STDOUT,
	OUTPUT_FILE,
	OUTPUT_SYSLOG,
	OUTPUT_JOURNAL,
	OUTPUT_EXEC,
	OUTPUT_WEBHOOK,
	OUTPUT_TYPES
};

/* What an alert is written as. */
enum config_format {
	FORMAT_TEXT,
	FORMAT_JSON,
	FORMAT_GENERIC,
	FORMAT_FALCO,
	FORMAT_ALERTMANAGER,
	FORMAT_SLACK,
	FORMATS
};

/* One place where alerts go. Of another type's keys nothing is set. */
struct config_output {
	const char *name;
	enum config_output_type type;
	enum config_format format;
	const char *path;		/* a file */
	uint64_t max_size;		/* of it, until it is rotated; 0: it is not */
	uint32_t keep;			/* so many rotated ones */
	const char *facility, *address;	/* syslog */
	const char *command[CONFIG_COMMAND_MAX + 1];	/* ends with NULL */
	size_t command_count;
	const char *url, *secret_file, *ca_file;	/* a webhook */
	uint64_t resolve_after_ns, timeout_ns;
	unsigned line;			/* where it stands */
};

struct config {
	struct config_output outputs[CONFIG_OUTPUTS_MAX];
	size_t output_count;
	const char *log[CONFIG_OUTPUTS_MAX];	/* names of outputs: where goes what the rules log; none: nowhere */
	size_t log_count;
	const char *listen, *textfile;	/* metrics; NULL: not so */
	uint32_t metrics_workloads;	/* so many have series of their own */
	uint64_t history_keep_ns, history_max_size, spool_max_size;
	uint32_t alerts_per_minute;
	const char *engine_socket;	/* NULL: where the engines have theirs */
	enum event_probe attach;	/* PROBE_NONE: auto */
	char *name, *text;		/* owned: the file, with a NUL behind it */
	struct yml *yml;		/* owns the words */
};

/* 0 and *ret, for config_free; -EINVAL and all mistakes in told; -ENOMEM. */
int config_read(const char *name, const char *text, size_t n, struct complaints *told, struct config **ret);
void config_free(struct config *c);

/* Does such a file configure? By its name, else by a key that only configuration has. */
bool config_is_one(const char *name, const char *text, size_t n);

/* Has an output of this type such a key, and must it? */
bool config_output_has(const char *key, enum config_output_type type);
bool config_output_needs(const char *key, enum config_output_type type);

/* Outputs that are there without being configured: stdout, journal, syslog. */
bool config_is_builtin(const char *output);

/* Is it one of those, or configured? */
bool config_has_output(const struct config *c, const char *name);

/* The one that may have been meant; NULL: none. */
const char *config_near_output(const struct config *c, const char *name);

#define CONFIG_FIELDS(X) \
	X(version, false, VERSION, "the version of the language: 1") \
	X(outputs, false, OUTPUTS, "where alerts go, by the names that rules have in 'outputs'") \
	X(log, false, WORDS, "outputs that are told what the rules log too; none, where it is not given") \
	X(metrics, false, METRICS, "how Prometheus gets the metrics; neither, where it is not given") \
	X(history, false, HISTORY, "how much is kept of what was used") \
	X(spool, false, SPOOL, "how much waits on disk for outputs that cannot take it") \
	X(alerts, false, ALERTS, "how many alerts there are at most") \
	X(engine_socket, false, PATH, "the socket of a container engine that is where none is looked for") \
	X(attach, false, ATTACH, "the probe: auto, fexit, tp_btf, tp or kprobe")

#define OUTPUT_FIELDS(X) \
	X(type, true, OUTPUT_TYPE, "stdout, file, syslog, journal, exec or webhook") \
	X(format, false, FORMAT, "text or json; of a webhook generic, falco, alertmanager or slack") \
	X(path, false, PATH, "file: where it is") \
	X(max_size, false, SIZE, "file: it is rotated at this size") \
	X(keep, false, NUMBER, "file: so many rotated ones are kept") \
	X(facility, false, FACILITY, "syslog: authpriv where it is not given") \
	X(address, false, ADDRESS, "syslog: /dev/log where it is not given; udp://HOST:PORT, tcp://HOST:PORT") \
	X(command, false, COMMAND, "exec: the program and its arguments; an alert is its standard input, as JSON") \
	X(url, false, URL, "webhook: where to") \
	X(secret_file, false, PATH, "webhook: a file with the key that signs what is sent") \
	X(ca_file, false, PATH, "webhook: the certificates that its server's is held against, instead of the system's") \
	X(resolve_after, false, SPAN, "webhook, alertmanager: an alert that is not repeated ends after this time") \
	X(timeout, false, SPAN, "exec and webhook: how long one may take")

#define METRICS_FIELDS(X) \
	X(listen, false, LISTEN, "address and port for Prometheus: 127.0.0.1:9435") \
	X(textfile, false, PATH, "a file for node_exporter's textfile collector") \
	X(workloads, false, WORKLOADS, "so many, the busiest, have series of their own, such as 50; none where it is not given")

#define HISTORY_FIELDS(X) \
	X(keep, false, SPAN, "how long") \
	X(max_size, false, SIZE, "how much, at most")

#define SPOOL_FIELDS(X) X(max_size, false, SIZE, "how much, at most")

#define ALERTS_FIELDS(X) X(max_per_minute, false, NUMBER, "more than that are told as one: so many suppressed")

extern const struct field config_fields[], output_fields[], metrics_fields[], history_fields[], spool_fields[],
	alerts_fields[];
extern const size_t config_field_count, output_field_count, metrics_field_count, history_field_count,
	spool_field_count, alerts_field_count;
extern const char *const config_output_types[OUTPUT_TYPES], *const config_formats[FORMATS];
extern const char *const config_facilities[], *const config_probes[];
extern const size_t config_facility_count, config_probe_count;
