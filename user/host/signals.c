/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static const int ending[SIGNALS_ENDING] = { SIGINT, SIGTERM, SIGHUP };

/* A handler has nothing but globals. */
static int caught_to = -1;
static volatile sig_atomic_t unheard, last, harmless, patient, *mark;

static void on_signal(int sig, siginfo_t *info, void *unused)
{
	struct signals_caught caught = { sig, info->si_code };
	int err = errno;

	(void)unused;
	if (sig != harmless) {
		if (mark)
			*mark = 1;
		if ((unheard || last) && !patient)
			_exit(SIGNALS_FORCED_QUIT);
		unheard = 1;
	}
	(void)!write(caught_to, &caught, sizeof(caught));
	errno = err;
}

int signals_catch(struct signals *s)
{
	struct sigaction catch = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART };
	int ends[2];

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK))
		return -errno;
	s->fd = ends[0];
	caught_to = ends[1];
	sigemptyset(&catch.sa_mask);
	for (int i = 0; i < SIGNALS_ENDING; i++)
		sigaddset(&catch.sa_mask, ending[i]);
	if (sigprocmask(SIG_BLOCK, &catch.sa_mask, &s->mask))
		return -errno;
	s->heard = s->mask;
	for (int i = 0; i < SIGNALS_ENDING; i++)
		sigdelset(&s->heard, ending[i]);
	for (int i = 0; i < SIGNALS_ENDING; i++)
		if (!sigaction(ending[i], NULL, &s->action[i]) && s->action[i].sa_handler != SIG_IGN)
			sigaction(ending[i], &catch, NULL);
	return 0;
}

void signals_release(const struct signals *s)
{
	sigprocmask(SIG_SETMASK, &s->heard, NULL);
}

bool signals_next(const struct signals *s, struct signals_caught *ret)
{
	return read(s->fd, ret, sizeof(*ret)) == (ssize_t)sizeof(*ret);
}

void signals_harmless(int sig)
{
	harmless = sig;
}

void signals_be_patient(void)
{
	patient = 1;
}

void signals_mark(volatile sig_atomic_t *at)
{
	mark = at;
}

void signals_heard(bool next_is_last)
{
	if (next_is_last)
		last = 1;
	unheard = 0;
}

void signals_forget(struct signals *s)
{
	if (s->fd < 0)
		return;
	for (int i = 0; i < SIGNALS_ENDING; i++)
		sigaction(ending[i], &s->action[i], NULL);
	sigprocmask(SIG_SETMASK, &s->mask, NULL);
	close(s->fd);
	close(caught_to);
	s->fd = caught_to = -1;
	harmless = 0;
}
