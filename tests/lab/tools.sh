# shellcheck shell=bash disable=SC2034
# Programs of the tests that no Debian package has: cargo's subcommands and npm's modules. Each is taken as
# it is when it is there, and otherwise made once and kept outside of the project, so that neither a clean
# clone nor an emptied `target` pays for it again. Sourced.

TOOLS_CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/ad-edge
NEXTEST_VERSION=0.9.143
DENY_VERSION=0.20.2

# need_cargo_tool NAME VERSION: `cargo NAME` is there afterwards, in that version or a newer one.
need_cargo_tool() {
    local name=$1 version=$2 kept=$TOOLS_CACHE/cargo-$1-$2 found
    found=$("cargo-$name" --version 2>/dev/null | awk 'NR == 1 { print $2 }') || true
    if [ -n "$found" ] && printf '%s\n' "$version" "$found" | sort --check=quiet --version-sort; then
        return 0
    fi
    if [ ! -x "$kept/bin/cargo-$name" ]; then
        echo "cargo-$name $version is not here yet: it is built once, which takes some minutes, and kept in $kept"
        mkdir -p "$TOOLS_CACHE"
        # Its own folder for the build, whatever CARGO_TARGET_DIR says; one at a time, should two runs meet.
        env -u CARGO_TARGET_DIR flock "$TOOLS_CACHE/lock" \
            cargo install --quiet --locked --root "$kept" --version "$version" "cargo-$name" || {
            echo "cargo-$name $version could not be installed. Look at what cargo says above; without a network," \
                "put cargo-$name into the PATH." >&2
            return 1
        }
    fi
    PATH=$kept/bin:$PATH
}

# need_modules FOLDER: makes FOLDER/node_modules lead to the modules of tests/lab/node/package-lock.json:
# xml-crypto gives a second opinion on signatures, playwright-core drives Chromium, adm-zip is the legacy
# connector's own library.
need_modules() {
    local lock key kept made
    lock=$(dirname "${BASH_SOURCE[0]}")/node/package-lock.json
    key=$(sha256sum "$lock" | cut -c-16)
    kept=$TOOLS_CACHE/node-$key
    if [ ! -d "$kept/node_modules" ]; then
        echo "npm's modules are not here yet: they are fetched once, and kept in $kept"
        mkdir -p "$TOOLS_CACHE"
        made=$(mktemp -d "$TOOLS_CACHE/node.XXXXXX")
        cp "$lock" "$(dirname "$lock")/package.json" "$made"
        npm ci --silent --no-audit --no-fund --ignore-scripts --prefix "$made" || {
            rm -rf "$made"
            echo "npm could not fetch the modules of $lock. Look at what it says above." >&2
            return 1
        }
        # Whole or not at all; another run may have been quicker.
        mv --no-target-directory "$made" "$kept" 2>/dev/null || rm -rf "$made"
    fi
    mkdir -p "$1"
    ln -sfn "$kept/node_modules" "$1/node_modules"
}
