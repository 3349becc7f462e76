# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="has an echo from the loopback interface"
program=(ping -c 1 -w 10 127.0.0.1)

judge() {
	grep -q ' 1 received' out
}
