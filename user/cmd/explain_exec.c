/* SPDX-License-Identifier: BSD-2-Clause */
/* `explain --pid`, `explain FILE` and `explain exec`: what needs this machine. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "user/base/buf.h"
#include "user/caps/capability.h"
#include "user/cmd/commands.h"
#include "user/cmd/explain.h"
#include "user/cmd/explain_line.h"
#include "user/cmd/explain_options.h"
#include "user/cmd/say.h"
#include "user/host/command.h"
#include "user/host/creds.h"
#include "user/host/execfile.h"
#include "user/host/proc.h"
#include "user/view/exec.h"

/* Only orientation: what the other kind of kernel would do is told where it is something else. */
static struct kernel_rules kernel_rules(void)
{
	struct kernel_rules rules = { .known = capset_all(), .effective_ids = true };
	unsigned major, minor;
	struct utsname name;

	/* NOLINTNEXTLINE(cert-err34-c): uname(2) has it of the kernel */
	if (!uname(&name) && sscanf(name.release, "%u.%u", &major, &minor) == 2)
		rules.effective_ids = major > 6 || (major == 6 && minor >= 17);
	return rules;
}

static int read_creds(const struct explain_options *o, struct creds *ret)
{
	int err = creds_read(o->proc, o->pid, ret);

	if (!err)
		return EXIT_FINE;
	if (err == -ENOENT || err == -ESRCH)
		say(&explain_say, "there is no process %d", (int)o->pid);
	else
		say_error(&explain_say, "the process", err);
	return EXIT_FAILED;
}

static struct exec_process process_of(const struct explain_options *o, const struct creds *c, const char *exe)
{
	return (struct exec_process){
		.pid = o->pid,
		.name = c->name,
		.exe = exe,
		.is = &c->is,
		.securebits_known = c->securebits_known,
		.own_userns = c->own_userns,
		.tracer = c->tracer,
		.seccomp = c->seccomp,
	};
}

int explain_process(const struct explain_options *o, struct buf *b, size_t width)
{
	const struct image plain = { .setuid = false }, root = { .setuid = true };
	const struct kernel_rules rules = kernel_rules();
	const struct surroundings around = { .traced = false };
	struct exec_process p;
	struct creds c;
	char *exe = NULL;
	int code = read_creds(o, &c);

	if (code)
		return code;
	if (explain_line_wanted(o)) {
		code = explain_line_process(o, &c.is, c.securebits_known, b);
		creds_done(&c);
		return code;
	}
	proc_exe(o->proc, o->pid, &exe);
	p = process_of(o, &c, exe);
	transition(&c.is, &around, &plain, &rules, &p.plain);
	transition(&c.is, &around, &root, &rules, &p.root);
	if (o->json)
		exec_process_json(b, &p);
	else
		exec_process_text(b, &p, width);
	free(exe);
	creds_done(&c);
	return code;
}

static int read_file(const char *path, const struct creds *by, struct execfile *ret)
{
	int err = execfile_read(path, by, ret);

	if (err == -EACCES)
		say(&explain_say, "%s: not executable, or not to be looked at", path);
	else if (err == -EINVAL)
		say(&explain_say, "%s: this kernel does not show its capabilities: they are of format 1, which it obeys all "
		    "the same, or damaged, and then executing it fails", path);
	else if (err)
		say_error(&explain_say, path, err);
	return err ? EXIT_FAILED : EXIT_FINE;
}

static struct exec_file file_of(const char *path, const struct execfile *f)
{
	return (struct exec_file){
		.path = path,
		.interpreter = f->interpreter,
		.script_bits = f->script_bits,
		.owner = f->owner,
		.group = f->group,
		.mode = f->mode,
		.image = &f->image,
	};
}

int explain_file(const struct explain_options *o, const char *path, struct buf *b, size_t width)
{
	struct execfile f;
	struct exec_file file;
	struct creds own;
	int code = read_creds(o, &own);

	if (code)
		return code;
	code = read_file(path, &own, &f);
	creds_done(&own);
	if (code)
		return code;
	file = file_of(path, &f);
	if (o->json)
		exec_file_json(b, &file);
	else
		exec_file_text(b, &file, width);
	execfile_done(&f);
	return 0;
}

/* A user without more words has what such a user has: root everything, another nothing. */
static void become_user(const struct explain_options *o, struct creds *c)
{
	struct credentials *is = &c->is;

	if (o->uid_given) {
		is->uid = is->euid = is->suid = o->uid;
		is->permitted = is->effective = o->uid == 0 ? is->bounding : 0;
		is->inheritable = is->ambient = 0;
	}
	if (o->gid_given || (o->uid_given && o->gid_follows)) {
		is->gid = is->egid = is->sgid = o->gid;
		is->group_count = 0;
	}
}

static int refuse(const char *why, uint64_t set)
{
	struct buf names = BUF_INIT;

	capability_mask_names(&names, set);
	say(&explain_say, "no process can be so: %s: %s", why, buf_str(&names));
	buf_done(&names);
	return EXIT_USAGE;
}

static void take_vectors(const struct explain_options *o, struct credentials *is)
{
	if (!o->iab_given)
		return;
	is->inheritable = o->iab.set[CAPSET_INH] | (o->caps_given ? o->caps.set[CAPSET_INHERITABLE] : 0);
	is->ambient = o->iab.set[CAPSET_AMB];
	is->bounding &= ~o->iab.set[CAPSET_BLOCKED];
	if (o->caps_given)
		return;
	is->permitted |= is->ambient;
	is->effective |= is->ambient;
}

/* The process that the options describe, from the one that is there. An exit code. */
static int describe(const struct explain_options *o, struct creds *c)
{
	struct credentials *is = &c->is;

	become_user(o, c);
	if (o->caps_given) {
		is->effective = o->caps.set[CAPSET_EFFECTIVE];
		is->permitted = o->caps.set[CAPSET_PERMITTED];
		is->inheritable = o->caps.set[CAPSET_INHERITABLE];
		is->ambient &= is->permitted & is->inheritable;
	}
	take_vectors(o, is);
	if (is->effective & ~is->permitted)
		return refuse("effective and not permitted", is->effective & ~is->permitted);
	if (is->ambient & ~(is->permitted & is->inheritable))
		return refuse("ambient and not both permitted and inheritable",
			      is->ambient & ~(is->permitted & is->inheritable));
	if (o->mode_given)
		mode_apply(is, o->mode);
	if (o->securebits_given)
		is->securebits = o->securebits;
	c->securebits_known |= o->securebits_given || o->mode_given;
	is->no_new_privs |= o->no_new_privs;
	return EXIT_FINE;
}

static int put_line(const struct explain_options *o, const struct creds *c, const char *path,
		    const struct transition *t, struct buf *b)
{
	if (!t->error)
		return explain_line_process(o, &t->to, c->securebits_known, b);
	say_error(&explain_say, path, t->error);
	return EXIT_FAILED;
}

static int put_exec(const struct explain_options *o, const struct creds *c, const char *path,
		     const struct execfile *f, struct buf *b, size_t width)
{
	const struct surroundings around = { .traced = o->traced || (c->tracer && !c->tracer_capable) };
	struct kernel_rules rules = kernel_rules();
	struct exec_process p = process_of(o, c, NULL);
	struct exec_file file = file_of(path, f);
	struct transition t, other;

	transition(&c->is, &around, &f->image, &rules, &t);
	rules.effective_ids = !rules.effective_ids;
	transition(&c->is, &around, &f->image, &rules, &other);
	if (explain_line_wanted(o))
		return put_line(o, c, path, &t, b);
	if (o->json)
		exec_json(b, &p, &file, &t, &other);
	else
		exec_text(b, &p, &file, &t, &other, width);
	return EXIT_FINE;
}

static int find_file(const char *word, char **ret)
{
	int err = command_find(word, ret);

	if (err == -ENOENT)
		say(&explain_say, "%s: there is no such file%s", word, strchr(word, '/') ? "" : " in PATH");
	else if (err == -EACCES)
		say(&explain_say, "%s: not executable", word);
	else if (err)
		say_error(&explain_say, word, err);
	return err ? EXIT_FAILED : EXIT_FINE;
}

int explain_exec(const struct explain_options *o, struct buf *b, size_t width)
{
	struct execfile f;
	struct creds c;
	char *path = NULL;
	int code;

	if (o->word_count != 2) {
		say(&explain_say, "'exec' takes one file: capsieve explain exec [--uid USER ...] FILE");
		return EXIT_USAGE;
	}
	code = read_creds(o, &c);
	if (code)
		return code;
	code = describe(o, &c);
	if (!code)
		code = find_file(o->words[1], &path);
	if (!code)
		code = read_file(path, &c, &f);
	if (!code) {
		if (o->file_caps_given) {
			f.image.has_caps = true;
			f.image.foreign = false;
			f.image.caps = o->file_caps;
		}
		code = put_exec(o, &c, path, &f, b, width);
		execfile_done(&f);
	}
	free(path);
	creds_done(&c);
	return code;
}
