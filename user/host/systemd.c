/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/systemd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/clock.h"
#include "user/host/launch.h"

enum { ANSWER_MAX = 64 << 20, PATIENCE_MS = 10000, PIECE = 65536 };

struct systemd {
	char *text;	/* all of the answer, in pieces that end with a NUL */
	struct systemd_unit *at;
	size_t count;
};

static const char properties[] =
	"--property=Id,FragmentPath,ActiveState,Slice,CapabilityBoundingSet,AmbientCapabilities,User,DynamicUser,"
	"NoNewPrivileges,PrivateUsers";

/* What it wrote until its end; a systemd that hangs must not make us hang. */
static int read_answer(int fd, struct buf *ret)
{
	uint64_t end = clock_ns(CLOCK_MONOTONIC) + PATIENCE_MS * 1000000ULL;

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		uint64_t now = clock_ns(CLOCK_MONOTONIC);
		ssize_t n;

		if (now >= end || poll(&p, 1, (int)((end - now) / 1000000) + 1) == 0)
			return -ETIMEDOUT;
		if (buf_reserve(ret, PIECE))
			return ret->error;
		n = read(fd, ret->data + ret->len, PIECE);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : 0;
		ret->len += (size_t)n;
		if (ret->len > ANSWER_MAX)
			return -EFBIG;
	}
}

static int run(struct launch *l, int fd, struct buf *ret)
{
	int status = 0, err = launch_release(l);

	err = err ?: read_answer(fd, ret);
	if (err)
		kill(launch_pid(l), SIGKILL);
	launch_reap(l, true, &status);
	return err ?: status ? -EIO : 0;
}

static int ask(struct buf *ret)
{
	char *const argv[] = { "systemctl", "show", "--no-pager", (char *)properties, "--", "*.service", "*.socket", NULL };
	struct launch_as as = { .user = NULL };
	struct buf why = BUF_INIT;
	struct launch *l = NULL;
	int ends[2], null, err;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	as.out = ends[1];
	/* Why it cannot is its own sentence among ours; ours says that it does not. */
	null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	as.err = null > 0 ? null : 0;
	err = launch_hold(argv, &as, &l, &why);
	close(ends[1]);
	if (null >= 0)
		close(null);
	err = err ?: run(l, ends[0], ret);
	close(ends[0]);
	launch_free(l);
	buf_done(&why);
	return err;
}

/* The value of a key at the start of a line; it ends with its line. "" where there is none. */
static const char *value_of(const char *text, const char *key)
{
	size_t n = strlen(key);

	while (text && *text) {
		if (!strncmp(text, key, n) && text[n] == '=')
			return text + n + 1;
		text = strchr(text, '\n');
		text += text != NULL;
	}
	return "";
}

static char *line(const char *value)
{
	return strndup(value, strcspn(value, "\n"));
}

static int put(struct systemd *s, char *text)
{
	struct systemd_unit *at = reallocarray(s->at, s->count + 1, sizeof(*at)), u = { .text = text, .n = strlen(text) };

	if (!at)
		return -ENOMEM;
	s->at = at;
	u.active = !strncmp(value_of(text, "ActiveState"), "active\n", 7);
	u.name = line(value_of(text, "Id"));
	u.path = line(value_of(text, "FragmentPath"));
	s->at[s->count++] = u;
	return u.name && u.path ? 0 : -ENOMEM;
}

/* Units are parted by an empty line. */
static int split(struct systemd *s)
{
	char *text = s->text, *next;
	int err = 0;

	for (; text && *text && !err; text = next) {
		next = strstr(text, "\n\n");
		if (next) {
			next[1] = '\0';
			next += 2;
		}
		if (*value_of(text, "Id"))
			err = put(s, text);
	}
	return err;
}

int systemd_ask(struct systemd **ret)
{
	struct buf text = BUF_INIT;
	struct systemd *s;
	int err = access("/run/systemd/system", F_OK) ? -ENODATA : ask(&text);

	s = err ? NULL : calloc(1, sizeof(*s));
	if (!err && !s)
		err = -ENOMEM;
	if (!err) {
		buf_str(&text);
		s->text = text.data;
		text = (struct buf)BUF_INIT;
		err = split(s);
	}
	buf_done(&text);
	if (err)
		systemd_free(s);
	else
		*ret = s;
	return err;
}

void systemd_free(struct systemd *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++) {
		free((char *)s->at[i].name);
		free((char *)s->at[i].path);
	}
	free(s->at);
	free(s->text);
	free(s);
}

int systemd_next(const struct systemd *s, size_t *at, struct systemd_unit *ret)
{
	if (*at >= s->count)
		return 0;
	*ret = s->at[(*at)++];
	return 1;
}
