#!/usr/bin/env bash
# What logins cost in CPU time, measured on a domain of its own, which is removed at the end. Takes a
# few minutes, most of them for the release build.
#
#   benches/run.sh
set -euo pipefail
export LC_NUMERIC=C

root=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=tests/lab/packages.sh
. "$root/tests/lab/packages.sh"
# shellcheck source=tests/lab/process.sh
. "$root/tests/lab/process.sh"
# shellcheck source=tests/lab/domain.sh
. "$root/tests/lab/domain.sh"
# shellcheck source=tests/lab/home.sh
. "$root/tests/lab/home.sh"

need_root
need_packages "$LAB_PACKAGES" "$BUILD_PACKAGES"
need_cargo
cd "$root"
cargo bench --features lab --bench logins --bench kerberos --bench bare --bench points --no-run

LAB_STATE=$(mktemp -d /tmp/ad-edge-bench.XXXXXX)
# shellcheck disable=SC2317  # the trap calls it
cleanup() {
    "$root/tests/lab/lab.sh" down "$LAB_STATE" || true
    rm -rf "$LAB_STATE"
}
trap cleanup EXIT
"$root/tests/lab/lab.sh" up "$LAB_STATE"
# shellcheck disable=SC1091
. "$LAB_STATE/lab.env"
home_make "$LAB_STATE/home"
export AD_EDGE_LAB=$LAB_STATE
cargo bench --features lab --bench logins
cargo bench --features lab --bench bare
# Its own tokens: a user's ticket, and the service's key without a replay cache, which ad-edge has none of.
export KRB5_CONFIG=$LAB_STATE/krb5.conf KRB5CCNAME=FILE:$LAB_STATE/bench.ccache
export KRB5_KTNAME=$LAB_STATE/home/certs/krb5.keytab KRB5RCACHENAME=none:
kinit alice <"$LAB_STATE/password" >/dev/null
cargo bench --features lab --bench kerberos
# Last, since it fails when the model is too far away.
cargo bench --features lab --bench points
