/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/advice/permit.h"

#include <ctype.h>
#include <string.h>

#include "user/advice/recipe_words.h"
#include "user/base/buf.h"
#include "user/caps/capability.h"
#include "user/model/workload.h"

/* Nothing that a shell, a terminal or a person takes for something else. */
static bool is_plain(const char *name)
{
	if (!name || !*name || *name == '-')
		return false;
	for (; *name; name++)
		if (!isascii((unsigned char)*name) || (!isalnum((unsigned char)*name) && !strchr("./_-@:+", *name)))
			return false;
	return true;
}

static void put_names(struct buf *b, uint64_t caps, const char *separator)
{
	char name[CAPABILITY_NAME_MAX];

	for (unsigned nr = 0, n = 0; nr < CAPABILITY_MAX; nr++)
		if (caps & 1ULL << nr)
			buf_printf(b, "%s%s", n++ ? separator : "", capability_name(nr, name));
}

static bool put_container(struct buf *b, const struct workload *w, uint64_t caps)
{
	const char *program = workload_engine_name(w->engine);

	buf_puts(b, w->engine == ENGINE_DOCKER || w->engine == ENGINE_PODMAN || w->engine == ENGINE_NERDCTL ? program : "docker");
	buf_puts(b, " run");
	recipe_options(b, caps, RECIPE_UPPER, "--cap-add=");
	return true;
}

static bool put_pod(struct buf *b, uint64_t caps)
{
	buf_puts(b, "securityContext: {capabilities: {add: [");
	recipe_names(b, caps, RECIPE_UPPER, "", ", ");
	buf_puts(b, "]}}");
	return true;
}

/* A bounding set that is not set has all; to set it then would take the others away. */
static bool put_unit(struct buf *b, const struct workload *w, uint64_t caps)
{
	const char *unit = w->text[WORKLOAD_UNIT_NAME];
	const uint64_t bounded = w->granted.source == GRANTED_UNIT ? caps & ~w->granted.bounding : 0;

	if (!is_plain(unit))
		return false;
	buf_printf(b, "systemctl edit %s: [Service] AmbientCapabilities=", unit);
	put_names(b, caps, " ");
	if (bounded) {
		buf_puts(b, " CapabilityBoundingSet=");
		put_names(b, bounded, " ");
	}
	return true;
}

static bool put_file(struct buf *b, const char *exe, uint64_t caps)
{
	const size_t had = b->len;

	if (!is_plain(exe) || *exe != '/')
		return false;
	buf_puts(b, "setcap ");
	put_names(b, caps, ",");
	for (size_t i = had; i < b->len; i++)
		b->data[i] = (char)tolower((unsigned char)b->data[i]);
	buf_printf(b, "=ep %s", exe);
	return true;
}

bool permit_line(struct buf *b, const struct workload *w, const char *exe, uint64_t caps)
{
	if (!caps)
		return false;
	if (w && w->kind == WORKLOAD_POD)
		return put_pod(b, caps);
	if (w && w->kind == WORKLOAD_CONTAINER)
		return put_container(b, w, caps);
	if (w && w->kind == WORKLOAD_UNIT)
		return put_unit(b, w, caps);
	return put_file(b, exe, caps);
}
