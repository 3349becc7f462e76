// SPDX-License-Identifier: BSD-2-Clause
/*
 * Makes a known number of capability checks as fast as it can. Each call in the loop makes exactly one check
 * and fails after it; nothing else is asked in the loop. A task in the loop is named "load"; before that
 * "load-prep", and "load-idle" when all is ready and afterwards, so that what else is asked (memory
 * overcommit, for threads) has another name. Only the exec itself, and what the dynamic linker would do, is
 * heard from "load" too.
 */
#include <errno.h>
#include <fcntl.h>
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

static const char usage[] =
	"usage: load [-n CALLS] [-j THREADS] [-P PROCESSES] [-s SEQUENCE] [-u UID] [-c CPU] [-r RATE] [-w]\n"
	"  CALLS of each thread (1000000); SEQUENCE: sethostname, setgroups, reboot, capbset or mix;\n"
	"  RATE: calls of each thread in a second, in bursts of a millisecond; else as fast as it can\n"
	"  -w: start when SIGUSR1 arrives; the task is named load-idle when it waits\n";

enum { MAX_THREADS = 256, MAX_PROCESSES = 256 };

struct options {
	uint64_t calls, rate;
	unsigned int threads, processes;
	const struct sequence *sequence;
	long uid, cpu;
	bool wait;
};

/* Shared by all processes. */
struct totals {
	atomic_bool go; /* else the gate opened because the first process died */
	atomic_uint_fast64_t calls, busy_ns;
};

/* Threads read from the gate: closing its other end lets all go at once. Processes report when they are
 * ready. */
static int gate[2], ready[2];
static struct totals *totals;
static pthread_t threads[MAX_THREADS];
static struct options options = {.calls = 1000000, .threads = 1, .processes = 1, .uid = -1, .cpu = -1};

static long call_sethostname(void)
{
	return syscall(SYS_sethostname, NULL, -1);
}

static long call_setgroups(void)
{
	return syscall(SYS_setgroups, 1 << 20, NULL);
}

static long call_reboot(void)
{
	return syscall(SYS_reboot, 0, 0, 0, NULL);
}

static long call_capbset(void)
{
	return syscall(SYS_prctl, PR_CAPBSET_DROP, 200, 0, 0, 0);
}

/* A sequence takes its calls in turn; a NULL ends it. */
static const struct sequence {
	const char *name;
	long (*calls[4])(void);
	const char *caps[4];
} sequences[] = {
	{"sethostname", {call_sethostname}, {"sys_admin"}},
	{"setgroups", {call_setgroups}, {"setgid"}},
	{"reboot", {call_reboot}, {"sys_boot"}},
	{"capbset", {call_capbset}, {"setpcap"}},
	{"mix",
	 {call_sethostname, call_setgroups, call_reboot, call_capbset},
	 {"sys_admin", "setgid", "sys_boot", "setpcap"}},
};

static unsigned int sequence_length(const struct sequence *s)
{
	unsigned int length = 0;

	while (length < ARRAY_SIZE(s->calls) && s->calls[length])
		length++;
	return length;
}

/* How many of `calls` calls are the sequence's call number `turn`. */
static uint64_t sequence_share(const struct sequence *s, unsigned int turn, uint64_t calls)
{
	unsigned int length = sequence_length(s);
	return calls / length + (turn < calls % length);
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void repeat(long (*call)(void), uint64_t calls)
{
	for (uint64_t i = 0; i < calls; i++)
		call();
}

static void take_turns(const struct sequence *s, uint64_t calls)
{
	unsigned int length = sequence_length(s);

	for (uint64_t i = 0; i < calls; i++)
		s->calls[i % length]();
}

static void do_calls(const struct sequence *s, uint64_t calls)
{
	if (sequence_length(s) == 1)
		repeat(s->calls[0], calls);
	else
		take_turns(s, calls);
}

/* As many as are due at each millisecond; what was missed is made up for. */
static void keep_rate(const struct sequence *s, uint64_t begin)
{
	for (uint64_t done = 0, due; done < options.calls; done += due) {
		const struct timespec pause = {.tv_nsec = 1000000};
		uint64_t passed = now_ns() - begin;

		due = passed / 1000 * options.rate / 1000000;
		due = (due < options.calls ? due : options.calls) - done;
		do_calls(s, due);
		nanosleep(&pause, NULL);
	}
}

static void *worker(void *unused)
{
	const struct sequence *s = options.sequence;
	char byte;

	while (read(gate[0], &byte, 1) < 0 && errno == EINTR)
		;
	if (!atomic_load(&totals->go))
		return unused;
	prctl(PR_SET_NAME, "load");
	uint64_t begin = now_ns();
	if (options.rate)
		keep_rate(s, begin);
	else
		do_calls(s, options.calls);
	uint64_t end = now_ns();
	prctl(PR_SET_NAME, "load-idle");
	atomic_fetch_add(&totals->busy_ns, end - begin);
	atomic_fetch_add(&totals->calls, options.calls);
	return unused;
}

static _Noreturn void fail(const char *what, int err)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(err));
	exit(1);
}

/* A process's first thread is its own. */
static void start_threads(void)
{
	for (unsigned int i = 1; i < options.threads; i++) {
		int err = pthread_create(&threads[i], NULL, worker, NULL);
		if (err)
			fail("pthread_create", err);
	}
	if (write(ready[1], "", 1) != 1)
		fail("ready", errno);
}

static void run_threads(void)
{
	worker(NULL);
	for (unsigned int i = 1; i < options.threads; i++)
		pthread_join(threads[i], NULL);
}

static void start_processes(void)
{
	for (unsigned int i = 1; i < options.processes; i++) {
		pid_t pid = fork();
		if (pid < 0)
			fail("fork", errno);
		if (!pid) {
			close(gate[1]);
			start_threads();
			run_threads();
			exit(0);
		}
	}
}

/* The processes report one by one; the pipe ends early when one of them died. */
static void await_processes(void)
{
	char byte;

	close(ready[1]);
	for (unsigned int i = 0; i < options.processes; i++)
		if (read(ready[0], &byte, 1) != 1)
			fail("a process", ECHILD);
}

static void await_signal(void)
{
	sigset_t usr1;
	int signo;

	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigwait(&usr1, &signo);
}

static void block_signal(void)
{
	sigset_t usr1;

	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, NULL);
}

static void become_user(long uid)
{
	uid_t id = (uid_t)uid;

	if (uid < 0)
		return;
	if (syscall(SYS_setgroups, 0, NULL) || syscall(SYS_setresgid, id, id, id) ||
	    syscall(SYS_setresuid, id, id, id))
		fail("cannot become the user", errno);
}

static void stay_on_cpu(long cpu)
{
	cpu_set_t set;

	if (cpu < 0)
		return;
	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		fail("cannot stay on the CPU", errno);
}

static void set_up(void)
{
	become_user(options.uid);
	stay_on_cpu(options.cpu);
	totals = mmap(NULL, sizeof(*totals), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (totals == MAP_FAILED || pipe2(gate, O_CLOEXEC) || pipe2(ready, O_CLOEXEC))
		fail("set-up", errno);
	start_processes();
	start_threads();
	await_processes();
	prctl(PR_SET_NAME, "load-idle");
}

static int wait_for_processes(void)
{
	int status, failed = 0;

	while (wait(&status) > 0)
		failed += status != 0;
	return failed;
}

static void print_totals(double seconds)
{
	const struct sequence *s = options.sequence;
	uint64_t workers = (uint64_t)options.threads * options.processes;
	uint64_t calls = atomic_load(&totals->calls);

	printf("load pid=%d sequence=%s processes=%u threads=%u checks=%llu", getpid(), s->name,
	       options.processes, options.threads, (unsigned long long)calls);
	for (unsigned int i = 0; i < sequence_length(s); i++)
		printf(" %s=%llu", s->caps[i],
		       (unsigned long long)(workers * sequence_share(s, i, options.calls)));
	printf(" ns_per_call=%.1f seconds=%.3f\n",
	       calls ? (double)atomic_load(&totals->busy_ns) / (double)calls : 0.0, seconds);
}

static int bad_usage(const char *what, const char *word)
{
	fprintf(stderr, "load: %s: %s\n%s", what, word, usage);
	return -EINVAL;
}

static int parse_number(const char *word, unsigned long long max, unsigned long long *ret_number)
{
	char *end;

	errno = 0;
	unsigned long long number = strtoull(word, &end, 10);
	if (end == word || *end || errno || *word == '-' || number > max)
		return bad_usage("not a number, or too large", word);
	*ret_number = number;
	return 0;
}

static int parse_sequence(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(sequences); i++)
		if (!strcmp(sequences[i].name, word)) {
			options.sequence = &sequences[i];
			return 0;
		}
	return bad_usage("no such sequence", word);
}

static int parse_option(int c)
{
	static const unsigned long long largest[128] = {
		['n'] = UINT64_MAX / MAX_THREADS / MAX_PROCESSES,
		['j'] = MAX_THREADS,
		['P'] = MAX_PROCESSES,
		['u'] = UINT32_MAX - 1,
		['c'] = CPU_SETSIZE - 1,
		['r'] = 1000000000,
	};
	unsigned long long number;

	if (c == 's')
		return parse_sequence(optarg);
	if (c == 'w') {
		options.wait = true;
		return 0;
	}
	if (c == '?' || parse_number(optarg, largest[c], &number))
		return -EINVAL;
	switch (c) {
	case 'n':
		options.calls = number;
		break;
	case 'j':
		options.threads = number ? (unsigned int)number : 1;
		break;
	case 'P':
		options.processes = number ? (unsigned int)number : 1;
		break;
	case 'u':
		options.uid = (long)number;
		break;
	case 'c':
		options.cpu = (long)number;
		break;
	case 'r':
		options.rate = number;
		break;
	}
	return 0;
}

static int parse(int argc, char **argv)
{
	int c, err = 0;

	options.sequence = &sequences[0];
	while (!err && (c = getopt(argc, argv, "n:j:P:s:u:c:r:w")) != -1)
		err = parse_option(c);
	if (!err && optind < argc)
		return bad_usage("unexpected", argv[optind]);
	return err;
}

int main(int argc, char **argv)
{
	block_signal();
	prctl(PR_SET_NAME, "load-prep");
	if (parse(argc, argv))
		return 2;
	set_up();
	if (options.wait)
		await_signal();
	uint64_t begin = now_ns();
	atomic_store(&totals->go, true);
	close(gate[1]);
	run_threads();
	int failed = wait_for_processes();
	print_totals((double)(now_ns() - begin) / 1e9);
	return failed ? 1 : 0;
}
