#!/usr/bin/env bash
# Builds ctctl_VERSION_ARCH.deb with dpkg-deb: the program in /usr/lib/ctctl, the link /usr/bin/ctctl, the systemd units
# and their configuration. The workspace must be installed and built.
#   deploy/deb/build.sh [FOLDER]   writes the package to FOLDER (default: build/deb)
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${1:-build/deb}
mkdir -p "$out"
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 0755 "$root"

version=$(node -p 'require("./packages/cli/package.json").version')
arch=$(dpkg --print-architecture)
app=$root/usr/lib/ctctl

# --legacy: copies the packages of the workspace as they are built here. hoisted: one flat folder without paths of this
# machine.
npx -y pnpm@12.21.0 --filter=@conntrack/cli --config.node-linker=hoisted deploy --prod --legacy --prefer-offline --reporter=silent "$app"
# The optional package for tokens of an identity provider, without symbolic links to this machine.
cp -rL packages/api/node_modules/jose "$app/node_modules/jose"
rm -rf "$app"/node_modules/{.bin,.pnpm,.modules.yaml}
install -d "$root/usr/bin"
ln -s ../lib/ctctl/dist/ctctl.cjs "$root/usr/bin/ctctl"

install -D -m 0644 deploy/systemd/conntrack-api.service deploy/systemd/conntrack-api.socket -t "$root/usr/lib/systemd/system"
install -D -m 0644 deploy/systemd/conntrack.sysusers "$root/usr/lib/sysusers.d/conntrack.conf"
install -D -m 0644 deploy/systemd/conntrack-api.logrotate "$root/etc/logrotate.d/conntrack-api"
install -D -m 0640 deploy/systemd/server.yaml deploy/systemd/tokens.yaml -t "$root/etc/conntrack"
install -D -m 0644 LICENSE "$root/usr/share/doc/ctctl/copyright"

install -d "$root/DEBIAN"
cat >"$root/DEBIAN/control" <<CONTROL
Package: ctctl
Version: $version
Architecture: $arch
Maintainer: conntrack <conntrack@localhost>
Section: net
Priority: optional
Depends: nodejs (>= 20.19), libc6
Recommends: nftables
Installed-Size: $(du -sk --exclude=DEBIAN "$root" | cut -f1)
Description: list, filter and change Linux connection tracking; serve it over HTTP
 ctctl reads, filters, creates, changes and deletes entries of the kernel's
 connection tracking table, and serves the table over HTTP.
CONTROL
printf '%s\n' /etc/conntrack/server.yaml /etc/conntrack/tokens.yaml /etc/logrotate.d/conntrack-api >"$root/DEBIAN/conffiles"
install -m 0755 deploy/deb/postinst deploy/deb/prerm -t "$root/DEBIAN"

package=$out/ctctl_${version}_$arch.deb
dpkg-deb --root-owner-group --build "$root" "$package" >/dev/null
echo "$package"
