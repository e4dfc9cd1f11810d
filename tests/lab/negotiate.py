"""Prints a Negotiate token in base64, made by the real GSSAPI with the ticket of KRB5CCNAME.

    negotiate.py SERVICE@HOST [BINDINGS]     BINDINGS: the application data of channel bindings, in hex
"""

import base64
import sys

import gssapi
from gssapi.raw import ChannelBindings

service = gssapi.Name(sys.argv[1], gssapi.NameType.hostbased_service)
spnego = gssapi.OID.from_int_seq("1.3.6.1.5.5.2")
bindings = None
if len(sys.argv) > 2:
    bindings = ChannelBindings(application_data=bytes.fromhex(sys.argv[2]))
context = gssapi.SecurityContext(
    name=service, mech=spnego, usage="initiate", channel_bindings=bindings
)
print(base64.b64encode(context.step()).decode())
