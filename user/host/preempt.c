/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/preempt.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "user/host/kconfig.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const char *known_word(const char *s, size_t n)
{
	static const char *const words[] = { "none", "voluntary", "lazy", "full" };

	for (size_t i = 0; i < COUNT(words); i++)
		if (strlen(words[i]) == n && !strncmp(s, words[i], n))
			return words[i];
	return NULL;
}

/* What debugfs says, as "none voluntary (full) lazy"; what was chosen at run time stands only there. */
static const char *chosen_now(const char *sys)
{
	char path[PATH_MAX], text[128], *open;

	feature_path(path, "%s/kernel/debug/sched/preempt", sys);
	if (feature_line(AT_FDCWD, path, text, sizeof(text)))
		return NULL;
	open = strchr(text, '(');
	return open ? known_word(open + 1, strcspn(open + 1, ")")) : NULL;
}

/* preempt=WORD of the kernel's command line; the last one counts. */
static const char *chosen_at_boot(const char *proc)
{
	char path[PATH_MAX], text[4096];
	const char *found = NULL, *word = text;

	if (feature_line(AT_FDCWD, feature_path(path, "%s/cmdline", proc), text, sizeof(text)))
		return NULL;
	for (; *word; word += strcspn(word, " "), word += strspn(word, " "))
		if (!strncmp(word, "preempt=", 8))
			found = known_word(word + 8, strcspn(word + 8, " "));
	return found;
}

static const char *as_built(const struct kconfig *config)
{
	static const struct {
		enum kconfig_option option;
		const char *word;
	} rows[] = {
		{ KCONFIG_PREEMPT_RT, "rt" },
		{ KCONFIG_PREEMPT_LAZY, "lazy" },
		{ KCONFIG_PREEMPT, "full" },
		{ KCONFIG_PREEMPT_VOLUNTARY, "voluntary" },
		{ KCONFIG_PREEMPT_NONE, "none" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (config->on[rows[i].option])
			return rows[i].word;
	return NULL;
}

void preempt_read(const char *proc, const char *sys, const char *version, const struct kconfig *config,
		  struct feature_word *ret)
{
	struct feature_word found = { 0 };

	if (strstr(version, "PREEMPT_RT"))
		found.word = "rt";
	if (!found.word)
		found.word = chosen_now(sys);
	if (!found.word && strstr(version, "PREEMPT_DYNAMIC"))
		found.word = chosen_at_boot(proc);
	if (!found.word)
		found.word = as_built(config);
	if (!found.word)
		feature_unknown(&found, "%s",
				config->known ? "the kernel's configuration does not say" : config->why);
	*ret = found;
}
