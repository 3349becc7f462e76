/* SPDX-License-Identifier: BSD-2-Clause */
/* What a program wanted to do, as far as the capability and the system call alone tell. */
#pragma once

/* In words that follow "to": "bind a port below 1024"; NULL where the two do not decide it. */
const char *operation_words(int cap, const char *call);
