/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/container.h"

#include <errno.h>
#include <jansson.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "user/base/buf.h"
#include "user/base/jsonin.h"
#include "user/caps/capability.h"

/* ---- ownership -------------------------------------------------------------------------------------------------- */

#define TEXTS(c)                                                                                                       \
	{                                                                                                              \
		&(c)->id, &(c)->name, &(c)->image, &(c)->image_id, &(c)->project, &(c)->service, &(c)->pod_namespace,  \
			&(c)->pod, &(c)->pod_uid, &(c)->pod_container, &(c)->user, &(c)->cgroup, &(c)->bundle, &(c)->seen \
	}

void container_done(struct container *c)
{
	char **const texts[] = TEXTS(c);

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		free(*texts[i]);
	*c = (struct container){ 0 };
}

int container_copy(const struct container *c, struct container *ret)
{
	struct container copy = *c;
	char **const texts[] = TEXTS(&copy);
	bool failed = false;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char *text = *texts[i];

		*texts[i] = text ? strdup(text) : NULL;
		failed |= text && !*texts[i];
	}
	if (failed) {
		container_done(&copy);
		return -ENOMEM;
	}
	*ret = copy;
	return 0;
}

/* ---- pieces ----------------------------------------------------------------------------------------------------- */

static int open_json(const char *text, size_t n, struct jsonin *ret)
{
	struct buf why = BUF_INIT;
	int err = n > CONTAINER_BYTES_MAX ? -EFBIG : jsonin_open("", text, n, &why, ret);

	buf_done(&why);
	return err;
}

static const json_t *member(const json_t *object, const char *key)
{
	return json_object_get(object, key);
}

/* In its place, where there is one; an empty one is none. */
static int take_text(char **text, const json_t *value)
{
	const char *found = json_string_value(value);
	char *copy;

	if (!found || !*found || strlen(found) != json_string_length(value))
		return 0;
	copy = strdup(found);
	if (!copy)
		return -ENOMEM;
	free(*text);
	*text = copy;
	return 0;
}

static void take_pid(int *pid, const json_t *value)
{
	json_int_t number = json_integer_value(value);

	if (number > 0 && number <= INT32_MAX)
		*pid = (int)number;
}

/* Annotations and labels: which of them says what. */
struct note {
	const char *key;
	char **text;
};

static int take_notes(const json_t *from, const struct note *notes, size_t count)
{
	int err = 0;

	for (size_t i = 0; i < count && !err; i++)
		err = take_text(notes[i].text, member(from, notes[i].key));
	return err;
}

static bool is_text(const json_t *value, const char *text)
{
	const char *found = json_string_value(value);

	return found && !strcasecmp(found, text);
}

/* ["CAP_CHOWN", ...], also ["ALL"]; what is no capability is passed over. */
static uint64_t set_of(const json_t *list)
{
	const json_t *value;
	uint64_t set = 0;
	unsigned nr;
	size_t i;

	json_array_foreach((json_t *)list, i, value) {
		if (is_text(value, "all"))
			return CAPABILITY_ALL;
		if (json_is_string(value) && !capability_parse(json_string_value(value), json_string_length(value), &nr))
			set |= 1ULL << nr;
	}
	return set;
}

/* ---- OCI: config.json of a bundle ------------------------------------------------------------------------------- */

static int take_annotations(const json_t *from, struct container *c)
{
	const struct note notes[] = {
		{ "io.kubernetes.cri.sandbox-namespace", &c->pod_namespace },
		{ "io.kubernetes.cri.sandbox-name", &c->pod },
		{ "io.kubernetes.cri.sandbox-uid", &c->pod_uid },
		{ "io.kubernetes.cri.container-name", &c->pod_container },
		{ "io.kubernetes.cri.podsandbox.image-name", &c->image },
		{ "io.kubernetes.cri.image-name", &c->image },
		{ "io.kubernetes.pod.namespace", &c->pod_namespace },
		{ "io.kubernetes.pod.name", &c->pod },
		{ "io.kubernetes.pod.uid", &c->pod_uid },
		{ "io.kubernetes.container.name", &c->pod_container },
		{ "io.kubernetes.cri-o.ContainerID", &c->id },
		{ "io.kubernetes.cri-o.ImageName", &c->image },
		{ "io.kubernetes.cri-o.Image", &c->image },
		{ "io.kubernetes.cri-o.ImageRef", &c->image_id },
		{ "nerdctl/name", &c->name },
		{ "com.docker.compose.project", &c->project },
		{ "com.docker.compose.service", &c->service },
	};

	c->sandbox |= is_text(member(from, "io.kubernetes.cri.container-type"), "sandbox") ||
		      is_text(member(from, "io.kubernetes.cri-o.ContainerType"), "sandbox");
	if (is_text(member(from, "io.container.manager"), "cri-o"))
		c->engine = ENGINE_CRIO;
	else if (is_text(member(from, "io.container.manager"), "libpod"))
		c->engine = ENGINE_PODMAN;
	else if (member(from, "nerdctl/name"))
		c->engine = ENGINE_NERDCTL;
	return take_notes(from, notes, sizeof(notes) / sizeof(notes[0]));
}

static void take_privileged(const json_t *annotations, struct container *c)
{
	static const char *const keys[] = { "io.podman.annotations.privileged", "io.kubernetes.cri-o.PrivilegedRuntime" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const json_t *value = member(annotations, keys[i]);

		if (!value)
			continue;
		c->privileged_known = true;
		c->privileged = is_text(value, "true");
	}
}

/* Who asked for everything is seen by it: all capabilities, and nothing of /proc and /sys hidden. */
static void guess_privileged(const json_t *spec, uint64_t all, struct container *c)
{
	const json_t *linux_part = member(spec, "linux");

	if (c->privileged_known)
		return;
	c->privileged_known = true;
	c->privileged = all && (c->granted.bounding & all) == all && !json_array_size(member(linux_part, "maskedPaths")) &&
			!c->own_userns;
}

static bool has_namespace(const json_t *list, const char *type)
{
	const json_t *value;
	size_t i;

	json_array_foreach((json_t *)list, i, value)
		if (is_text(member(value, "type"), type))
			return true;
	return false;
}

/* Numbers as a person writes them: "1000:100". */
static int take_oci_user(const json_t *user, struct container *c)
{
	const json_t *uid = member(user, "uid");
	struct buf text = BUF_INIT;

	if (!json_is_integer(uid) || c->user)
		return 0;
	buf_printf(&text, "%lld", json_integer_value(uid));
	c->user = text.error ? NULL : strdup(buf_str(&text));
	buf_done(&text);
	return c->user ? 0 : -ENOMEM;
}

static void take_oci_sets(const json_t *capabilities, uint64_t all, struct container *c)
{
	c->granted = (struct workload_granted){
		.source = GRANTED_BUNDLE,
		.bounding = all & set_of(member(capabilities, "bounding")),
		.effective = all & set_of(member(capabilities, "effective")),
		.permitted = all & set_of(member(capabilities, "permitted")),
		.inheritable = all & set_of(member(capabilities, "inheritable")),
		.ambient = all & set_of(member(capabilities, "ambient")),
	};
}

/* "SCMP_ACT_ERRNO but for 412 calls" */
static void take_oci_filter(const json_t *seccomp, struct container *c)
{
	const char *action = json_string_value(member(seccomp, "defaultAction"));
	const json_t *value, *list = member(seccomp, "syscalls");
	size_t i, others = 0;

	if (!action)
		return;
	json_array_foreach((json_t *)list, i, value)
		others += is_text(member(value, "action"), action) ? 0 : json_array_size(member(value, "names"));
	snprintf(c->granted.filter, sizeof(c->granted.filter), "its bundle's seccomp profile: %.48s but for %zu calls", action,
		 others);
}

static int read_oci(const json_t *spec, uint64_t all, struct container *c)
{
	const json_t *process = member(spec, "process"), *annotations = member(spec, "annotations");
	const json_t *linux_part = member(spec, "linux");
	int err;

	if (!json_is_object(process) || !member(spec, "ociVersion"))
		return -EINVAL;
	err = take_annotations(annotations, c);
	err = err ?: take_text(&c->cgroup, member(linux_part, "cgroupsPath"));
	err = err ?: take_oci_user(member(process, "user"), c);
	c->own_userns = has_namespace(member(linux_part, "namespaces"), "user");
	c->no_new_privs = json_is_true(member(process, "noNewPrivileges"));
	take_oci_sets(member(process, "capabilities"), all, c);
	take_oci_filter(member(linux_part, "seccomp"), c);
	take_privileged(annotations, c);
	guess_privileged(spec, all, c);
	return err;
}

int container_read_oci(const char *text, size_t n, uint64_t all, struct container *c)
{
	struct jsonin root;
	int err = open_json(text, n, &root);

	if (err)
		return err;
	err = read_oci(root.value, all, c);
	jsonin_close(&root);
	return err;
}

/* ---- runc: state.json ------------------------------------------------------------------------------------------- */

static int take_bundle(const json_t *labels, struct container *c)
{
	const json_t *value;
	size_t i;

	json_array_foreach((json_t *)labels, i, value) {
		const char *text = json_string_value(value);

		if (!text || strncmp(text, "bundle=", 7) || !text[7])
			continue;
		free(c->bundle);
		c->bundle = strdup(text + 7);
		return c->bundle ? 0 : -ENOMEM;
	}
	return 0;
}

int container_read_runc(const char *text, size_t n, struct container *c)
{
	const json_t *pid, *config;
	struct jsonin root;
	int err = open_json(text, n, &root);

	if (err)
		return err;
	pid = member(root.value, "init_process_pid");
	config = member(root.value, "config");
	if (!json_is_integer(pid) || !json_is_object(config))
		err = -EINVAL;
	take_pid(&c->pid, pid);
	err = err ?: take_text(&c->id, member(root.value, "id"));
	err = err ?: take_bundle(member(config, "labels"), c);
	jsonin_close(&root);
	return err;
}

/* ---- docker ----------------------------------------------------------------------------------------------------- */

static int read_docker(const json_t *state, struct container *c)
{
	const json_t *config = member(state, "Config"), *life = member(state, "State"), *labels = member(config, "Labels");
	const struct note notes[] = {
		{ "com.docker.compose.project", &c->project },
		{ "com.docker.compose.service", &c->service },
	};
	const char *name = json_string_value(member(state, "Name"));
	const json_t *id = member(state, "ID") ?: member(state, "Id");
	int err;

	if (!json_is_string(id) || !json_is_object(config))
		return -EINVAL;
	c->engine = ENGINE_DOCKER;
	err = take_text(&c->id, id);
	err = err ?: take_text(&c->name, member(state, "Name"));
	if (!err && name && *name == '/' && c->name)
		memmove(c->name, c->name + 1, strlen(c->name));
	err = err ?: take_text(&c->image, member(config, "Image"));
	err = err ?: take_text(&c->image_id, member(state, "Image"));
	err = err ?: take_text(&c->user, member(config, "User"));
	err = err ?: take_notes(labels, notes, sizeof(notes) / sizeof(notes[0]));
	c->state_known = json_is_boolean(member(life, "Running"));
	c->running = json_is_true(member(life, "Running"));
	take_pid(&c->pid, c->running ? member(life, "Pid") : NULL);
	return err;
}

int container_read_docker(const char *text, size_t n, struct container *c)
{
	struct jsonin root;
	int err = open_json(text, n, &root);

	if (err)
		return err;
	err = read_docker(root.value, c);
	jsonin_close(&root);
	return err;
}

#define BIT(cap) (1ULL << (cap))

/* What docker gives where nothing is asked for (oci/caps/defaults.go of moby). */
static const uint64_t docker_usual = BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_FSETID) | BIT(CAP_FOWNER) |
				     BIT(CAP_MKNOD) | BIT(CAP_NET_RAW) | BIT(CAP_SETGID) | BIT(CAP_SETUID) |
				     BIT(CAP_SETFCAP) | BIT(CAP_SETPCAP) | BIT(CAP_NET_BIND_SERVICE) |
				     BIT(CAP_SYS_CHROOT) | BIT(CAP_KILL) | BIT(CAP_AUDIT_WRITE);

/* As TweakCapabilities() of moby does it: all of them less some, none but some, or the usual ones changed. */
static uint64_t docker_set(uint64_t add, uint64_t drop, uint64_t all)
{
	if (add == CAPABILITY_ALL)
		return all & ~drop;
	if (drop == CAPABILITY_ALL)
		return all & add;
	return all & ((docker_usual & ~drop) | add);
}

/* "0:0" and "root:adm" are root too. */
static bool is_root(const char *user)
{
	size_t n = user ? strcspn(user, ":") : 0;

	return !n || (n == 1 && *user == '0') || (n == 4 && !memcmp(user, "root", 4));
}

static bool has_option(const json_t *list, const char *option)
{
	const json_t *value;
	size_t i;

	json_array_foreach((json_t *)list, i, value) {
		const char *text = json_string_value(value);
		size_t n = strlen(option);

		if (text && !strncmp(text, option, n) &&
		    (!text[n] || !strcmp(text + n, ":true") || !strcmp(text + n, "=true")))
			return true;
	}
	return false;
}

/* A profile of one's own stands there whole. */
static void take_docker_filter(const json_t *options, struct container *c)
{
	const char *words = c->privileged ? "" : "its engine's own seccomp profile";
	const json_t *value;
	size_t i;

	json_array_foreach((json_t *)options, i, value) {
		const char *text = json_string_value(value);

		if (!text || strncmp(text, "seccomp", 7) || (text[7] != '=' && text[7] != ':'))
			continue;
		words = strcmp(text + 8, "unconfined") ? "a seccomp profile of its own (--security-opt seccomp=)" : "";
	}
	snprintf(c->granted.filter, sizeof(c->granted.filter), "%s", words);
}

static void read_docker_host(const json_t *host, uint64_t all, struct container *c)
{
	uint64_t set = docker_set(set_of(member(host, "CapAdd")), set_of(member(host, "CapDrop")), all);
	uint64_t held;

	c->privileged_known = true;
	c->privileged = json_is_true(member(host, "Privileged"));
	c->no_new_privs = has_option(member(host, "SecurityOpt"), "no-new-privileges");
	if (c->privileged)
		set = all;
	held = is_root(c->user) ? set : 0;
	c->granted = (struct workload_granted){
		.source = GRANTED_ENGINE, .bounding = set, .effective = held, .permitted = held,
	};
	take_docker_filter(member(host, "SecurityOpt"), c);
}

int container_read_docker_host(const char *text, size_t n, uint64_t all, struct container *c)
{
	struct jsonin root;
	int err = open_json(text, n, &root);

	if (err)
		return err;
	if (json_is_object(root.value) && member(root.value, "CgroupParent"))
		read_docker_host(root.value, all, c);
	else
		err = -EINVAL;
	jsonin_close(&root);
	return err;
}

/* What docker has in two files stands in one. */
int container_read_inspect(const char *text, size_t n, uint64_t all, struct container *c)
{
	const json_t *host;
	struct jsonin root;
	int err = open_json(text, n, &root);

	if (err)
		return err;
	host = member(root.value, "HostConfig");
	err = read_docker(root.value, c);
	if (!err && json_is_object(host))
		read_docker_host(host, all, c);
	jsonin_close(&root);
	return err;
}

/* ---- podman and CRI-O: containers.json of their storage --------------------------------------------------------- */

/* What the engine said of it when it was made: JSON in a string. */
static int take_metadata(const json_t *value, struct container *c)
{
	const char *text = json_string_value(value);
	struct jsonin root;
	int err;

	if (!text || open_json(text, json_string_length(value), &root))
		return 0;
	err = take_text(&c->image, member(root.value, "image-name"));
	err = err ?: take_text(&c->image_id, member(root.value, "image-id"));
	err = err ?: take_text(&c->name, member(root.value, "name"));
	c->engine = member(root.value, "pod-name") ? ENGINE_CRIO : ENGINE_PODMAN;
	jsonin_close(&root);
	return err;
}

static int read_podman(const json_t *from, struct container *c)
{
	int err = take_text(&c->id, member(from, "id"));

	err = err ?: take_text(&c->image_id, member(from, "image"));
	err = err ?: take_text(&c->name, json_array_get(member(from, "names"), 0));
	return err ?: take_metadata(member(from, "metadata"), c);
}

int container_read_podman(const char *text, size_t n, int (*fn)(void *ctx, struct container *c), void *ctx)
{
	const json_t *value;
	struct jsonin root;
	int err = open_json(text, n, &root);
	size_t i;

	if (err)
		return err;
	if (!json_is_array(root.value))
		err = -EINVAL;
	for (i = 0; !err && i < json_array_size(root.value); i++) {
		struct container c = { 0 };

		value = json_array_get(root.value, i);
		err = read_podman(value, &c);
		if (!err && c.id)
			err = fn(ctx, &c);
		else
			container_done(&c);
	}
	jsonin_close(&root);
	return err;
}
