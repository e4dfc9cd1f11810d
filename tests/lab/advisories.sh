#!/usr/bin/env bash
# Whether a known advisory speaks of what is built in, by cargo-deny with a copy of RustSec's data base that
# is here already: nothing is fetched.
#
#   tests/lab/advisories.sh DATA_BASE WORK_FOLDER
set -euo pipefail

if [ $# -ne 2 ] || [ ! -d "$1/crates" ]; then
    echo "usage: $0 DATA_BASE WORK_FOLDER (DATA_BASE is a copy of https://github.com/rustsec/advisory-db)" >&2
    exit 64
fi
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(cd "$2" && pwd)
source=$work/advisory-db
address=https://github.com/rustsec/advisory-db

# cargo-deny wants a git repository with a branch main, which a copy need not be.
mkdir "$source"
cp -r --no-preserve=mode "$1/crates" "$source"
git -C "$source" init --quiet --initial-branch=main
git -C "$source" add --all
git -C "$source" -c user.name=ad-edge -c user.email=ad-edge@localhost.invalid commit --quiet --message="A copy of $1"
{
    cat "$root/deny.toml"
    printf '\n[advisories]\ndb-path = "%s"\ndb-urls = ["%s"]\n' "$work/fetched" "$address"
} >"$work/deny.toml"

# Git takes the copy where cargo-deny names the address.
cd "$root"
GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0="url.file://$source.insteadOf" GIT_CONFIG_VALUE_0=$address \
    cargo deny --config "$work/deny.toml" check advisories
