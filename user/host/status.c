/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/status.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/host/whole.h"

int status_read(int dir, const char *path, struct buf *text)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NOCTTY), err;

	if (fd < 0)
		return -errno;
	buf_clear(text);
	err = whole_read(fd, STATUS_MAX, text);
	close(fd);
	return err;
}

/* A value, of which what was read is taken off the front. */
struct value {
	const char *at, *end;
};

static void skip_blanks(struct value *v)
{
	while (v->at < v->end && (*v->at == ' ' || *v->at == '\t'))
		v->at++;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : INT_MAX;
}

/* The next number, 0 where there is none; what does not fit is cut off. */
static uint64_t take_number(struct value *v, int base)
{
	uint64_t number = 0;

	for (skip_blanks(v); v->at < v->end && digit_of(*v->at) < base; v->at++)
		number = number * (uint64_t)base + (uint64_t)digit_of(*v->at);
	return number;
}

static void take_ids(struct value v, uint32_t *real, uint32_t *effective, uint32_t *saved)
{
	*real = (uint32_t)take_number(&v, 10);
	*effective = (uint32_t)take_number(&v, 10);
	*saved = (uint32_t)take_number(&v, 10);
}

/* The kernel writes a newline as two characters, and a backslash as two of them. */
static void take_name(struct status *s, struct value v)
{
	size_t n = 0;

	while (v.at < v.end && n + 1 < sizeof(s->name)) {
		char c = *v.at++;

		if (c == '\\' && v.at < v.end) {
			c = *v.at == 'n' ? '\n' : *v.at;
			v.at++;
		}
		s->name[n++] = c;
	}
	s->name[n] = '\0';
}

enum key {
	KEY_NAME,
	KEY_UID,
	KEY_GID,
	KEY_INHERITABLE,
	KEY_PERMITTED,
	KEY_EFFECTIVE,
	KEY_REST, /* what follows need not be there */
	KEY_GROUPS = KEY_REST,
	KEY_BOUNDING,
	KEY_AMBIENT,
	KEY_NO_NEW_PRIVS,
	KEY_SECCOMP,
	KEY_STATE,
	KEY_TGID,
	KEY_PID,
	KEY_PPID,
	KEY_TRACER,
	KEY_THREADS,
	KEY_KTHREAD,
	KEY_MEMORY,
	KEY_COUNT
};

#define KEY(text) { text, sizeof(text) - 1 }

static const struct {
	const char *text;
	size_t len;
} keys[] = {
	[KEY_NAME] = KEY("Name:"),
	[KEY_UID] = KEY("Uid:"),
	[KEY_GID] = KEY("Gid:"),
	[KEY_INHERITABLE] = KEY("CapInh:"),
	[KEY_PERMITTED] = KEY("CapPrm:"),
	[KEY_EFFECTIVE] = KEY("CapEff:"),
	[KEY_GROUPS] = KEY("Groups:"),
	[KEY_BOUNDING] = KEY("CapBnd:"),
	[KEY_AMBIENT] = KEY("CapAmb:"),
	[KEY_NO_NEW_PRIVS] = KEY("NoNewPrivs:"),
	[KEY_SECCOMP] = KEY("Seccomp:"),
	[KEY_STATE] = KEY("State:"),
	[KEY_TGID] = KEY("Tgid:"),
	[KEY_PID] = KEY("Pid:"),
	[KEY_PPID] = KEY("PPid:"),
	[KEY_TRACER] = KEY("TracerPid:"),
	[KEY_THREADS] = KEY("Threads:"),
	[KEY_KTHREAD] = KEY("Kthread:"),
	[KEY_MEMORY] = KEY("VmSize:"),
};

_Static_assert(sizeof(keys) / sizeof(keys[0]) == KEY_COUNT, "a word for each");

static void take_value(struct status *s, enum key key, struct value v)
{
	struct credentials *c = &s->is;

	switch (key) {
	case KEY_NAME:
		take_name(s, v);
		break;
	case KEY_UID:
		take_ids(v, &c->uid, &c->euid, &c->suid);
		break;
	case KEY_GID:
		take_ids(v, &c->gid, &c->egid, &c->sgid);
		break;
	case KEY_GROUPS:
		s->groups = v.at;
		s->groups_len = (size_t)(v.end - v.at);
		break;
	case KEY_INHERITABLE:
		c->inheritable = take_number(&v, 16);
		break;
	case KEY_PERMITTED:
		c->permitted = take_number(&v, 16);
		break;
	case KEY_EFFECTIVE:
		c->effective = take_number(&v, 16);
		break;
	case KEY_BOUNDING:
		c->bounding = take_number(&v, 16);
		break;
	case KEY_AMBIENT:
		c->ambient = take_number(&v, 16);
		break;
	case KEY_NO_NEW_PRIVS:
		c->no_new_privs = take_number(&v, 10);
		break;
	case KEY_SECCOMP:
		s->seccomp = (unsigned)take_number(&v, 10);
		break;
	case KEY_STATE:
		s->state = v.at < v.end ? *v.at : '?';
		break;
	case KEY_TGID:
		s->tgid = (pid_t)take_number(&v, 10);
		break;
	case KEY_PID:
		s->pid = (pid_t)take_number(&v, 10);
		break;
	case KEY_PPID:
		s->ppid = (pid_t)take_number(&v, 10);
		break;
	case KEY_TRACER:
		s->tracer = (pid_t)take_number(&v, 10);
		break;
	case KEY_THREADS:
		s->threads = (unsigned)take_number(&v, 10);
		break;
	case KEY_KTHREAD:
		s->kernel = take_number(&v, 10);
		break;
	case KEY_MEMORY:
	case KEY_COUNT:
		break;
	}
}

static enum key key_of(const char *line, size_t n, size_t *ret_len)
{
	for (enum key key = 0; key < KEY_COUNT; key++) {
		if (n < keys[key].len || *line != *keys[key].text || memcmp(line, keys[key].text, keys[key].len))
			continue;
		*ret_len = keys[key].len;
		return key;
	}
	return KEY_COUNT;
}

static bool has(unsigned found, enum key key)
{
	return found >> key & 1;
}

int status_parse(const char *text, size_t n, struct status *ret)
{
	struct status s = { .state = '?' };
	const char *end = text + n, *next;
	unsigned found = 0;

	for (const char *line = text; line < end; line = next) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));
		struct value v = { .end = stop ? stop : end };
		size_t len;
		enum key key = key_of(line, (size_t)(v.end - line), &len);

		next = v.end + 1;
		if (key == KEY_COUNT || has(found, key))
			continue;
		found |= 1u << key;
		v.at = line + len;
		skip_blanks(&v);
		take_value(&s, key, v);
	}
	if ((found & ((1u << KEY_REST) - 1)) != (1u << KEY_REST) - 1)
		return -EBADMSG;
	if (!has(found, KEY_KTHREAD))
		s.kernel = !has(found, KEY_MEMORY) && s.state != 'Z' && s.state != 'X';
	*ret = s;
	return 0;
}
