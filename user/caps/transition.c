/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/caps/transition.h"

#include <errno.h>
#include <linux/capability.h>

#include "user/caps/securebits.h"

#define BIT(cap) (1ULL << (cap))

#define ROW(rule, name, words) [rule] = { name, words }

static const struct {
	const char *name, *words;
} rules[] = {
	ROW(IDS_STAY, "ids_stay", "the file is neither setuid nor setgid: user and group stay"),
	ROW(IDS_SETUID, "ids_setuid", "the file is setuid: the effective user becomes:"),
	ROW(IDS_SETGID, "ids_setgid", "the file is setgid: the effective group becomes:"),
	ROW(IDS_NO_NEW_PRIVS, "ids_no_new_privs",
	    "no_new_privs is set: the setuid and setgid bits do not count"),
	ROW(IDS_NOSUID, "ids_nosuid",
	    "the mount is nosuid for this process: the setuid and setgid bits do not count"),
	ROW(IDS_UNMAPPED, "ids_unmapped",
	    "the file's owner or group does not exist in this user namespace: the setuid and setgid bits "
	    "do not count"),
	ROW(FILE_NONE, "file_none", "the file has no capabilities: from them comes nothing"),
	ROW(FILE_NOSUID, "file_nosuid",
	    "the mount is nosuid for this process: the file's capabilities do not count"),
	ROW(FILE_FOREIGN, "file_foreign",
	    "the file's capabilities count only in and below the user namespace whose root is user:"),
	ROW(FILE_UNKNOWN, "file_unknown", "this kernel does not know, and ignores, of the file:"),
	ROW(FILE_PERMITTED, "file_permitted",
	    "permitted by the file, and in the bounding set, so permitted:"),
	ROW(FILE_CUT, "file_cut", "permitted by the file, but cut from the bounding set, so not permitted:"),
	ROW(FILE_INHERITED, "file_inherited",
	    "inheritable in the file and in the process, so permitted, whatever the bounding set says:"),
	ROW(FILE_NOT_INHERITED, "file_not_inherited",
	    "inheritable in the file, but not in the process, so this gives nothing:"),
	ROW(FILE_EFFECTIVE, "file_effective",
	    "the file has the effective bit: what is permitted will be effective"),
	ROW(FILE_NOT_EFFECTIVE, "file_not_effective",
	    "the file lacks the effective bit: the program must raise by itself what it uses"),
	ROW(FILE_REFUSED, "file_refused",
	    "the file has the effective bit, so the program expects to have it all, and cannot get: execve "
	    "fails with EPERM, also for root; the program does not start for want of:"),
	ROW(ROOT_DISABLED, "root_disabled", "the securebit noroot is set: being root gives nothing"),
	ROW(ROOT_MIXED, "root_mixed",
	    "the file is setuid root and has capabilities too, and the caller is not root: only the file's "
	    "capabilities are given, not all of root's"),
	ROW(ROOT_PERMITTED, "root_permitted",
	    "the real or the effective user is root: permitted is the bounding set and what is "
	    "inheritable, whatever the file says:"),
	ROW(ROOT_EFFECTIVE, "root_effective",
	    "the effective user is root: what is permitted will be effective"),
	ROW(ROOT_REAL_ONLY, "root_real_only",
	    "the effective user is not root: being root makes nothing effective"),
	ROW(LESS_NO_NEW_PRIVS, "less_no_new_privs",
	    "no_new_privs is set: only what was permitted before stays permitted; taken away:"),
	ROW(LESS_TRACED, "less_traced",
	    "a process without CAP_SYS_PTRACE traces this one: only what was permitted before stays "
	    "permitted; taken away:"),
	ROW(LESS_SHARED, "less_shared",
	    "another process shares the root and current directory: only what was permitted before stays "
	    "permitted; taken away:"),
	ROW(LESS_IDS, "less_ids",
	    "for the same reason the effective user and group become the real ones; the user:"),
	ROW(AMBIENT_BY_CAPS, "ambient_by_caps",
	    "the file has capabilities, even if empty: the ambient set is emptied of:"),
	ROW(AMBIENT_BY_IDS, "ambient_by_ids", "the user or group changes: the ambient set is emptied of:"),
	ROW(AMBIENT_STAYS, "ambient_stays", "the ambient set stays, and is permitted:"),
	ROW(EFFECTIVE_PERMITTED, "effective_permitted", "effective is all that is permitted:"),
	ROW(EFFECTIVE_AMBIENT, "effective_ambient", "effective is only what is ambient:"),
	ROW(INHERITABLE_STAYS, "inheritable_stays", "the inheritable set stays:"),
	ROW(BOUNDING_STAYS, "bounding_stays", "the bounding set stays:"),
	ROW(KEEP_CAPS_CLEARED, "keep_caps_cleared", "the securebit keep_caps is cleared, as by every exec"),
	ROW(SECURE, "secure",
	    "AT_SECURE is set: the C library ignores LD_PRELOAD, LD_LIBRARY_PATH and their like"),
};
_Static_assert(sizeof(rules) / sizeof(rules[0]) == TRANSITION_RULES, "a row for each rule");

const char *transition_rule_name(enum transition_rule rule)
{
	return rules[rule].name;
}

const char *transition_rule_words(enum transition_rule rule)
{
	return rules[rule].words;
}

bool transition_rule_has_id(enum transition_rule rule)
{
	return rule == IDS_SETUID || rule == IDS_SETGID || rule == FILE_FOREIGN || rule == LESS_IDS;
}

/* Everything that the rules look at and change; the new credentials are ret->to. */
struct work {
	const struct credentials *old;
	const struct surroundings *around;
	const struct image *image;
	const struct kernel_rules *kernel;
	struct transition *ret;
	bool effective; /* the effective bit: of the file, or as root */
	bool file_caps; /* the file has some that count, even if empty */
	bool ids_change;
};

static void step(struct work *w, enum transition_rule rule, uint64_t set)
{
	w->ret->steps[w->ret->step_count++] = (struct transition_step){ .rule = rule, .set = set };
}

static void step_id(struct work *w, enum transition_rule rule, uint32_t id)
{
	w->ret->steps[w->ret->step_count++] = (struct transition_step){ .rule = rule, .id = id };
}

/* A step only where it is about something. */
static void step_some(struct work *w, enum transition_rule rule, uint64_t set)
{
	if (set)
		step(w, rule, set);
}

static void apply_setid(struct work *w)
{
	const struct image *image = w->image;

	if (!image->setuid && !image->setgid) {
		step(w, IDS_STAY, 0);
	} else if (image->nosuid) {
		step(w, IDS_NOSUID, 0);
	} else if (w->old->no_new_privs) {
		step(w, IDS_NO_NEW_PRIVS, 0);
	} else if (image->unmapped) {
		step(w, IDS_UNMAPPED, 0);
	} else {
		if (image->setuid)
			step_id(w, IDS_SETUID, w->ret->to.euid = image->owner);
		if (image->setgid)
			step_id(w, IDS_SETGID, w->ret->to.egid = image->group);
	}
}

/* P' = (F(permitted) & bounding) | (F(inheritable) & P(inheritable)); false: execve fails. */
static bool apply_caps(struct work *w)
{
	const struct filecaps *file = &w->image->caps;
	uint64_t known = w->kernel->known, bounding = w->old->bounding, inheritable = w->old->inheritable;
	uint64_t permitted = file->permitted & known, inherits = file->inheritable & known;

	w->file_caps = true;
	w->effective = file->effective;
	w->ret->to.permitted = (permitted & bounding) | (inherits & inheritable);
	step_some(w, FILE_UNKNOWN, (file->permitted | file->inheritable) & ~known);
	step_some(w, FILE_PERMITTED, permitted & bounding);
	step_some(w, FILE_INHERITED, inherits & inheritable);
	step_some(w, FILE_CUT, permitted & ~bounding & ~(inherits & inheritable));
	step_some(w, FILE_NOT_INHERITED, inherits & ~inheritable);
	if (file->effective && permitted & ~w->ret->to.permitted) {
		step(w, FILE_REFUSED, permitted & ~w->ret->to.permitted);
		return false;
	}
	step(w, file->effective ? FILE_EFFECTIVE : FILE_NOT_EFFECTIVE, 0);
	return true;
}

static bool apply_file(struct work *w)
{
	w->ret->to.permitted = 0;
	if (!w->image->has_caps) {
		step(w, FILE_NONE, 0);
	} else if (w->image->nosuid) {
		step(w, FILE_NOSUID, 0);
	} else if (w->image->foreign) {
		step_id(w, FILE_FOREIGN, w->image->caps.rootid);
	} else {
		return apply_caps(w);
	}
	return true;
}

static void apply_root(struct work *w)
{
	struct credentials *to = &w->ret->to;

	if (to->uid != 0 && to->euid != 0)
		return;
	if (w->old->securebits & SECUREBIT_NOROOT) {
		step(w, ROOT_DISABLED, 0);
		return;
	}
	if (w->file_caps && to->uid != 0) {
		step(w, ROOT_MIXED, 0);
		return;
	}
	to->permitted = w->old->bounding | w->old->inheritable;
	step(w, ROOT_PERMITTED, to->permitted);
	if (to->euid == 0)
		w->effective = true;
	step(w, to->euid == 0 ? ROOT_EFFECTIVE : ROOT_REAL_ONLY, 0);
}

static bool in_group(const struct credentials *c, uint32_t group)
{
	if (c->egid == group)
		return true;
	for (size_t i = 0; i < c->group_count; i++)
		if (c->groups[i] == group)
			return true;
	return false;
}

static bool ids_change(const struct work *w)
{
	const struct credentials *to = &w->ret->to, *old = w->old;

	if (w->kernel->effective_ids)
		return to->euid != old->euid || !in_group(old, to->egid);
	return to->euid != old->uid || to->egid != old->gid;
}

/* Who cannot be trusted with more than the caller had gets no more. */
static void apply_unsafe(struct work *w)
{
	const struct credentials *old = w->old;
	struct credentials *to = &w->ret->to;
	uint64_t gained = to->permitted & ~old->permitted;

	if (!w->ids_change && !gained)
		return;
	if (!old->no_new_privs && !w->around->shares_fs && !w->around->traced)
		return;
	step(w,
	     old->no_new_privs      ? LESS_NO_NEW_PRIVS
	     : w->around->shares_fs ? LESS_SHARED
				    : LESS_TRACED,
	     gained);
	to->permitted &= old->permitted;
	if (old->effective & BIT(CAP_SETUID) && !old->no_new_privs)
		return;
	if (to->euid != to->uid || to->egid != to->gid)
		step_id(w, LESS_IDS, to->uid);
	to->euid = to->uid;
	to->egid = to->gid;
}

static void apply_ambient(struct work *w)
{
	struct credentials *to = &w->ret->to;

	if (w->file_caps || w->ids_change) {
		step_some(w, w->file_caps ? AMBIENT_BY_CAPS : AMBIENT_BY_IDS, to->ambient);
		to->ambient = 0;
	}
	step_some(w, AMBIENT_STAYS, to->ambient);
	to->permitted |= to->ambient;
	to->effective = w->effective ? to->permitted : to->ambient;
	step(w, w->effective ? EFFECTIVE_PERMITTED : EFFECTIVE_AMBIENT, to->effective);
}

static bool is_secure(const struct work *w)
{
	const struct credentials *to = &w->ret->to, *old = w->old;

	if (w->ids_change)
		return true;
	if (w->kernel->effective_ids && (to->euid != old->uid || to->egid != old->gid))
		return true;
	return to->uid != 0 && (w->effective || to->permitted & ~to->ambient);
}

static void finish(struct work *w)
{
	struct credentials *to = &w->ret->to;

	to->suid = to->euid;
	to->sgid = to->egid;
	step(w, INHERITABLE_STAYS, to->inheritable);
	step(w, BOUNDING_STAYS, to->bounding);
	if (to->securebits & SECUREBIT_KEEP_CAPS)
		step(w, KEEP_CAPS_CLEARED, 0);
	to->securebits &= ~(uint32_t)SECUREBIT_KEEP_CAPS;
	w->ret->secure = is_secure(w);
	if (w->ret->secure)
		step(w, SECURE, 0);
}

void transition(const struct credentials *from, const struct surroundings *around, const struct image *image,
		const struct kernel_rules *kernel, struct transition *ret)
{
	struct work w = { .old = from, .around = around, .image = image, .kernel = kernel, .ret = ret };

	*ret = (struct transition){ .to = *from };
	apply_setid(&w);
	if (!apply_file(&w)) {
		ret->error = -EPERM;
		ret->to = *from;
		return;
	}
	apply_root(&w);
	w.ids_change = ids_change(&w);
	apply_unsafe(&w);
	apply_ambient(&w);
	finish(&w);
}
