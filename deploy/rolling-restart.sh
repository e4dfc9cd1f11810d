#!/usr/bin/env bash
# Restarts a fleet one instance after the other, so that no login is lost: each only when all others
# are ready, and the next one only when it is ready again. Stops at the first that does not come back.
#
#   deploy/rolling-restart.sh NAME[=READYZ_URL]... -- COMMAND...
#
# COMMAND restarts one instance and returns when it was started; {} in it is replaced by NAME:
#
#   deploy/rolling-restart.sh edge1 edge2 edge3 -- ssh {} sudo systemctl restart ad-edge
#
# Whether NAME is ready is asked on its own machine, where OPS_LISTEN is by default: by READY, a command
# like the one above (ssh {} curl -fsS --max-time 2 http://127.0.0.1:9464/readyz). With a URL it is asked
# from here: edge1=http://10.0.0.11:9464/readyz, where OPS_LISTEN is an address of the inner network.
#
# READY_LIMIT (60) is how many seconds an instance may take to become ready, SETTLE (2) how many the
# balancer gets to find it ready.
set -euo pipefail

limit=${READY_LIMIT:-60}
settle=${SETTLE:-2}
ready='ssh -o ConnectTimeout=5 {} curl -fsS --max-time 2 http://127.0.0.1:9464/readyz'
ready=${READY:-$ready}

usage() {
    sed -n '2,/^set /s/^# \{0,1\}//p' "$0" >&2
    exit 64
}

names=()
urls=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    case $1 in
    ?*=http*)
        names+=("${1%%=*}")
        urls+=("${1#*=}")
        ;;
    '' | -* | *=*) usage ;;
    *)
        names+=("$1")
        urls+=('')
        ;;
    esac
    shift
done
[ "${1:-}" = -- ] || usage
shift
if [ $# -eq 0 ] || [ ${#names[@]} -eq 0 ]; then
    usage
fi

# ask NAME URL: what the instance says of itself; fails unless it is ready.
ask() {
    if [ -n "$2" ]; then
        curl -fsS --max-time 2 "$2" 2>&1
    else
        # A command of its own words, as an administrator writes it.
        timeout 10 bash -c "${ready//\{\}/$1}" </dev/null 2>&1
    fi
}

# await_ready NAME URL
await_ready() {
    local end=$((SECONDS + limit)) said
    until said=$(ask "$1" "$2"); do
        if [ "$SECONDS" -ge "$end" ]; then
            printf '%s is not ready after %s s: %s\n' "$1" "$limit" "$(head -n 3 <<<"$said")" >&2
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
