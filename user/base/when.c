/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/base/when.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "user/base/buf.h"
#include "user/base/json.h"

#define SECOND 1000000000ULL

void when_init(struct when *w, enum when_style style, bool utc)
{
	*w = (struct when){ .style = style, .utc = utc, .second = UINT64_MAX };
	if (!utc)
		tzset();
}

static char *put_digits(char *p, unsigned v, unsigned digits)
{
	for (unsigned i = digits; i-- > 0; v /= 10)
		p[i] = '0' + (char)(v % 10);
	return p + digits;
}

static char *put_pair(char *p, int v, char after)
{
	p = put_digits(p, (unsigned)v, 2);
	*p++ = after;
	return p;
}

static void make_prefix(struct when *w, const struct tm *tm)
{
	char *p = w->prefix;

	if (w->style != WHEN_CLOCK) {
		p = put_digits(p, (unsigned)tm->tm_year + 1900, 4);
		*p++ = '-';
		p = put_pair(p, tm->tm_mon + 1, '-');
		p = put_pair(p, tm->tm_mday, w->style == WHEN_ISO ? 'T' : ' ');
	}
	p = put_pair(p, tm->tm_hour, ':');
	p = put_pair(p, tm->tm_min, ':');
	p = put_pair(p, tm->tm_sec, '.');
	w->prefix_len = (uint8_t)(p - w->prefix - (w->style == WHEN_SECOND));
}

static void make_suffix(struct when *w, const struct tm *tm)
{
	long offset = tm->tm_gmtoff / 60;
	char *p = w->suffix;

	if (w->style == WHEN_ISO && w->utc) {
		*p++ = 'Z';
	} else if (w->style == WHEN_ISO) {
		*p++ = offset < 0 ? '-' : '+';
		offset = offset < 0 ? -offset : offset;
		p = put_pair(p, (int)(offset / 60), ':');
		p = put_digits(p, (unsigned)(offset % 60), 2);
	}
	w->suffix_len = (uint8_t)(p - w->suffix);
}

static void refresh(struct when *w, uint64_t second)
{
	time_t t = (time_t)second;
	struct tm tm = { 0 };

	if (w->utc || !localtime_r(&t, &tm))
		gmtime_r(&t, &tm);
	make_prefix(w, &tm);
	make_suffix(w, &tm);
	w->second = second;
}

void when_print(struct when *w, struct buf *b, uint64_t ns_wall)
{
	uint64_t second = ns_wall / SECOND;
	unsigned rest = (unsigned)(ns_wall % SECOND);
	char *p = buf_room(b, sizeof(w->prefix) + 9 + sizeof(w->suffix));

	if (!p)
		return;
	if (second != w->second)
		refresh(w, second);
	memcpy(p, w->prefix, sizeof(w->prefix));
	p += w->prefix_len;
	if (w->style != WHEN_SECOND)
		p = w->style == WHEN_ISO ? put_digits(p, rest, 9) : put_digits(p, rest / 1000, 6);
	memcpy(p, w->suffix, sizeof(w->suffix));
	b->len = (size_t)(p + w->suffix_len - b->data);
}

/* ".123456789Z", or "Z". */
static int parse_fraction(const char *at, uint64_t *ret)
{
	uint64_t unit = SECOND / 10, ns = 0;

	if (*at == '.' && at[1] == 'Z')
		return -EINVAL;
	if (*at == '.')
		for (at++; *at >= '0' && *at <= '9' && unit; at++, unit /= 10)
			ns += (uint64_t)(*at - '0') * unit;
	if (strcmp(at, "Z") != 0)
		return -EINVAL;
	*ret = ns;
	return 0;
}

void when_member(struct json *j, const char *key, uint64_t ns_wall)
{
	struct when when;

	when_init(&when, WHEN_ISO, true);
	json_key_str(j, key, strlen(key));
	buf_putc(j->out, '"');
	when_print(&when, j->out, ns_wall);
	json_put(j, "\"", 1, 1);
}

static bool same_day(const struct tm *a, const struct tm *b)
{
	return a->tm_mday == b->tm_mday && a->tm_hour == b->tm_hour && a->tm_min == b->tm_min && a->tm_sec == b->tm_sec;
}

int when_parse(const char *text, uint64_t *ret_ns)
{
	static const char form[] = "0000-00-00T00:00:00";
	struct tm tm = { 0 }, made;
	uint64_t fraction;
	time_t seconds;

	for (size_t i = 0; form[i]; i++)
		if (form[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
			return -EINVAL;
	/* NOLINTNEXTLINE(cert-err34-c): all of them are digits, and few */
	if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min,
		   &tm.tm_sec) != 6)
		return -EINVAL;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	made = tm;
	seconds = timegm(&made);
	if (parse_fraction(text + sizeof(form) - 1, &fraction) || !same_day(&made, &tm) || seconds < 0 ||
	    (uint64_t)seconds >= UINT64_MAX / SECOND)
		return -EINVAL;
	*ret_ns = (uint64_t)seconds * SECOND + fraction;
	return 0;
}
