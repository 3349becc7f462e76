/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/view/summary.h"

#include "user/base/buf.h"

/* 1,234,567 */
static void put_count(struct buf *b, uint64_t n)
{
	char digits[32];
	size_t len = 0;

	do {
		if (len % 4 == 3)
			digits[len++] = ',';
		digits[len++] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	while (len)
		buf_putc(b, digits[--len]);
}

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

	put_count(b, all);
	buf_puts(b, all == 1 ? " check: " : " checks: ");
	put_count(b, seen - account->silent);
	buf_puts(b, account->is_counts ? " counted, " : " shown, ");
	if (account->silent) {
		put_count(b, account->silent);
		buf_puts(b, " silenced by the rules, ");
	}
	if (account->hidden) {
		put_count(b, account->hidden);
		buf_puts(b, " hidden (memory overcommit; --all shows them), ");
	}
	if (account->unread) {
		put_count(b, account->unread);
		buf_puts(b, " not read any more, ");
	}
	if (is_bound(account, LOSS_PROGRAM_BUSY))
		buf_puts(b, "at most ");
	put_count(b, lost);
	buf_puts(b, " lost");
	if (!account->has_lifecycle)
		return;
	buf_puts(b, "; ");
	put_count(b, account->lifecycle);
	buf_puts(b, account->lifecycle == 1 ? " lifecycle event" : " lifecycle events");
}

bool summary_loss(struct buf *b, const struct account *account, enum loss_cause cause)
{
	if (!account->loss.by_cause[cause])
		return false;
	if (is_bound(account, cause))
		buf_puts(b, "at most ");
	put_count(b, account->loss.by_cause[cause]);
	buf_printf(b, "%s lost: %s", cause == LOSS_LIFECYCLE ? " lifecycle events" : "", loss_words(cause));
	if (is_bound(account, cause))
		buf_puts(b, "; counted for the whole machine, so some may be outside the filters");
	return true;
}

void summary_rest(struct buf *b, const struct account *account)
{
	buf_puts(b, "of ");
	put_count(b, account->asked);
	buf_puts(b, " that reached the probe: ");
	put_count(b, account->own);
	buf_puts(b, " by capsieve itself, ");
	put_count(b, account->outside);
	buf_puts(b, " outside the filters");
}
