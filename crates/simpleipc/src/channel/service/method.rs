//! What a server says of one method, for people and programs that ask.

use crate::error::{Error, Result, Status};
use crate::value::Value;

/// A method that a server offers.
#[derive(Clone, Debug, Default)]
pub struct Method {
    name: String,
    args: Vec<(String, String)>,
    returns: Option<String>,
    about: Option<String>,
    pub(super) idempotent: bool,
}

impl Method {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_string(),
            ..Self::default()
        }
    }

    /// What it is called by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The arguments in order, each with a name and a type, as `("a", "int")`.
    pub fn args<'a>(&mut self, args: impl IntoIterator<Item = (&'a str, &'a str)>) -> &mut Self {
        let owned = |(name, kind): (&str, &str)| (name.to_string(), kind.to_string());
        self.args = args.into_iter().map(owned).collect();
        self
    }

    /// The type of the result.
    pub fn returns(&mut self, kind: &str) -> &mut Self {
        self.returns = Some(kind.to_string());
        self
    }

    /// One sentence for people.
    pub fn about(&mut self, text: &str) -> &mut Self {
        self.about = Some(text.to_string());
        self
    }

    /// To do it twice is the same as to do it once: a call whose server died is done again.
    pub fn idempotent(&mut self) -> &mut Self {
        self.idempotent = true;
        self
    }

    /// From a map as those who ask get it.
    pub(super) fn from_value(value: &Value<'_>) -> Result<Self> {
        let refuse = |what: &str| {
            Error::new(
                Status::BadValue,
                format!(
                    "a method is described by a map with a name, and perhaps args (pairs of a \
                     name and a type), returns, idempotent and about; {what}"
                ),
            )
        };
        let Value::Map(pairs) = value else {
            return Err(refuse("this is no map"));
        };
        let mut method = Self::default();
        for (key, value) in pairs {
            match (&**key, value) {
                ("name", Value::Str(text)) => method.name = text.to_string(),
                ("returns", Value::Str(text)) => method.returns = Some(text.to_string()),
                ("about", Value::Str(text)) => method.about = Some(text.to_string()),
                ("idempotent", Value::Bool(truth)) => method.idempotent = *truth,
                ("args", Value::List(args)) => {
                    let args = args.iter().map(arg).collect::<Option<_>>();
                    method.args = args.ok_or_else(|| refuse("its args are no pairs of texts"))?;
                }
                (key, value) => {
                    let what = format!("here '{key}' is a {:?}", value.kind());
                    return Err(refuse(&what));
                }
            }
        }
        match method.name.is_empty() {
            true => Err(refuse("this has no name")),
            false => Ok(method),
        }
    }

    /// As it is told to those who ask.
    pub(super) fn to_value(&self) -> Value<'_> {
        let mut pairs = vec![("name", Value::from(&self.name))];
        if !self.args.is_empty() {
            let pair = |(name, kind): &'_ (String, String)| {
                Value::List(vec![Value::from(name.clone()), Value::from(kind.clone())])
            };
            pairs.push(("args", Value::List(self.args.iter().map(pair).collect())));
        }
        if let Some(kind) = &self.returns {
            pairs.push(("returns", Value::from(kind)));
        }
        if self.idempotent {
            pairs.push(("idempotent", Value::Bool(true)));
        }
        if let Some(text) = &self.about {
            pairs.push(("about", Value::from(text)));
        }
        Value::from(pairs)
    }
}

fn arg(value: &Value<'_>) -> Option<(String, String)> {
    let Value::List(pair) = value else {
        return None;
    };
    match &pair[..] {
        [Value::Str(name), Value::Str(kind)] => Some((name.to_string(), kind.to_string())),
        _ => None,
    }
}
