/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/options.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/cmd/args.h"
#include "user/cmd/values.h"

enum {
	KEY_TREE = 0x100,
	KEY_COMM,
	KEY_ALLOWED,
	KEY_DENIED,
	KEY_CGROUP,
	KEY_USERNS,
	KEY_AS,
	KEY_GRANT,
	KEY_ARGS,
	KEY_JSON,
	KEY_COLUMNS,
	KEY_NO_HEADER,
	KEY_COLOR,
	KEY_UTC,
	KEY_ANCESTORS,
	KEY_ATTACH,
	KEY_RING,
	KEY_KINDS,
	KEY_ALL,
	KEY_LSM_VERDICT,
	KEY_LIFECYCLE,
	KEY_BTF,
	KEY_PROC,
	KEY_ENGINE_SOCKET,
	KEY_CAPS,
	KEY_IAB,
	KEY_GROUPS,
	KEY_AMBIENT,
	KEY_INHERITABLE,
	KEY_KEEP_BOUNDING,
	KEY_NO_NEW_PRIVS,
	KEY_SECUREBITS,
	KEY_MODE,
	KEY_CHROOT,
	KEY_WATCH,
	KEY_RULE,
	KEY_PROFILE,
	KEY_FORCE,
	KEY_PS_TREE,
	KEY_PS_ALL,
	KEY_PS_COLUMNS,
	KEY_EXE,
	KEY_UNIT,
	KEY_SLICE,
	KEY_CONTAINER,
	KEY_IMAGE,
	KEY_POD,
	KEY_K8S_NAMESPACE,
	KEY_WHERE,
	KEY_GRANTED,
	KEY_ROOT,
	KEY_BY,
	KEY_BATCH,
	KEY_REFRESH,
	KEY_RECORD,
	KEY_REPLAY,
	KEY_REALTIME,
	KEY_COUNT,
	KEY_INTERVAL,
	KEY_RULES,
	KEY_FAIL_ON,
	KEY_HIDE_ALLOWED,
	KEY_CLASS,
	KEY_OUTCOMES,
	KEY_NO_OUTCOMES,
	KEY_FORMAT,
	KEY_VERIFY,
	KEY_MINIMISE,
	KEY_READY,
	KEY_TEST,
	KEY_RESET,
	KEY_TIMEOUT,
	KEY_EXPECT,
	KEY_STRICT,
	KEY_ALLOW,
	KEY_UPDATE,
	KEY_WAIT,
	KEY_HOST,
	KEY_TITLE,
	KEY_DETAILS,
	KEY_SINCE,
	KEY_UNTIL,
	KEY_DB,
	KEY_PAST_SINCE,
	KEY_PAST_UNTIL,
	KEY_HISTORY,
};

#define RING_DEFAULT ((uint64_t)8 << 20)
#define PROC_DEFAULT "/proc"

static const struct argp_option pid_rows[] = {
	{ NULL, 'p', "PID", 0, "Of these processes, with all their threads", 0 },
	{ 0 }
};

static const struct argp_option tree_rows[] = {
	{ "tree", KEY_TREE, "PID", 0, "Of these processes and their descendants", 0 },
	{ 0 }
};

static const struct argp_option task_rows[] = {
	{ NULL, 'u', "USER", 0, "Of tasks of these users, by name or number", 0 },
	{ NULL, 'g', "GROUP", 0, "Of tasks of these groups, by name or number", 0 },
	{ "comm", KEY_COMM, "GLOB", 0, "Of threads with such a name", 0 },
	{ 0 }
};

static const struct argp_option check_rows[] = {
	{ "cap", 'C', "LIST", 0, "For these capabilities: net_raw, CAP_NET_RAW, 13, ...", 0 },
	{ "allowed", KEY_ALLOWED, NULL, 0, "Only what was granted", 0 },
	{ "denied", KEY_DENIED, NULL, 0, "Only what was refused", 0 },
	{ "class", KEY_CLASS, "LIST", 0,
	  "Of these classes: needed, alternative, conditional, quality, advisory, unclassified; or all", 0 },
	{ 0 }
};

static const struct argp_option place_rows[] = {
	{ "cgroup", KEY_CGROUP, "DIR", 0, "In this cgroup (version 2) and below it", 0 },
	{ "userns", KEY_USERNS, "host|own|PATH", 0,
	  "With credentials of the initial user namespace, of any other, or of the one at PATH, such as "
	  "/proc/PID/ns/user", 0 },
	{ 0 }
};

static const struct argp_option ps_tree_rows[] = {
	{ "tree", KEY_PS_TREE, "[PID]", OPTION_ARG_OPTIONAL,
	  "Children below their parents; only these processes and their descendants", 0 },
	{ 0 }
};

static const struct argp_option ps_rows[] = {
	{ "cap", 'C', "LIST", 0, "Who holds any of these: net_raw, CAP_NET_RAW, 13, ...", 0 },
	{ 0 }
};

static const struct argp_option name_rows[] = {
	{ "exe", KEY_EXE, "GLOB", 0, "Of processes with such an executable, by its path", 0 },
	{ "unit", KEY_UNIT, "GLOB", 0, "In such systemd units: nginx, 'user@*.service'", 0 },
	{ "slice", KEY_SLICE, "GLOB", 0, "In such slices of systemd: machine, 'user-*.slice'", 0 },
	{ "container", KEY_CONTAINER, "NAME|ID|GLOB", 0, "In such containers", 0 },
	{ "image", KEY_IMAGE, "GLOB", 0, "In containers of such images", 0 },
	{ "pod", KEY_POD, "GLOB", 0, "In such pods", 0 },
	{ "k8s-namespace", KEY_K8S_NAMESPACE, "GLOB", 0, "In pods of such namespaces of Kubernetes", 0 },
	{ "where", KEY_WHERE, "EXPR", 0,
	  "key=glob and key!=glob, blanks between them: exe, comm, cmdline, user, group, unit, slice, container, image, "
	  "engine, pod, k8s_namespace, cgroup, userns, ancestor, tty", 0 },
	{ 0 }
};

static const struct argp_option ps_all_rows[] = {
	{ "all", KEY_PS_ALL, NULL, 0, "Also who holds nothing, the kernel's own threads, and zombies", 0 },
	{ "granted", KEY_GRANTED, NULL, 0,
	  "Not processes, but every unit and container that is defined, running or not, with what it would be granted", 0 },
	{ "root", KEY_ROOT, "DIR", 0, "With --granted: of the system whose root directory is DIR", 0 },
	{ 0 }
};

static const struct argp_option command_rows[] = {
	{ "as", KEY_AS, "USER[:GROUP]", 0, "Start the command as this user", 0 },
	{ "grant", KEY_GRANT, "LIST|all", 0, "Give that user these capabilities, as ambient ones", 0 },
	{ "args", KEY_ARGS, NULL, 0, "Keep command lines (they may hold passwords)", 0 },
	{ 0 }
};

static const struct argp_option json_rows[] = {
	{ "json", KEY_JSON, NULL, 0, "JSON, for programs", 0 },
	{ 0 }
};

static const struct argp_option file_rows[] = {
	{ NULL, 'o', "FILE", 0, "Write to FILE and not to standard output", 0 },
	{ NULL, 'x', NULL, 0, "Show every column", 0 },
	{ 0 }
};

static const struct argp_option used_rows[] = {
	{ "db", KEY_DB, "FILE", 0, "The history that tells what was ever used, and not the daemon's", 0 },
	{ 0 }
};

static const struct argp_option ps_output_rows[] = {
	{ "columns", KEY_PS_COLUMNS, "LIST", 0, "Show these columns", 0 },
	{ "no-header", KEY_NO_HEADER, NULL, 0, "Leave out the line of column names", 0 },
	{ 0 }
};

static const struct argp_option output_rows[] = {
	{ "columns", KEY_COLUMNS, "LIST", 0, "Show these columns", 0 },
	{ "no-header", KEY_NO_HEADER, NULL, 0, "Leave out the line of column names", 0 },
	{ "color", KEY_COLOR, "WHEN", 0, "auto (on a terminal), always or never", 0 },
	{ "utc", KEY_UTC, NULL, 0, "Show Coordinated Universal Time and not local time", 0 },
	{ "ancestors", KEY_ANCESTORS, NULL, 0, "Say who started it: its parent, whose parent, ...", 0 },
	{ NULL, 'd', "DURATION", 0, "End after this time: 10s, 5m, 1h30m", 0 },
	{ NULL, 'n', "COUNT", 0, "End after this many checks", 0 },
	{ "count", KEY_COUNT, NULL, 0, "Count in the kernel, and show the counts at the end", 0 },
	{ "interval", KEY_INTERVAL, "DURATION", 0, "With --count: show them so often, and begin anew", 0 },
	{ 0 }
};

static const struct argp_option recording_rows[] = {
	{ "record", KEY_RECORD, "FILE", 0, "Keep all of it in FILE; shows it too where -o, -x, --json or --columns ask", 0 },
	{ "replay", KEY_REPLAY, "FILE", 0, "Look at what FILE keeps and not at the kernel; - is standard input", 0 },
	{ "realtime", KEY_REALTIME, NULL, 0, "With --replay: no faster than it happened", 0 },
	{ 0 }
};

static const struct argp_option top_rows[] = {
	{ "by", KEY_BY, "WHAT", 0, "Join checks by workload (the usual), program, process, user, unit, container, pod, capability or check", 0 },
	{ "interval", KEY_REFRESH, "DURATION", 0, "Show it anew so often (2s)", 0 },
	{ "batch", KEY_BATCH, NULL, 0, "Plain text, one table after the other, also where a terminal could do more", 0 },
	{ NULL, 'x', NULL, 0, "Also what came of it, its class and its operation; usual with --denied", 0 },
	{ NULL, 'n', "COUNT", 0, "End after so many tables", 0 },
	{ NULL, 'd', "DURATION", 0, "End after this time: 10s, 5m, 1h30m", 0 },
	{ "utc", KEY_UTC, NULL, 0, "Show Coordinated Universal Time and not local time", 0 },
	{ 0 }
};

static const struct argp_option top_kernel_rows[] = {
	{ "attach", KEY_ATTACH, "PROBE", 0, "auto (the best that works), fexit, tp_btf, tp or kprobe", 0 },
	{ "ring", KEY_RING, "SIZE", 0, "Memory between the kernel and capsieve, 8M where not given", 0 },
	{ 0 }
};

static const struct argp_option top_recording_rows[] = {
	{ "replay", KEY_REPLAY, "FILE", 0, "Play what FILE keeps, as fast as it happened; with --batch as fast as it can be read", 0 },
	{ 0 }
};

static const struct argp_option report_rows[] = {
	{ "replay", KEY_REPLAY, "FILE", 0, "The same as FILE alone, which may be a recording or a profile; - is a recording on standard input", 0 },
	{ "history", KEY_HISTORY, NULL, 0, "Of what the daemon saw: no FILE", 0 },
	{ "db", KEY_DB, "FILE", 0, "... as the history in this file has it", 0 },
	{ NULL, 'o', "FILE", 0, "Write the page to FILE, for nobody else to read, and not to standard output", 0 },
	{ "since", KEY_SINCE, "TIME", 0, "What was from then on: 10m after a recording's beginning, of a history so long ago; 02:50, 2026-11-22T02:50:00Z", 0 },
	{ "until", KEY_UNTIL, "TIME", 0, "... and until then", 0 },
	{ "details", KEY_DETAILS, "COUNT", 0, "Tell all of so many workloads, the riskiest first, and of the rest a line each (100)", 0 },
	{ "title", KEY_TITLE, "TEXT", 0, "What stands over it", 0 },
	{ "utc", KEY_UTC, NULL, 0, "Show Coordinated Universal Time and not local time", 0 },
	{ 0 }
};

static const struct argp_option history_rows[] = {
	{ "since", KEY_PAST_SINCE, "TIME", 0, "What was from then on: 7d (ago, the usual), 02:50, 2026-11-22T02:50:00Z", 0 },
	{ "until", KEY_PAST_UNTIL, "TIME", 0, "... and until then", 0 },
	{ NULL, 'x', NULL, 0, "All programs and places of each, and all of every workload", 0 },
	{ "color", KEY_COLOR, "WHEN", 0, "auto (on a terminal), always or never", 0 },
	{ "utc", KEY_UTC, NULL, 0, "Show Coordinated Universal Time and not local time", 0 },
	{ 0 }
};

static const struct argp_option history_from_rows[] = {
	{ "db", KEY_DB, "FILE", 0, "The history in this file, and not the daemon's", 0 },
	{ "replay", KEY_REPLAY, "FILE", 0, "Ask what FILE keeps, a recording; with --db it is added to that history", 0 },
	{ 0 }
};

static const struct argp_option rules_rows[] = {
	{ "rules", KEY_RULES, "FILE|DIR", 0, "Say what these rules make of each check; what they ignore is not shown", 0 },
	{ "hide-allowed", KEY_HIDE_ALLOWED, NULL, 0, "Nor is what they allow: what is silent for sure is counted in the kernel", 0 },
	{ "fail-on", KEY_FAIL_ON, "alert", 0, "End with exit status 3 where there was an alert", 0 },
	{ 0 }
};

static const struct argp_option profile_target_rows[] = {
	{ "host", KEY_HOST, NULL, 0, "Everybody, or all who are chosen: an answer for each workload, the riskiest first", 0 },
	{ "wait", KEY_WAIT, NULL, 0, "Not who runs already, but the next to start, from his start to his end", 0 },
	{ 0 }
};

static const struct argp_option profile_rows[] = {
	{ "color", KEY_COLOR, "WHEN", 0, "auto (on a terminal), always or never", 0 },
	{ NULL, 'o', "FILE", 0, "Write the profile to FILE, for nobody else to read", 0 },
	{ "format", KEY_FORMAT, "NAME", 0, "Show what it comes to for docker, systemd, setcap, ...; 'help' lists them", 0 },
	{ NULL, 'd', "DURATION", 0, "End after this time: 10s, 5m, 1h30m", 0 },
	{ "replay", KEY_REPLAY, "FILE", 0, "Look at what FILE keeps and not at the kernel; - is standard input", 0 },
	{ 0 }
};

static const struct argp_option profile_expect_rows[] = {
	{ "expect", KEY_EXPECT, "FILE", 0, "Show what this profile does not have; exit status 3 where there is something", 0 },
	{ "allow", KEY_ALLOW, "LIST", 0, "These capabilities are expected, too", 0 },
	{ "strict", KEY_STRICT, NULL, 0, "Also classes and places in the kernel, which differ between kernels", 0 },
	{ "update", KEY_UPDATE, NULL, 0, "Write what was seen into FILE, which need not be there", 0 },
	{ 0 }
};

static const struct argp_option profile_command_rows[] = {
	{ "as", KEY_AS, "USER[:GROUP]", 0, "Start the command as this user", 0 },
	{ "grant", KEY_GRANT, "LIST|all", 0, "Give that user these capabilities, as ambient ones", 0 },
	{ 0 }
};

static const struct argp_option profile_proof_rows[] = {
	{ "verify", KEY_VERIFY, NULL, 0, "Run the command again with exactly what is advised, and say what differs", 0 },
	{ "minimise", KEY_MINIMISE, NULL, 0, "And again without each of them, the most dangerous first, until none can go", 0 },
	{ "ready", KEY_READY, "CMD", 0, "It is a server: it is up once CMD ends with 0; then it is tested, and told to end", 0 },
	{ "test", KEY_TEST, "CMD", 0, "The judge: it did its work where CMD ends with 0", 0 },
	{ "reset", KEY_RESET, "CMD", 0, "CMD makes all as it was before the first run: before each further one", 0 },
	{ "timeout", KEY_TIMEOUT, "DURATION", 0, "A run takes no longer; a server without it is up within a minute", 0 },
	{ 0 }
};

static const struct argp_option profile_kernel_rows[] = {
	{ "attach", KEY_ATTACH, "PROBE", 0, "auto (the best that works), fexit, tp_btf, tp or kprobe", 0 },
	{ "ring", KEY_RING, "SIZE", 0, "Memory between the kernel and capsieve, 8M where not given", 0 },
	{ "kinds", KEY_KINDS, "COUNT", 0, "Room in the kernel for so many kinds of checks at once, 16384 where not given", 0 },
	{ "outcomes", KEY_OUTCOMES, "HOW", 0,
	  "What system calls with checks returned: auto (where no other call pays for it), all (of those too that only a look at the end of every call tells), none", 0 },
	{ "no-outcomes", KEY_NO_OUTCOMES, NULL, 0, "The same as --outcomes none", 0 },
	{ 0 }
};

static const struct argp_option kernel_rows[] = {
	{ "attach", KEY_ATTACH, "PROBE", 0, "auto (the best that works), fexit, tp_btf, tp or kprobe", 0 },
	{ "ring", KEY_RING, "SIZE", 0, "Memory between the kernel and capsieve, 8M where not given", 0 },
	{ "all", KEY_ALL, NULL, 0, "Show memory-overcommit checks too, almost all of all checks", 0 },
	{ "lifecycle", KEY_LIFECYCLE, NULL, 0,
	  "Show too what tasks do to their sets, ids and lives: exec, fork, exit, capset, setuid, prctl, unshare, ...", 0 },
	{ "lsm-verdict", KEY_LSM_VERDICT, NULL, 0, "Add what all security modules together answered", 0 },
	{ "outcomes", KEY_OUTCOMES, "HOW", 0,
	  "What system calls with checks returned: auto (where no other call pays for it), all (of those too that only a look at the end of every call tells), none", 0 },
	{ "no-outcomes", KEY_NO_OUTCOMES, NULL, 0, "The same as --outcomes none", 0 },
	{ 0 }
};

static const struct argp_option machine_rows[] = {
	{ "btf", KEY_BTF, "FILE", 0, "The kernel's types, where the kernel does not bring them", 0 },
	{ 0 }
};

static const struct argp_option engine_rows[] = {
	{ "engine-socket", KEY_ENGINE_SOCKET, "PATH", 0,
	  "Ask docker or podman there for names of containers that no file tells: /run/docker.sock", 0 },
	{ 0 }
};

static const struct argp_option proc_rows[] = {
	{ "proc", KEY_PROC, "DIR", 0, "Where the host's /proc is mounted", 0 },
	{ 0 }
};

static const struct argp_option run_sets_rows[] = {
	{ "caps", KEY_CAPS, "LIST|all|none", 0, "Exactly these capabilities; none where not given", 0 },
	{ "iab", KEY_IAB, "TEXT", 0,
	  "Inheritable, ambient (^) and blocked (!), as libcap writes it: ^cap_net_raw,!cap_chown", 0 },
	{ "profile", KEY_PROFILE, "FILE", 0,
	  "What a profile advises: capabilities, bounding set, user, no_new_privs", 0 },
	{ "ambient", KEY_AMBIENT, NULL, 0, "So that any program has them; the usual", 0 },
	{ "inheritable", KEY_INHERITABLE, NULL, 0, "So that only files with inheritable capabilities have them",
	  0 },
	{ "keep-bounding", KEY_KEEP_BOUNDING, NULL, 0, "Leave the bounding set, which else is cut to them", 0 },
	{ 0 }
};

static const struct argp_option run_who_rows[] = {
	{ "as", KEY_AS, "USER[:GROUP]", 0, "As this user, with this group or the user's own", 0 },
	{ "groups", KEY_GROUPS, "LIST|none", 0, "In exactly these supplementary groups", 0 },
	{ "chroot", KEY_CHROOT, "DIR", 0, "With DIR as its root and current directory", 0 },
	{ 0 }
};

static const struct argp_option run_limit_rows[] = {
	{ "no-new-privs", KEY_NO_NEW_PRIVS, NULL, 0, "No setuid bit or file capability can add anything", 0 },
	{ "securebits", KEY_SECUREBITS, "LIST", 0, "Exactly these: noroot, noroot_locked, ...; or a number", 0 },
	{ "mode", KEY_MODE, "MODE", 0, "What libcap calls pure1e, pure1e_init, nopriv or hybrid", 0 },
	{ 0 }
};

static const struct argp_option run_other_rows[] = {
	{ "watch", KEY_WATCH, NULL, 0, "Say at its end what it was refused, and what came of it (takes what trace takes)", 0 },
	{ "force", KEY_FORCE, NULL, 0, "Also where the profile is incomplete", 0 },
	{ "rule", KEY_RULE, "NAME", 0, "As /etc/capsieve/run.d/NAME.yaml says, for who may not do it alone", 0 },
	{ "help", ARGS_HELP, NULL, 0, "Show this and end", 0 },
	{ 0 }
};

static const struct argp_option common_rows[] = {
	{ NULL, 'q', NULL, 0, "Say nothing but errors and losses on standard error", 0 },
	{ NULL, 'v', NULL, 0, "Say more: the probe, what it cannot see; twice: what libbpf says", 0 },
	{ "help", ARGS_HELP, NULL, 0, "Show this and end", 0 },
	{ 0 }
};

static const struct argp_option ps_common_rows[] = {
	{ NULL, 'q', NULL, 0, "Say nothing but errors, and what could not be seen, on standard error", 0 },
	{ "help", ARGS_HELP, NULL, 0, "Show this and end", 0 },
	{ 0 }
};

/* What people type because other tools have it. */
static const struct args_hint hints[] = {
	{ "pid", "-p PID" }, { "uid", "-u USER" }, { "user", "-u USER" }, { "gid", "-g GROUP" },
	{ "group", "-g GROUP" }, { "output", "-o FILE" }, { "duration", "-d DURATION" },
	{ "timeout", "-d DURATION" }, { "quiet", "-q" }, { "verbose", "-v" },
	{ "extra", "-x" }, { "follow", "--tree PID" }, { "name", "--comm GLOB" }, { "format", "--json" },
	{ "namespace", "--k8s-namespace GLOB" }, { "filter", "--where EXPR" }, { "verdict", "--allowed and --denied" },
	{ "capability", "-C LIST" }, { "probe", "--attach PROBE" }, { "buffer", "--ring SIZE" },
	{ "write", "--record FILE" }, { "read", "--replay FILE" }, { "input", "--replay FILE" },
	{ NULL, NULL },
};

static const struct args_hint run_hints[] = {
	{ "user", "--as USER" }, { "uid", "--as USER" }, { "setuid", "--as USER" }, { "reuid", "--as USER" },
	{ "gid", "--as USER:GROUP" }, { "group", "--groups LIST" }, { "cap", "--caps LIST" },
	{ "capability", "--caps LIST" }, { "grant", "--caps LIST" }, { "inh", "--inheritable" },
	{ "ambient-caps", "--ambient" }, { "addamb", "--caps LIST" }, { "secbits", "--securebits LIST" },
	{ "root", "--chroot DIR" }, { "nnp", "--no-new-privs" }, { "drop", "--iab '!LIST'" },
	{ "replay", "capsieve trace --replay FILE: a recording starts nothing" },
	{ "record", "capsieve trace --record FILE -- COMMAND" }, { NULL, NULL },
};

static const struct args_hint ps_hints[] = {
	{ "pid", "-p PID" }, { "uid", "-u USER" }, { "user", "-u USER" }, { "gid", "-g GROUP" },
	{ "group", "-g GROUP" }, { "output", "-o FILE" }, { "quiet", "-q" }, { "verbose", "-x" },
	{ "forest", "--tree" }, { "format", "--columns LIST" }, { "iab", "--columns pid,comm,iab" },
	{ "name", "--comm GLOB" }, { "capability", "-C LIST" }, { "holding", "-C LIST" },
	{ "namespace", "--k8s-namespace GLOB" }, { "units", "--granted" }, { "containers", "--granted" },
	{ NULL, NULL },
};

/* A flag is a bool at an offset; anything else has a setter. */
static const struct setter {
	int key;
	size_t flag;
	values_set *set;
} setters[] = {
	{ 'p', 0, values_pids },
	{ KEY_TREE, 0, values_trees },
	{ 'u', 0, values_users },
	{ 'g', 0, values_groups },
	{ KEY_COMM, 0, values_comm },
	{ 'C', 0, values_caps },
	{ KEY_ALLOWED, offsetof(struct options, filter.allowed), NULL },
	{ KEY_DENIED, offsetof(struct options, filter.denied), NULL },
	{ KEY_CGROUP, 0, values_cgroup },
	{ KEY_USERNS, 0, values_userns },
	{ KEY_AS, 0, values_as },
	{ KEY_GRANT, 0, values_grant },
	{ KEY_ARGS, offsetof(struct options, command.args), NULL },
	{ KEY_JSON, offsetof(struct options, output.json), NULL },
	{ 'o', 0, values_output },
	{ 'x', offsetof(struct options, output.every_column), NULL },
	{ KEY_COLUMNS, 0, values_columns },
	{ KEY_NO_HEADER, offsetof(struct options, output.no_header), NULL },
	{ KEY_COLOR, 0, values_color },
	{ KEY_UTC, offsetof(struct options, output.utc), NULL },
	{ KEY_ANCESTORS, offsetof(struct options, output.ancestors), NULL },
	{ 'd', 0, values_duration },
	{ 'n', 0, values_count },
	{ KEY_COUNT, offsetof(struct options, output.counting), NULL },
	{ KEY_INTERVAL, 0, values_interval },
	{ KEY_CLASS, 0, values_class },
	{ KEY_OUTCOMES, 0, values_outcomes },
	{ KEY_NO_OUTCOMES, 0, values_no_outcomes },
	{ KEY_FORMAT, 0, values_format },
	{ KEY_VERIFY, offsetof(struct options, profile.verify), NULL },
	{ KEY_MINIMISE, offsetof(struct options, profile.minimise), NULL },
	{ KEY_READY, 0, values_profile_ready },
	{ KEY_TEST, 0, values_profile_test },
	{ KEY_RESET, 0, values_profile_reset },
	{ KEY_TIMEOUT, 0, values_profile_timeout },
	{ KEY_EXPECT, 0, values_profile_expect },
	{ KEY_ALLOW, 0, values_profile_allow },
	{ KEY_STRICT, offsetof(struct options, profile.strict), NULL },
	{ KEY_UPDATE, offsetof(struct options, profile.update), NULL },
	{ KEY_WAIT, offsetof(struct options, profile.wait), NULL },
	{ KEY_HOST, offsetof(struct options, profile.host), NULL },
	{ KEY_ATTACH, 0, values_attach },
	{ KEY_RING, 0, values_ring },
	{ KEY_KINDS, 0, values_kinds },
	{ KEY_ALL, offsetof(struct options, kernel.all), NULL },
	{ KEY_LIFECYCLE, offsetof(struct options, kernel.lifecycle), NULL },
	{ KEY_LSM_VERDICT, offsetof(struct options, kernel.lsm_verdict), NULL },
	{ KEY_BTF, 0, values_btf },
	{ KEY_PROC, 0, values_proc },
	{ KEY_ENGINE_SOCKET, 0, values_engine_socket },
	{ 'q', offsetof(struct options, output.quiet), NULL },
	{ 'v', 0, values_verbose },
	{ KEY_CAPS, 0, values_run_caps },
	{ KEY_IAB, 0, values_run_iab },
	{ KEY_GROUPS, 0, values_run_groups },
	{ KEY_AMBIENT, offsetof(struct options, run.ambient), NULL },
	{ KEY_INHERITABLE, offsetof(struct options, run.inheritable), NULL },
	{ KEY_KEEP_BOUNDING, offsetof(struct options, run.keep_bounding), NULL },
	{ KEY_NO_NEW_PRIVS, offsetof(struct options, run.no_new_privs), NULL },
	{ KEY_SECUREBITS, 0, values_run_securebits },
	{ KEY_MODE, 0, values_run_mode },
	{ KEY_CHROOT, 0, values_run_chroot },
	{ KEY_WATCH, offsetof(struct options, run.watch), NULL },
	{ KEY_RULE, 0, values_run_rule },
	{ KEY_PROFILE, 0, values_run_profile },
	{ KEY_FORCE, offsetof(struct options, run.force), NULL },
	{ KEY_PS_TREE, 0, values_ps_tree },
	{ KEY_PS_ALL, offsetof(struct options, ps.all), NULL },
	{ KEY_PS_COLUMNS, 0, values_ps_columns },
	{ KEY_EXE, 0, values_key },
	{ KEY_UNIT, 0, values_key },
	{ KEY_SLICE, 0, values_key },
	{ KEY_CONTAINER, 0, values_key },
	{ KEY_IMAGE, 0, values_key },
	{ KEY_POD, 0, values_key },
	{ KEY_K8S_NAMESPACE, 0, values_key },
	{ KEY_WHERE, 0, values_where },
	{ KEY_GRANTED, offsetof(struct options, ps.granted), NULL },
	{ KEY_ROOT, 0, values_ps_root },
	{ KEY_RECORD, 0, values_record },
	{ KEY_REPLAY, 0, values_replay },
	{ KEY_REALTIME, offsetof(struct options, recording.realtime), NULL },
	{ KEY_RULES, 0, values_rules },
	{ KEY_FAIL_ON, 0, values_fail_on },
	{ KEY_HIDE_ALLOWED, offsetof(struct options, rules.hide_allowed), NULL },
	{ KEY_BY, 0, values_by },
	{ KEY_BATCH, offsetof(struct options, top.batch), NULL },
	{ KEY_REFRESH, 0, values_refresh },
	{ KEY_TITLE, 0, values_report_title },
	{ KEY_DETAILS, 0, values_report_details },
	{ KEY_SINCE, 0, values_report_since },
	{ KEY_UNTIL, 0, values_report_until },
	{ KEY_DB, 0, values_history_db },
	{ KEY_HISTORY, offsetof(struct options, report.history), NULL },
	{ KEY_PAST_SINCE, 0, values_history_since },
	{ KEY_PAST_UNTIL, 0, values_history_until },
	{ ARGP_KEY_ARG, 0, values_report_file },
};

static const struct argp_option *const groups[] = {
	pid_rows, tree_rows, task_rows, check_rows, place_rows, command_rows, json_rows, file_rows, output_rows,
	recording_rows, kernel_rows, machine_rows, proc_rows, common_rows, run_sets_rows, run_who_rows, run_limit_rows,
	run_other_rows, rules_rows, ps_tree_rows, ps_rows, ps_all_rows, ps_output_rows, name_rows,
	profile_rows, profile_target_rows, profile_expect_rows, profile_command_rows, profile_proof_rows, profile_kernel_rows,
	engine_rows, top_rows, top_kernel_rows, top_recording_rows,
	report_rows, history_rows, history_from_rows,
	used_rows,
};

static const struct argp_option *row_of(int key)
{
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		for (const struct argp_option *row = groups[i]; row->name || row->key; row++)
			if (row->key == key)
				return row;
	return NULL;
}

/* How the option is called in a sentence: as most people type it. */
static void option_name(int key, char *ret, size_t size)
{
	const struct argp_option *row = row_of(key);

	if (isascii(key))
		snprintf(ret, size, "-%c", key);
	else
		snprintf(ret, size, "--%s", row ? row->name : "");
}

/* argp takes the value of such an option only where it is tied to it with a `=`. */
static char *optional_value(const struct argp_option *row, char *arg, struct argp_state *state)
{
	if (arg || !row || !(row->flags & OPTION_ARG_OPTIONAL) || state->next >= state->argc ||
	    !args_follows(state->argv[state->next]))
		return arg;
	return state->argv[state->next++];
}

/* The parser of every group; state->input is the struct options. */
static error_t parse_row(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;
	char name[32];

	for (size_t i = 0; i < sizeof(setters) / sizeof(setters[0]); i++) {
		if (setters[i].key != key)
			continue;
		if (!setters[i].set) {
			*(bool *)((char *)o + setters[i].flag) = true;
			return 0;
		}
		option_name(key, name, sizeof(name));
		return -setters[i].set(o, name, optional_value(row_of(key), arg, state));
	}
	return ARGP_ERR_UNKNOWN;
}

#define GROUP(rows) (&(const struct argp){ rows, parse_row, NULL, NULL, NULL, NULL, NULL })

static const struct argp_child trace_groups[] = {
	{ GROUP(pid_rows), 0,
	  "Which checks (the same option again: or; different ones: and; a leading !: not):", 1 },
	{ GROUP(tree_rows), 0, NULL, 1 },
	{ GROUP(task_rows), 0, NULL, 1 },
	{ GROUP(check_rows), 0, NULL, 1 },
	{ GROUP(place_rows), 0, NULL, 1 },
	{ GROUP(name_rows), 0, NULL, 1 },
	{ GROUP(command_rows), 0, "A command to start and watch:", 2 },
	{ GROUP(json_rows), 0, "Output:", 3 },
	{ GROUP(file_rows), 0, NULL, 3 },
	{ GROUP(output_rows), 0, NULL, 3 },
	{ GROUP(recording_rows), 0, "Recordings:", 4 },
	{ GROUP(rules_rows), 0, "Rules:", 5 },
	{ GROUP(kernel_rows), 0, "The kernel:", 6 },
	{ GROUP(machine_rows), 0, NULL, 6 },
	{ GROUP(proc_rows), 0, NULL, 6 },
	{ GROUP(engine_rows), 0, NULL, 6 },
	{ GROUP(common_rows), 0, "In general:", 7 },
	{ 0 }
};

const struct argp options_trace = {
	.parser = args_groups,
	.children = trace_groups,
	.args_doc = "[-- COMMAND [ARGS]]",
	.doc = "Show capability checks as the kernel makes them: who asked, for what, and was it granted?"
	       "\vExamples:\n"
	       "  capsieve trace --denied\n"
	       "      what is refused on this machine, until Ctrl-C\n"
	       "  capsieve trace -u www-data -C '!net_bind_service' -d 5m --json -o checks.jsonl\n"
	       "      five minutes of one user, all but one capability, as JSON lines\n"
	       "  capsieve trace --as nobody --grant net_raw -- ping -c 1 127.0.0.1\n"
	       "      what a command asks for that starts as nobody with just CAP_NET_RAW\n",
};

static const struct argp_child doctor_groups[] = {
	{ GROUP(json_rows), 0, NULL, 1 },
	{ GROUP(machine_rows), 0, NULL, 1 },
	{ GROUP(proc_rows), 0, NULL, 1 },
	{ GROUP(common_rows), 0, NULL, 1 },
	{ 0 }
};

const struct argp options_doctor = {
	.parser = args_groups,
	.children = doctor_groups,
	.doc = "Say what this kernel offers to capsieve, which probe will be used, what cannot be seen, and "
	       "what to do about it."
	       "\vExamples:\n"
	       "  sudo capsieve doctor\n"
	       "      the table, with each probe tried\n"
	       "  capsieve doctor -v\n"
	       "      the same with every detail, as far as it can be told without privilege\n"
	       "  sudo capsieve doctor --json | jq -r '.items[].advice // empty'\n"
	       "      only what to do\n",
};

static const struct argp_child run_groups[] = {
	{ GROUP(run_sets_rows), 0, "What it may:", 1 },
	{ GROUP(run_who_rows), 0, "Who and where it is:", 2 },
	{ GROUP(run_limit_rows), 0, "What limits it further:", 3 },
	{ GROUP(run_other_rows), 0, "In general:", 4 },
	{ 0 }
};

const struct argp options_run = {
	.parser = args_groups,
	.children = run_groups,
	.args_doc = "-- COMMAND [ARGS]",
	.doc = "Start a command with exactly these capabilities, user, groups and securebits, and nothing else; "
	       "verified before it starts, refused where it could not work."
	       "\vExamples:\n"
	       "  sudo capsieve run --as www-data --caps net_bind_service --watch -- server\n"
	       "      with one capability of root's, as www-data; at its end what it was refused\n"
	       "  sudo capsieve run --profile server.json -- server\n"
	       "      with what a profile of it advises\n"
	       "  capsieve run --rule capture\n"
	       "      what root allows in /etc/capsieve/run.d/capture.yaml, without sudo\n",
};

static const struct argp_child ps_groups[] = {
	{ GROUP(pid_rows), 0,
	  "Which processes (the same option again: or; different ones: and; a leading !: not):", 1 },
	{ GROUP(ps_tree_rows), 0, NULL, 1 },
	{ GROUP(task_rows), 0, NULL, 1 },
	{ GROUP(ps_rows), 0, NULL, 1 },
	{ GROUP(place_rows), 0, NULL, 1 },
	{ GROUP(name_rows), 0, NULL, 1 },
	{ GROUP(ps_all_rows), 0, NULL, 1 },
	{ GROUP(json_rows), 0, "Output:", 2 },
	{ GROUP(file_rows), 0, NULL, 2 },
	{ GROUP(ps_output_rows), 0, NULL, 2 },
	{ GROUP(proc_rows), 0, "In general:", 3 },
	{ GROUP(used_rows), 0, NULL, 3 },
	{ GROUP(ps_common_rows), 0, NULL, 3 },
	{ 0 }
};

const struct argp options_ps = {
	.parser = args_groups,
	.children = ps_groups,
	.doc = "Show the processes that hold capabilities, and which; with a line of its own for each thread that "
	       "differs from its process."
	       "\vExamples:\n"
	       "  sudo capsieve ps --tree\n"
	       "      who holds what, children below their parents\n"
	       "  sudo capsieve ps -C sys_admin,sys_ptrace -u '!root'\n"
	       "      who is not root and holds one of these\n"
	       "  sudo capsieve ps --unit nginx --json | jq -c 'select(.comm) | [.pid, .text, .iab]'\n"
	       "      a service, as libcap writes its sets\n",
};

static const struct argp_child top_groups[] = {
	{ GROUP(pid_rows), 0,
	  "Which checks (the same option again: or; different ones: and; a leading !: not):", 1 },
	{ GROUP(tree_rows), 0, NULL, 1 },
	{ GROUP(task_rows), 0, NULL, 1 },
	{ GROUP(check_rows), 0, NULL, 1 },
	{ GROUP(place_rows), 0, NULL, 1 },
	{ GROUP(name_rows), 0, NULL, 1 },
	{ GROUP(top_rows), 0, "The screen:", 2 },
	{ GROUP(top_recording_rows), 0, NULL, 2 },
	{ GROUP(top_kernel_rows), 0, "The kernel:", 3 },
	{ GROUP(engine_rows), 0, NULL, 3 },
	{ GROUP(machine_rows), 0, NULL, 3 },
	{ GROUP(proc_rows), 0, NULL, 3 },
	{ GROUP(common_rows), 0, "In general:", 4 },
	{ 0 }
};

const struct argp options_top = {
	.parser = args_groups,
	.children = top_groups,
	.doc = "Show who asks for which capabilities now: a live screen, or tables of plain text."
	       "\vExamples:\n"
	       "  sudo capsieve top\n"
	       "      by workload; enter goes into one, 1 to 9 group otherwise, / filters, ? shows all keys\n"
	       "  sudo capsieve top --by program --denied --unit nginx\n"
	       "      what is refused to a service\n"
	       "  sudo capsieve top --batch -n 1 --interval 10s\n"
	       "      one table of ten seconds, for a report or a pipe\n",
};

static const struct argp_child report_groups[] = {
	{ GROUP(report_rows), 0, "The page:", 1 },
	{ GROUP(pid_rows), 0,
	  "Of whom in a recording (the same option again: or; different ones: and; a leading !: not):", 2 },
	{ GROUP(tree_rows), 0, NULL, 2 },
	{ GROUP(task_rows), 0, NULL, 2 },
	{ GROUP(place_rows), 0, NULL, 2 },
	{ GROUP(name_rows), 0, NULL, 2 },
	{ GROUP(common_rows), 0, "In general:", 3 },
	{ 0 }
};

const struct argp options_report = {
	.parser = args_groups,
	.children = report_groups,
	.args_doc = "FILE...",
	.doc = "Make one page of HTML of what a host needs, from a recording, from profiles or from the daemon's history: who needs what, why, what was "
	       "refused, what to copy, and what was not seen. It wants nothing from the network, and no script to be read."
	       "\vExamples:\n"
	       "  capsieve report day.rec -o day.html\n"
	       "      a recording, made by 'capsieve trace -x --outcomes all --record day.rec'\n"
	       "  capsieve report profiles/*.json --title 'The shop' -o shop.html\n"
	       "      what 'capsieve profile --host -o profiles' wrote, or any other profiles\n"
	       "  capsieve report day.rec --unit nginx --utc | less\n"
	       "      of one service\n",
};

static const struct argp_child history_groups[] = {
	{ GROUP(name_rows), 0,
	  "Of whom (the same option again: or; different ones: and; a leading !: not):", 1 },
	{ GROUP(check_rows), 0, "Of what:", 2 },
	{ GROUP(json_rows), 0, "Output:", 3 },
	{ GROUP(history_rows), 0, NULL, 3 },
	{ GROUP(history_from_rows), 0, "Which history:", 4 },
	{ GROUP(common_rows), 0, "In general:", 5 },
	{ 0 }
};

const struct argp options_history = {
	.parser = args_groups,
	.children = history_groups,
	.doc = "Say what the daemon has seen: who used which capabilities, and never used, what was refused, and when nobody "
	       "looked."
	       "\vExamples:\n"
	       "  sudo capsieve history --unit nginx --since 30d\n"
	       "      what a service used in a month, and what it has and never used\n"
	       "  sudo capsieve history --denied --since 02:50 --unit backup\n"
	       "      what it was refused since then: by which call, with which error, and what would grant it\n"
	       "  sudo capsieve history --json | jq -r 'select(.never_used) | [.workload, .never_used[]] | @tsv'\n"
	       "      of everybody what could be taken away\n",
};

static const struct argp_child profile_groups[] = {
	{ GROUP(pid_rows), 0,
	  "Whom to watch, where it is no command (the same option again: or; different ones: and; a leading !: not):", 1 },
	{ GROUP(tree_rows), 0, NULL, 1 },
	{ GROUP(task_rows), 0, NULL, 1 },
	{ GROUP(place_rows), 0, NULL, 1 },
	{ GROUP(name_rows), 0, NULL, 1 },
	{ GROUP(profile_target_rows), 0, NULL, 1 },
	{ GROUP(profile_command_rows), 0, "A command to start and watch:", 2 },
	{ GROUP(json_rows), 0, "Output:", 3 },
	{ GROUP(profile_rows), 0, NULL, 3 },
	{ GROUP(profile_proof_rows), 0, "Proof, by running the command again:", 4 },
	{ GROUP(profile_expect_rows), 0, "In a pipeline:", 5 },
	{ GROUP(profile_kernel_rows), 0, "The kernel:", 6 },
	{ GROUP(machine_rows), 0, NULL, 6 },
	{ GROUP(proc_rows), 0, NULL, 6 },
	{ GROUP(engine_rows), 0, NULL, 6 },
	{ GROUP(common_rows), 0, "In general:", 7 },
	{ 0 }
};

const struct argp options_profile = {
	.parser = args_groups,
	.children = profile_groups,
	.args_doc = "[-- COMMAND [ARGS] | show FILE | diff A B | merge A B ...]",
	.doc = "Say which capabilities a program needs, and why: of all that it asks for, what it fails without. Each by the "
	       "place in the kernel that asks; how to grant them; and what it holds and never asked for."
	       "\vExamples:\n"
	       "  sudo capsieve profile -- ping -c 1 127.0.0.1\n"
	       "      what it needs, when root starts it\n"
	       "  sudo capsieve profile --as www-data --grant all -o web.json -- server --test\n"
	       "      what it needs when www-data starts it; 'capsieve run --profile web.json' starts it so\n"
	       "  sudo capsieve profile -d 10m --unit nginx --format systemd\n"
	       "      what a running service asks for, as a drop-in for its unit\n"
	       "  sudo capsieve profile --expect web.json --json -- make check\n"
	       "      does a test need what the saved profile does not have?\n",
};

static const struct args_hint *hints_of(const struct argp *argp)
{
	if (argp == &options_run)
		return run_hints;
	return argp == &options_ps ? ps_hints : hints;
}

int options_parse(const struct argp *argp, int argc, char **argv, struct options *ret)
{
	struct args args;
	int err;

	*ret = (struct options){
		.kernel = { .ring_bytes = RING_DEFAULT, .proc = PROC_DEFAULT },
		.report = { .wanted = argp == &options_report },
		.error = BUF_INIT,
	};
	filter_init(&ret->filter);
	err = args_check(argp, hints_of(argp), argc, argv, &args, &ret->error);
	if (err)
		return err;
	ret->help = args.help;
	if (args.help)
		return 0;
	ret->command.argv = args.command;
	err = -argp_parse(argp, args.argc, argv, ARGP_SILENT | ARGP_IN_ORDER, NULL, ret);
	if (!err)
		err = values_together(ret);
	if (err && !ret->error.len)
		buf_puts(&ret->error, strerror(-err));
	return err;
}

void options_done(struct options *o)
{
	filter_done(&o->filter);
	free(o->report.files);
	buf_done(&o->error);
}
