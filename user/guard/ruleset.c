/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/guard/ruleset.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/clock.h"
#include "user/base/fresh.h"
#include "user/base/json.h"
#include "user/base/jsonin.h"
#include "user/base/out.h"
#include "user/base/text.h"
#include "user/host/whole.h"
#include "user/model/message.h"
#include "user/rule/config.h"
#include "user/rule/lint.h"
#include "user/rule/rules.h"

enum { PATHS_MAX = 64, KEPT_VERSION = 1, CONFIG_ROOM = 4096 };

void ruleset_free(struct ruleset *s)
{
	if (!s)
		return;
	rules_free(s->rules);
	config_free(s->config);
	rules_texts_done(&s->texts);
	free(s);
}

const char *ruleset_config_name(const struct ruleset *s)
{
	return s->config->name;
}

const char *ruleset_config_text(const struct ruleset *s)
{
	return s->config->text;
}

/* ---- from what is installed ------------------------------------------------------------------------------------ */

static size_t which_rules(const struct ruleset_paths *p, const char *ret[PATHS_MAX])
{
	static const char *const installed[] = { RULES_DIR_SHARED, RULES_DIR_OWN };
	size_t count = 0;

	for (size_t i = 0; i < p->rule_count && count < PATHS_MAX; i++)
		ret[count++] = p->rules[i];
	for (size_t i = 0; !p->rule_count && i < 2; i++)
		if (!access(installed[i], F_OK))
			ret[count++] = installed[i];
	return count;
}

/* One file, whatever its name is. */
static int read_config_text(const char *path, struct complaints *told, struct rules_texts *ret)
{
	const char *one = path ? path : RULES_CONFIG;
	int err;

	*ret = (struct rules_texts){ .count = 0 };
	if (!path && access(one, F_OK))
		return 0;
	err = rules_texts_read(&one, 1, RULES_FOR_DAEMON, told, ret);
	if (!err && ret->count != 1) {
		complaints_add(told, one, "is a directory; of configuration there is one file");
		return -EINVAL;
	}
	return err;
}

/* What the sender is told of it has to fit in one message. */
static int compile_config(const struct rules_texts *t, struct complaints *told, struct config **ret)
{
	const struct rules_text *one = t->count ? &t->at[0] : NULL;

	if (!one)
		return config_read("", "", 0, told, ret);
	if (one->n > MESSAGE_BYTES_MAX - CONFIG_ROOM) {
		complaints_add(told, one->name, "larger than what is read of configuration: 124 KiB");
		return -EINVAL;
	}
	return config_read(one->name, one->text, one->n, told, ret);
}

static int append(struct rules_texts *to, struct rules_texts *from)
{
	struct rules_text *at = reallocarray(to->at, to->count + from->count + 1, sizeof(*at));

	if (!at)
		return -ENOMEM;
	to->at = at;
	for (size_t i = 0; i < from->count; i++) {
		from->at[i].is_config = true;
		at[to->count++] = from->at[i];
	}
	from->count = 0;
	return 0;
}

static int compile(struct ruleset *s, struct rules_texts *config, struct complaints *told)
{
	int err = compile_config(config, told, &s->config), r = rules_texts_compile(&s->texts, told, &s->rules);

	err = r == -ENOMEM || told->error ? -ENOMEM : err ?: r;
	if (!err)
		lint_rules(s->rules, s->config, told);
	err = err ?: append(&s->texts, config);
	s->loaded_ns = clock_ns(CLOCK_REALTIME);
	return err ?: told->mistakes ? -EINVAL : 0;
}

int ruleset_load(const struct ruleset_paths *paths, struct complaints *told, struct ruleset **ret)
{
	struct ruleset *s = calloc(1, sizeof(*s));
	struct rules_texts config = { .count = 0 };
	const char *which[PATHS_MAX];
	size_t count = which_rules(paths, which);
	int err = s ? 0 : -ENOMEM, r;

	if (!err) {
		err = read_config_text(paths->config, told, &config);
		r = rules_texts_read(which, count, RULES_FOR_DAEMON, told, &s->texts);
		r = err ?: r;
		/* Also what can be read of it: all mistakes are told at once. */
		err = r == -ENOMEM ? r : compile(s, &config, told) ?: r;
	}
	complaints_sort(told);
	rules_texts_done(&config);
	if (err)
		ruleset_free(s);
	else
		*ret = s;
	return err;
}

/* ---- kept ------------------------------------------------------------------------------------------------------ */

static void put_file(struct json *j, const struct rules_text *t)
{
	json_object(j);
	json_member_cstr(j, "name", t->name);
	json_member_bool(j, "config", t->is_config);
	json_key(j, "text");
	json_str(j, t->text, t->n);
	json_object_end(j);
}

static void put_all(struct buf *b, const struct ruleset *s)
{
	struct json j;

	json_init(&j, b);
	json_object(&j);
	json_member_u64(&j, "v", KEPT_VERSION);
	json_key(&j, "files");
	json_array(&j);
	for (size_t i = 0; i < s->texts.count; i++)
		put_file(&j, &s->texts.at[i]);
	json_array_end(&j);
	json_object_end(&j);
	buf_putc(b, '\n');
}

int ruleset_keep(const struct ruleset *s, const char *path)
{
	struct fresh file = FRESH_INIT;
	struct out out = OUT_INIT;
	int err = fresh_open(path, &file);

	if (err)
		return err;
	out_init(&out, file.fd, false);
	put_all(&out.buf, s);
	err = out.buf.error ?: out_flush(&out);
	if (!err && fsync(file.fd))
		err = -errno;
	err = out_close(&out) ?: err;
	err = err ?: fresh_put(&file);
	fresh_done(&file);
	return err;
}

/* One of the files, for rules_texts_done. */
static int take_file(const struct jsonin *at, struct rules_text *ret)
{
	struct jsonin name, config, text;
	const char *words[2];
	int err = jsonin_member(at, "name", &name);

	err = err ?: jsonin_member(at, "config", &config);
	err = err ?: jsonin_member(at, "text", &text);
	err = err ?: jsonin_text(&name, &words[0]);
	err = err ?: jsonin_text(&text, &words[1]);
	err = err ?: jsonin_bool(&config, &ret->is_config);
	if (err)
		return err;
	ret->name = strdup(words[0]);
	ret->text = strdup(words[1]);
	ret->n = strlen(words[1]);
	return ret->name && ret->text ? 0 : -ENOMEM;
}

/* The configuration goes into one, the rules into the other. */
static int take_files(const struct jsonin *root, struct rules_texts *rules, struct rules_texts *config)
{
	struct jsonin files, one;
	size_t count = 0;
	int err = jsonin_member(root, "files", &files);

	err = err ?: jsonin_count(&files, &count);
	if (err)
		return err;
	if (count > RULES_FILES_MAX + 1)
		return jsonin_say(&files, "too many files");
	rules->at = calloc(count + 1, sizeof(*rules->at));
	config->at = calloc(count + 1, sizeof(*config->at));
	if (!rules->at || !config->at)
		return -ENOMEM;
	for (size_t i = 0; !err && i < count; i++) {
		struct rules_text t = { .name = NULL };
		struct rules_texts *to;

		jsonin_item(&files, i, &one);
		err = take_file(&one, &t);
		to = t.is_config ? config : rules;
		to->at[to->count++] = t;
	}
	return err;
}

static int read_kept(const char *path, struct buf *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW);
	int err = fd < 0 ? -errno : whole_read(fd, JSONIN_BYTES_MAX, ret);

	if (fd >= 0)
		close(fd);
	return err;
}

static void say_first(const struct complaints *told, struct buf *why)
{
	for (size_t i = 0; i < told->count; i++) {
		if (told->at[i].warning)
			continue;
		buf_puts(why, told->at[i].sentence);
		return;
	}
}

int ruleset_last(const char *path, struct buf *why, struct ruleset **ret)
{
	struct ruleset *s = calloc(1, sizeof(*s));
	struct rules_texts config = { .count = 0 };
	struct complaints told = { .count = 0 };
	struct buf text = BUF_INIT;
	struct jsonin root;
	int err = s ? read_kept(path, &text) : -ENOMEM;

	if (!err) {
		s->texts.reader = RULES_FOR_DAEMON;
		err = jsonin_open(path, buf_str(&text), text.len, why, &root);
		if (!err) {
			err = take_files(&root, &s->texts, &config);
			jsonin_close(&root);
		}
	}
	err = err ?: compile(s, &config, &told);
	if (err && !why->len)
		say_first(&told, why);
	if (err && !why->len && err != -ENOENT)
		buf_puts(why, strerror(-err));
	complaints_done(&told);
	rules_texts_done(&config);
	buf_done(&text);
	if (err) {
		ruleset_free(s);
		return err;
	}
	s->from_last = true;
	*ret = s;
	return 0;
}
