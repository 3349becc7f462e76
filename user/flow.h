/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The only place that joins the stages: source -> enrich -> sink. A command says what it wants in a
 * flow_config, hears of what happens through flow_notes, and gets the account in a flow_result.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "bpf/event.h"
#include "user/host/launch.h"
#include "user/model/loss.h"

struct filter;
struct judge;
struct replay;
struct sink;
struct users;

/* Something else to listen to while it runs: keys. */
struct flow_input {
	int fd;
	bool (*ready)(void *ctx);	/* it can be read, or a signal came that is nobody's else: false ends the run in order */
	void *ctx;
	void (*hangup)(void *ctx);	/* SIGHUP came; NULL: that ends the run like the other signals */
	void (*change)(void *ctx);	/* .judge_waits was set: now */
};

/* The machine, and by what it is heard. A recording needs .host_mntns alone. */
struct flow_kernel {
	enum event_probe attach;	/* PROBE_NONE: the best that this kernel has */
	const char *btf;		/* file with the kernel's types; NULL: the kernel's own */
	const char *proc;		/* where procfs is mounted; never NULL */
	const char *engine_socket;	/* of a container engine that may be asked for names; NULL: none */
	uint64_t ring_bytes;		/* a power of two */
	uint32_t host_mntns;		/* as in struct sink_start */
};

/* What of that which rules are silent about stays in the kernel. */
enum flow_silence {
	FLOW_SILENCE_NOTHING,
	FLOW_SILENCE_IGNORED,
	FLOW_SILENCE_ALLOWED,	/* and what they allow */
};

enum { FLOW_HELPERS = 2 };

struct flow_config {
	const struct filter *filter;
	struct flow_kernel kernel;
	bool payload;			/* what sets containers up may be left out, where their names are not known yet */
	bool all;			/* also the memory-overcommit check */
	bool lsm_verdict;		/* also what the whole of security_capable answered */
	enum site_way site_way;		/* with .counting: how that is found */
	bool sites;			/* also where in the kernel each was made, and what that means */
	bool sites_dear;		/* ... and where that cannot be read few of those that are alike are unwound: there may be many */
	bool outcomes;			/* also what became of system calls in which a check was denied */
	bool outcomes_probed;		/* ... by return probes where fexit works too: for tests */
	bool outcomes_of_few;		/* ... but not where every call of the machine would pay for it */
	bool refusals;			/* also, as an exec that failed, what the bounding set forbids to execute */
	bool lifecycle;			/* also what tasks do to their credentials and lives */
	bool args;			/* keep command lines */
	bool ancestors;			/* and who started each program */
	char *const *command;		/* ends with NULL; NULL: none is started */
	bool descendants;		/* a run of it ends with the last of its descendants, and not with it */
	bool ends_with_targets;		/* ends with the last of the processes or trees that the filter wants, where it wants such */
	struct launch_as as;
	uint64_t keeps;			/* capabilities that whoever calls needs after the run, which keeps nothing else */
	/*
	 * Nothing of the command outlives the run: a signal to us goes also to what it left behind, and what goes on for so
	 * long after it is killed. 0: it is left alone.
	 */
	uint64_t kill_after_ns;
	uint64_t duration_ns;		/* 0: no limit */
	struct judge *judge;		/* says what becomes of each check; NULL: there are no rules */
	/*
	 * The input sets it where it has another judge, and clears it in its .change, where .judge is to be changed: all that was
	 * asked until it was set is decided by the former one then, also what was only counted in the kernel.
	 */
	bool judge_waits;
	/*
	 * Processes of ours, 0: none: the first with its children, but not with theirs. Their checks are our own: accounted as
	 * such, and given to nobody. The input may change them.
	 */
	pid_t helpers[FLOW_HELPERS];
	/*
	 * With .judge, and without .counting: once one check of somebody was found to be silent, all others of his that are so
	 * for sure are counted in the kernel and make no event. What is allowed comes as the sink's .counted, as with .counting;
	 * of what is ignored only the account tells. Not where a filter asks for names. Other rules void all of that.
	 */
	enum flow_silence silence;
	/*
	 * With .silence and .sites: of what rules are not silent about, or have not decided yet, the first of each kind - of a
	 * program, from one call site, by the same credentials - is an event, in each interval; the others are counted in the
	 * kernel, and decided together: an alert that is told stands for as many as its RECORD_COUNT says, the rest is .counted.
	 */
	bool repeats;
	uint64_t count;			/* checks to show; 0: no limit */
	bool counting;			/* only counts are wanted: the sink has .counted */
	uint32_t count_max;		/* kinds that the kernel has room for; 0: as many as usual */
	uint64_t loss_notes_ns;		/* losses are said no more often; 0: as they grow */
	uint64_t interval_ns;		/* the sink's .turn is called so often; 0: never */
	struct sink *sink;
	const struct flow_input *input;	/* NULL: none */

	/* flow_replay only: where the checks come from, who is told the names of its users, and as fast as they came? */
	struct replay *replay;
	struct users *users;
	bool realtime;
};

enum flow_level {
	FLOW_ERROR,	/* why it ends; said before a negative return */
	FLOW_WARNING,	/* something is missing from the answer: losses, a probe that was switched */
	FLOW_NOTE,	/* what a person who waits likes to know */
	FLOW_DETAIL,	/* -v: which probe and why, what it cannot see, which privileges are left */
	FLOW_DEBUG,	/* -vv: what libbpf says */
};

/* One sentence without a newline; text is the flow's own, and safe for a terminal. */
struct flow_notes {
	void (*say)(void *ctx, enum flow_level level, const char *text);
	void *ctx;
};

struct flow_result {
	struct account account;
	bool command_ended;	/* and .command_status is its status as wait(2) gives it */
	int command_status;
	int launch_error;	/* what launch_hold gave: launch_code() tells the exit code */
	int exec_error;		/* of the command, which was ready for it; 0: it was executed, or did not come to that */
	uint64_t bounding;	/* with .exec_error: its bounding set then */
	bool signalled;		/* a signal ended it */
	bool incomplete;	/* a recording that was cut off or is damaged, a probe that was taken away: more may be missing than is counted */
	bool unheard;		/* the probe was taken away, and that ended it: nothing is known of what came after .heard_ns */
	uint64_t heard_ns;	/* by CLOCK_REALTIME */
	uint64_t sites_taken;	/* checks that were counted where the last one like them was made, and not unwound */
	int output_error;	/* of the sink; the account holds up to there */
};

/*
 * Traces until a signal, the duration, the count, the end of the command (with .descendants: and of all that it started) or
 * an output that takes no more.
 * 0, also where the output failed; negative errno after a FLOW_ERROR. *ret is filled in both cases.
 */
int flow_trace(const struct flow_config *config, const struct flow_notes *notes, struct flow_result *ret);

/*
 * The same from .replay: to its end, a signal, the count, or the duration on its own clock. Of the rest only .filter, .all
 * and .sink count. *ret as the run that was recorded had it, less what the filter leaves out now.
 */
int flow_replay(const struct flow_config *config, const struct flow_notes *notes, struct flow_result *ret);

/* One of the two: from .replay where that is set. */
static inline int flow_run(const struct flow_config *config, const struct flow_notes *notes, struct flow_result *ret)
{
	return config->replay ? flow_replay(config, notes, ret) : flow_trace(config, notes, ret);
}
