//! The parts of a document that a program writes, between marks that only a reader of its source sees.

/// The document with `content` between the marks of `name`, in the place of what was there.
///
/// The marks are lines of their own: `<!-- begin: generated NAME -->` and `<!-- end: generated NAME -->`.
pub(crate) fn replace(document: &str, name: &str, content: &str) -> Result<String, String> {
    let (begin, end) = (mark("begin", name), mark("end", name));
    let missing = |mark: &str| format!("no line `{}`", mark.trim_end());
    let (before, rest) = document.split_once(&begin).ok_or_else(|| missing(&begin))?;
    let (_, after) = rest.split_once(&end).ok_or_else(|| missing(&end))?;
    Ok(format!("{before}{begin}\n{}\n\n{end}{after}", content.trim()))
}

fn mark(what: &str, name: &str) -> String {
    format!("<!-- {what}: generated {name} -->\n")
}
