/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/exact.h"

#include <errno.h>
#include <grp.h>
#include <linux/securebits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/text.h"
#include "user/caps/capability.h"
#include "user/caps/securebits.h"
#include "user/host/self.h"

#define BIT(cap)   (1ULL << (cap))
#define LOCKS	   (SECUREBITS_LOCKED(0x555u) & SECUREBITS_ALL)
#define GROUPS_MAX 65536 /* NGROUPS_MAX of the kernel */

static uint64_t known_caps(void)
{
	int count = cap_max_bits();

	return count > 0 && count < 64 ? BIT(count) - 1 : UINT64_MAX;
}

/* "SENTENCE: names"; returns -EPERM. */
static int refuse(struct buf *why, const char *before, uint64_t caps, const char *after)
{
	buf_puts(why, before);
	capability_mask_names(why, caps);
	buf_puts(why, after);
	return -EPERM;
}

/* ---- the plan: sets ---- */

static int check_known(const struct exact_wish *w, struct buf *why)
{
	uint64_t asked = 0, known = known_caps();
	const uint64_t sets[] = { w->permitted, w->inheritable, w->ambient };

	for (size_t i = 0; i < 3; i++)
		if (sets[i] != CAPABILITY_ALL)
			asked |= sets[i];
	if (!(asked & ~known))
		return 0;
	refuse(why, "this kernel does not have ", asked & ~known, "; its last one is ");
	capability_mask_names(why, known & ~(known >> 1));
	return -EINVAL;
}

static void plan_sets(const struct exact_wish *w, const struct self *me, struct credentials *to)
{
	uint64_t all = me->caps.permitted & (me->caps.bounding | me->caps.inheritable);

	to->permitted = w->permitted == CAPABILITY_ALL ? all : w->permitted;
	to->inheritable = w->inheritable == CAPABILITY_ALL ? all : w->inheritable;
	to->ambient = w->ambient == CAPABILITY_ALL ? all : w->ambient;
	to->effective = to->permitted;
	to->bounding = me->caps.bounding & w->bounding;
	to->no_new_privs = w->no_new_privs || me->no_new_privs;
}

/* What the kernel will say to each change, in words (security/commoncap.c, cap_capset and cap_task_prctl). */
static int check_sets(const struct self *me, const struct credentials *to, uint32_t bits, struct buf *why)
{
	uint64_t own = me->caps.permitted;
	bool setpcap = own & BIT(CAP_SETPCAP);
	uint64_t can_inherit = me->caps.inheritable | own | (setpcap ? me->caps.bounding : 0);
	uint64_t lacking = (to->permitted & ~own) | (to->inheritable & ~can_inherit);

	if (lacking)
		return refuse(why, "cannot give ", lacking,
			      me->uid == 0 ? ": capsieve does not have it itself" :
					     ": you do not have it to give; run with sudo");
	lacking = to->inheritable & ~(me->caps.inheritable | me->caps.bounding);
	if (lacking)
		return refuse(why, "cannot make inheritable, or ambient, what is cut from the bounding set: ",
			      lacking, "");
	lacking = to->ambient & ~(to->permitted & to->inheritable);
	if (lacking)
		return refuse(why, "ambient takes permitted and inheritable, which are not asked for: ",
			      lacking, "");
	if (to->ambient & ~me->caps.ambient && bits & SECUREBIT_NO_CAP_AMBIENT_RAISE)
		return refuse(why, "cannot make ambient ", to->ambient,
			      ": the securebit no_cap_ambient_raise is set");
	lacking = me->caps.bounding & ~to->bounding;
	if (lacking && !setpcap) {
		buf_puts(why, "cannot cut the bounding set without CAP_SETPCAP; --keep-bounding leaves it as "
			      "it is");
		return -EPERM;
	}
	return 0;
}

static int plan_securebits(const struct exact_wish *w, const struct self *me, uint32_t now, uint32_t *ret,
			   struct buf *why)
{
	uint32_t to = w->securebits_given ? w->securebits : now & ~(uint32_t)SECUREBIT_KEEP_CAPS;
	uint32_t held = (now & LOCKS) | (now & LOCKS) >> 1;

	*ret = to;
	if (!w->securebits_given)
		return 0;
	if ((to ^ now) & held) {
		buf_puts(why, "cannot change securebits that are locked: ");
		securebits_print(why, (to ^ now) & held);
		return -EPERM;
	}
	if (to == now || me->caps.permitted & BIT(CAP_SETPCAP))
		return 0;
	buf_puts(why, "cannot set securebits without CAP_SETPCAP");
	return -EPERM;
}

/* ---- the plan: who ---- */

static int add_group(struct become *b, const char *name, struct buf *why)
{
	gid_t *more, gid;
	int r = users_find_group(name, &gid);

	if (r) {
		buf_puts(why, "no group '");
		text_escape(why, name, strlen(name));
		buf_putc(why, '\'');
		return r == -ENOENT ? -EINVAL : r;
	}
	if (b->group_count >= GROUPS_MAX)
		return -E2BIG;
	more = realloc(b->groups, (b->group_count + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	b->groups = more;
	b->groups[b->group_count++] = gid;
	return 0;
}

static int plan_groups(struct become *b, const char *list, struct buf *why)
{
	char *copy = strdup(list), *rest = copy, *word;
	int r = copy ? 0 : -ENOMEM;

	free(b->groups);
	b->groups = NULL;
	b->group_count = 0;
	while (!r && strcmp(list, "none") && (word = strsep(&rest, ",")))
		r = add_group(b, word, why);
	free(copy);
	return r;
}

static int by_number(const void *a, const void *b)
{
	gid_t x = *(const gid_t *)a, y = *(const gid_t *)b;

	return x < y ? -1 : x > y;
}

static size_t sort_groups(gid_t *groups, size_t n)
{
	size_t kept = 0;

	qsort(groups, n, sizeof(*groups), by_number);
	for (size_t i = 0; i < n; i++)
		if (!kept || groups[kept - 1] != groups[i])
			groups[kept++] = groups[i];
	return kept;
}

/* Are ours these, whatever their order? */
static int same_groups(const struct become *b, bool *ret)
{
	int n = getgroups(0, NULL);
	gid_t *have = n < 0 ? NULL : malloc((n + 1) * sizeof(*have));
	gid_t *want = malloc((b->group_count + 1) * sizeof(*want));
	int r = have && want ? 0 : -ENOMEM;

	if (!r && (n = getgroups(n, have)) < 0)
		r = -errno;
	if (!r) {
		size_t wanted, had = sort_groups(have, n);

		if (b->group_count)
			memcpy(want, b->groups, b->group_count * sizeof(*want));
		wanted = sort_groups(want, b->group_count);
		*ret = had == wanted && !memcmp(have, want, had * sizeof(*have));
	}
	free(have);
	free(want);
	return r;
}

/* Becoming who one is takes no privilege. */
static int plan_change(struct exact *x, const struct self *me, struct buf *why)
{
	uint64_t need = 0, missing;
	bool same;
	int r = same_groups(&x->who, &same);

	if (r)
		return r;
	if (!same || x->who.gid != me->gid || me->egid != me->gid)
		need |= BIT(CAP_SETGID);
	if (x->who.user.uid != me->uid || me->euid != me->uid)
		need |= BIT(CAP_SETUID);
	x->who.change = need != 0;
	missing = need & ~me->caps.permitted;
	if (!missing)
		return 0;
	return refuse(why, "cannot change user or groups without ", missing,
		      me->uid == 0 ? "" : "; run with sudo");
}

static int plan_who(const struct exact_wish *w, struct exact *x, const struct self *me, struct buf *why)
{
	int r = 0;

	if (!w->user && !w->groups)
		return 0;
	x->who.user.uid = me->uid;
	x->who.gid = me->gid;
	if (w->user)
		r = become_who(w->user, &x->who, why);
	x->environment = w->user && x->who.user.uid != me->uid;
	if (!r && w->groups)
		r = plan_groups(&x->who, w->groups, why);
	if (!r)
		r = plan_change(x, me, why);
	return r;
}

static int check_root(const struct exact_wish *w, const struct self *me, struct buf *why)
{
	if (!w->root || me->caps.permitted & BIT(CAP_SYS_CHROOT))
		return 0;
	buf_puts(why, "cannot change the root directory without CAP_SYS_CHROOT");
	return -EPERM;
}

static void plan_ids(struct exact *x, const struct self *me, bool given)
{
	uint32_t uid = given ? x->who.user.uid : me->uid, gid = given ? x->who.gid : me->gid;

	x->to.uid = x->to.euid = x->to.suid = uid;
	x->to.gid = x->to.egid = x->to.sgid = gid;
}

int exact_plan(const struct exact_wish *w, struct exact *ret, struct buf *why)
{
	struct exact x = { .root = w->root, .root_as_bounding = w->root_as_bounding, .setid = w->setid };
	int now = prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);
	struct self me;
	int r = now < 0 ? -errno : self_read(&me);

	if (!r)
		r = check_known(w, why);
	if (!r) {
		plan_sets(w, &me, &x.to);
		r = check_sets(&me, &x.to, now, why);
	}
	if (!r)
		r = plan_securebits(w, &me, now, &x.to.securebits, why);
	if (!r)
		r = check_root(w, &me, why);
	if (!r)
		r = plan_who(w, &x, &me, why);
	if (r) {
		if (!why->len)
			buf_puts(why, strerror(-r));
		exact_done(&x);
		return r;
	}
	plan_ids(&x, &me, w->user || w->groups);
	/* Where a parent has locked keep_caps it has set no_setuid_fixup too (PURE1E), which does as well. */
	x.keep_caps = !(now & SECUREBIT_NO_SETUID_FIXUP);
	*ret = x;
	return 0;
}

void exact_done(struct exact *x)
{
	become_done(&x->who);
}

/* ---- doing it ---- */

static void flag_set(cap_t caps, cap_flag_t flag, uint64_t mask)
{
	cap_clear_flag(caps, flag);
	for (cap_value_t cap = 0; cap < cap_max_bits(); cap++)
		if (mask & BIT(cap))
			cap_set_flag(caps, flag, 1, &cap, CAP_SET);
}

static int set_caps(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	cap_t caps = cap_init();
	int r = 0;

	if (!caps)
		return -errno;
	flag_set(caps, CAP_EFFECTIVE, effective);
	flag_set(caps, CAP_PERMITTED, permitted);
	flag_set(caps, CAP_INHERITABLE, inheritable);
	if (cap_set_proc(caps))
		r = -errno;
	cap_free(caps);
	return r;
}

/* Everything that is permitted takes effect, as the steps take one or the other; and more is inheritable. */
static int raise_all(uint64_t inheritable)
{
	struct self me;
	int r = self_read(&me);

	if (r)
		return r;
	return set_caps(me.caps.permitted, me.caps.permitted, me.caps.inheritable | inheritable);
}

static int change_root(const struct exact *x)
{
	return x->root && (chroot(x->root) || chdir("/")) ? -errno : 0;
}

static int cut_bounding(uint64_t keep)
{
	for (cap_value_t cap = 0; cap < cap_max_bits(); cap++)
		if (!(keep & BIT(cap)) && cap_get_bound(cap) > 0 && cap_drop_bound(cap))
			return -errno;
	return 0;
}

static int set_ambient(uint64_t mask)
{
	if (cap_reset_ambient())
		return -errno;
	for (cap_value_t cap = 0; cap < cap_max_bits(); cap++)
		if (mask & BIT(cap) && cap_set_ambient(cap, CAP_SET))
			return -errno;
	return 0;
}

/* Locks last of all: ambient comes before them. */
static int set_securebits(uint32_t bits)
{
	int now = prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);

	if (now < 0)
		return -errno;
	if ((uint32_t)now == bits)
		return 0;
	if (((uint32_t)now ^ bits) == SECUREBIT_KEEP_CAPS)
		return prctl(PR_SET_KEEPCAPS, bits & SECUREBIT_KEEP_CAPS ? 1 : 0, 0, 0, 0) ? -errno : 0;
	return prctl(PR_SET_SECUREBITS, bits, 0, 0, 0) ? -errno : 0;
}

/*
 * The order: what is inheritable while the bounding set still allows it, then the bounding set; the user,
 * with what is permitted kept over it; ambient, which a change of the user would have emptied; the
 * securebits that lock; and only then what all of this took is given up.
 */
static int steps(const struct exact *x, enum become_step *ret_step)
{
	const struct credentials *to = &x->to;
	int r;

	*ret_step = BECOME_CAPS;
	r = raise_all(to->inheritable);
	if (r)
		return r;
	*ret_step = BECOME_ROOT;
	r = change_root(x);
	if (r)
		return r;
	*ret_step = BECOME_BOUNDING;
	r = cut_bounding(to->bounding);
	if (r)
		return r;
	if (x->who.change)
		r = become_user(&x->who, x->keep_caps, ret_step);
	if (r)
		return r;
	*ret_step = BECOME_CAPS;
	r = raise_all(0);
	if (r)
		return r;
	*ret_step = BECOME_AMBIENT;
	r = set_ambient(to->ambient);
	if (r)
		return r;
	*ret_step = BECOME_SECUREBITS;
	return set_securebits(to->securebits);
}

int exact_now(const struct exact *x, enum become_step *ret_step)
{
	int r = steps(x, ret_step);

	if (r)
		return r;
	*ret_step = BECOME_CAPS;
	if (x->to.no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	r = set_caps(x->to.effective, x->to.permitted, x->to.inheritable);
	if (r || !x->environment)
		return r;
	*ret_step = BECOME_ENV;
	return become_env(&x->who.user);
}

/* ---- reading it back ---- */

static bool differs(struct buf *why, const char *set, uint64_t wanted, uint64_t is)
{
	if (wanted == is)
		return false;
	buf_printf(why, "the %s set is not as asked for, so nothing was started: ", set);
	if (is & ~wanted) {
		buf_puts(why, "too much: ");
		capability_mask_names(why, is & ~wanted);
	}
	if (wanted & ~is) {
		buf_puts(why, is & ~wanted ? "; too little: " : "too little: ");
		capability_mask_names(why, wanted & ~is);
	}
	return true;
}

static bool ids_differ(const struct exact *x)
{
	const struct credentials *to = &x->to;
	uid_t u[3];
	gid_t g[3];

	if (getresuid(&u[0], &u[1], &u[2]) || getresgid(&g[0], &g[1], &g[2]))
		return true;
	return u[0] != to->uid || u[1] != to->uid || u[2] != to->uid || g[0] != to->gid || g[1] != to->gid ||
	       g[2] != to->gid;
}

static int verify_who(const struct exact *x, struct buf *why)
{
	bool same = true;
	int r = x->who.change ? same_groups(&x->who, &same) : 0;

	if (r || (same && !ids_differ(x)))
		return r;
	buf_puts(why, "user or groups are not as asked for, so nothing was started");
	return -EPERM;
}

int exact_verify(const struct exact *x, struct buf *why)
{
	const struct credentials *to = &x->to;
	struct self me;
	int r = self_read(&me);

	if (!r)
		r = verify_who(x, why);
	if (r)
		return r;
	if (differs(why, "permitted", to->permitted, me.caps.permitted) ||
	    differs(why, "effective", to->effective, me.caps.effective) ||
	    differs(why, "inheritable", to->inheritable, me.caps.inheritable) ||
	    differs(why, "ambient", to->ambient, me.caps.ambient) ||
	    differs(why, "bounding", to->bounding, me.caps.bounding))
		return -EPERM;
	if (prctl(PR_GET_SECUREBITS, 0, 0, 0, 0) == (int)to->securebits &&
	    me.no_new_privs == to->no_new_privs)
		return 0;
	buf_puts(why, "securebits or no_new_privs are not as asked for, so nothing was started");
	return -EPERM;
}
