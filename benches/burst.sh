#!/usr/bin/env bash
# All come at nine: so many distinct users in so many seconds, with nothing remembered, at three instances, and
# then once more. Each token's groups are compared. On a domain of its own, which is removed at the end. Ends with
# 0 when no token was wrong, nobody was refused, and the 99th percentile was below two seconds.
#
#   benches/burst.sh [USERS [GROUPS [LOGINS [SECONDS]]]]      10000 1000 2000 60
#
# AD_EDGE names another program than the release build.
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

users=${1:-10000} groups=${2:-1000} logins=${3:-2000} seconds=${4:-60}
need_root
need_packages "$LAB_PACKAGES" "$BUILD_PACKAGES"
if [ -z "${AD_EDGE:-}" ]; then
    need_cargo
    (cd "$root" && cargo build --release)
    AD_EDGE=$root/target/release/ad-edge
fi

LAB_STATE=$(mktemp -d /tmp/ad-edge-burst.XXXXXX)
instances=()
# shellcheck disable=SC2317  # the trap calls it
cleanup() {
    [ ${#instances[@]} -eq 0 ] || kill "${instances[@]}" 2>/dev/null || true
    wait
    "$root/tests/lab/lab.sh" down "$LAB_STATE" || true
    rm -rf "$LAB_STATE"
}
trap cleanup EXIT
"$root/tests/lab/lab.sh" up "$LAB_STATE"
"$root/tests/lab/lab.sh" down "$LAB_STATE"
echo "adding $users users and $groups groups, for some minutes"
python3 "$root/benches/burst.py" ldif "$users" "$groups" >"$LAB_STATE/burst.ldif"
ldbadd --configfile="$LAB_STATE/domain/etc/smb.conf" --nosync -H "$LAB_STATE/domain/private/sam.ldb" \
    "$LAB_STATE/burst.ldif"
"$root/tests/lab/lab.sh" up "$LAB_STATE"
# shellcheck disable=SC1091
. "$LAB_STATE/lab.env"

# Behind a proxy that has signed the users in: so many passwords and tickets would take the controller long.
at=()
for number in 1 2 3; do
    home_make "$LAB_STATE/home$number"
    PORT=844$number OPS_LISTEN=$LAB_ADDRESS:946$number INSTANCE_NAME=burst-$number \
        TLS_TERMINATION=proxy PROXY_PROTOCOL=off WITH_KERBEROS_PROXY_FRONTEND=true ADMIN_LISTEN=off \
        ALLOW_PASSWORD_CHANGE_REQUIRED=true LOG_LEVEL=warn "$AD_EDGE" serve --home "$LAB_STATE/home$number" \
        >"$LAB_STATE/log/instance$number" 2>&1 &
    instances+=($!)
    at+=("844$number:946$number")
done
# shellcheck disable=SC2317  # wait_until calls it
ready() {
    local number
    for number in 1 2 3; do
        curl -fsS "http://$LAB_ADDRESS:946$number/readyz" >/dev/null || return 1
    done
}
wait_until 60 "the instances are not ready" ready
python3 "$root/benches/burst.py" run "$users" "$groups" "$logins" "$seconds" "$LAB_ADDRESS" "${at[@]}"
