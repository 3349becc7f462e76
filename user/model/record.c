// SPDX-License-Identifier: BSD-2-Clause
#include "user/model/record.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "user/model/program.h"

#define END_OF(type, field) (offsetof(type, field) + sizeof(((type *)0)->field))

static const size_t shortest[] = {
	[EVENT_CHECK] = END_OF(struct event_check, cap),
	[EVENT_PROGRAM] = offsetof(struct event_program, exe),
	[EVENT_LIFECYCLE] = offsetof(struct event_lifecycle, path),
};

/* Where a check may end, and what has to be taken back of its flags where it ends before. */
static const struct check_end {
	size_t end;
	uint32_t lost;		/* flags that mean nothing without the field */
	uint32_t unknown;	/* flags that say that it is missing */
} check_ends[] = {
	{ END_OF(struct event_check, cap), 0, 0 },
	{ END_OF(struct event_check, syscall), CHECK_SYSCALL_KNOWN, 0 },
	{ END_OF(struct event_check, lsm_ret), CHECK_LSM_KNOWN, 0 },
	{ END_OF(struct event_check, userns_asker), 0, 0 },
	{ END_OF(struct event_check, userns_target), 0, 0 },
	{ END_OF(struct event_check, effective), 0, CHECK_IDS_UNKNOWN },
	{ END_OF(struct event_check, permitted), 0, CHECK_IDS_UNKNOWN },
	{ END_OF(struct event_check, comm), 0, 0 },
	{ END_OF(struct event_check, probe), 0, 0 },
};

/* Takes only whole fields: half a number is not a smaller number. */
static void read_check(const void *data, size_t len, struct event_check *ret)
{
	size_t whole = 0;
	uint32_t lost = 0, unknown = 0;

	if (len >= sizeof(*ret)) {
		memcpy(ret, data, sizeof(*ret));
		return;
	}
	for (size_t i = 0; i < sizeof(check_ends) / sizeof(check_ends[0]); i++) {
		if (check_ends[i].end <= len) {
			whole = check_ends[i].end;
		} else {
			lost |= check_ends[i].lost;
			unknown |= check_ends[i].unknown;
		}
	}
	memcpy(ret, data, whole);
	ret->head.flags = (ret->head.flags & ~lost) | unknown;
}

static int check_length(const struct event_head *head, size_t len)
{
	if (head->size != len)
		return -EBADMSG;
	if (head->kind < sizeof(shortest) / sizeof(shortest[0]) && len < shortest[head->kind])
		return -EBADMSG;
	return 0;
}

int record_decode(const void *data, size_t len, struct record *ret)
{
	struct event_head head;
	int err;

	if (len < sizeof(head))
		return -EBADMSG;
	memcpy(&head, data, sizeof(head));
	err = check_length(&head, len);
	if (err)
		return err;

	memset(ret, 0, sizeof(*ret));
	ret->kind = head.kind;
	ret->mono_ns = head.time;
	if (head.kind == EVENT_CHECK) {
		read_check(data, len, &ret->check);
		ret->parts = RECORD_CHECK;
	}
	return 0;
}

size_t record_comm_len(const struct record *r)
{
	return strnlen((const char *)r->check.comm, sizeof(r->check.comm));
}

static bool has(const struct record *r, uint32_t flag)
{
	return (r->parts & RECORD_CHECK) && (r->check.head.flags & flag);
}

const char *record_verdict(const struct record *r)
{
	if (!(r->parts & RECORD_CHECK))
		return NULL;
	return has(r, CHECK_DENIED) ? "denied" : "allowed";
}

const char *record_via(const struct record *r)
{
	if (has(r, CHECK_DENIED) || !has(r, CHECK_VIA_KNOWN))
		return NULL;
	return has(r, CHECK_VIA_OWNER) ? "owner" : "held";
}

bool record_is_no_need(const struct record *r)
{
	const uint32_t flags = r->check.head.flags;

	return flags & CHECK_CRED_OVERRIDDEN || (flags & CHECK_VIA_OWNER && !(flags & CHECK_DENIED));
}

const char *record_cred(const struct record *r)
{
	if (has(r, CHECK_CRED_OTHER))
		return "other";
	if (has(r, CHECK_CRED_OVERRIDDEN))
		return "overridden";
	if (!(r->parts & RECORD_CHECK) || has(r, CHECK_IDS_UNKNOWN))
		return NULL;
	return "own";
}

const char *record_probe(enum event_probe probe)
{
	static const char *const words[] = {
		[PROBE_FEXIT] = "fexit",
		[PROBE_TP_BTF] = "tp_btf",
		[PROBE_TP] = "tp",
		[PROBE_KPROBE] = "kprobe",
	};
	_Static_assert(sizeof(words) / sizeof(words[0]) == PROBE_COUNT, "a word for each probe");

	return (unsigned int)probe < PROBE_COUNT ? words[probe] : NULL;
}

const struct workload *record_workload(const struct record *r)
{
	return r->program ? r->program->workload : NULL;
}

/* What is to be tried again has not failed, and a connection that is being made was allowed: as bpf/outcome.bpf.h has it. */
enum outcome record_ending(const struct record *r)
{
	if (!(r->parts & RECORD_OUTCOME))
		return OUTCOME_UNKNOWN;
	return outcome_ending((enum outcome)r->outcome, r->error);
}
