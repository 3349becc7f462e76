/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/explain_line.h"

#include <errno.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/word.h"
#include "user/caps/mistake.h"
#include "user/caps/transition.h"
#include "user/cmd/args.h"
#include "user/cmd/commands.h"
#include "user/cmd/explain.h"
#include "user/cmd/explain_options.h"
#include "user/cmd/say.h"
#include "user/view/explain.h"

#define PARTS_MAX 6

/* What can be asked for: names and sets, of a set or of a process. */
struct parts {
	const char *name[PARTS_MAX];
	uint64_t set[PARTS_MAX];
	size_t count;
};

bool explain_line_wanted(const struct explain_options *o)
{
	return o->format_given || o->has;
}

static int mistaken(const struct explain_options *o, const struct mistake *m)
{
	struct buf sentence = BUF_INIT;

	explain_mistake(&sentence, "--has", o->has, m);
	say(&explain_say, "%s", buf_str(&sentence));
	buf_done(&sentence);
	return EXIT_USAGE;
}

static int find_part(const struct explain_options *o, const struct parts *parts, size_t *ret)
{
	size_t n = strcspn(o->has, "="), nearest;
	struct mistake m = { .word = o->has, .len = n, .column = 1 };

	if (!o->has[n]) {
		m = (struct mistake){ "'=' and capabilities are missing", o->has + n, 0, n + 1, NULL };
		return mistaken(o, &m);
	}
	if (word_begins(o->has, n, parts->name, parts->count, ret))
		return EXIT_FINE;
	m.what = "no such part here";
	if (word_nearest(o->has, n, parts->name, parts->count, &nearest))
		m.nearest = parts->name[nearest];
	return mistaken(o, &m);
}

static int has(const struct explain_options *o, const struct parts *parts, struct buf *b)
{
	const char *list = o->has + strcspn(o->has, "=") + 1;
	enum notation notation;
	uint64_t asked, lacks;
	struct mistake m;
	struct capset s;
	size_t part;
	int code = find_part(o, parts, &part), err;

	if (code)
		return code;
	err = notation_parse(list, &s, &notation, &m);
	if (err == -EINVAL) {
		m.column += (size_t)(list - o->has);
		return mistaken(o, &m);
	} else if (err) {
		say_error(&explain_say, "--has", err);
		return EXIT_FAILED;
	}
	asked = capset_as(&s, CAPSET_PLAIN).set[0];
	lacks = asked & ~parts->set[part];
	if (o->json)
		explain_has_json(b, parts->name[part], asked, lacks);
	else
		explain_has_text(b, parts->name[part], asked, lacks);
	return lacks ? EXIT_FINDING : EXIT_FINE;
}

static int refuse(const char *sentence)
{
	say(&explain_say, "%s", sentence);
	return EXIT_USAGE;
}

static int format_set(enum explain_format format, const struct capset *s, struct buf *b)
{
	if (format >= EXPLAIN_MODE)
		return refuse("--format: only a process has a mode or securebits: --pid self");
	if (!explain_set_spell(b, s, (enum notation)format))
		return refuse("--format: its parts differ, and this notation has only one set: libcap, IAB and "
			      "external have more");
	buf_putc(b, '\n');
	return EXIT_FINE;
}

int explain_line_set(const struct explain_options *o, const struct capset *s, struct buf *b)
{
	struct parts parts = { .count = 0 };

	if (!o->has)
		return format_set(o->format, s, b);
	for (unsigned i = 0; i < 3 && capset_part(s->kind, i); i++) {
		parts.name[parts.count] = capset_part(s->kind, i);
		parts.set[parts.count++] = s->set[i];
	}
	return has(o, &parts, b);
}

static int format_process(enum explain_format format, const struct credentials *c, bool securebits_known,
			  struct buf *b)
{
	const struct capset flags = { CAPSET_FLAGS, { c->effective, c->permitted, c->inheritable } };
	const struct capset iab = { CAPSET_IAB,
				    { c->inheritable, c->ambient, capset_all() & ~c->bounding } };

	if (format >= EXPLAIN_MODE && !securebits_known)
		return refuse("--format: the kernel tells securebits, and so the mode, only to the process itself: "
			      "--pid self");
	if (format == EXPLAIN_MODE)
		buf_puts(b, mode_name(mode_of(c)));
	else if (format == EXPLAIN_SECUREBITS)
		securebits_print(b, c->securebits);
	else if (format == (enum explain_format)NOTATION_IAB)
		explain_set_spell(b, &iab, NOTATION_IAB);
	else if (format == (enum explain_format)NOTATION_LIBCAP ||
		 format == (enum explain_format)NOTATION_EXTERNAL)
		explain_set_spell(b, &flags, (enum notation)format);
	else
		return refuse("--format: a process has several sets: libcap, IAB, external, mode or securebits");
	buf_putc(b, '\n');
	return EXIT_FINE;
}

int explain_line_process(const struct explain_options *o, const struct credentials *c, bool securebits_known,
			 struct buf *b)
{
	const struct parts parts = {
		.name = { "effective", "permitted", "inheritable", "ambient", "bounding", "blocked" },
		.set = { c->effective, c->permitted, c->inheritable, c->ambient, c->bounding, ~c->bounding },
		.count = PARTS_MAX,
	};

	return o->has ? has(o, &parts, b) : format_process(o->format, c, securebits_known, b);
}
