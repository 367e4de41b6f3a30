//! Compares the bindings with the headers that the build found: a C program prints what the C compiler makes of every
//! name, and asserts the type of every function and field. The compiler is the one that `CC` names, else `cc`.

#![cfg(not(target_env = "msvc"))]

mod c;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::hint::black_box;

macro_rules! consts {
    ($($name:ident,)*) => {
        pub(crate) fn consts() -> Vec<(&'static str, i64)> {
            vec![$((stringify!($name), i64::from(srt_sys::$name)),)*]
        }
    };
}

macro_rules! integers {
    ($($name:ident,)*) => {
        /// Name, size, and whether negative values exist.
        pub(crate) fn integers() -> Vec<(&'static str, usize, bool)> {
            vec![$((stringify!($name), size_of::<srt_sys::$name>(), srt_sys::$name::MIN != 0),)*]
        }
    };
}

macro_rules! functions {
    ($($name:ident,)*) => {
        pub(crate) fn functions() -> Vec<(&'static str, *const ())> {
            vec![$((stringify!($name), srt_sys::$name as *const ()),)*]
        }
    };
}

macro_rules! statics {
    ($($name:ident,)*) => {
        pub(crate) fn statics() -> Vec<(&'static str, *const ())> {
            vec![$((stringify!($name), (&raw const srt_sys::$name).cast()),)*]
        }
    };
}

macro_rules! structs {
    ($($name:ident { $($field:ident,)* },)*) => {
        pub(crate) fn structs() -> Vec<crate::Struct> {
            vec![$(crate::Struct {
                name: stringify!($name),
                size: size_of::<srt_sys::$name>(),
                align: align_of::<srt_sys::$name>(),
                fields: vec![$((stringify!($field), offset_of!(srt_sys::$name, $field)),)*],
            },)*]
        }
    };
}

struct Struct {
    name: &'static str,
    size: usize,
    align: usize,
    fields: Vec<(&'static str, usize)>,
}

mod items {
    use std::mem::{align_of, offset_of, size_of};

    include!("items.rs");
}

/// What ext.rs, since_1_6.rs and lib.rs add by hand. The bool says whether the libsrt that the build found has it.
fn more_consts() -> Vec<(&'static str, Option<i64>)> {
    let mut consts = Vec::new();
    macro_rules! more {
        ($($(#[$cfg:meta])? $name:ident,)*) => {$(
            #[allow(unused_mut, unused_assignments, reason = "assigned only where the cfg holds")]
            let mut value = None;
            $(#[$cfg])?
            {
                value = Some(srt_sys::$name as i64);
            }
            consts.push((stringify!($name), value));
        )*};
    }
    macro_rules! since_1_6 {
        ($($name:ident,)*) => { more! { $(#[cfg(srt_1_6_0)] $name,)* } };
    }
    since_1_6! {
        SRT_STATUS_OK, SRT_RUN_ERROR, SRT_RUN_OK, SRT_RUN_ALREADY, SRT_SOCKID_CONNREQ, SRT_MAX_PLSIZE_AF_INET,
        SRT_MAX_PLSIZE_AF_INET6, SRT_STREAMID_MAX, SRT_PACKETFILTER_MAX, SRT_REJ_CONFIG, SRT_CLS_UNKNOWN,
        SRT_CLS_INTERNAL, SRT_CLS_PEER, SRT_CLS_RESOURCE, SRT_CLS_ROGUE, SRT_CLS_OVERFLOW, SRT_CLS_IPE, SRT_CLS_API,
        SRT_CLS_FALLBACK, SRT_CLS_LATE, SRT_CLS_CLEANUP, SRT_CLS_DEADLSN, SRT_CLS_PEERIDLE, SRT_CLS_UNSTABLE,
        SRT_CLS_E_SIZE, SRT_CLSC_INTERNAL, SRT_CLSC_USER,
    }
    more! {
        #[cfg(srt_1_5_2)] SRTO_CRYPTOMODE,
        #[cfg(srt_1_5_3)] SRTO_MAXREXMITBW,
        #[cfg(srt_1_5_2)] SRT_REJ_CRYPTO,
        #[cfg(srt_1_5_2)] SRT_KM_S_BADCRYPTOMODE,
        SRTO_E_SIZE,
        SRT_REJ_E_SIZE,
        #[cfg(not(srt_1_6_0))] SRT_REJ__SIZE,
        SRT_EPOLL_EVENTTYPES,
        SRT_EPOLL_ETONLY,
    }
    consts
}

const BINDINGS: &str = include_str!("../../src/bindings.rs");
const EXT: &str = include_str!("../../src/ext.rs");
const SINCE_1_6: &str = include_str!("../../src/since_1_6.rs");
const LIB: &str = include_str!("../../src/lib.rs");

/// The sources whose declarations hold for the libsrt that the build found.
fn sources() -> impl Iterator<Item = &'static str> {
    [BINDINGS, EXT, LIB].into_iter().chain(cfg!(srt_1_6_0).then_some(SINCE_1_6))
}

/// Whether the headers have lost the name. The functional areas of 1.6 have no numbers there.
fn is_gone(name: &str) -> bool {
    cfg!(srt_1_6_0) && name.starts_with("SRT_LOGFA_")
}

/// Names in the headers that Rust has no use for, or has in another form.
const NOT_BOUND: &[&str] = &[
    // How the headers declare things; MJ_ and MN_ are what they paste names from.
    "MJ_",
    "MN_",
    "SRT_API",
    "SRT_ATR_DEPRECATED",
    "SRT_ATR_DEPRECATED_PX",
    "SRT_ATR_NODISCARD",
    "SRT_ATR_UNUSED",
    "SRT_DEPRECATED_OPTION",
    "SRT_DYNAMIC",
    "SRT_EMJ",
    "SRT_EMN",
    "SRT_EXPORTS",
    "SRT_HAVE_CXX11",
    "SRT_HAVE_CXX17",
    "SRT_IS_GROUP",
    "SRT_NO_DEPRECATED",
    "SRT_TEST_FORCED_CONSTANT",
    // An inline alias of srt_bind_acquire, deprecated.
    "srt_bind_peerof",
    // C++ only.
    "srt_logging",
];

fn set<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeSet<&'a str> {
    names.into_iter().collect()
}

fn declared(source: &str, keyword: &str, end: &str) -> BTreeSet<String> {
    c::decls(source, keyword, end).into_iter().map(|decl| decl.name).collect()
}

#[test]
fn every_binding_is_checked() {
    fn check(what: &str, declared: &BTreeSet<String>, checked: &BTreeSet<&str>) {
        assert!(!declared.is_empty(), "no {what} found: has the form of the bindings changed?");
        let declared = set(declared.iter().map(String::as_str));
        let differ = declared.symmetric_difference(checked).collect::<Vec<_>>();
        assert!(differ.is_empty(), "{what} in only one of bindings and test: {differ:?}");
    }

    check("consts", &declared(BINDINGS, "const", ";"), &set(items::consts().iter().map(|c| c.0)));
    let ext = [EXT, SINCE_1_6].map(|source| declared(source, "const", ";")).into_iter().flatten();
    let ext = ext.filter(|name| name != "fn").collect();
    check("consts added by hand", &ext, &set(more_consts().iter().map(|c| c.0)));
    check(
        "functions",
        &declared(BINDINGS, "fn", ";"),
        &set(items::functions().iter().map(|f| f.0)),
    );
    check(
        "statics",
        &declared(BINDINGS, "static", ";"),
        &set(items::statics().iter().map(|s| s.0)),
    );

    let structs = items::structs();
    let with_fields =
        c::decls(BINDINGS, "struct", "}").into_iter().filter(|s| s.rest.contains("pub "));
    let with_fields = with_fields.collect::<Vec<_>>();
    check(
        "structs",
        &with_fields.iter().map(|s| s.name.clone()).collect(),
        &set(structs.iter().map(|s| s.name)),
    );
    for decl in &with_fields {
        let fields = decl.rest.trim_start_matches('{').replace("pub ", "");
        let fields = c::name_and_type(&fields).map(|(name, _)| name.to_owned()).collect();
        let checked = structs.iter().find(|s| s.name == decl.name).expect("compared above");
        check(&decl.name, &fields, &set(checked.fields.iter().map(|f| f.0)));
    }

    let integers = c::decls(BINDINGS, "type", ";").into_iter();
    let integers = integers.filter(|t| ["= c_int", "= c_uint", "= i32"].contains(&&*t.rest));
    check(
        "integer types",
        &integers.map(|t| t.name).collect(),
        &set(items::integers().iter().map(|t| t.0)),
    );
}

#[test]
fn every_name_in_the_headers_is_bound() {
    let mut bound = BTreeSet::new();
    for source in sources() {
        for keyword in ["const fn", "const", "fn", "static", "struct", "type"] {
            bound.extend(declared(source, keyword, if keyword == "struct" { "{" } else { ";" }));
        }
    }
    let header = c::header_names();
    assert!(header.len() > 400, "only {} names found", header.len());
    let missing = header
        .iter()
        .filter(|name| !bound.contains(*name) && !NOT_BOUND.contains(&&***name))
        .filter(|name| !name.starts_with("SRT_VERSION_"))
        .collect::<Vec<_>>();
    assert!(missing.is_empty(), "not in the bindings: {missing:?}");
}

#[test]
fn values_and_layouts_are_those_of_the_headers() {
    let mut expected = BTreeMap::new();
    let mut program = String::new();
    let mut ask = |key: String, c: &str, rust: i64| {
        writeln!(program, "printf(\"%s %lld\\n\", \"{key}\", (long long)({c}));").unwrap();
        assert_eq!(expected.insert(key.clone(), rust), None, "{key} is there twice");
    };

    for (name, value) in items::consts().into_iter().filter(|(name, _)| !is_gone(name)) {
        ask(name.to_owned(), name, value);
    }
    for (name, value) in more_consts() {
        if let Some(value) = value {
            ask(name.to_owned(), name, value);
        }
    }
    let header = c::header_text();
    for (name, size, signed) in items::integers() {
        let tagged = header.contains(&format!("enum {name}\n"))
            || header.contains(&format!("enum SRT_ATR_DEPRECATED {name}"));
        let c_name = if tagged { format!("enum {name}") } else { name.to_owned() };
        ask(format!("sizeof({name})"), &format!("sizeof({c_name})"), size as i64);
        ask(format!("signed({name})"), &format!("({c_name})-1 < 0"), signed.into());
    }
    for s in items::structs() {
        let name = s.name;
        ask(format!("sizeof({name})"), &format!("sizeof(struct {name})"), s.size as i64);
        ask(format!("alignof({name})"), &format!("_Alignof(struct {name})"), s.align as i64);
        for (field, offset) in s.fields {
            let c = format!("offsetof(struct {name}, {field})");
            ask(format!("{name}.{field}"), &c, offset as i64);
        }
    }

    #[cfg(srt_1_6_0)]
    {
        use srt_sys::SRT_CLOSE_INFO;
        use std::mem::offset_of;

        ask(
            "sizeof(SRT_CLOSE_INFO)".into(),
            "sizeof(SRT_CLOSE_INFO)",
            size_of::<SRT_CLOSE_INFO>() as i64,
        );
        for (field, offset) in [
            ("agent", offset_of!(SRT_CLOSE_INFO, agent)),
            ("peer", offset_of!(SRT_CLOSE_INFO, peer)),
            ("time", offset_of!(SRT_CLOSE_INFO, time)),
        ] {
            ask(field.to_owned(), &format!("offsetof(SRT_CLOSE_INFO, {field})"), offset as i64);
        }
    }

    assert!(expected.len() > 400, "only {} items to compare", expected.len());
    let mut answers = BTreeMap::new();
    for line in c::run("values", &program).lines() {
        let (key, value) = line.rsplit_once(' ').expect("a name and a number");
        answers.insert(key.to_owned(), value.parse::<i64>().expect("a number"));
    }
    let differ = expected.iter().filter(|(key, value)| answers.get(*key) != Some(*value));
    let differ = differ
        .map(|(key, value)| match answers.get(key) {
            Some(c) => format!("{key} is {value} in Rust, {c} in C"),
            None => format!("C has no answer for {key}"),
        })
        .collect::<Vec<_>>();
    assert!(differ.is_empty(), "{}", differ.join("\n"));
    assert_eq!(answers.len(), expected.len());
}

#[test]
fn types_are_those_of_the_headers() {
    let mut program = String::new();
    let mut count = 0;
    let mut same = |what: &str, c: &str, rust: &str| {
        count += 1;
        writeln!(
            program,
            "_Static_assert(__builtin_types_compatible_p({c}, {rust}), \"{what} is not {rust}\");"
        )
        .unwrap();
    };

    let functions = sources().filter(|source| *source != LIB && *source != EXT);
    for f in functions.flat_map(|source| c::decls(source, "fn", ";")) {
        same(&f.name, &format!("__typeof__({})", f.name), &c::c_signature(&f.rest));
    }
    for t in c::decls(BINDINGS, "type", ";") {
        if let Some((_, signature)) = t.rest.split_once("extern \"C\" fn") {
            let signature = signature.trim_end_matches(", >");
            same(&t.name, &t.name, &c::c_signature(signature));
        }
    }
    for s in c::decls(BINDINGS, "struct", "}") {
        let fields = s.rest.trim_start_matches('{');
        if !fields.contains("pub ") {
            continue;
        }
        for (field, ty) in c::name_and_type(&fields.replace("pub ", "")) {
            let name = &s.name;
            let c = format!("__typeof__(((struct {name} *)0)->{field})");
            same(&format!("{name}.{field}"), &c, &c::c_type(ty));
        }
    }

    assert!(count > 180, "only {count} types to compare");
    c::run("types", &program);
}

#[test]
fn the_library_has_every_function() {
    let functions = items::functions();
    assert!(functions.len() > 70, "only {} functions", functions.len());
    let mut symbols = items::statics();
    symbols.extend(functions);
    #[cfg(not(srt_1_6_0))]
    symbols.push(("srt_rejectreason_msg", (&raw const srt_sys::srt_rejectreason_msg).cast()));
    #[cfg(srt_1_6_0)]
    symbols.extend([
        ("srt_close_withreason", srt_sys::srt_close_withreason as *const ()),
        ("srt_close_getreason", srt_sys::srt_close_getreason as *const ()),
        ("srt_getsockdevname", srt_sys::srt_getsockdevname as *const ()),
        ("srt_getmaxpayloadsize", srt_sys::srt_getmaxpayloadsize as *const ()),
        ("srt_rejectreasonx_str", srt_sys::srt_rejectreasonx_str as *const ()),
    ]);
    let addresses = symbols.into_iter().map(|(name, address)| {
        assert!(!black_box(address).is_null(), "{name}");
        address
    });
    // Linking did the work; distinct addresses say that nothing was folded away.
    let all = addresses.collect::<Vec<_>>();
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
}
