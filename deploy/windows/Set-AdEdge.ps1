<#
.SYNOPSIS
    Prepares an Active Directory domain for the Kerberos logins of ad-edge.

.DESCRIPTION
    Gives the name that users open (the host of SERVER_URL) to one account of the domain, with AES, and writes the
    account's keys into a keytab. With -PolicyName it also writes the group policy that makes Chrome, Edge, Firefox
    and Windows itself sign in there without a question.

    Running it again changes nothing that is right already. -WhatIf says what would change.

    The account is an ordinary one with a random password that nobody knows, or with -GroupManaged a group managed
    service account. Windows changes the password of the latter by itself, every 30 days unless -IntervalDays says
    otherwise when it is made: run this again with -NewKeys, and copy the keytab, before the day that it names. The
    keytab then has the keys before the change as well.

    Needs the module ActiveDirectory and, for an ordinary account, ktpass.exe (both are on a domain controller, and in
    the Remote Server Administration Tools), and for -PolicyName the module GroupPolicy.

.PARAMETER ServerName
    The host of SERVER_URL, such as login.corp.example. When browsers find it through an alias (CNAME), the name
    that the alias leads to: ad-edge doctor says which.

.PARAMETER Account
    The account's name before Windows 2000 (sAMAccountName), such as svc-adedge. It is made when it is missing.

.PARAMETER GroupManaged
    The account is a group managed service account: its name without the $ at the end, at most 15 characters. The
    domain needs a KDS root key (Add-KdsRootKey). Who runs this is allowed to read its password.

.PARAMETER IntervalDays
    How often Windows changes the password of a group managed service account that is made. Active Directory takes it
    at that time only.

.PARAMETER Path
    The organizational unit of an account that is made; by default the container Users, or Managed Service Accounts.

.PARAMETER Keytab
    The keytab that is written. An ordinary account gets a new random password with it, so that every older keytab of
    the account ends.

.PARAMETER NewKeys
    Writes the keytab anew for an account that was there before.

.PARAMETER PolicyName
    The group policy object for the browsers. It is made when it is missing.

.PARAMETER LinkTo
    The distinguished names of domains or organizational units whose computers get the policy.

.EXAMPLE
    .\Set-AdEdge.ps1 -ServerName login.corp.example -Account svc-adedge -WhatIf

.EXAMPLE
    .\Set-AdEdge.ps1 -ServerName login.corp.example -Account svc-adedge -GroupManaged -IntervalDays 180

.EXAMPLE
    .\Set-AdEdge.ps1 -ServerName login.corp.example -Account svc-adedge -PolicyName 'ad-edge sign-in' -LinkTo 'DC=corp,DC=example'
#>
#Requires -Version 5.1
#Requires -Modules ActiveDirectory
[CmdletBinding(SupportsShouldProcess)]
param(
    [Parameter(Mandatory)]
    [ValidatePattern('^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+$')]
    [string] $ServerName,

    [Parameter(Mandatory)]
    [ValidatePattern('^[A-Za-z0-9._-]([A-Za-z0-9 ._-]{0,18}[A-Za-z0-9_-])?$')]
    [string] $Account,

    [switch] $GroupManaged,

    [ValidateRange(1, 3650)]
    [int] $IntervalDays = 30,

    [string] $Path,

    [ValidateNotNullOrEmpty()]
    [string] $Keytab = 'krb5.keytab',

    [switch] $NewKeys,

    [string] $PolicyName,

    [string[]] $LinkTo = @()
)

Set-StrictMode -Version 1.0
$ErrorActionPreference = 'Stop'

$ServerName = $ServerName.ToLowerInvariant()
$spn = "HTTP/$ServerName"
$domain = Get-ADDomain
# One controller for all of it: what is written on one takes its time to reach the others.
$controller = $domain.PDCEmulator
$realm = $domain.DNSRoot.ToUpperInvariant()

function Get-SpnOwner {
    # In all of the forest: an SPN that two accounts have works for neither.
    $forest = (Get-ADForest).RootDomain
    $catalog = (Get-ADDomainController -Discover -Service GlobalCatalog -DomainName $forest).HostName | Select-Object -First 1
    # An empty base: every domain of the forest. Without one it is the catalog's own alone.
    Get-ADObject -Server "${catalog}:3268" -SearchBase '' -LDAPFilter "(servicePrincipalName=$spn)"
}

function Get-Account {
    $wanted = @('servicePrincipalName', 'msDS-SupportedEncryptionTypes')
    if ($GroupManaged) {
        $filter = "(&(objectClass=msDS-GroupManagedServiceAccount)(sAMAccountName=$Account`$))"
        Get-ADServiceAccount -Server $controller -LDAPFilter $filter -Properties $wanted
    } else {
        Get-ADUser -Server $controller -LDAPFilter "(sAMAccountName=$Account)" -Properties $wanted
    }
}

function Get-AesKey {
    # The key for aes256-cts-hmac-sha1-96 (RFC 3962 section 4), in bytes.
    param([byte[]] $Password, [byte[]] $Salt)
    $derive = New-Object System.Security.Cryptography.Rfc2898DeriveBytes -ArgumentList $Password, $Salt, 4096
    $aes = [System.Security.Cryptography.Aes]::Create()
    try {
        $aes.Mode = [System.Security.Cryptography.CipherMode]::ECB
        $aes.Padding = [System.Security.Cryptography.PaddingMode]::None
        $aes.Key = $derive.GetBytes(32)
        # "kerberos", folded to 128 bits (RFC 3961 section 5.1). A chain of blocks that are whole, from zero.
        [byte[]] $block = 0x6b, 0x65, 0x72, 0x62, 0x65, 0x72, 0x6f, 0x73, 0x7b, 0x9b, 0x5b, 0x2b, 0x93, 0x13, 0x2b, 0x93
        $encryptor = $aes.CreateEncryptor()
        [byte[]] $first = $encryptor.TransformFinalBlock($block, 0, 16)
        [byte[]] $second = $encryptor.TransformFinalBlock($first, 0, 16)
        return , [byte[]] ($first + $second)
    } finally {
        $aes.Dispose()
        $derive.Dispose()
    }
}

function Get-BigEndian {
    param([long] $Value, [int] $Length)
    [byte[]] $bytes = [BitConverter]::GetBytes($Value)[0..($Length - 1)]
    [Array]::Reverse($bytes)
    return , $bytes
}

function Get-KeytabEntry {
    # MIT's keytab format 2: an entry for HTTP/<host> with a 256-bit AES key.
    param([byte[]] $Key, [long] $Version)
    [byte[]] $entry = Get-BigEndian -Value 2 -Length 2
    foreach ($text in @($realm, 'HTTP', $ServerName)) {
        [byte[]] $bytes = [System.Text.Encoding]::UTF8.GetBytes($text)
        $entry += (Get-BigEndian -Value $bytes.Length -Length 2) + $bytes
    }
    $now = [DateTimeOffset]::UtcNow.ToUnixTimeSeconds()
    # The kind of name (principal), the time, the version in a byte, the type of encryption, the key, the whole version.
    $entry += (Get-BigEndian -Value 1 -Length 4) + (Get-BigEndian -Value $now -Length 4) + [byte[]] @($Version -band 0xff)
    $entry += (Get-BigEndian -Value 18 -Length 2) + (Get-BigEndian -Value $Key.Length -Length 2) + $Key
    $entry += Get-BigEndian -Value $Version -Length 4
    return , [byte[]] ((Get-BigEndian -Value $entry.Length -Length 4) + $entry)
}

function Write-ManagedKeytab {
    # The keys of a group managed service account, made of its password as the KDC makes them.
    param([string] $File)
    $wanted = @('msDS-ManagedPassword', 'msDS-KeyVersionNumber')
    $managed = Get-ADServiceAccount -Server $controller -Identity $user -Properties $wanted
    [byte[]] $blob = $managed.'msDS-ManagedPassword'
    if ($null -eq $blob) {
        throw "The password of $Account`$ cannot be read. Run this again in a while as $env:USERNAME, or add the user to PrincipalsAllowedToRetrieveManagedPassword."
    }
    # MSDS-MANAGEDPASSWORD_BLOB ([MS-ADTS] section 2.2.19): where the passwords begin, and 256 bytes for each.
    $current = [BitConverter]::ToUInt16($blob, 8)
    $previous = [BitConverter]::ToUInt16($blob, 10)
    $query = [BitConverter]::ToUInt16($blob, 12)
    # The salt of accounts that are computers or derive from them ([MS-KILE] section 3.1.1.2).
    $salt = [System.Text.Encoding]::UTF8.GetBytes("${realm}host$($Account.ToLowerInvariant()).$($realm.ToLowerInvariant())")
    $version = [long] $managed.'msDS-KeyVersionNumber'
    [byte[]] $keytab = @(5, 2)
    foreach ($each in @(@($current, $version), @($previous, ($version - 1)))) {
        if ($each[0] -eq 0 -or $each[1] -lt 1) { continue }
        # UTF-16; what is no character in it is U+FFFD, as the KDC has it.
        $password = [System.Text.Encoding]::UTF8.GetBytes([System.Text.Encoding]::Unicode.GetString($blob, $each[0], 256))
        $keytab += Get-KeytabEntry -Key (Get-AesKey -Password $password -Salt $salt) -Version $each[1]
    }
    [System.IO.File]::WriteAllBytes($File, $keytab)
    $until = [DateTime]::Now.AddTicks([BitConverter]::ToInt64($blob, $query))
    Write-Warning ("Windows changes this password on {0:yyyy-MM-dd}: run this with -GroupManaged -NewKeys before, and copy the keytab to every instance. No login works with older keys." -f $until)
}

function Protect-Keytab {
    # Whoever has it can be the service.
    & icacls.exe $file /inheritance:r /grant:r "${env:USERDOMAIN}\${env:USERNAME}:F" | Out-Null
    if ($LASTEXITCODE -ne 0) { Write-Warning "The access list of $file could not be changed: take it from others." }
    Write-Output "Keys: $file. Copy it to certs/krb5.keytab of every instance (ad-edge setup --help), and delete it here."
}

function Set-PolicyValue {
    param([string] $Key, [string] $ValueName, [string] $Type, $Value)
    if ($PSCmdlet.ShouldProcess("$PolicyName, $Key", "set $ValueName")) {
        $null = Set-GPRegistryValue -Name $PolicyName -Key $Key -ValueName $ValueName -Type $Type -Value $Value
    }
}

function Get-PolicyValue {
    param([string] $Key, [string] $ValueName)
    # That there is none is an error of the module.
    try { ([string] (Get-GPRegistryValue -Name $PolicyName -Key $Key -ValueName $ValueName).Value).TrimEnd([char] 0) } catch { '' }
}

function Add-ToAllowlist {
    param([string] $Key)
    $present = Get-PolicyValue -Key $Key -ValueName 'AuthServerAllowlist'
    $hosts = @()
    if ($present) { $hosts = @($present -split ',' | ForEach-Object { $_.Trim() } | Where-Object { $_ }) }
    if ($hosts -notcontains $ServerName) {
        Set-PolicyValue -Key $Key -ValueName 'AuthServerAllowlist' -Type String -Value (($hosts + $ServerName) -join ',')
    }
}

# 1. Nobody else may have the name.
$user = Get-Account
$own = if ($null -ne $user) { $user.DistinguishedName } else { '' }
$others = @(Get-SpnOwner | Where-Object { $_.DistinguishedName -ne $own })
if ($others.Count -gt 0) {
    $names = ($others | ForEach-Object { $_.DistinguishedName }) -join '; '
    throw ("{0} belongs to another account: {1}. Take it from there by setspn -D, or name that account by -Account." -f $spn, $names)
}
# A computer, or a managed service account.
if ($null -eq $user -and $null -ne (Get-ADObject -Server $controller -LDAPFilter "(sAMAccountName=$Account`$)")) {
    throw "$Account`$ is there already, and is a computer or a managed service account: name another account, or a group managed service account by -GroupManaged."
}
if ($GroupManaged -and $Account.Length -gt 15) {
    throw "The name of a managed service account has at most 15 characters: $Account has $($Account.Length)."
}

# 2. The account. What is needed for its keytab is looked for before it is made.
$needsKeys = $NewKeys -or $null -eq $user
if ($needsKeys) {
    $file = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Keytab)
    if (Test-Path -LiteralPath $file) {
        throw "$file exists: move it away, or give another name with -Keytab."
    }
    if (-not $GroupManaged -and $null -eq (Get-Command -Name 'ktpass.exe' -ErrorAction SilentlyContinue)) {
        throw 'ktpass.exe is missing: run this on a domain controller, or install the Remote Server Administration Tools.'
    }
}
if ($null -eq $user -and $GroupManaged) {
    if ($PSCmdlet.ShouldProcess("$Account`$", "make the group managed service account, with AES-128 and AES-256 and the service principal name $spn")) {
        $new = @{
            Server                 = $controller
            Name                   = $Account
            SamAccountName         = $Account
            DNSHostName            = $ServerName
            KerberosEncryptionType = @('AES128', 'AES256')
            ServicePrincipalNames  = @($spn)
            ManagedPasswordIntervalInDays = $IntervalDays
            PrincipalsAllowedToRetrieveManagedPassword = @((Get-ADUser -Server $controller -Identity $env:USERNAME))
            Description            = "Kerberos logins of ad-edge at $ServerName"
        }
        if ($Path) { $new.Path = $Path }
        try {
            New-ADServiceAccount @new
        } catch {
            throw "The account could not be made: $($_.Exception.Message) When a key does not exist, the domain has no KDS root key, or one that is younger than ten hours: Add-KdsRootKey."
        }
        $user = Get-Account
    }
} elseif ($null -eq $user) {
    if ($PSCmdlet.ShouldProcess($Account, "make the account, with AES-128 and AES-256 and the service principal name $spn")) {
        $bytes = New-Object byte[] 48
        $random = [System.Security.Cryptography.RandomNumberGenerator]::Create()
        try { $random.GetBytes($bytes) } finally { $random.Dispose() }
        # ktpass sets another one below; this one only has to satisfy every policy.
        $password = ConvertTo-SecureString -String ('aA1!' + [Convert]::ToBase64String($bytes)) -AsPlainText -Force
        $new = @{
            Server                = $controller
            Name                  = $Account
            SamAccountName        = $Account
            UserPrincipalName     = "$Account@$($domain.DNSRoot)"
            AccountPassword       = $password
            Enabled               = $true
            PasswordNeverExpires  = $true
            CannotChangePassword  = $true
            KerberosEncryptionType = @('AES128', 'AES256')
            ServicePrincipalNames = @($spn)
            Description           = "Kerberos logins of ad-edge at $ServerName"
        }
        if ($Path) { $new.Path = $Path }
        New-ADUser @new
        $user = Get-Account
    }
}

# 3. AES, and the name.
if ($null -ne $user) {
    # Bits 3 and 4 are AES-128 and AES-256 ([MS-KILE] section 2.2.7); an attribute that is absent is the domain's
    # default, which may be RC4 alone.
    $types = [int] $user.'msDS-SupportedEncryptionTypes'
    if (($types -band 0x18) -ne 0x18) {
        if ($PSCmdlet.ShouldProcess($Account, 'use AES-128 and AES-256, and no other encryption')) {
            $set = @{ Server = $controller; Identity = $user; KerberosEncryptionType = @('AES128', 'AES256') }
            if ($GroupManaged) { Set-ADServiceAccount @set } else { Set-ADUser @set }
        }
        if (-not $needsKeys) {
            Write-Warning "The keys of $Account for AES come with its next password: run this again with -NewKeys unless it has them."
        }
    }
    if (@($user.servicePrincipalName) -notcontains $spn) {
        if ($PSCmdlet.ShouldProcess($Account, "add the service principal name $spn")) {
            $set = @{ Server = $controller; Identity = $user; ServicePrincipalNames = @{ Add = $spn } }
            if ($GroupManaged) { Set-ADServiceAccount @set } else { Set-ADUser @set }
        }
    }
}

# 4. The keytab. AES keys are made with the password, so it comes after the encryption types.
if ($needsKeys -and $GroupManaged) {
    if ($PSCmdlet.ShouldProcess("$Account`$", "read its password and write its keys to $file")) {
        Write-ManagedKeytab -File $file
        Protect-Keytab
    }
} elseif ($needsKeys) {
    if ($PSCmdlet.ShouldProcess($Account, "set a new random password, which ends every older keytab, and write its keys to $file")) {
        $arguments = @(
            '-princ', "$spn@$realm",
            '-mapuser', "`"$($domain.NetBIOSName)\$Account`"",
            '-crypto', 'AES256-SHA1',
            '-ptype', 'KRB5_NT_PRINCIPAL',
            '+rndPass',
            '-target', $controller,
            '-out', "`"$file`""
        )
        $ktpass = Start-Process -FilePath 'ktpass.exe' -ArgumentList $arguments -NoNewWindow -Wait -PassThru
        if ($ktpass.ExitCode -ne 0 -or -not (Test-Path -LiteralPath $file)) {
            throw "ktpass ended with code $($ktpass.ExitCode) and wrote no keytab; what it says is above."
        }
        Protect-Keytab
    }
} else {
    Write-Output "The account was there before: its keys stay. -NewKeys writes a keytab, and sets a new password where it is an ordinary account."
}

# 5. The browsers.
if ($PolicyName) {
    Import-Module GroupPolicy
    $exists = @(Get-GPO -All | Where-Object { $_.DisplayName -eq $PolicyName }).Count -gt 0
    if (-not $exists) {
        if ($PSCmdlet.ShouldProcess($PolicyName, 'make the group policy object')) {
            $null = New-GPO -Name $PolicyName -Comment "Browsers sign in at https://$ServerName"
            $exists = $true
        }
    }
    if ($exists) {
        $policies = 'HKLM\SOFTWARE\Policies'
        Add-ToAllowlist -Key "$policies\Google\Chrome"
        Add-ToAllowlist -Key "$policies\Microsoft\Edge"
        $firefox = "$policies\Mozilla\Firefox\Authentication\SPNEGO"
        # A list whose values are numbered: the first number that is free, unless the host is there.
        $number = 1
        while (($present = Get-PolicyValue -Key $firefox -ValueName "$number") -and $present -ne $ServerName) { $number++ }
        if (-not $present) { Set-PolicyValue -Key $firefox -ValueName "$number" -Type String -Value $ServerName }
        # Zone 1 is the local intranet, where Windows itself signs in.
        $zones = "$policies\Microsoft\Windows\CurrentVersion\Internet Settings"
        if ((Get-PolicyValue -Key $zones -ValueName 'ListBox_Support_ZoneMapKey') -ne '1') {
            Set-PolicyValue -Key $zones -ValueName 'ListBox_Support_ZoneMapKey' -Type DWord -Value 1
        }
        if ((Get-PolicyValue -Key "$zones\ZoneMapKey" -ValueName "https://$ServerName") -ne '1') {
            Set-PolicyValue -Key "$zones\ZoneMapKey" -ValueName "https://$ServerName" -Type String -Value '1'
        }
        foreach ($target in $LinkTo) {
            $links = (Get-GPInheritance -Target $target).GpoLinks
            if (@($links | Where-Object { $_.DisplayName -eq $PolicyName }).Count -eq 0) {
                if ($PSCmdlet.ShouldProcess($target, "link $PolicyName")) { $null = New-GPLink -Name $PolicyName -Target $target }
            }
        }
    }
}
