/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/advice/recipe.h"

#include <ctype.h>
#include <string.h>

#include "user/advice/recipe_words.h"
#include "user/base/buf.h"
#include "user/base/word.h"

#define USER_MAX 64

const struct recipe recipes[] = {
	{ RECIPE_DOCKER, "docker", "a command line of docker run", "# ", recipe_put_docker },
	{ RECIPE_PODMAN, "podman", "a command line of podman run", "# ", recipe_put_podman },
	{ RECIPE_COMPOSE, "compose", "a service in a file of Compose", "# ", recipe_put_compose },
	{ RECIPE_KUBERNETES, "kubernetes", "a container's securityContext", "# ", recipe_put_kubernetes },
	{ RECIPE_QUADLET, "quadlet", "a section of a .container file of podman", "# ", recipe_put_quadlet },
	{ RECIPE_OCI, "oci", "members of an OCI runtime's config.json", NULL, recipe_put_oci },
	{ RECIPE_ECS, "ecs", "members of a container definition of AWS ECS", NULL, recipe_put_ecs },
	{ RECIPE_SYSTEMD, "systemd", "a drop-in for a unit of systemd", "# ", recipe_put_systemd },
	{ RECIPE_SETCAP, "setcap", "a command that marks the program's file", "# ", recipe_put_setcap },
	{ RECIPE_CAPSH, "capsh", "a command line of capsh", "# ", recipe_put_capsh },
	{ RECIPE_SETPRIV, "setpriv", "a command line of setpriv", "# ", recipe_put_setpriv },
	{ RECIPE_BWRAP, "bwrap", "a command line of bubblewrap", "# ", recipe_put_bwrap },
	{ RECIPE_FIREJAIL, "firejail", "a command line of firejail", "# ", recipe_put_firejail },
	{ RECIPE_UWSGI, "uwsgi", "a section of an .ini file of uWSGI", "; ", recipe_put_uwsgi },
	{ RECIPE_PAM, "pam", "a line of pam_cap's capability.conf", "# ", recipe_put_pam },
	{ RECIPE_APPARMOR, "apparmor", "rules of an AppArmor profile", "  # ", recipe_put_apparmor },
	{ RECIPE_SELINUX, "selinux", "rules of an SELinux policy, in CIL", "; ", recipe_put_selinux },
	{ RECIPE_IAB, "iab", "libcap's three vectors, as a text", NULL, recipe_put_iab },
	{ RECIPE_TEXT, "text", "libcap's text of the set", NULL, recipe_put_text },
	{ RECIPE_MASK, "mask", "the set as a hexadecimal number", NULL, recipe_put_mask },
};
const size_t recipe_count = sizeof(recipes) / sizeof(recipes[0]);
_Static_assert(sizeof(recipes) / sizeof(recipes[0]) == RECIPE_COUNT, "a row for each format");

const struct recipe *recipe_find(const char *name, const char **ret_nearest)
{
	const char *names[RECIPE_COUNT];
	size_t nearest;

	for (size_t i = 0; i < recipe_count; i++) {
		if (!strcmp(name, recipes[i].name))
			return &recipes[i];
		names[i] = recipes[i].name;
	}
	*ret_nearest = word_nearest(name, strlen(name), names, recipe_count, &nearest) ? names[nearest] : NULL;
	return NULL;
}

static bool part_ok(const char *s, size_t n)
{
	if (!n || *s == '-')
		return false;
	for (size_t i = 0; i < n; i++)
		if (!isascii((unsigned char)s[i]) || (!isalnum((unsigned char)s[i]) && !strchr("._-", s[i]) &&
						     (s[i] != '$' || i + 1 < n)))
			return false;
	return true;
}

bool recipe_user_ok(const char *user)
{
	const char *group = recipe_group(user);

	return strnlen(user, USER_MAX + 1) <= USER_MAX && part_ok(user, recipe_user_len(user)) &&
	       (!group || part_ok(group, strlen(group)));
}

void recipe_write(struct buf *b, const struct recipe *r, const struct recipe_need *n)
{
	r->write(b, n);
}
