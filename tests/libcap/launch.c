/* SPDX-License-Identifier: BSD-2-Clause */
/* Launchers: libcap starts what capsieve run starts. */
#include <errno.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/libcap/says.h"

extern char **environ;

/* Sh -c words, launched; frees the launcher. */
static cap_launch_t shell(const char *words)
{
	static const char *argv[4] = { "sh", "-c" };

	argv[2] = words;
	return cap_new_launcher("/bin/sh", argv, (const char *const *)environ);
}

static int launch(cap_launch_t l)
{
	pid_t pid = cap_launch(l, NULL);

	cap_free(l);
	if (pid < 0)
		return failed();
	waitpid(pid, NULL, 0);
	return 0;
}

static int new_launcher(void)
{
	return launch(shell("echo launched"));
}

static int give_up(void *detail)
{
	cap_t none = cap_init();
	int err = cap_set_proc(none);

	(void)detail;
	cap_free(none);
	text(cap_get_proc());
	fflush(stdout);
	return err;
}

/* What the function gives up, its caller keeps. */
static int func_launcher(void)
{
	cap_flag_value_t on = CAP_CLEAR;
	cap_t caps;

	if (launch(cap_func_launcher(give_up)))
		return 1;
	caps = cap_get_proc();
	cap_get_flag(caps, CAP_KILL, CAP_EFFECTIVE, &on);
	cap_free(caps);
	return has("effective", CAP_KILL, on == CAP_SET);
}

static int to_root(void *detail)
{
	(void)detail;
	return chdir("/");
}

static int callback(void)
{
	cap_launch_t l = shell("pwd");

	return cap_launcher_callback(l, to_root) ? failed() : launch(l);
}

static int set_uid(void)
{
	cap_launch_t l = shell("id -u");

	return cap_launcher_setuid(l, NOBODY) ? failed() : launch(l);
}

static int set_groups(void)
{
	const gid_t groups[] = { 8, 9 };
	cap_launch_t l = shell("id -G");

	return cap_launcher_setgroups(l, 7, 2, groups) ? failed() : launch(l);
}

static int set_iab(void)
{
	cap_launch_t l = shell("capsh --current");

	cap_free(cap_launcher_set_iab(l, cap_iab_from_text("cap_chown,^cap_kill,!cap_fowner")));
	return launch(l);
}

static int set_mode(void)
{
	cap_launch_t l = shell("capsh --mode");

	return cap_launcher_set_mode(l, CAP_MODE_NOPRIV) ? failed() : launch(l);
}

static int set_chroot(void)
{
	cap_launch_t l = shell("echo /*");

	return cap_launcher_set_chroot(l, "/usr") ? failed() : launch(l);
}

static int launch_failed(void)
{
	const char *argv[] = { "no-such-command", NULL };

	return launch(cap_new_launcher("/no-such-command", argv, (const char *const *)environ));
}

const struct row says_launch[] = {
	{ "Launcher", new_launcher },
	{ "FuncLauncher", func_launcher },
	{ "Launcher.Callback", callback },
	{ "Launcher.SetUID", set_uid },
	{ "Launcher.SetGroups", set_groups },
	{ "Launcher.SetIAB", set_iab },
	{ "Launcher.SetMode", set_mode },
	{ "Launcher.SetChroot", set_chroot },
	{ "ErrLaunchFailed", launch_failed },
	{ NULL, NULL },
};
