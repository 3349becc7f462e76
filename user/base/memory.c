/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/base/memory.h"

#include <errno.h>
#include <stdatomic.h>

static atomic_bool noted;

void memory_note(void)
{
	noted = true;
}

int memory_lack(void)
{
	memory_note();
	return -ENOMEM;
}

bool memory_noted(void)
{
	return noted;
}
