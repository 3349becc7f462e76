/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/sender/format.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/json.h"
#include "user/base/text.h"
#include "user/base/when.h"
#include "user/model/message.h"

int format_open(const struct message_alert *alert, struct format_alert *ret)
{
	struct buf *why = calloc(1, sizeof(*why));
	int err = why ? jsonin_open("alert", alert->json, strlen(alert->json), why, &ret->root) : -ENOMEM;

	if (err) {
		if (why)
			buf_done(why);
		free(why);
		return err;
	}
	ret->alert = alert;
	ret->why = why;
	return 0;
}

void format_close(struct format_alert *a)
{
	if (!a->why)
		return;
	jsonin_close(&a->root);
	buf_done(a->why);
	free(a->why);
	a->why = NULL;
}

/* ---- what stands in it ------------------------------------------------------------------------------------------ */

static const char *text_of(const struct jsonin *object, const char *key)
{
	const char *text = NULL;
	struct jsonin member;

	if (!jsonin_has(object, key) || jsonin_member(object, key, &member) || jsonin_is_null(&member) ||
	    jsonin_text(&member, &text))
		return NULL;
	return text;
}

static bool object_of(const struct format_alert *a, const char *key, struct jsonin *ret)
{
	return jsonin_has(&a->root, key) && !jsonin_member(&a->root, key, ret);
}

const char *format_text(const struct format_alert *a, const char *key)
{
	return text_of(&a->root, key);
}

const char *format_text_in(const struct format_alert *a, const char *object, const char *key)
{
	struct jsonin in;

	return object_of(a, object, &in) ? text_of(&in, key) : NULL;
}

bool format_number(const struct format_alert *a, const char *key, int64_t *ret)
{
	struct jsonin member;

	return jsonin_has(&a->root, key) && !jsonin_member(&a->root, key, &member) && !jsonin_is_null(&member) &&
	       !jsonin_i64(&member, ret);
}

static bool line_of(const struct format_alert *a, int64_t *ret)
{
	struct jsonin at, line;

	return object_of(a, "rule_at", &at) && jsonin_has(&at, "line") && !jsonin_member(&at, "line", &line) &&
	       !jsonin_i64(&line, ret);
}

static const char *or_else(const char *text, const char *other)
{
	return text ? text : other;
}

/* What a rule's alert is called: by the rule, capsieve's own by what happened. */
static const char *title_of(const struct format_alert *a)
{
	const char *rule = format_text(a, "rule");

	return rule ? rule : or_else(format_text(a, "event"), "default");
}

static const char *severity_of(const struct format_alert *a)
{
	return decision_severities[a->alert->severity];
}

/* ---- text ------------------------------------------------------------------------------------------------------- */

static void put_safe(struct buf *b, const char *s)
{
	text_escape(b, s, strlen(s));
}

/* Where each line is a message nothing in it may begin another one. */
static void put_in_one_line(struct buf *b, const char *s)
{
	for (const char *end; (end = strchr(s, '\n')); s = end + 1) {
		text_safe(b, s, (size_t)(end - s));
		buf_puts(b, "\\n");
	}
	text_safe(b, s, strlen(s));
}

void format_put_sentence(struct buf *b, const struct format_alert *a)
{
	const char *file = format_text_in(a, "rule_at", "file"), *by = format_text(a, "decided_by");
	int64_t line = 0;

	put_safe(b, title_of(a));
	buf_puts(b, ": ");
	put_in_one_line(b, or_else(format_text(a, "message"), ""));
	if (file && line_of(a, &line)) {
		buf_puts(b, " (");
		put_safe(b, file);
		buf_printf(b, ":%lld", (long long)line);
		if (by)
			buf_printf(b, ", %s", by);
		buf_putc(b, ')');
	}
}

/* Many hosts' alerts may come to one place. */
static void put_sentence_of_host(struct buf *b, const struct format_alert *a)
{
	const char *host = format_text(a, "host");

	if (host) {
		put_safe(b, host);
		buf_puts(b, ": ");
	}
	format_put_sentence(b, a);
}

void format_put_text(struct buf *b, const struct format_alert *a)
{
	const char *time = format_text(a, "time"), *host = format_text(a, "host");

	if (time) {
		put_safe(b, time);
		buf_putc(b, ' ');
	}
	if (host) {
		put_safe(b, host);
		buf_putc(b, ' ');
	}
	buf_printf(b, "%s ", severity_of(a));
	format_put_sentence(b, a);
}

/* ---- falco ------------------------------------------------------------------------------------------------------ */

static const char *const falco_priorities[SEVERITIES] = { "Emergency", "Alert",  "Critical",	 "Error",
							   "Warning",	"Notice", "Informational" };

/* Falco's name of a field, and ours: in an object, or at the top. */
static const struct {
	const char *theirs, *object, *ours;
} falco_fields[] = {
	{ "proc.name", NULL, "comm" },
	{ "proc.exepath", NULL, "exe" },
	{ "proc.cmdline", NULL, "args" },
	{ "user.name", NULL, "user" },
	{ "container.id", "container", "id" },
	{ "container.name", "container", "name" },
	{ "k8s.ns.name", "k8s", "namespace" },
	{ "k8s.pod.name", "k8s", "pod" },
	{ "evt.type", NULL, "syscall" },
	{ "cap.name", NULL, "cap" },
	{ "cap.verdict", NULL, "verdict" },
	{ "capsieve.workload", NULL, "workload" },
	{ "capsieve.unit", NULL, "unit" },
	{ "capsieve.decided_by", NULL, "decided_by" },
	{ "capsieve.rule_file", "rule_at", "file" },
	{ "capsieve.event", NULL, "event" },
};

static const struct {
	const char *theirs, *ours;
} falco_numbers[] = {
	{ "proc.pid", "pid" },	     { "proc.ppid", "ppid" },	     { "user.uid", "uid" },
	{ "user.loginuid", "loginuid" }, { "capsieve.count", "count" },
};

static void put_image(struct json *j, const char *image)
{
	const char *slash, *colon;

	if (!image)
		return;
	slash = strrchr(image, '/');
	colon = strrchr(slash ? slash : image, ':');
	json_key(j, "container.image.repository");
	json_str(j, image, colon ? (size_t)(colon - image) : strlen(image));
	if (colon)
		json_member_cstr(j, "container.image.tag", colon + 1);
}

/* Who started it, by the name of its thread; left out where that is not known. */
static void put_parent(struct json *j, const struct format_alert *a)
{
	struct jsonin ancestors, parent;
	const char *name;
	size_t count;

	if (!object_of(a, "ancestors", &ancestors) || jsonin_count(&ancestors, &count) || !count)
		return;
	jsonin_item(&ancestors, 0, &parent);
	if (!jsonin_text(&parent, &name) && *name)
		json_member_cstr(j, "proc.pname", name);
}

static void put_falco_fields(struct json *j, const struct format_alert *a)
{
	int64_t n;

	json_key(j, "output_fields");
	json_object(j);
	for (size_t i = 0; i < sizeof(falco_fields) / sizeof(falco_fields[0]); i++) {
		const char *text = falco_fields[i].object ?
					   format_text_in(a, falco_fields[i].object, falco_fields[i].ours) :
					   format_text(a, falco_fields[i].ours);

		if (text)
			json_member_cstr(j, falco_fields[i].theirs, text);
	}
	for (size_t i = 0; i < sizeof(falco_numbers) / sizeof(falco_numbers[0]); i++)
		if (format_number(a, falco_numbers[i].ours, &n)) {
			json_key_str(j, falco_numbers[i].theirs, strlen(falco_numbers[i].theirs));
			json_i64(j, n);
		}
	if (line_of(a, &n)) {
		json_key(j, "capsieve.rule_line");
		json_i64(j, n);
	}
	put_parent(j, a);
	put_image(j, format_text_in(a, "container", "image"));
	json_object_end(j);
}

static void put_tags(struct json *j, const struct format_alert *a)
{
	struct jsonin tags, tag;
	size_t count = 0;
	const char *text;

	json_key(j, "tags");
	json_array(j);
	if (object_of(a, "tags", &tags) && !jsonin_count(&tags, &count))
		for (size_t i = 0; i < count; i++) {
			jsonin_item(&tags, i, &tag);
			if (!jsonin_text(&tag, &text))
				json_cstr(j, text);
		}
	json_array_end(j);
}

static void put_falco(struct buf *b, const struct format_alert *a)
{
	struct buf sentence = BUF_INIT;
	struct json j;

	format_put_sentence(&sentence, a);
	json_init(&j, b);
	json_object(&j);
	json_member_cstr(&j, "output", buf_str(&sentence));
	json_member_cstr(&j, "priority", falco_priorities[a->alert->severity]);
	json_member_cstr(&j, "rule", title_of(a));
	json_member_cstr(&j, "time", or_else(format_text(a, "time"), "1970-01-01T00:00:00Z"));
	json_member_cstr(&j, "source", "capsieve");
	json_member_cstr(&j, "hostname", or_else(format_text(a, "host"), ""));
	put_tags(&j, a);
	put_falco_fields(&j, a);
	json_object_end(&j);
	buf_done(&sentence);
}

/* ---- alertmanager ----------------------------------------------------------------------------------------------- */

static const char *const alertmanager_severities[SEVERITIES] = { "critical", "critical", "critical", "warning",
								  "warning",  "info",	  "info" };

/* Of few values: another value is another alert there. */
static const struct {
	const char *theirs, *object, *ours;
} labels[] = {
	{ "rule", NULL, "rule" },	     { "host", NULL, "host" },	       { "workload", NULL, "workload" },
	{ "container", "container", "name" }, { "image", "container", "image" }, { "namespace", "k8s", "namespace" },
	{ "pod", "k8s", "pod" },	     { "unit", NULL, "unit" },	       { "capability", NULL, "cap" },
	{ "verdict", NULL, "verdict" },	     { "event", NULL, "event" },
};

static void put_labels(struct json *j, const struct format_alert *a)
{
	json_key(j, "labels");
	json_object(j);
	json_member_cstr(j, "alertname", format_text(a, "rule") ? "CapsieveRule" : "CapsieveEvent");
	json_member_cstr(j, "source", "capsieve");
	json_member_cstr(j, "severity", alertmanager_severities[a->alert->severity]);
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		const char *text = labels[i].object ? format_text_in(a, labels[i].object, labels[i].ours) :
						      format_text(a, labels[i].ours);

		if (text && *text)
			json_member_cstr(j, labels[i].theirs, text);
	}
	json_object_end(j);
}

void format_put_alertmanager(struct buf *b, const struct format_alert *a, uint64_t starts_ns, uint64_t ends_ns)
{
	struct buf sentence = BUF_INIT;
	struct json j;

	put_sentence_of_host(&sentence, a);
	json_init(&j, b);
	json_object(&j);
	put_labels(&j, a);
	json_key(&j, "annotations");
	json_object(&j);
	json_member_cstr(&j, "summary", or_else(format_text(a, "message"), ""));
	json_member_cstr(&j, "description", buf_str(&sentence));
	json_member_cstr(&j, "example", a->alert->json);
	json_object_end(&j);
	if (starts_ns)
		when_member(&j, "startsAt", starts_ns);
	if (ends_ns)
		when_member(&j, "endsAt", ends_ns);
	json_object_end(&j);
	buf_done(&sentence);
}

/* ---- slack ------------------------------------------------------------------------------------------------------ */

static const char *const colors[SEVERITIES] = { "#e20b0b", "#e20b0b", "#e20b0b", "#ff5400", "#ffc700", "#5bffb5", "#68c2ff" };

static const struct {
	const char *title, *ours;
} slack_fields[] = {
	{ "Capability", "cap" }, { "Verdict", "verdict" }, { "Workload", "workload" }, { "Program", "exe" },
	{ "User", "user" },	 { "Host", "host" },	   { "Time", "time" },
};

static void put_slack_field(struct json *j, const char *title, const char *value)
{
	json_object(j);
	json_member_cstr(j, "title", title);
	json_member_cstr(j, "value", value);
	json_member_bool(j, "short", true);
	json_object_end(j);
}

/* Whose text it is nobody knows: what Slack would take for a link or a mention is made harmless. */
static void put_slack_text(struct json *j, const char *key, const char *text)
{
	struct buf b = BUF_INIT;

	for (; *text; text++)
		switch (*text) {
		case '&':
			buf_puts(&b, "&amp;");
			break;
		case '<':
			buf_puts(&b, "&lt;");
			break;
		case '>':
			buf_puts(&b, "&gt;");
			break;
		default:
			buf_putc(&b, *text);
		}
	json_member_cstr(j, key, buf_str(&b));
	buf_done(&b);
}

static void put_slack(struct buf *b, const struct format_alert *a)
{
	struct buf sentence = BUF_INIT;
	struct json j;

	put_sentence_of_host(&sentence, a);
	json_init(&j, b);
	json_object(&j);
	put_slack_text(&j, "text", buf_str(&sentence));
	json_key(&j, "attachments");
	json_array(&j);
	json_object(&j);
	put_slack_text(&j, "fallback", buf_str(&sentence));
	json_member_cstr(&j, "color", colors[a->alert->severity]);
	json_key(&j, "fields");
	json_array(&j);
	put_slack_field(&j, "Severity", severity_of(a));
	put_slack_field(&j, "Rule", title_of(a));
	for (size_t i = 0; i < sizeof(slack_fields) / sizeof(slack_fields[0]); i++)
		if (format_text(a, slack_fields[i].ours))
			put_slack_field(&j, slack_fields[i].title, format_text(a, slack_fields[i].ours));
	json_array_end(&j);
	json_member_cstr(&j, "footer", "capsieve");
	json_object_end(&j);
	json_array_end(&j);
	json_object_end(&j);
	buf_done(&sentence);
}

void format_put_body(struct buf *b, enum config_format format, const struct format_alert *a)
{
	switch (format) {
	case FORMAT_FALCO:
		put_falco(b, a);
		break;
	case FORMAT_SLACK:
		put_slack(b, a);
		break;
	case FORMAT_ALERTMANAGER:
		format_put_alertmanager(b, a, 0, 0);
		break;
	case FORMAT_TEXT:
		format_put_text(b, a);
		break;
	default:
		buf_puts(b, a->alert->json);
	}
}
