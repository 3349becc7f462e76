/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/source/trial.h"

#include <linux/capability.h>
#include <linux/securebits.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "user/host/nsfile.h"

enum {
	BURST_WAKERS = 3,
	BURST_EACH = 80,	/* checks of each of them */
	BURST_MOST = 20000,	/* checks of the thread that they interrupt */
	BURST_SLEEP_NS = 20000,
	LEARN_TRIES = 8,	/* while probes of others come and go */
};

/* The check comes first, then EINVAL for the length. */
static void act_plain(void)
{
	syscall(SYS_sethostname, "", -1L);
}

/* A wrong magic number: the check comes first, then EINVAL. */
static void burst_check(void)
{
	syscall(SYS_reboot, 0, 0, 0, NULL);
}

/* Counts down by one when it is done. */
static void *waker(void *running)
{
	const struct timespec nap = { .tv_nsec = BURST_SLEEP_NS };

	for (int i = 0; i < BURST_EACH; i++) {
		clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, NULL);
		burst_check();
	}
	__atomic_fetch_sub((int *)running, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

/* Real-time where we may: then a wake-up interrupts at once also where the kernel is lazy about it. */
static bool start_waker(pthread_t *ret, int *running)
{
	const struct sched_param first = { .sched_priority = 1 };
	pthread_attr_t attr;
	int err;

	if (pthread_attr_init(&attr))
		return false;
	pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(&attr, SCHED_FIFO);
	pthread_attr_setschedparam(&attr, &first);
	err = pthread_create(ret, &attr, waker, running);
	if (err)
		err = pthread_create(ret, NULL, waker, running);
	pthread_attr_destroy(&attr);
	return !err;
}

/*
 * Checks under contention, all on one CPU: three threads wake up every few microseconds, in the middle of whatever a
 * fourth one is doing, which is making checks. Where the kernel can preempt a program, some of theirs are missed.
 */
static unsigned int act_burst(void)
{
	pthread_t thread[BURST_WAKERS];
	cpu_set_t before, one;
	int started = 0, running = BURST_WAKERS;
	unsigned int mine = 0;
	bool pinned = sched_getaffinity(0, sizeof(before), &before) == 0;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	pinned = pinned && sched_setaffinity(0, sizeof(one), &one) == 0;
	while (started < BURST_WAKERS && start_waker(&thread[started], &running))
		started++;
	__atomic_fetch_sub(&running, BURST_WAKERS - started, __ATOMIC_SEQ_CST);
	for (; __atomic_load_n(&running, __ATOMIC_SEQ_CST) > 0 && mine < BURST_MOST; mine++)
		burst_check();
	for (int i = 0; i < started; i++)
		pthread_join(thread[i], NULL);
	if (pinned)
		sched_setaffinity(0, sizeof(before), &before);
	return mine + (unsigned int)started * BURST_EACH;
}

static void act_overcommit(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p != MAP_FAILED)
		munmap(p, 4096);
}

static void act_overcommit_again(void)
{
	unsigned long end = syscall(SYS_brk, 0);

	syscall(SYS_brk, end + (1UL << 16));
	syscall(SYS_brk, end);
}

static void act_capset(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data) == 0)
		syscall(SYS_capset, &head, data);
}

/* Sets what is set already. */
static void act_securebits(void)
{
	int bits = prctl(PR_GET_SECUREBITS);

	if (bits >= 0)
		prctl(PR_SET_SECUREBITS, bits);
}

/* Asks for the page at zero, unreadable, and gives it back at once. */
static void act_mmap_min_addr(void)
{
	void *p = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (p != MAP_FAILED)
		munmap(p, 4096);
}

static const struct {
	const char *words;
	void (*run)(void);
	int cap;
} acts[TRIAL_COUNT] = {
	[TRIAL_PLAIN] = { "a plain check (sethostname)", act_plain, CAP_SYS_ADMIN },
	[TRIAL_BURST] = { "a burst from four threads", NULL, CAP_SYS_BOOT },
	[TRIAL_OVERCOMMIT] = { "memory overcommit (mmap, brk, fork, exec)", act_overcommit, CAP_SYS_ADMIN },
	[TRIAL_OVERCOMMIT_AGAIN] = { NULL, act_overcommit_again, CAP_SYS_ADMIN },
	[TRIAL_CAPSET] = { "capset", act_capset, CAP_SETPCAP },
	[TRIAL_SECUREBITS] = { "prctl(PR_SET_SECUREBITS)", act_securebits, CAP_SETPCAP },
	[TRIAL_MMAP_MIN_ADDR] = { "mmap below vm.mmap_min_addr", act_mmap_min_addr, CAP_SYS_RAWIO },
};

const char *trial_words(enum trial_act act)
{
	return act < TRIAL_COUNT ? acts[act].words : NULL;
}

/* The index of the first frame that differs; -1 where there is none within both stacks. */
static int first_difference(const struct learned *a, const struct learned *b)
{
	for (__u32 i = 0; i < a->frames && i < b->frames && i < LEARN_FRAMES; i++)
		if (a->frame[i] != b->frame[i])
			return i;
	return -1;
}

static bool has_frame(const struct learned *l, __u64 address)
{
	for (__u32 i = 0; i < l->frames && i < LEARN_FRAMES; i++)
		if (l->frame[i] == address)
			return true;
	return false;
}

/*
 * Do the stacks differ in frame i because another site asked? When a probe of somebody else comes or goes between two
 * checks, a frame is added, or replaced by another one with the same caller; what that shows would hide every check.
 */
static bool differ_by_site(const struct learned *a, const struct learned *b, int i)
{
	if (has_frame(a, b->frame[i]) || has_frame(b, a->frame[i]))
		return false;
	return i + 1 >= LEARN_FRAMES || a->frame[i + 1] != b->frame[i + 1];
}

/*
 * The last raw word with this value at which `other` has its own; -1. What is nearer may be left over in the trampoline's
 * frame from an earlier call, and is then not there for others.
 */
static int word_at(const struct learned *l, __u64 value, const struct learned *other, __u64 other_value)
{
	for (int i = LEARN_WORDS - 1; i >= 0; i--)
		if (l->word[i] == value && other->word[i] == other_value)
			return i;
	return -1;
}

/* Have two checks by one caller the same stack up to frame i? One that was not heard says nothing. */
static bool agree(const struct learned *a, const struct learned *b, int i)
{
	return !b->heard || !memcmp(a->frame, b->frame, (i + 1) * sizeof(a->frame[0]));
}

void trial_place(const struct trial_stacks *stacks, struct site_place *ret)
{
	const struct learned *site = &stacks->site, *again = &stacks->site_again, *other = &stacks->other;
	int word, frame = site->heard && other->heard ? first_difference(site, other) : -1;

	memset(ret, 0, sizeof(*ret));
	if (frame < 0 || !site->frame[frame] || !differ_by_site(site, other, frame))
		return;
	if (!agree(site, again, frame) || !agree(other, &stacks->other_again, frame))
		return;
	ret->overcommit = site->frame[frame];
	ret->frame = frame;
	if (frame > 0 && site->frame[frame - 1] == other->frame[frame - 1])
		ret->before = site->frame[frame - 1];
	word = word_at(site, site->frame[frame], other, other->frame[frame]);
	if (word >= 0 && (!again->heard || again->word[word] == site->word[word])) {
		ret->near = 1;
		ret->distance = word * sizeof(__u64);
	}
}

/* Makes one act, and waits for nothing: a check is heard before its call returns. */
static unsigned int make(const struct trial_shared *shared, enum trial_act act)
{
	unsigned int made = 1;

	memset((void *)&shared->learned[act], 0, sizeof(shared->learned[act]));
	*shared->cap = acts[act].cap;
	*shared->act = act;
	if (act == TRIAL_BURST)
		made = act_burst();
	else
		acts[act].run();
	*shared->act = TRIAL_NONE;
	return made;
}

bool trial_hears(const struct trial_shared *shared, enum trial_act act)
{
	make(shared, act);
	return shared->learned[act].heard;
}

static void make_into(const struct trial_shared *shared, enum trial_act act, struct learned *ret)
{
	make(shared, act);
	memcpy(ret, (const void *)&shared->learned[act], sizeof(*ret));
}

/*
 * One right after the other, and the first kind last again: somebody else's probe that comes or goes meanwhile replaces the
 * trampoline, on whose frame that of the caller may follow at once (Linux 7), so that both differ.
 */
void trial_learn(const struct trial_shared *shared, struct site_place *ret)
{
	struct trial_stacks stacks;

	make_into(shared, TRIAL_PLAIN, &stacks.other);
	make_into(shared, TRIAL_OVERCOMMIT, &stacks.site);
	make_into(shared, TRIAL_OVERCOMMIT_AGAIN, &stacks.site_again);
	make_into(shared, TRIAL_PLAIN, &stacks.other_again);
	trial_place(&stacks, ret);
}

static bool shows_another(const struct learned *l)
{
	uint32_t userns;

	return l->heard && (l->misfit || (!nsfile_user_own(&userns) && l->userns != userns));
}

void trial_run(const struct trial_shared *shared, bool burst, struct trial *ret)
{
	memset(ret, 0, sizeof(*ret));
	for (int act = TRIAL_NONE + 1; act < TRIAL_COUNT; act++) {
		unsigned int made;

		if (act == TRIAL_BURST && !burst)
			continue;
		made = make(shared, act);
		ret->heard[act] = shared->learned[act].heard;
		if (act == TRIAL_BURST)
			ret->burst_made = made;
	}
	if (burst)
		ret->burst_heard = shared->learned[TRIAL_BURST].heard;
	else
		ret->heard[TRIAL_BURST] = ret->heard[TRIAL_PLAIN];
	ret->misfit = shows_another((const struct learned *)&shared->learned[TRIAL_PLAIN]);
	for (int i = 0; i < LEARN_TRIES && ret->heard[TRIAL_OVERCOMMIT] && !ret->place.overcommit; i++)
		trial_learn(shared, &ret->place);
}
