// SPDX-License-Identifier: BSD-2-Clause
#include "user/model/outcome.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { ERRNO_LAST = 4095 };	/* the kernel's MAX_ERRNO: what is lower is a result, an address of mmap for one */

/* Never seen by a program; include/linux/errno.h of the kernel. 515 is ENOIOCTLCMD, which becomes ENOTTY. */
enum { ERESTARTSYS = 512, ERESTARTNOINTR = 513, ERESTARTNOHAND = 514, ERESTART_RESTARTBLOCK = 516 };

int outcome_decode(const void *data, size_t len, struct event_outcome *ret)
{
	struct event_head head;

	if (len < sizeof(*ret))
		return -EBADMSG;
	memcpy(&head, data, sizeof(head));
	if (head.kind != EVENT_OUTCOME || head.size != len)
		return -EBADMSG;
	memcpy(ret, data, sizeof(*ret));
	return 0;
}

enum outcome outcome_of(const struct event_outcome *e, int *ret_errno)
{
	*ret_errno = 0;
	if (e->head.flags & OUTCOME_EXITED)
		return OUTCOME_ENDED;
	if (!(e->head.flags & OUTCOME_SEEN))
		return OUTCOME_UNKNOWN;
	if (e->ret >= 0 || e->ret < -ERRNO_LAST)
		return OUTCOME_WORKED;
	switch (-e->ret) {
	case ERESTARTSYS:
	case ERESTARTNOINTR:
	case ERESTARTNOHAND:
	case ERESTART_RESTARTBLOCK:
		return OUTCOME_INTERRUPTED;
	default:
		*ret_errno = (int)-e->ret;
		return OUTCOME_FAILED;
	}
}

enum outcome outcome_ending(enum outcome outcome, int error)
{
	if (outcome != OUTCOME_FAILED)
		return outcome;
	if (error == EINPROGRESS)
		return OUTCOME_WORKED;
	return error == EAGAIN || error == EINTR ? OUTCOME_INTERRUPTED : OUTCOME_FAILED;
}

const char *outcome_word(enum outcome outcome, int error, char buf[static OUTCOME_WORD_MAX])
{
	static const char *const words[] = {
		[OUTCOME_WORKED] = "ok",
		[OUTCOME_INTERRUPTED] = "interrupted",
		[OUTCOME_ENDED] = "ended",
		[OUTCOME_COUNT] = NULL,
	};
	const char *name;

	if (outcome != OUTCOME_FAILED)
		return (unsigned)outcome < OUTCOME_COUNT ? words[outcome] : NULL;
	name = strerrorname_np(error);
	if (name)
		return name;
	snprintf(buf, OUTCOME_WORD_MAX, "error %d", error);
	return buf;
}

int outcome_error(const char *word)
{
	char made[OUTCOME_WORD_MAX];

	for (int error = 1; error <= ERRNO_LAST; error++)
		if (!strcmp(word, outcome_word(OUTCOME_FAILED, error, made)))
			return error;
	return 0;
}
