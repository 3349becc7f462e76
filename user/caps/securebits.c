/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/caps/securebits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "user/base/buf.h"
#include "user/base/word.h"
#include "user/caps/mistake.h"
#include "user/caps/transition.h"

#define SEPARATORS ", \t\r\n"
#define PREFIX     "secbit_"
#define WORD_MAX   48

/* Every second is the lock of the one before. */
static const struct bit {
	const char *name, *words;
} bits[] = {
	{ "noroot",
	  "user 0 gets no capabilities by being root, neither at an exec nor by a setuid-root file" },
	{ "noroot_locked", NULL },
	{ "no_setuid_fixup", "changing between user 0 and others with setuid() and its kin changes no set" },
	{ "no_setuid_fixup_locked", NULL },
	{ "keep_caps",
	  "the permitted set survives when all user ids become other than 0; an exec clears this bit" },
	{ "keep_caps_locked", NULL },
	{ "no_cap_ambient_raise", "nothing can be added to the ambient set (4.3)" },
	{ "no_cap_ambient_raise_locked", NULL },
	{ "exec_restrict_file",
	  "asks interpreters to run only files that could be executed themselves (6.14)" },
	{ "exec_restrict_file_locked", NULL },
	{ "exec_deny_interactive", "asks interpreters to run nothing that was typed or piped (6.14)" },
	{ "exec_deny_interactive_locked", NULL },
};

enum { BITS = sizeof(bits) / sizeof(bits[0]) };
_Static_assert((1u << BITS) - 1 == SECUREBITS_ALL, "a row for each bit");

#define PURE                                                                                  \
	(SECUREBIT_NOROOT | SECUREBITS_LOCKED(SECUREBIT_NOROOT) | SECUREBIT_NO_SETUID_FIXUP | \
	 SECUREBITS_LOCKED(SECUREBIT_NO_SETUID_FIXUP) | SECUREBITS_LOCKED(SECUREBIT_KEEP_CAPS))
#define PURE_NO_AMBIENT \
	(PURE | SECUREBIT_NO_CAP_AMBIENT_RAISE | SECUREBITS_LOCKED(SECUREBIT_NO_CAP_AMBIENT_RAISE))

static const struct {
	const char *name, *words;
} modes[] = {
	[MODE_UNCERTAIN] = { "UNCERTAIN", "none of the combinations that libcap has a name for" },
	[MODE_NOPRIV] = { "NOPRIV", "no capability, no way to any: the bounding set is empty, no_new_privs "
				    "is set, root is nobody special, and all of it is locked" },
	[MODE_PURE1E_INIT] = { "PURE1E_INIT",
			       "as PURE1E, and nothing is inheritable: where a tree of processes starts" },
	[MODE_PURE1E] = { "PURE1E", "capabilities come only from files and what is inheritable, as in "
				    "POSIX.1e: being root gives nothing, nothing is ambient, and both are "
				    "locked" },
	[MODE_HYBRID] = { "HYBRID", "as Linux starts: no securebit is set, and root has what root has" },
};
_Static_assert(sizeof(modes) / sizeof(modes[0]) == MODE_COUNT, "a row for each mode");

const char *securebits_words(unsigned nr)
{
	return nr < BITS ? bits[nr].words : NULL;
}

/* Lower case, `_` for `-`, no prefix; false where it is too long to be a word. */
static bool plain_word(const char *s, size_t n, char ret[static WORD_MAX])
{
	if (n && (*s == '+'))
		s++, n--;
	if (n > strlen(PREFIX) && !strncasecmp(s, PREFIX, strlen(PREFIX)))
		s += strlen(PREFIX), n -= strlen(PREFIX);
	if (!n || n >= WORD_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		ret[i] = s[i] == '-' ? '_' : s[i] >= 'A' && s[i] <= 'Z' ? (char)(s[i] - 'A' + 'a') : s[i];
	ret[n] = '\0';
	return true;
}

static bool parse_bit(const char *s, size_t n, uint32_t *ret)
{
	char word[WORD_MAX];

	if (!plain_word(s, n, word))
		return false;
	for (unsigned i = 0; i < BITS; i++) {
		if (strcmp(word, bits[i].name))
			continue;
		*ret = 1u << i;
		return true;
	}
	return false;
}

static const char *nearest_bit(const char *s, size_t n)
{
	const char *names[BITS];
	char word[WORD_MAX];
	size_t at;

	for (unsigned i = 0; i < BITS; i++)
		names[i] = bits[i].name;
	if (!plain_word(s, n, word) || !word_nearest(word, strlen(word), names, BITS, &at))
		return NULL;
	return names[at];
}

static bool parse_number(const char *text, uint32_t *ret)
{
	const char *digits = text + strspn(text, SEPARATORS);
	unsigned long v;
	char *end;

	if (*digits < '0' || *digits > '9')
		return false;
	errno = 0;
	v = strtoul(digits, &end, 0);
	if (errno || v > SECUREBITS_ALL || end[strspn(end, SEPARATORS)])
		return false;
	*ret = (uint32_t)v;
	return true;
}

int securebits_parse(const char *text, uint32_t *ret, struct mistake *ret_mistake)
{
	const char *word = text + strspn(text, SEPARATORS);
	uint32_t all = 0, bit;

	if (parse_number(text, ret))
		return 0;
	do {
		size_t n = strcspn(word, SEPARATORS);

		if (parse_bit(word, n, &bit)) {
			all |= bit;
		} else if (n != 4 || strncasecmp(word, "none", n)) {
			*ret_mistake = (struct mistake){
				n ? "no such securebit" : "a securebit is missing",
				word,
				n,
				word - text + 1,
				nearest_bit(word, n),
			};
			return -EINVAL;
		}
		word += n;
		word += strspn(word, SEPARATORS);
	} while (*word);
	*ret = all;
	return 0;
}

void securebits_print(struct buf *b, uint32_t set)
{
	const char *between = "";

	if (!set)
		buf_puts(b, "none");
	for (unsigned i = 0; i < 32; i++) {
		if (!(set & 1u << i))
			continue;
		if (i < BITS)
			buf_printf(b, "%s%s", between, bits[i].name);
		else
			buf_printf(b, "%s0x%x", between, 1u << i);
		between = ",";
	}
}

const char *mode_name(enum mode mode)
{
	return modes[mode].name;
}

const char *mode_words(enum mode mode)
{
	return modes[mode].words;
}

int mode_parse(const char *text, enum mode *ret, struct mistake *ret_mistake)
{
	const char *names[MODE_COUNT];
	size_t n = strlen(text), at;

	for (unsigned i = 0; i < MODE_COUNT; i++) {
		names[i] = modes[i].name;
		if (strlen(names[i]) != n)
			continue;
		for (at = 0; at < n && (!strncasecmp(names[i] + at, text + at, 1) ||
					(names[i][at] == '_' && text[at] == '-'));
		     at++)
			;
		if (at < n)
			continue;
		*ret = i;
		return 0;
	}
	*ret_mistake = (struct mistake){
		"no such mode", text, n, 1, word_nearest(text, n, names, MODE_COUNT, &at) ? names[at] : NULL,
	};
	return -EINVAL;
}

enum mode mode_of(const struct credentials *c)
{
	if (c->securebits == 0)
		return MODE_HYBRID;
	if (c->securebits != PURE_NO_AMBIENT || c->ambient)
		return MODE_UNCERTAIN;
	if (c->inheritable)
		return MODE_PURE1E;
	return c->permitted || c->effective || c->bounding ? MODE_PURE1E_INIT : MODE_NOPRIV;
}

void mode_apply(struct credentials *c, enum mode mode)
{
	if (mode == MODE_UNCERTAIN)
		return;
	c->effective = 0;
	c->securebits = mode == MODE_HYBRID ? 0 : PURE_NO_AMBIENT;
	if (mode == MODE_HYBRID)
		return;
	c->ambient = 0;
	if (mode == MODE_PURE1E)
		return;
	c->inheritable = 0;
	if (mode == MODE_PURE1E_INIT)
		return;
	c->permitted = 0;
	c->bounding = 0;
	c->no_new_privs = true;
}
