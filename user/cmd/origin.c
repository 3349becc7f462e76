/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/origin.h"

#include <string.h>
#include <sys/stat.h>

#include "user/cmd/say.h"
#include "user/host/self.h"

static const struct say to = { NULL };

/* A file that cannot be looked at has changed no ids: that is told apart by the ids. */
static bool is_setid(const struct self *me)
{
	struct stat st;

	if (me->uid != me->euid || me->gid != me->egid)
		return true;
	return !stat("/proc/self/exe", &st) && st.st_mode & (S_ISUID | S_ISGID);
}

bool origin_settle(bool keep)
{
	struct self me;
	int err = self_read(&me);

	if (!err && is_setid(&me)) {
		say(&to, "is started setuid or setgid, which it is never meant to be: chmod u-s,g-s its file, and "
			 "see capsieve-run(1) for rules and file capabilities, which take less");
		return false;
	}
	if (!err && me.secure)
		err = self_disown(keep);
	if (err)
		say_error(&to, "what our file gives could not be given back", err);
	return !err;
}
