# Builds, installs and packs. DESTDIR for packagers, PREFIX for everyone: `make install PREFIX=/usr/local`.
PREFIX ?= /usr
DESTDIR ?=
SYSCONFDIR ?= /etc
UNITDIR ?= $(PREFIX)/lib/systemd/system
ASSETS = target/assets
D = $(DESTDIR)$(PREFIX)

.PHONY: build install uninstall deb musl

build:
	cargo build --release --locked
	cargo run --release --locked --quiet --example assets -- $(ASSETS)

install: build
	install -Dm755 target/release/liveblogd $(D)/bin/liveblogd
	install -d $(D)/share/man/man1
	install -m644 $(ASSETS)/*.1 $(D)/share/man/man1/
	install -Dm644 $(ASSETS)/liveblogd.bash $(D)/share/bash-completion/completions/liveblogd
	install -Dm644 $(ASSETS)/_liveblogd $(D)/share/zsh/vendor-completions/_liveblogd
	install -Dm644 $(ASSETS)/liveblogd.fish $(D)/share/fish/vendor_completions.d/liveblogd.fish
	install -d $(DESTDIR)$(UNITDIR)
	sed 's|/usr/bin/liveblogd|$(PREFIX)/bin/liveblogd|' systemd/liveblogd.service > $(DESTDIR)$(UNITDIR)/liveblogd.service
	install -m644 systemd/liveblogd.socket $(DESTDIR)$(UNITDIR)/
	install -Dm644 systemd/liveblogd.sysusers $(D)/lib/sysusers.d/liveblogd.conf
	install -Dm644 systemd/liveblogd.tmpfiles $(D)/lib/tmpfiles.d/liveblogd.conf
	install -Dm644 config/liveblogd.toml $(D)/share/doc/liveblogd/liveblogd.toml
	install -m644 systemd/examples/*.conf docs/operators.md docs/consumers.md $(D)/share/doc/liveblogd/
	# What an administrator wrote stays.
	[ -e $(DESTDIR)$(SYSCONFDIR)/liveblogd/liveblogd.toml ] || \
		install -Dm644 packaging/liveblogd.toml $(DESTDIR)$(SYSCONFDIR)/liveblogd/liveblogd.toml

# The configuration, the state and the pages stay.
uninstall:
	rm -f $(D)/bin/liveblogd $(D)/share/man/man1/liveblogd*.1 \
		$(D)/share/bash-completion/completions/liveblogd $(D)/share/zsh/vendor-completions/_liveblogd \
		$(D)/share/fish/vendor_completions.d/liveblogd.fish \
		$(DESTDIR)$(UNITDIR)/liveblogd.service $(DESTDIR)$(UNITDIR)/liveblogd.socket \
		$(D)/lib/sysusers.d/liveblogd.conf $(D)/lib/tmpfiles.d/liveblogd.conf
	rm -rf $(D)/share/doc/liveblogd

# Needs `cargo install cargo-deb`.
deb: build
	cargo deb --no-build --locked

# Static, for any Linux: needs `rustup target add x86_64-unknown-linux-musl` and musl-gcc (Debian: musl-tools).
musl:
	cargo build --release --locked --target x86_64-unknown-linux-musl
