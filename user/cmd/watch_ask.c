/* SPDX-License-Identifier: BSD-2-Clause */
/* Asks a daemon that runs: a line each way. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "user/base/jsonin.h"
#include "user/base/text.h"
#include "user/cmd/commands.h"
#include "user/cmd/say.h"
#include "user/cmd/watch.h"
#include "user/guard/guard.h"
#include "user/guard/request.h"

/* A daemon that lives answers at once; what a test of an output or other rules come to takes its time. */
enum { ANSWER_MOST = 4 << 20, SIGN_SECONDS = 5, WORK_SECONDS = 70 };

static int connect_to(const char *path, int seconds)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	const struct timeval wait = { .tv_sec = seconds };
	int fd, err = 0;

	if (strlen(path) >= sizeof(at.sun_path))
		return -ENAMETOOLONG;
	memcpy(at.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	/* Also where so many wait that none of them is let in. */
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	if (connect(fd, (const struct sockaddr *)&at, sizeof(at)))
		err = -errno;
	if (err)
		close(fd);
	return err ?: fd;
}

/* To the end: the daemon closes behind its line. */
static int read_answer(int fd, struct buf *ret)
{
	while (ret->len < ANSWER_MOST && !buf_reserve(ret, BUFSIZ)) {
		ssize_t n = recv(fd, ret->data + ret->len, BUFSIZ, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : ret->len ? 0 : -ECONNRESET;
		ret->len += (size_t)n;
	}
	return ret->error ?: -EFBIG;
}

static void say_unreachable(const char *path, int err, int seconds)
{
	if (err == -EAGAIN)
		say(&watch_say, "the daemon does not answer: nothing came from %s in %d seconds; it is stopped, stuck or still starting",
		    path, seconds);
	else if (err == -ENOENT || err == -ECONNREFUSED)
		say(&watch_say, "no daemon runs: nobody listens at %s", path);
	else if (err == -EACCES || err == -ECONNRESET)
		say(&watch_say, "%s: only root and the daemon's own user may ask", path);
	else
		say_error(&watch_say, path, err);
}

/* One question, one answer. */
static int exchange(const char *path, const struct request *r, int seconds, struct buf *ret)
{
	struct buf line = BUF_INIT;
	int fd = connect_to(path, seconds), err = fd < 0 ? fd : 0;

	request_put(&line, r);
	if (!err && send(fd, buf_str(&line), line.len, MSG_NOSIGNAL) != (ssize_t)line.len)
		err = errno == EPIPE ? -ECONNRESET : -errno;
	err = err ?: read_answer(fd, ret);
	if (err)
		say_unreachable(path, err, seconds);
	if (fd >= 0)
		close(fd);
	buf_done(&line);
	return err;
}

/* Whoever is to do something for us shows first that he lives. */
static int ask(const struct watch_options *o, struct buf *ret)
{
	static const enum request_do asks[] = {
		[WATCH_STATUS] = REQUEST_STATUS,
		[WATCH_RELOAD] = REQUEST_RELOAD,
		[WATCH_REOPEN] = REQUEST_REOPEN,
		[WATCH_TEST_OUTPUT] = REQUEST_TEST_OUTPUT,
		[WATCH_LEARNED] = REQUEST_LEARN_ANEW,
	};
	const struct request sign = { .what = REQUEST_STATUS };
	struct request r = { .what = asks[o->word] };
	struct buf path = BUF_INIT;
	int err;

	if (o->output)
		snprintf(r.output, sizeof(r.output), "%s", o->output);
	if (o->key)
		snprintf(r.workload, sizeof(r.workload), "%s", o->key);
	buf_printf(&path, "%s/" GUARD_CONTROL, o->run);
	err = exchange(buf_str(&path), &sign, SIGN_SECONDS, ret);
	if (!err && r.what != REQUEST_STATUS) {
		buf_clear(ret);
		err = exchange(buf_str(&path), &r, WORK_SECONDS, ret);
	}
	buf_done(&path);
	return err;
}

/* ---- what it said ---------------------------------------------------------------------------------------------- */

static void print(const char *text, size_t n)
{
	struct buf safe = BUF_INIT;

	text_safe(&safe, text, n);
	fputs(buf_str(&safe), stdout);
	buf_done(&safe);
}

/* Refused: in its own words. */
static int say_refused(const struct jsonin *root)
{
	struct jsonin at;
	const char *sentence = "refused";
	struct buf safe = BUF_INIT;

	if (!jsonin_member(root, "error", &at))
		jsonin_text(&at, &sentence);
	text_safe(&safe, sentence, strlen(sentence));
	if (strchr(sentence, '\n'))
		fputs(buf_str(&safe), stderr);
	else
		say(&watch_say, "%s", sentence);
	buf_done(&safe);
	return EXIT_FAILED;
}

static int tell(const struct watch_options *o, const struct jsonin *root)
{
	struct buf b = BUF_INIT;
	struct jsonin at;
	const char *said = "";
	int err = 0;

	switch (o->word) {
	case WATCH_STATUS:
		err = watch_status_text(&b, root, o->utc);
		break;
	case WATCH_TEST_OUTPUT:
		err = jsonin_member(root, "said", &at) ?: jsonin_text(&at, &said);
		buf_printf(&b, "%s: %s\n", o->output, *said ? said : "delivered");
		break;
	case WATCH_LEARNED:
		err = jsonin_member(root, "said", &at) ?: jsonin_text(&at, &said);
		buf_printf(&b, "%s: %s\n", o->key ?: "what was learned", said);
		break;
	case WATCH_RELOAD:
		buf_puts(&b, "rules and configuration were read anew: these rules are in force, and outputs are told\n");
		break;
	default:
		break;
	}
	if (!err && !o->quiet)
		print(buf_str(&b), b.len);
	buf_done(&b);
	return err;
}

/* Is what it was asked for done? */
static int judge(const struct watch_options *o, const struct jsonin *root, const struct buf *answer)
{
	struct jsonin at;
	bool ok;
	int err = jsonin_member(root, "ok", &at) ?: jsonin_bool(&at, &ok);

	if (err)
		return err;
	if (o->json)
		print(answer->data, answer->len);
	else if (ok)
		err = tell(o, root);
	if (err)
		return err;
	if (ok)
		return say_flush(&watch_say);
	if (!o->json)
		return say_refused(root);
	return EXIT_FAILED;
}

int watch_ask(const struct watch_options *o)
{
	struct buf answer = BUF_INIT, why = BUF_INIT;
	struct jsonin root;
	int code = ask(o, &answer);

	if (!code)
		code = jsonin_open("the daemon's answer", buf_str(&answer), answer.len, &why, &root);
	else
		code = EXIT_FAILED;
	if (!code) {
		code = judge(o, &root, &answer);
		jsonin_close(&root);
	}
	if (code < 0) {
		say(&watch_say, "%s", why.len ? buf_str(&why) : "out of memory");
		code = EXIT_FAILED;
	}
	buf_done(&answer);
	buf_done(&why);
	return code;
}
