/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/advice/member.h"

#include <string.h>

#include "user/base/jsonin.h"
#include "user/base/when.h"
#include "user/caps/asked.h"
#include "user/model/outcome.h"

int member_bool(const struct jsonin *o, const char *key, bool *ret)
{
	struct jsonin at;

	return jsonin_member(o, key, &at) ?: jsonin_bool(&at, ret);
}

int member_flag(const struct jsonin *o, const char *key, bool *ret)
{
	return jsonin_has(o, key) ? member_bool(o, key, ret) : 0;
}

int member_number(const struct jsonin *o, const char *key, uint64_t max, uint64_t *ret)
{
	struct jsonin at;
	int64_t value;
	int err = jsonin_member(o, key, &at) ?: jsonin_i64(&at, &value);

	if (err)
		return err;
	if (value < 0 || (uint64_t)value > max)
		return jsonin_say(&at, "%lld is out of range", (long long)value);
	*ret = (uint64_t)value;
	return 0;
}

int member_times(const struct jsonin *o, const char *key, uint64_t *ret)
{
	return member_number(o, key, ASKED_TIMES_MAX, ret);
}

int member_text(const struct jsonin *o, const char *key, const char **ret)
{
	struct jsonin at;
	int err = jsonin_member(o, key, &at);

	*ret = NULL;
	return err || jsonin_is_null(&at) ? err : jsonin_text(&at, ret);
}

int member_chars(const struct jsonin *o, const char *key, char *to, size_t size)
{
	struct jsonin at;
	const char *text;
	int err = member_text(o, key, &text);

	if (err || !text)
		return err;
	if (strlen(text) < size) {
		memcpy(to, text, strlen(text));
		return 0;
	}
	return jsonin_member(o, key, &at) ?: jsonin_say(&at, "longer than the %zu bytes that there are", size - 1);
}

int member_time(const struct jsonin *o, const char *key, uint64_t *ret)
{
	struct jsonin at;
	const char *text;
	int err = jsonin_member(o, key, &at) ?: jsonin_text(&at, &text);

	if (!err && when_parse(text, ret))
		return jsonin_say(&at, "a time in UTC is expected, such as 2026-11-22T02:50:01.5Z");
	return err;
}

int member_class(const struct jsonin *o, enum site_class *ret)
{
	const char *words[SITE_CLASS_COUNT];
	struct jsonin at;
	size_t nr;
	int err;

	for (enum site_class class = 0; class < SITE_CLASS_COUNT; class++)
		words[class] = site_class_word(class);
	err = jsonin_member(o, "class", &at) ?: jsonin_word(&at, words, SITE_CLASS_COUNT, &nr);
	if (!err)
		*ret = (enum site_class)nr;
	return err;
}

int member_error(const struct jsonin *o, const char *key, int *ret)
{
	struct jsonin at;
	const char *word;
	int err = member_text(o, key, &word);

	if (err || !word)
		return err;
	*ret = outcome_error(word);
	return *ret ? 0 : jsonin_member(o, key, &at) ?: jsonin_say(&at, "there is no such error");
}
