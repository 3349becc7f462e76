/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/model/drops.h"

#include <linux/capability.h>
#include <string.h>

#include "user/model/record.h"

#define PR_CAPBSET_DROP	  24
#define PR_SET_SECUREBITS 28

static bool is_any(const char *call, const char *const *calls)
{
	while (*calls && strcmp(call, *calls) != 0)
		calls++;
	return *calls;
}

/* The effective id that is asked for; of the calls that set several at once the real one, where that one stays. */
static uint32_t id_of(const struct record *r)
{
	uint32_t effective = (uint32_t)r->argument;

	return effective != UINT32_MAX ? effective : (uint32_t)(r->argument >> 32);
}

static bool leaves_root(const struct record *r, const char *call, uint32_t *ret_user)
{
	static const char *const one[] = { "setuid", NULL }, *const several[] = { "setreuid", "setresuid", NULL };
	bool alone = is_any(call, one);
	uint32_t user = alone ? (uint32_t)r->argument : id_of(r);

	if ((!alone && !is_any(call, several)) || !user || user == UINT32_MAX)
		return false;
	/* Whose real user stays root can be root again, and the kernel asks for nothing then. */
	if (!alone && (uint32_t)(r->argument >> 32) == UINT32_MAX)
		return false;
	*ret_user = user;
	return true;
}

bool drops_privilege(const struct record *r, const char *call, uint32_t *ret_user)
{
	static const char *const groups[] = { "setgid", "setregid", "setresgid", "setgroups", NULL };

	*ret_user = DROPS_NOBODY;
	if (r->check.head.flags & CHECK_SAME_IDS)
		return false;
	switch (r->check.cap) {
	case CAP_SETUID:
		return leaves_root(r, call, ret_user);
	case CAP_SETGID:
		return is_any(call, groups);
	case CAP_SETPCAP:
		return !strcmp(call, "prctl") && (r->argument == PR_CAPBSET_DROP || r->argument == PR_SET_SECUREBITS);
	default:
		return false;
	}
}
