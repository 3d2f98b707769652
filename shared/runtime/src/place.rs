//! Where a page is in its service's tree of paths.

use std::fmt;

/// Whether a path is for programs, which expect a problem document where people expect a page.
pub fn is_for_programs(path: &str) -> bool {
    path.strip_prefix("/v1")
        .is_some_and(|below| below.is_empty() || below.starts_with('/'))
}

/// The relative path from a page to its service's root.
///
/// Pages link to each other by relative addresses only. So they work under any path that a proxy gives them, under several at
/// once, and without a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Root {
    depth: usize,
}

impl Root {
    /// From pages such as `/health`.
    pub const TOP: Self = Self { depth: 0 };
    /// From pages such as `/accounts/alice`.
    pub const BELOW: Self = Self { depth: 1 };

    /// From any path of the service.
    pub fn of(path: &str) -> Self {
        let slashes = path.bytes().filter(|byte| *byte == b'/').count();
        Self {
            depth: slashes.saturating_sub(1),
        }
    }

    /// The relative address, from that page, of a path of the service such as `/health`.
    pub fn to(self, path: &str) -> String {
        format!("{self}{}", path.trim_start_matches('/'))
    }
}

impl fmt::Display for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.depth {
            // An empty address would be the page itself.
            0 => f.write_str("./"),
            depth => (0..depth).try_for_each(|_| f.write_str("../")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_below_v1_are_for_programs() {
        for (path, for_programs) in [
            ("/v1", true),
            ("/v1/", true),
            ("/v1/nothing", true),
            ("/v12", false),
            ("/", false),
            ("/flows/v1", false),
        ] {
            assert_eq!(is_for_programs(path), for_programs, "{path}");
        }
    }

    #[test]
    fn every_page_finds_the_others() {
        let check =
            |from: &str, to: &str, address: &str| assert_eq!(Root::of(from).to(to), address, "{from}");
        check("/", "/", "./");
        check("/", "/?status=stuck", "./?status=stuck");
        check("/health", "/flows/x?payer=@fees", "./flows/x?payer=@fees");
        check("/accounts/alice", "/accounts", "../accounts");
        check("/flows/x/live", "/", "../../");
        check("/accounts/", "/", "../");
        check("", "/login", "./login");
        assert_eq!((Root::of("/"), Root::of("/flows/x")), (Root::TOP, Root::BELOW));
    }
}
