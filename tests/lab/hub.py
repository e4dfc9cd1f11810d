"""What the demo asks and reads at the hub of the tenant stand-in.

    hub.py agents COUNT < answer             whether that many instances are connected
    hub.py request EVENT USER PASSWORD       the body of a request
    hub.py row USER EXPECTED SECONDS < answer
                                             one line for people; fails when it is not EXPECTED
"""
import json
import sys


def agents(count):
    return len(json.load(sys.stdin)["agents"]) == int(count)


def request(event, user, password):
    claims = {"username": user, "password": password}
    json.dump({"event": event, "claims": claims}, sys.stdout)
    return True


def row(user, expected, seconds):
    answer = json.load(sys.stdin)
    payload = answer["payload"]
    verdict = payload["err"].get("name", "Unexpected Error") if "err" in payload else "ok"
    profile = payload["profile"] if verdict == "ok" else {}
    name, groups = profile.get("displayName", "-"), ", ".join(sorted(profile.get("groups", [])))
    milliseconds = float(seconds) * 1000
    print(f"{answer['agent']:<6} {user:<6} {milliseconds:6.1f}  {verdict:<16} {name:<12} {groups}")
    return verdict == expected


if __name__ == "__main__":
    work = {"agents": agents, "request": request, "row": row}[sys.argv[1]]
    sys.exit(0 if work(*sys.argv[2:]) else 1)
