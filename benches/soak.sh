#!/usr/bin/env bash
# A million logins of every kind on three instances behind the balancer, and what these hold of memory, threads
# and open files meanwhile, on a domain of its own, which is removed at the end. Takes some two hours; says at the
# end whether it was flat, and fails when not.
#
#   benches/soak.sh
#   benches/soak.sh --logins 20000 --rate 100 --minutes 10 --samples soak.txt
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
cargo bench --features lab --bench soak --no-run

LAB_STATE=$(mktemp -d /tmp/ad-edge-soak.XXXXXX)
soak=
# shellcheck disable=SC2317  # the trap calls it
cleanup() {
    trap '' INT TERM
    # Instances, balancer and clients are of its group.
    [ -z "$soak" ] || kill -KILL -- "-$soak" 2>/dev/null || true
    "$root/tests/lab/lab.sh" down "$LAB_STATE" || true
    rm -rf "$LAB_STATE"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
"$root/tests/lab/lab.sh" up "$LAB_STATE"
# shellcheck disable=SC1091
. "$LAB_STATE/lab.env"
home_make "$LAB_STATE/home"
# What it makes elsewhere goes with the lab too.
mkdir "$LAB_STATE/tmp"
AD_EDGE_LAB=$LAB_STATE TMPDIR=$LAB_STATE/tmp setsid cargo bench --features lab --bench soak -- "$@" &
soak=$!
wait "$soak"
