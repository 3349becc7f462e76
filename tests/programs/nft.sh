# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="makes a table of rules"
program=(nft "add table inet tried; add chain inet tried in { type filter hook input priority 0; }; add rule inet tried in tcp dport 9 drop")

judge() {
	[ "$(cat status)" = 0 ]
	nft list table inet tried | grep -q 'tcp dport 9 drop'
}
