//! One printer per generated file; each turns the contract, or the results of the comparison, into
//! one text and nothing else.

pub mod comparison;
pub mod costs;
pub mod header;
pub mod pascal;
pub mod reference;
pub mod rust;
pub mod template;
mod wrap;

/// The page with `text` between its two marks.
fn replace_part(
    page: &str,
    path: &str,
    [begin, end]: [&str; 2],
    text: &str,
) -> Result<String, String> {
    let missing = |mark| format!("{path}: no {mark}");
    let (before, rest) = page.split_once(begin).ok_or_else(|| missing(begin))?;
    let (_, after) = rest.split_once(end).ok_or_else(|| missing(end))?;
    Ok(format!("{before}{begin}{text}\n{end}{after}"))
}
