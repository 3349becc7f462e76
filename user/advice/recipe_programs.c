/* SPDX-License-Identifier: BSD-2-Clause */
/* What starts or confines a program on this machine. */
#include <stddef.h>

#include "user/advice/recipe.h"
#include "user/advice/recipe_words.h"
#include "user/base/buf.h"
#include "user/caps/capability.h"
#include "user/caps/notation.h"

/* An empty assignment takes back what the unit itself has; lists that follow are added to it. */
static void put_unit_set(struct buf *b, const char *key, uint64_t set)
{
	buf_printf(b, "%s=\n", key);
	if (!set)
		return;
	buf_printf(b, "%s=", key);
	recipe_names(b, set, RECIPE_PREFIX | RECIPE_UPPER, "", " ");
	buf_putc(b, '\n');
}

void recipe_put_systemd(struct buf *b, const struct recipe_need *n)
{
	buf_puts(b, "# /etc/systemd/system/UNIT.service.d/50-capabilities.conf\n[Service]\n");
	recipe_unit_user(b, n);
	put_unit_set(b, "CapabilityBoundingSet", n->bounding);
	/* What runs as root has none; and of whom nobody told the user, the unit itself knows better. */
	if (n->user)
		put_unit_set(b, "AmbientCapabilities", recipe_for_root(n) ? 0 : n->caps);
	buf_printf(b, "NoNewPrivileges=%s\n", n->no_new_privs ? "yes" : "no");
}

void recipe_put_setcap(struct buf *b, const struct recipe_need *n)
{
	if (!n->caps) {
		buf_puts(b, "setcap -r PROGRAM\n");
		return;
	}
	buf_puts(b, "setcap '");
	recipe_names(b, n->caps, RECIPE_PREFIX, "", ",");
	buf_puts(b, "=ep' PROGRAM\n");
}

/* Ambient are those that are needed; what is not in the bounding set is blocked by name. */
static void put_vectors(struct buf *b, const struct recipe_need *n)
{
	uint64_t known = (1ULL << CAPABILITY_COUNT) - 1;

	recipe_names(b, n->caps, RECIPE_PREFIX, "^", ",");
	if (n->caps && known & ~n->bounding)
		buf_putc(b, ',');
	recipe_names(b, known & ~n->bounding, RECIPE_PREFIX, "!", ",");
}

void recipe_put_capsh(struct buf *b, const struct recipe_need *n)
{
	buf_puts(b, "capsh");
	if (n->user)
		recipe_user(b, " --user=", n);
	buf_puts(b, " --iab='");
	put_vectors(b, n);
	buf_printf(b, "'%s -- -c 'exec COMMAND'\n", n->no_new_privs ? " --no-new-privs" : "");
}

static void put_setpriv_set(struct buf *b, const char *option, uint64_t set)
{
	buf_printf(b, " --%s=-all", option);
	if (set)
		buf_putc(b, ',');
	recipe_names(b, set, 0, "+", ",");
}

/* Without a group of its own the user's is asked of the machine on which it runs: setpriv wants one. */
static void put_setpriv_user(struct buf *b, const struct recipe_need *n)
{
	const char *group = recipe_group(n->user);

	if (!n->user)
		return;
	recipe_user(b, " --reuid=", n);
	if (group) {
		buf_printf(b, " --regid=%s", group);
	} else {
		recipe_user(b, " --regid=\"$(id -g ", n);
		buf_puts(b, ")\"");
	}
	buf_puts(b, recipe_user_numeric(n) ? " --clear-groups" : " --init-groups");
}

void recipe_put_setpriv(struct buf *b, const struct recipe_need *n)
{
	buf_puts(b, "setpriv");
	put_setpriv_user(b, n);
	put_setpriv_set(b, "inh-caps", n->caps);
	put_setpriv_set(b, "ambient-caps", n->caps);
	put_setpriv_set(b, "bounding-set", n->bounding);
	buf_printf(b, "%s COMMAND\n", n->no_new_privs ? " --no-new-privs" : "");
}

void recipe_put_bwrap(struct buf *b, const struct recipe_need *n)
{
	buf_puts(b, "bwrap --dev-bind / / --cap-drop ALL");
	recipe_options(b, n->caps, RECIPE_PREFIX | RECIPE_UPPER, "--cap-add ");
	buf_puts(b, " COMMAND\n");
}

void recipe_put_firejail(struct buf *b, const struct recipe_need *n)
{
	buf_puts(b, "firejail --noprofile ");
	buf_puts(b, n->bounding ? "--caps.keep=" : "--caps.drop=all");
	recipe_names(b, n->bounding, 0, "", ",");
	buf_printf(b, "%s COMMAND\n", n->no_new_privs ? " --nonewprivs" : "");
	buf_puts(b, n->bounding ? "# or, in its profile: caps.keep " : "# or, in its profile: caps.drop all");
	recipe_names(b, n->bounding, 0, "", ",");
	buf_putc(b, '\n');
}

/* Its table of names ends with wake_alarm; what came later it takes as a number. */
void recipe_put_uwsgi(struct buf *b, const struct recipe_need *n)
{
	const char *group = recipe_group(n->user);

	buf_puts(b, "[uwsgi]\n");
	if (n->user) {
		recipe_user(b, "uid = ", n);
		buf_putc(b, '\n');
	}
	if (group)
		buf_printf(b, "gid = %s\n", group);
	if (n->caps) {
		notation_print(b, NOTATION_UWSGI, n->caps);
		buf_putc(b, '\n');
	}
}

/* The first line that names the user counts. */
void recipe_put_pam(struct buf *b, const struct recipe_need *n)
{
	buf_puts(b, n->caps ? "" : "none");
	recipe_names(b, n->caps, RECIPE_PREFIX, "^", ",");
	if (n->user)
		recipe_user(b, " ", n);
	buf_puts(b, n->user ? "\n" : " USER\n");
}

void recipe_put_apparmor(struct buf *b, const struct recipe_need *n)
{
	const uint64_t quiet = n->unneeded & ~n->bounding;

	if (n->bounding) {
		recipe_names(b, n->bounding, 0, "  capability ", ",\n");
		buf_puts(b, ",\n");
	}
	if (quiet) {
		recipe_names(b, quiet, 0, "  # deny capability ", ",\n");
		buf_puts(b, ",\n");
	}
}

/* Numbers from 32 on are of a class of their own. */
void recipe_put_selinux(struct buf *b, const struct recipe_need *n)
{
	static const char *const classes[] = { "capability", "capability2" };

	for (unsigned i = 0; i < 2; i++) {
		uint64_t half = i ? n->bounding >> 32 << 32 : n->bounding & UINT32_MAX;

		if (!half)
			continue;
		buf_printf(b, "(allow TYPE self (%s (", classes[i]);
		recipe_names(b, half, 0, "", " ");
		buf_puts(b, ")))\n");
	}
}

void recipe_put_iab(struct buf *b, const struct recipe_need *n)
{
	put_vectors(b, n);
	buf_putc(b, '\n');
}

void recipe_put_text(struct buf *b, const struct recipe_need *n)
{
	recipe_names(b, n->caps, RECIPE_PREFIX, "", ",");
	buf_puts(b, n->caps ? "=ep\n" : "=\n");
}

void recipe_put_mask(struct buf *b, const struct recipe_need *n)
{
	buf_printf(b, "0x%llx\n", (unsigned long long)n->caps);
}
