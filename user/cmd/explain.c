/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/explain.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/out.h"
#include "user/caps/capability.h"
#include "user/caps/fill.h"
#include "user/caps/mistake.h"
#include "user/caps/notation.h"
#include "user/cmd/args.h"
#include "user/cmd/commands.h"
#include "user/cmd/explain_line.h"
#include "user/cmd/explain_options.h"
#include "user/cmd/help.h"
#include "user/cmd/look.h"
#include "user/cmd/say.h"
#include "user/host/creds.h"
#include "user/host/execfile.h"
#include "user/view/explain.h"
#include "user/view/snippet.h"

#define EXTERNAL_MAX 1024 /* more than the longest external form */

const struct say explain_say = { "explain" };

static int usage(const char *sentence)
{
	say(&explain_say, "%s", sentence);
	return EXIT_USAGE;
}

static int say_mistake(const char *text, int err, const struct mistake *m)
{
	struct buf sentence = BUF_INIT;

	if (err == -EINVAL) {
		explain_mistake(&sentence, NULL, text, m);
		say(&explain_say, "%s", buf_str(&sentence));
	} else {
		say_error(&explain_say, text, err);
	}
	buf_done(&sentence);
	return err == -EINVAL ? EXIT_USAGE : EXIT_FAILED;
}

/* A slash makes a file of it; so does being nothing else, and there. */
static bool is_path(const char *word)
{
	enum notation notation;
	struct mistake m;
	struct capset s;

	if (strchr(word, '/') && access(word, F_OK) == 0)
		return true;
	return notation_parse(word, &s, &notation, &m) && (strchr(word, '/') || access(word, F_OK) == 0);
}

/* All words as one text: a set of several clauses need not be quoted. */
static void join(const struct explain_options *o, struct buf *ret)
{
	for (size_t i = 0; i < o->word_count; i++) {
		if (i)
			buf_putc(ret, ' ');
		buf_puts(ret, o->words[i]);
	}
}

static void put_external(const struct explain_options *o, const struct capset *s, struct buf *b)
{
	struct capset flags = capset_as(s, CAPSET_FLAGS);
	struct buf bytes = BUF_INIT, *to = o->file ? b : &bytes;

	if (o->flag_bytes_given)
		capset_to_external_short(to, &flags, o->flag_bytes);
	else
		capset_to_external(to, &flags);
	for (size_t i = 0; i < bytes.len; i++)
		buf_printf(b, "%02x", (unsigned char)bytes.data[i]);
	if (!o->file)
		buf_putc(b, '\n');
	buf_done(&bytes);
}

static int put_set(const struct explain_options *o, const struct capset *s, enum notation n, struct buf *b,
		   size_t width)
{
	if (explain_line_wanted(o))
		return explain_line_set(o, s, b);
	if (o->snippet)
		snippet_c(b, s);
	else if (o->external)
		put_external(o, s, b);
	else if (o->json)
		explain_set_json(b, s, n);
	else
		explain_set_text(b, s, n, width);
	return EXIT_FINE;
}

static int fill(const struct explain_options *o, struct capset *s)
{
	struct buf sentence = BUF_INIT;
	struct mistake m;
	int err = 0;

	for (size_t i = 0; i < o->fill_count && !err; i++) {
		err = fill_apply(o->fills[i], s, &m);
		if (err == -EINVAL)
			explain_mistake(&sentence, "--fill", o->fills[i], &m);
	}
	if (sentence.len)
		say(&explain_say, "%s", buf_str(&sentence));
	else if (err)
		say_error(&explain_say, "--fill", err);
	buf_done(&sentence);
	return !err ? EXIT_FINE : err == -EINVAL ? EXIT_USAGE : EXIT_FAILED;
}

static int explain_set(const struct explain_options *o, struct buf *b, size_t width)
{
	struct buf text = BUF_INIT;
	enum notation notation;
	struct mistake m;
	struct capset s;
	int err, code;

	join(o, &text);
	err = notation_parse(buf_str(&text), &s, &notation, &m);
	code = err ? say_mistake(buf_str(&text), err, &m) : fill(o, &s);
	if (!code)
		code = put_set(o, &s, notation, b, width);
	buf_done(&text);
	return code;
}

/* The external form, from a file or standard input. */
static int explain_external(const struct explain_options *o, const char *path, struct buf *b, size_t width)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "re") : stdin;
	char bytes[EXTERNAL_MAX];
	struct capset s;
	size_t n;

	if (!file) {
		say_error(&explain_say, path, -errno);
		return EXIT_FAILED;
	}
	n = fread(bytes, 1, sizeof(bytes), file);
	if (file != stdin)
		fclose(file);
	if (capset_from_external(bytes, n, &s)) {
		say(&explain_say, "%s: not libcap's external form",
		    strcmp(path, "-") ? path : "standard input");
		return EXIT_USAGE;
	}
	if (explain_line_wanted(o))
		return explain_line_set(o, &s, b);
	if (o->json)
		explain_set_json(b, &s, NOTATION_EXTERNAL);
	else
		explain_set_text(b, &s, NOTATION_EXTERNAL, width);
	return EXIT_FINE;
}

/* What a file carries, as a set; nothing is the empty one. */
static int set_of_file(const char *path, struct capset *ret)
{
	const struct creds own = { .own_userns = true };
	struct execfile f;
	int err = execfile_read(path, &own, &f);

	*ret = (struct capset){ .kind = CAPSET_FLAGS };
	if (err) {
		say_error(&explain_say, path, err);
		return EXIT_FAILED;
	}
	if (f.image.has_caps) {
		ret->set[CAPSET_PERMITTED] = f.image.caps.permitted;
		ret->set[CAPSET_INHERITABLE] = f.image.caps.inheritable;
		ret->set[CAPSET_EFFECTIVE] =
			f.image.caps.effective ? ret->set[CAPSET_PERMITTED] | ret->set[CAPSET_INHERITABLE]
					       : 0;
	}
	execfile_done(&f);
	return EXIT_FINE;
}

static int explain_word(const struct explain_options *o, struct buf *b, size_t width)
{
	const char *word = o->words[0];
	bool line = explain_line_wanted(o), changed = o->snippet || o->external || line || o->fill_count;
	struct capset s;
	unsigned nr;
	int code;

	if (o->word_count == 1 && o->external && (!strcmp(word, "-") || is_path(word)))
		return explain_external(o, word, b, width);
	if (o->word_count == 1 && !changed && !capability_parse(word, strlen(word), &nr)) {
		if (o->json)
			explain_capability_json(b, nr);
		else
			explain_capability_text(b, nr, width);
		return EXIT_FINE;
	}
	if (o->word_count == 1 && !changed && is_path(word))
		return explain_file(o, word, b, width);
	if (o->word_count == 1 && line && !o->fill_count && is_path(word)) {
		code = set_of_file(word, &s);
		return code ? code : explain_line_set(o, &s, b);
	}
	if (o->external && line)
		return usage("--external with --format or --has reads a file, or -");
	if (o->external && o->json)
		return usage("--json and --external: the set in all notations has the external one too");
	return explain_set(o, b, width);
}

static int operand(const char *word, struct capset *ret)
{
	enum notation notation;
	struct mistake m;
	int err;

	if (is_path(word))
		return set_of_file(word, ret);
	err = notation_parse(word, ret, &notation, &m);
	return err ? say_mistake(word, err, &m) : EXIT_FINE;
}

static int explain_compare(const struct explain_options *o, struct buf *b, size_t width)
{
	struct capset first, second;
	int code;

	if (o->word_count != 2)
		return usage("--compare takes two: capsieve explain --compare cap_kill=ep cap_kill=p");
	code = operand(o->words[0], &first);
	if (!code)
		code = operand(o->words[1], &second);
	if (code)
		return code;
	if (first.kind + second.kind == CAPSET_FLAGS + CAPSET_IAB && first.kind && second.kind &&
	    first.kind != second.kind)
		return usage("flags (e, p, i) and vectors (IAB) cannot be compared; a list can with both");
	if (first.kind == CAPSET_PLAIN)
		first = capset_as(&first, second.kind);
	second = capset_as(&second, first.kind);
	if (o->json)
		explain_compare_json(b, &first, &second);
	else
		explain_compare_text(b, &first, &second, width);
	return memcmp(first.set, second.set, sizeof(first.set)) ? EXIT_FINDING : EXIT_FINE;
}

/* --securebits or --mode alone. */
static int explain_alone(const struct explain_options *o, struct buf *b, size_t width)
{
	if (o->securebits_given && o->mode_given)
		return usage("--securebits and --mode: one at a time, or 'exec FILE' with both");
	if (o->securebits_given && o->json)
		explain_securebits_json(b, o->securebits);
	else if (o->securebits_given)
		explain_securebits_text(b, o->securebits, width);
	else if (o->json)
		explain_mode_json(b, o->mode);
	else
		explain_mode_text(b, o->mode, width);
	return EXIT_FINE;
}

static bool has_exec_options(const struct explain_options *o)
{
	return o->caps_given || o->iab_given || o->uid_given || o->gid_given || o->securebits_given ||
	       o->mode_given || o->no_new_privs || o->traced || o->file_caps_given;
}

static int dispatch(const struct explain_options *o, struct buf *b, size_t width)
{
	bool exec = o->word_count && !strcmp(o->words[0], "exec");

	if (o->json && o->snippet)
		return usage("--json and --snippet: one at a time");
	if (o->snippet && o->external)
		return usage("--snippet and --external: one at a time");
	if (o->format_given + (o->has != NULL) + o->snippet > 1 || (o->format_given && o->json))
		return usage("--format, --has, --snippet and --json are different answers: one at a time");
	if ((o->pid_given || exec || o->compare) && (o->snippet || o->external || o->fill_count))
		return usage("--snippet, --external and --fill take a set");
	if (o->compare && explain_line_wanted(o))
		return usage("--compare has an answer of its own: neither --format nor --has");
	if (o->flag_bytes_given && !o->external)
		return usage("--flag-bytes belongs to --external");
	if (exec && !o->compare)
		return explain_exec(o, b, width);
	if (!o->word_count && !o->pid_given && (o->securebits_given || o->mode_given))
		return explain_alone(o, b, width);
	if (has_exec_options(o))
		return usage("what describes a process belongs to an exec: capsieve explain exec --uid "
			     "nobody FILE");
	if (o->compare)
		return explain_compare(o, b, width);
	if (o->pid_given && o->word_count)
		return usage("--pid and a word: what is to be explained? For an exec by that process: 'exec "
			     "--pid PID FILE'");
	if (o->pid_given)
		return explain_process(o, b, width);
	if (!o->word_count)
		return usage(
			"what is to be explained? A capability, a set, a file, --pid PID, or 'exec FILE'");
	return explain_word(o, b, width);
}

static int write_out(const struct explain_options *o, struct buf *b)
{
	struct out out = OUT_INIT;
	int err = b->error ? b->error : out_open(&out, o->file, 0), closed;

	if (!err)
		err = out_write(&out, b->data ? b->data : "", b->len);
	closed = out_close(&out);
	err = err ?: closed;
	if (!err || err == -EPIPE)
		return EXIT_FINE;
	say_error(&explain_say, o->file ? o->file : "standard output", err);
	return EXIT_FAILED;
}

static int run(const struct explain_options *o)
{
	struct buf b = BUF_INIT;
	int code = dispatch(o, &b, o->file ? 0 : look_width(STDOUT_FILENO)), written;

	if (code == EXIT_FINE || code == EXIT_FINDING) {
		written = write_out(o, &b);
		code = written ? written : code;
	}
	buf_done(&b);
	return code;
}

int explain_main(int argc, char **argv)
{
	struct explain_options o;
	int err = explain_options_parse(argc, argv, &o), code;

	if (err) {
		say(&explain_say, "%s", buf_str(&o.error));
		code = err == -EINVAL ? EXIT_USAGE : EXIT_FAILED;
	} else if (o.help) {
		help_print(&explain_argp, explain_say.command, NULL);
		code = say_flush(&explain_say);
	} else {
		code = run(&o);
	}
	explain_options_done(&o);
	return code;
}
