/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/become.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/caps/capability.h"
#include "user/host/self.h"

#define BIT(cap) (1ULL << (cap))

static const char *const step_words[] = {
	[BECOME_CALLER] = "go back to the caller's own credentials",
	[BECOME_ROOT] = "change the root directory",
	[BECOME_BOUNDING] = "cut the bounding set",
	[BECOME_GROUPS] = "set the groups",
	[BECOME_GID] = "set the group",
	[BECOME_UID] = "set the user",
	[BECOME_CAPS] = "set the capabilities",
	[BECOME_AMBIENT] = "set the ambient capabilities",
	[BECOME_SECUREBITS] = "set the securebits",
	[BECOME_ENV] = "set the environment",
};
_Static_assert(sizeof(step_words) / sizeof(step_words[0]) == BECOME_STEP_COUNT, "a row for each step");

const char *become_step_words(enum become_step step)
{
	return (unsigned)step < BECOME_STEP_COUNT ? step_words[step] : "change the credentials";
}

/*
 * What the caller could give away: an ambient capability has to be permitted, and inheritable or not yet
 * bounded.
 */
static uint64_t own_caps(const struct self *me)
{
	uint64_t own = me->uid == 0 ? me->caps.permitted : me->caps.ambient;

	return own & (me->caps.bounding | me->caps.inheritable);
}

static uint64_t known_caps(void)
{
	int count = cap_max_bits();

	return count > 0 && count < 64 ? BIT(count) - 1 : UINT64_MAX;
}

static int plan_grant(struct become *b, const struct self *me, uint64_t grant, struct buf *why)
{
	uint64_t own = own_caps(me);

	if ((grant & known_caps()) == known_caps())
		grant = own;
	if (grant & ~own) {
		buf_puts(why, "cannot grant ");
		capability_mask_names(why, grant & ~own);
		buf_puts(why, me->uid == 0 ? ": capsieve does not have it to give" :
					     ": you do not have it to give; run with sudo");
		return -EPERM;
	}
	b->grant = grant;
	return 0;
}

static int find_user(const char *name, struct user *ret, struct buf *why)
{
	int r = users_find(name, ret);

	if (r == -ENOENT) {
		buf_printf(why, "no user '%s'", name);
		return -EINVAL;
	}
	if (r)
		buf_printf(why, "cannot look up user '%s': %s", name, strerror(-r));
	return r;
}

static int find_group(const char *name, gid_t *ret, struct buf *why)
{
	int r = users_find_group(name, ret);

	if (r == -ENOENT) {
		buf_printf(why, "no group '%s'", name);
		return -EINVAL;
	}
	if (r)
		buf_printf(why, "cannot look up group '%s': %s", name, strerror(-r));
	return r;
}

static int list_groups(struct become *b, struct buf *why)
{
	int r;

	if (!b->user.listed) {
		b->groups = malloc(sizeof(*b->groups));
		if (!b->groups)
			return -ENOMEM;
		b->groups[0] = b->gid;
		b->group_count = 1;
		return 0;
	}
	r = users_groups(b->user.name, b->gid, &b->groups, &b->group_count);
	if (r)
		buf_printf(why, "cannot list the groups of '%s': %s", b->user.name, strerror(-r));
	return r;
}

/* group: what stands behind the colon, NULL where there was none. */
static int plan_user(struct become *b, const char *user, const char *group, struct buf *why)
{
	int r = find_user(user, &b->user, why);

	if (r)
		return r;
	b->gid = b->user.gid;
	if (group)
		r = find_group(group, &b->gid, why);
	else if (!b->user.listed) {
		buf_printf(why, "no entry for user %s, so name a group too: %s:GROUP", user, user);
		r = -EINVAL;
	}
	return r ? r : list_groups(b, why);
}

/* Becoming who one is takes no privilege; anything else takes both, as the groups always change. */
static int plan_change(struct become *b, const struct self *me, const char *who, struct buf *why)
{
	uint64_t own = me->uid == 0 ? me->caps.permitted : me->caps.ambient;
	uint64_t missing = (BIT(CAP_SETUID) | BIT(CAP_SETGID)) & ~own;

	b->set_caps = b->user.uid != 0;
	b->change = missing == 0 || b->user.uid != me->uid || b->gid != me->gid;
	if (!b->change || !missing)
		return 0;
	buf_printf(why, "cannot start a command as '%s' without ", who);
	capability_mask_names(why, missing);
	buf_puts(why, me->uid == 0 ? "" : "; run with sudo");
	return -EPERM;
}

int become_who(const char *who, struct become *b, struct buf *why)
{
	char *user = strdup(who);
	char *colon = user ? strchr(user, ':') : NULL;
	int r;

	if (!user)
		return -ENOMEM;
	if (colon)
		*colon++ = '\0';
	r = plan_user(b, user, colon, why);
	free(user);
	return r;
}

static int plan_other(struct become *b, const struct self *me, const char *who, uint64_t grant,
		      struct buf *why)
{
	int r = become_who(who, b, why);

	if (!r && grant && b->user.uid == 0) {
		buf_puts(why, "root gets all its capabilities anyway: a grant is for another user");
		r = -EINVAL;
	}
	if (!r)
		r = plan_change(b, me, who, why);
	return r ? r : plan_grant(b, me, grant, why);
}

int become_plan(const char *who, uint64_t grant, struct become *ret, struct buf *why)
{
	struct become b = { 0 };
	struct self me;
	int r = self_read(&me);

	if (r) {
		buf_printf(why, "cannot read our own capabilities: %s", strerror(-r));
		return r;
	}
	b.caller_only = me.uid != 0;
	if (who) {
		r = plan_other(&b, &me, who, grant, why);
	} else if (grant) {
		buf_puts(why, "a grant needs the user that it is for: --as USER");
		r = -EINVAL;
	}
	if (r) {
		if (!why->len)
			buf_puts(why, strerror(-r));
		become_done(&b);
		return r;
	}
	*ret = b;
	return 0;
}

void become_done(struct become *b)
{
	users_user_done(&b->user);
	free(b->groups);
	*b = (struct become){ 0 };
}

/*
 * Sets effective, permitted and inheritable; what is not in both of the last two leaves the ambient set as
 * well.
 */
static int set_caps(uint64_t mask, uint64_t inheritable)
{
	cap_t caps = cap_init();
	int r = 0;

	if (!caps)
		return -errno;
	for (cap_value_t cap = 0; cap < cap_max_bits(); cap++) {
		if (mask & BIT(cap)) {
			cap_set_flag(caps, CAP_EFFECTIVE, 1, &cap, CAP_SET);
			cap_set_flag(caps, CAP_PERMITTED, 1, &cap, CAP_SET);
		}
		if (inheritable & BIT(cap))
			cap_set_flag(caps, CAP_INHERITABLE, 1, &cap, CAP_SET);
	}
	if (cap_set_proc(caps))
		r = -errno;
	cap_free(caps);
	return r;
}

static int raise_ambient(uint64_t mask)
{
	for (cap_value_t cap = 0; cap < cap_max_bits(); cap++)
		if (mask & BIT(cap) && cap_set_ambient(cap, CAP_SET))
			return -errno;
	return 0;
}

static int back_to_caller(void)
{
	gid_t gid = getgid();
	uid_t uid = getuid();
	struct self me;
	int r;

	if (getegid() != gid && setresgid(gid, gid, gid))
		return -errno;
	if (geteuid() != uid && setresuid(uid, uid, uid))
		return -errno;
	r = self_read(&me);
	return r ? r : set_caps(me.caps.ambient, me.caps.inheritable);
}

int become_user(const struct become *b, bool keep_caps, enum become_step *ret_step)
{
	*ret_step = BECOME_GROUPS;
	if (setgroups(b->group_count, b->groups))
		return -errno;
	*ret_step = BECOME_GID;
	if (setresgid(b->gid, b->gid, b->gid))
		return -errno;
	*ret_step = BECOME_CAPS;
	if (keep_caps && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))
		return -errno;
	*ret_step = BECOME_UID;
	return setresuid(b->user.uid, b->user.uid, b->user.uid) ? -errno : 0;
}

static int change_caps(uint64_t grant, enum become_step *ret_step)
{
	int r;

	*ret_step = BECOME_CAPS;
	r = set_caps(grant, grant);
	if (r)
		return r;
	if (grant && prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0))
		return -errno;
	*ret_step = BECOME_AMBIENT;
	return raise_ambient(grant);
}

int become_env(const struct user *u)
{
	bool ok;

	if (u->listed)
		ok = !setenv("HOME", u->home, 1) && !setenv("USER", u->name, 1) &&
		     !setenv("LOGNAME", u->name, 1) && (!*u->shell || !setenv("SHELL", u->shell, 1));
	else
		ok = !setenv("HOME", "/", 1) && !unsetenv("USER") && !unsetenv("LOGNAME");
	return ok ? 0 : -errno;
}

int become_now(const struct become *b, enum become_step *ret_step)
{
	int r = 0;

	*ret_step = BECOME_CALLER;
	if (b->caller_only)
		r = back_to_caller();
	if (!r && b->change)
		r = become_user(b, b->grant != 0, ret_step);
	if (!r && b->set_caps)
		r = change_caps(b->grant, ret_step);
	if (!r && b->change) {
		*ret_step = BECOME_ENV;
		r = become_env(&b->user);
	}
	return r;
}
