//! The syntax of the table of facts, and the code generated from it.

/// The logs that must hold an event. "Here" is the shard on which it was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copies {
    /// Only here.
    Here,
    /// Here and, once that copy is durable, on the payee's shard.
    HereThenPayee,
    /// Here and, once that copy is durable, on the payer's shard.
    HereThenPayer,
}

/// Declares all facts, in groups: `Variant(Fields) "subject.verb" version, by [services that may decide it], to copies;`.
///
/// Generates an enum for each group, and one enum of kinds.
macro_rules! facts {
    ($(
        $(#[$group_doc:meta])*
        $group:ident {
            $(
                $(#[$doc:meta])*
                $kind:ident $(($($field:ty),+))? $short:literal $version:literal, by [$($service:ident),+], to $copies:ident;
            )+
        }
    )+) => {
        $(
            $(#[$group_doc])*
            #[derive(Clone, Debug, PartialEq, Eq)]
            pub enum $group {
                $($(#[$doc])* $kind $(($($field),+))?,)+
            }

            impl $group {
                /// Its kind.
                pub fn kind(&self) -> Kind {
                    match self {
                        $(Self::$kind { .. } => Kind::$kind,)+
                    }
                }
            }
        )+

        /// The kind of a fact.
        ///
        /// Event ids are derived from the bytes of the name, so a released name must never change.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $($($(#[$doc])* $kind,)+)+
        }

        impl Kind {
            /// All kinds, in the order of the table.
            pub const ALL: [Self; [$($($short),+),+].len()] = [$($(Self::$kind),+),+];

            /// The CloudEvents `type`, such as `wallet.account.debited.v1`.
            pub const fn name(self) -> &'static str {
                match self {
                    $($(Self::$kind => concat!("wallet.", $short, ".v", $version),)+)+
                }
            }

            /// The name without the parts that all kinds share, such as `account.debited`.
            pub const fn short(self) -> &'static str {
                match self {
                    $($(Self::$kind => $short,)+)+
                }
            }

            /// The kind with this CloudEvents `type`, if there is one.
            pub fn parse(name: &str) -> Option<Self> {
                match name {
                    $($(concat!("wallet.", $short, ".v", $version) => Some(Self::$kind),)+)+
                    _ => None,
                }
            }

            /// The services that may decide it.
            pub const fn decided_by(self) -> &'static [$crate::subject::Service] {
                match self {
                    $($(Self::$kind => &[$($crate::subject::Service::$service),+],)+)+
                }
            }

            /// The logs that must hold it.
            pub const fn copies(self) -> Copies {
                match self {
                    $($(Self::$kind => Copies::$copies,)+)+
                }
            }
        }

        impl std::fmt::Display for Kind {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}
