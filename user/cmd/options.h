/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The options that mean the same in every command: rows of argp in groups, which a command joins as
 * children, and what they fill. Adding an option is a row in its group and a setter beside it.
 */
#pragma once

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

#include "bpf/event.h"
#include "user/base/buf.h"
#include "user/caps/capset.h"
#include "user/caps/securebits.h"
#include "user/model/filter.h"

/* Who pays for what a refused call returned: those calls alone, every call of the machine, or nobody. */
enum outcomes_how { OUTCOMES_AUTO, OUTCOMES_ALL, OUTCOMES_OFF };

enum color_when { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* Where it goes and how it looks. */
struct output_options {
	const char *file;	/* NULL: standard output */
	bool file_given;	/* also where that is "-" */
	bool json, every_column, no_header, utc;
	bool ancestors;
	const char *columns;	/* names that exist, separated by commas; NULL: the usual ones */
	enum color_when color;
	bool quiet;
	unsigned verbose;	/* how often -v */
	uint64_t duration_ns;	/* 0: no limit */
	uint64_t count;		/* 0: no limit */
	bool counting;		/* a table of counts instead of checks */
	uint64_t interval_ns;	/* 0: at the end */
};

/* How the kernel is listened to. */
struct kernel_options {
	enum event_probe attach;	/* PROBE_NONE: auto */
	const char *btf;		/* NULL: the kernel's own */
	const char *proc;
	const char *engine_socket;	/* NULL: no engine is asked */
	uint64_t ring_bytes;
	uint32_t kinds;		/* that are counted at once; 0: as many as usual */
	bool all, lsm_verdict, lifecycle;
	enum outcomes_how outcomes;
};

/* What is kept, and what is looked at again. */
struct recording_options {
	const char *to, *from;	/* NULL: not asked for */
	bool realtime;
};

enum { RULES_PATHS_MAX = 64 };

/* What rules say of it. */
struct rules_options {
	const char *paths[RULES_PATHS_MAX];
	size_t count;
	bool fail_on_alert;
	bool hide_allowed;
};

/* What is started and watched. */
struct command_options {
	char *const *argv;	/* NULL: nothing */
	const char *as;		/* "USER[:GROUP]" that exist, or NULL */
	bool grant_given;
	uint64_t grant;
	bool args;
};

/* What a command of `run` starts with, beside .command. */
struct run_options {
	const char *rule;
	const char *profile;	/* a file, or NULL */
	bool caps_given, iab_given, mode_given, securebits_given;
	uint64_t caps;
	struct capset iab;
	enum mode mode;
	uint32_t securebits;
	const char *groups;	/* NULL: not given */
	const char *chroot;
	bool ambient, inheritable, keep_bounding, no_new_privs, watch, force;
};

/* Who is shown by `ps`, beside the filter. */
struct ps_options {
	bool all, tree;
	bool granted;		/* not processes, but what is defined */
	const char *root;	/* NULL: "/" */
};

/* What `profile` says besides. */
struct profile_options {
	const char *format;	/* NULL: the page */
	bool verify, minimise;	/* the latter with the former */
	const char *ready, *test, *reset;	/* for the shell; NULL: not given */
	uint64_t timeout_ns;	/* 0: not given */
	const char *expect;	/* a file, or NULL; and with it: */
	bool strict, update;
	bool allow_given;
	uint64_t allowed;
	bool host;		/* everybody, an answer for each workload */
	bool wait;		/* for the next start of who is meant */
};

/* What `report` is made of. */
struct report_options {
	bool wanted;		/* it is that command's line */
	const char **files;	/* owned */
	size_t count;
	const char *title;	/* NULL: its own */
	const char *since, *until;	/* moments, as moment_parse reads them; NULL: from its beginning, to its end */
	size_t details;		/* 0: as many as usual */
	bool history;		/* and no file */
};

/* The screen of `top`. */
struct top_options {
	unsigned int by;	/* enum top_by */
	bool batch;
	uint64_t interval_ns;	/* 0: the usual */
};

/* What the history is asked. */
struct history_options {
	const char *db;		/* NULL: the daemon's */
	const char *since, *until;	/* moments, as moment_past reads them; NULL: the usual */
};

struct options {
	struct filter filter;
	struct output_options output;
	struct kernel_options kernel;
	struct command_options command;
	struct recording_options recording;
	struct rules_options rules;
	struct run_options run;
	struct ps_options ps;
	struct profile_options profile;
	struct top_options top;
	struct report_options report;
	struct history_options history;
	bool help;		/* --help was asked for; the rest is not checked then */
	struct buf error;	/* one sentence, where parsing failed */

	uint64_t caps_wanted, caps_unwanted;	/* of -C; .filter.caps is what is left of both */
	uint32_t classes_wanted, classes_unwanted;	/* of --class; the same */
	const char *userns_path;	/* of --userns, until it is known whether the path is one of here */
};

/* argv is NULL-terminated and outlives the options. */
extern const struct argp options_trace;
extern const struct argp options_doctor;
extern const struct argp options_run;
extern const struct argp options_ps;
extern const struct argp options_profile;
extern const struct argp options_top;
extern const struct argp options_report;
extern const struct argp options_history;

/*
 * Reads a command line, argv[0] being the command's own name. 0, or -EINVAL and the sentence in ret->error.
 * In both cases options_done is to be called.
 */
int options_parse(const struct argp *argp, int argc, char **argv, struct options *ret);
void options_done(struct options *o);
