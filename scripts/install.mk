# SPDX-License-Identifier: BSD-2-Clause
#
# Where things go. DESTDIR=DIR puts all of it below DIR; what is configured there already stays.

PREFIX     ?= /usr
SYSCONFDIR ?= /etc
UNITDIR    ?= $(PREFIX)/lib/systemd/system
MANUAL      = $(sort $(wildcard docs/*.1 docs/*.5))
ZSHDIR     ?= $(PREFIX)/share/zsh/site-functions
# What runs a program that was built for another machine: qemu-aarch64-static, ...
RUN        ?=

.PHONY: install
install: all ## put the program, its pages, the service and its configuration where they belong (DESTDIR, PREFIX)
	$(Q)install -D -m 755 $(BUILD)/capsieve $(DESTDIR)$(PREFIX)/bin/capsieve
	$(Q)for page in $(MANUAL); do \
		install -D -m 644 $$page $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/} || exit; done
	$(Q)install -d -m 755 $(DESTDIR)$(PREFIX)/share/bash-completion/completions $(DESTDIR)$(ZSHDIR)
	$(Q)$(RUN) $(BUILD)/capsieve completion bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/capsieve
	$(Q)$(RUN) $(BUILD)/capsieve completion zsh > $(DESTDIR)$(ZSHDIR)/_capsieve
	$(Q)chmod 644 $(DESTDIR)$(PREFIX)/share/bash-completion/completions/capsieve $(DESTDIR)$(ZSHDIR)/_capsieve
	$(Q)install -D -m 644 docs/example-rules.yaml $(DESTDIR)$(PREFIX)/share/capsieve/rules.d/50-start.yaml
	$(Q)install -d -m 755 $(DESTDIR)$(UNITDIR)
	$(Q)sed 's@/usr/bin/capsieve@$(PREFIX)/bin/capsieve@' packaging/systemd/capsieve.service \
		> $(DESTDIR)$(UNITDIR)/capsieve.service
	$(Q)chmod 644 $(DESTDIR)$(UNITDIR)/capsieve.service
	$(Q)install -d -m 755 $(DESTDIR)$(SYSCONFDIR)/capsieve/rules.d
	$(Q)[ -e $(DESTDIR)$(SYSCONFDIR)/capsieve/capsieve.yaml ] || \
		install -m 644 packaging/capsieve.yaml $(DESTDIR)$(SYSCONFDIR)/capsieve/capsieve.yaml
	$(Q)[ -e $(DESTDIR)$(SYSCONFDIR)/logrotate.d/capsieve ] || \
		install -D -m 644 packaging/logrotate/capsieve $(DESTDIR)$(SYSCONFDIR)/logrotate.d/capsieve
