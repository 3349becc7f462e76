/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/caps/capset.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/capability.h>

#include "user/base/memory.h"
#include "user/base/buf.h"
#include "user/caps/capability.h"
#include "user/caps/mistake.h"

#define BIT(cap) (1ULL << (cap))
#define DIGITS   "0123456789"

#define EXTERNAL_MAGIC "\x90\xc2\x01\x51"
#define EXTERNAL_HEAD  5 /* magic, and a byte for the bytes of one flag */

static const char *const parts[][3] = {
	[CAPSET_PLAIN] = { "set" },
	[CAPSET_FLAGS] = { "effective", "permitted", "inheritable" },
	[CAPSET_IAB] = { "inheritable", "ambient", "blocked" },
};

static const cap_flag_t flags[] = {
	[CAPSET_EFFECTIVE] = CAP_EFFECTIVE,
	[CAPSET_PERMITTED] = CAP_PERMITTED,
	[CAPSET_INHERITABLE] = CAP_INHERITABLE,
};

static const cap_iab_vector_t vectors[] = {
	[CAPSET_INH] = CAP_IAB_INH,
	[CAPSET_AMB] = CAP_IAB_AMB,
	[CAPSET_BLOCKED] = CAP_IAB_BOUND,
};

uint64_t capset_all(void)
{
	int count = cap_max_bits();

	return count > 0 && count < CAPABILITY_MAX ? BIT(count) - 1 : UINT64_MAX;
}

const char *capset_part(enum capset_kind kind, unsigned i)
{
	return i < 3 ? parts[kind][i] : NULL;
}

static bool word_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static size_t word_length(const char *s)
{
	size_t n = 0;

	while (word_char(s[n]))
		n++;
	return n;
}

/* What libcap takes for a name, numbers included. */
static bool libcap_name(const char *s, size_t n, cap_value_t *ret)
{
	char copy[CAPABILITY_NAME_MAX], *end;

	if (n >= sizeof(copy))
		return false;
	memcpy(copy, s, n);
	copy[n] = '\0';
	/* cap_from_name does not look at what stands behind a number, nor at digits behind a name. */
	if (isdigit((unsigned char)*copy) ? (strtoul(copy, &end, 0), *end) : copy[strcspn(copy, DIGITS)])
		return false;
	return cap_from_name(copy, ret) == 0;
}

static int wrong(const char *text, const char *at, size_t len, const char *what, struct mistake *ret)
{
	*ret = (struct mistake){ .what = what, .word = at, .len = len, .column = (size_t)(at - text) + 1 };
	return -EINVAL;
}

/* A name that we know and libcap does not is one without its prefix, or with other letters for `_`. */
static int wrong_name(const char *text, const char *at, size_t len, struct mistake *ret)
{
	char none[CAPABILITY_NAME_MAX];
	unsigned nr;

	if (!capability_parse(at, len, &nr) && nr < CAPABILITY_COUNT) {
		wrong(text, at, len, "libcap wants the whole name here", ret);
		ret->nearest = capability_name(nr, none);
	} else {
		wrong(text, at, len, "no such capability", ret);
		ret->nearest = capability_nearest(at, len);
		/* "all", where it is no name */
		if (ret->nearest && strlen(ret->nearest) == len && !memcmp(ret->nearest, at, len))
			ret->nearest = NULL;
	}
	return -EINVAL;
}

/* Names up to what is no comma. libcap's own rules, which it does not tell: one clause after the other. */
static int check_names(const char *text, const char **at, struct mistake *ret)
{
	for (;; ++*at) {
		size_t n = word_length(*at);
		cap_value_t cap;

		if (!n)
			return wrong(text, *at, 0, "a capability is missing", ret);
		if ((n != 3 || strncasecmp(*at, "all", 3)) && !libcap_name(*at, n, &cap))
			return wrong_name(text, *at, n, ret);
		*at += n;
		if (**at != ',')
			return 0;
	}
}

static bool ends_clause(char c)
{
	return !c || isspace((unsigned char)c);
}

static const char *const small_flags[] = { ['E'] = "e", ['I'] = "i", ['P'] = "p" };

static int check_flags(const char *text, const char **at, bool needed, struct mistake *ret)
{
	size_t n = strspn(*at, "eip");
	char next = (*at)[n];

	if (!n && needed && (ends_clause(next) || strchr("=+-", next)))
		return wrong(text, *at, 0, "a flag is missing: e, i or p", ret);
	if (next == '=')
		return wrong(text, *at + n, 1, "'=' can only come before '+' and '-'", ret);
	if (!ends_clause(next) && !strchr("+-", next)) {
		wrong(text, *at + n, 1, "no such flag", ret);
		if ((unsigned char)next < sizeof(small_flags) / sizeof(small_flags[0]))
			ret->nearest = small_flags[(unsigned char)next];
		return -EINVAL;
	}
	*at += n;
	return 0;
}

static int check_clause(const char *text, const char **at, struct mistake *ret)
{
	bool named = word_char(**at);
	int err = named ? check_names(text, at, ret) : 0;

	if (err)
		return err;
	if (ends_clause(**at) || !strchr("=+-", **at))
		return wrong(text, *at, !ends_clause(**at), "one of '=', '+', '-' is missing", ret);
	if (**at == '=') {
		++*at;
		if (**at != '+' && **at != '-')
			err = check_flags(text, at, false, ret);
	}
	while (!err && !ends_clause(**at)) {
		if (!named)
			return wrong(text, *at, 1, "capabilities must be named before '+' and '-'", ret);
		++*at;
		err = check_flags(text, at, true, ret);
	}
	return err;
}

static int check_text(const char *text, struct mistake *ret)
{
	const char *at = text;
	int err = 0;

	while (!err) {
		while (isspace((unsigned char)*at))
			at++;
		if (!*at)
			return wrong(text, at, 0, "libcap does not take this", ret);
		err = check_clause(text, &at, ret);
	}
	return err;
}

static uint64_t flag_of(cap_t caps, cap_flag_t flag)
{
	uint64_t set = 0;
	cap_flag_value_t on;

	for (cap_value_t cap = 0; cap < CAPABILITY_MAX; cap++)
		if (!cap_get_flag(caps, cap, flag, &on) && on == CAP_SET)
			set |= BIT(cap);
	return set;
}

static struct capset of_libcap(cap_t caps)
{
	struct capset s = { .kind = CAPSET_FLAGS };

	for (unsigned i = 0; i < 3; i++)
		s.set[i] = flag_of(caps, flags[i]);
	return s;
}

/* NULL: out of memory. */
static cap_t to_libcap(const struct capset *s)
{
	cap_t caps = cap_init();

	for (cap_value_t cap = 0; caps && cap < CAPABILITY_MAX; cap++)
		for (unsigned i = 0; i < 3; i++)
			if (s->set[i] & BIT(cap))
				cap_set_flag(caps, flags[i], 1, &cap, CAP_SET);
	return caps;
}

int capset_from_text(const char *text, struct capset *ret, struct mistake *ret_mistake)
{
	cap_t caps;

	errno = 0;
	caps = cap_from_text(text);
	if (!caps)
		return errno == ENOMEM ? memory_lack() : check_text(text, ret_mistake);
	*ret = of_libcap(caps);
	cap_free(caps);
	return 0;
}

static void take_text(struct buf *b, char *text)
{
	if (text)
		buf_puts(b, text);
	else
		buf_lack(b);
	cap_free(text);
}

void capset_to_text(struct buf *b, const struct capset *s)
{
	cap_t caps = to_libcap(s);

	take_text(b, caps ? cap_to_text(caps, NULL) : NULL);
	cap_free(caps);
}

/*
 * cap_iab_from_text takes a number that the kernel does not have for nothing, and a prefix or a comma with
 * nothing behind it too: who wrote that meant something.
 */
static int check_iab(const char *text, struct mistake *ret)
{
	const char *at = text;

	for (;; at++) {
		cap_value_t cap;
		size_t n;

		at += strspn(at, "!^%");
		n = word_length(at);
		if (!n)
			return wrong(text, at, *at != '\0', "a capability is missing", ret);
		if (!libcap_name(at, n, &cap))
			return wrong_name(text, at, n, ret);
		if (cap >= cap_max_bits())
			return wrong(
				text, at, n,
				"this kernel has no such capability, and libcap would take it for nothing",
				ret);
		at += n;
		if (!*at)
			return 0;
		if (*at != ',')
			return wrong(text, at, 1, "only a comma can stand here", ret);
	}
}

static struct capset of_iab(cap_iab_t iab)
{
	struct capset s = { .kind = CAPSET_IAB };

	for (cap_value_t cap = 0; cap < cap_max_bits(); cap++)
		for (unsigned i = 0; i < 3; i++)
			if (cap_iab_get_vector(iab, vectors[i], cap) == CAP_SET)
				s.set[i] |= BIT(cap);
	return s;
}

int capset_from_iab(const char *text, struct capset *ret, struct mistake *ret_mistake)
{
	int err = *text ? check_iab(text, ret_mistake) : 0;
	cap_iab_t iab;

	if (err)
		return err;
	errno = 0;
	iab = cap_iab_from_text(text);
	if (!iab)
		return errno == ENOMEM
			       ? memory_lack()
			       : wrong(text, text, strlen(text), "libcap does not take this", ret_mistake);
	*ret = of_iab(iab);
	cap_free(iab);
	return 0;
}

void capset_to_iab(struct buf *b, const struct capset *s)
{
	cap_iab_t iab = cap_iab_init();

	for (cap_value_t cap = 0; iab && cap < cap_max_bits(); cap++)
		for (unsigned i = 0; i < 3; i++)
			if (s->set[i] & BIT(cap))
				cap_iab_set_vector(iab, vectors[i], cap, CAP_SET);
	take_text(b, iab ? cap_iab_to_text(iab) : NULL);
	cap_free(iab);
}

/* cap_copy_int trusts the length byte. */
int capset_from_external(const void *data, size_t n, struct capset *ret)
{
	const uint8_t *bytes = data;
	cap_t caps;

	if (n < EXTERNAL_HEAD || memcmp(bytes, EXTERNAL_MAGIC, 4) ||
	    n != EXTERNAL_HEAD + 3 * (size_t)bytes[4])
		return -EINVAL;
	caps = cap_copy_int(data);
	if (!caps)
		return -EINVAL;
	*ret = of_libcap(caps);
	cap_free(caps);
	return 0;
}

void capset_to_external(struct buf *b, const struct capset *s)
{
	cap_t caps = to_libcap(s);
	ssize_t size = caps ? cap_size(caps) : -1;
	char *room = size > 0 ? buf_room(b, (size_t)size) : NULL;

	if (room && cap_copy_ext(room, caps, size) == size)
		b->len += (size_t)size;
	else
		buf_lack(b);
	cap_free(caps);
}

void capset_to_external_short(struct buf *b, const struct capset *s, uint8_t at_least)
{
	static const unsigned order[] = { CAPSET_EFFECTIVE, CAPSET_PERMITTED, CAPSET_INHERITABLE };
	uint64_t all = s->set[0] | s->set[1] | s->set[2];
	unsigned bytes = 0;

	while (bytes < sizeof(all) && all >> 8 * bytes)
		bytes++;
	bytes = bytes > at_least ? bytes : at_least;
	buf_put(b, EXTERNAL_MAGIC, 4);
	buf_putc(b, (char)bytes);
	for (unsigned i = 0; i < bytes; i++)
		for (unsigned j = 0; j < 3; j++)
			buf_putc(b, i < sizeof(all) ? (char)(s->set[order[j]] >> 8 * i) : '\0');
}

static struct capset list_as(uint64_t set, enum capset_kind kind)
{
	struct capset to = { .kind = kind, .set = { set, set } };

	_Static_assert(CAPSET_EFFECTIVE + CAPSET_PERMITTED == 1 && CAPSET_INH + CAPSET_AMB == 1,
		       "the first two");
	return to;
}

struct capset capset_as(const struct capset *s, enum capset_kind kind)
{
	if (s->kind == kind)
		return *s;
	if (s->kind == CAPSET_PLAIN)
		return list_as(s->set[0], kind);
	if (kind == CAPSET_FLAGS)
		return (struct capset){ kind, { [CAPSET_INHERITABLE] = s->set[CAPSET_INH] } };
	if (kind == CAPSET_IAB)
		return (struct capset){ kind, { [CAPSET_INH] = s->set[CAPSET_INHERITABLE] } };
	if (s->kind == CAPSET_IAB)
		return (struct capset){ kind, { s->set[CAPSET_INH] | s->set[CAPSET_AMB] } };
	return (struct capset){ kind, { s->set[0] | s->set[1] | s->set[2] } };
}
