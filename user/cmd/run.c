/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/out.h"
#include "user/base/yml.h"
#include "user/caps/capability.h"
#include "user/caps/profile.h"
#include "user/caps/syscalls.h"
#include "user/caps/transition.h"
#include "user/cmd/commands.h"
#include "user/cmd/help.h"
#include "user/cmd/options.h"
#include "user/cmd/run_profile.h"
#include "user/cmd/say.h"
#include "user/cmd/verdict.h"
#include "user/flow.h"
#include "user/host/exact.h"
#include "user/host/execfile.h"
#include "user/host/self.h"
#include "user/host/slate.h"
#include "user/host/trusted.h"
#include "user/rule/grant.h"
#include "user/sink/refused.h"
#include "user/sink/sink.h"

#define PREFIX "capsieve run: "

static const struct say to = { "run" };

static void say_buf(struct buf *text)
{
	if (text->len)
		say(&to, "%s", buf_str(text));
	buf_done(text);
}

/* ---- what is wished ---- */

static void wish_iab(const struct capset *iab, const struct self *me, struct exact_wish *w)
{
	w->ambient = iab->set[CAPSET_AMB];
	w->inheritable = iab->set[CAPSET_INH] | w->ambient;
	w->permitted = w->ambient | (w->inheritable & me->caps.permitted);
	w->bounding = ~iab->set[CAPSET_BLOCKED];
	w->root_as_bounding = true;
}

static void wish_caps(const struct run_options *r, struct exact_wish *w)
{
	bool pure = r->mode_given && r->mode != MODE_HYBRID;

	w->permitted = r->caps;
	w->inheritable = r->mode_given && r->mode == MODE_PURE1E_INIT ? 0 : r->caps;
	w->ambient = r->inheritable || pure ? 0 : r->caps;
	w->bounding = r->keep_bounding ? CAPABILITY_ALL : r->caps;
}

static void wish_profile(const struct profile *p, struct exact_wish *w)
{
	w->permitted = w->inheritable = w->ambient = p->caps;
	w->bounding = p->bounding;
	w->no_new_privs = w->no_new_privs || p->no_new_privs;
	/* It says so where a file was executed that brings ids or capabilities. */
	w->setid = !p->no_new_privs;
	if (!w->user)
		w->user = p->user;
}

static void wish_mode(enum mode mode, struct exact_wish *w)
{
	struct credentials c = { .securebits = 0 };

	mode_apply(&c, mode);
	w->securebits_given = true;
	w->securebits = c.securebits;
	w->no_new_privs = w->no_new_privs || c.no_new_privs;
}

/* 0, or negative errno after saying why. What the profile says outlives it. */
static int wish_of(const struct options *o, const struct profile *profile, struct exact_wish *ret)
{
	const struct run_options *r = &o->run;
	struct self me;
	int err = self_read(&me);

	if (err) {
		say_error(&to, "our own capabilities", err);
		return err;
	}
	*ret = (struct exact_wish){
		.user = o->command.as,
		.groups = r->groups,
		.securebits_given = r->securebits_given,
		.securebits = r->securebits,
		.no_new_privs = r->no_new_privs,
		.root = r->chroot,
	};
	if (r->profile)
		wish_profile(profile, ret);
	else if (r->iab_given)
		wish_iab(&r->iab, &me, ret);
	else
		wish_caps(r, ret);
	if (r->mode_given)
		wish_mode(r->mode, ret);
	return 0;
}

/* ---- starting it ---- */

static int start(char *const *argv, const struct exact_wish *wish)
{
	const struct launch_as as = { .exact = wish };
	struct buf why = BUF_INIT;
	int err = launch_here(argv, &as, &why);

	say_buf(&why);
	return launch_code(err);
}

static void note(void *ctx, enum flow_level level, const char *text)
{
	(void)ctx;
	if (*text && level <= FLOW_WARNING)
		say(&to, "%s", text);
}

static int watch_into(struct out *out, struct syscalls *syscalls, char *const *argv,
		      const struct exact_wish *wish)
{
	const struct flow_notes notes = { note, NULL };
	struct flow_result result = { 0 };
	struct flow_config config = {
		.kernel = { .attach = PROBE_NONE, .proc = "/proc", .ring_bytes = (uint64_t)8 << 20 },
		.command = argv,
		.as = { .exact = wish },
		.outcomes = true,
	};
	struct filter filter;
	int err = refused_new(out, syscalls, PREFIX, &config.sink);

	if (err)
		return LAUNCH_FAILED;
	filter_init(&filter);
	filter.denied = true;
	config.filter = &filter;
	err = flow_trace(&config, &notes, &result);
	if (!err && result.account.unread)
		say(&to, "%llu refusals were not read any more: what is listed is not all",
		    (unsigned long long)result.account.unread);
	filter_done(&filter);
	config.sink->ops->free(config.sink);
	return verdict(&result, err, argv);
}

/* The same with a parent, which listens. */
static int start_watched(char *const *argv, const struct exact_wish *wish)
{
	struct syscalls *syscalls = syscalls_new();
	struct out out;
	int code;

	if (!syscalls) {
		say(&to, "out of memory");
		return LAUNCH_FAILED;
	}
	out_init(&out, STDERR_FILENO, false);
	code = watch_into(&out, syscalls, argv, wish);
	out_close(&out);
	syscalls_free(syscalls);
	return code;
}

/* What does without any capability is better than the best wrapper. */
static void point_to_low_ports(const struct exact_wish *wish)
{
	if (wish->permitted != 1ULL << CAP_NET_BIND_SERVICE)
		return;
	say(&to, "for a low port alone no capability is needed: systemd passes the socket (socket activation), or "
		 "sysctl net.ipv4.ip_unprivileged_port_start lowers where they begin");
}

static int run_wish(const struct options *o, const struct exact_wish *wish)
{
	char *const *argv = o->command.argv;
	int code;

	if (isatty(STDERR_FILENO))
		point_to_low_ports(wish);
	code = o->run.watch ? start_watched(argv, wish) : start(argv, wish);
	if (code == LAUNCH_FAILED && !isatty(STDERR_FILENO))
		point_to_low_ports(wish);
	return code;
}

static int run(const struct options *o)
{
	struct profile profile = { .user = NULL };
	struct exact_wish wish;
	int code = EXIT_FINE;

	if (!o->command.argv) {
		say(&to, "no command: it stands behind --");
		return EXIT_USAGE;
	}
	if (o->run.profile)
		code = run_profile_read(&to, o->run.profile, o->run.force, &profile);
	if (code)
		return code;
	code = wish_of(o, &profile, &wish) ? LAUNCH_FAILED : run_wish(o, &wish);
	profile_done(&profile);
	return code;
}

/* ---- by a rule ---- */

static void say_lines(struct buf *lines)
{
	char *line, *rest = lines->len ? (char *)buf_str(lines) : NULL;

	while ((line = strsep(&rest, "\n")))
		if (*line)
			say(&to, "%s", line);
}

/* 0, or an exit code after saying why. */
static int read_rule(const char *name, struct grant *ret)
{
	struct buf path = BUF_INIT, text = BUF_INIT, why = BUF_INIT;
	struct yml_report report = { .text = BUF_INIT };
	int err;

	buf_printf(&path, GRANT_DIR "/%s.yaml", name);
	report.file = buf_str(&path);
	err = trusted_read(report.file, YML_BYTES_MAX, &text, &why);
	if (!err)
		err = grant_parse(text.data ? text.data : "", text.len, &report, ret);
	say_buf(&why);
	say_lines(&report.text);
	buf_done(&report.text);
	buf_done(&text);
	buf_done(&path);
	if (!err)
		return 0;
	if (err == -ENOMEM)
		say(&to, "out of memory");
	return err == -EINVAL ? EXIT_USAGE : LAUNCH_FAILED;
}

/* Nothing can be added by a file that the command executes: root without capabilities still owns root's files. */
static void wish_rule(const struct grant *g, struct exact_wish *ret)
{
	*ret = (struct exact_wish){
		.user = g->user,
		.permitted = g->caps,
		.inheritable = g->caps,
		.ambient = g->caps,
		.bounding = g->caps,
		.no_new_privs = true,
	};
}

/* The command and, of a script, what interprets it: who can write one of these decides what is started. */
static int check_trusted(const char *path, struct buf *why)
{
	char *script = NULL, *next = NULL;
	int err = trusted_check(path, why);

	for (unsigned depth = 0; !err && depth <= EXECFILE_SCRIPTS; depth++) {
		err = execfile_interpreter(script ? script : path, &next);
		free(script);
		script = err ? NULL : next;
		if (!script)
			break;
		err = trusted_check(script, why);
	}
	free(script);
	return err;
}

static int start_granted(const struct options *o, const struct grant *g)
{
	struct buf why = BUF_INIT;
	struct exact_wish wish;
	char *const *argv;
	int err = 0;

	if (!grant_is_for_us(g)) {
		say(&to, "rule '%s' is not for you: it names others", o->run.rule);
		return LAUNCH_FAILED;
	}
	err = grant_command(g, o->command.argv, &argv, &why);
	if (err) {
		say(&to, "rule '%s' %s", o->run.rule, buf_str(&why));
		buf_done(&why);
		return LAUNCH_FAILED;
	}
	err = check_trusted(argv[0], &why);
	say_buf(&why);
	if (err)
		return launch_code(err == -ENOENT ? err : -EPERM);
	wish_rule(g, &wish);
	return start(argv, &wish);
}

static int run_by_rule(const struct options *o)
{
	struct grant g;
	int err = slate_clean(), code;

	if (err) {
		say_error(&to, "the caller's environment could not be left", err);
		return LAUNCH_FAILED;
	}
	code = read_rule(o->run.rule, &g);
	if (code)
		return code;
	code = start_granted(o, &g);
	grant_done(&g);
	return code;
}

/* Who started us without being root, by a file with capabilities, may do what a rule says and nothing else. */
static bool only_by_rule(void)
{
	struct self me;

	return self_read(&me) || (me.secure && me.uid != 0);
}

static int help(void)
{
	help_print(&options_run, to.command, NULL);
	return say_flush(&to);
}

int run_main(int argc, char **argv)
{
	struct options o;
	int err = options_parse(&options_run, argc, argv, &o), code;

	if (err) {
		say(&to, "%s", buf_str(&o.error));
		code = err == -EINVAL ? EXIT_USAGE : LAUNCH_FAILED;
	} else if (o.help) {
		code = help();
	} else if (o.run.rule) {
		code = run_by_rule(&o);
	} else if (only_by_rule()) {
		say(&to, "this capsieve has file capabilities, so it starts only what a rule of " GRANT_DIR
			 " allows: --rule NAME");
		code = LAUNCH_FAILED;
	} else {
		code = run(&o);
	}
	options_done(&o);
	return code;
}
