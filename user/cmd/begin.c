/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/begin.h"

#include "user/base/buf.h"
#include "user/cmd/help.h"
#include "user/cmd/options.h"
#include "user/cmd/say.h"
#include "user/cmd/verdict.h"

static int help(const struct argp *argp, const struct say *to, void (*columns)(struct buf *b))
{
	struct buf text = BUF_INIT;

	if (columns) {
		buf_puts(&text, "Columns:\n");
		columns(&text);
	}
	help_print(argp, to->command, columns ? buf_str(&text) : NULL);
	buf_done(&text);
	return say_flush(to);
}

int begin(const struct argp *argp, const struct say *to, void (*columns)(struct buf *b), int (*run)(struct options *o),
	  int argc, char **argv)
{
	struct options o;
	int err = options_parse(argp, argc, argv, &o), code;

	if (err) {
		say(to, "%s", buf_str(&o.error));
		code = verdict_of_failure(err, NULL);
	} else {
		code = o.help ? help(argp, to, columns) : run(&o);
	}
	options_done(&o);
	return code;
}
