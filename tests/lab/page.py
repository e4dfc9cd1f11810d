"""Reads what a login gives, for the demo.

page.py form PAGE BODY    the page's form: writes its fields to BODY, ready to be posted, and
                          prints where to
page.py row ANSWER        the tenant's answer as a table's cells: verdict, name, mail, groups
"""

import html.parser
import json
import sys
import urllib.parse


class Form(html.parser.HTMLParser):
    """The action and the fields of the first form."""

    def __init__(self):
        super().__init__()
        self.action = None
        self.fields = {}

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "form" and self.action is None:
            self.action = attrs.get("action")
        if tag == "input" and attrs.get("name"):
            self.fields[attrs["name"]] = attrs.get("value") or ""


def form(page, body):
    parser = Form()
    with open(page, encoding="utf-8") as file:
        parser.feed(file.read())
    if not parser.action or "wresult" not in parser.fields:
        sys.exit("the page holds no token")
    with open(body, "w", encoding="ascii") as file:
        file.write(urllib.parse.urlencode(parser.fields))
    print(parser.action)


def row(answer):
    with open(answer, encoding="utf-8") as file:
        answer = json.load(file)
    if not answer.get("verified"):
        sys.exit(answer.get("reason", "not verified").splitlines()[0])
    claims = {name.rsplit("/", 1)[1]: value for name, value in answer["claims"].items()}
    groups = claims.get("groups", [])
    groups = [groups] if isinstance(groups, str) else sorted(groups)
    print("verified", claims.get("name", "-"), claims.get("emailaddress", "-"), ", ".join(groups), sep="\t")


if __name__ == "__main__":
    {"form": form, "row": row}[sys.argv[1]](*sys.argv[2:])
