/* SPDX-License-Identifier: BSD-2-Clause */
/* What runs containers: names in capitals, and the bounding set is what a container gets. */
#include <stdbool.h>
#include <stddef.h>

#include "user/advice/recipe.h"
#include "user/advice/recipe_words.h"
#include "user/base/buf.h"

/* Docker makes nothing ambient: who is not root there has it of the program's file, to which no_new_privs would not let it come. */
static bool docker_locks(const struct recipe_need *n)
{
	return n->no_new_privs && (recipe_for_root(n) || !n->caps);
}

/* Docker's and podman's command lines are the same. What a container may gain at an exec is its bounding set. */
static void put_container(struct buf *b, const char *program, bool locks, const struct recipe_need *n)
{
	buf_printf(b, "%s run --cap-drop=ALL", program);
	recipe_options(b, n->bounding, RECIPE_UPPER, "--cap-add=");
	if (locks)
		buf_puts(b, " --security-opt=no-new-privileges");
	if (n->user)
		buf_printf(b, " --user=%s", n->user);
	buf_puts(b, " IMAGE\n");
}

void recipe_put_docker(struct buf *b, const struct recipe_need *n)
{
	put_container(b, "docker", docker_locks(n), n);
}

void recipe_put_podman(struct buf *b, const struct recipe_need *n)
{
	put_container(b, "podman", n->no_new_privs, n);
	/* With more than its defaults podman ignores a label. */
	if (n->bounding && !(n->bounding & ~RECIPE_OF_PODMAN)) {
		buf_puts(b, "# or, in the recipe of the image: LABEL io.containers.capabilities=\"");
		recipe_names(b, n->bounding, RECIPE_UPPER, "", ",");
		buf_puts(b, "\"\n");
	}
}

void recipe_put_compose(struct buf *b, const struct recipe_need *n)
{
	buf_puts(b, "services:\n  SERVICE:\n");
	if (n->user)
		buf_printf(b, "    user: \"%s\"\n", n->user);
	buf_puts(b, "    cap_drop:\n      - ALL\n");
	if (n->bounding) {
		buf_puts(b, "    cap_add:\n");
		recipe_names(b, n->bounding, RECIPE_UPPER, "      - ", "\n");
		buf_putc(b, '\n');
	}
	if (docker_locks(n))
		buf_puts(b, "    security_opt:\n      - \"no-new-privileges:true\"\n");
}

static void put_quoted(struct buf *b, uint64_t set, unsigned spelling)
{
	buf_putc(b, '[');
	if (set) {
		buf_putc(b, '"');
		recipe_names(b, set, spelling, "", "\", \"");
		buf_putc(b, '"');
	}
	buf_putc(b, ']');
}

static void put_kubernetes_user(struct buf *b, const struct recipe_need *n)
{
	const char *group = recipe_group(n->user);

	if (!n->user || !recipe_user_numeric(n))
		return;
	recipe_user(b, "  runAsUser: ", n);
	if (group)
		buf_printf(b, "\n  runAsGroup: %s", group);
	buf_printf(b, "\n  runAsNonRoot: %s\n", recipe_for_root(n) ? "false" : "true");
}

void recipe_put_kubernetes(struct buf *b, const struct recipe_need *n)
{
	buf_puts(b, "securityContext:\n");
	put_kubernetes_user(b, n);
	buf_printf(b, "  allowPrivilegeEscalation: %s\n", n->no_new_privs ? "false" : "true");
	buf_puts(b, "  capabilities:\n    drop: [\"ALL\"]\n");
	if (n->bounding) {
		buf_puts(b, "    add: ");
		put_quoted(b, n->bounding, RECIPE_UPPER);
		buf_putc(b, '\n');
	}
}

void recipe_put_quadlet(struct buf *b, const struct recipe_need *n)
{
	buf_puts(b, "[Container]\n");
	recipe_unit_user(b, n);
	buf_puts(b, "DropCapability=all\n");
	if (n->bounding) {
		buf_puts(b, "AddCapability=");
		recipe_names(b, n->bounding, RECIPE_PREFIX | RECIPE_UPPER, "", " ");
		buf_putc(b, '\n');
	}
	if (n->no_new_privs)
		buf_puts(b, "NoNewPrivileges=true\n");
}

static void put_member(struct buf *b, const char *name, uint64_t set, const char *after)
{
	buf_printf(b, "      \"%s\": ", name);
	put_quoted(b, set, RECIPE_PREFIX | RECIPE_UPPER);
	buf_puts(b, after);
}

/* For root an exec gives what is in the bounding set; for others it has to be ambient, and so inheritable. */
void recipe_put_oci(struct buf *b, const struct recipe_need *n)
{
	uint64_t passed = recipe_for_root(n) ? 0 : n->caps;
	const char *group = recipe_group(n->user);

	buf_puts(b, "{\n  \"process\": {\n");
	if (n->user && recipe_user_numeric(n)) {
		recipe_user(b, "    \"user\": { \"uid\": ", n);
		buf_printf(b, ", \"gid\": %s },\n", group ? group : "0");
	}
	buf_puts(b, "    \"capabilities\": {\n");
	put_member(b, "bounding", n->bounding, ",\n");
	put_member(b, "effective", n->caps, ",\n");
	put_member(b, "permitted", n->caps, ",\n");
	put_member(b, "inheritable", passed, ",\n");
	put_member(b, "ambient", passed, "\n");
	buf_printf(b, "    },\n    \"noNewPrivileges\": %s\n  }\n}\n", n->no_new_privs ? "true" : "false");
}

void recipe_put_ecs(struct buf *b, const struct recipe_need *n)
{
	buf_puts(b, "{\n");
	if (n->user)
		buf_printf(b, "  \"user\": \"%s\",\n", n->user);
	buf_puts(b, "  \"linuxParameters\": {\n    \"capabilities\": { \"drop\": [\"ALL\"], \"add\": ");
	put_quoted(b, n->bounding & ~RECIPE_NOT_IN_ECS, RECIPE_UPPER);
	buf_puts(b, " }\n  }");
	if (docker_locks(n))
		buf_puts(b, ",\n  \"dockerSecurityOptions\": [\"no-new-privileges\"]");
	buf_puts(b, "\n}\n");
}
