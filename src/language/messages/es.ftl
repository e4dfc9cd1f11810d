# Español

# The form, and the pages around it
sign-in = Iniciar sesión
choose = Elija cómo iniciar sesión
user-name = Nombre de usuario
password = Contraseña
by-certificate = Iniciar sesión con su certificado
by-kerberos = Iniciar sesión con la cuenta de su equipo
other-ways = Otras formas de iniciar sesión
signing-in = Iniciando sesión…
asking = Se está pidiendo a su navegador la identificación de su empresa.
asking-stays = Se está pidiendo a su navegador la identificación de su empresa. Si esta página no cambia, conéctese a la red de la empresa o a la VPN y vuelva a abrir la aplicación.
no-proof = Su navegador no ha presentado ninguna prueba de identidad. Conéctese a la red de la empresa o a la VPN, inicie sesión en su equipo con la cuenta de la empresa e inténtelo de nuevo.
on-the-way = Le llevamos de vuelta a la aplicación.
scripts-off = Los scripts están desactivados en su navegador.
continue = Continuar

# Below every page
error = Error
request-number = Solicitud
give-number = Si pide ayuda, indique el número de solicitud que figura abajo.
get-help = Obtener ayuda

# Notes
welcome = Este servidor se ocupa del inicio de sesión
    .message = Aquí no hay nada que hacer. Abra la aplicación que desea usar; le traerá aquí y le llevará de vuelta cuando necesite saber quién es usted.
signed-out = No tiene ninguna sesión iniciada aquí
    .message = Este servidor no mantiene ninguna sesión, así que no hay nada que cerrar. Cierre la sesión en la propia aplicación; en un equipo compartido, cierre también la sesión del equipo.
wrong-way-in = Esta no es la entrada
    .message = Vuelva a abrir la aplicación; ella conoce la dirección correcta. No escriba nada en esta página.
form-off = El formulario está desactivado
    .message = Vuelva a la aplicación e inicie sesión desde allí.
no-way = No hay ninguna forma de iniciar sesión aquí
    .message = El administrador ha desactivado todas las formas de iniciar sesión. Vuelva a la aplicación e inicie sesión desde allí.
method-off = Esta forma de iniciar sesión está desactivada
    .message = Vuelva a la aplicación e inicie sesión desde allí.

# Errors of a request
page-not-found = Esta página no existe
    .message = La dirección no lleva a ninguna parte en este servidor. Vuelva a la aplicación que quería usar e inicie sesión desde allí.
wrong-method = Esta dirección se usa de otra manera
    .message = La página existe, pero no para este tipo de solicitud. Vuelva a la aplicación que quería usar e inicie sesión desde allí.
too-much-data = Se han enviado demasiados datos
    .message = La solicitud es mayor de lo que necesita un inicio de sesión, así que no se ha leído.
headers-too-large = Su navegador ha enviado demasiado de una vez
    .message = Los encabezados de la solicitud son mayores de lo que admite este servidor. Esto ocurre cuando una cuenta pertenece a muchísimos grupos o cuando este sitio ha dejado muchas cookies. Pruebe con una ventana privada; si no funciona, avise a su administrador, que puede aumentar MAX_HEADER_SIZE.
taking-too-long = Esto está tardando demasiado
    .message = El servidor no ha podido responder a tiempo. Espere un momento e inténtelo de nuevo.
form-not-understood = No se ha entendido el formulario
    .message = Los datos de su navegador no han llegado en una forma que este servidor pueda leer. Vuelva a la aplicación que quería usar e inicie sesión desde allí.
request-not-understood = No se ha entendido la solicitud
    .message = Algo en la solicitud no es como debería ser. Vuelva a la aplicación que quería usar e inicie sesión desde allí.
server-error = Algo ha salido mal
    .message = El servidor ha encontrado un problema inesperado. Inténtelo de nuevo; si vuelve a ocurrir, avise a su administrador.

# Requests of an application that lead to no sign-in
cannot-complete = No se puede completar este inicio de sesión
repeated-parameter = El parámetro { $parameter } aparece más de una vez en la dirección.
unknown-action = La solicitud pide wa={ $action }; este servidor conoce wsignin1.0 y wsignout1.0.
no-application = La solicitud no indica ninguna aplicación (wtrealm) y este servidor no tiene una predeterminada. El administrador define REALM en config.json.
unknown-application = La aplicación { $application } no se conoce aquí. El administrador incluye sus direcciones en config.json bajo ese nombre.
unlisted-address = La dirección de retorno (wreply) no está entre las de la aplicación { $application }, así que no se envía nada allí. El administrador la añade en config.json.

# Passwords and accounts
others-form = Inicie sesión desde esta página
    .message = Otra página ha enviado aquí un nombre de usuario y una contraseña. No se han utilizado: escriba los suyos abajo.
wrong-password = Los datos no coinciden
    .message = El nombre de usuario o la contraseña no son correctos. Compruebe ambos e inténtelo de nuevo.
name-account = Su nombre de usuario es como alice.
name-principal = Su nombre de usuario es como { $name }.
name-account-or-principal = Su nombre de usuario es como alice o { $name }.
name-mail = Su nombre de usuario es su dirección de correo electrónico.
password-must-change = Primero debe cambiar su contraseña
    .message = Cámbiela en un equipo de la empresa (Ctrl+Alt+Supr, Cambiar una contraseña) o pida ayuda al servicio de asistencia, e inicie sesión después con la nueva.
too-many-attempts = Demasiados intentos
    .message = Para proteger su cuenta, durante un tiempo no se comprueban contraseñas aquí. Inténtelo más tarde o pida ayuda al servicio de asistencia.
account-cannot-sign-in = Esta cuenta no puede iniciar sesión en este momento
    .message = Pregunte al servicio de asistencia; allí pueden ver el motivo.
no-account = Aquí no hay ninguna cuenta para usted
    .message = Ha demostrado quién es, pero este directorio no tiene ninguna cuenta que sea solo suya. Pregunte a su administrador.
other-domain = Las cuentas de su dominio no pueden iniciar sesión aquí
    .message = Se le conoce, pero en el directorio de otra organización. Pregunte a su administrador si debería tener acceso.
directory-down = Por un momento no es posible iniciar sesión
    .message = El directorio de la empresa no responde. No es culpa suya; inténtelo de nuevo dentro de un minuto.
busy = Muchas personas están iniciando sesión ahora mismo
    .message = Este servidor está al máximo de su capacidad. Su cuenta está en orden; inténtelo de nuevo dentro de unos segundos.
not-finished = No se ha podido terminar el inicio de sesión
    .message = Se le ha reconocido, pero este servidor no ha podido terminar. Su administrador puede ver la causa en el registro.

# Client certificates
no-certificate = Su navegador no ha presentado ningún certificado
    .message = Cierre todas sus ventanas, vuelva a abrir la aplicación y elija su certificado cuando se le pida.
certificate-date = Su certificado no está vigente
    .message = Ha caducado o todavía no es válido. Pida uno nuevo al servicio de asistencia y compruebe que el reloj de su equipo está en hora.
certificate-revoked = Su certificado ha sido revocado
    .message = Ya no es válido. Pida uno nuevo al servicio de asistencia.
certificate-usage = Este certificado no sirve para iniciar sesión
    .message = Se emitió para otro fin. Cierre el navegador y elija otro certificado cuando se le pida.
certificate-issuer = Su certificado no se conoce aquí
    .message = Procede de un emisor en el que este servidor no confía. Cierre el navegador y elija otro certificado cuando se le pida.
certificate-unchecked = No se puede comprobar su certificado
    .message = Este servidor no sabe qué certificados han sido revocados. Su administrador puede ver en el registro qué falta.
certificate-no-account = No hay ninguna cuenta para su certificado
    .message = Es válido, pero este directorio no tiene ninguna cuenta que sea solo de su titular. Pregunte a su administrador.
certificate-unreadable = No se ha entendido su certificado
    .message = Cierre el navegador y elija otro certificado cuando se le pida. Si no funciona, su administrador puede ver la causa en el registro de este servidor.

# Kerberos
proof-ntlm = Su equipo no ha podido demostrar quién es usted
    .message = Su navegador ha ofrecido un método más antiguo (NTLM) en lugar de Kerberos. Esto ocurre fuera de la red de la empresa o en un equipo que no ha iniciado sesión en el dominio. Conéctese a la red o a la VPN e inténtelo de nuevo.
proof-other-kind = Su navegador pide otro tipo de inicio de sesión
    .message = Ha comenzado un intercambio en el que este servidor no participa. Inicie sesión en su equipo con la cuenta de la empresa e inténtelo de nuevo.
proof-malformed = No se ha entendido la prueba de su navegador
    .message = Puede que algo entre su navegador y este servidor la haya modificado. Cierre el navegador e inténtelo de nuevo.
proof-expired = La sesión de su equipo ha caducado
    .message = Bloquee su equipo y desbloquéelo para que renueve su prueba, e inténtelo de nuevo.
clock-wrong = El reloj de su equipo no está en hora
    .message = Difiere en más de cinco minutos del de este servidor. Ponga el reloj en hora, o deje que se ajuste solo, e inténtelo de nuevo.
proof-used = Esta prueba ya se había usado
    .message = Su navegador ha enviado dos veces la misma solicitud. Vuelva a la aplicación e inicie sesión de nuevo.
proof-service = Su prueba es para otro servicio
    .message = Su equipo pidió la prueba con un nombre distinto del de este servidor. Vuelva a abrir la aplicación con su dirección habitual. Si eso no ayuda, avise a su administrador, que puede ver el nombre en el registro de este servidor.
proof-key = Este servidor no ha podido leer su prueba
    .message = Su equipo lo ha hecho todo bien, pero este servidor no tiene la clave correspondiente. Su administrador puede ver en el registro qué falta.
proof-channel = La conexión no es la que cree su navegador
    .message = Su prueba se creó para otra conexión. Es posible que un dispositivo de la red la esté leyendo. Inténtelo desde otra red y avise a su administrador.
proof-unbound = La prueba de su navegador no está vinculada a esta conexión
    .message = Este servidor lo exige y este navegador no lo hace. Use el navegador que recomienda su empresa o pregunte a su administrador.
proof-refused = No se ha aceptado su prueba
    .message = Vuelva a iniciar sesión en su equipo e inténtelo otra vez. Si no funciona, su administrador puede ver la causa en el registro de este servidor.
