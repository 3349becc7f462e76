/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/run_profile.h"

#include <string.h>

#include "user/base/buf.h"
#include "user/base/text.h"
#include "user/caps/profile.h"
#include "user/cmd/commands.h"
#include "user/cmd/profile_file.h"
#include "user/cmd/say.h"
#include "user/host/launch.h"

static int judge(const struct say *to, const char *path, bool forced, const struct profile *p)
{
	if (p->incomplete && !forced) {
		say(to, "%s: incomplete: not everything was seen when it was made, so capabilities may be missing; "
			"--force starts it all the same", path);
		return LAUNCH_FAILED;
	}
	if (p->incomplete)
		say(to, "%s: incomplete: capabilities may be missing", path);
	else if (p->status == PROFILE_ESTIMATED)
		say(to, "%s: estimated, and not verified by a run with exactly this", path);
	return EXIT_FINE;
}

int run_profile_read(const struct say *to, const char *path, bool forced, struct profile *ret)
{
	struct buf safe = BUF_INIT;
	int code = profile_file_read(to, path, true, LAUNCH_FAILED, ret);

	if (code)
		return code;
	text_escape(&safe, path, strlen(path));
	code = judge(to, buf_str(&safe), forced, ret);
	if (code)
		profile_done(ret);
	buf_done(&safe);
	return code;
}
