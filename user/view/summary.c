/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/view/summary.h"

#include "user/base/buf.h"

/* Only what never reached a program is counted for the whole host: docs at LOSS_PROGRAM_BUSY. */
static bool is_bound(const struct account *account, enum loss_cause cause)
{
	return account->loss_is_bound && cause == LOSS_PROGRAM_BUSY && account->loss.by_cause[cause];
}

void summary_line(struct buf *b, const struct account *account)
{
	uint64_t lost = loss_checks(&account->loss);
	uint64_t seen = account->seen + account->counted;
	uint64_t all = seen + account->hidden + account->unread + lost;

	buf_grouped(b, all);
	buf_puts(b, all == 1 ? " check: " : " checks: ");
	buf_grouped(b, seen - account->silent);
	buf_puts(b, account->is_counts ? " counted, " : " shown, ");
	if (account->silent) {
		buf_grouped(b, account->silent);
		buf_puts(b, " silenced by the rules, ");
	}
	if (account->hidden) {
		buf_grouped(b, account->hidden);
		buf_puts(b, " hidden (memory overcommit; --all shows them), ");
	}
	if (account->unread) {
		buf_grouped(b, account->unread);
		buf_puts(b, " not read any more, ");
	}
	if (is_bound(account, LOSS_PROGRAM_BUSY))
		buf_puts(b, "at most ");
	buf_grouped(b, lost);
	buf_puts(b, " lost");
	if (!account->has_lifecycle)
		return;
	buf_puts(b, "; ");
	buf_grouped(b, account->lifecycle);
	buf_puts(b, account->lifecycle == 1 ? " lifecycle event" : " lifecycle events");
}

bool summary_loss(struct buf *b, const struct account *account, enum loss_cause cause)
{
	if (!account->loss.by_cause[cause])
		return false;
	if (is_bound(account, cause))
		buf_puts(b, "at most ");
	buf_grouped(b, account->loss.by_cause[cause]);
	buf_printf(b, "%s lost: %s", cause == LOSS_LIFECYCLE ? " lifecycle events" : "", loss_words(cause));
	if (is_bound(account, cause))
		buf_puts(b, "; counted for the whole machine, so some may be outside the filters");
	return true;
}

void summary_rest(struct buf *b, const struct account *account)
{
	buf_puts(b, "of ");
	buf_grouped(b, account->asked);
	buf_puts(b, " that reached the probe: ");
	buf_grouped(b, account->own);
	buf_puts(b, " by capsieve itself, ");
	buf_grouped(b, account->outside);
	buf_puts(b, " outside the filters");
}
