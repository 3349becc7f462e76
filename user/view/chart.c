/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/view/chart.h"

#include "user/base/buf.h"

static const char *const rising[2][9] = {
	{ " ", "\u2581", "\u2582", "\u2583", "\u2584", "\u2585", "\u2586", "\u2587", "\u2588" },
	{ " ", ".", ".", ":", ":", "+", "*", "#", "#" },
};

void chart_spark(struct buf *b, const double *values, size_t n, bool ascii)
{
	double most = 0;

	for (size_t i = 0; i < n; i++)
		most = values[i] > most ? values[i] : most;
	for (size_t i = 0; i < n; i++) {
		size_t level = most > 0 ? (size_t)(values[i] / most * 8) : 0;

		buf_puts(b, rising[ascii][level || values[i] <= 0 ? level : 1]);
	}
}

void chart_bar(struct buf *b, uint64_t value, uint64_t most, size_t width, bool ascii)
{
	/* From the left: eighths of a column. */
	static const char *const eighths[] = { "", "\u258f", "\u258e", "\u258d", "\u258c", "\u258b", "\u258a", "\u2589" };
	size_t parts = most ? (size_t)((double)value / (double)most * (double)width * 8) : 0, filled;

	if (parts > width * 8)
		parts = width * 8;
	if (value && !parts)
		parts = ascii ? 8 : 1;
	filled = parts / 8;
	for (size_t i = 0; i < filled; i++)
		buf_puts(b, ascii ? "#" : "\u2588");
	if (!ascii && parts % 8) {
		buf_puts(b, eighths[parts % 8]);
		filled++;
	}
	for (; filled < width; filled++)
		buf_putc(b, ' ');
}

void chart_track(struct buf *b, uint64_t parts, size_t width, bool ascii)
{
	static const char *const marks[2][2] = { { "\u00b7", "\u2501" }, { ".", "=" } };

	for (size_t i = 0; i < width; i++)
		buf_puts(b, marks[ascii][parts >> i & 1]);
}

void chart_number(struct buf *b, uint64_t value)
{
	static const char units[] = "kMGTPE";
	size_t unit = 0;

	if (value < 1000000) {
		buf_printf(b, "%llu", (unsigned long long)value);
		return;
	}
	/* Tenths of the unit. */
	value /= 100;
	while (value >= 100000 && units[unit + 1]) {
		value /= 1000;
		unit++;
	}
	if (value < 1000)
		buf_printf(b, "%llu.%llu%c", (unsigned long long)value / 10, (unsigned long long)value % 10, units[unit]);
	else
		buf_printf(b, "%llu%c", (unsigned long long)value / 10, units[unit]);
}
