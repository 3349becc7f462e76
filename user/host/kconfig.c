/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/kconfig.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

enum { LINES_MAX = 200000 };

static const char *const options[] = {
	[KCONFIG_KPROBES] = "CONFIG_KPROBES=y",
	[KCONFIG_DIRECT_CALLS] = "CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS=y",
	[KCONFIG_PREEMPT_NONE] = "CONFIG_PREEMPT_NONE=y",
	[KCONFIG_PREEMPT_VOLUNTARY] = "CONFIG_PREEMPT_VOLUNTARY=y",
	[KCONFIG_PREEMPT] = "CONFIG_PREEMPT=y",
	[KCONFIG_PREEMPT_LAZY] = "CONFIG_PREEMPT_LAZY=y",
	[KCONFIG_PREEMPT_RT] = "CONFIG_PREEMPT_RT=y",
};
_Static_assert(sizeof(options) / sizeof(options[0]) == KCONFIG_COUNT, "a row for each option");

/* Is it an option that is enough? */
static bool take_line(struct kconfig *config, char *line, unsigned int enough)
{
	bool last = false;

	line[strcspn(line, "\r\n")] = '\0';
	if (!strncmp(line, "CONFIG_", 7))
		config->known = true;
	for (int i = 0; i < KCONFIG_COUNT; i++) {
		bool on = !strcmp(line, options[i]);

		config->on[i] |= on;
		last |= on && enough & (1U << i);
	}
	return last;
}

/* zlib reads a file that is not compressed as it is. */
static bool read_config(const char *path, unsigned int enough, struct kconfig *ret)
{
	struct kconfig config = { 0 };
	gzFile file = gzopen(path, "rbe");
	char line[512];
	int lines = 0, error = Z_OK;
	bool last = false;

	if (!file)
		return false;
	while (!last && lines++ < LINES_MAX && gzgets(file, line, sizeof(line)))
		last = take_line(&config, line, enough);
	gzerror(file, &error);
	gzclose(file);
	if (!config.known || (error != Z_OK && error != Z_STREAM_END) || lines >= LINES_MAX)
		return false;
	*ret = config;
	return true;
}

void kconfig_read(const char *proc, const char *boot, const char *release, unsigned int enough, struct kconfig *ret)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/config.gz", proc);
	if (read_config(path, enough, ret))
		return;
	snprintf(path, sizeof(path), "%s/config-%s", boot, release);
	if (read_config(path, enough, ret))
		return;
	*ret = (struct kconfig){ 0 };
	snprintf(ret->why, sizeof(ret->why), "no kernel configuration to read in %s or %s", proc, boot);
}
