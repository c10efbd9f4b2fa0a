use std::fmt;

/// One thing that is wrong with a parameters file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where, counted from 1; none where something is not there.
    pub line: Option<usize>,
    /// What is wrong, with which value, and what mends it.
    pub text: String,
}

impl Fault {
    pub(super) fn at(line: usize, text: String) -> Self {
        Self { line: Some(line), text }
    }

    pub(super) fn absent(text: String) -> Self {
        Self { line: None, text }
    }
}

/// Why a parameters file cannot be used: all of its faults. Its text is complete.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ParamsError {
    pub(super) file: String,
    pub(super) faults: Vec<Fault>,
}

impl ParamsError {
    /// What is wrong, in the order of the file; what is missing comes last.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }
}

impl fmt::Display for ParamsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = &self.file;
        match self.faults.as_slice() {
            [Fault { line: Some(line), text }] => write!(f, "{file}, line {line}: {text}"),
            [Fault { line: None, text }] => write!(f, "{file}: {text}"),
            faults => {
                write!(f, "{file} has {} faults:", faults.len())?;
                for fault in faults {
                    match fault.line {
                        Some(line) => write!(f, "\n  line {line}: {}", fault.text)?,
                        None => write!(f, "\n  {}", fault.text)?,
                    }
                }
                Ok(())
            }
        }
    }
}
