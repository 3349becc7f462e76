/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "user/base/buf.h"
#include "user/base/json.h"
#include "user/caps/capset.h"
#include "user/caps/filespec.h"
#include "user/caps/holder.h"
#include "user/caps/securebits.h"
#include "user/model/granted.h"
#include "user/model/workload.h"
#include "user/view/capwords.h"
#include "user/view/ps.h"

/* Absent where it is unknown, null where there is known to be none. */
static void put_name(struct json *j, const char *key, const char *value, bool none)
{
	if (!value && !none)
		return;
	json_key_str(j, key, strlen(key));
	json_cstr(j, value);
}

static void put_set(struct json *j, const char *key, uint64_t set)
{
	json_key_str(j, key, strlen(key));
	capwords_json(j, set);
}

static void put_ids(struct json *j, const struct holder *h)
{
	const struct credentials *c = &h->is;

	json_member_u64(j, "uid", c->uid);
	json_member_u64(j, "euid", c->euid);
	json_member_u64(j, "suid", c->suid);
	json_member_u64(j, "gid", c->gid);
	json_member_u64(j, "egid", c->egid);
	json_member_u64(j, "sgid", c->sgid);
	put_name(j, "user", h->user, false);
}

/* The members that are made of the five sets alone; they stand in an object of their own, without its brackets. */
static void make_sets(struct buf *b, const struct holder *h)
{
	const struct credentials *c = &h->is;
	const struct capset flags = { CAPSET_FLAGS, { c->effective, c->permitted, c->inheritable } };
	const struct capset iab = { CAPSET_IAB, { c->inheritable, c->ambient, capset_all() & ~c->bounding } };
	struct buf text = BUF_INIT;
	struct json j;

	json_init(&j, b);
	put_set(&j, "effective", c->effective);
	put_set(&j, "permitted", c->permitted);
	put_set(&j, "inheritable", c->inheritable);
	put_set(&j, "ambient", c->ambient);
	put_set(&j, "bounding", c->bounding);
	capset_to_text(&text, &flags);
	put_name(&j, "text", buf_str(&text), true);
	buf_clear(&text);
	capset_to_iab(&text, &iab);
	put_name(&j, "iab", buf_str(&text), true);
	buf_done(&text);
}

static void put_credentials(struct json *j, struct ps_memo *memo, const struct holder *h)
{
	const struct credentials *c = &h->is;
	const struct buf *sets = ps_memo_get(memo, h, make_sets);

	if (sets->error)
		j->out->error = sets->error;
	json_raw(j, sets->data, sets->len);
	if (h->securebits_known) {
		json_member_u64(j, "securebits", c->securebits);
		put_name(j, "mode", mode_name(mode_of(c)), true);
	}
	json_member_bool(j, "no_new_privs", c->no_new_privs);
	json_member_u64(j, "seccomp", h->seccomp);
}

static void put_userns(struct json *j, const struct holder *h)
{
	if (!h->userns)
		return;
	json_key(j, "userns");
	json_object(j);
	json_member_u64(j, "own", h->userns);
	json_member_bool(j, "initial", h->userns == HOLDER_USERNS_INITIAL);
	json_object_end(j);
}

/* What is not known is absent. */
static void put_container(struct json *j, const struct workload *w)
{
	const struct {
		const char *key;
		enum workload_text which;
	} rows[] = {
		{ "id", WORKLOAD_ID }, { "name", WORKLOAD_NAME }, { "image", WORKLOAD_IMAGE },
		{ "image_id", WORKLOAD_IMAGE_ID },
	};

	json_key(j, "container");
	json_object(j);
	put_name(j, "engine", workload_engine_name(w->engine), false);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		put_name(j, rows[i].key, w->text[rows[i].which], false);
	if (w->flags & WORKLOAD_PRIVILEGED_KNOWN)
		json_member_bool(j, "privileged", w->flags & WORKLOAD_PRIVILEGED);
	json_member_bool(j, "verified", w->flags & WORKLOAD_VERIFIED);
	json_object_end(j);
}

static void put_pod(struct json *j, const struct workload *w)
{
	json_key(j, "k8s");
	json_object(j);
	put_name(j, "namespace", w->text[WORKLOAD_POD_NAMESPACE], false);
	put_name(j, "pod", w->text[WORKLOAD_POD_NAME], false);
	put_name(j, "pod_uid", w->text[WORKLOAD_POD_UID], false);
	put_name(j, "container", w->text[WORKLOAD_POD_CONTAINER], false);
	json_object_end(j);
}

static void put_workload(struct json *j, const struct holder *h)
{
	struct buf text = BUF_INIT;

	if (h->workload)
		workload_put_key(&text, h->workload);
	else
		workload_put_plain_key(&text, h->unit, h->cgroup);
	put_name(j, "workload", text.len ? buf_str(&text) : NULL, false);
	buf_done(&text);
	if (h->workload && workload_is_container(h->workload))
		put_container(j, h->workload);
	if (h->workload && h->workload->kind == WORKLOAD_POD)
		put_pod(j, h->workload);
	put_name(j, "cgroup", h->cgroup, false);
	put_name(j, "unit", h->unit, h->cgroup);
	put_name(j, "slice", h->slice, h->cgroup);
	put_name(j, "session", h->session, h->cgroup);
}

/* By what it has what it has, where more than that is known. */
static void put_granted(struct json *j, const struct holder *h)
{
	const struct granted_task t = {
		.permitted = h->is.permitted,
		.bounding = h->is.bounding,
		.file = h->file_has_caps == PRIVFILE_CAPS_KNOWN ? h->file_caps.permitted
			: h->file_mode & 04000 && !h->file_uid	 ? UINT64_MAX
								 : 0,
	};
	struct granted g;

	granted_of(h->workload, &t, &g);
	if (!g.source && !g.by[GRANTED_BY_FILE])
		return;
	json_key(j, "granted");
	json_object(j);
	put_name(j, "source", granted_source_name(g.source), false);
	for (enum granted_by by = 0; by < GRANTED_BYS; by++)
		put_set(j, granted_by_name(by), g.by[by]);
	put_set(j, "withheld", g.withheld);
	put_set(j, "beyond", g.beyond);
	json_object_end(j);
}

static void put_file_caps(struct json *j, const struct filecaps *caps)
{
	struct buf text = BUF_INIT;

	filespec_print(&text, caps);
	json_object(j);
	put_name(j, "text", buf_str(&text), true);
	put_set(j, "permitted", caps->permitted);
	put_set(j, "inheritable", caps->inheritable);
	json_member_bool(j, "effective", caps->effective);
	json_member_u64(j, "rootid", caps->rootid);
	json_object_end(j);
	buf_done(&text);
}

static void put_file(struct json *j, const struct holder *h)
{
	const struct privfile f = { .mode = h->file_mode, .uid = h->file_uid };

	if (!h->file_known)
		return;
	json_key(j, "file");
	json_object(j);
	json_member_bool(j, "setuid", privfile_is_setuid(&f));
	json_member_bool(j, "setgid", privfile_is_setgid(&f));
	json_member_u64(j, "uid", h->file_uid);
	if (h->file_has_caps != PRIVFILE_CAPS_HIDDEN) {
		json_key(j, "capabilities");
		if (h->file_has_caps == PRIVFILE_CAPS_KNOWN)
			put_file_caps(j, &h->file_caps);
		else
			json_null(j);
	}
	json_object_end(j);
}

static void put_differences(struct json *j, const struct holder *h)
{
	json_key(j, "differs");
	json_array(j);
	for (unsigned bit = 0; bit < HOLDER_DIFFERENCES; bit++)
		if (h->differs & 1u << bit)
			json_cstr(j, holder_difference_name(bit));
	json_array_end(j);
}

static void begin(struct json *j, struct buf *b, const char *type)
{
	json_init(j, b);
	json_object(j);
	json_member_u64(j, "v", 1);
	put_name(j, "type", type, true);
}

void ps_json(struct buf *b, struct ps_memo *memo, const struct holder *h)
{
	bool thread = h->tid != h->pid;
	struct json j;

	begin(&j, b, thread ? "thread" : "process");
	json_member_u64(&j, "pid", (uint64_t)h->pid);
	json_member_u64(&j, "tid", (uint64_t)h->tid);
	json_member_u64(&j, "ppid", (uint64_t)h->ppid);
	json_key(&j, "state");
	json_str(&j, &h->state, 1);
	put_name(&j, "comm", h->comm, true);
	put_name(&j, "exe", h->exe, h->kernel || holder_is_dead(h));
	json_member_bool(&j, "kernel", h->kernel);
	json_member_u64(&j, "threads", h->threads);
	if (thread)
		put_differences(&j, h);
	put_ids(&j, h);
	put_credentials(&j, memo, h);
	put_userns(&j, h);
	put_workload(&j, h);
	put_file(&j, h);
	put_granted(&j, h);
	if (h->used_known) {
		put_set(&j, "ever_used", h->used);
		put_set(&j, "never_used", holder_set(h) & ~h->used);
	}
	json_object_end(&j);
	buf_putc(b, '\n');
}

void ps_summary_json(struct buf *b, const struct ps_summary *s)
{
	struct json j;

	begin(&j, b, "summary");
	json_member_u64(&j, "processes", s->processes);
	json_member_u64(&j, "threads", s->threads);
	json_member_u64(&j, "shown", s->shown);
	json_member_u64(&j, "holding", s->holding);
	json_member_u64(&j, "equals_root", s->root);
	json_member_u64(&j, "differing_threads", s->differing);
	json_key(&j, "left_out");
	json_object(&j);
	json_member_u64(&j, "kernel", s->kernel);
	json_member_u64(&j, "dead", s->dead);
	json_member_u64(&j, "undecided", s->undecided);
	json_member_u64(&j, "unreadable", s->unreadable);
	json_object_end(&j);
	json_member_bool(&j, "others_hidden", s->others_hidden);
	json_member_bool(&j, "complete", !ps_is_incomplete(s));
	json_object_end(&j);
	buf_putc(b, '\n');
}
