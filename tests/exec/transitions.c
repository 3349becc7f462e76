/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * transitions PROBE [COUNT [SEED]]: is transition() what this kernel does? Makes COUNT execs of generated
 * combinations (2800), compares everything that came of each, and prints how often each rule applied.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/exec/stage.h"
#include "user/caps/securebits.h"

#define COUNT 2800
#define SEED  7u

enum { USER_A = 1000, USER_B = 2000, GROUP_A = 1000, GROUP_B = 3000, STRANGER = 4711 };

static uint64_t random_state;

/* splitmix64: the same combinations everywhere. */
static uint64_t chance(void)
{
	uint64_t z = random_state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static bool one_in(unsigned n)
{
	return chance() % n == 0;
}

static uint32_t one_of(uint32_t a, uint32_t b, uint32_t c)
{
	uint64_t r = chance() % 3;

	return r == 0 ? a : r == 1 ? b : c;
}

/* Nothing, a few, half, or everything of what is possible. */
static uint64_t some(uint64_t possible)
{
	switch (chance() % 5) {
	case 0:
		return 0;
	case 1:
		return possible;
	case 2:
		return possible & chance();
	default:
		return possible & (1ULL << chance() % 41 | 1ULL << chance() % 41 | 1ULL << chance() % 41);
	}
}

static void any_ids(struct scene *s)
{
	struct credentials *c = &s->creds;

	c->uid = c->euid = c->suid = one_of(0, USER_A, USER_B);
	c->gid = c->egid = c->sgid = one_of(0, GROUP_A, GROUP_B);
	if (one_in(4))
		c->euid = one_of(0, USER_A, USER_B);
	if (one_in(6))
		c->egid = one_of(0, GROUP_A, GROUP_B);
	s->groups[0] = one_of(GROUP_B, STRANGER, 0);
	s->groups[1] = STRANGER + 1;
	c->groups = s->groups;
	c->group_count = chance() % 3;
}

static void any_sets(struct scene *s, uint64_t held)
{
	struct credentials *c = &s->creds;

	c->permitted = some(held);
	c->effective = some(c->permitted);
	c->inheritable = some(held);
	c->bounding = one_in(2) ? held : some(held);
	c->ambient = one_in(2) ? some(c->permitted & c->inheritable) : 0;
	c->securebits = one_in(4) ? (uint32_t)chance() & 0xff : 0;
	c->no_new_privs = one_in(6);
}

/* Now and then also what no kernel knows. */
static uint64_t some_of_file(uint64_t known)
{
	return some(known) | (one_in(8) ? chance() & ~known : 0);
}

static void any_file(struct scene *s, uint64_t known)
{
	s->mode = 0755 | (one_in(3) ? 04000 : 0) | (one_in(6) ? 02000 : 0);
	s->owner = one_of(0, USER_A, STAGE_NS_FIRST + (one_in(2) ? 0 : USER_A));
	s->group = one_of(0, GROUP_B, STAGE_NS_FIRST + GROUP_B);
	s->nosuid = one_in(12);
	s->has_caps = one_in(2);
	s->caps = (struct filecaps){
		.version = one_in(4) ? 3 : 2,
		.effective = one_in(2),
		.permitted = some_of_file(known),
		.inheritable = some_of_file(known),
	};
	if (s->caps.version == 3)
		s->caps.rootid = one_of(0, STAGE_NS_FIRST, STRANGER);
}

static void any(struct scene *s, const struct stage *stage)
{
	*s = (struct scene){ .inner = stage->userns >= 0 && one_in(4) };
	any_ids(s);
	any_sets(s, s->inner ? stage->known : stage->held);
	any_file(s, stage->known);
	if (!s->inner) {
		s->around.traced = one_in(12);
		s->around.shares_fs = one_in(12);
	}
}

/* Each makes what it is about likely; the rest stays as it fell. */
static void want_setuid_root(struct scene *s)
{
	s->mode |= 04000;
	s->owner = s->inner ? STAGE_NS_FIRST : 0;
	s->nosuid = false;
	s->creds.no_new_privs = false;
	s->creds.uid = s->creds.euid = s->creds.suid = USER_A;
}

static void want_caps(struct scene *s)
{
	s->nosuid = false;
	s->has_caps = true;
	s->caps.version = 2;
	s->caps.rootid = 0;
}

static void want_refused(struct scene *s)
{
	want_caps(s);
	s->caps.effective = true;
	s->creds.bounding &= ~s->caps.permitted;
	s->caps.permitted |= 1ULL << chance() % 41;
}

static void want_ambient_cancelled(struct scene *s)
{
	want_caps(s);
	s->creds.permitted |= s->creds.inheritable;
	s->creds.ambient = s->creds.inheritable;
	s->caps.effective = false;
}

static void want_noroot(struct scene *s)
{
	s->creds.securebits |= SECUREBIT_NOROOT;
	s->creds.euid = 0;
	s->mode &= ~04000u;
	s->caps.effective = false;
}

static void want_no_new_privs(struct scene *s)
{
	s->creds.no_new_privs = true;
}

static void want_namespace_root(struct scene *s)
{
	want_caps(s);
	s->caps.version = 3;
	s->caps.rootid = one_of(0, STAGE_NS_FIRST, STRANGER);
	s->caps.effective = false;
}

static void want_cut(struct scene *s)
{
	want_caps(s);
	s->creds.bounding &= chance();
	s->caps.effective = false;
}

static void want_not_inherited(struct scene *s)
{
	want_caps(s);
	s->creds.inheritable &= ~s->caps.inheritable;
	s->creds.ambient = 0;
	s->caps.effective = one_in(2);
	s->caps.permitted = one_in(2) ? 0 : s->caps.permitted & s->creds.bounding;
}

static void want_root(struct scene *s)
{
	s->creds.uid = s->creds.euid = s->creds.suid = 0;
	s->creds.securebits = 0;
	s->caps.effective = false;
}

static void want_anything(struct scene *s)
{
	(void)s;
}

static void (*const wants[])(struct scene *) = {
	want_setuid_root,    want_refused, want_ambient_cancelled, want_noroot, want_no_new_privs,
	want_namespace_root, want_cut,     want_not_inherited,     want_root,   want_anything,
};

/* An id outside as the process sees it; false where it does not exist there. */
static bool seen_as(const struct scene *s, uint32_t outer, uint32_t *ret)
{
	*ret = s->inner ? outer - STAGE_NS_FIRST : outer;
	return !s->inner || (outer >= STAGE_NS_FIRST && outer < STAGE_NS_FIRST + STAGE_NS_COUNT);
}

static struct image image_of(const struct scene *s)
{
	struct image image = {
		.setuid = s->mode & 04000,
		.setgid = s->mode & 02000,
		.nosuid = s->nosuid,
		.has_caps = s->has_caps,
		.caps = s->caps,
	};
	bool owner = seen_as(s, s->owner, &image.owner), group = seen_as(s, s->group, &image.group);

	image.unmapped = !owner || !group;
	image.foreign = s->caps.rootid != 0 && !(s->inner && s->caps.rootid == STAGE_NS_FIRST);
	return image;
}

/* The kernel's answer in the words of transition(). */
static struct transition heard(const struct scene *s, const struct report *r)
{
	struct transition t = { .error = -r->error, .to = s->creds, .secure = r->secure };
	struct credentials *c = &t.to;

	if (r->error)
		return t;
	c->uid = r->uid, c->euid = r->euid, c->suid = r->suid;
	c->gid = r->gid, c->egid = r->egid, c->sgid = r->sgid;
	c->effective = r->effective, c->permitted = r->permitted, c->inheritable = r->inheritable;
	c->bounding = r->bounding, c->ambient = r->ambient;
	c->securebits = r->securebits, c->no_new_privs = r->no_new_privs;
	return t;
}

static bool same(const struct transition *a, const struct transition *b)
{
	const struct credentials *x = &a->to, *y = &b->to;

	return a->error == b->error && a->secure == b->secure && x->uid == y->uid && x->euid == y->euid &&
	       x->suid == y->suid && x->gid == y->gid && x->egid == y->egid && x->sgid == y->sgid &&
	       x->effective == y->effective && x->permitted == y->permitted &&
	       x->inheritable == y->inheritable && x->bounding == y->bounding && x->ambient == y->ambient &&
	       x->securebits == y->securebits && x->no_new_privs == y->no_new_privs;
}

static void print_side(const char *name, const struct credentials *c, int error, bool secure)
{
	printf("#   %-9s error %d uid %u/%u/%u gid %u/%u/%u e %010" PRIx64 " p %010" PRIx64 " i %010" PRIx64
	       " b %010" PRIx64 " a %010" PRIx64 " securebits 0x%x nnp %d secure %d\n",
	       name, error, c->uid, c->euid, c->suid, c->gid, c->egid, c->sgid, c->effective, c->permitted,
	       c->inheritable, c->bounding, c->ambient, c->securebits, c->no_new_privs, secure);
}

static void print_difference(const struct scene *s, const struct transition *ours,
			     const struct transition *kernels)
{
	printf("# file %04o %u:%u%s caps v%u%s p %010" PRIx64 " i %010" PRIx64 " rootid %u;%s%s%s\n", s->mode,
	       s->owner, s->group, s->nosuid ? " nosuid" : "", s->has_caps ? s->caps.version : 0,
	       s->caps.effective ? " effective" : "", s->caps.permitted, s->caps.inheritable, s->caps.rootid,
	       s->inner ? " inner namespace" : "", s->around.traced ? " traced" : "",
	       s->around.shares_fs ? " shares fs" : "");
	print_side("before", &s->creds, 0, false);
	print_side("ours", &ours->to, ours->error, ours->secure);
	print_side("kernel's", &kernels->to, kernels->error, kernels->secure);
}

/* Which of its two ways to tell whether ids change this kernel has: only one of them empties the ambient set.
 */
static int ask_rules(const struct stage *stage, struct kernel_rules *ret)
{
	struct scene s = { .mode = 0755 };
	struct report r;
	int err;

	s.creds.uid = USER_A;
	s.creds.euid = s.creds.suid = USER_B;
	s.creds.bounding = stage->held;
	s.creds.permitted = s.creds.inheritable = s.creds.ambient = stage->held & 1ULL << CAP_NET_RAW;
	err = stage_play(stage, &s, &r);
	*ret = (struct kernel_rules){ .known = stage->known, .effective_ids = r.ambient != 0 };
	return err;
}

static int run(const struct stage *stage, unsigned count)
{
	unsigned applied[TRANSITION_RULES] = { 0 }, wrong = 0;
	struct kernel_rules kernel;
	int err = ask_rules(stage, &kernel);

	for (unsigned n = 0; n < count && !err; n++) {
		struct transition ours, kernels;
		struct image image;
		struct report r;
		struct scene s;

		any(&s, stage);
		wants[n % (sizeof(wants) / sizeof(wants[0]))](&s);
		image = image_of(&s);
		transition(&s.creds, &s.around, &image, &kernel, &ours);
		err = stage_play(stage, &s, &r);
		if (err)
			break;
		kernels = heard(&s, &r);
		for (size_t i = 0; i < ours.step_count; i++)
			applied[ours.steps[i].rule]++;
		if (!same(&ours, &kernels) && wrong++ < 10)
			print_difference(&s, &ours, &kernels);
	}
	for (unsigned rule = 0; rule < TRANSITION_RULES && !err; rule++)
		printf("%s %u\n", transition_rule_name(rule), applied[rule]);
	if (!err)
		printf("combinations %u\ndifferent %u\n", count, wrong);
	return err || wrong;
}

int main(int argc, char **argv)
{
	struct stage stage;
	int failed;

	if (argc < 2) {
		fprintf(stderr, "usage: transitions PROBE [COUNT [SEED]]\n");
		return 2;
	}
	random_state = argc > 3 ? strtoul(argv[3], NULL, 0) : SEED;
	failed = stage_open(&stage, argv[1]) ||
		 run(&stage, argc > 2 ? (unsigned)strtoul(argv[2], NULL, 0) : COUNT);
	stage_close(&stage);
	return failed;
}
