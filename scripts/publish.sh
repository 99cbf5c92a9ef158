#!/bin/sh
# Publishes the packages whose versions are new. Only for the release workflow.
set -eu
node scripts/metadata.mjs "${GITHUB_SERVER_URL:?}/${GITHUB_REPOSITORY:?}"
npx -y pnpm@12.21.0 -r publish --access public --no-git-checks
npx -y pnpm@12.21.0 exec changeset tag
