/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/guard/sending.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/out.h"
#include "user/flow/notes.h"
#include "user/guard/guard.h"
#include "user/host/users.h"
#include "user/model/message.h"

#define NOBODY "nobody"

/* Root's sender is nobody: whoever is root needs no capability to write what is root's. */
static int plan_user(const struct guard_config *config, const struct flow_notes *notes, struct sending *ret)
{
	const char *name = config->sender_user ?: geteuid() ? config->sender_user : NOBODY;
	struct user user;
	int err;

	ret->uid = (uid_t)-1;
	if (!name)
		return 0;
	err = users_find(name, &user);
	if (err) {
		notes_say(notes, FLOW_ERROR, "there is no user '%s' for the sender", name);
		return err;
	}
	ret->uid = user.uid;
	ret->gid = user.gid;
	users_user_done(&user);
	return 0;
}

static int open_spool(const char *path, struct sending *s)
{
	if (mkdir(path, 0700) && errno != EEXIST)
		return -errno;
	s->spool = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (s->spool < 0)
		return -errno;
	return s->uid != (uid_t)-1 && fchown(s->spool, s->uid, s->gid) ? -errno : 0;
}

int sending_plan(const struct guard_config *config, const struct flow_notes *notes, struct sending *ret)
{
	struct buf path = BUF_INIT;
	int err;

	*ret = (struct sending){ .spool = -1, .notes = notes };
	err = plan_user(config, notes, ret);
	if (err)
		return err;
	buf_printf(&path, "%s/spool", config->state);
	err = path.error ?: open_spool(buf_str(&path), ret);
	if (err)
		notes_say(notes, FLOW_ERROR, "%s: %s", buf_str(&path), strerror(-err));
	buf_done(&path);
	if (err)
		sending_done(ret);
	return err;
}

void sending_done(struct sending *s)
{
	if (s->spool >= 0)
		close(s->spool);
	s->spool = -1;
}

static void reply(int fd, const struct message *m)
{
	struct buf b = BUF_INIT;

	message_put(&b, m);
	(void)!send(fd, buf_str(&b), b.len, MSG_NOSIGNAL);
	buf_done(&b);
}

static bool take(int fd, const struct message *m, struct out *out)
{
	struct message r = { .type = MESSAGE_DONE };

	if (m->type == MESSAGE_ALERT) {
		out_write(out, m->alert.json, strlen(m->alert.json));
		out_write(out, "\n", 1);
		out_flush(out);
		r.type = MESSAGE_STORED;
		r.stored.seq = m->alert.seq;
		reply(fd, &r);
	} else if (m->type == MESSAGE_TEST) {
		r.type = MESSAGE_TESTED;
		r.answer.name = m->test.output;
		r.answer.ok = !strcmp(m->test.output, "stdout");
		r.answer.sentence = r.answer.ok ? "delivered" : "there is no such output";
		reply(fd, &r);
	} else if (m->type == MESSAGE_DRAIN) {
		reply(fd, &r);
		return false;
	}
	return true;
}

int sending_run(void *ctx, int fd)
{
	static char packet[MESSAGE_BYTES_MAX];
	static struct message m;
	struct out out;
	ssize_t n;

	(void)ctx;
	out_init(&out, STDOUT_FILENO, false);
	while ((n = recv(fd, packet, sizeof(packet), 0)) > 0)
		if (!message_get(packet, (size_t)n, &m) && !take(fd, &m, &out))
			return 0;
	return 1;
}
