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

enum { ANSWER_MOST = 4 << 20, WAIT_SECONDS = 70 };

static int connect_to(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	const struct timeval wait = { .tv_sec = WAIT_SECONDS };
	int fd, err = 0;

	if (strlen(path) >= sizeof(at.sun_path))
		return -ENAMETOOLONG;
	strcpy(at.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
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

static void say_unreachable(const char *path, int err)
{
	if (err == -ENOENT || err == -ECONNREFUSED)
		say(&watch_say, "no daemon runs: nobody listens at %s", path);
	else if (err == -EACCES || err == -ECONNRESET)
		say(&watch_say, "%s: only root and the daemon's own user may ask", path);
	else
		say_error(&watch_say, path, err);
}

static int ask(const struct watch_options *o, struct buf *ret)
{
	static const enum request_do asks[] = {
		[WATCH_STATUS] = REQUEST_STATUS,
		[WATCH_RELOAD] = REQUEST_RELOAD,
		[WATCH_REOPEN] = REQUEST_REOPEN,
		[WATCH_TEST_OUTPUT] = REQUEST_TEST_OUTPUT,
		[WATCH_LEARNED] = REQUEST_LEARN_ANEW,
	};
	struct request r = { .what = asks[o->word] };
	struct buf path = BUF_INIT, line = BUF_INIT;
	int fd, err;

	if (o->output)
		snprintf(r.output, sizeof(r.output), "%s", o->output);
	if (o->key)
		snprintf(r.workload, sizeof(r.workload), "%s", o->key);
	buf_printf(&path, "%s/" GUARD_CONTROL, o->run);
	request_put(&line, &r);
	fd = connect_to(buf_str(&path));
	err = fd < 0 ? fd : 0;
	if (!err && send(fd, buf_str(&line), line.len, MSG_NOSIGNAL) != (ssize_t)line.len)
		err = -errno == -EPIPE ? -ECONNRESET : -errno;
	err = err ?: read_answer(fd, ret);
	if (err)
		say_unreachable(buf_str(&path), err);
	if (fd >= 0)
		close(fd);
	buf_done(&line);
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
	say_is_answer();
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
		buf_puts(&b, "rules and configuration were read anew, and are in force\n");
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
	say_is_answer();
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
