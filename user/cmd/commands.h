/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What main dispatches to. Each takes its own command line, argv[0] being its name, and returns the exit
 * code.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct argp;

/* What every command ends with; a started command's own status comes beside them. */
enum exit_code {
	EXIT_FINE = 0,
	EXIT_FAILED = 1,	/* also: no usable probe, missing privilege, who was to be watched never came */
	EXIT_USAGE = 2,		/* bad arguments or a bad input file */
	EXIT_FINDING = 3,
	EXIT_INCOMPLETE = 4,	/* events were lost */
	EXIT_NOT_STARTED = 125,	/* a command was to be started, and capsieve itself failed */
};

int check_main(int argc, char **argv);
int watch_main(int argc, char **argv);
int trace_main(int argc, char **argv);
int doctor_main(int argc, char **argv);
int file_main(int argc, char **argv);
int history_main(int argc, char **argv);
int explain_main(int argc, char **argv);
int profile_main(int argc, char **argv);
int ps_main(int argc, char **argv);
int report_main(int argc, char **argv);
int run_main(int argc, char **argv);
int top_main(int argc, char **argv);
int schema_main(int argc, char **argv);
int completion_main(int argc, char **argv);

/* What may stand behind a command: its word number `at`, and the options that hold then; .name NULL: no more. */
struct command_word {
	const char *name;
	const struct argp *argp;
};

struct command {
	const char *name;
	int (*main)(int argc, char **argv);
	const char *does;
	const struct argp *argp;			/* its options */
	struct command_word (*word)(size_t at);		/* NULL: none */
	bool files;					/* takes files, too */
};

/* In the order in which they are listed. */
extern const struct command commands[];
extern const size_t command_count;

/* The first and longest list of words is that of the commands. */
enum { COMMANDS_MAX = 24 };
