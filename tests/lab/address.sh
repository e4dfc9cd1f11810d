# shellcheck shell=bash disable=SC2034
# A loopback address of its own for each lab, so that a demo and test runs work at the same time:
# a domain controller's ports are fixed, its address is not. Sourced.

LAB_PORTS="88 389 464 636 3268 3269 4001 4002 4003 8405 8443 9443 9461 9462 9463"

# take_address [PREFERRED]: sets LAB_ADDRESS. The lock on the address is held by file descriptor 9
# in this shell and in every process that it starts, so it ends with the last of them and never
# goes stale.
take_address() {
    local preferred=${1:-} candidate candidates=()
    mkdir -p /run/ad-edge-lab
    [ -z "$preferred" ] || candidates+=("$preferred")
    mapfile -t -O ${#candidates[@]} candidates < <(shuf -i 2-250 | sed 's/^/127.0.87./')
    for candidate in "${candidates[@]}"; do
        exec 9>>"/run/ad-edge-lab/$candidate.lock"
        if flock -n 9 && address_free "$candidate"; then
            LAB_ADDRESS=$candidate
            return 0
        fi
        exec 9>&-
    done
    echo "No free address in 127.0.87.0/24: some program listens on every address, on one of the ports $LAB_PORTS (see: ss -Hltnp)." >&2
    return 1
}

address_free() {
    local used port
    used=$(ss -Hltn | awk '{ print $4 }')
    for port in $LAB_PORTS; do
        if grep -qxE "($1|0\.0\.0\.0|\*|\[::\]):$port" <<<"$used"; then
            return 1
        fi
    done
}
