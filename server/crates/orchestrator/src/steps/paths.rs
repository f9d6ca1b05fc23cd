//! Which file names a step may use.

/// The longest path, in bytes.
const MAX_LENGTH: usize = 512;

/// Checks a path relative to one of the step's folders. Says what is wrong with it.
pub fn check(path: &str) -> Result<(), String> {
    let fault = if path.is_empty() {
        "is empty"
    } else if path.len() > MAX_LENGTH {
        "is longer than 512 bytes"
    } else if path.starts_with('/') {
        "is absolute; name a file below the folder"
    } else if path.chars().any(|c| c.is_control() || c == '\\') {
        "holds a control character or a backslash"
    } else if path.split('/').any(|part| matches!(part, "" | "." | "..")) {
        "has an empty part, `.` or `..`"
    } else if path.split('/').any(|part| part.len() > 255) {
        "has a part longer than 255 bytes"
    } else if path.split('/').any(|part| part.eq_ignore_ascii_case(".git")) {
        "names `.git`, which belongs to the state store"
    } else {
        return Ok(());
    };
    Err(format!("the path {:?} {fault}", shortened(path)))
}

fn shortened(path: &str) -> String {
    path.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn ordinary_names_pass() {
        for path in ["a.yaml", "deep/er/b", "with space.txt", "ümlaut", "..a", ".gitignore", "a..b/c"] {
            assert_eq!(check(path), Ok(()), "{path}");
        }
    }

    #[test]
    fn a_path_cannot_leave_its_folder_or_fool_a_reader() {
        for path in [
            "",
            "/etc/passwd",
            "..",
            "a/../../b",
            "a//b",
            "a/",
            "./a",
            "a\0b",
            "a\nb",
            "a\\b",
            ".git/hooks/x",
            "x/.GIT/config",
        ] {
            assert!(check(path).is_err(), "{path:?}");
        }
        assert!(check(&"a".repeat(256)).is_err());
        assert!(check(&"a/".repeat(300)).is_err());
    }
}
