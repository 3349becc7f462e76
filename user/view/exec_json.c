/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "user/base/buf.h"
#include "user/base/json.h"
#include "user/caps/facts.h"
#include "user/caps/filespec.h"
#include "user/caps/securebits.h"
#include "user/view/capwords.h"
#include "user/view/exec.h"
#include "user/view/explain.h"

static void put_set(struct json *j, const char *key, uint64_t set)
{
	json_key_str(j, key, strlen(key));
	capwords_json(j, set);
}

static void put_id(struct json *j, const char *key, uint32_t id)
{
	json_key_str(j, key, strlen(key));
	json_u64(j, id);
}

static void put_credentials(struct json *j, const struct credentials *c, bool securebits_known)
{
	json_object(j);
	put_id(j, "uid", c->uid);
	put_id(j, "euid", c->euid);
	put_id(j, "suid", c->suid);
	put_id(j, "gid", c->gid);
	put_id(j, "egid", c->egid);
	put_id(j, "sgid", c->sgid);
	json_key(j, "groups");
	json_array(j);
	for (size_t i = 0; i < c->group_count; i++)
		json_u64(j, c->groups[i]);
	json_array_end(j);
	put_set(j, "effective", c->effective);
	put_set(j, "permitted", c->permitted);
	put_set(j, "inheritable", c->inheritable);
	put_set(j, "ambient", c->ambient);
	put_set(j, "bounding", c->bounding);
	if (securebits_known) {
		put_id(j, "securebits", c->securebits);
		json_key(j, "mode");
		json_cstr(j, mode_name(mode_of(c)));
	}
	json_member_bool(j, "no_new_privs", c->no_new_privs);
	json_object_end(j);
}

void exec_process_json(struct buf *b, const struct exec_process *p)
{
	struct json j;

	explain_json(&j, b, "process");
	put_id(&j, "pid", (uint32_t)p->pid);
	json_key(&j, "comm");
	json_cstr(&j, p->name);
	json_key(&j, "exe");
	json_cstr(&j, p->exe);
	json_key(&j, "is");
	put_credentials(&j, p->is, p->securebits_known);
	put_id(&j, "seccomp", p->seccomp);
	json_member_bool(&j, "own_userns", p->own_userns);
	put_id(&j, "tracer", (uint32_t)p->tracer);
	put_set(&j, "could_raise", p->is->permitted & ~p->is->effective);
	put_set(&j, "could_gain", p->is->no_new_privs ? 0 : p->root.to.permitted & ~p->is->permitted);
	put_set(&j, "could_lose", p->is->permitted & ~p->plain.to.permitted);
	put_set(&j, "equals_root", fact_roots(p->is->permitted));
	explain_json_end(&j);
}

static void put_caps(struct json *j, const struct image *image)
{
	const struct filecaps *caps = &image->caps;
	struct buf text = BUF_INIT;

	json_key(j, "capabilities");
	if (!image->has_caps) {
		json_null(j);
		return;
	}
	json_object(j);
	put_id(j, "version", caps->version);
	json_member_bool(j, "effective", caps->effective);
	put_set(j, "permitted", caps->permitted);
	put_set(j, "inheritable", caps->inheritable);
	put_id(j, "rootid", caps->rootid);
	json_member_bool(j, "foreign", image->foreign);
	filespec_print(&text, caps);
	json_key(j, "text");
	json_cstr(j, buf_str(&text));
	buf_done(&text);
	json_object_end(j);
}

static void put_file(struct json *j, const struct exec_file *f)
{
	json_key(j, "path");
	json_cstr(j, f->path);
	json_key(j, "interpreter");
	json_cstr(j, f->interpreter);
	put_id(j, "owner", f->owner);
	put_id(j, "group", f->group);
	put_id(j, "permissions", f->mode & 07777);
	json_member_bool(j, "setuid", f->image->setuid);
	json_member_bool(j, "setgid", f->image->setgid);
	json_member_bool(j, "nosuid", f->image->nosuid);
	put_caps(j, f->image);
}

void exec_file_json(struct buf *b, const struct exec_file *f)
{
	struct json j;

	explain_json(&j, b, "file");
	put_file(&j, f);
	explain_json_end(&j);
}

static void put_steps(struct json *j, const struct transition *t)
{
	json_key(j, "steps");
	json_array(j);
	for (size_t i = 0; i < t->step_count; i++) {
		const char *words = transition_rule_words(t->steps[i].rule);

		json_object(j);
		json_key(j, "rule");
		json_cstr(j, transition_rule_name(t->steps[i].rule));
		json_key(j, "words");
		json_cstr(j, words);
		if (transition_rule_has_id(t->steps[i].rule))
			put_id(j, "id", t->steps[i].id);
		else if (words[strlen(words) - 1] == ':')
			put_set(j, "caps", t->steps[i].set);
		json_object_end(j);
	}
	json_array_end(j);
}

void exec_json(struct buf *b, const struct exec_process *p, const struct exec_file *f,
	       const struct transition *t, const struct transition *other)
{
	struct json j;

	explain_json(&j, b, "exec");
	json_key(&j, "before");
	put_credentials(&j, p->is, p->securebits_known);
	json_key(&j, "file");
	json_object(&j);
	put_file(&j, f);
	json_object_end(&j);
	put_steps(&j, t);
	json_key(&j, "error");
	json_cstr(&j, t->error ? "EPERM" : NULL);
	json_key(&j, "after");
	if (t->error)
		json_null(&j);
	else
		put_credentials(&j, &t->to, p->securebits_known);
	json_member_bool(&j, "secure", t->secure);
	if (!exec_same(t, other)) {
		json_key(&j, "other_kernels");
		put_credentials(&j, &other->to, p->securebits_known);
	}
	explain_json_end(&j);
}
