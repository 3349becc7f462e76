/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The traps. Sources: Docker's and podman's specgen (what a user that is not root is given), the list that Docker's
 * seccomp profile opens by capability, Kubernetes' pod security checks, systemd.exec(5), capabilities(7), and
 * running each program.
 */
#include <linux/capability.h>
#include <string.h>

#include "user/advice/recipe.h"
#include "user/advice/recipe_words.h"
#include "user/base/buf.h"

#define CAP(name) (1ULL << CAP_##name)

#define BIT(format) (1U << RECIPE_##format)

/* Of which a container has a user of its own choice. */
#define CONTAINERS (BIT(DOCKER) | BIT(PODMAN) | BIT(COMPOSE) | BIT(KUBERNETES) | BIT(QUADLET) | BIT(OCI) | BIT(ECS))
/* Which set no no_new_privs. */
#define UNLOCKED                                                                                                       \
	(BIT(SETCAP) | BIT(UWSGI) | BIT(PAM) | BIT(APPARMOR) | BIT(SELINUX) | BIT(IAB) | BIT(TEXT) | BIT(MASK))
#define EVERY	   ((1U << RECIPE_COUNT) - 1)

/* What Docker's seccomp profile allows only to who has one: calls that fail with EPERM else, and no check is made. */
static const struct {
	uint64_t any;
	const char *calls;
} opened[] = {
	{ CAP(SYS_ADMIN), "mount, unshare, setns, clone with namespaces (SYS_ADMIN)" },
	{ CAP(SYS_ADMIN) | CAP(BPF), "bpf (BPF)" },
	{ CAP(SYS_ADMIN) | CAP(PERFMON), "perf_event_open (PERFMON)" },
	{ CAP(SYS_ADMIN) | CAP(SYSLOG), "syslog (SYSLOG)" },
	{ CAP(SYS_PTRACE), "process_vm_readv, kcmp, pidfd_getfd (SYS_PTRACE)" },
	{ CAP(DAC_READ_SEARCH), "open_by_handle_at (DAC_READ_SEARCH)" },
	{ CAP(SYS_CHROOT), "chroot (SYS_CHROOT)" },
	{ CAP(SYS_NICE), "set_mempolicy, mbind (SYS_NICE)" },
	{ CAP(SYS_TIME), "clock_settime, settimeofday (SYS_TIME)" },
	{ CAP(SYS_TTY_CONFIG), "vhangup (SYS_TTY_CONFIG)" },
	{ CAP(SYS_MODULE), "init_module, delete_module (SYS_MODULE)" },
	{ CAP(SYS_RAWIO), "iopl, ioperm (SYS_RAWIO)" },
	{ CAP(SYS_PACCT), "acct (SYS_PACCT)" },
	{ CAP(SYS_BOOT), "reboot (SYS_BOOT)" },
};

/* What the pod security standard "baseline" lets a container add. */
#define BASELINE                                                                                                  \
	(CAP(AUDIT_WRITE) | CAP(CHOWN) | CAP(DAC_OVERRIDE) | CAP(FOWNER) | CAP(FSETID) | CAP(KILL) | CAP(MKNOD) |   \
	 CAP(NET_BIND_SERVICE) | CAP(SETFCAP) | CAP(SETGID) | CAP(SETPCAP) | CAP(SETUID) | CAP(SYS_CHROOT))

static bool always(const struct recipe_need *n)
{
	(void)n;
	return true;
}

static bool is_incomplete(const struct recipe_need *n)
{
	return n->incomplete;
}

static bool is_estimated(const struct recipe_need *n)
{
	return !n->verified;
}

static bool is_verified(const struct recipe_need *n)
{
	return n->verified;
}

static bool is_start_unseen(const struct recipe_need *n)
{
	return n->start_unseen;
}

static bool empty(const struct recipe_need *n)
{
	return !n->caps;
}

static bool some(const struct recipe_need *n)
{
	return n->caps;
}

static bool rootless(const struct recipe_need *n)
{
	return !recipe_for_root(n) && n->caps;
}

static bool rooted(const struct recipe_need *n)
{
	return recipe_for_root(n) && n->caps;
}

static bool rootless_locked(const struct recipe_need *n)
{
	return rootless(n) && n->no_new_privs;
}

static bool locked(const struct recipe_need *n)
{
	return n->no_new_privs && n->caps;
}

static bool unlocked(const struct recipe_need *n)
{
	return !n->no_new_privs;
}

static bool wider(const struct recipe_need *n)
{
	return n->bounding != n->caps;
}

static bool named_user(const struct recipe_need *n)
{
	return n->user && !recipe_user_numeric(n);
}

static bool numbered_user(const struct recipe_need *n)
{
	return n->user && strspn(n->user, "0123456789") == recipe_user_len(n->user);
}

static bool userless(const struct recipe_need *n)
{
	return !n->user;
}

static bool groupless(const struct recipe_need *n)
{
	return n->user && !recipe_group(n->user);
}

static bool any_user(const struct recipe_need *n)
{
	return n->user;
}

static bool wants_no_new_privs(const struct recipe_need *n)
{
	return n->no_new_privs;
}

static bool beyond_ecs(const struct recipe_need *n)
{
	return n->bounding & RECIPE_NOT_IN_ECS;
}

static bool restricted(const struct recipe_need *n)
{
	return !(n->bounding & ~CAP(NET_BIND_SERVICE)) && n->no_new_privs;
}

static bool baseline(const struct recipe_need *n)
{
	return !(n->bounding & ~BASELINE) && !restricted(n);
}

static bool beyond_baseline(const struct recipe_need *n)
{
	return n->bounding & ~BASELINE;
}

static bool seccomp_shut(const struct recipe_need *n)
{
	for (size_t i = 0; i < sizeof(opened) / sizeof(opened[0]); i++)
		if (!(opened[i].any & n->bounding))
			return true;
	return false;
}

static bool beyond_label(const struct recipe_need *n)
{
	return n->bounding & ~RECIPE_OF_PODMAN;
}

static bool quietable(const struct recipe_need *n)
{
	return n->unneeded & ~n->bounding;
}

static bool nothing_bounding(const struct recipe_need *n)
{
	return !n->bounding;
}

/* %s in a text is the list that `set` gives. */
static uint64_t no_list(const struct recipe_need *n)
{
	(void)n;
	return 0;
}

/* Stands for calls, and not for capabilities. */
static uint64_t list_shut(const struct recipe_need *n)
{
	return no_list(n);
}

static void put_shut(struct buf *b, const struct recipe_need *n)
{
	const char *between = "";

	for (size_t i = 0; i < sizeof(opened) / sizeof(opened[0]); i++) {
		if (opened[i].any & n->bounding)
			continue;
		buf_printf(b, "%s%s", between, opened[i].calls);
		between = "; ";
	}
}

static uint64_t list_beyond_baseline(const struct recipe_need *n)
{
	return n->bounding & ~BASELINE;
}

static uint64_t list_beyond_ecs(const struct recipe_need *n)
{
	return n->bounding & RECIPE_NOT_IN_ECS;
}

static uint64_t list_beyond_label(const struct recipe_need *n)
{
	return n->bounding & ~RECIPE_OF_PODMAN;
}

static uint64_t list_wider(const struct recipe_need *n)
{
	return n->bounding & ~n->caps;
}

static uint64_t list_conditional(const struct recipe_need *n)
{
	return n->conditional & ~n->drops;
}

static uint64_t list_kept(const struct recipe_need *n)
{
	return n->kept;
}

static uint64_t list_drops(const struct recipe_need *n)
{
	return n->drops;
}

static bool some_conditional(const struct recipe_need *n)
{
	return list_conditional(n);
}

static bool some_locked_out(const struct recipe_need *n)
{
	return n->locked_out;
}

static uint64_t list_locked_out(const struct recipe_need *n)
{
	return n->locked_out;
}

static bool some_kept(const struct recipe_need *n)
{
	return n->kept;
}

static bool some_drops(const struct recipe_need *n)
{
	return n->drops;
}

static bool locks_memory(const struct recipe_need *n)
{
	return n->conditional & CAP(IPC_LOCK);
}

static bool binds_ports(const struct recipe_need *n)
{
	return n->bounding & CAP(NET_BIND_SERVICE);
}

static const struct remark {
	unsigned formats;
	bool (*when)(const struct recipe_need *n);
	const char *text;
	uint64_t (*list)(const struct recipe_need *n);
} remarks[] = {
	{ EVERY, is_incomplete, "Incomplete: checks were lost while this was found out, and capabilities may be missing.",
	  no_list },
	{ EVERY, is_start_unseen, "Start-up not seen: it ran already, and what it needs to start may be missing.", no_list },
	{ EVERY, is_estimated, "Estimated, and not verified by a run with exactly this.", no_list },
	/* What ran, ran under capsieve: of what applies it elsewhere only the set was proved. */
	{ BIT(SETPRIV) | BIT(CAPSH), is_verified, "Verified: it ran with exactly this set, started by capsieve, and worked.", no_list },
	{ EVERY & ~BIT(SETPRIV) & ~BIT(CAPSH), is_verified,
	  "Verified: it ran with exactly this set, ambient and as its bounding set, started by capsieve, and worked. In what this is for "
	  "it was not run.",
	  no_list },
	{ EVERY, some_conditional, "Only past a limit or in a state: %s. The page says which, and what to change instead.",
	  list_conditional },
	{ UNLOCKED, some_locked_out,
	  "Set no_new_privs by other means, which this does not: without it the program needs %s too, for a filter of its own.",
	  list_locked_out },
	{ EVERY, some_kept, "Most programs go on without %s: try it, or let --verify --minimise do so.", list_kept },
	{ EVERY, some_drops, "Only to give up privilege at the start: %s. Started as that user at once, it needs none of these.",
	  list_drops },
	{ BIT(SYSTEMD) | BIT(QUADLET), locks_memory, "Instead of IPC_LOCK a higher LimitMEMLOCK= may do.", no_list },
	{ BIT(DOCKER) | BIT(COMPOSE), binds_ports,
	  "Docker sets the sysctl net.ipv4.ip_unprivileged_port_start of a container's own network to 0 (since 20.10): there it is not "
	  "needed to bind a port, only in the host's.",
	  no_list },
	{ BIT(PODMAN) | BIT(KUBERNETES) | BIT(QUADLET), binds_ports,
	  "Instead of NET_BIND_SERVICE the sysctl net.ipv4.ip_unprivileged_port_start of the container's network may be lowered.",
	  no_list },
	{ CONTAINERS | BIT(SYSTEMD) | BIT(SETPRIV), unlocked,
	  "no_new_privs is not set: a file brings capabilities, or another user, where it is executed, and that would take them away.",
	  no_list },
	{ BIT(DOCKER) | BIT(COMPOSE) | BIT(ECS), rootless,
	  "Docker gives a user that is not root nothing of this by itself: the program's file in the image must carry it "
	  "(setcap ...=ep).",
	  no_list },
	{ BIT(DOCKER) | BIT(COMPOSE) | BIT(ECS), rootless_locked,
	  "Under no-new-privileges such a file would give nothing, so that option is left out here.", no_list },
	{ BIT(PODMAN) | BIT(QUADLET), rootless,
	  "podman makes these ambient for a user that is not root: the program's file needs no mark.", no_list },
	{ BIT(PODMAN), beyond_label,
	  "There is no label io.containers.capabilities here: it can only take away from podman's default set, and with %s in it "
	  "podman ignores it.",
	  list_beyond_label },
	{ BIT(KUBERNETES), rootless,
	  "Kubernetes has no ambient capabilities: for a user that is not root the program's file in the image must carry "
	  "them (setcap ...=ep). containerd and CRI-O then give them even without privilege escalation; Docker does not.",
	  no_list },
	{ BIT(KUBERNETES), restricted, "Pod security standard: fits \"restricted\", as far as capabilities go.", no_list },
	{ BIT(KUBERNETES), baseline, "Pod security standard: fits \"baseline\", and not \"restricted\".", no_list },
	{ BIT(KUBERNETES), beyond_baseline, "Pod security standard: only \"privileged\" allows %s.", list_beyond_baseline },
	{ BIT(KUBERNETES), named_user, "runAsUser wants the number of that user in the image.", no_list },
	{ BIT(OCI), named_user, "process.user wants the numbers of that user in the image.", no_list },
	{ CONTAINERS & ~BIT(OCI) & ~BIT(KUBERNETES), named_user, "The user is looked up in the image, and not on the host.",
	  no_list },
	{ BIT(DOCKER) | BIT(COMPOSE) | BIT(PODMAN) | BIT(QUADLET) | BIT(ECS), seccomp_shut,
	  "With this set the default seccomp profile, as Docker has it, refuses, with EPERM and before anything asks for the capability: %s.",
	  list_shut },
	{ BIT(KUBERNETES), seccomp_shut,
	  "Where a pod's seccompProfile is RuntimeDefault, and not Unconfined, which is Kubernetes' own default, the runtime's profile with this "
	  "set refuses, much as Docker's does, with EPERM and before anything asks for the capability: %s.",
	  list_shut },
	{ BIT(ECS), beyond_ecs, "ECS does not know %s: left out here, and the program will lack it.", list_beyond_ecs },
	{ BIT(ECS), some, "Fargate adds nothing but SYS_PTRACE.", no_list },
	{ CONTAINERS & ~BIT(OCI), wider, "Root in the container has these too: %s. They are for files that bring their own.",
	  list_wider },
	{ BIT(OCI), some, "What the runtime does not know, it ignores with a warning at most.", no_list },
	{ BIT(SYSTEMD), rooted,
	  "There is no User=: without one root it stays, which owns the system's files; where the unit has a user of its own "
	  "it wants AmbientCapabilities= too.",
	  no_list },
	{ BIT(SYSTEMD), always,
	  "systemd ignores a name that it does not know. What it made of them: systemctl show -p CapabilityBoundingSet UNIT.",
	  no_list },
	{ BIT(SYSTEMD), always, "What else the unit could do without: systemd-analyze security UNIT.", no_list },
	{ BIT(SETCAP), some,
	  "Everybody who may execute the file gets this. A program that raises its capabilities itself wants =p instead of "
	  "=ep. Whatever replaces the file, an upgrade for one, takes the mark away.",
	  no_list },
	{ BIT(SETCAP), some, "Back: setcap -r PROGRAM. Is it still so? setcap -v TEXT PROGRAM.", no_list },
	{ BIT(SETCAP), locked, "Under no_new_privs, and on a file system mounted nosuid, a file's mark gives nothing.",
	  no_list },
	{ BIT(SETCAP), any_user, "The file says nothing of the user: who starts it stays who he is.", no_list },
	{ BIT(CAPSH), userless, "Root has these by its user id too: --user= names somebody who has nothing else.", no_list },
	{ BIT(SETPRIV), userless, "Root stays root: it has what its bounding set leaves it, and owns the system's files.",
	  no_list },
	{ BIT(BWRAP), always,
	  "bwrap leaves the bounding set full; what keeps an exec from more is no_new_privs, which it always sets.",
	  no_list },
	{ BIT(BWRAP), any_user, "bwrap keeps the user that starts it: start it as the advised one.", no_list },
	{ BIT(FIREJAIL), any_user, "firejail keeps the user that starts it.", no_list },
	{ BIT(FIREJAIL), rootless, "firejail makes nothing ambient: for a user that is not root these are only a limit.",
	  no_list },
	{ BIT(UWSGI), groupless, "No group is advised: without a line `gid` workers keep root's.", no_list },
	{ BIT(UWSGI), userless, "uWSGI keeps capabilities only when it starts as root and goes to a uid: add one.", no_list },
	{ BIT(UWSGI), some,
	  "uWSGI logs a name that it does not know, and goes on. The bounding set stays full, nothing is ambient: what "
	  "a worker executes has none of these.",
	  no_list },
	{ BIT(UWSGI), empty, "Without a line `cap` a worker that has left root has none.", no_list },
	{ BIT(UWSGI), wants_no_new_privs, "This does not set no_new_privs.", no_list },
	{ BIT(PAM), always,
	  "For /etc/security/capability.conf, above any line that names everybody (*): the first that fits counts. The "
	  "service's PAM stack needs pam_cap.so.",
	  no_list },
	{ BIT(PAM), numbered_user, "pam_cap knows users by their names, and not by number.", no_list },
	{ BIT(PAM), some, "They are ambient: all that this user starts has them.", no_list },
	{ BIT(APPARMOR), nothing_bounding, "No rule: a profile denies every capability that it does not name.", no_list },
	{ BIT(APPARMOR), quietable, "The rules that are comments keep the log quiet of what it asks for and does not need.",
	  no_list },
	{ BIT(APPARMOR) | BIT(SELINUX), some, "A policy only lets pass what the process has already; it grants nothing.",
	  no_list },
	{ BIT(SELINUX), nothing_bounding, "No rule: a policy denies every capability that it does not name.", no_list },
	{ BIT(SELINUX), some, "In a user namespace of its own the classes are cap_userns and cap2_userns.", no_list },
	{ BIT(IAB), wants_no_new_privs, "This does not set no_new_privs.", no_list },
	{ BIT(TEXT) | BIT(MASK), wider, "The bounding set wants more: %s.", list_wider },
};

void recipe_remarks(struct buf *b, const struct recipe *r, const struct recipe_need *n)
{
	struct buf names = BUF_INIT;

	for (size_t i = 0; i < sizeof(remarks) / sizeof(remarks[0]); i++) {
		const struct remark *m = &remarks[i];
		const char *at = strstr(m->text, "%s");

		if (!(m->formats & 1U << r->format) || !m->when(n))
			continue;
		buf_clear(&names);
		if (m->list == list_shut)
			put_shut(&names, n);
		else
			recipe_names(&names, m->list(n), RECIPE_UPPER, "", ", ");
		buf_put(b, m->text, at ? (size_t)(at - m->text) : strlen(m->text));
		if (at) {
			buf_puts(b, buf_str(&names));
			buf_puts(b, at + 2);
		}
		buf_putc(b, '\n');
	}
	buf_done(&names);
}
