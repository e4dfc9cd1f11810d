# English. A message with .message is a page: its title, and what it says. Every other language has the
# same messages with the same variables; the tests compare them.

# The form, and the pages around it
sign-in = Sign in
choose = Choose how to sign in
user-name = User name
password = Password
by-certificate = Sign in with your certificate
by-kerberos = Sign in with your computer's account
other-ways = Other ways to sign in
signing-in = Signing you in…
asking = Your browser is asked for your company sign-in.
asking-stays = Your browser is asked for your company sign-in. If this page stays, connect to the company network or the VPN and open the application again.
no-proof = Your browser has shown no proof. Connect to the company network or the VPN, sign in to your computer with your company account, and try again.
on-the-way = You are on your way back to the application.
scripts-off = Scripts are switched off in your browser.
continue = Continue

# Below every page
error = Error
request-number = Request
give-number = If you ask for help, give the request number below.
get-help = Get help

# Notes
welcome = This server signs people in
    .message = There is nothing to do here. Open the application that you want to use; it sends you here and back when it needs to know who you are.
signed-out = You are not signed in here
    .message = This server keeps no session, so there is nothing to end. Sign out of the application itself; on a shared computer, sign out of the computer too.
wrong-way-in = This is not the way in
    .message = Open the application again; it knows the right address. Nothing should be typed here.
form-off = The form is switched off
    .message = Go back to the application and sign in from there.
no-way = There is no way to sign in here
    .message = The administrator has switched off every way. Go back to the application and sign in from there.
method-off = This way to sign in is switched off
    .message = Go back to the application and sign in from there.

# Errors of a request
page-not-found = This page does not exist
    .message = The address leads nowhere on this server. Go back to the application that you wanted to use and sign in from there.
wrong-method = This address is used differently
    .message = The page exists, but not for this kind of request. Go back to the application that you wanted to use and sign in from there.
too-much-data = Too much data was sent
    .message = The request is larger than any sign-in needs, so it was not read.
headers-too-large = Your browser sent too much at once
    .message = The headers of the request are larger than this server takes. This happens when an account is a member of very many groups, or when this site has left many cookies. Try a private window; if that does not help, tell your administrator, who can raise MAX_HEADER_SIZE.
taking-too-long = This is taking too long
    .message = The server could not answer in time. Wait a moment and try again.
form-not-understood = The form was not understood
    .message = What your browser sent did not arrive in a way that this server reads. Go back to the application that you wanted to use and sign in from there.
request-not-understood = The request was not understood
    .message = Something in the request is not as it should be. Go back to the application that you wanted to use and sign in from there.
server-error = Something went wrong
    .message = The server met a problem that it did not expect. Try again; if it happens again, tell your administrator.

# Requests of an application that lead to no sign-in
cannot-complete = This sign-in cannot be completed
repeated-parameter = The parameter { $parameter } is in the address more than once.
unknown-action = The request asks for wa={ $action }; this server knows wsignin1.0 and wsignout1.0.
no-application = The request names no application (wtrealm), and this server has no default. The administrator sets REALM in config.json.
unknown-application = The application { $application } is not known here. The administrator lists its addresses in config.json under that name.
unlisted-address = The address to return to (wreply) is not among those listed for the application { $application }, so nothing is sent there. The administrator adds it in config.json.

# Passwords and accounts
others-form = Sign in from this page
    .message = Another page sent a user name and a password here. They were not used: type yours below.
wrong-password = That did not match
    .message = The user name or the password is wrong. Check both and try again.
name-account = Your user name is like alice.
name-principal = Your user name is like { $name }.
name-account-or-principal = Your user name is like alice or { $name }.
name-mail = Your user name is your mail address.
password-must-change = Your password must be changed first
    .message = Change it on a company computer (Ctrl+Alt+Del, Change a password) or ask your help desk, then sign in with the new one.
too-many-attempts = Too many attempts
    .message = To protect your account, passwords are not checked here for a while. Try again later, or ask your help desk.
account-cannot-sign-in = This account cannot sign in at the moment
    .message = Ask your help desk; they can see why.
no-account = There is no account for you here
    .message = You proved who you are, but this directory has no account that is yours alone. Ask your administrator.
other-domain = Accounts of your domain cannot sign in here
    .message = You are known, but to another organisation's directory. Ask your administrator if you should have access.
directory-down = Sign-in is not possible for a moment
    .message = The company directory does not answer. This is not your fault; try again in a minute.
busy = Many people are signing in right now
    .message = This server has all it can do. Nothing is wrong with your account; try again in a few seconds.
not-finished = The sign-in could not be finished
    .message = You were recognised, but this server could not finish. Your administrator can see the cause in its log.

# Client certificates
no-certificate = Your browser has shown no certificate
    .message = Close all of its windows, open the application again, and choose your certificate when you are asked.
certificate-date = Your certificate is out of date
    .message = It has expired, or is not valid yet. Ask your help desk for a new one, and check that your computer's clock is right.
certificate-revoked = Your certificate was withdrawn
    .message = It counts no longer. Ask your help desk for a new one.
certificate-usage = This certificate is not for signing in
    .message = It was issued for another purpose. Close the browser, and choose another certificate when you are asked.
certificate-issuer = Your certificate is not known here
    .message = It comes from an issuer that this server does not trust. Close the browser, and choose another certificate when you are asked.
certificate-unchecked = Your certificate cannot be checked
    .message = This server does not know which certificates were withdrawn. Your administrator can see in its log what is missing.
certificate-no-account = There is no account for your certificate
    .message = It is good, but this directory has no account that is its holder's alone. Ask your administrator.
certificate-unreadable = Your certificate was not understood
    .message = Close the browser, and choose another certificate when you are asked. If that does not help, your administrator can see the cause in this server's log.

# Kerberos
proof-ntlm = Your computer could not prove who you are
    .message = Your browser offered an older method (NTLM) in place of Kerberos. This happens away from the company network, or on a computer that is not signed in to the domain. Connect to the network or the VPN and try again.
proof-other-kind = Your browser wants another kind of sign-in
    .message = It began an exchange that this server does not take part in. Sign in to your computer with your company account and try again.
proof-malformed = The proof from your browser was not understood
    .message = Something between your browser and this server may have changed it. Close the browser and try again.
proof-expired = Your computer's sign-in has expired
    .message = Lock your computer and unlock it again, so that it renews its proof, then try again.
clock-wrong = Your computer's clock is wrong
    .message = It differs by more than five minutes from this server's. Set the clock, or let it set itself, and try again.
proof-used = This proof was used before
    .message = Your browser sent the same request twice. Go back to the application and sign in again.
proof-service = Your proof is for another service
    .message = Your computer asked for a proof under another name than this server's. Open the application again by its usual address. If that does not help, tell your administrator, who can see the name in this server's log.
proof-key = This server could not read your proof
    .message = Your computer did everything right, but this server does not hold the matching key. Your administrator can see in its log what is missing.
proof-channel = The connection is not what your browser thinks
    .message = Your proof was made for another connection. A network device may be reading along. Try again from another network, and tell your administrator.
proof-unbound = Your browser's proof is not tied to this connection
    .message = This server asks for that, and this browser does not do it. Use the browser that your company recommends, or ask your administrator.
proof-refused = Your proof was not accepted
    .message = Sign in to your computer again and try once more. If that does not help, your administrator can see the cause in this server's log.
