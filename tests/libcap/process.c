/* SPDX-License-Identifier: BSD-2-Clause */
/* The process itself, and one that the test has started: its id is in $PID. */
#include <errno.h>
#include <linux/securebits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "tests/libcap/says.h"

static pid_t other(void)
{
	const char *pid = getenv("PID");

	return pid ? atoi(pid) : -1;
}

static int get_proc(void)
{
	return text(cap_get_proc());
}

static int get_pid(void)
{
	return text(cap_get_pid(other()));
}

static int iab_get_proc(void)
{
	return iab_text(cap_iab_get_proc());
}

static int iab_get_pid(void)
{
	return iab_text(cap_iab_get_pid(other()));
}

static int proc_root(void)
{
	cap_free(cap_proc_root("proc"));
	return iab_text(cap_iab_get_pid(other()));
}

static int set_iab(const char *words)
{
	cap_iab_t iab = cap_iab_from_text(words);
	int err = cap_iab_set_proc(iab);

	cap_free(iab);
	return err;
}

static int set_proc(void)
{
	cap_t caps = cap_from_text("cap_kill=eip");
	int err = cap_setuid(NOBODY) || cap_set_proc(caps) || cap_set_ambient(CAP_KILL, CAP_SET);

	cap_free(caps);
	return err ? failed() : then("GetProc");
}

static int iab_set_proc(void)
{
	return set_iab("cap_chown,^cap_kill,!cap_fowner") ? failed() : then("IABGetProc");
}

static int get_bound(void)
{
	return has("bounding", CAP_KILL, cap_get_bound(CAP_KILL) == 1);
}

static int drop_bound(void)
{
	return cap_drop_bound(CAP_KILL) ? failed() : then("GetBound");
}

static int get_ambient(void)
{
	return has("ambient", CAP_KILL, cap_get_ambient(CAP_KILL) == 1);
}

static int set_ambient(void)
{
	if (set_iab("cap_kill") || cap_set_ambient(CAP_KILL, CAP_SET))
		return failed();
	return then("GetAmbient");
}

static int reset_ambient(void)
{
	return set_iab("^cap_kill") || cap_reset_ambient() ? failed() : then("GetAmbient");
}

static int ambient_supported(void)
{
	return has("ambient", CAP_CHOWN, CAP_AMBIENT_SUPPORTED());
}

static int get_mode(void)
{
	puts(cap_mode_name(cap_get_mode()));
	return 0;
}

/* PURE1E is told from its beginning by something inheritable. */
static int in_mode(cap_mode_t mode)
{
	if (mode == CAP_MODE_PURE1E && set_iab("cap_kill"))
		return failed();
	return cap_set_mode(mode) ? failed() : then("GetMode");
}

static int nopriv(void)
{
	return in_mode(CAP_MODE_NOPRIV);
}

static int pure1e_init(void)
{
	return in_mode(CAP_MODE_PURE1E_INIT);
}

static int pure1e(void)
{
	return in_mode(CAP_MODE_PURE1E);
}

static int hybrid(void)
{
	return in_mode(CAP_MODE_HYBRID);
}

static int uncertain(void)
{
	return cap_set_secbits(SECBIT_NOROOT) ? failed() : then("GetMode");
}

/* In the order of their numbers. */
static int modes(void)
{
	for (cap_mode_t mode = CAP_MODE_UNCERTAIN; mode <= CAP_MODE_HYBRID; mode++)
		printf("%s%s", mode ? " " : "", cap_mode_name(mode));
	putchar('\n');
	return 0;
}

static int mode_string(void)
{
	puts(cap_mode_name(CAP_MODE_PURE1E_INIT));
	return 0;
}

static int bad_mode(void)
{
	return cap_set_mode(99) ? failed() : 0;
}

static int get_secbits(void)
{
	printf("%u\n", cap_get_secbits());
	return 0;
}

static int set_secbits(void)
{
	return cap_set_secbits(SECBIT_NOROOT | SECBIT_NOROOT_LOCKED) ? failed() : then("GetSecbits");
}

/* All of them, as the kernel's header numbers them. */
static int secbits(void)
{
	const unsigned bits[] = {
		SECBIT_NOROOT,
		SECBIT_NOROOT_LOCKED,
		SECBIT_NO_SETUID_FIXUP,
		SECBIT_NO_SETUID_FIXUP_LOCKED,
		SECBIT_KEEP_CAPS,
		SECBIT_KEEP_CAPS_LOCKED,
		SECBIT_NO_CAP_AMBIENT_RAISE,
		SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED,
	};

	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		printf("%s%u", i ? "," : "[", bits[i]);
	puts("]");
	return 0;
}

static int no_new_privs(void)
{
	puts(cap_prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0, 0) == 1 ? "true" : "false");
	return 0;
}

static int set_no_new_privs(void)
{
	return cap_prctlw(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0) ? failed() : then("Prctl");
}

static int set_uid(void)
{
	cap_flag_value_t on;
	cap_t caps;

	if (cap_setuid(NOBODY))
		return failed();
	printf("%u\n", getuid());
	caps = cap_get_proc();
	cap_get_flag(caps, CAP_KILL, CAP_PERMITTED, &on);
	cap_free(caps);
	return has("permitted", CAP_KILL, on == CAP_SET);
}

static int set_groups(void)
{
	const gid_t groups[] = { 8, 9 };

	if (cap_setgroups(7, 2, groups))
		return failed();
	fflush(stdout);
	execlp("id", "id", "-G", NULL);
	return failed();
}

const struct row says_process[] = {
	{ "GetProc", get_proc },
	{ "GetPID", get_pid },
	{ "IABGetProc", iab_get_proc },
	{ "IABGetPID", iab_get_pid },
	{ "ProcRoot", proc_root },
	{ "Set.SetProc", set_proc },
	{ "IAB.SetProc", iab_set_proc },
	{ "GetBound", get_bound },
	{ "DropBound", drop_bound },
	{ "GetAmbient", get_ambient },
	{ "SetAmbient", set_ambient },
	{ "ResetAmbient", reset_ambient },
	{ "CAP_AMBIENT_SUPPORTED", ambient_supported },
	{ "GetMode", get_mode },
	{ "ModeNoPriv", nopriv },
	{ "ModePure1EInit", pure1e_init },
	{ "ModePure1E", pure1e },
	{ "ModeHybrid", hybrid },
	{ "ModeUncertain", uncertain },
	{ "Mode.Set", pure1e },
	{ "Mode", modes },
	{ "Mode.String", mode_string },
	{ "ErrBadMode", bad_mode },
	{ "GetSecbits", get_secbits },
	{ "Secbits.Set", set_secbits },
	{ "Secbits", secbits },
	{ "Prctl", no_new_privs },
	{ "Prctlw", set_no_new_privs },
	{ "SetUID", set_uid },
	{ "SetGroups", set_groups },
	{ NULL, NULL },
};
