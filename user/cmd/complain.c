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
	struct buf safe = BUF_INIT;

	for (size_t i = 0; i < told->count; i++)
		if (told->at[i].shown)
			text_safe(&safe, told->at[i].shown, strlen(told->at[i].shown));
	if (told->mistakes + told->warnings > told->count)
		buf_printf(&safe, "and %zu more\n", told->mistakes + told->warnings - told->count);
	fputs(buf_str(&safe), stderr);
	buf_done(&safe);
}
