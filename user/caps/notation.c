/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/caps/notation.h"

#include <ctype.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "user/base/buf.h"
#include "user/caps/capability.h"
#include "user/caps/mistake.h"

#define BLANKS     " \t\r\n"
#define HEX        "0123456789abcdefABCDEF"
#define BYTES_MAX  (5 + 3 * 255)  /* of the longest external form */
#define UWSGI_LAST CAP_WAKE_ALARM /* the last that its list of names has */

/* A text and how far it was read. */
struct scan {
	const char *text, *at;
	struct mistake *mistake;
};

static int wrong(const struct scan *s, const char *at, size_t len, const char *what, const char *nearest)
{
	*s->mistake = (struct mistake){ what, at, len, (size_t)(at - s->text) + 1, nearest };
	return -EINVAL;
}

static bool begins(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

static bool is_all(const char *at, size_t len)
{
	return len == 3 && !strncasecmp(at, "all", 3);
}

/* One name, number or `all`. */
static int parse_name(const struct scan *s, const char *at, size_t len, uint64_t *set)
{
	unsigned nr;

	if (!len)
		return wrong(s, at, 0, "a capability is missing", NULL);
	if (is_all(at, len))
		*set |= capset_all();
	else if (!capability_parse(at, len, &nr))
		*set |= 1ULL << nr;
	else
		return wrong(s, at, len, "no such capability", capability_nearest(at, len));
	return 0;
}

/* Names up to one of `until` or the end, between any of `between`; there may be none. */
static int parse_names(struct scan *s, const char *between, const char *until, uint64_t *set)
{
	char stops[32];
	int err = 0;

	snprintf(stops, sizeof(stops), "%s%s", between, until);
	for (s->at += strspn(s->at, between); *s->at && !strchr(until, *s->at) && !err;) {
		size_t n = strcspn(s->at, stops);

		err = parse_name(s, s->at, n, set);
		s->at += n;
		s->at += strspn(s->at, between);
	}
	return err;
}

static int parse_libcap(struct scan *s, struct capset *ret)
{
	return capset_from_text(s->text, ret, s->mistake);
}

static int parse_iab(struct scan *s, struct capset *ret)
{
	return capset_from_iab(s->text, ret, s->mistake);
}

static int parse_mask(struct scan *s, struct capset *ret)
{
	const char *digits = s->at + (strncasecmp(s->at, "0x", 2) ? 0 : 2);
	size_t n = strspn(digits, HEX);
	const char *rest = digits + n + strspn(digits + n, BLANKS);

	if (*rest)
		return wrong(s, digits + n, 1, "no hexadecimal digit", NULL);
	if (!n)
		return wrong(s, digits, 0, "hexadecimal digits are missing", NULL);
	if (n > 16)
		return wrong(s, digits, n, "more than the 64 bits of a set", NULL);
	ret->set[0] = strtoull(digits, NULL, 16);
	return 0;
}

static int parse_list(struct scan *s, struct capset *ret)
{
	int err = parse_names(s, "," BLANKS, "", &ret->set[0]);

	if (!err && !s->text[strspn(s->text, "," BLANKS)])
		return wrong(s, s->at, 0, "a capability is missing", NULL);
	return err;
}

/* Behind "cap =", "cap:", "--cap=" or "--cap". */
static int parse_uwsgi(struct scan *s, struct capset *ret)
{
	s->at = strstr(s->at, "cap") + strlen("cap");
	s->at += strspn(s->at, BLANKS "=:");
	if (!*s->at)
		return wrong(s, s->at, 0, "a capability is missing", NULL);
	return parse_names(s, "," BLANKS, "", &ret->set[0]);
}

/* What Docker was told to add [0] and to drop [1]; the word ALL is more than all names. */
struct docker {
	uint64_t set[2];
	bool all[2];
};

/* As its daemon does it: a drop of ALL takes the default away, an add of ALL leaves only what is dropped. */
static uint64_t docker_result(const struct docker *d)
{
	if (d->all[0])
		return d->all[1] ? 0 : capset_all() & ~d->set[1];
	return d->all[1] ? d->set[0] : (NOTATION_DOCKER_DEFAULT & ~d->set[1]) | d->set[0];
}

static int parse_docker_option(struct scan *s, struct docker *d)
{
	static const char *const options[] = { "--cap-add", "--cap-drop" };
	bool drop = begins(s->at, options[1]);
	size_t word = strcspn(s->at, "=" BLANKS);
	int err;

	if (word != strlen(options[drop]) || !begins(s->at, options[drop]))
		return wrong(s, s->at, word, "only --cap-add and --cap-drop can stand here", NULL);
	s->at += word;
	s->at += *s->at == '=' ? 1 : strspn(s->at, BLANKS);
	word = strcspn(s->at, BLANKS);
	d->all[drop] |= is_all(s->at, word);
	err = parse_name(s, s->at, word, &d->set[drop]);
	s->at += word;
	return err;
}

static int parse_docker(struct scan *s, struct capset *ret)
{
	struct docker d = { { 0, 0 }, { false, false } };
	int err = 0;

	for (; *s->at && !err; s->at += strspn(s->at, BLANKS))
		err = parse_docker_option(s, &d);
	ret->set[0] = docker_result(&d);
	return err;
}

/* Assignments as in a unit: an empty one starts anew, others add, `~` takes away. */
static int parse_systemd(struct scan *s, struct capset *ret)
{
	int err = 0;

	while (*s->at && !err) {
		uint64_t set = 0;
		bool but;

		s->at += strcspn(s->at, "=");
		if (!*s->at)
			return wrong(s, s->at, 0, "'=' is missing", NULL);
		s->at += 1 + strspn(s->at + 1, " \t");
		but = *s->at == '~';
		s->at += but;
		err = parse_names(s, " \t\r", "\n", &set);
		if (but)
			ret->set[0] = (ret->set[0] ? ret->set[0] : capset_all()) & ~set;
		else
			ret->set[0] = set ? ret->set[0] | set : 0;
		s->at += strspn(s->at, BLANKS);
	}
	return err;
}

#define YAML_BETWEEN BLANKS ",[]{}\"'"

/* The lists behind add: and drop:, flow or block; without these words, one list. */
static int parse_kubernetes(struct scan *s, struct capset *ret)
{
	uint64_t add = 0, drop = 0, *set = &add;
	int err = 0;

	for (s->at += strspn(s->at, YAML_BETWEEN); *s->at && !err; s->at += strspn(s->at, YAML_BETWEEN)) {
		size_t n = strcspn(s->at, YAML_BETWEEN);

		if (n == 1 && *s->at == '-')
			;
		else if (n == 4 && !strncmp(s->at, "add:", n))
			set = &add;
		else if (n == 5 && !strncmp(s->at, "drop:", n))
			set = &drop;
		else if (s->at[n - 1] != ':')
			err = parse_name(s, s->at, n, set);
		else if (strncmp(s->at, "capabilities:", n) && strncmp(s->at, "securityContext:", n))
			return wrong(s, s->at, n, "neither add: nor drop:", NULL);
		s->at += n;
	}
	ret->set[0] = (drop & capset_all()) == capset_all() ? add : add & ~drop;
	return err;
}

static unsigned digit(char c)
{
	return c <= '9' ? (unsigned)(c - '0') : (unsigned)(tolower((unsigned char)c) - 'a') + 10;
}

static int parse_external(struct scan *s, struct capset *ret)
{
	uint8_t bytes[BYTES_MAX];
	size_t n = strspn(s->at, HEX);

	if (n % 2 || n / 2 > sizeof(bytes) || s->at[n + strspn(s->at + n, BLANKS)])
		return wrong(s, s->at, n, "not the external form: a wrong number of digits", NULL);
	for (size_t i = 0; i < n / 2; i++)
		bytes[i] = (uint8_t)(digit(s->at[2 * i]) << 4 | digit(s->at[2 * i + 1]));
	if (capset_from_external(bytes, n / 2, ret))
		return wrong(s, s->at, n, "not the external form: its length is not the one that it tells",
			     NULL);
	return 0;
}

static const struct {
	const char *name;
	int (*parse)(struct scan *s, struct capset *ret);
} notations[] = {
	[NOTATION_LIBCAP] = { "libcap", parse_libcap },
	[NOTATION_IAB] = { "IAB", parse_iab },
	[NOTATION_MASK] = { "mask", parse_mask },
	[NOTATION_LIST] = { "list", parse_list },
	[NOTATION_UWSGI] = { "uWSGI", parse_uwsgi },
	[NOTATION_DOCKER] = { "Docker", parse_docker },
	[NOTATION_SYSTEMD] = { "systemd", parse_systemd },
	[NOTATION_KUBERNETES] = { "Kubernetes", parse_kubernetes },
	[NOTATION_EXTERNAL] = { "external", parse_external },
};
_Static_assert(sizeof(notations) / sizeof(notations[0]) == NOTATION_COUNT, "a row for each notation");

const char *notation_name(enum notation n)
{
	return notations[n].name;
}

/* 0x..., or the eight or more digits that /proc prints. */
static bool looks_hex(const char *s)
{
	size_t n = strspn(s, HEX);

	if (!strncasecmp(s, "0x", 2))
		return true;
	return n >= 8 && n <= 16 && !s[n + strspn(s + n, BLANKS)];
}

/* A line of its configuration, or an option of its command line. */
static bool looks_uwsgi(const char *s)
{
	bool option = begins(s, "--");

	s += option ? 2 : 0;
	if (begins(s, "emperor-") || begins(s, "vassals-"))
		s += strlen("emperor-");
	if (!begins(s, "cap"))
		return false;
	s += strlen("cap");
	if (option && *s && strchr(BLANKS, *s))
		return true;
	s += strspn(s, BLANKS);
	return *s == '=' || *s == ':';
}

/* Whether libcap's `-` stands in there, and not that of sys-admin. */
static bool has_minus(const char *s)
{
	for (; (s = strchr(s, '-')); s++) {
		size_t n = strspn(s + 1, "eip");

		if (n && (!s[n + 1] || strchr(BLANKS "+-", s[n + 1])))
			return true;
	}
	return false;
}

static bool looks_yaml(const char *s)
{
	return *s == '[' || *s == '{' || *s == '"' || begins(s, "- ") || begins(s, "add:") ||
	       begins(s, "drop:") || begins(s, "capabilities:") || begins(s, "securityContext:");
}

/* What the text looks like; anything is at least a list. */
static enum notation guess(const char *text)
{
	const char *s = text + strspn(text, BLANKS);

	if (!strncasecmp(s, "90c20151", 8))
		return NOTATION_EXTERNAL;
	if (looks_hex(s))
		return NOTATION_MASK;
	if (begins(s, "--cap-"))
		return NOTATION_DOCKER;
	if (begins(s, "CapabilityBoundingSet=") || begins(s, "AmbientCapabilities="))
		return NOTATION_SYSTEMD;
	if (looks_yaml(s))
		return NOTATION_KUBERNETES;
	if (looks_uwsgi(s))
		return NOTATION_UWSGI;
	if (strpbrk(s, "!^%"))
		return NOTATION_IAB;
	return strpbrk(s, "=+") || has_minus(s) ? NOTATION_LIBCAP : NOTATION_LIST;
}

int notation_parse(const char *text, struct capset *ret, enum notation *ret_notation,
		   struct mistake *ret_mistake)
{
	struct scan s = { text, text + strspn(text, BLANKS), ret_mistake };
	struct capset set = { .kind = CAPSET_PLAIN };
	int err;

	*ret_notation = guess(text);
	err = notations[*ret_notation].parse(&s, &set);
	if (err)
		return err;
	*ret = set;
	return 0;
}

static const struct style {
	const char *before, *between, *after;
	bool prefix, upper;
	unsigned last; /* the last that has a name there; others are numbers */
} styles[] = {
	[NOTATION_LIST] = { "", ",", "", true, false, CAPABILITY_COUNT - 1 },
	[NOTATION_UWSGI] = { "cap = ", ",", "", false, false, UWSGI_LAST },
	[NOTATION_DOCKER] = { "--cap-drop=ALL", " --cap-add=", "", false, true, CAPABILITY_COUNT - 1 },
	[NOTATION_SYSTEMD] = { "CapabilityBoundingSet=", " ", "", true, true, CAPABILITY_COUNT - 1 },
	[NOTATION_KUBERNETES] = { "capabilities: {drop: [\"ALL\"], add: [\"", "\", \"", "\"]}", false, true,
				  CAPABILITY_COUNT - 1 },
};

static void print_name(struct buf *b, const struct style *style, unsigned nr)
{
	char number[CAPABILITY_NAME_MAX];
	const char *name = capability_name(nr, number);

	if (nr > style->last) {
		buf_u64(b, nr);
		return;
	}
	for (name += style->prefix ? 0 : strlen("CAP_"); *name; name++)
		buf_putc(b, style->upper ? *name : (char)tolower((unsigned char)*name));
}

void notation_print(struct buf *b, enum notation n, uint64_t set)
{
	const struct style *style = &styles[n];
	bool first = n != NOTATION_DOCKER;

	if (n == NOTATION_MASK) {
		buf_printf(b, "0x%llx", (unsigned long long)set);
		return;
	}
	if (!set && n == NOTATION_KUBERNETES) {
		buf_puts(b, "capabilities: {drop: [\"ALL\"]}");
		return;
	}
	buf_puts(b, style->before);
	for (unsigned nr = 0; nr < CAPABILITY_MAX; nr++) {
		if (!(set & 1ULL << nr))
			continue;
		if (!first)
			buf_puts(b, style->between);
		first = false;
		print_name(b, style, nr);
	}
	buf_puts(b, style->after);
}
