//! Reads the bindings as text, writes their types as C does, and asks the C compiler about them.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

pub(crate) const INCLUDE: &str = env!("SRT_SYS_INCLUDE");

const HEADERS: [&str; 3] = ["srt.h", "logging_api.h", "access_control.h"];

/// What the bindings call by a name that 1.6 has changed, with nothing else.
const RENAMED_BY_1_6: [(&str, &str); 7] = [
    ("SRT_LOG_HANDLER_FN", "HVU_LOG_HANDLER_FN"),
    ("SRT_LOG_LEVEL_MIN", "HVU_LOG_LEVEL_MIN"),
    ("SRT_LOG_LEVEL_MAX", "HVU_LOG_LEVEL_MAX"),
    ("SRT_LOGF_DISABLE_TIME", "HVU_LOGF_DISABLE_TIME"),
    ("SRT_LOGF_DISABLE_THREADNAME", "HVU_LOGF_DISABLE_THREADNAME"),
    ("SRT_LOGF_DISABLE_SEVERITY", "HVU_LOGF_DISABLE_SEVERITY"),
    ("SRT_LOGF_DISABLE_EOL", "HVU_LOGF_DISABLE_EOL"),
];

/// A declaration in the bindings: its name and what follows the name, on one line.
pub(crate) struct Decl {
    pub(crate) name: String,
    pub(crate) rest: String,
}

/// The declarations in `source` that start with `pub` and `keyword`, each up to `end`.
pub(crate) fn decls(source: &str, keyword: &str, end: &str) -> Vec<Decl> {
    let flat = source.split_whitespace().collect::<Vec<_>>().join(" ");
    flat.split(&format!("pub {keyword} "))
        .skip(1)
        .map(|decl| {
            let decl = &decl[..decl.find(end).unwrap_or(decl.len())];
            let name_len = decl.find(|c: char| !c.is_alphanumeric() && c != '_');
            let (name, rest) = decl.split_at(name_len.unwrap_or(decl.len()));
            Decl { name: name.to_owned(), rest: rest.trim().to_owned() }
        })
        .collect()
}

/// Splits at commas, of which the types in the bindings have none.
pub(crate) fn name_and_type(list: &str) -> impl Iterator<Item = (&str, &str)> {
    list.split(',').map(str::trim).filter(|item| !item.is_empty()).map(|item| {
        let (name, ty) = item.split_once(':').expect("a name and a type");
        (name.trim(), ty.trim())
    })
}

/// `const char *` for `*const c_char`.
pub(crate) fn c_type(rust: &str) -> String {
    if let Some(pointee) = rust.strip_prefix("*const ") {
        return format!("{} const *", c_type(pointee));
    }
    if let Some(pointee) = rust.strip_prefix("*mut ") {
        return format!("{} *", c_type(pointee));
    }
    match rust {
        "c_void" => "void",
        "c_char" => "char",
        "c_int" => "int",
        "c_uint" => "unsigned int",
        "u16" => "uint16_t",
        "i32" => "int32_t",
        "u32" => "uint32_t",
        "i64" => "int64_t",
        "u64" => "uint64_t",
        "usize" => "size_t",
        "f64" => "double",
        "sockaddr" => "struct sockaddr",
        "sockaddr_storage" => "struct sockaddr_storage",
        // The bindings have an Option of a pointer, C the function itself.
        name if name.to_lowercase().ends_with("_fn") => return format!("{name} *"),
        name => name,
    }
    .to_owned()
}

/// `int (int, char *)` for `(a: c_int, b: *mut c_char) -> c_int`.
pub(crate) fn c_signature(rust: &str) -> String {
    let (params, ret) = rust.rsplit_once(')').expect("parameters");
    let params = params.split_once('(').expect("parameters").1;
    let params = name_and_type(params).map(|(_, ty)| c_type(ty)).collect::<Vec<_>>();
    let params = if params.is_empty() { "void".to_owned() } else { params.join(", ") };
    let ret =
        ret.trim().strip_prefix("->").map_or_else(|| "void".to_owned(), |ty| c_type(ty.trim()));
    format!("{ret} ({params})")
}

pub(crate) fn header_text() -> String {
    let read = |name| {
        let path = Path::new(INCLUDE).join("srt").join(name);
        fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    };
    HEADERS.map(read).concat()
}

/// Every name in the headers that has the prefix of one of libsrt's, outside of comments.
pub(crate) fn header_names() -> BTreeSet<String> {
    let text = header_text();
    let code = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    let code = code.collect::<Vec<_>>().join("\n");
    let mut names = BTreeSet::new();
    let mut rest = &*code;
    while let Some((before, after)) = rest.split_once("/*") {
        collect_names(before, &mut names);
        rest = after.split_once("*/").expect("a comment that ends").1;
    }
    collect_names(rest, &mut names);
    names
}

fn collect_names(code: &str, names: &mut BTreeSet<String>) {
    let words = code.split(|c: char| !c.is_alphanumeric() && c != '_');
    names.extend(
        words
            .filter(|word| {
                ["SRT", "srt_", "MJ_", "MN_", "LOG_", "Code", "CByte"]
                    .iter()
                    .any(|prefix| word.starts_with(prefix))
            })
            .map(str::to_owned),
    );
}

/// Compiles and runs `main`, the body of a C function, and returns what it prints. The tests run at the same time: each
/// has a `name` for its files.
pub(crate) fn run(name: &str, main: &str) -> String {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let source = dir.join(format!("layout-{name}.c"));
    let program = dir.join(format!("layout-{name}{}", env::consts::EXE_SUFFIX));
    let mut headers = HEADERS.map(|name| format!("#include <srt/{name}>\n")).concat();
    if cfg!(srt_1_6_0) {
        headers.extend(RENAMED_BY_1_6.map(|(ours, theirs)| format!("#define {ours} {theirs}\n")));
    }
    let text = format!(
        "#define ENABLE_AEAD_API_PREVIEW\n#define ENABLE_MAXREXMITBW\n\
         #include <stddef.h>\n#include <stdint.h>\n#include <stdio.h>\n{headers}\n\
         int main(void) {{\n{main}return 0;\n}}\n"
    );
    fs::write(&source, text).expect("write the C program");

    let cc = env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let mut words = cc.split_whitespace();
    let output = Command::new(words.next().unwrap_or("cc"))
        .args(words)
        .args(["-std=gnu11", "-Wno-deprecated-declarations", "-I", INCLUDE, "-o"])
        .args([&program, &source])
        .output()
        .unwrap_or_else(|e| panic!("{cc}: {e}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the headers disagree with the bindings:\n{errors}");

    let output = Command::new(&program).output().expect("run the C program");
    assert!(output.status.success(), "{}: {}", program.display(), output.status);
    String::from_utf8(output.stdout).expect("the C program prints ASCII")
}
