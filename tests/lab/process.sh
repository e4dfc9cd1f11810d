# shellcheck shell=bash
# Background processes of a lab: started in a group of their own, known by number and start time
# (numbers are used again), ended as a group. Sourced; LAB_STATE is the state folder.

# wait_until SECONDS WHAT COMMAND...: polls the command; says what did not happen in time.
wait_until() {
    local limit=$1 what=$2
    shift 2
    local end=$((SECONDS + limit))
    until "$@" >/dev/null 2>&1; do
        if [ "$SECONDS" -ge "$end" ]; then
            echo "after $limit s: $what" >&2
            return 1
        fi
        sleep 0.1
    done
}

process_started_at() {
    # The name, second in the line, may hold spaces: cut it off. The start is then the 20th.
    sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20
}

# process_pid NAME: its number, if it still runs.
process_pid() {
    local pid start
    read -r pid start 2>/dev/null <"$LAB_STATE/run/$1.pid" || return 1
    [ -n "$start" ] && [ "$(process_started_at "$pid")" = "$start" ] || return 1
    [ "$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null | cut -d' ' -f1)" != Z ] || return 1
    echo "$pid"
}

# group_gone PID: nothing of the group is left, but for the dead that nobody has collected.
group_gone() {
    ! ps -eo pgid=,stat= | awk -v group="$1" '$1 == group && $2 !~ /^Z/ { found = 1 } END { exit !found }'
}

# start_process NAME COMMAND...: output goes to log/NAME.log.
start_process() {
    local name=$1 pid
    shift
    mkdir -p "$LAB_STATE/run" "$LAB_STATE/log"
    # In a script, a background job leads no group, so setsid stays the same process.
    setsid "$@" </dev/null >>"$LAB_STATE/log/$name.log" 2>&1 &
    pid=$!
    disown "$pid"
    echo "$pid $(process_started_at "$pid")" >"$LAB_STATE/run/$name.pid"
}

# stop_process NAME [SECONDS]: asks, waits until the whole group is gone, insists after SECONDS.
stop_process() {
    local name=$1 limit=${2:-15} pid
    if pid=$(process_pid "$name"); then
        kill -TERM -- "-$pid" 2>/dev/null || true
        if ! wait_until "$limit" "$name is still there; it is killed" group_gone "$pid"; then
            kill -KILL -- "-$pid" 2>/dev/null || true
            wait_until 5 "$name survives being killed" group_gone "$pid" || return 1
        fi
    fi
    rm -f "$LAB_STATE/run/$name.pid"
}

port_open() {
    (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null
}

# show_log NAME: the end of a log, for a failure.
show_log() {
    echo "--- last lines of $LAB_STATE/log/$1.log"
    tail -n 15 "$LAB_STATE/log/$1.log" 2>/dev/null || true
} >&2
