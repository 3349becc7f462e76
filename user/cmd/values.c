/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/values.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/magic.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "user/base/out.h"
#include "user/base/span.h"
#include "user/base/text.h"
#include "user/base/word.h"
#include "user/caps/capability.h"
#include "user/cmd/args.h"
#include "user/cmd/options.h"
#include "user/host/nsfile.h"
#include "user/host/proc.h"
#include "user/host/users.h"
#include "user/model/pattern.h"
#include "user/model/record.h"
#include "user/sink/sink.h"
#include "user/sink/text.h"

#define PID_MAX	 (1 << 22)
enum { KINDS_MIN = 16, KINDS_MAX = 1 << 20 };

#define RING_MIN ((uint64_t)64 << 10)
#define RING_MAX ((uint64_t)1 << 30)

/* "NAME: FORMAT"; returns -EINVAL. */
__attribute__((format(printf, 3, 4))) static int bad(struct options *o, const char *name,
						     const char *format, ...)
{
	va_list args;

	buf_printf(&o->error, "%s: ", name);
	va_start(args, format);
	buf_vprintf(&o->error, format, args);
	va_end(args);
	return -EINVAL;
}

int values_bad_word(struct options *o, const char *name, const char *word, const char *what)
{
	bad(o, name, "%s", "");
	args_quote(&o->error, word);
	buf_printf(&o->error, " %s", what);
	return -EINVAL;
}

static bool take_not(const char **value)
{
	bool not = **value == '!';

	*value += not;
	return not;
}

/* Reads one word into an id; NULL: it is kept as it is, for values_together. */
typedef int id_read(struct options *o, const char *name, const char *word, uint32_t *ret);

static int add_id(struct options *o, const char *name, const char *word, bool not, id_read *read,
		  struct filter_ids *ids)
{
	uint32_t id;
	int err;

	if (!*word)
		return bad(o, name, "an empty word where a value is needed");
	if (*word == '!')
		return values_bad_word(o, name, word, "has a '!' of its own: one stands before the whole list");
	err = read ? read(o, name, word, &id) : 0;
	if (err)
		return err;
	err = read ? filter_add_id(ids, id, not) : filter_add_name(ids, FILTER_ID_NONE, not, word);
	if (err == -E2BIG)
		return bad(o, name, "too many values: a filter holds at most %d", FILTER_IDS_MAX);
	return err;
}

static int add_ids(struct options *o, const char *name, const char *value, id_read *read,
		   struct filter_ids *ids)
{
	bool not = take_not(&value);
	char *list = strdup(value), *rest = list, *word;
	int err = list ? 0 : -ENOMEM;

	while (!err && (word = strsep(&rest, ",")))
		err = add_id(o, name, word, not, read, ids);
	free(list);
	return err;
}

static int read_pid(struct options *o, const char *name, const char *word, uint32_t *ret)
{
	uint64_t pid;

	if (number_parse(word, 1, PID_MAX, &pid))
		return values_bad_word(o, name, word, "is no process id (1 to 4194304)");
	*ret = (uint32_t)pid;
	return 0;
}

/* Names of a database, as many as a person could have meant. */
#define NAMES_MAX 2048

struct names {
	char *at[NAMES_MAX];
	size_t count;
};

static void names_add(struct names *names, const char *name)
{
	char *copy = names->count < NAMES_MAX ? strdup(name) : NULL;

	if (copy)
		names->at[names->count++] = copy;
}

static void names_of_users(struct names *names)
{
	struct passwd *entry;

	setpwent();
	while ((entry = getpwent()))
		names_add(names, entry->pw_name);
	endpwent();
}

static void names_of_groups(struct names *names)
{
	struct group *entry;

	setgrent();
	while ((entry = getgrent()))
		names_add(names, entry->gr_name);
	endgrent();
}

/* "no KIND 'WORD'", and who may have been meant. */
static int no_such(struct options *o, const char *name, const char *kind, const char *word,
		   void (*all)(struct names *))
{
	struct names *names = calloc(1, sizeof(*names));
	size_t nearest;

	if (!names)
		return -ENOMEM;
	bad(o, name, "no %s ", kind);
	args_quote(&o->error, word);
	all(names);
	if (word_nearest(word, strlen(word), (const char *const *)names->at, names->count, &nearest)) {
		buf_puts(&o->error, "; did you mean ");
		args_quote(&o->error, names->at[nearest]);
		buf_putc(&o->error, '?');
	}
	for (size_t i = 0; i < names->count; i++)
		free(names->at[i]);
	free(names);
	return -EINVAL;
}

static int read_user(struct options *o, const char *name, const char *word, uint32_t *ret)
{
	struct user user;
	int err = users_find(word, &user);

	if (err == -ENOENT)
		return no_such(o, name, "user", word, names_of_users);
	if (err)
		return values_bad_word(o, name, word, strerror(-err));
	*ret = user.uid;
	users_user_done(&user);
	return 0;
}

static int read_group(struct options *o, const char *name, const char *word, uint32_t *ret)
{
	gid_t gid;
	int err = users_find_group(word, &gid);

	if (err == -ENOENT)
		return no_such(o, name, "group", word, names_of_groups);
	if (err)
		return values_bad_word(o, name, word, strerror(-err));
	*ret = gid;
	return 0;
}

int values_group(struct options *o, const char *name, const char *word)
{
	uint32_t id;

	return read_group(o, name, word, &id);
}

int values_pids(struct options *o, const char *name, const char *value)
{
	return add_ids(o, name, value, read_pid, &o->filter.pids);
}

int values_trees(struct options *o, const char *name, const char *value)
{
	return add_ids(o, name, value, read_pid, &o->filter.trees);
}

int values_users(struct options *o, const char *name, const char *value)
{
	return add_ids(o, name, value, NULL, &o->filter.uids);
}

int values_groups(struct options *o, const char *name, const char *value)
{
	return add_ids(o, name, value, NULL, &o->filter.gids);
}

static int add_word(struct options *o, const char *name, const char *word, bool not,
		    struct filter_words *words)
{
	int err = filter_add_word(words, word, not);

	if (err == -E2BIG)
		return bad(o, name, "too many values: at most %d", FILTER_GLOBS_MAX);
	return err;
}

int values_comm(struct options *o, const char *name, const char *value)
{
	bool not = take_not(&value);
	struct pattern pattern;
	int err = *value ? pattern_compile(value, &pattern) : -ENODATA;

	if (err == -ENODATA)
		return bad(o, name, "an empty word where a name is needed");
	if (err == -ENAMETOOLONG)
		return values_bad_word(o, name, value, "fits no thread: their names have at most 15 bytes");
	if (err)
		return values_bad_word(o, name, value, "is no glob: a bracket or a backslash is not complete");
	return add_word(o, name, value, not, &o->filter.comms);
}

int values_cap_list(struct options *o, const char *name, const char *list, uint64_t *ret)
{
	struct capability_error error;
	int err = capability_parse_list(list, ret, &error);

	if (!err)
		return 0;
	if (!error.len)
		return bad(o, name, "no capability where one is needed");
	bad(o, name, "unknown capability '");
	text_escape(&o->error, error.word, error.len);
	buf_putc(&o->error, '\'');
	if (error.column > 1)
		buf_printf(&o->error, " at character %zu", error.column);
	if (error.nearest)
		buf_printf(&o->error, "; did you mean '%s'?", error.nearest);
	return -EINVAL;
}

int values_caps(struct options *o, const char *name, const char *value)
{
	bool not = take_not(&value);
	uint64_t caps, wanted;
	int err = values_cap_list(o, name, value, &caps);

	if (err)
		return err;
	if (not)
		o->caps_unwanted |= caps;
	else
		o->caps_wanted |= caps;
	wanted = o->caps_wanted ? o->caps_wanted : CAPABILITY_ALL;
	o->filter.caps = wanted & ~o->caps_unwanted;
	return 0;
}

int values_directory(struct options *o, const char *name, const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return values_bad_word(o, name, path, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return values_bad_word(o, name, path, "is no directory");
	return 0;
}

int values_cgroup(struct options *o, const char *name, const char *value)
{
	bool not = take_not(&value);

	if (!*value)
		return bad(o, name, "an empty word where a directory is needed");
	return add_word(o, name, value, not, &o->filter.cgroups);
}

/* An option that is called like a key of --where. */
int values_key(struct options *o, const char *name, const char *value)
{
	enum where_key key;
	int err = where_key_find(name + 2, strlen(name + 2), &key);

	err = err ?: where_add(&o->filter.names, key, value);
	if (err == -E2BIG)
		return bad(o, name, "at most %d", WHERE_TERMS_MAX);
	if (err != -EINVAL)
		return err;
	value += *value == '!';
	if (!*value)
		return bad(o, name, "an empty word where a name is needed");
	return values_bad_word(o, name, value, "is no glob: a bracket that is not closed, or a backslash at the end");
}

int values_add_where(struct filter *f, const char *name, const char *value, struct buf *error)
{
	struct where_mistake mistake;
	bool not = take_not(&value);
	int err;

	if (f->where_count == FILTER_WHERES_MAX) {
		buf_printf(error, "%s: at most %d", name, FILTER_WHERES_MAX);
		return -EINVAL;
	}
	f->wheres_not |= (uint32_t)not << f->where_count;
	err = where_parse(value, &f->wheres[f->where_count++], &mistake);
	if (err != -EINVAL)
		return err;
	buf_printf(error, "%s: ", name);
	where_mistake_print(error, &mistake);
	return err;
}

int values_where(struct options *o, const char *name, const char *value)
{
	return values_add_where(&o->filter, name, value, &o->error);
}

static int userns_path(struct options *o, const char *name, const char *path)
{
	int err = nsfile_user(path, &o->filter.userns_inode);

	if (err == -ENOTTY)
		return values_bad_word(o, name, path, "stands for no namespace");
	if (err == -EINVAL)
		return values_bad_word(o, name, path, "is a namespace, but not one of users");
	return err ? values_bad_word(o, name, path, strerror(-err)) : 0;
}

int values_userns(struct options *o, const char *name, const char *value)
{
	static const char *const words[] = { "host", "own", "/proc/PID/ns/user" };
	static const enum filter_userns means[] = { FILTER_USERNS_HOST, FILTER_USERNS_OWN };
	uint64_t number;

	if (o->filter.userns != FILTER_USERNS_ANY)
		return bad(o, name, "only one namespace can be chosen");
	o->filter.userns_not = take_not(&value);
	for (size_t i = 0; i < sizeof(means) / sizeof(means[0]); i++) {
		if (strcmp(value, words[i]))
			continue;
		o->filter.userns = means[i];
		return 0;
	}
	o->filter.userns = FILTER_USERNS_INODE;
	if (!number_parse(value, 1, UINT32_MAX, &number)) {
		o->filter.userns_inode = (uint32_t)number;
		return 0;
	}
	if (strchr(value, '/')) {
		o->userns_path = value;
		return 0;
	}
	buf_printf(&o->error, "%s: ", name);
	args_unknown(&o->error, "namespace", value, words, sizeof(words) / sizeof(words[0]));
	return -EINVAL;
}

/* Both halves are only checked here: become_plan reads them again when the command is started. */
int values_as(struct options *o, const char *name, const char *value)
{
	const char *colon = strrchr(value, ':');
	char *user = strndup(value, colon ? (size_t)(colon - value) : strlen(value));
	uint32_t id;
	int err;

	if (!user)
		return -ENOMEM;
	if (!*user || (colon && !colon[1]))
		err = values_bad_word(o, name, value, "is not USER or USER:GROUP");
	else
		err = read_user(o, name, user, &id);
	if (!err && colon)
		err = read_group(o, name, colon + 1, &id);
	free(user);
	if (!err)
		o->command.as = value;
	return err;
}

int values_grant(struct options *o, const char *name, const char *value)
{
	uint64_t caps;
	int err = values_cap_list(o, name, value, &caps);

	if (err)
		return err;
	o->command.grant_given = true;
	o->command.grant |= caps;
	return 0;
}

int values_output(struct options *o, const char *name, const char *value)
{
	if (!*value)
		return bad(o, name, "an empty word where a file is needed");
	o->output.file = strcmp(value, "-") ? value : NULL;
	o->output.file_given = true;
	return 0;
}

int values_record(struct options *o, const char *name, const char *value)
{
	if (!*value)
		return bad(o, name, "an empty word where a file is needed");
	o->recording.to = value;
	return 0;
}

int values_replay(struct options *o, const char *name, const char *value)
{
	if (!*value)
		return bad(o, name, "an empty word where a file is needed");
	o->recording.from = value;
	return 0;
}

int values_choose(struct options *o, const char *name, const char *what, const char *value, const char *const *words,
		  size_t count, size_t *ret)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(value, words[i]))
			continue;
		*ret = i;
		return 0;
	}
	buf_printf(&o->error, "%s: ", name);
	args_unknown(&o->error, what, value, words, count);
	return -EINVAL;
}

/* Who makes the lines knows the names: they are made once for nobody. */
int values_columns(struct options *o, const char *name, const char *value)
{
	const struct text_options text = { .columns = value };
	struct out out = OUT_INIT;
	struct text_error error;
	struct sink *sink;
	int err = text_new(&out, &text, &sink, &error);

	if (!err) {
		sink->ops->free(sink);
		o->output.columns = value;
	}
	if (err != -ENOENT)
		return err;
	if (!error.len)
		return bad(o, name, "an empty word where a column is needed");
	bad(o, name, "unknown column '");
	text_escape(&o->error, error.word, error.len);
	buf_putc(&o->error, '\'');
	if (error.nearest)
		buf_printf(&o->error, "; did you mean '%s'?", error.nearest);
	else
		buf_puts(&o->error, "; --help lists them");
	return -EINVAL;
}

int values_format(struct options *o, const char *name, const char *value)
{
	(void)name;
	o->profile.format = value;
	return 0;
}

int values_outcomes(struct options *o, const char *name, const char *value)
{
	static const char *const words[] = {
		[OUTCOMES_AUTO] = "auto", [OUTCOMES_ALL] = "all", [OUTCOMES_OFF] = "none",
	};
	size_t at;
	int err = values_choose(o, name, "word", value, words, sizeof(words) / sizeof(words[0]), &at);

	if (!err)
		o->kernel.outcomes = (enum outcomes_how)at;
	return err;
}

int values_no_outcomes(struct options *o, const char *name, const char *value)
{
	(void)name;
	(void)value;
	o->kernel.outcomes = OUTCOMES_OFF;
	return 0;
}

int values_color(struct options *o, const char *name, const char *value)
{
	static const char *const words[] = {
		[COLOR_AUTO] = "auto", [COLOR_ALWAYS] = "always", [COLOR_NEVER] = "never",
	};
	size_t at;
	int err = values_choose(o, name, "word", value, words, sizeof(words) / sizeof(words[0]), &at);

	if (!err)
		o->output.color = (enum color_when)at;
	return err;
}

int values_attach(struct options *o, const char *name, const char *value)
{
	const char *words[PROBE_COUNT] = { [PROBE_NONE] = "auto" };
	size_t at;
	int err;

	for (enum event_probe probe = PROBE_NONE + 1; probe < PROBE_COUNT; probe++)
		words[probe] = record_probe(probe);
	err = values_choose(o, name, "probe", value, words, PROBE_COUNT, &at);
	if (!err)
		o->kernel.attach = (enum event_probe)at;
	return err;
}

int values_span(struct options *o, const char *name, const char *value, uint64_t *ret_ns)
{
	uint64_t ns;
	int err = span_parse(value, &ns);

	if (err == -ERANGE)
		return values_bad_word(o, name, value, "is too long a time");
	if (err)
		return values_bad_word(o, name, value, "is no length of time: 10s, 5m, 1h30m, 500ms");
	if (!ns)
		return values_bad_word(o, name, value, "is no time at all");
	*ret_ns = ns;
	return 0;
}

int values_duration(struct options *o, const char *name, const char *value)
{
	return values_span(o, name, value, &o->output.duration_ns);
}

int values_interval(struct options *o, const char *name, const char *value)
{
	return values_span(o, name, value, &o->output.interval_ns);
}

int values_count(struct options *o, const char *name, const char *value)
{
	if (number_parse(value, 1, UINT64_MAX, &o->output.count))
		return values_bad_word(o, name, value, "is no number from 1");
	return 0;
}

static uint64_t power_below(uint64_t n)
{
	return (uint64_t)1 << (63 - __builtin_clzll(n));
}

static void size_print(struct buf *b, uint64_t bytes)
{
	if (bytes >= (1 << 20))
		buf_printf(b, "%lluM", (unsigned long long)(bytes >> 20));
	else
		buf_printf(b, "%lluK", (unsigned long long)(bytes >> 10));
}

int values_ring(struct options *o, const char *name, const char *value)
{
	uint64_t bytes;
	int err = size_parse(value, &bytes);

	if (err == -EINVAL)
		return values_bad_word(o, name, value, "is no size: 65536, 64K, 8M");
	if (err || bytes < RING_MIN || bytes > RING_MAX)
		return values_bad_word(o, name, value, "is outside 64K to 1G");
	if (bytes & (bytes - 1)) {
		values_bad_word(o, name, value, "is no power of two; the nearest are ");
		size_print(&o->error, power_below(bytes));
		buf_puts(&o->error, " and ");
		size_print(&o->error, 2 * power_below(bytes));
		return -EINVAL;
	}
	o->kernel.ring_bytes = bytes;
	return 0;
}

int values_kinds(struct options *o, const char *name, const char *value)
{
	char *end;
	unsigned long n = strtoul(value, &end, 10);

	if (!isdigit((unsigned char)*value) || *end || n < KINDS_MIN || n > KINDS_MAX)
		return values_bad_word(o, name, value, "is no number from 16 to 1048576");
	o->kernel.kinds = (uint32_t)n;
	return 0;
}

/* Types stand alone, or in a kernel image or module: told by their first bytes, in either byte order. */
static bool may_hold_types(const unsigned char first[4])
{
	static const unsigned char raw[] = { 0x9f, 0xeb }, raw_other_end[] = { 0xeb, 0x9f };

	return !memcmp(first, "\177ELF", 4) || !memcmp(first, raw, 2) || !memcmp(first, raw_other_end, 2);
}

int values_btf(struct options *o, const char *name, const char *value)
{
	int fd = open(value, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	unsigned char first[4] = { 0 };
	ssize_t n = fd < 0 ? -1 : read(fd, first, sizeof(first));
	int err = n < 0 ? errno : 0;

	if (fd >= 0)
		close(fd);
	if (err)
		return values_bad_word(o, name, value, strerror(err));
	if (!may_hold_types(first))
		return values_bad_word(o, name, value, "holds no BTF, a kernel's description of its types");
	o->kernel.btf = value;
	return 0;
}

int values_proc(struct options *o, const char *name, const char *value)
{
	int err = values_directory(o, name, value);
	struct statfs fs;

	if (err)
		return err;
	if (statfs(value, &fs) || fs.f_type != PROC_SUPER_MAGIC)
		return values_bad_word(o, name, value, "is no procfs");
	o->kernel.proc = value;
	return 0;
}

int values_engine_socket(struct options *o, const char *name, const char *value)
{
	struct stat st;

	if (stat(value, &st))
		return values_bad_word(o, name, value, strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return values_bad_word(o, name, value, "is no socket");
	o->kernel.engine_socket = value;
	return 0;
}

int values_verbose(struct options *o, const char *name, const char *value)
{
	(void)name;
	(void)value;
	o->output.verbose++;
	return 0;
}

static bool any_wanted(const struct filter_ids *ids)
{
	for (size_t i = 0; i < ids->count; i++)
		if (!ids->at[i].not)
			return true;
	return false;
}

/* What says nothing, or the opposite of itself. The first that holds is told. */
static int nonsense(struct options *o)
{
	const struct output_options *out = &o->output;
	const struct command_options *command = &o->command;
	const struct kernel_options *kernel = &o->kernel;
	const struct recording_options *recording = &o->recording;
	const struct {
		bool holds;
		const char *sentence;
	} rows[] = {
		{ out->json && out->columns,
		  "--json and --columns exclude each other: JSON has every field" },
		{ out->every_column && out->columns,
		  "-x and --columns exclude each other: -x shows every column" },
		{ out->quiet && out->verbose, "-q and -v exclude each other" },
		{ out->counting && out->count,
		  "--count and -n exclude each other: what is counted in the kernel is not stopped at a number" },
		{ out->counting && kernel->lsm_verdict,
		  "--count and --lsm-verdict exclude each other: a verdict of all modules is asked for each check" },
		{ out->counting && kernel->lifecycle,
		  "--count and --lifecycle exclude each other: what tasks do is told in its order" },
		{ out->counting && recording->to,
		  "--count and --record exclude each other: a recording holds each check; count with --replay" },
		{ out->interval_ns && !out->counting, "--interval needs something to count: --count" },
		{ !o->filter.caps, "-C: nothing is left of these capabilities" },
		{ o->classes_unwanted && !o->filter.classes, "--class: nothing is left of these classes" },
		{ out->counting && o->filter.classes,
		  "--count and --class exclude each other: where each check was made is not counted" },
		{ recording->from && command->argv,
		  "--replay and -- COMMAND exclude each other: a recording starts nothing" },
		{ recording->from && kernel->attach, "--replay and --attach exclude each other: it was heard already" },
		{ recording->from && kernel->btf, "--replay and --btf exclude each other: it was heard already" },
		{ recording->from && kernel->engine_socket,
		  "--replay and --engine-socket exclude each other: names are in the recording" },
		{ recording->from && o->userns_path,
		  "--userns: a path is of this machine; for --replay take host, own or the number that the column "
		  "userns shows" },
		{ recording->to && out->file && !strcmp(recording->to, out->file),
		  "-o and --record name the same file" },
		{ recording->from && filter_keys(&o->filter) & 1U << WHERE_TTY,
		  "--where tty: a recording does not hold terminals" },
		{ recording->realtime && !recording->from, "--realtime needs a recording: --replay FILE" },
		{ command->as && !command->argv, "--as needs a command to start: -- COMMAND" },
		{ command->grant_given && !command->argv, "--grant needs a command to start: -- COMMAND" },
		{ command->grant_given && !command->as,
		  "--grant needs --as USER: without it the command has what capsieve's caller has" },
		{ o->profile.host && command->argv,
		  "--host and -- COMMAND exclude each other: a command is one answer" },
		{ o->profile.host && o->profile.expect,
		  "--host and --expect exclude each other: what is expected is of one workload" },
		{ o->profile.wait && recording->from,
		  "--wait and --replay exclude each other: what is recorded has happened" },
		{ o->profile.wait && command->argv, "--wait and -- COMMAND exclude each other: a command starts now" },
		{ o->profile.wait && !filter_keys(&o->filter),
		  "--wait needs a name to wait for: --unit, --container, --image, --pod, --exe, ..." },
		{ command->argv && any_wanted(&o->filter.pids),
		  "-p and -- COMMAND exclude each other: a command is a new process" },
		{ command->argv && any_wanted(&o->filter.trees),
		  "--tree and -- COMMAND exclude each other: a command is a tree of its own" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!rows[i].holds)
			continue;
		buf_puts(&o->error, rows[i].sentence);
		return -EINVAL;
	}
	return 0;
}

static int check_process(struct options *o, const char *name, pid_t pid)
{
	pid_t tgid = proc_tgid(o->kernel.proc, pid);

	if (tgid == pid)
		return 0;
	if (tgid > 0)
		return bad(o, name, "%d is a thread of process %d; use %s %d", pid, tgid, name, tgid);
	if (tgid != -ENOENT && tgid != -ESRCH)
		return bad(o, name, "process %d cannot be looked at: %s", pid, strerror(-tgid));
	return bad(o, name, "there is no process %d", pid);
}

static int check_processes(struct options *o, const char *name, const struct filter_ids *ids)
{
	int err = 0;

	for (size_t i = 0; i < ids->count && !err; i++)
		err = check_process(o, name, (pid_t)ids->at[i].id);
	return err;
}

/* What this machine calls so. */
static int find_names(struct options *o, const char *name, id_read *read, struct filter_ids *ids)
{
	int err = 0;

	for (size_t i = 0; i < ids->count && !err; i++)
		err = read(o, name, ids->at[i].name, &ids->at[i].id);
	return err;
}

/* What the machine of a recording calls so is told by that; a number is a number. */
static void keep_names(struct filter_ids *ids)
{
	for (size_t i = 0; i < ids->count; i++) {
		struct filter_id *id = &ids->at[i];
		uint64_t number;

		if (number_parse(id->name, 0, UINT32_MAX - 1, &number))
			continue;
		id->id = (uint32_t)number;
		free(id->name);
		id->name = NULL;
	}
}

static int check_cgroups(struct options *o)
{
	int err = 0;

	for (size_t i = 0; i < o->filter.cgroups.count && !err; i++)
		err = values_directory(o, "--cgroup", o->filter.cgroups.at[i].text);
	return err;
}

/* A directory of any machine, or a path as the column cgroup shows it: what remains is the latter. */
static int strip_cgroups(struct options *o)
{
	static const char *const tops[] = { "/sys/fs/cgroup/unified", "/sys/fs/cgroup" };

	for (size_t i = 0; i < o->filter.cgroups.count; i++) {
		char *path = o->filter.cgroups.at[i].text;

		if (*path != '/')
			return values_bad_word(o, "--cgroup", path, "is no path: as the column cgroup shows it");
		for (size_t k = 0; k < sizeof(tops) / sizeof(tops[0]); k++) {
			size_t n = strlen(tops[k]);

			if (!strncmp(path, tops[k], n) && (path[n] == '/' || !path[n])) {
				memmove(path, path + n, strlen(path + n) + 1);
				break;
			}
		}
	}
	return 0;
}

static bool is_same_file(const char *a, const char *b)
{
	struct stat sa, sb;

	return !stat(a, &sa) && !stat(b, &sb) && sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

/* The machine that the filter speaks of is another one, or was. */
static int about_recording(struct options *o)
{
	if (o->output.file && is_same_file(o->output.file, o->recording.from))
		return values_bad_word(o, "-o", o->output.file, "is the recording that is to be read: it would be gone");
	keep_names(&o->filter.uids);
	keep_names(&o->filter.gids);
	return strip_cgroups(o);
}

static int about_here(struct options *o)
{
	int err = find_names(o, "-u", read_user, &o->filter.uids);

	err = err ?: find_names(o, "-g", read_group, &o->filter.gids);
	err = err ?: check_cgroups(o);
	if (!err && o->userns_path)
		err = userns_path(o, "--userns", o->userns_path);
	err = err ?: check_processes(o, "-p", &o->filter.pids);
	return err ?: check_processes(o, "--tree", &o->filter.trees);
}

int values_together(struct options *o)
{
	int err = nonsense(o);

	err = err ?: values_run_together(o);
	err = err ?: values_rules_together(o);
	err = err ?: values_profile_together(o);
	err = err ?: values_report_together(o);
	if (err)
		return err;
	return o->recording.from ? about_recording(o) : about_here(o);
}
