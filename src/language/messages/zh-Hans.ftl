# 简体中文

# The form, and the pages around it
sign-in = 登录
choose = 请选择登录方式
user-name = 用户名
password = 密码
by-certificate = 使用证书登录
by-kerberos = 使用您的计算机帐户登录
other-ways = 其他登录方式
signing-in = 正在登录…
asking = 正在向您的浏览器请求公司登录信息。
asking-stays = 正在向您的浏览器请求公司登录信息。如果一直停留在此页面，请连接到公司网络或 VPN，然后重新打开应用程序。
no-proof = 您的浏览器没有提供身份证明。请连接到公司网络或 VPN，使用公司帐户登录您的计算机，然后重试。
on-the-way = 正在返回应用程序。
scripts-off = 您的浏览器已停用脚本。
continue = 继续

# Below every page
error = 错误
request-number = 请求编号
give-number = 寻求帮助时，请提供下方的请求编号。
get-help = 获取帮助

# Notes
welcome = 此服务器用于登录
    .message = 您无需在此进行任何操作。请打开您要使用的应用程序；当它需要确认您的身份时，会将您带到这里，随后再返回。
signed-out = 您没有在此登录
    .message = 此服务器不保留会话，因此没有需要结束的内容。请在应用程序中注销；如果使用的是共用计算机，请同时注销计算机。
wrong-way-in = 这里不是入口
    .message = 请重新打开应用程序，它会转到正确的地址。请不要在此页面输入任何内容。
form-off = 登录表单已停用
    .message = 请返回应用程序，并从那里登录。
no-way = 无法在此登录
    .message = 管理员已停用所有登录方式。请返回应用程序，并从那里登录。
method-off = 此登录方式已停用
    .message = 请返回应用程序，并从那里登录。

# Errors of a request
page-not-found = 此页面不存在
    .message = 此服务器上没有该地址的页面。请返回您要使用的应用程序，并从那里登录。
wrong-method = 此地址的使用方式不同
    .message = 该页面存在，但不接受此类请求。请返回您要使用的应用程序，并从那里登录。
too-much-data = 发送的数据过多
    .message = 请求的大小超出了登录所需，因此未被读取。
headers-too-large = 您的浏览器一次发送的内容过多
    .message = 请求的标头超出了此服务器可接受的大小。当帐户属于非常多的组，或此网站留下了许多 Cookie 时，会出现这种情况。请尝试使用隐私窗口；如果仍无法解决，请联系管理员，管理员可以调大 MAX_HEADER_SIZE。
taking-too-long = 等待时间过长
    .message = 服务器未能及时响应。请稍等片刻，然后重试。
form-not-understood = 无法识别该表单
    .message = 您的浏览器发送的内容不是此服务器能读取的格式。请返回您要使用的应用程序，并从那里登录。
request-not-understood = 无法识别该请求
    .message = 请求中有不正确的内容。请返回您要使用的应用程序，并从那里登录。
server-error = 出现问题
    .message = 服务器遇到了意外问题。请重试；如果再次出现，请联系管理员。

# Requests of an application that lead to no sign-in
cannot-complete = 无法完成此次登录
repeated-parameter = 地址中多次出现参数 { $parameter }。
unknown-action = 请求要求 wa={ $action }；此服务器支持 wsignin1.0 和 wsignout1.0。
no-application = 请求未指明应用程序 (wtrealm)，且此服务器没有默认应用程序。请管理员在 config.json 中设置 REALM。
unknown-application = 此处没有登记应用程序 { $application }。请管理员在 config.json 中以该名称列出其地址。
unlisted-address = 返回地址 (wreply) 不在应用程序 { $application } 已登记的地址之中，因此不会向该地址发送任何内容。请管理员在 config.json 中添加。

# Passwords and accounts
others-form = 请从此页面登录
    .message = 另一个页面向这里发送了用户名和密码。它们未被使用：请在下方输入您自己的。
wrong-password = 输入的信息不匹配
    .message = 用户名或密码不正确。请检查两者，然后重试。
name-account = 用户名的形式类似于 alice。
name-principal = 用户名的形式类似于 { $name }。
name-account-or-principal = 用户名的形式类似于 alice 或 { $name }。
name-mail = 用户名是您的电子邮件地址。
password-must-change = 您必须先更改密码
    .message = 请在公司计算机上更改密码（按 Ctrl+Alt+Del，选择“更改密码”），或联系服务台，然后使用新密码登录。
too-many-attempts = 尝试次数过多
    .message = 为保护您的帐户，此处暂时不再验证密码。请稍后重试，或联系服务台。
account-cannot-sign-in = 此帐户目前无法登录
    .message = 请联系服务台，他们可以查看原因。
no-account = 此处没有您的帐户
    .message = 您的身份已得到证明，但此目录中没有仅属于您的帐户。请联系管理员。
other-domain = 您所在域的帐户无法在此登录
    .message = 您的帐户是已知的，但属于另一个组织的目录。如果您应当拥有访问权限，请联系管理员。
directory-down = 暂时无法登录
    .message = 公司目录没有响应。这不是您的问题；请一分钟后重试。
busy = 当前登录的人数较多
    .message = 此服务器已满负荷运行。您的帐户没有问题；请几秒钟后重试。
not-finished = 未能完成登录
    .message = 您的身份已确认，但此服务器未能完成处理。管理员可以在其日志中查看原因。

# Client certificates
no-certificate = 您的浏览器没有出示证书
    .message = 请关闭浏览器的所有窗口，重新打开应用程序，并在系统询问时选择您的证书。
certificate-date = 您的证书不在有效期内
    .message = 证书已过期或尚未生效。请向服务台申请新证书，并检查计算机的时钟是否正确。
certificate-revoked = 您的证书已被吊销
    .message = 该证书不再有效。请向服务台申请新证书。
certificate-usage = 此证书不能用于登录
    .message = 该证书是为其他用途签发的。请关闭浏览器，并在系统询问时选择其他证书。
certificate-issuer = 此处不认可您的证书
    .message = 该证书的颁发者不受此服务器信任。请关闭浏览器，并在系统询问时选择其他证书。
certificate-unchecked = 无法检查您的证书
    .message = 此服务器不知道哪些证书已被吊销。管理员可以在其日志中查看缺少的内容。
certificate-no-account = 没有与您的证书对应的帐户
    .message = 证书有效，但此目录中没有仅属于其持有者的帐户。请联系管理员。
certificate-unreadable = 无法识别您的证书
    .message = 请关闭浏览器，并在系统询问时选择其他证书。如果仍无法解决，管理员可以在此服务器的日志中查看原因。

# Kerberos
proof-ntlm = 您的计算机未能证明您的身份
    .message = 您的浏览器使用了较旧的方法 (NTLM)，而不是 Kerberos。在公司网络之外，或在未登录到域的计算机上，会出现这种情况。请连接到网络或 VPN，然后重试。
proof-other-kind = 您的浏览器要求另一种登录方式
    .message = 浏览器发起了此服务器不支持的交互。请使用公司帐户登录您的计算机，然后重试。
proof-malformed = 无法识别您的浏览器提供的身份证明
    .message = 在您的浏览器与此服务器之间，内容可能已被更改。请关闭浏览器，然后重试。
proof-expired = 您的计算机登录已过期
    .message = 请锁定计算机再解锁，使其更新身份证明，然后重试。
clock-wrong = 您的计算机时钟不正确
    .message = 它与此服务器的时钟相差超过五分钟。请调整时钟，或启用自动设置时间，然后重试。
proof-used = 此身份证明已被使用过
    .message = 您的浏览器发送了两次相同的请求。请返回应用程序，然后重新登录。
proof-service = 您的身份证明属于另一项服务
    .message = 您的计算机请求身份证明时使用的名称与此服务器的名称不同。请通过平常的地址重新打开应用程序。如果仍然无效，请告知管理员，管理员可以在此服务器的日志中查看该名称。
proof-key = 此服务器无法读取您的身份证明
    .message = 您的计算机没有问题，但此服务器没有对应的密钥。管理员可以在其日志中查看缺少的内容。
proof-channel = 连接与您的浏览器所认为的不同
    .message = 您的身份证明是为另一个连接创建的。网络中的设备可能正在读取通信内容。请换用其他网络重试，并告知管理员。
proof-unbound = 您的浏览器的身份证明未与此连接绑定
    .message = 此服务器要求绑定，而此浏览器不支持。请使用公司推荐的浏览器，或联系管理员。
proof-refused = 您的身份证明未被接受
    .message = 请重新登录您的计算机，然后再试一次。如果仍无法解决，管理员可以在此服务器的日志中查看原因。
