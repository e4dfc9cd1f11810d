#!/usr/bin/env bash
# The lab's domain in a state folder, for the demo, the tests and by hand.
#
#   tests/lab/lab.sh up STATE       makes it (once) and starts it; writes STATE/lab.env
#   tests/lab/lab.sh tests STATE    the same, and makes what the tests need beside it
#   tests/lab/lab.sh down STATE     stops what it started
#   tests/lab/lab.sh status STATE   whether it runs
set -euo pipefail

if [ $# -ne 2 ]; then
    echo "usage: $0 up|tests|down|status STATE_FOLDER" >&2
    exit 64
fi
mkdir -p "$2"
LAB_STATE=$(cd "$2" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/lab/packages.sh
. "$here/packages.sh"
# shellcheck source=tests/lab/process.sh
. "$here/process.sh"
# shellcheck source=tests/lab/address.sh
. "$here/address.sh"
# shellcheck source=tests/lab/domain.sh
. "$here/domain.sh"

up() {
    if process_pid samba >/dev/null; then
        return 0
    fi
    need_root
    chmod 700 "$LAB_STATE"
    take_address "$(sed -n 's/^LAB_ADDRESS=//p' "$LAB_STATE/lab.env" 2>/dev/null || true)"
    domain_up || {
        domain_down
        exit 1
    }
    cat >"$LAB_STATE/lab.env" <<END
LAB_ADDRESS=$LAB_ADDRESS
LAB_STATE=$LAB_STATE
LAB_REALM=CORP.EXAMPLE
LAB_PASSWORD=$LAB_PASSWORD
END
}

case $1 in
up)
    up
    ;;
tests)
    # shellcheck source=tests/lab/tools.sh
    . "$here/tools.sh"
    # shellcheck source=tests/lab/home.sh
    . "$here/home.sh"
    LAB_PRISTINE=1 up
    # shellcheck disable=SC1091
    . "$LAB_STATE/lab.env"
    need_modules "$LAB_STATE/node"
    home_make "$LAB_STATE/home"
    ;;
down)
    domain_down
    ;;
status)
    if process_pid samba >/dev/null; then
        echo "the domain controller runs on $(sed -n 's/^LAB_ADDRESS=//p' "$LAB_STATE/lab.env")"
    else
        echo "the domain controller does not run"
        exit 1
    fi
    ;;
*)
    echo "unknown command: $1" >&2
    exit 64
    ;;
esac
