/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/base/jsonin.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/text.h"
#include "user/base/word.h"

enum { SHOWN_MAX = 60 };	/* bytes of a bad word that a sentence shows */

/* ---- limits, before any memory is taken for what is in there ---- */

struct scan {
	size_t line, column;	/* from 1; columns in bytes */
	unsigned depth, values;
	bool string, escaped;
};

static void scan_string(struct scan *s, char c)
{
	if (!s->escaped && c == '"')
		s->string = false;
	s->escaped = !s->escaped && c == '\\';
}

/* What is too much, or NULL. */
static const char *scan_char(struct scan *s, char c)
{
	switch (c) {
	case '"':
		s->string = true;
		return NULL;
	case '[':
	case '{':
		s->depth++;
		s->values++;
		break;
	case ']':
	case '}':
		s->depth -= s->depth > 0;
		return NULL;
	case ',':
		s->values++;
		break;
	default:
		return NULL;
	}
	if (s->depth > JSONIN_DEPTH_MAX)
		return "nested too deep";
	return s->values > JSONIN_VALUES_MAX ? "too many values for one file" : NULL;
}

static int wrong_at(const struct jsonin *root, size_t line, size_t column, const char *sentence)
{
	text_escape(root->why, root->file, strlen(root->file));
	buf_printf(root->why, ":%zu:%zu: ", line, column);
	text_escape(root->why, sentence, strlen(sentence));
	return -EINVAL;
}

static int check_limits(const struct jsonin *root, const char *text, size_t n)
{
	struct scan s = { .line = 1, .column = 1 };

	if (n > JSONIN_BYTES_MAX)
		return wrong_at(root, 1, 1, "too large for one file");
	for (size_t i = 0; i < n; i++) {
		const char *much = NULL;

		if (s.string)
			scan_string(&s, text[i]);
		else
			much = scan_char(&s, text[i]);
		if (much)
			return wrong_at(root, s.line, s.column, much);
		s.column = text[i] == '\n' ? 1 : s.column + 1;
		s.line += text[i] == '\n';
	}
	return 0;
}

/* ---- the text ---- */

int jsonin_open(const char *file, const char *text, size_t n, struct buf *why, struct jsonin *ret)
{
	struct jsonin root = { .file = file, .why = why };
	json_error_t e;
	int err = check_limits(&root, text, n);

	if (err)
		return err;
	root.value = json_loadb(text, n, JSON_REJECT_DUPLICATES, &e);
	if (root.value) {
		*ret = root;
		return 0;
	}
	if (json_error_code(&e) == json_error_out_of_memory)
		return -ENOMEM;
	return wrong_at(&root, e.line > 0 ? (size_t)e.line : 1, e.column > 0 ? (size_t)e.column : 1, e.text);
}

void jsonin_close(struct jsonin *root)
{
	json_decref((json_t *)root->value);
	root->value = NULL;
}

/* ---- what is wrong, and where ---- */

static void put_place(struct buf *b, const struct jsonin *at)
{
	if (!at->above)
		return;
	put_place(b, at->above);
	if (!at->key) {
		buf_printf(b, "[%zu]", at->index);
		return;
	}
	if (at->above->above)
		buf_putc(b, '.');
	buf_puts(b, at->key);
}

int jsonin_say(const struct jsonin *at, const char *format, ...)
{
	va_list args;

	text_escape(at->why, at->file, strlen(at->file));
	buf_puts(at->why, ": ");
	put_place(at->why, at);
	if (at->above)
		buf_puts(at->why, ": ");
	va_start(args, format);
	buf_vprintf(at->why, format, args);
	va_end(args);
	return -EINVAL;
}

void jsonin_describe(struct buf *b, const struct jsonin *at)
{
	switch (json_typeof(at->value)) {
	case JSON_OBJECT:
		buf_puts(b, "an object");
		break;
	case JSON_ARRAY:
		buf_puts(b, "a list");
		break;
	case JSON_STRING:
		text_quote(b, json_string_value(at->value), json_string_length(at->value), SHOWN_MAX);
		break;
	case JSON_INTEGER:
		buf_printf(b, "%lld", (long long)json_integer_value(at->value));
		break;
	case JSON_REAL:
		buf_printf(b, "%g", json_real_value(at->value));
		break;
	case JSON_TRUE:
		buf_puts(b, "true");
		break;
	case JSON_FALSE:
		buf_puts(b, "false");
		break;
	case JSON_NULL:
		buf_puts(b, "null");
		break;
	}
}

static int expected(const struct jsonin *at, const char *what)
{
	struct buf is = BUF_INIT;

	jsonin_describe(&is, at);
	jsonin_say(at, "%s is expected, and not %s", what, buf_str(&is));
	buf_done(&is);
	return -EINVAL;
}

/* ---- values ---- */

int jsonin_member(const struct jsonin *object, const char *key, struct jsonin *ret)
{
	struct jsonin member = { .above = object, .key = key, .file = object->file, .why = object->why };

	if (!json_is_object(object->value))
		return expected(object, "an object");
	member.value = json_object_get(object->value, key);
	if (!member.value)
		return jsonin_say(&member, "is missing");
	*ret = member;
	return 0;
}

bool jsonin_has(const struct jsonin *object, const char *key)
{
	return json_object_get(object->value, key);
}

bool jsonin_is_null(const struct jsonin *at)
{
	return json_is_null(at->value);
}

int jsonin_bool(const struct jsonin *at, bool *ret)
{
	if (!json_is_boolean(at->value))
		return expected(at, "true or false");
	*ret = json_is_true(at->value);
	return 0;
}

int jsonin_i64(const struct jsonin *at, int64_t *ret)
{
	if (!json_is_integer(at->value))
		return expected(at, "a whole number");
	*ret = json_integer_value(at->value);
	return 0;
}

int jsonin_text(const struct jsonin *at, const char **ret)
{
	if (!json_is_string(at->value))
		return expected(at, "a text");
	*ret = json_string_value(at->value);
	return 0;
}

static int none_of(const struct jsonin *at, const char *word, const char *const *words, size_t count)
{
	struct buf list = BUF_INIT;
	size_t near;

	if (count == 1)
		return expected(at, words[0]);
	text_quote(&list, word, strlen(word), SHOWN_MAX);
	if (word_nearest(word, strlen(word), words, count, &near))
		buf_printf(&list, "; did you mean '%s'?", words[near]);
	else
		for (size_t i = 0; i < count; i++)
			buf_printf(&list, "%s%s", i ? ", " : "; there are ", words[i]);
	jsonin_say(at, "unknown word %s", buf_str(&list));
	buf_done(&list);
	return -EINVAL;
}

int jsonin_word(const struct jsonin *at, const char *const *words, size_t count, size_t *ret)
{
	const char *word = NULL;
	int err = jsonin_text(at, &word);

	if (err)
		return err;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(word, words[i]))
			continue;
		*ret = i;
		return 0;
	}
	return none_of(at, word, words, count);
}

int jsonin_count(const struct jsonin *at, size_t *ret)
{
	if (!json_is_array(at->value))
		return expected(at, "a list");
	*ret = json_array_size(at->value);
	return 0;
}

void jsonin_item(const struct jsonin *list, size_t index, struct jsonin *ret)
{
	*ret = (struct jsonin){
		.value = json_array_get(list->value, index),
		.above = list,
		.index = index,
		.file = list->file,
		.why = list->why,
	};
}
