#!/usr/bin/env bash
# Restarts a fleet one instance after the other, so that no login is lost: each only when all others
# are ready, and the next one only when it is ready again. Stops at the first that does not come back.
#
#   deploy/rolling-restart.sh NAME=READYZ_URL... -- COMMAND...
#
# COMMAND restarts one instance and returns when it was started; {} in it stands for NAME:
#
#   deploy/rolling-restart.sh edge1=http://edge1:9464/readyz edge2=http://edge2:9464/readyz \
#       -- ssh {} sudo systemctl restart ad-edge
#
# READY_LIMIT (60) is how many seconds an instance may take to become ready, SETTLE (2) how many the
# balancer gets to find it ready.
set -euo pipefail

limit=${READY_LIMIT:-60}
settle=${SETTLE:-2}

usage() {
    sed -n '2,15s/^# \{0,1\}//p' "$0" >&2
    exit 64
}

names=()
urls=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    case $1 in
    ?*=http*) ;;
    *) usage ;;
    esac
    names+=("${1%%=*}")
    urls+=("${1#*=}")
    shift
done
[ "${1:-}" = -- ] || usage
shift
[ $# -gt 0 ] && [ ${#names[@]} -gt 0 ] || usage

is_ready() {
    curl -fsS --max-time 2 -o /dev/null "$1" 2>/dev/null
}

# await_ready NAME URL
await_ready() {
    local end=$((SECONDS + limit))
    until is_ready "$2"; do
        if [ "$SECONDS" -ge "$end" ]; then
            printf '%s is not ready after %s s: %s\n' "$1" "$limit" \
                "$(curl -sS --max-time 2 "$2" 2>&1 | head -n 3)" >&2
            return 1
        fi
        sleep 0.2
    done
}

for i in "${!names[@]}"; do
    for j in "${!names[@]}"; do
        await_ready "${names[j]}" "${urls[j]}" || {
            echo "nothing was done to ${names[i]}: it is restarted when all are ready" >&2
            exit 1
        }
    done
    printf '%s: restarting\n' "${names[i]}"
    "${@//\{\}/${names[i]}}" || {
        echo "${names[i]}: the command failed; the others are as they were" >&2
        exit 1
    }
    await_ready "${names[i]}" "${urls[i]}" || {
        echo "the others are as they were" >&2
        exit 1
    }
    printf '%s: ready\n' "${names[i]}"
    sleep "$settle"
done
echo "all ${#names[@]} were restarted"
