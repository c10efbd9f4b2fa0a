use crate::backend::MessageId;
use crate::message::{Body, Message, Press};

/// What stands on the terminal: the last message and its numbered buttons.
#[derive(Debug, Default)]
pub struct Screen {
    last: i64,
    buttons: Vec<(MessageId, Press)>,
}

impl Screen {
    /// A message as text, its buttons numbered from 1, and the number that the message got. `kept`
    /// is where its picture lies.
    pub fn show(&mut self, message: &Message, kept: Option<&str>) -> (MessageId, String) {
        self.last += 1;
        let number = MessageId(self.last);
        let mut lines = Vec::new();
        let text = match &message.body {
            Body::Text(text) => text,
            Body::Picture(picture, text) => {
                lines.push(format!("[{} → {}]", picture.name, kept.unwrap_or("not kept")));
                text
            }
        };
        lines.push(printable(text.to_plain().trim_end()));
        if !message.buttons.is_empty() {
            self.buttons.clear();
        }
        for row in &message.buttons {
            let mut labels = Vec::new();
            for button in row {
                self.buttons.push((number, button.press.clone()));
                labels.push(format!("[{}] {}", self.buttons.len(), printable(&button.label)));
            }
            lines.push(format!("  {}", labels.join("  ")));
        }
        (number, lines.join("\n") + "\n")
    }

    /// The button that a line of digits means; for one that is not there, how many there are; none
    /// for any other line.
    pub(super) fn button(&self, line: &str) -> Option<Result<(MessageId, &Press), usize>> {
        let number: usize = line.parse().ok()?;
        let found = number.checked_sub(1).and_then(|index| self.buttons.get(index));
        Some(found.map(|(message, press)| (*message, press)).ok_or(self.buttons.len()))
    }
}

/// Without what would steer a terminal: a name from outside must not move the cursor.
fn printable(text: &str) -> String {
    text.chars().filter(|c| *c == '\n' || !c.is_control()).collect()
}
