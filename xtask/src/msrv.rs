//! Holds the workspace to the `rust-version` it declares.

use std::collections::{HashMap, HashSet};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::{cmd::Cmd, util};

/// What users build; tests, benchmarks and xtask may need a newer compiler.
const PUBLISHED: [&str; 2] = ["srt-sys", "srt-tokio"];

/// Compiles with the oldest compiler if it is installed; else what the dependencies declare must do, beside clippy's
/// `incompatible_msrv`, which knows the standard library.
pub(crate) fn check() -> Result<()> {
    let metadata =
        Cmd::new("cargo").args(["metadata", "--format-version", "1", "--all-features", "--locked"]);
    let graph = Graph::new(serde_json::from_str(&metadata.read()?)?)?;
    let ours = graph.rust_version(graph.root(PUBLISHED[0])?).context("no rust-version")?;
    let too_new = graph.newer_than(ours)?;
    ensure!(too_new.is_empty(), "newer than our Rust {ours}:\n  {}", too_new.join("\n  "));
    println!("no dependency declares a rust-version above {ours}");

    let Some(toolchain) = toolchain(ours) else {
        println!("skipped compiling: the toolchain {ours} is not installed");
        return Ok(());
    };
    let target = util::target().join("msrv");
    Cmd::new("rustup")
        .args(["run", &toolchain, "cargo", "check", "--package", "srt-tokio", "--target-dir"])
        .arg(target)
        .run()
}

fn toolchain(version: &str) -> Option<String> {
    let list = Cmd::new("rustup").args(["toolchain", "list"]).read().ok()?;
    let mut names = list.lines().filter_map(|line| line.split_whitespace().next());
    let wanted = |name: &str| {
        name.strip_prefix(version)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-']))
    };
    names.find(|name| wanted(name)).map(str::to_owned)
}

/// What `cargo metadata` resolved.
struct Graph {
    metadata: Value,
}

impl Graph {
    fn new(metadata: Value) -> Result<Self> {
        ensure!(metadata["resolve"]["nodes"].is_array(), "cargo metadata has no resolve graph");
        Ok(Self { metadata })
    }

    fn packages(&self) -> impl Iterator<Item = &Value> {
        self.metadata["packages"].as_array().into_iter().flatten()
    }

    /// The workspace member of that name; the registry has others of the same.
    fn root(&self, name: &str) -> Result<&str> {
        let own = self.packages().find(|it| it["name"] == name && it["source"].is_null());
        own.and_then(|it| it["id"].as_str()).with_context(|| format!("no package {name}"))
    }

    fn rust_version(&self, id: &str) -> Option<&str> {
        self.packages().find(|it| it["id"] == id)?["rust_version"].as_str()
    }

    /// The packages that users would build and that ask for more than `ours`.
    fn newer_than(&self, ours: &str) -> Result<Vec<String>> {
        let nodes = self.metadata["resolve"]["nodes"].as_array().into_iter().flatten();
        let nodes: HashMap<_, _> = nodes.map(|node| (&node["id"], &node["deps"])).collect();

        let mut queue = Vec::new();
        for name in PUBLISHED {
            let root = self.root(name)?;
            queue.extend(self.packages().map(|it| &it["id"]).find(|id| *id == root));
        }
        let mut seen: HashSet<&Value> = HashSet::new();
        while let Some(id) = queue.pop() {
            if seen.insert(id) {
                let deps = nodes.get(id).and_then(|deps| deps.as_array()).into_iter().flatten();
                queue.extend(deps.filter(|dep| is_built_by_users(dep)).map(|dep| &dep["pkg"]));
            }
        }

        let newer = |package: &&Value| {
            let version = package["rust_version"].as_str().unwrap_or_default();
            seen.contains(&package["id"]) && util::version(version) > util::version(ours)
        };
        let line = |it: &Value| {
            let field = |name: &str| it[name].as_str().unwrap_or_default().to_owned();
            format!("{} {} needs {}", field("name"), field("version"), field("rust_version"))
        };
        Ok(self.packages().filter(newer).map(line).collect())
    }
}

/// Normal and build dependencies, on any platform; `srt_loom` is set by our own tests only.
fn is_built_by_users(dep: &Value) -> bool {
    dep["dep_kinds"].as_array().into_iter().flatten().any(|kind| {
        kind["kind"] != "dev" && !kind["target"].as_str().is_some_and(|it| it.contains("srt_loom"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn package(name: &str, rust_version: Option<&str>) -> Value {
        let source = (!PUBLISHED.contains(&name)).then_some("registry");
        json!({ "name": name, "version": "1.0.0", "id": name, "source": source,
                "rust_version": rust_version })
    }

    fn dep(name: &str, kind: Option<&str>, target: Option<&str>) -> Value {
        json!({ "pkg": name, "dep_kinds": [{ "kind": kind, "target": target }] })
    }

    #[test]
    fn only_what_users_build_counts() {
        let graph = Graph::new(json!({
            "packages": [
                package("srt-sys", Some("1.85")),
                package("srt-tokio", Some("1.85")),
                package("old", None),
                package("inner", Some("1.86.0")),
                package("build", Some("1.90")),
                package("dev", Some("1.95")),
                package("loom", Some("1.95")),
            ],
            "resolve": { "nodes": [
                { "id": "srt-tokio", "deps": [
                    dep("srt-sys", None, None),
                    dep("old", None, Some("cfg(windows)")),
                    dep("dev", Some("dev"), None),
                    dep("loom", None, Some("cfg(srt_loom)")),
                ] },
                { "id": "srt-sys", "deps": [dep("build", Some("build"), None)] },
                { "id": "old", "deps": [dep("inner", None, None)] },
            ] },
        }))
        .unwrap();
        assert_eq!(
            graph.newer_than("1.85").unwrap(),
            ["inner 1.0.0 needs 1.86.0", "build 1.0.0 needs 1.90"]
        );
        assert!(graph.newer_than("1.90").unwrap().is_empty());
    }
}
