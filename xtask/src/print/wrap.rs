//! Text into lines of at most 100 columns, with a prefix before the first and before the others.

const COLUMNS_MAX: usize = 100;

/// Lines of one paragraph. A word longer than the line stands alone.
pub fn paragraph(first: &str, rest: &str, text: &str) -> String {
    let mut out = String::new();
    let mut line = first.to_owned();
    let mut is_blank = true;
    for word in text.split_whitespace() {
        if !is_blank && line.chars().count() + 1 + word.chars().count() > COLUMNS_MAX {
            out.push_str(line.trim_end());
            out.push('\n');
            line = rest.to_owned();
            is_blank = true;
        }
        if !is_blank {
            line.push(' ');
        }
        line.push_str(word);
        is_blank = false;
    }
    out.push_str(line.trim_end());
    out.push('\n');
    out
}

/// A text of paragraphs and `- ` items, refilled behind `prefix`.
pub fn text(prefix: &str, text: &str) -> String {
    let mut blocks: Vec<String> = Vec::new();
    for line in text.trim().lines() {
        match blocks.last_mut() {
            Some(block) if !block.is_empty() && !line.is_empty() && !line.starts_with("- ") => {
                block.push(' ');
                block.push_str(line.trim());
            }
            _ => blocks.push(line.to_owned()),
        }
    }
    let fill = |block: &String| match block.strip_prefix("- ") {
        Some(item) => paragraph(&format!("{prefix}- "), &format!("{prefix}  "), item),
        None => paragraph(prefix, prefix, block),
    };
    blocks.iter().map(fill).collect()
}

/// `head` + comma-separated items + `tail`, broken after commas with `indent` before later lines.
pub fn list(head: &str, items: &[String], tail: &str, indent: &str) -> String {
    let one_line = format!("{head}{}{tail}", items.join(", "));
    if one_line.chars().count() <= COLUMNS_MAX {
        return format!("{one_line}\n");
    }
    let mut out = String::new();
    let mut line = head.to_owned();
    for (index, item) in items.iter().enumerate() {
        let is_last = index + 1 == items.len();
        let piece = format!("{item}{}", if is_last { tail } else { "," });
        if line.chars().count() + 1 + piece.chars().count() > COLUMNS_MAX {
            out.push_str(line.trim_end());
            out.push('\n');
            line = format!("{indent}{piece}");
        } else if line.ends_with(',') {
            line.push(' ');
            line.push_str(&piece);
        } else {
            line.push_str(&piece);
        }
    }
    format!("{out}{}\n", line.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_longer_than_100_columns() {
        let text = "seven letters ".repeat(40);
        for line in paragraph(" * first  ", " *        ", &text).lines() {
            assert!(line.len() <= COLUMNS_MAX, "{line}");
        }
        let items: Vec<String> = (0..40).map(|n| format!("int32_t number_{n}")).collect();
        let broken = list("void f(", &items, ");", "    ");
        assert!(
            broken.lines().all(|line| line.len() <= COLUMNS_MAX),
            "{broken}"
        );
        assert!(broken.ends_with("number_39);\n"), "{broken}");
    }

    #[test]
    fn words_survive_in_order() {
        assert_eq!(paragraph("/// ", "/// ", "a  b\nc"), "/// a b c\n");
        assert_eq!(
            text(" * ", "a\nb\n\n- c\n  d\n- e"),
            " * a b\n *\n * - c d\n * - e\n"
        );
    }
}
