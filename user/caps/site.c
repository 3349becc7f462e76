/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/caps/site.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "user/base/word.h"

enum { NAME_MAX_BYTES = 128 };	/* of a function that the table could know */

static const char *const class_words[] = {
	[SITE_UNCLASSIFIED] = "unclassified",
	[SITE_NEEDED] = "needed",
	[SITE_ALTERNATIVE] = "alternative",
	[SITE_CONDITIONAL] = "conditional",
	[SITE_QUALITY] = "quality",
	[SITE_ADVISORY] = "advisory",
};
_Static_assert(sizeof(class_words) / sizeof(class_words[0]) == SITE_CLASS_COUNT, "a word for each class");

static const char *const helper_words[] = {
	[SITE_DIRECT] = "direct",
	[SITE_AUDITED] = "audited",
	[SITE_NOAUDIT] = "noaudit",
	[SITE_SETID] = "insetid",
};
_Static_assert(sizeof(helper_words) / sizeof(helper_words[0]) == SITE_HELPER_COUNT, "a word for each kind of helper");

/* What stands between a site and cap_capable. */
static const struct {
	const char *name;
	enum site_helper helper;
} helpers[] = {
	{ "security_capable", SITE_DIRECT },
	{ "ns_capable_common", SITE_DIRECT },
	{ "capable", SITE_AUDITED },
	{ "ns_capable", SITE_AUDITED },
	{ "file_ns_capable", SITE_AUDITED },
	{ "capable_wrt_inode_uidgid", SITE_AUDITED },
	{ "has_capability", SITE_AUDITED },
	{ "has_ns_capability", SITE_AUDITED },
	{ "__netlink_ns_capable", SITE_AUDITED },
	{ "netlink_ns_capable", SITE_AUDITED },
	{ "netlink_capable", SITE_AUDITED },
	{ "netlink_net_capable", SITE_AUDITED },
	{ "sk_ns_capable", SITE_AUDITED },
	{ "sk_capable", SITE_AUDITED },
	{ "sk_net_capable", SITE_AUDITED },
	{ "sockopt_ns_capable", SITE_AUDITED },
	{ "sockopt_capable", SITE_AUDITED },
	{ "capable_noaudit", SITE_NOAUDIT },
	{ "ns_capable_noaudit", SITE_NOAUDIT },
	{ "has_capability_noaudit", SITE_NOAUDIT },
	{ "has_ns_capability_noaudit", SITE_NOAUDIT },
	{ "ns_capable_setid", SITE_SETID },
};

/* A system call's function has one of several names, by how it is entered and what was inlined. */
static const char *const call_prefixes[] = {
	"__x64_sys_", "__ia32_sys_", "__arm64_sys_", "__se_sys_", "__do_sys_", "__ia32_compat_sys_", "__x64_compat_sys_",
	"__do_compat_sys_", "__se_compat_sys_", "__arm64_compat_sys_",
};

/* ---- words ----------------------------------------------------------------------------------------------------- */

static bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	if (!len || strchr(word, ' '))
		return false;
	for (const char *at = list; at && (at = strstr(at, word)); at += len)
		if ((at == list || at[-1] == ' ') && (at[len] == ' ' || !at[len]))
			return true;
	return false;
}

/* The next word of a stack; NULL at its end. */
static const char *next_word(const char *at, size_t *ret_len)
{
	while (*at == ' ')
		at++;
	*ret_len = strcspn(at, " ");
	return *ret_len ? at : NULL;
}

/* What a function is called in the table: without what the compiler and the module loader added. */
static const char *plain_name(const char *word, size_t len, char buf[static NAME_MAX_BYTES])
{
	size_t n = 0;

	buf[0] = '\0';
	while (n < len && word[n] != '[' && (word[n] != '.' || !n))
		n++;
	for (size_t i = 0; i < sizeof(call_prefixes) / sizeof(call_prefixes[0]); i++) {
		size_t prefix = strlen(call_prefixes[i]);

		if (n > prefix && !strncmp(word, call_prefixes[i], prefix)) {
			memcpy(buf, "sys_", sizeof("sys_"));
			word += prefix;
			n -= prefix;
			break;
		}
	}
	if (n >= NAME_MAX_BYTES - strlen(buf))
		return "";
	return strncat(buf, word, n);
}

/* ---- the stack ------------------------------------------------------------------------------------------------- */

static bool helper_of(const char *name, enum site_helper *helper)
{
	for (size_t i = 0; i < sizeof(helpers) / sizeof(helpers[0]); i++) {
		if (strcmp(helpers[i].name, name))
			continue;
		/* Of capable_wrt_inode_uidgid <- ns_capable the one that says more. */
		if (helpers[i].helper > *helper)
			*helper = helpers[i].helper;
		return true;
	}
	return false;
}

/* The function that asked: the first that is no helper. NULL: there is none. */
static const char *asker_of(const char *stack, size_t *ret_len, enum site_helper *ret_helper)
{
	char buf[NAME_MAX_BYTES];
	const char *at = stack;

	for (*ret_helper = SITE_DIRECT; at && (at = next_word(at, ret_len)); at += *ret_len)
		if (!helper_of(plain_name(at, *ret_len, buf), ret_helper))
			return at;
	return NULL;
}

/* The function behind the one that asked; NULL: it has no name, or the stack ends there. */
static const char *caller_of(const char *behind, size_t *ret_len)
{
	const char *at = next_word(behind, ret_len);

	return at && *ret_len == 1 && *at == '?' ? NULL : at;
}

static bool has_caller(const char *at, const char *callers)
{
	char buf[NAME_MAX_BYTES];
	size_t len;

	for (; (at = next_word(at, &len)); at += len)
		if (has_word(callers, plain_name(at, len, buf)))
			return true;
	return false;
}

/* ---- the table ------------------------------------------------------------------------------------------------- */

static bool row_fits(const struct site_row *row, const struct site_query *q, const struct site *s, const char *name)
{
	if (row->cap != q->cap || !has_word(row->at, name))
		return false;
	if (row->helper_told && row->helper != s->helper)
		return false;
	if (row->in && !(q->call && has_word(row->in, q->call)))
		return false;
	if (row->same_ids && !q->same_ids)
		return false;
	if (row->mask && (q->argument & row->mask) != row->value)
		return false;
	return !row->caller || (s->name && has_caller(s->name + s->name_len, row->caller));
}

static const struct site_row *find_row(const struct site_query *q, const struct site *s)
{
	char buf[NAME_MAX_BYTES];
	const char *name = q->overcommit ? "cap_vm_enough_memory" : s->name ? plain_name(s->name, s->name_len, buf) : "";

	for (size_t i = 0; *name && i < site_row_count; i++)
		if (row_fits(&site_rows[i], q, s, name))
			return &site_rows[i];
	return NULL;
}

void site_find(const struct site_query *q, struct site *ret)
{
	struct site s = { .class = SITE_UNCLASSIFIED, .stack = q->stack };

	s.name = asker_of(q->stack, &s.name_len, &s.helper);
	s.caller = s.name ? caller_of(s.name + s.name_len, &s.caller_len) : NULL;
	s.row = find_row(q, &s);
	if (s.row) {
		s.class = s.row->class;
		s.operation = s.row->operation;
	} else if (q->call) {
		s.operation = site_operation(q->cap, q->call);
	}
	if (q->no_need)
		s.class = SITE_ADVISORY;
	*ret = s;
}

const char *site_operation(int cap, const char *call)
{
	for (size_t i = 0; i < site_row_count; i++)
		if (site_rows[i].cap == cap && site_rows[i].calls && has_word(site_rows[i].calls, call))
			return site_rows[i].operation;
	return NULL;
}

const char *site_instead(int cap, const char *operation)
{
	for (size_t i = 0; i < site_row_count; i++)
		if (site_rows[i].cap == cap && site_rows[i].instead && !strcmp(site_rows[i].operation, operation))
			return site_rows[i].instead;
	return NULL;
}

/* ---- arguments ------------------------------------------------------------------------------------------------- */

/* Which arguments of a call are numbers that decide something; high -1: no second one. */
static const struct {
	const char *calls;
	int high, low;
	bool ids;
} arguments[] = {
	{ "setsockopt", 1, 2, false },
	{ "socket", 0, 1, false },
	{ "chmod fchmod ioctl fcntl open sched_setscheduler kill tkill", -1, 1, false },
	{ "fchmodat fchmodat2 openat tgkill", -1, 2, false },
	{ "setreuid setregid setreuid32 setregid32", 0, 1, false },
	{ "setresuid setresgid setresuid32 setresgid32", 0, 1, true },
	{ "setuid setgid setuid32 setgid32", -1, 0, true },
	{ "setfsuid setfsgid prctl bpf unshare clone syslog keyctl", -1, 0, false },
};

/* SIOCGIFNAME and its kind: what a socket is asked and not told. */
static bool is_question(uint32_t ioctl)
{
	static const uint8_t questions[] = {
		0x10, 0x12, 0x13, 0x15, 0x17, 0x19, 0x1b, 0x1d, 0x1f, 0x21, 0x25, 0x27, 0x33, 0x35, 0x38, 0x42, 0x70,
	};

	return (ioctl & ~0xffU) == 0x8900 && memchr(questions, (int)(ioctl & 0xff), sizeof(questions));
}

bool site_telling(const char *call, int *ret_high, int *ret_low, bool *ret_ids)
{
	for (size_t i = 0; i < sizeof(arguments) / sizeof(arguments[0]); i++) {
		if (!has_word(arguments[i].calls, call))
			continue;
		*ret_high = arguments[i].high;
		*ret_low = arguments[i].low;
		*ret_ids = arguments[i].ids;
		return true;
	}
	return false;
}

uint64_t site_argument(const char *call, const uint32_t arg[4])
{
	for (size_t i = 0; i < sizeof(arguments) / sizeof(arguments[0]); i++) {
		if (!has_word(arguments[i].calls, call))
			continue;
		if (!strcmp(call, "ioctl") && is_question(arg[1]))
			return SITE_QUESTION | arg[1];
		return (arguments[i].high < 0 ? 0 : (uint64_t)arg[arguments[i].high] << 32) | arg[arguments[i].low];
	}
	return 0;
}

unsigned site_arguments(const char *call, uint64_t argument, uint32_t ret[2])
{
	int high, low;
	bool ids;

	if (!site_telling(call, &high, &low, &ids))
		return 0;
	if (high < 0) {
		ret[0] = (uint32_t)argument;
		return 1;
	}
	ret[0] = (uint32_t)(argument >> 32);
	ret[1] = (uint32_t)argument;
	return 2;
}

const char *site_helper_word(enum site_helper helper)
{
	return (unsigned)helper < SITE_HELPER_COUNT ? helper_words[helper] : NULL;
}

/* ---- classes --------------------------------------------------------------------------------------------------- */

const char *site_class_word(enum site_class class)
{
	return (unsigned)class < SITE_CLASS_COUNT ? class_words[class] : NULL;
}

int site_class_parse(const char *word, size_t n, enum site_class *ret, const char **ret_nearest)
{
	size_t near;

	for (int class = 0; class < SITE_CLASS_COUNT; class++) {
		if (strlen(class_words[class]) != n || strncasecmp(class_words[class], word, n))
			continue;
		*ret = (enum site_class)class;
		return 0;
	}
	*ret_nearest = word_nearest(word, n, class_words, SITE_CLASS_COUNT, &near) ? class_words[near] : NULL;
	return -ENOENT;
}
