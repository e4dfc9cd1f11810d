//! The names of all messages.

/// An enum of messages by their names in the files.
macro_rules! messages {
    ($(#[$meaning:meta])* $kind:ident: $($variant:ident = $id:literal,)*) => {
        $(#[$meaning])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $kind {
            $($variant,)*
        }

        impl $kind {
            #[cfg(test)]
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            pub(super) const fn id(self) -> &'static str {
                match self {
                    $(Self::$variant => $id,)*
                }
            }
        }
    };
}

messages! {
    /// What a page is about: its title, and what it says.
    Notice:
    Welcome = "welcome",
    SignedOut = "signed-out",
    WrongWayIn = "wrong-way-in",
    FormOff = "form-off",
    NoWay = "no-way",
    MethodOff = "method-off",

    PageNotFound = "page-not-found",
    WrongMethod = "wrong-method",
    TooMuchData = "too-much-data",
    HeadersTooLarge = "headers-too-large",
    TakingTooLong = "taking-too-long",
    FormNotUnderstood = "form-not-understood",
    RequestNotUnderstood = "request-not-understood",
    ServerError = "server-error",

    OthersForm = "others-form",
    WrongPassword = "wrong-password",
    PasswordMustChange = "password-must-change",
    TooManyAttempts = "too-many-attempts",
    AccountCannotSignIn = "account-cannot-sign-in",
    NoAccount = "no-account",
    OtherDomain = "other-domain",
    DirectoryDown = "directory-down",
    Busy = "busy",
    NotFinished = "not-finished",

    NoCertificate = "no-certificate",
    CertificateDate = "certificate-date",
    CertificateRevoked = "certificate-revoked",
    CertificateUsage = "certificate-usage",
    CertificateIssuer = "certificate-issuer",
    CertificateUnchecked = "certificate-unchecked",
    CertificateNoAccount = "certificate-no-account",
    CertificateUnreadable = "certificate-unreadable",

    ProofNtlm = "proof-ntlm",
    ProofOtherKind = "proof-other-kind",
    ProofMalformed = "proof-malformed",
    ProofExpired = "proof-expired",
    ClockWrong = "clock-wrong",
    ProofUsed = "proof-used",
    ProofService = "proof-service",
    ProofKey = "proof-key",
    ProofChannel = "proof-channel",
    ProofUnbound = "proof-unbound",
    ProofRefused = "proof-refused",
}

messages! {
    /// A single text.
    Phrase:
    SignIn = "sign-in",
    Choose = "choose",
    UserName = "user-name",
    Password = "password",
    ByCertificate = "by-certificate",
    ByKerberos = "by-kerberos",
    OtherWays = "other-ways",
    SigningIn = "signing-in",
    Asking = "asking",
    AskingStays = "asking-stays",
    NoProof = "no-proof",
    OnTheWay = "on-the-way",
    ScriptsOff = "scripts-off",
    Continue = "continue",

    Error = "error",
    RequestNumber = "request-number",
    GiveNumber = "give-number",
    GetHelp = "get-help",

    NameAccount = "name-account",
    NamePrincipal = "name-principal",
    NameAccountOrPrincipal = "name-account-or-principal",
    NameMail = "name-mail",

    CannotComplete = "cannot-complete",
    RepeatedParameter = "repeated-parameter",
    UnknownAction = "unknown-action",
    NoApplication = "no-application",
    UnknownApplication = "unknown-application",
    UnlistedAddress = "unlisted-address",
}
