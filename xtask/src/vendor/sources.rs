//! apt's source entries, both styles of them, and what `apt-cache madison` says about a package.

use std::fmt::Write;

/// An archive that has a version of the package.
#[derive(Debug, PartialEq)]
pub(super) struct Archive {
    pub(super) version: String,
    uri: String,
    /// Suite and component, as in `bookworm/main`.
    section: String,
}

/// An enabled entry for binary packages.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Entry {
    uris: Vec<String>,
    suites: Vec<String>,
    components: Vec<String>,
    /// Under their deb822 names; a value may have several lines.
    options: Vec<(String, String)>,
}

/// Reads `apt-cache madison`'s table: `package | version | uri suite/component architecture Packages`.
pub(super) fn archives(table: &str) -> Vec<Archive> {
    let row = |line: &str| {
        let mut columns = line.split('|').map(str::trim);
        let version = columns.nth(1)?.to_owned();
        let mut place = columns.next()?.split_whitespace();
        let (uri, section) = (trim_uri(place.next()?), place.next()?.to_owned());
        (place.next_back()? == "Packages").then_some(Archive { version, uri, section })
    };
    table.lines().filter_map(row).collect()
}

/// Reads a `.list` file: `deb [option=value] uri suite component...`.
pub(super) fn one_line(text: &str) -> Vec<Entry> {
    text.lines().filter_map(one_line_entry).collect()
}

fn one_line_entry(line: &str) -> Option<Entry> {
    let line = line.split('#').next()?.trim();
    let rest = line.strip_prefix("deb")?;
    if !rest.starts_with([' ', '\t']) {
        return None;
    }
    let rest = rest.trim_start();
    let (options, rest) = match rest.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => ("", rest),
    };
    let mut words = rest.split_whitespace().map(str::to_owned);
    Some(Entry {
        uris: vec![words.next()?],
        suites: vec![words.next()?],
        components: words.collect(),
        options: options
            .split_whitespace()
            .filter_map(|option| option.split_once('='))
            .filter(|(name, _)| applies_to_sources(name))
            .map(|(name, value)| (name.to_owned(), value.replace(',', " ")))
            .collect(),
    })
}

/// Reads a `.sources` file.
pub(super) fn deb822(text: &str) -> Vec<Entry> {
    let lines: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
    lines.split(|line| line.trim().is_empty()).filter_map(deb822_entry).collect()
}

fn deb822_entry(stanza: &[&str]) -> Option<Entry> {
    let mut fields: Vec<(&str, String)> = Vec::new();
    for line in stanza {
        if line.starts_with([' ', '\t']) {
            let (_, value) = fields.last_mut()?;
            value.push('\n');
            value.push_str(line);
        } else {
            let (name, value) = line.split_once(':')?;
            fields.push((name, value.trim().to_owned()));
        }
    }

    let mut entry = Entry::default();
    let (mut binary, mut enabled) = (false, true);
    for (name, value) in fields {
        let words = || value.split_whitespace().map(str::to_owned).collect();
        match name.to_ascii_lowercase().as_str() {
            "types" => binary = value.split_whitespace().any(|it| it == "deb"),
            "enabled" => enabled = !["no", "false", "off", "0"].contains(&value.as_str()),
            "uris" => entry.uris = words(),
            "suites" => entry.suites = words(),
            "components" => entry.components = words(),
            name_ if applies_to_sources(name_) => entry.options.push((name.to_owned(), value)),
            _ => {}
        }
    }
    (binary && enabled).then_some(entry)
}

/// Keys and trust are the archive's; which binaries and indexes to fetch is not about sources.
fn applies_to_sources(option: &str) -> bool {
    let option = option.trim_end_matches(['+', '-']);
    !option.starts_with("x-")
        && !["arch", "architectures", "lang", "languages", "target", "targets", "pdiffs"]
            .contains(&option)
}

/// A `.sources` file for the source packages of those archives, with the options of the entries that name them.
pub(super) fn source_list(entries: &[Entry], archives: &[Archive]) -> String {
    let mut list = String::new();
    for Archive { uri, section, .. } in archives {
        for entry in entries.iter().filter(|it| it.uris.iter().any(|it| trim_uri(it) == *uri)) {
            let pairs = entry
                .suites
                .iter()
                .flat_map(|suite| entry.components.iter().map(move |component| (suite, component)));
            for (suite, component) in pairs {
                if format!("{suite}/{component}") == *section {
                    stanza(&mut list, uri, suite, component, &entry.options);
                }
            }
        }
    }
    list
}

fn stanza(
    list: &mut String,
    uri: &str,
    suite: &str,
    component: &str,
    options: &[(String, String)],
) {
    let _ = writeln!(list, "Types: deb-src\nURIs: {uri}\nSuites: {suite}");
    let _ = writeln!(list, "Components: {component}");
    for (name, value) in options {
        let _ = writeln!(list, "{name}: {value}");
    }
    list.push('\n');
}

fn trim_uri(uri: &str) -> String {
    uri.trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\
libsrt-openssl-dev | 1.5.1-1+deb12u2 | http://deb.example.org/debian-security bookworm-security/main amd64 Packages
libsrt-openssl-dev | 1.5.1-1+deb12u1 | http://deb.example.org/debian bookworm/main amd64 Packages
       srt | 1.5.1-1+deb12u1 | http://deb.example.org/debian bookworm/main Sources
";

    fn list(entries: &[Entry]) -> String {
        source_list(entries, &archives(TABLE)[1..])
    }

    #[test]
    fn archives_of_a_package() {
        let archives = archives(TABLE);
        assert_eq!(archives.len(), 2);
        assert_eq!(archives[0].version, "1.5.1-1+deb12u2");
        assert_eq!(archives[0].uri, "http://deb.example.org/debian-security");
        assert_eq!(archives[0].section, "bookworm-security/main");
    }

    #[test]
    fn one_line_style() {
        let entries = one_line(
            "# deb http://deb.example.org/debian bookworm main\n\
             deb http://deb.example.org/debian bookworm-updates main\n\
             deb-src http://deb.example.org/debian bookworm main\n\
             deb [arch=amd64 signed-by=/keys/a.gpg,/keys/b.gpg] http://deb.example.org/debian/ bookworm contrib main # x\n\
             deb https://other.example.com/ stable main\n",
        );
        assert_eq!(entries.len(), 3);
        assert_eq!(
            list(&entries),
            "Types: deb-src\nURIs: http://deb.example.org/debian\nSuites: bookworm\nComponents: main\n\
             signed-by: /keys/a.gpg /keys/b.gpg\n\n"
        );
    }

    #[test]
    fn deb822_style() {
        let entries = deb822(
            "Types: deb\n\
             # http://snapshot.example.org/\n\
             URIs: http://deb.example.org/debian\n\
             Suites: bookworm bookworm-updates\n\
             Components: main contrib\n\
             Architectures: amd64\n\
             Signed-By: /keys/a.gpg\n\
             \n\
             Types: deb-src\n\
             URIs: http://deb.example.org/debian\n\
             Suites: bookworm\n\
             Components: main\n\
             \n\
             Enabled: no\n\
             Types: deb deb-src\n\
             URIs: http://deb.example.org/debian\n\
             Suites: bookworm\n\
             Components: main\n",
        );
        assert_eq!(entries.len(), 1);
        assert_eq!(
            list(&entries),
            "Types: deb-src\nURIs: http://deb.example.org/debian\nSuites: bookworm\nComponents: main\n\
             Signed-By: /keys/a.gpg\n\n"
        );
    }

    #[test]
    fn embedded_keys_keep_their_lines() {
        let key = "Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mDMEY\n";
        let entries = deb822(&format!(
            "Types: deb\nURIs: http://deb.example.org/debian\nSuites: bookworm\nComponents: main\n{key}"
        ));
        let list = list(&entries);
        assert!(list.contains(&key.replacen("By:", "By: ", 1)), "{list}");
    }

    #[test]
    fn other_archives_are_left_out() {
        let other = one_line("deb https://other.example.com/debian bookworm main\n");
        assert_eq!(list(&other), "");
    }
}
