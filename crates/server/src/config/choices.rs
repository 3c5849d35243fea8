//! Settings that are one of a few words.

use super::value::Value;

macro_rules! choice {
    ($(
        $(#[doc = $doc:literal])+
        $type:ident ($expected:literal) { $( $(#[doc = $word_doc:literal])+ $variant:ident = $word:literal, )+ }
    )+) => {$(
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $type {
            $( $(#[doc = $word_doc])+ $variant, )+
        }

        impl Value for $type {
            const NAME: &'static str = concat!("", choice!(@join $($word)+));
            const EXPECTED: &'static str = $expected;

            fn from_text(text: &str) -> Option<Self> {
                match text {
                    $( $word => Some(Self::$variant), )+
                    _ => None,
                }
            }

            fn to_toml(&self) -> toml::Value {
                match self {
                    $( Self::$variant => $word.into(), )+
                }
            }
        }
    )+};
    (@join $first:literal $($rest:literal)*) => { concat!($first $(, "|", $rest)*) };
}

choice! {
    /// Whether references must be registered (A13, Z9).
    References ("open or known") {
        /// Kept as sent.
        Open = "open",
        /// Refused unless registered.
        Known = "known",
    }
    /// What to do with keys that a document does not list (A6).
    UnknownFields ("refuse or ignore") {
        /// Refuse them.
        Refuse = "refuse",
        /// Pass over them.
        Ignore = "ignore",
    }
    /// What `""` means in a field where it can be no value (A7).
    EmptyString ("erase or refuse") {
        /// The same as `null`.
        Erase = "erase",
        /// A fault.
        Refuse = "refuse",
    }
    /// What a PATCH of SCIM is answered with (RFC 7644, 3.5.2).
    ScimPatchResponse ("resource or no_content") {
        /// 200 and the resource.
        Resource = "resource",
        /// 204 and nothing.
        NoContent = "no_content",
    }
    /// When a change is acknowledged (D5).
    Durability ("full or relaxed") {
        /// Once it is on disk.
        Full = "full",
        /// Once the operating system has it: a power cut loses acknowledged changes.
        Relaxed = "relaxed",
    }
    /// Which changes share a transaction of PostgreSQL.
    Batch ("on or off") {
        /// Those that wait together.
        On = "on",
        /// None.
        Off = "off",
    }
    /// The header in which trusted proxies say whom they speak for.
    ForwardedHeader ("x-forwarded-for or forwarded") {
        /// `X-Forwarded-For`.
        XForwardedFor = "x-forwarded-for",
        /// `Forwarded` (RFC 7239).
        Forwarded = "forwarded",
    }
    /// The form of the log.
    LogFormat ("auto, text or json") {
        /// Text on a terminal, JSON otherwise.
        Auto = "auto",
        /// Text.
        Text = "text",
        /// JSON, one object a line.
        Json = "json",
    }
    /// Which requests are logged.
    LogRequests ("all, failed or none") {
        /// Each.
        All = "all",
        /// Those that were answered with a status of 400 or more.
        Failed = "failed",
        /// None.
        None = "none",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_one_of_its_words() {
        assert_eq!(References::from_text("known"), Some(References::Known));
        assert_eq!(References::from_text("Known"), None);
        assert_eq!(References::Known.to_toml(), "known".into());
        assert_eq!(LogFormat::NAME, "auto|text|json");
    }
}
