# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="gives an interface a queue"
program=(tc qdisc add dev lo root pfifo limit 77)

judge() {
	[ "$(cat status)" = 0 ]
	tc qdisc show dev lo | grep -q 'pfifo .*limit 77p'
}
