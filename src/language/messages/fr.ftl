# Français

# The form, and the pages around it
sign-in = Se connecter
choose = Choisissez comment vous connecter
user-name = Nom d’utilisateur
password = Mot de passe
by-certificate = Se connecter avec votre certificat
by-kerberos = Se connecter avec le compte de votre ordinateur
other-ways = Autres moyens de connexion
signing-in = Connexion en cours…
asking = Votre identité professionnelle est demandée à votre navigateur.
asking-stays = Votre identité professionnelle est demandée à votre navigateur. Si cette page reste affichée, connectez-vous au réseau de l’entreprise ou au VPN, puis rouvrez l’application.
no-proof = Votre navigateur n’a présenté aucune preuve d’identité. Connectez-vous au réseau de l’entreprise ou au VPN, ouvrez une session sur votre ordinateur avec votre compte professionnel, puis réessayez.
on-the-way = Retour à l’application en cours.
scripts-off = Les scripts sont désactivés dans votre navigateur.
continue = Continuer

# Below every page
error = Erreur
request-number = Requête
give-number = Si vous demandez de l’aide, indiquez le numéro de requête ci-dessous.
get-help = Obtenir de l’aide

# Notes
welcome = Ce serveur gère les connexions
    .message = Il n’y a rien à faire ici. Ouvrez l’application que vous souhaitez utiliser ; elle vous dirigera ici, puis vous ramènera, lorsqu’elle aura besoin de savoir qui vous êtes.
signed-out = Aucune session n’est ouverte ici
    .message = Ce serveur ne conserve aucune session, il n’y a donc rien à fermer. Déconnectez-vous de l’application elle-même ; sur un ordinateur partagé, fermez aussi la session de l’ordinateur.
wrong-way-in = Ce n’est pas la bonne entrée
    .message = Rouvrez l’application ; elle connaît la bonne adresse. Ne saisissez rien sur cette page.
form-off = Le formulaire est désactivé
    .message = Retournez à l’application et connectez-vous à partir de celle-ci.
no-way = Aucun moyen de connexion n’est disponible ici
    .message = L’administrateur a désactivé tous les moyens de connexion. Retournez à l’application et connectez-vous à partir de celle-ci.
method-off = Ce moyen de connexion est désactivé
    .message = Retournez à l’application et connectez-vous à partir de celle-ci.

# Errors of a request
page-not-found = Cette page n’existe pas
    .message = Cette adresse ne mène nulle part sur ce serveur. Retournez à l’application que vous vouliez utiliser et connectez-vous à partir de celle-ci.
wrong-method = Cette adresse s’utilise autrement
    .message = La page existe, mais pas pour ce type de requête. Retournez à l’application que vous vouliez utiliser et connectez-vous à partir de celle-ci.
too-much-data = Trop de données ont été envoyées
    .message = La requête est plus volumineuse que ne l’exige une connexion ; elle n’a donc pas été lue.
headers-too-large = Votre navigateur a envoyé trop de données à la fois
    .message = Les en-têtes de la requête dépassent ce que ce serveur accepte. Cela se produit lorsqu’un compte est membre d’un très grand nombre de groupes, ou lorsque ce site a laissé de nombreux cookies. Essayez une fenêtre privée ; si cela ne suffit pas, prévenez votre administrateur, qui peut augmenter MAX_HEADER_SIZE.
taking-too-long = La réponse se fait trop attendre
    .message = Le serveur n’a pas pu répondre à temps. Patientez un instant, puis réessayez.
form-not-understood = Le formulaire n’a pas été compris
    .message = Les données de votre navigateur ne sont pas arrivées sous une forme que ce serveur sait lire. Retournez à l’application que vous vouliez utiliser et connectez-vous à partir de celle-ci.
request-not-understood = La requête n’a pas été comprise
    .message = Quelque chose dans la requête n’est pas correct. Retournez à l’application que vous vouliez utiliser et connectez-vous à partir de celle-ci.
server-error = Une erreur s’est produite
    .message = Le serveur a rencontré un problème inattendu. Réessayez ; si cela se reproduit, prévenez votre administrateur.

# Requests of an application that lead to no sign-in
cannot-complete = Cette connexion ne peut pas aboutir
repeated-parameter = Le paramètre { $parameter } figure plusieurs fois dans l’adresse.
unknown-action = La requête demande wa={ $action } ; ce serveur connaît wsignin1.0 et wsignout1.0.
no-application = La requête ne désigne aucune application (wtrealm), et ce serveur n’en a pas par défaut. L’administrateur définit REALM dans config.json.
unknown-application = L’application { $application } n’est pas connue ici. L’administrateur inscrit ses adresses sous ce nom dans config.json.
unlisted-address = L’adresse de retour (wreply) ne figure pas parmi celles de l’application { $application } ; rien n’y est donc envoyé. L’administrateur l’ajoute dans config.json.

# Passwords and accounts
others-form = Connectez-vous depuis cette page
    .message = Une autre page a envoyé ici un nom d’utilisateur et un mot de passe. Ils n’ont pas été utilisés : saisissez les vôtres ci-dessous.
wrong-password = Les informations saisies sont incorrectes
    .message = Le nom d’utilisateur ou le mot de passe est erroné. Vérifiez les deux et réessayez.
name-account = Votre nom d’utilisateur ressemble à alice.
name-principal = Votre nom d’utilisateur ressemble à { $name }.
name-account-or-principal = Votre nom d’utilisateur ressemble à alice ou à { $name }.
name-mail = Votre nom d’utilisateur est votre adresse e-mail.
password-must-change = Vous devez d’abord changer votre mot de passe
    .message = Changez-le sur un ordinateur de l’entreprise (Ctrl+Alt+Suppr, Modifier un mot de passe) ou adressez-vous au service d’assistance, puis connectez-vous avec le nouveau.
too-many-attempts = Trop de tentatives
    .message = Pour protéger votre compte, aucun mot de passe n’est vérifié ici pendant un certain temps. Réessayez plus tard, ou adressez-vous au service d’assistance.
account-cannot-sign-in = Ce compte ne peut pas se connecter pour le moment
    .message = Adressez-vous au service d’assistance, qui peut en voir la raison.
no-account = Aucun compte ne vous correspond ici
    .message = Votre identité est établie, mais cet annuaire ne contient aucun compte qui soit uniquement le vôtre. Adressez-vous à votre administrateur.
other-domain = Les comptes de votre domaine ne peuvent pas se connecter ici
    .message = Votre compte est connu, mais dans l’annuaire d’une autre organisation. Adressez-vous à votre administrateur si vous devez avoir accès.
directory-down = La connexion est momentanément impossible
    .message = L’annuaire de l’entreprise ne répond pas. Vous n’y êtes pour rien ; réessayez dans une minute.
busy = De nombreuses personnes se connectent en ce moment
    .message = Ce serveur est pleinement occupé. Votre compte n’est pas en cause ; réessayez dans quelques secondes.
not-finished = La connexion n’a pas pu être menée à bien
    .message = Votre identité a été reconnue, mais ce serveur n’a pas pu terminer. Votre administrateur peut en voir la cause dans son journal.

# Client certificates
no-certificate = Votre navigateur n’a présenté aucun certificat
    .message = Fermez toutes ses fenêtres, rouvrez l’application et choisissez votre certificat lorsqu’il vous est demandé.
certificate-date = Votre certificat n’est pas en cours de validité
    .message = Il a expiré, ou n’est pas encore valable. Demandez-en un nouveau au service d’assistance et vérifiez que l’horloge de votre ordinateur est à l’heure.
certificate-revoked = Votre certificat a été révoqué
    .message = Il n’est plus valable. Demandez-en un nouveau au service d’assistance.
certificate-usage = Ce certificat n’est pas destiné à la connexion
    .message = Il a été délivré pour un autre usage. Fermez le navigateur et choisissez un autre certificat lorsqu’il vous est demandé.
certificate-issuer = Votre certificat n’est pas connu ici
    .message = Il provient d’un émetteur auquel ce serveur ne fait pas confiance. Fermez le navigateur et choisissez un autre certificat lorsqu’il vous est demandé.
certificate-unchecked = Votre certificat ne peut pas être vérifié
    .message = Ce serveur ne sait pas quels certificats ont été révoqués. Votre administrateur peut voir dans son journal ce qui manque.
certificate-no-account = Aucun compte ne correspond à votre certificat
    .message = Il est valable, mais cet annuaire ne contient aucun compte qui soit uniquement celui de son titulaire. Adressez-vous à votre administrateur.
certificate-unreadable = Votre certificat n’a pas été compris
    .message = Fermez le navigateur et choisissez un autre certificat lorsqu’il vous est demandé. Si cela ne suffit pas, votre administrateur peut voir la cause dans le journal de ce serveur.

# Kerberos
proof-ntlm = Votre ordinateur n’a pas pu prouver votre identité
    .message = Votre navigateur a proposé une méthode plus ancienne (NTLM) au lieu de Kerberos. Cela se produit hors du réseau de l’entreprise, ou sur un ordinateur qui n’est pas connecté au domaine. Connectez-vous au réseau ou au VPN, puis réessayez.
proof-other-kind = Votre navigateur demande un autre type de connexion
    .message = Il a commencé un échange auquel ce serveur ne participe pas. Ouvrez une session sur votre ordinateur avec votre compte professionnel, puis réessayez.
proof-malformed = La preuve fournie par votre navigateur n’a pas été comprise
    .message = Quelque chose entre votre navigateur et ce serveur l’a peut-être modifiée. Fermez le navigateur et réessayez.
proof-expired = La session de votre ordinateur a expiré
    .message = Verrouillez votre ordinateur et déverrouillez-le pour qu’il renouvelle sa preuve, puis réessayez.
clock-wrong = L’horloge de votre ordinateur n’est pas à l’heure
    .message = Elle s’écarte de plus de cinq minutes de celle de ce serveur. Réglez l’horloge, ou laissez-la se régler elle-même, puis réessayez.
proof-used = Cette preuve a déjà été utilisée
    .message = Votre navigateur a envoyé deux fois la même requête. Retournez à l’application et connectez-vous de nouveau.
proof-service = Votre preuve est destinée à un autre service
    .message = Votre ordinateur a demandé cette preuve sous un autre nom que celui de ce serveur. Rouvrez l’application par son adresse habituelle. Si cela ne suffit pas, adressez-vous à votre administrateur, qui peut voir ce nom dans le journal de ce serveur.
proof-key = Ce serveur n’a pas pu lire votre preuve d’identité
    .message = Votre ordinateur a fait ce qu’il fallait, mais ce serveur ne détient pas la clé correspondante. Votre administrateur peut voir dans son journal ce qui manque.
proof-channel = La connexion n’est pas celle que votre navigateur croit
    .message = Votre preuve a été établie pour une autre connexion. Un appareil du réseau l’intercepte peut-être. Réessayez depuis un autre réseau et prévenez votre administrateur.
proof-unbound = La preuve de votre navigateur n’est pas liée à cette connexion
    .message = Ce serveur l’exige, et ce navigateur ne le fait pas. Utilisez le navigateur que votre entreprise recommande, ou adressez-vous à votre administrateur.
proof-refused = Votre preuve d’identité n’a pas été acceptée
    .message = Rouvrez une session sur votre ordinateur et essayez encore une fois. Si cela ne suffit pas, votre administrateur peut voir la cause dans le journal de ce serveur.
