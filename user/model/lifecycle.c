/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/model/lifecycle.h"

#include <errno.h>
#include <string.h>

#include "user/model/record.h"

enum { ERRNO_LAST = 4095 };

static const struct operation {
	const char *name;
	struct {
		const char *name;
		uint8_t value;
	} asked[3];
} operations[LIFE_COUNT] = {
	[LIFE_EXEC] = { "exec", {} },
	[LIFE_FORK] = { "fork", { { "child", LIFECYCLE_NUMBER }, { "flags", LIFECYCLE_NUMBER } } },
	[LIFE_EXIT] = { "exit", {} },
	[LIFE_CAPSET] = { "capset", { { "effective", LIFECYCLE_SET }, { "permitted", LIFECYCLE_SET },
				      { "inheritable", LIFECYCLE_SET } } },
	[LIFE_SETUID] = { "setuid", { { "uid", LIFECYCLE_ID } } },
	[LIFE_SETGID] = { "setgid", { { "gid", LIFECYCLE_ID } } },
	[LIFE_SETREUID] = { "setreuid", { { "uid", LIFECYCLE_ID }, { "euid", LIFECYCLE_ID } } },
	[LIFE_SETREGID] = { "setregid", { { "gid", LIFECYCLE_ID }, { "egid", LIFECYCLE_ID } } },
	[LIFE_SETRESUID] = { "setresuid", { { "uid", LIFECYCLE_ID }, { "euid", LIFECYCLE_ID },
					    { "suid", LIFECYCLE_ID } } },
	[LIFE_SETRESGID] = { "setresgid", { { "gid", LIFECYCLE_ID }, { "egid", LIFECYCLE_ID },
					    { "sgid", LIFECYCLE_ID } } },
	[LIFE_SETFSUID] = { "setfsuid", { { "fsuid", LIFECYCLE_ID } } },
	[LIFE_SETFSGID] = { "setfsgid", { { "fsgid", LIFECYCLE_ID } } },
	[LIFE_SETGROUPS] = { "setgroups", { { "groups", LIFECYCLE_NUMBER } } },
	[LIFE_AMBIENT_RAISE] = { "ambient_raise", { { "cap", LIFECYCLE_CAP } } },
	[LIFE_AMBIENT_LOWER] = { "ambient_lower", { { "cap", LIFECYCLE_CAP } } },
	[LIFE_AMBIENT_CLEAR] = { "ambient_clear", {} },
	[LIFE_BOUNDING_DROP] = { "bounding_drop", { { "cap", LIFECYCLE_CAP } } },
	[LIFE_SECUREBITS] = { "securebits", { { "securebits", LIFECYCLE_BITS } } },
	[LIFE_KEEP_CAPS] = { "keep_caps", { { "on", LIFECYCLE_SWITCH } } },
	[LIFE_NO_NEW_PRIVS] = { "no_new_privs", { { "on", LIFECYCLE_SWITCH } } },
	[LIFE_UNSHARE] = { "unshare", { { "flags", LIFECYCLE_NUMBER } } },
	[LIFE_SETNS] = { "setns", { { "flags", LIFECYCLE_NUMBER } } },
};

#define MEMBER(name, value) \
	{ #name, offsetof(struct event_creds, name), sizeof(((struct event_creds *)0)->name), LIFECYCLE_##value }

const struct lifecycle_member lifecycle_members[] = {
	MEMBER(uid, ID), MEMBER(euid, ID), MEMBER(suid, ID), MEMBER(fsuid, ID),
	MEMBER(gid, ID), MEMBER(egid, ID), MEMBER(sgid, ID), MEMBER(fsgid, ID), MEMBER(groups, NUMBER),
	MEMBER(effective, SET), MEMBER(permitted, SET), MEMBER(inheritable, SET), MEMBER(ambient, SET),
	MEMBER(bounding, SET), MEMBER(securebits, BITS), MEMBER(no_new_privs, SWITCH), MEMBER(userns, NUMBER),
};
const size_t lifecycle_member_count = sizeof(lifecycle_members) / sizeof(lifecycle_members[0]);

int lifecycle_decode(const void *data, size_t len, struct lifecycle *ret)
{
	size_t whole = offsetof(struct event_lifecycle, path);
	struct event_head head;

	if (len < whole)
		return -EBADMSG;
	memcpy(&head, data, sizeof(head));
	if (head.kind != EVENT_LIFECYCLE || head.size != len)
		return -EBADMSG;
	memset(ret, 0, sizeof(*ret));
	if (len >= sizeof(ret->event))
		whole = sizeof(ret->event);
	memcpy(&ret->event, data, whole);
	if (whole < sizeof(ret->event))
		ret->event.head.flags &= ~(uint32_t)(LIFE_PATH_KNOWN | LIFE_PATH_TRUNCATED);
	return 0;
}

/* Whose line it is: what the task became, but a fork is its parent's. */
static const struct event_creds *shown_creds(const struct event_lifecycle *e)
{
	if (e->what != LIFE_FORK && e->head.flags & LIFE_AFTER_KNOWN)
		return &e->after;
	return e->head.flags & LIFE_BEFORE_KNOWN ? &e->before : NULL;
}

static uint32_t check_flags(uint32_t flags)
{
	_Static_assert((int)LIFE_SYSCALL_KNOWN == (int)CHECK_SYSCALL_KNOWN && (int)LIFE_ABI_32 == (int)CHECK_ABI_32 &&
		       (int)LIFE_ABI_X32 == (int)CHECK_ABI_X32, "these flags are those of a check");
	uint32_t call = flags & (LIFE_SYSCALL_KNOWN | LIFE_ABI_32 | LIFE_ABI_X32);

	return call & LIFE_SYSCALL_KNOWN ? call : call | CHECK_SYSCALL_NONE;
}

void lifecycle_record(const struct lifecycle *l, struct record *ret)
{
	const struct event_lifecycle *e = &l->event;
	const struct event_creds *c = shown_creds(e);

	memset(ret, 0, sizeof(*ret));
	ret->kind = EVENT_LIFECYCLE;
	ret->parts = RECORD_LIFE;
	ret->life = l;
	ret->mono_ns = e->head.time;
	ret->check.head = (struct event_head){ .time = e->head.time, .flags = check_flags(e->head.flags) };
	ret->check.program = e->program;
	ret->check.tgid = e->tgid;
	ret->check.tid = e->tid;
	ret->check.syscall = e->syscall;
	memcpy(ret->check.comm, e->comm, sizeof(e->comm));
	if (!c) {
		ret->check.head.flags |= CHECK_IDS_UNKNOWN;
		return;
	}
	ret->check.uid = c->uid;
	ret->check.euid = c->euid;
	ret->check.gid = c->gid;
	ret->check.userns_asker = c->userns;
	ret->check.effective = c->effective;
	ret->check.permitted = c->permitted;
}

const char *lifecycle_operation(uint32_t what)
{
	return what < LIFE_COUNT ? operations[what].name : NULL;
}

/* The two that return what was, and neither success nor failure. */
static enum lifecycle_result silent_result(const struct event_lifecycle *e)
{
	uint32_t wanted = (uint32_t)e->asked[0];

	if (~e->head.flags & (LIFE_AFTER_KNOWN | LIFE_ASKED_KNOWN))
		return LIFECYCLE_UNKNOWN;
	if (wanted == (uint32_t)-1 || wanted == (e->what == LIFE_SETFSUID ? e->after.fsuid : e->after.fsgid))
		return LIFECYCLE_WORKED;
	return LIFECYCLE_FAILED;
}

static enum lifecycle_result exit_result(int64_t status, int *ret_number)
{
	int signal = status & 0x7f;

	*ret_number = signal ?: (int)(status >> 8 & 0xff);
	return signal ? LIFECYCLE_KILLED : LIFECYCLE_EXITED;
}

enum lifecycle_result lifecycle_result(const struct event_lifecycle *e, int *ret_number)
{
	*ret_number = 0;
	if (!(e->head.flags & LIFE_RESULT_KNOWN))
		return LIFECYCLE_UNKNOWN;
	if (e->what == LIFE_EXIT)
		return exit_result(e->ret, ret_number);
	if (e->what == LIFE_SETFSUID || e->what == LIFE_SETFSGID)
		return silent_result(e);
	if (e->ret >= 0 || e->ret < -ERRNO_LAST)
		return LIFECYCLE_WORKED;
	*ret_number = (int)-e->ret;
	return LIFECYCLE_FAILED;
}

const char *lifecycle_asked(uint32_t what, unsigned int n, enum lifecycle_value *ret)
{
	if (what >= LIFE_COUNT || n >= 3 || !operations[what].asked[n].name)
		return NULL;
	*ret = operations[what].asked[n].value;
	return operations[what].asked[n].name;
}

uint64_t lifecycle_get(const struct event_creds *c, const struct lifecycle_member *m)
{
	uint64_t wide = 0;

	memcpy(&wide, (const char *)c + m->offset, m->width);
	return wide;
}

bool lifecycle_changed(const struct event_lifecycle *e, const struct lifecycle_member *m)
{
	if (~e->head.flags & (LIFE_BEFORE_KNOWN | LIFE_AFTER_KNOWN))
		return false;
	return lifecycle_get(&e->before, m) != lifecycle_get(&e->after, m);
}
