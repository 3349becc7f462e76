/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/guard/sending.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/flow/notes.h"
#include "user/guard/guard.h"
#include "user/guard/nurse.h"
#include "user/host/users.h"
#include "user/sender/sender.h"

#define NOBODY "nobody"

/*
 * Root's sender is nobody: whoever is root needs no capability to write what is root's. Who is told to stay who he is becomes
 * nobody, in any sense: in a container root may lack what that takes.
 */
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
	if (user.uid != geteuid()) {
		ret->uid = user.uid;
		ret->gid = user.gid;
	}
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
	ret->places[0] = config->state;
	ret->places[1] = config->run;
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

static void say(void *ctx, const char *sentence)
{
	notes_say(ctx, FLOW_WARNING, "%s", sentence);
}

int sending_run(void *ctx, int fd)
{
	const struct sending *s = ctx;
	struct utsname name;
	struct sender_setup setup = {
		.fd = fd,
		.spool_fd = NURSE_KEPT,
		.off = { s->places, s->uid == (uid_t)-1 ? sizeof(s->places) / sizeof(s->places[0]) : 0, NURSE_KEPT },
		.uid = (uid_t)-1,	/* the nurse has become who it is to be */
		.ending = s->ending,
		.host = uname(&name) ? "localhost" : name.nodename,
		.say = say,
		.ctx = (void *)s->notes,
	};

	return sender_run(&setup);
}
