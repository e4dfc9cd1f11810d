# shellcheck shell=bash
# Where the time went: parts with their seconds, and the tests that took longest. Sourced. AD_EDGE_TIMES is
# the folder of both, and makes one table of a script and of those that it calls.

part_name=
part_began=0

# part NAME: what follows is this part, until the next one or part_end.
part() {
    part_end
    part_name=$1 part_began=$(date +%s%N)
    printf '\n[%4d s] %s\n' "$(($(date +%s) - times_began))" "$1"
}

part_end() {
    [ -n "$part_name" ] || return 0
    printf '%s\t%s\n' "$((($(date +%s%N) - part_began) / 100000000))" "$part_name" >>"$AD_EDGE_TIMES/parts"
    part_name=
}

# times_begin: makes the folder, unless a script that called this one has. The caller's EXIT trap calls
# times_end, which removes it.
times_begin() {
    times_began=$(date +%s)
    times_are_mine=
    if [ -z "${AD_EDGE_TIMES:-}" ]; then
        AD_EDGE_TIMES=$(mktemp -d)
        export AD_EDGE_TIMES
        times_are_mine=1
    fi
}

# times_junit NAME FILE...: keeps what nextest wrote of a stage, which is in one of the files.
times_junit() {
    local name=$1 file
    shift
    for file in "$@"; do
        [ ! -e "$file" ] || mv "$file" "$AD_EDGE_TIMES/$name.junit.xml"
    done
}

# times_end: the parts in order, and the slowest tests; prints nothing where the calling script will. Removes
# the folder. For an EXIT trap, so that a run that fails or is interrupted prints its table too.
times_end() {
    [ -n "${AD_EDGE_TIMES:-}" ] || return 0
    part_end || true
    [ -n "${times_are_mine:-}" ] || return 0
    times_are_mine=
    times_table || true
    rm -rf "$AD_EDGE_TIMES"
}

times_table() {
    [ -e "$AD_EDGE_TIMES/parts" ] || return 0
    printf '\nWhere the time went\n\n'
    awk -F '\t' '{ printf "%7.1f s  %s\n", $1 / 10, $2; sum += $1 }
        END { printf "%7.1f s  in all\n", sum / 10 }' "$AD_EDGE_TIMES/parts"
    python3 - "$AD_EDGE_TIMES" <<'END'
import glob, sys
import xml.etree.ElementTree as tree

tests = []
for file in glob.glob(sys.argv[1] + "/*.junit.xml"):
    for case in tree.parse(file).iter("testcase"):
        tests.append((float(case.get("time") or 0), case.get("classname"), case.get("name")))
if tests:
    tests.sort(reverse=True)
    print(f"\nThe slowest of {len(tests)} tests\n")
    for seconds, group, name in tests[:15]:
        print(f"{seconds:7.1f} s  {group.split('::')[-1]} {name}")
END
}
