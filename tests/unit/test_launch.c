/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/inherited.h"
#include "user/caps/capability.h"
#include "user/host/launch.h"
#include "user/host/self.h"

#define BIT(cap)    (1ULL << (cap))
#define ARGV(...)   ((char *const[]){ __VA_ARGS__, NULL })
#define STATUS	    ARGV("cat", "/proc/self/status")
#define SH(script)  ARGV("sh", "-c", script)

static char dir[64];	/* of this run, world-searchable, gone at its end */

static bool may(uint64_t caps)
{
	return !self_missing(caps) && getuid() == 0;
}

#define NEED_ROOT(caps)                                         \
	do {                                                    \
		if (!may(caps)) {                               \
			print_message("needs to be root\n");    \
			skip();                                 \
		}                                               \
	} while (0)

/* A file of the run's directory; the path is good until the next call. */
static char *make_file(const char *name, const char *text, mode_t mode)
{
	static char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
	return path;
}

/* launch_hold with standard output going into a file, which is returned. */
static int hold_to(FILE *to, char *const argv[], const struct launch_as *as, struct launch **ret,
		   struct buf *why)
{
	int was = dup(STDOUT_FILENO), r;

	fcntl(was, F_SETFD, FD_CLOEXEC);
	fflush(stdout);
	dup2(fileno(to), STDOUT_FILENO);
	r = launch_hold(argv, as, ret, why);
	dup2(was, STDOUT_FILENO);
	close(was);
	return r;
}

static FILE *open_output(void)
{
	FILE *f = tmpfile();

	assert_non_null(f);
	fcntl(fileno(f), F_SETFD, FD_CLOEXEC);
	return f;
}

static char *read_output(FILE *f)
{
	static char text[65536];
	size_t n;

	rewind(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	return text;
}

/* Runs a command to its end; returns the status and, where wanted, what it wrote. */
static int run_as(char *const argv[], const struct launch_as *as, char **ret_output)
{
	struct buf why = BUF_INIT;
	struct launch *l = NULL;
	FILE *out = open_output();
	int status, r = hold_to(out, argv, as, &l, &why);

	if (r)
		fail_msg("%s: %s", argv[0], buf_str(&why));
	assert_int_equal(launch_release(l), 0);
	assert_int_equal(launch_release(l), 0);
	assert_int_equal(launch_reap(l, true, &status), 1);
	assert_int_equal(launch_error(l, &why), 0);
	launch_free(l);
	buf_done(&why);
	if (ret_output)
		*ret_output = read_output(out);
	else
		fclose(out);
	return status;
}

static int run(char *const argv[], char **ret_output)
{
	return run_as(argv, NULL, ret_output);
}

/* A launch that must fail before it is held, with this error and these words in its sentence. */
static void refuses(char *const argv[], const struct launch_as *as, int error, const char *words)
{
	struct buf why = BUF_INIT;
	struct launch *l = (void *)-1;

	assert_int_equal(launch_hold(argv, as, &l, &why), error);
	assert_ptr_equal(l, (void *)-1);
	if (!strstr(buf_str(&why), words))
		fail_msg("'%s' is not in '%s'", words, buf_str(&why));
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	buf_done(&why);
}

/* The value of a line of /proc/PID/status. */
static uint64_t mask_of(const char *status, const char *name)
{
	const char *line = strstr(status, name);

	if (!line)
		fail_msg("no %s in '%s'", name, status);
	return strtoull(line + strlen(name), NULL, 16);
}

static void assert_sets(const char *status, uint64_t mask)
{
	assert_int_equal(mask_of(status, "CapInh:"), mask);
	assert_int_equal(mask_of(status, "CapPrm:"), mask);
	assert_int_equal(mask_of(status, "CapEff:"), mask);
	assert_int_equal(mask_of(status, "CapAmb:"), mask);
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' is not in '%s'", part, text);
}

static void runs_and_passes_words_and_status(void **state)
{
	char *out;

	(void)state;
	assert_int_equal(run(ARGV("printf", "%s|", "a b", "", "*"), &out), 0);
	assert_string_equal(out, "a b||*|");
	assert_int_equal(launch_exit_code(run(SH("exit 7"), NULL)), 7);
	assert_int_equal(launch_exit_code(run(SH("exit 255"), NULL)), 255);
	assert_int_equal(launch_exit_code(run(SH("kill -9 $$"), NULL)), 137);
	assert_int_equal(launch_exit_code(run(SH("kill -TERM $$"), NULL)), 143);
}

static void is_held_under_its_own_name(void **state)
{
	struct buf why = BUF_INIT;
	struct launch *l;
	FILE *out = open_output();
	char path[64], comm[32] = "";
	int status = 99, fd;

	(void)state;
	assert_int_equal(hold_to(out, ARGV("echo", "late"), NULL, &l, &why), 0);
	usleep(50000);
	assert_int_equal(launch_reap(l, false, &status), 0);
	assert_int_equal(status, 99);
	assert_int_equal(lseek(fileno(out), 0, SEEK_END), 0);
	assert_true(launch_pid(l) > 1);
	assert_true(launch_pidfd(l) > 2);
	snprintf(path, sizeof(path), "/proc/%d/comm", (int)launch_pid(l));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(read(fd, comm, sizeof(comm) - 1) > 0);
	close(fd);
	assert_string_equal(comm, "echo\n");
	assert_int_equal(launch_release(l), 0);
	assert_int_equal(poll(&(struct pollfd){ launch_pidfd(l), POLLIN, 0 }, 1, 10000), 1);
	assert_int_equal(launch_reap(l, false, &status), 1);
	assert_int_equal(launch_reap(l, true, &status), 1);
	assert_int_equal(status, 0);
	assert_int_equal(launch_signal(l, SIGTERM, SI_USER), -ESRCH);
	launch_free(l);
	assert_string_equal(read_output(out), "late\n");
	buf_done(&why);
}

static void finds_as_a_shell_does(void **state)
{
	char path[256], *was = strdup(getenv("PATH"));
	char *out;

	(void)state;
	make_file("plain", "no program", 0644);
	refuses(ARGV("no-such-command"), NULL, -ENOENT, "no command 'no-such-command' in PATH");
	refuses(ARGV("/no/such/file"), NULL, -ENOENT, "no command '/no/such/file'");
	refuses(ARGV("/etc/passwd/x"), NULL, -ENOENT, "no command");
	refuses(ARGV(""), NULL, -ENOENT, "no command ''");
	refuses(ARGV("/"), NULL, -EACCES, "Is a directory");
	refuses(ARGV("/dev/null"), NULL, -EACCES, "Permission denied");
	snprintf(path, sizeof(path), "%s/plain", dir);
	refuses(ARGV(path), NULL, -EACCES, "Permission denied");

	snprintf(path, sizeof(path), "/no/such:%s:%s/sub", dir, dir);
	setenv("PATH", path, 1);
	refuses(ARGV("plain"), NULL, -EACCES, "Permission denied");
	refuses(ARGV("sub"), NULL, -ENOENT, "in PATH");
	snprintf(path, sizeof(path), "%s/sub", dir);
	assert_int_equal(mkdir(path, 0755), 0);
	refuses(ARGV("sub"), NULL, -ENOENT, "in PATH");
	make_file("sub/plain", "#!/bin/sh\necho from sub\n", 0755);
	assert_int_equal(run(ARGV("plain"), &out), 0);
	assert_string_equal(out, "from sub\n");

	assert_int_equal(chdir(path), 0);
	setenv("PATH", "/no/such:", 1);
	assert_int_equal(run(ARGV("plain"), &out), 0);
	assert_string_equal(out, "from sub\n");
	assert_int_equal(chdir("/"), 0);
	setenv("PATH", was, 1);
	free(was);

	assert_int_equal(launch_code(-ENOENT), 127);
	assert_int_equal(launch_code(-EACCES), 126);
	assert_int_equal(launch_code(-EINVAL), 2);
	assert_int_equal(launch_code(-EPERM), 125);
	assert_int_equal(launch_code(-EAGAIN), 125);
}

/* Releases a command whose exec fails, and returns the sentence. */
static const char *exec_error(char *path, int error)
{
	static char text[512];
	struct buf why = BUF_INIT;
	struct launch *l;
	int status;

	assert_int_equal(launch_hold(ARGV(path), NULL, &l, &why), 0);
	assert_int_equal(launch_error(l, NULL), 0);
	assert_int_equal(launch_release(l), 0);
	assert_int_equal(launch_reap(l, true, &status), 1);
	assert_int_equal(launch_error(l, NULL), error);
	assert_int_equal(launch_error(l, &why), error);
	assert_int_equal(launch_exit_code(status), 126);
	launch_free(l);
	snprintf(text, sizeof(text), "%s", buf_str(&why));
	buf_done(&why);
	return text;
}

static void says_when_the_exec_fails(void **state)
{
	char *out, *path = make_file("text", "echo \"$0 $1 $2\"\n", 0755);

	(void)state;
	assert_int_equal(run(ARGV(path, "one", "t w o"), &out), 0);
	assert_int_equal(strncmp(out, path, strlen(path)), 0);
	assert_has(out, " one t w o\n");
	assert_int_equal(run(ARGV(make_file("empty", "", 0755)), NULL), 0);

	path = make_file("lost", "#!/no/such/interpreter\n", 0755);
	assert_has(exec_error(path, -ENOENT), "its interpreter is not");
	path = make_file("binary", "\x7f" "ELF", 0755);
	assert_int_equal(truncate(path, 64), 0);
	assert_has(exec_error(path, -ENOEXEC), "Exec format error");
}

static void has_no_descriptors_of_ours(void **state)
{
	struct rlimit was, limit;
	char *out;
	int last, fd;

	(void)state;
	getrlimit(RLIMIT_NOFILE, &was);
	limit = was;
	limit.rlim_cur = was.rlim_max < 10000 ? was.rlim_max : 10000;
	setrlimit(RLIMIT_NOFILE, &limit);
	do
		last = open("/dev/null", O_RDONLY | O_CLOEXEC);
	while (last >= 0 && last < (int)limit.rlim_cur - 100);
	run(SH("ls /proc/self/fd | wc -l; ulimit -n"), &out);
	for (fd = last; fd > STDERR_FILENO; fd--)
		close(fd);
	setrlimit(RLIMIT_NOFILE, &was);
	assert_true(last > 100);
	/* 0, 1, 2 and the directory that ls reads */
	assert_int_equal(strtol(out, &out, 10), 4);
	assert_int_equal(strtol(out, NULL, 10), limit.rlim_cur);
}

static void has_the_limit_of_before(void **state)
{
	struct rlimit was, given;
	char *out;

	(void)state;
	getrlimit(RLIMIT_MEMLOCK, &was);
	given = was;
	given.rlim_cur = 32 << 10;
	run_as(SH("ulimit -l"), &(struct launch_as){ .memlock = &given }, &out);
	assert_string_equal(out, "32\n");
	getrlimit(RLIMIT_MEMLOCK, &given);
	assert_int_equal(given.rlim_cur, was.rlim_cur);
}

static void says_when_nothing_is_left(void **state)
{
	struct rlimit was, none;

	(void)state;
	getrlimit(RLIMIT_NOFILE, &was);
	none = was;
	none.rlim_cur = 3;
	setrlimit(RLIMIT_NOFILE, &none);
	refuses(ARGV("true"), NULL, -EMFILE, "Too many open files");
	setrlimit(RLIMIT_NOFILE, &was);
}

/* With a standard stream closed, no descriptor of ours may take its place in the command. */
static void leaves_closed_streams_closed(void **state)
{
	int was = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 10);
	char *out;

	(void)state;
	close(STDIN_FILENO);
	run(SH("for fd in 0 1 2 3; do test -e /proc/self/fd/$fd && echo $fd; done"), &out);
	if (was >= 0)
		dup2(was, STDIN_FILENO);
	close(was);
	assert_string_equal(out, "1\n2\n");
}

static void on_signal(int sig)
{
	(void)sig;
}

static uint64_t status_mask_after(const char *line, int sig)
{
	char *out;

	assert_int_equal(run(STATUS, &out), 0);
	return mask_of(out, line) & BIT(sig - 1);
}

/* The C library refuses its own two. */
static void ignore_raw(int sig)
{
	struct { void (*handler)(int); unsigned long rest[8]; } ignore = { .handler = SIG_IGN };

	assert_int_equal(syscall(SYS_rt_sigaction, sig, &ignore, NULL, 8), 0);
}

static void gives_the_signals_of_its_caller(void **state)
{
	static const int ignored[] = { SIGHUP, SIGTERM, 33 }, restored[] = { SIGPIPE, SIGCHLD };
	void (*pipe_was)(int) = signal(SIGPIPE, SIG_DFL);
	sigset_t block, was;

	(void)state;
	signal(SIGHUP, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	ignore_raw(33);
	sigemptyset(&block);
	sigaddset(&block, SIGUSR2);
	sigprocmask(SIG_BLOCK, &block, &was);
	inherited_remember();

	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	signal(SIGTERM, on_signal);
	signal(SIGUSR1, on_signal);
	sigaddset(&block, SIGTERM);
	sigaddset(&block, SIGRTMIN + 3);
	sigprocmask(SIG_BLOCK, &block, NULL);
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		assert_int_equal(status_mask_after("SigIgn:", ignored[i]), BIT(ignored[i] - 1));
	for (size_t i = 0; i < sizeof(restored) / sizeof(restored[0]); i++)
		assert_int_equal(status_mask_after("SigIgn:", restored[i]), 0);
	assert_int_equal(status_mask_after("SigBlk:", SIGUSR2), BIT(SIGUSR2 - 1));
	assert_int_equal(status_mask_after("SigBlk:", SIGTERM), 0);
	assert_int_equal(status_mask_after("SigBlk:", SIGRTMIN + 3), 0);
	assert_int_equal(status_mask_after("SigCgt:", SIGUSR1), 0);
	sigprocmask(SIG_BLOCK, NULL, &block);
	assert_int_equal(sigismember(&block, SIGTERM), 1);
	assert_int_equal(sigismember(&block, SIGINT), 0);

	sigprocmask(SIG_SETMASK, &was, NULL);
	inherited_restore();
	sigprocmask(SIG_SETMASK, &was, NULL);
	signal(SIGHUP, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	inherited_remember();
	signal(SIGPIPE, pipe_was);
}

static void passes_signals_on(void **state)
{
	struct buf why = BUF_INIT;
	struct launch *l;
	int status;

	(void)state;
	assert_int_equal(launch_hold(ARGV("sleep", "60"), NULL, &l, &why), 0);
	assert_int_equal(launch_release(l), 0);
	assert_int_equal(launch_signal(l, SIGINT, SI_KERNEL), 0);
	usleep(20000);
	assert_int_equal(launch_reap(l, false, &status), 0);
	assert_int_equal(launch_signal(l, SIGINT, SI_USER), 1);
	assert_int_equal(launch_reap(l, true, &status), 1);
	assert_int_equal(launch_exit_code(status), 130);
	launch_free(l);
}

static void frees_a_held_child(void **state)
{
	struct buf why = BUF_INIT;
	struct launch *l;
	pid_t pid;
	int status;

	(void)state;
	launch_free(NULL);
	assert_int_equal(launch_hold(ARGV("sleep", "60"), NULL, &l, &why), 0);
	pid = launch_pid(l);
	launch_free(l);
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(errno, ESRCH);

	assert_int_equal(launch_hold(ARGV("sleep", "60"), NULL, &l, &why), 0);
	kill(launch_pid(l), SIGTERM);
	assert_int_equal(launch_reap(l, true, &status), 1);
	assert_int_equal(launch_release(l), -EPIPE);
	assert_int_equal(launch_error(l, &why), 0);
	assert_int_equal(launch_exit_code(status), 143);
	launch_free(l);

	assert_int_equal(launch_hold(ARGV("sleep", "60"), NULL, &l, &why), 0);
	pid = launch_pid(l);
	assert_int_equal(launch_release(l), 0);
	launch_free(l);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* A process that holds a command, tells its pid and is killed. */
static pid_t hold_and_die(bool release)
{
	int ends[2];
	pid_t pid, held = 0;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		struct buf why = BUF_INIT;
		struct launch *l;

		if (launch_hold(ARGV("sleep", "60"), NULL, &l, &why) || (release && launch_release(l)))
			_exit(1);
		usleep(50000);
		held = launch_pid(l);
		(void)!write(ends[1], &held, sizeof(held));
		pause();
	}
	assert_int_equal(read(ends[0], &held, sizeof(held)), sizeof(held));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(ends[0]);
	close(ends[1]);
	return held;
}

/* Somebody else's orphan now, perhaps a zombie for as long as its new parent likes. */
static bool is_alive(pid_t pid)
{
	char path[64], text[256] = "", *state;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	(void)!read(fd, text, sizeof(text) - 1);
	close(fd);
	state = strrchr(text, ')');
	return state && state[2] != 'Z' && state[2] != 'X';
}

static void a_held_child_goes_with_us_and_a_released_one_stays(void **state)
{
	pid_t held = hold_and_die(false), released;
	int tries = 200;

	(void)state;
	while (is_alive(held) && tries--)
		usleep(10000);
	assert_false(is_alive(held));
	released = hold_and_die(true);
	usleep(50000);
	assert_true(is_alive(released));
	kill(released, SIGKILL);
}

static void refuses_wrong_words(void **state)
{
	static const struct {
		struct launch_as as;
		const char *words;
	} wrong[] = {
		{ { .user = "nobody-of-that-name" }, "no user 'nobody-of-that-name'" },
		{ { .user = "root:no-group-of-that-name" }, "no group 'no-group-of-that-name'" },
		{ { .user = "" }, "no user ''" },
		{ { .user = "4294967295" }, "no user '4294967295'" },
		{ { .user = "12x" }, "no user '12x'" },
		{ { .user = "54321" }, "name a group too: 54321:GROUP" },
		{ { .grant = BIT(CAP_KILL) }, "--as USER" },
		{ { .user = "root", .grant = BIT(CAP_KILL) }, "root gets" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		refuses(ARGV("true"), &wrong[i].as, -EINVAL, wrong[i].words);
}

static void root_keeps_its_full_sets(void **state)
{
	struct self me;
	char *out;

	(void)state;
	NEED_ROOT(BIT(CAP_SETUID) | BIT(CAP_SETGID));
	assert_int_equal(self_read(&me), 0);
	assert_int_equal(run(STATUS, &out), 0);
	assert_int_equal(mask_of(out, "CapEff:"), me.caps.bounding);
	assert_int_equal(mask_of(out, "CapPrm:"), me.caps.bounding);
	assert_int_equal(run_as(STATUS, &(struct launch_as){ .user = "root" }, &out), 0);
	assert_int_equal(mask_of(out, "CapEff:"), me.caps.bounding);
}

static void as_nobody_has_nothing(void **state)
{
	const struct launch_as as = { .user = "nobody" };
	struct launch_as other = { .user = "54321:12345" };
	gid_t many[] = { 1, 2, 3 };
	char *out;

	(void)state;
	NEED_ROOT(BIT(CAP_SETUID) | BIT(CAP_SETGID));
	setgroups(3, many);
	assert_int_equal(run_as(STATUS, &as, &out), 0);
	assert_has(out, "\nUid:\t65534\t65534\t65534\t65534\n");
	assert_has(out, "\nGid:\t65534\t65534\t65534\t65534\n");
	assert_has(out, "\nGroups:\t65534 \n");
	assert_sets(out, 0);
	assert_int_equal(run_as(SH("echo $HOME $USER $LOGNAME $SHELL"), &as, &out), 0);
	assert_string_equal(out, "/nonexistent nobody nobody /usr/sbin/nologin\n");

	assert_int_equal(run_as(STATUS, &other, &out), 0);
	assert_has(out, "\nUid:\t54321\t54321\t54321\t54321\n");
	assert_has(out, "\nGid:\t12345\t12345\t12345\t12345\n");
	assert_has(out, "\nGroups:\t12345 \n");
	assert_sets(out, 0);
	other.user = "nobody:daemon";
	assert_int_equal(run_as(STATUS, &other, &out), 0);
	assert_has(out, "\nGid:\t1\t1\t1\t1\n");
	setgroups(0, NULL);
}

static void grants_exactly_what_was_asked(void **state)
{
	struct launch_as as = { .user = "nobody", .grant = BIT(CAP_NET_RAW) };
	struct buf why = BUF_INIT;
	struct self me;
	struct launch *l;
	char *out;

	(void)state;
	NEED_ROOT(BIT(CAP_SETUID) | BIT(CAP_SETGID) | BIT(CAP_NET_RAW));
	assert_int_equal(run_as(STATUS, &as, &out), 0);
	assert_has(out, "\nUid:\t65534\t65534\t65534\t65534\n");
	assert_sets(out, BIT(CAP_NET_RAW));

	self_read(&me);
	as.grant = CAPABILITY_ALL;
	assert_int_equal(run_as(STATUS, &as, &out), 0);
	assert_sets(out, me.caps.permitted & me.caps.bounding);
	assert_int_equal(launch_hold(ARGV("true"), &as, &l, &why), 0);
	assert_int_equal(launch_granted(l), me.caps.permitted & me.caps.bounding);
	launch_free(l);

	as.grant = BIT(63) | BIT(CAP_NET_RAW);
	refuses(ARGV("true"), &as, -EPERM, "cannot grant CAP_63: ");
}

/* The command is looked for with the new credentials, capabilities included. */
static void finds_as_the_other_user(void **state)
{
	struct launch_as as = { .user = "nobody" };
	char *path = make_file("roots", "#!/bin/sh\nexit 0\n", 0700);

	(void)state;
	NEED_ROOT(BIT(CAP_SETUID) | BIT(CAP_SETGID) | BIT(CAP_DAC_OVERRIDE));
	assert_int_equal(run(ARGV(path), NULL), 0);
	refuses(ARGV(path), &as, -EACCES, "Permission denied");
	as.grant = BIT(CAP_DAC_OVERRIDE);
	assert_int_equal(run_as(ARGV(path), &as, NULL), 0);
}

/* What the second copy of this program does: holds and runs a command, and prints what the refusal said. */
static int be_capsieve(int argc, char **argv)
{
	struct launch_as as = {
		.user = argc > 2 ? argv[2] : NULL,
		.grant = argc > 3 ? BIT(atoi(argv[3])) : 0,
	};
	struct buf why = BUF_INIT;
	struct launch *l;
	struct self me;
	int status = 0;

	if (self_read(&me))
		return 1;
	printf("secure %d permitted %llx\n", me.secure, (unsigned long long)me.caps.permitted);
	fflush(stdout);
	if (launch_hold(STATUS, &as, &l, &why)) {
		printf("%s\n", buf_str(&why));
		buf_done(&why);
		return 1;
	}
	launch_release(l);
	launch_reap(l, true, &status);
	launch_free(l);
	return launch_exit_code(status);
}

/* A copy of this program, readable by nobody, with these file capabilities or none. */
static char *copy_self(const char *caps_text)
{
	static char path[128];
	char command[384];
	cap_t caps;
	int r;

	snprintf(path, sizeof(path), "%s/capsieve", dir);
	snprintf(command, sizeof(command), "cp /proc/%d/exe %s && chmod 755 %s", (int)getpid(), path, path);
	assert_int_equal(system(command), 0);
	if (!caps_text)
		return path;
	caps = cap_from_text(caps_text);
	r = cap_set_file(path, caps);
	cap_free(caps);
	return r ? NULL : path;
}

static void withholds_file_capabilities(void **state)
{
	const struct launch_as nobody = { .user = "nobody" };
	char *path, *out, want[64];

	(void)state;
	NEED_ROOT(BIT(CAP_SETUID) | BIT(CAP_SETGID) | BIT(CAP_SETFCAP));
	path = copy_self("cap_net_raw,cap_setuid,cap_setgid,cap_dac_read_search=ep");
	if (!path)
		skip();
	snprintf(want, sizeof(want), "secure 1 permitted %llx\n",
		 BIT(CAP_NET_RAW) | BIT(CAP_SETUID) | BIT(CAP_SETGID) | BIT(CAP_DAC_READ_SEARCH));
	assert_int_equal(run_as(ARGV(path, "--capsieve"), &nobody, &out), 0);
	assert_int_equal(strncmp(out, want, strlen(want)), 0);
	assert_sets(out, 0);
	assert_int_not_equal(run_as(ARGV(path, "--capsieve", "daemon"), &nobody, &out), 0);
	assert_has(out, "cannot start a command as 'daemon' without CAP_SETGID,CAP_SETUID; run with sudo");
	assert_int_not_equal(run_as(ARGV(path, "--capsieve", "nobody", "13"), &nobody, &out), 0);
	assert_has(out, "cannot grant CAP_NET_RAW: you do not have it to give; run with sudo");
}

static void keeps_the_callers_ambient_capabilities(void **state)
{
	const struct launch_as nobody = { .user = "nobody", .grant = BIT(CAP_NET_RAW) | BIT(CAP_KILL) };
	char *path, *out;

	(void)state;
	NEED_ROOT(BIT(CAP_SETUID) | BIT(CAP_SETGID) | BIT(CAP_NET_RAW) | BIT(CAP_KILL));
	path = copy_self(NULL);
	assert_int_equal(run_as(ARGV(path, "--capsieve"), &nobody, &out), 0);
	assert_sets(out, BIT(CAP_NET_RAW) | BIT(CAP_KILL));
	assert_int_equal(run_as(ARGV(path, "--capsieve", "nobody", "13"), &nobody, &out), 0);
	assert_sets(out, BIT(CAP_NET_RAW));
}

/* With the setuid bit the command is the caller's, not root's. */
static void withholds_the_setuid_bit(void **state)
{
	const struct launch_as nobody = { .user = "nobody" };
	char *path, *out;

	(void)state;
	NEED_ROOT(BIT(CAP_SETUID) | BIT(CAP_SETGID) | BIT(CAP_FSETID));
	path = copy_self(NULL);
	assert_int_equal(chmod(path, 06755), 0);
	assert_int_equal(run_as(ARGV(path, "--capsieve"), &nobody, &out), 0);
	assert_has(out, "secure 1");
	assert_has(out, "\nUid:\t65534\t65534\t65534\t65534\n");
	assert_has(out, "\nGid:\t65534\t65534\t65534\t65534\n");
	assert_sets(out, 0);
}

static int make_dir(void **state)
{
	(void)state;
	/* What the test's own caller left open is the command's by right, but disturbs the counting. */
	for (int fd = STDERR_FILENO + 1; fd < 1024; fd++)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	snprintf(dir, sizeof(dir), "/tmp/capsieve-test-launch-XXXXXX");
	return mkdtemp(dir) && !chmod(dir, 0755) ? 0 : -1;
}

static int remove_dir(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_and_passes_words_and_status),
		cmocka_unit_test(is_held_under_its_own_name),
		cmocka_unit_test(finds_as_a_shell_does),
		cmocka_unit_test(says_when_the_exec_fails),
		cmocka_unit_test(has_no_descriptors_of_ours),
		cmocka_unit_test(has_the_limit_of_before),
		cmocka_unit_test(says_when_nothing_is_left),
		cmocka_unit_test(leaves_closed_streams_closed),
		cmocka_unit_test(gives_the_signals_of_its_caller),
		cmocka_unit_test(passes_signals_on),
		cmocka_unit_test(frees_a_held_child),
		cmocka_unit_test(a_held_child_goes_with_us_and_a_released_one_stays),
		cmocka_unit_test(refuses_wrong_words),
		cmocka_unit_test(root_keeps_its_full_sets),
		cmocka_unit_test(as_nobody_has_nothing),
		cmocka_unit_test(grants_exactly_what_was_asked),
		cmocka_unit_test(finds_as_the_other_user),
		cmocka_unit_test(withholds_file_capabilities),
		cmocka_unit_test(keeps_the_callers_ambient_capabilities),
		cmocka_unit_test(withholds_the_setuid_bit),
	};

	/* A shell that starts us in the background ignores it, and a command inherits that. */
	signal(SIGINT, SIG_DFL);
	if (argc > 1 && !strcmp(argv[1], "--capsieve"))
		return be_capsieve(argc, argv);
	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
