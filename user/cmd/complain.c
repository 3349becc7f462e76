/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/complain.h"

#include <stdio.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/text.h"
#include "user/cmd/say.h"
#include "user/rule/complaint.h"

void complain(const struct complaints *told)
{
	size_t left = told->mistakes + told->warnings;
	struct buf safe = BUF_INIT;

	for (size_t i = 0; i < told->count; i++) {
		if (!told->at[i].shown)
			continue;
		text_safe(&safe, told->at[i].shown, strlen(told->at[i].shown));
		left--;
	}
	if (left)
		buf_printf(&safe, "and %zu more\n", left);
	fputs(buf_str(&safe), stderr);
	buf_done(&safe);
}
