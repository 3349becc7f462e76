// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The one file that has the globals. */
#define GLOBALS_ARE_HERE
#include "bpf/maps.bpf.h"

char LICENSE[] SEC("license") __weak = "Dual BSD/GPL";
