use std::fmt;

/// Where something stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a file, on a line counted from 1; none where something is not there.
    File {
        /// The file, as it was named.
        file: String,
        /// The line.
        line: Option<usize>,
    },
    /// In the environment of the process.
    Environment,
    /// In what somebody has just asked for: there is no place to name.
    Request,
}

impl Place {
    /// In the order of a file; what is not there comes last.
    pub(super) fn order(&self) -> usize {
        match self {
            Self::File { line, .. } => line.unwrap_or(usize::MAX),
            Self::Environment | Self::Request => usize::MAX,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { file, line: Some(line) } => write!(f, "{file}, line {line}"),
            Self::File { file, line: None } => f.write_str(file),
            Self::Environment => f.write_str("environment"),
            Self::Request => f.write_str("the request"),
        }
    }
}

/// One thing that is wrong with the configuration. Its text is complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub place: Place,
    /// The key, in full: `trader.entry.limit_offset`.
    pub key: String,
    /// Its value, cut short, and hidden where it may be a secret; none where there is none.
    pub value: Option<String>,
    /// What is wrong with it: the rest of the sentence.
    pub what: String,
    /// What mends it: a sentence.
    pub remedy: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, key, value, what, remedy } = self;
        if *place != Place::Request {
            write!(f, "{place}: ")?;
        }
        write!(f, "{key}")?;
        if let Some(value) = value {
            write!(f, " = {value}")?;
        }
        let end = if what.ends_with('?') { "" } else { "." };
        write!(f, " {what}{end} {remedy}")
    }
}

/// Why the configuration cannot be used: all of its faults.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigFaults(pub Vec<Fault>);

impl fmt::Display for ConfigFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [fault] => write!(f, "{fault}"),
            faults => {
                write!(f, "the configuration has {} faults:", faults.len())?;
                faults.iter().try_for_each(|fault| write!(f, "\n  {fault}"))
            }
        }
    }
}
