/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/caps/capability.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "user/base/buf.h"
#include "user/base/word.h"

#define PREFIX	   "CAP_"
#define PREFIX_LEN (sizeof(PREFIX) - 1)
#define SEPARATORS ", \t\r\n"

#define ROW(name) [CAP_##name] = PREFIX #name

static const char *const names[] = {
	ROW(CHOWN),
	ROW(DAC_OVERRIDE),
	ROW(DAC_READ_SEARCH),
	ROW(FOWNER),
	ROW(FSETID),
	ROW(KILL),
	ROW(SETGID),
	ROW(SETUID),
	ROW(SETPCAP),
	ROW(LINUX_IMMUTABLE),
	ROW(NET_BIND_SERVICE),
	ROW(NET_BROADCAST),
	ROW(NET_ADMIN),
	ROW(NET_RAW),
	ROW(IPC_LOCK),
	ROW(IPC_OWNER),
	ROW(SYS_MODULE),
	ROW(SYS_RAWIO),
	ROW(SYS_CHROOT),
	ROW(SYS_PTRACE),
	ROW(SYS_PACCT),
	ROW(SYS_ADMIN),
	ROW(SYS_BOOT),
	ROW(SYS_NICE),
	ROW(SYS_RESOURCE),
	ROW(SYS_TIME),
	ROW(SYS_TTY_CONFIG),
	ROW(MKNOD),
	ROW(LEASE),
	ROW(AUDIT_WRITE),
	ROW(AUDIT_CONTROL),
	ROW(SETFCAP),
	ROW(MAC_OVERRIDE),
	ROW(MAC_ADMIN),
	ROW(SYSLOG),
	ROW(WAKE_ALARM),
	ROW(BLOCK_SUSPEND),
	ROW(AUDIT_READ),
	ROW(PERFMON),
	ROW(BPF),
	ROW(CHECKPOINT_RESTORE),
};

_Static_assert(sizeof(names) / sizeof(names[0]) == CAPABILITY_COUNT, "one name per number");
_Static_assert(sizeof("CAP_CHECKPOINT_RESTORE") <= CAPABILITY_NAME_MAX, "the longest name fits");

const char *capability_name(unsigned nr, char buf[static CAPABILITY_NAME_MAX])
{
	if (nr < CAPABILITY_COUNT)
		return names[nr];
	snprintf(buf, CAPABILITY_NAME_MAX, PREFIX "%u", nr);
	return buf;
}

void capability_put_short(struct buf *b, unsigned nr)
{
	char made[CAPABILITY_NAME_MAX];

	for (const char *s = capability_name(nr, made) + PREFIX_LEN; *s; s++)
		buf_putc(b, *s >= 'A' && *s <= 'Z' ? (char)(*s - 'A' + 'a') : *s);
}

static size_t prefix_length(const char *s, size_t n)
{
	if (n <= PREFIX_LEN || strncasecmp(s, PREFIX, PREFIX_LEN - 1) != 0)
		return 0;
	return s[PREFIX_LEN - 1] == '_' || s[PREFIX_LEN - 1] == '-' ? PREFIX_LEN : 0;
}

/* One or two digits, below CAPABILITY_MAX. */
static int parse_number(const char *s, size_t n, unsigned *ret_nr)
{
	unsigned nr = 0;

	if (n == 0 || n > 2)
		return -ENOENT;
	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -ENOENT;
		nr = nr * 10 + (unsigned)(s[i] - '0');
	}
	if (nr >= CAPABILITY_MAX)
		return -ENOENT;
	*ret_nr = nr;
	return 0;
}

static char fold(char c)
{
	if (c == '-')
		return '_';
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static int same_word(const char *name, const char *s, size_t n)
{
	if (strlen(name) != n)
		return 0;
	while (n && name[n - 1] == fold(s[n - 1]))
		n--;
	return n == 0;
}

int capability_parse(const char *s, size_t n, unsigned *ret_nr)
{
	size_t prefix = prefix_length(s, n);

	s += prefix;
	n -= prefix;
	for (unsigned nr = 0; nr < CAPABILITY_COUNT; nr++) {
		if (!same_word(names[nr] + PREFIX_LEN, s, n))
			continue;
		*ret_nr = nr;
		return 0;
	}
	return parse_number(s, n, ret_nr);
}

/* Compared without the prefix, so that it neither helps nor hides a typing error. */
const char *capability_nearest(const char *s, size_t n)
{
	const char *words[CAPABILITY_COUNT + 1];
	size_t prefix = prefix_length(s, n), index;

	for (unsigned nr = 0; nr < CAPABILITY_COUNT; nr++)
		words[nr] = names[nr] + PREFIX_LEN;
	words[CAPABILITY_COUNT] = "all";
	if (!word_nearest(s + prefix, n - prefix, words, CAPABILITY_COUNT + 1, &index))
		return NULL;
	return index < CAPABILITY_COUNT ? names[index] : "all";
}

static int list_error(const char *list, const char *word, size_t len, struct capability_error *ret_error)
{
	*ret_error = (struct capability_error){
		.word = word,
		.len = len,
		.column = (size_t)(word - list) + 1,
		.nearest = capability_nearest(word, len),
	};
	return len ? -ENOENT : -EINVAL;
}

int capability_parse_list(const char *s, uint64_t *ret_mask, struct capability_error *ret_error)
{
	const char *word = s + strspn(s, SEPARATORS);
	uint64_t mask = 0;

	do {
		size_t len = strcspn(word, SEPARATORS);
		unsigned nr;

		if (len == 3 && !strncasecmp(word, "all", 3))
			mask = CAPABILITY_ALL;
		else if (!capability_parse(word, len, &nr))
			mask |= 1ULL << nr;
		else
			return list_error(s, word, len, ret_error);
		word += len;
		word += strspn(word, SEPARATORS);
	} while (*word);
	*ret_mask = mask;
	return 0;
}

void capability_mask_names(struct buf *b, uint64_t mask)
{
	char number[CAPABILITY_NAME_MAX];

	for (unsigned nr = 0; mask; nr++, mask >>= 1) {
		if (!(mask & 1))
			continue;
		buf_puts(b, capability_name(nr, number));
		if (mask >> 1)
			buf_putc(b, ',');
	}
}
