/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/guard/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "user/base/clock.h"
#include "user/caps/syscalls.h"
#include "user/flow/notes.h"
#include "user/guard/learned.h"
#include "user/guard/link.h"
#include "user/guard/nurse.h"
#include "user/guard/sending.h"
#include "user/guard/state.h"
#include "user/host/confine.h"
#include "user/host/nsfile.h"
#include "user/host/signals.h"
#include "user/host/users.h"
#include "user/model/crowd.h"
#include "user/rule/config.h"
#include "user/sink/alert.h"

#define TURN_NS	      1000000000ULL
#define LOSS_NOTES_NS 60000000000ULL
#define LAST_WORDS_NS 1000000000ULL

enum { DRAIN_LOOK_MS = 100, LOCK_TEXT = 32 };

/* ---- directories and the lock ---------------------------------------------------------------------------------- */

static int make_dir(struct guard *g, const char *path, mode_t mode)
{
	struct stat st;
	int err = mkdir(path, mode) && errno != EEXIST ? -errno : 0;

	if (!err && (stat(path, &st) || !S_ISDIR(st.st_mode)))
		err = -ENOTDIR;
	if (err)
		notes_say(g->notes, FLOW_ERROR, "%s: %s", path, strerror(-err));
	return err;
}

static int make_dirs(struct guard *g)
{
	int err = make_dir(g, g->config->state, 0700), n;

	err = err ?: make_dir(g, g->config->run, 0755);
	n = snprintf(g->recordings, sizeof(g->recordings), "%s/recordings", g->config->state);
	if (!err && n >= (int)sizeof(g->recordings))
		err = -ENAMETOOLONG;
	return err ?: make_dir(g, g->recordings, 0700);
}

static void say_locked(struct guard *g, int lock, const char *path)
{
	char text[LOCK_TEXT] = "";
	ssize_t n = pread(lock, text, sizeof(text) - 1, 0);
	long pid = n > 0 ? strtol(text, NULL, 10) : 0;

	if (pid > 0)
		notes_say(g->notes, FLOW_ERROR, "another capsieve watch runs already, process %ld: %s is locked", pid, path);
	else
		notes_say(g->notes, FLOW_ERROR, "another capsieve watch runs already: %s is locked", path);
}

/* It goes with the process, and nobody else has it. */
static int take_lock(struct guard *g, const char *dir, const char *name, int *ret)
{
	char path[GUARD_PATH], text[LOCK_TEXT];
	int lock, n;

	n = snprintf(path, sizeof(path), "%s/%s", dir, name);
	errno = ENAMETOOLONG;
	lock = n < (int)sizeof(path) ? open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
	if (lock < 0) {
		notes_say(g->notes, FLOW_ERROR, "%s: %s", path, strerror(errno));
		return -EIO;
	}
	*ret = lock;
	if (flock(lock, LOCK_EX | LOCK_NB)) {
		say_locked(g, lock, path);
		return -EBUSY;
	}
	n = snprintf(text, sizeof(text), "%d\n", (int)getpid());
	if (ftruncate(lock, 0) || pwrite(lock, text, (size_t)n, 0) != n)
		notes_say(g->notes, FLOW_WARNING, "%s: %s", path, strerror(errno));
	return 0;
}

/* Nobody else writes the state, nor is asked at the socket; both may be in one directory. */
static int take_locks(struct guard *g)
{
	int err = take_lock(g, g->config->state, "lock", &g->lock);

	return err ?: take_lock(g, g->config->run, GUARD_CONTROL ".lock", &g->run_lock);
}

/* ---- beginning ------------------------------------------------------------------------------------------------- */

/* Who is told to end twice ends at once, and has no time for last words. */
static int share_ending(struct guard *g)
{
	void *page = mmap(NULL, sizeof(*g->ending), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		return -errno;
	g->ending = page;
	signals_mark(g->ending);
	return 0;
}

static int start_sender(struct guard *g)
{
	struct sending sending;
	int err = sending_plan(g->config, g->notes, &sending);
	const struct nurse_config config = {
		.uid = sending.uid,
		.gid = sending.gid,
		.keep = sending.spool,
		.run = sending_run,
		.ctx = &sending,
	};

	if (err)
		return err;
	err = share_ending(g);
	sending.ending = g->ending;
	err = err ?: nurse_start(&config, &g->nurse);
	if (err)
		notes_say(g->notes, FLOW_ERROR, "the sender cannot be started: %s", strerror(-err));
	sending_done(&sending);
	return err;
}

static int prepare(struct guard *g)
{
	int err;

	g->users = users_new();
	g->syscalls = syscalls_new();
	g->host_mntns = nsfile_meant_mnt(g->config->kernel.proc);
	g->learned = learned_new();
	g->crowd = crowd_new();
	err = g->users && g->syscalls && g->learned && g->crowd ? 0 : -ENOMEM;
	err = err ?: hub_open(g);
	return err ?: ears_init(g);
}

/* Nothing that comes from outside is read before that. */
static int confine(struct guard *g)
{
	int err = confine_self();

	if (err == -ENOSYS)
		notes_say(g->notes, FLOW_WARNING, "this kernel has no filters of system calls: the collector could use the network");
	else if (err)
		notes_say(g->notes, FLOW_ERROR, "the network cannot be given up: %s", strerror(-err));
	return err == -ENOSYS ? 0 : err;
}

static void set_flow(struct guard *g)
{
	const struct config *c = g->set->config;

	filter_init(&g->everybody);
	g->flow.filter = &g->everybody;
	g->flow.kernel = g->config->kernel;
	if (g->flow.kernel.attach == PROBE_NONE)
		g->flow.kernel.attach = c->attach;
	if (!g->flow.kernel.engine_socket)
		g->flow.kernel.engine_socket = c->engine_socket;
	g->flow.sites = true;
	g->flow.args = true;
	g->flow.ancestors = true;
	g->flow.outcomes = g->flow.outcomes_of_few = true;
	g->flow.silence = FLOW_SILENCE_ALLOWED;
	g->flow.repeats = true;
	g->flow.helpers[0] = g->nurse.pid;
	g->flow.interval_ns = TURN_NS;
	g->flow.loss_notes_ns = LOSS_NOTES_NS;
	g->flow.input = &g->input;
	g->flow.sink = &g->sink;
}

/* ---- the end --------------------------------------------------------------------------------------------------- */

static void say_sum(const struct guard *g)
{
	struct alert_counts told;
	uint64_t held[HELD_REASONS];

	alert_counts(g->alerts, &told);
	figures_held(g, held);
	notes_say(g->notes, FLOW_NOTE, "it ends: %llu checks were asked for, %llu are lost; %llu %s told, and held back "
		  "%llu by once_per, %llu by more_than, %llu by max_per_minute",
		  (unsigned long long)g->account.asked, (unsigned long long)loss_total(&g->account.loss),
		  (unsigned long long)told.told, told.told == 1 ? "alert was" : "alerts were", (unsigned long long)held[HELD_ONCE], (unsigned long long)held[HELD_BELOW],
		  (unsigned long long)told.suppressed);
}

/* What waits is delivered, or kept on disk; nobody waits for it longer than that. */
static void drain(struct guard *g)
{
	const uint64_t until = clock_ns(CLOCK_MONOTONIC) + g->config->drain_ns;
	struct link_figures figures;

	notify_say(&g->notify, "STOPPING=1\nSTATUS=delivering what waits");
	hub_end(g);
	if (g->alerts)
		say_sum(g);
	/* And then there is time to hear what became of it. */
	link_drain(g->link, until - LAST_WORDS_NS);
	while (!link_is_done(g->link) && clock_ns(CLOCK_MONOTONIC) < until && hub_work(g))
		hub_wait(g, DRAIN_LOOK_MS);
	link_figures(g->link, &figures);
	if (!link_is_done(g->link) && figures.waiting)
		notes_say(g->notes, FLOW_WARNING, "%llu %s not known to be delivered or kept",
			  (unsigned long long)figures.waiting, figures.waiting == 1 ? "alert is" : "alerts are");
	else if (figures.left)
		notes_say(g->notes, FLOW_NOTE, "%llu %s on disk for the next start", (unsigned long long)figures.left,
			  figures.left == 1 ? "delivery waits" : "deliveries wait");
	link_lose(g->link);
}

static void done(struct guard *g)
{
	ears_done(g);
	past_end(g);
	reload_forget(g, true);
	if (g->set) {
		struct retired *last = calloc(1, sizeof(*last));

		if (last) {
			*last = (struct retired){ .set = g->set, .judge = g->judge };
			g->retired = last;
			reload_forget(g, true);
		}
	}
	hub_close(g);
	if (g->nurse.pid > 0)
		nurse_end(&g->nurse, g->config->drain_ns);
	syscalls_free(g->syscalls);
	learned_free(g->learned);
	crowd_free(g->crowd);
	users_free(g->users);
	buf_done(&g->error);
	notify_close(&g->notify);
	signals_mark(NULL);
	if (g->ending)
		munmap((void *)g->ending, sizeof(*g->ending));
	if (g->run_lock >= 0)
		close(g->run_lock);
	if (g->lock >= 0)
		close(g->lock);
}

/* ---- all of it ------------------------------------------------------------------------------------------------- */

/* Somebody took the probe away: that may be who has something to hide. */
static int tell_unheard(struct guard *g, const struct flow_result *result)
{
	past_gap(g, result->heard_ns, clock_ns(CLOCK_REALTIME), 0, "probe_not_heard");
	alert_own(g->alerts, SEVERITY_CRITICAL, "unheard",
		  "the probe was detached, or what it stands on was switched off: capsieve watch has to start anew");
	return -ENODEV;
}

static enum guard_end run(struct guard *g)
{
	struct flow_result result;
	int err = reload_first(g);

	if (err) {
		drain(g);
		return err == -EINVAL ? GUARD_RULES : GUARD_FAILED;
	}
	set_flow(g);
	err = confine(g);
	err = err ?: flow_trace(&g->flow, g->notes, &result);
	if (!err && result.output_error && !g->failed) {
		notes_say(g->notes, FLOW_ERROR, "it had to end: %s", strerror(-result.output_error));
		err = result.output_error;
	}
	if (!err && result.unheard)
		err = tell_unheard(g, &result);
	drain(g);
	return err || g->failed ? GUARD_FAILED : GUARD_ENDED;
}

enum guard_end guard_run(const struct guard_config *config, const struct flow_notes *notes)
{
	struct guard *g = calloc(1, sizeof(*g));
	enum guard_end end = GUARD_FAILED;

	if (!g) {
		notes_say(notes, FLOW_ERROR, "out of memory");
		return GUARD_FAILED;
	}
	*g = (struct guard){ .config = config, .notes = notes, .lock = -1, .run_lock = -1, .epoll = -1, .link_fd = -1, .nurse.fd = -1 };
	/* The sender is started before there is anything that it should not have. */
	if (!make_dirs(g) && !take_locks(g) && !start_sender(g)) {
		notify_open(&g->notify);
		if (!prepare(g))
			end = run(g);
	}
	done(g);
	free(g);
	return end;
}
