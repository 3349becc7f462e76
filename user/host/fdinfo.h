/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <stdint.h>

/* The bytes that the kernel charges for the BPF map behind fd; 0 where it does not say. */
uint64_t fdinfo_memlock(int fd);
