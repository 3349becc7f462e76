// SPDX-License-Identifier: BSD-2-Clause
#include "user/sink/json.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/json.h"
#include "user/base/out.h"
#include "user/base/when.h"
#include "user/caps/capability.h"
#include "user/caps/site.h"
#include "user/host/users.h"
#include "user/model/decision.h"
#include "user/model/granted.h"
#include "user/model/loss.h"
#include "user/model/outcome.h"
#include "user/model/program.h"
#include "user/model/record.h"
#include "user/model/workload.h"
#include "user/sink/call.h"
#include "user/sink/fragment.h"
#include "user/sink/json_life.h"
#include "user/sink/sink.h"

struct json_sink {
	struct sink sink;
	struct json_options options;
	struct when when;
	struct buf host;	/* members that are the same on each line; empty: start was not called */
	struct buf id;		/* the member "id" of a check up to its number; empty: this run has no name */
	uint64_t lost_since;	/* wall clock of the last report of losses, or of the start */
	struct fragments asked, credentials, programs;
	struct buf scratch;	/* a program that no table keeps */
};

/* A literal key, and the member for a literal type, as the two arguments that the functions below take. */
#define KEY(literal)  "\"" literal "\":", sizeof("\"" literal "\":") - 1
#define TYPE(literal) "\"type\":\"" literal "\"", sizeof("\"type\":\"" literal "\"") - 1

static inline void put_number(struct json *j, const char *key, size_t n, uint64_t v)
{
	json_put(j, key, n, 0);
	json_u64(j, v);
}

static inline void put_signed(struct json *j, const char *key, size_t n, int64_t v)
{
	json_put(j, key, n, 0);
	json_i64(j, v);
}

static inline void put_bool(struct json *j, const char *key, size_t n, bool v)
{
	json_put(j, key, n, 0);
	json_bool(j, v);
}

static inline void put_null(struct json *j, const char *key, size_t n)
{
	json_put(j, key, n, 0);
	json_null(j);
}

/* Nothing at all where s is NULL: unknown. */
static inline void put_known(struct json *j, const char *key, size_t n, const char *s)
{
	if (!s)
		return;
	json_put(j, key, n, 0);
	json_cstr(j, s);
}

/* Where s is NULL: null if it is known to be none, else nothing. */
static inline void put_or_null(struct json *j, const char *key, size_t n, const char *s, bool none)
{
	if (!s && none)
		put_null(j, key, n);
	else
		put_known(j, key, n, s);
}

/* Members that were made before. */
static inline void put_made(struct json *j, const struct buf *made)
{
	if (made->error)
		j->out->error = made->error;
	else if (made->len)
		json_raw(j, made->data, made->len);
}

static void put_time(struct json_sink *s, struct json *j, const char *key, size_t n, uint64_t wall_ns)
{
	json_put(j, key, n, 0);
	buf_putc(j->out, '"');
	when_print(&s->when, j->out, wall_ns);
	json_put(j, "\"", 1, 1);
}

/* What stands in front on every line, whatever its type. Without a clock's time the time is unknown. */
static void open_line(struct json_sink *s, struct json *j, const char *type, size_t n,
		      const uint64_t *wall_ns)
{
	json_init(j, &s->sink.out->buf);
	json_object(j);
	json_put(j, "\"v\":1", 5, 1);
	if (wall_ns)
		put_time(s, j, KEY("time"), *wall_ns);
	json_put(j, type, n, 1);
	put_made(j, &s->host);
}

static int close_line(struct json_sink *s, struct json *j)
{
	json_object_end(j);
	buf_putc(j->out, '\n');
	return out_commit(s->sink.out);
}

static void put_options(struct json *j, uint32_t flags)
{
	if (!(flags & CHECK_OPTS_KNOWN))
		return;
	put_bool(j, KEY("audit"), !(flags & CHECK_NOAUDIT));
	put_bool(j, KEY("insetid"), flags & CHECK_INSETID);
}

static void put_call(struct json_sink *s, struct json *j, const struct record *r)
{
	char made[CALL_NAME_MAX];

	put_or_null(j, KEY("syscall"), call_name(s->options.syscalls, r, made), call_is_none(r));
	if (!(r->check.head.flags & CHECK_SYSCALL_KNOWN))
		return;
	put_signed(j, KEY("syscall_nr"), r->check.syscall);
	put_known(j, KEY("abi"), call_foreign_abi(s->options.syscalls, r));
}

static void make_asked(struct json_sink *s, struct buf *b, const struct record *r)
{
	uint32_t flags = r->check.head.flags;
	char name[CAPABILITY_NAME_MAX];
	struct json j;

	json_init(&j, b);
	put_known(&j, KEY("cap"), capability_name((unsigned int)r->check.cap, name));
	put_signed(&j, KEY("cap_nr"), r->check.cap);
	put_known(&j, KEY("verdict"), record_verdict(r));
	put_options(&j, flags);
	put_number(&j, KEY("count"), r->parts & RECORD_COUNT ? r->count : 1);
	put_call(s, &j, r);
	put_or_null(&j, KEY("via"), record_via(r), flags & CHECK_DENIED);
	put_known(&j, KEY("cred"), record_cred(r));
	if (flags & CHECK_LSM_KNOWN)
		put_known(&j, KEY("lsm_verdict"), r->check.lsm_ret ? "denied" : "allowed");
	put_known(&j, KEY("probe"), record_probe(r->check.probe));
	if (flags & CHECK_DERIVED)
		put_bool(&j, KEY("derived"), true);
}

static void put_asked(struct json_sink *s, struct json *j, const struct record *r)
{
	struct fragment_key key;
	struct buf *text = &s->scratch;
	bool made = false;

	fragment_key_asked(r, &key);
	if (r->parts & RECORD_COUNT)
		buf_clear(text);
	else
		text = fragments_get(&s->asked, &key, &made);
	if (!made)
		make_asked(s, text, r);
	put_made(j, text);
}

static void put_names(struct json *j, uint64_t mask)
{
	json_life_set(j, mask);
}

static void put_set(struct json *j, const char *key, size_t n, uint64_t mask)
{
	json_put(j, key, n, 0);
	put_names(j, mask);
}

static void put_userns(struct json *j, const struct event_check *c)
{
	if (!c->userns_asker && !c->userns_target)
		return;
	json_key(j, "userns");
	json_object(j);
	if (c->userns_asker)
		put_number(j, KEY("asker"), c->userns_asker);
	if (c->userns_target)
		put_number(j, KEY("target"), c->userns_target);
	/* Held or owner of the namespace, it is always the asker's own namespace that a grant comes from. */
	if (c->userns_asker && !(c->head.flags & CHECK_DENIED))
		put_number(j, KEY("granter"), c->userns_asker);
	json_object_end(j);
}

static void put_users(struct json_sink *s, struct json *j, const struct event_check *c)
{
	if (c->head.flags & CHECK_IDS_UNKNOWN)
		return;
	put_number(j, KEY("uid"), c->uid);
	if (s->options.users)
		put_or_null(j, KEY("user"), users_name(s->options.users, c->uid), true);
	put_number(j, KEY("euid"), c->euid);
	put_number(j, KEY("gid"), c->gid);
}

static void make_credentials(struct json_sink *s, struct buf *b, const struct event_check *c)
{
	struct json j;

	json_init(&j, b);
	put_users(s, &j, c);
	put_set(&j, KEY("effective"), c->effective);
	put_set(&j, KEY("permitted"), c->permitted);
	put_userns(&j, c);
}

/* With all 41 names in both sets these are most of a line. */
static void put_credentials(struct json_sink *s, struct json *j, const struct record *r)
{
	struct fragment_key key;
	struct buf *text;
	bool made;

	if (r->check.head.flags & CHECK_IDS_UNKNOWN)
		return;
	fragment_key_credentials(r, &key);
	text = fragments_get(&s->credentials, &key, &made);
	if (!made)
		make_credentials(s, text, &r->check);
	put_made(j, text);
}

static void put_login(struct json *j, const struct program *p)
{
	if (!(p->flags & PROGRAM_LOGIN_KNOWN))
		return;
	if (p->login_uid == (uint32_t)-1)
		put_null(j, KEY("loginuid"));
	else
		put_number(j, KEY("loginuid"), p->login_uid);
}

/* tgid and start together name one run for good, and are more than a number of JSON can hold. */
static void put_exec_id(struct json *j, const struct program *p)
{
	json_key(j, "exec_id");
	buf_putc(j->out, '"');
	buf_u64(j->out, p->tgid);
	buf_putc(j->out, '/');
	buf_u64(j->out, p->id);
	json_put(j, "\"", 1, 1);
}

/* A text of a workload, where it is known. */
static void put_text_of(struct json *j, const char *key, const struct workload *w, enum workload_text which)
{
	const char *text = w->text[which];

	if (!text)
		return;
	json_key_str(j, key, strlen(key));
	json_cstr(j, text);
}

static void put_container(struct json *j, const struct workload *w)
{
	json_key(j, "container");
	json_object(j);
	put_known(j, KEY("engine"), workload_engine_name(w->engine));
	put_text_of(j, "id", w, WORKLOAD_ID);
	put_text_of(j, "name", w, WORKLOAD_NAME);
	put_text_of(j, "image", w, WORKLOAD_IMAGE);
	put_text_of(j, "image_id", w, WORKLOAD_IMAGE_ID);
	put_text_of(j, "project", w, WORKLOAD_PROJECT);
	put_text_of(j, "service", w, WORKLOAD_SERVICE);
	put_text_of(j, "inner", w, WORKLOAD_INNER);
	if (w->flags & WORKLOAD_OWNER_KNOWN)
		put_number(j, KEY("owner"), w->owner);
	if (w->flags & WORKLOAD_PRIVILEGED_KNOWN)
		put_bool(j, KEY("privileged"), w->flags & WORKLOAD_PRIVILEGED);
	put_bool(j, KEY("verified"), w->flags & WORKLOAD_VERIFIED);
	json_object_end(j);
}

static void put_pod(struct json *j, const struct workload *w)
{
	json_key(j, "k8s");
	json_object(j);
	put_text_of(j, "namespace", w, WORKLOAD_POD_NAMESPACE);
	put_text_of(j, "pod", w, WORKLOAD_POD_NAME);
	put_text_of(j, "pod_uid", w, WORKLOAD_POD_UID);
	put_text_of(j, "container", w, WORKLOAD_POD_CONTAINER);
	json_object_end(j);
}

static void put_granted(struct json *j, const struct workload *w)
{
	if (!w->granted.source)
		return;
	json_key(j, "granted");
	json_object(j);
	put_known(j, KEY("source"), granted_source_name(w->granted.source));
	put_set(j, KEY("set"), granted_to(w));
	put_set(j, KEY("bounding"), w->granted.bounding);
	json_object_end(j);
}

static void put_workload(struct json *j, const struct workload *w)
{
	if (w && workload_is_container(w))
		put_container(j, w);
	if (w && w->kind == WORKLOAD_POD)
		put_pod(j, w);
	if (w)
		put_granted(j, w);
}

static void put_name(struct json *j, struct buf *name)
{
	if (name->len) {
		json_key(j, "workload");
		json_str(j, name->data, name->len);
	}
	buf_done(name);
}

static void put_cgroup(struct json *j, const struct program *p)
{
	bool whole = p->flags & PROGRAM_CGROUP_KNOWN && !(p->flags & PROGRAM_CGROUP_TRUNCATED);
	struct buf name = BUF_INIT;

	program_put_key(&name, p);
	put_name(j, &name);
	put_known(j, KEY("cgroup"), p->cgroup);
	if (p->cgroup_id)
		put_number(j, KEY("cgroup_id"), p->cgroup_id);
	put_workload(j, p->workload);
	put_or_null(j, KEY("unit"), p->unit, whole);
	put_or_null(j, KEY("slice"), p->slice, whole);
	put_or_null(j, KEY("session"), p->session, whole);
}

/* A list of names. */
static void put_ancestors(struct json *j, const char *text)
{
	size_t n;

	if (!text)
		return;
	json_key(j, "ancestors");
	json_array(j);
	for (; text; text = text[n] ? text + n + 1 : NULL) {
		n = strcspn(text, "\n");
		json_str(j, text, n);
	}
	json_array_end(j);
}

static void make_program(struct json_sink *s, struct buf *b, const struct program *p)
{
	struct json j;

	json_init(&j, b);
	put_number(&j, KEY("ppid"), p->ppid);
	if (p->flags & PROGRAM_NSPID_KNOWN)
		put_number(&j, KEY("ns_pid"), p->ns_pid);
	put_or_null(&j, KEY("exe"), p->exe, p->flags & PROGRAM_KTHREAD);
	put_login(&j, p);
	put_cgroup(&j, p);
	put_exec_id(&j, p);
	if (s->options.args)
		put_known(&j, KEY("args"), p->args);
	if (s->options.ancestors)
		put_ancestors(&j, p->ancestors);
}

static void put_program(struct json_sink *s, struct json *j, const struct record *r)
{
	struct buf *text = &s->scratch;
	struct fragment_key key;
	bool made = false;

	if (!r->program)
		return;
	if (fragment_key_program(r, &key))
		text = fragments_get(&s->programs, &key, &made);
	else
		buf_clear(text);
	if (!made)
		make_program(s, text, r->program);
	put_made(j, text);
}

static void put_task(struct json *j, const struct record *r)
{
	put_number(j, KEY("pid"), r->check.tgid);
	if (!(r->parts & RECORD_COUNT))
		put_number(j, KEY("tid"), r->check.tid);
	json_key(j, "comm");
	json_str(j, (const char *)r->check.comm, record_comm_len(r));
}

/* "HOST_ID/BOOT_ID/RUN-SEQ": different for each check of each host; lifecycle events have numbers of their own. */
static void put_id(struct json_sink *s, struct json *j, bool life, uint64_t seq)
{
	if (!s->id.len)
		return;
	json_put(j, s->id.data, s->id.len, 0);
	if (life)
		buf_putc(j->out, 'l');
	buf_u64(j->out, seq);
	json_put(j, "\"", 1, 1);
}

static void put_tags(struct json *j, const struct decision *d)
{
	if (!d->tag_count)
		return;
	json_key(j, "tags");
	json_array(j);
	for (size_t i = 0; i < d->tag_count; i++)
		json_cstr(j, d->tags[i]);
	json_array_end(j);
}

static void put_rule_at(struct json *j, const struct decision *d)
{
	if (!d->rule)
		return;
	json_key(j, "rule_at");
	json_object(j);
	put_known(j, KEY("file"), d->file);
	put_number(j, KEY("line"), d->line);
	json_object_end(j);
}

static void put_baseline(struct json_sink *s, struct json *j, const struct decision *d)
{
	if (!d->learned.until_ns)
		return;
	json_key(j, "learned");
	json_object(j);
	put_known(j, KEY("by"), baseline_words[d->learned_by]);
	put_time(s, j, KEY("since"), d->learned.since_ns);
	put_time(s, j, KEY("until"), d->learned.until_ns);
	json_key(j, "capabilities");
	put_names(j, d->learned.caps);
	json_object_end(j);
}

static void put_decision(struct json_sink *s, struct json *j, const struct decision *d)
{
	if (!d)
		return;
	put_known(j, KEY("action"), decision_actions[d->action]);
	put_or_null(j, KEY("rule"), d->rule, true);
	if (d->action == DECISION_ALERT)
		put_known(j, KEY("severity"), decision_severities[d->severity]);
	put_known(j, KEY("decided_by"), d->by);
	put_known(j, KEY("undecided"), d->unknown);
	put_baseline(s, j, d);
	put_rule_at(j, d);
	put_tags(j, d);
}

static void put_stack(struct json *j, const char *stack)
{
	size_t n;

	json_key(j, "stack");
	json_array(j);
	for (; *stack; stack += n + (stack[n] == ' ')) {
		n = strcspn(stack, " ");
		json_str(j, stack, n);
	}
	json_array_end(j);
}

static void put_site(struct json *j, const struct record *r)
{
	const struct site *site = r->site;

	if (!site)
		return;
	put_known(j, KEY("class"), site_class_word(site->class));
	put_known(j, KEY("operation"), site->operation);
	if (site->row && site->row->condition)
		put_known(j, KEY("condition"), site->row->condition);
	if (site->row && site->row->others) {
		json_key(j, "others");
		put_names(j, site->row->others);
	}
	if (site->name) {
		json_key(j, "site");
		json_str(j, site->name, site->name_len);
	}
	if (r->stack)
		put_stack(j, r->stack);
}

static void put_outcome(struct json *j, const struct record *r)
{
	char made[OUTCOME_WORD_MAX];

	if (!(r->parts & RECORD_OUTCOME))
		return;
	put_known(j, KEY("result"), outcome_word(r->outcome, r->error, made));
	if (r->outcome == OUTCOME_FAILED)
		put_signed(j, KEY("errno"), r->error);
}

/* All that is told of a check, behind what its line begins with. */
static void put_check(struct json_sink *s, struct json *j, const struct record *r)
{
	put_id(s, j, false, r->seq);
	put_number(j, KEY("seq"), r->seq);
	put_asked(s, j, r);
	put_site(j, r);
	put_outcome(j, r);
	put_task(j, r);
	if (r->parts & RECORD_COUNT)
		put_time(s, j, KEY("first"), r->first_ns);
	put_credentials(s, j, r);
	put_program(s, j, r);
	put_decision(s, j, record_decision(r));
	if (!(r->parts & RECORD_COUNT))
		put_number(j, KEY("mono_ns"), r->mono_ns);
}

static int write_check(struct sink *sink, const struct record *r)
{
	struct json_sink *s = (struct json_sink *)sink;
	struct json j;

	if (!(r->parts & RECORD_CHECK) || decision_is_silent(record_decision(r)))
		return 0;
	if (r->parts & RECORD_COUNT)
		open_line(s, &j, TYPE("count"), &r->wall_ns);
	else
		open_line(s, &j, TYPE("check"), r->parts & RECORD_WALL ? &r->wall_ns : NULL);
	put_check(s, &j, r);
	return close_line(s, &j);
}

int json_alert(struct sink *sink, const struct json_alert *alert)
{
	struct json_sink *s = (struct json_sink *)sink;
	const struct record *r = alert->record;
	bool timed = !r || r->parts & (RECORD_WALL | RECORD_COUNT);
	uint64_t wall_ns = r ? r->wall_ns : alert->wall_ns;
	struct json j;

	if (alert->log)
		open_line(s, &j, TYPE("log"), timed ? &wall_ns : NULL);
	else
		open_line(s, &j, TYPE("alert"), timed ? &wall_ns : NULL);
	put_known(&j, KEY("message"), alert->message);
	if (r) {
		put_check(s, &j, r);
		if (alert->log)
			put_known(&j, KEY("severity"), decision_severities[SEVERITY_INFO]);
	} else {
		put_known(&j, KEY("event"), alert->event);
		put_null(&j, KEY("rule"));
		put_known(&j, KEY("severity"), alert->severity);
		put_number(&j, KEY("count"), alert->count);
	}
	json_object_end(&j);
	return j.out->error;
}

static int write_lifecycle(struct sink *sink, const struct record *r)
{
	struct json_sink *s = (struct json_sink *)sink;
	struct json j;

	open_line(s, &j, TYPE("lifecycle"), r->parts & RECORD_WALL ? &r->wall_ns : NULL);
	put_id(s, &j, true, r->seq);
	put_number(&j, KEY("seq"), r->seq);
	json_life(&j, r->life);
	put_call(s, &j, r);
	put_task(&j, r);
	put_users(s, &j, &r->check);
	put_program(s, &j, r);
	put_number(&j, KEY("mono_ns"), r->mono_ns);
	return close_line(s, &j);
}

/* A boot's id is random, so that one without a host's is different too. */
static int make_id(struct json_sink *s, const struct sink_start *start)
{
	struct buf text = BUF_INIT;
	struct json j;

	buf_clear(&s->id);
	if (!start->boot_id || !start->run)
		return 0;
	buf_printf(&text, "%s/%s/%llx-", start->host_id ? start->host_id : "", start->boot_id,
		   (unsigned long long)start->run);
	json_init(&j, &s->id);
	put_known(&j, KEY("id"), buf_str(&text));
	s->id.len -= s->id.len > 0;	/* the closing quote: its number comes before that */
	buf_done(&text);
	return s->id.error;
}

static int write_start(struct sink *sink, const struct sink_start *start)
{
	struct json_sink *s = (struct json_sink *)sink;
	struct json j;
	int err;

	buf_clear(&s->host);
	json_init(&j, &s->host);
	put_known(&j, KEY("host"), start->host);
	put_known(&j, KEY("host_id"), start->host_id);
	put_known(&j, KEY("boot_id"), start->boot_id);
	err = s->host.error ?: make_id(s, start);
	if (err)
		return err;

	s->lost_since = start->wall_ns;
	open_line(s, &j, TYPE("start"), &start->wall_ns);
	put_known(&j, KEY("version"), VERSION);
	put_known(&j, KEY("kernel"), start->kernel);
	put_known(&j, KEY("probe"), start->probe);
	return close_line(s, &j);
}

/* A line for each cause that grew. */
static int write_lost(struct sink *sink, uint64_t wall_ns, const struct loss *grown)
{
	struct json_sink *s = (struct json_sink *)sink;
	int err = 0;

	for (unsigned int i = 0; i < LOSS_COUNT && !err; i++) {
		struct json j;

		if (!grown->by_cause[i])
			continue;
		open_line(s, &j, TYPE("lost"), &wall_ns);
		put_known(&j, KEY("cause"), loss_name(i));
		put_number(&j, KEY("count"), grown->by_cause[i]);
		put_time(s, &j, KEY("since"), s->lost_since);
		err = close_line(s, &j);
	}
	s->lost_since = wall_ns;
	return err;
}

static void put_losses(struct json *j, const struct account *a)
{
	json_key(j, "lost");
	json_object(j);
	for (unsigned int i = 0; i < LOSS_COUNT; i++) {
		const char *name = loss_name(i);

		if (!a->loss.by_cause[i])
			continue;
		json_key_str(j, name, strlen(name));
		json_u64(j, a->loss.by_cause[i]);
	}
	json_object_end(j);
	put_bool(j, KEY("lost_is_bound"), a->loss_is_bound);
}

/* What is known now of whoever stood on the lines before. */
static int write_resolved(struct sink *sink, uint64_t wall_ns, const struct workload *w)
{
	struct json_sink *s = (struct json_sink *)sink;
	struct buf name = BUF_INIT;
	struct json j;

	open_line(s, &j, TYPE("resolve"), &wall_ns);
	workload_put_key(&name, w);
	put_name(&j, &name);
	put_text_of(&j, "cgroup", w, WORKLOAD_PATH);
	if (w->cgroup_id)
		put_number(&j, KEY("cgroup_id"), w->cgroup_id);
	put_workload(&j, w);
	return close_line(s, &j);
}

static int write_stop(struct sink *sink, uint64_t wall_ns, const struct account *a)
{
	struct json_sink *s = (struct json_sink *)sink;
	struct json j;

	open_line(s, &j, TYPE("stop"), &wall_ns);
	put_number(&j, KEY("asked"), a->asked);
	put_number(&j, KEY("own"), a->own);
	put_number(&j, KEY("outside"), a->outside);
	put_number(&j, KEY("hidden"), a->hidden);
	put_number(&j, KEY("seen"), a->seen);
	if (a->is_counts || a->counted)
		put_number(&j, KEY("counted"), a->counted);
	if (a->in_no_row)
		put_number(&j, KEY("in_no_row"), a->in_no_row);
	if (a->silent)
		put_number(&j, KEY("silent"), a->silent);
	put_number(&j, KEY("unread"), a->unread);
	if (a->has_lifecycle)
		put_number(&j, KEY("lifecycle"), a->lifecycle);
	put_losses(&j, a);
	if (a->command_ended)
		put_signed(&j, KEY("command_status"), a->command_status);
	return close_line(s, &j);
}

static void free_sink(struct sink *sink)
{
	struct json_sink *s = (struct json_sink *)sink;

	fragments_done(&s->asked);
	fragments_done(&s->credentials);
	fragments_done(&s->programs);
	buf_done(&s->scratch);
	buf_done(&s->host);
	buf_done(&s->id);
	free(s);
}

static const struct sink_ops json_ops = {
	.start = write_start,
	.check = write_check,
	.lost = write_lost,
	.resolved = write_resolved,
	.stop = write_stop,
	.free = free_sink,
	.lifecycle = write_lifecycle,
};

int json_new(struct out *out, const struct json_options *options, struct sink **ret)
{
	struct json_sink *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->sink = (struct sink){ .ops = &json_ops, .out = out };
	s->options = *options;
	when_init(&s->when, WHEN_ISO, true);
	*ret = &s->sink;
	return 0;
}
