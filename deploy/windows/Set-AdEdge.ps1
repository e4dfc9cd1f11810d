<#
.SYNOPSIS
    Prepares an Active Directory domain for the Kerberos logins of ad-edge.

.DESCRIPTION
    Gives the name that users open (the host of SERVER_URL) to one account of the domain, with AES, and writes the
    account's keys into a keytab. With -PolicyName it also writes the group policy that makes Chrome, Edge, Firefox
    and Windows itself sign in there without a question.

    Running it again changes nothing that is right already. -WhatIf says what would change.

    The account is an ordinary one with a random password that nobody knows. A group managed service account does
    not serve here, and is refused: Windows changes its keys by itself, and a keytab does not follow.

    Needs the module ActiveDirectory and ktpass.exe (both are on a domain controller, and in the Remote Server
    Administration Tools), and for -PolicyName the module GroupPolicy.

.PARAMETER ServerName
    The host of SERVER_URL, such as login.corp.example. When browsers find it through an alias (CNAME), the name
    that the alias leads to: ad-edge doctor says which.

.PARAMETER Account
    The account's name before Windows 2000 (sAMAccountName), such as svc-adedge. It is made when it is missing.

.PARAMETER Path
    The organizational unit of an account that is made; by default the container Users.

.PARAMETER Keytab
    The keytab that is written. The account gets a new random password with it, so that every older keytab of the
    account ends.

.PARAMETER NewKeys
    Writes the keytab anew for an account that was there before.

.PARAMETER PolicyName
    The group policy object for the browsers. It is made when it is missing.

.PARAMETER LinkTo
    The distinguished names of domains or organizational units whose computers get the policy.

.EXAMPLE
    .\Set-AdEdge.ps1 -ServerName login.corp.example -Account svc-adedge -WhatIf

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
    Get-ADUser -Server $controller -LDAPFilter "(sAMAccountName=$Account)" -Properties $wanted
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
# A computer, or a group managed service account.
if ($null -eq $user -and $null -ne (Get-ADObject -Server $controller -LDAPFilter "(sAMAccountName=$Account`$)")) {
    throw "$Account`$ is a computer or a managed service account, whose keys Windows changes by itself: name an ordinary account."
}

# 2. The account. What is needed for its keytab is looked for before it is made.
$needsKeys = $NewKeys -or $null -eq $user
if ($needsKeys) {
    $file = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Keytab)
    if (Test-Path -LiteralPath $file) {
        throw "$file exists: move it away, or give another name with -Keytab."
    }
    if ($null -eq (Get-Command -Name 'ktpass.exe' -ErrorAction SilentlyContinue)) {
        throw 'ktpass.exe is missing: run this on a domain controller, or install the Remote Server Administration Tools.'
    }
}
if ($null -eq $user) {
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
            Set-ADUser -Server $controller -Identity $user -KerberosEncryptionType @('AES128', 'AES256')
        }
        if (-not $needsKeys) {
            Write-Warning "The keys of $Account for AES come with its next password: run this again with -NewKeys unless it has them."
        }
    }
    if (@($user.servicePrincipalName) -notcontains $spn) {
        if ($PSCmdlet.ShouldProcess($Account, "add the service principal name $spn")) {
            Set-ADUser -Server $controller -Identity $user -ServicePrincipalNames @{ Add = $spn }
        }
    }
}

# 4. The keytab. AES keys are made with the password, so it comes after the encryption types.
if ($needsKeys) {
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
        # Whoever has it can be the service.
        & icacls.exe $file /inheritance:r /grant:r "${env:USERDOMAIN}\${env:USERNAME}:F" | Out-Null
        if ($LASTEXITCODE -ne 0) { Write-Warning "The access list of $file could not be changed: take it from others." }
        Write-Output "Keys: $file. Copy it to certs/krb5.keytab of every instance (ad-edge setup --help), and delete it here."
    }
} else {
    Write-Output "The account was there before: its keys stay. -NewKeys sets a new password and writes a keytab."
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
