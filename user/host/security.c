/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/security.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "user/host/detached.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Numbers for life (include/uapi/linux/lsm.h, 6.8). */
static const char *const lsm_names[] = {
	"capability", "selinux", "smack",    "tomoyo", "apparmor", "yama", "loadpin",
	"safesetid",  "lockdown", "bpf",     "landlock", "ima",	   "evm",  "ipe",
};

enum { LSM_FIRST = 100, LSM_MAX = 32, SYS_lsm_list_modules_ = 461 };

/* lsm_list_modules(2), for where securityfs cannot be seen. */
static int list_lsms(char *ret, size_t size)
{
	uint64_t ids[LSM_MAX];
	uint32_t bytes = sizeof(ids);
	long count = syscall(SYS_lsm_list_modules_, ids, &bytes, 0);
	size_t len = 0;

	if (count < 0)
		return -errno;
	ret[0] = '\0';
	for (long i = 0; i < count && len < size; i++) {
		const char *comma = i ? "," : "";

		if (ids[i] >= LSM_FIRST && ids[i] < LSM_FIRST + COUNT(lsm_names))
			len += snprintf(ret + len, size - len, "%s%s", comma, lsm_names[ids[i] - LSM_FIRST]);
		else
			len += snprintf(ret + len, size - len, "%s%llu", comma, (unsigned long long)ids[i]);
	}
	return 0;
}

/* The directory of securityfs, mounted for this look where it is not mounted yet; negative errno. */
static int open_securityfs(const char *sys, bool live)
{
	char path[PATH_MAX];
	int fd = open(feature_path(path, "%s/kernel/security", sys), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* An empty directory is there where nothing is mounted on it. */
	if (fd >= 0 && !faccessat(fd, "lsm", F_OK, AT_EACCESS))
		return fd;
	if (fd >= 0)
		close(fd);
	return live ? detached_open("securityfs") : -ENOENT;
}

static void read_lsms(int dir, bool live, struct security *ret)
{
	int r = dir;

	if (dir >= 0)
		r = feature_line(dir, "lsm", ret->lsms, sizeof(ret->lsms));
	if (r && live)
		r = list_lsms(ret->lsms, sizeof(ret->lsms));
	if (r) {
		ret->lsms[0] = '\0';
		snprintf(ret->lsms_why, sizeof(ret->lsms_why), "securityfs is not mounted");
	}
}

/* "none [integrity] confidentiality" */
static const char *lockdown_word(const char *text)
{
	static const char *const words[] = { "none", "integrity", "confidentiality" };
	const char *open = strchr(text, '[');

	for (size_t i = 0; open && i < COUNT(words); i++) {
		size_t len = strlen(words[i]);

		if (!strncmp(open + 1, words[i], len) && open[1 + len] == ']')
			return words[i];
	}
	return NULL;
}

static bool in_list(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = list; *at; at += strcspn(at, ","), at += *at == ',')
		if (strcspn(at, ",") == len && !strncmp(at, word, len))
			return true;
	return false;
}

static void read_lockdown(int dir, struct security *ret)
{
	char text[128];
	int r = dir < 0 ? dir : feature_line(dir, "lockdown", text, sizeof(text));

	if (*ret->lsms && !in_list(ret->lsms, "lockdown"))
		ret->lockdown.word = "none";
	else if (r)
		feature_unknown(&ret->lockdown, dir < 0 ? "securityfs is not mounted" : "it cannot be read");
	else if (!(ret->lockdown.word = lockdown_word(text)))
		feature_unknown(&ret->lockdown, "it says '%.64s'", text);
}

void security_read(const char *sys, bool live, struct security *ret)
{
	struct security s = { 0 };
	int dir = open_securityfs(sys, live);

	read_lsms(dir, live, &s);
	read_lockdown(dir, &s);
	if (dir >= 0)
		close(dir);
	*ret = s;
}
