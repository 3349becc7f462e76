/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/rule/config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/span.h"
#include "user/base/text.h"
#include "user/base/word.h"
#include "user/base/yml.h"
#include "user/rule/complaint.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define DAY_NS	    (86400ULL * 1000000000)
#define NUMBER_MAX  1000000

const char *const config_output_types[OUTPUT_TYPES] = {
	[OUTPUT_STDOUT] = "stdout",   [OUTPUT_FILE] = "file", [OUTPUT_SYSLOG] = "syslog",
	[OUTPUT_JOURNAL] = "journal", [OUTPUT_EXEC] = "exec", [OUTPUT_WEBHOOK] = "webhook",
};

const char *const config_formats[FORMATS] = {
	[FORMAT_TEXT] = "text",	  [FORMAT_JSON] = "json",		 [FORMAT_GENERIC] = "generic",
	[FORMAT_FALCO] = "falco", [FORMAT_ALERTMANAGER] = "alertmanager", [FORMAT_SLACK] = "slack",
};

const char *const config_facilities[] = {
	"kern",	 "user",   "mail",   "daemon", "auth",	 "syslog", "lpr",    "news",   "uucp",	 "cron",
	"authpriv", "ftp", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
};
const size_t config_facility_count = COUNT(config_facilities);

/* In the order of enum event_probe. */
const char *const config_probes[] = { "auto", "fexit", "tp_btf", "tp", "kprobe" };
const size_t config_probe_count = COUNT(config_probes);
_Static_assert(COUNT(config_probes) == PROBE_COUNT, "a word for each probe, and auto");

#define FIELD(name_, required_, shape_, about_) { #name_, required_, FIELD_##shape_, about_ },
#define FIELDS(which, WHICH)                                       \
	const struct field which##_fields[] = { WHICH##_FIELDS(FIELD) }; \
	const size_t which##_field_count = COUNT(which##_fields);

FIELDS(config, CONFIG)
FIELDS(output, OUTPUT)
FIELDS(metrics, METRICS)
FIELDS(history, HISTORY)
FIELDS(spool, SPOOL)
FIELDS(alerts, ALERTS)

struct reading {
	struct config *config;
	struct config_output *output;	/* that is read now */
};

static int say_word(struct yml_report *report, const struct yml_node *node, const char *before, const char *after)
{
	struct buf b = BUF_INIT;

	yml_describe(&b, node);
	yml_say(report, node, "%s%s%s", before, buf_str(&b), after);
	buf_done(&b);
	return -EINVAL;
}

/*
 * ---- values
 * -----------------------------------------------------------------------------------------------------
 */

static int read_path(const struct yml_node *value, struct yml_report *report, const char **ret)
{
	const char *text;

	if (yml_text(value, "a path from the root", report, &text))
		return -EINVAL;
	if (*text != '/')
		return say_word(report, value, "a path from the root is needed here, and not ", "");
	*ret = text;
	return 0;
}

static int read_span(const struct yml_node *value, struct yml_report *report, uint64_t max, uint64_t *ret)
{
	const char *text;
	uint64_t ns;

	if (yml_text(value, "a length of time, such as 10m,", report, &text))
		return -EINVAL;
	if (span_parse(text, &ns))
		return say_word(report, value, "a length of time such as 10m or 7d is needed here, and not ", "");
	if (!ns || ns > max)
		return say_word(report, value, "", " is too short or too long");
	*ret = ns;
	return 0;
}

static int read_size(const struct yml_node *value, struct yml_report *report, uint64_t *ret)
{
	const char *text;
	uint64_t bytes;

	if (yml_text(value, "a size, such as 64M,", report, &text))
		return -EINVAL;
	if (size_parse(text, &bytes))
		return say_word(report, value, "a size such as 64M is needed here, and not ", "");
	if (bytes < 64 << 10)
		return say_word(report, value, "", " is too small: 64K or more");
	*ret = bytes;
	return 0;
}

static int read_number(const struct yml_node *value, struct yml_report *report, uint32_t most, uint32_t *ret)
{
	char before[64];
	const char *text;
	uint64_t n;

	if (yml_text(value, "a number", report, &text))
		return -EINVAL;
	snprintf(before, sizeof(before), "a number from 1 to %u is needed here, and not ", most);
	if (number_parse(text, 1, most, &n))
		return say_word(report, value, before, "");
	*ret = (uint32_t)n;
	return 0;
}

static bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

/* "HOST", "HOST:PORT", "[::1]:PORT", n bytes of it. */
static bool is_place(const char *text, size_t n, bool without_port)
{
	const char *end = n && *text == '[' ? memchr(text, ']', n) : memchr(text, ':', n), *port;
	char digits[8] = "";
	uint64_t number;

	if (end && *text == '[')
		end++;
	port = end ?: text + n;
	for (const char *c = text; c < text + n; c++)
		if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f)
			return false;
	if (port == text || (*text == '[' && port - text < 4))
		return false;
	n -= (size_t)(port - text);
	if (!n)
		return without_port && (*text != '[' || end);
	if (*port != ':' || n > sizeof(digits) - 1)
		return false;
	memcpy(digits, port + 1, n - 1);
	return !number_parse(digits, 1, 65535, &number);
}

/* What stands between "//" and the path, after the last '@': the host, perhaps with a port. */
static const char *place_of_url(const char *text, size_t *ret_n)
{
	const char *host = strstr(text, "//") + 2, *at;
	size_t n = strcspn(host, "/?#");

	at = memrchr(host, '@', n);
	*ret_n = n - (at ? (size_t)(at + 1 - host) : 0);
	return at ? at + 1 : host;
}

/* Is it this machine, whatever it is connected to? Of names only one is looked at, and nobody asked. */
static bool is_loopback(const char *place, size_t n)
{
	const bool bracket = n && *place == '[';
	const char *end = memchr(place, bracket ? ']' : ':', n);
	char host[INET6_ADDRSTRLEN];
	struct in6_addr six;
	struct in_addr four;

	n = end ? (size_t)(end - place) : n;
	place += bracket;
	n -= bracket;
	if (n >= sizeof(host))
		return false;
	memcpy(host, place, n);
	host[n] = '\0';
	if (bracket)
		return inet_pton(AF_INET6, host, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
	return !strcasecmp(host, "localhost") || (inet_aton(host, &four) && ntohl(four.s_addr) >> 24 == IN_LOOPBACKNET);
}

/*
 * ---- an output
 * --------------------------------------------------------------------------------------------------
 */

#define TAKE(name) \
	static int take_##name(void *ctx, const struct yml_node *value, struct yml_report *report)
#define OUTPUT (((struct reading *)ctx)->output)
#define CONFIG (((struct reading *)ctx)->config)

TAKE(type)
{
	size_t at;
	int err = yml_word(value, config_output_types, OUTPUT_TYPES, report, &at);

	if (!err)
		OUTPUT->type = (enum config_output_type)at;
	return err;
}

TAKE(format)
{
	size_t at;
	int err = yml_word(value, config_formats, FORMATS, report, &at);

	if (!err)
		OUTPUT->format = (enum config_format)at;
	return err;
}

TAKE(path)
{
	return read_path(value, report, &OUTPUT->path);
}

TAKE(max_size)
{
	return read_size(value, report, &OUTPUT->max_size);
}

TAKE(keep)
{
	return read_number(value, report, NUMBER_MAX, &OUTPUT->keep);
}

TAKE(facility)
{
	size_t at;
	int err = yml_word(value, config_facilities, config_facility_count, report, &at);

	if (!err)
		OUTPUT->facility = config_facilities[at];
	return err;
}

TAKE(address)
{
	const char *text;

	if (yml_text(value, "an address", report, &text))
		return -EINVAL;
	if (*text != '/' && !begins(text, "udp://") && !begins(text, "tcp://"))
		return say_word(report, value, "/dev/log, udp://HOST:PORT or tcp://HOST:PORT is needed here, and not ", "");
	if (*text != '/' && !is_place(text + strlen("udp://"), strlen(text) - strlen("udp://"), false))
		return say_word(report, value, "", " names no host, or no port from 1 to 65535: udp://HOST:PORT, tcp://HOST:PORT");
	OUTPUT->address = text;
	return 0;
}

static int take_command_word(void *ctx, const struct yml_node *value, struct yml_report *report)
{
	struct config_output *o = OUTPUT;

	if (value->kind != YML_SCALAR)
		return yml_say(report, value, "a word of the command is needed here");
	if (o->command_count == CONFIG_COMMAND_MAX)
		return yml_say(report, value, "too many words for a command");
	o->command[o->command_count++] = value->text;
	if (o->command_count == 1 && value->text[0] != '/')
		return say_word(report, value, "a command is a path from the root, and not ", "");
	return 0;
}

TAKE(command)
{
	if (value->kind == YML_SCALAR && strchr(value->text, ' '))
		return yml_say(report, value, "a command with words is a list: [/usr/bin/logger, -p, auth.warning]");
	return yml_each(value, take_command_word, ctx, report);
}

TAKE(url)
{
	const char *text, *place;
	size_t n;

	if (yml_text(value, "a URL", report, &text))
		return -EINVAL;
	if (!begins(text, "https://") && !begins(text, "http://"))
		return say_word(report, value, "a URL begins with https:// (or http://), and not as ", "");
	place = place_of_url(text, &n);
	if (!is_place(place, n, true))
		return say_word(report, value, "", " names no host, or a port that is none: 1 to 65535");
	OUTPUT->url = text;
	return 0;
}

TAKE(secret_file)
{
	return read_path(value, report, &OUTPUT->secret_file);
}

TAKE(ca_file)
{
	return read_path(value, report, &OUTPUT->ca_file);
}

TAKE(resolve_after)
{
	return read_span(value, report, 7 * DAY_NS, &OUTPUT->resolve_after_ns);
}

TAKE(timeout)
{
	return read_span(value, report, DAY_NS / 24, &OUTPUT->timeout_ns);
}

#define KEY(name_, required_, shape_, about_) { #name_, take_##name_, required_ },

static const struct yml_key output_keys[] = { OUTPUT_FIELDS(KEY) };

#define BIT(type) (1U << OUTPUT_##type)

/* Which types have which keys, and cannot do without. */
static const struct {
	const char *key;
	unsigned has, needs;
} key_of[] = {
	{ "format", BIT(STDOUT) | BIT(FILE) | BIT(SYSLOG) | BIT(WEBHOOK), 0 },
	{ "path", BIT(FILE), BIT(FILE) },
	{ "max_size", BIT(FILE), 0 },
	{ "keep", BIT(FILE), 0 },
	{ "facility", BIT(SYSLOG), 0 },
	{ "address", BIT(SYSLOG), 0 },
	{ "command", BIT(EXEC), BIT(EXEC) },
	{ "url", BIT(WEBHOOK), BIT(WEBHOOK) },
	{ "secret_file", BIT(WEBHOOK), 0 },
	{ "ca_file", BIT(WEBHOOK), 0 },
	{ "resolve_after", BIT(WEBHOOK), 0 },
	{ "timeout", BIT(EXEC) | BIT(WEBHOOK), 0 },
};

bool config_output_has(const char *key, enum config_output_type type)
{
	for (size_t i = 0; i < COUNT(key_of); i++)
		if (!strcmp(key_of[i].key, key))
			return key_of[i].has >> type & 1;
	return true;
}

bool config_output_needs(const char *key, enum config_output_type type)
{
	for (size_t i = 0; i < COUNT(key_of); i++)
		if (!strcmp(key_of[i].key, key))
			return key_of[i].needs >> type & 1;
	return !strcmp(key, "type");
}

static const struct yml_node *key_in(const struct yml_node *map, const char *name)
{
	for (const struct yml_node *key = map->first; key && key->next; key = key->next->next)
		if (!strcmp(key->text, name))
			return key;
	return NULL;
}

static int check_format(const struct config_output *o, const struct yml_node *map, struct yml_report *report)
{
	const struct yml_node *key = key_in(map, "format");
	bool of_webhook = o->format >= FORMAT_GENERIC;

	if (!key || of_webhook == (o->type == OUTPUT_WEBHOOK))
		return 0;
	/* No format at all: that is told. */
	if (!key->next->text || strcmp(key->next->text, config_formats[o->format]))
		return 0;
	return yml_say(report, key->next, of_webhook ? "only a webhook has the format '%s'; there are text and json"
						     : "a webhook has no format '%s'; there are generic, falco, "
						       "alertmanager, slack", config_formats[o->format]);
}

/* A signature keeps nobody from reading. */
static void look_at_url(const struct config_output *o, const struct yml_node *map, struct yml_report *report)
{
	const struct yml_node *key = key_in(map, "url");
	const char *place;
	size_t n;

	if (o->type != OUTPUT_WEBHOOK || !key || !o->url || !begins(o->url, "http://"))
		return;
	place = place_of_url(o->url, &n);
	if (!is_loopback(place, n))
		complaints_warn(report, key->next->line, key->next->column,
				"without TLS alerts, and what the header says, can be read on their way to another machine; "
				"https:// keeps them");
}

static int check_output(const struct config_output *o, const struct yml_node *map, struct yml_report *report)
{
	const char *type = config_output_types[o->type];
	int err = check_format(o, map, report);

	look_at_url(o, map, report);
	for (size_t i = 0; i < COUNT(key_of); i++) {
		const struct yml_node *key = key_in(map, key_of[i].key);

		if (key && !config_output_has(key_of[i].key, o->type))
			err = yml_say(report, key, "an output of type '%s' has no '%s'", type, key_of[i].key);
		if (!key && config_output_needs(key_of[i].key, o->type))
			err = yml_say(report, map, "an output of type '%s' needs '%s'", type, key_of[i].key);
	}
	return err;
}

static bool is_of_type(const struct config_output *o, const struct yml_node *map)
{
	const struct yml_node *key = map->kind == YML_MAP ? key_in(map, "type") : NULL;

	return key && key->next->text && !strcmp(key->next->text, config_output_types[o->type]);
}

static int take_output(struct reading *in, const struct yml_node *key, struct yml_report *report)
{
	struct config *c = in->config;
	int err;

	for (size_t i = 0; i < c->output_count; i++)
		if (!strcmp(c->outputs[i].name, key->text))
			return yml_say(report, key, "'%s' stands here twice; first in line %u", key->text,
				       c->outputs[i].line);
	if (c->output_count == CONFIG_OUTPUTS_MAX)
		return yml_say(report, key, "too many outputs: at most %d", CONFIG_OUTPUTS_MAX);
	if (!*key->text || strspn(key->text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") !=
				   strlen(key->text))
		return say_word(report, key, "the name of an output has letters, digits, _ and -, and not ", "");
	in->output = &c->outputs[c->output_count++];
	in->output->name = key->text;
	in->output->line = key->line;
	err = yml_map(key->next, output_keys, COUNT(output_keys), in, report);
	if (!err && in->output->type == OUTPUT_WEBHOOK && !key_in(key->next, "format"))
		in->output->format = FORMAT_GENERIC;
	if (!err && in->output->type == OUTPUT_FILE && !key_in(key->next, "format"))
		in->output->format = FORMAT_JSON;
	/* What it lacks is told with its other mistakes, where it is known what it is. */
	if (err && (err != -EINVAL || !is_of_type(in->output, key->next)))
		return err;
	return check_output(in->output, key->next, report) ?: err;
}

TAKE(outputs)
{
	int err = 0, r;

	if (value->kind != YML_MAP)
		return yml_say(report, value, "outputs are needed here: lines of 'name: {type: ...}'");
	for (const struct yml_node *key = value->first; key && key->next; key = key->next->next) {
		r = take_output(ctx, key, report);
		err = r ? r : err;
	}
	return err;
}

/*
 * ---- the rest
 * ---------------------------------------------------------------------------------------------------
 */

/* n bytes; what can be listened on, without asking anybody for names. */
static bool is_address(const char *text, size_t n)
{
	unsigned char address[sizeof(struct in6_addr)];
	char copy[INET6_ADDRSTRLEN];

	if (n > 2 && *text == '[' && text[n - 1] == ']') {
		text++;
		n -= 2;
	}
	if (n >= sizeof(copy))
		return false;
	memcpy(copy, text, n);
	copy[n] = '\0';
	return !strcmp(copy, "localhost") || inet_pton(AF_INET, copy, address) == 1 || inet_pton(AF_INET6, copy, address) == 1;
}

TAKE(listen)
{
	const char *text, *port;
	uint64_t n;

	if (yml_text(value, "an address and a port", report, &text))
		return -EINVAL;
	port = strrchr(text, ':');
	if (!port || !is_address(text, (size_t)(port - text)) || number_parse(port + 1, 1, 65535, &n))
		return say_word(report, value, "an address and a port are needed here, such as 127.0.0.1:9435, and not ", "");
	if (!is_loopback(text, strlen(text)))
		complaints_warn(report, value->line, value->column,
				"others than this machine can read the metrics: they have neither password nor TLS");
	CONFIG->listen = text;
	return 0;
}

TAKE(textfile)
{
	return read_path(value, report, &CONFIG->textfile);
}

TAKE(workloads)
{
	return read_number(value, report, CONFIG_WORKLOADS_MAX, &CONFIG->metrics_workloads);
}

static const struct yml_key metrics_keys[] = { METRICS_FIELDS(KEY) };

TAKE(metrics)
{
	return yml_map(value, metrics_keys, COUNT(metrics_keys), ctx, report);
}

static int take_history_keep(void *ctx, const struct yml_node *value, struct yml_report *report)
{
	if (value->text)
		complaints_warn_seconds(report, value, value->text);
	return read_span(value, report, 3650 * DAY_NS, &CONFIG->history_keep_ns);
}

static int take_history_max_size(void *ctx, const struct yml_node *value, struct yml_report *report)
{
	return read_size(value, report, &CONFIG->history_max_size);
}

#define HISTORY_KEY(name_, required_, shape_, about_) { #name_, take_history_##name_, required_ },

static const struct yml_key history_keys[] = { HISTORY_FIELDS(HISTORY_KEY) };

TAKE(history)
{
	return yml_map(value, history_keys, COUNT(history_keys), ctx, report);
}

static int take_spool_max_size(void *ctx, const struct yml_node *value, struct yml_report *report)
{
	return read_size(value, report, &CONFIG->spool_max_size);
}

#define SPOOL_KEY(name_, required_, shape_, about_) { #name_, take_spool_##name_, required_ },

static const struct yml_key spool_keys[] = { SPOOL_FIELDS(SPOOL_KEY) };

TAKE(spool)
{
	return yml_map(value, spool_keys, COUNT(spool_keys), ctx, report);
}

TAKE(max_per_minute)
{
	return read_number(value, report, NUMBER_MAX, &CONFIG->alerts_per_minute);
}

static const struct yml_key alerts_keys[] = { ALERTS_FIELDS(KEY) };

TAKE(alerts)
{
	return yml_map(value, alerts_keys, COUNT(alerts_keys), ctx, report);
}

TAKE(engine_socket)
{
	return read_path(value, report, &CONFIG->engine_socket);
}

TAKE(attach)
{
	size_t at;
	int err = yml_word(value, config_probes, config_probe_count, report, &at);

	if (!err)
		CONFIG->attach = (enum event_probe)at;
	return err;
}

TAKE(version)
{
	(void)ctx;
	if (value->kind == YML_SCALAR && !strcmp(value->text, "1"))
		return 0;
	return say_word(report, value, "this version of capsieve reads version 1, and not ", "");
}

static int take_log_name(void *ctx, const struct yml_node *value, struct yml_report *report)
{
	struct config *c = CONFIG;
	const char *name;
	int err = yml_text(value, "the name of an output", report, &name);

	if (err)
		return err;
	for (size_t i = 0; i < c->log_count; i++)
		if (!strcmp(c->log[i], name))
			return yml_say(report, value, "'%s' stands here twice", name);
	if (c->log_count == CONFIG_OUTPUTS_MAX)
		return yml_say(report, value, "too many outputs: at most %d", CONFIG_OUTPUTS_MAX);
	c->log[c->log_count++] = name;
	return 0;
}

TAKE(log)
{
	return yml_each(value, take_log_name, ctx, report);
}

static int say_no_output(const struct config *c, const struct yml_node *key, const char *name, struct yml_report *report)
{
	const char *near = config_near_output(c, name);
	struct buf safe = BUF_INIT;

	text_escape(&safe, name, strlen(name));
	yml_say(report, key, near ? "no output is called '%s'; did you mean '%s'?" : "no output is called '%s'", buf_str(&safe), near);
	buf_done(&safe);
	return -EINVAL;
}

/* They may be described below it. */
static int check_log(const struct config *c, struct yml_report *report)
{
	const struct yml_node *key = key_in(yml_root(c->yml), "log");

	for (size_t i = 0; key && i < c->log_count; i++)
		if (!config_has_output(c, c->log[i]) && !yml_root(c->yml)->cut)
			return say_no_output(c, key, c->log[i], report);
	return 0;
}

static const struct yml_key config_keys[] = { CONFIG_FIELDS(KEY) };

/* Sane without a file too. */
static struct config *new_config(void)
{
	struct config *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->history_keep_ns = 30 * DAY_NS;
	c->history_max_size = 256ULL << 20;
	c->spool_max_size = 64ULL << 20;
	c->alerts_per_minute = 600;
	return c;
}

int config_read(const char *name, const char *text, size_t n, struct complaints *told, struct config **ret)
{
	struct config *c = new_config();
	struct yml_report report;
	struct reading in = { .config = c };
	int err;

	if (!c)
		return -ENOMEM;
	c->name = strdup(name);
	c->text = malloc(n + 1);
	err = c->name && c->text ? 0 : -ENOMEM;
	if (!err) {
		memcpy(c->text, text, n);
		c->text[n] = '\0';
		report = complaints_report(told, c->name, c->text, n);
		err = yml_parse_partly(c->text, n, &report, &c->yml);
	}
	if (c->yml)
		err = yml_map(yml_root(c->yml), config_keys, COUNT(config_keys), &in, &report) ?: err;
	err = err ?: check_log(c, &report);
	err = told->error ?: err;
	if (err)
		config_free(c);
	else
		*ret = c;
	return err;
}

void config_free(struct config *c)
{
	if (!c)
		return;
	yml_free(c->yml);
	free(c->name);
	free(c->text);
	free(c);
}

bool config_is_one(const char *name, const char *text, size_t n)
{
	struct yml_report report = { .file = name, .text = BUF_INIT };
	const char *slash = strrchr(name, '/');
	struct yml *yml = NULL;
	bool is = !strcmp(slash ? slash + 1 : name, "capsieve.yaml");

	if (!is)
		yml_parse_partly(text, n, &report, &yml);
	if (yml && yml_root(yml)->kind == YML_MAP)
		for (size_t i = 1; i < COUNT(config_keys); i++)
			is |= key_in(yml_root(yml), config_keys[i].name) != NULL;
	yml_free(yml);
	buf_done(&report.text);
	return is;
}

static const char *const builtin[] = { "stdout", "journal", "syslog" };

bool config_is_builtin(const char *output)
{
	for (size_t i = 0; i < COUNT(builtin); i++)
		if (!strcmp(builtin[i], output))
			return true;
	return false;
}

bool config_has_output(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->output_count; i++)
		if (!strcmp(c->outputs[i].name, name))
			return true;
	return config_is_builtin(name);
}

const char *config_near_output(const struct config *c, const char *name)
{
	const char *names[CONFIG_OUTPUTS_MAX + COUNT(builtin)];
	size_t count = 0, at;

	for (; count < c->output_count; count++)
		names[count] = c->outputs[count].name;
	for (size_t i = 0; i < COUNT(builtin); i++)
		names[count++] = builtin[i];
	return word_nearest(name, strlen(name), names, count, &at) ? names[at] : NULL;
}
