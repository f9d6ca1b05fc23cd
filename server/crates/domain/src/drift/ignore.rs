//! Paths that are others' to change, as patterns: `*` within a name, `**` for any folders, `?` for one character.

/// Patterns of one promise, and characters of one of them: what is matched against every file is kept small.
const MOST: usize = 50;
const LONGEST: usize = 256;

/// Whether one of the patterns names this path. One without a slash names files in any folder.
pub fn ignores(patterns: &[String], path: &str) -> bool {
    patterns.iter().any(|pattern| matches(pattern, path))
}

/// What is wrong with a list of patterns, and with which.
pub fn fault(patterns: &[String]) -> Option<(usize, String)> {
    if patterns.len() > MOST {
        return Some((MOST, format!("there are more than {MOST} patterns")));
    }
    patterns.iter().enumerate().find_map(|(at, pattern)| {
        let mut parts = pattern.split('/');
        let problem = if pattern.is_empty() || pattern.len() > LONGEST {
            format!("must have 1 to {LONGEST} characters")
        } else if pattern.contains(|c: char| c.is_control() || c == '\\') {
            "holds a control character or a backslash".to_owned()
        } else if parts.clone().any(|part| matches!(part, "" | "." | "..")) {
            format!("{pattern:?} is not a relative path without empty parts, `.` and `..`, such as logs/**/*.txt")
        } else if parts.any(|part| part.contains("**") && part != "**") {
            format!("{pattern:?}: `**` stands for whole folders, as in logs/**/*.txt; within a name it is `*`")
        } else {
            return None;
        };
        Some((at, problem))
    })
}

fn matches(pattern: &str, path: &str) -> bool {
    if !pattern.contains('/') && pattern != "**" {
        return name_matches(pattern, path.rsplit('/').next().unwrap_or(path));
    }
    let (pattern, path): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
    // which beginnings of the path the pattern so far can stand for
    let mut reached = vec![false; path.len() + 1];
    reached[0] = true;
    for part in pattern {
        let mut next = vec![false; path.len() + 1];
        if part == "**" {
            let first = reached.iter().position(|reached| *reached).unwrap_or(path.len() + 1);
            next.iter_mut().skip(first).for_each(|reached| *reached = true);
        } else {
            for (at, name) in path.iter().enumerate().filter(|(at, _)| reached[*at]) {
                next[at + 1] = name_matches(part, name);
            }
        }
        reached = next;
    }
    reached[path.len()]
}

/// Goes back to the last star only, so its time is bounded by the product of the lengths.
fn name_matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n, mut star) = (0, 0, None);
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p + 1, n));
                p += 1;
            }
            Some(c) if *c == '?' || *c == name[n] => (p, n) = (p + 1, n + 1),
            _ => match star {
                Some((after, at)) => {
                    star = Some((after, at + 1));
                    (p, n) = (after, at + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    #[track_caller]
    fn check(pattern: &str, paths: &[&str], others: &[&str]) {
        assert_eq!(fault(&[pattern.to_owned()]), None);
        let matched = |path: &&&str| matches(pattern, path);
        assert_eq!(paths.iter().filter(matched).collect::<Vec<_>>(), paths.iter().collect::<Vec<_>>(), "{pattern}");
        assert_eq!(others.iter().filter(matched).collect::<Vec<_>>(), Vec::<&&str>::new(), "{pattern}");
    }

    #[test]
    fn patterns_name_files_as_people_expect() {
        check("*.lock", &["a.lock", "deep/er/.lock"], &["a.lock/b", "a.locked"]);
        check("logs/*.txt", &["logs/a.txt"], &["logs/deep/a.txt", "x/logs/a.txt", "a.txt"]);
        check("logs/**/*.txt", &["logs/a.txt", "logs/very/deep/a.txt"], &["x/logs/a.txt", "logs/a.md"]);
        check("logs/**", &["logs/a", "logs/b/c"], &["log/a"]);
        check("**", &["a", "b/c"], &[]);
        check("a?c/*", &["abc/x"], &["ac/x", "abbc/x"]);
    }

    #[test]
    fn a_pattern_that_could_mean_something_else_is_refused() {
        for pattern in ["", "/etc/passwd", "a//b", "../x", "./x", "a/", "a**/b", "a\\b", &"x".repeat(257)] {
            assert!(fault(&["ok".to_owned(), pattern.to_owned()]).is_some_and(|(at, _)| at == 1), "{pattern}");
        }
        assert_eq!(fault(&vec!["x".to_owned(); 51]).map(|(at, _)| at), Some(50));
    }

    #[test]
    fn a_hostile_pattern_takes_no_time() {
        let (begun, name) = (Instant::now(), "a".repeat(255));
        let path = [name.as_str(); 4].join("/");
        for pattern in [format!("{}b", "*a".repeat(127)), format!("{}b", "**/".repeat(85)), "**/a*/**/b".to_owned()] {
            assert!(!matches(&pattern, &path));
        }
        assert!(begun.elapsed() < Duration::from_secs(2));
    }
}
