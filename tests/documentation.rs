//! The documentation, held against the sources: what examples show, and which tests are named, here
//! and there.

use std::fs;
use std::path::{Path, PathBuf};

/// Goes by names: an example of one type's method counts for that of another.
#[test]
fn every_public_function_is_in_an_example() {
    let examples = examples();
    let mut functions = 0;
    let mut missing = Vec::new();
    for (path, source) in sources("srt-tokio/src") {
        // Hidden, and for this workspace's benchmarks alone.
        if path.ends_with("bench.rs") {
            continue;
        }
        for name in public_functions(&source) {
            functions += 1;
            if calls(&examples, name).next().is_none() {
                let path = path.strip_prefix(root()).unwrap().display();
                missing.push(format!("{path}: {name}"));
            }
        }
    }
    assert!(functions > 200, "only {functions} public functions were found");
    assert!(missing.is_empty(), "in no example: {missing:#?}");
}

#[test]
fn every_option_is_set_and_read_in_an_example() {
    let examples = examples();
    let is_set = |name| calls(&examples, name).any(|rest| !rest.starts_with(')'));
    let is_read = |name| calls(&examples, name).any(|rest| rest.starts_with(')'));
    let table = read("srt-tokio/src/options/table.rs");
    let mut options = 0;
    let mut missing = Vec::new();
    for line in table.lines() {
        if let Some(name) = entry(line) {
            options += 1;
            if !is_set(name) {
                missing.push(name);
            }
        } else if let Some((_, getter)) =
            line.trim().split_once(": ").filter(|(kind, _)| ["get", "unconnected"].contains(kind))
        {
            if !is_read(identifier(getter)) {
                missing.push(line.trim());
            }
        } else if let Some(setter) = line.trim().strip_prefix("set: ").map(identifier) {
            if !is_set(setter) {
                missing.push(line.trim());
            }
        }
    }
    assert!(options > 40, "only {options} options were found");
    assert!(missing.is_empty(), "in no example: {missing:#?}");
}

/// The tables name tests as `file`: `function`, `function`.
#[test]
fn every_test_that_a_table_names_exists() {
    let mut named = 0;
    let mut missing = Vec::new();
    for document in ["CONTRIBUTING.md", "docs/features.md"] {
        for row in read(document).lines().filter(|line| line.starts_with('|')) {
            let mut file = None;
            let mut parts = row.split('`').skip(1).peekable();
            while let (Some(code), Some(text)) = (parts.next(), parts.next()) {
                if text.starts_with(": ") {
                    let path = if code.contains('/') { code } else { &format!("tests/{code}.rs") };
                    file = fs::read_to_string(root().join(path)).ok();
                    if file.is_none() {
                        missing.push(format!("{document}: {code}"));
                    }
                } else if let Some(file) = file.as_ref().filter(|_| identifier(code) == code) {
                    named += 1;
                    if !file.contains(&format!("fn {code}(")) {
                        missing.push(format!("{document}: {code}"));
                    }
                }
            }
        }
    }
    assert!(named > 100, "only {named} names were found");
    assert!(missing.is_empty(), "there is no {missing:#?}");
}

/// The comment above a test says which of libsrt's it stands for.
#[test]
fn every_test_of_the_conformance_table_names_that_of_libsrt() {
    let table = read("CONTRIBUTING.md");
    let (_, table) = table.split_once("\n## Conformance\n").unwrap();
    let mut tests = 0;
    let mut missing = Vec::new();
    for row in table.lines().filter(|line| line.starts_with('|')) {
        let Some((theirs, ours)) = row.trim_start_matches('|').split_once('|') else { continue };
        let theirs: Vec<&str> = theirs.split('`').skip(1).step_by(2).map(last_name).collect();
        let mut file = None;
        let mut parts = ours.split('`').skip(1);
        while let (Some(code), Some(text)) = (parts.next(), parts.next()) {
            if text.starts_with(": ") {
                let path = if code.contains('/') { code } else { &format!("tests/{code}.rs") };
                file = fs::read_to_string(root().join(path)).ok();
            } else if let Some(comment) = file.as_ref().and_then(|file| comment_above(file, code)) {
                tests += 1;
                if !theirs.iter().any(|name| words(&comment).any(|word| word == *name)) {
                    missing.push(format!("{code}: {theirs:?}"));
                }
            }
        }
    }
    assert!(tests > 60, "only {tests} tests were found");
    assert!(missing.is_empty(), "not named beside {missing:#?}");
}

/// Of a test's name the last part, or that of all tests of a kind.
fn last_name(name: &str) -> &str {
    let name = name.trim_end_matches(".*");
    name.rsplit('.').next().unwrap_or(name)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
}

/// The comment above a function.
fn comment_above(source: &str, function: &str) -> Option<String> {
    let (before, _) = source.split_once(&format!("fn {function}("))?;
    let above = before.lines().rev().skip(1).map(str::trim);
    Some(above.take_while(|line| line.starts_with("//") || line.starts_with("#[")).collect())
}

/// The code of all examples that are compiled, in one text.
fn examples() -> String {
    let mut examples = String::new();
    for (path, text) in sources("srt-tokio/src") {
        if path.extension().is_some_and(|extension| extension == "rs") {
            let docs = text.lines().map(str::trim_start);
            add_examples(&mut examples, docs.map(doc_line));
        } else {
            add_examples(&mut examples, text.lines());
        }
    }
    add_examples(&mut examples, read("README.md").lines());
    examples
}

fn add_examples<'a>(examples: &mut String, lines: impl Iterator<Item = &'a str>) {
    let mut block = None;
    for line in lines {
        match (block, line.trim_start().strip_prefix("```")) {
            (None, language) => block = language,
            (Some(_), Some(_)) => block = None,
            (Some("" | "rust" | "no_run" | "rust,no_run"), None) => {
                examples.push_str(line);
                examples.push('\n');
            }
            (Some(_), None) => {}
        }
    }
}

fn doc_line(line: &str) -> &str {
    let text = line.strip_prefix("///").or_else(|| line.strip_prefix("//!")).unwrap_or_default();
    text.strip_prefix(' ').unwrap_or(text)
}

/// What follows the opening parenthesis of each call of a function.
fn calls<'a>(code: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    code.match_indices(name).filter_map(move |(at, _)| {
        let before = &code[..at];
        let whole = !before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let call = whole && !before.ends_with("fn ");
        code[at + name.len()..].strip_prefix('(').filter(|_| call)
    })
}

/// The names of functions that are not private to the crate. Those of macros have none.
fn public_functions(source: &str) -> impl Iterator<Item = &str> {
    source.lines().filter_map(|line| {
        let item = line.trim_start().strip_prefix("pub ")?;
        let (qualifiers, rest) = item.split_once("fn ")?;
        let is_function =
            qualifiers.split_whitespace().all(|word| ["async", "const"].contains(&word));
        Some(identifier(rest)).filter(|name| is_function && !name.is_empty())
    })
}

/// The name of the option whose entry in the table begins with this line.
fn entry(line: &str) -> Option<&str> {
    let name = identifier(line.strip_prefix("            ")?);
    line.trim_start()[name.len()..].starts_with('(').then_some(name)
}

/// The identifier that a text begins with.
fn identifier(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit() && c != '_');
    &text[..end.unwrap_or(text.len())]
}

/// Sources and what they include, with their contents.
fn sources(directory: &str) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    let mut directories = vec![root().join(directory)];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else {
                let contents = fs::read_to_string(&path).unwrap();
                files.push((path, contents));
            }
        }
    }
    files
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
