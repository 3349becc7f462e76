/* SPDX-License-Identifier: BSD-2-Clause */
/* Who the collector talks to while it listens to the kernel: the sender, its nurse, and who asks. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/base/json.h"
#include "user/base/text.h"
#include "user/base/word.h"
#include "user/flow/notes.h"
#include "user/guard/control.h"
#include "user/guard/link.h"
#include "user/guard/ruleset.h"
#include "user/guard/state.h"
#include "user/model/decision.h"
#include "user/rule/config.h"
#include "user/sink/alert.h"

/* ---- answers --------------------------------------------------------------------------------------------------- */

static void answer(struct guard *g, uint64_t client, bool ok, const char *key, const char *sentence)
{
	struct buf b = BUF_INIT;
	struct json j;

	json_init(&j, &b);
	json_object(&j);
	json_member_bool(&j, "ok", ok);
	if (sentence)
		json_member_cstr(&j, key, sentence);
	if (ok && !sentence)
		json_member_u64(&j, "generation", g->generation);
	json_object_end(&j);
	buf_putc(&b, '\n');
	control_answer(g->control, client, buf_str(&b), b.len);
	buf_done(&b);
}

/* Whoever waits for a test of this output; NULL: of any. */
static void answer_tests(struct guard *g, const char *output, bool ok, const char *sentence)
{
	for (int i = 0; i < GUARD_TESTS; i++) {
		struct waiting *w = &g->waiting[i];

		if (!w->client || (output && strcmp(w->output, output)))
			continue;
		answer(g, w->client, ok, ok ? "said" : "error", sentence);
		w->client = 0;
	}
}

static void on_tested(void *ctx, const char *output, bool ok, const char *sentence)
{
	answer_tests(ctx, output, ok, sentence);
}

/* Where no output has this name: that, and which is meant. */
static bool put_unknown(const struct guard *g, const char *output, struct buf *b)
{
	const struct config *c = g->set->config;
	const char *names[CONFIG_OUTPUTS_MAX];
	size_t nearest;

	if (config_is_builtin(output))
		return false;
	for (size_t i = 0; i < c->output_count; i++) {
		names[i] = c->outputs[i].name;
		if (!strcmp(names[i], output))
			return false;
	}
	buf_puts(b, "there is no such output");
	if (word_nearest(output, strlen(output), names, c->output_count, &nearest)) {
		buf_printf(b, "; did you mean '%s'?", names[nearest]);
		return true;
	}
	for (size_t i = 0; i < c->output_count; i++)
		buf_printf(b, "%s%s", i ? ", " : "; there are ", names[i]);
	return true;
}

static void start_test(struct guard *g, uint64_t client, const char *output)
{
	struct waiting *w = NULL;
	struct buf unknown = BUF_INIT;

	if (put_unknown(g, output, &unknown)) {
		answer(g, client, false, "error", buf_str(&unknown));
		buf_done(&unknown);
		return;
	}
	for (int i = 0; i < GUARD_TESTS && !w; i++)
		if (!g->waiting[i].client)
			w = &g->waiting[i];
	if (!g->sender)
		answer(g, client, false, "error", "there is no sender just now: it ended and is started again soon");
	else if (!w || link_test(g->link, output))
		answer(g, client, false, "error", "too many tests are under way");
	else {
		w->client = client;
		strcpy(w->output, output);
	}
}

static void learn_anew(struct guard *g, uint64_t client, const char *workload)
{
	bool learns = false;
	int err = past_learn_anew(g, *workload ? workload : NULL, &learns);

	if (!err)
		answer(g, client, true, "said", learns ? "forgotten, and learned anew from now on"
						       : "forgotten; nothing learns it again: there is neither --learn nor 'learn' in a rule");
	else
		answer(g, client, false, "error", err == -ENOENT ? "nothing is learned of that" :
			err == -ENODEV ? "there is no history to learn from" : strerror(-err));
}

/* All that was counted until now is decided by the rules in force before others are. */
static void start_reload(struct guard *g, uint64_t client)
{
	if (g->drains)
		answer(g, client, false, "error", "it ends, and takes no other rules");
	else if (g->reloader_count == GUARD_RELOADERS)
		answer(g, client, false, "error", "too many ask for that at once");
	else {
		g->reloaders[g->reloader_count++] = client;
		g->flow.judge_waits = true;
	}
}

static void answer_reloaders(struct guard *g, bool ok, const char *mistakes)
{
	for (size_t i = 0; i < g->reloader_count; i++)
		answer(g, g->reloaders[i], ok, "error", mistakes);
	g->reloader_count = 0;
}

static void on_change(void *ctx)
{
	struct guard *g = ctx;
	int err;

	g->flow.judge_waits = false;
	err = reload_now(g);
	answer_reloaders(g, !err, err ? buf_str(&g->error) : NULL);
}

void hub_end(struct guard *g)
{
	g->drains = true;
	answer_reloaders(g, false, "it ends, and takes no other rules");
}

static void on_request(void *ctx, uint64_t client, const struct request *r)
{
	struct guard *g = ctx;
	struct buf b = BUF_INIT;

	switch (r->what) {
	case REQUEST_STATUS:
		figures_status(g, &b);
		control_answer(g->control, client, buf_str(&b), b.len);
		break;
	case REQUEST_RELOAD:
		notes_say(g->notes, FLOW_DETAIL, "asked to read rules and configuration anew");
		link_reopen(g->link);
		start_reload(g, client);
		break;
	case REQUEST_REOPEN:
		notes_say(g->notes, FLOW_DETAIL, "asked to open files again");
		link_reopen(g->link);
		answer(g, client, true, NULL, NULL);
		break;
	case REQUEST_TEST_OUTPUT:
		notes_say(g->notes, FLOW_NOTE, "asked for a test alert to the output '%s'", r->output);
		start_test(g, client, r->output);
		break;
	case REQUEST_LEARN_ANEW:
		learn_anew(g, client, r->workload);
		break;
	case REQUESTS:
		break;
	}
	buf_done(&b);
}

/* ---- the sender ------------------------------------------------------------------------------------------------ */

/* Its words, as it may have been told to say anything. */
static void on_gap(void *ctx, uint64_t start_ns, uint64_t end_ns, uint64_t lost, const char *reason)
{
	struct guard *g = ctx;
	struct buf safe = BUF_INIT;

	past_gap(g, start_ns, end_ns, lost, "alerts_not_delivered");
	text_escape(&safe, reason, strlen(reason));
	notes_say(g->notes, FLOW_WARNING, "%llu alerts will not be delivered: %s", (unsigned long long)lost, buf_str(&safe));
	buf_done(&safe);
}

static void on_refused(void *ctx, const char *sentence)
{
	struct guard *g = ctx;
	struct buf safe = BUF_INIT;

	text_escape(&safe, sentence, strlen(sentence));
	notes_say(g->notes, FLOW_WARNING, "the sender does not take the configuration: %s", buf_str(&safe));
	buf_done(&safe);
}

static void put_death(struct buf *b, int status)
{
	if (status == -1)
		buf_puts(b, "could not be started");
	else if (WIFSIGNALED(status))
		buf_printf(b, "died of signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		buf_printf(b, "ended with status %d", WEXITSTATUS(status));
}

static void on_death(struct guard *g, const struct nurse_news *news)
{
	struct buf why = BUF_INIT;

	g->sender = 0;
	g->sender_deaths++;
	link_lose(g->link);
	buf_puts(&why, "the sender ");
	put_death(&why, news->status);
	buf_printf(&why, "; another one is started in %.1f s, and told what is not known to be safe", news->wait_ms / 1000.0);
	notes_say(g->notes, FLOW_WARNING, "%s", buf_str(&why));
	alert_own(g->alerts, SEVERITY_ERROR, "sender-died", buf_str(&why));
	answer_tests(g, NULL, false, "the sender died over it");
	buf_done(&why);
}

static void hear_nurse(struct guard *g)
{
	struct nurse_news news;
	int r;

	while ((r = nurse_next(&g->nurse, &news)) > 0) {
		if (news.what == NURSE_STARTED && news.fd >= 0) {
			g->sender = news.pid;
			link_use(g->link, news.fd);
			notes_say(g->notes, g->sender_deaths ? FLOW_NOTE : FLOW_DETAIL, "the sender is process %d", (int)news.pid);
		} else if (news.what == NURSE_DIED) {
			on_death(g, &news);
		} else if (news.what == NURSE_ENDED) {
			/* Its last words may be there still. */
			link_work(g->link);
			link_lose(g->link);
			g->sender = 0;
		}
	}
	if (r < 0 && !g->nurse_gone) {
		epoll_ctl(g->epoll, EPOLL_CTL_DEL, g->nurse.fd, NULL);
		g->nurse_gone = true;
	}
}

/* ---- all of them ----------------------------------------------------------------------------------------------- */

/* The descriptor of the link comes and goes. */
static void watch_link(struct guard *g)
{
	const bool out = link_waits(g->link);
	const int fd = link_fd(g->link);
	struct epoll_event e = { .events = EPOLLIN | (out ? EPOLLOUT : 0), .data.fd = fd };

	if (fd >= 0 && (fd != g->link_fd || out != g->link_out) && epoll_ctl(g->epoll, EPOLL_CTL_MOD, fd, &e) && errno == ENOENT)
		epoll_ctl(g->epoll, EPOLL_CTL_ADD, fd, &e);
	g->link_fd = fd;
	g->link_out = out;
}

bool hub_work(struct guard *g)
{
	hear_nurse(g);
	g->flow.helpers[1] = g->sender;
	link_work(g->link);
	control_work(g->control);
	link_work(g->link);
	watch_link(g);
	/* Nobody is there, nor ever will be: whoever started us is to start all anew. */
	if (g->nurse_gone && link_fd(g->link) < 0 && !g->failed && !link_is_done(g->link)) {
		g->failed = true;
		notes_say(g->notes, FLOW_ERROR, "the sender is gone, and what would start another one");
	}
	return !g->failed;
}

void hub_wait(struct guard *g, int most_ms)
{
	struct pollfd p = { .fd = g->epoll, .events = POLLIN };

	poll(&p, 1, most_ms);
}

static bool on_ready(void *ctx)
{
	return hub_work(ctx);
}

static void on_hangup(void *ctx)
{
	struct guard *g = ctx;

	link_reopen(g->link);
	g->flow.judge_waits = true;
}

static int listen_to(struct guard *g, int fd)
{
	struct epoll_event e = { .events = EPOLLIN, .data.fd = fd };

	return epoll_ctl(g->epoll, EPOLL_CTL_ADD, fd, &e) ? -errno : 0;
}

int hub_open(struct guard *g)
{
	const struct link_ears ears = { on_tested, on_gap, on_refused, g };
	struct buf path = BUF_INIT;
	int err = 0;

	g->link = link_new(&ears);
	g->link_fd = -1;
	g->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (!g->link)
		return -ENOMEM;
	if (g->epoll < 0) {
		err = -errno;
		notes_say(g->notes, FLOW_ERROR, "it cannot be set up: %s", strerror(-err));
		return err;
	}
	buf_printf(&path, "%s/" GUARD_CONTROL, g->config->run);
	err = path.error ?: control_open(buf_str(&path), on_request, g, &g->control);
	if (err)
		notes_say(g->notes, FLOW_ERROR, "%s: %s", buf_str(&path), strerror(-err));
	buf_done(&path);
	err = err ?: listen_to(g, control_fd(g->control));
	err = err ?: listen_to(g, g->nurse.fd);
	g->input = (struct flow_input){ .fd = g->epoll, .ready = on_ready, .ctx = g, .hangup = on_hangup, .change = on_change };
	return err;
}

void hub_close(struct guard *g)
{
	control_close(g->control);
	g->control = NULL;
	link_free(g->link);
	g->link = NULL;
	if (g->epoll >= 0)
		close(g->epoll);
	g->epoll = -1;
}
