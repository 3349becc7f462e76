/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/hear.h"

#include <errno.h>

#include "user/base/buf.h"
#include "user/cmd/commands.h"
#include "user/cmd/options.h"
#include "user/cmd/say.h"
#include "user/host/nsfile.h"
#include "user/source/replay.h"
#include "user/view/summary.h"

struct flow_kernel hear_kernel(const struct options *o)
{
	const struct kernel_options *k = &o->kernel;

	return (struct flow_kernel){
		.attach = k->attach,
		.btf = k->btf,
		.proc = k->proc,
		.engine_socket = k->engine_socket,
		.ring_bytes = k->ring_bytes,
		.host_mntns = nsfile_meant_mnt(k->proc),
	};
}

void hear_note(void *ctx, enum flow_level level, const char *text)
{
	const struct hear *h = ctx;
	const struct output_options *o = h->output;

	if (!*text || (level == FLOW_NOTE && o->quiet))
		return;
	if ((level == FLOW_DETAIL && o->verbose < 1) || (level == FLOW_DEBUG && o->verbose < 2))
		return;
	say(h->to, "%s", text);
}

void hear_losses(const struct say *to, const struct account *account)
{
	struct buf text = BUF_INIT;

	for (enum loss_cause cause = 0; cause < LOSS_COUNT; cause++) {
		buf_clear(&text);
		if (summary_loss(&text, account, cause))
			say(to, "%s", buf_str(&text));
	}
	buf_done(&text);
}

int hear_recording(const struct say *to, const char *path, struct replay **ret)
{
	struct buf why = BUF_INIT;
	int err = replay_open(path, ret, &why);

	if (err)
		say(to, "%s", buf_str(&why));
	buf_done(&why);
	if (!err)
		return EXIT_FINE;
	return err == -ENOMEM || err == -EIO ? EXIT_FAILED : EXIT_USAGE;
}

int hear_parts(const struct say *to, const struct hear_part *parts, size_t count, uint32_t has)
{
	for (size_t i = 0; i < count; i++) {
		if (!parts[i].wanted || has & parts[i].part)
			continue;
		say(to, "%s: the recording was made without it, so it does not hold that", parts[i].option);
		return -EINVAL;
	}
	return 0;
}

int hear_filter_parts(const struct say *to, const struct filter *f, uint32_t has)
{
	const struct hear_part parts[] = {
		{ f->classes, RECORDING_SITES, "--class" },
		{ filter_keys(f) & 1U << WHERE_CMDLINE, RECORDING_ARGS, "--args, which --where cmdline=... needs" },
	};

	return hear_parts(to, parts, sizeof(parts) / sizeof(parts[0]), has);
}
