// SPDX-License-Identifier: BSD-2-Clause
#include "user/sink/column.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "user/base/buf.h"
#include "user/base/text.h"
#include "user/base/word.h"
#include "user/caps/capability.h"
#include "user/caps/site.h"
#include "user/host/users.h"
#include "user/model/decision.h"
#include "user/model/granted.h"
#include "user/model/lifecycle.h"
#include "user/model/outcome.h"
#include "user/model/program.h"
#include "user/model/record.h"
#include "user/model/workload.h"
#include "user/sink/call.h"
#include "user/sink/change.h"

static void put_unknown(struct buf *b)
{
	buf_putc(b, '?');
}

static void put_none(struct buf *b)
{
	buf_putc(b, '-');
}

static void put_word(struct buf *b, const char *word)
{
	if (word)
		buf_puts(b, word);
	else
		put_unknown(b);
}

/* Text that a process chose. */
static void put_foreign(struct buf *b, const char *s)
{
	if (s)
		text_escape(b, s, strlen(s));
	else
		put_unknown(b);
}

static bool has(const struct record *r, uint32_t flag)
{
	return r->check.head.flags & flag;
}

static void put_id(struct buf *b, const struct record *r, uint32_t id)
{
	if (has(r, CHECK_IDS_UNKNOWN))
		put_unknown(b);
	else
		buf_u64(b, id);
}

static void put_userns(struct buf *b, const struct record *r, uint32_t inode)
{
	if (inode)
		put_id(b, r, inode);
	else
		put_unknown(b);
}

/* As in /proc/PID/status. */
static void put_mask(struct buf *b, uint64_t set)
{
	static const char hex[] = "0123456789abcdef";
	char digits[16];

	for (int i = 15; i >= 0; i--, set >>= 4)
		digits[i] = hex[set & 15];
	buf_put(b, digits, sizeof(digits));
}

static void put_set(struct buf *b, const struct record *r, uint64_t set)
{
	if (has(r, CHECK_IDS_UNKNOWN))
		put_unknown(b);
	else
		put_mask(b, set);
}

static void put_option(struct buf *b, const struct record *r, bool yes)
{
	if (has(r, CHECK_OPTS_KNOWN))
		buf_puts(b, yes ? "yes" : "no");
	else
		put_unknown(b);
}

#define UNUSED __attribute__((unused))

#define PRINT(name) \
	static void print_##name(UNUSED struct column_tools *tools, struct buf *b, const struct record *r)

PRINT(time)
{
	if (r->parts & RECORD_WALL)
		when_print(&tools->when, b, r->wall_ns);
	else
		put_unknown(b);
}

PRINT(count)
{
	buf_u64(b, r->parts & RECORD_COUNT ? r->count : 1);
}

PRINT(first)
{
	if (r->parts & RECORD_COUNT)
		when_print(&tools->when, b, r->first_ns);
	else
		print_time(tools, b, r);
}

PRINT(pid)
{
	buf_u64(b, r->check.tgid);
}

PRINT(tid)
{
	buf_u64(b, r->check.tid);
}

PRINT(ppid)
{
	if (r->program)
		buf_u64(b, r->program->ppid);
	else
		put_unknown(b);
}

PRINT(nspid)
{
	if (r->program && r->program->flags & PROGRAM_NSPID_KNOWN)
		buf_u64(b, r->program->ns_pid);
	else
		put_unknown(b);
}

PRINT(uid)
{
	put_id(b, r, r->check.uid);
}

PRINT(user)
{
	const char *name;

	if (!tools->users || has(r, CHECK_IDS_UNKNOWN)) {
		put_unknown(b);
		return;
	}
	name = users_name(tools->users, r->check.uid);
	if (name)
		put_foreign(b, name);
	else
		put_none(b);
}

PRINT(euid)
{
	put_id(b, r, r->check.euid);
}

PRINT(gid)
{
	put_id(b, r, r->check.gid);
}

PRINT(login)
{
	if (!r->program || !(r->program->flags & PROGRAM_LOGIN_KNOWN))
		put_unknown(b);
	else if (r->program->login_uid == (uint32_t)-1)
		put_none(b);
	else
		buf_u64(b, r->program->login_uid);
}

PRINT(comm)
{
	text_escape(b, (const char *)r->check.comm, record_comm_len(r));
}

PRINT(capability)
{
	char name[CAPABILITY_NAME_MAX];

	buf_puts(b, capability_name((unsigned int)r->check.cap, name));
}

PRINT(verdict)
{
	if (r->parts & RECORD_LIFE)
		change_print_result(b, &r->life->event);
	else
		put_word(b, record_verdict(r));
}

PRINT(via)
{
	if (has(r, CHECK_DENIED))
		put_none(b);
	else
		put_word(b, record_via(r));
}

PRINT(lsm)
{
	if (has(r, CHECK_LSM_KNOWN))
		buf_puts(b, r->check.lsm_ret ? "denied" : "allowed");
	else
		put_unknown(b);
}

PRINT(cred)
{
	put_word(b, record_cred(r));
}

PRINT(audit)
{
	put_option(b, r, !has(r, CHECK_NOAUDIT));
}

PRINT(insetid)
{
	put_option(b, r, has(r, CHECK_INSETID));
}

PRINT(probe)
{
	put_word(b, record_probe(r->check.probe));
}

PRINT(derived)
{
	buf_puts(b, has(r, CHECK_DERIVED) ? "yes" : "no");
}

PRINT(userns)
{
	put_userns(b, r, r->check.userns_asker);
}

PRINT(target)
{
	put_userns(b, r, r->check.userns_target);
}

PRINT(effective)
{
	put_set(b, r, r->check.effective);
}

PRINT(permitted)
{
	put_set(b, r, r->check.permitted);
}

PRINT(syscall)
{
	char made[CALL_NAME_MAX];

	if (call_is_none(r))
		put_none(b);
	else
		put_word(b, call_name(tools->syscalls, r, made));
}

PRINT(event)
{
	const char *name = r->parts & RECORD_LIFE ? lifecycle_operation(r->life->event.what) : "check";

	if (name)
		buf_puts(b, name);
	else
		buf_printf(b, "event_%u", r->life->event.what);
}

PRINT(change)
{
	char made[CAPABILITY_NAME_MAX], number[CALL_NAME_MAX];
	const char *call;

	if (r->parts & RECORD_LIFE) {
		change_print(b, r->life);
		return;
	}
	call = call_name(tools->syscalls, r, number);
	put_word(b, capability_name((unsigned int)r->check.cap, made));
	if (call)
		buf_printf(b, " in %s", call);
}

PRINT(exe)
{
	if (r->program && !r->program->exe && r->program->flags & PROGRAM_KTHREAD)
		put_none(b);
	else
		put_foreign(b, r->program ? r->program->exe : NULL);
}

PRINT(cgroup)
{
	put_foreign(b, r->program ? r->program->cgroup : NULL);
}

PRINT(args)
{
	put_word(b, r->program ? r->program->args : NULL);
}

/* "sh<sshd<systemd": no name holds a line's end, and a '<' in one is nobody's trick worth more than that. */
PRINT(ancestors)
{
	const char *at = r->program ? r->program->ancestors : NULL;

	if (!at)
		put_unknown(b);
	for (; at && *at; at++)
		buf_putc(b, *at == '\n' ? '<' : *at);
}

PRINT(workload)
{
	struct buf name = BUF_INIT;

	if (r->program)
		program_put_workload(&name, r->program);
	put_foreign(b, name.len ? buf_str(&name) : NULL);
	buf_done(&name);
}

PRINT(granted)
{
	const struct workload *w = r->program ? r->program->workload : NULL;

	if (w && w->granted.source)
		put_mask(b, granted_to(w));
	else
		put_unknown(b);
}

PRINT(action)
{
	if (r->parts & RECORD_DECISION)
		buf_puts(b, decision_actions[r->decision.action]);
	else
		put_none(b);
}

PRINT(rule)
{
	if (r->parts & RECORD_DECISION && r->decision.rule)
		put_foreign(b, r->decision.rule);
	else
		put_none(b);
}

PRINT(class)
{
	put_word(b, r->site ? site_class_word(r->site->class) : NULL);
}

PRINT(purpose)
{
	put_word(b, r->site ? r->site->operation : NULL);
}

PRINT(site)
{
	if (r->site && r->site->name)
		buf_put(b, r->site->name, r->site->name_len);
	else
		put_unknown(b);
}

PRINT(outcome)
{
	char made[OUTCOME_WORD_MAX];

	if (r->parts & RECORD_LIFE)
		change_print_result(b, &r->life->event);
	else if (r->parts & RECORD_OUTCOME)
		put_word(b, outcome_word(r->outcome, r->error, made));
	else if (has(r, CHECK_DENIED))
		put_unknown(b);
	else
		put_none(b);
}

/* A column, of which part, its heading and width, how it is shown, what it holds. */
#define COLUMN(key_, part_, heading_, width_, flags_, about_) \
	NAMED(#key_, key_, part_, heading_, width_, flags_, about_)

/* The same where what prints it is not called as the column is. */
#define NAMED(key_, maker_, part_, heading_, width_, flags_, about_)                      \
	.key = key_, .part = COLUMN_OF_##part_, .heading = heading_, .width = width_,     \
	.flags = flags_, .about = about_, .print = print_##maker_

#define DEFAULT COLUMN_DEFAULT
#define RIGHT	COLUMN_RIGHT

const struct column columns[] = {
	{ COLUMN(count, CHECK, "COUNT", 10, COLUMN_COUNT | RIGHT, "how often, with --count") },
	{ COLUMN(first, CHECK, "FIRST", 15, COLUMN_COUNT, "with --count: when it was asked first") },
	{ COLUMN(time, CHECK, "TIME", 15, DEFAULT, "when it was asked; with --count: the last time") },
	{ COLUMN(pid, CHECK, "PID", 7, DEFAULT | RIGHT, "process") },
	{ COLUMN(tid, CHECK, "TID", 7, RIGHT, "thread") },
	{ COLUMN(ppid, PROGRAM, "PPID", 7, RIGHT, "parent process") },
	{ COLUMN(nspid, PROGRAM, "NSPID", 7, RIGHT,
		 "process, as its own pid namespace numbers it"), .json = "ns_pid" },
	{ COLUMN(uid, CREDENTIALS, "UID", 6, DEFAULT | RIGHT, "the task's real user") },
	{ COLUMN(user, CREDENTIALS, "USER", 12, COLUMN_USERS, "its name") },
	{ COLUMN(euid, CREDENTIALS, "EUID", 6, RIGHT, "effective user") },
	{ COLUMN(gid, CREDENTIALS, "GID", 6, RIGHT, "real group") },
	{ COLUMN(login, PROGRAM, "LOGIN", 6, RIGHT, "user who logged in"), .json = "loginuid" },
	{ COLUMN(comm, CHECK, "COMM", 15, DEFAULT, "the thread's name") },
	{ COLUMN(event, ASKED, "EVENT", 13, COLUMN_LIFE, "with --lifecycle: what was done; check is a check") },
	{ COLUMN(capability, ASKED, "CAPABILITY", 22, DEFAULT | COLUMN_CHECK, "what was asked for"), .json = "cap" },
	{ COLUMN(verdict, ASKED, "VERDICT", 7, DEFAULT | COLUMN_VERDICT,
		 "allowed or denied; with --lifecycle: how it ended") },
	{ COLUMN(via, ASKED, "VIA", 5, COLUMN_CHECK, "how it was granted: held, or as owner of the user namespace") },
	{ COLUMN(lsm, ASKED, "LSM", 7, COLUMN_LSM | COLUMN_CHECK,
		 "the verdict of all security modules"), .json = "lsm_verdict" },
	{ COLUMN(cred, ASKED, "CRED", 10, COLUMN_CHECK, "whose credentials were asked: own, overridden, other") },
	{ COLUMN(audit, ASKED, "AUDIT", 5, COLUMN_CHECK, "may a denial be audited") },
	{ COLUMN(insetid, ASKED, "INSETID", 7, COLUMN_CHECK, "asked while user or group ids are being set") },
	{ COLUMN(probe, ASKED, "PROBE", 6, COLUMN_CHECK, "what heard it") },
	{ COLUMN(derived, ASKED, "DERIVED", 7, COLUMN_CHECK, "heard at its caller, into which the compiler put it") },
	{ COLUMN(syscall, ASKED, "SYSCALL", 16, DEFAULT | COLUMN_PLACE, "the system call that it was asked in") },
	{ NAMED("result", outcome, CHECK, "RESULT", 8, COLUMN_OUTCOME | COLUMN_DENIED,
		 "what the call returned in which it was asked: its error, or ok") },
	{ COLUMN(class, CHECK, "CLASS", 12, COLUMN_SITE | COLUMN_DENIED | COLUMN_CHECK,
		 "needed, alternative, conditional, quality, advisory, unclassified") },
	{ NAMED("operation", purpose, CHECK, "OPERATION", 34, COLUMN_SITE | COLUMN_DENIED | COLUMN_CHECK,
		"what it was wanted for") },
	{ COLUMN(site, CHECK, "SITE", 24, COLUMN_SITE | COLUMN_CHECK, "the kernel's function that asked") },
	{ COLUMN(userns, CREDENTIALS, "USERNS", 10, RIGHT,
		 "user namespace of the credentials"), .json = "asker" },
	{ COLUMN(target, CREDENTIALS, "TARGET", 10, RIGHT | COLUMN_CHECK, "user namespace that it was wanted in") },
	{ COLUMN(effective, CREDENTIALS, "EFFECTIVE", 16, 0, "effective set of the credentials") },
	{ COLUMN(permitted, CREDENTIALS, "PERMITTED", 16, 0, "permitted set of the credentials") },
	{ COLUMN(exe, PROGRAM, "EXE", 24, 0, "path of the executable") },
	{ COLUMN(cgroup, PROGRAM, "CGROUP", 32, 0, "path of the cgroup") },
	{ COLUMN(args, PROGRAM, "ARGS", 32, COLUMN_ARGS, "command line") },
	{ COLUMN(ancestors, PROGRAM, "ANCESTORS", 32, COLUMN_ANCESTORS, "who started it, the nearest first, with --ancestors") },
	{ COLUMN(workload, PROGRAM, "WORKLOAD", 16, DEFAULT | COLUMN_PLACE, "unit, else cgroup") },
	{ COLUMN(granted, PROGRAM, "GRANTED", 16, 0, "what its container or unit was to be started with") },
	{ COLUMN(change, ASKED, "CHANGE", 24, COLUMN_LIFE, "with --lifecycle: what became another, or was wanted") },
	{ COLUMN(action, CHECK, "ACTION", 6, COLUMN_RULES | COLUMN_ACTION, "with --rules: alert, log or allow") },
	{ COLUMN(rule, CHECK, "RULE", 16, COLUMN_RULES, "with --rules: the rule that decided, - where it was the default") },
};
const size_t column_count = sizeof(columns) / sizeof(columns[0]);

static bool is_word(const char *name, const char *word, size_t n)
{
	return name && strlen(name) == n && !strncasecmp(name, word, n);
}

unsigned int columns_flags(const char *list)
{
	unsigned int flags = 0;

	for (;; list++) {
		size_t n = strcspn(list, ",");
		const char *nearest;
		const struct column *c = column_find(list, n, &nearest);

		flags |= c ? c->flags : 0;
		list += n;
		if (!*list)
			return flags;
	}
}

static const char *nearest_key(const char *word, size_t n)
{
	const char *keys[sizeof(columns) / sizeof(columns[0])];
	size_t index;

	for (size_t i = 0; i < column_count; i++)
		keys[i] = columns[i].key;
	return word_nearest(word, n, keys, column_count, &index) ? keys[index] : NULL;
}

const struct column *column_find(const char *word, size_t n, const char **ret_nearest)
{
	for (size_t i = 0; i < column_count; i++)
		if (is_word(columns[i].key, word, n) || is_word(columns[i].json, word, n))
			return &columns[i];
	*ret_nearest = nearest_key(word, n);
	return NULL;
}
