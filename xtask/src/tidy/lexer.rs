//! Just enough of Rust's grammar to tell code from comments and quoted text.

/// `text` with comments and the contents of string and character literals blanked out. Every
/// line keeps its number.
pub fn code_only(text: &str) -> String {
    let mut scanner = Scanner {
        rest: text.chars().collect(),
        at: 0,
        code: String::new(),
    };
    while scanner.at < scanner.rest.len() {
        scanner.step();
    }
    scanner.code
}

struct Scanner {
    rest: Vec<char>,
    at: usize,
    code: String,
}

impl Scanner {
    fn step(&mut self) {
        match (self.peek(0), self.peek(1)) {
            ('/', '/') => self.blank_while(|scanner| scanner.peek(0) != '\n'),
            ('/', '*') => self.block_comment(),
            ('"', _) => self.string(),
            ('r', '"' | '#') if !self.follows_a_word() && self.raw_hashes().is_some() => {
                let hashes = self.raw_hashes().unwrap_or(0);
                self.keep(1 + hashes);
                self.raw_string(hashes);
            }
            ('\'', _) => self.character_or_lifetime(),
            _ => self.keep(1),
        }
    }

    fn peek(&self, ahead: usize) -> char {
        self.rest.get(self.at + ahead).copied().unwrap_or('\0')
    }

    fn keep(&mut self, count: usize) {
        for _ in 0..count {
            self.code.push(self.peek(0));
            self.at += 1;
        }
    }

    fn blank(&mut self, count: usize) {
        for _ in 0..count {
            self.code
                .push(if self.peek(0) == '\n' { '\n' } else { ' ' });
            self.at += 1;
        }
    }

    fn blank_while(&mut self, go_on: impl Fn(&Scanner) -> bool) {
        while self.at < self.rest.len() && go_on(self) {
            self.blank(1);
        }
    }

    fn follows_a_word(&self) -> bool {
        let before = self.at.checked_sub(1).and_then(|at| self.rest.get(at));
        // A prefix as in br"" and cr"" belongs to the literal.
        before.is_some_and(|c| (c.is_alphanumeric() || *c == '_') && !"bc".contains(*c))
    }

    fn block_comment(&mut self) {
        let mut depth = 0;
        loop {
            match (self.peek(0), self.peek(1)) {
                ('/', '*') => depth += 1,
                ('*', '/') => depth -= 1,
                _ => {
                    if self.at >= self.rest.len() {
                        return;
                    }
                    self.blank(1);
                    continue;
                }
            }
            self.blank(2);
            if depth == 0 {
                return;
            }
        }
    }

    fn string(&mut self) {
        self.keep(1);
        while self.at < self.rest.len() && self.peek(0) != '"' {
            let escaped = self.peek(0) == '\\';
            self.blank(if escaped { 2 } else { 1 });
        }
        self.keep(1.min(self.rest.len() - self.at));
    }

    /// The number of hashes if a raw string begins after this `r`.
    fn raw_hashes(&self) -> Option<usize> {
        let hashes = (1..).take_while(|ahead| self.peek(*ahead) == '#').count();
        (self.peek(1 + hashes) == '"').then_some(hashes)
    }

    fn raw_string(&mut self, hashes: usize) {
        self.keep(1);
        let ends = |scanner: &Scanner| {
            scanner.peek(0) == '"' && (1..=hashes).all(|ahead| scanner.peek(ahead) == '#')
        };
        self.blank_while(|scanner| !ends(scanner));
        self.keep((1 + hashes).min(self.rest.len() - self.at));
    }

    fn character_or_lifetime(&mut self) {
        if self.peek(1) == '\\' {
            self.keep(1);
            self.blank(2);
            self.blank_while(|scanner| scanner.peek(0) != '\'');
            self.keep(1.min(self.rest.len() - self.at));
        } else if self.peek(2) == '\'' {
            self.keep(1);
            self.blank(1);
            self.keep(1);
        } else {
            self.keep(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::code_only;

    #[test]
    fn comments_and_quotes_are_blanked_and_lines_kept() {
        let text = "a // unsafe\n/* x /* y */\n z */ b \"unsafe \\\" c\" d '\\'' e 'f' g<'h>()\n";
        let code = code_only(text);
        assert_eq!(code.lines().count(), text.lines().count());
        let words: Vec<&str> = code.split_whitespace().collect();
        assert_eq!(
            words,
            [
                "a", "b", "\"", "\"", "d", "'", "'", "e", "'", "'", "g<'h>()"
            ]
        );
    }

    #[test]
    fn raw_strings_end_at_their_own_hashes() {
        let code = code_only("x(r#\"un\"safe\"#, br\"y\"); for_r\"z\" //");
        assert_eq!(
            code.split_whitespace().collect::<String>(),
            "x(r#\"\"#,br\"\");for_r\"\""
        );
    }
}
