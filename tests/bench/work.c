// SPDX-License-Identifier: BSD-2-Clause
/*
 * The workload that is measured: calls that make exactly one capability check each, or none. It obeys commands, so
 * that one process serves many rounds and only what is measured happens between two of them:
 *
 *   chunks ACT CALLS CHUNKS PAUSE  CPU time of each chunk of so many calls, in ns; PAUSE microseconds before each, in
 *                                  which who listens can keep up
 *   crowd ACT CALLS THREADS        CPU time of all threads together, CALLS each, and the time on the wall, in ns
 *   tasks KIND COUNT CHECKS        makes COUNT tasks, KIND being process or thread, that stay. First each makes one
 *                                  check, then each makes CHECKS: the median time of a first check, and of a later
 *                                  one, in ns; and how many tasks there came to be
 *   tick ACT MICROSECONDS          a call every so often, until the next command comes; how many
 *   name NAME                      the name of the thread
 *
 * A command is a line on standard input, and its answer one on standard output: "ok" and numbers, or "error" and
 * words. `work -c CPU` stays on that CPU.
 */
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

enum { LINE = 128, MAX_CHUNKS = 1000, MAX_THREADS = 256, MAX_TASKS = 1 << 17, STACK = 8192 };

static void call_sethostname(void)
{
	syscall(SYS_sethostname, NULL, -1);
}

static void call_reboot(void)
{
	syscall(SYS_reboot, 0, 0, 0, NULL);
}

static void call_mmap(void)
{
	long page = syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	syscall(SYS_munmap, page, 4096);
}

/* More than there is: it fails right behind the check, and nothing is made or taken that might cost now more, now less. */
static void call_reserve(void)
{
	long start = syscall(SYS_mmap, NULL, 1L << 46, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (start != -1)
		syscall(SYS_munmap, start, 1L << 46);
}

static void call_getppid(void)
{
	syscall(SYS_getppid);
}

/* The first two, and reserve, fail behind the check, for their arguments are wrong. */
static const struct act {
	const char *name;
	void (*call)(void);
} acts[] = {
	{ "sethostname", call_sethostname }, /* CAP_SYS_ADMIN */
	{ "reboot", call_reboot },	     /* CAP_SYS_BOOT */
	{ "mmap", call_mmap },		     /* CAP_SYS_ADMIN, for memory overcommit */
	{ "reserve", call_reserve },	     /* the same */
	{ "getppid", call_getppid },	     /* none */
};

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static int refuse(const char *what, const char *word)
{
	printf("error %s: %s\n", what, word ? word : "nothing");
	return -EINVAL;
}

static int parse_act(const char *word, const struct act **ret_act)
{
	for (size_t i = 0; word && i < ARRAY_SIZE(acts); i++)
		if (!strcmp(acts[i].name, word)) {
			*ret_act = &acts[i];
			return 0;
		}
	return refuse("no such act", word);
}

static int parse_number(const char *word, unsigned long max, unsigned long *ret_number)
{
	char *end;

	errno = 0;
	unsigned long number = word ? strtoul(word, &end, 10) : 0;
	if (!word || end == word || *end || errno || *word == '-' || !number || number > max)
		return refuse("not a number, or out of range", word);
	*ret_number = number;
	return 0;
}

static void repeat(const struct act *act, unsigned long calls)
{
	for (unsigned long i = 0; i < calls; i++)
		act->call();
}

static int do_chunks(char **words)
{
	static uint64_t took[MAX_CHUNKS];
	const struct act *act;
	unsigned long calls, chunks, pause;

	if (parse_act(words[0], &act) || parse_number(words[1], ULONG_MAX, &calls) ||
	    parse_number(words[2], MAX_CHUNKS, &chunks) || parse_number(words[3], 1000000, &pause))
		return -EINVAL;
	for (unsigned long i = 0; i < chunks; i++) {
		usleep((useconds_t)pause);
		act->call(); /* into the caches, and wakes who sleeps */
		uint64_t begin = clock_ns(CLOCK_THREAD_CPUTIME_ID);
		repeat(act, calls);
		took[i] = clock_ns(CLOCK_THREAD_CPUTIME_ID) - begin;
	}
	printf("ok");
	for (unsigned long i = 0; i < chunks; i++)
		printf(" %llu", (unsigned long long)took[i]);
	puts("");
	return 0;
}

/* What the threads of a crowd share. */
struct crowd {
	pthread_barrier_t start;
	const struct act *act;
	unsigned long calls;
	atomic_uint_fast64_t cpu_ns;
};

static void *member(void *arg)
{
	struct crowd *crowd = arg;

	pthread_barrier_wait(&crowd->start);
	uint64_t begin = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	repeat(crowd->act, crowd->calls);
	atomic_fetch_add(&crowd->cpu_ns, clock_ns(CLOCK_THREAD_CPUTIME_ID) - begin);
	return NULL;
}

static int do_crowd(char **words)
{
	struct crowd crowd = { 0 };
	pthread_t members[MAX_THREADS];
	unsigned long count;

	if (parse_act(words[0], &crowd.act) || parse_number(words[1], ULONG_MAX, &crowd.calls) ||
	    parse_number(words[2], MAX_THREADS, &count))
		return -EINVAL;
	pthread_barrier_init(&crowd.start, NULL, (unsigned int)count + 1);
	for (unsigned long i = 0; i < count; i++)
		if (pthread_create(&members[i], NULL, member, &crowd)) {
			fprintf(stderr, "work: cannot make %lu threads\n", count);
			exit(1);
		}
	uint64_t begin = clock_ns(CLOCK_MONOTONIC);
	pthread_barrier_wait(&crowd.start);
	for (unsigned long i = 0; i < count; i++)
		pthread_join(members[i], NULL);
	printf("ok %llu %llu\n", (unsigned long long)atomic_load(&crowd.cpu_ns),
	       (unsigned long long)(clock_ns(CLOCK_MONOTONIC) - begin));
	pthread_barrier_destroy(&crowd.start);
	return 0;
}

/*
 * Tasks take turns: one runs, all others sleep. They share this process's memory, processes too, for else some ten
 * thousand of them would not fit; each has a stack of a page or two, and uses nothing of libc that needs more.
 */
struct task {
	_Atomic uint32_t turn; /* how many checks to make: a futex */
	uint64_t took;
};

static struct task *tasks;
static unsigned long task_count;
static _Atomic uint32_t over; /* the one whose turn it was has made its checks: a futex */

static void sleep_while(_Atomic uint32_t *word, uint32_t value)
{
	while (atomic_load(word) == value)
		syscall(SYS_futex, word, FUTEX_WAIT, value, NULL, NULL, 0);
}

static void set_and_wake(_Atomic uint32_t *word, uint32_t value)
{
	atomic_store(word, value);
	syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static int live(void *arg)
{
	struct task *task = arg;

	syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		sleep_while(&task->turn, 0);
		uint32_t checks = atomic_load(&task->turn);
		uint64_t begin = clock_ns(CLOCK_MONOTONIC);
		repeat(&acts[0], checks);
		task->took = clock_ns(CLOCK_MONOTONIC) - begin;
		atomic_store(&task->turn, 0);
		set_and_wake(&over, 1);
	}
	return 0;
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

/* Each makes so many checks, one task after the other: the median of what a task took, in ns. */
static uint64_t take_turns(uint32_t checks)
{
	uint64_t *took = calloc(task_count, sizeof(*took));

	if (!took)
		exit(1);
	for (unsigned long i = 0; i < task_count; i++) {
		atomic_store(&over, 0);
		set_and_wake(&tasks[i].turn, checks);
		sleep_while(&over, 0);
		took[i] = tasks[i].took;
	}
	qsort(took, task_count, sizeof(*took), by_size);
	uint64_t median = took[task_count / 2];
	free(took);
	return median;
}

static void make_tasks(int flags, unsigned long count)
{
	char *stacks = mmap(NULL, count * STACK, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);

	tasks = calloc(count, sizeof(*tasks));
	if (!tasks || stacks == MAP_FAILED)
		exit(1);
	madvise(stacks, count * STACK, MADV_NOHUGEPAGE);
	for (task_count = 0; task_count < count; task_count++)
		if (clone(live, stacks + (task_count + 1) * STACK, flags, &tasks[task_count]) < 0)
			break;
}

static int do_tasks(char **words)
{
	static const struct {
		const char *name;
		int flags;
	} kinds[] = {
		{ "process", CLONE_VM | CLONE_FS | CLONE_FILES },
		{ "thread", CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD },
	};
	unsigned long count, checks;
	size_t k = 0;

	while (k < ARRAY_SIZE(kinds) && words[0] && strcmp(kinds[k].name, words[0]))
		k++;
	if (task_count || !words[0] || k == ARRAY_SIZE(kinds))
		return refuse(task_count ? "there are tasks" : "no such kind of task", words[0]);
	if (parse_number(words[1], MAX_TASKS, &count) || parse_number(words[2], 1000000, &checks))
		return -EINVAL;
	make_tasks(kinds[k].flags, count);
	if (!task_count)
		return refuse("cannot make a task", strerror(errno));
	uint64_t first = take_turns(1), next = take_turns((uint32_t)checks);
	printf("ok %llu %.1f %lu\n", (unsigned long long)first, (double)next / (double)checks, task_count);
	return 0;
}

static int do_tick(char **words)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	const struct act *act;
	unsigned long us, made = 0;

	if (parse_act(words[0], &act) || parse_number(words[1], 1000000, &us))
		return -EINVAL;
	while (!poll(&input, 1, 0)) {
		act->call();
		made++;
		usleep((useconds_t)us);
	}
	printf("ok %lu\n", made);
	return 0;
}

static int do_name(char **words)
{
	if (!words[0])
		return refuse("name", NULL);
	prctl(PR_SET_NAME, words[0]);
	puts("ok");
	return 0;
}

static const struct command {
	const char *name;
	int (*run)(char **words);
} commands[] = {
	{ "chunks", do_chunks }, { "crowd", do_crowd }, { "tasks", do_tasks },
	{ "tick", do_tick },	 { "name", do_name },
};

static void obey(char *line)
{
	char *words[6] = { NULL }, *save = NULL;

	for (size_t i = 0; i + 1 < ARRAY_SIZE(words); i++)
		words[i] = strtok_r(i ? NULL : line, " \n", &save);
	for (size_t i = 0; words[0] && i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].name, words[0])) {
			commands[i].run(words + 1);
			return;
		}
	refuse("no such command", words[0]);
}

/* A line by single reads: poll() must see what has not been obeyed yet. */
static bool read_line(char *line)
{
	size_t length = 0;

	while (length + 1 < LINE && read(STDIN_FILENO, line + length, 1) == 1)
		if (line[length++] == '\n') {
			line[length] = '\0';
			return true;
		}
	return false;
}

static bool stay_on(const char *word)
{
	unsigned long cpu = strtoul(word, NULL, 10);
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return !sched_setaffinity(0, sizeof(set), &set);
}

/* Waits for each, since process 1 may take its time: the next one who makes as many finds room for them. */
static void end_tasks(void)
{
	signal(SIGTERM, SIG_IGN);
	kill(0, SIGTERM);
	while (waitpid(-1, NULL, __WALL) > 0)
		;
}

int main(int argc, char **argv)
{
	char line[LINE];

	if (argc != 1 && (argc != 3 || strcmp(argv[1], "-c") || !stay_on(argv[2]))) {
		fputs("usage: work [-c CPU], and commands on standard input\n", stderr);
		return 2;
	}
	setpgid(0, 0);
	while (read_line(line)) {
		obey(line);
		fflush(stdout);
	}
	end_tasks();
	return 0;
}
