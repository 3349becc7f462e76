/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The call sites of capability checks: what the kernel wants the capability for there, and what a check there means. A
 * check is not a need: most change nothing when they are refused. The table is made from the kernel's sources and from
 * what each site was seen to do, granted and refused; what is not in it is unclassified, and counts as needed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum site_class {
	SITE_UNCLASSIFIED,	/* not in the table, or not known where */
	SITE_NEEDED,		/* without it the operation fails */
	SITE_ALTERNATIVE,	/* ... unless the task holds another one that would do */
	SITE_CONDITIONAL,	/* ... only where a limit, a setting or a state says so */
	SITE_QUALITY,		/* the call succeeds, with something left out */
	SITE_ADVISORY,		/* nothing changes */
	SITE_CLASS_COUNT
};

/* How the site asked: what the tracepoint does not tell of the options. */
enum site_helper {
	SITE_DIRECT,		/* by none that is known here */
	SITE_AUDITED,		/* capable, ns_capable, ... */
	SITE_NOAUDIT,		/* ns_capable_noaudit, ... */
	SITE_SETID,		/* ns_capable_setid */
	SITE_HELPER_COUNT
};

/* One way in which the kernel asks for a capability. Strings are words between blanks, "" or NULL: none. */
struct site_row {
	int cap;
	enum site_class class;
	const char *at;		/* the function that asks, and what it is called where it was inlined into its callers */
	const char *caller;	/* one of these is among the callers; NULL: whoever */
	const char *calls;	/* system calls in which this capability can be asked for in this way alone */
	const char *operation;	/* in words that follow "to": "bind a port below 1024" */
	const char *condition;	/* SITE_CONDITIONAL: "past RLIMIT_MEMLOCK"; else a remark, or NULL */
	const char *instead;	/* what could be done without it; NULL: what user/caps/facts.h has for the capability */
	const char *file;	/* of the kernel's sources */
	uint64_t others;	/* SITE_ALTERNATIVE: a mask of what would do as well */
	enum site_helper helper;	/* with .helper_told: only so */
	bool helper_told;
	const char *in;		/* system calls in which it must be, NULL: any */
	uint64_t mask, value;	/* the argument, with the mask, is the value; a mask of 0: any */
	bool same_ids;		/* only where the ids to be set are the task's own (CHECK_SAME_IDS) */
};

extern const struct site_row site_rows[];
extern const size_t site_row_count;

/* A condition of rows: with no_new_privs set the kernel does not even ask. */
#define SITE_WITHOUT_NO_NEW_PRIVS "without no_new_privs: set that instead"

#define SITE_QUESTION (1ULL << 32)	/* in the argument of an ioctl that only asks something about a network interface */

/* What is known of a check. */
struct site_query {
	int cap;
	const char *stack;	/* functions between blanks, the one that called cap_capable first; NULL: unknown */
	const char *call;	/* the system call, NULL: none or unknown */
	uint64_t argument;	/* as site_argument made it */
	bool overcommit;	/* known by other means to be that check */
	bool no_need;		/* with overridden credentials, or granted as owner of a namespace */
	bool same_ids;		/* CHECK_SAME_IDS */
};

struct site {
	enum site_class class;
	const struct site_row *row;	/* NULL: unclassified */
	const char *operation;		/* NULL: not known; also where only capability and system call tell it */
	enum site_helper helper;
	const char *stack;		/* as in the query */
	const char *name;		/* the function that asked, in .stack; NULL: unknown */
	size_t name_len;
	const char *caller;		/* who called it, in .stack; NULL: unknown */
	size_t caller_len;
};

/* Always fills *ret, whose strings are those of the table and of the query. */
void site_find(const struct site_query *q, struct site *ret);

/*
 * The arguments of a system call that decide what a check in it means, as one number: setsockopt's level and option,
 * the mode of chmod, the id of setuid. 0 for calls of which none does, whatever they were given.
 */
uint64_t site_argument(const char *call, const uint32_t arg[4]);

/*
 * Does any? Which two, high above low, by their numbers from 0; high -1: there is none. ids: they are ids that it sets, and
 * whether those are others than the task's tells too.
 */
bool site_telling(const char *call, int *ret_high, int *ret_low, bool *ret_ids);

/* What capability and system call tell by themselves; NULL where the two do not decide it. Never of none. */
const char *site_operation(int cap, const char *call);

/* What could be done without the capability, instead of an operation that the table has so; NULL: nothing particular is known. */
const char *site_instead(int cap, const char *operation);

/*
 * How many of the arguments of that number a call has, and these: 0 where none of its arguments decides, 2 where two do. Of such
 * an ioctl its request alone.
 */
unsigned site_arguments(const char *call, uint64_t argument, uint32_t ret[2]);

/* "audited", ...: the words of JSON; NULL beyond them. */
const char *site_helper_word(enum site_helper helper);

/* "needed", ...; NULL beyond them. */
const char *site_class_word(enum site_class class);

/* By its word, of which n bytes are compared in any case. -ENOENT, and *ret_nearest what may be meant, or NULL. */
int site_class_parse(const char *word, size_t n, enum site_class *ret, const char **ret_nearest);
