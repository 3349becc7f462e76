/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/out.h"
#include "user/caps/syscalls.h"
#include "user/cmd/commands.h"
#include "user/cmd/help.h"
#include "user/cmd/options.h"
#include "user/cmd/say.h"
#include "user/cmd/verdict.h"
#include "user/flow.h"
#include "user/host/users.h"
#include "user/sink/json.h"
#include "user/sink/sink.h"
#include "user/sink/text.h"
#include "user/view/summary.h"

static const struct say to = { "trace" };

/* What the sinks write into and ask for names. */
struct outlet {
	struct out out;
	struct syscalls *syscalls;
	struct users *users;
	struct sink *sink;
};

static bool wants_color(const struct output_options *o, const struct out *out)
{
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");

	if (o->color != COLOR_AUTO)
		return o->color == COLOR_ALWAYS;
	return out_is_terminal(out) && (!term || strcmp(term, "dumb")) && (!no_color || !*no_color);
}

static int text_sink(const struct options *o, struct outlet *outlet)
{
	const struct text_options text = {
		.columns = o->output.columns,
		.all = o->output.every_column,
		.header = !o->output.no_header,
		.color = wants_color(&o->output, &outlet->out),
		.utc = o->output.utc,
		.lsm = o->kernel.lsm_verdict,
		.args = o->command.args,
		.syscalls = outlet->syscalls,
		.users = outlet->users,
	};
	struct text_error error;

	return text_new(&outlet->out, &text, &outlet->sink, &error);
}

static int json_sink(const struct options *o, struct outlet *outlet)
{
	const struct json_options json = {
		.args = o->command.args,
		.syscalls = outlet->syscalls,
		.users = outlet->users,
	};

	return json_new(&outlet->out, &json, &outlet->sink);
}

static void outlet_done(struct outlet *outlet)
{
	if (outlet->sink)
		outlet->sink->ops->free(outlet->sink);
	users_free(outlet->users);
	syscalls_free(outlet->syscalls);
	out_close(&outlet->out);
}

static const char *file_name(const struct options *o)
{
	return o->output.file ? o->output.file : "standard output";
}

/* 0, or negative errno after saying why. */
static int outlet_open(const struct options *o, struct outlet *ret)
{
	int err;

	*ret = (struct outlet){ .out = OUT_INIT };
	/* Command lines hold passwords. */
	err = out_open(&ret->out, o->output.file, o->command.args ? OUT_PRIVATE : 0);
	if (err) {
		say_error(&to, file_name(o), err);
		return err;
	}
	ret->syscalls = syscalls_new();
	ret->users = users_new();
	err = -ENOMEM;
	if (ret->syscalls && ret->users)
		err = o->output.json ? json_sink(o, ret) : text_sink(o, ret);
	if (err)
		say(&to, "out of memory");
	if (err)
		outlet_done(ret);
	return err;
}

static void note(void *ctx, enum flow_level level, const char *text)
{
	const struct output_options *o = ctx;

	if (!*text || (level == FLOW_NOTE && o->quiet))
		return;
	if ((level == FLOW_DETAIL && o->verbose < 1) || (level == FLOW_DEBUG && o->verbose < 2))
		return;
	say(&to, "%s", text);
}

/* The last words. Losses are said even to who wants quiet: what was written is not the whole answer. */
static void summarize(const struct output_options *o, const struct account *account)
{
	struct buf text = BUF_INIT;

	if (!o->quiet) {
		summary_line(&text, account);
		say(&to, "%s", buf_str(&text));
	}
	for (enum loss_cause cause = 0; cause < LOSS_COUNT; cause++) {
		buf_clear(&text);
		if (summary_loss(&text, account, cause))
			say(&to, "%s", buf_str(&text));
	}
	if (o->verbose) {
		buf_clear(&text);
		summary_rest(&text, account);
		say(&to, "%s", buf_str(&text));
	}
	buf_done(&text);
}

static int run(struct options *o)
{
	const struct flow_notes notes = { note, &o->output };
	struct flow_result result = { 0 };
	struct outlet outlet;
	struct flow_config config = {
		.filter = &o->filter,
		.attach = o->kernel.attach,
		.btf = o->kernel.btf,
		.proc = o->kernel.proc,
		.ring_bytes = o->kernel.ring_bytes,
		.all = o->kernel.all,
		.lsm_verdict = o->kernel.lsm_verdict,
		.args = o->command.args,
		.command = o->command.argv,
		.as = { o->command.as, o->command.grant },
		.duration_ns = o->output.duration_ns,
		.count = o->output.count,
	};
	int err = outlet_open(o, &outlet);

	if (err)
		return verdict_of_failure(err, config.command);
	config.sink = outlet.sink;
	err = flow_trace(&config, &notes, &result);
	if (!result.output_error)
		result.output_error = out_close(&outlet.out);
	if (result.output_error && result.output_error != -EPIPE)
		say_error(&to, file_name(o), result.output_error);
	if (!err)
		summarize(&o->output, &result.account);
	outlet_done(&outlet);
	return verdict(&result, err, config.command);
}

static int help(void)
{
	struct buf columns = BUF_INIT;

	buf_puts(&columns, "Columns:\n");
	text_describe(&columns);
	help_print(&options_trace, to.command, buf_str(&columns));
	buf_done(&columns);
	return say_flush(&to);
}

int trace_main(int argc, char **argv)
{
	struct options o;
	int err = options_parse(&options_trace, argc, argv, &o), code;

	if (err) {
		say(&to, "%s", buf_str(&o.error));
		code = verdict_of_failure(err, NULL);
	} else if (o.help) {
		code = help();
	} else {
		code = run(&o);
	}
	options_done(&o);
	return code;
}
