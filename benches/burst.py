"""Users who all come at once: a directory of them, and their logins with each token compared.

  burst.py ldif USERS GROUPS                                     the directory, for ldbadd
  burst.py run USERS GROUPS LOGINS SECONDS HOST PORT:OPS...      the logins, at instances that trust this client
"""

import asyncio
import html
import random
import re
import sys
import time
import urllib.request

BASE = "OU=Burst,DC=corp,DC=example"
EACH = 8
GROUPS = re.compile(
    r'AttributeName="groups" AttributeNamespace="http://schemas.passportjs.com">(.*?)</saml:Attribute>'
)
VALUE = re.compile(r"<saml:AttributeValue[^>]*>(.*?)</saml:AttributeValue>")


def user(number):
    return f"burst-{number:05}"


def group(number):
    return f"burst-group-{number:04}"


def direct(number, groups):
    """The groups that a user is directly in: of the lower nine tenths, which are in the others."""
    return random.Random(number).sample(range(groups // 10, groups), EACH)


def expected(number, groups):
    found, next_ = set(), list(direct(number, groups))
    while next_:
        one = next_.pop()
        if one not in found:
            found.add(one)
            # Each group but the first ten is in one with a tenth of its number.
            next_ += [one // 10] if one >= 10 else []
    return {group(one) for one in found}


def ldif(users, groups):
    members = {number: [] for number in range(groups)}
    print(f"dn: {BASE}\nobjectClass: organizationalUnit\n")
    for number in range(users):
        name = user(number)
        print(
            f"dn: CN={name},{BASE}\nobjectClass: user\nsAMAccountName: {name}\n"
            f"userPrincipalName: {name}@corp.example\nmail: {name}@corp.example\n"
            f"displayName: {name}\nuserAccountControl: 512\n"
        )
        for one in direct(number, groups):
            members[one].append(f"CN={name},{BASE}")
    for number in range(10, groups):
        members[number // 10].append(f"CN={group(number)},{BASE}")
    for number in reversed(range(groups)):
        print(f"dn: CN={group(number)},{BASE}\nobjectClass: group\nsAMAccountName: {group(number)}")
        print("".join(f"member: {dn}\n" for dn in members[number]))


async def login(number, groups, host, port):
    """Status, whether the token names the user's groups, and seconds."""
    begun = time.monotonic()
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(
        f"GET /wsfed HTTP/1.1\r\nHost: login.corp.example:8443\r\n"
        f"X-Forwarded-User: {user(number)}\r\nConnection: close\r\n\r\n".encode()
    )
    answer = (await reader.read()).decode()
    writer.close()
    took = time.monotonic() - begun
    status = int(answer.split(" ", 2)[1]) if answer else 0
    token = html.unescape(html.unescape(answer))
    listed = GROUPS.search(token)
    named = set(VALUE.findall(listed.group(1))) if listed else set()
    return status, named == expected(number, groups), took


def searches(host, ports):
    total = 0
    for port in ports:
        with urllib.request.urlopen(f"http://{host}:{port}/metrics") as page:
            for line in page.read().decode().splitlines():
                if line.startswith("ad_edge_directory_searches_total"):
                    total += int(float(line.split()[-1]))
    return total


async def run(users, groups, logins, seconds, host, instances):
    ports, ops = zip(*(map(int, instance.split(":")) for instance in instances))
    good = True
    for round_ in ("cold", "warm"):
        before, under_way = searches(host, ops), []
        begun = time.monotonic()
        for number in range(logins):
            await asyncio.sleep(max(0, begun + seconds * number / logins - time.monotonic()))
            port = ports[number % len(ports)]
            under_way.append(asyncio.create_task(login(number % users, groups, host, port)))
        results = await asyncio.gather(*under_way, return_exceptions=True)
        failed = [one for one in results if isinstance(one, BaseException)]
        answers = [one for one in results if not isinstance(one, BaseException)]
        times = sorted(one[2] for one in answers)
        signed = [one for one in answers if one[0] == 200]
        wrong = sum(1 for one in signed if not one[1])
        refused = len(answers) - len(signed)
        at = lambda part: times[int(part * (len(times) - 1))] * 1000
        print(
            f"{round_}: {logins} logins in {time.monotonic() - begun:.1f} s: "
            f"{len(signed) - wrong} right, {wrong} wrong tokens, {refused} refused, {len(failed)} cut; "
            f"p50 {at(0.5):.0f} ms, p99 {at(0.99):.0f} ms, longest {at(1):.0f} ms; "
            f"{(searches(host, ops) - before) / logins:.2f} searches a login",
            flush=True,
        )
        good = good and not wrong and not refused and not failed and at(0.99) < 2000
    sys.exit(0 if good else 1)


def main(words):
    if words[0] == "ldif":
        ldif(*map(int, words[1:3]))
    else:
        users, groups, logins = map(int, words[1:4])
        asyncio.run(run(users, groups, logins, float(words[4]), words[5], words[6:]))


main(sys.argv[1:])
