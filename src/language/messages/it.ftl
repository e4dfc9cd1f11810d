# Italiano

# The form, and the pages around it
sign-in = Accedi
choose = Scelga come accedere
user-name = Nome utente
password = Password
by-certificate = Accedi con il Suo certificato
by-kerberos = Accedi con l’account del Suo computer
other-ways = Altri modi per accedere
signing-in = Accesso in corso…
asking = Al Suo browser viene chiesta l’identità aziendale.
asking-stays = Al Suo browser viene chiesta l’identità aziendale. Se questa pagina non cambia, si connetta alla rete aziendale o alla VPN e apra di nuovo l’applicazione.
no-proof = Il Suo browser non ha presentato alcuna prova di identità. Si connetta alla rete aziendale o alla VPN, acceda al computer con l’account aziendale e riprovi.
on-the-way = La stiamo riportando all’applicazione.
scripts-off = Gli script sono disattivati nel Suo browser.
continue = Continua

# Below every page
error = Errore
request-number = Richiesta
give-number = Se chiede assistenza, indichi il numero della richiesta riportato sotto.
get-help = Chiedi assistenza

# Notes
welcome = Questo server gestisce gli accessi
    .message = Qui non c’è nulla da fare. Apra l’applicazione che desidera usare: La porterà qui, e poi di nuovo indietro, quando dovrà sapere chi è.
signed-out = Qui non risulta alcun accesso
    .message = Questo server non mantiene sessioni, quindi non c’è nulla da chiudere. Esca dall’applicazione stessa; su un computer condiviso, esca anche dal computer.
wrong-way-in = Questo non è l’ingresso giusto
    .message = Apra di nuovo l’applicazione: conosce l’indirizzo corretto. Non inserisca nulla in questa pagina.
form-off = Il modulo è disattivato
    .message = Torni all’applicazione e acceda da lì.
no-way = Qui non è possibile accedere
    .message = L’amministratore ha disattivato tutti i modi di accesso. Torni all’applicazione e acceda da lì.
method-off = Questo modo di accesso è disattivato
    .message = Torni all’applicazione e acceda da lì.

# Errors of a request
page-not-found = Questa pagina non esiste
    .message = L’indirizzo non porta a nulla su questo server. Torni all’applicazione che voleva usare e acceda da lì.
wrong-method = Questo indirizzo si usa in altro modo
    .message = La pagina esiste, ma non per questo tipo di richiesta. Torni all’applicazione che voleva usare e acceda da lì.
too-much-data = Sono stati inviati troppi dati
    .message = La richiesta è più grande di quanto serva per un accesso, perciò non è stata letta.
headers-too-large = Il Suo browser ha inviato troppi dati in una volta
    .message = Le intestazioni della richiesta sono più grandi di quanto questo server accetti. Succede quando un account appartiene a moltissimi gruppi o quando questo sito ha lasciato molti cookie. Provi con una finestra privata; se non basta, avvisi l’amministratore, che può aumentare MAX_HEADER_SIZE.
taking-too-long = L’attesa è troppo lunga
    .message = Il server non è riuscito a rispondere in tempo. Attenda un momento e riprovi.
form-not-understood = Il modulo non è stato compreso
    .message = I dati del Suo browser non sono arrivati in una forma che questo server sappia leggere. Torni all’applicazione che voleva usare e acceda da lì.
request-not-understood = La richiesta non è stata compresa
    .message = Qualcosa nella richiesta non è come dovrebbe. Torni all’applicazione che voleva usare e acceda da lì.
server-error = Qualcosa è andato storto
    .message = Il server ha incontrato un problema imprevisto. Riprovi; se succede ancora, avvisi l’amministratore.

# Requests of an application that lead to no sign-in
cannot-complete = Questo accesso non può essere completato
repeated-parameter = Il parametro { $parameter } compare più di una volta nell’indirizzo.
unknown-action = La richiesta chiede wa={ $action }; questo server conosce wsignin1.0 e wsignout1.0.
no-application = La richiesta non indica alcuna applicazione (wtrealm) e questo server non ne ha una predefinita. L’amministratore imposta REALM in config.json.
unknown-application = L’applicazione { $application } non è conosciuta qui. L’amministratore ne elenca gli indirizzi in config.json sotto quel nome.
unlisted-address = L’indirizzo di ritorno (wreply) non è tra quelli dell’applicazione { $application }, perciò non vi viene inviato nulla. L’amministratore lo aggiunge in config.json.

# Passwords and accounts
others-form = Acceda da questa pagina
    .message = Un’altra pagina ha inviato qui un nome utente e una password. Non sono stati usati: inserisca i Suoi qui sotto.
wrong-password = I dati non corrispondono
    .message = Il nome utente o la password non è corretta. Li controlli entrambi e riprovi.
name-account = Il Suo nome utente è simile ad alice.
name-principal = Il Suo nome utente è simile a { $name }.
name-account-or-principal = Il Suo nome utente è simile ad alice o { $name }.
name-mail = Il Suo nome utente è il Suo indirizzo e-mail.
password-must-change = Prima occorre cambiare la password
    .message = La cambi su un computer aziendale (Ctrl+Alt+Canc, Cambia password) o si rivolga all’assistenza, poi acceda con quella nuova.
too-many-attempts = Troppi tentativi
    .message = Per proteggere il Suo account, per un po’ di tempo qui non vengono controllate le password. Riprovi più tardi o si rivolga all’assistenza.
account-cannot-sign-in = Al momento questo account non può accedere
    .message = Si rivolga all’assistenza, che può vederne il motivo.
no-account = Qui non c’è alcun account per Lei
    .message = La Sua identità è provata, ma questa directory non ha alcun account che sia soltanto Suo. Si rivolga all’amministratore.
other-domain = Gli account del Suo dominio non possono accedere qui
    .message = Il Suo account è noto, ma nella directory di un’altra organizzazione. Si rivolga all’amministratore se dovrebbe avere accesso.
directory-down = Per un momento non è possibile accedere
    .message = La directory aziendale non risponde. Non dipende da Lei; riprovi tra un minuto.
busy = In questo momento stanno accedendo molte persone
    .message = Questo server è al massimo delle sue capacità. Il Suo account è a posto; riprovi tra qualche secondo.
not-finished = Non è stato possibile completare l’accesso
    .message = La Sua identità è stata riconosciuta, ma questo server non è riuscito a concludere. L’amministratore può vederne la causa nel registro.

# Client certificates
no-certificate = Il Suo browser non ha presentato alcun certificato
    .message = Chiuda tutte le sue finestre, apra di nuovo l’applicazione e scelga il Suo certificato quando Le viene chiesto.
certificate-date = Il Suo certificato non è in corso di validità
    .message = È scaduto o non è ancora valido. Ne chieda uno nuovo all’assistenza e controlli che l’orologio del computer sia esatto.
certificate-revoked = Il Suo certificato è stato revocato
    .message = Non è più valido. Ne chieda uno nuovo all’assistenza.
certificate-usage = Questo certificato non serve per accedere
    .message = È stato rilasciato per un altro scopo. Chiuda il browser e scelga un altro certificato quando Le viene chiesto.
certificate-issuer = Il Suo certificato non è conosciuto qui
    .message = Proviene da un’autorità di cui questo server non si fida. Chiuda il browser e scelga un altro certificato quando Le viene chiesto.
certificate-unchecked = Il Suo certificato non può essere verificato
    .message = Questo server non sa quali certificati siano stati revocati. L’amministratore può vedere nel registro che cosa manca.
certificate-no-account = Non c’è alcun account per il Suo certificato
    .message = È valido, ma questa directory non ha alcun account che sia soltanto del suo titolare. Si rivolga all’amministratore.
certificate-unreadable = Il Suo certificato non è stato compreso
    .message = Chiuda il browser e scelga un altro certificato quando Le viene chiesto. Se non basta, l’amministratore può vedere la causa nel registro di questo server.

# Kerberos
proof-ntlm = Il Suo computer non ha potuto provare la Sua identità
    .message = Il Suo browser ha offerto un metodo più vecchio (NTLM) al posto di Kerberos. Succede fuori dalla rete aziendale o su un computer che non ha eseguito l’accesso al dominio. Si connetta alla rete o alla VPN e riprovi.
proof-other-kind = Il Suo browser chiede un altro tipo di accesso
    .message = Ha iniziato uno scambio a cui questo server non prende parte. Acceda al computer con l’account aziendale e riprovi.
proof-malformed = La prova del Suo browser non è stata compresa
    .message = Qualcosa tra il Suo browser e questo server potrebbe averla modificata. Chiuda il browser e riprovi.
proof-expired = L’accesso del Suo computer è scaduto
    .message = Blocchi il computer e lo sblocchi, così che rinnovi la prova, poi riprovi.
clock-wrong = L’orologio del Suo computer non è esatto
    .message = Differisce di oltre cinque minuti da quello di questo server. Regoli l’orologio, o lasci che si regoli da solo, e riprovi.
proof-used = Questa prova è già stata usata
    .message = Il Suo browser ha inviato due volte la stessa richiesta. Torni all’applicazione e acceda di nuovo.
proof-service = La Sua prova vale per un altro servizio
    .message = Il Suo computer ha chiesto la prova con un nome diverso da quello di questo server. Apra di nuovo l’applicazione dal suo indirizzo abituale. Se non basta, avvisi l’amministratore, che trova il nome nel registro di questo server.
proof-key = Questo server non ha potuto leggere la Sua prova
    .message = Il Suo computer ha fatto tutto bene, ma questo server non ha la chiave corrispondente. L’amministratore può vedere nel registro che cosa manca.
proof-channel = La connessione non è quella che il Suo browser crede
    .message = La Sua prova è stata creata per un’altra connessione. Un dispositivo di rete potrebbe leggere i dati. Riprovi da un’altra rete e avvisi l’amministratore.
proof-unbound = La prova del Suo browser non è legata a questa connessione
    .message = Questo server lo richiede e questo browser non lo fa. Usi il browser consigliato dalla Sua azienda o si rivolga all’amministratore.
proof-refused = La Sua prova non è stata accettata
    .message = Acceda di nuovo al computer e riprovi ancora una volta. Se non basta, l’amministratore può vedere la causa nel registro di questo server.
