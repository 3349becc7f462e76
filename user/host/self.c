/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/self.h"

#include <errno.h>
#include <sys/auxv.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

static uint64_t bit(cap_value_t cap)
{
	return 1ULL << cap;
}

static uint64_t flag_mask(cap_t caps, cap_flag_t flag)
{
	uint64_t mask = 0;
	cap_flag_value_t on;

	for (cap_value_t cap = 0; cap < cap_max_bits(); cap++)
		if (!cap_get_flag(caps, cap, flag, &on) && on == CAP_SET)
			mask |= bit(cap);
	return mask;
}

static uint64_t asked_mask(int (*has)(cap_value_t))
{
	uint64_t mask = 0;

	for (cap_value_t cap = 0; cap < cap_max_bits(); cap++)
		if (has(cap) > 0)
			mask |= bit(cap);
	return mask;
}

static int read_caps(struct self_caps *ret)
{
	cap_t caps = cap_get_proc();

	if (!caps)
		return -errno;
	ret->effective = flag_mask(caps, CAP_EFFECTIVE);
	ret->permitted = flag_mask(caps, CAP_PERMITTED);
	ret->inheritable = flag_mask(caps, CAP_INHERITABLE);
	ret->bounding = asked_mask(cap_get_bound);
	ret->ambient = asked_mask(cap_get_ambient);
	cap_free(caps);
	return 0;
}

int self_read(struct self *ret)
{
	struct self_caps caps;
	int r = read_caps(&caps);

	if (r)
		return r;
	*ret = (struct self){
		.uid = getuid(),
		.euid = geteuid(),
		.gid = getgid(),
		.egid = getegid(),
		.caps = caps,
		.secure = getauxval(AT_SECURE) != 0,
		.no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1,
	};
	return 0;
}

uint64_t self_missing(uint64_t need)
{
	struct self me;

	return self_read(&me) ? need : need & ~me.caps.effective;
}

static void flag_keep(cap_t caps, cap_flag_t flag, uint64_t keep)
{
	for (cap_value_t cap = 0; cap < cap_max_bits(); cap++)
		if (!(keep & bit(cap)))
			cap_set_flag(caps, flag, 1, &cap, CAP_CLEAR);
}

/*
 * Lowering the bounding set takes CAP_SETPCAP in effect, so it comes first and may need it raised for a
 * moment.
 */
static void drop_bounding(cap_t caps, uint64_t keep)
{
	const cap_value_t setpcap = CAP_SETPCAP;

	if (cap_set_flag(caps, CAP_EFFECTIVE, 1, &setpcap, CAP_SET) || cap_set_proc(caps))
		return;
	for (cap_value_t cap = 0; cap < cap_max_bits(); cap++)
		if (!(keep & bit(cap)) && cap_get_bound(cap) > 0)
			cap_drop_bound(cap);
}

/* Ambient needs no care of its own: what leaves permitted or inheritable leaves it too. */
static int drop_sets(uint64_t keep)
{
	cap_t was = cap_get_proc(), caps = was ? cap_dup(was) : NULL;
	int r = 0;

	if (caps) {
		drop_bounding(caps, keep);
		flag_keep(was, CAP_EFFECTIVE, keep);
		flag_keep(was, CAP_PERMITTED, keep);
		flag_keep(was, CAP_INHERITABLE, keep);
	}
	if (!caps || cap_set_proc(was))
		r = -errno;
	cap_free(caps);
	cap_free(was);
	return r;
}

int self_drop_bounding(void)
{
	cap_t caps = cap_get_proc();

	if (!caps)
		return -errno;
	drop_bounding(caps, 0);
	cap_free(caps);
	return asked_mask(cap_get_bound) ? -EPERM : 0;
}

int self_drop_except(uint64_t keep, bool no_new_privs, struct self *ret_left)
{
	struct self left;
	int r;

	if (no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	r = drop_sets(keep);
	if (!r)
		r = self_read(&left);
	if (r)
		return r;
	if ((left.caps.effective | left.caps.permitted | left.caps.inheritable | left.caps.ambient) & ~keep)
		return -EPERM;
	if (ret_left)
		*ret_left = left;
	return 0;
}

int self_try(uint64_t keep, int (*fn)(void *ctx), void *ctx)
{
	cap_t was = cap_get_proc(), caps = was ? cap_dup(was) : NULL;
	int r = caps ? 0 : -errno;

	if (caps)
		flag_keep(caps, CAP_EFFECTIVE, keep);
	if (!r && cap_set_proc(caps))
		r = -errno;
	if (!r)
		r = fn(ctx);
	if (was)
		cap_set_proc(was);
	cap_free(caps);
	cap_free(was);
	return r;
}

int self_disown(bool keep_permitted)
{
	struct self me;
	cap_t caps;
	int r = self_read(&me);

	if (r || me.uid == 0)
		return r;
	caps = cap_get_proc();
	if (!caps)
		return -errno;
	flag_keep(caps, CAP_EFFECTIVE, me.caps.ambient);
	if (!keep_permitted)
		flag_keep(caps, CAP_PERMITTED, me.caps.ambient);
	if (cap_set_proc(caps))
		r = -errno;
	cap_free(caps);
	return r;
}
