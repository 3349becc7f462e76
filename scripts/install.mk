# SPDX-License-Identifier: BSD-2-Clause
#
# Where things go. DESTDIR=DIR puts all of it below DIR; what is configured there already stays, also when the rest goes.

PREFIX     ?= /usr
SYSCONFDIR ?= /etc
UNITDIR    ?= $(PREFIX)/lib/systemd/system
DOCDIR     ?= $(PREFIX)/share/doc/capsieve
BASHDIR    ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR     ?= $(PREFIX)/share/zsh/site-functions
MANUAL      = $(sort $(wildcard docs/*.1 docs/*.5))
GUIDES      = README.md $(sort $(wildcard docs/*.md))
EXTRAS      = packaging/grafana/capsieve.json packaging/prometheus/capsieve.rules.yaml
# What runs a program that was built for another machine: qemu-aarch64-static, ...
RUN        ?=

# Everything that `make uninstall` takes away, and nothing that anybody could have changed.
INSTALLED   = $(PREFIX)/bin/capsieve $(PREFIX)/share/capsieve/rules.d/50-start.yaml $(UNITDIR)/capsieve.service \
	      $(BASHDIR)/capsieve $(ZSHDIR)/_capsieve \
	      $(foreach page,$(MANUAL),$(PREFIX)/share/man/man$(patsubst .%,%,$(suffix $(page)))/$(notdir $(page))) \
	      $(addprefix $(DOCDIR)/,$(notdir $(GUIDES) $(EXTRAS)))
OWN_DIRS    = $(PREFIX)/share/capsieve/rules.d $(PREFIX)/share/capsieve $(DOCDIR)

.PHONY: install uninstall
install: all ## put the program, its pages, the service and its configuration where they belong (DESTDIR, PREFIX)
	$(Q)install -D -m 755 $(BUILD)/capsieve $(DESTDIR)$(PREFIX)/bin/capsieve
	$(Q)for page in $(MANUAL); do \
		install -D -m 644 $$page $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/} || exit; done
	$(Q)install -D -m 644 -t $(DESTDIR)$(DOCDIR) $(GUIDES) $(EXTRAS)
	$(Q)install -d -m 755 $(DESTDIR)$(BASHDIR) $(DESTDIR)$(ZSHDIR) $(DESTDIR)$(UNITDIR) $(DESTDIR)$(SYSCONFDIR)/capsieve/rules.d
	$(Q)$(RUN) $(BUILD)/capsieve completion bash > $(DESTDIR)$(BASHDIR)/capsieve
	$(Q)$(RUN) $(BUILD)/capsieve completion zsh > $(DESTDIR)$(ZSHDIR)/_capsieve
	$(Q)sed 's@/usr/bin/capsieve@$(PREFIX)/bin/capsieve@' packaging/systemd/capsieve.service \
		> $(DESTDIR)$(UNITDIR)/capsieve.service
	$(Q)chmod 644 $(DESTDIR)$(BASHDIR)/capsieve $(DESTDIR)$(ZSHDIR)/_capsieve $(DESTDIR)$(UNITDIR)/capsieve.service
	$(Q)install -D -m 644 docs/example-rules.yaml $(DESTDIR)$(PREFIX)/share/capsieve/rules.d/50-start.yaml
	$(Q)[ -e $(DESTDIR)$(SYSCONFDIR)/capsieve/capsieve.yaml ] || \
		install -m 644 packaging/capsieve.yaml $(DESTDIR)$(SYSCONFDIR)/capsieve/capsieve.yaml
	$(Q)[ -e $(DESTDIR)$(SYSCONFDIR)/logrotate.d/capsieve ] || \
		install -D -m 644 packaging/logrotate/capsieve $(DESTDIR)$(SYSCONFDIR)/logrotate.d/capsieve

uninstall: ## take away what `make install` put there; configuration, rules and what the daemon keeps stay
	$(Q)rm -f $(addprefix $(DESTDIR),$(INSTALLED))
	$(Q)rmdir --ignore-fail-on-non-empty $(wildcard $(addprefix $(DESTDIR),$(OWN_DIRS)))
