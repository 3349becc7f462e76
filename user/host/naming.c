/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/naming.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/host/container.h"
#include "user/host/engines_state.h"
#include "user/host/stores.h"
#include "user/model/workload.h"

enum { TEXT_MAX = 1024 };	/* of a name: what is longer is none */

bool naming_is_file(const char *id)
{
	return *id && *id != '.' && !strchr(id, '/');
}

int naming_put(struct workload *w, enum workload_text which, const char *text)
{
	return text && *text && strlen(text) <= TEXT_MAX ? workload_set(w, which, text, strlen(text)) : 0;
}

int naming_take(struct workload *w, const struct container *found)
{
	int err = naming_put(w, WORKLOAD_NAME, found->name);

	err = err ?: naming_put(w, WORKLOAD_IMAGE, found->image);
	err = err ?: naming_put(w, WORKLOAD_IMAGE_ID, found->image_id);
	err = err ?: naming_put(w, WORKLOAD_PROJECT, found->project);
	err = err ?: naming_put(w, WORKLOAD_SERVICE, found->service);
	err = err ?: naming_put(w, WORKLOAD_POD_NAMESPACE, found->pod_namespace);
	err = err ?: naming_put(w, WORKLOAD_POD_NAME, found->pod);
	err = err ?: naming_put(w, WORKLOAD_POD_CONTAINER, found->pod_container);
	if (!err && !w->text[WORKLOAD_POD_UID])
		err = naming_put(w, WORKLOAD_POD_UID, found->pod_uid);
	if (found->engine && (found->engine != ENGINE_CONTAINERD || w->engine != ENGINE_DOCKER))
		w->engine = found->engine;
	if (found->granted.source)
		w->granted = found->granted;
	if (w->text[WORKLOAD_POD_NAME])
		w->kind = WORKLOAD_POD;
	w->flags |= (found->sandbox ? WORKLOAD_SANDBOX : 0) | (found->privileged_known ? WORKLOAD_PRIVILEGED_KNOWN : 0) |
		    (found->privileged_known && found->privileged ? WORKLOAD_PRIVILEGED : 0);
	return err;
}

/* Both files of docker; the second one only tells what was granted. False: it does not know such a container. */
static bool read_docker(struct engines *c, const char *dir, const char *id, struct container *ret)
{
	struct buf text = BUF_INIT;
	char path[PATH_MAX];
	uid_t owner;
	int err;

	snprintf(path, sizeof(path), "%s/containers/%s/config.v2.json", dir, id);
	err = stores_read_state(c, path, &text, &owner);
	if (!err && !owner) {
		err = container_read_docker(text.data, text.len, ret);
		if (err)
			stores_complain(c, path, err);
	}
	snprintf(path, sizeof(path), "%s/containers/%s/hostconfig.json", dir, id);
	if (!err && !owner && !stores_read(path, STATE_MAX, &text, &owner) && !owner)
		container_read_docker_host(text.data, text.len, c->all, ret);
	buf_done(&text);
	return !err && ret->name;
}

void naming_from_docker(struct search *s, struct workload *w, pid_t *ret_pid)
{
	const struct workload_granted granted = w->granted;
	struct engines *c = s->c;

	*ret_pid = 0;
	for (size_t i = 0; i < c->count[PLACE_DOCKER] && !w->text[WORKLOAD_NAME]; i++) {
		struct container found = { 0 };

		if (read_docker(c, c->places[PLACE_DOCKER][i].dir, w->text[WORKLOAD_ID], &found) && !naming_take(w, &found)) {
			w->engine = ENGINE_DOCKER;
			*ret_pid = found.pid;
		}
		container_done(&found);
	}
	/* The bundle is what was done, and not what was asked for. */
	if (granted.source)
		w->granted = granted;
}

static int take_stored(void *ctx, struct container *from)
{
	struct workload *w = ctx;
	bool is = from->id && !strcmp(from->id, w->text[WORKLOAD_ID]);

	if (is) {
		from->engine = ENGINE_NONE;
		naming_take(w, from);
	}
	container_done(from);
	return is;
}

bool naming_from_storage(struct search *s, struct workload *w, const char *dir, uid_t whose)
{
	static const char *const files[] = { "containers.json", "volatile-containers.json" };
	struct buf text = BUF_INIT;
	char path[PATH_MAX];
	uid_t owner;
	int found = 0;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]) && found != 1; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		if (stores_read_state(s->c, path, &text, &owner) || owner != whose)
			continue;
		found = container_read_podman(text.data, text.len, take_stored, w);
		if (found < 0)
			stores_complain(s->c, path, found);
	}
	buf_done(&text);
	return found == 1;
}

void naming_of(struct search *s, struct workload *w, uid_t whose)
{
	struct engines *c = s->c;
	pid_t pid;

	if (!naming_is_file(w->text[WORKLOAD_ID]))
		return;
	if ((w->engine == ENGINE_DOCKER || w->engine == ENGINE_NONE) && !whose)
		naming_from_docker(s, w, &pid);
	for (size_t i = 0; w->engine == ENGINE_PODMAN && i < c->count[PLACE_STORAGE] && !w->text[WORKLOAD_IMAGE]; i++)
		naming_from_storage(s, w, c->places[PLACE_STORAGE][i].dir, whose);
}
