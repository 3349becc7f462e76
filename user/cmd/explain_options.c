/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/explain_options.h"

#include <argp.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "user/base/span.h"
#include "user/base/text.h"
#include "user/base/word.h"
#include "user/caps/filespec.h"
#include "user/caps/mistake.h"
#include "user/cmd/args.h"
#include "user/host/users.h"

#define WORD_SHOWN 60 /* bytes of a bad word; of the text that it stands in more are */

enum {
	KEY_COMPARE = 0x100,
	KEY_SNIPPET,
	KEY_EXTERNAL,
	KEY_FLAG_BYTES,
	KEY_FORMAT,
	KEY_HAS,
	KEY_FILL,
	KEY_CAPS,
	KEY_IAB,
	KEY_UID,
	KEY_GID,
	KEY_SECUREBITS,
	KEY_MODE,
	KEY_NO_NEW_PRIVS,
	KEY_TRACED,
	KEY_FILE_CAPS,
	KEY_JSON,
	KEY_PROC,
};

static const struct argp_option what_rows[] = {
	{ "pid", 'p', "PID", 0,
	  "This process: what it has, and what it could gain and lose; self: who calls, securebits too", 0 },
	{ "compare", KEY_COMPARE, NULL, 0, "How two sets or files differ; exit status 3 where they do", 0 },
	{ "snippet", KEY_SNIPPET, NULL, 0, "The C with which a program shrinks itself to the set", 0 },
	{ "external", KEY_EXTERNAL, NULL, 0,
	  "Write the set in libcap's external form: hexadecimal, or bytes with -o; a FILE, or -, is read as "
	  "one",
	  0 },
	{ "flag-bytes", KEY_FLAG_BYTES, "N", 0,
	  "With --external: at least N bytes a flag, as short as it can be with 0; libcap's 8 if not given", 0 },
	{ "format", KEY_FORMAT, "NAME", 0,
	  "One line, only this: libcap, IAB, mask, list, uWSGI, Docker, systemd, Kubernetes, external; of a "
	  "process libcap, IAB, mode, securebits",
	  0 },
	{ "has", KEY_HAS, "PART=LIST", 0,
	  "Whether all of these are there: ambient=net_raw,kill; exit status 3 where one is not", 0 },
	{ "fill", KEY_FILL, "TO=FROM[:SET]", 0,
	  "Explain the set after one of its parts was filled from a flag, of SET or its own: e=p", 0 },
	{ 0 }
};

static const struct argp_option process_rows[] = {
	{ "caps", KEY_CAPS, "TEXT", 0, "Its flags, as libcap's text: cap_net_raw=ep", 0 },
	{ "iab", KEY_IAB, "TEXT", 0, "What it passes on, as libcap's text: ^cap_net_raw,!cap_sys_admin", 0 },
	{ "uid", KEY_UID, "USER", 0, "It runs as this user", 0 },
	{ "gid", KEY_GID, "GROUP", 0, "It runs with this group, and no others", 0 },
	{ "securebits", KEY_SECUREBITS, "BITS", 0,
	  "Its securebits: noroot,keep_caps or 0x2f; alone: what they mean", 0 },
	{ "mode", KEY_MODE, "MODE", 0,
	  "Put into this mode of libcap: PURE1E, NOPRIV, HYBRID, ...; alone: what it means", 0 },
	{ "no-new-privs", KEY_NO_NEW_PRIVS, NULL, 0, "It has no_new_privs", 0 },
	{ "traced", KEY_TRACED, NULL, 0, "A process without CAP_SYS_PTRACE traces it", 0 },
	{ "file-caps", KEY_FILE_CAPS, "TEXT", 0, "As if FILE had these capabilities: cap_net_raw=ep", 0 },
	{ 0 }
};

static const struct argp_option output_rows[] = {
	{ "json", KEY_JSON, NULL, 0, "JSON, for programs", 0 },
	{ NULL, 'o', "FILE", 0, "Write to FILE and not to standard output", 0 },
	{ "proc", KEY_PROC, "DIR", 0, "Where the host's /proc is mounted", 0 },
	{ NULL, 'q', NULL, 0, "Changes nothing: there are only errors on standard error", 0 },
	{ "help", ARGS_HELP, NULL, 0, "Show this and end", 0 },
	{ 0 }
};

static const struct args_hint hints[] = {
	{ "diff", "--compare" },
	{ "secbits", "--securebits BITS" },
	{ "user", "--uid USER" },
	{ "group", "--gid GROUP" },
	{ "hex", "--external" },
	{ "output", "-o FILE" },
	{ "decode", "the set itself: capsieve explain 0x2000" },
	{ "code", "--snippet" },
	{ "to", "--format NAME" },
	{ "notation", "--format NAME" },
	{ "cap-add", "a set behind --: explain -- --cap-add=NET_RAW" },
	{ "nnp", "--no-new-privs" },
	{ "cap-drop", "a set behind --: explain -- --cap-drop=ALL" },
	{ "inh", "--iab TEXT" },
	{ "ambient", "--iab TEXT" },
	{ NULL, NULL },
};

void explain_mistake(struct buf *error, const char *what, const char *text, const struct mistake *m)
{
	if (what)
		buf_printf(error, "%s: ", what);
	buf_puts(error, m->what);
	if (m->len) {
		buf_puts(error, ": ");
		text_quote(error, m->word, m->len, WORD_SHOWN);
	}
	buf_printf(error, " in column %zu of ", m->column);
	args_quote(error, text);
	if (m->nearest)
		buf_printf(error, "; did you mean '%s'?", m->nearest);
}

static int set_pid(struct explain_options *o, const char *arg)
{
	uint64_t pid;

	if (o->pid_given) {
		buf_puts(&o->error, "--pid: one process at a time");
		return -EINVAL;
	}
	o->pid_given = true;
	if (!strcmp(arg, "self"))
		return 0;
	if (!number_parse(arg, 1, INT_MAX, &pid)) {
		o->pid = (pid_t)pid;
		return 0;
	}
	buf_puts(&o->error, "--pid: ");
	args_quote(&o->error, arg);
	buf_puts(&o->error, " is no process id");
	return -EINVAL;
}

static int mistaken(struct explain_options *o, const char *name, const char *arg, int err,
		    const struct mistake *m)
{
	if (err == -EINVAL)
		explain_mistake(&o->error, name, arg, m);
	return err;
}

static int set_caps(struct explain_options *o, const char *arg)
{
	struct mistake m;

	o->caps_given = true;
	return mistaken(o, "--caps", arg, capset_from_text(arg, &o->caps, &m), &m);
}

static int set_iab(struct explain_options *o, const char *arg)
{
	struct mistake m;

	o->iab_given = true;
	return mistaken(o, "--iab", arg, capset_from_iab(arg, &o->iab, &m), &m);
}

static int set_securebits(struct explain_options *o, const char *arg)
{
	struct mistake m;

	o->securebits_given = true;
	return mistaken(o, "--securebits", arg, securebits_parse(arg, &o->securebits, &m), &m);
}

static int set_mode(struct explain_options *o, const char *arg)
{
	struct mistake m;

	o->mode_given = true;
	return mistaken(o, "--mode", arg, mode_parse(arg, &o->mode, &m), &m);
}

static int set_file_caps(struct explain_options *o, const char *arg)
{
	struct mistake m;

	o->file_caps_given = true;
	return mistaken(o, "--file-caps", arg, filespec_parse(arg, &o->file_caps, &m), &m);
}

static int set_uid(struct explain_options *o, const char *arg)
{
	struct user user;
	int err = users_find(arg, &user);

	o->uid_given = true;
	if (err) {
		buf_puts(&o->error, "--uid: no user ");
		args_quote(&o->error, arg);
		return -EINVAL;
	}
	o->uid = user.uid;
	if (user.listed && !o->gid_given)
		o->gid = user.gid;
	o->gid_follows = user.listed;
	users_user_done(&user);
	return 0;
}

static int set_gid(struct explain_options *o, const char *arg)
{
	gid_t gid;
	int err = users_find_group(arg, &gid);

	o->gid_given = true;
	if (err) {
		buf_puts(&o->error, "--gid: no group ");
		args_quote(&o->error, arg);
		return -EINVAL;
	}
	o->gid = gid;
	return 0;
}

static int set_format(struct explain_options *o, const char *arg)
{
	const char *names[EXPLAIN_FORMATS];
	size_t at;

	for (size_t i = 0; i < NOTATION_COUNT; i++)
		names[i] = notation_name((enum notation)i);
	names[EXPLAIN_MODE] = "mode";
	names[EXPLAIN_SECUREBITS] = "securebits";
	o->format_given = true;
	for (at = 0; at < EXPLAIN_FORMATS; at++) {
		if (strcasecmp(arg, names[at]))
			continue;
		o->format = (enum explain_format)at;
		return 0;
	}
	buf_puts(&o->error, "--format: no such format: ");
	args_quote(&o->error, arg);
	if (word_nearest(arg, strlen(arg), names, EXPLAIN_FORMATS, &at))
		buf_printf(&o->error, "; did you mean '%s'?", names[at]);
	return -EINVAL;
}

static int set_has(struct explain_options *o, const char *arg)
{
	o->has = arg;
	return 0;
}

static int set_fill(struct explain_options *o, const char *arg)
{
	o->fills[o->fill_count++] = arg;
	return 0;
}

static int set_flag_bytes(struct explain_options *o, const char *arg)
{
	uint64_t n;

	o->flag_bytes_given = true;
	if (!number_parse(arg, 0, UINT8_MAX, &n)) {
		o->flag_bytes = (uint8_t)n;
		return 0;
	}
	buf_puts(&o->error, "--flag-bytes: ");
	args_quote(&o->error, arg);
	buf_puts(&o->error, " is no number from 0 to 255, which is what one byte can tell");
	return -EINVAL;
}

static int set_output(struct explain_options *o, const char *arg)
{
	o->file = strcmp(arg, "-") ? arg : NULL;
	return 0;
}

static int set_proc(struct explain_options *o, const char *arg)
{
	o->proc = arg;
	return 0;
}

static const struct {
	int key;
	size_t flag; /* of a bool, where there is no setter */
	int (*set)(struct explain_options *o, const char *arg);
} setters[] = {
	{ 'p', 0, set_pid },
	{ KEY_COMPARE, offsetof(struct explain_options, compare), NULL },
	{ KEY_SNIPPET, offsetof(struct explain_options, snippet), NULL },
	{ KEY_EXTERNAL, offsetof(struct explain_options, external), NULL },
	{ KEY_FLAG_BYTES, 0, set_flag_bytes },
	{ KEY_FORMAT, 0, set_format },
	{ KEY_HAS, 0, set_has },
	{ KEY_FILL, 0, set_fill },
	{ KEY_CAPS, 0, set_caps },
	{ KEY_IAB, 0, set_iab },
	{ KEY_UID, 0, set_uid },
	{ KEY_GID, 0, set_gid },
	{ KEY_SECUREBITS, 0, set_securebits },
	{ KEY_MODE, 0, set_mode },
	{ KEY_NO_NEW_PRIVS, offsetof(struct explain_options, no_new_privs), NULL },
	{ KEY_TRACED, offsetof(struct explain_options, traced), NULL },
	{ KEY_FILE_CAPS, 0, set_file_caps },
	{ KEY_JSON, offsetof(struct explain_options, json), NULL },
	{ 'o', 0, set_output },
	{ KEY_PROC, 0, set_proc },
};

static error_t parse_row(int key, char *arg, struct argp_state *state)
{
	struct explain_options *o = state->input;

	for (size_t i = 0; i < sizeof(setters) / sizeof(setters[0]); i++) {
		if (setters[i].key != key)
			continue;
		if (setters[i].set)
			return -setters[i].set(o, arg);
		*(bool *)((char *)o + setters[i].flag) = true;
		return 0;
	}
	return key == 'q' ? 0 : ARGP_ERR_UNKNOWN;
}

static error_t parse_words(int key, char *arg, struct argp_state *state)
{
	struct explain_options *o = state->input;

	if (key == ARGP_KEY_INIT) {
		for (size_t i = 0; state->root_argp->children[i].argp; i++)
			state->child_inputs[i] = state->input;
		return 0;
	}
	if (key != ARGP_KEY_ARG)
		return ARGP_ERR_UNKNOWN;
	o->words[o->word_count++] = arg;
	return 0;
}

#define GROUP(rows) (&(const struct argp){ rows, parse_row, NULL, NULL, NULL, NULL, NULL })

static const struct argp_child groups[] = {
	{ GROUP(what_rows), 0, "What to explain, and how:", 1 },
	{ GROUP(process_rows), 0,
	  "With 'exec': what executes FILE, where it is not --pid or the caller as he is:", 2 },
	{ GROUP(output_rows), 0, "In general:", 3 },
	{ 0 }
};

const struct argp explain_argp = {
	.parser = parse_words,
	.children = groups,
	.args_doc = "CAP|SET|FILE | exec FILE",
	.doc = "Explain a capability, a set of them in any notation, the capabilities of a file or process, "
	       "or what becomes of a process that executes a file.\vExamples:\n"
	       "  capsieve explain cap_net_raw,cap_net_admin,cap_dac_override+eip\n"
	       "      what such a text means, and how others write it\n"
	       "  capsieve explain exec --uid nobody --iab '^cap_net_bind_service' /usr/bin/python3\n"
	       "      what is left after this exec, rule by rule\n"
	       "  capsieve explain --snippet net_bind_service,setuid,setgid\n"
	       "      C with which a program gives up everything else\n",
};

int explain_options_parse(int argc, char **argv, struct explain_options *ret)
{
	*ret = (struct explain_options){ .proc = "/proc", .error = BUF_INIT };
	ret->words = calloc((size_t)argc + 1, sizeof(*ret->words));
	ret->fills = calloc((size_t)argc + 1, sizeof(*ret->fills));
	if (!ret->words || !ret->fills)
		return -ENOMEM;
	return args_parse(&explain_argp, hints, argc, argv, ret, &ret->help, &ret->error);
}

void explain_options_done(struct explain_options *o)
{
	free(o->words);
	free(o->fills);
	buf_done(&o->error);
}
