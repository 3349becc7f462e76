/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/inherited.h"
#include "user/host/become.h"
#include "user/host/command.h"
#include "user/host/exact.h"
#include "user/host/fits.h"
#include "user/host/status.h"

/*
 * One socket pair is all that the two share. The child says how far it came, the parent answers with one
 * byte; either hears of the other's death by the end of the channel, and the parent of a good exec by the
 * same (close-on-exec).
 */
enum stage { STAGE_HELD, STAGE_BECOME, STAGE_CHECK, STAGE_FIND, STAGE_EXEC };

struct report {
	int32_t stage;
	int32_t step;	/* enum become_step */
	int32_t error;	/* negative errno */
	char text[1024]; /* of STAGE_CHECK: the sentence */
};

/* Who the command will be: as a watched command usually is, or exactly as asked for. */
struct plan {
	bool exactly;
	struct become b;
	struct exact x;
};

struct launch {
	pid_t pid;
	int pidfd, channel;
	bool released, reaped, group;
	int status;
	int error;	/* of the exec */
	uint64_t granted;
	char *word;	/* argv[0], for sentences */
};

static int make_plan(const struct launch_as *as, struct plan *ret, struct buf *why)
{
	ret->exactly = as && as->exact;
	if (ret->exactly)
		return exact_plan(as->exact, &ret->x, why);
	return become_plan(as ? as->user : NULL, as ? as->grant : 0, &ret->b, why);
}

static void plan_done(struct plan *p)
{
	if (p->exactly)
		exact_done(&p->x);
	else
		become_done(&p->b);
}

/* ---- the child ---- */

static void say(int channel, const struct report *r)
{
	(void)!send(channel, r, sizeof(*r), MSG_NOSIGNAL);
}

static void wait_for_release(int channel)
{
	char byte;
	ssize_t n;

	do
		n = recv(channel, &byte, 1, 0);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		_exit(LAUNCH_FAILED);
}

static void take_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	prctl(PR_SET_NAME, slash ? slash + 1 : path);
}

static void check_failed(struct report *r, int error, struct buf *why)
{
	r->stage = STAGE_CHECK;
	r->error = error;
	snprintf(r->text, sizeof(r->text), "%s", why->len ? buf_str(why) : strerror(-error));
}

static int become_exactly(const struct plan *plan, struct report *r)
{
	struct buf why = BUF_INIT;
	enum become_step step;
	int err = exact_now(&plan->x, &step);

	*r = (struct report){ .stage = STAGE_BECOME, .step = step, .error = err };
	if (!err) {
		err = exact_verify(&plan->x, &why);
		if (err)
			check_failed(r, err, &why);
	}
	buf_done(&why);
	return err;
}

static int become_usual(const struct plan *plan, struct report *r)
{
	enum become_step step;
	int err = become_now(&plan->b, &step);

	*r = (struct report){ .stage = STAGE_BECOME, .step = step, .error = err };
	return err;
}

static int find(const struct plan *plan, const char *word, char **ret_path, struct report *r)
{
	struct buf why = BUF_INIT;
	char *path;
	int err = command_find(word, &path);

	if (err) {
		*r = (struct report){ .stage = STAGE_FIND, .error = err };
		return err;
	}
	if (plan->exactly)
		err = fits(&plan->x, path, &why);
	if (err) {
		check_failed(r, err, &why);
		free(path);
	} else {
		*ret_path = path;
	}
	buf_done(&why);
	return err;
}

/* Everything but the exec. 0 and the path; or negative errno and what to say of it. */
static int get_ready(char *const argv[], const struct launch_as *as, const struct plan *plan, char **ret_path,
		     struct report *ret)
{
	int err;

	*ret = (struct report){ .stage = STAGE_HELD };
	if (as && as->group && setpgid(0, 0)) {
		*ret = (struct report){ .stage = STAGE_BECOME, .step = BECOME_CALLER, .error = -errno };
		return ret->error;
	}
	if (as && as->memlock)
		setrlimit(RLIMIT_MEMLOCK, as->memlock);
	err = plan->exactly ? become_exactly(plan, ret) : become_usual(plan, ret);
	if (err)
		return err;
	inherited_restore();
	return find(plan, argv[0], ret_path, ret);
}

__attribute__((noreturn)) static void child(char *const argv[], const struct launch_as *as,
					    const struct plan *plan, int channel)
{
	struct report r;
	char *path;

	if (get_ready(argv, as, plan, &path, &r)) {
		say(channel, &r);
		_exit(LAUNCH_FAILED);
	}
	take_name(path);
	r = (struct report){ .stage = STAGE_HELD };
	say(channel, &r);
	wait_for_release(channel);
	r = (struct report){ .stage = STAGE_EXEC };
	if (as && ((as->in && dup2(as->in, STDIN_FILENO) < 0) || (as->out && dup2(as->out, STDOUT_FILENO) < 0) ||
		   (as->err && dup2(as->err, STDERR_FILENO) < 0)))
		_exit(LAUNCH_FAILED);
	if (as && as->env)
		environ = (char **)as->env;
	r.error = command_exec(path, argv);
	say(channel, &r);
	_exit(LAUNCH_CANNOT_RUN);
}

/* ---- the parent ---- */

/*
 * Both ends above the standard streams: one of those may be closed, and the command would get ours in its
 * place.
 */
static int open_channel(int ret[2])
{
	int low[2], r = 0;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, low))
		return -errno;
	for (int i = 0; i < 2; i++) {
		ret[i] = fcntl(low[i], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		if (ret[i] < 0)
			r = -errno;
		close(low[i]);
	}
	for (int i = 0; r && i < 2; i++)
		if (ret[i] >= 0)
			close(ret[i]);
	return r;
}

/* Signals wait until the child has the default actions: a handler of ours must not run in it. */
static int fork_child(struct launch *l, char *const argv[], const struct launch_as *as,
		      const struct plan *plan)
{
	int ends[2], r = open_channel(ends);
	sigset_t all, was;

	if (r)
		return r;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &was);
	l->pid = fork();
	r = l->pid < 0 ? -errno : 0;
	if (l->pid == 0) {
		close(ends[0]);
		child(argv, as, plan, ends[1]);
	}
	pthread_sigmask(SIG_SETMASK, &was, NULL);
	close(ends[1]);
	l->channel = ends[0];
	if (!r)
		l->pidfd = syscall(SYS_pidfd_open, l->pid, 0);
	return r;
}

/* An ignored SIGCHLD, which a careless parent hands down, lets children vanish without a status. */
static void want_children(void)
{
	static const struct sigaction by_default = { .sa_handler = SIG_DFL };
	struct sigaction was;

	if (!sigaction(SIGCHLD, NULL, &was) && (was.sa_handler == SIG_IGN || was.sa_flags & SA_NOCLDWAIT))
		sigaction(SIGCHLD, &by_default, NULL);
}

/* 1 and a whole report, 0 at the end of the channel, negative errno. */
static int hear(const struct launch *l, int flags, struct report *ret)
{
	struct report report;
	ssize_t n;

	do
		n = recv(l->channel, &report, sizeof(report), flags);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (n != sizeof(report))
		return 0;
	*ret = report;
	return 1;
}

static int explain_find(const char *word, int error, struct buf *why)
{
	if (error == -ENOENT) {
		buf_printf(why, "no command '%s'%s", word, strchr(word, '/') ? "" : " in PATH");
		return -ENOENT;
	}
	buf_printf(why, "cannot run '%s': %s", word, strerror(-error));
	return error == -ENOMEM ? error : -EACCES;
}

static void explain_exec(const char *word, int error, struct buf *why)
{
	if (error == -ENOENT)
		buf_printf(why, "cannot run '%s': it is there, but its interpreter is not", word);
	else
		buf_printf(why, "cannot run '%s': %s", word, strerror(-error));
}

static int explain_become(const struct report *report, const struct launch_as *as, struct buf *why)
{
	const char *user = !as ? NULL : as->exact ? as->exact->user : as->user;
	int error = report->error;

	buf_puts(why, "cannot start a command");
	if (user)
		buf_printf(why, " as '%s'", user);
	buf_printf(why, ": could not %s: %s", become_step_words(report->step), strerror(-error));
	return error == -EINVAL || error == -ENOENT || error == -EACCES ? -EPERM : error;
}

/* 0 where nothing is wrong: the process is ready for its exec. */
static int explain(const char *word, const struct report *report, const struct launch_as *as, struct buf *why)
{
	switch (report->stage) {
	case STAGE_BECOME:
		return explain_become(report, as, why);
	case STAGE_FIND:
		return explain_find(word, report->error, why);
	case STAGE_CHECK:
		buf_put(why, report->text, strnlen(report->text, sizeof(report->text)));
		return report->error;
	default:
		return 0;
	}
}

static int wait_until_held(struct launch *l, const struct launch_as *as, struct buf *why)
{
	struct report report;
	int r = hear(l, 0, &report), status;

	if (r < 0)
		buf_printf(why, "cannot talk to the started process: %s", strerror(-r));
	if (r < 0)
		return r;
	if (r == 0) {
		launch_reap(l, true, &status);
		buf_printf(why, "the process for '%s' died before it could be held", l->word);
		return -ECHILD;
	}
	return explain(l->word, &report, as, why);
}

static int start(struct launch *l, char *const argv[], const struct launch_as *as, struct buf *why)
{
	struct plan plan = { 0 };
	int r = make_plan(as, &plan, why);

	if (r)
		return r;
	l->granted = plan.exactly ? plan.x.to.permitted : plan.b.grant;
	l->group = as && as->group;
	want_children();
	r = fork_child(l, argv, as, &plan);
	plan_done(&plan);
	if (r) {
		buf_printf(why, "cannot start a process for '%s': %s", l->word, strerror(-r));
		return r;
	}
	return wait_until_held(l, as, why);
}

int launch_hold(char *const argv[], const struct launch_as *as, struct launch **ret, struct buf *why)
{
	struct launch *l = calloc(1, sizeof(*l));
	int r = -ENOMEM;

	if (!l)
		return r;
	l->pid = l->pidfd = l->channel = -1;
	l->word = strdup(argv[0]);
	if (l->word)
		r = start(l, argv, as, why);
	if (r)
		launch_free(l);
	else
		*ret = l;
	return r;
}

int launch_here(char *const argv[], const struct launch_as *as, struct buf *why)
{
	struct plan plan = { 0 };
	struct report report;
	char *path;
	int r = make_plan(as, &plan, why);

	if (r)
		return r;
	if (get_ready(argv, as, &plan, &path, &report)) {
		r = explain(argv[0], &report, as, why);
	} else {
		r = command_exec(path, argv);
		free(path);
		explain_exec(argv[0], r, why);
		r = -EACCES;
	}
	plan_done(&plan);
	return r;
}

int launch_code(int error)
{
	switch (error) {
	case -EINVAL:
		return 2;
	case -ENOENT:
		return LAUNCH_NOT_FOUND;
	case -EACCES:
		return LAUNCH_CANNOT_RUN;
	default:
		return LAUNCH_FAILED;
	}
}

pid_t launch_pid(const struct launch *l)
{
	return l->pid;
}

int launch_pidfd(const struct launch *l)
{
	return l->pidfd;
}

uint64_t launch_bounding(const struct launch *l)
{
	struct buf text = BUF_INIT;
	struct status status;
	uint64_t set = UINT64_MAX;
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/status", (int)l->pid);
	if (!status_read(AT_FDCWD, path, &text) && !status_parse(buf_str(&text), text.len, &status))
		set = status.is.bounding;
	buf_done(&text);
	return set;
}

uint64_t launch_granted(const struct launch *l)
{
	return l->granted;
}

int launch_release(struct launch *l)
{
	if (l->released)
		return 0;
	if (send(l->channel, "", 1, MSG_NOSIGNAL) != 1)
		return -errno;
	l->released = true;
	return 0;
}

int launch_error(struct launch *l, struct buf *why)
{
	struct report report;

	if (l->released && !l->error && hear(l, MSG_DONTWAIT, &report) == 1)
		l->error = report.error;
	if (l->error && why)
		explain_exec(l->word, l->error, why);
	return l->error;
}

int launch_reap(struct launch *l, bool block, int *ret_status)
{
	if (!l->reaped) {
		pid_t pid = waitpid(l->pid, &l->status, block ? 0 : WNOHANG);

		if (pid <= 0)
			return pid ? -errno : 0;
		l->reaped = true;
	}
	*ret_status = l->status;
	return 1;
}

int launch_exit_code(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static bool from_terminal(int sig, int si_code)
{
	return si_code == SI_KERNEL && (sig == SIGINT || sig == SIGQUIT || sig == SIGHUP || sig == SIGTSTP);
}

int launch_signal(struct launch *l, int sig, int si_code)
{
	int r;

	if (l->reaped)
		return -ESRCH;
	if (from_terminal(sig, si_code))
		return 0;
	if (l->group)
		r = kill(-l->pid, sig);
	else if (l->pidfd >= 0)
		r = syscall(SYS_pidfd_send_signal, l->pidfd, sig, NULL, 0);
	else
		r = kill(l->pid, sig);
	return r ? -errno : 1;
}

/* Closing the channel ends a held child also where we may not signal it any more. */
static void end_held(struct launch *l)
{
	int status;

	if (l->pid <= 0 || l->released || l->reaped)
		return;
	kill(l->pid, SIGKILL);
	close(l->channel);
	l->channel = -1;
	while (launch_reap(l, true, &status) == -EINTR)
		;
}

void launch_free(struct launch *l)
{
	if (!l)
		return;
	end_held(l);
	if (l->channel >= 0)
		close(l->channel);
	if (l->pidfd >= 0)
		close(l->pidfd);
	free(l->word);
	free(l);
}

int launch_part(int (*part)(void *ctx), void *ctx, pid_t *ret_pid, int *ret_pidfd)
{
	pid_t parent = getpid(), pid;

	want_children();
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		_exit(getppid() == parent ? part(ctx) : LAUNCH_FAILED);
	}
	*ret_pid = pid;
	*ret_pidfd = syscall(SYS_pidfd_open, pid, 0);
	return 0;
}
