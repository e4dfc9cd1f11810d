# Português

# The form, and the pages around it
sign-in = Entrar
choose = Escolha como entrar
user-name = Nome de usuário
password = Senha
by-certificate = Entrar com o seu certificado
by-kerberos = Entrar com a conta do seu computador
other-ways = Outras formas de entrar
signing-in = Entrando…
asking = A identificação da sua empresa está sendo solicitada ao seu navegador.
asking-stays = A identificação da sua empresa está sendo solicitada ao seu navegador. Se esta página não mudar, conecte-se à rede da empresa ou à VPN e abra o aplicativo novamente.
no-proof = O seu navegador não apresentou nenhuma prova de identidade. Conecte-se à rede da empresa ou à VPN, entre no seu computador com a conta da empresa e tente novamente.
on-the-way = Você está voltando ao aplicativo.
scripts-off = Os scripts estão desativados no seu navegador.
continue = Continuar

# Below every page
error = Erro
request-number = Solicitação
give-number = Se pedir ajuda, informe o número da solicitação abaixo.
get-help = Obter ajuda

# Notes
welcome = Este servidor cuida do acesso das pessoas
    .message = Não há nada a fazer aqui. Abra o aplicativo que deseja usar; ele trará você até aqui e o levará de volta quando precisar saber quem você é.
signed-out = Não há nenhuma sessão sua aqui
    .message = Este servidor não mantém nenhuma sessão, portanto não há nada a encerrar. Saia do próprio aplicativo; em um computador compartilhado, saia também do computador.
wrong-way-in = Esta não é a entrada
    .message = Abra o aplicativo novamente; ele conhece o endereço certo. Não digite nada nesta página.
form-off = O formulário está desativado
    .message = Volte ao aplicativo e entre a partir dele.
no-way = Não há nenhuma forma de entrar aqui
    .message = O administrador desativou todas as formas de entrar. Volte ao aplicativo e entre a partir dele.
method-off = Esta forma de entrar está desativada
    .message = Volte ao aplicativo e entre a partir dele.

# Errors of a request
page-not-found = Esta página não existe
    .message = O endereço não leva a lugar nenhum neste servidor. Volte ao aplicativo que queria usar e entre a partir dele.
wrong-method = Este endereço é usado de outra forma
    .message = A página existe, mas não para este tipo de solicitação. Volte ao aplicativo que queria usar e entre a partir dele.
too-much-data = Foram enviados dados demais
    .message = A solicitação é maior do que um acesso exige, por isso não foi lida.
headers-too-large = O seu navegador enviou dados demais de uma vez
    .message = Os cabeçalhos da solicitação são maiores do que este servidor aceita. Isso acontece quando uma conta pertence a muitos grupos ou quando este site deixou muitos cookies. Tente em uma janela privada; se não resolver, avise o seu administrador, que pode aumentar MAX_HEADER_SIZE.
taking-too-long = Isto está demorando demais
    .message = O servidor não conseguiu responder a tempo. Aguarde um momento e tente novamente.
form-not-understood = O formulário não foi compreendido
    .message = Os dados do seu navegador não chegaram em uma forma que este servidor saiba ler. Volte ao aplicativo que queria usar e entre a partir dele.
request-not-understood = A solicitação não foi compreendida
    .message = Algo na solicitação não está como deveria. Volte ao aplicativo que queria usar e entre a partir dele.
server-error = Algo deu errado
    .message = O servidor encontrou um problema inesperado. Tente novamente; se acontecer de novo, avise o seu administrador.

# Requests of an application that lead to no sign-in
cannot-complete = Este acesso não pode ser concluído
repeated-parameter = O parâmetro { $parameter } aparece mais de uma vez no endereço.
unknown-action = A solicitação pede wa={ $action }; este servidor conhece wsignin1.0 e wsignout1.0.
no-application = A solicitação não indica nenhum aplicativo (wtrealm), e este servidor não tem um padrão. O administrador define REALM em config.json.
unknown-application = O aplicativo { $application } não é conhecido aqui. O administrador lista os endereços dele em config.json com esse nome.
unlisted-address = O endereço de retorno (wreply) não está entre os do aplicativo { $application }, por isso nada é enviado para lá. O administrador o inclui em config.json.

# Passwords and accounts
others-form = Entre a partir desta página
    .message = Outra página enviou para cá um nome de usuário e uma senha. Eles não foram usados: digite os seus abaixo.
wrong-password = Os dados não conferem
    .message = O nome de usuário ou a senha está incorreta. Verifique ambos e tente novamente.
name-account = O seu nome de usuário é como alice.
name-principal = O seu nome de usuário é como { $name }.
name-account-or-principal = O seu nome de usuário é como alice ou { $name }.
name-mail = O seu nome de usuário é o seu endereço de e-mail.
password-must-change = Primeiro é preciso alterar a sua senha
    .message = Altere-a em um computador da empresa (Ctrl+Alt+Del, Alterar uma senha) ou peça ajuda ao suporte técnico e, depois, entre com a nova.
too-many-attempts = Tentativas demais
    .message = Para proteger a sua conta, as senhas não são verificadas aqui por algum tempo. Tente mais tarde ou peça ajuda ao suporte técnico.
account-cannot-sign-in = Esta conta não pode entrar no momento
    .message = Pergunte ao suporte técnico, que pode ver o motivo.
no-account = Não há nenhuma conta para você aqui
    .message = Você comprovou quem é, mas este diretório não tem nenhuma conta que seja somente sua. Pergunte ao seu administrador.
other-domain = As contas do seu domínio não podem entrar aqui
    .message = A sua conta é conhecida, mas no diretório de outra organização. Pergunte ao seu administrador se deveria ter acesso.
directory-down = Por um momento, não é possível entrar
    .message = O diretório da empresa não responde. A culpa não é sua; tente novamente em um minuto.
busy = Muitas pessoas estão entrando neste momento
    .message = Este servidor está no limite da sua capacidade. Não há nada de errado com a sua conta; tente novamente em alguns segundos.
not-finished = Não foi possível concluir o acesso
    .message = A sua identidade foi reconhecida, mas este servidor não conseguiu concluir. O seu administrador pode ver a causa no registro do servidor.

# Client certificates
no-certificate = O seu navegador não apresentou nenhum certificado
    .message = Feche todas as janelas dele, abra o aplicativo novamente e escolha o seu certificado quando for solicitado.
certificate-date = O seu certificado está fora da validade
    .message = Ele expirou ou ainda não é válido. Peça um novo ao suporte técnico e verifique se o relógio do seu computador está certo.
certificate-revoked = O seu certificado foi revogado
    .message = Ele não vale mais. Peça um novo ao suporte técnico.
certificate-usage = Este certificado não serve para entrar
    .message = Ele foi emitido para outra finalidade. Feche o navegador e escolha outro certificado quando for solicitado.
certificate-issuer = O seu certificado não é conhecido aqui
    .message = Ele vem de um emissor em que este servidor não confia. Feche o navegador e escolha outro certificado quando for solicitado.
certificate-unchecked = O seu certificado não pode ser verificado
    .message = Este servidor não sabe quais certificados foram revogados. O seu administrador pode ver no registro do servidor o que falta.
certificate-no-account = Não há nenhuma conta para o seu certificado
    .message = Ele é válido, mas este diretório não tem nenhuma conta que seja somente do seu titular. Pergunte ao seu administrador.
certificate-unreadable = O seu certificado não foi compreendido
    .message = Feche o navegador e escolha outro certificado quando for solicitado. Se não resolver, o seu administrador pode ver a causa no registro deste servidor.

# Kerberos
proof-ntlm = O seu computador não conseguiu comprovar quem você é
    .message = O seu navegador ofereceu um método mais antigo (NTLM) no lugar do Kerberos. Isso acontece fora da rede da empresa ou em um computador que não entrou no domínio. Conecte-se à rede ou à VPN e tente novamente.
proof-other-kind = O seu navegador pede outro tipo de acesso
    .message = Ele iniciou uma troca da qual este servidor não participa. Entre no seu computador com a conta da empresa e tente novamente.
proof-malformed = A prova do seu navegador não foi compreendida
    .message = Algo entre o seu navegador e este servidor pode tê-la alterado. Feche o navegador e tente novamente.
proof-expired = A sessão do seu computador expirou
    .message = Bloqueie o seu computador e desbloqueie-o para que ele renove a prova e, depois, tente novamente.
clock-wrong = O relógio do seu computador está errado
    .message = Ele difere em mais de cinco minutos do relógio deste servidor. Acerte o relógio, ou deixe que ele se acerte sozinho, e tente novamente.
proof-used = Esta prova já foi usada
    .message = O seu navegador enviou a mesma solicitação duas vezes. Volte ao aplicativo e entre novamente.
proof-service = A sua prova é de outro serviço
    .message = O seu computador pediu a prova com um nome diferente do deste servidor. Abra novamente o aplicativo pelo endereço habitual. Se isso não ajudar, avise o administrador, que pode ver o nome no registro deste servidor.
proof-key = Este servidor não conseguiu ler a sua prova
    .message = O seu computador fez tudo certo, mas este servidor não tem a chave correspondente. O seu administrador pode ver no registro do servidor o que falta.
proof-channel = A conexão não é a que o seu navegador pensa
    .message = A sua prova foi feita para outra conexão. Um dispositivo da rede pode estar lendo os dados. Tente de outra rede e avise o seu administrador.
proof-unbound = A prova do seu navegador não está vinculada a esta conexão
    .message = Este servidor exige isso, e este navegador não o faz. Use o navegador que a sua empresa recomenda ou pergunte ao seu administrador.
proof-refused = A sua prova não foi aceita
    .message = Entre novamente no seu computador e tente mais uma vez. Se não resolver, o seu administrador pode ver a causa no registro deste servidor.
